//! Where snapshots lie: whole files with names, in places. Nothing here knows what is in them.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

/// A place is called `service/partition`. Whoever reads a name sees all that was written under it, or nothing of it.
pub trait SnapshotStore: Send + Sync {
    /// The names of a place, in no order; none where there is no such place.
    ///
    /// # Errors
    ///
    /// It cannot be told what is there.
    fn list(&self, place: &str) -> io::Result<Vec<String>>;
    /// All that was written under a name.
    ///
    /// # Errors
    ///
    /// It is not there, or cannot be read.
    fn read(&self, place: &str, name: &str) -> io::Result<Vec<u8>>;
    /// Writes a file, in the place of one of that name.
    ///
    /// # Errors
    ///
    /// It could not be written: nothing, or what was there before, stands under the name.
    fn write(&self, place: &str, name: &str, bytes: Vec<u8>) -> io::Result<()>;
    /// Takes a file away; that it is not there is fine, since others tidy up, too.
    ///
    /// # Errors
    ///
    /// It may be there still.
    fn remove(&self, place: &str, name: &str) -> io::Result<()>;
    /// What people call a place or a file in it, or, where nothing is named, all of it.
    fn describe(&self, file: &str) -> String;
}

/// A folder on a disk: a file is written beside its place, brought to the disk, and only then given its name.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// This one; it is made when the first file is written.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    fn file(&self, place: &str, name: &str) -> PathBuf {
        self.0.join(place).join(name)
    }
}

impl SnapshotStore for Folder {
    fn list(&self, place: &str) -> io::Result<Vec<String>> {
        let listing = match fs::read_dir(self.0.join(place)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            listing => listing?,
        };
        let mut names = Vec::new();
        for entry in listing {
            // What is not text was not written here.
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    fn read(&self, place: &str, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.file(place, name))
    }

    fn write(&self, place: &str, name: &str, bytes: Vec<u8>) -> io::Result<()> {
        let folder = self.0.join(place);
        fs::create_dir_all(&folder)?;
        let part = folder.join(format!("{name}.part"));
        let mut file = File::create(&part)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&part, folder.join(name))?;
        File::open(&folder)?.sync_all()
    }

    fn remove(&self, place: &str, name: &str) -> io::Result<()> {
        match fs::remove_file(self.file(place, name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    fn describe(&self, file: &str) -> String {
        match file {
            "" => self.0.display().to_string(),
            file => self.0.join(file).display().to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshots::conformance;
    use std::sync::Arc;

    #[test]
    fn a_folder_is_a_shelf() {
        let folder = std::env::temp_dir().join(format!("coldwatch-shelf-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let shelf: Arc<dyn SnapshotStore> = Arc::new(Folder::new(&folder));
        for (n, (says, case)) in conformance::ALL.iter().enumerate() {
            eprintln!("{says}");
            case(&shelf, &format!("case-{n}"));
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_that_stands_where_the_folder_should_be_is_told_and_a_half_written_one_has_no_name() {
        let folder = std::env::temp_dir().join(format!("coldwatch-shelf-2-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("thermal")).unwrap();
        fs::write(folder.join("thermal/0"), "full").unwrap();
        let shelf = Folder::new(&folder);
        assert!(shelf.list("thermal/0").is_err());
        assert!(shelf.write("thermal/0", "a", vec![1]).is_err());
        assert_eq!(shelf.list("thermal/1").unwrap(), Vec::<String>::new());
        fs::create_dir_all(folder.join("thermal/1/b.part")).unwrap();
        assert!(shelf.write("thermal/1", "b", vec![1]).is_err(), "it cannot be begun");
        assert!(shelf.read("thermal/1", "b").is_err());
        fs::remove_dir_all(folder).unwrap();
    }
}
