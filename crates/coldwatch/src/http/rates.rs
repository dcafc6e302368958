//! How much may be asked for in a time, by all together and by each address. Buckets that fill again.

use axum::extract::Request;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// So many addresses are remembered; those that owe nothing are forgotten first, and if that is not enough, all.
const REMEMBERED: usize = 4_096;

/// Who asks: the address at the other end, which may be a proxy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Peer(pub(crate) IpAddr);

impl Peer {
    /// The one at an address. Of IPv6 whoever has one address has its whole network of 64 bits.
    pub(crate) fn at(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => Self(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into()),
            v4 => Self(v4),
        }
    }

    /// Who sent a request. In a test nobody did.
    pub(crate) fn of(request: &Request) -> Self {
        let unknown = Self(Ipv4Addr::UNSPECIFIED.into());
        request.extensions().get::<Self>().copied().unwrap_or(unknown)
    }
}

/// What is left in a bucket, as of when.
#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

/// So many a second, and a burst.
#[derive(Clone, Copy)]
struct Size {
    a_second: f64,
    burst: f64,
}

impl Size {
    fn full(self, now: Instant) -> Bucket {
        Bucket { left: self.burst, at: now }
    }

    fn fill(self, bucket: &mut Bucket, now: Instant) {
        let grown = now.saturating_duration_since(bucket.at).as_secs_f64() * self.a_second;
        *bucket = Bucket { left: (bucket.left + grown).min(self.burst), at: now };
    }

    /// Whether anything is left, or in how many seconds something is.
    fn may(self, bucket: &mut Bucket, now: Instant) -> Result<(), u64> {
        self.fill(bucket, now);
        if bucket.left > 0.0 {
            return Ok(());
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // small and positive
        Err((-bucket.left / self.a_second).ceil().max(1.0) as u64)
    }

    fn charge(self, bucket: &mut Bucket, so_many: usize, now: Instant) {
        self.fill(bucket, now);
        #[allow(clippy::cast_precision_loss)] // no request has that many
        let so_many = so_many as f64;
        bucket.left -= so_many;
    }
}

/// For all together.
pub(crate) struct Rate {
    size: Size,
    bucket: Mutex<Bucket>,
}

impl Rate {
    /// So many a second, and a burst of ten times that.
    pub(crate) fn new(a_second: u32) -> Self {
        let a_second = f64::from(a_second.max(1));
        let size = Size { a_second, burst: a_second * 10.0 };
        Self { size, bucket: Mutex::new(size.full(Instant::now())) }
    }

    /// Whether anything may be asked for, or in how many seconds.
    pub(crate) fn may(&self) -> Result<(), u64> {
        self.size.may(&mut lock(&self.bucket), Instant::now())
    }

    /// Takes so many. A single request may go into debt, so that a large one is not refused for ever.
    pub(crate) fn take(&self, so_many: usize) -> Result<(), u64> {
        let (mut bucket, now) = (lock(&self.bucket), Instant::now());
        self.size.may(&mut bucket, now)?;
        self.size.charge(&mut bucket, so_many, now);
        Ok(())
    }
}

/// For each address.
pub(crate) struct Rates {
    size: Size,
    buckets: Mutex<HashMap<Peer, Bucket>>,
}

impl Rates {
    /// So many a second from each, and a burst.
    pub(crate) fn new(a_second: u32, burst: u32) -> Self {
        let size = Size { a_second: f64::from(a_second.max(1)), burst: f64::from(burst.max(1)) };
        Self { size, buckets: Mutex::default() }
    }

    /// Whether an address may ask for anything, or in how many seconds.
    pub(crate) fn may(&self, peer: Peer) -> Result<(), u64> {
        match lock(&self.buckets).get_mut(&peer) {
            Some(bucket) => self.size.may(bucket, Instant::now()),
            None => Ok(()),
        }
    }

    /// Takes so many from an address, into debt if need be.
    pub(crate) fn charge(&self, peer: Peer, so_many: usize) {
        let (mut buckets, now) = (lock(&self.buckets), Instant::now());
        if buckets.len() >= REMEMBERED && !buckets.contains_key(&peer) {
            buckets.retain(|_, bucket| {
                self.size.fill(bucket, now);
                bucket.left < self.size.burst
            });
            // More than that owe something: they are all let off.
            if buckets.len() >= REMEMBERED {
                buckets.clear();
            }
        }
        let bucket = buckets.entry(peer).or_insert_with(|| self.size.full(now));
        self.size.charge(bucket, so_many, now);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(n: u32) -> Peer {
        Peer(IpAddr::V4(Ipv4Addr::from(n)))
    }

    #[test]
    fn who_has_sent_too_much_waits_and_others_do_not() {
        let rates = Rates::new(10, 100);
        rates.charge(peer(1), 99);
        assert_eq!(rates.may(peer(1)), Ok(()));
        rates.charge(peer(1), 1_000);
        assert!(rates.may(peer(1)).is_err_and(|seconds| (90..=100).contains(&seconds)));
        assert_eq!(rates.may(peer(2)), Ok(()));
    }

    #[test]
    fn one_network_is_one_peer() {
        let at = |text: &str| Peer::at(text.parse().unwrap_or(Ipv4Addr::UNSPECIFIED.into()));
        assert_eq!(at("::ffff:10.0.0.7"), at("10.0.0.7"));
        assert_eq!(at("2001:db8:1:2:3::4"), at("2001:db8:1:2::9"));
        assert_ne!(at("2001:db8:1:2::9"), at("2001:db8:1:3::9"));
    }

    #[test]
    fn no_more_addresses_are_remembered_than_fit() {
        let rates = Rates::new(1, 10);
        for n in 0..20_000 {
            rates.charge(peer(n), 1);
        }
        assert!(lock(&rates.buckets).len() <= REMEMBERED);
    }

    #[test]
    fn one_request_may_go_into_debt_and_the_next_one_waits() {
        let rate = Rate::new(1);
        assert_eq!(rate.take(1_000), Ok(()));
        assert!(rate.take(1).is_err() && rate.may().is_err());
    }
}
