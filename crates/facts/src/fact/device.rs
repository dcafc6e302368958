//! What loggers and trackers report.

use crate::id::{ShipmentId, StoreId, Text};
use crate::moment::{Moment, Span};
use crate::subject::Subject;
use crate::unit::MilliCelsius;
use serde::{Deserialize, Serialize};

/// A channel of a device was bound to a shipment or a store. Exactly one of the two is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Attached {
    /// The shipment that its readings belong to from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipment: Option<ShipmentId>,
    /// The store that its readings belong to from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreId>,
    /// The probe.
    pub channel: Text,
    /// Where the probe sits.
    pub position: Position,
    /// How often it measures.
    pub log_every: Span,
    /// How often it sends; a device that is only read out sends never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_every: Option<Span>,
}

impl Attached {
    /// Whose readings they are from now on.
    pub fn to(&self) -> Option<Subject> {
        let store = || self.store.as_ref().map(Subject::from);
        self.shipment.as_ref().map(Subject::from).or_else(store)
    }
}

/// Where a probe sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    /// With the goods: the only position that the goods are judged by.
    Payload,
    /// In the air of the box.
    Air,
    /// In the neck of a dewar.
    DewarNeck,
    /// Outside.
    Ambient,
}

/// A channel was taken off what it was attached to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Detached {
    /// The probe.
    pub channel: Text,
}

/// The device was compared with a standard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Calibrated {
    /// Whether it passed; a device that did not is unfit.
    pub passed: bool,
    /// Until when that holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

/// A device measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Reading {
    /// What it measured.
    pub temperature: MilliCelsius,
    /// With which probe.
    pub channel: Text,
    /// The device's own count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
}

/// A logger's file was read in; its readings stand in the log, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Imported {
    /// The file's name.
    pub file: Text,
    /// How many readings it held.
    pub readings: u32,
}

/// Written by dispatch: nothing has come from the device since then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Quiet {
    /// When something came last, by log time (the attachment, where nothing came at all).
    pub since: Moment,
    /// The log time of this statement.
    pub as_of: Moment,
    /// Which probe.
    pub channel: Text,
}

/// Written by dispatch: this reading was declared wrong, or belongs elsewhere; forget it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Withdrawn {
    /// What it had said.
    pub temperature: MilliCelsius,
    /// With which probe.
    pub channel: Text,
    /// When, by the device.
    pub at: Moment,
}
