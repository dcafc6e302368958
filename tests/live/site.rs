//! A place where all services run: topics of its own, and the services in this process or in seven.

use coldwatch::config::{Config, LogKind};
use coldwatch::services::names::TopicNames;
use coldwatch::services::{self, Service};
use coldwatch::supervisor::Supervisor;
use coldwatch::topics::TopicPlan;
use facts::{Moment, Rulebook};
use kafka::{KafkaLog, Settings};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use stream::log::wall_clock;
use stream::{EmbeddedLog, Log, MemoryLog, StreamError};

/// How long a group waits for a member, and how often a service keeps its state.
pub(crate) const SESSION: Duration = Duration::from_secs(6);
pub(crate) const SNAPSHOT_EVERY: Duration = Duration::from_secs(2);

/// Where the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backing {
    Memory,
    Embedded,
    Kafka,
}

impl Backing {
    pub(crate) const ALL: [Self; 3] = [Self::Memory, Self::Embedded, Self::Kafka];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Embedded => "embedded",
            Self::Kafka => "kafka",
        }
    }
    pub(crate) fn is_here(self) -> bool {
        self != Self::Kafka || brokers().is_some()
    }
}

pub(crate) fn brokers() -> Option<String> {
    std::env::var("COLDWATCH_KAFKA").ok().filter(|brokers| !brokers.is_empty())
}

/// One client for the whole process: it may have one producer.
fn broker() -> KafkaLog {
    static BROKER: OnceLock<KafkaLog> = OnceLock::new();
    let connect = || {
        let id = format!("tests-{}", std::process::id());
        KafkaLog::connect(Settings::new(brokers().expect("COLDWATCH_KAFKA"), id)).expect("a broker")
    };
    BROKER.get_or_init(connect).clone()
}

/// The program: the one that was built for release where there is one, since it starts sooner.
pub(crate) fn program() -> PathBuf {
    let release = std::env::var_os("COLDWATCH_RELEASE").map(PathBuf::from);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    release
        .map(|release| root.join(release))
        .filter(|release| release.is_file())
        .unwrap_or_else(|| env!("CARGO_BIN_EXE_coldwatch").into())
}

/// Where all services may work: a configuration, and a folder for all that it names.
#[derive(Clone)]
pub(crate) struct Place {
    backing: Backing,
    pub(crate) names: TopicNames,
    pub(crate) folder: PathBuf,
}

impl Place {
    /// A new one: under names that nobody else has, and nothing is there yet.
    pub(crate) fn new(brokers: &str, backing: Backing, partitions: u16) -> Self {
        static PLACES: AtomicU64 = AtomicU64::new(0);
        let word = format!(
            "{}-{}-{}",
            std::process::id(),
            PLACES.fetch_add(1, Ordering::Relaxed),
            wall_clock()() % 100_000
        );
        let folder = std::env::temp_dir().join(format!("coldwatch-site-{word}"));
        std::fs::create_dir_all(&folder).expect("a folder");
        let place =
            Self { backing, names: TopicNames::with(&format!("{word}."), partitions), folder };
        place.write_configuration(brokers);
        place
    }

    pub(crate) fn configuration(&self) -> PathBuf {
        self.folder.join("coldwatch.toml")
    }

    pub(crate) fn write_configuration(&self, brokers: &str) {
        let log = match self.backing {
            Backing::Kafka => format!(
                "kind = \"kafka\"\nbrokers = \"{brokers}\"\nsession_timeout = \"{} s\"",
                SESSION.as_secs()
            ),
            _ => format!("folder = \"{}\"", self.folder.join("log").display()),
        };
        let text = format!(
            "[log]\n{log}\nprefix = \"{}\"\npartitions = {}\n[snapshots]\nfolder = \"{}\"\ninterval = \"{} s\"\n\
             [http]\nlisten = \"127.0.0.1:0\"\n[clock]\ntick = false\n",
            self.names.prefix,
            self.names.partitions,
            self.folder.join("snapshots").display(),
            SNAPSHOT_EVERY.as_secs(),
        );
        std::fs::write(self.configuration(), text).expect("a configuration");
    }

    fn open_log(&self) -> Arc<dyn Log> {
        match self.backing {
            Backing::Memory => Arc::new(MemoryLog::default()),
            Backing::Embedded => {
                Arc::new(EmbeddedLog::here(&self.folder.join("log")).expect("a log"))
            }
            Backing::Kafka => Arc::new(broker()),
        }
    }
}

/// All services at work.
pub(crate) struct Site {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) names: TopicNames,
    pub(crate) folder: PathBuf,
    pub(crate) place: Place,
    live: Option<Supervisor>,
    pub(crate) processes: Vec<(Service, Child)>,
}

