//! The tables, and what is asked of them.

use crate::error::StreamError;
use crate::log::{Committed, NewRecord, Record, TopicSpec};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

/// The form of the tables; another number is another form.
const FORM: i64 = 1;

/// Where a topic's tables are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) id: i64,
    pub(super) partitions: u16,
}

/// The end of every partition, as the writer has put it on the disk.
#[derive(Debug, Default)]
pub(super) struct Ends(RwLock<BTreeMap<(i64, u16), u64>>);

impl Ends {
    pub(super) fn get(&self, place: Place, partition: u16) -> Option<u64> {
        let ends = self.0.read().unwrap_or_else(PoisonError::into_inner);
        ends.get(&(place.id, partition)).copied()
    }
    pub(super) fn set(&self, new: impl IntoIterator<Item = ((i64, u16), u64)>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).extend(new);
    }
}

fn wrong(error: rusqlite::Error) -> StreamError {
    StreamError::Unavailable(format!("the embedded log: {error}"))
}

/// Opens the file to write: what is committed is on the disk.
pub(super) fn open(file: &Path) -> Result<Connection, StreamError> {
    let connection = Connection::open(file).map_err(wrong)?;
    let set = |name: &str, value: &str| connection.pragma_update(None, name, value).map_err(wrong);
    set("journal_mode", "WAL")?;
    set("synchronous", "FULL")?;
    set("wal_autocheckpoint", "4000")?; // pages: some 16 MiB between check points
    connection.busy_timeout(Duration::from_secs(10)).map_err(wrong)?;
    connection.set_prepared_statement_cache_capacity(512);
    let form: i64 =
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(wrong)?;
    match form {
        0 => connection
            .execute_batch(&format!(
                "BEGIN;
                 CREATE TABLE topic (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL);
                 CREATE TABLE committed (grp TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL,
                     next INTEGER NOT NULL, note TEXT NOT NULL, PRIMARY KEY (grp, topic, partition)) WITHOUT ROWID;
                 PRAGMA user_version = {FORM};
                 COMMIT;"
            ))
            .map_err(wrong)?,
        FORM => {}
        other => {
            return Err(StreamError::Stop(format!(
                "{} has form {other}, and this release knows {FORM}: use a release that knows {other}",
                file.display()
            )));
        }
    }
    Ok(connection)
}

/// Opens the file to read, while another connection may be writing.
pub(super) fn look(file: &Path) -> Result<Connection, StreamError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(wrong)?;
    connection.busy_timeout(Duration::from_secs(10)).map_err(wrong)?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

pub(super) fn create(connection: &Connection, topic: &TopicSpec) -> Result<Place, StreamError> {
    let insert = "INSERT INTO topic (name, partitions) VALUES (?1, ?2)";
    connection.execute(insert, params![topic.name, topic.partitions]).map_err(wrong)?;
    let place = Place { id: connection.last_insert_rowid(), partitions: topic.partitions };
    for partition in 0..topic.partitions {
        let table = table(place, partition);
        let columns = "(at INTEGER PRIMARY KEY, appended INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL)";
        connection.execute(&format!("CREATE TABLE {table} {columns}"), []).map_err(wrong)?;
    }
    Ok(place)
}

fn table(place: Place, partition: u16) -> String {
    format!("log_{}_{partition}", place.id)
}

pub(super) fn place(connection: &Connection, topic: &str) -> Result<Option<Place>, StreamError> {
    let ask = "SELECT id, partitions FROM topic WHERE name = ?1";
    let mut ask = connection.prepare_cached(ask).map_err(wrong)?;
    let place = |row: &rusqlite::Row<'_>| Ok(Place { id: row.get(0)?, partitions: row.get(1)? });
    ask.query_row([topic], place).optional().map_err(wrong)
}

pub(super) fn ends(connection: &Connection) -> Result<Ends, StreamError> {
    let mut ask = connection.prepare("SELECT id, partitions FROM topic").map_err(wrong)?;
    let places = ask
        .query_map([], |row| Ok(Place { id: row.get(0)?, partitions: row.get(1)? }))
        .map_err(wrong)?;
    let ends = Ends::default();
    for place in places {
        let place = place.map_err(wrong)?;
        for partition in 0..place.partitions {
            let end = range(connection, place, partition)?.end;
            ends.set([((place.id, partition), end)]);
        }
    }
    Ok(ends)
}

/// Asked for both in one question, every record would be read.
fn first_and_last(table: &str) -> String {
    format!("SELECT (SELECT min(at) FROM {table}), (SELECT max(at) FROM {table})")
}

