//! What a process says of itself, on stderr.

use crate::config::{Format, LoggingConfig};
use crate::exit::Failure;
use tracing_subscriber::EnvFilter;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
/// Stands over the configuration, as it does for other programs.
const ENVIRONMENT: &str = "RUST_LOG";

/// Lines of this level and worse, for people.
pub(crate) fn start(level: &str) -> Result<(), Failure> {
    start_as(&LoggingConfig::default(), level)
}

/// As it is configured; without a level, that one.
pub(crate) fn start_as(config: &LoggingConfig, level: &str) -> Result<(), Failure> {
    let asked = std::env::var(ENVIRONMENT).ok().filter(|asked| !asked.is_empty());
    let filter = match (&asked, &config.level) {
        (Some(asked), _) => filter(asked).map_err(|why| format!("{ENVIRONMENT}: {why}")),
        (None, Some(level)) => filter(level).map_err(|why| format!("logging.level: {why}")),
        (None, None) => filter(level),
    };
    let filter = filter.map_err(Failure::configuration)?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    // A second start, as in tests, changes nothing.
    let _ = match config.format {
        Format::Text => lines.compact().try_init(),
        Format::Json => lines.json().flatten_event(true).try_init(),
    };
    Ok(())
}

/// Levels, alone or of a part: `info,kafka=debug`. A misspelt level would be the name of a part that nobody has.
fn filter(text: &str) -> Result<EnvFilter, String> {
    for one in text.split(',') {
        let level = one.rsplit_once('=').map_or(one, |(_, level)| level).trim();
        if !LEVELS.contains(&level.to_ascii_lowercase().as_str()) {
            return Err(format!("`{level}` is no level; levels are {}", LEVELS.join(", ")));
        }
    }
    EnvFilter::try_new(text).map_err(|error| format!("`{text}`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_is_none_is_an_error() {
        for right in ["info", "WARN", "info,kafka=debug", "off"] {
            assert!(filter(right).is_ok(), "{right}");
        }
        for wrong in ["infoo", "", "kafka=loud", "info,kafka"] {
            let said = filter(wrong).err().unwrap_or_default();
            assert!(said.contains("levels are off, error, warn"), "{wrong}: {said}");
        }
    }
}
