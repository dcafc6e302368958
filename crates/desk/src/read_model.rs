//! What the desk knows: a projection of three topics, kept in memory and made anew from the log at
//! each start.
//!
//! It is pure: no clock, no input or output. It refuses to judge: what is wrong was said by the engines,
//! and where they said nothing the answer is "not known", never "fine".

mod assessment;
mod hands;
mod list;
mod live;
mod milestone;
mod papers;
mod parties;
mod position;
mod put_away;
mod queries;
mod search;
mod series;
mod shipment_record;
mod stages;
mod timeline;
mod watch;

pub use assessment::{Assessment, TemperatureStatus, assess, temperature_status};
pub use hands::{Hand, hands};
pub(crate) use list::STATES;
pub use list::Which;
pub use list::{Choice, Filter, IncidentCounts};
pub use milestone::{NextMilestone, next};
pub use papers::{Paper, papers};
pub use parties::{Part, parts};
pub use position::{ListPage, ListPosition};
pub use put_away::Gone;
pub use series::{Point, Series};
pub use shipment_record::{ProbeName, ShipmentRecord};
pub(crate) use shipment_record::{is_open, is_taken_back};
pub use stages::Silence;
pub use timeline::{TimelineLine, TimelineLines};
pub use watch::{Freshness, StageStatus, TOPICS, TopicReader, Trust, WatchedStage};

use alerts::Incident;
use facts::fact::log::RulebookPublished;
use facts::fact::party::Described;
use facts::{
    Context, Event, Fact, Finding, MilliCelsius, Moment, PartyFact, PartyId, Profile, Registry,
    Rulebook, ShipmentId, ShortText, SystemFact,
};
use std::collections::BTreeMap;
use watch::StageWatch;

/// Lines that a temperature chart shows for a profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShownLimits {
    /// Colder is out of range.
    pub lower: Option<MilliCelsius>,
    /// Warmer is out of range.
    pub upper: Option<MilliCelsius>,
    /// Steps above which the goods may be only so long.
    pub steps: Vec<MilliCelsius>,
}

/// All shipments, their incidents, and how current that is.
#[derive(Debug)]
pub struct ReadModel {
    shipments: BTreeMap<ShipmentId, ShipmentRecord>,
    parties: BTreeMap<PartyId, Described>,
    limits: BTreeMap<ShortText, ShownLimits>,
    /// What was put away.
    gone: BTreeMap<ShipmentId, Gone>,
    /// What is no shipment: the partitions of the log, by the names that incidents of stages have.
    stages: BTreeMap<ShipmentId, ShipmentRecord>,
    watch: StageWatch,
    /// Which engines there are, and what each rule says of itself.
    rules: Registry,
}

impl ReadModel {
    /// An empty one, of a log whose topics have so many partitions: one that was never heard of is
    /// not taken for a fresh one. `rules` says what a page shows of a finding, and whether it is of a shipment; of a rule that it does
    /// not have, because a newer release wrote the log, a finding is told on its shipment and shown nowhere else.
    pub fn new(partitions: u16, rules: Registry) -> Self {
        Self {
            shipments: BTreeMap::new(),
            parties: BTreeMap::new(),
            limits: BTreeMap::new(),
            gone: BTreeMap::new(),
            stages: BTreeMap::new(),
            watch: StageWatch::new(partitions, rules.engines()),
            rules,
        }
    }

    /// A fact of the journal. The same one may come twice.
    pub fn fact(&mut self, shipment: &ShipmentId, partition: u16, offset: u64, event: &Event) {
        if let Some(several) = event.several() {
            return several.iter().for_each(|event| self.fact(shipment, partition, offset, event));
        }
        // What was on its way when a shipment was put away.
        let late = !self.shipments.contains_key(shipment);
        if late && self.is_gone(shipment) {
            return;
        }
        match &event.fact {
            Fact::System(
                SystemFact::Tick(_)
                | SystemFact::BehaviourSwitched(_)
                | SystemFact::Subscribed(_)
                | SystemFact::Unsubscribed(_),
            ) => {}
            Fact::System(SystemFact::RulebookPublished(published)) => self.rulebook(published),
            Fact::System(SystemFact::PutAway(away)) => self.put_away(away, event.at),
            Fact::Party(PartyFact::Described(described)) => {
                let party = PartyId::new(&*event.subject.id);
                self.parties.insert(party, described.clone());
            }
            _ => {
                // Ticks and facts of one partition come in one order, so this is when it was learnt.
                let learnt = self.watch.heard("dispatch", partition);
                self.record(shipment).fact(partition, offset, event, learnt);
            }
        }
    }

    /// What an engine, or `alerts`, says is wrong. The latest state of a finding replaces the one before it.
    pub fn finding(&mut self, finding: &Finding) {
        match stages::is_stage(self.rules, &finding.name) {
            // It speaks of a partition, not of a shipment.
            true => self.stages.entry(finding.shipment.clone()).or_default().finding(finding),
            false => self.record(&finding.shipment).finding(finding),
        }
    }

    /// What an engine says beside its findings.
    pub fn context(&mut self, shipment: &ShipmentId, context: &Context) {
        match context {
            Context::PutAway(engine) => self.last_word(shipment, engine),
            _ => self.record(shipment).context(context),
        }
    }

