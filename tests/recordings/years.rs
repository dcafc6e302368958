//! A year of shipments, a third of which nobody ever closes: what is over leaves every stage, and what stays follows what is
//! open. Staff close what they are called for, each day, as far as it can be closed.

use crate::common::{book_with, intake};
use alerts::Incident;
use desk::ReadModel;
use facts::fact::incident::IncidentClosed;
use facts::{
    Context, Event, Fact, Moment, PartyId, ShipmentFact, ShortText, Span, StaffFact, Subject,
    SubjectKind, SystemFact,
};
use fold::Payload;
use pipeline::{OutputKind, Pipeline, StageSize};
use serde_json::{Value, json};
use simulate::Arrival;
use std::collections::BTreeMap;

/// A year: so many shipments in each week, the weeks' names and moments moved so that none meets another.
pub(crate) struct Year {
    pub(crate) weeks: u32,
    pub(crate) each: u32,
    /// So much earlier than the simulator has it.
    pub(crate) back: Span,
}

/// The weeks of the simulator all begin in one.
const WEEK: Span = Span::days(7);
/// A frozen dose that nobody has given stays for two years, and a silence counts half a year.
pub(crate) const AFTER: Span = Span::days(1_000);

impl Year {
    /// How many shipments there are in it.
    pub(crate) fn shipments(&self) -> usize {
        (self.weeks * self.each) as usize
    }

    pub(crate) fn week(&self, n: u32) -> Vec<Arrival> {
        let later = WEEK * i64::from(n) - self.back;
        let moved = |arrival: Arrival| {
            let line = arrival.line().replace("SHP-", &format!("W{n:02}-"));
            let at = arrival.at + later;
            let mut event = wire::native::read(line.as_bytes(), &wire::Limits::default())
                .expect("a line of the simulator reads")
                .event;
            event.id = ShortText::new(format!("W{n:02}-{}", event.id));
            event.at = event.at + later;
            event.fact = shifted(&event.fact, later);
            Arrival { at, event }
        };
        let all = simulate::make(u64::from(n) + 1, self.each).inbound.into_iter();
        // Who the parties are is told once.
        let told = |arrival: &Arrival| n > 0 && arrival.event.subject.kind == SubjectKind::Party;
        all.filter(|arrival| !never_closed(arrival) && !told(arrival)).map(moved).collect()
    }

    /// Every event of the year, in the order of arrival.
    pub(crate) fn run(&self, mut hear: impl FnMut(Arrival)) {
        let mut waiting: Vec<Arrival> = Vec::new();
        for n in 0..self.weeks {
            let week = self.week(n);
            let begins = week.first().map_or(Moment::EARLIEST, |first| first.at);
            waiting.sort_by_key(|arrival| arrival.at);
            let due = waiting.partition_point(|arrival| arrival.at < begins);
            waiting.drain(..due).for_each(&mut hear);
            waiting.extend(week);
        }
        waiting.sort_by_key(|arrival| arrival.at);
        waiting.into_iter().for_each(hear);
    }
}

/// Of every third shipment nobody says that it is closed.
fn never_closed(arrival: &Arrival) -> bool {
    let number = arrival.event.subject.id.rsplit('-').next().and_then(|n| n.parse::<u32>().ok());
    matches!(arrival.event.fact, Fact::Shipment(ShipmentFact::Closed(_)))
        && number.is_some_and(|n| n % 3 == 0)
}

