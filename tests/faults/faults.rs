//! What goes wrong in a seed, and how often. Each kind is on in about two seeds of three, so that each is also absent.

use fastrand::Rng;
use stream::Faults;

/// Rates are in ten thousand steps, unless they say otherwise.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Plan {
    /// A process is killed between two steps.
    pub(crate) crash: u32,
    /// A process is killed inside of a call to the log, before or after it was done; in ten thousand calls.
    pub(crate) crash_inside: u32,
    /// What happens to writes, in a thousand of them.
    pub(crate) writes: Faults,
    /// How much longer writes and answers take than turns: of so many steps one goes on with them.
    pub(crate) slow: u32,
    /// What one process writes to one partition stands still, while the rest goes on.
    pub(crate) stuck: u32,
    /// A commit is done, and said to have failed; in a thousand commits.
    pub(crate) commit_unsure: u32,
    /// A process stands still.
    pub(crate) pause: u32,
    /// A member is given up, and goes on until it hears of it.
    pub(crate) give_up: u32,
    /// All members lose everything at once.
    pub(crate) scatter: u32,
    /// How many processes in a hundred start with the release before.
    pub(crate) first: u32,
    /// A process stops in order and starts again with the other release.
    pub(crate) roll: u32,
    /// A second process of a service comes, or goes.
    pub(crate) second: u32,
    /// Nobody reaches the log for a while.
    pub(crate) outage: u32,
    /// A process's clock is wrong by hours for a while.
    pub(crate) clock: u32,
    /// No snapshot can be written for a while.
    pub(crate) disk: u32,
    /// A snapshot is torn, flipped, lost, or one of another log lies there.
    pub(crate) damage: u32,
}

impl Plan {
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        let writes = Faults {
            seed: rng.u64(..),
            lost: some(rng, 1, 8),
            ambiguous: some(rng, 1, 8),
            late: some(rng, 1, 8),
            doubled: some(rng, 1, 25),
            scattered: 0,
        };
        Self {
            crash: some(rng, 3, 25),
            crash_inside: some(rng, 2, 25),
            writes,
            slow: rng.u32(1..5),
            stuck: some(rng, 5, 60),
            commit_unsure: some(rng, 3, 30),
            pause: some(rng, 3, 15),
            give_up: some(rng, 5, 30),
            scatter: some(rng, 1, 3),
            second: some(rng, 8, 30),
            first: some(rng, 10, 70),
            roll: some(rng, 2, 15),
            outage: some(rng, 2, 8),
            clock: some(rng, 3, 15),
            disk: some(rng, 3, 15),
            damage: some(rng, 5, 50),
        }
    }
}

fn some(rng: &mut Rng, least: u32, most: u32) -> u32 {
    if rng.u8(..3) == 0 { 0 } else { rng.u32(least..=most) }
}
