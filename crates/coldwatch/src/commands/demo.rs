//! `coldwatch demo`: everything in one process, with simulated shipments in fast time.

use super::common_args;
use crate::config::{Config, LogKind};
use crate::desk::{self, Pace};
use crate::exit::{CODES, Failure};
use crate::http::HttpServer;
use crate::services::intake;
use crate::supervisor::Supervisor;
use crate::topics::{self, TopicPlan};
use crate::{log, services, signals, telemetry};
use clap::Args;
use facts::{Moment, Rulebook, Span};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};
use stream::Clock;
use wire::native::{self, Extensions};

const EXAMPLES: &str = "\
Examples:
  coldwatch demo
      200 simulated shipments, 600 times as fast as the clock; the pages on http://127.0.0.1:8080
  coldwatch demo --for 60s --listen 127.0.0.1:0
      unattended: stops by itself, on a port that is free
  coldwatch demo --speed 3600 --shipments 500 --seed 11

Nothing is kept: the log lies in a temporary folder unless --folder names one.";

/// See it at work: all services and the pages, with simulated shipments in fast time
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{CODES}"))]
pub(crate) struct Demo {
    /// Where the pages are
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Stop by itself after this long, like 60s
    #[arg(long = "for", value_name = "SPAN", value_parser = span)]
    run_for: Option<Duration>,
    /// How many times as fast as the clock time goes
    #[arg(long, default_value_t = 600, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_000))]
    speed: u32,
    /// How much of the week has passed when the pages open
    #[arg(long, default_value = "60h", value_name = "SPAN", value_parser = span)]
    ahead: Duration,
    /// How many shipments
    #[arg(long, default_value_t = 200)]
    shipments: u32,
    /// The same seed makes the same week
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Folder for the log; it must be empty or not there
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// `60s`, `15 min`, `2h`.
fn span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no span like `60s`, `15 min` or `2h`");
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit.trim() {
        "s" | "" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    Ok(Duration::from_secs(number.saturating_mul(seconds)))
}

/// A step of time, as the wall clock has it: time stands still in between.
const STEP: Duration = Duration::from_millis(250);
/// The longest step while the first part of the week is made up for.
const AHEAD_STEP: Span = Span::minutes(15);

impl Demo {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        telemetry::start("warn")?;
        let stop = signals::listen()?;
        let temporary = self.folder.is_none();
        let folder = self.folder.clone().unwrap_or_else(|| {
            std::env::temp_dir().join(format!("coldwatch-demo-{}", std::process::id()))
        });
        let wrong = |why: &dyn std::fmt::Display| {
            Failure::usage(format!("--folder: {} {why}", folder.display()))
        };
        match std::fs::read_dir(&folder).map(|mut all| all.next().is_some()) {
            Ok(false) => {}
            Ok(true) => {
                return Err(wrong(
                    &"is not empty: name a folder that is, or one that is not there",
                ));
            }
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(wrong(&format!("cannot be used: {e}"))),
        }
        let ended = self.play(&folder, stop);
        if temporary {
            // It lies in the folder for temporary files: what cannot be removed is removed by the system.
            let _ = std::fs::remove_dir_all(&folder);
        }
        ended.map(|()| ExitCode::SUCCESS)
    }

    fn step(&self) -> Span {
        let step = i64::try_from(STEP.as_millis()).unwrap_or(250) * i64::from(self.speed);
        Span::millis(step.max(crate::supervisor::TICK_EVERY))
    }

    /// The rulebook of this release; in fast time a stage may be silent for as long as a step takes.
    fn book(&self) -> Result<Rulebook, Failure> {
        let mut tables = common_args::book(None)?.tables;
        let after = Span::seconds(15) + self.step().max(AHEAD_STEP) + self.step();
        if let Some(serde_json::Value::Object(table)) =
            tables.get_mut(alerts::stages::SILENT.info.name)
        {
            table.insert("after".into(), format!("{} s", after.as_millis() / 1000).into());
        }
        Ok(Rulebook::new(tables))
    }

