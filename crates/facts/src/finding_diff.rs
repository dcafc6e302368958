//! What we have said, and the difference to what is true now.
//!
//! New, worse and over is said at once. All else (milder, other bounds, withdrawn) is held for `settle`
//! from the first judgement that would have said so, so that facts which race through different partitions
//! do not make an alarm flicker, and a file that is read in is told once and not reading by reading.
//!
//! What was measured of it goes on while it does: each degree, and the minutes whenever they have doubled or as much time
//! has gone by as was said; so that what a card shows is never far from what is true, and nobody reads it reading by reading. That
//! is no news that wakes anybody. When it is over they are exact.
//!
//! What is no longer true is taken back, and only evidence takes back: a reading, a hand-over, a correction. An act that
//! ends the watch (a cancellation, an unpacking) and is learnt after the alarm does not make the alarm unsaid: people were
//! called, and somebody may have dated the act as it suits. Such an alarm is *cleared*, where it began, and stays so. An act
//! that comes within `settle` of the alarm races with it: had it come first, nothing would have been said.

use crate::finding::{Figures, Finding, Name, Precedence, Severity, State};
use crate::id::{ShipmentId, ShortText};
use crate::message::Templates;
use crate::moment::{Moment, Span};
use crate::rule::Episode;
use crate::rule_info::RuleInfo;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// Everything said about one shipment by one engine and not taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingDiff {
    said: Vec<TrackedFinding>,
    /// Since when corrections have come one behind the other, each within the settling time of the one before.
    correcting: Option<Moment>,
    /// When what is held because of the first of them must be said.
    waits: Option<Moment>,
}

/// One finding as last said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct TrackedFinding {
    name: Name,
    episode: Episode,
    /// Since when a judgement has wanted to shrink or withdraw it.
    held: Option<Moment>,
    /// What it reaches over by now, where other bounds than those that were said are held.
    bounds: Option<(Moment, Moment)>,
    /// How an act that ended the watch took its ground away.
    ended: Ended,
    /// When it was first said, by log time.
    said: Moment,
    /// When it was said, while facts that race may still complete its figures.
    fresh: Option<Moment>,
    /// What was measured, where something was.
    measured: Option<Measured>,
}

/// Whether an act ended the watch before the onset of what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
enum Ended {
    /// Its ground stands, as far as anybody knows.
    #[default]
    Not,
    /// No: evidence took its ground away, and an act that comes while that is held changes nothing.
    Untrue,
    /// It did, and what races with it may still show otherwise.
    Held,
    /// It did, and that has been said.
    Said,
}

/// What was measured of it: how far out of range it has been, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Measured {
    /// As it was said last.
    said: Figures,
    /// When that was, by log time.
    at: Moment,
    /// As it is by now.
    now: Figures,
    /// Whether the sentence that was said is no longer what is true.
    stale: bool,
    /// Whether what is latched is back within its limits: its figures grow no more.
    back: bool,
}

/// A peak that has moved by this much is told, in thousandths of a degree: what a card shows is what people decide by.
const PEAK_TOLD_EVERY: i32 = 1_000;

/// Minutes that have grown are told after this at the earliest: a quarter of an hour more or less changes nobody's mind.
const MINUTES_TOLD_AFTER: Span = Span::minutes(15);

impl Measured {
    fn of(episode: &Episode, at: Moment) -> Option<Self> {
        let (said, back) = (episode.figures?, episode.back.is_some());
        Some(Self { said, at, now: said, stale: false, back })
    }
    /// The same, as an episode that was not said has it, beside the one that was.
    fn moved(self, said: &Episode, episode: &Episode) -> Self {
        let now = episode.figures.unwrap_or(self.now);
        let stale = said.message != episode.message;
        Self { now, stale, back: episode.back.is_some(), ..self }
    }
    /// When people must be told of what it is by now, where the sentence that they have says something else: soon where it is
    /// much worse, or over; else once as much time has gone by as was said that it had lasted.
    fn untold(self, settle: Span) -> Option<Moment> {
        let Self { said, now, .. } = self;
        let moved = now.peak.milli().saturating_sub(said.peak.milli()).saturating_abs();
        // A correction may have halved them, too.
        let (less, more) = (now.lasted.min(said.lasted), now.lasted.max(said.lasted));
        let doubled = more - less >= MINUTES_TOLD_AFTER.max(less);
        let much = moved >= PEAK_TOLD_EVERY || now.limit != said.limit || doubled || self.back;
        let after = if much { Span::ZERO } else { MINUTES_TOLD_AFTER.max(said.lasted) };
        // What is measured at that moment is in by then.
        self.stale.then_some(self.at + after + settle)
    }
}

