//! What stands before an image: enough to tell that it is whole, and whose it is. Nothing that fails here is used.

use super::Snapshot;
use sha2::{Digest, Sha256};

const MAGIC: &[u8; 8] = b"coldsnap";
/// The form of the header.
const FORM: u32 = 1;
/// Magic, form of the header, form of the image, offset, length of the image, SHA-256 over all of it.
const HEADER: usize = 8 + 4 + 8 + 8 + 8 + 32;

/// A whole file.
pub(super) fn write(format_id: u64, snapshot: &Snapshot) -> Vec<u8> {
    let mut bytes = header(format_id, snapshot);
    bytes.extend(&snapshot.state);
    bytes
}

fn header(format_id: u64, snapshot: &Snapshot) -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER + snapshot.state.len());
    header.extend(MAGIC);
    header.extend(FORM.to_le_bytes());
    header.extend(format_id.to_le_bytes());
    header.extend(snapshot.offset.to_le_bytes());
    header.extend((snapshot.state.len() as u64).to_le_bytes());
    let mut hash = Sha256::new();
    hash.update(&header);
    hash.update(&snapshot.state);
    header.extend(hash.finalize());
    header
}

/// A file of this form, or why it is none.
pub(super) fn read(format_id: u64, bytes: &[u8]) -> Result<Snapshot, String> {
    let (head, image) = bytes.split_at_checked(HEADER).ok_or("it is shorter than its head")?;
    let number = |at: usize| {
        let mut eight = [0; 8];
        eight.copy_from_slice(&head[at..at + 8]);
        u64::from_le_bytes(eight)
    };
    let snapshot = Snapshot { offset: number(20), state: image.to_vec() };
    if header(number(12), &snapshot) != head {
        return Err("its bytes are not what was written".into());
    }
    match number(12) == format_id {
        true => Ok(snapshot),
        false => Err("it is of another release or of another log".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_flipped_bit_and_no_missing_tail_is_accepted() {
        let whole = write(7, &Snapshot { offset: 5, state: (0..=255).collect() });
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(read(7, &bytes).is_err(), "bit {bit} was flipped and it was accepted");
        }
        for length in 0..whole.len() {
            assert!(read(7, &whole[..length]).is_err(), "cut to {length} bytes it was accepted");
        }
        assert!(read(7, &whole).is_ok());
        assert!(read(8, &whole).is_err(), "another form");
    }

    /// Does to a file what disks and half-done copies do.
    fn damage(whole: &[u8], other: &[u8], rng: &mut fastrand::Rng) -> Vec<u8> {
        let mut bytes = whole.to_vec();
        let (from, to) = (rng.usize(0..bytes.len()), rng.usize(0..bytes.len()));
        let (from, to) = (from.min(to), from.max(to) + 1);
        match rng.u8(0..7) {
            0 => (0..rng.usize(1..9)).for_each(|_| bytes[rng.usize(from..to)] ^= rng.u8(1..)),
            1 => bytes[from..to].fill(0),
            2 => bytes[from..to].reverse(),
            3 => drop(bytes.drain(from..to)),
            4 => bytes.truncate(from),
            5 => bytes.splice(from..from, whole[from..to].to_vec()).for_each(drop),
            // Half of it is another snapshot's.
            _ => bytes[from..].copy_from_slice(&other[from..]),
        }
        bytes
    }

    #[test]
    fn of_ten_thousand_damaged_snapshots_none_is_accepted() {
        let seed = fastrand::u64(..);
        let mut rng = fastrand::Rng::with_seed(seed);
        let image = |n: u64| (0..500).map(|at: u64| (at * n % 251) as u8).collect::<Vec<u8>>();
        let of = |offset: u64| write(7, &Snapshot { offset, state: image(offset) });
        let (whole, other) = (of(9), of(5));
        let mut damaged = 0;
        while damaged < 10_000 {
            let bytes = damage(&whole, &other, &mut rng);
            // Some damage leaves what was there, as where zeroes are filled with zeroes.
            if bytes == whole || bytes == other {
                continue;
            }
            assert!(read(7, &bytes).is_err(), "seed {seed}: {damaged} was accepted");
            damaged += 1;
        }
    }
}
