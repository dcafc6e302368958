//! The patient's order: what the dose plan asks for, what is confirmed, and where the patient stands.

use crate::treatment::Treatment;
use alloc::collections::BTreeMap;
use alloc::{format, string::String, vec::Vec};
use facts::context::{Loss, Phase, Shut};
use facts::fact::order::{Carrier, DoseUnit, Opened, Taken};
use facts::rulebook::{GateKind, Product};
use facts::{Fact, Gate, Moment, Reference, ShipmentId, Story, Text};

/// What is known of it.
#[derive(Debug, Clone, Default)]
pub struct Order {
    opened: Option<Opened>,
    dose: Vec<DoseUnit>,
    carriers: Vec<Carrier>,
    available: Option<Moment>,
    /// When rescue cells were confirmed.
    pub rescue: Option<Moment>,
    /// The patient's way through conditioning.
    pub treatment: Treatment,
}

/// The product's gate.
#[derive(Debug, Clone, Default)]
pub struct GateState {
    /// Open, closed or unknown.
    pub gate: Gate,
    /// When it opened.
    pub met_at: Option<Moment>,
    /// What is missing.
    pub missing: Text,
}

impl Order {
    /// What concerns an order.
    pub(crate) fn hears(fact: &Fact) -> bool {
        let plan = matches!(fact, Fact::OrderOpened(_) | Fact::Dose(_));
        let confirmed = matches!(fact, Fact::ProductAvailable(_) | Fact::RescueConfirmed(_));
        plan || confirmed || Treatment::hears(fact)
    }

    pub(crate) fn read(story: &Story) -> Self {
        let mut order = Order::default();
        let mut dose: Option<u64> = None;
        for chapter in story.chapters() {
            match &chapter.fact {
                Fact::OrderOpened(opened) => order.opened = Some(opened.clone()),
                Fact::ProductAvailable(_) => drop(order.available.get_or_insert(chapter.at)),
                Fact::RescueConfirmed(_) => drop(order.rescue.get_or_insert(chapter.at)),
                // Of several derived doses the one learnt last is the one that counts.
                Fact::Dose(d) if dose.is_none_or(|offset| offset < chapter.offset) => {
                    dose = Some(chapter.offset);
                    order.dose.clone_from(&d.units);
                    order.carriers.clone_from(&d.carriers);
                }
                fact => order.treatment.take(chapter.at, chapter.offset, chapter.learnt, fact),
            }
        }
        order
    }

