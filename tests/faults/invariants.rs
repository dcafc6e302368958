//! What must hold at the end of a seed, whatever went wrong on the way.
//!
//! Every partition of every service is folded again from its first record, by the same code and without a fault. What
//! that says must be what readers admit, byte for byte and in its order: so nothing is lost, nothing is told twice, nothing
//! has no cause, and nothing overtakes. What it is then must be the image that the service itself kept.

use crate::coverage::Coverage;
use crate::places::{Place, Refolded, topic_of};
use crate::releases::{NEXT, Release};
use crate::site::Site;
use crate::verdicts::{self, Verdict};
use alerts::incident::IncidentState;
use alerts::{ExceptionInput, Incident};
use coldwatch::services::{self, CommitMetadata, Service};
use coldwatch::supervisor::TICK_EVERY;
use facts::{Finding, Moment, Origin};
use fold::{Admission, DedupTable, Payload};
use pipeline::Topic;
use pipeline::bytes::{self, Alert};
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use stream::{Log, Record, Snapshots};

/// What stands at the end of a world.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Ending {
    pub(crate) verdicts: Vec<Verdict>,
    /// Shipment, number, state, latched, taken by, what was said, closed by.
    pub(crate) incidents: Vec<String>,
}

/// One output, as a reader sees it.
type Said = (Vec<u8>, Vec<u8>);
/// Who says it, and where it stands.
type Way = (String, String, u16, String, u16);

/// Looks at everything, and says what is wrong.
pub(crate) struct Look<'a> {
    site: &'a Site,
    pub(crate) wrong: Vec<String>,
    pub(crate) count: Coverage,
}

impl<'a> Look<'a> {
    pub(crate) fn at(site: &'a Site) -> Self {
        Self { site, wrong: site.network.all().broken.clone(), count: Coverage::default() }
    }

    fn says(&mut self, invariant: &str, what: impl std::fmt::Display) {
        self.wrong.push(format!("{invariant}: {what}"));
    }

    /// All of it; the services have stopped in order.
    pub(crate) fn everything(&mut self) {
        let admitted = self.admitted();
        let mut expected: BTreeMap<Way, Vec<Said>> = BTreeMap::new();
        for &service in services::all() {
            for partition in 0..self.site.names.partitions {
                self.partition(service, partition, &mut expected);
            }
        }
        self.outputs(&admitted, &expected);
        self.accounts();
        self.strokes();
        self.rules();
        for journal in 0..self.site.names.partitions {
            let name = self.site.names.topic(Topic::Journal);
            let shipment = |record: &Record| record.key != b"log";
            self.count.idle += u64::from(!self.records(&name, journal).iter().any(shipment));
        }
    }

    pub(crate) fn records(&self, topic: &str, partition: u16) -> Vec<Record> {
        let memory = &self.site.network.memory;
        let end = memory.range(topic, partition).expect("it is there").end;
        let mut reader = memory.read(topic, &[(partition, 0)]).expect("it can be read");
        let mut records = Vec::new();
        while (records.len() as u64) < end {
            reader.poll(Duration::ZERO, &mut records).expect("it can be read");
        }
        records.into_iter().map(|(_, record)| record).collect()
    }

    /// Folds one partition again: what it says is put with the rest, what it is and what it counts is compared.
    fn partition(
        &mut self,
        service: Service,
        partition: u16,
        expected: &mut BTreeMap<Way, Vec<Said>>,
    ) {
        let topic = topic_of(service, &self.site.names);
        let records = self.records(&topic, partition);
        let place = format!("{} {partition}", service.name());
        let Refolded { new_records, image, note } =
            match self.site.stages(Release::Next).refold(service, partition, &records) {
                Ok(refolded) => refolded,
                Err(reason) => return self.says("refold", format!("{place}: {reason}")),
            };
        for new_record in new_records {
            let (origin, _) = links(&new_record.value);
            let way = way(origin.as_ref(), service, &new_record.topic, new_record.partition);
            expected
                .entry(way)
                .or_default()
                .push((new_record.key, without_link(service, new_record.value)));
        }
        let group = self.site.names.other(service.name());
        let points = self.site.network.memory.committed(&group, &topic).expect("it answers");
        let point = points.get(&partition).cloned().unwrap_or_default();
        if point.offset != records.len() as u64 {
            self.says("caught up", format!("{place} is at {} of {}", point.offset, records.len()));
        }
        // A partition of intake to which nobody has written has no commit.
        if point.note != note && !records.is_empty() {
            self.says("counts", format!("{place} notes {}, and a refold {note}", point.note));
        }
        let counted = CommitMetadata::read(&note);
        (self.count.repeated, self.count.unlinked) =
            (self.count.repeated + counted.repeated, self.count.unlinked + counted.unlinked);
        if (counted.unreadable, counted.faulted, counted.gaps) != (0, 0, 0) {
            self.says("clean", format!("{place}: {note}"));
        }
        if let Some(image) = image {
            self.image(service, partition, point.offset, &image);
        }
    }

