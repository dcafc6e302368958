//! Text exports of Berlinger loggers: Fridge-tag 2 L and Q-tag CLm doc. Indented `name: value` lines,
//! several to a line, and rows of local time and temperature.
//!
//! The table of rows ends at the next section that such an export can have, or at the end of the file. Until
//! then a blank line says nothing, and every other line is a row or a rejection: what an editor or a
//! spreadsheet did to the file costs no reading without a word.

use crate::check;
use crate::ids::Ids;
use crate::limits::without_mark;
use crate::reject::{Code, Rejection};
use chrono::NaiveDateTime;
use facts::fact::device::{Imported, Reading};
use facts::{DeviceFact, DeviceId, Event, Fact, MilliCelsius, Moment, ShortText, Span, Subject};

/// What an export says.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggerFile {
    /// The model.
    pub model: String,
    /// The serial number.
    pub device: DeviceId,
    /// How often it stores a measurement.
    pub log_every: Span,
    /// When it began to record.
    pub started: Moment,
    /// Its limits: warmer or colder for longer than so long.
    pub limits: Vec<LoggerLimit>,
    /// The mean kinetic temperature that its firmware printed.
    pub mkt: Option<MilliCelsius>,
    /// What it measured.
    pub readings: Vec<(Moment, MilliCelsius)>,
    /// When it was read out, where that is printed.
    pub read_out: Option<Moment>,
    /// Which of its recordings this is: the run's number where one is printed.
    pub run: Option<String>,
    /// What was taken off its ids because nobody sees it.
    pub hidden: Option<ShortText>,
    /// Rows that could not be read.
    pub rejections: Vec<Rejection>,
}

/// A limit that the device itself watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggerLimit {
    /// Whether warmer than this is out; else colder.
    pub warm: bool,
    /// The limit.
    pub limit: MilliCelsius,
    /// For how long at a stretch.
    pub after: Span,
}

/// Whether a file begins like such an export; a byte order mark and blank lines before it say nothing.
pub fn is_logger_file(beginning: &[u8]) -> bool {
    without_mark(beginning).trim_ascii_start().starts_with(b"Device: Q-tag")
}

/// Reads an export; rows that cannot be read are told one by one.
pub fn read(file: &str, bytes: &[u8]) -> Result<LoggerFile, Rejection> {
    let wrong = |code, reason: String| Rejection::new(code, reason).at(file, 1).keeping(bytes);
    if !is_logger_file(bytes) {
        return Err(wrong(Code::NotALoggerFile, "it does not begin with `Device: Q-tag`".into()));
    }
    let text = std::str::from_utf8(without_mark(bytes))
        .map_err(|_| wrong(Code::NotUtf8, "bytes that are not UTF-8".into()))?;
    let head = Head::read(text);
    let need = |name: &str| {
        head.value(name).ok_or_else(|| wrong(Code::BadHeader, format!("`{name}:` is missing")))
    };
    let zone = zone(need("Zone")?)
        .ok_or_else(|| wrong(Code::BadHeader, "`Zone:` is not hours like `1.50`".into()))?;
    let minutes = |name: &str| {
        minutes_of(need(name)?)
            .filter(|minutes| *minutes > Span::ZERO)
            .ok_or_else(|| wrong(Code::BadHeader, format!("`{name}:` is not minutes")))
    };
    let log_every = minutes("Logging Interval")?;
    let ids = Ids::of(text, true);
    let serial = ids.clean(need("Serial")?, "Serial");
    let device = serial.parse().map_err(|reason: String| wrong(Code::BadId, reason))?;
    if head.value("Temp unit").is_some_and(|unit| !unit.eq_ignore_ascii_case("C")) {
        return Err(wrong(Code::BadUnit, "only exports in degrees Celsius are read".into()));
    }
    let (readings, rejections) = Rows::read(file, text, zone);
    // Where no start is printed, recording began with the first row; activation is another thing.
    let first = || readings.first().map(|(at, _)| *at);
    let printed = |name: &str| local(head.value(name)?, zone);
    let started = printed("TS Start").or_else(first).or_else(|| printed("TS Actv"));
    let started = started.ok_or_else(|| {
        wrong(Code::BadHeader, "no row, and neither `TS Start:` nor `TS Actv:`".into())
    })?;
    let mkt = head.value("MKT").and_then(celsius);
    let (model, limits) = (need("Device")?.to_owned(), head.limits());
    let read_out = printed("TS Report Creation");
    let run = head.value("Run Number").map(|run| ids.clean(run, "Run Number").into_owned());
    let hidden = ids.taken();
    Ok(LoggerFile {
        model,
        device,
        log_every,
        started,
        limits,
        mkt,
        readings,
        read_out,
        run,
        hidden,
        rejections,
    })
}

