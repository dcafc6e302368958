//! One probe of one device, as this shipment knows it.

use crate::series::SampleSeries;
use alloc::vec::Vec;
use facts::fact::device::{Elsewhere, Quiet, Unclaimed};
use facts::{DeviceId, Moment, ShortText};
use serde::{Deserialize, Serialize};

/// A probe: its readings, and when it was silent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// Its device.
    pub device: DeviceId,
    /// Its channel.
    pub channel: ShortText,
    /// Its readings.
    pub series: SampleSeries,
    /// When something came last, by log time.
    pub heard: Option<Moment>,
    /// When dispatch stated that it was quiet.
    pub silences: Vec<ProbeSilence>,
}

/// A stretch in which nothing came, by log time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeSilence {
    /// When something came last.
    pub since: Moment,
    /// When it was stated first, and last.
    pub stated: (Moment, Moment),
    /// When something came again.
    pub until: Option<Moment>,
    /// Where in the journal it was stated first.
    pub offset: u64,
    /// What came meanwhile all the same, and is not of what the probe is attached to.
    pub unclaimed: Option<Unclaimed>,
    /// What came of another probe of its device that is attached to nothing.
    pub elsewhere: Option<Elsewhere>,
    /// Whether all that came is dated ahead: its clock is wrong, and that is told as such.
    pub ahead: bool,
}

impl Probe {
    /// Something came at this log time.
    pub(crate) fn hear(&mut self, now: Moment) -> bool {
        self.heard = Some(now);
        match self.silences.last_mut() {
            Some(silence) if silence.until.is_none() => {
                silence.until = Some(now);
                true
            }
            _ => false,
        }
    }
    /// Dispatch states a silence.
    pub(crate) fn silent(&mut self, quiet: &Quiet, offset: u64) {
        let Quiet { since, as_of, unclaimed, .. } = *quiet;
        let elsewhere = quiet.elsewhere.clone();
        match self.silences.last_mut() {
            Some(silence) if silence.since == since && silence.until.is_none() => {
                (silence.stated.1, silence.unclaimed) = (as_of, unclaimed);
                silence.elsewhere = elsewhere;
                // Once something else came, or what came was taken back, it is a silence like any other.
                silence.ahead &= unclaimed.is_some_and(|unclaimed| unclaimed.ahead);
            }
            _ => self.silences.push(ProbeSilence {
                since,
                stated: (as_of, as_of),
                until: None,
                offset,
                unclaimed,
                elsewhere,
                ahead: unclaimed.is_some_and(|unclaimed| unclaimed.ahead),
            }),
        }
    }
    /// How findings name it.
    pub fn name(&self) -> alloc::string::String {
        alloc::format!("{}/{}", self.device, self.channel)
    }
}