    /// The newest snapshot at that place, which somebody has kept when all stopped.
    fn image(&mut self, service: Service, partition: u16, offset: u64, image: &[u8]) {
        let of = |place: &&Place| place.service == service;
        let mut kept = Vec::new();
        for place in self.site.places.iter().filter(of) {
            let snapshots = Snapshots::new(&place.folder);
            let forms = self.site.stages.iter().map(|stages| stages.form(service));
            kept.extend(forms.filter_map(|form| {
                let form = form ^ place.group.log_identity;
                let newest =
                    snapshots.latest(service.name(), partition, form, offset, &mut |_, _| {});
                newest.expect("the folder can be read")
            }));
        }
        kept.retain(|snapshot| snapshot.offset == offset);
        let place = format!("{} {partition} at {offset}", service.name());
        // One that began there has kept nothing newer, and its snapshot may have been damaged since.
        self.count.states += kept.len() as u64;
        if kept.iter().any(|snapshot| snapshot.state != image) {
            self.says("state", format!("{place} is not what a refold from the start gives"));
        }
    }

    /// What readers admit, by its source.
    fn admitted(&mut self) -> BTreeMap<Way, Vec<Said>> {
        let mut all: BTreeMap<Way, Vec<Said>> = BTreeMap::new();
        for topic in Topic::ALL {
            let name = self.site.names.topic(topic);
            for partition in 0..self.site.names.partitions {
                let (mut seen, mut rejections) = (DedupTable::default(), BTreeSet::new());
                for record in self.records(&name, partition) {
                    let (origin, after) = links(&record.value);
                    let rejection = origin.is_none() && topic == Topic::Rejects;
                    if origin.is_none() && !rejection {
                        continue;
                    }
                    // What intake rejects is known by its name.
                    let new = if rejection { rejections.insert(record.key.clone()) } else { true };
                    if !new || seen.admit(origin.as_ref(), after.as_ref()) != Admission::New {
                        continue;
                    }
                    let service = origin.as_ref().map_or(Service::Intake, service_of);
                    let way = way(origin.as_ref(), service, &name, partition);
                    let said = (record.key, without_link(service, record.value));
                    all.entry(way).or_default().push(said);
                }
                for gap in seen.gaps() {
                    self.says("gap", format!("a hole stands in {name} {partition}, of {gap}"));
                }
            }
        }
        all
    }

    fn outputs(
        &mut self,
        admitted: &BTreeMap<Way, Vec<Said>>,
        expected: &BTreeMap<Way, Vec<Said>>,
    ) {
        let none = Vec::new();
        let ways: BTreeSet<&Way> = admitted.keys().chain(expected.keys()).collect();
        for way in ways {
            let got = admitted.get(way).unwrap_or(&none);
            let want = expected.get(way).unwrap_or(&none);
            // What is rejected is told by several sources without a link: its order means nothing.
            if got == want || (way.0.is_empty() && sorted(got) == sorted(want)) {
                continue;
            }
            let (set, wanted): (BTreeSet<_>, BTreeSet<_>) =
                (got.iter().collect(), want.iter().collect());
            let text = |said: &&Said| {
                String::from_utf8_lossy(&said.1).chars().take(300).collect::<String>()
            };
            let lost = wanted.difference(&set).next().map(text);
            let phantom = set.difference(&wanted).next().map(text);
            match (lost, phantom) {
                (Some(lost), _) => self.says("lost", format!("{way:?}: {lost}")),
                (None, Some(phantom)) => self.says("without cause", format!("{way:?}: {phantom}")),
                (None, None) if got.len() > set.len() => {
                    self.says("told twice", format!("{way:?}"))
                }
                (None, None) => self.says("order", format!("{way:?}")),
            }
        }
    }

