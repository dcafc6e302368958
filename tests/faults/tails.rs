//! What ends a log for good: it is cut short, made anew, holed, or asks for what nobody here knows. A service must refuse
//! it by name. A seed ends with one of these; or with facts that are trimmed away behind dispatch's snapshots, which ends
//! nothing as long as the snapshots are there.

use crate::misfortune::HOUR;
use crate::places::{INBOUND, Place, topic_of};
use crate::releases::{NEXT, Release};
use crate::storm::{BOUND, Storm};
use coldwatch::services::{Service, of_log};
use coldwatch::topics::{self, TopicPlan};
use facts::fact::log::{BehaviourSwitched, Tick};
use facts::{Fact, SystemFact};
use pipeline::ENGINES;
use pipeline::Topic;
use stream::{Log, NewRecord};

/// How a seed ends.
pub(crate) enum Ended {
    Refused,
    GoesOn,
}

/// Plays one of them after all services have stopped; says what is not as it must be.
pub(crate) fn play(storm: &mut Storm<'_>, luck: u64) -> Result<Ended, String> {
    let engines = ENGINES.iter().take(2).map(Service::Engine);
    let before = [Service::Dispatch].into_iter();
    let of: Vec<Service> = before.chain(engines).chain([Service::Alerts]).collect();
    let service = of[usize::try_from(luck >> 8).unwrap_or(0) % of.len()];
    match luck % 9 {
        0 => cut_short(storm, service, true),
        1 => cut_short(storm, service, false),
        2 => cut_and_grown(storm, service),
        3 => made_anew(storm, service),
        4 => holed(storm, service),
        5 => unknown_behaviour(storm),
        6 => too_large(storm),
        7 => trimmed(storm, false),
        _ => return trimmed(storm, true).map(|()| Ended::GoesOn),
    }
    .map(|()| Ended::Refused)
}

/// Goes on until a service ends by itself, and looks for these words.
fn refused(storm: &mut Storm<'_>, words: &str) -> Result<(), String> {
    storm.go_on(BOUND);
    match storm.ended.first() {
        Some((_, error)) if error.to_string().contains(words) => Ok(()),
        Some((service, error)) => Err(format!("{} said `{error}`, not `{words}`", service.name())),
        None => Err(format!("nobody said `{words}`")),
    }
}

fn cut_short(storm: &mut Storm<'_>, service: Service, running: bool) -> Result<(), String> {
    let topic = topic_of(service, &storm.site.names);
    if running {
        storm.go_on(400);
    } else {
        // Snapshots are gone as well: how far the group had come must be enough to tell.
        for place in storm.site.places.iter().filter(|place| place.service == service) {
            let _ = std::fs::remove_dir_all(place.folder.join(service.name()));
        }
    }
    let end = storm.site.roads.memory.range(&topic, 0).map_err(|e| e.to_string())?.end;
    storm.site.roads.memory.cut(&topic, 0, end / 2);
    refused(storm, "made anew or cut")
}

fn cut_and_grown(storm: &mut Storm<'_>, service: Service) -> Result<(), String> {
    let topic = topic_of(service, &storm.site.names);
    let memory = &storm.site.roads.memory;
    let end = memory.range(&topic, 0).map_err(|e| e.to_string())?.end;
    memory.cut(&topic, 0, end - 1);
    grow(storm, &topic, 0, end + 1)?;
    refused(storm, "another one now: the topic was made anew or cut")
}

/// Writes what says nothing, until a partition ends there.
fn grow(storm: &Storm<'_>, topic: &str, partition: u16, end: u64) -> Result<(), String> {
    let memory = &storm.site.roads.memory;
    let range = memory.range(topic, partition).map_err(|e| e.to_string())?;
    let wall = storm.site.hours.wall();
    let stroke = of_log(
        &storm.site.names,
        Topic::Facts,
        partition,
        wall,
        Fact::System(SystemFact::Tick(Tick {})),
    );
    let new_record = NewRecord { topic: topic.into(), ..stroke };
    let new_records = (range.end..end).map(|_| new_record.clone()).collect();
    topics::append(memory, new_records).map(|_| ()).map_err(|e| e.to_string())
}

