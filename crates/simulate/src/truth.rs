//! What must be found: written from what was planned, never by running a rule.

use facts::{Moment, ShipmentId};
use serde::{Deserialize, Serialize};

/// One fault. A finding of this shipment and code whose bounds overlap these finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// Whose.
    pub shipment: ShipmentId,
    /// The code of the rule that must find it.
    pub code: String,
    /// When it begins.
    pub from: Moment,
    /// When it ends; `null` where only a person ends it.
    pub until: Option<Moment>,
}

impl Truth {
    /// Whether a finding with these bounds finds it.
    pub fn overlaps(&self, from: Moment, until: Option<Moment>) -> bool {
        let end = |until: Option<Moment>| until.unwrap_or(Moment::LATEST);
        self.from <= end(until) && from <= end(self.until)
    }
}
