//! How long the goods last, and when they can be used: what was known of that after each fact that says something of it.
//!
//! Facts are taken in the order in which they happened, so a state is what was true then by all that is known now. What
//! happened at one moment is known together.

mod units;

use crate::order::{Order, OrderPlans};
use alloc::vec::Vec;
use facts::fact::shipment::{EtaChanged, Goods, Planned, Waypoint};
use facts::timeline::{Contents, Houses, PlanEntry, TimelineEntry};
use facts::{Fact, LegId, Moment, PartyId, ShipmentFact, ShipmentId, ShortText, Timeline, UnitId};
use units::{Arrivals, Move, UsedUp, Way};

/// What was known from a moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShelfLife {
    /// The moment from which on this was known.
    pub at: Moment,
    /// The place in the journal of the fact that says what is new.
    pub offset: u64,
    /// When what it rests on was learnt.
    pub learnt: GroundsLearnt,
    /// The product, by its name in the rulebook, where the patient's order says it.
    pub product: Option<ShortText>,
    /// What kind of goods is shipped.
    pub goods: Goods,
    /// The profile that it is held to.
    pub profile: ShortText,
    /// When the goods expire, by their label.
    pub expires_at: Option<Moment>,
    /// When their collection ended.
    pub collection_end: Option<Moment>,
    /// When the plant wants to begin with them.
    pub slot: Option<Moment>,
    /// When the patient is to be given them, and not others of the same order.
    pub infusion: Option<Moment>,
    /// Whether the patient's conditioning has begun and goes on.
    pub begun: bool,
    /// When another shipment was last planned for the same order.
    pub sent_anew: Option<Moment>,
    /// When they are expected at the end of their way.
    pub expected: Option<Moment>,
    /// When they left on the first leg.
    pub departed: Option<Moment>,
    /// When they were packed.
    pub packed: Option<Moment>,
    /// With whom they are, as far as that matters here.
    pub whereabouts: Whereabouts,
    /// Where they had been received and are sent on by a later plan: when they were received, and since when they are sent on.
    pub sent_on: Option<(DatedAct, Moment)>,
    /// Whether each unit was used, destroyed or discarded. A dose is used when it is infused, other goods when they are thawed, too.
    pub gone: bool,
    /// Whether each unit was destroyed or discarded.
    pub discarded: bool,
    /// When units were given to the patient.
    pub infused: Vec<DatedAct>,
}

/// When that was learnt on which it rests that nobody has reported something: an absence is told a settling time after that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroundsLearnt {
    /// When it was learnt what the plan in force says of the goods, of their label and of their way.
    pub plan: Moment,
    /// When it was learnt that the goods were packed.
    pub packed: Moment,
    /// When it was learnt that the goods left on their first leg.
    pub departed: Moment,
    /// When it was learnt for when the infusion is planned.
    pub infusion: Moment,
}

/// Whether the goods have come to where they are to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whereabouts {
    /// They are still on their way to the consignee.
    OnTheWay,
    /// A party took them in of which nobody has said what it is.
    Taken {
        /// The party that took them in.
        by: PartyId,
        /// When that party took them in.
        act: DatedAct,
    },
    /// The consignee took them in, or they were used.
    Received {
        /// When the last of them came.
        last: DatedAct,
        /// When the last of those came of which that is certain.
        certain: Option<Moment>,
        /// When each certainly came, by its name, where they came at several times.
        each: Vec<(UnitId, Moment)>,
    },
    /// They never came, and nobody waits for them any more: called off, closed, refused, used up or lost on the way.
    Over,
}

/// Something that was done, and whether its time is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatedAct {
    /// When it was done, as it counts.
    pub at: Moment,
    /// Whether it was done at some moment before that: it was dated ahead, or something else shows that it must have been done.
    pub ahead: bool,
}

impl Whereabouts {
    /// All of them were received at one time.
    pub fn received(last: DatedAct) -> Self {
        let certain = (!last.ahead).then_some(last.at);
        Self::Received { last, certain, each: Vec::new() }
    }
}

impl ShelfLife {
    /// Whether another state says nothing new.
    fn goes_on_in(&self, next: &Self) -> bool {
        let Self { at, offset, learnt, .. } = *self;
        *self == Self { at, offset, learnt, ..next.clone() }
    }
}

