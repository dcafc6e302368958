//! What several shipments look at: a permit, an order, a party. Keeps its own facts and what its
//! shipments reported, sends both to every shipment that cites it, and whatever is derived from them.

use crate::ahead::{NEXT_STROKE, is_ahead};
use crate::dispatch::is_outside;
use crate::events::{Admitted, Duplicate, DuplicateFilter, EventStore, StoredEvent};
use crate::loose::Loose;
use crate::permit;
use crate::routed::Outcome;
use crate::rules::DispatchParameters;
use crate::sink::RouteSink;
use crate::words::Words;
use alloc::{collections::BTreeMap, format, string::String, vec::Vec};
use facts::fact::log::{Subscribed, Word};
use facts::fact::order::StartAhead;
use facts::fact::permit::{Ledger, Use};
use facts::{
    Event, Fact, Moment, OrderFact, PartyFact, PermitFact, ShipmentFact, ShipmentId, ShortText,
    Subject, SubjectKind, SystemFact,
};
use serde::{Deserialize, Serialize};

/// What dispatch knows of it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct SharedSubject {
    duplicates: DuplicateFilter,
    pub(crate) events: EventStore,
    pub(crate) shipments: BTreeMap<ShipmentId, Subscriber>,
    /// Who the parties are that took something in for an order, as its shipments heard it.
    pub(crate) parties: EventStore,
    /// What was derived last, as JSON.
    derived: String,
    /// What is dated ahead: a start counts at its own time, and what has been said as at the next stroke.
    waiting: Vec<Waiting>,
    loose: Loose,
    /// Which of its words were passed on; of a party or a permit.
    words: Words,
    /// When something was last heard of it, by log time.
    heard: Option<Moment>,
    /// Nothing has to do with it any more.
    over: bool,
}

/// What is dated later than the log's clock stood when it came.
#[derive(Debug, Serialize, Deserialize)]
struct Waiting {
    kept: StoredEvent,
    /// Whether a stroke has come since, and it was told that it is ahead.
    told: bool,
}

/// A shipment that cites it, or did.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Subscriber {
    pub(crate) cites: bool,
    /// It asks who a party is, and hears that in dispatch, too.
    asked: bool,
    pub(crate) events: EventStore,
    /// Of a permit: what a shipment that was put away had used.
    pub(crate) settled: Vec<Use>,
}

/// What is derived of its facts and its shipments'.
type Derive = fn(&SharedSubject, &str) -> Option<Fact>;

impl SharedSubject {
    pub(crate) fn hear(
        &mut self,
        numbers: &DispatchParameters,
        event: &Event,
        sink: &mut RouteSink<'_>,
        derive: Derive,
    ) {
        // That a shipment is forgotten is no word of it.
        if !matches!(event.fact, Fact::System(SystemFact::PutAway(_))) {
            self.heard = Some(sink.now);
        }
        // Who comes hears what is derived, and who goes hears it once more: what it is to know from then on.
        let mut mover = None;
        match &event.fact {
            Fact::System(SystemFact::Subscribed(cited)) if self.asks(cited, sink.subject.kind) => {
                let shipment = Subject::from(&cited.by);
                self.let_go(sink);
                let repeated = self.words.repeated();
                let said =
                    |kept: &StoredEvent| kept.describes() && !repeated.contains(&kept.identity());
                self.events(said).into_iter().for_each(|event| sink.send_state(&shipment, event));
                return;
            }
            Fact::System(SystemFact::Subscribed(cited)) => {
                // What came in a flood goes to all others first. All its facts follow, also those that it told when it was
                // cited before.
                self.let_go(sink);
                let reader = Subscriber { cites: true, ..Subscriber::default() };
                self.shipments.insert(cited.by.clone(), reader);
                let repeated = self.words.repeated();
                let all = self.events(|kept| !repeated.contains(&kept.identity()));
                let many = numbers.flood.as_ref().is_some_and(|f| all.len() > f.at_once as usize);
                let all = if many { together(all, sink) } else { all };
                all.into_iter().for_each(|event| sink.journal(&cited.by, event));
                for waiting in self.waiting.iter().filter(|waiting| waiting.told) {
                    let event = waiting.told(sink);
                    sink.journal(&cited.by, event);
                }
                self.loose.tell(numbers, &self.subscribers(), sink);
                mover = Some(cited.by.clone());
            }
            Fact::System(SystemFact::PutAway(away)) => {
                self.put_away(&away.shipment, sink.subject);
                self.end(numbers, sink);
            }
            Fact::System(SystemFact::Unsubscribed(left)) => {
                self.uncite(&left.by, sink.subject.kind);
                mover = Some(left.by.clone());
            }
            _ if is_outside(event, sink.subject) => {
                if !self.own(numbers, event, sink) {
                    return;
                }
            }
            Fact::Party(PartyFact::Described(_)) => {
                if self.parties.has(event.identity()) {
                    return;
                }
                self.parties.take(event, sink.now);
            }
            _ => {
                let Some(shipment) = event.subject.shipment() else { return };
                let Some(reader) = self.shipments.get_mut(&shipment) else { return };
                reader.events.take(event, sink.now);
            }
        }
        let Some(fact) = derive(self, &sink.subject.id) else { return };
        let json = serde_json::to_string(&fact).unwrap_or_default();
        let readers = if json == self.derived { Vec::new() } else { self.subscribers() };
        self.derived = json;
        let mover = mover.filter(|mover| !readers.contains(mover));
        let last = mover.map(|mover| (self.last_word(&mover, &fact), mover));
        for reader in readers {
            let event = sink.own(sink.now, fact.clone());
            sink.journal(&reader, event);
        }
        if let Some((word, mover)) = last {
            let event = sink.own(sink.now, word);
            sink.journal(&mover, event);
        }
    }

