#![doc = include_str!("not_valid_at_act.md")]

use super::{ACTS, CORRECTED, PAPERS};
use crate::permit_history::{PermitHistory, PermitsKnown, Validity};
use alloc::{format, string::ToString, vec::Vec};
use facts::fact::shipment::{Act, Gated, Planned};
use facts::{
    Effects, Episode, Family, Hears, Message, Moment, PartyId, PermitId, Rule, RuleContext,
    RuleInfo, Severity, ShortText, Span, Verdict, say,
};
use serde::Deserialize;

facts::messages! {
    "permits/not-valid-at-act":
    NO_TIME "no-time" =
        "nobody knows when {waypoint} is reached, where {permit} must allow the {act}";
    NOT_KNOWN "not-known" = "nothing is known of {permit}, which must allow the {act} at {at}";
    VOID "void" = "{permit} is suspended or revoked, and must allow the {act} at {at}";
    VOID_FROM "void-from" =
        "{permit} is suspended or revoked from {from} on, and must allow the {act} at {at}";
    TOO_EARLY "too-early" = "{permit} allows the {act} only from {from}, and it is at {at}";
    TOO_LATE "too-late" =
        "{permit} allows the {act} until {until}, and it is {late} after that, at {at}";
    CLOSE "close" =
        "{permit} allows the {act} until {until}, only {slack} after it is expected at {at}";
    PERHAPS "perhaps" = "{wrong}, if {by} belongs to the consignee, which nobody has said";
    DEPARTURE "departure" = "departure";
    IMPORT "import" = "import";
    RECEIPT "receipt" = "receipt";
}

/// A permit does not cover the moment of the act that it gates.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotValidAtAct {
    slack: Span,
    near: Span,
}

/// How it stood with one act during one state of knowledge.
struct Status {
    since: Moment,
    severity: Severity,
    verdict: Verdict,
    message: Message,
    /// The act is over: nothing that comes later heals it.
    done: bool,
}

/// One act that a permit gates, followed through the states of knowledge.
struct Followed {
    /// What findings about it are about.
    about: ShortText,
    gated: Gated,
    /// It has been done while a plan said that this permit gates it: no later plan changes that.
    done: bool,
    open: Option<Open>,
}

/// A finding that goes on at this state of knowledge.
struct Open {
    episode: Episode,
    /// When the state of knowledge in which it began was learnt.
    learnt: Moment,
    /// Nothing but not knowing has been said in it: an absence, so facts that race get their time.
    unknown: bool,
    /// It began with what was said of the permit before it comes: another word may race with that one.
    ahead: bool,
}

impl Rule for NotValidAtAct {
    type Memory = PermitHistory;
    const INFO: RuleInfo = RuleInfo {
        name: "permits/not-valid-at-act",
        code: "PRM-02",
        family: Family::Permits,
        effects: Effects::NONE,
        hears: Hears::Only(&[CORRECTED, PAPERS, ACTS]),
        messages: &[MESSAGES],
        page: include_str!("not_valid_at_act.md"),
    };

    fn judge(&self, papers: &PermitHistory, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        self.walk(papers, context.now, context.reference.settle, found);
        if let Some((cancelled, learnt)) = papers.cancelled() {
            self.stood(papers, cancelled, learnt, context.reference.settle, found);
        }
        found.sort_by_key(|episode| episode.since);
    }

    fn next_deadline(&self, papers: &PermitHistory, context: &RuleContext<'_>) -> Option<Moment> {
        let known = papers.known(context.now);
        let settle = context.reference.settle;
        let acts = known.plan().map(|plan| &plan.permits[..]).unwrap_or_default();
        let near = acts.iter().filter_map(|gated| Some(reference(&known, gated)? - self.near));
        let near: Vec<Moment> = near.collect();
        let begins = near.iter().map(|near| *near + Span::millis(1));
        let told = near.iter().copied().chain(papers.moments()).map(|moment| moment + settle);
        // What is dated ahead comes at its own time.
        let come = papers.moments();
        begins.chain(told).chain(come).filter(|moment| *moment > context.now).min()
    }
}

