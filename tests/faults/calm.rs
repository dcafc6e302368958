//! A world without a fault: what must stand at the end of every storm over it.

use crate::faults::Plan;
use crate::invariants::{Ending, Look};
use crate::run::Run;
use crate::seed::Folder;
use crate::site::Site;
use crate::workload::Workload;
use fastrand::Rng;
use std::path::PathBuf;

const OLDER: i64 = 60_000;

/// A world that has been played in calm.
pub(crate) struct Calm {
    pub(crate) workload: Workload,
    pub(crate) ending: Ending,
    /// Snapshots of its log, which is another one than that of the storms.
    pub(crate) snapshots: PathBuf,
    /// Gone with it.
    _folder: Folder,
}

impl Calm {
    /// Plays the world of a seed; what is wrong already without a fault.
    pub(crate) fn over(seed: u64) -> Result<Self, Vec<String>> {
        let folder = Folder::new(&format!("calm-{seed}"));
        // The log is another one: it is a minute older.
        let mut workload = Workload::of(seed);
        workload.begin -= OLDER;
        let number = Workload::number(seed);
        let plan = Plan { slow: 1, ..Plan::default() };
        let rng = &mut Rng::with_seed(number);
        let site = Site::open(&workload, plan, ("calm.", &folder.0), rng);
        let mut run = Run::over(&site, number, None);
        let mut wrong = Vec::new();
        wrong.extend(run.play(&workload, true).err());
        let mut look = Look::at(&site);
        look.everything();
        wrong.append(&mut look.wrong);
        let ending = look.ending(!workload.amid);
        workload.begin += OLDER;
        match wrong.is_empty() {
            true => Ok(Self { workload, ending, snapshots: site.folder.clone(), _folder: folder }),
            false => Err(wrong.into_iter().map(|w| format!("without a fault: {w}")).collect()),
        }
    }
}
