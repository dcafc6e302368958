//! What several shipments look at: a permit, an order, a party. Keeps its own facts and what its
//! shipments reported, sends both to every shipment that cites it, and whatever is derived from them.

use crate::ahead::{NEXT_STROKE, is_ahead};
use crate::dispatch::is_outside;
use crate::kept::{Copy, File, Kept, Known, Looked};
use crate::loose::Loose;
use crate::mail::Mail;
use crate::passed::Fate;
use crate::permit;
use crate::rules::Numbers;
use crate::words::Words;
use alloc::{collections::BTreeMap, format, string::String, vec::Vec};
use facts::fact::log::{Cited, Word};
use facts::fact::order::StartAhead;
use facts::fact::permit::{Ledger, Use};
use facts::{
    Event, Fact, Moment, OrderFact, PartyFact, PermitFact, ShipmentFact, ShipmentId, ShortText,
    Subject, SubjectKind, SystemFact,
};
use serde::{Deserialize, Serialize};

/// What dispatch knows of it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Shared {
    known: Known,
    pub(crate) file: File,
    pub(crate) shipments: BTreeMap<ShipmentId, Reader>,
    /// Who the parties are that took something in for an order, as its shipments heard it.
    pub(crate) parties: File,
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
    kept: Kept,
    /// Whether a stroke has come since, and it was told that it is ahead.
    told: bool,
}

/// A shipment that cites it, or did.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Reader {
    pub(crate) cites: bool,
    /// It asks who a party is, and hears that in dispatch, too.
    asked: bool,
    pub(crate) file: File,
    /// Of a permit: what a shipment that was put away had used.
    pub(crate) settled: Vec<Use>,
}

/// What is derived of its facts and its shipments'.
type Derive = fn(&Shared, &str) -> Option<Fact>;

