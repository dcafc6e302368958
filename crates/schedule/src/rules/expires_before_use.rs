#![doc = include_str!("expires_before_use.md")]

use super::{CORRECTED, ORDER};
use crate::schedule_state::ScheduleState;
use crate::shelf_life::{ShelfLife, Whereabouts};
use alloc::vec::Vec;
use facts::context::Class;
use facts::fact::shipment::Goods;
use facts::timeline::{ENDS, WHO_HAS_THEM};
use facts::{
    Argument, Effects, Episode, FactKind, Family, Hears, Message, Moment, PartyId, Rule,
    RuleContext, RuleInfo, Severity, Span, UnitId, Verdict, say,
};
use serde::Deserialize;

facts::messages! {
    "schedule/expires-before-use":
    CLOSE "close" =
        "they can be used at {use} at the earliest, only {slack} before they expire at {expires}";
    TOO_LATE "too-late" =
        "they can be used at {use} at the earliest, {late} after they expire at {expires}";
    NO_LONGER "no-longer" =
        "nobody has received them by {at}: whoever does so later can no longer use them before they expire at {expires}";
    NOT_RECEIVED "not-received" = "they expired at {expires}, and nobody has received them";
    TAKEN_LATE "taken-late" = "they expired at {expires}, and {by} took them in {late} after that";
    NOT_USED "not-used" =
        "they expired at {expires}, and were not infused, which is planned for {infusion}";
    NOT_ALL_USED "not-all-used" =
        "they expired at {expires}, and not all of them were infused, which is planned for {infusion}";
    NEEDED "needed" =
        "they expired at {expires}, conditioning has begun, and nobody has said when they are to be infused";
    SLOT_LATE "slot-late" = "they expired at {expires}, and their slot is only at {slot}";
    SOME_LATE "some-late" =
        "{units} expired at {expires}, and came {late} after that, at {at}";
    LEFT_OVER "left-over" = "they expired at {expires} in their store, and no infusion of them is planned";
    RECEIVED_LATE "received-late" =
        "they expired at {expires}, and were received {late} after that, at {at}";
    USED_LATE "used-late" =
        "they expired at {expires}, and were infused {late} after that, at {at}";
    PERHAPS_RECEIVED "perhaps-received" =
        "they expired at {expires}, and were received at {at} or before: nobody knows whether in time";
    PERHAPS_USED "perhaps-used" =
        "they expired at {expires}, and were infused at {at} or before: nobody knows whether in time";
    PERHAPS "perhaps" =
        "{wrong}, unless {by}, which has had them since {at}, belongs to the consignee, which nobody has said";
    NO_AGE "no-age" = "nobody has said when they expire, or from when on their age counts";
    NO_MAX_AGE "no-max-age" =
        "nobody has said when they expire, and {profile} does not say how old they may be";
    NO_TIME "no-time" = "they expire at {expires}, and nobody has said when they are expected";
}

/// The goods expire, or grow too old, before they can be used.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpiresBeforeUse {
    margin: Span,
    lead: Span,
    unsaid: Span,
}

/// A moment that changes the answer although nobody reports anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passing {
    /// Their age should be known by now.
    Age,
    /// The goods have left, and nobody has said when they are expected.
    Departure,
    /// Who receives them now can no longer use them in time.
    Lead,
    /// The goods have expired, and are not received, or lie in their store with no infusion planned.
    Expiry,
    /// The goods have expired in their store, and the patient needs them: an infusion is planned, or conditioning has begun.
    Use,
    /// The slot begins, and they have come.
    Slot,
}

impl Passing {
    /// Whether it rests on the same word that nobody has said: a receipt is missing before they expire and after.
    fn is_as(self, other: Self) -> bool {
        let receipt = |what| matches!(what, Self::Lead | Self::Expiry);
        self == other || (receipt(self) && receipt(other))
    }
}

/// When one of these passes, and what it rests on.
struct Mark {
    at: Moment,
    what: Passing,
    /// When that was learnt which it rests on.
    learnt: Moment,
}

