//! The doors of a running process: events in, incidents out, an act of staff, the live feed, health and metrics; and
//! what is refused.

use crate::kill_embedded::Up;
use crate::load;
use crate::process::Process;
use crate::site::{Backing, program};
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use ureq::Agent;
use wire::native::{self, Extensions};

pub(crate) fn trials(backing: Backing) -> Vec<Trial> {
    if backing != Backing::Embedded {
        return Vec::new();
    }
    vec![
        Trial::test(
            "embedded: events in, incidents out, an act is done when the log says so",
            doors,
        ),
        Trial::test("embedded: an address that others reach needs a token", token),
        Trial::test("embedded: senders of nonsense cost nobody else anything", nonsense),
        Trial::test("embedded: who is slow, idle, or has too many connections loses them", slow),
    ]
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("coldwatch-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn configuration(folder: &std::path::Path, http: &str) -> PathBuf {
    let file = folder.join("coldwatch.toml");
    let text = format!(
        "[log]\nfolder = \"{0}/log\"\npartitions = 4\n[snapshots]\nfolder = \"{0}/snapshots\"\n[http]\n{http}\n",
        folder.display()
    );
    std::fs::write(&file, text).expect("a configuration");
    file
}

fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).build().into()
}

/// Status and body.
fn get(url: &str) -> (u16, String) {
    let mut response = agent().get(url).call().expect("an answer");
    (response.status().as_u16(), response.body_mut().read_to_string().expect("a text"))
}

fn post(url: &str, kind: &str, body: &[u8]) -> (u16, Value) {
    let mut response =
        agent().post(url).header("content-type", kind).send(body).expect("an answer");
    let text = response.body_mut().read_to_string().expect("a text");
    (response.status().as_u16(), serde_json::from_str(&text).unwrap_or_default())
}

