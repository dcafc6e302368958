//! What the desk is made of, and the two things that it asks of the process around it: to append a staff
//! act to the log, and to follow the alerts topic.
//!
//! It refuses to know a log: positions are opaque texts here.

use crate::read_model::{Freshness, ReadModel};
use crate::refusal::Refusal;
use facts::{Event, Moment};
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, RwLock};
use tokio::sync::mpsc::Receiver;

/// A desk: the board that a service fills, a clock, and the way to the log.
#[derive(Clone)]
pub struct Desk {
    /// The projection; the service that reads the topics writes it.
    pub board: Arc<RwLock<ReadModel>>,
    /// What time it is; log time is held against it.
    pub clock: Arc<dyn Fn() -> Moment + Send + Sync>,
    /// When a stage counts as fresh.
    pub freshness: Freshness,
    /// Where staff acts go.
    pub acts: Arc<dyn Acts>,
    /// Where the live feed comes from.
    pub feed: Arc<dyn Feed>,
    /// Whether people sign in, and so may sign out: `POST /sign-out` is served around the desk.
    pub signed_in: bool,
}

/// The address at the other end of a request, which may be a proxy's: whoever serves the desk puts it into the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Client(pub IpAddr);

/// An append that is under way.
pub type Appending = Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send>>;

/// Appends staff acts to the log.
pub trait Acts: Send + Sync {
    /// Resolves when the log has acknowledged it. The same act may come twice (same source, id, moment and
    /// fact); the log may hold both, as they are one act to `alerts`.
    fn append(&self, event: Event) -> Appending;
}

/// The alerts topic, for those who want to hear of it at once.
pub trait Feed: Send + Sync {
    /// Everything after the position `from`; without one, everything from now on. Ending the channel ends
    /// the stream, and the reader comes back with the last position it saw: so a reader that is too slow
    /// may simply be dropped. A position that cannot be followed any more is [`Refusal::Malformed`]; one reader
    /// more than there may be, in all or from one client, is [`Refusal::Unavailable`]. It may wait for the log, so it is
    /// called on a thread that may wait.
    fn follow(&self, from: Option<&str>, client: Option<Client>)
    -> Result<Receiver<Item>, Refusal>;
}

/// One record of the alerts topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its position: what is handed to [`Feed::follow`] to go on behind it.
    pub id: String,
    /// The CloudEvents type, `coldwatch.incident.v1`.
    pub kind: String,
    /// The whole event as JSON.
    pub data: String,
}
