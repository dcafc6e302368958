//! Two releases of the same services. The first knows one behaviour alone; the next one also knows the number after it, by which
//! other numbers hold, and must judge by the first as the first does until the log says otherwise. Neither reads a snapshot of the other.

use facts::Rulebook;
use pipeline::stage_configs;
use stream::{FatalError, ProcessorFactory};

/// The behaviour that only the next release knows.
pub(crate) const NEXT: u32 = FIRST + 1;
/// The behaviour that both know, at which every log begins.
const FIRST: u32 = *stage_configs::BEHAVIOURS.end();

/// Which release a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Release {
    First,
    Next,
}

impl Release {
    pub(crate) const ALL: [Self; 2] = [Self::First, Self::Next];

    /// What a program of this release is.
    pub(crate) fn of_program(self) -> fold::Release {
        match self {
            Self::First => stage_configs::RELEASE,
            Self::Next => fold::Release { behaviours: FIRST..=NEXT, reading: as_judged },
        }
    }
}

/// A stage as a release has it.
pub(crate) struct Released<S> {
    pub(crate) stage: S,
    pub(crate) release: Release,
}

impl<S: ProcessorFactory> ProcessorFactory for Released<S> {
    type Processor = S::Processor;
    fn is_stateful(&self) -> bool {
        self.stage.is_stateful()
    }
    fn format_id(&self) -> u64 {
        self.stage.format_id() ^ u64::from(self.release == Release::Next)
    }
    fn begin(&self, partition: u16, note: &str) -> Result<S::Processor, FatalError> {
        self.stage.begin(partition, note)
    }
    fn resume(&self, partition: u16, image: &[u8]) -> Result<S::Processor, String> {
        self.stage.resume(partition, image)
    }
}

/// What the next release judges by where the log is at its number: something of every service.
const NUMBERS: &str = r#"
["custody/custody-gap"]
ground = "3 min"
airside = "15 min"
fresh = "2 min"
["schedule/milestone-overdue"]
pick_up = { late = "5 min", very_late = "10 min" }
flight = { late = "5 min", very_late = "10 min" }
["thermal/logger-silent"]
long_fresh = "30 min"
long_other = "30 min"
["thermal/gap"]
part_of_leg = 2
["permits/not-valid-at-act"]
near = "300 h"
["alerts/incident"]
near = "40 h"
["dispatch"]
quiet_after = 2
"#;

/// The rulebook keeps its name: it is the code that reads it otherwise.
fn as_judged(book: &Rulebook, behaviour: u32) -> Rulebook {
    if behaviour < NEXT {
        return book.clone();
    }
    let changed = scenario::beside(book.clone(), NUMBERS).expect("numbers");
    Rulebook { hash: book.hash.clone(), ..changed }
}
