//! A durable log on one machine, over SQLite: one table per topic and partition, no broker.
//!
//! One thread writes: it takes whatever waits, writes it in one transaction, and answers when the disk has
//! it. One process at a time may write; others may look.

mod schema;
mod writer;

use crate::error::StreamError;
use crate::local::{Groups, LocalConsumer, LocalReader, Notifier, Source, lock};
use crate::log::{
    Ack, Clock, Committed, GroupConsumer, Log, NewRecord, Reader, Record, TopicSpec, WriteId,
    wall_clock,
};
use rusqlite::Connection;
use schema::{Ends, Place};
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use writer::{Job, Writer};

/// A log in a folder; clones are the same log.
#[derive(Clone)]
pub struct EmbeddedLog(Arc<Inner>);

struct Inner {
    file: PathBuf,
    ends: Arc<Ends>,
    groups: Arc<Groups>,
    notifier: Arc<Notifier>,
    /// None where the log is only looked at.
    writer: Option<Writer>,
    /// For questions that are asked now and then.
    desk: Mutex<Connection>,
}

impl EmbeddedLog {
    /// Opens the log in a folder for this process alone; the folder is made when it is not there.
    pub fn open(folder: &Path, clock: Clock) -> Result<Self, StreamError> {
        let wrong = |e: std::io::Error| {
            StreamError::Unavailable(format!("the log in {}: {e}", folder.display()))
        };
        std::fs::create_dir_all(folder).map_err(wrong)?;
        let guard = File::create(folder.join("lock")).map_err(wrong)?;
        match guard.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StreamError::Unavailable(format!(
                    "the log in {} is in use by another process: stop that one, or name another folder",
                    folder.display()
                )));
            }
            Err(TryLockError::Error(e)) => return Err(wrong(e)),
        }
        let file = folder.join("log.sqlite");
        let connection = schema::open(&file)?;
        let ends = Arc::new(schema::ends(&connection)?);
        let notifier = Arc::new(Notifier::default());
        let writer = Writer::start(connection, ends.clone(), notifier.clone(), clock, guard)?;
        Self::with(file, ends, notifier, Some(writer))
    }

    /// Opens the log in a folder to look at it, while another process may be writing.
    pub fn look(folder: &Path) -> Result<Self, StreamError> {
        let file = folder.join("log.sqlite");
        if !file.is_file() {
            return Err(StreamError::Configuration(format!(
                "there is no log in {}",
                folder.display()
            )));
        }
        Self::with(file, Arc::default(), Arc::default(), None)
    }

    fn with(
        file: PathBuf,
        ends: Arc<Ends>,
        notifier: Arc<Notifier>,
        writer: Option<Writer>,
    ) -> Result<Self, StreamError> {
        let desk = Mutex::new(schema::look(&file)?);
        Ok(Self(Arc::new(Inner { file, ends, groups: Arc::default(), notifier, writer, desk })))
    }

    /// Over a folder with this machine's clock.
    pub fn here(folder: &Path) -> Result<Self, StreamError> {
        Self::open(folder, wall_clock())
    }

    fn source(&self) -> Result<Cursor, StreamError> {
        Ok(Cursor {
            connection: schema::look(&self.0.file)?,
            places: BTreeMap::new(),
            log: self.clone(),
        })
    }

    fn place(&self, topic: &str) -> Result<Place, StreamError> {
        schema::place(&lock(&self.0.desk), topic)?.ok_or_else(|| StreamError::no_topic(topic))
    }

    fn ask<T>(
        &self,
        job: impl FnOnce(Sender<Result<T, StreamError>>) -> Job,
    ) -> Result<T, StreamError> {
        let (answer, wait) = std::sync::mpsc::channel();
        self.writer()?.send(job(answer))?;
        wait.recv().map_err(|_| StreamError::Stop("the writer of the log has ended".into()))?
    }

    fn writer(&self) -> Result<&Writer, StreamError> {
        let only_looked = || StreamError::Configuration("this log is only looked at here".into());
        self.0.writer.as_ref().ok_or_else(only_looked)
    }
}

