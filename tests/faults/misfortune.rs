//! What goes wrong between two steps: processes, groups, the broker, clocks, disks, snapshots.

use crate::faults::Plan;
use crate::run::Run;
use crate::scheduler::At;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

pub(crate) const HOUR: i64 = 3_600_000;

impl Run<'_> {
    fn happens(&mut self, rate: u32) -> bool {
        rate > 0 && self.rng.u32(..10_000) < rate
    }

    /// What goes wrong now, if anything.
    pub(crate) fn misfortune(&mut self) {
        let (calm, plan) = {
            let all = self.site.network.all();
            (all.calm, all.plan)
        };
        if calm {
            return;
        }
        let n = self.rng.usize(..self.at.len());
        let place = &self.site.places[n];
        let up = matches!(self.at[n], At::Up(..) | At::Stopping(..));
        if self.happens(plan.crash) && up {
            self.count.crashes += 1;
            self.kill(n);
        }
        if self.happens(plan.pause)
            && let At::Up(_, wake) = &mut self.at[n]
        {
            *wake = self.site.hours.now() + Duration::from_millis(self.rng.u64(100..3_000));
            self.count.paused += 1;
        }
        if self.happens(plan.stuck) {
            let landings = self.rng.u32(20..150);
            self.site.network.hold(landings);
        }
        if self.happens(plan.give_up) {
            let (nth, deaf) = (self.rng.usize(..2), self.rng.u32(1..60));
            self.site.network.memory.give_up(&place.group.name, &place.group.topic, nth, deaf);
        }
        if self.happens(plan.scatter) {
            self.site.network.memory.scatter();
        }
        if self.happens(plan.roll) {
            self.stop(n);
        }
        if self.happens(plan.second) {
            self.second[n / 2] ^= true;
        }
        self.outages(plan, n);
        self.disks(plan, n);
    }

    fn outages(&mut self, plan: Plan, n: usize) {
        if self.happens(plan.outage) {
            self.away_until = self.steps + self.rng.u64(20..400);
        }
        self.site.network.all().away = self.steps < self.away_until;
        if self.happens(plan.clock) {
            let hours = self.rng.i64(1..72) * if self.rng.bool() { HOUR } else { -HOUR };
            self.site.places[n].wrong_by.store(hours, Relaxed);
            self.site.intake_is_wrong_by.store(-hours, Relaxed);
            self.clocks_until = self.steps + self.rng.u64(100..2_000);
            self.count.wrong_clocks += 1;
        }
        if self.steps == self.clocks_until {
            self.site.places.iter().for_each(|place| place.wrong_by.store(0, Relaxed));
        }
    }

    fn disks(&mut self, plan: Plan, n: usize) {
        let place = &self.site.places[n];
        if self.happens(plan.disk) {
            self.disk_until = self.steps + self.rng.u64(100..1_500);
            let folder = place.folder.join(place.service.name());
            if folder.is_dir() {
                std::fs::rename(&folder, folder.with_extension("away")).expect("it can be moved");
                std::fs::write(&folder, "full").expect("it can be written");
            }
        }
        if self.steps == self.disk_until {
            self.mend_disks();
        }
        if self.happens(plan.damage) {
            let folder = place.folder.join(place.service.name());
            let from = self.foreign.clone();
            let foreign = from.map(|from| from.join("0").join(place.service.name()));
            self.damage(&folder, foreign.as_deref());
        }
    }

    pub(crate) fn mend_disks(&self) {
        for place in &self.site.places {
            let folder = place.folder.join(place.service.name());
            let away = folder.with_extension("away");
            if away.is_dir() {
                std::fs::remove_file(&folder).expect("it is a file");
                std::fs::rename(away, folder).expect("it can be moved back");
            }
        }
    }

    /// One snapshot is torn, flipped or lost, or one of another log is laid out.
    fn damage(&mut self, folder: &Path, foreign: Option<&Path>) {
        if let Some(foreign) = foreign.filter(|_| self.rng.u8(..3) == 0) {
            let Some(from) = self.rng.choice(snapshots(foreign)) else { return };
            let (Some(partition), Some(name)) =
                (from.parent().and_then(Path::file_name), from.file_name())
            else {
                return;
            };
            let to = folder.join(partition);
            if folder.is_file() || std::fs::create_dir_all(&to).is_err() || to.join(name).exists() {
                return;
            }
            std::fs::copy(&from, to.join(name)).expect("it can be copied");
            self.count.foreign += 1;
            return;
        }
        let Some(file) = self.rng.choice(snapshots(folder)) else { return };
        self.count.damaged += 1;
        let mut bytes = std::fs::read(&file).expect("it can be read");
        match self.rng.u8(..3) {
            0 => bytes.truncate(self.rng.usize(..bytes.len().max(1))),
            1 if !bytes.is_empty() => {
                let at = self.rng.usize(..bytes.len());
                bytes[at] ^= 1 << self.rng.u8(..8);
            }
            _ => {
                std::fs::remove_file(&file).expect("it can be removed");
                return;
            }
        }
        std::fs::write(&file, bytes).expect("it can be written");
    }
}

/// All snapshots of a service's folder.
fn snapshots(folder: &Path) -> Vec<PathBuf> {
    let within = |folder: &Path| -> Vec<PathBuf> {
        let listing =
            std::fs::read_dir(folder).map(|all| all.flatten().map(|e| e.path()).collect());
        let mut all: Vec<PathBuf> = listing.unwrap_or_default();
        all.sort();
        all
    };
    let all = within(folder).into_iter().flat_map(|partition| within(&partition));
    all.filter(|file| file.extension().is_some_and(|e| e == "snap")).collect()
}
