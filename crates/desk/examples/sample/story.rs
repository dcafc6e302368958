//! A night at a desk: shipments in every state, one with an excursion and a gap. Made up; for looking at
//! pages and for tests.
#![allow(missing_docs, dead_code, unreachable_pub)] // shared by an example and by tests

use alerts::Incident;
use alerts::incident::{IncidentState, StaffAct};
use desk::ReadModel;
use desk::read_model::TOPICS;
use facts::context::{Class, Custody, Gate, Phase, Schedule, Thermal, Watch};
use facts::{
    Context, Event, Finding, MilliCelsius, Moment, Name, PartyId, Severity, ShipmentId, ShortText,
    Span, State, Subject, Verdict,
};

pub const PARTITIONS: u16 = 2;

/// 2026-03-02T03:12:05Z.
pub fn night() -> Moment {
    Moment::from_millis(1_772_421_125_000)
}

/// How many minutes before the night's moment.
pub fn ago(minutes: i64) -> Moment {
    night() - Span::minutes(minutes)
}

/// Every stage was heard 2 s before `now`; all was read.
pub fn all_fresh(board: &mut ReadModel, now: Moment) {
    for partition in 0..PARTITIONS {
        for stage in board.stage_names().to_vec() {
            board.beat(stage, partition, now - Span::seconds(2));
        }
        TOPICS.iter().for_each(|topic| board.progress(topic, partition, 900, 900));
    }
}

/// Gathers facts, and tells them to a board in the order in which they were learnt.
pub struct Teller<'a> {
    pub board: &'a mut ReadModel,
    told: Vec<(Moment, ShipmentId, u64, Event)>,
    /// When what is told next was learnt; `None` = when it happened.
    pub learnt: Option<Moment>,
}

impl<'a> Teller<'a> {
    pub fn new(board: &'a mut ReadModel) -> Self {
        Self { board, told: Vec::new(), learnt: None }
    }

    /// Says its place in the journal.
    pub fn says(&mut self, shipment: &str, at: Moment, subject: &str, sentence: &str) -> u64 {
        let offset = 100 + u64::try_from(self.told.len()).unwrap_or(0);
        let fact = sentence.parse().unwrap_or_else(|e| panic!("{e}"));
        let subject: Subject = subject.parse().unwrap_or_else(|e| panic!("{e}"));
        let id = ShortText::new(format!("{offset}"));
        let event = Event {
            source: ShortText::new("gateway"),
            id,
            subject,
            at,
            counts: None,
            hidden: None,
            fact,
        };
        let learnt = self.learnt.unwrap_or(at);
        self.told.push((learnt, ShipmentId::new(shipment), offset, event));
        offset
    }

    pub fn finish(mut self) {
        self.told.sort_by_key(|(learnt, _, offset, _)| (*learnt, *offset));
        for (learnt, shipment, offset, event) in &self.told {
            self.board.beat("dispatch", 1, *learnt);
            self.board.fact(shipment, 1, *offset, event);
        }
    }

    pub fn of(&mut self, shipment: &str, at: Moment, sentence: &str) -> u64 {
        self.says(shipment, at, &format!("shipment:{shipment}"), sentence)
    }

    /// Readings every 10 min from one moment to another, as many ago; `warmth` in thousandths.
    pub fn reads(
        &mut self,
        shipment: &str,
        device: &str,
        minutes: (i64, i64),
        warmth: impl Fn(i64) -> i32,
    ) {
        let mut minute = minutes.0;
        while minute >= minutes.1 {
            let value = MilliCelsius(warmth(minute));
            let sentence = format!("reads {value} at 1");
            self.says(shipment, ago(minute), &format!("device:{device}"), &sentence);
            minute -= 10;
        }
    }
}