fn doors() -> Result<(), Failed> {
    let folder = folder("doors");
    let up =
        Up::start(&configuration(&folder, "listen = \"127.0.0.1:0\"\nevents_per_second = 1000"));
    let at = &up.1;
    let week = load::week(16);
    let line = |event: &facts::Event| native::write(event, &Extensions::default()) + "\n";
    let lines: String = week.iter().map(|(_, event)| line(event)).collect();

    // What cannot be read is refused with its place, and nothing of the request is taken.
    let good = line(&week[0].1);
    let (status, problem) = post(
        &format!("{at}/v1/events"),
        "application/json",
        format!("{good}not json\n").as_bytes(),
    );
    assert_eq!((status, &problem["rejected"]), (422, &json!(1)), "{problem}");
    assert_eq!(problem["rejections"][0]["code"], "not-json");
    assert_eq!(problem["rejections"][0]["record"], 2);
    let large = vec![b' '; (4 << 20) + 1];
    assert_eq!(post(&format!("{at}/v1/events"), "application/json", &large).0, 413);
    assert_eq!(post(&format!("{at}/v1/events"), "application/json", b"\n").0, 400);

    // All of a week at once is within a burst; the next request is too much for a second.
    let (status, taken) =
        post(&format!("{at}/v1/events"), "application/x-ndjson", lines.as_bytes());
    assert_eq!((status, &taken["accepted"]), (202, &json!(week.len())), "{taken}");
    let mut refused = 0;
    for _ in 0..4 {
        refused += usize::from(
            post(&format!("{at}/v1/events"), "application/x-ndjson", lines.as_bytes()).0 == 429,
        );
    }
    assert!(refused > 0, "more than 1,000 events a second are not taken for long");

    let until = Instant::now() + Duration::from_secs(30);
    let incident = loop {
        let all: Value =
            serde_json::from_str(&get(&format!("{at}/v1/incidents?state=active_unacked")).1)?;
        if let Some(first) = all["items"].as_array().and_then(|items| items.first()) {
            break first.clone();
        }
        assert!(Instant::now() < until, "no incident was opened: {all}");
        std::thread::sleep(Duration::from_millis(100));
    };
    let (id, shipment) = (
        incident["id"].as_str().expect("an id"),
        incident["shipment"].as_str().expect("a shipment"),
    );
    assert!(get(&format!("{at}/shipments/{shipment}")).1.contains("<svg"), "its page has a chart");

    // The feed, from the beginning of the log: `coldwatch feed` goes on where a position says.
    let (position, first) =
        one_event(&format!("{at}/v1/stream"), "0.0.0.0", "coldwatch.incident.v1")?;
    let (_, second) = one_event(&format!("{at}/v1/stream"), &position, "coldwatch.incident.v1")?;
    assert_ne!(first["id"], second["id"], "what was heard is not heard again");

    let act = json!({ "by": "DUTY-ANNA", "reason": "I ring the courier" }).to_string();
    let url = format!("{at}/v1/incidents/{id}/acknowledge");
    let (status, done) = post(&url, "application/json", act.as_bytes());
    assert_eq!(status, 200, "{done}");
    assert_eq!(done["acknowledged"]["by"], "DUTY-ANNA", "{done}");
    assert_eq!(
        post(
            &format!("{at}/v1/incidents/NO-SUCH.1/acknowledge"),
            "application/json",
            act.as_bytes()
        )
        .0,
        404
    );

    several(at, id)?;

    // What is open now has the form of the stream, and names where that goes on.
    let output = Command::new(program()).args(["feed", "--once", "--to", at]).output()?;
    let feed = String::from_utf8(output.stdout)?;
    let lines: Vec<Value> = feed.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let taken = |line: &&Value| {
        let card = &line["event"]["data"];
        line["type"] == "coldwatch.incident.v1"
            && line["event"]["type"] == line["type"]
            && line["event"]["id"].is_string()
            && card["shipment"] == shipment
            && card["acknowledged"]["by"] == "DUTY-ANNA"
    };
    assert!(output.status.success() && lines.iter().any(|line| taken(&line)), "{feed}");
    let last = lines.last().ok_or("no line")?;
    assert_eq!((&last["type"], &last["event"]), (&json!("beat"), &json!({})), "{feed}");
    let position = last["position"].as_str().ok_or("no position")?.to_owned();
    assert!(lines.iter().all(|line| line["position"] == *position));

    close(at, &position)?;

    // A name that nobody would hear is refused at every address, and never reaches the log.
    for path in ["/readyz?excude=log", "/readyz?exclude=logs", "/metrics?x=1", "/board?serach=x"] {
        let (status, says) = get(&format!("{at}{path}"));
        assert!(status == 400 && says.contains('`'), "{path}: {status} {says}");
    }
    let (status, problem) = post(
        &format!("{at}/v1/events?at=2026-03-01T08:00:00Z"),
        "application/x-ndjson",
        good.as_bytes(),
    );
    assert_eq!(status, 400, "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|says| says.contains("`at` means nothing")));
    // A probe of life asks only whether there is any.
    assert_eq!(get(&format!("{at}/livez?x=1")).0, 200);
    let until = Instant::now() + Duration::from_secs(30);
    while get(&format!("{at}/readyz")).0 != 200 {
        assert!(Instant::now() < until, "{}", get(&format!("{at}/readyz")).1);
        std::thread::sleep(Duration::from_millis(100));
    }
    let read = |metrics: &str| -> u64 {
        let read = metrics.lines().filter(|line| {
            line.starts_with("coldwatch_events{") && line.contains("outcome=\"read\"")
        });
        read.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    };
    // What was measured: of every stage how long records waited, and of each route how long its answers took.
    let count = |metrics: &str, of: &str| -> u64 {
        let line = metrics.lines().find_map(|line| line.strip_prefix(of));
        line.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
    };
    let measured = |metrics: &str| {
        let stages = ["intake", "dispatch", "thermal", "alerts"];
        let waited = |service: &str| {
            count(metrics, &format!("coldwatch_waited_seconds_count{{service=\"{service}\"}}")) > 0
        };
        let answered = |route: &str, method: &str, status: u16| {
            let labels = format!("route=\"{route}\",method=\"{method}\",status=\"{status}\"");
            count(metrics, &format!("coldwatch_http_seconds_count{{{labels}}}"))
        };
        stages.into_iter().all(waited)
            && answered("/v1/events", "POST", 202) >= 1
            && answered("/v1/events", "POST", 429) >= 1
            && answered("/livez", "GET", 200) >= 1
            && answered("/v1/incidents/{id}/acknowledge", "POST", 404) == 1
            && count(metrics, "process_resident_memory_bytes") > 1 << 20
    };
    // Intake may still be at work on what the log has.
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let metrics = get(&format!("{at}/metrics")).1;
        let incidents = metrics.contains("coldwatch_incidents{");
        if read(&metrics) >= week.len() as u64 && incidents && measured(&metrics) {
            break;
        }
        assert!(Instant::now() < until, "{} were read: {metrics}", read(&metrics));
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(up);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

/// One note over all that are open, with one that does not exist: each has its own result, and stands on its card.
fn several(at: &str, id: &str) -> Result<(), Failed> {
    let all: Value = serde_json::from_str(&get(&format!("{at}/v1/incidents")).1)?;
    let open = all["items"].as_array().ok_or("no items")?.iter().filter_map(|i| i["id"].as_str());
    let named: Vec<&str> = open.take(20).chain(["NO-SUCH.1"]).collect();
    assert!(named.contains(&id), "{id} is among the first of {named:?}");
    let act = json!({ "act": "note", "by": "BEN", "text": "change of shift", "incidents": named });
    let url = format!("{at}/v1/incidents/acts");
    let (status, came) = post(&url, "application/json", act.to_string().as_bytes());
    assert_eq!(
        (status, &came["done"], &came["refused"]),
        (200, &json!(named.len() - 1), &json!(1))
    );
    let results = came["results"].as_array().ok_or("no results")?;
    let statuses: Vec<_> = results.iter().map(|one| one["status"].as_u64()).collect();
    let (last, others) = statuses.split_last().ok_or("no result")?;
    assert!(*last == Some(404) && others.iter().all(|status| *status == Some(200)), "{came}");
    let noted = get(&format!("{at}/v1/incidents?search={}", id.split('.').next().unwrap_or(id))).1;
    assert!(noted.contains("change of shift"), "{noted}");
    Ok(())
}

/// Closing is a fact in the log, too: of all incidents, some still go on and cannot be closed, others can, once.
fn close(at: &str, position: &str) -> Result<(), Failed> {
    let act = json!({ "by": "DUTY-ANNA", "reason": "settled", "second": "BEN" }).to_string();
    let close = |id: &str| {
        post(&format!("{at}/v1/incidents/{id}/close"), "application/json", act.as_bytes())
    };
    let (mut closed, mut goes_on) = (None, false);
    let until = Instant::now() + Duration::from_secs(30);
    while closed.is_none() || !goes_on {
        assert!(Instant::now() < until, "closed: {closed:?}; one goes on: {goes_on}");
        let all: Value = serde_json::from_str(&get(&format!("{at}/v1/incidents")).1)?;
        for incident in all["items"].as_array().into_iter().flatten() {
            let id = incident["id"].as_str().ok_or("no id")?;
            let (status, answer) = close(id);
            let detail = answer["detail"].as_str().unwrap_or_default();
            match status {
                200 => closed = Some((id.to_owned(), answer)),
                409 if detail.contains("is still going on") => goes_on = true,
                _ => return Err(format!("{id}: {status} {answer}").into()),
            }
        }
    }
    let (id, answer) = closed.ok_or("none was closed")?;
    assert_eq!((&answer["state"], &answer["second"]), (&json!("closed"), &json!("BEN")));
    let (status, again) = close(&id);
    let detail = again["detail"].as_str().unwrap_or_default();
    assert!(status == 409 && detail.contains("was closed by DUTY-ANNA"), "{again}");
    // The feed goes on where `--once` said.
    one_event(&format!("{at}/v1/stream"), position, "coldwatch.incident.v1").map(|_| ())
}

/// The first event of this kind behind a position, and the position behind it.
fn one_event(url: &str, from: &str, kind: &str) -> Result<(String, Value), Failed> {
    let response = agent().get(url).header("last-event-id", from).call()?;
    assert_eq!(response.status().as_u16(), 200);
    let (mut id, mut of) = (String::new(), String::new());
    for line in BufReader::new(response.into_body().into_reader()).lines() {
        let line = line?;
        match line.split_once(": ").or_else(|| line.split_once(':')) {
            Some(("id", value)) => value.clone_into(&mut id),
            Some(("event", value)) => value.clone_into(&mut of),
            Some(("data", value)) if of == kind => return Ok((id, serde_json::from_str(value)?)),
            _ => {}
        }
    }
    Err(format!("the stream ended without an event of {kind}").into())
}

/// What a process has had in memory at the most, in MiB.
fn peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes >> 10)
}