impl Site {
    /// Opens one whose log begins at that moment, under these rules.
    pub(crate) fn open(backing: Backing, partitions: u16, book: &Rulebook, begin: Moment) -> Self {
        let through = brokers().unwrap_or_default();
        Self::open_through(&through, backing, partitions, book, begin)
    }

    /// The same, whose processes reach the brokers by another address.
    pub(crate) fn open_through(
        brokers: &str,
        backing: Backing,
        partitions: u16,
        book: &Rulebook,
        begin: Moment,
    ) -> Self {
        let place = Place::new(brokers, backing, partitions);
        let log = place.open_log();
        let inbound = Config::default().log.inbound;
        let plan = TopicPlan { names: &place.names, generation: 1, inbound: &inbound };
        plan.create_at(&*log, book, begin.millis()).expect("topics can be made");
        Self::start(place, log)
    }

    /// Opens one on a log that is there.
    pub(crate) fn on(place: Place) -> Self {
        let log = place.open_log();
        Self::start(place, log)
    }

    fn start(place: Place, log: Arc<dyn Log>) -> Self {
        let (names, folder) = (place.names.clone(), place.folder.clone());
        let mut site = Self { log, names, folder, place, live: None, processes: Vec::new() };
        match site.place.backing {
            Backing::Memory | Backing::Embedded => site.start_here(),
            Backing::Kafka => {
                services::all().iter().for_each(|&service| site.start_process(service, "only"));
            }
        }
        site
    }

    fn start_here(&mut self) {
        let mut config = Config::default();
        debug_assert_eq!(config.log.kind, LogKind::Embedded);
        config.log.partitions = self.names.partitions;
        config.log.prefix = self.names.prefix.clone();
        config.snapshots.folder = self.folder.join("snapshots");
        config.clock.tick = false;
        let mut live = Supervisor::new(self.log.clone(), config, wall_clock(), None);
        live.check().expect("the log is as it must be");
        for &service in services::all() {
            live.start(service).expect("a service starts");
        }
        self.live = Some(live);
    }

    pub(crate) fn configuration(&self) -> PathBuf {
        self.place.configuration()
    }

    /// Starts one more process of a service; by its instance name it gets its partitions back.
    pub(crate) fn start_process(&mut self, service: Service, instance: &str) {
        let said = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.join(format!("{}.log", service.name())))
            .expect("a file");
        let child = Command::new(program())
            .args(["run", service.name(), "--config"])
            .arg(self.configuration())
            .args(["--instance", instance])
            .env("RUST_LOG", "info")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(said)
            .spawn()
            .expect("a process starts");
        self.processes.push((service, child));
    }

    /// What the log answers. One that does not answer at the moment, as while a broker begins, is asked again.
    pub(crate) fn asks<T>(&self, ask: impl Fn(&dyn Log) -> Result<T, StreamError>) -> T {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            match ask(&*self.log) {
                Ok(answer) => return answer,
                Err(error) => assert!(Instant::now() < until, "{error}"),
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// How many partitions the processes of a service have begun, by what they said.
    pub(crate) fn begun(&self, service: Service) -> usize {
        let file = self.folder.join(format!("{}.log", service.name()));
        std::fs::read_to_string(file).unwrap_or_default().matches("a partition begins").count()
    }

    /// Whether a service is at work at all.
    pub(crate) fn runs(&self, service: Service) -> bool {
        self.live.is_some() || self.processes.iter().any(|(one, _)| *one == service)
    }

    /// What a process has said, for a failure's message.
    pub(crate) fn said(&self) -> String {
        let mut all = String::new();
        for watched in self.live.iter().flat_map(Supervisor::watched) {
            let seen = watched.watch.status();
            let places: Vec<_> =
                seen.partitions.iter().map(|(p, s)| (p, s.committed, s.position, s.end)).collect();
            all += &format!(
                "\n{}: {:?} {:?} {places:?}",
                watched.service.name(),
                seen.reason,
                seen.ended
            );
        }
        for (service, _) in &self.processes {
            let file = self.folder.join(format!("{}.log", service.name()));
            let text = std::fs::read_to_string(file).unwrap_or_default();
            let last: Vec<&str> = text.lines().rev().take(5).collect();
            all += &format!("\n{}: {last:#?}", service.name());
        }
        all
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(live) = self.live.take() {
            let ended = live.finish();
            if !std::thread::panicking() {
                assert!(ended.is_ok(), "the services end in order: {ended:?}");
            }
        }
        for (_, process) in &mut self.processes {
            // One that has ended already is what the test is about.
            let _ = process.kill();
            let _ = process.wait();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
