//! How long things take, and how large they are: histograms since this process began. Whoever does the work notes it here; `/metrics`
//! shows it.

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use std::io;
use std::sync::Arc;
use std::time::Instant;
use stream::SnapshotStore;

pub(crate) type Labels = Vec<(String, String)>;
pub(crate) type Sizes = Family<Labels, Histogram, fn() -> Histogram>;

/// What this process has measured.
#[derive(Debug, Clone)]
pub(crate) struct Measures {
    /// By service: from when the log took a record until what follows from it is said.
    pub(crate) waited: Sizes,
    /// By route, method and status: until an answer begins.
    pub(crate) answered: Sizes,
    /// By service: until a snapshot lies on its shelf.
    pub(crate) kept: Sizes,
    /// By service: how large it is.
    pub(crate) images: Sizes,
}

impl Default for Measures {
    fn default() -> Self {
        Self {
            waited: Sizes::new_with_constructor(waits),
            answered: Sizes::new_with_constructor(answers),
            kept: Sizes::new_with_constructor(waits),
            images: Sizes::new_with_constructor(bytes),
        }
    }
}

/// Seconds, from a commit of the loop to an outage.
fn waits() -> Histogram {
    Histogram::new([0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0])
}

/// Seconds, from what is there already to what nobody waits for.
fn answers() -> Histogram {
    Histogram::new([0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0])
}

/// From 1 KiB to 1 GiB, in steps of four.
fn bytes() -> Histogram {
    Histogram::new((0..11).map(|step| f64::from(1_u32 << (10 + 2 * step))))
}

/// Adds one to a histogram.
pub(crate) fn note(sizes: &Sizes, labels: &[(&str, &str)], size: f64) {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    sizes.get_or_create(&labels.iter().map(owned).collect()).observe(size);
}

/// A shelf on which it is measured how long each snapshot takes and how large it is.
pub(crate) struct Measured {
    pub(crate) shelf: Arc<dyn SnapshotStore>,
    pub(crate) measures: Arc<Measures>,
}

impl SnapshotStore for Measured {
    fn list(&self, place: &str) -> io::Result<Vec<String>> {
        self.shelf.list(place)
    }
    fn read(&self, place: &str, name: &str) -> io::Result<Vec<u8>> {
        self.shelf.read(place, name)
    }
    fn write(&self, place: &str, name: &str, bytes: Vec<u8>) -> io::Result<()> {
        // A place is a service and the number of a partition.
        let service = [("service", place.split('/').next().unwrap_or_default())];
        let (size, begun) = (bytes.len() as f64, Instant::now());
        self.shelf.write(place, name, bytes)?;
        note(&self.measures.kept, &service, begun.elapsed().as_secs_f64());
        note(&self.measures.images, &service, size);
        Ok(())
    }
    fn remove(&self, place: &str, name: &str) -> io::Result<()> {
        self.shelf.remove(place, name)
    }
    fn describe(&self, file: &str) -> String {
        self.shelf.describe(file)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    /// A shelf that takes everything but what is called so.
    struct Some;

    impl SnapshotStore for Some {
        fn list(&self, _: &str) -> io::Result<Vec<String>> {
            Ok(Vec::new())
        }
        fn read(&self, _: &str, _: &str) -> io::Result<Vec<u8>> {
            Err(io::ErrorKind::NotFound.into())
        }
        fn write(&self, _: &str, name: &str, _: Vec<u8>) -> io::Result<()> {
            if name == "full" { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        }
        fn remove(&self, _: &str, _: &str) -> io::Result<()> {
            Ok(())
        }
        fn describe(&self, file: &str) -> String {
            file.into()
        }
    }

    #[test]
    fn a_snapshot_that_was_kept_is_measured_and_one_that_failed_is_not() {
        let measures = Arc::new(Measures::default());
        let shelf = Measured { shelf: Arc::new(Some), measures: measures.clone() };
        shelf.write("thermal/3", "7", vec![0; 5_000]).unwrap();
        shelf.write("thermal/3", "full", vec![0; 5_000]).unwrap_err();
        let mut registry = Registry::default();
        registry.register("bytes", "", measures.images.clone());
        registry.register("seconds", "", measures.kept.clone());
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for line in [
            r#"bytes_sum{service="thermal"} 5000.0"#,
            r#"bytes_bucket{le="4096.0",service="thermal"} 0"#,
            r#"bytes_bucket{le="16384.0",service="thermal"} 1"#,
            r#"seconds_count{service="thermal"} 1"#,
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line} is not in\n{text}");
        }
    }
}