/// Intake alone, and who connects to it.
struct Intake(Process);

impl Intake {
    fn start(configuration: &Path) -> Result<Self, Failed> {
        Process::run(&["intake"], configuration).map(Self)
    }

    /// A connection from an address of this machine: `127.0.1.N`.
    fn from(&self, n: u8) -> std::io::Result<TcpStream> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let stream = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4()?;
            socket.bind(([127, 0, 1, n], 0).into())?;
            socket.connect(self.0.door).await?.into_std()
        })?;
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(Duration::from_secs(100)))?;
        Ok(stream)
    }

    /// Sends a body; says the status of the answer, or why there is none.
    fn sends(&self, n: u8, body: &[u8]) -> String {
        let ask = || {
            let mut stream = self.from(n)?;
            let length = body.len();
            let head = format!(
                "POST /v1/events HTTP/1.1\r\nhost: {}\r\ncontent-length: {length}\r\n\r\n",
                self.0.door
            );
            stream.write_all(head.as_bytes())?;
            // Who is refused before all is sent is answered all the same.
            let _ = stream.write_all(body);
            let mut status = [0; 12];
            stream.read_exact(&mut status)?;
            Ok::<_, std::io::Error>(String::from_utf8_lossy(&status[9..]).into_owned())
        };
        ask().unwrap_or_else(|error| error.kind().to_string())
    }
}

