//! A shipment: passes its facts on to its journal, tells what its plan cites that it does, and its
//! milestones to its order and its permits.

use crate::ahead::{NEXT_STROKE, is_ahead};
use crate::kept::{Copy, File, Kept, Known, correction};
use crate::mail::Mail;
use crate::passed::Fate;
use crate::rules::Numbers;
use alloc::{collections::BTreeSet, format, vec::Vec};
use facts::fact::log::{Cited, Uncited};
use facts::fact::shipment::Planned;
use facts::{Event, Fact, Moment, PartyId, ShipmentId, Subject, SubjectKind, Text, Timeline};
use serde::{Deserialize, Serialize};

/// What dispatch knows of a shipment.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Shipment {
    known: Known,
    /// What other subjects must hear, and what says who they are.
    file: File,
    /// Whom the plan cites.
    cites: BTreeSet<Subject>,
    /// What is dated later than the log's clock stood when it came: the next stroke tells whose clock is wrong.
    waiting: Vec<Kept>,
    away: Away,
}

/// Whether it was put away.
#[derive(Debug, Default, Serialize, Deserialize)]
enum Away {
    #[default]
    No,
    Yes,
    /// And a fact came since, which was told.
    Told,
}

impl Shipment {
    pub(crate) fn hear(&mut self, numbers: &Numbers, event: &Event, mail: &mut Mail<'_>) {
        let Some(shipment) = mail.subject.shipment() else { return };
        if !matches!(self.away, Away::No) {
            mail.count(Fate::Held);
            if matches!(self.away, Away::Yes) {
                self.away = Away::Told;
                mail.after_closing(&shipment);
            }
            return;
        }
        match self.known.admit(event) {
            Copy::Same => return mail.count(Fate::Duplicate),
            Copy::Other => {
                mail.count(Fate::Duplicate);
                return mail.conflicting(&shipment, event);
            }
            Copy::New => {}
        }
        if event.fact.has_happened() && is_ahead(event.at, mail.now, numbers.skew) {
            self.waiting.push(Kept::new(event, mail.now));
            return mail.count(Fate::Held);
        }
        mail.count(Fate::Judged);
        self.pass_on(&shipment, event, mail);
    }

    /// A stroke came after what was dated ahead: either it has reached that time by now, or that time counts as
    /// the stroke's.
    fn stamp(&mut self, numbers: &Numbers, shipment: &ShipmentId, mail: &mut Mail<'_>) {
        for kept in core::mem::take(&mut self.waiting) {
            if kept.learnt >= mail.now {
                self.waiting.push(kept);
                continue;
            }
            let ahead = is_ahead(kept.at, mail.reached, numbers.skew);
            let event = Event { counts: ahead.then_some(mail.reached), ..kept.event() };
            mail.count(Fate::FromHeld);
            mail.count(Fate::Judged);
            self.pass_on(shipment, &event, mail);
        }
    }

    fn pass_on(&mut self, shipment: &ShipmentId, event: &Event, mail: &mut Mail<'_>) {
        mail.journal(shipment, event.clone());
        let kept = concerns_others(&event.fact) && self.file.take(event, mail.now);
        if !kept {
            return;
        }
        let cited = self.cited();
        for gone in self.cites.difference(&cited) {
            // A permit keeps on record what it was cited for, so it must hear why it is not any more.
            if gone.kind == SubjectKind::Permit && wants(gone.kind, &event.fact) {
                mail.send(gone, event.clone());
            }
            tell(mail, shipment, gone, false);
        }
        for stays in self.cites.intersection(&cited).filter(|s| wants(s.kind, &event.fact)) {
            mail.send(stays, event.clone());
        }
        for new in cited.difference(&self.cites) {
            tell(mail, shipment, new, true);
            for kept in self.file.all().iter().filter(|kept| wants(new.kind, &kept.fact)) {
                mail.send(new, kept.event());
            }
        }
        self.cites = cited;
    }

    /// When it is put away, or what waits for a stroke is passed on.
    pub(crate) fn due(&self, numbers: &Numbers) -> Option<Moment> {
        let stroke = self.waiting.iter().map(|kept| kept.learnt + NEXT_STROKE).min();
        stroke.into_iter().chain(self.put_away(numbers)).min()
    }