    /// *Every event is counted*: read = routed + rejected; routed = processed + pending + expired + duplicate.
    fn accounts(&mut self) {
        let notes = |service: Service| -> Vec<CommitMetadata> {
            let (group, topic) =
                (self.site.names.other(service.name()), topic_of(service, &self.site.names));
            let points = self.site.network.memory.committed(&group, &topic).expect("it answers");
            points.values().map(|point| CommitMetadata::read(&point.note)).collect()
        };
        let sum = |notes: &[CommitMetadata], of: fn(&CommitMetadata) -> u64| {
            notes.iter().map(of).sum::<u64>()
        };
        let intake = notes(Service::Intake);
        let (read, routed, rejected) =
            (sum(&intake, |n| n.read), sum(&intake, |n| n.routed), sum(&intake, |n| n.rejected));
        let fates = |n: &CommitMetadata| n.processed + n.pending + n.expired + n.duplicate;
        let fated = sum(&notes(Service::Dispatch), fates) + sum(&notes(Service::Alerts), fates);
        let inbound = topic_of(Service::Intake, &self.site.names);
        let sent: u64 = (0..self.site.names.partitions)
            .map(|p| self.site.network.memory.range(&inbound, p).map_or(0, |range| range.end))
            .sum();
        if (read, read) != (sent, routed + rejected) || routed != fated {
            self.says(
                "counts",
                format!("{sent} sent, {read} read, {routed} routed, {rejected} rejected, {fated} with a fate"),
            );
        }
    }

    /// No stroke lies ahead of the log's own time.
    fn strokes(&mut self) {
        for topic in [Topic::Facts, Topic::Exceptions] {
            let name = self.site.names.topic(topic);
            for partition in 0..self.site.names.partitions {
                for record in self.records(&name, partition) {
                    let text = String::from_utf8_lossy(&record.value);
                    if !text.contains("coldwatch.log.tick.v1") {
                        continue;
                    }
                    let Ok(heard) = bytes::exception(record.offset, &record.value) else {
                        continue;
                    };
                    if let Payload::Tick(at) = heard.record.payload
                        && at.millis() > record.appended + TICK_EVERY + 4_000
                    {
                        let ahead = Moment::from_millis(record.appended);
                        self.says(
                            "strokes",
                            format!("{name} {partition} {}: {at} at {ahead}", record.offset),
                        );
                    }
                }
            }
        }
    }

    /// Rules and behaviours that were published stand in every partition that judges, in their order. One may stand there twice in a row: who
    /// publishes may do it again, and the first rulebook stands in each from its beginning and is passed on as well.
    fn rules(&mut self) {
        let published = self.published(Topic::Facts, 0);
        for topic in [Topic::Facts, Topic::Journal, Topic::Exceptions] {
            for partition in 0..self.site.names.partitions {
                let here = self.published(topic, partition);
                if here != published {
                    let (here, all) = (here.len(), published.len());
                    let name = topic.name();
                    self.says("rules", format!("{here} of {all} stand in {name} {partition}"));
                }
            }
        }
    }

    fn published(&self, topic: Topic, partition: u16) -> Vec<Value> {
        let (mut seen, mut all) = (DedupTable::default(), Vec::new());
        for record in self.records(&self.site.names.topic(topic), partition) {
            let (origin, after) = links(&record.value);
            let new = seen.admit(origin.as_ref(), after.as_ref()) == Admission::New;
            let text = String::from_utf8_lossy(&record.value);
            let of_rules = ["log.rulebook-published", "log.behaviour-switched"];
            if new && of_rules.iter().any(|kind| text.contains(kind)) {
                let event: Value = serde_json::from_slice(&record.value).unwrap_or_default();
                all.push(event.get("data").cloned().unwrap_or_default());
            }
        }
        all.dedup();
        all
    }

