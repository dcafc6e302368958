//! All that custody looks at: the chain of hands, what was packed and received, who is qualified.

use crate::journey::Journey;
use crate::parties::Parties;
use crate::plans::{self, Contradiction};
use crate::report_quality::ReportQuality;
use crate::rules;
use alloc::{collections::BTreeSet, vec::Vec};
use facts::fact::shipment::{
    Disposition, Goods, Opened, Packed, Planned, Receipt, Received, Repacked,
};
use facts::timeline::{Hands, PartyReport, Receiver, StrangeEntry};
use facts::{
    About, Context, Fact, History, LegId, Moment, OrderFact, OrderId, PartyFact, PartyId,
    Projection, ReferenceData, ShipmentFact, ShortText, Subject, Timeline, TimelineEntry, UnitId,
    context,
};

/// All that custody rules look at.
#[derive(Debug, Default)]
pub struct CustodyLedger {
    /// The plan in force.
    pub plan: Option<Planned>,
    /// The chain of hands.
    pub hands: Hands,
    /// What somebody says that it did to the goods on their way who has no part in it, or cannot have them.
    pub strange_acts: Vec<StrangeAct>,
    /// Every packing.
    pub packed: Vec<(PartyReport, Packed)>,
    /// Every packing into another shipper.
    pub repacked: Vec<(PartyReport, Repacked)>,
    /// Every receipt.
    pub received: Vec<(PartyReport, Received)>,
    /// Every opening.
    pub opened: Vec<Opening>,
    /// When the goods were taken out of a box.
    pub unpacked: Vec<Moment>,
    /// Who took them out or put them away.
    pub handled: Vec<PartyReport>,
    /// When they were laid before customs, and when customs let them go.
    pub customs: Vec<(Moment, Customs)>,
    /// What was decided of units, and what became of them, in order.
    pub uses: Vec<UnitUse>,
    /// For which order each packing and each receipt was, and for which it should have been.
    pub scans: Vec<Scan>,
    /// The units that the order of the plan in force names, where the finished dose is shipped.
    pub ordered: Vec<UnitId>,
    /// Plans of one version that say different things.
    pub contradictions: Vec<Contradiction>,
    /// When a plan was made that says something new.
    pub planned: Vec<Moment>,
    /// Where the goods were heard of, and when they were expected.
    pub journey: Journey,
    /// When the first receipt came that confirms that the goods are where they are to be.
    pub confirmed: Option<Moment>,
    /// From when on each receipt confirms that, in the order of the receipts.
    pub confirmed_each: Vec<Option<Moment>>,
    /// Every acceptance, also those that move nothing because the party holds the goods already.
    pub accepted: Vec<PartyReport>,
    /// When the shipment was cancelled, closed or the last unit had left.
    pub over: Option<Moment>,
    /// Who is qualified, and who belongs to whom.
    pub parties: Parties,
    /// What the reports themselves are worth.
    pub report_quality: ReportQuality,
    /// When something was last declared wrong: an absence that it left is judged a moment later.
    pub corrected: Moment,
    place: Option<ShortText>,
    eta: Option<Moment>,
}

/// At customs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Customs {
    /// They have the goods.
    Entered,
    /// They let them go.
    Cleared,
}

/// What somebody says that it did to goods on their way who has no part in it, or cannot have them.
#[derive(Debug, Clone)]
pub struct StrangeAct {
    /// Who, and when.
    pub report: PartyReport,
    /// What it did.
    pub did: Did,
    /// Which units, where that was said.
    pub units: Vec<UnitId>,
    /// Whether it has a part: it does not have the goods then.
    pub has_a_part: bool,
}

/// Somebody opened the box.
#[derive(Debug, Clone)]
pub struct Opening {
    /// Who, and when.
    pub report: PartyReport,
    /// Whether somebody else had given leave.
    pub has_leave: bool,
    /// Whether it is the consignor of the plan in force then, or its house.
    pub by_consignor: bool,
    /// Whether it is the consignee of that plan, or its house.
    pub by_consignee: bool,
}

