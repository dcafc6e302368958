//! The plans of a shipment and its milestones.

use crate::called_off::{self, CalledOff};
use crate::order::Order;
use crate::rules;
use crate::shelf_life::{self, ShelfLife};
use alloc::{boxed::Box, vec::Vec};
use facts::fact::shipment::{Goods, Planned};
use facts::timeline::{Cancellation, End, LostLeg, tells_who_has_them};
use facts::{
    About, Context, Fact, History, LegId, Moment, OrderFact, PartyFact, Projection, ReferenceData,
    ShipmentFact, ShipmentId, Subject, SystemFact, Timeline, context,
};

/// Something happened on a leg.
#[derive(Debug, Clone)]
pub struct LegReport {
    /// What.
    pub what: LegMilestone,
    /// On which leg, where it is named.
    pub leg: Option<LegId>,
    /// When.
    pub at: Moment,
    /// Its place in the journal.
    pub offset: u64,
}

/// What can happen on a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the facts of these names say it
pub enum LegMilestone {
    Accepted,
    Departed,
    Arrived,
    CustomsEntered,
    CustomsCleared,
}

/// A plan and how long it was in force.
#[derive(Debug, Clone)]
pub struct PlanInForce {
    /// What was planned.
    pub plan: Planned,
    /// From when.
    pub from: Moment,
    /// Until the next version, or until it was cancelled.
    pub until: Option<Moment>,
    /// When it was learnt.
    pub learnt: Moment,
    /// Its place in the journal.
    pub offset: u64,
}

/// All that schedule rules look at.
#[derive(Debug, Default)]
pub struct ScheduleState {
    /// Whose calendar it is.
    pub shipment: Option<ShipmentId>,
    /// Every plan, in the order of its versions. One that says what the one before it said is the same plan.
    pub plans: Vec<PlanInForce>,
    /// Where a cancellation and a plan stand against each other.
    pub called_off: Vec<CalledOff>,
    /// Every milestone of a leg, in the order in which it happened.
    pub marks: Vec<LegReport>,
    /// The legs that go without the goods, in the order in which they were lost.
    pub lost: Vec<LostLeg>,
    /// When the consignee had the goods, or the shipment was called off or closed: nothing is awaited any more.
    pub over: Option<(Moment, End)>,
    /// Since when the shipment does not take place; not where it was called off after the consignee had the goods.
    pub cancelled: Option<Moment>,
    /// Starts of conditioning that are dated ahead, as far as they have not been declared wrong.
    pub starts_ahead: Vec<StartSaid>,
    /// Whether it is of a patient's order, by its plan or by what was scanned.
    pub of_an_order: bool,
    /// The patient's order.
    pub order: Order,
    /// How long the goods last and when they can be used, as it was known over time.
    pub shelf_life: Vec<ShelfLife>,
}

/// A start of conditioning that is dated ahead.
#[derive(Debug, Clone)]
pub struct StartSaid {
    /// When it was reported, by log time.
    pub at: Moment,
    /// When it is said to have started.
    pub starts: Moment,
    /// Its place in the journal.
    pub offset: u64,
}

impl Projection for ScheduleState {
    const ABOUT: About<Self> = About {
        name: "schedule",
        judges: "Deadlines, dose, point of no return",
        rules: rules::ALL,
        rulebook: include_str!("../../../config/rulebook/schedule.toml"),
        schema: 2,
    };
    fn accepts(fact: &Fact) -> bool {
        let lost = matches!(
            fact,
            Fact::Shipment(ShipmentFact::LegCancelled(_) | ShipmentFact::LegOffloaded(_))
        );
        let leg = mark(fact).is_some() || lost;
        let ends = matches!(
            fact,
            Fact::Shipment(
                ShipmentFact::Received(_) | ShipmentFact::Cancelled(_) | ShipmentFact::Closed(_)
            )
        );
        // What was packed and used tells when the last of it was used, and who a party is whether it is the consignee.
        let aboard = matches!(
            fact,
            Fact::Shipment(
                ShipmentFact::Packed(_) | ShipmentFact::Thawed(_) | ShipmentFact::Infused(_)
            )
        );
        let gone =
            matches!(fact, Fact::Shipment(ShipmentFact::Repacked(_) | ShipmentFact::Destroyed(_)));
        // Who uses goods up that are on their way must be able to have them.
        let released = tells_who_has_them(fact);
        let said = matches!(
            fact,
            Fact::Shipment(ShipmentFact::Planned(_)) | Fact::Party(PartyFact::Described(_))
        );
        let wrong = matches!(
            fact,
            Fact::Shipment(ShipmentFact::ShipmentCorrected(_))
                | Fact::Order(OrderFact::OrderCorrected(_))
        );
        leg || ends
            || aboard
            || gone
            || released
            || said
            || wrong
            || matches!(fact, Fact::Shipment(ShipmentFact::Dispositioned(_)))
            || matches!(fact, Fact::System(SystemFact::StartAhead(_)))
            || Order::hears(fact)
    }

