//! Where the configuration says that snapshots are kept: a folder, or an object store.

use crate::config::Config;
use crate::exit::Failure;
use crate::measures::{Measured, Measures};
use objects::{Address, PATIENCE};
use std::sync::Arc;
use stream::{Folder, SnapshotStore, Snapshots};

/// Opens it to work on. A store that does not answer is no reason not to start: states are folded again.
pub(crate) fn open(config: &Config, measures: &Arc<Measures>) -> Result<Snapshots, Failure> {
    let measured = |shelf| Arc::new(Measured { shelf, measures: measures.clone() });
    let Some(shelf) = store(config)? else {
        return Ok(Snapshots::on(measured(Arc::new(Folder::new(&config.snapshots.folder)))));
    };
    if let Err(error) = shelf.list("") {
        let store = shelf.describe("");
        tracing::warn!(store, %error, "snapshots cannot be read: partitions begin at the start of the log");
    }
    Snapshots::in_background(measured(shelf)).map_err(Failure::unavailable)
}

/// The store, if one is named. Nobody is asked.
pub(crate) fn store(config: &Config) -> Result<Option<Arc<dyn SnapshotStore>>, Failure> {
    let Some(url) = &config.snapshots.url else { return Ok(None) };
    let environment: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let opened =
        Address::read(url).and_then(|address| objects::open(&address, &environment, PATIENCE));
    opened.map(Some).map_err(|why| Failure::configuration(format!("snapshots.url: {why}")))
}