    /// What a shipment that comes or goes hears. Who goes and has no part in a ledger, because the plan that cited it was
    /// a mistake, hears of nobody's: it would not hear when that changes, and who was corrected before its plan came
    /// never heard of it.
    fn last_word(&self, mover: &ShipmentId, fact: &Fact) -> Fact {
        let goes = self.shipments.get(mover).is_none_or(|reader| !reader.cites);
        match fact {
            Fact::System(SystemFact::Ledger(ledger))
                if goes && ledger.uses.iter().all(|u| u.shipment != *mover) =>
            {
                Fact::System(SystemFact::Ledger(Ledger { uses: Vec::new() }))
            }
            fact => fact.clone(),
        }
    }

    /// A fact of its own; `false` if it was there already.
    fn own(
        &mut self,
        numbers: &DispatchParameters,
        event: &Event,
        sink: &mut RouteSink<'_>,
    ) -> bool {
        let Admitted { duplicate: copy, also, doubt } = self.duplicates.admit(event);
        let is_new = copy == Duplicate::New;
        self.loose.hear(event, is_new, |source, id| self.duplicates.has_come(source, id), sink);
        let start = matches!(event.fact, Fact::Order(OrderFact::ConditioningStarted(_)));
        let waits = start || event.fact.has_happened();
        if copy == Duplicate::New && waits && is_ahead(event.at, sink.now, numbers.skew) {
            self.waiting.push(Waiting { kept: StoredEvent::new(event, sink.now), told: false });
            sink.count(Outcome::Pending);
            return false;
        }
        sink.count(if copy == Duplicate::New { Outcome::Processed } else { Outcome::Duplicate });
        if copy == Duplicate::Other {
            let other = self.duplicates.other_copy(numbers, sink.now);
            self.subscribers().iter().for_each(|reader| sink.conflicting(reader, event, other));
        }
        if doubt {
            self.subscribers().iter().for_each(|reader| sink.declared_wrong(reader, event));
        }
        let new = Some(event).filter(|_| copy == Duplicate::New);
        let mut taken = false;
        if numbers.flood.is_some() && tells_by_words(sink.subject.kind) {
            let kept = new.map(|event| StoredEvent::new(event, sink.now));
            let news = kept.map(|kept| self.words.take(&kept)).unwrap_or_default();
            taken = new.is_some_and(|event| self.events.take(event, sink.now));
            let at_once = self.words.pass(news, sink.now, numbers);
            let (own, others): (Vec<_>, Vec<_>) =
                at_once.into_iter().partition(|word| *word == event.identity());
            if !own.is_empty() {
                self.tell(event, sink);
            }
            if !others.is_empty() {
                let others = self.events(|kept| others.contains(&kept.identity()));
                others.iter().for_each(|event| self.tell(event, sink));
            }
            return taken;
        }
        for event in new.into_iter().chain(&also) {
            self.tell(event, sink);
            taken |= self.events.take(event, sink.now);
        }
        taken
    }

