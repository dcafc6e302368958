//! `coldwatch doctor`: what is wrong, and what to do.

use super::common_args::CommonArgs;
use super::export;
use super::rulebook::in_force;
use crate::config::{Config, LogKind};
use crate::exit::{self, CODES, Failure};
use crate::services::names::TopicNames;
use crate::services::{self, CommitMetadata, Service, Work};
use crate::supervisor::is_drained;
use crate::topics::TopicPlan;
use crate::{log, snapshots, telemetry};
use clap::Args;
use pipeline::stage::FAULTED;
use pipeline::{Topic, stage_configs};
use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;
use stream::log::wall_clock;
use stream::{Log, SnapshotStore};

const EXAMPLES: &str = "\
Examples:
  coldwatch doctor --config coldwatch.toml
      one line for each thing that was looked at; ends with 1 if anything is wrong
  coldwatch doctor --config coldwatch.toml | grep -v '^ok'
      only what is wrong

Looks at: the configuration, the log, topics and partition counts, the rulebook in force, the clock, where
snapshots are kept, how far each service has come, holes, and whether the counts add up.";

/// Look at everything and say what is wrong
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{CODES}"))]
pub(crate) struct Doctor {
    #[command(flatten)]
    given: CommonArgs,
}

/// What was looked at so far.
#[derive(Default)]
struct Findings {
    wrong: usize,
}

impl Findings {
    fn ok(&mut self, what: &str) -> Result<(), Failure> {
        crate::commands::print(&format!("ok     {what}"))
    }
    fn wrong(&mut self, what: &str) -> Result<(), Failure> {
        self.wrong += 1;
        crate::commands::print(&format!("WRONG  {what}"))
    }
    fn note(&mut self, what: &str) -> Result<(), Failure> {
        crate::commands::print(&format!("note   {what}"))
    }
}

impl Doctor {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        telemetry::start("error")?;
        let mut findings = Findings::default();
        let config = match self.given.read() {
            Ok(config) => config,
            Err(failure) => {
                findings.wrong(&format!("the configuration: {failure}"))?;
                return Ok(exit::found());
            }
        };
        findings.ok(&format!("the configuration can be read: a log on {}", place(&config)))?;
        match snapshots::store(&config) {
            Ok(None) => folder(&mut findings, &config.snapshots.folder)?,
            Ok(Some(shelf)) => store(&mut findings, &*shelf)?,
            Err(failure) => findings.wrong(&failure.to_string())?,
        }
        if let Some(log) = reach(&mut findings, &config)? {
            examine(&mut findings, &*log, &config)?;
        }
        match findings.wrong {
            0 => crate::commands::print("nothing is wrong")?,
            n => crate::commands::print(&format!("{n} to be put right"))?,
        }
        Ok(if findings.wrong == 0 { ExitCode::SUCCESS } else { exit::found() })
    }
}

fn place(config: &Config) -> String {
    match config.log.kind {
        LogKind::Embedded => format!("{} (embedded)", config.log.folder.display()),
        LogKind::Kafka => format!("{} (Kafka)", config.log.brokers),
    }
}

/// Whether snapshots can be written. It makes nothing: what is not there yet is tried where it will be made.
fn folder(findings: &mut Findings, folder: &Path) -> Result<(), Failure> {
    let mut there =
        folder.ancestors().map(|one| if one.as_os_str().is_empty() { Path::new(".") } else { one });
    let nearest = there.find(|one| one.exists()).unwrap_or(folder);
    let probe = nearest.join(".written-by-doctor");
    let tried = std::fs::write(&probe, b"x").and_then(|()| std::fs::remove_file(&probe));
    let (place, later) = (
        folder.display(),
        if nearest == folder { "" } else { ", which is made when a service starts" },
    );
    match tried {
        Ok(()) => findings.ok(&format!("snapshots can be written to {place}{later}")),
        Err(e) => {
            let step = match e.kind() {
                ErrorKind::PermissionDenied => {
                    "let this user write there, or name another folder in snapshots.folder"
                }
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on that disk",
                ErrorKind::ReadOnlyFilesystem => "mount that disk for writing",
                _ => "name a folder in snapshots.folder",
            };
            findings.wrong(&format!(
                "snapshots cannot be written to {place}: {}: {e}; {step}",
                nearest.display()
            ))
        }
    }
}

/// Whether the store does what it must. What is tried there does not stay.
fn store(findings: &mut Findings, shelf: &dyn SnapshotStore) -> Result<(), Failure> {
    let store = shelf.describe("");
    match objects::probe(shelf) {
        Ok(()) => {
            findings.ok(&format!("snapshots can be listed, written, read and deleted in {store}"))
        }
        Err(why) => findings.wrong(&format!("{why} (snapshots.url)")),
    }
}

