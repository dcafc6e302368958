//! Writes what is passed on, and names what dispatch says itself.

use crate::events::{Other, StoredEvent};
use crate::findings::{self, words};
use crate::routed::{Outcome, Routed};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use facts::fact::log::Watched;
use facts::{
    Event, Fact, Finding, Message, Moment, ShipmentFact, ShipmentId, ShortText, State, Subject,
    SubjectKind, SystemFact, SystemFinding, say,
};

/// The outgoing mail of one step.
pub(crate) struct RouteSink<'a> {
    /// The entry that caused it.
    pub(crate) offset: u64,
    /// The first free index of that entry.
    pub(crate) index: u32,
    /// Log time; of a timer its own due time.
    pub(crate) now: Moment,
    /// How far the log's clock has come.
    pub(crate) reached: Moment,
    /// Whose step it is.
    pub(crate) subject: &'a Subject,
    /// Hash of the rulebook, and the behaviour number.
    pub(crate) rulebook: (&'a ShortText, u32),
    /// What was passed on so far.
    pub(crate) routed: &'a mut Vec<Routed>,
}

/// Facts that the log's own services state have this source.
pub(crate) const OURS: &str = "coldwatch";

impl RouteSink<'_> {
    /// To a shipment's journal, or to the state of another subject.
    pub(crate) fn send(&mut self, to: &Subject, event: Event) {
        match to.shipment() {
            Some(shipment) => self.journal(&shipment, event),
            None => self.routed.push(Routed::Facts { to: to.clone(), event }),
        }
    }
    /// To the state of a subject in dispatch, of a shipment, too.
    pub(crate) fn send_state(&mut self, to: &Subject, event: Event) {
        self.routed.push(Routed::Facts { to: to.clone(), event });
    }
    /// To a shipment's journal.
    pub(crate) fn journal(&mut self, shipment: &ShipmentId, event: Event) {
        self.routed.push(Routed::Journal { shipment: shipment.clone(), event });
    }
    /// Tells a shipment's state that this subject has to do with it.
    pub(crate) fn watch(&mut self, owner: &Subject) {
        if owner.kind == SubjectKind::Shipment {
            let subject = ShortText::new(format!("{}", self.subject));
            let event =
                self.of_log(self.now, Fact::System(SystemFact::Watched(Watched { subject })));
            self.send_state(owner, event);
        }
    }
    /// Counts one outside event.
    pub(crate) fn count(&mut self, fate: Outcome) {
        self.routed.push(Routed::Count(fate, 1));
    }
    /// A statement of our own about the subject of this step.
    pub(crate) fn own(&self, at: Moment, fact: Fact) -> Event {
        self.own_about(self.subject.clone(), at, fact)
    }
    /// A statement of our own about the log.
    pub(crate) fn of_log(&self, at: Moment, fact: Fact) -> Event {
        self.own_about(Subject::new(SubjectKind::Log, "dispatch"), at, fact)
    }
    /// A statement of our own that stands and falls with an event: a correction of that one takes it back, too.
    pub(crate) fn beside(&self, event: &Event, at: Moment, fact: Fact) -> Event {
        Event { at, counts: None, hidden: None, fact, ..event.clone() }
    }
    fn own_about(&self, subject: Subject, at: Moment, fact: Fact) -> Event {
        let id = format!("{}:{}:{}", self.subject, self.offset, self.next());
        Event {
            source: ShortText::new(OURS),
            id: ShortText::new(id),
            subject,
            at,
            counts: None,
            hidden: None,
            fact,
        }
    }
    fn next(&self) -> u32 {
        self.index.saturating_add(u32::try_from(self.routed.len()).unwrap_or(u32::MAX))
    }

    /// The same outside event came with other content: not applied, and told.
    pub(crate) fn conflicting(
        &mut self,
        shipment: &ShipmentId,
        event: &Event,
        other: Option<Other>,
    ) {
        let template = match other {
            None => return,
            Some(Other::OneOfSeveral) => words::conflicting_copy::AGAIN,
            Some(Other::Last) => words::conflicting_copy::LAST,
        };
        let message = say!(template, &event.source, &event.id, self.about());
        self.finding(shipment, &findings::CONFLICTING_COPY, message);
    }

    /// A report came under several ids, and one of them was declared wrong.
    pub(crate) fn declared_wrong(&mut self, shipment: &ShipmentId, event: &Event) {
        let message = say!(words::declared_wrong::SOME, self.about(), &event.source, &event.id);
        self.finding(shipment, &findings::DECLARED_WRONG, message);
    }

    /// A plan is dated ahead, and another one is in force until then.
    pub(crate) fn plan_ahead(&mut self, shipment: &ShipmentId, plan: &StoredEvent) -> Finding {
        let version = match &plan.fact {
            Fact::Shipment(ShipmentFact::Planned(plan)) => plan.version,
            _ => 0,
        };
        let message = say!(words::plan_ahead::AHEAD, version, plan.at);
        self.finding(shipment, &findings::PLAN_AHEAD, message)
    }

    /// A correction names something that nobody reported of this subject.
    pub(crate) fn corrects_nothing(
        &mut self,
        shipment: &ShipmentId,
        (source, id): (&str, &str),
        by: &str,
    ) -> Finding {
        let message = say!(words::corrects_nothing::NOTHING, by, self.about(), id, source);
        self.finding(shipment, &findings::CORRECTS_NOTHING, message)
    }

    /// An id came with characters that nobody sees.
    pub(crate) fn hidden_characters(&mut self, shipment: &ShipmentId, message: Message) {
        self.finding(shipment, &findings::HIDDEN_CHARACTERS, message);
    }

    /// An id that looks like that of this step's subject is in use.
    pub(crate) fn near_twin(&mut self, shipment: &ShipmentId, message: Message) -> Finding {
        self.finding(shipment, &findings::NEAR_TWIN, message)
    }

    /// The air waybill of the plan in force is none.
    pub(crate) fn wrong_waybill(&mut self, shipment: &ShipmentId, message: Message) -> Finding {
        self.finding(shipment, &findings::WRONG_WAYBILL, message)
    }

    /// What was told before does not hold any more.
    pub(crate) fn over(&mut self, before: Finding, state: State) {
        let (until, learnt) = (Some(self.now), self.now);
        let (rulebook, behaviour) = (self.rulebook.0.clone(), self.rulebook.1);
        let sentence = findings::WORDS.render(&before.message);
        let finding = Finding { state, until, learnt, rulebook, behaviour, sentence, ..before };
        self.routed.push(Routed::Finding(finding.into()));
    }

    /// A fact came for a shipment that was put away: it is kept, not judged, and told once.
    pub(crate) fn after_closing(&mut self, shipment: &ShipmentId) {
        let message = say!(words::after_closing::LATE, shipment);
        self.finding(shipment, &findings::AFTER_CLOSING, message);
    }

    /// The subject of this step, as it is named in a message.
    fn about(&self) -> ShortText {
        ShortText::new(format!("{}", self.subject))
    }

    /// Tells it, and gives it back as it is kept: its sentence is made anew of its message when it is over.
    fn finding(
        &mut self,
        shipment: &ShipmentId,
        found: &SystemFinding,
        message: Message,
    ) -> Finding {
        let about = self.about();
        let mut finding = found.raised(shipment.clone(), &about, self.now, message);
        (finding.name.offset, finding.name.index) = (self.offset, self.next());
        (finding.rulebook, finding.behaviour) = (self.rulebook.0.clone(), self.rulebook.1);
        let kept = Finding { sentence: String::new(), ..finding.clone() };
        self.routed.push(Routed::Finding(Box::new(finding)));
        kept
    }
}
