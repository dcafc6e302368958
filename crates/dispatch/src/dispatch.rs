//! The engine value: what kind of subject it is, and the step that all kinds share.

use crate::device::Device;
use crate::hidden::Hidden;
use crate::routed::{Outcome, Routed};
use crate::rules::DispatchRules;
use crate::shared::SharedSubject;
use crate::shipment::Shipment;
use crate::sink::RouteSink;
use crate::store::Store;
use crate::twins::{Twins, UP_TO_CASE};
use crate::{order, permit};
use alloc::{boxed::Box, vec::Vec};
use facts::{
    Engine, Event, Fact, Keeps, Moment, ShipmentId, Step, Subject, SubjectKind, SystemFact, Trigger,
};
use serde::{Deserialize, Serialize};

/// The version of what is kept of a subject. Whoever changes that, or what it means, raises it: a snapshot of another version is not read.
pub const SCHEMA: u32 = 1;

/// What is known of one subject.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Dispatch {
    state: State,
    twins: Twins,
    hidden: Hidden,
}

#[derive(Debug, Default, Serialize, Deserialize)]
enum State {
    #[default]
    Nothing,
    Shipment(Box<Shipment>),
    Device(Box<Device>),
    Store(Box<Store>),
    Permit(Box<SharedSubject>),
    Order(Box<SharedSubject>),
    Party(Box<SharedSubject>),
}

impl State {
    fn of(kind: SubjectKind) -> Self {
        match kind {
            SubjectKind::Shipment => Self::Shipment(Box::default()),
            SubjectKind::Device => Self::Device(Box::default()),
            SubjectKind::Store => Self::Store(Box::default()),
            SubjectKind::Permit => Self::Permit(Box::default()),
            SubjectKind::Order => Self::Order(Box::default()),
            SubjectKind::Party | SubjectKind::Shipper => Self::Party(Box::default()),
            SubjectKind::Log => Self::Nothing,
        }
    }
}

impl Engine for Dispatch {
    type Rules = DispatchRules;
    type Input = Event;
    type Output = Routed;

    fn accepts(_: &Event) -> bool {
        true
    }

    fn step(&mut self, rules: &DispatchRules, entry: &Step<'_, Event>, said: &mut Vec<Routed>) {
        let mut sink = RouteSink {
            offset: entry.offset,
            index: entry.index,
            now: entry.now,
            reached: entry.reached,
            subject: entry.subject,
            rulebook: (&rules.hash, rules.behaviour),
            routed: said,
        };
        match entry.cause {
            // Of one that was put away only that something came too late is told.
            Trigger::Input(event) if self.was_put_away() => self.word(rules, event, &mut sink),
            Trigger::Input(event) => {
                match &event.fact {
                    Fact::System(SystemFact::Twin(twin)) => self.twins.meet(twin, &mut sink),
                    _ => {
                        self.word(rules, event, &mut sink);
                        self.twins.in_use(self.is_known(), &mut sink);
                    }
                }
                if self.twins.matter() {
                    let concerned = self.concerned_by_twins(&sink);
                    self.twins.tell(&concerned, &mut sink);
                }
                if self.hidden.is_to_tell()
                    && let Some(shipment) = self.looked_at_on(&sink).first()
                {
                    self.hidden.tell(shipment, &mut sink);
                }
            }
            // Other numbers may have made a moment that was ahead one that is past.
            Trigger::Timer | Trigger::RulesChanged => self.tick(rules, &mut sink),
        }
        if self.keeps(rules) != Keeps::All {
            self.twins.leave(&mut sink);
        }
    }

    fn next_deadline(&self, rules: &DispatchRules) -> Option<Moment> {
        match &self.state {
            State::Shipment(shipment) => shipment.next_deadline(&rules.numbers),
            State::Device(device) => device.next_deadline(&rules.numbers),
            State::Store(store) => store.next_deadline(&rules.numbers),
            State::Order(it) => it.next_deadline(SubjectKind::Order, &rules.numbers),
            State::Permit(it) => it.next_deadline(SubjectKind::Permit, &rules.numbers),
            State::Party(it) => it.next_deadline(SubjectKind::Party, &rules.numbers),
            State::Nothing => None,
        }
    }

    fn keeps(&self, _: &DispatchRules) -> Keeps {
        match &self.state {
            State::Shipment(shipment) => shipment.keeps(),
            State::Device(device) if device.is_over() => device.keeps(),
            State::Store(store) if store.is_over() => Keeps::Nothing,
            State::Permit(it) | State::Order(it) if it.is_over() => Keeps::Nothing,
            State::Nothing if self.twins.are_none() => Keeps::Nothing,
            _ => Keeps::All,
        }
    }

