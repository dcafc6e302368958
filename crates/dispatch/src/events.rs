//! Facts kept whole, in the order in which they were learnt, and how a repetition is recognised.

use crate::rules::DispatchParameters;
use crate::sink::OURS;
use alloc::collections::BTreeMap;
use alloc::{format, string::String, vec::Vec};
use facts::fact::log::Corrected;
use facts::timeline::{Sequence, sequence};
use facts::{
    Corrections, DeviceFact, Event, Fact, Identity, Moment, OrderFact, PartyFact, ShipmentFact,
    ShortText, Subject, SubjectKind, TimelineEntry,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What an outside event is against those that came before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duplicate {
    /// Not seen before.
    New,
    /// The same again: the same report, or the same moment and content under another name.
    Same,
    /// The same name with other content.
    Other,
}

/// A second report under a name that is taken, as it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Other {
    /// The next one is told, too.
    OneOfSeveral,
    /// Further ones are not told.
    Last,
}

/// An outside event, looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Admitted {
    pub(crate) duplicate: Duplicate,
    /// What is declared wrong together with it.
    pub(crate) also: Vec<Event>,
    /// Whether a report that came under several names is declared wrong under one of them and not under another.
    pub(crate) doubt: bool,
}

/// The outside events of one subject.
///
/// Who gets no answer sends the same again under a new id. Such a retry says the same of the same moment, and so it
/// is one report with several names: it is passed on once, and whoever declares one of its names wrong declares
/// the report wrong. Which name came first, and whether the correction came before or behind them, changes nothing.
/// A correction is a report as any other: whoever declares it wrong takes it back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DuplicateFilter {
    /// Contents by name: 16 bytes each.
    names: BTreeMap<u64, u64>,
    /// Under which name each content was passed on.
    contents: BTreeMap<u64, Named>,
    /// Contents of corrections by name: the same record may be corrected again, so each is known by its moment, too.
    corrections: BTreeMap<u64, u64>,
    /// Names that were declared wrong, whether or not they have come.
    wrong: Corrections<u64>,
    /// What we declared wrong ourselves because of a correction, by that one's name.
    ours: Vec<(u64, Named)>,
    /// How many came under a name that was taken, with other content, and since when that is counted.
    others: (u32, Option<Moment>),
}

/// What an outside event is called by its reporter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Named {
    source: ShortText,
    id: ShortText,
}

impl DuplicateFilter {
    pub(crate) fn admit(&mut self, event: &Event) -> Admitted {
        let (name, content) = (name(event), content(event));
        if let Some(before) = self.names.get(&name) {
            let copy = if *before == content { Duplicate::Same } else { Duplicate::Other };
            return Admitted { duplicate: copy, also: Vec::new(), doubt: false };
        }
        self.names.insert(name, content);
        if correction(&event.fact).is_some() {
            self.corrections.insert(plain_name(&event.source, &event.id), content);
        }
        if let Some(first) = self.contents.get(&content).cloned() {
            let also = self.retried(event, &first);
            return Admitted { duplicate: Duplicate::Same, also, doubt: self.is_doubtful(content) };
        }
        self.contents.insert(content, Named::of(event));
        let also = self.correct(event);
        let named = corrected(event).and_then(|wrong| self.names.get(&wrong));
        let doubt = named.is_some_and(|content| self.is_doubtful(*content));
        Admitted { duplicate: Duplicate::New, also, doubt }
    }

    /// Knows the report of this name no longer: if it comes again it is new.
    pub(crate) fn forget(&mut self, source: &str, id: &str) {
        if let Some(content) = self.names.remove(&plain_name(source, id)) {
            self.contents.remove(&content);
            self.names.retain(|_, known| *known != content);
        }
    }

    /// Which other copy the last one was; `None` where so many have been told that one more tells nothing.
    pub(crate) fn other_copy(
        &mut self,
        numbers: &DispatchParameters,
        now: Moment,
    ) -> Option<Other> {
        let Some(flood) = &numbers.flood else { return Some(Other::OneOfSeveral) };
        let (count, since) = &mut self.others;
        if since.is_none_or(|since| since + flood.told_again <= now) {
            (*count, *since) = (0, Some(now));
        }
        *count += 1;
        let most = flood.at_once;
        match *count {
            n if n < most => Some(Other::OneOfSeveral),
            n if n == most => Some(Other::Last),
            _ => None,
        }
    }

    /// Whether an event of this name has come.
    pub(crate) fn has_come(&self, source: &str, id: &str) -> bool {
        self.content_of(plain_name(source, id)).is_some()
    }

    fn content_of(&self, name: u64) -> Option<&u64> {
        self.names.get(&name).or_else(|| self.corrections.get(&name))
    }

    /// Whether some names of this content count as wrong, and others do not.
    fn is_doubtful(&self, content: u64) -> bool {
        if self.wrong.is_empty() {
            return false;
        }
        let names =
            || self.names.iter().filter(|(_, said)| **said == content).map(|(name, _)| *name);
        names().any(|name| self.wrong.is_wrong(name))
            && names().any(|name| !self.wrong.is_wrong(name))
    }

