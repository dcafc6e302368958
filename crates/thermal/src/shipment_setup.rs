//! What the story tells beside readings: attachments, where the goods were, flights, hand-overs, the plan.

use crate::flights::{self, FlownLeg};
use crate::place::{self, Ended, ProbePlace, Stores, Stretch};
use alloc::vec::Vec;
use core::cmp::Reverse;
use facts::fact::device::{Attached, Position};
use facts::fact::shipment::{Goods, Receipt};
use facts::timeline::{Timeline, TimelineEntry};
use facts::{
    DeviceFact, DeviceId, Fact, History, Moment, ShipmentFact, ShipmentId, ShortText, Span, Subject,
};

/// A probe was with the goods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Which device.
    pub device: DeviceId,
    /// Which probe of it.
    pub channel: ShortText,
    /// From when.
    pub from: Moment,
    /// Until when; `None` while it is.
    pub until: Option<Moment>,
    /// How it ended: when that was learnt, and whether somebody took it off.
    pub end: Option<Parted>,
    /// How often it measures.
    pub log_every: Span,
    /// How often it sends; `None` for a device that is only read out.
    pub send_every: Option<Span>,
    /// Where it sits.
    pub place: ProbePlace,
}

/// A device was compared with a standard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calibration {
    /// Which device.
    pub device: DeviceId,
    /// From when that holds.
    pub from: Moment,
    /// Whether it passed.
    pub passed: bool,
    /// When its certificate ends.
    pub until: Option<Moment>,
}

/// How a probe left the goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parted {
    /// When, and when that was learnt.
    pub ended: Ended,
    /// Whether it was taken off. Else it was said to be attached to something else, which says nothing of the goods.
    pub taken_off: bool,
}

/// A moment, and when we learnt of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Learnt {
    /// When it was.
    pub at: Moment,
    /// When that was learnt.
    pub learnt: Moment,
}

/// From when the goods are between two hands, and until when; both are the same where one of the two was not reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandOverSpan {
    /// The release.
    pub from: Moment,
    /// The acceptance.
    pub until: Moment,
}

/// Everything that rules need beside readings.
#[derive(Debug, Clone, Default)]
pub struct ShipmentSetup {
    /// The profile of the plan in force.
    pub profile: ShortText,
    /// The profile of each plan that was in force, since when, and its place in the journal.
    pub profiles: Vec<(Moment, u64, ShortText)>,
    /// Whether a plan is known, and it is not for a sample: the goods must have a probe with them.
    pub needs_probe: bool,
    /// When the goods were in their box.
    pub boxes: Vec<Stretch>,
    /// When stores held them.
    pub stays: Vec<Stretch>,
    /// Which stores there are.
    pub stores: Stores,
    /// When the goods were used up or the shipment ended: a store that is not told of it holds nothing more.
    pub over: Option<Ended>,
    /// Payload probes only.
    pub attachments: Vec<Attachment>,
    /// Whether any probe, wherever it sits, was ever attached to this shipment.
    pub attach_reported: bool,
    /// What is known of the fitness of devices, in order.
    pub calibrations: Vec<Calibration>,
    /// When quality had decided what becomes of all units: what is out again after that is another event.
    pub decided: Vec<Moment>,
    /// The legs.
    pub legs: Vec<FlownLeg>,
    /// From each release to its acceptance.
    pub hand_overs: Vec<HandOverSpan>,
    /// When the goods left the consignor.
    pub picked_up: Option<Learnt>,
    /// When they came into the consignee's hands: its acceptance or its receipt.
    pub with_consignee: Option<Learnt>,
    /// When the consignee received them, and did not refuse them.
    pub received: Option<Learnt>,
    /// When they were put in their place.
    pub stowed: Vec<Learnt>,
    /// When they were unpacked.
    pub unpacked: Vec<Learnt>,
    /// When they were packed, or packed again.
    pub packed: Vec<Moment>,
    /// When the papers were complete.
    pub closed: Option<Learnt>,
    /// Files that were read in.
    pub imports: Vec<(DeviceId, Moment)>,
    /// When something was last declared wrong, by log time.
    pub corrected: Option<Moment>,
}

