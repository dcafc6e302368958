//! Snapshots in a folder: immutable files that check themselves.
//!
//! A file is written beside its place, brought to the disk, and only then given its name. One that does not
//! check is passed over; the partition is then folded again from an older one, or from the start.

use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 8] = b"coldsnap";
/// The form of the header.
const FORM: u32 = 1;
/// Magic, form of the header, form of the image, offset, length of the image, SHA-256 over all of it.
const HEADER: usize = 8 + 4 + 8 + 8 + 8 + 32;
/// So many are kept of each partition: the last one may be the one that a disk has damaged.
const KEPT: usize = 3;

/// A folder of snapshots.
#[derive(Debug, Clone)]
pub struct Snapshots {
    folder: PathBuf,
}

/// What a snapshot holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The next offset: everything before it is in the image.
    pub offset: u64,
    /// The state.
    pub image: Vec<u8>,
}

impl Snapshots {
    /// In this folder; it is made when the first one is kept.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    fn place(&self, service: &str, partition: u16) -> PathBuf {
        self.folder.join(service).join(partition.to_string())
    }

    /// Keeps one; older ones than the last few go.
    pub fn keep(
        &self,
        service: &str,
        partition: u16,
        form: u64,
        snapshot: &Snapshot,
    ) -> io::Result<()> {
        let folder = self.place(service, partition);
        fs::create_dir_all(&folder)?;
        let name = format!("{:020}.snap", snapshot.offset);
        let part = folder.join(format!("{name}.part"));
        let mut file = File::create(&part)?;
        file.write_all(&header(form, snapshot))?;
        file.write_all(&snapshot.image)?;
        file.sync_all()?;
        fs::rename(&part, folder.join(name))?;
        File::open(&folder)?.sync_all()?;
        // One that lies ahead of this one is another log's: this log has not come so far.
        let here = folder.join(format!("{:020}.snap", snapshot.offset));
        let (ahead, mine): (Vec<_>, Vec<_>) =
            self.files(service, partition).into_iter().partition(|file| *file > here);
        for old in ahead.into_iter().chain(mine.into_iter().skip(KEPT)) {
            fs::remove_file(old)?;
        }
        Ok(())
    }

    /// The newest one of this form that checks and does not lie beyond `most`. Says of each that it passes over
    /// why it does.
    pub fn newest(
        &self,
        service: &str,
        partition: u16,
        form: u64,
        most: u64,
        passed_over: &mut dyn FnMut(&Path, &str),
    ) -> Option<Snapshot> {
        for file in self.files(service, partition) {
            match fs::read(&file).map_err(|e| e.to_string()).and_then(|bytes| read(form, &bytes)) {
                Ok(snapshot) if snapshot.offset <= most => return Some(snapshot),
                Ok(_) => passed_over(&file, "it is ahead of what was worked off"),
                Err(reason) => passed_over(&file, &reason),
            }
        }
        None
    }

    /// The files of a partition, the newest first.
    fn files(&self, service: &str, partition: u16) -> Vec<PathBuf> {
        let Ok(listing) = fs::read_dir(self.place(service, partition)) else { return Vec::new() };
        let mut files: Vec<PathBuf> = listing.flatten().map(|entry| entry.path()).collect();
        files.retain(|file| file.extension().is_some_and(|e| e == "snap"));
        files.sort();
        files.reverse();
        files
    }
}

fn header(form: u64, snapshot: &Snapshot) -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER);
    header.extend(MAGIC);
    header.extend(FORM.to_le_bytes());
    header.extend(form.to_le_bytes());
    header.extend(snapshot.offset.to_le_bytes());
    header.extend((snapshot.image.len() as u64).to_le_bytes());
    let mut hash = Sha256::new();
    hash.update(&header);
    hash.update(&snapshot.image);
    header.extend(hash.finalize());
    header
}

