//! Layers of a configuration, the upper over the lower: environment over file over what is built in.

use super::Config;
use serde::Deserialize;
use std::path::Path;
use toml::{Table, Value};

/// Every name in the environment begins with this.
pub(super) const ENVIRONMENT: &str = "COLDWATCH_";

/// Keys that the environment may set: `log.brokers` is `COLDWATCH_LOG_BROKERS`.
const KEYS: [(&str, &str, Shape); 15] = [
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
    ("snapshots", "every", Shape::Text),
    ("http", "listen", Shape::Text),
    ("http", "token_file", Shape::Text),
    ("http", "events_per_second", Shape::Number),
    ("clock", "strike", Shape::Truth),
];

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
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Config, String> {
    let mut all = match file {
        None => Table::new(),
        Some(file) => {
            let text =
                std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
            // Read as it stands first: a fault then shows its line.
            toml::from_str::<Config>(&text)
                .map_err(|e| format!("{}: {}{}", file.display(), e, near(&e.to_string())))?;
            toml::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))?
        }
    };
    for (name, text) in environment {
        let key = |(table, key, _): &&(&str, &str, Shape)| {
            name == format!("{ENVIRONMENT}{table}_{key}").to_uppercase()
        };
        // Names of other parts, such as COLDWATCH_CONFIG, are not ours to judge.
        let Some((table, key, shape)) = KEYS.iter().find(key) else { continue };
        let value = value(*shape, &text).map_err(|e| format!("{name}: {e}"))?;
        let table = all.entry(*table).or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(table) = table {
            table.insert((*key).to_owned(), value);
        }
    }
    follow(&mut all);
    Config::deserialize(all).map_err(|e| format!("the configuration: {e}"))
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
    use crate::config::Kind;

    fn file(name: &str, text: &str) -> std::path::PathBuf {
        let file =
            std::env::temp_dir().join(format!("coldwatch-{name}-{}.toml", std::process::id()));
        std::fs::write(&file, text).unwrap();
        file
    }

    #[test]
    fn the_environment_stands_over_the_file_and_the_file_over_what_is_built_in() {
        let file = file("layers", "[log]\nkind = \"kafka\"\nbrokers = \"a:1\"\nprefix = \"p.\"\n");
        let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let environment = [
            set("COLDWATCH_LOG_BROKERS", "b:2"),
            set("COLDWATCH_LOG_INBOUND", "inbound.a, inbound.b"),
            set("COLDWATCH_CLOCK_STRIKE", "false"),
            set("COLDWATCH_VECTORS", "not a key"),
        ];
        let config = read(Some(&file), environment.into_iter()).unwrap();
        assert_eq!((config.log.kind, &*config.log.brokers), (Kind::Kafka, "b:2"));
        assert_eq!((&*config.log.prefix, config.log.partitions), ("p.", 16));
        assert_eq!(config.log.inbound, ["inbound.a", "inbound.b"]);
        assert!(!config.clock.strike);
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn a_misspelt_key_and_a_wrong_value_are_told_with_their_place() {
        let misspelt = file("misspelt", "[log]\nkind = \"kafka\"\nbroker = \"a:1\"\n");
        let error = read(Some(&misspelt), std::iter::empty()).unwrap_err();
        assert!(error.contains("line 3") && error.contains("did you mean `brokers`"), "{error}");
        let number = [("COLDWATCH_LOG_PARTITIONS".to_owned(), "many".to_owned())];
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
}