    fn put_away(&self, numbers: &Numbers) -> Option<Moment> {
        if !matches!(self.away, Away::No) {
            return None;
        }
        let closed = |kept: &&crate::kept::Kept| matches!(kept.fact, Fact::Closed(_));
        self.file.all().iter().find(closed).map(|kept| kept.learnt + numbers.put_away)
    }

    pub(crate) fn strike(&mut self, numbers: &Numbers, mail: &mut Mail<'_>) {
        let Some(shipment) = mail.subject.shipment() else { return };
        self.stamp(numbers, &shipment, mail);
        if self.put_away(numbers).is_none_or(|due| due > mail.now) {
            return;
        }
        for cited in &self.cites {
            tell(mail, &shipment, cited, false);
        }
        *self = Self { away: Away::Yes, ..Self::default() };
    }

    /// Whom the hand-overs and the plans name. Of an order only the plan in force speaks. A permit or a party that a later
    /// plan does not name any more was named while the plan before it was in force, and judging that time needs all
    /// that is known of it. For the same reason a cancelled shipment goes on hearing of all of them: what is reported
    /// late counts for the time before, and it may be planned again.
    fn cited(&self) -> BTreeSet<Subject> {
        let mut all = BTreeSet::new();
        for kept in self.file.all() {
            match &kept.fact {
                Fact::Planned(plan) => {
                    all.extend(plan.permits.iter().map(|gated| Subject::from(&gated.permit)));
                    all.extend(parties(plan).into_iter().map(Subject::from));
                }
                Fact::Released(r) => all
                    .extend([Some(&r.by), r.to.as_ref()].into_iter().flatten().map(Subject::from)),
                Fact::Accepted(a) => all.extend(
                    [Some(&a.by), a.from.as_ref()].into_iter().flatten().map(Subject::from),
                ),
                Fact::Received(r) => all.extend([Subject::from(&r.by)]),
                Fact::Opened(o) => all.extend([Subject::from(&o.by)]),
                Fact::Unpacked(u) => all.extend([Subject::from(&u.by)]),
                _ => {}
            }
        }
        let facts = Timeline::new(self.file.all().iter().map(Kept::entry), None);
        let plan = facts.plan_in_force().map(|entry| entry.plan);
        all.extend(plan.and_then(|plan| plan.order.as_ref()).map(Subject::from));
        all
    }
}

fn parties(plan: &Planned) -> Vec<&PartyId> {
    let ends = [&plan.consignor, &plan.consignee];
    ends.into_iter()
        .chain(plan.legs.iter().flat_map(|leg| [&leg.carrier, &leg.from, &leg.to]))
        .collect()
}

fn tell(mail: &mut Mail<'_>, by: &ShipmentId, whom: &Subject, cited: bool) {
    let (subject, by, planned_at) = (Text::new(format!("{whom}")), by.clone(), mail.now);
    let fact = match cited {
        true => Fact::Cited(Cited { subject, by, planned_at }),
        false => Fact::Uncited(Uncited { subject, by }),
    };
    let event = mail.of_log(mail.now, fact);
    mail.send(whom, event);
}

/// Facts that somebody beside the shipment's own journal must hear, or that say who that is.
fn concerns_others(fact: &Fact) -> bool {
    let hands = matches!(fact, Fact::Released(_) | Fact::Accepted(_));
    let door = matches!(fact, Fact::Received(_) | Fact::Opened(_) | Fact::Unpacked(_));
    hands || door || wants(SubjectKind::Order, fact) || wants(SubjectKind::Permit, fact)
}

/// What a cited subject hears of the shipment.
fn wants(kind: SubjectKind, fact: &Fact) -> bool {
    let both =
        matches!(fact, Fact::Planned(_) | Fact::Departed(_) | Fact::Cancelled(_) | Fact::Closed(_))
            || correction(fact).is_some();
    match kind {
        SubjectKind::Permit => both,
        SubjectKind::Order => {
            both || matches!(
                fact,
                Fact::Packed(_)
                    | Fact::Received(_)
                    | Fact::QualityReleased(_)
                    | Fact::Dispositioned(_)
            ) || matches!(fact, Fact::Thawed(_) | Fact::Infused(_) | Fact::Destroyed(_))
        }
        _ => false,
    }
}
