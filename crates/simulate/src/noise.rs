//! The noise of the field: what people and devices send beside what went wrong, and what no rule may stumble over.
//!
//! Noise lies over arrivals that are made already, with chances of its own: a week without noise stays, byte for byte,
//! what it was. Most of it is told to nobody, so it adds nothing to the truth. Where somebody must be told of it, that is
//! part of the truth.

use crate::arrivals::Arrival;
use crate::truth::Truth;
use facts::fact::device::{Attached, Reading};
use facts::{
    DeviceFact, Event, Fact, Moment, OrderFact, PartyFact, ShipmentFact, ShipmentId, ShortText,
    Span, StoreFact, Subject, SubjectKind,
};
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};

/// One kind of noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Noise {
    /// A program sends again, under a new id, what it has sent: the same act at the same time.
    Retries,
    /// A schedule or a plan is sent again as it is, with a later time, and nothing in it is new.
    SentAgain,
    /// A plan is sent again under a higher version, and nothing in it is new.
    NumberedAnew,
    /// A logger stamps one reading months ahead.
    FutureStamp,
    /// What was said of the whole is said of each unit by name, one after the other.
    UnitByUnit,
    /// A scanner's clock is a day ahead for one act. (One that is a day behind cannot be told from one that sends late.)
    DayAhead,
    /// Readings stay at the upper limit of the label, which is no excursion.
    AtTheLimit,
}

impl Noise {
    /// Every kind of it.
    pub const ALL: &'static [Noise] = &[
        Self::Retries,
        Self::SentAgain,
        Self::NumberedAnew,
        Self::FutureStamp,
        Self::UnitByUnit,
        Self::DayAhead,
        Self::AtTheLimit,
    ];

    fn make(self, all: &mut Vec<Arrival>, truth: &mut Vec<Truth>, rng: &mut Rng) {
        match self {
            Self::Retries => retries(all, rng),
            Self::SentAgain => sent_again(all, truth, rng),
            Self::NumberedAnew => numbered_anew(all, rng),
            Self::FutureStamp => future_stamp(all, truth, rng),
            Self::DayAhead => day_ahead(all, truth, rng),
            Self::UnitByUnit => unit_by_unit(all, rng),
            Self::AtTheLimit => at_the_limit(all, truth, rng),
        }
    }
}

/// Lays these kinds of noise over what arrives. Each has its own chances, so that one more changes nothing of the others.
pub(crate) fn lay(noise: &[Noise], seed: u64, all: &mut Vec<Arrival>, truth: &mut Vec<Truth>) {
    for (n, kind) in (1_u64..).zip(Noise::ALL) {
        if noise.contains(kind) {
            let mut rng = Rng::with_seed(seed ^ (n << 56));
            kind.make(all, truth, &mut rng);
        }
    }
    all.sort_by_key(|arrival| arrival.at);
}

/// Once in so many.
fn once_in(many: u32, rng: &mut Rng) -> bool {
    rng.u32(..many) == 0
}

/// The same event under another id.
fn renamed(event: &Event, mark: &str) -> Event {
    Event { id: ShortText::new(format!("{}-{mark}", event.id)), ..event.clone() }
}

/// An event that arrives for the first time; what comes again under its own id is left alone.
fn firsts(all: &[Arrival]) -> Vec<Arrival> {
    let mut seen = BTreeSet::new();
    let name = |event: &Event| (event.source.clone(), event.subject.clone(), event.id.clone());
    let mut sorted: Vec<&Arrival> = all.iter().collect();
    sorted.sort_by_key(|arrival| arrival.at);
    sorted.into_iter().filter(|a| seen.insert(name(&a.event))).cloned().collect()
}

fn retries(all: &mut Vec<Arrival>, rng: &mut Rng) {
    for Arrival { at, event } in firsts(all) {
        let often =
            if matches!(event.fact, Fact::Device(DeviceFact::Reading(_))) { 400 } else { 15 };
        if once_in(often, rng) {
            let at = at + Span::millis(rng.i64(1_000..6 * 3_600_000));
            all.push(Arrival { at, event: renamed(&event, "retry") });
        }
    }
}

