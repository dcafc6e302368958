//! What a fact is about, and the partition it lives in.

use crate::id::{DeviceId, OrderId, PartyId, PermitId, ShipmentId, ShipperId, ShortText, StoreId};
use alloc::{format, string::String};
use core::{fmt, str::FromStr};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The kinds of thing that facts are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectKind {
    /// A journey of goods.
    Shipment,
    /// A logger or tracker.
    Device,
    /// A reusable dewar or box.
    Shipper,
    /// A freezer, tank or depot store.
    Store,
    /// A permit.
    Permit,
    /// A site, courier, person or depot.
    Party,
    /// A patient's order.
    Order,
    /// The log itself: rulebook, behaviour, ticks.
    Log,
}

impl SubjectKind {
    /// Every kind with its word.
    pub const ALL: [(SubjectKind, &str); 8] = [
        (Self::Shipment, "shipment"),
        (Self::Device, "device"),
        (Self::Shipper, "shipper"),
        (Self::Store, "store"),
        (Self::Permit, "permit"),
        (Self::Party, "party"),
        (Self::Order, "order"),
        (Self::Log, "log"),
    ];
    /// Its word, as in `coldwatch.shipment.released.v1`.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, word)| word)
    }
    /// The kind that an event type speaks of.
    pub fn of_type(event_type: &str) -> Option<Self> {
        let word = event_type.strip_prefix("coldwatch.")?.split('.').next()?;
        Self::ALL.iter().find(|(_, w)| *w == word).map(|(kind, _)| *kind)
    }
}

/// One subject: its kind and its id. Text `shipment:SHP-1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// What kind of thing.
    pub kind: SubjectKind,
    /// Which one.
    pub id: ShortText,
}

impl Subject {
    /// Names a subject.
    pub fn new(kind: SubjectKind, id: impl AsRef<str>) -> Self {
        Self { kind, id: ShortText::new(id) }
    }
    /// The partition, out of `of`: the first 8 bytes of SHA-256 of `kind:id`, big-endian, modulo `of`.
    pub fn partition(&self, of: u16) -> u16 {
        let mut hash = Sha256::new();
        hash.update(self.kind.word());
        hash.update(":");
        hash.update(self.id.as_bytes());
        let bytes: [u8; 32] = hash.finalize().into();
        let first = bytes.iter().take(8).fold(0u64, |n, b| n << 8 | u64::from(*b));
        u16::try_from(first % u64::from(of.max(1))).unwrap_or(0)
    }
    /// The shipment that it names, if it is one.
    pub fn shipment(&self) -> Option<ShipmentId> {
        (self.kind == SubjectKind::Shipment).then(|| ShipmentId::new(&*self.id))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.word(), self.id)
    }
}

impl FromStr for Subject {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let known = |word: &str| SubjectKind::ALL.iter().find(|(_, w)| *w == word).map(|(k, _)| *k);
        match text.split_once(':').and_then(|(word, id)| Some((known(word)?, id))) {
            Some((kind, id)) if !id.is_empty() => Ok(Self::new(kind, id)),
            _ => Err(format!("`{text}` is not a subject like `shipment:SHP-1`")),
        }
    }
}

macro_rules! subject {
    ($($id:ident => $kind:ident),*) => { $(
        impl From<&$id> for Subject {
            fn from(id: &$id) -> Self { Subject::new(SubjectKind::$kind, id.as_str()) }
        }
    )* };
}
subject!(ShipmentId => Shipment, DeviceId => Device, ShipperId => Shipper, StoreId => Store,
    PermitId => Permit, PartyId => Party, OrderId => Order);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_fixed_for_ever() {
        // Computed with another program: int(sha256(text)[:8]) % 16.
        let partition = |s: &str| s.parse::<Subject>().unwrap().partition(16);
        let all: std::vec::Vec<u16> =
            ["shipment:SHP-1", "device:LOG-7", "order:ORD-1"].map(partition).into();
        assert_eq!(all, EXPECTED);
    }
    const EXPECTED: [u16; 3] = [2, 4, 3];
}
