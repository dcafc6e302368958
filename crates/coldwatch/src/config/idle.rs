//! Settings that would have no effect as the others are set: those of another kind of log, and those that another one stands
//! over. Whoever sets one means something by it, so it is refused with what would make it count, wherever it was set.
//!
//! The value that is built in may stand everywhere: a file that has every setting is one that changes nothing.

use super::{Config, LogKind};
use toml::{Table, Value};

/// What the embedded log has no use for.
const OF_KAFKA: [&str; 5] = ["brokers", "replication", "session_timeout", "client", "secrets"];

/// Refuses the first one. `set` holds what was set, `called` says under which name.
pub(super) fn check(
    set: &Table,
    config: &Config,
    called: impl Fn(&str, &str) -> String,
) -> Result<(), String> {
    let table = |config| Table::try_from(config).map_err(|e| e.to_string());
    let (is, built_in) = (table(config)?, table(&Config::default())?);
    let changed = |table: &str, key: &str| {
        of(set, table, key).is_some() && of(&is, table, key) != of(&built_in, table, key)
    };
    match idle(set, config).into_iter().find(|(table, key, _)| changed(table, key)) {
        Some((table, key, why)) => Err(format!("{} {why}", called(table, key))),
        None => Ok(()),
    }
}

fn of<'a>(all: &'a Table, table: &str, key: &str) -> Option<&'a Value> {
    all.get(table)?.get(key)
}

/// What has no effect, and what to do about it.
fn idle(set: &Table, config: &Config) -> Vec<(&'static str, &'static str, String)> {
    let stored = of(set, "snapshots", "url").is_some();
    let mut idle = match config.log.kind {
        LogKind::Embedded => {
            OF_KAFKA.map(|key| ("log", key, other_kind("embedded", "kafka"))).into()
        }
        // On Kafka snapshots follow it, unless they have a place of their own.
        LogKind::Kafka if stored || of(set, "snapshots", "folder").is_some() => {
            vec![("log", "folder", other_kind("kafka", "embedded"))]
        }
        LogKind::Kafka => Vec::new(),
    };
    if stored {
        let both = "and snapshots.url are both set: keep the one that is meant";
        idle.push(("snapshots", "folder", both.to_owned()));
    }
    let secret = |name: &&String| config.log.secrets.contains_key(*name);
    if let Some(name) = config.log.client.keys().find(secret) {
        let both = format!("and log.secrets both set `{name}`: keep the one that is meant");
        idle.push(("log", "client", both));
    }
    idle
}

/// Why something is not heard by this kind of log.
pub(super) fn other_kind(is: &str, counts: &str) -> String {
    format!(
        "has no effect while log.kind is `{is}`: set log.kind to `{counts}` (in the environment COLDWATCH_LOG_KIND={counts}), \
         or take it away"
    )
}
