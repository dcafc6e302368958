//! The log on Kafka.

use crate::config::{self, Config};
use crate::exit::Failure;
use crate::log::failure;
use kafka::{KafkaLog, Settings};
use std::sync::Arc;
use stream::Log;

/// What every record of ours carries: its value is one CloudEvents event as structured JSON.
const CONTENT_TYPE: (&str, &str) = ("content-type", "application/cloudevents+json; charset=UTF-8");

/// Connects to the brokers that the configuration names.
pub(crate) fn connect(config: &Config) -> Result<Arc<dyn Log>, Failure> {
    Ok(Arc::new(KafkaLog::connect(settings(config)?).map_err(failure)?))
}

/// Looks at them, writing nothing.
pub(crate) fn look(config: &Config) -> Result<KafkaLog, Failure> {
    KafkaLog::look(settings(config)?).map_err(failure)
}

fn settings(config: &Config) -> Result<Settings, Failure> {
    // No two processes may have the same name: equal ones keep a group from settling.
    let client_id = format!("coldwatch-{}-{:08x}", std::process::id(), fastrand::u32(..));
    let mut settings = Settings::new(&config.log.brokers, client_id);
    settings.client.clone_from(&config.log.client);
    for (name, file) in &config.log.secrets {
        let secret = config::secret(file).map_err(Failure::configuration)?;
        settings.client.insert(name.clone(), secret);
    }
    settings.headers = vec![(CONTENT_TYPE.0.to_owned(), CONTENT_TYPE.1.to_owned())];
    settings.replication = config.log.replication;
    settings.session_timeout = config::duration(config.log.session_timeout);
    Ok(settings)
}
