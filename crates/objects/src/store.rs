//! An object store as a shelf. An object appears whole or not at all, so nothing is written beside its place first.

use crate::address::{Address, Provider};
use crate::line::Line;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path;
use object_store::{BackoffConfig, Error, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};
use std::future::Future;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use stream::{Folder, Shelf};

/// How long a store is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For an answer to one request; what is large has a second more for each MiB.
    pub answer: Duration,
    /// After a silence as long as that, nobody who wants to read asks again so soon.
    pub rest: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { answer: Duration::from_secs(10), rest: Duration::from_secs(30) }
    }
}

/// A bucket, and what stands before every name in it.
pub struct Store {
    store: Arc<dyn ObjectStore>,
    prefix: String,
    called: String,
    patience: Patience,
    /// Since when it is silent, and how that showed.
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
    patience: Patience,
) -> Result<Arc<dyn Shelf>, String> {
    let (provider, bucket, prefix) = match address {
        Address::Folder(folder) => return Ok(Arc::new(Folder::new(folder))),
        Address::Bucket { provider, bucket, prefix } => (*provider, bucket, prefix),
    };
    let line = Line::new(environment, patience.answer)?;
    let retry = RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(1),
            base: 2.0,
        },
        max_retries: 2,
        retry_timeout: patience.answer,
    };
    let ours = environment.iter().filter(|(name, _)| name.starts_with(provider.environment()));
    let ours = ours.map(|(name, value)| (name.to_ascii_lowercase(), value));
    // Names that the store does not know are somebody else's.
    macro_rules! built {
        ($builder:expr) => {
            ours.fold($builder, |builder, (name, value)| match name.parse() {
                Ok(key) => builder.with_config(key, value),
                Err(_) => builder,
            })
            .with_retry(retry)
            .with_http_connector(line)
            .build()
            .map(|store| Arc::new(store) as Arc<dyn ObjectStore>)
        };
    }
    let store = match provider {
        // One object is taken away at a time, which each of those that speak like S3 knows.
        Provider::S3 => {
            built!(AmazonS3Builder::new().with_bucket_name(bucket).with_disable_bulk_delete(true))
        }
        Provider::Google => built!(GoogleCloudStorageBuilder::new().with_bucket_name(bucket)),
        Provider::Azure => built!(MicrosoftAzureBuilder::new().with_container_name(bucket)),
    };
    let store = store.map_err(|error| format!("{error}; set {}", provider.credentials()))?;
    Ok(Arc::new(Store::over(store, prefix, &address.to_string(), patience)))
}

impl Store {
    /// Over a store that is open.
    pub fn over(
        store: Arc<dyn ObjectStore>,
        prefix: &str,
        called: &str,
        patience: Patience,
    ) -> Self {
        let (prefix, called) = (prefix.to_owned(), called.to_owned());
        Self { store, prefix, called, patience, silent: Mutex::default() }
    }

    fn path(&self, rest: &str) -> Path {
        Path::from(format!("{}/{rest}", self.prefix))
    }

    /// Waits for an answer, and remembers a silence.
    fn wait<T>(&self, asked: impl Future<Output = object_store::Result<T>>) -> io::Result<T> {
        let began = Instant::now();
        // One of its own for each: the loop and the writer ask from threads that have nothing to do with each other.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let answer = runtime.block_on(asked);
        let silent = match &answer {
            Err(Error::NotFound { .. }) | Ok(_) => None,
            Err(error) => {
                let long = began.elapsed() >= self.patience.answer;
                long.then(|| (Instant::now(), error.to_string()))
            }
        };
        *self.silent.lock().unwrap_or_else(PoisonError::into_inner) = silent;
        answer.map_err(|error| {
            // Some answer with a page of XML, and this stands in one line of a log.
            let words = error.to_string();
            let words: Vec<&str> = words.split_whitespace().collect();
            io::Error::new(kind(&error), words.join(" "))
        })
    }

    /// Whoever reads is the loop, and all its partitions wait: not for one silence after another.
    fn answers(&self) -> io::Result<()> {
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        match &*silent {
            Some((since, how)) if since.elapsed() < self.patience.rest => {
                let seconds = since.elapsed().as_secs();
                let reason = format!("the store did not answer {seconds} s ago: {how}");
                Err(io::Error::new(ErrorKind::TimedOut, reason))
            }
            _ => Ok(()),
        }
    }
}

