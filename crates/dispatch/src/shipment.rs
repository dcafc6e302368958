//! A shipment: passes its facts on to its journal, tells what its plan cites that it does, and its
//! milestones to its order and its permits.

use crate::ahead::{NEXT_STROKE, is_ahead};
use crate::events::{Admitted, Duplicate, DuplicateFilter, EventStore, StoredEvent, correction};
use crate::findings::words;
use crate::loose::Loose;
use crate::routed::Outcome;
use crate::rules::DispatchParameters;
use crate::sink::RouteSink;
use alloc::{boxed::Box, collections::BTreeSet, format, vec::Vec};
use facts::fact::log::{PutAway, Subscribed, Unsubscribed, WhyPutAway};
use facts::fact::shipment::{Goods, Planned};
use facts::timeline::{same_but_for_version, tells_who_has_them};
use facts::{
    Event, Fact, Finding, Keeps, Moment, PartyFact, PartyId, ShipmentFact, ShipmentId, ShortText,
    Span, State, Subject, SubjectKind, SystemFact, Timeline, ident, say,
};
use serde::{Deserialize, Serialize};

/// What dispatch knows of a shipment.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Shipment {
    duplicates: DuplicateFilter,
    /// What other subjects must hear, and what says who they are.
    events: EventStore,
    /// Whom the plan cites.
    cites: BTreeSet<Subject>,
    /// Which parties were asked who they are.
    asked: BTreeSet<Subject>,
    /// What is dated later than the log's clock stood when it came: the next stroke tells whose clock is wrong.
    waiting: Vec<StoredEvent>,
    /// Plans that take effect later.
    booked: Vec<Booked>,
    /// What was told of the air waybill of the plan in force.
    waybill: Option<Box<Finding>>,
    loose: Loose,
    away: Away,
    /// It was put away at a behaviour at which all of it stays here.
    stays: bool,
    rest: Rest,
    /// When something was last heard of it, by log time.
    heard: Option<Moment>,
    /// From when on silence counts: a log that comes to the behaviour that counts it begins then.
    counted: Option<Moment>,
    /// Whether an incident of it is open.
    incident: bool,
    /// The loggers and stores that have to do with it.
    watched: BTreeSet<Subject>,
}

/// What its facts say of how long it is kept.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Rest {
    /// When it was learnt that it was closed.
    closed: Option<Moment>,
    /// A finished dose for an order, which was not called off.
    dose: bool,
    /// When the last of the goods were given or lost.
    left: Option<Moment>,
    /// The last moment that its plan names.
    planned: Option<Moment>,
}

impl Rest {
    fn of(file: &EventStore, timeline: &Timeline<'_>) -> Self {
        let closed =
            |kept: &&StoredEvent| matches!(kept.fact, Fact::Shipment(ShipmentFact::Closed(_)));
        let plan = timeline.plan_in_force().map(|entry| entry.plan);
        let dose = plan.is_some_and(|p| p.kind == Goods::DrugProduct && p.order.is_some());
        Self {
            closed: file.all().iter().find(closed).map(|kept| kept.learnt),
            dose: dose && timeline.cancelled_at().is_none(),
            left: timeline.units_aboard().left_at,
            planned: plan.and_then(last_planned),
        }
    }
}

/// The last moment that a plan names.
fn last_planned(plan: &Planned) -> Option<Moment> {
    let legs = plan.legs.iter().map(|leg| leg.arrives);
    let expected = plan.waypoints.iter().filter_map(|waypoint| waypoint.eta);
    legs.chain(expected).chain(plan.slot).max()
}

/// A plan that is dated ahead.
#[derive(Debug, Serialize, Deserialize)]
struct Booked {
    kept: StoredEvent,
    /// Whether a stroke has come since, and it was told that it is ahead.
    asked: bool,
    /// What was told, until it takes effect or is declared wrong.
    told: Option<Box<Finding>>,
}

/// Whether it was put away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Away {
    #[default]
    No,
    Yes,
    /// And a fact came since, which was told.
    Told,
}

impl Shipment {
    /// What is kept of it.
    pub(crate) fn keeps(&self) -> Keeps {
        match self.away {
            Away::No => Keeps::All,
            _ if self.stays => Keeps::All,
            Away::Yes => Keeps::Mark(0),
            Away::Told => Keeps::Mark(1),
        }
    }

    /// One that was put away, by what was kept of it.
    pub(crate) fn put_away_before(mark: u32) -> Self {
        let away = if mark == 0 { Away::Yes } else { Away::Told };
        Self { away, ..Self::default() }
    }