/// When the act comes near, counted from: its expected time, else the plan's departure, else when the goods left.
fn reference(known: &PermitsKnown<'_>, gated: &Gated) -> Option<Moment> {
    let departs = || known.plan().and_then(|plan| plan.legs.first()).map(|leg| leg.departs);
    known.expected(gated).or_else(departs).or_else(|| known.departed())
}

/// What it is called in the names of what findings are about.
fn name(act: Act) -> &'static str {
    match act {
        Act::Departure => "departure",
        Act::Import => "import",
        Act::Receipt => "receipt",
    }
}

/// What it is called in a sentence.
fn spoken(act: Act) -> Message {
    match act {
        Act::Departure => say!(DEPARTURE),
        Act::Import => say!(IMPORT),
        Act::Receipt => say!(RECEIPT),
    }
}

fn same_act(a: &Gated, b: &Gated) -> bool {
    (&a.permit, a.act, &a.waypoint, &a.leg) == (&b.permit, b.act, &b.waypoint, &b.leg)
}

/// The acts of a plan, each once, and what findings about it are about: the permit and the act, and where a permit
/// gates an act at several places or on several legs, that one, too.
fn acts(plan: &Planned) -> Vec<(ShortText, &Gated)> {
    let mut all: Vec<&Gated> = Vec::new();
    for gated in &plan.permits {
        if !all.iter().any(|other| same_act(other, gated)) {
            all.push(gated);
        }
    }
    let about = |gated: &Gated| {
        let same = || all.iter().filter(|o| o.permit == gated.permit && o.act == gated.act);
        let places = same().any(|other| other.waypoint != gated.waypoint);
        let legs = same().any(|o| o.waypoint == gated.waypoint && o.leg != gated.leg);
        let mut about = format!("{}/{}", gated.permit, name(gated.act));
        if places {
            about = format!("{about}/{}", gated.waypoint);
        }
        if let (true, Some(leg)) = (legs, &gated.leg) {
            about = format!("{about}/{leg}");
        }
        ShortText::new(about)
    };
    all.iter().map(|gated| (about(gated), *gated)).collect()
}

impl Followed {
    /// What is true of it in this state of knowledge; what was true before and is not any more is over.
    fn take(
        &mut self,
        status: Option<Status>,
        known: &PermitsKnown<'_>,
        ahead: bool,
    ) -> Option<Open> {
        let mut over = None;
        let ends = |status: &Status| status.since > known.at;
        if status.as_ref().is_none_or(ends) {
            over = self.open.take().map(|open| open.until(known.at));
        }
        let Some(status) = status else { return over };
        let is_unknown = status.verdict == Verdict::Unknown;
        let was = self.open.take();
        let since = was.as_ref().map_or(status.since, |was| was.episode.since);
        let learnt = was.as_ref().map_or(known.learnt, |was| was.learnt);
        let unknown = is_unknown && was.as_ref().is_none_or(|was| was.unknown);
        let ahead = was.map_or(ahead, |was| was.ahead);
        let mut episode = Episode::new(status.severity, since, status.message)
            .about(&*self.about)
            .evidence([known.offset])
            .reasoned();
        if is_unknown {
            episode = episode.unknown();
        } else if status.done {
            episode = episode.latched();
        }
        self.open = Some(Open { episode, learnt, unknown, ahead });
        over
    }
}

impl Open {
    /// It is over.
    fn until(self, at: Moment) -> Self {
        let episode = Episode { latched: false, ..self.episode }.until(Some(at));
        Self { episode, ..self }
    }

    /// Not knowing is said once facts that race have had their time, and was never so if it lasted no longer.
    fn told(self, corrected: Moment, now: Moment, settle: Span) -> Option<Episode> {
        let Episode { since, until, .. } = self.episode;
        let settled = now >= since.max(self.learnt).max(corrected) + settle;
        let raced = until.is_some_and(|until| until - since <= settle);
        let waits = self.ahead && now < since + settle;
        (!waits && (!self.unknown || (settled && !raced))).then_some(self.episode)
    }
}