/// In whose name, and when, something is said.
#[derive(Debug)]
pub struct DiffContext<'a> {
    /// The rule.
    pub rule: &'a str,
    /// Its code.
    pub code: &'a str,
    /// Its page's first action.
    pub action: &'a str,
    /// From which severity on its findings compromise the goods.
    pub compromises: Option<Severity>,
    /// Which of several that are equally bad people must read first.
    pub precedence: Precedence,
    /// The words of what is said.
    pub templates: Templates<'a>,
    /// Whose.
    pub shipment: &'a ShipmentId,
    /// The entry that is judged.
    pub offset: u64,
    /// The first free index of that entry.
    pub index: u32,
    /// Log time.
    pub now: Moment,
    /// How long what can only shrink is held.
    pub settle: Span,
    /// Whether what vanishes is superseded by other rules.
    pub rejudged: bool,
    /// Whether something was declared wrong a moment before: what is new because of that is said when what replaces it has
    /// had its time.
    pub replaced: bool,
    /// Whether the entry is an act that ends the watch: what vanishes with it is over, and not untrue.
    pub ends_the_watch: bool,
    /// The rulebook's hash.
    pub rulebook: &'a ShortText,
    /// The behaviour number.
    pub behaviour: u32,
}

impl DiffContext<'_> {
    fn finding(&self, name: Name, state: State, episode: &Episode) -> Finding {
        Finding {
            name,
            code: ShortText::new(self.code),
            shipment: self.shipment.clone(),
            state,
            severity: episode.severity,
            verdict: episode.verdict,
            latched: episode.latched,
            happened: episode.since,
            until: episode.until,
            learnt: self.now,
            message: episode.message.clone(),
            sentence: self.templates.render(&episode.message),
            evidence: episode.evidence.clone(),
            unknown: episode.unknown,
            deadline: episode.deadline,
            figures: episode.figures,
            compromises: self.compromises.is_some_and(|from| episode.severity <= from),
            precedence: self.precedence,
            action: ShortText::new(self.action),
            rulebook: self.rulebook.clone(),
            behaviour: self.behaviour,
        }
    }
}

impl FindingDiff {
    /// Holds what one rule now finds against what was said of it, and says what changed.
    pub fn amend(
        &mut self,
        context: &DiffContext<'_>,
        found: Vec<Episode>,
        say: &mut Vec<Finding>,
    ) {
        let mine = |tracked: &TrackedFinding| &*tracked.name.rule == context.rule;
        if found.is_empty() && !self.said.iter().any(mine) {
            return;
        }
        let mut rest = core::mem::take(&mut self.said);
        let mut old: Vec<TrackedFinding> = rest.extract_if(.., |tracked| mine(tracked)).collect();
        old.sort_by_key(|tracked| (tracked.name.offset, tracked.name.index));
        // A place whose line has found its episode is empty.
        let mut old: Vec<Option<TrackedFinding>> = old.into_iter().map(Some).collect();
        for episode in found {
            // In a merger the oldest name lives on; in a split the first part keeps it.
            let same = |l: &TrackedFinding| l.name.about == episode.about && l.overlaps(&episode);
            let exact = |l: &TrackedFinding| l.episode.since == episode.since && same(l);
            let one = |is: &dyn Fn(&TrackedFinding) -> bool| {
                old.iter().position(|l| l.as_ref().is_some_and(is))
            };
            let place = one(&exact).or_else(|| one(&same));
            let tracked = match place.and_then(|place| old[place].take()) {
                Some(tracked) => context.again(tracked, episode, say),
                None if episode.afterwards => continue,
                None if context.replaced && !context.rejudged => continue,
                None => context.first(episode, say),
            };
            rest.push(tracked);
        }
        for tracked in old.into_iter().flatten() {
            rest.extend(context.gone(tracked, say));
        }
        self.said = rest;
    }

