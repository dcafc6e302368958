//! Draws what one probe measured. A stroke ends at every gap and begins anew behind it.

use super::ProbeLine;
use super::draw::Frame;
use facts::Moment;
use std::fmt::Write;

pub(super) fn probe(f: &Frame, n: usize, line: &ProbeLine, svg: &mut String) {
    let kind = if line.payload { "payload" } else { "beside" };
    let mut gaps = line.gaps.iter().peekable();
    let (mut path, mut before): (String, Option<Moment>) = (String::new(), None);
    let (mut last, mut late, mut alone) = ((i64::MIN, i64::MIN), String::new(), String::new());
    for (place, point) in line.points.iter().enumerate() {
        while gaps.peek().is_some_and(|(from, _)| before.is_some_and(|before| *from < before)) {
            gaps.next();
        }
        let parted = gaps.peek().is_some_and(|(from, until)| {
            before.is_some_and(|before| *from >= before) && *until <= point.at
        });
        let (x, y) = (f.at(point.at), f.warmth(point.milli));
        let starts = before.is_none() || parted;
        if starts || (x, y) != last {
            let _ = write!(path, "{}{x} {y}", if starts { "M" } else { "L" });
        }
        let next = line.points.get(place + 1).map(|next| next.at);
        let ends = next.is_none_or(|next| {
            line.gaps.iter().any(|(from, until)| *from >= point.at && *until <= next)
        });
        if starts && ends {
            let _ = write!(alone, r#"<circle class="p{n}" cx="{x}" cy="{y}" r="2"/>"#);
        }
        if point.late && (x, y) != last {
            let _ = write!(late, r#"<circle cx="{x}" cy="{y}" r="3"/>"#);
        }
        (before, last) = (Some(point.at), (x, y));
    }
    let _ = writeln!(svg, r#"<path class="line {kind} p{n}" d="{path}"/>{alone}"#);
    if !late.is_empty() {
        let _ = writeln!(svg, r#"<g class="late p{n}">{late}</g>"#);
    }
}
