//! The patient's order: what the dose plan asks for, what is confirmed, and where the patient stands.

use crate::treatment::{InfusionDate, Treatment};
use alloc::collections::BTreeMap;
use alloc::{format, string::String, vec::Vec};
use facts::context::{Loss, Phase, Shut};
use facts::fact::order::{Carrier, DoseUnit, Opened, Taken};
use facts::rulebook::{GateKind, Product};
use facts::{
    Fact, Gate, History, Moment, OrderFact, ReferenceData, ShipmentId, ShortText, SystemFact,
    UnitId,
};

/// What is known of it.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// What the dose plan asked for, from when to when; the last of it counts now.
    plans: Vec<(Moment, Opened)>,
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
    pub missing: ShortText,
}

/// What an order plans for one shipment of it, from a moment on.
#[derive(Debug, Clone, Default)]
pub struct OrderPlans {
    /// The moment from which on this was planned.
    pub from: Moment,
    /// The product, by its name in the rulebook.
    pub product: Option<ShortText>,
    /// When the patient is to be given what is in the shipment.
    pub infusion: Option<Moment>,
    /// Whether conditioning has begun and goes on: the patient needs what is in the shipment.
    pub begun: bool,
    /// When another shipment was last planned for the order.
    pub sent_anew: Option<Moment>,
    /// When that was learnt which says so.
    pub learnt: Moment,
    /// The report that says so, by its place in the journal.
    pub said: Option<u64>,
}

impl Order {
    /// What concerns an order.
    pub(crate) fn hears(fact: &Fact) -> bool {
        let plan = matches!(
            fact,
            Fact::Order(OrderFact::OrderOpened(_)) | Fact::System(SystemFact::Dose(_))
        );
        let confirmed = matches!(
            fact,
            Fact::Order(OrderFact::ProductAvailable(_) | OrderFact::RescueConfirmed(_))
        );
        plan || confirmed || Treatment::hears(fact)
    }

    pub(crate) fn read(story: &History) -> Self {
        let mut order = Order::default();
        let dose = story.entries().iter().filter_map(|chapter| match &chapter.fact {
            Fact::System(SystemFact::Dose(dose)) => Some((chapter.offset, dose)),
            _ => None,
        });
        // Of several derived doses the one learnt last is the one that counts.
        if let Some((_, dose)) = dose.max_by_key(|(offset, _)| *offset) {
            order.dose.clone_from(&dose.units);
            order.carriers.clone_from(&dose.carriers);
        }
        let mut given: Vec<Moment> = order.dose.iter().filter_map(|unit| unit.infused).collect();
        given.sort_unstable_by(|a, b| b.cmp(a));
        given.dedup();
        for chapter in story.entries() {
            let first = matches!(chapter.fact, Fact::Order(OrderFact::ConditioningStarted(_)));
            let before = |at: &Moment| *at < chapter.at || (*at == chapter.at && !first);
            while let Some(at) = given.pop_if(|at| before(at)) {
                order.treatment.give(at);
            }
            match &chapter.fact {
                Fact::Order(OrderFact::OrderOpened(opened)) => order.open(chapter.at, opened),
                Fact::Order(OrderFact::ProductAvailable(_)) => {
                    order.available.get_or_insert(chapter.at);
                }
                Fact::Order(OrderFact::RescueConfirmed(_)) => {
                    order.rescue.get_or_insert(chapter.at);
                }
                fact => order.treatment.take(chapter.at, chapter.offset, chapter.learnt, fact),
            }
        }
        while let Some(at) = given.pop() {
            order.treatment.give(at);
        }
        order
    }

    /// Where the patient stands, and since when.
    pub fn phase(&self) -> (Phase, Option<Moment>) {
        self.treatment.phase()
    }

    fn open(&mut self, at: Moment, opened: &Opened) {
        if self.plans.last().is_none_or(|(_, last)| last != opened) {
            self.plans.push((at, opened.clone()));
        }
    }

    /// The dose plan as it was at a moment; before the first one was made, the one that was made first.
    fn opened_at(&self, at: Moment) -> Option<&Opened> {
        let then = self.plans.iter().rev().find(|(from, _)| *from <= at).or(self.plans.first());
        then.map(|(_, opened)| opened)
    }