fn reach(
    findings: &mut Findings,
    config: &Config,
) -> Result<Option<std::sync::Arc<dyn Log>>, Failure> {
    let tried = log::look(config).and_then(|log| {
        let topic = TopicNames::of(config).topic(Topic::Facts);
        log.partitions(&topic).map_err(log::failure).map(|_| log)
    });
    match tried {
        Ok(log) => {
            findings.ok("the log can be reached")?;
            Ok(Some(log))
        }
        Err(failure) => {
            findings.wrong(&match step(config, &failure) {
                Some(step) => format!("{failure}; {step}"),
                None => failure.to_string(),
            })?;
            Ok(None)
        }
    }
}

/// What to do about a log that cannot be looked at. A setting that is wrong says so itself.
fn step(config: &Config, failure: &Failure) -> Option<&'static str> {
    match config.log.kind {
        LogKind::Kafka if failure.is_refusal() => None,
        LogKind::Kafka => {
            Some("are the brokers running, is log.brokers right, and may this machine reach them?")
        }
        LogKind::Embedded if !log::is_there(config) => Some(log::MAKE_ONE),
        LogKind::Embedded => Some(
            "may this user read that file? If it is damaged, bring the folder back from its copy",
        ),
    }
}

fn examine(findings: &mut Findings, log: &dyn Log, config: &Config) -> Result<(), Failure> {
    let names = TopicNames::of(config);
    let (generation, inbound) = (config.log.generation, &*config.log.inbound);
    let wrong =
        TopicPlan { names: &names, generation, inbound }.check(log).map_err(log::failure)?;
    if !wrong.is_empty() {
        return wrong.iter().try_for_each(|wrong| findings.wrong(wrong));
    }
    findings.ok(&format!("all topics are there, with {} partitions", names.partitions))?;
    if config.log.kind == LogKind::Kafka {
        brokers(findings, config, &names)?;
    }
    rulebook(findings, log, &names)?;
    clock(findings, log, &names)?;
    let mut notes = Vec::new();
    for &service in services::all() {
        notes.extend(progress(findings, log, config, &names, service)?);
    }
    accounting(findings, &notes)
}

/// Brokers that are silent, partitions without a leader, settings that would lose or forget something.
fn brokers(findings: &mut Findings, config: &Config, names: &TopicNames) -> Result<(), Failure> {
    let topics = Topic::ALL.map(|topic| names.topic(topic));
    let asked: Vec<&str> = topics.iter().map(|name| &**name).collect();
    let cluster = crate::broker::look(config)?.describe(&asked).map_err(log::failure)?;
    let stamped = |name: &str| {
        Topic::ALL.iter().any(|topic| topic.stamped_by_log() && *names.topic(*topic) == *name)
    };
    let faults = cluster.faults(stamped);
    for fault in &faults {
        findings.wrong(fault)?;
    }
    match faults.is_empty() {
        true => findings.ok(&format!(
            "{} brokers answer, and every topic is set as it must be",
            cluster.brokers.len()
        )),
        false => Ok(()),
    }
}

/// The rulebook in force: the last one that the first partition of the journal was given.
fn rulebook(findings: &mut Findings, log: &dyn Log, names: &TopicNames) -> Result<(), Failure> {
    let topic = names.topic(Topic::Facts);
    if log.range(&topic, 0).map_err(log::failure)?.start > 0 {
        return findings.note(
            "facts were trimmed: which rulebook is in force is told by `coldwatch export journal`",
        );
    }
    let Some((hash, behaviour)) = in_force(log, names)? else {
        return findings.wrong("no rulebook is in the log: run `coldwatch topics create`");
    };
    findings.ok(&format!("rulebook {hash} is in force"))?;
    match stage_configs::BEHAVIOURS.contains(&behaviour) {
        true => findings.ok(&format!("behaviour {behaviour} is in force, and this release knows it")),
        false => findings.wrong(&format!(
            "the log is at behaviour {behaviour}, which this release does not know: use a release that does"
        )),
    }
}

