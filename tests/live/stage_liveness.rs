//! Every stage is stopped once, by the real clock, and the stages that go on must tell of it: within a stroke of the
//! clock and 15 s. Of alerts, which is the last one, only who watches it from outside can tell: the desk does.

use crate::site::Backing;
use coldwatch::config::Config;
use coldwatch::services::{self, Service, names::TopicNames};
use coldwatch::supervisor::{Supervisor, TICK_EVERY};
use coldwatch::topics::TopicPlan;
use desk::read_model::StageStatus;
use desk::{Freshness, ReadModel};
use facts::{Finding, Moment, Span, State};
use fold::Payload;
use libtest_mimic::{Failed, Trial};
use pipeline::Topic;
use pipeline::bytes::{self, Alert};
use pipeline::registry::registry;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stream::log::wall_clock;
use stream::{Log, MemoryLog};

const PARTITIONS: u16 = 2;
/// How long all of them run before one is stopped.
const AT_WORK: Duration = Duration::from_secs(12);
/// What the promise allows, in log time: from the last sign of life to the stroke at which it is told.
const ALLOWED: Span = Span::millis(TICK_EVERY + 15_000);
const LOOK: Span = Span::seconds(1);
const STUCK: Duration = Duration::from_secs(60);

pub(crate) fn trials(backing: Backing) -> Vec<Trial> {
    if backing != Backing::Memory {
        return Vec::new();
    }
    let name = "memory: whichever stage stops, that is told within a stroke and 15 s";
    vec![Trial::test(name, all)]
}

fn all() -> Result<(), Failed> {
    let stopped: Vec<_> = services::all()
        .iter()
        .map(|&stage| (stage, std::thread::spawn(move || stop(stage))))
        .collect();
    for (stage, stopped) in stopped {
        let stage = stage.name();
        let (told, waited) =
            stopped.join().map_err(|_| format!("{stage} could not be stopped"))??;
        eprintln!(
            "{stage} stops: told {told} after its last sign of life, {waited:.1?} after it was stopped"
        );
        // A page is looked at now and then; the stages in the log are exact.
        let looked = if stage == Service::Alerts.name() { LOOK } else { Span::ZERO };
        if told > ALLOWED + looked {
            return Err(format!("{stage} was silent for {told}, and {ALLOWED} are allowed").into());
        }
    }
    Ok(())
}

/// All stages at work, each on its own; then one of them stops. Log time from its last sign of life until it is told,
/// and for how long we waited.
fn stop(stage: Service) -> Result<(Span, Duration), Failed> {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::default());
    let mut config = Config::default();
    config.log.partitions = PARTITIONS;
    let folder = std::env::temp_dir().join(format!(
        "coldwatch-silence-{}-{}",
        stage.name(),
        std::process::id()
    ));
    config.snapshots.folder = folder.clone();
    let names = TopicNames::of(&config);
    let book = pipeline::rulebook::shipped().map_err(|e| format!("{e:?}"))?.book;
    TopicPlan { names: &names, generation: 1, inbound: &config.log.inbound }.create(
        &*log,
        &book,
        wall_clock(),
    )?;
    let mut at_work = Vec::new();
    for &service in services::all() {
        let mut live = Supervisor::new(log.clone(), config.clone(), wall_clock(), None);
        live.start(service).map_err(|e| e.to_string())?;
        at_work.push((service, live));
    }
    std::thread::sleep(AT_WORK);
    let (gone, stay): (Vec<_>, Vec<_>) =
        at_work.into_iter().partition(|(service, _)| *service == stage);
    for (_, live) in gone {
        live.finish().map_err(|e| e.to_string())?;
    }
    let stopped = Instant::now();
    let told = match stage {
        Service::Alerts => by_the_desk(&*log, &names, stopped)?,
        _ => by_alerts(&*log, &names, stage, stopped)?,
    };
    let waited = stopped.elapsed();
    for (_, live) in stay {
        live.finish().map_err(|e| e.to_string())?;
    }
    // A stage that keeps no state has left nothing there.
    let _ = std::fs::remove_dir_all(folder);
    Ok((told, waited))
}

/// Waits until alerts has told it of every partition, all of them under one name; nothing else is told.
fn by_alerts(
    log: &dyn Log,
    names: &TopicNames,
    stage: Service,
    since: Instant,
) -> Result<Span, Failed> {
    let topic = names.topic(Topic::Exceptions);
    let mut reader = log.read(&topic, &[(0, 0), (1, 0)])?;
    let (mut records, mut found) = (Vec::new(), Vec::<Finding>::new());
    // Intake reads two partitions of one inbound topic, so it is missed in both, too.
    while found.len() < usize::from(PARTITIONS) {
        if since.elapsed() > STUCK {
            return Err(format!("nobody tells that {} has stopped: {found:?}", stage.name()).into());
        }
        reader.poll(Duration::from_millis(50), &mut records)?;
        for (_, record) in records.drain(..) {
            let heard = bytes::exception(record.offset, &record.value).map_err(|e| e.reason)?;
            if let Payload::Input { input: alerts::ExceptionInput::Finding(finding), .. } =
                heard.record.payload
            {
                found.push(*finding);
            }
        }
    }
    let right = |f: &&Finding| {
        &*f.name.rule == "system/stage-silent"
            && f.name.about.split([' ', '/']).next() == Some(stage.name())
            && f.shipment.as_str() == format!("stage-{}", stage.name())
            && f.state == State::Raised
    };
    match found.iter().filter(right).count() == found.len() {
        true => Ok(found.iter().map(|f| f.learnt - f.happened).max().unwrap_or_default()),
        false => Err(format!("{} stopped, and this was told: {found:?}", stage.name()).into()),
    }
}

/// Waits until the desk calls alerts late.
fn by_the_desk(log: &dyn Log, names: &TopicNames, since: Instant) -> Result<Span, Failed> {
    let mut board = ReadModel::new(PARTITIONS, registry());
    let mut reader = log.read(&names.topic(Topic::Alerts), &[(0, 0), (1, 0)])?;
    let (mut records, clock) = (Vec::new(), wall_clock());
    loop {
        if since.elapsed() > STUCK {
            return Err("the desk does not see that alerts has stopped".into());
        }
        reader.poll(Duration::from_millis(50), &mut records)?;
        for (partition, record) in records.drain(..) {
            if let Ok(Alert::Beat(now)) = bytes::alert(&record.value) {
                board.beat("alerts", partition, now);
            }
        }
        let trust = board.trust(Moment::from_millis(clock()), &Freshness::default());
        let stage = trust.stages.into_iter().find(|stage| stage.name == "alerts");
        let stage = stage.ok_or("the desk knows no alerts")?;
        if stage.status != StageStatus::Fresh {
            return Ok(stage.age.unwrap_or_default());
        }
    }
}
