//! The one thread that writes. Whatever waits is written in one transaction: the more there is to do,
//! the less each record costs.

use super::schema::{self, Ends, Place};
use crate::error::StreamError;
use crate::local::Notifier;
use crate::log::{Ack, Clock, Committed, NewRecord, Placed, TopicSpec, Unwritten, WriteId};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// So many records make a transaction at the most: a longer one would keep the first waiting.
const MOST: usize = 8192;

/// What is to be written.
pub(super) enum Job {
    Append {
        new_records: Vec<(WriteId, NewRecord)>,
        answers: Sender<Ack>,
    },
    Commit {
        group: String,
        topic: String,
        points: Vec<(u16, Committed)>,
        answer: Sender<Result<(), StreamError>>,
    },
    Create {
        topic: TopicSpec,
        answer: Sender<Result<(), StreamError>>,
    },
}

pub(super) struct Writer {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        ends: Arc<Ends>,
        notifier: Arc<Notifier>,
        clock: Clock,
        guard: File,
    ) -> Result<Self, StreamError> {
        let (jobs, waiting) = sync_channel(1024);
        let desk =
            Desk { connection, ends, notifier, clock, places: BTreeMap::new(), _guard: guard };
        let thread = std::thread::Builder::new()
            .name("log-writer".into())
            .spawn(move || desk.work(&waiting))
            .map_err(|e| StreamError::Unavailable(e.to_string()))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    pub(super) fn send(&self, job: Job) -> Result<(), StreamError> {
        let ended = || StreamError::Stop("the writer of the log has ended".into());
        self.jobs.as_ref().ok_or_else(ended)?.send(job).map_err(|_| ended())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        // A writer that panicked has said so; there is nothing to add.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

struct Desk {
    connection: Connection,
    ends: Arc<Ends>,
    notifier: Arc<Notifier>,
    clock: Clock,
    places: BTreeMap<String, Place>,
    /// Held as long as this process may write.
    _guard: File,
}

/// What is told once the disk has it.
#[derive(Default)]
struct Told {
    acks: Vec<(Sender<Ack>, WriteId, Result<Placed, Unwritten>)>,
    answers: Vec<Sender<Result<(), StreamError>>>,
    ends: BTreeMap<(i64, u16), u64>,
}

impl Desk {
    fn work(mut self, waiting: &Receiver<Job>) {
        while let Ok(first) = waiting.recv() {
            let mut jobs = vec![first];
            let size = |job: &Job| match job {
                Job::Append { new_records, .. } => new_records.len(),
                Job::Commit { .. } | Job::Create { .. } => 1,
            };
            let mut records: usize = jobs.iter().map(size).sum();
            while records < MOST
                && let Ok(job) = waiting.try_recv()
            {
                records += size(&job);
                jobs.push(job);
            }
            self.write(jobs);
        }
    }

    fn write(&mut self, jobs: Vec<Job>) {
        let Self { connection, ends, places, clock, .. } = self;
        let now = clock();
        let mut told = Told::default();
        let done = schema::in_transaction(connection, |connection| {
            for job in &jobs {
                one(connection, job, places, ends, now, &mut told)?;
            }
            Ok(())
        });
        match done {
            Ok(()) => {
                self.ends.set(told.ends);
                self.notifier.notify();
                for (to, write_id, placed) in told.acks {
                    let _ = to.send(Ack { write_id, placed });
                }
                for answer in told.answers {
                    let _ = answer.send(Ok(()));
                }
            }
            Err(error) => {
                self.places.clear();
                jobs.into_iter().for_each(|job| refuse(job, &error));
            }
        }
    }
}

fn one(
    connection: &Connection,
    job: &Job,
    places: &mut BTreeMap<String, Place>,
    ends: &Ends,
    now: i64,
    told: &mut Told,
) -> Result<(), StreamError> {
    match job {
        Job::Append { new_records, answers } => {
            for (write_id, new_record) in new_records {
                let placed = append(connection, new_record, places, ends, now, &mut told.ends)?;
                told.acks.push((answers.clone(), *write_id, placed));
            }
        }
        Job::Commit { group, topic, points, answer } => {
            schema::commit(connection, group, topic, points)?;
            told.answers.push(answer.clone());
        }
        Job::Create { topic, answer } => {
            schema::create(connection, topic)?;
            told.answers.push(answer.clone());
        }
    }
    Ok(())
}

/// The outer error ends the transaction, the inner one is about this record alone.
fn append(
    connection: &Connection,
    new_record: &NewRecord,
    places: &mut BTreeMap<String, Place>,
    ends: &Ends,
    now: i64,
    new: &mut BTreeMap<(i64, u16), u64>,
) -> Result<Result<Placed, Unwritten>, StreamError> {
    let place = match places.get(&*new_record.topic) {
        Some(place) => *place,
        None => match schema::place(connection, &new_record.topic)? {
            Some(place) => *places.entry(new_record.topic.to_string()).or_insert(place),
            None => return Ok(Err(format!("there is no topic `{}`", new_record.topic).into())),
        },
    };
    if new_record.partition >= place.partitions {
        let reason =
            format!("there is no partition {} of `{}`", new_record.partition, new_record.topic);
        return Ok(Err(reason.into()));
    }
    let end = new
        .entry((place.id, new_record.partition))
        .or_insert_with(|| ends.get(place, new_record.partition).unwrap_or(0));
    schema::insert(connection, place, *end, now, new_record)?;
    *end += 1;
    Ok(Ok(Placed { offset: *end - 1, appended: now }))
}

fn refuse(job: Job, error: &StreamError) {
    match job {
        Job::Append { new_records, answers } => {
            for (write_id, _) in new_records {
                let _ = answers.send(Ack { write_id, placed: Err(error.to_string().into()) });
            }
        }
        Job::Commit { answer, .. } | Job::Create { answer, .. } => {
            let _ = answer.send(Err(error.clone()));
        }
    }
}
