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
    #[serde(deserialize_with = "crate::id::name")]
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
    #[serde(deserialize_with = "crate::id::name")]
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
    #[serde(deserialize_with = "crate::id::name")]
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
    /// When a reading last came that is of what the probe is attached to, by log time (the attachment, where none did).
    pub since: Moment,
    /// The log time of this statement.
    pub as_of: Moment,
    /// Which probe.
    #[serde(deserialize_with = "crate::id::name")]
    pub channel: Text,
    /// What came since then all the same, and is of no time at which the probe was attached to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unclaimed: Option<Unclaimed>,
    /// What came since then of another probe of the device, which is attached to nothing: its name may be written otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<Elsewhere>,
}

/// Readings of a probe that is attached to nothing, while another one of its device is silent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Elsewhere {
    /// The channel by which they came.
    #[serde(deserialize_with = "crate::id::name")]
    pub channel: Text,
    /// How many of them came.
    pub readings: u32,
}

/// Readings that came and found no home: as a silence tells of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Unclaimed {
    /// How many of them came.
    pub readings: u32,
    /// The time that the last of them bears.
    pub dated: Moment,
    /// Whether all of them were dated later than the log's clock stood when they came.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub ahead: bool,
}

/// Written by dispatch: a reading was dated later than it came, so the device's clock is ahead, and the reading waits
/// until its time has come. It bears the name of that reading and is taken back with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClockAhead {
    /// With which probe it was measured.
    #[serde(deserialize_with = "crate::id::name")]
    pub channel: Text,
    /// The time that the reading bears.
    pub says: Moment,
    /// When it came, by log time.
    pub came: Moment,
}

/// Written by dispatch: readings come again whose times can be right, and for some while none came that cannot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClockRight {
    /// With which probe they were measured.
    #[serde(deserialize_with = "crate::id::name")]
    pub channel: Text,
}

/// Written by dispatch: this reading was declared wrong, or belongs elsewhere; forget it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Withdrawn {
    /// What it had said.
    pub temperature: MilliCelsius,
    /// With which probe.
    #[serde(deserialize_with = "crate::id::name")]
    pub channel: Text,
    /// When, by the device.
    pub at: Moment,
}
