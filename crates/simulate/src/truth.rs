//! What must be found: written from what was planned, never by running a rule.

use facts::{Moment, ShipmentId, Span};
use serde::{Deserialize, Serialize};

/// One fault. A finding of this shipment and code whose bounds overlap these finds it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// Whose.
    pub shipment: ShipmentId,
    /// The code of the rule that must find it.
    pub code: String,
    /// When it begins.
    pub from: Moment,
    /// When it ends; `null` where only a person ends it.
    pub until: Option<Moment>,
    /// It is enough that somebody is told of it, however it ends.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub told: bool,
    /// When somebody must have been told of it, where it would be too late after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Moment>,
    /// It may not be called over before it ends.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub lasts: bool,
    /// It wakes somebody, whatever was seen and closed before.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub wakes: bool,
    /// What its last sentence must show, where a person decides by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shows: Option<String>,
}

impl Truth {
    /// Somebody must be told of it about this moment: the clock strikes some seconds later.
    pub(crate) fn told(shipment: &ShipmentId, code: &str, at: Moment) -> Self {
        let (shipment, code) = (shipment.clone(), code.to_owned());
        Self {
            shipment,
            code,
            from: at,
            until: Some(at + Span::minutes(1)),
            told: true,
            ..Self::default()
        }
    }

    /// Whether a finding with these bounds finds it.
    pub fn overlaps(&self, from: Moment, until: Option<Moment>) -> bool {
        let end = |until: Option<Moment>| until.unwrap_or(Moment::LATEST);
        self.from <= end(until) && from <= end(self.until)
    }
}