    pub(crate) fn hear(
        &mut self,
        numbers: &DispatchParameters,
        event: &Event,
        sink: &mut RouteSink<'_>,
    ) {
        let Some(shipment) = sink.subject.shipment() else { return };
        if let Fact::Party(PartyFact::Described(_)) = &event.fact {
            return self.described(event, sink);
        }
        if let Some(several) = event.several() {
            let who = several
                .iter()
                .filter(|one| matches!(one.fact, Fact::Party(PartyFact::Described(_))));
            return who.for_each(|described| self.described(described, sink));
        }
        if event.subject.kind == SubjectKind::Log {
            return self.told_by_log(numbers, &shipment, event, sink);
        }
        if self.away != Away::No {
            sink.count(Outcome::Pending);
            if self.away == Away::Yes {
                self.away = Away::Told;
                sink.after_closing(&shipment);
            }
            return;
        }
        self.live(numbers, sink.now);
        let Admitted { duplicate: copy, also, doubt } = self.duplicates.admit(event);
        match copy {
            Duplicate::Same => sink.count(Outcome::Duplicate),
            Duplicate::Other => {
                sink.count(Outcome::Duplicate);
                let other = self.duplicates.other_copy(numbers, sink.now);
                sink.conflicting(&shipment, event, other);
            }
            Duplicate::New
                if event.fact.has_happened() && is_ahead(event.at, sink.now, numbers.skew) =>
            {
                self.waiting.push(StoredEvent::new(event, sink.now));
                sink.count(Outcome::Pending);
            }
            // Without any other plan the goods are judged by it at once: they would have none.
            Duplicate::New
                if matches!(event.fact, Fact::Shipment(ShipmentFact::Planned(_)))
                    && is_ahead(event.at, sink.now, numbers.skew)
                    && self.plan().is_some() =>
            {
                let kept = StoredEvent::new(event, sink.now);
                self.booked.push(Booked { kept, asked: false, told: None });
                sink.count(Outcome::Pending);
            }
            Duplicate::New => {
                sink.count(Outcome::Processed);
                self.heard(&shipment, event, sink);
            }
        }
        for also in also {
            self.heard(&shipment, &also, sink);
        }
        if doubt {
            sink.declared_wrong(&shipment, event);
        }
        let is_new = copy == Duplicate::New;
        self.loose.hear(event, is_new, |source, id| self.duplicates.has_come(source, id), sink);
        // A plan that is booked ahead is better than none.
        self.take_effect(numbers, &shipment, sink);
        // What is learnt late may say that it was to be put away before.
        self.close(numbers, &shipment, sink);
    }

    /// Something was heard of it.
    fn live(&mut self, numbers: &DispatchParameters, now: Moment) {
        self.heard = Some(now);
        if numbers.silent.is_some() {
            self.counted.get_or_insert(now);
        }
    }

    /// What loggers, stores and alerts say that have to do with it.
    fn told_by_log(
        &mut self,
        numbers: &DispatchParameters,
        shipment: &ShipmentId,
        event: &Event,
        sink: &mut RouteSink<'_>,
    ) {
        match &event.fact {
            Fact::System(SystemFact::Watched(watched)) => {
                let Ok(by) = watched.subject.parse::<Subject>() else { return };
                if self.away == Away::No {
                    self.live(numbers, sink.now);
                    self.watched.insert(by);
                } else {
                    // Who comes too late hears at once that there is nobody any more.
                    let last = sink.now;
                    self.leave(WhyPutAway::Closed, last, shipment, &by, sink);
                }
            }
            Fact::System(SystemFact::IncidentStands(stands)) if self.away == Away::No => {
                self.incident = stands.open;
                self.close(numbers, shipment, sink);
            }
            _ => {}
        }
    }

    fn leave(
        &self,
        why: WhyPutAway,
        last: Moment,
        shipment: &ShipmentId,
        whom: &Subject,
        sink: &mut RouteSink<'_>,
    ) {
        let fact =
            Fact::System(SystemFact::PutAway(PutAway { shipment: shipment.clone(), why, last }));
        let event = sink.of_log(sink.now, fact);
        sink.send_state(whom, event);
    }