impl GroundsLearnt {
    /// Where both say the same, what was learnt first.
    fn first(self, other: Self) -> Self {
        let Self { plan, packed, departed, infusion } = other;
        Self {
            plan: self.plan.min(plan),
            packed: self.packed.min(packed),
            departed: self.departed.min(departed),
            infusion: self.infusion.min(infusion),
        }
    }
}

/// Every state, in order. One that says what the one before it said is left out.
pub(crate) fn read(
    timeline: &Timeline<'_>,
    order: &Order,
    shipment: Option<&ShipmentId>,
) -> Vec<ShelfLife> {
    let Some(plan) = timeline.plan_in_force() else { return Vec::new() };
    let of_a_patient = plan.plan.kind == Goods::DrugProduct && timeline.order().is_some();
    let ordered = match (of_a_patient, shipment) {
        (true, Some(shipment)) => order.plans_for(shipment),
        _ => Vec::new(),
    };
    let mut ordered = ordered.iter().peekable();
    let mut entries = timeline.entries().iter().peekable();
    let mut reader = Reader::new(timeline);
    let mut all: Vec<ShelfLife> = Vec::new();
    loop {
        let next = [entries.peek().map(|entry| entry.at), ordered.peek().map(|plans| plans.from)];
        let Some(at) = next.into_iter().flatten().min() else { break all };
        let mut news = false;
        while let Some(entry) = entries.next_if(|entry| entry.at == at) {
            news |= reader.take(entry);
        }
        while let Some(plans) = ordered.next_if(|plans| plans.from == at) {
            reader.order(plans);
            news = true;
        }
        let known = if news { reader.known(at) } else { None };
        let Some(known) = known else { continue };
        match all.last_mut() {
            Some(last) if last.goes_on_in(&known) => last.learnt = last.learnt.first(known.learnt),
            _ => all.push(known),
        }
    }
}

/// When something was done, and when that was learnt.
#[derive(Clone, Copy)]
struct Report {
    at: Moment,
    learnt: Moment,
}

/// The walk through the facts.
struct Reader<'t, 'a> {
    timeline: &'t Timeline<'a>,
    /// The plans until now, in the order in which they came into force; the last one is.
    plans: Vec<PlanEntry<'a>>,
    /// When that was first learnt which the plan says of the goods, of their label and of their way.
    plan_learnt: Moment,
    /// Since when plans have had the goods go this way, at these times.
    rerouted: Moment,
    /// The last times that were told for the end of this way.
    told: Told,
    /// All that were told.
    all_told: Vec<(Moment, &'a EtaChanged)>,
    /// What says whether the shipment takes place.
    words: Vec<TimelineEntry<'a>>,
    ended: Option<Moment>,
    legs_departed: Vec<(Report, &'a LegId)>,
    departed: Option<Report>,
    packed: Option<Report>,
    moves: Vec<Move<'a>>,
    infused: Vec<DatedAct>,
    used_up: UsedUp,
    order: OrderPlans,
    offset: u64,
    /// What is asked only once something was received or used: most of the way it is not needed.
    came: Option<Came<'a>>,
}

/// What has become of the goods since something of them was received or used.
struct Came<'a> {
    houses: Houses<'a>,
    contents: Contents,
    arrivals: Arrivals,
}

impl<'t, 'a> Reader<'t, 'a> {
    fn new(timeline: &'t Timeline<'a>) -> Self {
        Self {
            timeline,
            plans: Vec::new(),
            plan_learnt: Moment::EARLIEST,
            rerouted: Moment::EARLIEST,
            told: Told::default(),
            all_told: Vec::new(),
            words: Vec::new(),
            ended: None,
            legs_departed: Vec::new(),
            departed: None,
            packed: None,
            moves: Vec::new(),
            infused: Vec::new(),
            used_up: UsedUp::default(),
            order: OrderPlans::default(),
            offset: 0,
            came: None,
        }
    }

