//! `coldwatch up`: everything in one process over the embedded log.

use super::common_args::{self, CommonArgs};
use crate::desk::{self, Pace};
use crate::exit::{CODES, Failure};
use crate::http::HttpServer;
use crate::supervisor::Supervisor;
use crate::topics::TopicPlan;
use crate::{log, services, signals, telemetry};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use stream::log::wall_clock;

const EXAMPLES: &str = "\
Examples:
  coldwatch up
      the log in ./coldwatch-data, the pages on http://127.0.0.1:8080
  coldwatch up --config coldwatch.toml --rulebook my-rules
  coldwatch ingest today.ndjson --to http://127.0.0.1:8080
      sends events in, from another terminal

Everything is kept in the log's folder: stopped and started again, it goes on where it was.";

/// Run everything on this machine: all services and the pages, no broker
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{CODES}"))]
pub(crate) struct Up {
    #[command(flatten)]
    given: CommonArgs,
    /// Folder with the rulebook of a new log; without it, the one that comes with this release
    #[arg(long, value_name = "DIR")]
    rulebook: Option<PathBuf>,
}

impl Up {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let config = self.given.read()?;
        telemetry::start_as(&config.logging, "warn")?;
        let stop = signals::listen()?;
        config.token()?;
        let book = common_args::book(self.rulebook.as_ref())?;
        let clock = wall_clock();
        let log = log::make(&config, clock.clone())?;
        let mut supervisor = Supervisor::new(log, config, clock.clone(), None).stopping(stop);
        let (generation, inbound) =
            (supervisor.config.log.generation, supervisor.config.log.inbound.clone());
        let plan = TopicPlan { names: &supervisor.names, generation, inbound: &inbound };
        let made = plan.create(&*supervisor.log, &book, clock).map_err(log::failure)?;
        supervisor.check()?;
        for &service in services::all() {
            supervisor.start(service)?;
        }
        let pages = desk::start(&supervisor, Pace::default())?;
        let serving = HttpServer::start(&supervisor, true, Some(pages))?;
        let place = log::place(&supervisor.config);
        let begun = if made.topics.is_empty() { "goes on" } else { "is new" };
        eprintln!("the log ({place}) {begun}; pages and doors: http://{}", serving.address);
        eprintln!("Ctrl-C stops in order");
        supervisor.wait();
        let ended = supervisor.finish();
        serving.finish();
        ended.map(|()| ExitCode::SUCCESS)
    }
}