impl Shared {
    pub(crate) fn hear(
        &mut self,
        numbers: &Numbers,
        event: &Event,
        mail: &mut Mail<'_>,
        derive: Derive,
    ) {
        // That a shipment is forgotten is no word of it.
        if !matches!(event.fact, Fact::System(SystemFact::PutAway(_))) {
            self.heard = Some(mail.now);
        }
        // Who comes hears what is derived, and who goes hears it once more: what it is to know from then on.
        let mut mover = None;
        match &event.fact {
            Fact::System(SystemFact::Cited(cited)) if self.asks(cited, mail.subject.kind) => {
                let shipment = Subject::from(&cited.by);
                self.let_go(mail);
                let repeated = self.words.repeated();
                let said = |kept: &Kept| kept.describes() && !repeated.contains(&kept.identity());
                self.events(said).into_iter().for_each(|event| mail.send_state(&shipment, event));
                return;
            }
            Fact::System(SystemFact::Cited(cited)) => {
                // What came in a flood goes to all others first. All its facts follow, also those that it told when it was
                // cited before.
                self.let_go(mail);
                let reader = Reader { cites: true, ..Reader::default() };
                self.shipments.insert(cited.by.clone(), reader);
                let repeated = self.words.repeated();
                let all = self.events(|kept| !repeated.contains(&kept.identity()));
                let many = numbers.flood.as_ref().is_some_and(|f| all.len() > f.at_once as usize);
                let all = if many { together(all, mail) } else { all };
                all.into_iter().for_each(|event| mail.journal(&cited.by, event));
                for waiting in self.waiting.iter().filter(|waiting| waiting.told) {
                    let event = waiting.told(mail);
                    mail.journal(&cited.by, event);
                }
                self.loose.tell(numbers, &self.readers(), mail);
                mover = Some(cited.by.clone());
            }
            Fact::System(SystemFact::PutAway(away)) => {
                self.put_away(&away.shipment, mail.subject);
                self.end(numbers, mail);
            }
            Fact::System(SystemFact::Uncited(uncited)) => {
                self.uncite(&uncited.by, mail.subject.kind);
                mover = Some(uncited.by.clone());
            }
            _ if is_outside(event, mail.subject) => {
                if !self.own(numbers, event, mail) {
                    return;
                }
            }
            Fact::Party(PartyFact::Described(_)) => {
                if self.parties.has(event.identity()) {
                    return;
                }
                self.parties.take(event, mail.now);
            }
            _ => {
                let Some(shipment) = event.subject.shipment() else { return };
                let Some(reader) = self.shipments.get_mut(&shipment) else { return };
                reader.file.take(event, mail.now);
            }
        }
        let Some(fact) = derive(self, &mail.subject.id) else { return };
        let json = serde_json::to_string(&fact).unwrap_or_default();
        let readers = if json == self.derived { Vec::new() } else { self.readers() };
        self.derived = json;
        let mover = mover.filter(|mover| !readers.contains(mover));
        let last = mover.map(|mover| (self.last_word(&mover, &fact), mover));
        for reader in readers {
            let event = mail.own(mail.now, fact.clone());
            mail.journal(&reader, event);
        }
        if let Some((word, mover)) = last {
            let event = mail.own(mail.now, word);
            mail.journal(&mover, event);
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
    fn own(&mut self, numbers: &Numbers, event: &Event, mail: &mut Mail<'_>) -> bool {
        let Looked { copy, also, doubt } = self.known.admit(event);
        let is_new = copy == Copy::New;
        self.loose.hear(event, is_new, |source, id| self.known.has_come(source, id), mail);
        let start = matches!(event.fact, Fact::Order(OrderFact::ConditioningStarted(_)));
        let waits = start || event.fact.has_happened();
        if copy == Copy::New && waits && is_ahead(event.at, mail.now, numbers.skew) {
            self.waiting.push(Waiting { kept: Kept::new(event, mail.now), told: false });
            mail.count(Fate::Held);
            return false;
        }
        mail.count(if copy == Copy::New { Fate::Judged } else { Fate::Duplicate });
        if copy == Copy::Other {
            let other = self.known.other_copy(numbers, mail.now);
            self.readers().iter().for_each(|reader| mail.conflicting(reader, event, other));
        }
        if doubt {
            self.readers().iter().for_each(|reader| mail.declared_wrong(reader, event));
        }
        let new = Some(event).filter(|_| copy == Copy::New);
        let mut taken = false;
        if numbers.flood.is_some() && tells_by_words(mail.subject.kind) {
            let kept = new.map(|event| Kept::new(event, mail.now));
            let news = kept.map(|kept| self.words.take(&kept)).unwrap_or_default();
            taken = new.is_some_and(|event| self.file.take(event, mail.now));
            let at_once = self.words.pass(news, mail.now, numbers);
            let (own, others): (Vec<_>, Vec<_>) =
                at_once.into_iter().partition(|word| *word == event.identity());
            if !own.is_empty() {
                self.tell(event, mail);
            }
            if !others.is_empty() {
                let others = self.events(|kept| others.contains(&kept.identity()));
                others.iter().for_each(|event| self.tell(event, mail));
            }
            return taken;
        }
        for event in new.into_iter().chain(&also) {
            self.tell(event, mail);
            taken |= self.file.take(event, mail.now);
        }
        taken
    }

    /// A fact of its own, to everybody who cites it.
    fn tell(&self, event: &Event, mail: &mut Mail<'_>) {
        self.readers().iter().for_each(|reader| mail.journal(reader, event.clone()));
        self.describe(event, mail);
    }

    /// Some of its own facts, as they were reported.
    fn events(&self, which: impl Fn(&Kept) -> bool) -> Vec<Event> {
        self.file.all().iter().filter(|kept| which(kept)).map(Kept::event).collect()
    }

    /// What came in a flood is told together.
    fn let_go(&mut self, mail: &mut Mail<'_>) {
        let waiting = self.words.let_go(mail.now);
        let events = self.events(|kept| waiting.contains(&kept.identity()));
        for several in together(events, mail) {
            self.tell(&several, mail);
        }
    }

    /// A shipment that cites a party and says so once more asks who that is.
    fn asks(&mut self, cited: &Cited, kind: SubjectKind) -> bool {
        let reader = self.shipments.get_mut(&cited.by).filter(|reader| reader.cites);
        let Some(reader) = reader.filter(|_| kind == SubjectKind::Party) else { return false };
        reader.asked = true;
        true
    }

    /// A shipment that has asked who a party is hears it in dispatch, too.
    fn describe(&self, event: &Event, mail: &mut Mail<'_>) {
        if !matches!(
            event.fact,
            Fact::Party(PartyFact::Described(_)) | Fact::System(SystemFact::Words(_))
        ) {
            return;
        }
        let asked = |reader: &Reader| reader.cites && reader.asked;
        for (shipment, _) in self.shipments.iter().filter(|(_, reader)| asked(reader)) {
            mail.send_state(&Subject::from(shipment), event.clone());
        }
    }

    /// When what waits is told, or counts.
    pub(crate) fn due(&self, kind: SubjectKind, numbers: &Numbers) -> Option<Moment> {
        let due = |Waiting { kept, told }: &Waiting| match told {
            true => kept.at,
            false => kept.learnt + NEXT_STROKE,
        };
        let waiting = self.waiting.iter().map(due).chain(self.loose.due(numbers));
        waiting.chain(self.over_at(kind, numbers)).chain(self.words.due(numbers)).min()
    }

    pub(crate) fn strike(&mut self, numbers: &Numbers, mail: &mut Mail<'_>) {
        // Under a rulebook that knows no floods nothing waits.
        let at_once = numbers.flood.is_none();
        if at_once || self.words.due(numbers).is_some_and(|due| due <= mail.now) {
            self.let_go(mail);
        }
        self.end(numbers, mail);
        let readers = self.readers();
        self.loose.tell(numbers, &readers, mail);
        for mut waiting in core::mem::take(&mut self.waiting) {
            let Waiting { kept, told } = &waiting;
            let asked = *told || kept.learnt < mail.now;
            let skew = if *told { facts::Span::ZERO } else { numbers.skew };
            let ahead = is_ahead(kept.at, mail.reached, skew);
            if asked && (!ahead || kept.fact.has_happened()) {
                let event = Event { counts: ahead.then_some(mail.reached), ..kept.event() };
                mail.count(Fate::FromHeld);
                mail.count(Fate::Judged);
                readers.iter().for_each(|reader| mail.journal(reader, event.clone()));
                self.file.take(&event, mail.now);
                continue;
            }
            if asked && !told {
                waiting.told = true;
                let event = waiting.told(mail);
                readers.iter().for_each(|reader| mail.journal(reader, event.clone()));
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
        if !reader.file.all().iter().any(|kept| counts(&kept.fact)) {
            reader.file.clear();
        }
    }

    /// A shipment was put away. A permit keeps of it what it used, and an order its facts, while others belong to it.
    fn put_away(&mut self, shipment: &ShipmentId, me: &Subject) {
        match me.kind {
            SubjectKind::Permit => {
                let settled = permit::settled(self, shipment, &me.id);
                let reader = Reader { settled, ..Reader::default() };
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
    fn over_at(&self, kind: SubjectKind, numbers: &Numbers) -> Option<Moment> {
        let silent = numbers.silent.as_ref()?;
        let live = self.shipments.is_empty() || self.shipments.values().any(|reader| reader.cites);
        if live || self.over || !matches!(kind, SubjectKind::Permit | SubjectKind::Order) {
            return None;
        }
        if kind == SubjectKind::Permit {
            return Some(self.heard.max(permit::valid_until(self))? + silent.put_away);
        }
        let mut kept = self.shipments.values().flat_map(|reader| reader.file.all());
        let given = kept.any(|kept| matches!(kept.fact, Fact::Shipment(ShipmentFact::Infused(_))));
        let after = if given { silent.put_away } else { numbers.put_away_dose };
        Some(self.heard? + after)
    }

    /// Ends when the time for that has come.
    fn end(&mut self, numbers: &Numbers, mail: &Mail<'_>) {
        self.over |= self.over_at(mail.subject.kind, numbers).is_some_and(|at| at <= mail.now);
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
        self.file.all().iter().any(|kept| tells(&kept.fact))
    }

    pub(crate) fn readers(&self) -> Vec<ShipmentId> {
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
fn together(events: Vec<Event>, mail: &Mail<'_>) -> Vec<Event> {
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
            mail.own(mail.now, Fact::System(SystemFact::Words(facts::fact::log::Words { words })));
        Event { id: ShortText::new(format!("{}:{n}", event.id)), ..event }
    };
    (0..).zip(all).map(one).collect()
}

impl Waiting {
    /// That a start is dated ahead, so that nobody knows whether it has been.
    fn told(&self, mail: &Mail<'_>) -> Event {
        let event = self.kept.event();
        mail.beside(
            &event,
            mail.now,
            Fact::System(SystemFact::StartAhead(StartAhead { starts: event.at })),
        )
    }
}
