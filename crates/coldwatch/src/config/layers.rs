//! Layers of a configuration, the upper over the lower: environment over file over what is built in.

use super::Config;
use serde::Deserialize;
use std::ffi::OsString;
use std::path::Path;
use toml::{Table, Value};

/// Every name in the environment begins with this.
const ENVIRONMENT: &str = "COLDWATCH_";

/// Keys that the environment may set: `log.brokers` is `COLDWATCH_LOG_BROKERS`.
const KEYS: [(&str, &str, Shape); 23] = [
    ("log", "kind", Shape::Text),
    ("log", "folder", Shape::Text),
    ("log", "brokers", Shape::Text),
    ("log", "prefix", Shape::Text),
    ("log", "partitions", Shape::Number),
    ("log", "replication", Shape::Number),
    ("log", "generation", Shape::Number),
    ("log", "inbound", Shape::List),
    ("log", "session_timeout", Shape::Text),
    ("snapshots", "folder", Shape::Text),
    ("snapshots", "url", Shape::Text),
    ("snapshots", "interval", Shape::Text),
    ("http", "listen", Shape::Text),
    ("http", "token_file", Shape::Text),
    ("http", "events_per_second", Shape::Number),
    ("http", "max_feed_clients", Shape::Number),
    ("http", "max_feed_clients_each", Shape::Number),
    ("http", "connections", Shape::Number),
    ("clock", "tick", Shape::Truth),
    ("watchdog", "unready_after", Shape::Text),
    ("watchdog", "exit_after", Shape::Text),
    ("logging", "level", Shape::Text),
    ("logging", "format", Shape::Text),
];

/// What stands in a line that may hold a secret.
const SECRET: [&str; 4] = ["password", "secret", "token", ".pem"];

#[derive(Clone, Copy)]
enum Shape {
    Text,
    Number,
    Truth,
    /// Separated by commas.
    List,
}

pub(super) fn read(
    file: Option<&Path>,
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Config, String> {
    let mut all = match file {
        None => Table::new(),
        Some(file) => {
            let text =
                std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
            // Read as it stands first: a fault then shows its line.
            toml::from_str::<Config>(&text)
                .map_err(|e| format!("{}: {}", file.display(), told(&text, &e)))?;
            toml::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))?
        }
    };
    let mut from_environment = Vec::new();
    for (name, text) in environment {
        // What is not text names nothing of ours.
        let Some(name) = name.to_str().filter(|name| name.starts_with(ENVIRONMENT)) else {
            continue;
        };
        let Some(known) = KEYS.iter().find(|key| name == in_environment(key)) else {
            misspelt(name)?;
            continue;
        };
        let (table, key, shape) = known;
        let text = text.to_str().ok_or_else(|| format!("{name}: its value is not UTF-8 text"))?;
        let value = value(*shape, text).map_err(|e| format!("{name}: {e}"))?;
        from_environment.push((*table, *key));
        let table = all.entry(*table).or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(table) = table {
            table.insert((*key).to_owned(), value);
        }
    }
    let set = all.clone();
    follow(&mut all);
    let config = Config::deserialize(all).map_err(|e| format!("the configuration: {e}"))?;
    super::idle::check(&set, &config, |table, key| {
        match from_environment.contains(&(table, key)) {
            true => format!("{ENVIRONMENT}{table}_{key}").to_uppercase(),
            false => format!("{table}.{key}"),
        }
    })?;
    Ok(config)
}

/// What a key is called in the environment.
fn in_environment((table, key, _): &(&str, &str, Shape)) -> String {
    format!("{ENVIRONMENT}{table}_{key}").to_uppercase()
}

/// A name that is in one of our tables, or almost a key's, and is no key's, would be a setting that nobody hears.
/// Names of other parts, such as `COLDWATCH_INSTANCE` or what an orchestrator sets, are not ours to judge.
fn misspelt(name: &str) -> Result<(), String> {
    let distance = |key: &String| strsim::damerau_levenshtein(name, key);
    let known = KEYS.iter().map(in_environment);
    let Some(nearest) = known.min_by_key(distance) else { return Ok(()) };
    let ours = KEYS.iter().any(|(table, ..)| {
        name.strip_prefix(&format!("{ENVIRONMENT}{table}_").to_uppercase()).is_some()
    });
    match ours || distance(&nearest) <= 2 {
        true => Err(format!("{name} names no setting; the nearest that does is {nearest}")),
        false => Ok(()),
    }
}