impl NotValidAtAct {
    /// What stood when the cancellation was learnt is over with it, and what was over by then stays as it was: it was no
    /// mistake to say it. What is learnt afterwards may take it back and adds nothing.
    fn stood(
        &self,
        papers: &PermitHistory,
        cancelled: Moment,
        learnt: Moment,
        settle: Span,
        found: &mut Vec<Episode>,
    ) {
        let (mut said, mut stood) = (Vec::new(), Vec::new());
        self.walk(&papers.as_if_not_cancelled(learnt, learnt), learnt, settle, &mut said);
        self.walk(&papers.as_if_not_cancelled(learnt, Moment::LATEST), learnt, settle, &mut stood);
        for episode in stood {
            let same = |other: &Episode| {
                let end = |e: &Episode| e.until.unwrap_or(Moment::LATEST);
                let meet = other.since <= end(&episode) && episode.since <= end(other);
                other.about == episode.about && meet
            };
            if found.iter().any(same) || !said.iter().any(same) {
                continue;
            }
            let end = episode.until.unwrap_or(cancelled.max(episode.since));
            found.push(Episode { latched: false, ..episode }.until(Some(end)));
        }
    }

    /// Follows each act through the states of knowledge.
    fn walk(&self, papers: &PermitHistory, now: Moment, settle: Span, found: &mut Vec<Episode>) {
        let steps = papers.history(now, settle);
        let mut followed: Vec<Followed> = Vec::new();
        let mut over: Vec<Open> = Vec::new();
        for (n, known) in steps.iter().enumerate() {
            let ahead = papers.is_said_ahead(known.at);
            // A state of knowledge lasts until the next fact; only the last one lasts until now.
            let until = steps.get(n + 1).map_or(now, |next| next.at);
            let plan = known.plan();
            let planned = plan.map(acts).unwrap_or_default();
            for (about, gated) in &planned {
                follow(&mut followed, about, gated);
            }
            for act in &mut followed {
                let is_planned = planned.iter().any(|(_, gated)| same_act(gated, &act.gated));
                act.done |= is_planned && !known.done(&act.gated).is_empty();
                let counts = is_planned || (act.done && !known.cancelled());
                let status = match counts {
                    true => self.status(known, &act.gated, until),
                    false => None,
                };
                over.extend(act.take(status, known, ahead));
            }
        }
        let open = followed.into_iter().filter_map(|act| act.open);
        let all = over.into_iter().chain(open);
        found.extend(all.filter_map(|open| open.told(papers.corrected(), now, settle)));
    }

    /// How it stands from this state of knowledge to the next; `until` is the end of that time.
    fn status(&self, known: &PermitsKnown<'_>, gated: &Gated, until: Moment) -> Option<Status> {
        let done = known.done(gated);
        if !done.is_empty() {
            return done_status(known, gated, &done);
        }
        let awaited = self.awaited(known, gated, until);
        let is_grave = awaited.as_ref().is_some_and(|status| status.severity <= Severity::P2);
        let doubtful = if is_grave { None } else { doubtful_status(known, gated) };
        doubtful.or(awaited)
    }

    /// How it stands with an act that has not been done, as far as anybody knows.
    fn awaited(&self, known: &PermitsKnown<'_>, gated: &Gated, until: Moment) -> Option<Status> {
        let (act, permit) = (gated.act, &gated.permit);
        let near = reference(known, gated).map(|act| act - self.near);
        let is_near = near.is_some_and(|near| until > near);
        let unknown = |message: Message| {
            is_near.then(|| Status {
                since: near.map_or(known.at, |near| near.max(known.at)),
                severity: Severity::P2,
                verdict: Verdict::Unknown,
                message,
                done: false,
            })
        };
        let Some(instant) = known.expected(gated) else {
            return unknown(say!(NO_TIME, gated.waypoint.as_str(), permit, spoken(act)));
        };
        let validity = known.validity(permit, instant);
        if validity == Validity::Unknown {
            return unknown(not_known(permit, act, instant));
        }
        let violated = |severity, message| {
            let (since, verdict, done) = (known.at, Verdict::Violated, false);
            Some(Status { since, severity, verdict, message, done })
        };
        if let Some(message) = outside(validity, permit, act, instant) {
            let close = known.departed().is_some() || is_near;
            return violated(if close { Severity::P1 } else { Severity::P2 }, message);
        }
        match validity {
            Validity::Between(_, end) if end - instant < self.slack => violated(
                Severity::P3,
                say!(CLOSE, permit, spoken(act), end, end - instant, instant),
            ),
            _ => None,
        }
    }
}