    /// The product, if the rulebook knows it.
    pub fn product<'r>(&self, reference: &'r Reference) -> Option<&'r Product> {
        reference.products.get(&self.opened.as_ref()?.product)
    }

    /// Whether rescue cells are asked for.
    pub fn rescue_required(&self) -> bool {
        self.opened.as_ref().is_some_and(|opened| opened.rescue_required)
    }

    /// Where the patient stands, and since when.
    pub fn phase(&self) -> (Phase, Option<Moment>) {
        match self.infused() {
            Some(infused) => (Phase::Infused, Some(infused)),
            None => self.treatment.phase(),
        }
    }

    /// Since when another shipment than this one, which is called off, is to bring the dose.
    pub fn replaced(&self, shipment: &ShipmentId, called_off: Moment) -> Option<Moment> {
        let others = self.carriers.iter().filter(|carrier| carrier.shipment != *shipment);
        others.map(|other| other.from.max(called_off)).min()
    }

    /// When the first unit of the dose was given. What is dated before conditioning began was not given after it.
    pub fn infused(&self) -> Option<Moment> {
        let began = self.treatment.began();
        let given = self.dose.iter().filter_map(|unit| unit.infused);
        given.filter(|at| began.is_none_or(|began| *at >= began)).min()
    }

    /// The first moment after another at which the gate was open, by all that is known of it.
    pub fn met_after(&self, reference: &Reference, at: Moment) -> Option<Moment> {
        let opens = |moment: &Moment| self.gate_at(reference, *moment).gate == Gate::Met;
        let moments = self.moments().into_iter().chain(self.available);
        moments.filter(|moment| *moment > at).filter(opens).min()
    }

    /// Whether the product's gate is open, by all that is known.
    pub fn gate(&self, reference: &Reference) -> GateState {
        self.gate_at(reference, Moment::LATEST)
    }

    /// Whether it was open at a moment, by all that is known of that moment.
    pub fn gate_at(&self, reference: &Reference, at: Moment) -> GateState {
        let (Some(product), Some(opened)) = (self.product(reference), &self.opened) else {
            return GateState::default();
        };
        match product.gate {
            GateKind::Available => match self.available.filter(|available| *available <= at) {
                Some(at) => {
                    GateState { gate: Gate::Met, met_at: Some(at), missing: Text::default() }
                }
                None => missing("the plant has not confirmed that the product is available"),
            },
            GateKind::Received => self.received(opened, at),
        }
    }

    /// The stretches in which it was closed: those before the last that are over, and when the last began,
    /// if it had been open before.
    pub fn shut(&self, reference: &Reference) -> (Vec<Shut>, Option<Moment>) {
        let (mut over, mut open, mut since) = (Vec::new(), false, None);
        for at in self.moments() {
            let opens = self.gate_at(reference, at).gate == Gate::Met;
            match (open, opens) {
                (false, true) => over.push(Shut { since, until: at }),
                (true, false) => since = Some(at),
                _ => {}
            }
            open = opens;
        }
        if open {
            over.pop();
        }
        (over, since)
    }

    /// What the dose has lost of a shipment, by moments. A unit that was given before is not lost, nor is a spare one.
    pub fn losses(&self, reference: &Reference, shipment: &ShipmentId) -> Vec<Loss> {
        let mut lost = BTreeMap::<Moment, Vec<&DoseUnit>>::new();
        for unit in &self.dose {
            let Some(at) = unit.lost.filter(|at| unit.infused.is_none_or(|given| given > *at))
            else {
                continue;
            };
            let named = self.opened.as_ref().map_or(&[][..], |opened| &opened.units);
            let mine = unit.shipment.as_ref() == Some(shipment);
            if mine && (named.is_empty() || named.contains(&unit.unit)) {
                lost.entry(at).or_default().push(unit);
            }
        }
        lost.into_iter().filter_map(|(at, units)| self.loss(reference, at, &units)).collect()
    }

    fn loss(&self, reference: &Reference, at: Moment, units: &[&DoseUnit]) -> Option<Loss> {
        let unit = units.first()?.unit.clone();
        let by_receipt = self.product(reference).is_some_and(|p| p.gate == GateKind::Received);
        let until = if by_receipt {
            let met = |at| self.gate_at(reference, at).gate == Gate::Met;
            if met(at) {
                return None;
            }
            self.moments().into_iter().find(|later| *later > at && met(*later))
        } else {
            let left = self.dose.iter().filter(|unit| unit.lost.is_none_or(|lost| lost > at));
            let count = self.opened.as_ref()?.count.and_then(|n| usize::try_from(n).ok());
            if count.is_some_and(|count| left.count() >= count) {
                return None;
            }
            None
        };
        let names: Vec<&str> =
            units.iter().take(MOST_NAMED).map(|unit| unit.unit.as_str()).collect();
        let what = match (units.len(), units.len().saturating_sub(MOST_NAMED)) {
            (1, _) => format!("{} is lost", names.join(", ")),
            (_, 0) => format!("{} are lost", names.join(", ")),
            (_, more) => format!("{} and {more} more are lost", names.join(", ")),
        };
        Some(Loss { unit, what: Text::new(what), at, until })
    }

    /// The moments at which the gate may have opened or closed.
    fn moments(&self) -> Vec<Moment> {
        let marks = |unit: &DoseUnit| [unit.received, unit.released, unit.settled, unit.lost];
        let stays = self.dose.iter().flat_map(|unit| &unit.stays);
        let stays = stays.flat_map(|stay| [stay.from, stay.until]);
        let mut moments: Vec<Moment> =
            self.dose.iter().flat_map(marks).flatten().chain(stays).collect();
        moments.sort();
        moments.dedup();
        moments
    }

    fn received(&self, opened: &Opened, at: Moment) -> GateState {
        let dose: Vec<DoseUnit> = self.dose.iter().map(|unit| as_of(unit, at)).collect();
        let unit = |id| dose.iter().find(|unit| unit.unit == id);
        if !opened.units.is_empty() {
            let states = opened.units.iter().map(|id| (id.as_str(), unit(id.clone())));
            let faults: Vec<String> =
                states.clone().filter_map(|(id, unit)| fault(id, unit, at)).collect();
            let doubts: Vec<String> =
                states.clone().filter_map(|(_, unit)| unit.and_then(doubt)).collect();
            let confirmed = states.filter_map(|(_, unit)| unit.and_then(confirmed)).max();
            return state(faults, doubts, confirmed);
        }
        let Some(count) = opened.count.and_then(|n| usize::try_from(n).ok()) else {
            return GateState::default();
        };
        let mut good: Vec<Moment> = dose.iter().filter_map(confirmed).collect();
        good.sort();
        let mut doubts: Vec<String> = dose.iter().filter_map(doubt).collect();
        let faults = match count.checked_sub(good.len()) {
            Some(0) | None => Vec::new(),
            Some(n) if n <= doubts.len() => Vec::new(),
            Some(n) => Vec::from([format!("{n} of {count} units are not received and released")]),
        };
        doubts.truncate(count.saturating_sub(good.len()));
        state(faults, doubts, good.get(count.saturating_sub(1)).copied())
    }
}