/// What is sent again when a program is set up anew: it says nothing that was not said.
fn is_sent_again(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Shipment(ShipmentFact::Planned(_))
            | Fact::Order(
                OrderFact::PatientScheduled(_)
                    | OrderFact::OrderOpened(_)
                    | OrderFact::RescueConfirmed(_)
            )
            | Fact::Party(PartyFact::Described(_) | PartyFact::Qualified(_))
    )
}

fn sent_again(all: &mut Vec<Arrival>, truth: &mut Vec<Truth>, rng: &mut Rng) {
    for Arrival { at, event } in firsts(all) {
        if !is_sent_again(&event.fact) || !once_in(3, rng) {
            continue;
        }
        // The last word about a thing is sent again, and never an older one.
        let said = |other: &&Arrival| {
            other.event.subject == event.subject && other.event.fact.kind() == event.fact.kind()
        };
        let last = all.iter().filter(said).map(|other| other.at).max().unwrap_or(at);
        let later = last + Span::minutes(rng.i64(60..20 * 24 * 60));
        let word = |is: fn(&Fact) -> bool| {
            let mine = all.iter().filter(|a| a.event.subject == event.subject && is(&a.event.fact));
            mine.map(|a| a.event.at).max()
        };
        // Weeks after its papers were closed nobody plans a shipment.
        let closed = word(|fact| matches!(fact, Fact::Shipment(ShipmentFact::Closed(_))));
        let sent = closed.map_or(later, |closed| later.min(closed + Span::days(7)));
        // A schedule that is sent after it was put off is a new word: it takes that back.
        let held = word(|fact| {
            matches!(fact, Fact::Order(OrderFact::ConditioningHeld(_) | OrderFact::Postponed(_)))
        });
        if held.is_some_and(|held| held <= sent)
            && matches!(event.fact, Fact::Order(OrderFact::PatientScheduled(_)))
        {
            continue;
        }
        // That somebody goes on planning what is cancelled is told.
        let cancelled = word(|fact| matches!(fact, Fact::Shipment(ShipmentFact::Cancelled(_))));
        let planned = word(|fact| matches!(fact, Fact::Shipment(ShipmentFact::Planned(_))));
        let off = cancelled.is_some_and(|cancelled| cancelled <= sent) && planned <= cancelled;
        if off && matches!(event.fact, Fact::Shipment(ShipmentFact::Planned(_))) {
            truth.push(Truth::told(&ShipmentId::new(&*event.subject.id), "SCH-14", sent));
        }
        let mut event = all
            .iter()
            .filter(said)
            .max_by_key(|other| (other.event.at, other.at))
            .map_or(event.clone(), |other| other.event.clone());
        event = renamed(&event, "again");
        event.at = sent;
        all.push(Arrival { at: sent + Span::seconds(rng.i64(1..40)), event });
    }
}

fn numbered_anew(all: &mut Vec<Arrival>, rng: &mut Rng) {
    let mut plans: BTreeMap<Subject, Vec<Arrival>> = BTreeMap::new();
    for arrival in firsts(all)
        .into_iter()
        .filter(|a| matches!(a.event.fact, Fact::Shipment(ShipmentFact::Planned(_))))
    {
        plans.entry(arrival.event.subject.clone()).or_default().push(arrival);
    }
    // A shipment that was planned once only: its plan is the one in force whenever it is sent again.
    let once = plans.into_values().filter(|all| all.len() == 1).flatten();
    let chosen: Vec<Arrival> = once.filter(|_| once_in(4, rng)).collect();
    for Arrival { event, .. } in chosen {
        let mut sent = event.at;
        for version in 2..2 + rng.u32(1..5) {
            sent = sent + Span::minutes(rng.i64(30..24 * 60));
            let mut again = renamed(&event, &format!("version-{version}"));
            if let Fact::Shipment(ShipmentFact::Planned(plan)) = &mut again.fact {
                plan.version = version;
            }
            again.at = sent;
            all.push(Arrival { at: sent + Span::seconds(rng.i64(1..40)), event: again });
        }
    }
}

