//! The desk as a service: reads `journal`, `exceptions` and `alerts` in no group, from the start, and fills the
//! board; carries staff acts to the log and the alerts topic to whoever follows it.

mod feed;
mod reading;

use crate::exit::Failure;
use crate::services::{self, names::TopicNames};
use crate::supervisor::Supervisor;
use crate::topics;
use ::desk::{Acts, Appending, Desk, Freshness, ReadModel, Refusal};
use axum::Router;
use facts::{Event, Moment, Subject};
use pipeline::registry::registry;
use pipeline::{OutRecord, RecordBody, Topic};
use std::sync::{Arc, RwLock};
use stream::{Clock, Log};

/// How fast time goes where the desk stands: a demonstration's does not go as the wall's.
pub(crate) type Pace = Freshness;

/// What a desk at work shows: its pages to people, and what they are made of to health and metrics.
pub(crate) struct Pages {
    pub(crate) router: Router,
    pub(crate) board: Arc<RwLock<ReadModel>>,
}

/// Starts reading and gives back the pages.
pub(crate) fn start(supervisor: &Supervisor, pace: Pace) -> Result<Pages, Failure> {
    let board = Arc::new(RwLock::new(ReadModel::new(supervisor.names.partitions, registry())));
    let together = Arc::default();
    for topic in reading::TOPICS {
        reading::start(supervisor, topic, &board, &together)?;
    }
    let clock = supervisor.clock.clone();
    let router = ::desk::router(Desk {
        board: board.clone(),
        clock: Arc::new(move || Moment::from_millis(clock())),
        freshness: pace,
        acts: Arc::new(ToLog {
            log: supervisor.log.clone(),
            names: supervisor.names.clone(),
            clock: supervisor.clock.clone(),
        }),
        feed: Arc::new(feed::AlertsFeed::new(supervisor)),
        signed_in: supervisor.config.http.token_file.is_some(),
    });
    Ok(Pages { router, board })
}

/// Staff acts on their way to `exceptions`.
struct ToLog {
    log: Arc<dyn Log>,
    names: TopicNames,
    clock: Clock,
}

impl Acts for ToLog {
    fn append(&self, event: Event) -> Appending {
        let key: Subject = event.subject.clone();
        let partition = key.partition(self.names.partitions);
        let now = Moment::from_millis((self.clock)());
        let topic = Topic::Exceptions;
        let body = RecordBody::Event(event);
        let letter = OutRecord { topic, partition, key, origin: None, after: None, now, body };
        let new_record = services::new_record(&self.names, &letter);
        let log = self.log.clone();
        Box::pin(async move {
            let written =
                tokio::task::spawn_blocking(move || topics::append(&*log, vec![new_record]));
            match written.await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(Refusal::Unavailable(error.to_string())),
                Err(error) => Err(Refusal::Unavailable(error.to_string())),
            }
        })
    }
}