pub fn plan(kind: &str, profile: &str, more: &str) -> String {
    let legs = [
        ("L1", "road", "VITAVAN", "PLANT-PUURS", "KLM-CARGO", ago(300), ago(200)),
        ("L2", "air", "KLM-CARGO", "KLM-CARGO", "BOSTON-HUB", ago(60), ago(-330)),
        ("L3", "road", "BAYSTATE", "BOSTON-HUB", "ATC-BOSTON", ago(-360), ago(-420)),
    ];
    let legs: Vec<String> = legs
        .iter()
        .map(|(id, mode, carrier, from, to, departs, arrives)| {
            format!(
                r#"{{"id":"{id}","mode":"{mode}","carrier":"{carrier}","from":"{from}","to":"{to}","departs":"{departs}","arrives":"{arrives}"}}"#
            )
        })
        .collect();
    format!(
        r#"planned as {profile}, version 1 with {{"kind":"{kind}","consignor":"PLANT-PUURS","consignee":"ATC-BOSTON","legs":[{}]{more}}}"#,
        legs.join(",")
    )
}

pub fn finding(
    shipment: &str,
    code: &str,
    rule: &str,
    severity: Severity,
    sentence: &str,
) -> Finding {
    Finding {
        name: Name {
            rule: ShortText::new(rule),
            about: ShortText::default(),
            offset: 104,
            index: 0,
        },
        code: ShortText::new(code),
        shipment: ShipmentId::new(shipment),
        state: State::Raised,
        severity,
        verdict: Verdict::Violated,
        latched: false,
        happened: ago(40),
        until: None,
        learnt: ago(38),
        message: facts::Message::plain(sentence),
        sentence: sentence.into(),
        evidence: vec![103, 104],
        unknown: Span::ZERO,
        deadline: None,
        figures: None,
        compromises: false,
        precedence: facts::Precedence::Ordinary,
        action: ShortText::new(
            "Ring the party that holds the goods: is the box closed, is there fresh coolant, can it be put into a fridge",
        ),
        rulebook: ShortText::new("9f2c4e1ab07d"),
        behaviour: 1,
    }
}

pub fn incident(
    shipment: &str,
    number: u32,
    state: IncidentState,
    priority: Severity,
    headline: &str,
) -> Incident {
    Incident {
        shipment: ShipmentId::new(shipment),
        number,
        state,
        priority: Some(priority),
        headline: headline.into(),
        opened: Some(ago(42)),
        changed: ago(38),
        action: ShortText::new(
            "Ring the party that was to accept, and then the one that let go: find out who stands beside the goods",
        ),
        ..Incident::default()
    }
}

pub fn act(by: &str, at: Moment, text: &str) -> StaffAct {
    StaffAct { by: PartyId::new(by), at, text: ShortText::new(text) }
}

pub fn custody(holder: Option<&str>, since: Moment, place: &str) -> Context {
    Context::Custody(Custody {
        holder: holder.map(PartyId::new),
        since: holder.map(|_| since),
        place: Some(ShortText::new(place)),
        eta: Some(ago(-420)),
        received: false,
    })
}

pub fn thermal(class: Class, from: Moment, unknown_since: Option<Moment>) -> Context {
    let watch = Watch::Known;
    Context::Thermal(Thermal { class, from: Some(from), until: None, unknown_since, watch })
}

pub fn patient(in_hours: i64) -> Context {
    Context::Schedule(Box::new(Schedule {
        order: true,
        gate: Gate::NotMet,
        phase: Phase::Scheduled,
        conditioning_start: Some(night() + Span::hours(in_hours)),
        ..Schedule::default()
    }))
}

