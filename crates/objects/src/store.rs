//! An object store as a shelf. An object appears whole or not at all, so nothing is written beside its place first.

use crate::address::{Address, Provider};
use crate::transport::{self, HttpTransport};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path;
use object_store::{BackoffConfig, Error, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};
use std::future::Future;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use stream::{Folder, SnapshotStore};

/// How long a store is waited for at work: for an answer to one request; what is large has a second more for each MiB.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// Whoever reads does not ask again before this many times as long has passed as a silence took to show.
const RESTS: u32 = 3;

/// A bucket, and what stands before every name in it.
pub struct ObjectSnapshotStore {
    store: Arc<dyn ObjectStore>,
    prefix: String,
    called: String,
    /// Until when it is taken to be silent, and how that showed.
    silent: Mutex<Option<(Instant, String)>>,
}

/// The shelf at an address; its credentials are what the environment says by the provider's usual names. Nobody is asked.
///
/// # Errors
///
/// Something that is needed is not set, or cannot be used.
pub fn open(
    address: &Address,
    environment: &[(String, String)],
    patience: Duration,
) -> Result<Arc<dyn SnapshotStore>, String> {
    let (provider, bucket, prefix) = match address {
        Address::Folder(folder) => return Ok(Arc::new(Folder::new(folder))),
        Address::Bucket { provider, bucket, prefix } => (*provider, bucket, prefix),
    };
    let line = HttpTransport::new(environment, patience)?;
    let retry = RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(1),
            base: 2.0,
        },
        max_retries: 2,
        retry_timeout: patience,
    };
    let ours = environment.iter().filter(|(name, _)| name.starts_with(provider.environment()));
    let ours = ours.map(|(name, value)| (name.to_ascii_lowercase(), value));
    // Names that the store does not know are somebody else's; the bucket is the URL's in any case.
    macro_rules! built {
        ($builder:expr, $named:ident) => {
            ours.fold($builder, |builder, (name, value)| match name.parse() {
                Ok(key) => builder.with_config(key, value),
                Err(_) => builder,
            })
            .$named(bucket)
            .with_retry(retry)
            .with_http_connector(line)
            .build()
            .map(|store| Arc::new(store) as Arc<dyn ObjectStore>)
        };
    }
    let store = match provider {
        // One object is taken away at a time, which each of those that speak like S3 knows.
        Provider::S3 => {
            built!(AmazonS3Builder::new().with_disable_bulk_delete(true), with_bucket_name)
        }
        Provider::Google => built!(GoogleCloudStorageBuilder::new(), with_bucket_name),
        Provider::Azure => built!(MicrosoftAzureBuilder::new(), with_container_name),
    };
    let store = store.map_err(|error| format!("{error}; set {}", provider.credentials()))?;
    Ok(Arc::new(ObjectSnapshotStore::over(store, prefix, &address.to_string())))
}

impl ObjectSnapshotStore {
    /// Over a store that is open.
    pub fn over(store: Arc<dyn ObjectStore>, prefix: &str, called: &str) -> Self {
        let (prefix, called) = (prefix.to_owned(), called.to_owned());
        Self { store, prefix, called, silent: Mutex::default() }
    }

    fn path(&self, rest: &str) -> Path {
        Path::from(format!("{}/{rest}", self.prefix))
    }

    /// Waits for an answer, and remembers a silence.
    fn wait<T>(&self, asked: impl Future<Output = object_store::Result<T>>) -> io::Result<T> {
        let began = Instant::now();
        // One of its own for each: the loop and the writer ask from threads that have nothing to do with each other.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        transport::take_status();
        let answer = runtime.block_on(asked);
        let status = transport::take_status();
        let answer = answer.map_err(|error| {
            // Some answer with a page of XML, and this stands in one line of a log.
            let words = error.to_string();
            let words: Vec<&str> = words.split_whitespace().collect();
            io::Error::new(kind(&error, status), words.join(" "))
        });
        // That something is not there or not allowed is an answer.
        let silent = answer.as_ref().err().filter(|error| error.kind() == ErrorKind::Other);
        let until = Instant::now() + began.elapsed().min(PATIENCE) * RESTS;
        *self.silent.lock().unwrap_or_else(PoisonError::into_inner) =
            silent.map(|error| (until, error.to_string()));
        answer
    }

    /// Whoever reads is the loop, and all its partitions wait: not for one silence after another.
    fn answers(&self) -> io::Result<()> {
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        match &*silent {
            Some((until, how)) if Instant::now() < *until => {
                let reason = format!("the store did not answer a moment ago: {how}");
                Err(io::Error::new(ErrorKind::TimedOut, reason))
            }
            _ => Ok(()),
        }
    }
}

