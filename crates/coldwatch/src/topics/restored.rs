//! Whether a log is being restored. The topic `restored` says so: its first record is written before any other topic is
//! made, its second one when all that was to be written stands and is noted as worked off. Between the two the log is half
//! made, and nobody works on it. A log that was never restored has no such topic.

use super::append;
use crate::services::names::TopicNames;
use facts::Moment;
use serde::Serialize;
use stream::{Log, NewRecord, StreamError, TopicSpec};

/// Its name without prefix.
const NAME: &str = "restored";
/// The type of its records.
const KIND: &str = "coldwatch.log.restored.v1";

/// What its records say.
#[derive(Serialize)]
struct Says<'a, T: Serialize> {
    state: &'a str,
    #[serde(flatten)]
    what: &'a T,
}

/// How many records it holds; `None`: there is no such topic.
pub(crate) fn records(log: &dyn Log, names: &TopicNames) -> Result<Option<u64>, StreamError> {
    let name = names.other(NAME);
    match log.partitions(&name)? {
        None => Ok(None),
        Some(_) => Ok(Some(log.range(&name, 0)?.end)),
    }
}

/// What to say of a log that is half made; `None`: it is not.
pub(crate) fn unfinished(log: &dyn Log, names: &TopicNames) -> Result<Option<String>, StreamError> {
    Ok(records(log, names)?.filter(|records| *records < 2).map(|_| {
        format!(
            "a restore into this log was begun and did not end (topic {}): what is here is not whole, and nothing \
             works on it; run `coldwatch restore` again with another log.prefix or log.folder",
            names.other(NAME)
        )
    }))
}

/// It is begun.
pub(crate) fn begin(
    log: &dyn Log,
    names: &TopicNames,
    now: i64,
    what: &impl Serialize,
) -> Result<(), StreamError> {
    log.create(&TopicSpec { name: names.other(NAME), partitions: 1, stamped_by_log: false })?;
    write(log, names, now, &Says { state: "begun", what })
}

/// All of it stands.
pub(crate) fn end(
    log: &dyn Log,
    names: &TopicNames,
    now: i64,
    what: &impl Serialize,
) -> Result<(), StreamError> {
    write(log, names, now, &Says { state: "done", what })
}

fn write(
    log: &dyn Log,
    names: &TopicNames,
    now: i64,
    data: &impl Serialize,
) -> Result<(), StreamError> {
    let event = serde_json::json!({
        "specversion": "1.0",
        "id": format!("{NAME}:{now}"),
        "source": "coldwatch",
        "type": KIND,
        "subject": NAME,
        "time": Moment::from_millis(now),
        "datacontenttype": "application/json",
        "data": data,
    });
    let (topic, value) = (names.other(NAME).into(), event.to_string().into_bytes());
    let new_record = NewRecord { topic, partition: 0, key: b"log".to_vec(), value };
    append(log, vec![new_record]).map(drop)
}