/// Snapshots belong to one log: where only that one's folder is set, theirs follows it.
fn follow(all: &mut Table) {
    let of = |table: &str| all.get(table)?.as_table()?.get("folder")?.as_str().map(Path::new);
    let (None, Some(log)) = (of("snapshots"), of("log")) else { return };
    let folder = match (log.file_name(), log.parent()) {
        (Some(name), Some(parent)) if name == "log" => parent.join("snapshots"),
        _ => log.join("snapshots"),
    };
    let folder = Value::String(folder.to_string_lossy().into_owned());
    let table = all.entry("snapshots").or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(table) = table {
        table.insert("folder".into(), folder);
    }
}

fn value(shape: Shape, text: &str) -> Result<Value, String> {
    Ok(match shape {
        Shape::Text => Value::String(text.to_owned()),
        Shape::Number => {
            Value::Integer(text.parse().map_err(|_| format!("`{text}` is no whole number"))?)
        }
        Shape::Truth => {
            Value::Boolean(text.parse().map_err(|_| format!("`{text}` is neither true nor false"))?)
        }
        Shape::List => {
            Value::Array(text.split(',').map(|one| Value::String(one.trim().to_owned())).collect())
        }
    })
}

/// A fault with its line, unless a secret stands there: what is told goes to logs.
fn told(text: &str, fault: &toml::de::Error) -> String {
    let (from, until) = fault.span().map_or((0, 0), |span| (span.start, span.end));
    let begin = text.get(..from).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let end =
        text.get(until..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| until + at);
    let lines = text.get(begin..end).unwrap_or(text).to_lowercase();
    if SECRET.iter().any(|word| lines.contains(word)) {
        let number = text.get(..begin).map_or(1, |before| before.matches('\n').count() + 1);
        return format!(
            "line {number} cannot be read; it looks like a secret, so it is not shown here"
        );
    }
    format!("{fault}{}", near(&fault.to_string()))
}

/// The key that was perhaps meant.
fn near(error: &str) -> String {
    let Some(unknown) =
        error.split("unknown field `").nth(1).and_then(|rest| rest.split('`').next())
    else {
        return String::new();
    };
    let close = KEYS
        .iter()
        .map(|(_, key, _)| (strsim::damerau_levenshtein(unknown, key), key))
        .min()
        .filter(|(distance, _)| *distance <= 3);
    close.map(|(_, key)| format!("did you mean `{key}`?\n")).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods)]
mod tests {
    use super::*;
    use crate::config::LogKind;

    fn file(name: &str, text: &str) -> std::path::PathBuf {
        let file =
            std::env::temp_dir().join(format!("coldwatch-{name}-{}.toml", std::process::id()));
        std::fs::write(&file, text).unwrap();
        file
    }

    fn set(name: &str, value: &str) -> (OsString, OsString) {
        (name.into(), value.into())
    }

