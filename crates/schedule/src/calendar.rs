//! The plans of a shipment and its milestones.

use crate::order::Order;
use alloc::vec::Vec;
use facts::fact::shipment::{Goods, Planned};
use facts::{Context, Fact, LegId, Moment, Reference, ShipmentId, Story, Subject, View, context};

/// Something happened on a leg.
#[derive(Debug, Clone)]
pub struct Mark {
    /// What.
    pub what: Milestone,
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
pub enum Milestone {
    Accepted,
    Departed,
    Arrived,
    CustomsEntered,
    CustomsCleared,
    Lost,
}

/// A plan and how long it was in force.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What was planned.
    pub plan: Planned,
    /// From when.
    pub from: Moment,
    /// Until the next version.
    pub until: Option<Moment>,
    /// When it was learnt.
    pub learnt: Moment,
    /// Its place in the journal.
    pub offset: u64,
}

/// All that schedule rules look at.
#[derive(Debug, Default)]
pub struct Calendar {
    /// Whose calendar it is.
    pub shipment: Option<ShipmentId>,
    /// Every plan, in the order of its versions.
    pub plans: Vec<Plan>,
    /// Every milestone of a leg, in the order in which it happened.
    pub marks: Vec<Mark>,
    /// When the shipment was received, cancelled or closed: nothing is awaited any more.
    pub over: Option<Moment>,
    /// The patient's order.
    pub order: Order,
}

impl View for Calendar {
    fn hears(fact: &Fact) -> bool {
        let leg = mark(fact).is_some();
        let ends = matches!(
            fact,
            Fact::Received(_) | Fact::Cancelled(_) | Fact::Closed(_) | Fact::Planned(_)
        );
        let wrong = matches!(fact, Fact::ShipmentCorrected(_) | Fact::OrderCorrected(_));
        leg || ends || wrong || Order::hears(fact)
    }

    fn read(story: &Story, shipment: &Subject) -> Self {
        let mut calendar = Calendar {
            shipment: shipment.shipment(),
            plans: plans(story),
            order: Order::read(story),
            ..Calendar::default()
        };
        for chapter in story.chapters() {
            if let Some((what, leg)) = mark(&chapter.fact) {
                let (leg, at, offset) = (leg.cloned(), chapter.at, chapter.offset);
                calendar.marks.push(Mark { what, leg, at, offset });
            }
            if matches!(chapter.fact, Fact::Received(_) | Fact::Cancelled(_) | Fact::Closed(_)) {
                calendar.over.get_or_insert(chapter.at);
            }
        }
        calendar
    }

    fn context(&self, reference: &Reference, _: Moment) -> Option<Context> {
        if !self.serves_a_patient() {
            return None;
        }
        let order = &self.order;
        let gate = order.gate(reference);
        let (earlier, closed_at) = order.shut(reference);
        let losses = self.shipment.as_ref().map(|shipment| order.losses(reference, shipment));
        let losses = losses.unwrap_or_default();
        let (phase, since) = order.phase();
        Some(Context::Schedule(context::Schedule {
            order: true,
            gate: gate.gate,
            met_at: gate.met_at,
            closed_at,
            earlier,
            missing: gate.missing,
            phase,
            since,
            started: order.began(),
            losses,
            conditioning_start: order.conditioning_start,
            rescue: order.rescue.is_some(),
            receipt_lead: order.product(reference).map(|p| p.receipt_lead).unwrap_or_default(),
        }))
    }
}

impl Calendar {
    /// Whether this shipment is the finished dose of a patient's order.
    pub fn serves_a_patient(&self) -> bool {
        let plan = self.plans.last().map(|plan| &plan.plan);
        plan.is_some_and(|plan| plan.kind == Goods::DrugProduct && plan.order.is_some())
    }

    /// The first milestone of a kind on a leg.
    pub fn first(&self, what: Milestone, leg: &LegId) -> Option<&Mark> {
        self.marks.iter().find(|mark| mark.what == what && mark.leg.as_ref() == Some(leg))
    }
}

fn mark(fact: &Fact) -> Option<(Milestone, Option<&LegId>)> {
    Some(match fact {
        Fact::Accepted(a) => (Milestone::Accepted, a.leg.as_ref()),
        Fact::Departed(d) => (Milestone::Departed, Some(&d.leg)),
        Fact::Arrived(a) => (Milestone::Arrived, Some(&a.leg)),
        Fact::CustomsEntered(c) => (Milestone::CustomsEntered, Some(&c.leg)),
        Fact::CustomsCleared(c) => (Milestone::CustomsCleared, Some(&c.leg)),
        Fact::LegCancelled(l) => (Milestone::Lost, Some(&l.leg)),
        Fact::LegOffloaded(l) => (Milestone::Lost, Some(&l.leg)),
        _ => return None,
    })
}

/// The plans by version; of the same version the one learnt last.
fn plans(story: &Story) -> Vec<Plan> {
    let mut plans: Vec<(u64, Plan)> = Vec::new();
    for chapter in story.chapters() {
        if let Fact::Planned(plan) = &chapter.fact {
            let (plan, from, learnt) = ((**plan).clone(), chapter.at, chapter.learnt);
            plans.push((
                chapter.offset,
                Plan { plan, from, until: None, learnt, offset: chapter.offset },
            ));
        }
    }
    plans.sort_by_key(|(offset, plan)| (plan.plan.version, *offset));
    let mut plans: Vec<Plan> = plans.into_iter().map(|(_, plan)| plan).collect();
    plans.dedup_by(|later, earlier| {
        let same = later.plan.version == earlier.plan.version;
        if same {
            *earlier = later.clone();
        }
        same
    });
    let starts: Vec<Moment> = plans.iter().skip(1).map(|plan| plan.from).collect();
    for (plan, next) in plans.iter_mut().zip(starts) {
        plan.until = Some(next);
    }
    plans
}