/// Everything that happened that night, but for how current it is.
pub fn tell(board: &mut ReadModel) {
    board.limits("CELL_2_8", MilliCelsius::from_milli(2_000), MilliCelsius::from_milli(8_000));
    board.limits("CRYO_LN2V", None, MilliCelsius::from_milli(-150_000));
    let mut t = Teller::new(board);
    for (party, name, role, duty) in [
        ("KLM-CARGO", "KLM Cargo Amsterdam", "airline", "+31 20 555 0142"),
        ("VITAVAN", "VitaVan Pharma Logistics", "courier", "+32 2 555 0117"),
        ("ATC-BOSTON", "Boston treatment centre", "site", "+1 617 555 0190"),
    ] {
        let sentence = format!(r#"is a {role} named {name} with {{"duty":"{duty}"}}"#);
        t.says("DP-2041", ago(2000), &format!("party:{party}"), &sentence);
    }
    lost_between_hands(&mut t);
    warm_cells(&mut t);
    others(&mut t);
    t.finish();
}

fn lost_between_hands(t: &mut Teller<'_>) {
    let order = r#","order":"ORD-77","air_waybill":"074-12345675","units":["BAG-1","BAG-2"],"waypoints":[{"name":"border"}],"permits":[{"permit":"IMP-7","act":"import","waypoint":"border","leg":"L2"},{"permit":"EXP-3","act":"departure","waypoint":"airport","leg":"L2"}]"#;
    let s = "DP-2041";
    t.of(s, ago(1400), &plan("drug-product", "CRYO_LN2V", order));
    t.says(s, ago(1390), "order:ORD-77", r#"opened for CARVYTI, dose ["BAG-1","BAG-2"]"#);
    t.says(s, ago(1380), "order:ORD-77", &format!("conditioning is planned for {}", ago(-1730)));
    t.says(s, ago(1300), "permit:IMP-7", r#"is granted to ATC-BOSTON from 2026-01-01 until 2026-03-31 with {"kind":"import","issuer":"FDA","zone":"America/New_York"}"#);
    t.says(s, ago(330), "device:LOG-31", r#"attached to DP-2041 at payload with {"channel":"1","log_every":"10 min","send_every":"10 min"}"#);
    t.of(s, ago(320), r#"packed ["BAG-1","BAG-2"]"#);
    t.of(s, ago(300), "released by PLANT-PUURS to VITAVAN");
    t.of(s, ago(298), "accepted by VITAVAN from PLANT-PUURS");
    t.of(s, ago(295), "departed on L1");
    t.of(s, ago(120), "arrived on L1");
    t.of(s, ago(108), "released by VITAVAN to KLM-CARGO");
    t.reads(s, "LOG-31", (330, 2), |minute| {
        -178_000 + i32::try_from(minute % 70).unwrap_or(0) * 60
    });
    let shipment = ShipmentId::new(s);
    t.board.context(&shipment, &custody(None, ago(108), "KLM-CARGO"));
    t.board.context(&shipment, &thermal(Class::Cryo, ago(320), None));
    t.board.context(&shipment, &patient(28));
    let sentence =
        "KLM-CARGO has not accepted since 2026-03-02T01:24:05Z, 1 h 48 min ago (allowed: 30 min)";
    let mut gap = finding(s, "CUS-02", "custody/custody-gap", Severity::P1, sentence);
    gap.happened = ago(108);
    t.board.finding(&gap);
    let mut open = incident(s, 1, IncidentState::ActiveUnacked, Severity::P1, sentence);
    open.place = Some(ShortText::new("KLM-CARGO"));
    open.since = Some(ago(108));
    open.eta = Some(ago(-420));
    open.deadline = Some(ago(-108));
    open.findings = vec![gap.name];
    open.refused = None;
    t.board.incident(&open);
}

fn warm_cells(t: &mut Teller<'_>) {
    let s = "CELLS-118";
    t.of(s, ago(900), &plan("cells", "CELL_2_8", r#","order":"ORD-81""#));
    t.says(s, ago(420), "device:LOG-7", r#"attached to CELLS-118 at payload with {"channel":"1","log_every":"10 min","send_every":"10 min"}"#);
    t.says(s, ago(420), "device:LOG-9", r#"attached to CELLS-118 at air with {"channel":"1","log_every":"10 min","send_every":"10 min"}"#);
    t.of(s, ago(410), "packed 1 units");
    t.of(s, ago(300), "released by PLANT-PUURS to VITAVAN");
    let wrong = t.of(s, ago(299), "accepted by BAYSTATE from PLANT-PUURS");
    t.of(
        s,
        ago(290),
        &format!("is corrected: gateway {wrong} was wrong: the wrong code was scanned"),
    );
    t.of(s, ago(288), "accepted by VITAVAN from PLANT-PUURS");
    t.of(s, ago(285), "departed on L1");
    t.of(s, ago(170), "stowed by VITAVAN at bay 4, depot Brussels");
    let payload = |minute: i64| match minute {
        0..=100 => 8_300 + i32::try_from((100 - minute) * 11).unwrap_or(0),
        _ => 4_600 + i32::try_from(minute % 50).unwrap_or(0) * 22,
    };
    t.reads(s, "LOG-7", (420, 220), payload);
    t.reads(s, "LOG-7", (150, 12), payload);
    t.reads(s, "LOG-9", (420, 0), |minute| payload(minute) + 700);
    // What the logger kept comes late.
    t.learnt = Some(ago(20));
    t.reads(s, "LOG-7", (200, 190), payload);
    t.learnt = None;
    let shipment = ShipmentId::new(s);
    t.board.context(&shipment, &custody(Some("VITAVAN"), ago(288), "bay 4, depot Brussels"));
    t.board.context(&shipment, &thermal(Class::Fresh, ago(410), None));
    t.board.context(&shipment, &patient(60));
    let sentence =
        format!("warmer than 8.0 °C since {}, up to 9.29 °C (allowed: 10 min)", ago(100));
    let mut warm = finding(s, "THM-01", "thermal/too-warm", Severity::P1, &sentence);
    warm.happened = ago(100);
    warm.evidence = vec![wrong];
    t.board.finding(&warm);
    let sentence =
        "no temperature is known for 30 min, from 2026-03-02T00:12:05Z to 2026-03-02T00:42:05Z";
    let mut gap = finding(s, "DAT-05", "thermal/gap", Severity::P2, sentence);
    (gap.verdict, gap.unknown, gap.happened) = (Verdict::Unknown, Span::minutes(30), ago(180));
    t.board.finding(&gap);
    let mut party = finding(
        s,
        "CUS-03",
        "custody/wrong-party",
        Severity::P2,
        "BAYSTATE accepted, and the plan has VITAVAN",
    );
    party.state = State::Withdrawn;
    t.board.finding(&party);
    let mut open = incident(s, 2, IncidentState::ActiveAcked, Severity::P1, &warm.sentence);
    open.action = warm.action.clone();
    open.holder = Some(PartyId::new("VITAVAN"));
    open.since = Some(ago(288));
    open.place = Some(ShortText::new("bay 4, depot Brussels"));
    open.deadline = Some(ago(-288));
    open.acknowledged =
        Some(act("ANNA", ago(25), "driver moves it into the reefer, quality is rung"));
    open.notes =
        vec![act("ANNA", ago(10), "reefer at 4 °C, quality asks for the file of the logger")];
    open.findings = vec![warm.name, gap.name];
    t.board.incident(&open);
}

fn others(t: &mut Teller<'_>) {
    let permit = "import permit IMP-9 ends 2026-03-02T04:59:59Z, before the border is reached at 2026-03-02T08:42:05Z";
    t.of("VEC-77", ago(700), &plan("vector", "ULT_80", r#","waypoints":[{"name":"border"}],"permits":[{"permit":"IMP-9","act":"import","waypoint":"border","leg":"L2"}]"#));
    t.of("VEC-77", ago(290), "accepted by VITAVAN from PLANT-PUURS");
    t.board.context(&ShipmentId::new("VEC-77"), &custody(Some("VITAVAN"), ago(290), "PLANT-PUURS"));
    let mut not_valid =
        finding("VEC-77", "PRM-02", "permits/not-valid-at-act", Severity::P2, permit);
    not_valid.action = ShortText::new(
        "Ask the permit's holder whether the authority amends it in time, and have the amendment reported",
    );
    t.board.finding(&not_valid);
    let warmed =
        "warmer than -60.0 °C for 41 min, from 2026-03-01T22:10:00Z to 2026-03-01T22:51:00Z";
    let mut open = incident("VEC-77", 1, IncidentState::ActiveUnacked, Severity::P1, permit);
    let mut warm = finding("VEC-77", "THM-01", "thermal/too-warm", Severity::P1, warmed);
    (warm.state, warm.until) = (State::Cleared, Some(ago(261)));
    t.board.finding(&warm);
    open.missed = Some(warmed.into());
    open.unseen = vec![warm.name, not_valid.name.clone()];
    open.findings.clone_from(&open.unseen);
    open.holder = Some(PartyId::new("VITAVAN"));
    open.since = Some(ago(290));
    open.action = not_valid.action;
    open.deadline = Some(ago(-330));
    t.board.incident(&open);

    let late = "departure of L2 was awaited since 2026-03-02T00:30:00Z, for more than 1 h; it departed 01:55";
    t.of("DP-1990", ago(700), &plan("drug-product", "CRYO_LN2V", ""));
    t.of("DP-1990", ago(77), "departed on L2");
    let mut seen = finding("DP-1990", "SCH-07", "schedule/milestone-overdue", Severity::P2, late);
    (seen.state, seen.until) = (State::Cleared, Some(ago(77)));
    t.board.finding(&seen);
    let mut over = incident("DP-1990", 1, IncidentState::ReturnedUnacked, Severity::P2, late);
    over.holder = Some(PartyId::new("KLM-CARGO"));
    over.since = Some(ago(100));
    t.board.incident(&over);
    t.board
        .context(&ShipmentId::new("DP-1990"), &custody(Some("KLM-CARGO"), ago(100), "BOSTON-HUB"));

    t.of("CELLS-104", ago(700), &plan("cells", "CELL_2_8", ""));
    let quiet = "nothing has come from it since 2026-03-02T02:02:05Z";
    let mut silent = finding("CELLS-104", "DAT-03", "thermal/logger-silent", Severity::P3, quiet);
    silent.name.about = ShortText::new("LOG-40/1");
    silent.happened = ago(70);
    t.board.finding(&silent);
    let mut taken = incident("CELLS-104", 1, IncidentState::ActiveAcked, Severity::P3, quiet);
    taken.acknowledged = Some(act("BEN", ago(30), "driver reads the display, 5.1 °C"));
    taken.action = ShortText::new(
        "Ring the party that holds the goods: is the logger with them, does it show a temperature",
    );
    t.board.incident(&taken);

    let s = "DP-2033";
    t.of(s, ago(700), &plan("drug-product", "CRYO_LN2V", r#","order":"ORD-60""#));
    t.says(s, ago(330), "device:LOG-50", r#"attached to DP-2033 at payload with {"channel":"1","log_every":"10 min","send_every":"10 min"}"#);
    t.of(s, ago(320), "packed 2 units");
    t.of(s, ago(298), "accepted by VITAVAN from PLANT-PUURS");
    t.of(s, ago(295), "departed on L1");
    t.of(s, ago(199), "arrived on L1");
    t.of(s, ago(190), "accepted by KLM-CARGO from VITAVAN");
    t.of(s, ago(58), "departed on L2");
    t.reads(s, "LOG-50", (330, 2), |_| -181_500);
    t.board.context(&ShipmentId::new(s), &custody(Some("KLM-CARGO"), ago(190), "KLM-CARGO"));
    t.board.context(&ShipmentId::new(s), &thermal(Class::Cryo, ago(320), None));
    t.board.context(&ShipmentId::new(s), &patient(96));
    let mut closed = incident(s, 1, IncidentState::Closed, Severity::P2, "KLM-CARGO accepted late");
    closed.closed = Some(act("ANNA", ago(150), "accepted, signed twice"));
    t.board.incident(&closed);

    t.of("SMP-9", ago(60), "stowed by VITAVAN at depot Brussels");
}