fn read(form: u64, bytes: &[u8]) -> Result<Snapshot, String> {
    let (head, image) = bytes.split_at_checked(HEADER).ok_or("it is shorter than its head")?;
    let number = |at: usize| {
        let mut eight = [0; 8];
        eight.copy_from_slice(&head[at..at + 8]);
        u64::from_le_bytes(eight)
    };
    let snapshot = Snapshot { offset: number(20), image: image.to_vec() };
    if header(number(12), &snapshot) != head {
        return Err("its bytes are not what was written".into());
    }
    match number(12) == form {
        true => Ok(snapshot),
        false => Err("it is of another release or of another log".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("coldwatch-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    fn newest(all: &Snapshots, most: u64) -> Option<u64> {
        all.newest("thermal", 3, 7, most, &mut |_, _| {}).map(|snapshot| snapshot.offset)
    }

    #[test]
    fn the_last_three_are_kept_and_the_newest_that_was_worked_off_is_read() {
        let folder = folder("kept");
        let all = Snapshots::new(&folder);
        for offset in [10, 20, 30, 40] {
            let image = vec![u8::try_from(offset).unwrap(); 100];
            all.keep("thermal", 3, 7, &Snapshot { offset, image }).unwrap();
        }
        assert_eq!(all.files("thermal", 3).len(), 3);
        assert_eq!(newest(&all, u64::MAX), Some(40));
        assert_eq!(newest(&all, 39), Some(30), "one that is ahead is passed over");
        assert_eq!(newest(&all, 19), None);
        assert_eq!(all.newest("thermal", 3, 8, 40, &mut |_, _| {}), None, "another form");
        all.keep("thermal", 3, 7, &Snapshot { offset: 25, image: vec![1] }).unwrap();
        assert_eq!(newest(&all, u64::MAX), Some(25), "what lay ahead was another log's");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn no_flipped_bit_and_no_missing_tail_is_accepted() {
        let folder = folder("flipped");
        let all = Snapshots::new(&folder);
        let image: Vec<u8> = (0..=255).collect();
        all.keep("thermal", 3, 7, &Snapshot { offset: 5, image }).unwrap();
        let file = all.files("thermal", 3).remove(0);
        let whole = fs::read(&file).unwrap();
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(read(7, &bytes).is_err(), "bit {bit} was flipped and it was accepted");
        }
        for length in 0..whole.len() {
            assert!(read(7, &whole[..length]).is_err(), "cut to {length} bytes it was accepted");
        }
        assert!(read(7, &whole).is_ok());
        fs::remove_dir_all(folder).unwrap();
    }

    /// Does to a file what disks and half-done copies do.
    fn damage(whole: &[u8], other: &[u8], luck: &mut fastrand::Rng) -> Vec<u8> {
        let mut bytes = whole.to_vec();
        let (from, to) = (luck.usize(0..bytes.len()), luck.usize(0..bytes.len()));
        let (from, to) = (from.min(to), from.max(to) + 1);
        match luck.u8(0..7) {
            0 => (0..luck.usize(1..9)).for_each(|_| bytes[luck.usize(from..to)] ^= luck.u8(1..)),
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
    fn of_ten_thousand_damaged_snapshots_none_is_accepted_and_the_one_before_is_read() {
        let (folder, seed) = (folder("damaged"), fastrand::u64(..));
        let (all, mut luck) = (Snapshots::new(&folder), fastrand::Rng::with_seed(seed));
        let image = |n: u64| (0..500).map(|at: u64| (at * n % 251) as u8).collect::<Vec<u8>>();
        let before = Snapshot { offset: 5, image: image(5) };
        all.keep("thermal", 3, 7, &before).unwrap();
        all.keep("thermal", 3, 7, &Snapshot { offset: 9, image: image(9) }).unwrap();
        let files = all.files("thermal", 3);
        let (whole, other) = (fs::read(&files[0]).unwrap(), fs::read(&files[1]).unwrap());
        let mut damaged = 0;
        while damaged < 10_000 {
            let bytes = damage(&whole, &other, &mut luck);
            // Some damage leaves what was there, as where zeroes are filled with zeroes.
            if bytes == whole || bytes == other {
                continue;
            }
            assert!(read(7, &bytes).is_err(), "seed {seed}: {damaged} was accepted");
            damaged += 1;
            if damaged % 100 == 0 {
                fs::write(&files[0], &bytes).unwrap();
                let mut passed_over = Vec::new();
                let mut told = |_: &Path, why: &str| passed_over.push(why.to_owned());
                let read = all.newest("thermal", 3, 7, u64::MAX, &mut told);
                assert_eq!(read.as_ref(), Some(&before), "seed {seed}: {damaged}");
                assert_eq!(passed_over.len(), 1, "it says why");
            }
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
