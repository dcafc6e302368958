//! What came out: findings on `exceptions`, incidents on `alerts`, what nobody claimed on the rejects.

use crate::site::Site;
use alerts::{ExceptionInput, Incident};
use facts::{Finding, Origin};
use fold::{Admission, DedupTable, Payload};
use pipeline::bytes::{self, Alert};
use pipeline::{Output, OutputKind, Topic};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use stream::{Reader, Record};

/// Reads the three topics on, as any other system would: it drops repeats by their origin.
pub(crate) struct Outputs {
    readers: Vec<(Topic, Box<dyn Reader>, Vec<u64>)>,
    seen: BTreeMap<(Topic, u16), DedupTable>,
    pub(crate) doubled: u64,
}

impl Outputs {
    pub(crate) fn of(site: &Site) -> Self {
        let open = |topic: Topic| {
            let from: Vec<(u16, u64)> = (0..site.names.partitions).map(|p| (p, 0)).collect();
            let reader = site.log.read(&site.names.topic(topic), &from).expect("it can be read");
            (topic, reader, vec![0; usize::from(site.names.partitions)])
        };
        let readers = [Topic::Exceptions, Topic::Alerts, Topic::Rejects].map(open).into();
        Self { readers, seen: BTreeMap::new(), doubled: 0 }
    }

    /// Everything new up to the ends that the topics have now, in the order of a replay.
    pub(crate) fn take(&mut self, site: &Site) -> Vec<Output> {
        let mut outputs = Vec::new();
        for n in 0..self.readers.len() {
            let topic = self.readers[n].0;
            for (partition, record) in self.records(n, site) {
                outputs.extend(self.output(topic, partition, &record));
            }
        }
        outputs.sort_by_key(Output::order);
        outputs
    }

    fn records(&mut self, n: usize, site: &Site) -> Vec<(u16, Record)> {
        let (topic, reader, positions) = &mut self.readers[n];
        let name = site.names.topic(*topic);
        let end = |p: u16| site.asks(|log| log.range(&name, p)).end;
        let ends: Vec<u64> = (0..site.names.partitions).map(end).collect();
        let (mut records, until) = (Vec::new(), Instant::now() + Duration::from_secs(30));
        while positions.iter().zip(&ends).any(|(at, end)| at < end) {
            assert!(Instant::now() < until, "{name} shows no more than {positions:?} of {ends:?}");
            let before = records.len();
            reader.poll(Duration::from_millis(50), &mut records).expect("it can be read");
            for (partition, record) in &records[before..] {
                positions[usize::from(*partition)] = record.offset + 1;
            }
        }
        records
    }

    fn output(&mut self, topic: Topic, partition: u16, record: &Record) -> Option<Output> {
        let offset = record.offset;
        if topic == Topic::Exceptions {
            let heard =
                bytes::exception(offset, &record.value).expect("our own record can be read");
            if !self.admits(
                topic,
                partition,
                heard.record.origin.as_ref(),
                heard.record.after.as_ref(),
            ) {
                return None;
            }
            let Payload::Input { input: ExceptionInput::Finding(finding), .. } =
                heard.record.payload
            else {
                return None;
            };
            let (learnt, what) = (finding.learnt, OutputKind::Finding(finding));
            return Some(Output { learnt, partition, offset, index: 0, what });
        }
        let event: Value = serde_json::from_slice(&record.value).expect("JSON");
        let origin = |name: &str| {
            event[name].as_str().map(|text| text.parse::<Origin>().expect("an origin"))
        };
        let (origin, after) = (origin("origin"), origin("after"));
        if !self.admits(topic, partition, origin.as_ref(), after.as_ref()) {
            return None;
        }
        if topic == Topic::Rejects {
            return unclaimed(partition, offset, &event);
        }
        let (offset, index) = origin.map_or((0, 0), |origin| (origin.offset, origin.index));
        let (learnt, what) = match bytes::alert(&record.value).expect("our own record can be read")
        {
            Alert::Incident(incident) => (incident.changed, OutputKind::Incident(incident)),
            Alert::Finding(finding) => (finding.learnt, OutputKind::Finding(finding)),
            Alert::Beat(_) | Alert::Beside => return None,
        };
        Some(Output { learnt, partition, offset, index: index.saturating_add(1), what })
    }

    fn admits(
        &mut self,
        topic: Topic,
        partition: u16,
        origin: Option<&Origin>,
        after: Option<&Origin>,
    ) -> bool {
        let seen = self.seen.entry((topic, partition)).or_default();
        let admission = seen.admit(origin, after);
        self.doubled += u64::from(admission == Admission::Duplicate);
        admission == Admission::New
    }

    /// Holes that nobody has filled.
    pub(crate) fn gaps(&self) -> Vec<String> {
        self.seen.values().flat_map(DedupTable::gaps).collect()
    }
}

fn unclaimed(partition: u16, offset: u64, event: &Value) -> Option<Output> {
    let data = &event["data"];
    if data["code"] != "unclaimed" {
        return None;
    }
    let record = data["record"].as_str().expect("the record itself");
    let read = wire::native::read(record.as_bytes(), &wire::Limits::default()).expect("an event");
    let reason: &'static str =
        Box::leak(data["reason"].as_str().expect("a reason").to_owned().into());
    let learnt = event["time"].as_str().and_then(|t| t.parse().ok()).expect("a time");
    Some(Output {
        learnt,
        partition,
        offset,
        index: 0,
        what: OutputKind::Expired(Box::new(read.event), reason),
    })
}

/// The findings among outputs.
pub(crate) fn findings(outputs: &[Output]) -> impl Iterator<Item = &Finding> {
    outputs.iter().filter_map(|output| match &output.what {
        OutputKind::Finding(finding) => Some(&**finding),
        _ => None,
    })
}

/// Each incident as it was told last.
pub(crate) fn incidents(outputs: &[Output]) -> BTreeMap<(String, u32), Incident> {
    let mut last = BTreeMap::new();
    for output in outputs {
        if let OutputKind::Incident(incident) = &output.what {
            last.insert((incident.shipment.to_string(), incident.number), (**incident).clone());
        }
    }
    last
}
