//! What ends a log for good: it is cut short, made anew, holed, or asks for what nobody here knows. A service must refuse
//! it by name. A seed ends with one of these; or with facts that are trimmed away behind dispatch's snapshots, which ends
//! nothing as long as the snapshots are there.

use crate::misfortune::HOUR;
use crate::places::{INBOUND, Place, topic_of};
use crate::releases::{NEXT, Release};
use crate::run::{BOUND, Run};
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
pub(crate) fn play(run: &mut Run<'_>, seed: u64) -> Result<Ended, String> {
    let engines = ENGINES.iter().take(2).map(Service::Engine);
    let before = [Service::Dispatch].into_iter();
    let of: Vec<Service> = before.chain(engines).chain([Service::Alerts]).collect();
    let service = of[usize::try_from(seed >> 8).unwrap_or(0) % of.len()];
    match seed % 9 {
        0 => cut_short(run, service, true),
        1 => cut_short(run, service, false),
        2 => cut_and_grown(run, service),
        3 => made_anew(run, service),
        4 => holed(run, service),
        5 => unknown_behaviour(run),
        6 => too_large(run),
        7 => trimmed(run, false),
        _ => return trimmed(run, true).map(|()| Ended::GoesOn),
    }
    .map(|()| Ended::Refused)
}

/// Goes on until a service ends by itself, and looks for these words.
fn refused(run: &mut Run<'_>, words: &str) -> Result<(), String> {
    run.go_on(BOUND);
    match run.ended.first() {
        Some((_, error)) if error.to_string().contains(words) => Ok(()),
        Some((service, error)) => Err(format!("{} said `{error}`, not `{words}`", service.name())),
        None => Err(format!("nobody said `{words}`")),
    }
}

fn cut_short(run: &mut Run<'_>, service: Service, running: bool) -> Result<(), String> {
    let topic = topic_of(service, &run.site.names);
    if running {
        run.go_on(400);
    } else {
        // Snapshots are gone as well: how far the group had come must be enough to tell.
        for place in run.site.places.iter().filter(|place| place.service == service) {
            let _ = std::fs::remove_dir_all(place.folder.join(service.name()));
        }
    }
    let end = run.site.network.memory.range(&topic, 0).map_err(|e| e.to_string())?.end;
    run.site.network.memory.cut(&topic, 0, end / 2);
    refused(run, "made anew or cut")
}

fn cut_and_grown(run: &mut Run<'_>, service: Service) -> Result<(), String> {
    let topic = topic_of(service, &run.site.names);
    let memory = &run.site.network.memory;
    let end = memory.range(&topic, 0).map_err(|e| e.to_string())?.end;
    memory.cut(&topic, 0, end - 1);
    grow(run, &topic, 0, end + 1)?;
    refused(run, "another one now: the topic was made anew or cut")
}

/// Writes what says nothing, until a partition ends there.
fn grow(run: &Run<'_>, topic: &str, partition: u16, end: u64) -> Result<(), String> {
    let memory = &run.site.network.memory;
    let range = memory.range(topic, partition).map_err(|e| e.to_string())?;
    let wall = run.site.hours.wall();
    let stroke = of_log(
        &run.site.names,
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
fn made_anew(run: &Run<'_>, service: Service) -> Result<(), String> {
    let (memory, names) = (&run.site.network.memory, &run.site.names);
    let topic = topic_of(service, names);
    memory.delete(&topic);
    let inbound = [INBOUND.to_owned()];
    let plan = TopicPlan { names, generation: 1, inbound: &inbound };
    let book = pipeline::rulebook::shipped().map_err(|p| format!("{p:?}"))?.book;
    match plan.create_at(memory, &book, run.site.hours.wall()) {
        Err(error) if error.to_string().contains(&format!("{topic} is gone")) => Ok(()),
        other => Err(format!("{topic} was made anew: {other:?}")),
    }
}

fn holed(run: &mut Run<'_>, service: Service) -> Result<(), String> {
    let topic = topic_of(service, &run.site.names);
    let end = run.site.network.memory.range(&topic, 0).map_err(|e| e.to_string())?.end;
    run.site.network.all().hidden = Some((topic, 0, end));
    refused(run, "records are missing from the log")
}

fn unknown_behaviour(run: &mut Run<'_>) -> Result<(), String> {
    let (names, now) = (&run.site.names, run.site.hours.wall());
    let switched = of_log(
        names,
        Topic::Facts,
        0,
        now,
        Fact::System(SystemFact::BehaviourSwitched(BehaviourSwitched { number: NEXT + 1 })),
    );
    topics::append(&run.site.network.memory, vec![switched]).map_err(|e| e.to_string())?;
    refused(run, &format!("use a release that knows {}", NEXT + 1))
}

fn too_large(run: &mut Run<'_>) -> Result<(), String> {
    // Not even a stroke of the clock can be written any more.
    run.site.network.memory.take_at_most(64);
    refused(run, "too large")
}

/// Facts behind dispatch's snapshots are trimmed away: it goes on from these, and without them it ends.
fn trimmed(run: &mut Run<'_>, kept: bool) -> Result<(), String> {
    // One process of the next release keeps a snapshot of each partition.
    run.second.fill(false);
    run.site.hours.skip_to(run.site.hours.wall() + HOUR);
    run.wait(BOUND, true).map_err(|()| "before facts are trimmed it does not catch up")?;
    run.stop_all()?;
    let site = run.site;
    let of_dispatch = |place: &&Place| place.service == Service::Dispatch;
    let place = site.places.iter().find(of_dispatch).ok_or("dispatch has no place")?;
    let (topic, snapshots) = (topic_of(Service::Dispatch, &site.names), &place.group.snapshots);
    let snapshots = snapshots.as_ref().ok_or("dispatch keeps no snapshots")?;
    let form = site.stages(Release::Next).form(Service::Dispatch) ^ place.group.log_identity;
    for partition in 0..site.names.partitions {
        let newest = snapshots.latest("dispatch", partition, form, u64::MAX, &mut |_, _| {});
        let newest = newest.map_err(|error| error.to_string())?;
        let newest = newest.ok_or_else(|| format!("no snapshot of partition {partition}"))?;
        site.network.memory.trim(&topic, partition, newest.offset);
    }
    if !kept {
        std::fs::remove_dir_all(place.folder.join("dispatch")).map_err(|e| e.to_string())?;
        return refused(run, "its past was trimmed; bring a snapshot back");
    }
    let used = place.watch.status().snapshots_used + u64::from(site.names.partitions);
    site.hours.skip_to(site.hours.wall() + HOUR);
    let done = run.wait(BOUND, true);
    match (done, run.ended.first()) {
        (_, Some((service, error))) => Err(format!("trimmed: {} ended: {error}", service.name())),
        (Err(()), None) => Err(format!("trimmed: {}", run.places())),
        (Ok(()), None) if place.watch.status().snapshots_used >= used => Ok(()),
        (Ok(()), None) => Err("trimmed: not every partition began with its snapshot".into()),
    }
}