    /// Takes in the next fact; says whether it has to do with this.
    fn take(&mut self, entry: &TimelineEntry<'a>) -> bool {
        let Fact::Shipment(fact) = entry.fact else { return false };
        let (at, act) = (entry.at, DatedAct { at: entry.at, ahead: entry.ahead });
        let report = Report { at, learnt: entry.learnt };
        match fact {
            ShipmentFact::Planned(_) => {
                self.replan(at);
                self.says_whether(entry);
            }
            ShipmentFact::Cancelled(_) | ShipmentFact::Closed(_) => self.says_whether(entry),
            ShipmentFact::EtaChanged(changed) => {
                self.all_told.push((at, changed));
                if let Some(plan) = self.plan() {
                    self.told.take(plan, changed);
                }
            }
            ShipmentFact::Packed(_) => {
                self.packed.get_or_insert(report);
            }
            ShipmentFact::Departed(departed) => self.legs_departed.push((report, &departed.leg)),
            ShipmentFact::Accepted(accepted) => {
                let by = &accepted.by;
                let carries = |plan: &Planned| plan.legs.iter().any(|leg| leg.carrier == *by);
                if !self.plan().is_some_and(carries) {
                    self.comes();
                }
                self.moves(Move::Accepted(act, by));
            }
            ShipmentFact::Released(released) => self.moves(Move::Released(released)),
            ShipmentFact::Received(received) => {
                self.comes();
                self.moves(Move::Received(act, received, self.plan()));
            }
            ShipmentFact::Thawed(thawed) => {
                self.comes();
                self.moves(Move::Used(act, &thawed.units));
            }
            ShipmentFact::Infused(infused) => {
                self.comes();
                self.moves(Move::Used(act, &infused.units));
                self.infused.push(act);
            }
            ShipmentFact::Destroyed(_) | ShipmentFact::Dispositioned(_) => self.comes(),
            _ => return false,
        }
        self.used_up.take(fact);
        self.offset = entry.offset;
        true
    }

    /// Takes in what the patient's order plans from now on.
    fn order(&mut self, plans: &OrderPlans) {
        self.offset = plans.said.unwrap_or(self.offset);
        self.order = plans.clone();
    }

    /// The plan in force.
    fn plan(&self) -> Option<&'a Planned> {
        self.plans.last().map(|entry| entry.plan)
    }

    /// A new plan is in force, or the old one again.
    fn replan(&mut self, at: Moment) {
        let Some(new) = self.timeline.plan_at(at) else { return };
        let before = self.plan();
        if self.plans.last().is_none_or(|last| last.from != new.from) {
            self.plans.push(new);
        }
        let learnt = new.entry.learnt;
        let same_way = before.is_some_and(|before| same_way(before, new.plan));
        let goes_on = same_way && before.is_some_and(|before| same_goods(before, new.plan));
        self.plan_learnt = if goes_on { self.plan_learnt.min(learnt) } else { learnt };
        // A plan with another paper and the same way takes back nothing that was told of it.
        if !same_way {
            self.rerouted = new.from;
            self.told = Told::default();
            for (at, changed) in &self.all_told {
                if *at >= new.from {
                    self.told.take(new.plan, changed);
                }
            }
        }
        self.look_again();
    }