/// What is to be said of the goods at a moment: how bad it is, how sure, in which words.
struct Standing {
    severity: Severity,
    verdict: Verdict,
    message: Message,
    latched: bool,
    deadline: Option<Moment>,
    /// What it is that nobody has reported, where it rests on that.
    absent: Option<Passing>,
}

impl Standing {
    fn new(severity: Severity, message: Message) -> Self {
        let (verdict, latched, deadline, absent) = (Verdict::Violated, false, None, None);
        Self { severity, verdict, message, latched, deadline, absent }
    }

    fn latched(self) -> Self {
        Self { latched: true, ..self }
    }

    fn absent(self, what: Passing) -> Self {
        Self { absent: Some(what), ..self }
    }

    fn unknown(self) -> Self {
        Self { severity: self.severity.max(Severity::P2), verdict: Verdict::Unknown, ..self }
    }

    /// It is so unless who has them is the consignee.
    fn perhaps(self, by: &PartyId, at: Moment) -> Self {
        let message = say!(PERHAPS, self.message.clone(), by, at);
        Self { message, ..self }.unknown()
    }
}

impl Rule for ExpiresBeforeUse {
    type Memory = ScheduleState;
    const INFO: RuleInfo = RuleInfo {
        name: "schedule/expires-before-use",
        code: "THM-09",
        family: Family::Thermal,
        effects: Effects { compromises: Some(Severity::P1), ..Effects::NONE },
        hears: Hears::Only(&[WHO_HAS_THEM, ENDS, CORRECTED, ORDER, &[FactKind::Dispositioned]]),
        messages: &[MESSAGES],
        page: include_str!("expires_before_use.md"),
    };

    fn judge(&self, calendar: &ScheduleState, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        found.extend(self.walk(calendar, context).episodes());
    }

    fn next_deadline(&self, calendar: &ScheduleState, context: &RuleContext<'_>) -> Option<Moment> {
        self.walk(calendar, context).next
    }
}

impl ExpiresBeforeUse {
    /// Follows the goods through what was known of them.
    fn walk(&self, calendar: &ScheduleState, context: &RuleContext<'_>) -> Walk {
        let mut walk = Walk::new(context.reference.settle);
        for (place, known) in calendar.shelf_life.iter().enumerate() {
            let until = calendar.shelf_life.get(place + 1).map(|next| next.at);
            let judged = Judged { rule: self, known, context };
            let (mut passed, mut later, mut pending) = (Vec::new(), Vec::new(), false);
            for mark in judged.marks() {
                if until.is_some_and(|until| mark.at >= until) {
                    continue;
                }
                let due = walk.due(&mark, known.at);
                if context.now < due {
                    walk.wake(due);
                    pending |= mark.at <= known.at;
                } else if mark.at <= known.at {
                    passed.push(mark.what);
                } else {
                    later.push(mark);
                }
            }
            let standing = judged.standing(&passed);
            // What stood does not end in the moment in which it may go on for another reason.
            if !(pending && standing.is_none() && walk.open.is_some()) {
                walk.take(known, known.at, standing, &judged);
            }
            later.sort_by_key(|mark| mark.at);
            for mark in later {
                passed.push(mark.what);
                walk.take(known, mark.at, judged.standing(&passed), &judged);
            }
        }
        walk
    }
}

/// One state of knowledge, and all that it is held against.
struct Judged<'a> {
    rule: &'a ExpiresBeforeUse,
    known: &'a ShelfLife,
    context: &'a RuleContext<'a>,
}

