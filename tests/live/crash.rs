//! Every service in turn is ended under load, in order and at once, and started again; and a second process of one
//! service comes and goes. Afterwards verdicts, incidents and counts are those of an undisturbed run.

use crate::accounts::note;
use crate::driver::Driver;
use crate::is_long;
use crate::load::{self, differ};
use crate::misfortunes::{end, in_turn};
use crate::outputs::{Outputs, findings, incidents};
use crate::site::{self, Backing, Site};
use crate::verdicts::settled;
use alerts::Incident;
use coldwatch::services::{self, CommitMetadata, Service};
use facts::{Event, Moment};
use libtest_mimic::{Failed, Trial};
use pipeline::{ENGINES, GRID, Output};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const SHIPMENTS: u32 = 40;
const PARTITIONS: u16 = 4;

/// The one whose processes share its partitions.
fn one_engine() -> Service {
    Service::Engine(&ENGINES[1])
}

pub(crate) fn trials(backing: Backing) -> Vec<Trial> {
    if backing != Backing::Kafka {
        return Vec::new();
    }
    vec![
        Trial::test(
            "kafka: every service in turn is killed, terminated and interrupted under load",
            || {
                disturbed("killed", &brokers(), rounds(), |driver, turn, rng| {
                    let service = in_turn(turn);
                    let signal = SIGNALS[turn / services::all().len() % SIGNALS.len()];
                    std::thread::sleep(Duration::from_millis(rng.u64(0..40)));
                    end(driver, service, signal);
                    driver.site.start_process(service, "only");
                })
            },
        ),
        Trial::test(
            "kafka: a second process of an engine takes its share under load and gives it back",
            || {
                disturbed("scaled", &brokers(), rounds(), |driver, turn, rng| {
                    std::thread::sleep(Duration::from_millis(rng.u64(0..40)));
                    match driver.site.processes.iter().filter(|(s, _)| *s == one_engine()).count() {
                        0 | 1 => share(driver),
                        _ => end(driver, one_engine(), SIGNALS[turn / 2 % SIGNALS.len()]),
                    }
                })
            },
        ),
    ]
}

const SIGNALS: [&str; 3] = ["-KILL", "-TERM", "-INT"];
/// How often something is done: each signal to each service at the least.
fn rounds() -> usize {
    if is_long() { 80 } else { SIGNALS.len() * services::all().len() }
}

fn brokers() -> String {
    site::brokers().expect("COLDWATCH_KAFKA")
}

/// A second process of thermal, until it has its share of the partitions.
fn share(driver: &mut Driver) {
    let before = driver.site.begun(one_engine());
    driver.site.start_process(one_engine(), "second");
    let until = Instant::now() + Duration::from_secs(30);
    while driver.site.begun(one_engine()) < before + usize::from(PARTITIONS) / 2 {
        assert!(Instant::now() < until, "the second process gets no share: {}", driver.site.said());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What people would see at the end.
#[derive(Debug, PartialEq)]
struct Seen {
    incidents: BTreeMap<(String, u32), String>,
    counts: [u64; 5],
}

fn seen(site: &Site, outputs: &[Output]) -> Seen {
    let line = |incident: &Incident| {
        // What was told and taken back at once depends on how facts raced; what stands does not.
        let Incident { state, priority, latched, headline, missed, holder, place, .. } = incident;
        format!("{state} {priority:?} {latched} {headline} {missed:?} {holder:?} {place:?}")
    };
    let all = incidents(outputs);
    // Where all was taken back, whether anything was told at all hung on how facts raced.
    let taken_back = |incident: &Incident| incident.headline.ends_with("has been withdrawn");
    let stand = all.iter().filter(|(_, incident)| !taken_back(incident));
    let incidents = stand.map(|(name, incident)| (name.clone(), line(incident))).collect();
    let (intake, dispatch) = (note(site, Service::Intake), note(site, Service::Dispatch));
    let CommitMetadata { processed, pending, expired, duplicate, .. } = dispatch;
    Seen {
        incidents,
        counts: [intake.read, intake.routed, processed + pending, expired, duplicate],
    }
}

/// The first days of a week.
fn week() -> Vec<(Moment, Event)> {
    let mut week = load::week(SHIPMENTS);
    let middle = week[week.len() / 2].0;
    week.retain(|(at, _)| *at < middle);
    week
}

/// What an undisturbed run in memory shows.
fn undisturbed() -> &'static Seen {
    static SEEN: OnceLock<Seen> = OnceLock::new();
    SEEN.get_or_init(|| {
        let week = week();
        let site = Site::open(Backing::Memory, PARTITIONS, &load::book(), week[0].0.floor(GRID));
        let mut outputs = Outputs::of(&site);
        let mut driver = Driver::new(site);
        load::send_week(&mut driver, &week, |_, _| {});
        let came = outputs.take(&driver.site);
        seen(&driver.site, &came)
    })
}

/// Runs the week over brokers that the services reach by that address; so many times while its events are under way
/// something happens beside. Fails where anything is to be seen that an undisturbed run does not show.
pub(crate) fn disturbed(
    how: &str,
    through: &str,
    rounds: usize,
    mut beside: impl FnMut(&mut Driver, usize, &mut fastrand::Rng),
) -> Result<(), Failed> {
    let week = week();
    let every = (load::steps(&week) / rounds.max(1)).max(1);
    let seed = fastrand::u64(..);
    let mut rng = fastrand::Rng::with_seed(seed);
    let (book, begin) = (load::book(), week[0].0.floor(GRID));
    let site = Site::open_through(through, Backing::Kafka, PARTITIONS, &book, begin);
    let mut outputs = Outputs::of(&site);
    let mut driver = Driver::new(site);
    let mut done = 0;
    load::send_week(&mut driver, &week, |driver, step| {
        if step % every == 0 && done < rounds {
            beside(driver, done, &mut rng);
            done += 1;
            // While a process starts anew, time stands still: an hour of silence would be a finding of its own.
            driver.drain_all();
        }
    });
    let came = outputs.take(&driver.site);
    let again = outputs.doubled;
    eprintln!(
        "{how}: {done} times, {} events, {again} records came again and were dropped",
        week.len()
    );
    if done < rounds.min(services::all().len()) || !outputs.gaps().is_empty() {
        return Err(format!("seed {seed}: {done} times; holes: {:?}", outputs.gaps()).into());
    }
    differ(&load::replayed(&week), &settled(findings(&came), &[]))?;
    let (here, there) = (seen(&driver.site, &came), undisturbed());
    if here.counts != there.counts {
        return Err(format!(
            "seed {seed}: counts {:?}, and undisturbed {:?}",
            here.counts, there.counts
        )
        .into());
    }
    for (name, line) in &there.incidents {
        let mine = here.incidents.get(name);
        // How bad a silence is depends on when it was learnt, and so on how the step of the test's clock fell.
        let silence = |line: &String| line.contains("nothing has come from it since");
        let same = |mine: &String| mine == line || silence(mine) || silence(line);
        if !mine.is_some_and(same) {
            return Err(format!(
                "seed {seed}: incident {name:?} is {mine:?}, and undisturbed {line}"
            )
            .into());
        }
    }
    match here.incidents.len() == there.incidents.len() {
        true => Ok(()),
        false => Err("there are more incidents than in an undisturbed run".into()),
    }
}