    /// A fact of its own, to everybody who cites it.
    fn tell(&self, event: &Event, sink: &mut RouteSink<'_>) {
        self.subscribers().iter().for_each(|reader| sink.journal(reader, event.clone()));
        self.describe(event, sink);
    }

    /// Some of its own facts, as they were reported.
    fn events(&self, which: impl Fn(&StoredEvent) -> bool) -> Vec<Event> {
        self.events.all().iter().filter(|kept| which(kept)).map(StoredEvent::event).collect()
    }

    /// What came in a flood is told together.
    fn let_go(&mut self, sink: &mut RouteSink<'_>) {
        let waiting = self.words.let_go(sink.now);
        let events = self.events(|kept| waiting.contains(&kept.identity()));
        for several in together(events, sink) {
            self.tell(&several, sink);
        }
    }

    /// A shipment that cites a party and says so once more asks who that is.
    fn asks(&mut self, cited: &Subscribed, kind: SubjectKind) -> bool {
        let reader = self.shipments.get_mut(&cited.by).filter(|reader| reader.cites);
        let Some(reader) = reader.filter(|_| kind == SubjectKind::Party) else { return false };
        reader.asked = true;
        true
    }

    /// A shipment that has asked who a party is hears it in dispatch, too.
    fn describe(&self, event: &Event, sink: &mut RouteSink<'_>) {
        if !matches!(
            event.fact,
            Fact::Party(PartyFact::Described(_)) | Fact::System(SystemFact::Words(_))
        ) {
            return;
        }
        let asked = |reader: &Subscriber| reader.cites && reader.asked;
        for (shipment, _) in self.shipments.iter().filter(|(_, reader)| asked(reader)) {
            sink.send_state(&Subject::from(shipment), event.clone());
        }
    }

    /// When what waits is told, or counts.
    pub(crate) fn next_deadline(
        &self,
        kind: SubjectKind,
        numbers: &DispatchParameters,
    ) -> Option<Moment> {
        let due = |Waiting { kept, told }: &Waiting| match told {
            true => kept.at,
            false => kept.learnt + NEXT_STROKE,
        };
        let waiting = self.waiting.iter().map(due).chain(self.loose.next_deadline(numbers));
        waiting.chain(self.over_at(kind, numbers)).chain(self.words.next_deadline(numbers)).min()
    }

    pub(crate) fn tick(&mut self, numbers: &DispatchParameters, sink: &mut RouteSink<'_>) {
        // Under a rulebook that knows no floods nothing waits.
        let at_once = numbers.flood.is_none();
        if at_once || self.words.next_deadline(numbers).is_some_and(|due| due <= sink.now) {
            self.let_go(sink);
        }
        self.end(numbers, sink);
        let readers = self.subscribers();
        self.loose.tell(numbers, &readers, sink);
        for mut waiting in core::mem::take(&mut self.waiting) {
            let Waiting { kept, told } = &waiting;
            let asked = *told || kept.learnt < sink.now;
            let skew = if *told { facts::Span::ZERO } else { numbers.skew };
            let ahead = is_ahead(kept.at, sink.reached, skew);
            if asked && (!ahead || kept.fact.has_happened()) {
                let event = Event { counts: ahead.then_some(sink.reached), ..kept.event() };
                sink.count(Outcome::FromPending);
                sink.count(Outcome::Processed);
                readers.iter().for_each(|reader| sink.journal(reader, event.clone()));
                self.events.take(&event, sink.now);
                continue;
            }
            if asked && !told {
                waiting.told = true;
                let event = waiting.told(sink);
                readers.iter().for_each(|reader| sink.journal(reader, event.clone()));
            }
            self.waiting.push(waiting);
        }
    }

    /// A closed or departed shipment stays on record; one that dropped out does not. A permit keeps all of them: its
    /// ledger says until when each of them had reserved it.
    fn uncite(&mut self, shipment: &ShipmentId, kind: SubjectKind) {
        let Some(reader) = self.shipments.get_mut(shipment) else { return };
        reader.cites = false;
        if kind == SubjectKind::Permit {
            return;
        }
        let counts = |fact: &Fact| {
            matches!(fact, Fact::Shipment(ShipmentFact::Closed(_) | ShipmentFact::Departed(_)))
        };
        if !reader.events.all().iter().any(|kept| counts(&kept.fact)) {
            reader.events.clear();
        }
    }

