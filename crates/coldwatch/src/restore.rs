//! Builds a log anew from an export: on another kind of log, with another number of partitions, or after the old one was
//! lost.
//!
//! # What is restored
//!
//! What came from outside is fed anew, in the order in which the old log learnt it: facts that were reported, acts of
//! staff, rulebooks, behaviours. Its clock is struck where the old one was. Everything else follows: each record goes
//! through the very services that will read the new log (their `Life`, in one process), and what they say is written
//! where they would have written it. So the journal, findings and incidents are the new log's own; who lives where, and
//! every link between records, fits its number of partitions; and a service that folds the new log from its start comes
//! to what was folded here. Then each group is noted as having worked all of it off, with its counts.
//!
//! Copying topics instead would not do: with another number of partitions records stand at other places, and findings,
//! origins and links name places. Writing facts and acts alone, and letting services catch up, would not do either: acts
//! would be heard before what they answer, and people would be called again for what was over long ago.
//!
//! # What is not
//!
//! Strokes at which nothing was due are left out, as in a replay. Names of findings hold the place of an entry in the
//! journal, which is another one. Stages that fell silent did so on the old log. What dispatch had refused as repeats by
//! their origin, or behind a hole, is not fed.
//!
//! # Layout
//!
//! - `past`: what came from outside, in order; `stages`: all services of all partitions
//! - `target`: what is written, and that it stands where it must
//! - `standing`: what stood in the end, and what stands now

mod past;
mod stages;
mod standing;
mod target;

use crate::exit::Failure;
use crate::exported::reading::Exported;
use crate::log::failure;
use crate::topics::{TopicPlan, restored};
pub(crate) use past::Past;
use past::What;
use pipeline::Topic;
use replay::Progress;
use serde::{Serialize, Serializer};
use stages::Stages;
use standing::Standing;
use stream::{Clock, Log};
use target::Target;

/// Where to, and from what.
pub(crate) struct Restore<'a> {
    pub(crate) log: &'a dyn Log,
    pub(crate) plan: TopicPlan<'a>,
    pub(crate) exported: &'a Exported,
    pub(crate) past: Past,
    /// Whose time the new log's own records tell.
    pub(crate) clock: Clock,
    /// Bytes of the export that were read.
    pub(crate) read: &'a Progress,
}

/// What was restored.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Restored {
    /// Facts that came from outside.
    pub(crate) facts: u64,
    /// Acts of staff.
    pub(crate) acts: u64,
    /// Records that the old log could not read either; they stay on the rejects.
    pub(crate) unreadable: u64,
    /// Findings and incidents that stand.
    pub(crate) standing: usize,
    /// Each that stood and does not stand so now, and the other way round.
    #[serde(serialize_with = "how_many")]
    pub(crate) differ: Vec<String>,
}

/// A record has not room for all of them.
fn how_many<S: Serializer>(lines: &[String], to: S) -> Result<S::Ok, S::Error> {
    lines.len().serialize(to)
}

impl Restore<'_> {
    /// Refuses to write where something is already.
    pub(crate) fn is_empty(&self) -> Result<(), Failure> {
        let (log, names) = (self.log, self.plan.names);
        if restored::records(log, names).map_err(failure)?.is_some() {
            let half = restored::unfinished(log, names).map_err(failure)?;
            let whole = "a log was restored here already: name another log.prefix or log.folder";
            return Err(Failure::configuration(half.unwrap_or_else(|| whole.to_owned())));
        }
        for topic in Topic::ALL {
            let name = names.topic(topic);
            for partition in 0..log.partitions(&name).map_err(failure)?.unwrap_or(0) {
                let end = log.range(&name, partition).map_err(failure)?.end;
                if end > 0 {
                    return Err(Failure::configuration(format!(
                        "partition {partition} of {name} holds {end} records: a log is restored where there is none; name \
                         another log.prefix or log.folder"
                    )));
                }
            }
        }
        Ok(())
    }

    /// Builds the log. What ends before it is done leaves one that everybody refuses by name.
    pub(crate) fn run(self, tell: &mut dyn FnMut()) -> Result<Restored, Failure> {
        let Self { log, plan, exported, mut past, clock, read } = self;
        let names = plan.names;
        let mut stands = Standing::default();
        restored::begin(log, names, clock(), exported.contents()?).map_err(failure)?;
        let begins = (past.begins.millis(), past.behaviour);
        plan.create_as(log, &past.book, begins).map_err(failure)?;
        let mut done = Restored::default();
        let mut stages = Stages::begin(Target::new(log, names), &mut stands, past.begins)?;
        while let Some(learnt) = past.take()? {
            tell();
            stages.reach(learnt.at)?;
            match learnt.what {
                What::Stroke | What::Rulebook(_) | What::Behaviour(_) => {}
                What::Unreadable => done.unreadable += 1,
                What::Fact(_) => done.facts += 1,
                What::Act(_) => done.acts += 1,
            }
            stages.feed(learnt.what)?;
        }
        stages.strike_all()?;
        for mut rejects in exported.topic(Topic::Rejects, read)? {
            while let Some(record) = rejects.take()? {
                tell();
                stages.keep_reject(rejects.partition, record)?;
            }
        }
        stages.end(exported.contents()?.intake, plan.inbound)?;
        for mut alerts in exported.topic(Topic::Alerts, read)? {
            while let Some(record) = alerts.take()? {
                tell();
                past.stood.hear(Topic::Alerts, record.offset, &record.value);
            }
        }
        (done.standing, done.differ) = (stands.count(), past.stood.differ(&stands));
        restored::end(log, names, clock(), &done).map_err(failure)?;
        Ok(done)
    }
}