    /// Takes back what rules said that are no longer on.
    pub fn keep_only<'v>(
        &mut self,
        context: &mut DiffContext<'v>,
        on: impl Fn(&str) -> bool,
        known: impl Fn(&str) -> Option<&'v RuleInfo>,
        say: &mut Vec<Finding>,
    ) {
        self.said.retain(|tracked| {
            let kept = on(&tracked.name.rule);
            if !kept {
                let info = known(&tracked.name.rule);
                context.code = info.map_or("", |info| info.code);
                context.action = info.map_or("", RuleInfo::first_action);
                say.push(context.finding(
                    tracked.name.clone(),
                    State::Superseded,
                    &tracked.episode,
                ));
            }
            kept
        });
    }

    /// Whether what is new must wait, because something was declared wrong a moment before and what replaces it may still
    /// come. However many corrections follow, it waits for the first one only.
    pub(crate) fn is_corrected(
        &mut self,
        corrected: Option<Moment>,
        now: Moment,
        settle: Span,
    ) -> bool {
        let fresh = corrected.is_some_and(|at| now < at + settle);
        self.correcting = if fresh { self.correcting.or(Some(now)) } else { None };
        let until = self.correcting.map(|since| since + settle);
        self.waits = until.filter(|until| now < *until);
        self.waits.is_some()
    }

    /// When the next thing that is held must be said.
    pub fn next_deadline(&self, settle: Span) -> Option<Moment> {
        let held = self
            .said
            .iter()
            .filter_map(|tracked| {
                // What is held is said with all that is true by then.
                let measured = tracked.measured.filter(|_| tracked.held.is_none());
                let untold = measured.and_then(|measured| measured.untold(settle));
                let held = [tracked.held, tracked.fresh].into_iter().flatten().min();
                held.map(|since| since + settle).into_iter().chain(untold).min()
            })
            .min();
        held.into_iter().chain(self.waits).min()
    }

    /// What stands, as (name, episode).
    pub fn standing(&self) -> impl Iterator<Item = (&Name, &Episode)> {
        self.said.iter().map(|tracked| (&tracked.name, &tracked.episode))
    }

    /// Whether nothing stands.
    pub fn is_empty(&self) -> bool {
        self.said.is_empty()
    }
}

impl TrackedFinding {
    /// Whether an episode shares a moment with what was said, or with what is true of it while other bounds are held: an
    /// act that ends the watch meanwhile ends what is true.
    fn overlaps(&self, episode: &Episode) -> bool {
        let (since, end) = bounds(episode);
        let mut mine = [bounds(&self.episode)].into_iter().chain(self.bounds);
        mine.any(|(from, until)| from <= end && since <= until)
    }
}