impl ShipmentSetup {
    /// Reads the story of a shipment.
    pub fn read(story: &History, shipment: Option<&ShipmentId>) -> Self {
        let timeline = story.timeline();
        let mut setting =
            ShipmentSetup { corrected: timeline.corrected_at(), ..ShipmentSetup::default() };
        setting.plans(&timeline);
        for entry in timeline.entries() {
            setting.note(entry, &timeline, shipment);
        }
        setting.hand_overs = hand_overs(&timeline);
        // Of two words of one moment the worse one counts, in whatever order they came.
        let ends = |c: &Calibration| Reverse(c.until.unwrap_or(Moment::LATEST));
        setting.calibrations.sort_by_key(|c| (c.from, !c.passed, ends(c)));
        let aboard = timeline.units_aboard();
        setting.decided = place::decided(&timeline, &aboard);
        setting.over = place::over(&timeline, &aboard);
        setting.boxes = place::boxes(&timeline, &setting.attachments, setting.over);
        setting.stays = place::stays(&timeline, &mut setting.stores, &aboard, setting.over);
        setting.legs = flights::legs(&timeline);
        setting
    }

    fn plans(&mut self, timeline: &Timeline<'_>) {
        for plan in timeline.plans() {
            // One that was replaced before it began was never in force.
            self.profiles.retain(|(from, ..)| *from < plan.from);
            self.profiles.push((plan.from, plan.entry.offset, plan.plan.profile.clone()));
        }
        let Some(plan) = timeline.plan_in_force() else { return };
        self.profile = plan.plan.profile.clone();
        self.needs_probe = plan.plan.kind != Goods::Sample;
    }

    fn note(
        &mut self,
        entry: &TimelineEntry<'_>,
        timeline: &Timeline<'_>,
        shipment: Option<&ShipmentId>,
    ) {
        let known = Learnt { at: entry.at, learnt: entry.learnt };
        let is_consignee = |party| timeline.is_consignee(party, entry.at) == Some(true);
        // From the ward to its dock, the goods are still in the house that sends them.
        let is_consignor = |party| timeline.is_consignor(party, entry.at) == Some(true);
        match entry.fact {
            Fact::Device(DeviceFact::Attached(a)) => self.attach(entry, a, shipment),
            Fact::Device(DeviceFact::Detached(d)) => self.part(entry, &d.channel, true),
            Fact::Device(DeviceFact::Calibrated(c)) => {
                let (device, from) = (device(entry.subject), entry.at);
                let (passed, until) = (c.passed, c.until);
                self.calibrations.push(Calibration { device, from, passed, until });
            }
            Fact::Shipment(ShipmentFact::Packed(_) | ShipmentFact::Repacked(_)) => {
                self.packed.push(entry.at)
            }
            Fact::Shipment(ShipmentFact::Released(released)) => {
                let plan = timeline.plan_in_force();
                let first = plan.and_then(|plan| plan.plan.legs.first()).map(|leg| &leg.id);
                let stays = released.to.as_ref().is_some_and(is_consignor);
                if !stays && (released.leg.is_none() || released.leg.as_ref() == first) {
                    self.picked_up.get_or_insert(known);
                }
            }
            Fact::Shipment(ShipmentFact::Accepted(accepted)) => {
                if !is_consignor(&accepted.by) {
                    self.picked_up.get_or_insert(known);
                }
                if is_consignee(&accepted.by) {
                    self.with_consignee.get_or_insert(known);
                }
            }
            Fact::Shipment(ShipmentFact::Departed(_)) => drop(self.picked_up.get_or_insert(known)),
            Fact::Shipment(ShipmentFact::Received(r))
                if r.verdict != Receipt::Reject && is_consignee(&r.by) =>
            {
                self.with_consignee.get_or_insert(known);
                self.received.get_or_insert(known);
            }
            Fact::Shipment(ShipmentFact::Stowed(_)) => self.stowed.push(known),
            Fact::Shipment(ShipmentFact::Unpacked(_)) => self.unpacked.push(known),
            Fact::Shipment(ShipmentFact::Closed(_)) => drop(self.closed.get_or_insert(known)),
            Fact::Device(DeviceFact::Imported(_)) => {
                self.imports.push((device(entry.subject), entry.at))
            }
            _ => {}
        }
    }

