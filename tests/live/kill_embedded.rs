//! `coldwatch up` is killed again and again while events come in over its door, and started again on its folder; with
//! `COLDWATCH_ROUNDS` it is frozen, too, and its disk is full for a while. What was acknowledged is there, once; and the journal, played again, gives the findings that were recorded.

use crate::load;
use crate::misfortunes::{Happened, SmallDisk, freeze_for};
use crate::rounds::{self, TENTH};
use crate::site::{Backing, program};
use coldwatch::services::names::TopicNames;
use facts::{Moment, Origin, ShortText};
use libtest_mimic::{Failed, Trial};
use pipeline::Pipeline;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use stream::EmbeddedLog;
use stream::log::wall_clock;
use wire::native::{self, Extensions};

pub(crate) fn trials(backing: Backing) -> Vec<Trial> {
    if backing != Backing::Embedded {
        return Vec::new();
    }
    let rounds = rounds::asked();
    let many = "embedded: rounds of kills, freezes and full disks";
    vec![
        Trial::test(
            "embedded: the process is killed under load, ten times, and nothing is lost or doubled",
            || power_cuts("cuts", CUTS),
        ),
        Trial::test(many, move || power_cuts("rounds", rounds)).with_ignored_flag(rounds == 0),
    ]
}

const CUTS: usize = 10;
/// What a small disk holds; the log of a week and its states fit on it.
const SMALL: &str = "size=256m";

/// Everything in one process, and where its door is.
pub(crate) struct Up(Child, pub(crate) String);

impl Up {
    pub(crate) fn start(configuration: &Path) -> Self {
        let mut child = Command::new(program())
            .args(["up", "--config"])
            .arg(configuration)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a process starts");
        let said = BufReader::new(child.stderr.take().expect("its talk"));
        let mut lines = said.lines().map_while(Result::ok);
        let door = lines.find_map(|line| Some(line.split("http://").nth(1)?.trim().to_owned()));
        // Whatever it says further on is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self(child, format!("http://{}", door.expect("it says where its door is")))
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn ingest(file: &Path, to: &str) -> Child {
    Command::new(program())
        .arg("ingest")
        .arg(file)
        .args(["--to", to])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a process starts")
}

fn power_cuts(name: &str, cuts: usize) -> Result<(), Failed> {
    let folder = std::env::temp_dir().join(format!("coldwatch-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let disk = SmallDisk::over(&folder, SMALL);
    let configuration = folder.join("coldwatch.toml");
    let text = format!(
        "[log]\nfolder = \"{0}/log\"\npartitions = 4\n[snapshots]\nfolder = \"{0}/snapshots\"\ninterval = \"1 s\"\n\
         [http]\nlisten = \"127.0.0.1:0\"\n",
        folder.display()
    );
    std::fs::write(&configuration, text)?;
    let week = load::week(16);
    let mut up = Up::start(&configuration);
    let seed = fastrand::u64(..);
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut happened = Happened::new();
    for (n, part) in week.chunks((week.len() / (cuts * 2)).max(1)).enumerate() {
        let file: PathBuf = folder.join(format!("{n}.ndjson"));
        let line = |(_, event): &(Moment, facts::Event)| {
            native::write(event, &Extensions::default()) + "\n"
        };
        std::fs::write(&file, part.iter().map(line).collect::<String>())?;
        if n % 2 == 1 {
            let mut sending = ingest(&file, &up.1);
            std::thread::sleep(Duration::from_millis(rng.u64(0..120)));
            let round = n / 2;
            if round % TENTH == 3 {
                freeze_for(up.0.id(), Duration::from_millis(rng.u64(500..3_000)));
                *happened.entry("freezes").or_default() += 1;
            }
            if round % TENTH == 6 && disk.is_some() {
                let full = fill(&folder).expect("a ballast can be begun");
                // What is sent now may be refused; it must not be lost if it was taken.
                let _ = ingest(&file, &up.1).wait().expect("it ends");
                std::fs::remove_file(full).expect("it was there");
                *happened.entry("disks full").or_default() += 1;
            }
            drop(up);
            let _ = sending.kill();
            let _ = sending.wait();
            up = Up::start(&configuration);
            *happened.entry("kills").or_default() += 1;
        }
        // What was sent and not acknowledged is sent again, as any gateway does.
        if !ingest(&file, &up.1).wait()?.success() {
            return Err(format!("seed {seed}: part {n} is not taken").into());
        }
    }
    let counted = counts_at_rest(&configuration)?;
    worked_off(&up.1)?;
    assert!(Command::new("kill").args(["-TERM", &up.0.id().to_string()]).status()?.success());
    assert!(up.0.wait()?.success(), "it ends in order");
    drop(up);

    // Each event counts once, however often it was sent.
    let mut pipeline = Pipeline::new(&load::book()).expect("the rules can be used");
    let now = Moment::from_millis(wall_clock()());
    for (n, (_, event)) in (1..).zip(&week) {
        let (service, topic) = (ShortText::new("intake/1"), ShortText::new("once"));
        let origin = Origin { service, topic, partition: 0, offset: n, index: 0 };
        pipeline.feed(now, event.clone(), origin).expect("nothing stops");
    }
    let tally = pipeline.tally();
    let (once, there) =
        (tally.processed + tally.pending + tally.expired, counted[0] + counted[1] + counted[2]);
    if once != there {
        return Err(format!(
            "seed {seed}: {once} events were sent, and {there} are told of: {counted:?}"
        )
        .into());
    }
    let (log, names) = (EmbeddedLog::look(&folder.join("log"))?, TopicNames::with("", 4));
    let (recorded, replayed) =
        (load::recorded(&log, &names), load::replay_of_journal(&log, &names));
    if recorded.is_empty() || recorded != replayed {
        return Err(format!(
            "seed {seed}: {} findings recorded, {} replayed",
            recorded.len(),
            replayed.len()
        )
        .into());
    }
    eprintln!("{happened:?}: {once} events once each, {} came again", counted[3]);
    drop(disk);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

/// Takes all the room that a disk has left.
fn fill(folder: &Path) -> std::io::Result<PathBuf> {
    let ballast = folder.join("ballast");
    let mut file = std::fs::File::create(&ballast)?;
    let block = vec![0; 64 << 10];
    while file.write_all(&block).is_ok() {}
    Ok(ballast)
}

/// Waits until every stage has worked off what is in the log: dispatch may be done, and engines behind it.
fn worked_off(at: &str) -> Result<(), Failed> {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let metrics = ureq::get(format!("{at}/metrics")).call()?.body_mut().read_to_string()?;
        let lags = metrics.lines().filter(|line| line.starts_with("coldwatch_lag{"));
        let waits: Vec<&str> = lags.filter(|line| !line.ends_with(" 0")).collect();
        if waits.is_empty() {
            return Ok(());
        }
        assert!(Instant::now() < until, "{waits:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Processed, pending, expired and duplicate, once everything is worked off.
fn counts_at_rest(configuration: &Path) -> Result<[u64; 4], Failed> {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let output =
            Command::new(program()).arg("doctor").arg("--config").arg(configuration).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if let Some(line) = text.lines().find_map(|line| line.strip_prefix("ok     routed ")) {
            let numbers: Vec<u64> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
            if let [_, counts @ ..] = &numbers[..]
                && let Ok(counts) = <[u64; 4]>::try_from(counts)
            {
                return Ok(counts);
            }
        }
        if Instant::now() > until {
            return Err(text.into());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}