/// So many units are named in a sentence, the others are counted.
const MOST_NAMED: usize = 20;

/// What is missing for certain closes the gate; where nothing is but what nobody knows, that is unknown.
fn state(faults: Vec<String>, doubts: Vec<String>, met_at: Option<Moment>) -> GateState {
    if !faults.is_empty() {
        return missing(&listed(&faults));
    }
    if !doubts.is_empty() {
        return GateState { gate: Gate::Unknown, ..missing(&listed(&doubts)) };
    }
    GateState { gate: Gate::when(met_at.is_some()), met_at, missing: Text::default() }
}

fn listed(all: &[String]) -> String {
    match all.split_at_checked(MOST_NAMED) {
        Some((told, more)) if !more.is_empty() => {
            format!("{} and {} more", told.join(", "), more.len())
        }
        _ => all.join(", "),
    }
}

fn missing(what: &str) -> GateState {
    GateState { gate: Gate::NotMet, met_at: None, missing: Text::new(what) }
}

/// A unit as it stood at a moment.
fn as_of(unit: &DoseUnit, at: Moment) -> DoseUnit {
    let by = |moment: Option<Moment>| moment.filter(|moment| *moment <= at);
    let mut stays = unit.stays.iter().filter(|stay| stay.from <= at && at < stay.until);
    let received = by(unit.received).or(stays.next().map(|stay| stay.from));
    let taken: Vec<Taken> = unit.taken.iter().filter(|taken| taken.at <= at).cloned().collect();
    let unsettled = unit.deviation || unit.settled.is_some_and(|settled| settled > at);
    DoseUnit {
        packed: by(unit.packed),
        received,
        deviation: unsettled && (received.is_some() || !taken.is_empty()),
        taken,
        settled: by(unit.settled),
        released: by(unit.released),
        lost: by(unit.lost),
        infused: by(unit.infused),
        ..unit.clone()
    }
}

/// When a unit was received, in order and released, whichever came last.
fn confirmed(unit: &DoseUnit) -> Option<Moment> {
    if unit.deviation || unit.lost.is_some() {
        return None;
    }
    let (received, released) = unit.received.zip(unit.released)?;
    [Some(received), Some(released), unit.settled].into_iter().flatten().max()
}

/// A unit that would be confirmed if whoever took it in were the consignee, and nobody knows whether that is so.
fn doubt(unit: &DoseUnit) -> Option<String> {
    let taken = unit.taken.first().filter(|_| unit.received.is_none())?;
    let received = DoseUnit { received: Some(taken.at), ..unit.clone() };
    confirmed(&received)?;
    Some(format!(
        "{} is with {}, of which nobody has said whether it belongs to the consignee",
        unit.unit, taken.by
    ))
}

fn fault(id: &str, unit: Option<&DoseUnit>, at: Moment) -> Option<String> {
    let Some(unit) = unit else { return Some(format!("{id} is not packed")) };
    if doubt(unit).is_some() {
        return None;
    }
    let what = if unit.lost.is_some() {
        "is lost"
    } else if unit.received.is_none() && unit.taken.is_empty() {
        let left = unit.stays.iter().any(|stay| stay.until <= at);
        if left { "was shipped on and is not received" } else { "is not received" }
    } else if unit.deviation {
        "is under a deviation"
    } else if unit.released.is_none() {
        "is not released by quality"
    } else {
        return None;
    };
    Some(format!("{id} {what}"))
}
