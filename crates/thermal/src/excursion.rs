//! Stretches beyond a limit, put together to excursions. One begins beyond the limit and ends where it counts as back,
//! a hysteresis inside of it; only minutes beyond the limit count. "Further out" is warmer here: what is too cold comes
//! mirrored.

use crate::coverage::{HeldReading, UNKNOWN};
use crate::trust::ReadingTrust;
use alloc::vec::Vec;
use facts::{Message, Moment, Severity, Span, say};

facts::messages! {
    "thermal/excursion":
    AFTERWARDS "afterwards" =
        "{said}, after the watch over the goods had ended or the probe had left them";
    FAULT_CODE "fault-code" = "and that is the code of a fault";
    DOUBTED "doubted" = "and it is unfit or another probe contradicts it";
}

/// From the first reading beyond a limit until it is known to be back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excursion {
    /// Its first reading beyond the limit.
    pub from: Moment,
    /// As far as it is known to go on.
    pub until: Moment,
    /// Whether it goes on as far as anybody knows.
    pub open: bool,
    /// Until when what another probe says belongs to it.
    awaited: Moment,
    /// Its stretches in order, those between the limit and where it counts as back, too.
    pub held: Vec<HeldReading>,
}

impl Excursion {
    fn of(first: HeldReading) -> Self {
        let (from, until, open, awaited) = (first.from, first.until, first.latest, first.awaited);
        Self { from, until, open, awaited, held: Vec::from([first]) }
    }
    fn join(&mut self, held: HeldReading) {
        self.until = self.until.max(held.until);
        self.open |= held.latest;
        self.awaited = self.awaited.max(held.awaited);
        self.held.push(held);
    }
    /// When it was over.
    pub fn end(&self) -> Option<Moment> {
        (!self.open).then_some(self.until)
    }
    /// Its stretches beyond a limit for which a probe vouches.
    pub fn beyond(&self, limit: i32) -> impl Iterator<Item = &HeldReading> {
        self.held.iter().filter(move |held| held.milli != UNKNOWN && held.milli > limit)
    }
    /// Whether nothing of it is of the goods: all of it was measured after the watch over them had ended.
    pub fn is_late(&self, limit: i32) -> bool {
        self.beyond(limit).all(|held| held.late)
    }
    /// Without what was measured after the watch had ended, where something was before that.
    fn of_the_goods(mut self, limit: i32) -> Self {
        let late = |held: &HeldReading| held.late;
        if self.held.iter().any(late) && !self.is_late(limit) {
            self.held.retain(|held| !held.late);
            let ends = self.held.iter().map(|held| held.until);
            self.until = ends.max().unwrap_or(self.until);
            self.open = self.held.iter().any(|held| held.latest);
        }
        self
    }
    /// How far out it went.
    pub fn peak(&self) -> i32 {
        self.held.iter().map(|held| held.milli).max().unwrap_or(UNKNOWN)
    }
    /// How long it is known to have been beyond a limit, a minute once.
    pub fn lasted(&self, limit: i32) -> Span {
        Minutes::default().and(self.beyond(limit)).sum
    }
    /// How much of it nobody vouches for.
    pub fn unknown(&self) -> Span {
        (self.until - self.from) - self.lasted(UNKNOWN)
    }
    /// Whether another one was at the same time.
    pub fn meets(&self, other: &Self) -> bool {
        let end = |one: &Self| one.end().unwrap_or(Moment::LATEST);
        self.from <= end(other) && other.from <= end(self)
    }

    /// Cut at moments: what is beyond the limit by a reading after one of them is an excursion of its own.
    pub fn cut(self, at: &[Moment], limit: i32) -> Vec<Self> {
        let Some(cut) = at.iter().copied().filter(|at| self.from <= *at).min() else {
            return Vec::from([self]);
        };
        let (before, after): (Vec<HeldReading>, Vec<HeldReading>) =
            self.held.iter().copied().partition(|held| held.from <= cut);
        let after = excursions(after, limit);
        if after.is_empty() {
            return Vec::from([self]);
        }
        let first = Self { until: self.until.min(cut), open: false, held: before, ..self };
        let later: Vec<Moment> = at.iter().copied().filter(|at| *at > cut).collect();
        let after = after.into_iter().flat_map(|one| one.cut(&later, limit));
        core::iter::once(first).chain(after).collect()
    }
}

/// A sum of minutes, each of them once, of stretches in the order of their beginnings.
#[derive(Debug, Clone, Copy)]
pub struct Minutes {
    /// The sum.
    pub sum: Span,
    covered: Moment,
}

