//! How often each fault really happened: a run in which one never did has shown nothing about it.

use std::ops::AddAssign;
use stream::Happened;
use stream::processor::ServiceStatus;

macro_rules! counts {
    ($($name:ident: $says:literal),* $(,)?) => {
        /// Counts.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub(crate) struct Coverage { $(pub(crate) $name: u64,)* }

        impl Coverage {
            /// Each with its words.
            pub(crate) fn lines(&self) -> Vec<(&'static str, u64)> {
                vec![$(($says, self.$name),)*]
            }
        }

        impl AddAssign for Coverage {
            fn add_assign(&mut self, other: Self) {
                $(self.$name += other.$name;)*
            }
        }
    };
}

counts! {
    crashes: "processes killed between two steps",
    crashes_inside: "processes killed inside of a call",
    lost: "writes that failed while later ones landed",
    ambiguous: "writes that landed and were said to have failed",
    late: "writes said to have failed that landed later",
    doubled: "writes that landed twice",
    stuck: "times at which writes to one partition stood still while others landed",
    ghosts: "writes of dead processes that landed",
    zombie_writes: "writes of processes that had lost their partition",
    commits_unsure: "commits that were done and said to have failed",
    commits_refused: "commits of processes that had lost their partition",
    unreached: "calls that found the broker gone",
    paused: "processes that stood still",
    given_up: "members given up that heard of it later",
    scattered: "times at which all members lost everything",
    seconds: "second processes that came and went in order",
    takeovers: "partitions that another process took over",
    lives: "lives begun",
    failed: "lives that ended by an error",
    repeated: "repeats dropped",
    unlinked: "records dropped behind a hole",
    snapshots_used: "snapshots that a life began with",
    snapshots_refused: "snapshots passed over",
    snapshots_failed: "snapshots that could not be written",
    damaged: "snapshots torn, flipped or lost",
    foreign: "snapshots of another log laid out",
    wrong_clocks: "clocks set wrong by hours",
    strokes_refused: "strokes refused because clocks differ",
    books: "rulebooks published under traffic",
    behaviours: "behaviours switched under traffic, forth or back",
    upgraded: "processes that went on with the next release",
    rolled_back: "processes that went on with the release before",
    too_old: "processes of the release before that refused the behaviour of the log",
    by_next: "findings told by the next behaviour",
    idle: "partitions of the journal without a shipment",
    states: "states compared with a refold",
    findings: "findings told",
    incidents: "incidents told",
    refusals: "logs refused by name",
    trimmed: "logs whose facts were trimmed, and gone on with",
    hurried: "rounds that had to be ended in calm",
    steps: "steps",
}

impl Coverage {
    /// What a process's watch has seen.
    pub(crate) fn watch(&mut self, seen: &ServiceStatus) {
        self.lives += seen.starts;
        self.failed += seen.failed;
        self.snapshots_used += seen.snapshots_used;
        self.snapshots_refused += seen.snapshots_refused;
        self.snapshots_failed += seen.snapshots_failed;
        self.strokes_refused += seen.ticks_refused;
    }

    /// What the log in memory has done.
    pub(crate) fn log(&mut self, happened: &Happened) {
        let Happened { lost, ambiguous, late, doubled, scattered, given_up } = *happened;
        (self.lost, self.ambiguous, self.late) = (lost, ambiguous, late);
        (self.doubled, self.scattered, self.given_up) = (doubled, scattered, given_up);
    }

    /// What never happened. Whether a round has to be ended in calm is no fault of ours.
    pub(crate) fn absent(&self) -> Vec<&'static str> {
        let may_be = "rounds that had to be ended in calm";
        self.lines()
            .into_iter()
            .filter(|(says, n)| *n == 0 && *says != may_be)
            .map(|l| l.0)
            .collect()
    }
}