    /// Puts it away when its time has come.
    fn close(
        &mut self,
        numbers: &DispatchParameters,
        shipment: &ShipmentId,
        sink: &mut RouteSink<'_>,
    ) {
        let Some((_, why)) = self.put_away(numbers).filter(|(due, _)| *due <= sink.now) else {
            return;
        };
        if numbers.silent.is_none() {
            for cited in &self.cites {
                tell(sink, shipment, cited, false);
            }
        } else {
            let last = self.heard.unwrap_or(sink.now);
            let fact = Fact::System(SystemFact::PutAway(PutAway {
                shipment: shipment.clone(),
                why,
                last,
            }));
            let event = sink.of_log(sink.now, fact);
            sink.journal(shipment, event);
            for whom in self.cites.union(&self.watched) {
                self.leave(why, last, shipment, whom, sink);
            }
        }
        *self = Self { away: Away::Yes, stays: numbers.silent.is_none(), ..Self::default() };
    }

    /// A stroke came after what was dated ahead: either it has reached that time by now, or that time counts as
    /// the stroke's.
    fn stamp(
        &mut self,
        numbers: &DispatchParameters,
        shipment: &ShipmentId,
        sink: &mut RouteSink<'_>,
    ) {
        for kept in core::mem::take(&mut self.waiting) {
            if kept.learnt >= sink.now {
                self.waiting.push(kept);
                continue;
            }
            let ahead = is_ahead(kept.at, sink.reached, numbers.skew);
            let event = Event { counts: ahead.then_some(sink.reached), ..kept.event() };
            sink.count(Outcome::FromPending);
            sink.count(Outcome::Processed);
            self.heard(shipment, &event, sink);
        }
    }

    /// Plans that were booked ahead are told at the next stroke, and take effect when their time has come.
    fn take_effect(
        &mut self,
        numbers: &DispatchParameters,
        shipment: &ShipmentId,
        sink: &mut RouteSink<'_>,
    ) {
        for mut plan in core::mem::take(&mut self.booked) {
            let skew = if plan.asked { Span::ZERO } else { numbers.skew };
            let struck = plan.asked || plan.kept.learnt < sink.now;
            let waits = !struck || is_ahead(plan.kept.at, sink.reached, skew);
            if waits && self.plan().is_some() {
                let holds = self.will_hold(&plan.kept);
                if struck && !plan.asked {
                    plan.asked = true;
                    plan.told = holds.then(|| Box::new(sink.plan_ahead(shipment, &plan.kept)));
                }
                if let Some(told) = plan.told.take_if(|_| !holds) {
                    sink.over(*told, State::Cleared);
                }
                self.booked.push(plan);
                continue;
            }
            if let Some(told) = plan.told {
                sink.over(*told, State::Cleared);
            }
            sink.count(Outcome::FromPending);
            sink.count(Outcome::Processed);
            self.heard(shipment, &plan.kept.event(), sink);
        }
    }

    /// Whether a plan for later changes anything when its time comes, by what is known now: it was not declared wrong, and the
    /// plan in force is no higher version and says something else.
    fn will_hold(&self, kept: &StoredEvent) -> bool {
        let Fact::Shipment(ShipmentFact::Planned(plan)) = &kept.fact else { return false };
        let replaces =
            |now: &Planned| plan.version >= now.version && !same_but_for_version(now, plan);
        !self.events.is_wrong(kept.identity()) && self.plan().is_none_or(replaces)
    }

    /// A plan that has not taken effect is declared wrong: what was told of it is taken back.
    fn unbook(&mut self, event: &Event, sink: &mut RouteSink<'_>) {
        let Some(wrong) = correction(&event.fact) else { return };
        for plan in self.booked.iter_mut().filter(|plan| plan.kept.identity() == wrong) {
            if let Some(told) = plan.told.take() {
                sink.over(*told, State::Withdrawn);
            }
        }
    }

    /// A fact that is new: to the journal, and to whom it concerns.
    fn heard(&mut self, shipment: &ShipmentId, event: &Event, sink: &mut RouteSink<'_>) {
        sink.journal(shipment, event.clone());
        self.unbook(event, sink);
        let kept = concerns_others(&event.fact) && self.events.take(event, sink.now);
        if !kept {
            return;
        }
        let cited = self.cited();
        for gone in self.cites.difference(&cited) {
            // A permit keeps on record what it was cited for, so it must hear why it is not any more.
            if gone.kind == SubjectKind::Permit && wants(gone.kind, &event.fact) {
                sink.send(gone, event.clone());
            }
            tell(sink, shipment, gone, false);
        }
        for stays in self.cites.intersection(&cited).filter(|s| wants(s.kind, &event.fact)) {
            sink.send(stays, event.clone());
        }
        for new in cited.difference(&self.cites) {
            tell(sink, shipment, new, true);
            for kept in self.events.all().iter().filter(|kept| wants(new.kind, &kept.fact)) {
                sink.send(new, kept.event());
            }
        }
        self.cites = cited;
        self.rest = Rest::of(&self.events, &self.timeline());
        self.ask(sink);
        self.look_at_waybill(shipment, sink);
    }