/// A topic of ours that is gone is not made again: how far its groups had come is gone with it.
fn made_anew(storm: &Storm<'_>, service: Service) -> Result<(), String> {
    let (memory, names) = (&storm.site.roads.memory, &storm.site.names);
    let topic = topic_of(service, names);
    memory.delete(&topic);
    let inbound = [INBOUND.to_owned()];
    let plan = TopicPlan { names, generation: 1, inbound: &inbound };
    let book = pipeline::rulebook::shipped().map_err(|p| format!("{p:?}"))?.book;
    match plan.create_at(memory, &book, storm.site.hours.wall()) {
        Err(error) if error.to_string().contains(&format!("{topic} is gone")) => Ok(()),
        other => Err(format!("{topic} was made anew: {other:?}")),
    }
}

fn holed(storm: &mut Storm<'_>, service: Service) -> Result<(), String> {
    let topic = topic_of(service, &storm.site.names);
    let end = storm.site.roads.memory.range(&topic, 0).map_err(|e| e.to_string())?.end;
    storm.site.roads.all().hidden = Some((topic, 0, end));
    refused(storm, "records are missing from the log")
}

fn unknown_behaviour(storm: &mut Storm<'_>) -> Result<(), String> {
    let (names, now) = (&storm.site.names, storm.site.hours.wall());
    let switched = of_log(
        names,
        Topic::Facts,
        0,
        now,
        Fact::System(SystemFact::BehaviourSwitched(BehaviourSwitched { number: NEXT + 1 })),
    );
    topics::append(&storm.site.roads.memory, vec![switched]).map_err(|e| e.to_string())?;
    refused(storm, &format!("use a release that knows {}", NEXT + 1))
}

fn too_large(storm: &mut Storm<'_>) -> Result<(), String> {
    // Not even a stroke of the clock can be written any more.
    storm.site.roads.memory.take_at_most(64);
    refused(storm, "too large")
}

/// Facts behind dispatch's snapshots are trimmed away: it goes on from these, and without them it ends.
fn trimmed(storm: &mut Storm<'_>, kept: bool) -> Result<(), String> {
    // One process of the next release keeps a snapshot of each partition.
    storm.second.fill(false);
    storm.site.hours.skip_to(storm.site.hours.wall() + HOUR);
    storm.wait(BOUND, true).map_err(|()| "before facts are trimmed it does not catch up")?;
    storm.stop_all()?;
    let site = storm.site;
    let of_dispatch = |place: &&Place| place.service == Service::Dispatch;
    let place = site.places.iter().find(of_dispatch).ok_or("dispatch has no place")?;
    let (topic, snapshots) = (topic_of(Service::Dispatch, &site.names), &place.group.snapshots);
    let snapshots = snapshots.as_ref().ok_or("dispatch keeps no snapshots")?;
    let form = site.stages(Release::Next).form(Service::Dispatch) ^ place.group.log_identity;
    for partition in 0..site.names.partitions {
        let newest = snapshots.latest("dispatch", partition, form, u64::MAX, &mut |_, _| {});
        let newest = newest.map_err(|error| error.to_string())?;
        let newest = newest.ok_or_else(|| format!("no snapshot of partition {partition}"))?;
        site.roads.memory.trim(&topic, partition, newest.offset);
    }
    if !kept {
        std::fs::remove_dir_all(place.folder.join("dispatch")).map_err(|e| e.to_string())?;
        return refused(storm, "its past was trimmed; bring a snapshot back");
    }
    let used = place.watch.status().snapshots_used + u64::from(site.names.partitions);
    site.hours.skip_to(site.hours.wall() + HOUR);
    let done = storm.wait(BOUND, true);
    match (done, storm.ended.first()) {
        (_, Some((service, error))) => Err(format!("trimmed: {} ended: {error}", service.name())),
        (Err(()), None) => Err(format!("trimmed: {}", storm.places())),
        (Ok(()), None) if place.watch.status().snapshots_used >= used => Ok(()),
        (Ok(()), None) => Err("trimmed: not every partition began with its snapshot".into()),
    }
}
