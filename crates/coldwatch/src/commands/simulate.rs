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
      a week, and what went wrong in it";

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
}

impl Simulate {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let place = self.out.display();
        let summary = simulate::simulate(self.seed, self.shipments, &self.out)
            .map_err(|e| Failure::unavailable(format!("{place}: {e}")))?;
        eprintln!(
            "{place}/inbound.ndjson: {} events of {} shipments; {place}/truth.ndjson: {} faults to be found",
            summary.events, self.shipments, summary.faults
        );
        Ok(ExitCode::SUCCESS)
    }
}