    /// Whose receipt it is, and whether goods that are shipped on leave their house, hangs on what the parties are. So a
    /// shipment of an order asks its ends, and once somebody took the goods in or used them up, everybody with a part in it.
    fn ask(&mut self, sink: &mut RouteSink<'_>) {
        self.asked.retain(|party| self.cites.contains(party));
        let mut whom: BTreeSet<Subject> = BTreeSet::new();
        let of_an_order = self.cites.iter().any(|cited| cited.kind == SubjectKind::Order);
        for kept in self.events.all() {
            match &kept.fact {
                Fact::Shipment(
                    ShipmentFact::Received(_)
                    | ShipmentFact::Thawed(_)
                    | ShipmentFact::Infused(_)
                    | ShipmentFact::Destroyed(_),
                ) => {
                    whom.extend(self.cites.iter().cloned());
                }
                Fact::Shipment(ShipmentFact::Planned(plan))
                    if of_an_order || plan.order.is_some() =>
                {
                    whom.extend([&plan.consignor, &plan.consignee].map(Subject::from));
                }
                _ => {}
            }
        }
        let Some(shipment) = sink.subject.shipment() else { return };
        for party in whom.into_iter().filter(|whom| whom.kind == SubjectKind::Party) {
            if self.asked.insert(party.clone()) {
                tell(sink, &shipment, &party, true);
            }
        }
    }

    /// A party that was asked says who it is.
    fn described(&mut self, event: &Event, sink: &mut RouteSink<'_>) {
        if self.away != Away::No || self.events.has(event.identity()) {
            return;
        }
        self.events.take(event, sink.now);
        for cited in self.cites.iter().filter(|cited| wants(cited.kind, &event.fact)) {
            sink.send(cited, event.clone());
        }
    }

    /// A wrong air waybill is told and rejects no plan: everything else of it is judged.
    fn look_at_waybill(&mut self, shipment: &ShipmentId, sink: &mut RouteSink<'_>) {
        let number = self.plan().and_then(|plan| plan.air_waybill.as_ref());
        let wrong = number.and_then(|number| ident::air_waybill(number.trim()).err());
        let message = wrong.map(|wrong| say!(words::wrong_waybill::NONE, wrong.0));
        if message.as_ref() == self.waybill.as_ref().map(|told| &told.message) {
            return;
        }
        if let Some(told) = self.waybill.take() {
            sink.over(*told, State::Cleared);
        }
        self.waybill = message.map(|message| Box::new(sink.wrong_waybill(shipment, message)));
    }