    /// A report came again under another name, and that one had been declared wrong.
    fn retried(&mut self, event: &Event, first: &Named) -> Vec<Event> {
        let against = self.wrong.against(plain_name(&event.source, &event.id));
        let Some(by) = against else { return Vec::new() };
        let mut also = self.because_of(event, &[first.name()]);
        also.extend(declared_wrong(event, first));
        self.note(&also, by);
        also
    }

    /// Where this declares one name of a report wrong and the report was passed on under another one: the same
    /// declaration about that one. Where it takes back a correction: the same about what we said because of that one.
    fn correct(&mut self, event: &Event) -> Vec<Event> {
        let Some(wrong) = corrected(event) else { return Vec::new() };
        let by = plain_name(&event.source, &event.id);
        self.wrong.take(by, wrong);
        let first = self.content_of(wrong).and_then(|content| self.contents.get(content));
        let first_name = first.map_or(wrong, Named::name);
        let mut also = self.because_of(event, &[wrong, first_name]);
        let other = first.filter(|_| first_name != wrong && !self.wrong.is_wrong(by));
        also.extend(other.and_then(|first| declared_wrong(event, first)));
        self.note(&also, by);
        also
    }

    /// What we declared wrong because of these corrections is declared wrong in turn.
    fn because_of(&self, event: &Event, corrections: &[u64]) -> Vec<Event> {
        let ours = self.ours.iter().filter(|(because, _)| corrections.contains(because));
        ours.filter_map(|(_, ours)| declared_wrong(event, ours)).collect()
    }

    /// Remembers what we declare wrong ourselves, so that it can be taken back, too.
    fn note(&mut self, also: &[Event], because: u64) {
        for also in also {
            self.ours.push((because, Named::of(also)));
            // Of a correction with several names the one that was passed on is taken back.
            let wrong = corrected(also).filter(|wrong| self.corrections.contains_key(wrong));
            if let Some(wrong) = wrong {
                self.wrong.take(plain_name(&also.source, &also.id), wrong);
            }
        }
    }
}

impl Named {
    fn of(event: &Event) -> Self {
        Self { source: event.source.clone(), id: event.id.clone() }
    }
    fn name(&self) -> u64 {
        plain_name(&self.source, &self.id)
    }
}

/// The name that this declares wrong.
fn corrected(event: &Event) -> Option<u64> {
    match &event.fact {
        Fact::Shipment(ShipmentFact::ShipmentCorrected(c))
        | Fact::Order(OrderFact::OrderCorrected(c))
        | Fact::Device(DeviceFact::DeviceCorrected(c)) => Some(plain_name(&c.source, &c.id)),
        _ => None,
    }
}

/// A statement of our own that the report of this name is wrong; `because` is the correction that says so of
/// another name of it, or the report under that name.
fn declared_wrong(because: &Event, first: &Named) -> Option<Event> {
    let mut corrected = match &because.fact {
        Fact::Shipment(ShipmentFact::ShipmentCorrected(c))
        | Fact::Order(OrderFact::OrderCorrected(c))
        | Fact::Device(DeviceFact::DeviceCorrected(c)) => c.clone(),
        _ => Corrected {
            source: ShortText::default(),
            id: ShortText::default(),
            reason: ShortText::new(format!("the same report was declared wrong as {}", because.id)),
            replaced_by: None,
        },
    };
    (corrected.source, corrected.id) = (first.source.clone(), first.id.clone());
    let fact = match because.subject.kind {
        SubjectKind::Shipment => Fact::Shipment(ShipmentFact::ShipmentCorrected(corrected)),
        SubjectKind::Order => Fact::Order(OrderFact::OrderCorrected(corrected)),
        SubjectKind::Device => Fact::Device(DeviceFact::DeviceCorrected(corrected)),
        _ => return None,
    };
    let id = ShortText::new(format!("{}: also {}", because.id, first.id));
    Some(Event { source: ShortText::new(OURS), id, fact, ..because.clone() })
}

fn first(hash: Sha256) -> u64 {
    let bytes: [u8; 32] = hash.finalize().into();
    bytes.iter().take(8).fold(0, |n, b| n << 8 | u64::from(*b))
}

/// Source and id; of a correction also when it was declared: the same record may be corrected again.
fn name(event: &Event) -> u64 {
    if correction(&event.fact).is_none() {
        return plain_name(&event.source, &event.id);
    }
    let mut hash = named(&event.source, &event.id);
    hash.update(event.at.millis().to_be_bytes());
    first(hash)
}

fn plain_name(source: &str, id: &str) -> u64 {
    first(named(source, id))
}

fn named(source: &str, id: &str) -> Sha256 {
    let mut hash = Sha256::new_with_prefix(source.as_bytes());
    hash.update([0]);
    hash.update(id.as_bytes());
    hash
}

