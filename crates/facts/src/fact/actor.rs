//! Whose act a fact reports.

use super::Fact;
use crate::id::PartyId;

impl Fact {
    /// The party that packed the goods, let go of them, took them over, opened their box, put them away or used them up;
    /// `None` for a packing that names nobody, and for every other fact.
    pub fn actor(&self) -> Option<&PartyId> {
        Some(match self {
            Self::Packed(it) => it.by.as_ref()?,
            Self::Released(it) => &it.by,
            Self::Accepted(it) => &it.by,
            Self::Received(it) => &it.by,
            Self::Opened(it) => &it.by,
            Self::Repacked(it) => &it.by,
            Self::Unpacked(it) => &it.by,
            Self::Stowed(it) => &it.by,
            Self::Thawed(it) => &it.by,
            Self::Infused(it) => &it.by,
            Self::Destroyed(it) => &it.by,
            _ => return None,
        })
    }
}