impl Default for Minutes {
    fn default() -> Self {
        Self { sum: Span::ZERO, covered: Moment::EARLIEST }
    }
}

impl Minutes {
    /// With these, too.
    pub fn and<'a>(mut self, held: impl Iterator<Item = &'a HeldReading>) -> Self {
        for stretch in held {
            let from = stretch.from.max(self.covered);
            if stretch.until > from {
                self.sum += stretch.until - from;
                self.covered = stretch.until;
            }
        }
        self
    }
}

/// Excursions beyond a limit, of stretches that lie beyond where it counts as back, in the order of their beginnings.
/// What only bridges a hole begins none.
pub fn excursions(held: impl IntoIterator<Item = HeldReading>, limit: i32) -> Vec<Excursion> {
    let mut all: Vec<Excursion> = Vec::new();
    for stretch in held {
        match all.last_mut() {
            Some(last) if stretch.from <= last.awaited => last.join(stretch),
            _ if stretch.milli != UNKNOWN && stretch.milli > limit => {
                all.push(Excursion::of(stretch))
            }
            _ => {}
        }
    }
    all.into_iter().map(|one| one.of_the_goods(limit)).collect()
}

/// What is said of an excursion of which nothing was of the goods. It was told, and stays so: people were called.
pub fn afterwards(message: Message) -> Message {
    say!(AFTERWARDS, message)
}

/// What a limit allows.
#[derive(Debug, Clone, Copy)]
pub struct ExcursionLimit {
    /// Beyond this.
    pub at: i32,
    /// For longer than this at a time; `0 min` = any reading.
    pub grace: Span,
    /// How bad that is.
    pub severity: Severity,
    /// For so long in all, and how bad that is.
    pub in_all: Option<(Span, Severity)>,
    /// Whether a single reading that another probe contradicts is told at once.
    pub tells_alone: bool,
}

/// An excursion that is longer than a limit allows.
#[derive(Debug)]
pub struct Exceeded {
    /// The excursion.
    pub excursion: Excursion,
    /// How bad it is.
    pub severity: Severity,
    /// Whether only what cannot be relied on says so.
    pub doubtful: bool,
}

/// The excursions of these stretches that are longer than a limit allows.
pub fn exceeded(held: &[HeldReading], limit: &ExcursionLimit) -> Vec<Exceeded> {
    let mut found: Vec<Exceeded> = Vec::new();
    let mut total = Span::ZERO;
    let sure = held.iter().copied().filter(|held| held.trust.counts());
    for excursion in excursions(sure, limit.at) {
        let lasted = excursion.lasted(limit.at);
        let before = total;
        total += lasted;
        let spent = limit.in_all.filter(|(most, _)| total >= *most).map(|(_, worse)| worse);
        if excursion.is_late(limit.at) {
            total = before; // what is not of the goods adds nothing to what is
        }
        let over = lasted > limit.grace || limit.grace == Span::ZERO;
        let severity = spent.into_iter().chain(over.then_some(limit.severity)).min();
        let found_it = severity.map(|severity| Exceeded { excursion, severity, doubtful: false });
        found.extend(found_it);
    }
    let sure = found.len();
    let mut total = Span::ZERO;
    for excursion in excursions(held.iter().copied(), limit.at) {
        let lasted = excursion.lasted(limit.at);
        let before = total;
        total += lasted;
        let says = |trust: ReadingTrust| excursion.beyond(limit.at).any(|held| held.trust == trust);
        let leap =
            says(ReadingTrust::FaultCode) || (limit.tells_alone && says(ReadingTrust::Alone));
        let over = lasted > limit.grace || limit.grace == Span::ZERO;
        let spent = limit.in_all.is_some_and(|(most, _)| total >= most);
        if excursion.is_late(limit.at) {
            total = before;
        }
        let doubted = excursion.beyond(limit.at).any(|held| !held.trust.counts());
        let told = found.iter().take(sure).any(|one| one.excursion.meets(&excursion));
        if doubted && !told && (leap || over || spent) {
            // Nobody is woken at the worst for what may be a broken cable, and somebody is.
            let least = if leap { Severity::P2 } else { Severity::P4 };
            let severity = limit.severity.max(Severity::P2).min(least);
            found.push(Exceeded { excursion, severity, doubtful: true });
        }
    }
    found.sort_by_key(|one| one.excursion.from);
    found
}

/// Why what is said of an excursion cannot be relied on, and whether the figure is a temperature at all.
pub fn doubt(excursion: &Excursion, limit: i32) -> Message {
    let code = excursion.beyond(limit).any(|held| held.trust == ReadingTrust::FaultCode);
    if code { say!(FAULT_CODE) } else { say!(DOUBTED) }
}