    /// An incident as it is now.
    pub fn incident(&mut self, incident: &Incident) {
        if !stages::is_of_stages(self.rules, incident) {
            let before = self.stages.get_mut(&incident.shipment);
            before.into_iter().for_each(|d| drop(d.incidents.remove(&incident.number)));
        }
        self.record_of(incident).incident(incident);
        if incident.is_closed() {
            self.clear(&incident.shipment);
        }
    }

    /// The same, with the event of the alerts topic that tells it: what the feed begins with.
    pub fn told(&mut self, incident: &Incident, event: &str) {
        self.record_of(incident).told(incident, event);
        self.incident(incident);
    }

    fn record_of(&mut self, incident: &Incident) -> &mut ShipmentRecord {
        match stages::is_of_stages(self.rules, incident) {
            true => self.stages.entry(incident.shipment.clone()).or_default(),
            false => self.record(&incident.shipment),
        }
    }

    /// A stage's clock was seen to strike; stages that this release does not have are left alone.
    pub fn beat(&mut self, stage: &str, partition: u16, log_time: Moment) {
        self.watch.beat(stage, partition, log_time);
    }

    /// The desk has read a partition of one of [`TOPICS`] up to `position`, and its end is `end`.
    pub fn progress(&mut self, topic: &str, partition: u16, position: u64, end: u64) {
        self.watch.progress(topic, partition, position, end);
    }

    /// Since when the log does not say any more where one of [`TOPICS`] ends, or that it does again: what is not answered is
    /// not current.
    pub fn unanswered(&mut self, topic: &str, since: Option<Moment>) {
        self.watch.unanswered(topic, since);
    }

    /// The limits of a profile, where the caller knows them otherwise than from a rulebook in the log.
    pub fn limits(
        &mut self,
        profile: &str,
        lower: Option<MilliCelsius>,
        upper: Option<MilliCelsius>,
    ) {
        self.limits
            .insert(ShortText::new(profile), ShownLimits { lower, upper, steps: Vec::new() });
    }

    /// The limits of every profile of a rulebook that came into force. One that cannot be read changes
    /// nothing: charts then lack lines, verdicts are the engines'.
    pub fn rulebook(&mut self, published: &RulebookPublished) {
        let Ok(mut book) = Rulebook::read(&published.book) else { return };
        let Some(profiles) = book.tables.remove("profile") else { return };
        let profiles: BTreeMap<ShortText, Profile> = match serde_json::from_value(profiles) {
            Ok(profiles) => profiles,
            Err(_) => return,
        };
        for (name, profile) in profiles {
            let steps = profile.steps.iter().map(|step| step.above).collect();
            let limits = ShownLimits { lower: profile.lower, upper: profile.upper, steps };
            self.limits.insert(name, limits);
        }
    }

    /// All that is known of a shipment.
    pub fn shipment(&self, shipment: &ShipmentId) -> Option<&ShipmentRecord> {
        self.shipments.get(shipment)
    }

    /// Every shipment, in the order of their names.
    pub fn shipments(&self) -> impl Iterator<Item = (&ShipmentId, &ShipmentRecord)> {
        self.shipments.iter()
    }

    /// The limits of a shipment's profile.
    pub fn limits_of(&self, record: &ShipmentRecord) -> Option<&ShownLimits> {
        self.limits.get(&record.plan()?.profile)
    }

    /// What is known of a party: its name, and the telephone that is answered at any hour.
    pub fn party(&self, party: &PartyId) -> Option<&Described> {
        self.parties.get(party)
    }

    /// How far the desk has read each partition of one of [`TOPICS`], and its end.
    pub fn read<'a>(&'a self, topic: &'a str) -> impl Iterator<Item = (u16, u64, u64)> + use<'a> {
        self.watch.read(topic)
    }

    /// How far `alerts` was read in every partition: what comes behind is not on the board yet, and what stands
    /// before it is. `None` while reading has not begun in one.
    pub fn position(&self) -> Option<Vec<u64>> {
        let read: Vec<u64> = self.read("alerts").map(|(_, position, _)| position).collect();
        (read.len() == usize::from(self.watch.partitions())).then_some(read)
    }

    /// The log time of each partition of a stage, as it was last heard.
    pub fn heard<'a>(&'a self, stage: &str) -> impl Iterator<Item = (u16, Moment)> + use<'a> {
        self.watch.beats(stage)
    }

    /// The names of the stages, in the order in which data pass through them.
    pub fn stage_names(&self) -> &[&'static str] {
        self.watch.stages()
    }

    /// How current all this is at `now`.
    pub fn trust(&self, now: Moment, freshness: &Freshness) -> Trust {
        self.watch.trust(now, freshness)
    }

    /// Loggers of live shipments from which nothing comes.
    pub fn silent(&self) -> Vec<(&ShipmentId, ProbeName, Moment)> {
        let live = self.shipments.iter().filter(|(_, record)| record.over().is_none());
        let probes = |(id, record): (_, &ShipmentRecord)| {
            record.silent().into_iter().map(move |(probe, since)| (id, probe, since))
        };
        live.flat_map(probes).collect()
    }

    fn record(&mut self, shipment: &ShipmentId) -> &mut ShipmentRecord {
        self.shipments.entry(shipment.clone()).or_insert_with(|| ShipmentRecord::new(self.rules))
    }
}
