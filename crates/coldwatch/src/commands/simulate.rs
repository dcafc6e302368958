//! `coldwatch simulate`: a week of shipments with known faults.

use crate::exit::{CODES, Failure};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  coldwatch simulate --seed 7 --shipments 200 --out week
      writes week/inbound.ndjson and week/truth.ndjson
  coldwatch simulate --out week && coldwatch replay week/inbound.ndjson
      a week, and what went wrong in it

A recording that is there already is kept, unless --force is given.";

/// Make a recording of shipments with known faults, and the truth beside it
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{CODES}"))]
pub(crate) struct Simulate {
    /// The same seed gives the same bytes
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// How many shipments
    #[arg(long, default_value_t = 200)]
    shipments: u32,
    /// Folder to write to; it is made when it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Write over a recording that is there already
    #[arg(long)]
    force: bool,
}

impl Simulate {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let place = self.out.display();
        let there = simulate::FILES.iter().map(|name| self.out.join(name)).find(|f| f.exists());
        if let Some(file) = there.filter(|_| !self.force) {
            return Err(Failure::usage(format!(
                "{} is there already: name another folder, or write over it with --force",
                file.display()
            )));
        }
        let summary = simulate::simulate(self.seed, self.shipments, &self.out)
            .map_err(|e| Failure::unavailable(format!("{place}: {e}")))?;
        eprintln!(
            "{place}/inbound.ndjson: {} events of {} shipments; {place}/truth.ndjson: {} faults to be found",
            summary.events, self.shipments, summary.faults
        );
        Ok(ExitCode::SUCCESS)
    }
}