/// The moment and what is said of it. A list of units is the same in every order and every spelling of them.
fn content(event: &Event) -> u64 {
    let mut hash = Sha256::new_with_prefix(event.at.millis().to_be_bytes());
    let mut said = serde_json::to_value(&event.fact).unwrap_or_default();
    for data in said.as_object_mut().into_iter().flat_map(|fact| fact.values_mut()) {
        if let Some(units) = data.get_mut("units").and_then(Value::as_array_mut) {
            let mut plain: Vec<String> =
                units.iter().filter_map(Value::as_str).map(facts::spelling::plain).collect();
            plain.sort();
            *units = plain.into_iter().map(Value::from).collect();
        }
    }
    hash.update(serde_json::to_vec(&said).unwrap_or_default());
    first(hash)
}

/// What a fact declares wrong, if it does.
pub(crate) fn correction(fact: &Fact) -> Option<Identity> {
    match fact {
        Fact::Shipment(ShipmentFact::ShipmentCorrected(c))
        | Fact::Order(OrderFact::OrderCorrected(c))
        | Fact::Device(DeviceFact::DeviceCorrected(c)) => Some(Identity::of(&c.source, &c.id)),
        _ => None,
    }
}

/// One event, kept so that it can be passed on later as it was reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredEvent {
    pub(crate) source: ShortText,
    pub(crate) id: ShortText,
    pub(crate) subject: Subject,
    pub(crate) at: Moment,
    /// The moment that counts instead, where it is another one.
    pub(crate) counts: Option<Moment>,
    /// When it was learnt, by log time.
    pub(crate) learnt: Moment,
    #[serde(with = "facts::as_json")]
    pub(crate) fact: Fact,
}

impl StoredEvent {
    pub(crate) fn new(event: &Event, learnt: Moment) -> Self {
        let Event { source, id, subject, at, counts, hidden: _, fact } = event.clone();
        Self { source, id, subject, at, counts, learnt, fact }
    }
    pub(crate) fn event(&self) -> Event {
        let Self { source, id, subject, at, counts, fact, .. } = self.clone();
        Event { source, id, subject, at, counts, hidden: None, fact }
    }
    /// By what facts are ordered, whatever the order of their arrival.
    pub(crate) fn sequence(&self) -> Sequence {
        sequence(self.moment(), &self.fact, self.identity())
    }
    /// What it is recognised by.
    pub(crate) fn identity(&self) -> Identity {
        Identity::of(&self.source, &self.id)
    }
    /// The moment that counts.
    pub(crate) fn moment(&self) -> Moment {
        self.counts.unwrap_or(self.at)
    }
    /// Whether it says who a party is.
    pub(crate) fn describes(&self) -> bool {
        matches!(self.fact, Fact::Party(PartyFact::Described(_)))
    }
    /// As the timeline takes it.
    pub(crate) fn entry(&self) -> TimelineEntry<'_> {
        let Self { subject, learnt, counts, fact, .. } = self;
        let (at, learnt, identity) = (self.moment(), *learnt, self.identity());
        TimelineEntry { offset: 0, at, ahead: counts.is_some(), learnt, identity, subject, fact }
    }
}

/// Facts in the order in which they were learnt, without those that count as wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EventStore {
    kept: Vec<StoredEvent>,
    /// What counts as wrong. It counts again when the correction that names it is declared wrong.
    aside: Vec<StoredEvent>,
    corrections: Corrections<Identity>,
}

impl EventStore {
    /// Takes a fact in; `false` if it counts as wrong already.
    pub(crate) fn take(&mut self, event: &Event, learnt: Moment) -> bool {
        if let Some(wrong) = correction(&event.fact) {
            self.corrections.take(event.identity(), wrong);
            self.sort_out();
            return true;
        }
        let kept = StoredEvent::new(event, learnt);
        if self.corrections.is_wrong(event.identity()) {
            self.aside.push(kept);
            return false;
        }
        self.kept.push(kept);
        true
    }
    /// Puts aside what counts as wrong by now, and takes back what counts again, in the order in which it was learnt.
    fn sort_out(&mut self) {
        let corrections = &self.corrections;
        let wrong = |kept: &mut StoredEvent| corrections.is_wrong(kept.identity());
        let gone: Vec<StoredEvent> = self.kept.extract_if(.., wrong).collect();
        for kept in self.aside.extract_if(.., |kept| !wrong(kept)) {
            let place = self.kept.partition_point(|known| known.learnt <= kept.learnt);
            self.kept.insert(place, kept);
        }
        self.aside.extend(gone);
    }
    /// Whether an event of this name counts as wrong, whether or not it has come.
    pub(crate) fn is_wrong(&self, identity: Identity) -> bool {
        self.corrections.is_wrong(identity)
    }
    /// Whether it stands already.
    pub(crate) fn has(&self, identity: Identity) -> bool {
        self.kept.iter().any(|kept| kept.identity() == identity)
    }
    /// Everything that stands.
    pub(crate) fn all(&self) -> &[StoredEvent] {
        &self.kept
    }
    /// Keeps nothing any more.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