    /// The product, if the rulebook knows it.
    pub fn product<'r>(&self, reference: &'r ReferenceData) -> Option<&'r Product> {
        self.product_at(reference, Moment::LATEST)
    }

    /// What the order plans for a shipment of it, each time that this may have changed, in order.
    pub fn plans_for(&self, shipment: &ShipmentId) -> Vec<OrderPlans> {
        let dates = self.treatment.dates();
        let others = || self.carriers.iter().filter(|carrier| carrier.shipment != *shipment);
        let mut moments: Vec<Moment> = dates.iter().map(|date| date.from).collect();
        moments.extend(self.plans.iter().map(|(from, _)| *from));
        moments.extend(others().map(|other| other.from));
        moments.extend(self.dose.iter().filter_map(|unit| unit.infused));
        moments.sort_unstable();
        moments.dedup();
        let at = |from: Moment| {
            let date = dates.iter().rev().find(|date| date.from <= from);
            let is_asked_for = !self.asks_for_none_of(shipment, from);
            // A dose of several units goes on until the last of them was given.
            let goes_on = |date: &&InfusionDate| self.is_still_to_be_given(shipment, from, date);
            let rest = date.filter(goes_on).and_then(|date| date.given);
            let infusion = date.and_then(|date| date.planned).or(rest);
            OrderPlans {
                from,
                product: self.opened_at(from).map(|opened| opened.product.clone()),
                infusion: infusion.filter(|_| is_asked_for),
                begun: is_asked_for && date.is_some_and(|date| date.begun),
                sent_anew: others().map(|other| other.from).filter(|other| *other <= from).max(),
                learnt: date.map_or(Moment::EARLIEST, |date| date.learnt),
                said: date.filter(|date| date.from == from).and_then(|date| date.said),
            }
        };
        moments.into_iter().map(at).collect()
    }

    /// Whether the dose plan names units of a shipment of which one was not given by a moment, while the cycle goes on in which
    /// the first one was.
    fn is_still_to_be_given(&self, shipment: &ShipmentId, at: Moment, date: &InfusionDate) -> bool {
        let Some(opened) = self.opened_at(at) else { return false };
        let mine = self.dose.iter().filter(|unit| unit.shipment.as_ref() == Some(shipment));
        let mut asked = mine.filter(|unit| opened.units.contains(&unit.unit));
        date.given.is_some() && asked.any(|unit| unit.infused.is_none_or(|given| given > at))
    }

    /// Whether the dose plan names units, and none of a shipment's.
    fn asks_for_none_of(&self, shipment: &ShipmentId, at: Moment) -> bool {
        let Some(opened) = self.opened_at(at) else { return false };
        let mine = |unit: &&DoseUnit| unit.shipment.as_ref() == Some(shipment);
        let mut mine = self.dose.iter().filter(mine).peekable();
        let known = !opened.units.is_empty() && mine.peek().is_some();
        known && !mine.any(|unit| opened.units.contains(&unit.unit))
    }

    fn product_at<'r>(&self, reference: &'r ReferenceData, at: Moment) -> Option<&'r Product> {
        reference.products.get(&self.opened_at(at)?.product)
    }

    /// Whether rescue cells were asked for at a moment.
    pub fn rescue_required(&self, at: Moment) -> bool {
        self.opened_at(at).is_some_and(|opened| opened.rescue_required)
    }

    /// Since when another shipment than this one, which is called off, is to bring the dose.
    pub fn replaced(&self, shipment: &ShipmentId, called_off: Moment) -> Option<Moment> {
        let others = self.carriers.iter().filter(|carrier| carrier.shipment != *shipment);
        others.map(|other| other.from.max(called_off)).min()
    }

    /// The first moment after another at which the gate was open, by all that is known of it.
    pub fn met_after(&self, reference: &ReferenceData, at: Moment) -> Option<Moment> {
        let opens = |moment: &Moment| self.gate_at(reference, *moment).gate == Gate::Met;
        let moments = self.moments().into_iter().chain(self.available);
        moments.filter(|moment| *moment > at).filter(opens).min()
    }

    /// Whether the product's gate is open, by all that is known.
    pub fn gate(&self, reference: &ReferenceData) -> GateState {
        self.gate_at(reference, Moment::LATEST)
    }

    /// Whether it was open at a moment, by all that is known of that moment.
    pub fn gate_at(&self, reference: &ReferenceData, at: Moment) -> GateState {
        let (Some(product), Some(opened)) = (self.product_at(reference, at), self.opened_at(at))
        else {
            return GateState::default();
        };
        if let Some(none) = self.nothing_left(opened, at) {
            return missing(&none);
        }
        match product.gate {
            GateKind::Available => match self.available.filter(|available| *available <= at) {
                Some(at) => {
                    GateState { gate: Gate::Met, met_at: Some(at), missing: ShortText::default() }
                }
                None => missing("the plant has not confirmed that the product is available"),
            },
            GateKind::Received => self.received(opened, at),
        }
    }

    /// Whether a unit was given in a cycle before the one at that moment: it can be given no more.
    fn is_used(&self, unit: &DoseUnit, at: Moment) -> bool {
        let given = unit.infused.filter(|given| *given <= at);
        given.is_some_and(|given| self.treatment.given_before(given, at))
    }

    fn used(&self, at: Moment) -> impl Iterator<Item = &DoseUnit> {
        self.dose.iter().filter(move |unit| self.is_used(unit, at))
    }

    /// Where all of the dose was given before this cycle.
    fn nothing_left(&self, opened: &Opened, at: Moment) -> Option<String> {
        let used = |id: &UnitId| self.used(at).any(|unit| unit.unit == *id);
        if !opened.units.is_empty() {
            let all = opened.units.iter().all(used);
            let given = opened.units.iter().map(|id| format!("{id} was given"));
            return all.then(|| {
                format!("{} and nothing else is planned", listed(&given.collect::<Vec<_>>()))
            });
        }
        let count = opened.count.and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0)?;
        (self.used(at).count() >= count).then(|| match count {
            1 => String::from("the one unit of the dose was given and nothing else is planned"),
            _ => format!("all {count} units of the dose were given and nothing else is planned"),
        })
    }

    /// The stretches in which it was closed: those before the last that are over, and when the last began,
    /// if it had been open before.
    pub fn shut(&self, reference: &ReferenceData) -> (Vec<Shut>, Option<Moment>) {
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
    pub fn losses(&self, reference: &ReferenceData, shipment: &ShipmentId) -> Vec<Loss> {
        let mut lost = BTreeMap::<Moment, Vec<&DoseUnit>>::new();
        for unit in &self.dose {
            if unit.shipment.as_ref() != Some(shipment) {
                continue;
            }
            for at in unit.lost_at() {
                let not_given = unit.infused.is_none_or(|given| given > at);
                if not_given && (self.asks_for(unit, at) || self.asks_for(unit, Moment::LATEST)) {
                    lost.entry(at).or_default().push(unit);
                }
            }
        }
        let lost = lost.into_iter().filter_map(|(at, units)| self.loss(reference, at, &units));
        let mut all: Vec<Loss> = lost.chain(self.enlarged(reference, shipment)).collect();
        all.sort_by_key(|loss| loss.at);
        all
    }

    /// Whether a unit is a part of the dose by the plan at a moment.
    fn asks_for(&self, unit: &DoseUnit, at: Moment) -> bool {
        let named = self.opened_at(at).map_or(&[][..], |opened| &opened.units);
        named.is_empty() || named.contains(&unit.unit)
    }

    fn loss(&self, reference: &ReferenceData, at: Moment, units: &[&DoseUnit]) -> Option<Loss> {
        let unit = units.first()?.unit.clone();
        let by_receipt = self.product(reference).is_some_and(|p| p.gate == GateKind::Received);
        let until = if by_receipt {
            if self.is_met(reference, at) {
                return None;
            }
            self.met_from(reference, at)
        } else {
            let left = self.dose.iter().filter(|unit| unit.lost_by(at).is_none());
            let count = self.opened_at(at)?.count.and_then(|n| usize::try_from(n).ok());
            if count.is_some_and(|count| left.count() >= count) {
                return None;
            }
            units
                .iter()
                .map(|unit| unit.taken_back(at))
                .max_by_key(|back| (back.is_none(), *back))?
        };
        let names: Vec<&str> =
            units.iter().take(MOST_NAMED).map(|unit| unit.unit.as_str()).collect();
        let what = match (units.len(), units.len().saturating_sub(MOST_NAMED)) {
            (1, _) => format!("{} is lost", names.join(", ")),
            (_, 0) => format!("{} are lost", names.join(", ")),
            (_, more) => format!("{} and {more} more are lost", names.join(", ")),
        };
        Some(Loss { unit, what: ShortText::new(what), at, until })
    }

    /// Where the dose was whole, conditioning had begun, and a later plan asks for more than is there: from then on that is
    /// missing. Before conditioning the gate says it.
    fn enlarged(&self, reference: &ReferenceData, shipment: &ShipmentId) -> Vec<Loss> {
        if !self.dose.iter().any(|unit| unit.shipment.as_ref() == Some(shipment)) {
            return Vec::new();
        }
        let pairs = self.plans.iter().zip(self.plans.iter().skip(1));
        let enlarged = pairs.filter_map(|((_, before), (at, opened))| {
            let at = *at;
            let unit = opened.units.iter().find(|unit| !before.units.contains(unit))?.clone();
            let was_whole = self.received(before, at).gate == Gate::Met;
            let by_receipt = self.product_at(reference, at)?.gate == GateKind::Received;
            if before.units.is_empty() || !was_whole || !by_receipt || !self.treatment.under_way(at)
            {
                return None;
            }
            if self.is_met(reference, at) {
                return None;
            }
            let what =
                ShortText::new(format!("{unit}, which the dose plan names since {at}, is missing"));
            Some(Loss { unit, what, at, until: self.met_from(reference, at) })
        });
        enlarged.collect()
    }

    fn is_met(&self, reference: &ReferenceData, at: Moment) -> bool {
        self.gate_at(reference, at).gate == Gate::Met
    }

    /// When the gate was open again after a moment.
    fn met_from(&self, reference: &ReferenceData, at: Moment) -> Option<Moment> {
        self.moments().into_iter().find(|later| *later > at && self.is_met(reference, *later))
    }

    /// The moments at which the gate may have opened or closed.
    fn moments(&self) -> Vec<Moment> {
        let marks =
            |unit: &DoseUnit| [unit.received, unit.released, unit.settled, unit.lost, unit.infused];
        let stays = self.dose.iter().flat_map(|unit| unit.stays.iter().chain(&unit.out));
        let stays = stays.flat_map(|stay| [stay.from, stay.until]);
        let planned = self.plans.iter().map(|(at, _)| *at).chain(self.treatment.beginnings());
        let mut moments: Vec<Moment> =
            self.dose.iter().flat_map(marks).flatten().chain(stays).chain(planned).collect();
        moments.sort();
        moments.dedup();
        moments
    }

    fn received(&self, opened: &Opened, at: Moment) -> GateState {
        let left = self.dose.iter().filter(|unit| !self.is_used(unit, at));
        let dose: Vec<DoseUnit> = left.map(|unit| as_of(unit, at)).collect();
        let unit = |id| dose.iter().find(|unit| unit.unit == id);
        if !opened.units.is_empty() {
            let used = |id: &UnitId| self.used(at).any(|unit| unit.unit == *id);
            let named = opened.units.iter().filter(|id| !used(id));
            let states = named.map(|id| (id.as_str(), unit(id.clone())));
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
        let count = count.saturating_sub(self.used(at).count());
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
    GateState { gate: Gate::when(met_at.is_some()), met_at, missing: ShortText::default() }
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
    GateState { gate: Gate::NotMet, met_at: None, missing: ShortText::new(what) }
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
        lost: unit.lost_by(at),
        out: unit.out.iter().filter(|out| out.until <= at).copied().collect(),
        infused: by(unit.infused),
        ..unit.clone()
    }
}

/// When a unit was received, in order and released, or no longer lost, whichever came last.
fn confirmed(unit: &DoseUnit) -> Option<Moment> {
    if unit.deviation || unit.lost.is_some() {
        return None;
    }
    let (received, released) = unit.received.zip(unit.released)?;
    let back = unit.out.iter().map(|out| out.until).max();
    [Some(received), Some(released), unit.settled, back].into_iter().flatten().max()
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