    /// What its facts say together.
    fn timeline(&self) -> Timeline<'_> {
        Timeline::new(self.events.all().iter().map(StoredEvent::entry), None)
    }

    /// The plan in force.
    fn plan(&self) -> Option<&Planned> {
        self.timeline().plan_in_force().map(|entry| entry.plan)
    }

    /// When it is put away, or what waits for a stroke is passed on.
    pub(crate) fn next_deadline(&self, numbers: &DispatchParameters) -> Option<Moment> {
        let stroke = self.waiting.iter().map(|kept| kept.learnt + NEXT_STROKE).min();
        let booked = self.booked.iter().map(|plan| match plan.asked {
            true => plan.kept.at,
            false => plan.kept.learnt + NEXT_STROKE,
        });
        let away = self.put_away(numbers).map(|(due, _)| due);
        [stroke, booked.min(), self.loose.next_deadline(numbers), away].into_iter().flatten().min()
    }

    /// When it is put away, and why: after it was closed, or when nothing has been heard of it for long; never while an
    /// incident of it is open, or something waits.
    fn put_away(&self, numbers: &DispatchParameters) -> Option<(Moment, WhyPutAway)> {
        let waits = !self.waiting.is_empty() || !self.booked.is_empty();
        let stays = self.away != Away::No || self.incident || waits;
        if stays && numbers.silent.is_some() || self.away != Away::No {
            return None;
        }
        let Rest { closed, dose, left, planned } = self.rest;
        // A frozen dose lies for months before its patient is conditioned: until it is given, its order must know of it.
        let kept = dose && left.is_none();
        if let Some(closed) = closed {
            let due = match (kept, left.filter(|_| dose)) {
                (true, _) => closed + numbers.put_away_dose,
                (false, Some(left)) => closed.max(left) + numbers.put_away,
                (false, None) => closed + numbers.put_away,
            };
            return Some((due, WhyPutAway::Closed));
        }
        let silent = numbers.silent.as_ref()?;
        let after = if kept { numbers.put_away_dose } else { silent.put_away };
        let last = self.heard?.max(self.counted?);
        Some((last.max(planned.unwrap_or(last)) + after, WhyPutAway::Silent))
    }

    pub(crate) fn tick(&mut self, numbers: &DispatchParameters, sink: &mut RouteSink<'_>) {
        let Some(shipment) = sink.subject.shipment() else { return };
        if numbers.silent.is_some() {
            // A log that comes to the behaviour at which silence counts: from now on.
            self.stays = false;
            if self.heard.is_some() {
                self.counted.get_or_insert(sink.now);
            }
        }
        self.stamp(numbers, &shipment, sink);
        self.take_effect(numbers, &shipment, sink);
        self.loose.tell(numbers, core::slice::from_ref(&shipment), sink);
        self.close(numbers, &shipment, sink);
    }

    /// Whom the hand-overs and the plans name. Of an order only the plan in force speaks; where it names none, the packing or the receipt. A permit or a party that a later
    /// plan does not name any more was named while the plan before it was in force, and judging that time needs all
    /// that is known of it. For the same reason a cancelled shipment goes on hearing of all of them: what is reported
    /// late counts for the time before, and it may be planned again.
    fn cited(&self) -> BTreeSet<Subject> {
        let mut all = BTreeSet::new();
        for kept in self.events.all() {
            all.extend(kept.fact.actor().map(Subject::from));
            match &kept.fact {
                Fact::Shipment(ShipmentFact::Planned(plan)) => {
                    all.extend(plan.permits.iter().map(|gated| Subject::from(&gated.permit)));
                    all.extend(parties(plan).into_iter().map(Subject::from));
                }
                Fact::Shipment(ShipmentFact::Released(released)) => {
                    all.extend(released.to.as_ref().map(Subject::from))
                }
                Fact::Shipment(ShipmentFact::Accepted(accepted)) => {
                    all.extend(accepted.from.as_ref().map(Subject::from))
                }
                _ => {}
            }
        }
        all.extend(self.timeline().order().map(Subject::from));
        all
    }
}

fn parties(plan: &Planned) -> Vec<&PartyId> {
    let ends = [&plan.consignor, &plan.consignee];
    ends.into_iter()
        .chain(plan.legs.iter().flat_map(|leg| [&leg.carrier, &leg.from, &leg.to]))
        .collect()
}

fn tell(sink: &mut RouteSink<'_>, by: &ShipmentId, whom: &Subject, cited: bool) {
    let (subject, by, planned_at) = (ShortText::new(format!("{whom}")), by.clone(), sink.now);
    let fact = match cited {
        true => Fact::System(SystemFact::Subscribed(Subscribed { subject, by, planned_at })),
        false => Fact::System(SystemFact::Unsubscribed(Unsubscribed { subject, by })),
    };
    let event = sink.of_log(sink.now, fact);
    sink.send(whom, event);
}

/// Facts that somebody beside the shipment's own journal must hear, or that say who that is.
fn concerns_others(fact: &Fact) -> bool {
    let hands =
        matches!(fact, Fact::Shipment(ShipmentFact::Released(_) | ShipmentFact::Accepted(_)));
    let door = matches!(
        fact,
        Fact::Shipment(
            ShipmentFact::Received(_) | ShipmentFact::Opened(_) | ShipmentFact::Unpacked(_)
        )
    );
    let packing = matches!(
        fact,
        Fact::Shipment(
            ShipmentFact::Packed(_) | ShipmentFact::Repacked(_) | ShipmentFact::Stowed(_)
        )
    );
    hands || door || packing || wants(SubjectKind::Order, fact) || wants(SubjectKind::Permit, fact)
}

/// What a cited subject hears of the shipment.
fn wants(kind: SubjectKind, fact: &Fact) -> bool {
    let both = matches!(
        fact,
        Fact::Shipment(
            ShipmentFact::Planned(_)
                | ShipmentFact::Departed(_)
                | ShipmentFact::Cancelled(_)
                | ShipmentFact::Closed(_)
        )
    ) || correction(fact).is_some();
    match kind {
        SubjectKind::Permit => both,
        SubjectKind::Order => {
            both || matches!(
                fact,
                Fact::Shipment(ShipmentFact::QualityReleased(_) | ShipmentFact::Dispositioned(_))
            ) || tells_who_has_them(fact)
                || matches!(
                    fact,
                    Fact::Shipment(
                        ShipmentFact::Thawed(_)
                            | ShipmentFact::Infused(_)
                            | ShipmentFact::Destroyed(_)
                    )
                )
        }
        _ => false,
    }
}
