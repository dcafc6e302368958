//! What is known of a shipment of which nothing was found: whether it was planned, is under way, and had a temperature.
//!
//! "Nothing wrong" may be said only where somebody looked. It is no judgement: the engines judge, and what they find makes
//! this one silent.

use facts::fact::device::Position;
use facts::{DeviceFact, Event, Fact, History, Moment, ShipmentFact, Span, StoreFact};
use std::collections::{BTreeMap, BTreeSet};

/// In what state of knowledge nothing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Known {
    /// It was planned and is under way, and its temperature was measured.
    Fine,
    /// Nothing was packed or moved yet.
    NotUnderWay,
    /// It was cancelled and not planned again.
    CalledOff,
    /// There is no plan to hold it against.
    NoPlan,
    /// No logger was ever with its goods.
    NoLogger,
    /// A logger was, and nothing that it measured then is known.
    NoTemperature,
}

impl Known {
    /// All of them, in the order in which they are told.
    pub(super) const ALL: [Self; 6] = [
        Self::Fine,
        Self::NotUnderWay,
        Self::CalledOff,
        Self::NoPlan,
        Self::NoLogger,
        Self::NoTemperature,
    ];

    /// What is said of several shipments, before their number.
    pub(super) fn of_several(self) -> &'static str {
        match self {
            Self::Fine => "Nothing wrong with",
            Self::NotUnderWay => "Planned and not yet under way are",
            Self::CalledOff => "Cancelled and not watched are",
            Self::NoPlan => "There is no plan to hold anything against of",
            Self::NoLogger => "No logger was attached to",
            Self::NoTemperature => "No temperature is known of",
        }
    }

    /// What is said of one shipment.
    pub(super) fn of_one(self) -> &'static str {
        match self {
            Self::Fine => "nothing wrong",
            Self::NotUnderWay => "planned and not yet under way",
            Self::CalledOff => "cancelled, and not watched",
            Self::NoPlan => "there is no plan to hold it against",
            Self::NoLogger => "no logger was attached",
            Self::NoTemperature => "no temperature is known",
        }
    }
}

/// The plans of one shipment, and whether anything was done with its goods.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// What says whether it takes place, without what was declared wrong.
    planned: History,
    under_way: bool,
}

impl Words {
    pub(super) fn take(&mut self, event: &Event) {
        let says = matches!(
            event.fact,
            Fact::Shipment(
                ShipmentFact::Planned(_) | ShipmentFact::Cancelled(_) | ShipmentFact::Closed(_)
            )
        );
        if says || matches!(event.fact, Fact::Shipment(ShipmentFact::ShipmentCorrected(_))) {
            self.planned.take(0, event.at, event);
        }
        self.under_way |= event.fact.shows_under_way();
    }

    /// In what state of knowledge it is, with its loggers.
    pub(super) fn known(&self, probes: &Probes, shipment: &str) -> Known {
        let timeline = self.planned.timeline();
        if timeline.plan_in_force().is_none() {
            return Known::NoPlan;
        }
        if timeline.cancelled_at().is_some() {
            return Known::CalledOff;
        }
        if !self.under_way {
            return Known::NotUnderWay;
        }
        probes.known(shipment)
    }
}

/// Which loggers were with which goods, and in which hours they measured anything.
#[derive(Debug, Default)]
pub(super) struct Probes {
    /// By device and channel: where it was attached and when; taken off is attached to nothing.
    attached: BTreeMap<Probe, BTreeSet<(Moment, Option<Place>)>>,
    /// By store: which shipment came in or went out, and when.
    stays: BTreeMap<String, BTreeSet<(Moment, String, bool)>>,
    /// The hours in which a probe measured something: which minute does not matter here.
    hours: BTreeMap<Probe, BTreeSet<Moment>>,
}

/// Device and channel.
type Probe = (String, String);

/// Where a probe measures the payload.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Shipment(String),
    Store(String),
}

impl Probes {
    pub(super) fn take(&mut self, event: &Event) {
        let probe =
            |channel: &facts::ShortText| (event.subject.id.to_string(), channel.to_string());
        let (at, store) = (event.at, event.subject.id.to_string());
        match &event.fact {
            Fact::Device(DeviceFact::Attached(attached)) => {
                let shipment = attached.shipment.as_ref();
                let shipment = shipment.map(|id| Place::Shipment(id.to_string()));
                let store = attached.store.as_ref().map(|id| Place::Store(id.to_string()));
                let place = shipment.or(store).filter(|_| attached.position == Position::Payload);
                self.attached.entry(probe(&attached.channel)).or_default().insert((at, place));
            }
            Fact::Device(DeviceFact::Detached(detached)) => {
                let known = self.attached.entry(probe(&detached.channel)).or_default();
                known.insert((at, None));
            }
            Fact::Store(StoreFact::Holds(holds)) => {
                let stay = (at, holds.shipment.to_string(), true);
                self.stays.entry(store).or_default().insert(stay);
            }
            Fact::Store(StoreFact::NoLongerHolds(left)) => {
                let stay = (at, left.shipment.to_string(), false);
                self.stays.entry(store).or_default().insert(stay);
            }
            Fact::Device(DeviceFact::Reading(reading)) => {
                let hour = at.ceil(Span::hours(1));
                self.hours.entry(probe(&reading.channel)).or_default().insert(hour);
            }
            _ => {}
        }
    }

    fn known(&self, shipment: &str) -> Known {
        let mut watched = false;
        for (probe, words) in &self.attached {
            for (place, from, until) in stretches(words) {
                let with = match place {
                    Place::Shipment(id) if id == shipment => vec![(from, until)],
                    Place::Shipment(_) => Vec::new(),
                    Place::Store(store) => self.stays(store, shipment, from, until),
                };
                watched |= !with.is_empty();
                if with.iter().any(|(from, until)| self.measured(probe, *from, *until)) {
                    return Known::Fine;
                }
            }
        }
        if watched { Known::NoTemperature } else { Known::NoLogger }
    }

    /// When a shipment was in a store, between two moments.
    fn stays(
        &self,
        store: &str,
        shipment: &str,
        from: Moment,
        until: Moment,
    ) -> Vec<(Moment, Moment)> {
        let mut all = Vec::new();
        let mut since: Option<Moment> = None;
        for (at, of, comes) in self.stays.get(store).into_iter().flatten() {
            if of != shipment {
                continue;
            }
            match (since, comes) {
                (None, true) => since = Some(*at),
                (Some(came), false) => {
                    all.push((came, *at));
                    since = None;
                }
                _ => {}
            }
        }
        all.extend(since.map(|came| (came, Moment::LATEST)));
        let common = all.into_iter().map(|(came, left)| (came.max(from), left.min(until)));
        common.filter(|(from, until)| from < until).collect()
    }

    fn measured(&self, probe: &Probe, from: Moment, until: Moment) -> bool {
        let hour = Span::hours(1);
        let first = self.hours.get(probe).and_then(|hours| hours.range(from.ceil(hour)..).next());
        first.is_some_and(|first| until == Moment::LATEST || *first <= until.ceil(hour))
    }
}

/// Where a probe was from when to when.
fn stretches(
    words: &BTreeSet<(Moment, Option<Place>)>,
) -> impl Iterator<Item = (&Place, Moment, Moment)> {
    let ends = words.iter().skip(1).map(|(at, _)| *at).chain([Moment::LATEST]);
    words
        .iter()
        .zip(ends)
        .filter_map(|((from, place), until)| Some((place.as_ref()?, *from, until)))
}