/// What kind of error it is, by the store's own name for it or by the HTTP status of the answer: what is not about one object has no
/// name of its own, as that there is no such bucket.
fn kind(error: &Error, status: Option<u16>) -> ErrorKind {
    match (error, status) {
        (Error::NotFound { .. }, _) | (_, Some(404)) => ErrorKind::NotFound,
        (Error::PermissionDenied { .. } | Error::Unauthenticated { .. }, _)
        | (_, Some(401 | 403)) => ErrorKind::PermissionDenied,
        _ => ErrorKind::Other,
    }
}

impl SnapshotStore for ObjectSnapshotStore {
    fn list(&self, place: &str) -> io::Result<Vec<String>> {
        self.answers()?;
        let place = self.path(place);
        let listing = self.wait(self.store.list_with_delimiter(Some(&place)))?;
        let names = listing.objects.iter().filter_map(|object| object.location.filename());
        Ok(names.map(str::to_owned).collect())
    }

    fn read(&self, place: &str, name: &str) -> io::Result<Vec<u8>> {
        self.answers()?;
        let file = self.path(&format!("{place}/{name}"));
        let bytes = self.wait(async { self.store.get(&file).await?.bytes().await })?;
        Ok(bytes.into())
    }

    fn write(&self, place: &str, name: &str, bytes: Vec<u8>) -> io::Result<()> {
        let file = self.path(&format!("{place}/{name}"));
        self.wait(self.store.put(&file, PutPayload::from(bytes))).map(drop)
    }

