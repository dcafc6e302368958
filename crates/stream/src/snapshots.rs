//! Snapshots: immutable files that check themselves, on a shelf that several processes may share.
//!
//! One that does not check is passed over; the partition is then folded again from an older one, or from the start.
//!
//! # Layout
//!
//! - [`shelf`]: where they lie, and the folder as such a place
//! - `head`: what stands before an image; `name`: what a file is called, and which go
//! - `aside`: written by a thread of its own, where the shelf may be slow
//! - [`suite`]: what holds on every shelf

mod aside;
mod head;
mod name;
pub mod shelf;
pub mod suite;

use aside::Aside;
use name::Name;
use shelf::{Folder, Shelf};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// As long as a network policy, a name or a sidecar may take to be there when a process starts.
const AWAY: Duration = Duration::from_secs(30);

/// Snapshots on a shelf.
#[derive(Clone)]
pub struct Snapshots {
    shelf: Arc<dyn Shelf>,
    /// Who writes, where that must not be waited for.
    aside: Option<Arc<Aside>>,
}

/// What a snapshot holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The next offset: everything before it is in the image.
    pub offset: u64,
    /// The state.
    pub image: Vec<u8>,
}

impl Snapshots {
    /// In this folder; it is made when the first one is kept.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self::on(Arc::new(Folder::new(folder)))
    }

    /// On this shelf: whoever keeps one waits until it is there.
    pub fn on(shelf: Arc<dyn Shelf>) -> Self {
        Self { shelf, aside: None }
    }

    /// On this shelf, which may be slow: a thread writes, and nobody waits for it but the last who drops this, for
    /// at most 10 s.
    ///
    /// # Errors
    ///
    /// There is no thread to be had.
    pub fn aside(shelf: Arc<dyn Shelf>) -> io::Result<Self> {
        let aside = Some(Arc::new(Aside::start(shelf.clone(), aside::LAST)?));
        Ok(Self { shelf, aside })
    }

    /// How long one that begins waits for a shelf that does not answer, before it folds everything again: a store may be
    /// away for a moment, a folder is there or is not.
    pub(crate) fn patience(&self) -> Duration {
        if self.aside.is_some() { AWAY } else { Duration::ZERO }
    }

    /// What the place is called where those of a partition are kept.
    pub(crate) fn place(&self, service: &str, partition: u16) -> String {
        self.shelf.called(&place(service, partition))
    }

    /// Keeps one; older ones than the last few go.
    ///
    /// # Errors
    ///
    /// It could not be kept; or, where a thread writes, the one before could not, or waits still to be written: this one
    /// is taken all the same.
    pub fn keep(
        &self,
        service: &str,
        partition: u16,
        form: u64,
        snapshot: Snapshot,
    ) -> io::Result<()> {
        let place = place(service, partition);
        match &self.aside {
            Some(aside) => aside.take(place, form, snapshot),
            None => put(&*self.shelf, &place, form, &snapshot),
        }
    }

    /// The newest one of this form that checks and does not lie beyond `most`. Says of each that it passes over
    /// why it does.
    ///
    /// # Errors
    ///
    /// None was found, but the shelf does not answer: there may be one.
    pub fn newest(
        &self,
        service: &str,
        partition: u16,
        form: u64,
        most: u64,
        passed_over: &mut dyn FnMut(&str, &str),
    ) -> io::Result<Option<Snapshot>> {
        let place = place(service, partition);
        let names = self.shelf.list(&place).inspect_err(|error| {
            passed_over(&self.shelf.called(&place), &error.to_string());
        })?;
        let mut own: Vec<Name> = names.iter().filter_map(|name| Name::read(name)).collect();
        let snapshots = own.len();
        own.retain(|name| name.form == Some(form));
        if own.is_empty() && snapshots > 0 {
            let shelf = self.shelf.called(&place);
            tracing::info!(shelf, snapshots, "none of these is of this release and this log");
        }
        own.sort_unstable_by_key(|name| std::cmp::Reverse(name.offset));
        let mut silent = None;
        for name in own {
            let file = self.shelf.called(&format!("{place}/{}", name.write()));
            if name.offset > most {
                passed_over(&file, "it is ahead of what was worked off");
                continue;
            }
            let bytes = match self.shelf.read(&place, &name.write()) {
                Ok(bytes) => bytes,
                Err(error) => {
                    passed_over(&file, &error.to_string());
                    silent = Some(error);
                    continue;
                }
            };
            match head::read(form, &bytes) {
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
fn put(shelf: &dyn Shelf, place: &str, form: u64, snapshot: &Snapshot) -> io::Result<()> {
    let written = Name { offset: snapshot.offset, form: Some(form) };
    shelf.write(place, &written.write(), head::write(form, snapshot))?;
    let all: Vec<Name> = shelf.list(place)?.iter().filter_map(|name| Name::read(name)).collect();
    name::gone(written, &all).iter().try_for_each(|name| shelf.remove(place, &name.write()))
}
