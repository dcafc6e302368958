//! What the story tells beside readings: attachments, flights, hand-overs, the plan.

use alloc::vec::Vec;
use core::cmp::Reverse;
use facts::fact::device::Position;
use facts::fact::shipment::{Mode, Planned};
use facts::{Chapter, DeviceId, Fact, LegId, Moment, ShipmentId, Span, Story, Subject, Text};

/// A probe was with the goods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Which device.
    pub device: DeviceId,
    /// Which probe of it.
    pub channel: Text,
    /// From when.
    pub from: Moment,
    /// Until when; `None` while it is.
    pub until: Option<Moment>,
    /// How often it measures.
    pub log_every: Span,
    /// How often it sends; `None` for a device that is only read out.
    pub send_every: Option<Span>,
    /// Whether it is with a store and not with the shipment itself.
    pub store: bool,
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

/// One leg, by what happened and by what was planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// Its name.
    pub id: LegId,
    /// Whether it is flown.
    pub air: bool,
    /// When it departed.
    pub departed: Option<Moment>,
    /// When it arrived.
    pub arrived: Option<Moment>,
    /// When it is planned to arrive.
    pub arrives: Option<Moment>,
}

/// Everything that rules need beside readings.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    /// The profile of the plan in force.
    pub profile: Text,
    /// The profile of each plan, when that was made, and its place in the journal.
    pub profiles: Vec<(Moment, u64, Text)>,
    /// When the goods were packed, and packed again into another shipper.
    pub packed: Vec<Moment>,
    /// What may end the judged window: an authorised opening, unpacked, thawed; a cancellation, closing.
    pub ends: Vec<Moment>,
    /// When the goods were used up or the shipment ended: a store that is not told of it holds nothing more.
    pub over: Option<Moment>,
    /// Payload probes only.
    pub attachments: Vec<Attachment>,
    /// What is known of the fitness of devices, in order.
    pub calibrations: Vec<Calibration>,
    /// When quality decided what becomes of units: what is out again after that is another event.
    pub decided: Vec<Moment>,
    /// When a store held the units.
    pub stays: Vec<(Moment, Option<Moment>)>,
    /// The legs.
    pub legs: Vec<Leg>,
    /// Releases and acceptances.
    pub hands: Vec<Moment>,
    /// When the goods were stowed, and when that was learnt.
    pub stowed: Option<(Moment, Moment)>,
    /// Files that were read in.
    pub imports: Vec<(DeviceId, Moment)>,
}

impl Setting {
    /// Reads the story of a shipment.
    pub fn read(story: &Story, shipment: Option<&ShipmentId>) -> Self {
        let mut setting = Setting::default();
        let mut plan: Option<&Planned> = None;
        for chapter in story.chapters() {
            match &chapter.fact {
                Fact::Planned(new) if plan.is_none_or(|old| new.version >= old.version) => {
                    setting.profiles.push((chapter.at, chapter.offset, new.profile.clone()));
                    plan = Some(new)
                }
                Fact::Packed(_) if setting.packed.is_empty() => setting.packed.push(chapter.at),
                Fact::Repacked(_) => setting.packed.push(chapter.at),
                Fact::Opened(opened) if opened.authorised_by.is_some() => {
                    setting.ends.push(chapter.at)
                }
                Fact::Unpacked(_) => setting.ends.push(chapter.at),
                Fact::Thawed(_) | Fact::Cancelled(_) | Fact::Closed(_) => setting.end(chapter.at),
                Fact::Destroyed(d) if d.units.is_empty() => setting.end(chapter.at),
                Fact::Attached(_) | Fact::Detached(_) => setting.bind(chapter, shipment),
                Fact::Calibrated(c) => {
                    let (device, from) = (device(&chapter.subject), chapter.at);
                    let (passed, until) = (c.passed, c.until);
                    setting.calibrations.push(Calibration { device, from, passed, until });
                }
                Fact::Dispositioned(_) => setting.decided.push(chapter.at),
                Fact::Holds(_) => setting.stays.push((chapter.at, None)),
                Fact::NoLongerHolds(_) => {
                    if let Some((_, until @ None)) = setting.stays.last_mut() {
                        *until = Some(chapter.at);
                    }
                }
                Fact::Departed(d) => setting.leg(&d.leg).departed = Some(chapter.at),
                Fact::Arrived(a) => setting.leg(&a.leg).arrived = Some(chapter.at),
                Fact::Released(_) | Fact::Accepted(_) => setting.hands.push(chapter.at),
                Fact::Stowed(_) => setting.stowed = Some((chapter.at, chapter.learnt)),
                Fact::Imported(_) => setting.imports.push((device(&chapter.subject), chapter.at)),
                _ => {}
            }
        }
        for leg in plan.iter().flat_map(|plan| &plan.legs) {
            let known = setting.leg(&leg.id);
            (known.air, known.arrives) = (leg.mode == Mode::Air, Some(leg.arrives));
        }
        setting.profile = plan.map(|plan| plan.profile.clone()).unwrap_or_default();
        // Of two words of one moment the worse one counts, in whatever order they came.
        setting
            .calibrations
            .sort_by_key(|c| (c.from, !c.passed, Reverse(c.until.unwrap_or(Moment::LATEST))));
        setting
    }