pub(super) fn range(
    connection: &Connection,
    place: Place,
    partition: u16,
) -> Result<Range<u64>, StreamError> {
    if partition >= place.partitions {
        return Err(StreamError::Configuration(format!("there is no partition {partition}")));
    }
    let mut ask =
        connection.prepare_cached(&first_and_last(&table(place, partition))).map_err(wrong)?;
    let ends: (Option<i64>, Option<i64>) =
        ask.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(wrong)?;
    let unsigned = |n: i64| u64::try_from(n).unwrap_or_default();
    Ok(ends.0.map_or(0, unsigned)..ends.1.map_or(0, |last| unsigned(last) + 1))
}

pub(super) fn read(
    connection: &Connection,
    place: Place,
    partition: u16,
    from: u64,
    most: usize,
    to: &mut dyn FnMut(Record),
) -> Result<(), StreamError> {
    let table = table(place, partition);
    let ask =
        format!("SELECT at, appended, key, value FROM {table} WHERE at >= ?1 ORDER BY at LIMIT ?2");
    let mut ask = connection.prepare_cached(&ask).map_err(wrong)?;
    let mut rows = ask.query(params![signed(from), signed(most as u64)]).map_err(wrong)?;
    while let Some(row) = rows.next().map_err(wrong)? {
        let record = || -> rusqlite::Result<Record> {
            let offset: i64 = row.get(0)?;
            Ok(Record {
                offset: u64::try_from(offset).unwrap_or_default(),
                appended: row.get(1)?,
                key: row.get_ref(2)?.as_blob()?.to_vec(),
                value: row.get_ref(3)?.as_blob()?.to_vec(),
            })
        };
        to(record().map_err(wrong)?);
    }
    Ok(())
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(super) fn insert(
    connection: &Connection,
    place: Place,
    offset: u64,
    appended: i64,
    new_record: &NewRecord,
) -> Result<(), StreamError> {
    let table = table(place, new_record.partition);
    let insert = format!("INSERT INTO {table} (at, appended, key, value) VALUES (?1, ?2, ?3, ?4)");
    let mut insert = connection.prepare_cached(&insert).map_err(wrong)?;
    insert
        .execute(params![signed(offset), appended, new_record.key, new_record.value])
        .map_err(wrong)?;
    Ok(())
}

pub(super) fn commit(
    connection: &Connection,
    group: &str,
    topic: &str,
    points: &[(u16, Committed)],
) -> Result<(), StreamError> {
    let insert = "INSERT OR REPLACE INTO committed (grp, topic, partition, next, note) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut insert = connection.prepare_cached(insert).map_err(wrong)?;
    for (partition, point) in points {
        let row = params![group, topic, partition, signed(point.offset), point.text()];
        insert.execute(row).map_err(wrong)?;
    }
    Ok(())
}

pub(super) fn committed(
    connection: &Connection,
    group: &str,
    topic: &str,
) -> Result<BTreeMap<u16, Committed>, StreamError> {
    let ask = "SELECT partition, next, note FROM committed WHERE grp = ?1 AND topic = ?2";
    let mut ask = connection.prepare_cached(ask).map_err(wrong)?;
    let row = |row: &rusqlite::Row<'_>| {
        let (partition, next, note): (u16, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok((partition, Committed::read(u64::try_from(next).unwrap_or_default(), &note)))
    };
    ask.query_map([group, topic], row).map_err(wrong)?.collect::<Result<_, _>>().map_err(wrong)
}

pub(super) fn in_transaction<T>(
    connection: &mut Connection,
    work: impl FnOnce(&Connection) -> Result<T, StreamError>,
) -> Result<T, StreamError> {
    let transaction = connection.transaction().map_err(wrong)?;
    let done = work(&transaction)?;
    transaction.commit().map_err(wrong)?;
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How the question is answered, a line for each step.
    fn plan(connection: &Connection, question: &str) -> String {
        let mut ask = connection.prepare(&format!("EXPLAIN QUERY PLAN {question}")).unwrap();
        let steps = ask.query_map([], |row| row.get::<_, String>(3)).unwrap();
        steps.map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn where_a_partition_begins_and_ends_is_found_without_reading_all_of_it() {
        let folder = std::env::temp_dir().join(format!("coldwatch-schema-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let connection = open(&folder.join("log.db")).unwrap();
        let topic = TopicSpec { name: "facts".into(), partitions: 1, stamped_by_log: true };
        let place = create(&connection, &topic).unwrap();
        let table = table(place, 0);
        assert_eq!(range(&connection, place, 0).unwrap(), 0..0);
        for at in 3..9 {
            let row = format!("INSERT INTO {table} VALUES ({at}, 0, x'', x'')");
            connection.execute(&row, []).unwrap();
        }
        assert_eq!(range(&connection, place, 0).unwrap(), 3..9);
        let all = format!("SCAN {table}");
        let found = plan(&connection, &first_and_last(&table));
        assert!(!found.contains(&all) && found.contains("SEARCH"), "{found}");
        let both = plan(&connection, &format!("SELECT min(at), max(at) FROM {table}"));
        assert!(both.contains(&all), "so the plan tells: {both}");
        drop(connection);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