/// Many send four megabytes of what is no event, each from an address of its own, again and again. Who asks after the process,
/// and who sends an event, is answered; and it stays small. A minute of fifty senders in the long form.
fn nonsense() -> Result<(), Failed> {
    let folder = folder("nonsense");
    let http = "listen = \"127.0.0.1:0\"\nevents_per_second = 2000";
    let intake = Intake::start(&configuration(&folder, http))?;
    let long = crate::is_long();
    let (senders, lasts) = if long { (50, 60) } else { (12, 5) };
    let bodies = [b"{}\n".repeat(1_390_000), b"1\n".repeat(2_000_000), b"{}\n".repeat(19_000)];
    let event = &load::week(1)[0].1;
    let good = native::write(event, &Extensions::default());
    let until = Instant::now() + Duration::from_secs(lasts);
    let (mut took, mut answers, mut taken) = (Vec::new(), BTreeMap::<String, usize>::new(), 0);
    std::thread::scope(|scope| {
        let (intake, bodies) = (&intake, &bodies);
        let floods = (0..senders).map(|n| {
            scope.spawn(move || {
                let body = &bodies[usize::from(n) % bodies.len()];
                let mut said = Vec::new();
                while Instant::now() < until {
                    said.push(intake.sends(n + 1, body));
                }
                said
            })
        });
        let floods: Vec<_> = floods.collect();
        while Instant::now() < until {
            let asked = Instant::now();
            assert_eq!(get(&format!("http://{}/livez", intake.0.door)).0, 200);
            took.push(asked.elapsed());
            taken += usize::from(intake.sends(200, good.as_bytes()) == "202");
            std::thread::sleep(Duration::from_millis(20));
        }
        for said in floods.into_iter().flat_map(|flood| flood.join().expect("a sender")) {
            *answers.entry(said).or_default() += 1;
        }
    });
    took.sort();
    let p99 = took[took.len() * 99 / 100];
    let peak = peak(intake.0.id());
    eprintln!(
        "{answers:?}; {taken} events taken; /livez p99 {p99:?} of {}; peak {peak:?} MiB",
        took.len()
    );
    assert!(taken > 0, "an event of somebody else is taken: {answers:?}");
    assert!(answers["413"] > 0 && answers["422"] > 0 && answers["429"] > 0, "{answers:?}");
    assert!(!answers.contains_key("202"), "{answers:?}");
    assert!(peak.is_none_or(|peak| peak < 96), "{peak:?} MiB");
    drop(intake);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

fn slow() -> Result<(), Failed> {
    let folder = folder("slow");
    let file = configuration(&folder, "listen = \"127.0.0.1:0\"\nconnections = 32");
    let intake = Intake::start(&file)?;
    let ended = |stream: &mut TcpStream| {
        let read = stream.read(&mut [0; 1_024]);
        matches!(&read, Ok(0)) || read.is_err_and(|e| e.kind() == ErrorKind::ConnectionReset)
    };
    // One address has half of the places.
    let mut many: Vec<TcpStream> =
        (0..20).map(|_| intake.from(5)).collect::<Result<_, std::io::Error>>()?;
    assert!(many[16..].iter_mut().all(ended), "those that are too many are soon closed");
    assert_eq!(get(&format!("http://{}/livez", intake.0.door)).0, 200, "others have theirs");
    // Half of a head; and one that asked, was answered, and asks nothing more.
    many[0].write_all(b"GET /livez HT")?;
    many[1]
        .write_all(format!("GET /livez HTTP/1.1\r\nhost: {}\r\n\r\n", intake.0.door).as_bytes())?;
    assert!(many[1].read(&mut [0; 1_024])? > 0);
    assert!(many[..2].iter_mut().all(ended), "who is slow, or idle, loses the connection");
    drop(many);
    drop(intake);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

fn token() -> Result<(), Failed> {
    let folder = folder("token");
    let open = configuration(&folder, "listen = \"0.0.0.0:0\"");
    let output = Command::new(program()).args(["up", "--config"]).arg(&open).output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(said.contains("http.token_file"), "{said}");

    let secret = folder.join("token");
    std::fs::write(&secret, "0123456789abcdef\n")?;
    let http = format!("listen = \"0.0.0.0:0\"\ntoken_file = \"{}\"", secret.display());
    let up = Up::start(&configuration(&folder, &http));
    let at = up.1.replace("0.0.0.0", "127.0.0.1");
    assert_eq!(get(&format!("{at}/v1/incidents")).0, 401);
    assert_eq!(get(&format!("{at}/livez")).0, 200, "whoever starts processes asks without");
    let with = |token: &str| {
        let asked = agent()
            .get(format!("{at}/v1/incidents"))
            .header("authorization", format!("Bearer {token}"));
        asked.call().map(|response| response.status().as_u16())
    };
    assert_eq!((with("wrong")?, with("0123456789abcdef")?), (401, 200));
    let feed = |arguments: &[&str]| {
        Command::new(program()).args(["feed", "--once", "--to", &at]).args(arguments).output()
    };
    assert_eq!(feed(&[])?.status.code(), Some(78), "without the token");
    let secret = secret.display().to_string();
    assert_eq!(feed(&["--token-file", &secret])?.status.code(), Some(0));
    drop(up);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