impl LoggerFile {
    /// Its readings as events, and the fact that they were read in. What it was attached to is not its to say.
    pub fn events(&self) -> Vec<Event> {
        let subject = Subject::from(&self.device);
        let source = ShortText::new("logger-file");
        let mut events: Vec<Event> = Vec::with_capacity(self.readings.len() + 1);
        for (at, temperature) in &self.readings {
            let id = ShortText::new(format!("{}:{at}", self.device));
            let reading = Reading {
                temperature: *temperature,
                channel: ShortText::new("payload"),
                sequence: None,
            };
            events.push(Event {
                source: source.clone(),
                id,
                subject: subject.clone(),
                at: *at,
                counts: None,
                hidden: None,
                fact: Fact::Device(DeviceFact::Reading(reading)),
            });
        }
        let readings = u32::try_from(self.readings.len()).unwrap_or(u32::MAX);
        let at = self.read_out.unwrap_or_else(|| self.covers_until());
        let id = ShortText::new(self.called());
        let fact = Fact::Device(DeviceFact::Imported(Imported { file: id.clone(), readings }));
        let hidden = self.hidden.clone();
        events.push(Event { source, id, subject, at, counts: None, hidden, fact });
        events
    }

    /// What this read-out is recognised by, whatever the file is called: the device, its run, when it was read
    /// out, and how far its rows go. The same file again is the same read-out, the next trip's is another one, and
    /// a file that has grown, or came in halves before, is another one, too: its new rows are added.
    pub fn called(&self) -> String {
        let run = match &self.run {
            Some(number) => format!("run {number}"),
            None => format!("run from {}", self.started),
        };
        let read_out = self.read_out.map(|at| format!(", read out {at}")).unwrap_or_default();
        format!("{}, {run}{read_out}, rows until {}", self.device, self.covers_until())
    }

    /// When its last row was measured; where it has none, when it began to record.
    fn covers_until(&self) -> Moment {
        self.readings.iter().map(|(at, _)| *at).max().unwrap_or(self.started)
    }
}

/// `name: value` of the lines before the rows, with the section they stand in.
struct Head<'a>(Vec<(&'a str, &'a str, &'a str)>);

impl<'a> Head<'a> {
    fn read(text: &'a str) -> Self {
        let (mut all, mut section) = (Vec::new(), "");
        for line in text.lines() {
            if section_of(line) == Some("Data") {
                break;
            }
            if let Some(name) = line.strip_suffix(':').filter(|name| !name.starts_with([' ', '\t']))
            {
                section = name;
            }
            for part in line.split(", ") {
                if let Some((name, value)) = part.split_once(':') {
                    all.push((section, name.trim(), value.trim()));
                }
            }
        }
        Self(all)
    }
    fn value(&self, name: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|(_, n, value)| *n == name && !value.is_empty())
            .map(|(.., value)| *value)
    }
    /// Limits of the configuration: `T AL` and `t AL` in pairs; the higher one is the warm one.
    fn limits(&self) -> Vec<LoggerLimit> {
        let conf = || self.0.iter().filter(|(section, ..)| *section == "Conf");
        let warm = conf().filter(|(_, name, _)| *name == "T AL").filter_map(|(.., v)| celsius(v));
        let temperatures: Vec<MilliCelsius> = warm.collect();
        let delays =
            conf().filter(|(_, name, _)| *name == "t AL").filter_map(|(.., v)| minutes_of(v));
        let sum: i64 = temperatures.iter().map(|t| i64::from(t.milli())).sum();
        let middle = sum / i64::try_from(temperatures.len().max(1)).unwrap_or(1);
        let limit = |(limit, after): (&MilliCelsius, Span)| LoggerLimit {
            warm: i64::from(limit.milli()) > middle,
            limit: *limit,
            after,
        };
        temperatures.iter().zip(delays).map(limit).collect()
    }
}