    fn end(&mut self, at: Moment) {
        self.ends.push(at);
        self.over.get_or_insert(at);
    }

    fn leg(&mut self, id: &LegId) -> &mut Leg {
        let place = self.legs.iter().position(|leg| leg.id == *id).unwrap_or_else(|| {
            let (id, air) = (id.clone(), false);
            self.legs.push(Leg { id, air, departed: None, arrived: None, arrives: None });
            self.legs.len() - 1
        });
        &mut self.legs[place]
    }

    /// A probe came to the goods, or left them: for somewhere else, too.
    fn bind(&mut self, chapter: &Chapter, shipment: Option<&ShipmentId>) {
        let device = device(&chapter.subject);
        let channel = match &chapter.fact {
            Fact::Attached(a) => &a.channel,
            Fact::Detached(d) => &d.channel,
            _ => return,
        };
        let mine =
            |a: &&mut Attachment| a.device == device && a.channel == *channel && a.until.is_none();
        if let Some(open) = self.attachments.iter_mut().find(mine) {
            open.until = Some(chapter.at);
        }
        if let Fact::Attached(a) = &chapter.fact {
            let ours = a.store.is_some()
                || a.shipment.as_ref().is_some_and(|to| shipment.is_none_or(|own| own == to));
            if a.position == Position::Payload && ours {
                self.attachments.push(Attachment {
                    device,
                    channel: channel.clone(),
                    from: chapter.at,
                    until: None,
                    log_every: a.log_every,
                    send_every: a.send_every,
                    store: a.store.is_some(),
                });
            }
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
            || attachment.store
                && mine.any(|c| c.until.is_some())
                && self.stays.iter().any(|(stay, _)| within(*stay))
    }

    /// Since when the probe of an attachment is with the goods: a store's, since they came to it.
    pub fn with_goods(&self, attachment: &Attachment, at: Moment) -> Moment {
        let stays = self.stays.iter().filter(|_| attachment.store).map(|(from, _)| *from);
        let stay = stays.filter(|from| *from <= at).max();
        attachment.from.max(stay.unwrap_or(attachment.from))
    }

    /// Until when facts of a flight may still come in, if a moment lies in one or just after it.
    pub fn flight_over(&self, at: Moment, after_arrival: Span, after_plan: Span) -> Option<Moment> {
        let flights = self.legs.iter().filter(|leg| leg.air);
        let ends = flights.filter_map(|leg| {
            let departed = leg.departed?;
            let end = match (leg.arrived, leg.arrives) {
                (Some(arrived), _) => arrived + after_arrival,
                (None, Some(arrives)) => arrives.max(departed) + after_plan,
                (None, None) => departed + after_plan,
            };
            (departed <= at && at < end).then_some(end)
        });
        ends.max()
    }
}

fn device(subject: &Subject) -> DeviceId {
    DeviceId::new(&*subject.id)
}
