//! Several reasons for one alarm, each with its own bounds, become one episode.

use alloc::vec::Vec;
use facts::{Argument, Episode, Figures, Finding, Message, Moment, Severity, Template, Verdict};

/// One reason.
#[derive(Debug, Clone)]
pub(crate) struct Reason {
    pub(crate) from: Moment,
    /// `None` while it goes on.
    pub(crate) until: Option<Moment>,
    pub(crate) severity: Severity,
    pub(crate) verdict: Verdict,
    pub(crate) words: Message,
    /// Where in the journal the facts stand that it rests on.
    pub(crate) evidence: Vec<u64>,
    /// What was measured, where it was.
    pub(crate) figures: Option<Figures>,
}

impl Reason {
    /// A violation that goes on; the rest is set by what follows.
    pub(crate) fn new(severity: Severity, from: Moment, words: Message) -> Self {
        let (verdict, evidence) = (Verdict::Violated, Vec::new());
        Self { from, until: None, severity, verdict, words, evidence, figures: None }
    }
    /// Its end.
    pub(crate) fn until(mut self, until: Option<Moment>) -> Self {
        self.until = until;
        self
    }
    /// How sure.
    pub(crate) fn verdict(mut self, verdict: Verdict) -> Self {
        self.verdict = verdict;
        self
    }
    /// The finding that it rests on.
    pub(crate) fn resting_on(mut self, finding: &Finding) -> Self {
        self.evidence.clone_from(&finding.evidence);
        self.figures = finding.figures;
        self.verdict = finding.verdict;
        self
    }
}

/// How an alarm begins to speak, and after what it is too late.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
    /// The words of the whole, whose last argument is the list of reasons.
    pub(crate) template: Template,
    /// The other arguments.
    pub(crate) arguments: Vec<Argument>,
    /// After this it cannot be undone.
    pub(crate) deadline: Option<Moment>,
}

impl Opening {
    fn message(&self, reasons: impl Iterator<Item = Message>) -> Message {
        let mut arguments = self.arguments.clone();
        arguments.push(Argument::sentences(reasons));
        self.template.with(arguments)
    }
}

/// Keeps of a reason what lies between two moments.
pub(crate) fn cut(mut reason: Reason, from: Moment, until: Option<Moment>) -> Option<Reason> {
    reason.from = reason.from.max(from);
    reason.until = reason.until.into_iter().chain(until).min();
    reason.until.is_none_or(|until| reason.from < until).then_some(reason)
}

/// Reasons that touch are one episode: as bad as the worst, said in the words of the worst first.
pub(crate) fn merge(mut reasons: Vec<Reason>, opening: &Opening) -> Vec<Episode> {
    reasons.sort_by_key(|reason| reason.from);
    let mut groups: Vec<(Option<Moment>, Vec<Reason>)> = Vec::new();
    for reason in reasons {
        match groups.last_mut() {
            Some((until, group)) if until.is_none_or(|until| reason.from <= until) => {
                *until = until.and_then(|until| Some(until.max(reason.until?)));
                group.push(reason);
            }
            _ => groups.push((reason.until, alloc::vec![reason])),
        }
    }
    groups.into_iter().filter_map(|(until, group)| episode(until, group, opening)).collect()
}

fn episode(until: Option<Moment>, mut group: Vec<Reason>, opening: &Opening) -> Option<Episode> {
    let from = group.first()?.from;
    group.sort_by_key(|r| (r.until.is_some(), r.severity, r.verdict, r.from));
    // The worst is looked for among what goes on, if anything does.
    let rank = |r: &&Reason| (until.is_none() && r.until.is_some(), r.severity, r.verdict);
    let worst = group.iter().min_by_key(rank)?;
    let told = group.iter().filter(|r| r.until.is_some() == worst.until.is_some());
    let mut words: Vec<&Message> = Vec::new();
    for reason in told.clone() {
        if !words.contains(&&reason.words) {
            words.push(&reason.words);
        }
    }
    let message = opening.message(words.into_iter().cloned());
    let mut evidence: Vec<u64> = group.iter().flat_map(|reason| reason.evidence.clone()).collect();
    evidence.sort_unstable();
    evidence.dedup();
    let mut episode = Episode::new(worst.severity, from, message).until(until).evidence(evidence);
    episode.figures = told.filter_map(|reason| reason.figures).max_by_key(Figures::distance);
    let episode = episode.deadline(opening.deadline);
    Some(if worst.verdict == Verdict::Unknown { episode.unknown() } else { episode })
}
