//! The configuration in force, with where each value comes from: a file that could be used as it stands. It never
//! shows what may be a secret.

use super::{Config, LogKind};
use std::fmt::Write;
use std::path::Path;
use toml::{Table, Value};

/// The tables, in the order of the example file.
const TABLES: [&str; 6] = ["log", "snapshots", "http", "clock", "watchdog", "logging"];
/// Tables within `log` whose keys are those of others.
const OPEN: [&str; 2] = ["client", "secrets"];
/// What a key has in its name whose value may be a secret.
const SECRET: [&str; 6] = ["password", "secret", "token", ".pem", "jaas", "passphrase"];

/// Where a value comes from.
struct Sources<'a> {
    file: Option<(&'a Path, Table)>,
    set: &'a dyn Fn(&str) -> bool,
}

impl Config {
    /// All of it as TOML, a line for each value. `set` says whether a name stands in the environment.
    pub fn show(&self, file: Option<&Path>, set: impl Fn(&str) -> bool) -> Result<String, String> {
        let table = |file: &Path| -> Result<Table, String> {
            let text =
                std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
            toml::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))
        };
        let named = file.map(|file| table(file).map(|table| (file, table))).transpose()?;
        let sources = Sources { file: named, set: &set };
        let all = Table::try_from(self).map_err(|e| e.to_string())?;
        let mut text = String::new();
        for name in TABLES {
            let Some(Value::Table(table)) = all.get(name) else { continue };
            let (open, own): (Vec<_>, Vec<_>) =
                table.iter().partition(|(key, _)| OPEN.contains(&key.as_str()));
            heading(&mut text, name);
            // A file that has what is not used is refused: a folder beside a store, the embedded log's beside Kafka.
            let used = |key: &str| match (name, key) {
                ("snapshots", "folder") => self.snapshots.url.is_none(),
                ("log", "folder") => self.log.kind == LogKind::Embedded,
                _ => true,
            };
            own.iter()
                .filter(|(key, _)| used(key))
                .for_each(|(key, value)| sources.line(&mut text, name, key, value));
            for (part, value) in open {
                let Some(keys) = value.as_table().filter(|keys| !keys.is_empty()) else { continue };
                heading(&mut text, &format!("{name}.{part}"));
                // A file that holds a secret is named, what it holds is not known here.
                let hidden = |key: &str| part == "client" && is_secret(key);
                for (key, value) in keys {
                    let masked = Value::String("***".into());
                    let value = if hidden(key) { &masked } else { value };
                    let _ = writeln!(text, "{key:?} = {value} # file");
                }
            }
        }
        Ok(text)
    }
}

fn heading(text: &mut String, name: &str) {
    let _ = writeln!(text, "{}[{name}]", if text.is_empty() { "" } else { "\n" });
}

fn is_secret(key: &str) -> bool {
    SECRET.iter().any(|word| key.to_lowercase().contains(word))
}

impl Sources<'_> {
    fn line(&self, text: &mut String, table: &str, key: &str, value: &Value) {
        // Nothing fails to be written to a text.
        let _ = writeln!(text, "{key} = {value} # {}", self.of(table, key));
    }

    fn of(&self, table: &str, key: &str) -> String {
        let name = format!("COLDWATCH_{table}_{key}").to_uppercase();
        let stands = |(_, all): &&(&Path, Table)| {
            all.get(table).and_then(Value::as_table).is_some_and(|table| table.contains_key(key))
        };
        match self.file.as_ref().filter(stands) {
            _ if (self.set)(&name) => format!("environment, {name}"),
            Some((file, _)) => format!("file, {}", file.display()),
            None if (table, key) == ("snapshots", "folder") => "default, follows log.folder".into(),
            None => "default".into(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn example() -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/coldwatch.toml.example"))
    }

    fn table(config: &Config) -> Table {
        Table::try_from(config).unwrap()
    }

    #[test]
    fn the_example_file_is_what_is_built_in_and_names_every_setting() {
        let read = super::super::layers::read(Some(&example()), std::iter::empty()).unwrap();
        assert_eq!(table(&read), table(&Config::default()));
        let text = std::fs::read_to_string(example()).unwrap();
        let all = Config {
            http: super::super::HttpConfig { token_file: Some("t".into()), ..Default::default() },
            snapshots: super::super::SnapshotsConfig {
                url: Some("u".into()),
                ..Default::default()
            },
            ..Config::default()
        };
        for (name, keys) in table(&all) {
            assert!(text.contains(&format!("[{name}]")), "[{name}]");
            for key in keys.as_table().unwrap().keys() {
                let named = |line: &str| {
                    let line = line.trim_start_matches(['#', ' ']);
                    line.starts_with(&format!("{key} = ")) || line == format!("[{name}.{key}]")
                };
                assert!(text.lines().any(named), "{name}.{key} is not in the example");
            }
        }
        assert!(text.contains("# replication = "), "also what has no value of its own");
    }

    #[test]
    fn each_value_is_shown_with_where_it_comes_from_and_no_secret() {
        let file = std::env::temp_dir().join(format!("coldwatch-show-{}", std::process::id()));
        let text = "[log]\nkind = \"kafka\"\nbrokers = \"a:1\"\n[log.client]\n\"sasl.jaas.config\" = \"hunter2\"\n\
                    \"sasl.mechanism\" = \"PLAIN\"\n[log.secrets]\n\"sasl.password\" = \"/run/password\"\n";
        std::fs::write(&file, text).unwrap();
        let mut config = super::super::layers::read(Some(&file), std::iter::empty()).unwrap();
        config.http.events_per_second = 7;
        let set = |name: &str| name == "COLDWATCH_HTTP_EVENTS_PER_SECOND";
        let shown = config.show(Some(&file), set).unwrap();
        for line in [
            &format!("brokers = \"a:1\" # file, {}", file.display()),
            "events_per_second = 7 # environment, COLDWATCH_HTTP_EVENTS_PER_SECOND",
            "generation = 1 # default",
            "\"sasl.jaas.config\" = \"***\" # file",
            "\"sasl.mechanism\" = \"PLAIN\" # file",
            "\"sasl.password\" = \"/run/password\" # file",
        ] {
            assert!(shown.lines().any(|shown| shown == line), "{line} is not in\n{shown}");
        }
        assert!(!shown.contains("hunter2"));
        assert!(shown.contains("folder = \"coldwatch-data/snapshots\" # default, follows"));
        config.snapshots.url = Some("s3://bucket/boston".into());
        let shown = config.show(Some(&file), |name| name == "COLDWATCH_SNAPSHOTS_URL").unwrap();
        let line = "url = \"s3://bucket/boston\" # environment, COLDWATCH_SNAPSHOTS_URL";
        assert!(shown.contains(line) && !shown.contains("coldwatch-data/snapshots"), "{shown}");
        assert!(!shown.contains("coldwatch-data/log"), "of another kind of log: {shown}");
        let again: Config = toml::from_str(&shown).unwrap();
        assert_eq!((&*again.log.brokers, again.http.events_per_second), ("a:1", 7));
        std::fs::remove_file(file).unwrap();
    }
}