/// Sections that such an export can have, by the unindented name that each begins with.
const SECTIONS: [&str; 13] = [
    "Device",
    "Vers",
    "Fw Vers",
    "Device ID",
    "Sensor",
    "Conf",
    "Hist",
    "Res",
    "Marker",
    "Data",
    "Cert",
    "Sig Cert",
    "Sig",
];

/// The section that begins with this line, if one does.
fn section_of(line: &str) -> Option<&'static str> {
    let (name, _) = line.split_once(':')?;
    SECTIONS.iter().find(|known| **known == name).copied()
}

/// Where in the file a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Before the table.
    Head,
    /// Behind the line that begins the table: the next one names its columns.
    Columns,
    /// Among the rows.
    Table,
    /// Behind the table, in the certificate and the signature.
    Footer,
    /// Behind the beginning of another export, which was put behind this one.
    Another,
}

/// The rows of an export, and the lines that are none where only rows can stand.
struct Rows<'a> {
    file: &'a str,
    zone: Span,
    part: Part,
    readings: Vec<(Moment, MilliCelsius)>,
    rejections: Vec<Rejection>,
}

impl<'a> Rows<'a> {
    fn read(
        file: &'a str,
        text: &str,
        zone: Span,
    ) -> (Vec<(Moment, MilliCelsius)>, Vec<Rejection>) {
        let (readings, rejections) = (Vec::new(), Vec::new());
        let mut rows = Self { file, zone, part: Part::Head, readings, rejections };
        let mut exports = 0;
        for (number, line) in (1..).zip(text.lines()) {
            let section = section_of(line);
            exports += u32::from(section == Some("Device"));
            match section {
                _ if rows.part == Part::Another => {}
                Some("Device") if exports > 1 => {
                    rows.reject(
                        number,
                        line,
                        "another export begins here: send each file by itself",
                    );
                    rows.part = Part::Another;
                }
                Some("Data") => rows.part = Part::Columns,
                Some(_) if rows.part != Part::Head => rows.part = Part::Footer,
                _ if line.trim().is_empty() => {}
                _ => rows.line(number, line),
            }
        }
        (rows.readings, rows.rejections)
    }

    /// A line that begins no section and is not blank.
    fn line(&mut self, number: u64, line: &str) {
        let row = row(line, self.zone);
        match (self.part, row) {
            (Part::Columns | Part::Table, Some(row)) => {
                self.readings.push(row);
                self.part = Part::Table;
            }
            // The names of the columns; a spreadsheet that prints pages repeats them.
            (Part::Columns, None)
                if !line.trim_start().starts_with(|c: char| c.is_ascii_digit()) =>
            {
                self.part = Part::Table;
            }
            (Part::Table, None) if line.trim_start().starts_with("yyyy-MM-dd") => {}
            (Part::Columns | Part::Table, None) => {
                self.part = Part::Table;
                let reason = "a row is a local time from 2000 to 2100 and a temperature";
                self.reject(number, line, reason);
            }
            (Part::Head | Part::Footer, Some(_)) => {
                self.reject(number, line, "a row stands outside of the table that `Data:` begins");
            }
            (Part::Head | Part::Footer, None) | (Part::Another, _) => {}
        }
    }

    fn reject(&mut self, number: u64, line: &str, reason: &str) {
        let rejection = Rejection::new(Code::BadRow, reason).keeping(line.as_bytes());
        self.rejections.push(rejection.at(self.file, number));
    }
}