/// Follows an act of the plan: as the one that it was in the plan before, by its place or by its name. What has been done
/// already keeps its name, so that an act that was moved since is another one.
fn follow(followed: &mut Vec<Followed>, about: &ShortText, gated: &Gated) {
    if followed.iter().any(|act| same_act(&act.gated, gated)) {
        return;
    }
    if let Some(moved) = followed.iter_mut().find(|act| act.about == *about && !act.done) {
        moved.gated = gated.clone();
        return;
    }
    let taken = followed.iter().any(|act| act.about == *about);
    let leg = gated.leg.as_ref().map(ToString::to_string).unwrap_or_default();
    let about = match taken {
        true => ShortText::new(format!("{about}/{}/{leg}", gated.waypoint)),
        false => about.clone(),
    };
    followed.push(Followed { about, gated: gated.clone(), done: false, open: None });
}

/// An act that was done: at each of its moments the permit had to hold.
fn done_status(known: &PermitsKnown<'_>, gated: &Gated, done: &[Moment]) -> Option<Status> {
    let (act, permit) = (gated.act, &gated.permit);
    let status = |severity, verdict, message| {
        Some(Status { since: known.at, severity, verdict, message, done: true })
    };
    let at = |instant: &Moment| (known.validity_at(permit, *instant), *instant);
    let outside = |(validity, instant)| outside(validity, permit, act, instant);
    if let Some(message) = done.iter().map(at).find_map(outside) {
        return status(Severity::P1, Verdict::Violated, message);
    }
    let unknown = done.iter().map(at).find(|(validity, _)| *validity == Validity::Unknown);
    let (_, instant) = unknown?;
    status(Severity::P2, Verdict::Unknown, not_known(permit, act, instant))
}

/// The goods were taken in while the permit did not hold, by somebody of whom nobody knows whether that was the receipt.
fn doubtful_status(known: &PermitsKnown<'_>, gated: &Gated) -> Option<Status> {
    let (act, permit) = (gated.act, &gated.permit);
    let wrong = |(at, by): (Moment, &PartyId)| {
        let validity = known.validity_at(permit, at);
        let unknown = (validity == Validity::Unknown).then(|| not_known(permit, act, at));
        let wrong = outside(validity, permit, act, at).or(unknown)?;
        Some(say!(PERHAPS, wrong, by))
    };
    let message = known.may_be_done(gated).into_iter().find_map(wrong)?;
    let (since, severity, verdict) = (known.at, Severity::P2, Verdict::Unknown);
    Some(Status { since, severity, verdict, message, done: true })
}

fn not_known(permit: &PermitId, act: Act, instant: Moment) -> Message {
    say!(NOT_KNOWN, permit, spoken(act), instant)
}

/// Why the permit does not cover that moment, where it is known that it does not.
fn outside(validity: Validity, permit: &PermitId, act: Act, instant: Moment) -> Option<Message> {
    match validity {
        Validity::Void(None) => Some(say!(VOID, permit, spoken(act), instant)),
        Validity::Void(Some(from)) => Some(say!(VOID_FROM, permit, from, spoken(act), instant)),
        Validity::Between(from, _) if instant < from => {
            Some(say!(TOO_EARLY, permit, spoken(act), from, instant))
        }
        Validity::Between(_, end) if instant > end => {
            Some(say!(TOO_LATE, permit, spoken(act), end, instant - end, instant))
        }
        Validity::Between(..) | Validity::Unknown => None,
    }
}