/// What was done to goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Did {
    /// Received, before anybody had let go of them.
    Received,
    /// Taken out of their box.
    Unpacked,
    /// Put away in a store or a place of the house that has them.
    Stowed,
    /// Thawed, to be given.
    Thawed,
    /// Given to the patient.
    Infused,
    /// Destroyed, so that nobody can be given them.
    Destroyed,
}

impl Did {
    /// Whether the goods are used up, if it is true.
    pub fn uses_up(self) -> bool {
        matches!(self, Self::Thawed | Self::Infused | Self::Destroyed)
    }
}

/// Something was decided of units, or became of them.
#[derive(Debug, Clone)]
pub struct UnitUse {
    /// Who, and when.
    pub report: PartyReport,
    /// Which units; all of the shipment where none is named.
    pub units: Vec<UnitId>,
    /// What.
    pub what: UnitFate,
}

/// What was decided of units, or became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitFate {
    /// The consignee refused them at the door.
    Refused,
    /// The consignee took them in.
    TakenIn,
    /// Quality decided against their use.
    Discarded,
    /// They were destroyed.
    Destroyed,
    /// Quality decided for their use.
    Allowed,
    /// They were thawed.
    Thawed,
    /// They were given.
    Infused,
}

/// An order was scanned.
#[derive(Debug, Clone)]
pub struct Scan {
    /// Who, and when.
    pub report: PartyReport,
    /// At which step.
    pub step: ScanStep,
    /// The order that was scanned.
    pub order: Option<OrderId>,
    /// The order of the plan that was in force then; where it named none, that of the goods.
    pub expected: Option<OrderId>,
    /// Whether that plan named it.
    pub planned_for: bool,
    /// The units that were scanned.
    pub units: Vec<UnitId>,
    /// The units of that plan; of its order, where the plan names none.
    pub planned: Vec<UnitId>,
    /// Whether they are those of the order.
    pub by_order: bool,
}

/// At which step something was scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanStep {
    /// Into the box.
    Packing,
    /// At the door.
    Receipt,
}

impl Projection for CustodyLedger {
    const ABOUT: About<Self> = About {
        name: "custody",
        judges: "Who holds the goods",
        rules: rules::ALL,
        rulebook: include_str!("../../../config/rulebook/custody.toml"),
        schema: 1,
    };
    fn accepts(fact: &Fact) -> bool {
        // How much a report is worth is asked of all that is reported of the goods.
        if fact.has_happened() {
            return true;
        }
        let hands = matches!(
            fact,
            Fact::Shipment(
                ShipmentFact::Planned(_)
                    | ShipmentFact::Released(_)
                    | ShipmentFact::Accepted(_)
                    | ShipmentFact::Cancelled(_)
            )
        );
        let goods = matches!(
            fact,
            Fact::Shipment(
                ShipmentFact::Packed(_)
                    | ShipmentFact::Repacked(_)
                    | ShipmentFact::Received(_)
                    | ShipmentFact::Closed(_)
            )
        );
        let used = matches!(
            fact,
            Fact::Shipment(
                ShipmentFact::Destroyed(_) | ShipmentFact::Thawed(_) | ShipmentFact::Infused(_)
            )
        );
        let place = matches!(
            fact,
            Fact::Shipment(
                ShipmentFact::Stowed(_) | ShipmentFact::Arrived(_) | ShipmentFact::EtaChanged(_)
            )
        );
        let party = matches!(
            fact,
            Fact::Party(
                PartyFact::Described(_) | PartyFact::Qualified(_) | PartyFact::PartySuspended(_)
            )
        );
        let way = matches!(
            fact,
            Fact::Shipment(
                ShipmentFact::Departed(_)
                    | ShipmentFact::LegCancelled(_)
                    | ShipmentFact::LegOffloaded(_)
            )
        );
        let customs = matches!(
            fact,
            Fact::Shipment(ShipmentFact::CustomsEntered(_) | ShipmentFact::CustomsCleared(_))
        );
        let open =
            matches!(fact, Fact::Shipment(ShipmentFact::Opened(_) | ShipmentFact::Unpacked(_)));
        let quality = matches!(
            fact,
            Fact::Shipment(ShipmentFact::Dispositioned(_) | ShipmentFact::QualityReleased(_))
        );
        let more = way || customs || open || quality;
        let order =
            matches!(fact, Fact::Order(OrderFact::OrderOpened(_) | OrderFact::OrderCorrected(_)));
        more || order
            || hands
            || goods
            || used
            || place
            || party
            || matches!(fact, Fact::Shipment(ShipmentFact::ShipmentCorrected(_)))
    }

