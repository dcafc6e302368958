//! All that thermal rules look at.

use crate::coverage::Coverage;
use crate::intake::QuietBand;
use crate::place::{ProbePlace, Stretch};
use crate::probe::Probe;
use crate::series;
use crate::shipment_setup::{Attachment, ShipmentSetup};
use crate::trust::Doubts;
use crate::window::{Window, windows};
use alloc::vec::Vec;
use core::cell::OnceCell;
use facts::fact::device::Reading;
use facts::{
    DeviceId, History, Moment, Profile, ReferenceData, RuleContext, ShipmentId, ShortText, Span,
};
use serde::{Deserialize, Serialize};

/// The probes, and the story of everything but readings.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct ThermalMemory {
    pub(crate) shipment: Option<ShipmentId>,
    pub(crate) history: History,
    pub(crate) probes: Vec<Probe>,
    /// Readings that left a hole before them: which, and when that was learnt.
    pub(crate) holes: Vec<(Moment, Moment)>,
    #[serde(skip, default = "OnceCell::new")]
    pub(crate) setup: OnceCell<ShipmentSetup>,
}

impl ThermalMemory {
    /// What the story tells beside readings.
    pub fn setup(&self) -> &ShipmentSetup {
        self.setup.get_or_init(|| ShipmentSetup::read(&self.history, self.shipment.as_ref()))
    }
    /// The probes.
    pub fn probes(&self) -> &[Probe] {
        &self.probes
    }
    /// The profile of the plan in force; without one nothing can be judged.
    pub fn profile<'r>(&self, reference: &'r ReferenceData) -> Option<&'r Profile> {
        reference.profiles.get(&self.setup().profile)
    }
    /// When the goods are judged.
    pub fn windows(&self, profile: &Profile, settle: Span) -> Vec<Window> {
        self.windows_from(profile, profile.settle_in, settle)
    }
    /// When the goods are watched for what cannot be undone: from packing on, before the box has settled.
    pub fn watched(&self, profile: &Profile, settle: Span) -> Vec<Window> {
        self.windows_from(profile, Span::ZERO, settle)
    }
    fn windows_from(&self, profile: &Profile, settle_in: Span, settle: Span) -> Vec<Window> {
        let calm = QuietBand::of(profile);
        let is_climate = |stay: &Stretch| {
            let probes = self.attached(stay.place);
            let first = probes.filter_map(|(_, probe)| {
                let readings = probe.series.between(stay.from, stay.end()).iter();
                readings
                    .filter(|reading| calm.holds(reading.milli))
                    .map(|reading| reading.at)
                    .next()
            });
            first.min()
        };
        windows(self.setup(), settle_in, settle, is_climate)
    }
    /// The probes that were ever attached to a place, with their attachments.
    fn attached(&self, place: ProbePlace) -> impl Iterator<Item = (&Attachment, &Probe)> + '_ {
        let there = self.setup().attachments.iter().filter(move |a| a.place == place);
        there.filter_map(|attachment| {
            let mine =
                |p: &&Probe| p.device == attachment.device && p.channel == attachment.channel;
            self.probes.iter().find(mine).map(|probe| (attachment, probe))
        })
    }
    /// When the last word before a box has settled is known, strictly after log time.
    pub(crate) fn settles(&self, context: &RuleContext<'_>) -> Option<Moment> {
        let profile = self.profile(context.reference)?;
        let windows = self.windows(profile, context.reference.settle);
        let known = windows.iter().map(|window| window.from + context.reference.settle);
        known.filter(|known| *known > context.now).min()
    }
    /// The readings as stretches of time.
    pub fn coverage<'a>(
        &'a self,
        context: &RuleContext<'a>,
        windows: &'a [Window],
    ) -> Coverage<'a> {
        let profile = self.profile(context.reference);
        let doubts =
            profile.map(|profile| Doubts::of(profile, context.reference)).unwrap_or_default();
        Coverage { setup: self.setup(), probes: &self.probes, windows, doubts, settling: None }
    }
    /// Whether what a probe measures at a moment is how warm the goods are.
    pub(crate) fn is_payload(&self, device: &str, channel: &ShortText, at: Moment) -> bool {
        let setting = self.setup();
        let mine = |a: &&Attachment| a.device.as_str() == device && a.channel == *channel;
        setting.attachments.iter().filter(mine).any(|a| setting.sits(a, at))
    }
    /// Where in the journal the readings of these moments stand.
    pub(crate) fn evidence(&self, moments: impl IntoIterator<Item = Moment>) -> Vec<u64> {
        let at = |moment: Moment| {
            let payload = self.setup().attachments.iter();
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
        reference: &ReferenceData,
    ) -> bool {
        let (at, reading) = event;
        let setting = self.setup();
        let mine = setting.attachments.iter().filter(|a| {
            a.device.as_str() == device && a.channel == reading.channel && setting.sits(a, at)
        });
        let is_code = reference.fault_codes.contains(&reading.temperature);
        mine.filter(|_| !is_code).any(|a| setting.fit(a, at))
    }
    /// When a fit probe last told how warm the goods of a window were; before they were packed it told that it works.
    pub(crate) fn last_heard(&self, window: &Window, reference: &ReferenceData) -> Option<Moment> {
        let setting = self.setup();
        let last = |(attachment, probe): (&Attachment, &Probe)| {
            let until = attachment.until.unwrap_or(Moment::LATEST).min(window.end());
            let tells = |r: &&series::Sample| {
                let is_code = reference.fault_codes.iter().any(|code| code.milli() == r.milli);
                !is_code && setting.sits(attachment, r.at) && setting.fit(attachment, r.at)
            };
            let mut readings = probe.series.between(attachment.from, until).iter().rev();
            readings.find(tells).map(|reading| reading.at)
        };
        self.attached(window.place).filter_map(last).max()
    }
    /// How long without a reading is too long in a window: of the probe that reports most often.
    pub(crate) fn patience(&self, window: &Window) -> Option<Span> {
        let attachments = self.setup().attachments.iter();
        let open = attachments.filter(|a| a.place == window.place && a.until.is_none());
        open.map(|a| (a.log_every * 2).max(a.send_every.unwrap_or_default() + a.log_every)).min()
    }
    /// Whether any minute of a judged window is known, by a fit probe.
    pub(crate) fn knows_any(&self, context: &RuleContext<'_>, windows: &[Window]) -> bool {
        let cover = self.coverage(context, windows);
        cover.stretches().any(|(probe, attachment, window)| {
            cover.readings(probe, attachment, &window).any(|(_, trust)| trust.counts())
        })
    }
    /// When it was learnt that a hole ends at a reading.
    pub(crate) fn hole_learnt(&self, closing: Moment) -> Moment {
        let learnt = self.holes.iter().filter(|(at, _)| *at == closing).map(|(_, learnt)| *learnt);
        learnt.max().unwrap_or(Moment::EARLIEST)
    }
    pub(crate) fn probe(&mut self, device: &str, channel: &ShortText) -> usize {
        let known = |p: &Probe| p.device.as_str() == device && p.channel == *channel;
        self.probes.iter().position(known).unwrap_or_else(|| {
            let (device, channel) = (DeviceId::new(device), channel.clone());
            self.probes.push(Probe { device, channel, ..Probe::default() });
            self.probes.len() - 1
        })
    }
}

/// The judged stretches of a profile, or nothing to judge.
pub(crate) fn judged<'r>(
    memory: &ThermalMemory,
    context: &RuleContext<'r>,
) -> Option<(&'r Profile, Vec<Window>)> {
    let profile = memory.profile(context.reference)?;
    let windows = memory.windows(profile, context.reference.settle);
    (!windows.is_empty()).then_some((profile, windows))
}

/// The stretches from packing on, and those that are judged.
pub(crate) fn windows_of(
    memory: &ThermalMemory,
    context: &RuleContext<'_>,
    profile: &Profile,
) -> (Vec<Window>, Vec<Window>) {
    let settle = context.reference.settle;
    (memory.watched(profile, settle), memory.windows(profile, settle))
}
