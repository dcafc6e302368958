//! Serves a desk over a made-up night, so that the pages can be looked at:
//!
//! ```sh
//! cargo run -p desk --example sample -- 8090
//! cargo run -p desk --example sample -- 8090 --stale    # thermal has fallen silent
//! cargo run -p desk --example sample -- 8090 --empty    # nothing is wrong
//! cargo run -p desk --example sample -- 8090 --shipments 2000   # a large site
//! ```
//!
//! Its log is a channel: an act that is sent stands on the board a moment later.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // an example stops where something is missing

mod crowd;
mod story;

use alerts::incident::{IncidentState, StaffAct};
use desk::read_model::TOPICS;
use desk::{Acts, Appending, Desk, Feed, Freshness, Item, ReadModel, Refusal, router};
use facts::{Event, Fact, Moment, Span, StaffFact};
use pipeline::registry::registry;
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The way to the log.
struct Door(Arc<Log>);

struct Log {
    board: Arc<RwLock<ReadModel>>,
    readers: Mutex<Vec<Sender<Item>>>,
    last: Mutex<u64>,
}

impl Acts for Door {
    fn append(&self, event: Event) -> Appending {
        let log = Arc::clone(&self.0);
        Box::pin(async move {
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(300)).await;
                log.take(&event);
            });
            Ok(())
        })
    }
}

impl Log {
    fn take(&self, event: &Event) {
        let Some(shipment) = event.subject.shipment() else { return };
        let mut board = self.board.write().unwrap();
        let open = board.shipment(&shipment).and_then(|d| d.incident_open()).cloned();
        let of_stages = || board.one(&shipment, 1).map(|(incident, _)| incident.clone());
        let Some(mut incident) = open.or_else(of_stages) else { return };
        match &event.fact {
            Fact::Staff(StaffFact::Acknowledged(taken)) => {
                incident.acknowledged = Some(StaffAct {
                    by: taken.by.clone(),
                    at: event.at,
                    text: taken.reason.clone(),
                });
                incident.state = match incident.state {
                    IncidentState::ReturnedUnacked => IncidentState::ReturnedAcked,
                    IncidentState::ActiveUnacked => IncidentState::ActiveAcked,
                    other => other,
                };
            }
            Fact::Staff(StaffFact::IncidentClosed(closed)) => {
                incident.closed = Some(StaffAct {
                    by: closed.by.clone(),
                    at: event.at,
                    text: closed.reason.clone(),
                });
                incident.second.clone_from(&closed.second);
                incident.state = IncidentState::Closed;
            }
            _ => return,
        }
        board.incident(&incident);
        drop(board);
        let mut last = self.last.lock().unwrap();
        *last += 1;
        let data = format!(
            r#"{{"specversion":"1.0","type":"coldwatch.incident.v1","subject":"{shipment}"}}"#
        );
        let item = Item { id: last.to_string(), kind: "coldwatch.incident.v1".into(), data };
        self.readers.lock().unwrap().retain(|to| to.try_send(item.clone()).is_ok());
    }
}

impl Feed for Door {
    fn follow(&self, _: Option<&str>, _: Option<desk::Client>) -> Result<Receiver<Item>, Refusal> {
        let (to, from) = channel(16);
        self.0.readers.lock().unwrap().push(to);
        Ok(from)
    }
}

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| words.iter().any(|w| w == word);
    let (stale, empty) = (has("--stale"), has("--empty"));
    let port: u16 = words.first().and_then(|word| word.parse().ok()).unwrap_or(8090);
    let mut board = ReadModel::new(story::PARTITIONS, registry());
    if !empty {
        story::tell(&mut board);
    }
    let many = words.iter().skip_while(|word| *word != "--shipments").nth(1);
    if let Some(many) = many {
        let many = many.parse().unwrap();
        crowd::tell(&mut board, many);
    }
    let board = Arc::new(RwLock::new(board));
    let begun = Instant::now();
    let clock = move || {
        let passed = i64::try_from(begun.elapsed().as_millis()).unwrap_or_default();
        story::night() + Span::millis(passed)
    };
    let beating = Arc::clone(&board);
    tokio::spawn(async move {
        loop {
            beat(&mut beating.write().unwrap(), clock(), stale);
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
    });
    let log = Arc::new(Log {
        board: Arc::clone(&board),
        readers: Mutex::default(),
        last: Mutex::default(),
    });
    let desk = Desk {
        board,
        clock: Arc::new(clock),
        freshness: Freshness::default(),
        acts: Arc::new(Door(Arc::clone(&log))),
        feed: Arc::new(Door(log)),
        signed_in: false,
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    println!("http://{}/", listener.local_addr().unwrap());
    axum::serve(listener, router(desk)).await.unwrap();
}

fn beat(board: &mut ReadModel, now: Moment, stale: bool) {
    for partition in 0..story::PARTITIONS {
        for stage in board.stage_names().to_vec() {
            let silent = stale && stage == "thermal" && partition == 1;
            board.beat(
                stage,
                partition,
                if silent { story::ago(4) } else { now - Span::seconds(1) },
            );
        }
        TOPICS.iter().for_each(|topic| board.progress(topic, partition, 900, 900));
    }
}