/// Which shipment a logger travels with, from when on.
fn attached(all: &[Arrival]) -> BTreeMap<Subject, (ShipmentId, Moment, Attached)> {
    let shipment = |arrival: &Arrival| match &arrival.event.fact {
        Fact::Device(DeviceFact::Attached(attached)) => {
            let shipment = attached.shipment.clone()?;
            let since = arrival.event.at.max(arrival.at);
            Some((arrival.event.subject.clone(), (shipment, since, attached.clone())))
        }
        _ => None,
    };
    all.iter().rev().filter_map(shipment).collect()
}

fn future_stamp(all: &mut Vec<Arrival>, truth: &mut Vec<Truth>, rng: &mut Rng) {
    for (device, (shipment, since, attached)) in attached(all) {
        let live = attached.send_every.is_some();
        if !live || !once_in(8, rng) {
            continue;
        }
        let arrived = since + Span::minutes(rng.i64(30..240));
        // What is ahead already is told once, and a logger that is silent or was taken off sends nothing.
        let told = |t: &Truth| t.shipment == shipment && matches!(&*t.code, "DAT-06" | "DAT-03");
        // Attached to a tank it was taken off the box, too.
        let leaves = |fact: &Fact| match fact {
            Fact::Device(DeviceFact::Detached(_)) => true,
            Fact::Device(DeviceFact::Attached(to)) => to.shipment.as_ref() != Some(&shipment),
            _ => false,
        };
        let off = all
            .iter()
            .any(|a| a.event.subject == device && leaves(&a.event.fact) && a.event.at <= arrived);
        if off || truth.iter().any(told) {
            continue;
        }
        let stamped = arrived + Span::days(rng.i64(30..300));
        let last = |a: &&Arrival| a.event.subject == device && a.at <= arrived;
        let Some(like) =
            all.iter().filter(last).filter(|a| reading(&a.event).is_some()).max_by_key(|a| a.at)
        else {
            continue;
        };
        let mut event = renamed(&like.event, "ahead");
        event.at = stamped;
        if let Fact::Device(DeviceFact::Reading(reading)) = &mut event.fact {
            reading.sequence = None;
        }
        all.push(Arrival { at: arrived, event });
        truth.push(Truth::told(&shipment, "DAT-06", arrived));
    }
}

fn reading(event: &Event) -> Option<&Reading> {
    match &event.fact {
        Fact::Device(DeviceFact::Reading(reading)) => Some(reading),
        _ => None,
    }
}

/// What moves or changes goods.
fn moves_goods(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Shipment(
            ShipmentFact::Packed(_)
                | ShipmentFact::Released(_)
                | ShipmentFact::Accepted(_)
                | ShipmentFact::Departed(_)
                | ShipmentFact::Arrived(_)
                | ShipmentFact::CustomsEntered(_)
                | ShipmentFact::CustomsCleared(_)
                | ShipmentFact::Received(_)
                | ShipmentFact::Stowed(_)
                | ShipmentFact::Unpacked(_)
                | ShipmentFact::Thawed(_)
                | ShipmentFact::Infused(_)
        )
    )
}

fn day_ahead(all: &mut [Arrival], truth: &mut Vec<Truth>, rng: &mut Rng) {
    let mut of: BTreeMap<Subject, Vec<Arrival>> = BTreeMap::new();
    // Only what is reported at once: what comes late with a clock a day ahead looks like what is in time. And one clock is
    // wrong once.
    let soon = |a: &Arrival| {
        let late = a.at - a.event.at;
        moves_goods(&a.event.fact) && Span::ZERO <= late && late < Span::minutes(2)
    };
    for arrival in firsts(all).into_iter().filter(soon) {
        of.entry(arrival.event.subject.clone()).or_default().push(arrival);
    }
    for (subject, acts) in of {
        if !once_in(10, rng) {
            continue;
        }
        let Some(Arrival { at, event }) = rng.choice(acts) else { continue };
        // Every copy of it says the same, also one that was sent again under a new id.
        let copy = |a: &&mut Arrival| {
            let said = |event: &Event| (event.source.clone(), event.at, event.fact.clone());
            a.event.subject == subject && said(&a.event) == said(&event)
        };
        for copy in all.iter_mut().filter(copy) {
            copy.event.at = event.at + Span::days(1);
        }
        truth.push(Truth::told(&ShipmentId::new(&*subject.id), "SYS-AHEAD", at));
    }
}

