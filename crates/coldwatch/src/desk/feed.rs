//! The alerts topic for those who follow it. A position is the next offset of every partition, so that whoever
//! comes back, at this desk or at another, goes on where they were.

use crate::live::Live;
use ::desk::{Feed, Item, Refusal};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use stream::{Log, StreamError};
use tokio::sync::mpsc::{Receiver, channel};

/// Who is this far behind is let go, and comes back at its own pace.
const WAITING: usize = 1024;

/// The topic.
pub(super) struct Alerts {
    log: Arc<dyn Log>,
    topic: Arc<str>,
    partitions: u16,
    stop: Arc<AtomicBool>,
}

impl Alerts {
    pub(super) fn new(live: &Live) -> Result<Self, StreamError> {
        let topic = live.names.topic(pipeline::Topic::Alerts);
        let (log, stop) = (live.log.clone(), live.stop.clone());
        Ok(Self { log, topic, partitions: live.names.partitions, stop })
    }

    fn positions(&self, from: Option<&str>) -> Result<Vec<u64>, Refusal> {
        let end = |partition| {
            let range = self.log.range(&self.topic, partition);
            range.map_err(|e| Refusal::Unavailable(e.to_string()))
        };
        let Some(from) = from else {
            return (0..self.partitions).map(|p| end(p).map(|range| range.end)).collect();
        };
        let wrong = |why: &str| {
            Refusal::Malformed(format!(
                "`{from}` is no position of this feed: {why}; ask without one"
            ))
        };
        let positions: Vec<u64> = from
            .split('.')
            .map(|n| n.parse().map_err(|_| wrong("it is numbers joined by dots")))
            .collect::<Result<_, _>>()?;
        if positions.len() != usize::from(self.partitions) {
            return Err(wrong("it names another number of partitions"));
        }
        for (partition, position) in (0..self.partitions).zip(&positions) {
            let range = end(partition)?;
            if !(range.start..=range.end).contains(position) {
                return Err(wrong("the log does not reach there"));
            }
        }
        Ok(positions)
    }
}

/// A position as text.
fn text(positions: &[u64]) -> String {
    positions.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

impl Feed for Alerts {
    fn follow(&self, from: Option<&str>) -> Result<Receiver<Item>, Refusal> {
        let mut positions = self.positions(from)?;
        let from: Vec<(u16, u64)> = (0..).zip(positions.iter().copied()).collect();
        let reader = self.log.read(&self.topic, &from);
        let mut reader = reader.map_err(|e| Refusal::Unavailable(e.to_string()))?;
        let (send, receive) = channel(WAITING);
        let stop = self.stop.clone();
        let follow = move || {
            let mut records = Vec::new();
            while !stop.load(Ordering::Relaxed) && !send.is_closed() {
                if reader.poll(Duration::from_millis(500), &mut records).is_err() {
                    return; // The reader comes back, and is told then.
                }
                for (partition, record) in records.drain(..) {
                    if let Some(at) = positions.get_mut(usize::from(partition)) {
                        *at = record.offset + 1;
                    }
                    let data = String::from_utf8_lossy(&record.value).into_owned();
                    let event: Value = serde_json::from_str(&data).unwrap_or_default();
                    let kind = event["type"].as_str().unwrap_or("unknown").to_owned();
                    let item = Item { id: text(&positions), kind, data };
                    if send.blocking_send(item).is_err() {
                        return;
                    }
                }
            }
        };
        std::thread::Builder::new()
            .name("feed".into())
            .spawn(follow)
            .map_err(|e| Refusal::Unavailable(e.to_string()))?;
        Ok(receive)
    }
}
