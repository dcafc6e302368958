//! Writes a plot as SVG. Colours are the style sheet's, by class, so that dark, light and print agree.

use super::Plot;
use super::scale::{Scale, degrees, marks_of_time, marks_of_warmth, step_of_time};
use super::stroke::probe;
use crate::words;
use facts::{Moment, Span};
use std::fmt::Write;

/// For a desk or for a phone: text keeps its size, so a phone gets fewer marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// 1000 by 360.
    Wide,
    /// 340 by 300.
    Narrow,
}

pub(super) struct Frame {
    width: i64,
    height: i64,
    pub(super) x: Scale,
    pub(super) y: Scale,
    marks: Vec<i32>,
    step: Span,
    name: &'static str,
}

/// Above the picture stands what no line may cross: the names of excursions.
const TOP: i64 = 24;

impl Frame {
    fn new(plot: &Plot, size: Size) -> Self {
        let (width, height, times, marks, name) = match size {
            Size::Wide => (1000, 360, 12, 8, "wide"),
            Size::Narrow => (340, 300, 4, 6, "narrow"),
        };
        let measured = plot.lines.iter().flat_map(|line| line.points.iter().map(|p| p.milli));
        let shown = measured.chain(plot.limits.iter().map(|(limit, _)| *limit));
        let (low, high) = shown.fold((i32::MAX, i32::MIN), |(l, h), m| (l.min(m), h.max(m)));
        let (low, high) = if low > high { (0, 10_000) } else { (low - 300, high + 300) };
        let marks = marks_of_warmth(low, high, marks);
        let ends = (marks.first().copied().unwrap_or(low), marks.last().copied().unwrap_or(high));
        let (from, until) = (plot.from.millis(), plot.until.millis().max(plot.from.millis() + 1));
        Self {
            width,
            height,
            x: Scale { low: from, high: until, start: 58, end: width - 10 },
            y: Scale { low: ends.0.into(), high: ends.1.into(), start: height - 42, end: TOP },
            marks,
            step: step_of_time(plot.from, plot.until, times),
            name,
        }
    }
    pub(super) fn at(&self, moment: Moment) -> i64 {
        self.x.place(moment.millis())
    }
    pub(super) fn warmth(&self, milli: i32) -> i64 {
        self.y.place(milli.into())
    }
}

/// The whole picture; `title` and `told` are its texts for those who do not see it.
pub(crate) fn draw(plot: &Plot, size: Size, title: &str, told: &str) -> String {
    let f = Frame::new(plot, size);
    let Frame { width, height, name, .. } = &f;
    let mut svg = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        svg,
        r##"<svg class="chart {name}" viewBox="0 0 {width} {height}" role="img" aria-labelledby="chart-{name}-title chart-{name}-desc">
<title id="chart-{name}-title">{}</title>
<desc id="chart-{name}-desc">{}</desc>
<defs><pattern id="hatch-{name}" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="8" height="8"/><rect class="hatch-line" width="3" height="8"/></pattern></defs>
"##,
        words::markup(title),
        words::markup(told),
    );
    axes(&f, plot, &mut svg);
    shades(&f, plot, &mut svg);
    limits(&f, plot, &mut svg);
    for (n, line) in plot.lines.iter().enumerate() {
        probe(&f, n, line, &mut svg);
    }
    svg.push_str("</svg>");
    svg
}

fn axes(f: &Frame, plot: &Plot, svg: &mut String) {
    let (left, right, top, bottom) = (f.x.start, f.x.end, f.y.end, f.y.start);
    for mark in &f.marks {
        let y = f.warmth(*mark);
        let _ = writeln!(
            svg,
            r#"<line class="grid" x1="{left}" y1="{y}" x2="{right}" y2="{y}"/><text class="axis" x="{}" y="{}" text-anchor="end">{}</text>"#,
            left - 6,
            y + 4,
            degrees(*mark)
        );
    }
    let mut day = String::new();
    for mark in marks_of_time(plot.from, plot.until, f.step) {
        let x = f.at(mark);
        let _ = writeln!(svg, r#"<line class="grid" x1="{x}" y1="{top}" x2="{x}" y2="{bottom}"/>"#);
        // A text at the very edge would be cut off.
        let anchor = if x + 24 > f.width { "end" } else { "middle" };
        let _ = writeln!(
            svg,
            r#"<text class="axis" x="{x}" y="{}" text-anchor="{anchor}">{}</text>"#,
            bottom + 16,
            words::clock(mark)
        );
        let today = words::day_short(mark, mark);
        if today != day {
            let _ = writeln!(
                svg,
                r#"<text class="axis" x="{x}" y="{}" text-anchor="{anchor}">{today}</text>"#,
                bottom + 31
            );
            day = today;
        }
    }
    let _ = writeln!(
        svg,
        r#"<text class="axis" x="{}" y="{}" text-anchor="end">UTC</text>"#,
        left - 6,
        bottom + 16
    );
}

fn shades(f: &Frame, plot: &Plot, svg: &mut String) {
    let (top, tall) = (f.y.end, f.y.start - f.y.end);
    for excursion in &plot.excursions {
        let (x, end) = (f.at(excursion.from), f.at(excursion.until));
        let _ = writeln!(
            svg,
            r#"<rect class="excursion {}" x="{x}" y="{top}" width="{}" height="{tall}"/>"#,
            words::priority_shape(Some(excursion.severity)),
            (end - x).max(2),
        );
    }
    for (from, until) in &plot.unknown {
        let (x, end) = (f.at(*from), f.at(*until));
        let wide = (end - x).max(2);
        let _ = writeln!(
            svg,
            r##"<rect class="unknown" fill="url(#hatch-{})" x="{x}" y="{top}" width="{wide}" height="{tall}"/>"##,
            f.name
        );
        if wide >= 62 {
            let middle = (x + end) / 2;
            let _ = writeln!(
                svg,
                r#"<rect class="label-ground" x="{}" y="{}" width="60" height="18" rx="3"/><text class="unknown-label" x="{middle}" y="{}" text-anchor="middle">unknown</text>"#,
                middle - 30,
                top + 4,
                top + 17
            );
        }
    }
    // Names stand above the picture, as a line may run anywhere in it; one that would lie on the name before it is left to the table.
    let mut free = 0;
    for excursion in &plot.excursions {
        let x = f.at(excursion.from).min(f.width - 60);
        if x < free {
            continue;
        }
        free = x + 58;
        let _ = writeln!(
            svg,
            r#"<text class="excursion-label {}" x="{}" y="{}">{}</text>"#,
            words::priority_shape(Some(excursion.severity)),
            x + 3,
            f.y.end - 8,
            words::markup(&excursion.code)
        );
    }
}

fn limits(f: &Frame, plot: &Plot, svg: &mut String) {
    for (limit, text) in &plot.limits {
        let y = f.warmth(*limit);
        let _ = writeln!(
            svg,
            r#"<line class="limit" x1="{}" y1="{y}" x2="{}" y2="{y}"/><text class="limit-label" x="{}" y="{}" text-anchor="end">{}</text>"#,
            f.x.start,
            f.x.end,
            f.x.end - 4,
            y - 4,
            words::markup(text)
        );
    }
}
