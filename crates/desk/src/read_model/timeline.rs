//! What happened to a shipment, line by line, in the order in which it happened.
//!
//! Bounded: when there are too many lines, what matters least goes first, and how many went is counted.

use facts::{
    Corrections, DeviceFact, Event, Fact, Identity, Moment, OrderFact, ShipmentFact, SystemFact,
};
use std::collections::BTreeMap;

/// One fact that is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineLine {
    /// Its place in the journal's partition.
    pub offset: u64,
    /// What happened.
    pub event: Event,
    /// When it was learnt, by log time.
    pub learnt: Option<Moment>,
    /// What the event is recognised by.
    pub identity: Identity,
}

impl TimelineLine {
    /// A fact at its place.
    pub fn new(offset: u64, event: Event, learnt: Option<Moment>) -> Self {
        let identity = event.identity();
        Self { offset, event, learnt, identity }
    }
}

/// The lines of one shipment.
#[derive(Debug, Default)]
pub struct TimelineLines {
    lines: Vec<TimelineLine>,
    /// What was declared wrong, and in turn what declared that.
    corrections: Corrections<Identity>,
    /// Why each correction was made.
    reasons: BTreeMap<Identity, String>,
    dropped: u64,
}

/// More lines than this are not kept.
const MOST: usize = 1500;

impl TimelineLines {
    /// Takes a fact in; the same one again changes nothing.
    pub(super) fn add(&mut self, line: TimelineLine) {
        if let Fact::Shipment(ShipmentFact::ShipmentCorrected(c))
        | Fact::Order(OrderFact::OrderCorrected(c))
        | Fact::Device(DeviceFact::DeviceCorrected(c)) = &line.event.fact
            && self.reasons.len() < MOST
        {
            self.corrections.take(line.identity, Identity::of(&c.source, &c.id));
            self.reasons.insert(line.identity, c.reason.to_string());
        }
        if let Fact::System(SystemFact::Quiet(quiet)) = &line.event.fact {
            // Said again each hour: the last time says all.
            let same = |known: &TimelineLine| match &known.event.fact {
                Fact::System(SystemFact::Quiet(before)) => {
                    known.event.subject == line.event.subject
                        && (&before.channel, before.since) == (&quiet.channel, quiet.since)
                }
                _ => false,
            };
            self.lines.retain(|known| !same(known));
        }
        let subject = &line.event.subject;
        let known = |l: &TimelineLine| l.identity == line.identity && l.event.subject == *subject;
        if self.lines.iter().any(known) {
            return;
        }
        let place = self.lines.partition_point(|l| order(l) <= order(&line));
        self.lines.insert(place, line);
        if self.lines.len() > MOST {
            self.shorten();
        }
    }

    /// All lines.
    pub fn all(&self) -> &[TimelineLine] {
        &self.lines
    }

    /// Why a line does not hold, where it was declared wrong.
    pub fn wrong(&self, line: &TimelineLine) -> Option<&str> {
        let by = self.corrections.against(line.identity)?;
        self.reasons.get(&by).map(String::as_str)
    }

    /// Lines that hold.
    pub fn standing(&self) -> impl DoubleEndedIterator<Item = &TimelineLine> {
        self.lines.iter().filter(|line| self.wrong(line).is_none())
    }

    /// How many lines are not kept.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn shorten(&mut self) {
        let light = |line: &TimelineLine| {
            matches!(
                line.event.fact,
                Fact::System(SystemFact::Quiet(_))
                    | Fact::Device(
                        DeviceFact::Imported(_)
                            | DeviceFact::Calibrated(_)
                            | DeviceFact::DeviceCorrected(_)
                    )
                    | Fact::Shipment(ShipmentFact::Noted(_))
            )
        };
        let plan = |line: &TimelineLine| {
            matches!(line.event.fact, Fact::Shipment(ShipmentFact::Planned(_)))
        };
        let place = self.lines.iter().position(light);
        let place = place.or_else(|| self.lines.iter().position(|line| !plan(line))).unwrap_or(0);
        self.lines.remove(place);
        self.dropped += 1;
    }
}

fn order(line: &TimelineLine) -> (Moment, u64) {
    (line.event.moment(), line.offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use facts::{ShortText, Span, Subject, SubjectKind};

    fn line(offset: u64, sentence: &str) -> TimelineLine {
        let at = Moment::from_millis(1_772_323_200_000) + Span::minutes(offset.try_into().unwrap());
        let subject = Subject::new(SubjectKind::Shipment, "SHP-1");
        let (source, id) = (ShortText::new("test"), ShortText::new(offset.to_string()));
        let fact = sentence.parse().unwrap();
        TimelineLine::new(
            offset,
            Event { source, id, subject, at, counts: None, hidden: None, fact },
            None,
        )
    }

    #[test]
    fn the_same_fact_twice_is_one_line_and_a_corrected_one_does_not_stand() {
        let mut lines = TimelineLines::default();
        lines.add(line(1, "released by PLANT to VAN"));
        lines.add(line(1, "released by PLANT to VAN"));
        assert_eq!(lines.all().len(), 1);
        lines.add(line(2, "is corrected: test 1 was wrong: mistyped"));
        assert_eq!(lines.wrong(&lines.all()[0]), Some("mistyped"));
        assert_eq!(lines.standing().count(), 1, "only the correction itself stands");
    }

    #[test]
    fn too_many_lines_lose_the_oldest_but_never_the_plan() {
        let mut lines = TimelineLines::default();
        let plan = r#"planned as CELL_2_8, version 1 with {"kind":"cells","consignor":"A","consignee":"B","legs":[]}"#;
        lines.add(line(0, plan));
        (1..2000).for_each(|n| lines.add(line(n, "stowed by VAN at FRA")));
        assert_eq!(lines.all().len(), MOST);
        assert_eq!(lines.dropped(), 500);
        assert!(matches!(lines.all()[0].event.fact, Fact::Shipment(ShipmentFact::Planned(_))));
    }
}