    fn from_history(story: &History, shipment: &Subject) -> Self {
        let timeline = story.timeline();
        let order = Order::read(story);
        let shipment = shipment.shipment();
        let shelf_life = shelf_life::read(&timeline, &order, shipment.as_ref());
        let mut calendar = ScheduleState {
            shipment,
            plans: plans(&timeline),
            called_off: called_off::read(&timeline),
            lost: timeline.lost_legs(),
            over: timeline.over(),
            cancelled: timeline.called_off_at(),
            of_an_order: timeline.order().is_some(),
            shelf_life,
            order,
            ..ScheduleState::default()
        };
        for chapter in story.entries() {
            if let Fact::System(SystemFact::StartAhead(ahead)) = &chapter.fact {
                let (at, starts, offset) = (chapter.at, ahead.starts, chapter.offset);
                calendar.starts_ahead.push(StartSaid { at, starts, offset });
            }
            if let Some((what, leg)) = mark(&chapter.fact) {
                let (leg, at, offset) = (leg.cloned(), chapter.at, chapter.offset);
                calendar.marks.push(LegReport { what, leg, at, offset });
            }
        }
        calendar
    }

    fn context(&self, reference: &ReferenceData, _: Moment) -> Option<Context> {
        if !self.serves_a_patient() {
            return None;
        }
        let order = &self.order;
        let gate = order.gate(reference);
        let (earlier, closed_at) = order.shut(reference);
        let losses = self.shipment.as_ref().map(|shipment| order.losses(reference, shipment));
        let losses = losses.unwrap_or_default();
        let (phase, since) = order.phase();
        let course = order.treatment.course();
        let planned = self.planned_since();
        let missing_at = |at| order.gate_at(reference, at).missing;
        let ended = course.and_then(|course| course.until);
        Some(Context::Schedule(Box::new(context::Schedule {
            order: true,
            gate: gate.gate,
            met_at: gate.met_at,
            closed_at,
            earlier,
            missing: gate.missing,
            phase,
            since,
            started: order.treatment.began(),
            losses,
            conditioning_start: course.map(|course| course.start),
            scheduled: course.map(|course| course.scheduled),
            begun: course.and_then(|course| course.begun),
            cancelled: self.cancelled,
            replaced: self.replaced(),
            ended,
            missing_then: ended.map(missing_at).unwrap_or_default(),
            former: order.treatment.former(planned, missing_at),
            treated: order.treatment.treated(planned),
            rescue: order.rescue.is_some(),
            receipt_lead: order.product(reference).map(|p| p.receipt_lead).unwrap_or_default(),
        })))
    }
}

impl ScheduleState {
    /// Whether this shipment is the finished dose of a patient's order.
    pub fn serves_a_patient(&self) -> bool {
        let plan = self.plans.last().map(|plan| &plan.plan);
        plan.is_some_and(|plan| plan.kind == Goods::DrugProduct) && self.of_an_order
    }

    /// When it was first planned: what of the patient's treatment was over before that is no matter of this shipment.
    pub fn planned_since(&self) -> Moment {
        self.plans.iter().map(|plan| plan.from).min().unwrap_or(Moment::EARLIEST)
    }

    /// Since when another shipment is to bring the dose, because this one was called off.
    pub fn replaced(&self) -> Option<Moment> {
        self.order.replaced(self.shipment.as_ref()?, self.cancelled?)
    }

