//! Text exports of Berlinger loggers: Fridge-tag 2 L and Q-tag CLm doc. Indented `name: value` lines,
//! several to a line, and rows of local time and temperature.

use crate::check;
use crate::reject::{Code, Rejection};
use chrono::NaiveDateTime;
use facts::fact::device::{Imported, Reading};
use facts::{DeviceId, Event, Fact, MilliCelsius, Moment, Span, Subject, Text};

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
    pub limits: Vec<Limit>,
    /// The mean kinetic temperature that its firmware printed.
    pub mkt: Option<MilliCelsius>,
    /// What it measured.
    pub readings: Vec<(Moment, MilliCelsius)>,
    /// When it was read out, where that is printed.
    pub read_out: Option<Moment>,
    /// Rows that could not be read.
    pub rejections: Vec<Rejection>,
}

/// A limit that the device itself watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Whether warmer than this is out; else colder.
    pub warm: bool,
    /// The limit.
    pub limit: MilliCelsius,
    /// For how long at a stretch.
    pub after: Span,
}

/// Whether a file begins like such an export.
pub fn is_logger_file(beginning: &[u8]) -> bool {
    beginning.starts_with(b"Device: Q-tag")
}

/// Reads an export; rows that cannot be read are told one by one.
pub fn read(file: &str, bytes: &[u8]) -> Result<LoggerFile, Rejection> {
    let wrong = |code, reason: String| Rejection::new(code, reason).at(file, 1).keeping(bytes);
    if !is_logger_file(bytes) {
        return Err(wrong(Code::NotALoggerFile, "it does not begin with `Device: Q-tag`".into()));
    }
    let text = std::str::from_utf8(bytes)
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
    let serial = need("Serial")?;
    let device = serial.parse().map_err(|reason: String| wrong(Code::BadId, reason))?;
    if head.value("Temp unit").is_some_and(|unit| unit != "C") {
        return Err(wrong(Code::BadUnit, "only exports in degrees Celsius are read".into()));
    }
    let (readings, rejections) = rows(file, text, zone);
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
    Ok(LoggerFile {
        model,
        device,
        log_every,
        started,
        limits,
        mkt,
        readings,
        read_out,
        rejections,
    })
}

impl LoggerFile {
    /// Its readings as events, and the fact that they were read in. What it was attached to is not its to say.
    pub fn events(&self, file: &str) -> Vec<Event> {
        let subject = Subject::from(&self.device);
        let source = Text::new("logger-file");
        let mut events: Vec<Event> = Vec::with_capacity(self.readings.len() + 1);
        for (at, temperature) in &self.readings {
            let id = Text::new(format!("{}:{at}", self.device));
            let reading = Reading {
                temperature: *temperature,
                channel: Text::new("payload"),
                sequence: None,
            };
            events.push(Event {
                source: source.clone(),
                id,
                subject: subject.clone(),
                at: *at,
                counts: None,
                fact: Fact::Reading(reading),
            });
        }
        let readings = u32::try_from(self.readings.len()).unwrap_or(u32::MAX);
        let last = || self.readings.last().map_or(self.started, |(at, _)| *at);
        let at = self.read_out.unwrap_or_else(last);
        let (id, fact) =
            (Text::new(file), Fact::Imported(Imported { file: Text::new(file), readings }));
        events.push(Event { source, id, subject, at, counts: None, fact });
        events
    }
}

/// `name: value` of the lines before the rows, with the section they stand in.
struct Head<'a>(Vec<(&'a str, &'a str, &'a str)>);

impl<'a> Head<'a> {
    fn read(text: &'a str) -> Self {
        let (mut all, mut section) = (Vec::new(), "");
        for line in text.lines() {
            if line.starts_with("Data:") {
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
    fn limits(&self) -> Vec<Limit> {
        let conf = || self.0.iter().filter(|(section, ..)| *section == "Conf");
        let warm = conf().filter(|(_, name, _)| *name == "T AL").filter_map(|(.., v)| celsius(v));
        let temperatures: Vec<MilliCelsius> = warm.collect();
        let delays =
            conf().filter(|(_, name, _)| *name == "t AL").filter_map(|(.., v)| minutes_of(v));
        let sum: i64 = temperatures.iter().map(|t| i64::from(t.milli())).sum();
        let middle = sum / i64::try_from(temperatures.len().max(1)).unwrap_or(1);
        let limit = |(limit, after): (&MilliCelsius, Span)| Limit {
            warm: i64::from(limit.milli()) > middle,
            limit: *limit,
            after,
        };
        temperatures.iter().zip(delays).map(limit).collect()
    }
}

/// Rows behind the line that names their columns.
fn rows(file: &str, text: &str, zone: Span) -> (Vec<(Moment, MilliCelsius)>, Vec<Rejection>) {
    let (mut readings, mut rejections) = (Vec::new(), Vec::new());
    let data = text.lines().enumerate().skip_while(|(_, line)| !line.starts_with("Data:")).skip(2);
    for (n, line) in data.take_while(|(_, line)| line.starts_with(['\t', ' '])) {
        let mut columns = line.split('\t').map(str::trim).filter(|column| !column.is_empty());
        let row =
            columns.next().and_then(|time| local(time, zone)).zip(columns.next().and_then(celsius));
        match row {
            Some(row) => readings.push(row),
            None => {
                let reason = "a row is a local time from 2000 to 2100 and a temperature";
                let rejection = Rejection::new(Code::BadRow, reason).keeping(line.as_bytes());
                rejections.push(rejection.at(file, n as u64 + 1));
            }
        }
    }
    (readings, rejections)
}

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
