//! `coldwatch run`: services, alone or together, until they are asked to stop.

use super::common_args::CommonArgs;
use crate::config::LogKind;
use crate::exit::{CODES, Failure};
use crate::http::waiting::Waiting;
use crate::http::{self, HttpServer};
use crate::services::Service;
use crate::supervisor::Supervisor;
use crate::{desk, log, signals, telemetry};
use clap::Args;
use std::process::ExitCode;
use stream::log::wall_clock;

const EXAMPLES: &str = "\
Examples:
  coldwatch run thermal --config coldwatch.toml
      one service; started a second time elsewhere, the two share its partitions
  coldwatch run custody thermal permits schedule --config coldwatch.toml
      several in one process
  COLDWATCH_LOG_KIND=kafka COLDWATCH_LOG_BROKERS=kafka:9092 coldwatch run intake
      configuration from the environment alone

What it says goes to stderr: `level` and `format` in [logging], or COLDWATCH_LOGGING_LEVEL=debug, COLDWATCH_LOGGING_FORMAT=json.

Ends in order on Ctrl-C and SIGTERM: what was taken is finished, committed and kept; a second signal ends at once.";

/// Run services over the log that the configuration names
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{CODES}"))]
pub(crate) struct Run {
    /// Which services
    #[arg(required = true, value_enum, value_name = "SERVICE")]
    services: Vec<Service>,
    #[command(flatten)]
    given: CommonArgs,
    /// A name of this process that stays over restarts: it then gets its partitions back at once
    #[arg(long, value_name = "NAME", env = "COLDWATCH_INSTANCE")]
    instance: Option<String>,
}

impl Run {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let config = self.given.read()?;
        if self.instance.is_some() {
            config.on_kafka("the name of an instance (--instance, COLDWATCH_INSTANCE)")?;
        }
        telemetry::start_as(&config.logging, "info")?;
        let stop = signals::listen()?;
        config.token()?;
        let clock = wall_clock();
        // Brokers may take their time.
        let waits = config.log.kind == LogKind::Kafka;
        let waiting = waits.then(|| Waiting::open(config.http.listen)).transpose()?;
        let log = log::open(&config, clock.clone())?;
        let mut supervisor = Supervisor::new(log, config, clock, self.instance).stopping(stop);
        supervisor.check()?;
        drop(waiting);
        for service in &self.services {
            supervisor.start(*service)?;
        }
        let desk = match self.services.contains(&Service::Desk) {
            true => Some(desk::start(&supervisor, desk::Pace::default())?),
            false => None,
        };
        let serving = HttpServer::start(&supervisor, http::takes_events(&self.services), desk)?;
        tracing::info!(address = %serving.address, "the doors are open");
        supervisor.wait();
        let ended = supervisor.finish();
        serving.finish();
        ended.map(|()| ExitCode::SUCCESS)
    }
}