/// What was said of the whole is said of each unit: of the first at the same moment, of each other one a minute later.
fn unit_by_unit(all: &mut Vec<Arrival>, rng: &mut Rng) {
    let mut units: BTreeMap<Subject, Vec<facts::UnitId>> = BTreeMap::new();
    for arrival in all.iter() {
        if let Fact::Shipment(ShipmentFact::Packed(packed)) = &arrival.event.fact {
            units.insert(arrival.event.subject.clone(), packed.units.clone());
        }
    }
    let mut single = Vec::new();
    let chosen: BTreeSet<Subject> = units.keys().filter(|_| once_in(2, rng)).cloned().collect();
    for Arrival { at, event } in std::mem::take(all) {
        let shipment = whose(&event);
        let by_name = shipment
            .filter(|shipment| chosen.contains(shipment))
            .and_then(|shipment| units.get(&shipment))
            .filter(|units| units.len() > 1)
            .and_then(|units| each(&event, units));
        let Some(events) = by_name else {
            single.push(Arrival { at, event });
            continue;
        };
        for (n, event) in (0..).zip(events) {
            single.push(Arrival { at: at + Span::minutes(n), event });
        }
    }
    *all = single;
}

/// Whose goods an event speaks of.
fn whose(event: &Event) -> Option<Subject> {
    match &event.fact {
        Fact::Store(StoreFact::Holds(holds)) => Some(Subject::from(&holds.shipment)),
        Fact::Store(StoreFact::NoLongerHolds(holds)) => Some(Subject::from(&holds.shipment)),
        _ => (event.subject.kind == SubjectKind::Shipment).then(|| event.subject.clone()),
    }
}

/// The event once for each unit, where it speaks of the whole.
fn each(event: &Event, units: &[facts::UnitId]) -> Option<Vec<Event>> {
    let mut all = Vec::new();
    for (n, unit) in (0..).zip(units) {
        let mut one = renamed(event, &format!("of-{unit}"));
        one.at = event.at + Span::minutes(n);
        let names = match &mut one.fact {
            Fact::Shipment(ShipmentFact::Thawed(fact)) => &mut fact.units,
            Fact::Shipment(ShipmentFact::Infused(fact)) => &mut fact.units,
            Fact::Shipment(ShipmentFact::QualityReleased(fact)) => &mut fact.units,
            Fact::Store(StoreFact::Holds(fact)) => &mut fact.units,
            Fact::Store(StoreFact::NoLongerHolds(fact)) => &mut fact.units,
            _ => return None,
        };
        if !names.is_empty() {
            return None;
        }
        names.push(unit.clone());
        all.push(one);
    }
    Some(all)
}

/// For some hours a box that nothing happens to is as warm as its label allows, to the tenth of a degree.
fn at_the_limit(all: &mut [Arrival], truth: &[Truth], rng: &mut Rng) {
    let faulty: BTreeSet<ShipmentId> = truth.iter().map(|t| t.shipment.clone()).collect();
    for (device, (shipment, since, _)) in attached(all) {
        if faulty.contains(&shipment) || !once_in(3, rng) {
            continue;
        }
        let from = since + Span::minutes(rng.i64(60..180));
        let until = from + Span::minutes(rng.i64(20..180));
        let within = |a: &&mut Arrival| {
            a.event.subject == device && from <= a.event.at && a.event.at < until
        };
        for arrival in all.iter_mut().filter(within) {
            if let Fact::Device(DeviceFact::Reading(reading)) = &mut arrival.event.fact {
                // A label says 2–8 °C, one for dry ice at most -60 °C, one for nitrogen vapour at most -150 °C.
                reading.temperature.0 = match reading.temperature.0 {
                    -20_000.. => 8_000,
                    -120_000.. => -60_000,
                    _ => -150_000,
                };
            }
        }
    }
}