    fn from_history(story: &History, shipment: &Subject) -> Self {
        let timeline = story.timeline().without_repeats();
        let plan = timeline.plan_in_force();
        let mut ledger = CustodyLedger {
            plan: plan.map(|plan| plan.plan.clone()),
            hands: timeline.hands(),
            corrected: timeline.corrected_at().unwrap_or(Moment::EARLIEST),
            eta: plan.and_then(|plan| eta(&timeline, plan.plan)),
            ordered: plan.map(|plan| ordered(&timeline, plan.plan)).unwrap_or_default(),
            contradictions: plans::contradictions(&timeline),
            planned: timeline.plans().iter().map(|plan| plan.from).collect(),
            journey: Journey::read(&timeline),
            report_quality: ReportQuality::read(story, shipment),
            ..CustodyLedger::default()
        };
        for entry in timeline.entries() {
            ledger.parties.hear(entry);
            ledger.take_use(entry, &timeline);
            ledger.take_scan(entry, &timeline);
            match entry.fact {
                Fact::Shipment(ShipmentFact::Received(received)) => {
                    ledger.received.push((report(&received.by, entry), received.clone()));
                    ledger.confirmed_each.push(timeline.confirmed_at(received, entry.at));
                }
                Fact::Shipment(ShipmentFact::Accepted(accepted)) => {
                    ledger.accepted.push(report(&accepted.by, entry))
                }
                Fact::Shipment(ShipmentFact::Packed(packed)) => {
                    let by = packed.by.clone().unwrap_or_default();
                    ledger.packed.push((report(&by, entry), packed.clone()));
                }
                Fact::Shipment(ShipmentFact::Repacked(repacked)) => {
                    ledger.repacked.push((report(&repacked.by, entry), repacked.clone()))
                }
                Fact::Shipment(ShipmentFact::Opened(opened)) => {
                    ledger.opened.push(opening(&timeline, entry, opened))
                }
                Fact::Shipment(ShipmentFact::Unpacked(unpacked)) => {
                    ledger.unpacked.push(entry.at);
                    ledger.handled.push(report(&unpacked.by, entry));
                }
                Fact::Shipment(ShipmentFact::CustomsEntered(_)) => {
                    ledger.customs.push((entry.at, Customs::Entered))
                }
                Fact::Shipment(ShipmentFact::CustomsCleared(_)) => {
                    ledger.customs.push((entry.at, Customs::Cleared))
                }
                Fact::Shipment(ShipmentFact::Stowed(stowed)) => {
                    ledger.place = Some(stowed.place.clone());
                    ledger.handled.push(report(&stowed.by, entry));
                }
                Fact::Shipment(ShipmentFact::Arrived(arrived)) => {
                    ledger.place = ledger.end_of(&arrived.leg)
                }
                _ => {}
            }
        }
        ledger.parties.describe(&timeline.houses());
        let strange = timeline.strange_acts().iter().filter_map(strange_act);
        ledger.strange_acts = strange.collect();
        // That it was opened is told whoever opened it.
        for strange in timeline.strange_acts() {
            if let Fact::Shipment(ShipmentFact::Opened(opened)) = strange.entry.fact {
                ledger.opened.push(opening(&timeline, &strange.entry, opened));
            }
        }
        ledger.opened.sort_by_key(|opening| opening.report.at);
        ledger.confirmed = ledger.confirmed_each.iter().flatten().min().copied();
        ledger.over = over(&timeline);
        ledger
    }

    fn context(&self, _: &ReferenceData, _: Moment) -> Option<Context> {
        let (holder, since) = self.hands.holder.clone().unzip();
        // The consignor holds the goods from before anybody reported it.
        let since = since.filter(|since| *since > Moment::EARLIEST);
        let (place, eta, received) = (self.place.clone(), self.eta, self.confirmed.is_some());
        Some(Context::Custody(context::Custody { holder, since, place, eta, received }))
    }
}