/// The same fact, every moment in it so much later.
fn shifted(fact: &Fact, later: Span) -> Fact {
    fn shift(value: &mut Value, later: Span) {
        match value {
            Value::String(text) if text.contains('T') && text.ends_with('Z') => {
                if let Ok(moment) = text.parse::<Moment>() {
                    *text = (moment + later).to_string();
                }
            }
            Value::Array(all) => all.iter_mut().for_each(|one| shift(one, later)),
            Value::Object(all) => all.values_mut().for_each(|one| shift(one, later)),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(fact).expect("a fact is JSON");
    shift(&mut value, later);
    serde_json::from_value(value).expect("and reads back")
}

/// The people who answer, and the board that they look at.
pub(crate) struct Staff {
    board: ReadModel,
    pub(crate) open: BTreeMap<(String, u32), Incident>,
    /// How often they tried to close each.
    tries: BTreeMap<(String, u32), u32>,
    acts: u64,
    day: Option<Moment>,
}

impl Staff {
    pub(crate) fn new() -> Self {
        let board = ReadModel::new(pipeline::PARTITIONS, pipeline::registry::registry());
        let (open, tries) = (BTreeMap::new(), BTreeMap::new());
        Self { board, open, tries, acts: 0, day: None }
    }

    pub(crate) fn hear(&mut self, pipeline: &mut Pipeline) {
        for record in pipeline.take_journal() {
            let (partition, offset) = (record.partition, record.offset);
            let Payload::Input { key, input: word } = record.into_record().payload else {
                continue;
            };
            let Some(shipment) = key.shipment() else { continue };
            self.board.fact(&shipment, partition, offset, &word);
            // The engines' last words follow, as each hears the same.
            if matches!(word.fact, Fact::System(SystemFact::PutAway(_))) {
                for engine in pipeline::engines::names() {
                    self.board.context(&shipment, &Context::PutAway(ShortText::new(*engine)));
                }
            }
        }
        for output in pipeline.take_outputs() {
            if let OutputKind::Finding(finding) = &output.what {
                self.board.finding(finding);
            }
            if let OutputKind::Incident(incident) = output.what {
                self.board.incident(&incident);
                let key = (incident.shipment.to_string(), incident.number);
                match incident.is_closed() {
                    true => drop(self.open.remove(&key)),
                    false => drop(self.open.insert(key, *incident)),
                }
            }
        }
    }

    /// Once a day all that is open is closed, where it can be; who was refused ten times lets it be. Gives back what was done.
    pub(crate) fn answer(&mut self, pipeline: &mut Pipeline, now: Moment) -> Vec<Event> {
        if self.day.is_some_and(|day| now < day + Span::days(1)) {
            return Vec::new();
        }
        self.day = Some(now);
        self.hear(pipeline);
        let open: Vec<Incident> = self.open.values().cloned().collect();
        let mut done = Vec::new();
        for incident in open {
            let key = (incident.shipment.to_string(), incident.number);
            let tries = self.tries.entry(key).or_default();
            *tries += 1;
            if *tries > 10 {
                continue;
            }
            self.acts += 1;
            let (by, second) = (PartyId::new("ANNA"), Some(PartyId::new("BERT")));
            let reason = ShortText::new("done");
            let event = Event {
                source: ShortText::new("desk"),
                id: ShortText::new(format!("act-{}", self.acts)),
                subject: Subject::from(&incident.shipment),
                at: now,
                counts: None,
                hidden: None,
                fact: Fact::Staff(StaffFact::IncidentClosed(IncidentClosed { by, second, reason })),
            };
            done.push(event.clone());
            pipeline.feed(now, event, intake(1 << 40 | self.acts)).expect("nothing stops");
        }
        done
    }
}

/// What was held of so many shipments.
struct Lived {
    shipments: usize,
    /// Incidents that nobody could close, because what they tell of still goes on.
    open: usize,
    /// Shipments on the desk's board, long after.
    board: usize,
    /// When the last event had come.
    then: BTreeMap<&'static str, StageSize>,
    /// When all of it was long over.
    after: BTreeMap<&'static str, StageSize>,
}

fn lived(year: &Year) -> Lived {
    let mut pipeline = Pipeline::keeping_journal(&book_with(Value::Null)).expect("fit rules");
    let (mut staff, mut n, mut last) = (Staff::new(), 0, Moment::EARLIEST);
    year.run(|Arrival { at, event }| {
        (n, last) = (n + 1, at);
        staff.answer(&mut pipeline, at);
        pipeline.feed(at, event, intake(n)).expect("nothing stops");
    });
    let then = pipeline.sizes().expect("an image");
    let end = last + AFTER;
    while last < end {
        last = last + Span::days(1);
        pipeline.advance(last).expect("nothing stops");
        staff.answer(&mut pipeline, last);
    }
    staff.hear(&mut pipeline);
    let (shipments, open) = (year.shipments(), staff.open.len());
    let after = pipeline.sizes().expect("an image");
    println!("{shipments} shipments, {n} events, {open} incidents that cannot be closed");
    for (stage, StageSize { values, put_away, bytes }) in &after {
        let StageSize { values: live, bytes: then, .. } = then[stage];
        println!(
            "  {stage:8} {live:6} subjects, {then:10} bytes; long after: {values:4}, {bytes:8} bytes, {put_away} put away"
        );
    }
    let board = staff.board.shipments().count();
    println!("  desk     {board:6} shipments; {}", memory());
    Lived { shipments, open, board, then, after }
}

/// What the process uses, as Linux says.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut lines = status.lines().filter(|line| line.starts_with("VmRSS"));
    lines.next().unwrap_or("its memory is not known here").to_owned()
}

const ENGINES: [&str; 5] = ["custody", "thermal", "permits", "schedule", "alerts"];
/// Of what was put away a snapshot keeps so many bytes, and of a shipment that stays it keeps less than this many.
const MARK: usize = 64;
const SHIPMENT: usize = 40_000;

/// In the long form a year with 1,000 and one with 20,000 shipments; in the short one two months of each kind.
fn years() -> [Year; 2] {
    let (weeks, each) = match std::env::var_os("COLDWATCH_LONG") {
        Some(_) => (50, [20, 400]),
        None => (8, [5, 25]),
    };
    each.map(|each| Year { weeks, each, back: Span::ZERO })
}

#[test]
fn what_is_over_leaves_every_stage_however_much_it_was() {
    let empty = Pipeline::new(&book_with(Value::Null)).map(|mut none| none.sizes());
    let empty = empty.expect("fit rules").expect("an image");
    for year in years() {
        let Lived { shipments, open, board, then, after } = lived(&year);
        assert_eq!(board, open, "the desk shows what is open");
        for stage in ENGINES {
            let StageSize { values, put_away, bytes } = after[stage];
            assert_eq!((values, put_away), (open, shipments - open), "{stage}");
            assert!(then[stage].put_away > shipments / 4, "{stage} puts away as it goes along");
            let most = empty[stage].bytes + put_away * MARK + open * SHIPMENT;
            assert!(bytes < most, "{stage}: {bytes} bytes, and no more than {most} were expected");
        }
        // Dispatch knows the parties, and what the shipments with an open incident have to do with; and the look of each of
        // their ids, where it is another one.
        let StageSize { values, put_away, bytes } = after["dispatch"];
        // Of a logger its last calibration is kept.
        let gone = shipments - open;
        assert!((gone..=3 * gone).contains(&put_away), "dispatch: {put_away} put away");
        assert!(values <= 2 * (PARTIES + 6 * open), "dispatch has {values} subjects");
        let most = empty["dispatch"].bytes + put_away * MARK + PARTIES * 4_000 + open * SHIPMENT;
        assert!(bytes < most, "dispatch: {bytes} bytes, and no more than {most} were expected");
    }
}

/// So many parties the simulator's world has.
const PARTIES: usize = 19;

fn reported(id: &str, at: Moment, kind: &str, data: &Value) -> Event {
    let line = json!({ "specversion": "1.0", "id": id, "source": "van", "type": kind, "subject": "SHP-1",
        "time": at, "data": data });
    let line = line.to_string();
    wire::native::read(line.as_bytes(), &wire::Limits::default()).expect("an event").event
}

/// A shipment that was closed while its hand-over was overdue: its incident, as it stands after so many days, after it was
/// closed and another month has gone by, and after a fact that came too late.
#[test]
fn an_open_incident_keeps_its_shipment_and_what_comes_too_late_opens_the_next_one() {
    let at = |day: i64| Moment::from_millis(1_772_352_000_000) + Span::days(day);
    let mut pipeline = Pipeline::new(&book_with(Value::Null)).expect("fit rules");
    let (mut n, mut staff) = (0, Staff::new());
    let mut feed = |pipeline: &mut Pipeline, day: i64, event: Event| {
        n += 1;
        pipeline.feed(at(day), event, intake(n)).expect("nothing stops");
    };
    let leg = json!({ "id": "L1", "mode": "road", "carrier": "VAN", "from": "LAB", "to": "SITE",
        "departs": at(0), "arrives": at(1) });
    let plan = json!({ "version": 1, "kind": "vector", "profile": "VECTOR_ULT", "consignor": "LAB",
        "consignee": "SITE", "legs": [leg] });
    feed(&mut pipeline, 0, reported("p", at(0), "coldwatch.shipment.planned.v1", &plan));
    let by = json!({ "by": "LAB", "to": "VAN" });
    feed(&mut pipeline, 0, reported("r", at(0), "coldwatch.shipment.released.v1", &by));
    feed(&mut pipeline, 9, reported("c", at(9), "coldwatch.shipment.closed.v1", &json!({})));
    let held = |pipeline: &mut Pipeline| pipeline.sizes().expect("an image");
    pipeline.advance(at(400)).expect("nothing stops");
    let kept = held(&mut pipeline);
    assert!(ENGINES.iter().all(|stage| kept[stage].values == 1), "an incident is open: {kept:?}");
    staff.answer(&mut pipeline, at(401));
    pipeline.advance(at(402)).expect("nothing stops");
    staff.hear(&mut pipeline);
    assert!(staff.open.is_empty(), "it could be closed: {:?}", staff.open);
    let kept = held(&mut pipeline);
    assert!(ENGINES.iter().all(|stage| kept[stage].values == 0), "put away with it: {kept:?}");
    let note = json!({ "by": "ANNA", "text": "the invoice has come" });
    feed(&mut pipeline, 403, reported("n", at(403), "coldwatch.shipment.noted.v1", &note));
    pipeline.advance(at(404)).expect("nothing stops");
    staff.hear(&mut pipeline);
    let open: Vec<_> = staff.open.values().map(|i| (i.number, i.headline.clone())).collect();
    let late = "SHP-1 was put away: what is reported of it now is not judged until it is replayed";
    assert_eq!(open, [(2, late.to_owned())]);
    staff.answer(&mut pipeline, at(405));
    pipeline.advance(at(406)).expect("nothing stops");
    let kept = held(&mut pipeline);
    assert!(kept["alerts"].values == 0, "{kept:?}");
}