    /// A probe came to the goods, or to something else.
    fn attach(&mut self, entry: &TimelineEntry<'_>, a: &Attached, shipment: Option<&ShipmentId>) {
        self.part(entry, &a.channel, false);
        let own = a.shipment.as_ref().is_some_and(|to| shipment.is_none_or(|own| own == to));
        self.attach_reported |= own;
        let place = match &a.store {
            Some(store) => self.stores.place(store.as_str()),
            None if own => ProbePlace::Box,
            None => return,
        };
        if a.position == Position::Payload {
            self.attachments.push(Attachment {
                device: device(entry.subject),
                channel: a.channel.clone(),
                from: entry.at,
                until: None,
                end: None,
                log_every: a.log_every,
                send_every: a.send_every,
                place,
            });
        }
    }

    /// A probe left what it was attached to.
    fn part(&mut self, entry: &TimelineEntry<'_>, channel: &ShortText, taken_off: bool) {
        let device = device(entry.subject);
        let mine =
            |a: &&mut Attachment| a.device == device && a.channel == *channel && a.until.is_none();
        if let Some(open) = self.attachments.iter_mut().find(mine) {
            open.until = Some(entry.at);
            open.end = Some(Parted { ended: Ended::by(entry), taken_off });
            return;
        }
        // It had been known that it was off.
        let mine = |a: &&mut Attachment| a.device == device && a.channel == *channel;
        let last = self.attachments.iter_mut().rfind(mine).and_then(|last| last.end.as_mut());
        if let Some(parted) = last {
            parted.ended = parted.ended.known_with(Ended::by(entry));
        }
    }

    /// Whether the probe of an attachment is fit at a moment; nothing known against its device = fit. A certificate that
    /// had ended before the probe came to the goods makes it unfit, one that ends while it is with them does not.
    pub fn fit(&self, attachment: &Attachment, at: Moment) -> bool {
        let Some(last) = self.calibration(&attachment.device, at) else { return true };
        let used = self.with_goods(attachment, at).max(last.from);
        last.passed && last.until.is_none_or(|until| until > used)
    }

    /// The last word on a device's fitness at a moment.
    pub fn calibration(&self, device: &DeviceId, at: Moment) -> Option<&Calibration> {
        let said = self.calibrations.iter().take_while(|c| c.from <= at);
        said.filter(|c| c.device == *device).last()
    }

    /// Whether another answer than at the beginning of a stretch of time is possible within it.
    pub fn fitness_changes(&self, attachment: &Attachment, from: Moment, until: Moment) -> bool {
        let within = |at: Moment| from < at && at <= until;
        let mut mine = self.calibrations.iter().filter(|c| c.device == attachment.device);
        mine.clone().any(|c| within(c.from))
            || attachment.place != ProbePlace::Box
                && mine.any(|c| c.until.is_some())
                && self.stays.iter().any(|stay| within(stay.from))
    }

    /// Since when the probe of an attachment is with the goods: a store's, since they came to it.
    pub fn with_goods(&self, attachment: &Attachment, at: Moment) -> Moment {
        let stays = self.stays.iter().filter(|stay| stay.place == attachment.place);
        let stay = stays.map(|stay| stay.from).filter(|from| *from <= at).max();
        attachment.from.max(stay.unwrap_or(attachment.from))
    }