/// The clock of this machine against the last record that the log has stamped, where dispatch and where alerts strike.
fn clock(findings: &mut Findings, log: &dyn Log, names: &TopicNames) -> Result<(), Failure> {
    for (topic, striker) in [(Topic::Facts, "dispatch"), (Topic::Exceptions, "alerts")] {
        let topic = names.topic(topic);
        let range = log.range(&topic, 0).map_err(log::failure)?;
        let mut stamp = None;
        export::from(log, &topic, 0, range.end.saturating_sub(1)..range.end, |record| {
            stamp = Some(record.appended);
            Ok(())
        })?;
        let now = wall_clock()();
        match stamp.map(|stamp| now - stamp) {
            Some(age) if age < -2_000 => findings.wrong(&format!(
                "the log's clock is {} s ahead of this machine's: strokes are refused beyond 2 s; set the clocks by NTP",
                -age / 1000
            ))?,
            Some(age) if age > 20_000 => findings.wrong(&format!(
                "the last record of {topic} is {} s old, and the clock should strike every 5 s: {striker} is not running, \
                 so nothing is judged; start it",
                age / 1000
            ))?,
            _ => findings.ok(&format!("{striker} strikes the clock of {topic}, and it agrees with this machine's"))?,
        }
    }
    Ok(())
}

/// How far a service has come, and what it counted.
fn progress(
    findings: &mut Findings,
    log: &dyn Log,
    config: &Config,
    names: &TopicNames,
    service: Service,
) -> Result<Vec<(Service, CommitMetadata)>, Failure> {
    let mut notes = Vec::new();
    for Work { group, topic } in service.work(names, &config.log.inbound) {
        let (group, topic) = (&group, &topic);
        let points = log.committed(group, topic).map_err(log::failure)?;
        let mut end = 0;
        for partition in 0..log.partitions(topic).map_err(log::failure)?.unwrap_or(0) {
            end += log.range(topic, partition).map_err(log::failure)?.end;
        }
        let at: u64 = points.values().map(|point| point.offset).sum();
        notes.extend(points.values().map(|point| (service, CommitMetadata::read(&point.note))));
        let line = format!("{} has worked off {at} of {end} records of {topic}", service.name());
        match is_drained(log, group, topic).map_err(log::failure)? {
            true => findings.ok(&line)?,
            false if at == 0 => findings.note(&format!("{line}: it has not run yet"))?,
            false => findings.note(&format!("{line}: {} wait", end.saturating_sub(at)))?,
        }
    }
    let sum = |of: fn(&CommitMetadata) -> u64| notes.iter().map(|(_, note)| of(note)).sum::<u64>();
    let name = service.name();
    if sum(|n| n.gaps) > 0 {
        findings.wrong(&format!(
            "{name} sees {} holes that nobody has filled: a writer before it has stopped; start it",
            sum(|n| n.gaps)
        ))?;
    }
    if sum(|n| n.faulted) > 0 {
        findings.wrong(&format!(
            "{name} has put {} subjects aside: see the {} findings {}",
            sum(|n| n.faulted),
            FAULTED.severity,
            FAULTED.info.code
        ))?;
    }
    if service == Service::Dispatch && sum(|n| n.put_away) > 0 {
        findings.ok(&format!(
            "{} shipments were put away: closed, or nothing was heard of them for long",
            sum(|n| n.put_away)
        ))?;
    }
    if sum(|n| n.unreadable) > 0 {
        findings.wrong(&format!(
            "{name} could not read {} records of our own topics: somebody else writes there; find out who, and let coldwatch \
             alone write to them",
            sum(|n| n.unreadable)
        ))?;
    }
    Ok(notes)
}

/// *Every event is counted*: nothing is dropped.
fn accounting(findings: &mut Findings, notes: &[(Service, CommitMetadata)]) -> Result<(), Failure> {
    let sum = |services: &[Service], of: fn(&CommitMetadata) -> u64| -> u64 {
        notes.iter().filter(|(s, _)| services.contains(s)).map(|(_, note)| of(note)).sum()
    };
    let intake = [Service::Intake];
    let judges = [Service::Dispatch, Service::Alerts];
    let (read, routed, rejected) =
        (sum(&intake, |n| n.read), sum(&intake, |n| n.routed), sum(&intake, |n| n.rejected));
    let fates = [
        sum(&judges, |n| n.processed),
        sum(&judges, |n| n.pending),
        sum(&judges, |n| n.expired),
        sum(&judges, |n| n.duplicate),
    ];
    let [processed, pending, expired, duplicate] = fates;
    let first = format!("read {read} = routed {routed} + rejected {rejected}");
    match read == routed + rejected {
        true => findings.ok(&first)?,
        false => findings.wrong(&format!("{first} does not add up: please report this"))?,
    }
    let second = format!(
        "routed {routed} = processed {processed} + pending {pending} + expired {expired} + duplicate {duplicate}"
    );
    match routed.cmp(&fates.iter().sum()) {
        std::cmp::Ordering::Equal => findings.ok(&second),
        std::cmp::Ordering::Greater => findings.note(&format!("{second}: some are on their way")),
        std::cmp::Ordering::Less => {
            findings.wrong(&format!("{second} does not add up: please report this"))
        }
    }
}