impl DiffContext<'_> {
    fn first(&self, episode: Episode, say: &mut Vec<Finding>) -> TrackedFinding {
        let said = u32::try_from(say.len()).unwrap_or(u32::MAX);
        let index = self.index.saturating_add(said);
        let (rule, about) = (ShortText::new(self.rule), episode.about.clone());
        let name = Name { rule, about, offset: self.offset, index };
        say.push(self.finding(name.clone(), State::Raised, &episode));
        let measured = Measured::of(&episode, self.now);
        let (held, bounds, ended, said) = (None, None, Ended::Not, self.now);
        TrackedFinding { name, episode, held, bounds, ended, said, fresh: Some(said), measured }
    }

    fn again(&self, was: TrackedFinding, now: Episode, say: &mut Vec<Finding>) -> TrackedFinding {
        let TrackedFinding { name, episode, held, said, fresh, measured, .. } = was;
        // Until when it reaches is no news, and says which of several this one is.
        let episode = Episode { back: now.back, ..episode };
        let measured = measured.map(|measured| measured.moved(&episode, &now));
        let measured = measured.or_else(|| Measured::of(&now, self.now));
        let untold = measured.and_then(|measured| measured.untold(self.settle));
        let new_figures = untold.is_some_and(|due| self.now >= due);
        // Milder, or the same with other bounds: what comes in one go is told when all of it is in.
        let weight = |e: &Episode| (e.severity, e.verdict, core::cmp::Reverse(e.latched));
        let no_worse = weight(&now) >= weight(&episode)
            && now.until.is_none() == episode.until.is_none()
            && differs(&episode, &now).is_some();
        if no_worse && !self.rejudged {
            let since = held.unwrap_or(self.now);
            if self.now < since + self.settle {
                let settled = fresh.is_some_and(|said| self.now >= said + self.settle);
                return TrackedFinding {
                    name,
                    episode,
                    held: Some(since),
                    bounds: Some(bounds(&now)),
                    ended: Ended::Not,
                    said,
                    fresh: fresh.filter(|_| !settled),
                    measured,
                };
            }
        }
        let settled = fresh.is_some_and(|said| self.now >= said + self.settle);
        let same_figures = (&episode.message, episode.unknown, episode.deadline)
            == (&now.message, now.unknown, now.deadline);
        let (bounds, ended) = (None, Ended::Not);
        let state = match differs(&episode, &now) {
            None if settled && !same_figures => State::Changed,
            None if new_figures => State::Changed,
            // What was said last stays beside what is true, so that the difference is not lost.
            None if settled => {
                return TrackedFinding {
                    name,
                    episode: now,
                    held: None,
                    bounds,
                    ended,
                    said,
                    fresh: None,
                    measured,
                };
            }
            None => {
                return TrackedFinding {
                    name,
                    episode,
                    held: None,
                    bounds,
                    ended,
                    said,
                    fresh,
                    measured,
                };
            }
            Some(state) => state,
        };
        say.push(self.finding(name.clone(), state, &now));
        let fresh = (!settled && state == State::Changed).then_some(self.now);
        let measured = Measured::of(&now, self.now);
        TrackedFinding { name, episode: now, held: None, bounds, ended, said, fresh, measured }
    }

    fn gone(&self, was: TrackedFinding, say: &mut Vec<Finding>) -> Option<TrackedFinding> {
        let ended = match was.ended {
            Ended::Said => return Some(was),
            Ended::Not if self.ends_the_watch && self.now >= was.said + self.settle => Ended::Held,
            Ended::Not => Ended::Untrue,
            ended => ended,
        };
        let since = was.held.unwrap_or(self.now);
        if !self.rejudged && self.now < since + self.settle {
            // It may come back while its figures are still being completed.
            let fresh = was.fresh.filter(|said| self.now < *said + self.settle);
            return Some(TrackedFinding { held: Some(since), ended, fresh, ..was });
        }
        if !self.rejudged && ended == Ended::Held {
            return Some(self.over(was, say));
        }
        let state = if self.rejudged { State::Superseded } else { State::Withdrawn };
        say.push(self.finding(was.name, state, &was.episode));
        None
    }

    /// The watch had ended before it began: it is over where it began.
    fn over(&self, was: TrackedFinding, say: &mut Vec<Finding>) -> TrackedFinding {
        let mut episode = was.episode.clone();
        if episode.until != Some(episode.since) {
            episode.until = Some(episode.since);
            say.push(self.finding(was.name.clone(), State::Cleared, &episode));
        }
        let (held, bounds, ended) = (None, None, Ended::Said);
        TrackedFinding { episode, held, bounds, ended, fresh: None, measured: None, ..was }
    }
}

/// What an episode reaches over. What is latched has no end, and reaches until it was back within its limits: so what was out
/// once and is out again is told as two, and a correction of the first does not hand its name to the second.
fn bounds(episode: &Episode) -> (Moment, Moment) {
    (episode.since, episode.until.or(episode.back).unwrap_or(Moment::LATEST))
}

/// Figures that grow while it goes on are no news of their own; when they are told, [`Measured`] says. A verdict, a severity, an end, a start is,
/// another reason, and any figure of one that is over.
fn differs(was: &Episode, now: &Episode) -> Option<State> {
    let weight = |e: &Episode| (e.severity, e.verdict, e.latched, e.since);
    if was.until.is_none() && now.until.is_some() {
        return Some(State::Cleared);
    }
    let over = (was.unknown, &was.message) == (now.unknown, &now.message);
    // Other words for the same figures are another reason, where a rule says so, and what goes on must be told as it is.
    let measured = (was.figures, was.unknown) != (now.figures, now.unknown);
    let words = !now.reasoned || measured || was.message == now.message;
    let as_said = if now.until.is_none() { words } else { over };
    let same = weight(was) == weight(now) && was.until == now.until && as_said;
    (!same).then_some(State::Changed)
}

/// The most severe of several.
pub fn worst(severities: impl IntoIterator<Item = Severity>) -> Option<Severity> {
    severities.into_iter().min()
}
