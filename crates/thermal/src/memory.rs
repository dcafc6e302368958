//! All that thermal rules look at.

use crate::cover::Cover;
use crate::probe::Probe;
use crate::series;
use crate::setting::Setting;
use crate::trust::Doubts;
use crate::window::{Window, windows};
use alloc::vec::Vec;
use core::cell::OnceCell;
use facts::fact::device::Reading;
use facts::{DeviceId, Given, Moment, Profile, Reference, ShipmentId, Span, Story, Text};
use serde::{Deserialize, Serialize};

/// The probes, and the story of everything but readings.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Memory {
    pub(crate) shipment: Option<ShipmentId>,
    pub(crate) story: Story,
    pub(crate) probes: Vec<Probe>,
    /// Readings that left a hole before them: which, and when that was learnt.
    pub(crate) holes: Vec<(Moment, Moment)>,
    #[serde(skip, default = "OnceCell::new")]
    pub(crate) setting: OnceCell<Setting>,
}

impl Memory {
    /// What the story tells beside readings.
    pub fn setting(&self) -> &Setting {
        self.setting.get_or_init(|| Setting::read(&self.story, self.shipment.as_ref()))
    }
    /// The probes.
    pub fn probes(&self) -> &[Probe] {
        &self.probes
    }
    /// The profile of the plan in force; without one nothing can be judged.
    pub fn profile<'r>(&self, reference: &'r Reference) -> Option<&'r Profile> {
        reference.profiles.get(&self.setting().profile)
    }
    /// When the goods are judged.
    pub fn windows(&self, profile: &Profile) -> Vec<Window> {
        windows(self.setting(), profile.settle_in)
    }
    /// When the goods are watched for what cannot be undone: from packing on, before the box has settled.
    pub fn watched(&self) -> Vec<Window> {
        windows(self.setting(), Span::ZERO)
    }
    /// When the last word before a box has settled is known, strictly after log time.
    pub(crate) fn settles(&self, given: &Given<'_>) -> Option<Moment> {
        let windows = self.windows(self.profile(given.reference)?);
        let known = windows.iter().map(|window| window.from + given.reference.settle);
        known.filter(|known| *known > given.now).min()
    }
    /// The readings as stretches of time.
    pub fn cover<'a>(&'a self, given: &Given<'a>, windows: &'a [Window]) -> Cover<'a> {
        let profile = self.profile(given.reference);
        let doubts =
            profile.map(|profile| Doubts::of(profile, given.reference)).unwrap_or_default();
        Cover { setting: self.setting(), probes: &self.probes, windows, doubts, settling: None }
    }
    /// Whether a probe sat with the goods at a moment.
    pub(crate) fn is_payload(&self, device: &str, channel: &Text, at: Moment) -> bool {
        self.setting().attachments.iter().any(|a| {
            let then = a.from <= at && a.until.is_none_or(|until| at <= until);
            then && a.device.as_str() == device && a.channel == *channel
        })
    }
    /// Where in the journal the readings of these moments stand.
    pub(crate) fn evidence(&self, moments: impl IntoIterator<Item = Moment>) -> Vec<u64> {
        let at = |moment: Moment| {
            let payload = self.setting().attachments.iter();
            let probes = payload.filter_map(|a| {
                self.probes.iter().find(|p| p.device == a.device && p.channel == a.channel)
            });
            let readings = probes.flat_map(move |probe| probe.series.between(moment, moment));
            readings.map(|reading| u64::from(reading.offset)).collect::<Vec<_>>()
        };
        let mut all: Vec<u64> = moments.into_iter().flat_map(at).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
    /// Whether a reading tells how warm the goods are: by a fit probe that sat with them, and no code of a fault.
    pub(crate) fn tells(
        &self,
        device: &str,
        event: (Moment, &Reading),
        reference: &Reference,
    ) -> bool {
        let (at, reading) = event;
        let setting = self.setting();
        let mine = setting.attachments.iter().filter(|a| {
            let then = a.from <= at && a.until.is_none_or(|until| at <= until);
            then && a.device.as_str() == device && a.channel == reading.channel
        });
        let is_code = reference.fault_codes.contains(&reading.temperature);
        mine.filter(|_| !is_code).any(|a| setting.fit(a, at))
    }
    /// The latest reading of a fit probe that sat with the goods.
    pub(crate) fn last_payload(&self, reference: &Reference) -> Option<Moment> {
        let last = |a: &crate::setting::Attachment| {
            let mine = |p: &&Probe| p.device == a.device && p.channel == a.channel;
            let probe = self.probes.iter().find(mine)?;
            let all = probe.series.between(a.from, a.until.unwrap_or(Moment::LATEST));
            let is_code = |milli| reference.fault_codes.iter().any(|code| code.milli() == milli);
            let tells = |r: &&series::Reading| !is_code(r.milli) && self.setting().fit(a, r.at);
            all.iter().rev().find(tells).map(|r| r.at)
        };
        self.setting().attachments.iter().filter_map(last).max()
    }
    /// When it was learnt that a hole ends at a reading.
    pub(crate) fn hole_learnt(&self, closing: Moment) -> Moment {
        let learnt = self.holes.iter().filter(|(at, _)| *at == closing).map(|(_, learnt)| *learnt);
        learnt.max().unwrap_or(Moment::EARLIEST)
    }
    pub(crate) fn probe(&mut self, device: &str, channel: &Text) -> usize {
        let known = |p: &Probe| p.device.as_str() == device && p.channel == *channel;
        self.probes.iter().position(known).unwrap_or_else(|| {
            let (device, channel) = (DeviceId::new(device), channel.clone());
            self.probes.push(Probe { device, channel, ..Probe::default() });
            self.probes.len() - 1
        })
    }
}

/// The judged stretches of a profile, or nothing to judge.
pub(crate) fn judged<'r>(memory: &Memory, given: &Given<'r>) -> Option<(&'r Profile, Vec<Window>)> {
    let profile = memory.profile(given.reference)?;
    let windows = memory.windows(profile);
    (!windows.is_empty()).then_some((profile, windows))
}
