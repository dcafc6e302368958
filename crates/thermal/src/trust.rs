//! How far a reading can be relied on. A thermometer that failed its calibration proves nothing, nor does the code of a
//! fault; and one reading that leaps out of the limits and back is doubted where another fit probe beside it saw nothing.
//!
//! A probe that itself says something outside the limits contradicts nobody: two that disagree about how warm it is
//! agree that it is too warm.

use crate::coverage::Coverage;
use crate::probe::Probe;
use crate::series::Sample;
use crate::shipment_setup::Attachment;
use facts::{MilliCelsius, Moment, Profile, ReferenceData};

/// How far a reading can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadingTrust {
    /// Nothing speaks against it.
    Sure,
    /// Another fit probe contradicts it, and its own neighbours are outside the limits like itself.
    Disputed,
    /// Another fit probe contradicts it, and it is alone among readings within the limits.
    Alone,
    /// Its probe is unfit.
    Unfit,
    /// It is the code of a fault and no temperature.
    FaultCode,
}

impl ReadingTrust {
    /// Whether its minutes count against a limit: a second reading in a row is no leap.
    pub fn counts(self) -> bool {
        matches!(self, Self::Sure | Self::Disputed)
    }
}

/// What doubt goes by.
#[derive(Debug, Clone, Copy)]
pub struct Doubts<'a> {
    /// The lowest and the highest temperature within the limits.
    pub within: (i32, i32),
    /// Two probes that differ by more than this cannot both be right.
    pub contradicts: Option<i32>,
    /// What thermometers say instead of a temperature.
    pub fault_codes: &'a [MilliCelsius],
}

impl Default for Doubts<'_> {
    fn default() -> Self {
        Self { within: (i32::MIN, i32::MAX), contradicts: None, fault_codes: &[] }
    }
}

impl<'a> Doubts<'a> {
    /// Those of a profile.
    pub fn of(profile: &Profile, reference: &'a ReferenceData) -> Self {
        let steps = profile.steps.iter().map(|step| step.above).chain(profile.upper);
        let upper = steps.map(MilliCelsius::milli).min().unwrap_or(i32::MAX);
        let lower = profile.lower.map_or(i32::MIN, MilliCelsius::milli);
        let contradicts = profile.contradicts.map(MilliCelsius::milli);
        Self { within: (lower, upper), contradicts, fault_codes: &reference.fault_codes }
    }
    /// Whether a temperature is within the limits.
    pub fn holds(&self, milli: i32) -> bool {
        self.within.0 <= milli && milli <= self.within.1
    }
    /// Whether it reads like the code of a fault.
    pub fn is_code(&self, milli: i32) -> bool {
        self.fault_codes.iter().any(|code| code.milli() == milli)
    }
    fn near(&self, one: i32, other: i32) -> bool {
        self.contradicts.is_some_and(|most| apart(one, other) <= most)
    }
}

fn apart(one: i32, other: i32) -> i32 {
    one.saturating_sub(other).saturating_abs()
}

impl Coverage<'_> {
    /// How far a reading that stands at a place of its probe's series can be relied on.
    pub fn trust(&self, probe: &Probe, attachment: &Attachment, place: usize) -> ReadingTrust {
        let Some(reading) = probe.series.all().get(place) else { return ReadingTrust::Sure };
        if !self.setup.fit(attachment, reading.at) {
            return ReadingTrust::Unfit;
        }
        if self.is_fault_code(probe, attachment, place) {
            return ReadingTrust::FaultCode;
        }
        if self.doubts.holds(reading.milli) || !self.contradicted(probe, attachment, reading) {
            return ReadingTrust::Sure;
        }
        let alone = beside(probe, attachment, place).all(|near| self.doubts.holds(near.milli));
        if alone { ReadingTrust::Alone } else { ReadingTrust::Disputed }
    }

    /// A code of a fault is a temperature only where somebody says that it was about so warm: the reading before or after
    /// it, or another fit probe at about that time.
    pub fn is_fault_code(&self, probe: &Probe, attachment: &Attachment, place: usize) -> bool {
        let Some(reading) = probe.series.all().get(place) else { return false };
        if !self.doubts.is_code(reading.milli) {
            return false;
        }
        let bears_out = |near: &Sample| {
            !self.doubts.is_code(near.milli) && self.doubts.near(near.milli, reading.milli)
        };
        let own = beside(probe, attachment, place).any(&bears_out);
        !own && !self.others(probe, attachment, reading.at).any(|mut near| near.any(bears_out))
    }

    /// Whether all that another fit probe measured at about that time is within the limits and far away.
    fn contradicted(&self, probe: &Probe, attachment: &Attachment, reading: &Sample) -> bool {
        let Some(most) = self.doubts.contradicts else { return false };
        let far = |near: &Sample| {
            self.doubts.holds(near.milli) && apart(near.milli, reading.milli) > most
        };
        self.others(probe, attachment, reading.at).any(|near| {
            let mut near = near.peekable();
            near.peek().is_some() && near.all(far)
        })
    }

    /// What each other fit probe of the same place measured within one interval around a moment.
    fn others<'b>(
        &'b self,
        probe: &'b Probe,
        of: &'b Attachment,
        at: Moment,
    ) -> impl Iterator<Item = impl Iterator<Item = &'b Sample>> {
        let other = self.stretches().filter(move |(other, beside, _)| {
            !core::ptr::eq(*other, probe) && beside.place == of.place
        });
        let fit = other.filter(move |(_, attachment, _)| self.setup.fit(attachment, at));
        fit.map(move |(other, attachment, window)| {
            let every = attachment.log_every;
            let near = other.series.between(at - every, at + every).iter();
            near.filter(move |reading| window.holds(reading.at))
        })
    }
}

/// The readings before and after one, while its probe was attached: all values of each of these moments.
fn beside<'a>(
    probe: &'a Probe,
    attachment: &'a Attachment,
    place: usize,
) -> impl Iterator<Item = &'a Sample> {
    let at = probe.series.all().get(place).map(|reading| reading.at);
    let before = at.map(|at| probe.series.said_before(at)).into_iter().flatten();
    let both = before.chain(at.map(|at| probe.series.said_after(at)).into_iter().flatten());
    both.filter(|near| {
        attachment.from <= near.at && attachment.until.is_none_or(|until| near.at <= until)
    })
}