    /// A shipment was put away. A permit keeps of it what it used, and an order its facts, while others belong to it.
    fn put_away(&mut self, shipment: &ShipmentId, me: &Subject) {
        match me.kind {
            SubjectKind::Permit => {
                let settled = permit::settled(self, shipment, &me.id);
                let reader = Subscriber { settled, ..Subscriber::default() };
                self.shipments.insert(shipment.clone(), reader);
            }
            // What it reported of the dose stays true.
            SubjectKind::Order => {
                self.shipments
                    .get_mut(shipment)
                    .into_iter()
                    .for_each(|reader| reader.cites = false);
            }
            _ => drop(self.shipments.remove(shipment)),
        }
    }

    /// When nothing has to do with it any more: it had shipments, all of them were put away, and nothing was heard of it for
    /// long since. A permit is kept while it is valid, and an order for as long as a dose that nobody has given.
    fn over_at(&self, kind: SubjectKind, numbers: &DispatchParameters) -> Option<Moment> {
        let silent = numbers.silent.as_ref()?;
        let live = self.shipments.is_empty() || self.shipments.values().any(|reader| reader.cites);
        if live || self.over || !matches!(kind, SubjectKind::Permit | SubjectKind::Order) {
            return None;
        }
        if kind == SubjectKind::Permit {
            return Some(self.heard.max(permit::valid_until(self))? + silent.put_away);
        }
        let mut kept = self.shipments.values().flat_map(|reader| reader.events.all());
        let given = kept.any(|kept| matches!(kept.fact, Fact::Shipment(ShipmentFact::Infused(_))));
        let after = if given { silent.put_away } else { numbers.put_away_dose };
        Some(self.heard? + after)
    }

    /// Ends when the time for that has come.
    fn end(&mut self, numbers: &DispatchParameters, sink: &RouteSink<'_>) {
        self.over |= self.over_at(sink.subject.kind, numbers).is_some_and(|at| at <= sink.now);
    }

    /// Whether nothing has to do with it any more.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Whether it is known what it is: it was described, granted, opened.
    pub(crate) fn is_known(&self) -> bool {
        let tells = |fact: &Fact| {
            matches!(
                fact,
                Fact::Party(PartyFact::Described(_))
                    | Fact::Permit(PermitFact::Granted(_))
                    | Fact::Order(OrderFact::OrderOpened(_))
            )
        };
        self.events.all().iter().any(|kept| tells(&kept.fact))
    }

    pub(crate) fn subscribers(&self) -> Vec<ShipmentId> {
        self.shipments.iter().filter(|(_, reader)| reader.cites).map(|(id, _)| id.clone()).collect()
    }
}

/// Whether what is said of it may be said again, and is told by what is new in it.
fn tells_by_words(kind: SubjectKind) -> bool {
    matches!(kind, SubjectKind::Party | SubjectKind::Shipper | SubjectKind::Permit)
}

/// So many bytes of words go into one record, as JSON: a quarter of what a record may be.
const TOGETHER: usize = 1 << 20;

/// Events about this step's subject in as few records as they fit into.
fn together(events: Vec<Event>, sink: &RouteSink<'_>) -> Vec<Event> {
    let (mut all, mut bytes): (Vec<Vec<Word>>, usize) = (Vec::new(), usize::MAX);
    for Event { source, id, at, counts, fact, .. } in events {
        let word = Word { source, id, at, counts, fact };
        let length = serde_json::to_vec(&word).map_or(0, |json| json.len());
        if bytes.saturating_add(length) > TOGETHER {
            (bytes, _) = (0, all.push(Vec::new()));
        }
        bytes += length;
        all.last_mut().into_iter().for_each(|last| last.push(word.clone()));
    }
    let one = |(n, words)| {
        let event =
            sink.own(sink.now, Fact::System(SystemFact::Words(facts::fact::log::Words { words })));
        Event { id: ShortText::new(format!("{}:{n}", event.id)), ..event }
    };
    (0..).zip(all).map(one).collect()
}

impl Waiting {
    /// That a start is dated ahead, so that nobody knows whether it has been.
    fn told(&self, sink: &RouteSink<'_>) -> Event {
        let event = self.kept.event();
        sink.beside(
            &event,
            sink.now,
            Fact::System(SystemFact::StartAhead(StartAhead { starts: event.at })),
        )
    }
}