fn kind(error: &Error) -> ErrorKind {
    match error {
        Error::NotFound { .. } => ErrorKind::NotFound,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            ErrorKind::PermissionDenied
        }
        // What is not about one object has no name of its own, as that there is no such bucket.
        other => {
            let text = other.to_string();
            let is = |code: u16| text.contains(&format!("status code: {code} "));
            if is(404) {
                ErrorKind::NotFound
            } else if is(401) || is(403) {
                ErrorKind::PermissionDenied
            } else {
                ErrorKind::Other
            }
        }
    }
}

impl Shelf for Store {
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

    fn called(&self, file: &str) -> String {
        format!("{}/{file}", self.called)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use object_store::memory::InMemory;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use stream::snapshots::suite;

    fn in_memory(prefix: &str) -> Arc<dyn Shelf> {
        let store = Arc::new(InMemory::new());
        Arc::new(Store::over(store, prefix, "memory", Patience::default()))
    }

    #[test]
    fn an_object_store_is_a_shelf() {
        for shelf in [in_memory("boston/snapshots"), in_memory("")] {
            for (n, (says, case)) in suite::ALL.iter().enumerate() {
                println!("{says}");
                case(&shelf, &format!("case-{n}"));
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
            open(&address, &set, Patience::default()).map(|shelf| shelf.called("a/0"))
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
        let short = Duration::from_millis(200);
        let rest = |rest| Patience { answer: short, rest };
        let shelf =
            open(&address, &environment(&endpoint), rest(Duration::from_secs(600))).unwrap();
        shelf.list("thermal/0").unwrap_err();
        let before = asked.load(SeqCst);
        assert!((1..=3).contains(&before), "few retries: {before}");
        for partition in 1..16 {
            let error = shelf.list(&format!("thermal/{partition}")).unwrap_err();
            assert!(error.to_string().contains("did not answer"), "{error}");
        }
        assert!(shelf.read("thermal/0", "a").is_err());
        assert_eq!(asked.load(SeqCst), before, "nobody has asked again");
        shelf.write("thermal/0", "a", vec![1]).unwrap_err();
        assert!(asked.load(SeqCst) > before, "whoever writes tries it");
        let shelf = open(&address, &environment(&endpoint), rest(Duration::ZERO)).unwrap();
        shelf.list("thermal/0").unwrap_err();
        let before = asked.load(SeqCst);
        shelf.list("thermal/0").unwrap_err();
        assert!(asked.load(SeqCst) > before, "after a while it is asked again");
    }

    /// Answers every request in this way.
    fn answers(how: impl Fn(&mut TcpStream) + Send + 'static) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for mut connection in listener.incoming().flatten() {
                let _ = connection.read(&mut [0; 4096]);
                how(&mut connection);
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
            let endpoint = answers(move |to| {
                let page = "<Error>\n<Code>No</Code>\n</Error>";
                let length = page.len();
                let _ = write!(
                    to,
                    "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{page}"
                );
            });
            let shelf = open(&address, &environment(&endpoint), Patience::default()).unwrap();
            let error = shelf.list("thermal/0").unwrap_err();
            assert_eq!((error.kind(), error.to_string().lines().count()), (kind, 1), "{error}");
        }
    }

    #[test]
    fn an_answer_that_trickles_is_given_up() {
        let endpoint = answers(|to| {
            let _ = write!(to, "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
            while to.write_all(b" ").is_ok() {
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        let patience = Patience { answer: Duration::from_millis(200), ..Patience::default() };
        let address = Address::read("s3://bucket").unwrap();
        let shelf = open(&address, &environment(&endpoint), patience).unwrap();
        let error = shelf.read("thermal/0", "a").unwrap_err().to_string();
        assert!(error.contains("takes too long"), "{error}");
    }

    #[test]
    fn one_that_refuses_at_once_is_no_silence_and_plain_http_is_spoken_only_where_that_is_allowed()
    {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let address = Address::read("s3://bucket").unwrap();
        let shelf = open(&address, &environment(&endpoint), Patience::default()).unwrap();
        for _ in 0..2 {
            let error = shelf.list("thermal/0").unwrap_err().to_string();
            assert!(error.to_lowercase().contains("refused"), "{error}");
        }
        let mut strict = environment(&endpoint);
        strict.retain(|(name, _)| name != "AWS_ALLOW_HTTP");
        let shelf = open(&address, &strict, Patience::default()).unwrap();
        let error = shelf.list("thermal/0").unwrap_err().to_string();
        assert!(error.contains("https"), "{error}");
        assert!(!error.to_lowercase().contains("refused"), "nobody was asked: {error}");
    }
}