impl Judged<'_> {
    /// When the goods expire: the label wins.
    fn expires(&self) -> Option<Moment> {
        let profile = self.context.reference.profiles.get(&self.known.profile);
        let by_age = || Some(self.known.collection_end? + profile?.max_age?);
        self.known.expires_at.or_else(by_age)
    }

    /// Whether the goods grow old from the hour of their collection on. Nobody asks for the age of a sample.
    fn must_be_dated(&self) -> bool {
        let profile = self.context.reference.profiles.get(&self.known.profile);
        let fresh = profile.is_some_and(|profile| profile.class == Class::Fresh);
        fresh && self.known.goods != Goods::Sample
    }

    /// How long it takes from their arrival until they can be used.
    fn lead(&self) -> Span {
        let products = &self.context.reference.products;
        let product = self.known.product.as_ref().and_then(|product| products.get(product));
        match (self.known.goods, product) {
            (Goods::DrugProduct, Some(product)) => product.receipt_lead,
            _ => self.rule.lead,
        }
    }

    /// With whom they are. What had expired when it was sent on is awaited by nobody, and stays as it was.
    fn whereabouts(&self) -> Whereabouts {
        match (self.known.sent_on, self.expires()) {
            (Some((last, since)), Some(expires)) if since > expires => Whereabouts::received(last),
            _ => self.known.whereabouts.clone(),
        }
    }

    /// For when their use is planned.
    fn planned(&self) -> Option<Moment> {
        match self.known.goods {
            Goods::DrugProduct => self.known.infusion,
            Goods::Cells | Goods::Vector | Goods::Sample => self.known.slot,
        }
    }

    /// When they can be used that have not come yet.
    fn usable(&self) -> Option<Moment> {
        let ready = self.known.expected.map(|expected| expected + self.lead());
        ready.into_iter().chain(self.planned()).max()
    }

    /// What changes the answer by itself. An absence is known once a report of what it rests on has had its time.
    fn marks(&self) -> Vec<Mark> {
        let known = self.known;
        let mut marks = Vec::new();
        let mut mark = |what, at: Option<Moment>, learnt| {
            marks.extend(at.map(|at| Mark { at, what, learnt }));
        };
        let plan = known.learnt.plan;
        let left = plan.max(known.learnt.departed);
        match (self.whereabouts(), self.expires()) {
            (Whereabouts::OnTheWay | Whereabouts::Taken { .. }, Some(expires)) => {
                let nobody_says = known.departed.filter(|_| self.usable().is_none());
                mark(Passing::Departure, nobody_says, left);
                mark(Passing::Lead, Some(expires - self.lead()), plan);
                mark(Passing::Expiry, Some(expires), plan);
            }
            (Whereabouts::OnTheWay | Whereabouts::Taken { .. }, None) if self.must_be_dated() => {
                let packed = known.packed.map(|packed| packed + self.rule.unsaid);
                match known.departed.filter(|left| packed.is_none_or(|packed| *left < packed)) {
                    Some(departed) => mark(Passing::Age, Some(departed), left),
                    None => mark(Passing::Age, packed, plan.max(known.learnt.packed)),
                }
            }
            (Whereabouts::Received { certain, .. }, Some(expires))
                if !known.gone && certain.is_none_or(|came| came <= expires) =>
            {
                let infusion = plan.max(known.learnt.infusion);
                match known.goods {
                    Goods::DrugProduct if self.is_needed(expires) => {
                        mark(Passing::Use, Some(expires), infusion)
                    }
                    Goods::DrugProduct => mark(Passing::Expiry, Some(expires), plan),
                    _ if known.slot.is_some_and(|slot| slot > expires) => {
                        mark(Passing::Expiry, Some(expires), plan)
                    }
                    _ => mark(Passing::Slot, known.slot, plan),
                }
            }
            _ => {}
        }
        marks
    }

    /// How it stands once some of that has passed.
    fn standing(&self, passed: &[Passing]) -> Option<Standing> {
        let known = self.known;
        let Some(expires) = self.expires() else { return self.undated(passed) };
        let late = || known.infused.iter().filter(|infused| infused.at > expires);
        if let Some(infused) = late().find(|infused| !infused.ahead) {
            let message = say!(USED_LATE, expires, infused.at - expires, infused.at);
            return Some(Standing::new(Severity::P1, message).latched());
        }
        if known.discarded {
            return None;
        }
        let whereabouts = self.whereabouts();
        if let Whereabouts::Received { certain: Some(came), each, .. } = &whereabouts
            && *came > expires
        {
            let (came, late) = (*came, *came - expires);
            let late_ones = each.iter().filter(|(_, at)| *at > expires).map(|(unit, _)| unit);
            let units: Vec<&str> = late_ones.map(UnitId::as_str).take(MOST_NAMED).collect();
            let message = match units.is_empty() {
                true => say!(RECEIVED_LATE, expires, late, came),
                false => say!(SOME_LATE, Argument::list(units), expires, late, came),
            };
            return Some(Standing::new(Severity::P1, message).latched());
        }
        if let Some(infused) = late().next() {
            let message = say!(PERHAPS_USED, expires, infused.at);
            return Some(Standing::new(Severity::P2, message).unknown());
        }
        match whereabouts {
            Whereabouts::Over => None,
            Whereabouts::OnTheWay => self.on_the_way(expires, passed),
            Whereabouts::Taken { by, act } if act.at > expires && !act.ahead => {
                let message = say!(TAKEN_LATE, expires, &by, act.at - expires);
                Some(Standing::new(Severity::P1, message))
            }
            Whereabouts::Taken { by, act } => {
                Some(self.on_the_way(expires, passed)?.perhaps(&by, act.at))
            }
            // A dose that is to be given has expired, whenever it came.
            Whereabouts::Received { last, .. }
                if last.at > expires && (known.gone || !self.is_needed(expires)) =>
            {
                let message = say!(PERHAPS_RECEIVED, expires, last.at);
                Some(Standing::new(Severity::P2, message).unknown())
            }
            Whereabouts::Received { .. } if known.gone => None,
            Whereabouts::Received { .. } => self.in_store(expires, passed),
        }
    }

    /// Goods of which nobody knows how old they are.
    fn undated(&self, passed: &[Passing]) -> Option<Standing> {
        let left = self.known.departed.is_some();
        let severity = if left { Severity::P2 } else { Severity::P3 };
        let message = match self.known.collection_end {
            Some(_) => say!(NO_MAX_AGE, &*self.known.profile),
            None => say!(NO_AGE),
        };
        let standing = Standing::new(severity, message).absent(Passing::Age);
        let standing = Standing { verdict: Verdict::Unknown, ..standing };
        passed.contains(&Passing::Age).then_some(standing)
    }

    fn on_the_way(&self, expires: Moment, passed: &[Passing]) -> Option<Standing> {
        if passed.contains(&Passing::Expiry) {
            let message = say!(NOT_RECEIVED, expires);
            return Some(Standing::new(Severity::P1, message).absent(Passing::Expiry));
        }
        let last = expires - self.lead();
        let usable = self.usable();
        let forecast = usable.and_then(|usable| self.forecast(usable, expires, last));
        if let Some(certain) = &forecast
            && certain.severity == Severity::P1
        {
            return forecast;
        }
        if passed.contains(&Passing::Lead) {
            let message = say!(NO_LONGER, last, expires);
            let standing = Standing::new(Severity::P2, message).absent(Passing::Lead);
            return Some(Standing { deadline: Some(expires), ..standing });
        }
        if passed.contains(&Passing::Departure) {
            let standing = Standing::new(Severity::P3, say!(NO_TIME, expires));
            let standing = standing.absent(Passing::Departure);
            return Some(Standing { verdict: Verdict::Unknown, ..standing });
        }
        forecast
    }

    /// Goods that came in time.
    fn in_store(&self, expires: Moment, passed: &[Passing]) -> Option<Standing> {
        let known = self.known;
        if passed.contains(&Passing::Use) {
            let message = match self.infusion(expires) {
                Some(infusion) if known.infused.is_empty() => say!(NOT_USED, expires, infusion),
                Some(infusion) => say!(NOT_ALL_USED, expires, infusion),
                None => say!(NEEDED, expires),
            };
            return Some(Standing::new(Severity::P1, message).absent(Passing::Use));
        }
        if passed.contains(&Passing::Expiry) {
            return Some(match known.slot.filter(|_| known.goods != Goods::DrugProduct) {
                Some(slot) => Standing::new(Severity::P1, say!(SLOT_LATE, expires, slot)).latched(),
                None => {
                    let message = say!(LEFT_OVER, expires);
                    Standing::new(Severity::P3, message).absent(Passing::Expiry)
                }
            });
        }
        let planned = self.planned().filter(|_| !passed.contains(&Passing::Slot))?;
        self.forecast(planned, expires, expires)
    }

    /// Whether the patient needs them: their infusion is planned, or conditioning has begun.
    fn is_needed(&self, expires: Moment) -> bool {
        self.infusion(expires).is_some() || (self.known.begun && !self.is_sent_anew(expires))
    }

    /// For when their infusion is planned; of what had expired when another shipment was planned, that of the other one is.
    fn infusion(&self, expires: Moment) -> Option<Moment> {
        self.known.infusion.filter(|_| !self.is_sent_anew(expires))
    }

    /// Whether another shipment was planned for the order once these goods had expired.
    fn is_sent_anew(&self, expires: Moment) -> bool {
        self.known.sent_anew.is_some_and(|sent| sent > expires)
    }

    fn forecast(&self, usable: Moment, expires: Moment, deadline: Moment) -> Option<Standing> {
        let standing = if usable > expires {
            Standing::new(Severity::P1, say!(TOO_LATE, usable, usable - expires, expires))
        } else if usable > expires - self.rule.margin {
            Standing::new(Severity::P2, say!(CLOSE, usable, expires - usable, expires))
        } else {
            return None;
        };
        Some(Standing { deadline: Some(deadline), ..standing })
    }
}