/// Reads on a connection of its own.
struct Cursor {
    connection: Connection,
    places: BTreeMap<String, Place>,
    log: EmbeddedLog,
}

impl Source for Cursor {
    fn read(
        &mut self,
        topic: &str,
        partition: u16,
        from: u64,
        most: usize,
        to: &mut dyn FnMut(Record),
    ) -> Result<(), StreamError> {
        let place = match self.places.get(topic) {
            Some(place) => *place,
            None => *self.places.entry(topic.to_owned()).or_insert(self.log.place(topic)?),
        };
        // The writer says where partitions end, so that an empty look costs nothing.
        let end = self.log.0.ends.get(place, partition);
        if self.log.0.writer.is_some() && end.is_none_or(|end| end <= from) {
            return Ok(());
        }
        schema::read(&self.connection, place, partition, from, most, to)
    }

    fn commit(
        &mut self,
        group: &str,
        topic: &str,
        points: &[(u16, Committed)],
    ) -> Result<(), StreamError> {
        if points.is_empty() {
            return Ok(());
        }
        let (group, topic, points) = (group.to_owned(), topic.to_owned(), points.to_vec());
        self.log.ask(|answer| Job::Commit { group, topic, points, answer })
    }

    fn end(&self, topic: &str, partition: u16) -> Option<u64> {
        let place = self.places.get(topic)?;
        Some(self.log.0.ends.get(*place, partition).unwrap_or(0))
    }
}

impl Log for EmbeddedLog {
    fn create(&self, topic: &TopicSpec) -> Result<bool, StreamError> {
        if let Some(there) = self.partitions(&topic.name)? {
            return topic.fits(usize::from(there));
        }
        let topic = topic.clone();
        self.ask(|answer| Job::Create { topic, answer }).map(|()| true)
    }

    fn partitions(&self, topic: &str) -> Result<Option<u16>, StreamError> {
        Ok(schema::place(&lock(&self.0.desk), topic)?.map(|place| place.partitions))
    }

    fn range(&self, topic: &str, partition: u16) -> Result<Range<u64>, StreamError> {
        let place = self.place(topic)?;
        schema::range(&lock(&self.0.desk), place, partition)
    }

    fn committed(&self, group: &str, topic: &str) -> Result<BTreeMap<u16, Committed>, StreamError> {
        schema::committed(&lock(&self.0.desk), group, topic)
    }

    fn append(&self, new_records: Vec<(WriteId, NewRecord)>, answers: &Sender<Ack>) {
        let tickets: Vec<WriteId> = new_records.iter().map(|(write_id, _)| *write_id).collect();
        let job = Job::Append { new_records, answers: answers.clone() };
        if let Err(error) = self.writer().and_then(|writer| writer.send(job)) {
            for write_id in tickets {
                let _ = answers.send(Ack { write_id, placed: Err(error.to_string().into()) });
            }
        }
    }

    fn join(
        &self,
        group: &str,
        topic: &str,
        _: Option<&str>,
    ) -> Result<Box<dyn GroupConsumer>, StreamError> {
        let partitions = self.place(topic)?.partitions;
        let (notifier, groups) = (self.0.notifier.clone(), self.0.groups.clone());
        Ok(Box::new(LocalConsumer::join(
            self.source()?,
            notifier,
            groups,
            (group, topic, partitions),
        )))
    }

    fn read(&self, topic: &str, from: &[(u16, u64)]) -> Result<Box<dyn Reader>, StreamError> {
        self.place(topic)?;
        let (source, notifier) = (self.source()?, self.0.notifier.clone());
        let positions = from.iter().copied().collect();
        Ok(Box::new(LocalReader { source, notifier, topic: topic.to_owned(), positions }))
    }
}
