//! What loggers and trackers report.

use crate::id::{ShipmentId, ShortText, StoreId};
use crate::moment::{Moment, Span};
use crate::subject::Subject;
use crate::unit::MilliCelsius;
use serde::{Deserialize, Serialize};

/// A channel of a device was bound to a shipment or a store. Exactly one of the two is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Attached {
    /// The shipment that its readings belong to from now on; absent where a store is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipment: Option<ShipmentId>,
    /// The store that its readings belong to from now on; absent where a shipment is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreId>,
    /// The probe, by the name of its channel on the device.
    #[serde(deserialize_with = "crate::id::name")]
    pub channel: ShortText,
    /// Where the probe sits, which decides whether the goods are judged by it.
    pub position: Position,
    /// How often the probe measures: the time from one reading to the next.
    pub log_every: Span,
    /// How often the device sends; absent for one that is only read out and never sends.
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

/// The places where a probe can sit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    /// The probe is with the goods: the only position that the goods are judged by.
    Payload,
    /// The probe is in the air of the box.
    Air,
    /// The probe is in the neck of a dewar.
    DewarNeck,
    /// The probe is outside the box.
    Ambient,
}

/// A channel was taken off what it was attached to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Detached {
    /// The probe, by the name of its channel on the device.
    #[serde(deserialize_with = "crate::id::name")]
    pub channel: ShortText,
}

/// The device was compared with a standard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Calibrated {
    /// Whether the device passed; one that did not is unfit.
    pub passed: bool,
    /// Until when the calibration is valid; absent where it has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

/// A device measured a temperature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Reading {
    /// The temperature that was measured, with its unit, such as `5.3 °C`.
    pub temperature: MilliCelsius,
    /// The probe that measured it, by the name of its channel on the device.
    #[serde(deserialize_with = "crate::id::name")]
    pub channel: ShortText,
    /// The device's own count of its readings; absent where it keeps none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
}

/// A logger's file was read in; its readings stand in the log, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Imported {
    /// The name of the file or of the read-out that was read in.
    pub file: ShortText,
    /// How many readings the file held.
    pub readings: u32,
}

/// Written by dispatch: nothing has come from a probe of the device since the moment that is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Quiet {
    /// When a reading of what the probe is attached to last came, by log time; where none ever did, when it was
    /// attached.
    pub since: Moment,
    /// When this was stated, by log time.
    pub as_of: Moment,
    /// The silent probe, by the name of its channel on the device.
    #[serde(deserialize_with = "crate::id::name")]
    pub channel: ShortText,
    /// The readings that came all the same, from times at which the probe was not attached to it; absent where none
    /// did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unclaimed: Option<Unclaimed>,
    /// The readings that came by another probe of the device, which is attached to nothing (its name may be written
    /// otherwise); absent where none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<Elsewhere>,
}

/// Readings of a probe that is attached to nothing, while another one of its device is silent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Elsewhere {
    /// The channel by which the readings came.
    #[serde(deserialize_with = "crate::id::name")]
    pub channel: ShortText,
    /// How many readings came by that channel.
    pub readings: u32,
}

/// Readings that came while a probe counts as silent, because they are not of what it is attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Unclaimed {
    /// How many such readings came.
    pub readings: u32,
    /// The time that the last of them bears, by the device's clock.
    pub dated: Moment,
    /// Whether all of them were dated later than the log's clock stood when they came; absent means no.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub ahead: bool,
}

/// Written by dispatch: a reading was dated later than it came, so the device's clock is ahead, and the reading waits
/// until its time has come. It bears the name of that reading and is taken back with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClockAhead {
    /// The probe that measured it, by the name of its channel on the device.
    #[serde(deserialize_with = "crate::id::name")]
    pub channel: ShortText,
    /// The time that the reading bears, by the device's clock.
    pub says: Moment,
    /// When the reading came, by log time.
    pub came: Moment,
}

/// Written by dispatch: readings come again whose times can be right, and for some while none came that cannot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClockRight {
    /// The probe that measured them, by the name of its channel on the device.
    #[serde(deserialize_with = "crate::id::name")]
    pub channel: ShortText,
}

/// Written by dispatch: this reading was declared wrong, or belongs elsewhere; forget it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Withdrawn {
    /// The temperature that the reading had told.
    pub temperature: MilliCelsius,
    /// The probe that measured it, by the name of its channel on the device.
    #[serde(deserialize_with = "crate::id::name")]
    pub channel: ShortText,
    /// When it was measured, by the device's clock.
    pub at: Moment,
}