    fn says_whether(&mut self, entry: &TimelineEntry<'a>) {
        self.words.push(*entry);
        let closed = |entry: &&TimelineEntry<'_>| {
            matches!(entry.fact, Fact::Shipment(ShipmentFact::Closed(_)))
        };
        let closed = self.words.iter().find(closed).map(|entry| entry.at);
        let cancelled = Timeline::new(self.words.iter().copied(), None).cancelled_at();
        let ended = closed.into_iter().chain(cancelled).min();
        if self.ended != ended {
            self.ended = ended;
            self.look_again();
        }
    }

    fn moves(&mut self, happened: Move<'a>) {
        self.moves.push(happened);
        if let Some(came) = &mut self.came {
            let (plans, rerouted, ended) = (&self.plans[..], self.rerouted, self.ended);
            let way = Way { houses: &came.houses, plans, rerouted, ended };
            came.arrivals.take(happened, &way);
        }
    }

    /// Something has come, or was used.
    fn comes(&mut self) {
        if self.came.is_some() {
            return;
        }
        let contents = self.timeline.units_aboard().contents;
        let arrivals = Arrivals::of(self.timeline, &contents);
        self.came = Some(Came { houses: self.timeline.houses(), contents, arrivals });
        self.look_again();
    }

    /// Looks at all that happened as it is to be seen by now.
    fn look_again(&mut self) {
        if let Some(came) = &mut self.came {
            let (plans, rerouted, ended) = (&self.plans[..], self.rerouted, self.ended);
            let way = Way { houses: &came.houses, plans, rerouted, ended };
            came.arrivals = Arrivals::of(self.timeline, &came.contents);
            for happened in &self.moves {
                came.arrivals.take(*happened, &way);
            }
        }
    }

    /// What is known once all up to a moment has been taken in.
    fn known(&mut self, at: Moment) -> Option<ShelfLife> {
        let plan = self.plan()?;
        let first = plan.legs.first();
        let on_first = |leg: &LegId| first.is_none_or(|first| first.id == *leg);
        let left = self.legs_departed.iter().find(|(_, leg)| on_first(leg));
        // Left is left, whatever the next plan calls its legs.
        self.departed = self.departed.or(left.map(|(report, _)| *report));
        let learnt = |report: Option<Report>| report.map_or(Moment::EARLIEST, |r| r.learnt);
        let (gone, discarded) = match &self.came {
            Some(came) => (
                self.used_up.is_all_gone(&came.contents, plan.kind),
                self.used_up.is_all_lost(&came.contents),
            ),
            None => (false, false),
        };
        Some(ShelfLife {
            at,
            offset: self.offset,
            learnt: GroundsLearnt {
                plan: self.plan_learnt,
                packed: learnt(self.packed),
                departed: learnt(self.departed),
                infusion: self.order.learnt,
            },
            product: self.order.product.clone(),
            goods: plan.kind,
            profile: plan.profile.clone(),
            expires_at: plan.expires_at,
            collection_end: plan.collection_end,
            slot: plan.slot,
            infusion: self.order.infusion,
            begun: self.order.begun,
            sent_anew: self.order.sent_anew,
            expected: self.told.expected(plan),
            departed: self.departed.map(|report| report.at),
            packed: self.packed.map(|report| report.at),
            whereabouts: self.whereabouts(gone || discarded),
            sent_on: self.came.as_ref().and_then(|came| came.arrivals.sent_on),
            gone,
            discarded,
            infused: self.infused.clone(),
        })
    }

    fn whereabouts(&self, gone: bool) -> Whereabouts {
        let awaited = !gone && self.ended.is_none();
        match &self.came {
            Some(came) if awaited => came.arrivals.whereabouts(&self.used_up),
            Some(came) => came.arrivals.received(&self.used_up),
            None if awaited => Whereabouts::OnTheWay,
            None => Whereabouts::Over,
        }
    }
}

/// The last times that were told for the end of a way.
#[derive(Default)]
struct Told {
    /// For its end, by its name.
    end: Option<Moment>,
    /// For the last waypoint of the plan, where that is another place.
    last_waypoint: Option<Moment>,
}

impl Told {
    fn take(&mut self, plan: &Planned, changed: &EtaChanged) {
        let is = |end: &Waypoint| end.name == changed.waypoint;
        let last = plan.legs.last();
        let is_end = end_point(plan).is_some_and(is)
            || last.is_some_and(|leg| changed.waypoint.is(leg.to.as_str()))
            || changed.waypoint.is(plan.consignee.as_str());
        if is_end {
            self.end = Some(changed.eta);
        } else if plan.waypoints.last().is_some_and(is) {
            self.last_waypoint = Some(changed.eta);
        }
    }

    /// When the end is reached: not before the last waypoint.
    fn expected(&self, plan: &Planned) -> Option<Moment> {
        self.end.or_else(|| planned_end(plan)).into_iter().chain(self.last_waypoint).max()
    }
}

/// Whether two plans say the same of the goods and of their label.
fn same_goods(a: &Planned, b: &Planned) -> bool {
    (&a.profile, a.kind) == (&b.profile, b.kind)
        && (a.expires_at, a.collection_end) == (b.expires_at, b.collection_end)
}

/// Whether two plans have the goods go the same way, at the same times.
fn same_way(a: &Planned, b: &Planned) -> bool {
    (&a.consignor, &a.consignee) == (&b.consignor, &b.consignee)
        && (&a.legs, &a.waypoints) == (&b.legs, &b.waypoints)
}

/// The waypoint of a plan that stands for the end of the way: some plans name only those where a permit is needed.
fn end_point(plan: &Planned) -> Option<&Waypoint> {
    let end = plan.waypoints.last()?;
    let Some(last) = plan.legs.last() else { return Some(end) };
    let is_named = end.name.is(last.to.as_str()) || end.name.is(plan.consignee.as_str());
    (is_named || end.eta.is_none_or(|eta| eta >= last.arrives)).then_some(end)
}

/// When the end of the way is reached, by the plan alone.
fn planned_end(plan: &Planned) -> Option<Moment> {
    let last = plan.legs.last().map(|leg| leg.arrives);
    end_point(plan).and_then(|end| end.eta).or(last)
}