    fn play(&self, folder: &std::path::Path, stop: Arc<AtomicBool>) -> Result<(), Failure> {
        let started = Instant::now();
        let week = simulate::make(self.seed, self.shipments).inbound;
        // Permits and orders are older than the week: they are known when it begins.
        let mut arrivals: Vec<Moment> = week.iter().map(|arrival| arrival.at).collect();
        arrivals.sort_unstable();
        let early = arrivals.get(arrivals.len() / 50).copied().unwrap_or(Moment::EARLIEST);
        let begin = early.floor(Span::days(1));
        let now = Arc::new(AtomicI64::new(begin.millis()));
        let clock: Clock = {
            let now = now.clone();
            Arc::new(move || now.load(Ordering::Relaxed))
        };
        let mut config = Config::default();
        config.log.kind = LogKind::Embedded;
        config.log.folder = folder.join("log");
        config.snapshots.folder = folder.join("snapshots");
        config.http.listen = self.listen;
        let log = log::make(&config, clock.clone())?;
        let mut supervisor = Supervisor::new(log, config, clock.clone(), None).stopping(stop);
        let inbound = supervisor.config.log.inbound.clone();
        let plan = TopicPlan { names: &supervisor.names, generation: 1, inbound: &inbound };
        plan.create(&*supervisor.log, &self.book()?, clock.clone()).map_err(log::failure)?;
        for &service in services::all() {
            supervisor.start(service)?;
        }
        let step = self.step();
        let pace = Pace { tick: step, grace: Span::seconds(15) + step, ..Pace::default() };
        let pages = desk::start(&supervisor, pace)?;
        let serving = HttpServer::start(&supervisor, true, Some(pages))?;
        let address = serving.address;
        let show = Show { demo: self, supervisor: &supervisor, now: &now, started, begin };
        let ended = show.play(week, address);
        let finished = supervisor.finish();
        serving.finish();
        ended.and(finished)
    }
}

/// The week as it is shown.
struct Show<'a> {
    demo: &'a Demo,
    supervisor: &'a Supervisor,
    now: &'a AtomicI64,
    started: Instant,
    begin: Moment,
}

impl Show<'_> {
    fn play(&self, week: Vec<simulate::Arrival>, address: SocketAddr) -> Result<(), Failure> {
        // The door is open: whoever looks in sees the first days being made up for.
        eprintln!("coldwatch demo: http://{address}");
        let ahead = i64::try_from(self.demo.ahead.as_millis()).unwrap_or(i64::MAX);
        let open = self.begin + Span::millis(ahead);
        let mut week = week.into_iter().peekable();
        let bar = ProgressBar::new(self.demo.ahead.as_secs());
        if let Ok(style) =
            ProgressStyle::with_template("making up for the first hours {bar:40} {percent} %")
        {
            bar.set_style(style);
        }
        if !bar.is_hidden() {
            bar.tick();
        } else {
            eprintln!(
                "making up for the first {} h of the week …",
                self.demo.ahead.as_secs() / 3600
            );
        }
        let mut told = false;
        let mut sent = 0;
        loop {
            let here = Moment::from_millis(self.now.load(Ordering::Relaxed));
            let making_up = here < open;
            if !making_up && !told {
                bar.finish_and_clear();
                eprintln!(
                    "{sent} events of {} shipments so far; it is {here} there, and time goes {} times as fast; Ctrl-C stops",
                    self.demo.shipments, self.demo.speed
                );
                told = true;
            }
            if self.over() {
                eprintln!("{sent} events were taken in; stopped at {here}");
                return Ok(());
            }
            let next = if making_up { here + AHEAD_STEP } else { here + self.demo.step() };
            sent += self.send(&mut week, next)?;
            self.now.store(next.millis(), Ordering::Relaxed);
            let began = Instant::now();
            self.settle()?;
            if making_up {
                let passed = (next.millis() - self.begin.millis()) / 1000;
                bar.set_position(u64::try_from(passed).unwrap_or(0));
            } else {
                std::thread::sleep(STEP.saturating_sub(began.elapsed()));
            }
        }
    }

    fn over(&self) -> bool {
        self.supervisor.is_over()
            || self.demo.run_for.is_some_and(|longest| self.started.elapsed() >= longest)
    }

    /// Sends what has arrived by then.
    fn send(
        &self,
        week: &mut std::iter::Peekable<std::vec::IntoIter<simulate::Arrival>>,
        by: Moment,
    ) -> Result<usize, Failure> {
        let topic = self.supervisor.names.other(&self.supervisor.config.log.inbound[0]);
        let mut new_records = Vec::new();
        while let Some(arrival) = week.next_if(|arrival| arrival.at <= by) {
            let event = &arrival.event;
            let partition =
                intake::inbound_partition(&event.subject, self.supervisor.names.partitions);
            let bytes = native::write(event, &Extensions::default()).into_bytes();
            new_records.push(intake::inbound(&topic, partition, &event.subject, bytes));
        }
        let sent = new_records.len();
        topics::append(&*self.supervisor.log, new_records).map_err(log::failure)?;
        Ok(sent)
    }

    /// Waits until everything is worked off, so that no stage seems late that is only busy.
    fn settle(&self) -> Result<(), Failure> {
        let until = Instant::now() + Duration::from_secs(5);
        let now = self.now.load(Ordering::Relaxed);
        while !self.over() && Instant::now() < until {
            // The strokes of the new moment are made first.
            if self.supervisor.ticked(now) && self.supervisor.drained().map_err(log::failure)? {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(3));
        }
        Ok(())
    }
}