    /// Until when facts of a flight may still come in, if a moment lies in one or just after it.
    pub fn flight_over(&self, at: Moment, after_arrival: Span, after_plan: Span) -> Option<Moment> {
        flights::flight_over(&self.legs, at, after_arrival, after_plan)
    }

    /// Whether what a probe measures at a moment is how warm the goods are. Before they are packed a probe of their box
    /// already tells that it works.
    pub fn sits(&self, attachment: &Attachment, at: Moment) -> bool {
        let with = attachment.from <= at && attachment.until.is_none_or(|until| at <= until);
        let stretches = match &attachment.place {
            ProbePlace::Box => &self.boxes,
            ProbePlace::Store(_) => &self.stays,
        };
        let mut mine = stretches.iter().filter(|stretch| stretch.place == attachment.place);
        let before = attachment.place == ProbePlace::Box
            && stretches.first().is_none_or(|first| at < first.from);
        with && (before || mine.any(|stretch| stretch.holds(at)))
    }

    /// Whether a place has a probe.
    pub fn has_probe(&self, place: ProbePlace) -> bool {
        self.attachments.iter().any(|a| a.place == place)
    }

    /// When a probe was in the box, within a stretch of time; in order, what overlaps put together.
    pub fn with_probe(&self, from: Moment, until: Moment) -> Vec<(Moment, Moment)> {
        let mut all: Vec<(Moment, Moment)> = Vec::new();
        for probe in self.attachments.iter().filter(|a| a.place == ProbePlace::Box) {
            let with = (probe.from.max(from), probe.until.unwrap_or(Moment::LATEST).min(until));
            if with.0 < with.1 {
                all.push(with);
            }
        }
        all.sort_unstable();
        all.dedup_by(|next, before| {
            let joined = next.0 <= before.1;
            if joined {
                before.1 = before.1.max(next.1);
            }
            joined
        });
        all
    }

    /// When the last probe of a box was there; `None` where there was none.
    pub fn last_probe(&self, stretch: &Stretch) -> Option<Moment> {
        self.with_probe(stretch.from, stretch.end()).last().map(|(_, until)| *until)
    }

    /// When the consignee had received the goods and the last probe of their box was taken off: whoever has received goods and
    /// stops their logger takes them out. `None` while a probe is with them, or where one only went elsewhere.
    pub fn left_alone(&self, stretch: &Stretch) -> Option<Ended> {
        let received = self.received?;
        let mut last: Option<Ended> = None;
        for probe in self.attachments.iter().filter(|a| a.place == ProbePlace::Box) {
            if probe.from > stretch.end() || probe.until.is_some_and(|until| until < stretch.from) {
                continue;
            }
            let parted = probe.end.filter(|parted| parted.taken_off)?;
            last = last.into_iter().chain([parted.ended]).max_by_key(|end| end.at);
        }
        let last = last.filter(|_| received.at >= stretch.from)?;
        let at = last.at.max(received.at);
        Some(Ended { at, learnt: last.learnt.max(received.learnt), offset: last.offset })
    }
}

/// Each release with the first acceptance after it; what has no other half is a moment.
fn hand_overs(timeline: &Timeline<'_>) -> Vec<HandOverSpan> {
    let mut all: Vec<HandOverSpan> = Vec::new();
    let mut released: Option<Moment> = None;
    for entry in timeline.entries() {
        match entry.fact {
            Fact::Shipment(ShipmentFact::Released(_)) => {
                all.push(HandOverSpan { from: entry.at, until: entry.at });
                released.get_or_insert(entry.at);
            }
            Fact::Shipment(ShipmentFact::Accepted(_)) => {
                let from = released.take().unwrap_or(entry.at);
                all.push(HandOverSpan { from, until: entry.at });
            }
            _ => {}
        }
    }
    all
}

fn device(subject: &Subject) -> DeviceId {
    DeviceId::new(&*subject.id)
}