    /// A shipment that was put away tells once that something came too late; a logger that was forgotten comes back with its
    /// last calibration.
    fn revived(mark: u32, _: &DispatchRules) -> Option<Self> {
        if let Some(device) = Device::revived(mark) {
            return Some(Self { state: State::Device(Box::new(device)), ..Self::default() });
        }
        let shipment = Box::new(Shipment::put_away_before(mark));
        Some(Self { state: State::Shipment(shipment), ..Self::default() })
    }

    fn affected_subjects(&self, subject: &Subject) -> Vec<Subject> {
        let shipments = |all: Vec<ShipmentId>| all.iter().map(Subject::from).collect();
        match &self.state {
            State::Device(device) => device.concerned(),
            State::Store(store) => shipments(store.ever()),
            State::Permit(it) | State::Order(it) | State::Party(it) => shipments(it.subscribers()),
            State::Shipment(_) | State::Nothing => alloc::vec![subject.clone()],
        }
    }
}

impl Dispatch {
    /// Whether it is a shipment of which a mark alone is kept.
    fn was_put_away(&self) -> bool {
        matches!(&self.state, State::Shipment(shipment) if shipment.keeps() != Keeps::All)
    }

    /// The moment that counts is stamped here and nowhere else: what comes from outside brings none.
    fn word(&mut self, rules: &DispatchRules, event: &Event, sink: &mut RouteSink<'_>) {
        let marked = event.counts.is_some() || event.hidden.is_some();
        if !marked || !is_outside(event, sink.subject) {
            return self.hear(rules, event, sink);
        }
        if sink.rulebook.1 > UP_TO_CASE && !self.was_put_away() {
            self.hidden.note(event);
        }
        // What was taken off its ids is told here and nowhere else, too.
        self.hear(rules, &Event { counts: None, hidden: None, ..event.clone() }, sink);
    }

    fn hear(&mut self, rules: &DispatchRules, event: &Event, sink: &mut RouteSink<'_>) {
        if let State::Nothing = self.state {
            self.state = State::of(sink.subject.kind);
        }
        match &mut self.state {
            State::Shipment(shipment) => shipment.hear(&rules.numbers, event, sink),
            State::Device(device) => device.hear(&rules.numbers, event, sink),
            State::Store(store) => store.hear(&rules.numbers, event, sink),
            State::Permit(permit) => permit.hear(&rules.numbers, event, sink, permit::ledger),
            State::Order(order) => order.hear(&rules.numbers, event, sink, order::dose),
            State::Party(party) => party.hear(&rules.numbers, event, sink, |_, _| None),
            // Only the log itself speaks of the log, and not to dispatch.
            State::Nothing => sink.count(Outcome::Processed),
        }
    }

    /// The shipments on whose cards people look at this subject now.
    fn looked_at_on(&self, sink: &RouteSink<'_>) -> Vec<ShipmentId> {
        match &self.state {
            State::Shipment(_) => sink.subject.shipment().into_iter().collect(),
            State::Device(device) => device.with_now(),
            State::Store(store) => store.held(sink.now),
            State::Permit(it) | State::Order(it) | State::Party(it) => it.subscribers(),
            State::Nothing => Vec::new(),
        }
    }

    /// On which shipments people must hear that this subject has a near twin.
    fn concerned_by_twins(&self, sink: &RouteSink<'_>) -> Vec<ShipmentId> {
        let told = self.twins.told();
        match &self.state {
            // Loggers and stores are used again: once is enough.
            State::Device(_) | State::Store(_) if !told.is_empty() => told,
            // What is reported under the one is not heard of the other, whichever of them is known.
            State::Permit(_) | State::Order(_) | State::Party(_) if self.twins.are_several() => {
                Vec::new()
            }
            _ => self.looked_at_on(sink),
        }
    }

    /// Whether something is known of a party, a permit or an order itself; what else there is is known by being in use.
    fn is_known(&self) -> bool {
        match &self.state {
            State::Permit(it) | State::Order(it) | State::Party(it) => it.is_known(),
            State::Shipment(_) | State::Device(_) | State::Store(_) | State::Nothing => false,
        }
    }

    fn tick(&mut self, rules: &DispatchRules, sink: &mut RouteSink<'_>) {
        match &mut self.state {
            State::Shipment(shipment) => shipment.tick(&rules.numbers, sink),
            State::Device(device) => device.tick(&rules.numbers, sink),
            State::Store(store) => store.tick(&rules.numbers, sink),
            State::Order(it) | State::Permit(it) | State::Party(it) => {
                it.tick(&rules.numbers, sink);
            }
            State::Nothing => {}
        }
    }
}

/// Whether this is an outside report about the subject itself, which is counted, and not one that
/// dispatch passed on from another subject.
pub(crate) fn is_outside(event: &Event, subject: &Subject) -> bool {
    event.subject == *subject
}
