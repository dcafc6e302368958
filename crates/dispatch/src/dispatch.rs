//! The engine value: what kind of subject it is, and the step that all kinds share.

use crate::device::Device;
use crate::hidden::Hidden;
use crate::mail::Mail;
use crate::passed::{Fate, Passed};
use crate::rules::Rules;
use crate::shared::Shared;
use crate::shipment::Shipment;
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
    Permit(Box<Shared>),
    Order(Box<Shared>),
    Party(Box<Shared>),
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
    type Rules = Rules;
    type Input = Event;
    type Output = Passed;

    fn accepts(_: &Event) -> bool {
        true
    }

    fn step(&mut self, rules: &Rules, entry: &Step<'_, Event>, said: &mut Vec<Passed>) {
        let mut mail = Mail {
            offset: entry.offset,
            index: entry.index,
            now: entry.now,
            reached: entry.reached,
            subject: entry.subject,
            book: (&rules.hash, rules.behaviour),
            said,
        };
        match entry.cause {
            // Of one that was put away only that something came too late is told.
            Trigger::Input(event) if self.was_put_away() => self.word(rules, event, &mut mail),
            Trigger::Input(event) => {
                match &event.fact {
                    Fact::System(SystemFact::Twin(twin)) => self.twins.meet(twin, &mut mail),
                    _ => {
                        self.word(rules, event, &mut mail);
                        self.twins.in_use(self.is_known(), &mut mail);
                    }
                }
                if self.twins.matter() {
                    let concerned = self.concerned_by_twins(&mail);
                    self.twins.tell(&concerned, &mut mail);
                }
                if self.hidden.is_to_tell()
                    && let Some(shipment) = self.looked_at_on(&mail).first()
                {
                    self.hidden.tell(shipment, &mut mail);
                }
            }
            // Other numbers may have made a moment that was ahead one that is past.
            Trigger::Timer | Trigger::RulesChanged => self.strike(rules, &mut mail),
        }
        if self.keeps(rules) != Keeps::All {
            self.twins.leave(&mut mail);
        }
    }

    fn next_deadline(&self, rules: &Rules) -> Option<Moment> {
        match &self.state {
            State::Shipment(shipment) => shipment.due(&rules.numbers),
            State::Device(device) => device.due(&rules.numbers),
            State::Store(store) => store.due(&rules.numbers),
            State::Order(it) => it.due(SubjectKind::Order, &rules.numbers),
            State::Permit(it) => it.due(SubjectKind::Permit, &rules.numbers),
            State::Party(it) => it.due(SubjectKind::Party, &rules.numbers),
            State::Nothing => None,
        }
    }

    fn keeps(&self, _: &Rules) -> Keeps {
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
    fn revived(mark: u32, _: &Rules) -> Option<Self> {
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
            State::Permit(it) | State::Order(it) | State::Party(it) => shipments(it.readers()),
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
    fn word(&mut self, rules: &Rules, event: &Event, mail: &mut Mail<'_>) {
        let marked = event.counts.is_some() || event.hidden.is_some();
        if !marked || !is_outside(event, mail.subject) {
            return self.hear(rules, event, mail);
        }
        if mail.book.1 > UP_TO_CASE && !self.was_put_away() {
            self.hidden.note(event);
        }
        // What was taken off its ids is told here and nowhere else, too.
        self.hear(rules, &Event { counts: None, hidden: None, ..event.clone() }, mail);
    }

    fn hear(&mut self, rules: &Rules, event: &Event, mail: &mut Mail<'_>) {
        if let State::Nothing = self.state {
            self.state = State::of(mail.subject.kind);
        }
        match &mut self.state {
            State::Shipment(shipment) => shipment.hear(&rules.numbers, event, mail),
            State::Device(device) => device.hear(&rules.numbers, event, mail),
            State::Store(store) => store.hear(&rules.numbers, event, mail),
            State::Permit(permit) => permit.hear(&rules.numbers, event, mail, permit::ledger),
            State::Order(order) => order.hear(&rules.numbers, event, mail, order::dose),
            State::Party(party) => party.hear(&rules.numbers, event, mail, |_, _| None),
            // Only the log itself speaks of the log, and not to dispatch.
            State::Nothing => mail.count(Fate::Judged),
        }
    }

    /// The shipments on whose cards people look at this subject now.
    fn looked_at_on(&self, mail: &Mail<'_>) -> Vec<ShipmentId> {
        match &self.state {
            State::Shipment(_) => mail.subject.shipment().into_iter().collect(),
            State::Device(device) => device.with_now(),
            State::Store(store) => store.held(mail.now),
            State::Permit(it) | State::Order(it) | State::Party(it) => it.readers(),
            State::Nothing => Vec::new(),
        }
    }

    /// On which shipments people must hear that this subject has a near twin.
    fn concerned_by_twins(&self, mail: &Mail<'_>) -> Vec<ShipmentId> {
        let told = self.twins.told();
        match &self.state {
            // Loggers and stores are used again: once is enough.
            State::Device(_) | State::Store(_) if !told.is_empty() => told,
            // What is reported under the one is not heard of the other, whichever of them is known.
            State::Permit(_) | State::Order(_) | State::Party(_) if self.twins.are_several() => {
                Vec::new()
            }
            _ => self.looked_at_on(mail),
        }
    }

    /// Whether something is known of a party, a permit or an order itself; what else there is is known by being in use.
    fn is_known(&self) -> bool {
        match &self.state {
            State::Permit(it) | State::Order(it) | State::Party(it) => it.is_known(),
            State::Shipment(_) | State::Device(_) | State::Store(_) | State::Nothing => false,
        }
    }

    fn strike(&mut self, rules: &Rules, mail: &mut Mail<'_>) {
        match &mut self.state {
            State::Shipment(shipment) => shipment.strike(&rules.numbers, mail),
            State::Device(device) => device.strike(&rules.numbers, mail),
            State::Store(store) => store.strike(&rules.numbers, mail),
            State::Order(it) | State::Permit(it) | State::Party(it) => {
                it.strike(&rules.numbers, mail);
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