    /// The first milestone of a kind on a leg that was of these goods.
    pub fn first(&self, what: LegMilestone, leg: &LegId) -> Option<&LegReport> {
        let mine = |mark: &&LegReport| mark.what == what && mark.leg.as_ref() == Some(leg);
        self.marks.iter().filter(mine).find(|mark| !self.left_behind(mark))
    }

    /// The first milestone of these goods on a leg behind another, by the plan that was in force then, after a moment: they have
    /// arrived on the one before it, and customs there is done.
    pub fn further_on(&self, leg: &LegId, after: Moment) -> Option<&LegReport> {
        let behind = |mark: &&LegReport| {
            let plan = self.plans.iter().rev().find(|plan| plan.from <= mark.at);
            let legs = plan.or(self.plans.first()).map_or(&[][..], |plan| &plan.plan.legs);
            let place = |id: &LegId| legs.iter().position(|leg| leg.id == *id);
            mark.leg.as_ref().and_then(place) > place(leg) && place(leg).is_some()
        };
        // While a leg is lost the flights behind it go without the goods, too.
        let without = |mark: &LegReport| {
            let moves = matches!(mark.what, LegMilestone::Departed | LegMilestone::Arrived);
            moves && self.lost.iter().any(|lost| lost.holds(mark.at))
        };
        let mut goods = self.marks.iter().filter(|mark| mark.at >= after && !without(mark));
        goods.find(behind)
    }

    /// When the goods left on a leg all the same, after it was lost and they were accepted on it again.
    pub fn left_on(&self, lost: &LostLeg) -> Option<Moment> {
        let accepted = lost.accepted?;
        let departed = |mark: &&LegReport| {
            mark.what == LegMilestone::Departed
                && mark.leg.as_ref() == Some(&lost.leg)
                && mark.at >= accepted
        };
        let left = self.marks.iter().filter(departed).find(|mark| !self.left_behind(mark));
        left.map(|mark| mark.at)
    }

    /// Whether a flight goes without the goods.
    fn left_behind(&self, mark: &LegReport) -> bool {
        let moves = matches!(mark.what, LegMilestone::Departed | LegMilestone::Arrived);
        let lost = |lost: &LostLeg| Some(&lost.leg) == mark.leg.as_ref() && lost.holds(mark.at);
        moves && self.lost.iter().any(lost)
    }
}

fn mark(fact: &Fact) -> Option<(LegMilestone, Option<&LegId>)> {
    Some(match fact {
        Fact::Shipment(ShipmentFact::Accepted(a)) => (LegMilestone::Accepted, a.leg.as_ref()),
        Fact::Shipment(ShipmentFact::Departed(d)) => (LegMilestone::Departed, Some(&d.leg)),
        Fact::Shipment(ShipmentFact::Arrived(a)) => (LegMilestone::Arrived, Some(&a.leg)),
        Fact::Shipment(ShipmentFact::CustomsEntered(c)) => {
            (LegMilestone::CustomsEntered, Some(&c.leg))
        }
        Fact::Shipment(ShipmentFact::CustomsCleared(c)) => {
            (LegMilestone::CustomsCleared, Some(&c.leg))
        }
        _ => return None,
    })
}

/// The plans by version, each until the next one or until it was cancelled.
fn plans(timeline: &Timeline<'_>) -> Vec<PlanInForce> {
    let cancelled = match timeline.cancellation() {
        Cancellation::Revived { at, .. } => Some(at),
        _ => None,
    };
    let entries = timeline.plans();
    let starts = entries.iter().skip(1).map(|plan| Some(plan.from)).chain([None]);
    let plans = entries.iter().zip(starts).map(|(plan, next)| {
        // What was planned again as it was goes on.
        let called_off = cancelled.filter(|at| *at >= plan.from && next.is_some());
        PlanInForce {
            plan: plan.plan.clone(),
            from: plan.from,
            until: next.into_iter().chain(called_off).min(),
            learnt: plan.entry.learnt,
            offset: plan.entry.offset,
        }
    });
    plans.collect()
}