    #[test]
    fn a_misspelt_name_in_the_environment_is_told_with_the_nearest() {
        for (name, nearest) in [
            ("COLDWATCH_LOG_BROKER", "COLDWATCH_LOG_BROKERS"),
            ("COLDWATCH_LGO_BROKERS", "COLDWATCH_LOG_BROKERS"),
            ("COLDWATCH_HTTP_LISTEN_ON", "COLDWATCH_HTTP_LISTEN"),
        ] {
            let error = read(None, [set(name, "a:1")].into_iter()).unwrap_err();
            assert_eq!(
                error,
                format!("{name} names no setting; the nearest that does is {nearest}")
            );
        }
        for name in [
            "KAFKA",
            "KAFKA_PORT",
            "S3",
            "S3_PORT",
            "VECTORS",
            "RELEASE",
            "SEEDS",
            "ALL_JOURNEYS",
            "INSTANCE",
        ]
        .into_iter()
        .chain(["CONFIG_FILE", "WRITE_SCHEMAS", "BENCH_RUNS", "BENCH_SCALE", "PORT"])
        {
            let other = set(&format!("COLDWATCH_{name}"), "1");
            assert!(read(None, [other].into_iter()).is_ok(), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_text_is_told_by_its_name_and_others_do_no_harm() {
        use std::os::unix::ffi::OsStringExt;
        let bytes = || OsString::from_vec(vec![b'a', 0xff]);
        let ours = ("COLDWATCH_LOG_BROKERS".into(), bytes());
        let error = read(None, [ours].into_iter()).unwrap_err();
        assert_eq!(error, "COLDWATCH_LOG_BROKERS: its value is not UTF-8 text");
        let others = [(bytes(), bytes()), ("LS_COLORS".into(), bytes())];
        assert!(read(None, others.into_iter()).is_ok());
    }

    #[test]
    fn a_secret_that_stands_in_the_file_is_in_no_message() {
        for (name, line) in [
            ("secret-type", "\"sasl.password\" = [\"hunter2\"]"),
            ("secret-open", "\"sasl.password\" = \"hunter2"),
            ("secret-key", "sasl_password = \"hunter2\""),
        ] {
            let kafka = "[log]\nkind = \"kafka\"\nbrokers = \"a:1\"";
            let file = file(name, &format!("{kafka}\n[log.client]\n{line}\n"));
            let error = super::super::Config::read(Some(&file)).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
            assert!(error.contains("line 5") || error.contains("is a secret"), "{error}");
            std::fs::remove_file(file).unwrap();
        }
    }

    #[test]
    fn the_environment_stands_over_the_file_and_the_file_over_what_is_built_in() {
        let file = file("layers", "[log]\nkind = \"kafka\"\nbrokers = \"a:1\"\nprefix = \"p.\"\n");
        let environment = [
            set("COLDWATCH_LOG_BROKERS", "b:2"),
            set("COLDWATCH_LOG_INBOUND", "inbound.a, inbound.b"),
            set("COLDWATCH_CLOCK_TICK", "false"),
            set("COLDWATCH_VECTORS", "not a key"),
            set("COLDWATCH_DESK_SERVICE_HOST", "what an orchestrator sets"),
        ];
        let config = read(Some(&file), environment.into_iter()).unwrap();
        assert_eq!((config.log.kind, &*config.log.brokers), (LogKind::Kafka, "b:2"));
        assert_eq!((&*config.log.prefix, config.log.partitions), ("p.", 16));
        assert_eq!(config.log.inbound, ["inbound.a", "inbound.b"]);
        assert!(!config.clock.tick);
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn a_misspelt_key_and_a_wrong_value_are_told_with_their_place() {
        let misspelt = file("misspelt", "[log]\nkind = \"kafka\"\nbroker = \"a:1\"\n");
        let error = read(Some(&misspelt), std::iter::empty()).unwrap_err();
        assert!(error.contains("line 3") && error.contains("did you mean `brokers`"), "{error}");
        let number = [set("COLDWATCH_LOG_PARTITIONS", "many")];
        let error = read(None, number.into_iter()).unwrap_err();
        assert_eq!(error, "COLDWATCH_LOG_PARTITIONS: `many` is no whole number");
        std::fs::remove_file(misspelt).unwrap();
    }

    #[test]
    fn snapshots_follow_the_folder_of_the_log_unless_they_have_their_own() {
        let folder = |name: &str, text: &str| {
            let file = file(name, text);
            let config = read(Some(&file), std::iter::empty()).unwrap();
            std::fs::remove_file(file).unwrap();
            config.snapshots.folder.display().to_string()
        };
        assert_eq!(folder("follow-a", "[log]\nfolder = \"/data/log\"\n"), "/data/snapshots");
        assert_eq!(folder("follow-b", "[log]\nfolder = \"/data\"\n"), "/data/snapshots");
        assert_eq!(folder("follow-c", "[log]\nfolder = \"log\"\n"), "snapshots");
        let both = "[log]\nfolder = \"/data/log\"\n[snapshots]\nfolder = \"/fast\"\n";
        assert_eq!(folder("follow-d", both), "/fast");
        assert_eq!(folder("follow-e", "[log]\npartitions = 4\n"), "coldwatch-data/snapshots");
    }

    #[test]
    fn a_setting_without_effect_is_told_with_what_would_make_it_count() {
        let read_both = |name: &str, text: &str, environment: &[(&str, &str)]| {
            let file = file(name, text);
            let config =
                read(Some(&file), environment.iter().map(|(name, value)| set(name, value)));
            std::fs::remove_file(file).unwrap();
            config
        };
        let no_effect = |is: &str, counts: &str| {
            format!(
                "has no effect while log.kind is `{is}`: set log.kind to `{counts}` (in the environment \
                 COLDWATCH_LOG_KIND={counts}), or take it away"
            )
        };
        let on_kafka = no_effect("embedded", "kafka");
        let alone = [("COLDWATCH_LOG_BROKERS", "a:1")];
        let error = read_both("idle-a", "", &alone).unwrap_err();
        assert_eq!(error, format!("COLDWATCH_LOG_BROKERS {on_kafka}"));
        for (key, line) in [
            ("brokers", "brokers = \"a:1\""),
            ("brokers", "kind = \"embedded\"\nbrokers = \"a:1\""),
            ("replication", "replication = 3"),
            ("session_timeout", "session_timeout = \"6 s\""),
            ("client", "[log.client]\n\"sasl.username\" = \"x\""),
            ("secrets", "[log.secrets]\n\"sasl.password\" = \"/x\""),
        ] {
            let error = read_both("idle-b", &format!("[log]\n{line}\n"), &[]).unwrap_err();
            assert_eq!(error, format!("log.{key} {on_kafka}"));
        }
        // The folder of the embedded log, but where snapshots follow it.
        let kafka = "[log]\nkind = \"kafka\"\nbrokers = \"a:1\"\nfolder = \"/data/log\"\n";
        let followed = read_both("idle-c", kafka, &[]).unwrap();
        assert_eq!(followed.snapshots.folder, Path::new("/data/snapshots"));
        for snapshots in ["[snapshots]\nfolder = \"/fast\"", "[snapshots]\nurl = \"s3://b\""] {
            let error = read_both("idle-d", &format!("{kafka}{snapshots}\n"), &[]).unwrap_err();
            assert_eq!(error, format!("log.folder {}", no_effect("kafka", "embedded")));
        }
        let twice = "[log]\nkind = \"kafka\"\nbrokers = \"a:1\"\n[log.client]\n\"ssl.ca.location\" = \"/a\"\n\
                     [log.secrets]\n\"ssl.ca.location\" = \"/b\"\n";
        let error = read_both("idle-e", twice, &[]).unwrap_err();
        assert!(
            error.starts_with("log.client and log.secrets both set `ssl.ca.location`"),
            "{error}"
        );
        // What is built in changes nothing anywhere, also when it is written otherwise.
        let built_in = "[log]\nbrokers = \"\"\nsession_timeout = \"10000 ms\"\n[log.client]\n";
        assert!(read_both("idle-f", built_in, &[("COLDWATCH_LOG_PREFIX", "p.")]).is_ok());
        let kafka = [("COLDWATCH_LOG_KIND", "kafka"), ("COLDWATCH_LOG_BROKERS", "a:1")];
        assert!(read_both("idle-g", "[log]\nfolder = \"coldwatch-data/log\"\n", &kafka).is_ok());
    }

    #[test]
    fn snapshots_have_one_place() {
        let both = file("both", "[snapshots]\nfolder = \"a\"\nurl = \"s3://b\"\n");
        let error = read(Some(&both), std::iter::empty()).unwrap_err();
        assert_eq!(
            error,
            "snapshots.folder and snapshots.url are both set: keep the one that is meant"
        );
        let folder = file("folder", "[log]\nfolder = \"/data/log\"\n[snapshots]\nfolder = \"a\"\n");
        let url = || [set("COLDWATCH_SNAPSHOTS_URL", "s3://b/p")].into_iter();
        assert!(read(Some(&folder), url()).unwrap_err().contains("both set"));
        let log = file("log", "[log]\nfolder = \"/data/log\"\n");
        let config = read(Some(&log), url()).unwrap();
        assert_eq!(config.snapshots.url.as_deref(), Some("s3://b/p"), "a log's folder is no such");
        [both, folder, log].iter().for_each(|file| std::fs::remove_file(file).unwrap());
        let misspelt = [set("COLDWATCH_SNAPSHOTS_URI", "s3://b")].into_iter();
        assert!(read(None, misspelt).unwrap_err().contains("COLDWATCH_SNAPSHOTS_URL"));
        let nothing = super::super::Config {
            snapshots: super::super::SnapshotsConfig {
                url: Some("s4://b".into()),
                ..config.snapshots
            },
            ..super::super::Config::default()
        };
        assert!(nothing.check().unwrap_err().starts_with("snapshots.url: `s4://b` is of no kind"));
    }
}