impl CustodyLedger {
    /// Since when the goods were in the box in which they were at a moment: packed, or all of them moved into another.
    pub fn in_its_box_since(&self, at: Moment) -> Option<Moment> {
        let packed = self.packed.iter().map(|(mark, _)| mark.at).min()?;
        let units: BTreeSet<&UnitId> = self.packed.iter().flat_map(|(_, p)| &p.units).collect();
        let moved = self.repacked.iter().filter(|(mark, _)| mark.at > packed && mark.at <= at);
        let whole = moved.filter(|(_, repacked)| {
            repacked.units.is_empty() || units.iter().all(|unit| repacked.units.contains(unit))
        });
        Some(whole.map(|(mark, _)| mark.at).max().unwrap_or(packed))
    }

    /// Whether the goods are for a party, as far as the plan in force says so.
    pub fn is_for(&self, party: &PartyId) -> bool {
        let houses = self.parties.houses();
        self.plan.as_ref().is_none_or(|plan| houses.are_one(&plan.consignee, party))
    }

    /// The units that were packed, as scanned; else those of the plan.
    pub fn aboard(&self) -> Vec<&UnitId> {
        let packed = self.packed.iter().flat_map(|(_, packed)| &packed.units);
        let repacked = self.repacked.iter().flat_map(|(_, repacked)| &repacked.units);
        let scanned: Vec<&UnitId> = packed.chain(repacked).collect();
        match &self.plan {
            Some(plan) if scanned.is_empty() => plan.units.iter().collect(),
            _ => scanned,
        }
    }

    fn take_use(&mut self, entry: &TimelineEntry<'_>, timeline: &Timeline<'_>) {
        let (by, units, what) = match entry.fact {
            Fact::Shipment(ShipmentFact::Received(r)) => {
                let by_consignee = timeline.receiver(&r.by, entry.at) == Some(Receiver::Consignee);
                let what = match r.verdict {
                    Receipt::Reject => UnitFate::Refused,
                    Receipt::Accept | Receipt::AcceptUnderDeviation => UnitFate::TakenIn,
                };
                if !by_consignee {
                    return;
                }
                (&r.by, &r.units, what)
            }
            Fact::Shipment(ShipmentFact::Dispositioned(d)) => match d.outcome {
                Disposition::Discard => (&d.by, &d.units, UnitFate::Discarded),
                Disposition::Use | Disposition::UseOutOfSpecification => {
                    (&d.by, &d.units, UnitFate::Allowed)
                }
            },
            Fact::Shipment(ShipmentFact::QualityReleased(q)) => {
                (&q.by, &q.units, UnitFate::Allowed)
            }
            Fact::Shipment(ShipmentFact::Destroyed(d)) => (&d.by, &d.units, UnitFate::Destroyed),
            Fact::Shipment(ShipmentFact::Thawed(t)) => (&t.by, &t.units, UnitFate::Thawed),
            Fact::Shipment(ShipmentFact::Infused(i)) => (&i.by, &i.units, UnitFate::Infused),
            _ => return,
        };
        self.uses.push(UnitUse { report: report(by, entry), units: units.clone(), what });
    }

    fn take_scan(&mut self, entry: &TimelineEntry<'_>, timeline: &Timeline<'_>) {
        let nobody = PartyId::default();
        let (by, step, order, units) = match entry.fact {
            Fact::Shipment(ShipmentFact::Packed(p)) => {
                (p.by.as_ref().unwrap_or(&nobody), ScanStep::Packing, &p.order, &p.units)
            }
            Fact::Shipment(ShipmentFact::Received(r)) => {
                (&r.by, ScanStep::Receipt, &r.order, &r.units)
            }
            _ => return,
        };
        let plan = timeline.plan_at(entry.at).map(|plan| plan.plan);
        let by_order = plan.is_some_and(|plan| plan.units.is_empty());
        let planned = match plan {
            Some(plan) if by_order => ordered(timeline, plan),
            Some(plan) => plan.units.clone(),
            None => Vec::new(),
        };
        self.scans.push(Scan {
            report: report(by, entry),
            step,
            order: order.clone(),
            expected: plan.and_then(|plan| plan.order.as_ref().or(timeline.order())).cloned(),
            planned_for: plan.is_some_and(|plan| plan.order.is_some()),
            units: units.clone(),
            planned,
            by_order,
        });
    }