/// A local time and a temperature, with tabs between them or, where an editor replaced them, blanks.
fn row(line: &str, zone: Span) -> Option<(Moment, MilliCelsius)> {
    let line = line.trim();
    let (time, rest) = match line.split_once('\t') {
        Some(parts) => parts,
        None => line.split_at_checked(TIME.len())?,
    };
    let temperature = rest.split_whitespace().next()?;
    local(time.trim(), zone).zip(celsius(temperature))
}

/// How a row's time looks.
const TIME: &str = "2026-03-01 07:00";

/// Whole minutes, up to some months.
fn minutes_of(text: &str) -> Option<Span> {
    text.parse::<u16>().ok().map(|minutes| Span::minutes(i64::from(minutes)))
}

fn celsius(text: &str) -> Option<MilliCelsius> {
    MilliCelsius::from_decimal(text)
}

fn local(text: &str, zone: Span) -> Option<Moment> {
    let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").ok()?;
    let at = Moment::from_millis(time.and_utc().timestamp_millis()) - zone;
    check::times(at, None).is_ok().then_some(at)
}

/// Hours with decimals, `-3.50`, as a span.
fn zone(text: &str) -> Option<Span> {
    let hundredths = MilliCelsius::from_decimal(text)?.milli() / 10;
    Some(Span::minutes(i64::from(hundredths) * 60 / 100))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// An export with this behind its head.
    fn export(rest: &str) -> String {
        format!(
            "Device: Q-tag CLm doc\nConf:\n Serial: X1\n Zone: 0.00\n Logging Interval: 60\nRes:\n TS Start: 2026-03-01 07:00\n TS Report Creation: 2026-03-01 14:30\n{rest}"
        )
    }

    const COLUMNS: &str = "Data:\n\tyyyy-MM-dd hh:mm\tT\tOut of limits\n";

    /// How many rows are read, and at which lines behind the head something is rejected.
    fn rows(rest: &str) -> (usize, Vec<u64>) {
        let read = super::read("x", export(rest).as_bytes()).unwrap();
        let behind = |rejection: &Rejection| rejection.place.record - 8;
        (read.readings.len(), read.rejections.iter().map(behind).collect())
    }

    fn table(lines: &str) -> (usize, Vec<u64>) {
        let (readings, rejections) = rows(&format!("{COLUMNS}{lines}"));
        (readings, rejections.into_iter().map(|line| line - 2).collect())
    }

    #[test]
    fn what_stands_between_rows_costs_no_row() {
        let row = |hour: u32| format!("\t2026-03-01 {hour:02}:00\t5.0\n");
        let (a, b) = (row(7), row(8));
        assert_eq!(table(&format!("{a}{b}")), (2, vec![]));
        assert_eq!(table(&format!("{a}\n \t \n{b}")), (2, vec![]), "blank lines");
        assert_eq!(table(&format!("{a}{}", b.trim_start())), (2, vec![]), "no tab before it");
        assert_eq!(table(&format!("{a}{}", b.replace('\t', "  "))), (2, vec![]), "blanks for tabs");
        assert_eq!(table(&format!("{a}page 2\n{b}")), (2, vec![2]), "another line is rejected");
        assert_eq!(table(&format!("{a}\tyyyy-MM-dd hh:mm\tT\n{b}")), (2, vec![]), "columns again");
        assert_eq!(table(&format!("{a}\t2026-03-01 08:00\t--\n{b}")), (2, vec![2]));
        assert_eq!(
            table(&format!("{a}Remark: a note\n{b}")),
            (2, vec![2]),
            "no section it can have"
        );
    }

    #[test]
    fn a_table_without_the_names_of_its_columns_loses_no_row() {
        assert_eq!(rows("Data:\n\t2026-03-01 07:00\t5.0\n\t2026-03-01 08:00\t5.0\n"), (2, vec![]));
        assert_eq!(rows("Data:\n\n\tyyyy-MM-dd hh:mm\tT\n\t2026-03-01 07:00\t5.0\n"), (1, vec![]));
    }

    #[test]
    fn the_table_ends_at_the_next_section() {
        let foot = "Cert:\n Vers: 1.0\n Valid from: 2012-10-29 07:07\nSig Cert: 1c55\nSig: 8557\n";
        assert_eq!(table(&format!("\t2026-03-01 07:00\t5.0\n\n{foot}\n")), (1, vec![]));
        let behind = format!("\t2026-03-01 07:00\t5.0\n{foot}\t2026-03-01 08:00\t5.0\n");
        assert_eq!(table(&behind), (1, vec![7]), "a row behind it is not passed over");
        let again = format!("\t2026-03-01 07:00\t5.0\n{foot}{COLUMNS}\t2026-03-01 08:00\t5.0\n");
        assert_eq!(table(&again), (2, vec![]), "a second table");
        assert_eq!(rows("\t2026-03-01 07:00\t5.0\n"), (0, vec![1]), "a row before it");
    }

    #[test]
    fn a_second_export_in_one_file_is_rejected_at_its_first_line() {
        let file = export(&format!("{COLUMNS}\t2026-03-01 07:00\t5.0\n"));
        let read = super::read("x", file.repeat(2).as_bytes()).unwrap();
        assert_eq!((read.readings.len(), read.rejections.len()), (1, 1));
        assert_eq!(read.rejections[0].place.record, 12);
    }

    #[test]
    fn a_mark_and_blank_lines_before_it_say_nothing() {
        let file = export(&format!("{COLUMNS}\t2026-03-01 07:00\t5.0\n"));
        for before in ["\u{feff}", "\n \r\n", "\u{feff}\n"] {
            let marked = format!("{before}{file}");
            assert!(is_logger_file(marked.as_bytes()), "{before:?}");
            let read = super::read("x", marked.as_bytes()).unwrap();
            assert_eq!(read.readings.len(), 1, "{before:?}");
        }
    }

    #[test]
    fn a_read_out_is_recognised_by_device_run_and_when_it_was_read_out() {
        let called = |file: &str| super::read("x", file.as_bytes()).unwrap().called();
        let file = export(&format!("{COLUMNS}\t2026-03-01 07:00\t5.0\n"));
        let first = called(&file);
        assert_eq!(
            first,
            "X1, run from 2026-03-01T07:00:00Z, read out 2026-03-01T14:30:00Z, rows until 2026-03-01T07:00:00Z"
        );
        assert_eq!(called(&file.replace('\n', "\r\n")), first);
        let others = [
            file.replace("14:30", "15:30"),
            file.replace("2026-03-01", "2026-03-03"),
            file.replace("Serial: X1", "Serial: X2"),
            file.replace("Res:\n", "Res:\n Run Number: 3\n"),
            format!("{file}\t2026-03-01 08:00\t5.0\n"),
        ];
        for other in &others {
            assert_ne!(called(other), first, "{other}");
        }
    }

    #[test]
    fn a_serial_number_is_cleaned_and_that_is_told_once() {
        let file = export(&format!("{COLUMNS}\t2026-03-01 07:00\t5.0\n"));
        let events = |file: &str| super::read("x", file.as_bytes()).unwrap().events();
        let soiled = events(&file.replace("Serial: X1", "Serial: \u{200e}X\u{200b}1"));
        let told: Vec<&str> = soiled.iter().filter_map(|event| event.hidden.as_deref()).collect();
        assert_eq!(told, ["U+200E U+200B in Serial"]);
        let clean = soiled.into_iter().map(|event| Event { hidden: None, ..event });
        assert_eq!(clean.collect::<Vec<_>>(), events(&file));
    }

    #[test]
    fn the_same_file_under_another_name_is_the_same_events() {
        let file = export(&format!("{COLUMNS}\t2026-03-01 07:00\t5.0\n"));
        let events = |name: &str| super::read(name, file.as_bytes()).unwrap().events();
        assert_eq!(events("a.txt"), events("b.txt"));
    }
}