    /// What stands at the end: settled verdicts, and incidents where no finding can wake one for a moment only.
    pub(crate) fn ending(&mut self, incidents_too: bool) -> Ending {
        let (mut findings, mut incidents) = (Vec::<Finding>::new(), BTreeMap::<_, Incident>::new());
        for partition in 0..self.site.names.partitions {
            let exceptions = self.site.names.topic(Topic::Exceptions);
            let mut seen = DedupTable::default();
            for record in self.records(&exceptions, partition) {
                let Ok(heard) = bytes::exception(record.offset, &record.value) else { continue };
                let new = seen.admit(heard.record.origin.as_ref(), heard.record.after.as_ref());
                if let (Admission::New, Payload::Input { input: ExceptionInput::Finding(f), .. }) =
                    (new, heard.record.payload)
                {
                    findings.push(*f);
                }
            }
            let (alerts, mut seen) = (self.site.names.topic(Topic::Alerts), DedupTable::default());
            for record in self.records(&alerts, partition) {
                let (origin, after) = links(&record.value);
                if seen.admit(origin.as_ref(), after.as_ref()) != Admission::New {
                    continue;
                }
                match bytes::alert(&record.value) {
                    Ok(Alert::Finding(finding)) => findings.push(*finding),
                    Ok(Alert::Incident(incident)) => {
                        self.count.incidents += 1;
                        incidents.insert((incident.shipment.clone(), incident.number), *incident);
                    }
                    _ => {}
                }
            }
        }
        self.count.findings += findings.len() as u64;
        self.count.by_next += findings.iter().filter(|f| f.behaviour == NEXT).count() as u64;
        if !incidents_too {
            incidents.clear();
        }
        // Whether a race was told at all hangs on which of two facts came first, and so do the numbers of those behind it.
        incidents.retain(|_, incident| incident.state != IncidentState::Withdrawn);
        let line = |i: Incident| {
            let by = |act: Option<alerts::incident::StaffAct>| act.map(|act| (act.by, act.text));
            let notes: Vec<_> = i.notes.into_iter().map(|note| note.text).collect();
            format!(
                "{} {} latched {} taken {:?} notes {notes:?} closed {:?} refused {}",
                i.shipment,
                i.state,
                i.latched,
                by(i.acknowledged),
                by(i.closed),
                i.refused.is_some()
            )
        };
        let incidents = incidents.into_values().map(line).collect();
        Ending { verdicts: verdicts::settled(&findings, &[]), incidents }
    }
}

fn sorted(said: &[Said]) -> Vec<&Said> {
    let mut all: Vec<&Said> = said.iter().collect();
    all.sort();
    all
}

/// Of a record, what readers go by: the rest of it is passed over.
#[derive(Default, Deserialize)]
struct Links<'a> {
    #[serde(borrow)]
    origin: Option<Cow<'a, str>>,
    #[serde(borrow)]
    after: Option<Cow<'a, str>>,
}

/// Origin and link of one of our own records.
pub(crate) fn links(value: &[u8]) -> (Option<Origin>, Option<Origin>) {
    let links: Links<'_> = serde_json::from_slice(value).unwrap_or_default();
    let origin = |text: Option<Cow<'_, str>>| text.and_then(|text| text.parse().ok());
    (origin(links.origin), origin(links.after))
}

fn service_of(origin: &Origin) -> Service {
    let name = origin.service.split('/').next().unwrap_or_default();
    let mut all = services::all().iter().copied();
    all.find(|service| service.name() == name).unwrap_or(Service::Desk)
}

fn way(origin: Option<&Origin>, service: Service, topic: &str, partition: u16) -> Way {
    let (source, input, number) =
        origin.map_or(("", "", 0), |o| (&*o.service, &*o.topic, o.partition));
    let source =
        if origin.is_none() { source.to_owned() } else { format!("{} {source}", service.name()) };
    (source, input.to_owned(), number, topic.to_owned(), partition)
}

/// Each life of intake begins without links, and stamps what it rejects by its clock: these differ from a refold's.
fn without_link(service: Service, value: Vec<u8>) -> Vec<u8> {
    if service != Service::Intake {
        return value;
    }
    let mut event: Value = serde_json::from_slice(&value).unwrap_or_default();
    if let Some(event) = event.as_object_mut() {
        event.remove("after");
        if event.get("type").is_some_and(|kind| kind == bytes::REJECTION) {
            event.remove("time");
        }
    }
    event.to_string().into_bytes()
}
