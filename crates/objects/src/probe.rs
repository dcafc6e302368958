//! Whether a shelf does what it must: something small is listed, written, read and taken away again.

use std::io::{self, ErrorKind};
use stream::SnapshotStore;

const PLACE: &str = "doctor/0";

/// Tries it. Nothing stays.
///
/// # Errors
///
/// What it does not do, why, and what to do.
pub fn probe(store: &dyn SnapshotStore) -> Result<(), String> {
    let name = format!("written-by-doctor-{}", std::process::id());
    let bytes = name.as_bytes();
    let all = store.describe("");
    let cannot = |what: &str, error: &io::Error| {
        let hint = match error.kind() {
            ErrorKind::NotFound => "is its name right, and does it exist?",
            ErrorKind::PermissionDenied => {
                "are the credentials in the environment right, and may they list, read, write and delete?"
            }
            _ => "can it be reached from this machine?",
        };
        format!("snapshots in {all} cannot be {what}: {error}; {hint}")
    };
    store.list(PLACE).map_err(|error| cannot("listed", &error))?;
    store.write(PLACE, &name, bytes.to_vec()).map_err(|error| cannot("written", &error))?;
    let read = store.read(PLACE, &name).map_err(|error| cannot("read", &error));
    let listed = store.list(PLACE).map_err(|error| cannot("listed", &error));
    store.remove(PLACE, &name).map_err(|error| cannot("deleted", &error))?;
    let (read, listed) = (read?, listed?);
    match read == bytes && listed.contains(&name) {
        true => Ok(()),
        false => Err(format!(
            "snapshots in {all} cannot be trusted: what was written a moment ago is not what is read"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::ObjectSnapshotStore;
    use object_store::memory::InMemory;
    use std::sync::Arc;
    use stream::Folder;

    #[test]
    fn a_good_one_is_as_it_was_and_a_bad_one_is_told() {
        let store = ObjectSnapshotStore::over(Arc::new(InMemory::new()), "", "memory");
        assert_eq!(probe(&store), Ok(()));
        assert_eq!(store.list(PLACE).unwrap(), Vec::<String>::new());
        let file = std::env::temp_dir().join(format!("coldwatch-probe-{}", std::process::id()));
        std::fs::write(&file, "no folder").unwrap();
        let error = probe(&Folder::new(&file)).unwrap_err();
        assert!(error.contains("cannot be listed"), "{error}");
        std::fs::remove_file(file).unwrap();
    }
}
