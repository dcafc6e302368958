//! The alerts topic for those who follow it. A position is the next offset of every partition, so that whoever
//! comes back, at this desk or at another, goes on where they were.

use crate::shares::{Share, Shares};
use crate::supervisor::Supervisor;
use ::desk::{Client, Feed, Item, Refusal};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use stream::Log;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Who is this far behind is let go, and comes back at its own pace.
const WAITING: usize = 1024;

/// The topic.
pub(super) struct AlertsFeed {
    log: Arc<dyn Log>,
    topic: Arc<str>,
    partitions: u16,
    stop: Arc<AtomicBool>,
    /// Each follower is a thread and a reader of the log.
    room: Arc<Semaphore>,
    most: usize,
    /// How many one client has, and may have.
    of_each: Shares<Client>,
    most_each: usize,
}

/// A place, given back when it is dropped.
struct Seat {
    _one: OwnedSemaphorePermit,
    _share: Option<Share<Client>>,
}

impl AlertsFeed {
    pub(super) fn new(supervisor: &Supervisor) -> Self {
        let topic = supervisor.names.topic(pipeline::Topic::Alerts);
        let (log, stop) = (supervisor.log.clone(), supervisor.stop.clone());
        let most = usize::from(supervisor.config.http.max_feed_clients);
        let room = Arc::new(Semaphore::new(most));
        let most_each = usize::from(supervisor.config.http.max_feed_clients_each);
        let (partitions, of_each) = (supervisor.names.partitions, Shares::new(most_each));
        Self { log, topic, partitions, stop, room, most, of_each, most_each }
    }

    fn seat(&self, client: Option<Client>) -> Result<Seat, Refusal> {
        let one = self.room.clone().try_acquire_owned().map_err(|_| self.is_full())?;
        let full = |client: Client| {
            Refusal::Unavailable(format!(
                "{} follow the feed here from {}, and no more may: wait, or raise http.max_feed_clients_each",
                self.most_each, client.0
            ))
        };
        let share = |client| self.of_each.take(client, 1).ok_or_else(|| full(client));
        Ok(Seat { _one: one, _share: client.map(share).transpose()? })
    }

    fn is_full(&self) -> Refusal {
        Refusal::Unavailable(format!(
            "{} follow the feed here, and no more may: wait, ask another desk, or raise http.max_feed_clients",
            self.most
        ))
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

impl Feed for AlertsFeed {
    fn follow(
        &self,
        from: Option<&str>,
        client: Option<Client>,
    ) -> Result<Receiver<Item>, Refusal> {
        // Before the log is asked for anything.
        let seat = self.seat(client)?;
        let mut positions = self.positions(from)?;
        let from: Vec<(u16, u64)> = (0..).zip(positions.iter().copied()).collect();
        let reader = self.log.read(&self.topic, &from);
        let mut reader = reader.map_err(|e| Refusal::Unavailable(e.to_string()))?;
        let (send, receive) = channel(WAITING);
        let stop = self.stop.clone();
        let follow = move || {
            let _seat = seat;
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::Config;
    use std::time::Instant;
    use stream::{MemoryLog, TopicSpec, log::wall_clock};

    #[test]
    fn no_more_follow_than_may_and_who_goes_makes_room() {
        let mut config = Config::default();
        (config.http.max_feed_clients, config.log.partitions) = (2, 1);
        let supervisor =
            Supervisor::new(Arc::new(MemoryLog::default()), config, wall_clock(), None);
        let name = supervisor.names.topic(pipeline::Topic::Alerts).to_string();
        supervisor.log.create(&TopicSpec { name, partitions: 1, stamped_by_log: false }).unwrap();
        let feed = AlertsFeed::new(&supervisor);
        // Who is refused for what was asked takes nobody's place.
        assert!(matches!(feed.follow(Some("7"), None).unwrap_err(), Refusal::Malformed(_)));
        let (first, second) =
            (feed.follow(None, None).unwrap(), feed.follow(Some("0"), None).unwrap());
        let refused = feed.follow(None, None).unwrap_err();
        assert!(
            matches!(&refused, Refusal::Unavailable(why) if why.starts_with("2 follow")),
            "{refused}"
        );
        drop(first);
        let until = Instant::now() + Duration::from_secs(10);
        while feed.follow(None, None).is_err() {
            assert!(Instant::now() < until, "the one that went holds its place");
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(second);
        supervisor.finish().unwrap();
    }

    #[test]
    fn one_client_does_not_take_the_places_of_the_others() {
        let mut config = Config::default();
        (config.http.max_feed_clients, config.http.max_feed_clients_each, config.log.partitions) =
            (3, 2, 1);
        let supervisor =
            Supervisor::new(Arc::new(MemoryLog::default()), config, wall_clock(), None);
        let name = supervisor.names.topic(pipeline::Topic::Alerts).to_string();
        supervisor.log.create(&TopicSpec { name, partitions: 1, stamped_by_log: false }).unwrap();
        let feed = AlertsFeed::new(&supervisor);
        let of = |n: u8| Some(Client(std::net::IpAddr::from([10, 0, 0, n])));
        let mine = [feed.seat(of(1)), feed.seat(of(1))];
        assert!(mine.iter().all(Result::is_ok));
        let refused = feed.seat(of(1)).err().unwrap().to_string();
        assert!(refused.contains("2 follow the feed here from 10.0.0.1"), "{refused}");
        assert!(feed.seat(of(2)).is_ok());
        drop(mine);
        assert!(feed.of_each.is_empty());
        supervisor.finish().unwrap();
    }
}