    /// When a party other than this one first accepted after a moment.
    pub fn signed_again(&self, party: &PartyId, at: Moment) -> Option<Moment> {
        let houses = self.parties.houses();
        let other = |mark: &&PartyReport| mark.at > at && !houses.are_one(&mark.by, party);
        self.accepted.iter().find(other).map(|mark| mark.at)
    }

    fn end_of(&self, leg: &LegId) -> Option<ShortText> {
        let legs = self.plan.as_ref()?.legs.iter();
        legs.filter(|l| l.id == *leg).map(|l| ShortText::new(l.to.as_str())).next()
    }
}

fn report(by: &PartyId, entry: &TimelineEntry<'_>) -> PartyReport {
    PartyReport { by: by.clone(), at: entry.at, learnt: entry.learnt, offset: entry.offset }
}

fn opening(timeline: &Timeline<'_>, entry: &TimelineEntry<'_>, opened: &Opened) -> Opening {
    let is = |it: Option<bool>| it == Some(true);
    let houses = timeline.houses();
    // Nobody gives leave to itself.
    let other = |gave: &PartyId| !houses.are_one(gave, &opened.by);
    Opening {
        report: report(&opened.by, entry),
        has_leave: opened.authorised_by.as_ref().is_some_and(other),
        by_consignor: is(timeline.is_consignor(&opened.by, entry.at)),
        by_consignee: is(timeline.is_consignee(&opened.by, entry.at)),
    }
}

fn strange_act(strange: &StrangeEntry<'_>) -> Option<StrangeAct> {
    let nothing = &Vec::new();
    let (by, did, units) = match strange.entry.fact {
        Fact::Shipment(ShipmentFact::Received(it)) => (&it.by, Did::Received, nothing),
        Fact::Shipment(ShipmentFact::Unpacked(it)) => (&it.by, Did::Unpacked, nothing),
        Fact::Shipment(ShipmentFact::Stowed(it)) => (&it.by, Did::Stowed, nothing),
        Fact::Shipment(ShipmentFact::Thawed(it)) => (&it.by, Did::Thawed, &it.units),
        Fact::Shipment(ShipmentFact::Infused(it)) => (&it.by, Did::Infused, &it.units),
        Fact::Shipment(ShipmentFact::Destroyed(it)) => (&it.by, Did::Destroyed, &it.units),
        _ => return None,
    };
    let (mark, units) = (report(by, &strange.entry), units.clone());
    Some(StrangeAct { report: mark, did, units, has_a_part: strange.has_a_part })
}

/// The units that make the dose, by the order of a plan that ships it. What is collected for a dose has names of its own.
fn ordered(timeline: &Timeline<'_>, plan: &Planned) -> Vec<UnitId> {
    let Some(order) = plan.order.as_ref().filter(|_| plan.kind == Goods::DrugProduct) else {
        return Vec::new();
    };
    let opened = timeline.entries().iter().rev().find_map(|entry| match entry.fact {
        Fact::Order(OrderFact::OrderOpened(opened)) if *entry.subject.id == *order.as_str() => {
            Some(opened)
        }
        _ => None,
    });
    opened.map(|opened| opened.units.clone()).unwrap_or_default()
}

/// When there was nothing to hold any more: cancelled and not planned again, closed, or the last unit gone.
fn over(timeline: &Timeline<'_>) -> Option<Moment> {
    let closed = timeline
        .entries()
        .iter()
        .find(|entry| matches!(entry.fact, Fact::Shipment(ShipmentFact::Closed(_))));
    let ends =
        [timeline.cancelled_at(), closed.map(|entry| entry.at), timeline.units_aboard().left_at];
    ends.into_iter().flatten().min()
}

/// When the consignee is expected to have the goods: the last waypoint's latest time, else the last leg's.
fn eta(timeline: &Timeline<'_>, plan: &Planned) -> Option<Moment> {
    let expected = plan.waypoints.last().and_then(|last| timeline.eta(&last.name));
    expected.or_else(|| plan.legs.last().map(|leg| leg.arrives))
}
