//! Snapshots: immutable files that check themselves, on a shelf that several processes may share.
//!
//! One that does not check is passed over; the partition is then folded again from an older one, or from the start.
//!
//! # Layout
//!
//! - [`store`]: where they lie, and the folder as such a place
//! - `header`: what stands before an image; `name`: what a file is called, and which go
//! - `background`: written by a thread of its own, where the shelf may be slow
//! - [`conformance`]: what holds on every shelf

mod background;
pub mod conformance;
mod header;
mod name;
pub mod store;

use background::BackgroundWriter;
use name::Name;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::{Folder, SnapshotStore};

/// As long as a network policy, a name or a sidecar may take to be there when a process starts.
const AWAY: Duration = Duration::from_secs(30);

/// Snapshots on a shelf.
#[derive(Clone)]
pub struct Snapshots {
    store: Arc<dyn SnapshotStore>,
    /// Who writes, where that must not be waited for.
    writer: Option<Arc<BackgroundWriter>>,
}

/// What a snapshot holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The next offset: everything before it is in the image.
    pub offset: u64,
    /// The state.
    pub state: Vec<u8>,
}

impl Snapshots {
    /// In this folder; it is made when the first one is kept.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self::on(Arc::new(Folder::new(folder)))
    }

    /// On this shelf: whoever keeps one waits until it is there.
    pub fn on(store: Arc<dyn SnapshotStore>) -> Self {
        Self { store, writer: None }
    }

    /// On this shelf, which may be slow: a thread writes, and nobody waits for it but the last who drops this, for
    /// at most 10 s.
    ///
    /// # Errors
    ///
    /// There is no thread to be had.
    pub fn in_background(store: Arc<dyn SnapshotStore>) -> io::Result<Self> {
        let aside = Some(Arc::new(BackgroundWriter::start(store.clone(), background::LAST)?));
        Ok(Self { store, writer: aside })
    }

    /// How long one that begins waits for a shelf that does not answer, before it folds everything again: a store may be
    /// away for a moment, a folder is there or is not.
    pub(crate) fn patience(&self) -> Duration {
        if self.writer.is_some() { AWAY } else { Duration::ZERO }
    }

    /// What the place is called where those of a partition are kept.
    pub(crate) fn place(&self, service: &str, partition: u16) -> String {
        self.store.describe(&place(service, partition))
    }

    /// Keeps one; older ones than the last few go.
    ///
    /// # Errors
    ///
    /// It could not be kept; or, where a thread writes, the one before could not, or waits still to be written: this one
    /// is taken all the same.
    pub fn save(
        &self,
        service: &str,
        partition: u16,
        format_id: u64,
        snapshot: Snapshot,
    ) -> io::Result<()> {
        let place = place(service, partition);
        match &self.writer {
            Some(aside) => aside.take(place, format_id, snapshot),
            None => put(&*self.store, &place, format_id, &snapshot),
        }
    }

    /// The newest one of this form that checks and does not lie beyond `most`. Says of each that it passes over
    /// why it does.
    ///
    /// # Errors
    ///
    /// None was found, but the shelf does not answer: there may be one.
    pub fn latest(
        &self,
        service: &str,
        partition: u16,
        format_id: u64,
        most: u64,
        passed_over: &mut dyn FnMut(&str, &str),
    ) -> io::Result<Option<Snapshot>> {
        let place = place(service, partition);
        let names = self.store.list(&place).inspect_err(|error| {
            passed_over(&self.store.describe(&place), &error.to_string());
        })?;
        let mut own: Vec<Name> = names.iter().filter_map(|name| Name::read(name)).collect();
        let snapshots = own.len();
        own.retain(|name| name.format_id == Some(format_id));
        if own.is_empty() && snapshots > 0 {
            let shelf = self.store.describe(&place);
            tracing::info!(shelf, snapshots, "none of these is of this release and this log");
        }
        own.sort_unstable_by_key(|name| std::cmp::Reverse(name.offset));
        let mut silent = None;
        for name in own {
            let file = self.store.describe(&format!("{place}/{}", name.write()));
            if name.offset > most {
                passed_over(&file, "it is ahead of what was worked off");
                continue;
            }
            let bytes = match self.store.read(&place, &name.write()) {
                Ok(bytes) => bytes,
                Err(error) => {
                    passed_over(&file, &error.to_string());
                    silent = Some(error);
                    continue;
                }
            };
            match header::read(format_id, &bytes) {
                Ok(snapshot) if snapshot.offset == name.offset => return Ok(Some(snapshot)),
                Ok(_) => passed_over(&file, "it is not the one that its name says"),
                Err(reason) => passed_over(&file, &reason),
            }
        }
        silent.map_or(Ok(None), Err)
    }
}

fn place(service: &str, partition: u16) -> String {
    format!("{service}/{partition}")
}

/// Writes one, then takes away what need not stay.
fn put(
    store: &dyn SnapshotStore,
    place: &str,
    format_id: u64,
    snapshot: &Snapshot,
) -> io::Result<()> {
    let written = Name { offset: snapshot.offset, format_id: Some(format_id) };
    store.write(place, &written.write(), header::write(format_id, snapshot))?;
    let all: Vec<Name> = store.list(place)?.iter().filter_map(|name| Name::read(name)).collect();
    name::prune(written, &all).iter().try_for_each(|name| store.remove(place, &name.write()))
}
