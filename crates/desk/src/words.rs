//! How the desk says things to people: times, lengths, states, sentences. It decides nothing, and it
//! never says "now": the moment at which a page is made is handed in.

mod foreign;
mod sentences;

pub(crate) use foreign::{Foreign, markup};
pub(crate) use sentences::{plain, sentence, tight};

use alerts::incident::IncidentState;
use facts::context::{Class, Phase, Schedule};
use facts::fact::shipment::Goods;
use facts::{Moment, Severity, Span};

/// A moment for people, and for programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct When {
    /// RFC 3339.
    pub(crate) iso: String,
    /// `03:12 UTC`, with the day where it is another.
    pub(crate) text: String,
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A moment as somebody reads it at `now`.
pub(crate) fn when(at: Moment, now: Moment) -> When {
    let text = match day(at) == day(now) {
        true => format!("{} UTC", clock(at)),
        false => format!("{}, {} UTC", day_short(at, now), clock(at)),
    };
    When { iso: at.to_string(), text }
}

/// `08:00`.
pub(crate) fn clock(at: Moment) -> String {
    part(at, 11, 5)
}

/// `08:00:05`.
pub(crate) fn clock_seconds(at: Moment) -> String {
    part(at, 11, 8)
}

/// `2026-03-02`.
pub(crate) fn day(at: Moment) -> String {
    part(at, 0, 10)
}

/// `2 Mar`, with the year where it is not that of `now`.
pub(crate) fn day_short(at: Moment, now: Moment) -> String {
    let month = part(at, 5, 2).parse::<usize>().ok().and_then(|month| month.checked_sub(1));
    let month = month.and_then(|month| MONTHS.get(month));
    let (month, day) = (month.unwrap_or(&""), part(at, 8, 2));
    let day = day.trim_start_matches('0');
    match part(at, 0, 4) == part(now, 0, 4) {
        true => format!("{day} {month}"),
        false => format!("{day} {month} {}", part(at, 0, 4)),
    }
}

fn part(at: Moment, from: usize, letters: usize) -> String {
    at.to_string().chars().skip(from).take(letters).collect()
}

/// `1 h 48 min left`, or `passed 12 min ago`.
pub(crate) fn left(until: Moment, now: Moment) -> String {
    tight(&match until > now {
        true => format!("{} left", (until - now).spoken()),
        false => format!("passed {} ago", (now - until).spoken()),
    })
}

/// What a priority means.
pub(crate) fn meaning(severity: Severity) -> &'static str {
    match severity {
        Severity::P1 => "dose or patient may be lost",
        Severity::P2 => "becomes P1 if nobody acts",
        Severity::P3 => "to be mended in this shift",
        Severity::P4 => "for the record",
    }
}

/// The name of a shape for a priority: each has its own, so that colour is never needed.
pub(crate) fn priority_shape(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::P1) => "p1",
        Some(Severity::P2) => "p2",
        Some(Severity::P3) => "p3",
        Some(Severity::P4) => "p4",
        None => "unknown",
    }
}

/// An incident's state in words, and its shape.
pub(crate) fn state(state: IncidentState) -> (&'static str, &'static str) {
    match state {
        IncidentState::ActiveUnacked => ("not taken", "bell"),
        IncidentState::ActiveAcked => ("taken", "person"),
        IncidentState::ReturnedUnacked => ("over, unseen", "bell-open"),
        IncidentState::ReturnedAcked => ("over, seen", "tick"),
        IncidentState::Closed => ("closed", "box"),
        IncidentState::Withdrawn => ("taken back at once", "box"),
    }
}

/// What is shipped.
pub(crate) fn goods(kind: Goods) -> &'static str {
    match kind {
        Goods::Cells => "patient's cells",
        Goods::Vector => "viral vector",
        Goods::DrugProduct => "finished dose",
        Goods::Sample => "sample",
    }
}

/// How fast the goods are lost.
pub(crate) fn class(class: Class) -> &'static str {
    match class {
        Class::Fresh => "fresh cells",
        Class::Cryo => "cryogenic",
        Class::Frozen => "frozen",
        Class::Medicine => "medicine",
    }
}

/// Where the patient stands, as far as it is known.
pub(crate) fn patient(schedule: Option<&Schedule>, now: Moment) -> String {
    let Some(s) = schedule else { return "not known".into() };
    if !s.order {
        return "no patient's schedule depends on it, as far as is known".into();
    }
    let since = s.since.map_or(String::new(), |at| format!(" since {}", when(at, now).text));
    let rescue = if s.rescue { "rescue cells confirmed" } else { "rescue cells not confirmed" };
    match (s.phase, s.conditioning_start) {
        (Phase::Scheduled, Some(start)) if start > now => format!(
            "conditioning begins {}: {} to the point of no return",
            when(start, now).text,
            (start - now).spoken()
        ),
        (Phase::Scheduled, Some(start)) => format!(
            "conditioning was planned for {}: whether it has begun is not known",
            when(start, now).text
        ),
        (Phase::Started, _) => {
            format!("past the point of no return: conditioning has begun{since}; {rescue}")
        }
        (Phase::Held, _) => format!("conditioning is held{since}"),
        (Phase::Infused, _) => format!("the product has been given{since}"),
        (Phase::Unscheduled | Phase::Scheduled, _) => {
            "when conditioning begins is not known".into()
        }
    }
}

/// An age: what is younger than a second is said so.
pub(crate) fn age(span: Span) -> String {
    if span < Span::seconds(1) { "under 1 s".into() } else { span.spoken() }
}

/// One word as a part of a path or query: all but unreserved letters as `%XX`.
pub(crate) fn url(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    let one = |b: u8| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short_and_say_the_day_when_it_is_another() {
        let now: Moment = "2026-03-02T03:12:05Z".parse().unwrap();
        let text = |at: &str| when(at.parse().unwrap(), now).text;
        assert_eq!(text("2026-03-02T02:00:00Z"), "02:00 UTC");
        assert_eq!(text("2026-03-01T02:00:00Z"), "1 Mar, 02:00 UTC");
        assert_eq!(text("2025-12-31T23:59:00Z"), "31 Dec 2025, 23:59 UTC");
        assert_eq!(left(now + Span::minutes(108), now), "1\u{a0}h 48\u{a0}min left");
        assert_eq!(left(now - Span::minutes(12), now), "passed 12\u{a0}min ago");
        assert_eq!(url("A/B ü"), "A%2FB%20%C3%BC");
    }

    #[test]
    fn a_patient_of_whom_nothing_was_said_is_not_known() {
        assert_eq!(patient(None, Moment::EARLIEST), "not known");
    }
}
