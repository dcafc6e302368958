//! Shipments with known faults, as inbound records, and the ground truth beside them.
//!
//! # Layout
//!
//! - [`simulate`]: writes `inbound.ndjson` and `truth.ndjson`; [`make`] gives both in memory
//! - `trip`: one shipment as it was planned and as it went; `cells`, `vector`, `dose` plan the three kinds
//! - `faults`: what can go wrong, one file each, with all that follows from it
//! - `kinds`: what the field showed to be missed, in the same way, where it is asked for
//! - `emit`: a trip as the events that its people and devices report
//! - `arrivals`: events in the order of arrival, with the weather: delays, repeats, shuffles
//! - `noise`: what the field sends beside that, where it is asked for
//! - `world`: who there is
//!
//! **Invariant:** the truth is written from what was planned. No rule is ever run here, and nothing is
//! read from the rulebook; the same seed gives the same bytes.

mod arrivals;
mod cells;
mod dose;
mod emit;
mod faults;
mod kinds;
mod noise;
mod route;
mod trip;
mod truth;
mod vector;
mod world;

pub use arrivals::Arrival;
pub use kinds::InjectedFault;
pub use noise::Noise;
pub use truth::Truth;

use fastrand::Rng;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// What was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulated {
    /// Events in the order of their arrival.
    pub inbound: Vec<Arrival>,
    /// Every fault that must be found, consequences included.
    pub truth: Vec<Truth>,
}

/// How much was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimulatedSummary {
    /// Events.
    pub events: usize,
    /// Faults that must be found, consequences included.
    pub faults: usize,
}

/// What the field adds to a week.
#[derive(Debug, Clone, Copy, Default)]
pub struct Field<'a> {
    /// What is sent beside what happens.
    pub noise: &'a [Noise],
    /// What is planted beside the faults that every week has.
    pub kinds: &'a [InjectedFault],
}

impl Field<'_> {
    /// All of it.
    pub const ALL: Field<'static> = Field { noise: Noise::ALL, kinds: InjectedFault::ALL };
}

/// A week of shipments. About every second one has a fault, all kinds of fault in turn.
pub fn make(seed: u64, shipments: u32) -> Simulated {
    make_in(Field::default(), seed, shipments)
}

/// The same in the field: with noise, and with what the field showed to be missed among the faults.
pub fn make_in(field: Field<'_>, seed: u64, shipments: u32) -> Simulated {
    let Simulated { mut inbound, mut truth } = make_quiet(seed, shipments, field.kinds);
    noise::lay(field.noise, seed, &mut inbound, &mut truth);
    Simulated { inbound, truth }
}

fn make_quiet(seed: u64, shipments: u32, kinds: &[InjectedFault]) -> Simulated {
    let mut rng = Rng::with_seed(seed);
    let mut arrivals = arrivals::Arrivals::new(Rng::with_seed(rng.u64(..)));
    world::emit(&mut arrivals);
    let (mut truth, mut deck) = (Vec::new(), Vec::new());
    for n in 1..=shipments {
        let fault = rng.bool().then(|| {
            if deck.is_empty() {
                deck.extend(faults::ALL.iter().copied());
                deck.extend(kinds.iter().map(|kind| kind.fault()));
                rng.shuffle(&mut deck);
            }
            deck.pop()
        });
        let fault = fault.flatten();
        let cargo = *rng
            .choice(fault.as_ref().map_or(trip::Cargo::ALL, |fault| fault.cargo))
            .unwrap_or(&trip::Cargo::Cells);
        let mut trip = trip::Trip::plan(n, shipments, cargo, &mut rng);
        if let Some(fault) = fault {
            (fault.inject)(&mut trip, &mut rng);
        }
        emit::emit(&trip, &mut arrivals, &mut rng);
        truth.append(&mut trip.truth);
    }
    Simulated { inbound: arrivals.arrivals(), truth }
}

/// What is written into the folder: the recording, and its truth.
pub const FILES: [&str; 2] = ["inbound.ndjson", "truth.ndjson"];

/// Writes a recording and its truth into a folder, which is made where it is not there.
pub fn simulate(seed: u64, shipments: u32, folder: &Path) -> io::Result<SimulatedSummary> {
    let made = make(seed, shipments);
    std::fs::create_dir_all(folder)?;
    let mut inbound = BufWriter::new(File::create(folder.join(FILES[0]))?);
    for arrival in &made.inbound {
        writeln!(inbound, "{}", arrival.line())?;
    }
    inbound.flush()?;
    let mut truth = BufWriter::new(File::create(folder.join(FILES[1]))?);
    for line in &made.truth {
        let line = serde_json::to_string(line).map_err(|e| io::Error::other(e.to_string()))?;
        writeln!(truth, "{line}")?;
    }
    truth.flush()?;
    Ok(SimulatedSummary { events: made.inbound.len(), faults: made.truth.len() })
}