    fn remove(&self, place: &str, name: &str) -> io::Result<()> {
        let file = self.path(&format!("{place}/{name}"));
        match self.wait(self.store.delete(&file)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    fn describe(&self, file: &str) -> String {
        match file {
            "" => self.called.clone(),
            file => format!("{}/{file}", self.called),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use object_store::memory::InMemory;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use stream::snapshots::conformance;

    fn in_memory(prefix: &str) -> Arc<dyn SnapshotStore> {
        let store = Arc::new(InMemory::new());
        Arc::new(ObjectSnapshotStore::over(store, prefix, "memory"))
    }

    #[test]
    fn an_object_store_is_a_shelf() {
        for store in [in_memory("boston/snapshots"), in_memory("")] {
            for (n, (says, case)) in conformance::ALL.iter().enumerate() {
                eprintln!("{says}");
                case(&store, &format!("case-{n}"));
            }
        }
    }

    fn environment(endpoint: &str) -> Vec<(String, String)> {
        [
            ("AWS_ENDPOINT", endpoint),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", "k"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("AWS_EXECUTION_ENV", "of somebody else"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    #[test]
    fn each_provider_opens_with_its_environment_and_says_what_it_lacks() {
        let opened = |url: &str, environment: &[(&str, &str)]| {
            let address = Address::read(url).unwrap();
            let set: Vec<_> =
                environment.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            open(&address, &set, PATIENCE).map(|store| store.describe("a/0"))
        };
        assert_eq!(opened("s3://b/p", &[]).unwrap(), "s3://b/p/a/0");
        assert_eq!(opened("gs://b", &[]).unwrap(), "gs://b/a/0");
        let account =
            [("AZURE_STORAGE_ACCOUNT_NAME", "cold"), ("AZURE_STORAGE_ACCOUNT_KEY", "c2VjcmV0")];
        assert_eq!(opened("az://c/p", &account).unwrap(), "az://c/p/a/0");
        assert_eq!(opened("file:///tmp/snaps", &[]).unwrap(), "/tmp/snaps/a/0");
        let error = opened("az://c/p", &[]).unwrap_err();
        assert!(error.contains("AZURE_STORAGE_ACCOUNT_NAME"), "{error}");
        // A name of another provider's is not heard, and neither is one without a prefix.
        let error = opened("az://c/p", &[("ACCOUNT_NAME", "cold"), ("AWS_ACCOUNT_NAME", "cold")]);
        assert!(error.is_err());
        let error = opened("s3://b/p", &[("SSL_CERT_FILE", "/no/such")]).unwrap_err();
        assert!(error.contains("SSL_CERT_FILE: /no/such"), "{error}");
    }

    #[test]
    fn a_store_that_is_silent_is_asked_once_and_then_not_for_a_while() {
        // Takes every connection and says nothing.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        std::thread::spawn(move || {
            let mut open = Vec::new();
            for connection in listener.incoming() {
                open.extend(connection);
                count.fetch_add(1, SeqCst);
            }
        });
        let address = Address::read("s3://bucket").unwrap();
        let store = open(&address, &environment(&endpoint), Duration::from_secs(1)).unwrap();
        store.list("thermal/0").unwrap_err();
        let before = asked.load(SeqCst);
        assert!((1..=3).contains(&before), "few retries: {before}");
        for partition in 1..16 {
            let error = store.list(&format!("thermal/{partition}")).unwrap_err();
            assert!(error.to_string().contains("did not answer a moment ago"), "{error}");
        }
        assert!(store.read("thermal/0", "a").is_err());
        assert_eq!(asked.load(SeqCst), before, "nobody has asked again");
        let late = Instant::now() + Duration::from_secs(60);
        while asked.load(SeqCst) == before {
            assert!(Instant::now() < late, "after a while it is asked again");
            std::thread::sleep(Duration::from_millis(50));
            store.list("thermal/0").unwrap_err();
        }
        let before = asked.load(SeqCst);
        store.write("thermal/0", "a", vec![1]).unwrap_err();
        assert!(asked.load(SeqCst) > before, "whoever writes tries it in any case");
    }

    /// Answers every request in this way.
    fn answers(how: impl Fn(&mut TcpStream, &str) + Send + 'static) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for mut connection in listener.incoming().flatten() {
                let mut request = [0; 4096];
                let n = connection.read(&mut request).unwrap_or(0);
                how(&mut connection, &String::from_utf8_lossy(&request[..n]));
            }
        });
        endpoint
    }

    #[test]
    fn one_that_forbids_is_told_from_one_that_is_not_there_in_one_line() {
        let address = Address::read("s3://bucket").unwrap();
        for (status, kind) in [
            ("403 Forbidden", ErrorKind::PermissionDenied),
            ("401 Unauthorized", ErrorKind::PermissionDenied),
            ("404 Not Found", ErrorKind::NotFound),
            ("400 Bad Request", ErrorKind::Other),
        ] {
            let endpoint = answers(move |to, _| {
                let page = "<Error>\n<Code>No</Code>\n</Error>";
                let length = page.len();
                let _ = write!(
                    to,
                    "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{page}"
                );
            });
            let store = open(&address, &environment(&endpoint), PATIENCE).unwrap();
            let error = store.list("thermal/0").unwrap_err();
            assert_eq!((error.kind(), error.to_string().lines().count()), (kind, 1), "{error}");
        }
    }

    #[test]
    fn the_bucket_and_the_prefix_are_those_of_the_url_and_credentials_are_in_no_line() {
        let (told, asked) = std::sync::mpsc::channel();
        let endpoint = answers(move |_, request| drop(told.send(request.to_owned())));
        let mut set = environment(&endpoint);
        set.push(("AWS_BUCKET".into(), "other".into()));
        let address = Address::read("s3://bucket/boston").unwrap();
        let store = open(&address, &set, Duration::from_secs(1)).unwrap();
        store.list("thermal/0").unwrap_err();
        let request = asked.recv().unwrap();
        let line = request.lines().next().unwrap();
        assert!(line.starts_with("GET /bucket?"), "{line}");
        assert!(line.contains("prefix=boston%2Fthermal%2F0%2F "), "{line}");
        assert!(!line.contains("ignature"), "{line}");
        assert!(request.to_lowercase().contains("authorization: aws4-hmac-sha256"), "{request}");
    }

    #[test]
    fn an_answer_that_trickles_is_given_up() {
        let endpoint = answers(|to, _| {
            let _ = write!(to, "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
            while to.write_all(b" ").is_ok() {
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        let address = Address::read("s3://bucket").unwrap();
        let store = open(&address, &environment(&endpoint), Duration::from_millis(200)).unwrap();
        let error = store.read("thermal/0", "a").unwrap_err().to_string();
        assert!(error.contains("takes too long"), "{error}");
    }

    #[test]
    fn one_that_refuses_is_told_and_plain_http_is_spoken_only_where_that_is_allowed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let address = Address::read("s3://bucket").unwrap();
        let store = open(&address, &environment(&endpoint), PATIENCE).unwrap();
        let error = store.list("thermal/0").unwrap_err().to_string();
        assert!(error.to_lowercase().contains("refused"), "{error}");
        let mut strict = environment(&endpoint);
        strict.retain(|(name, _)| name != "AWS_ALLOW_HTTP");
        let store = open(&address, &strict, PATIENCE).unwrap();
        let error = store.list("thermal/0").unwrap_err().to_string();
        assert!(error.contains("speaks no TLS"), "{error}");
        assert!(!error.to_lowercase().contains("refused"), "nobody was asked: {error}");
    }
}