/// The findings, from one state of knowledge to the next.
struct Walk {
    settle: Span,
    over: Vec<Episode>,
    open: Option<Open>,
    /// When the answer is another one next, though nobody reports anything.
    next: Option<Moment>,
}

/// A finding that goes on.
struct Open {
    episode: Episode,
    /// What nobody has reported, and when that could be said.
    absent: Option<(Passing, Moment)>,
    /// It has rested on nothing else: a report may race with it.
    only_absent: bool,
}

impl Walk {
    fn new(settle: Span) -> Self {
        Self { settle, over: Vec::new(), open: None, next: None }
    }

    /// When something is so that passes by itself. That nobody reports something is so once a report has had its time;
    /// where it was so before a state of knowledge began, it goes on.
    fn due(&self, mark: &Mark, begins: Moment) -> Moment {
        let before = self.open.as_ref().and_then(|open| open.absent);
        match (mark.what, before) {
            (Passing::Slot, _) => mark.at,
            (what, Some((absent, due))) if what.is_as(absent) && mark.at <= begins => {
                due.max(mark.at + self.settle)
            }
            _ => mark.at.max(mark.learnt) + self.settle,
        }
    }

    /// It must be asked again at a moment.
    fn wake(&mut self, at: Moment) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }

    /// How it stands from a moment on.
    fn take(
        &mut self,
        known: &ShelfLife,
        at: Moment,
        standing: Option<Standing>,
        judged: &Judged<'_>,
    ) {
        let Some(standing) = standing else {
            let was = self.open.take();
            self.over.extend(was.and_then(|was| was.until(at, self.settle)));
            return;
        };
        let mark = |what| judged.marks().into_iter().find(|mark| mark.what == what);
        let absent = standing.absent.and_then(mark);
        let absent = absent.map(|mark| (mark.what, self.due(&mark, known.at)));
        let was = self.open.take();
        let since = was.as_ref().map_or(at, |was| was.episode.since);
        let only_absent = absent.is_some() && was.is_none_or(|was| was.only_absent);
        let episode = Episode::new(standing.severity, since, standing.message);
        let episode = Episode { verdict: standing.verdict, latched: standing.latched, ..episode };
        let episode = episode.deadline(standing.deadline).evidence([known.offset]).reasoned();
        self.open = Some(Open { episode, absent, only_absent });
    }

    /// All of them, in the order in which they began.
    fn episodes(self) -> Vec<Episode> {
        self.over.into_iter().chain(self.open.map(|open| open.episode)).collect()
    }
}

impl Open {
    /// It is over. What nobody had reported for no longer than a report may take was never so.
    fn until(self, at: Moment, settle: Span) -> Option<Episode> {
        let raced = self.only_absent && at - self.episode.since <= settle;
        let episode = Episode { latched: false, ..self.episode }.until(Some(at));
        (!raced).then_some(episode)
    }
}

/// So many units are named.
const MOST_NAMED: usize = 20;
