//! The card of an incident: what, so what, who holds the goods, by when, what to do, who has it.
//!
//! What is not known says "not known".

use super::{href, maybe};
use crate::read_model::{Part, ReadModel, ShipmentRecord, hands, parts};
use crate::words::{self, Foreign, When, left, when};
use alerts::Incident;
use alerts::incident::{IncidentState, StaffAct};
use facts::{Moment, PartyId, Severity, ShortText, Span};

/// One card.
#[derive(Debug, Clone)]
pub(crate) struct Card {
    /// `SHP-1.2`.
    pub(crate) id: String,
    /// The same, safe as a part of an address.
    pub(crate) url: String,
    /// Where it stands in the list; empty outside of one.
    pub(crate) at: String,
    pub(crate) shipment: Foreign,
    pub(crate) href: String,
    pub(crate) number: u32,
    pub(crate) priority: String,
    pub(crate) priority_shape: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) state: &'static str,
    pub(crate) state_shape: &'static str,
    /// Whether nobody has taken it, or seen that it is over.
    pub(crate) waiting: bool,
    pub(crate) over: bool,
    pub(crate) closed: bool,
    pub(crate) latched: bool,
    pub(crate) headline: Foreign,
    /// Over, not seen, and worse than what goes on.
    pub(crate) missed: Option<Foreign>,
    pub(crate) action: Foreign,
    pub(crate) opened: Option<When>,
    pub(crate) lasting: Option<String>,
    pub(crate) goods: Foreign,
    pub(crate) patient: String,
    pub(crate) holder: Option<Holder>,
    pub(crate) held_since: Option<When>,
    /// While nobody holds them: who let go, and for whom. These are to be rung.
    pub(crate) between: Option<Between>,
    /// Who else may have to be rung, each by the part that it has.
    pub(crate) others: Vec<(Holder, Foreign)>,
    pub(crate) place: Option<Foreign>,
    pub(crate) eta: Option<When>,
    pub(crate) deadline: Option<Deadline>,
    pub(crate) taken: Option<Taken>,
    /// Who had taken it before, the first of them first.
    pub(crate) before: Vec<Taken>,
    pub(crate) notes: Vec<Taken>,
    pub(crate) refused: Option<Foreign>,
    pub(crate) closed_by: Option<Taken>,
    pub(crate) second: Option<Foreign>,
    pub(crate) findings: usize,
    /// Whether it is about stages and no shipment: nobody holds anything then.
    pub(crate) of_stages: bool,
    /// Why it cannot be closed yet.
    pub(crate) going_on: Option<Foreign>,
    /// Whether closing it takes a second person.
    pub(crate) takes_two: bool,
    /// The name that an act from this card gets, so that sending it twice is one act.
    pub(crate) key: String,
    /// Whether the form is shown at once.
    pub(crate) open_form: bool,
    /// Where the answer leads back to.
    pub(crate) back: &'static str,
}

/// Who holds the goods.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    pub(crate) party: Foreign,
    pub(crate) name: Option<Foreign>,
    pub(crate) phone: Option<Foreign>,
    /// The digits of it.
    pub(crate) dial: Option<String>,
}

/// Goods between two hands.
#[derive(Debug, Clone)]
pub(crate) struct Between {
    pub(crate) gave: Option<Holder>,
    pub(crate) meant: Option<Holder>,
    pub(crate) since: Option<When>,
}

/// By when.
#[derive(Debug, Clone)]
pub(crate) struct Deadline {
    pub(crate) at: When,
    pub(crate) left: String,
    pub(crate) passed: bool,
}

/// Who did something, when, and what they said.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) by: Foreign,
    pub(crate) at: When,
    pub(crate) text: Foreign,
}

impl Taken {
    fn new(act: &StaffAct, now: Moment) -> Self {
        Self { by: Foreign::new(&act.by), at: when(act.at, now), text: Foreign::new(&act.text) }
    }
}

impl Holder {
    pub(crate) fn new(board: &ReadModel, party: &PartyId) -> Self {
        let described = board.party(party);
        let phone = described.and_then(|d| d.duty.as_ref());
        let digits = |text: &ShortText| -> String {
            text.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
        };
        Self {
            party: Foreign::new(party),
            name: described
                .map(|d| &d.name)
                .filter(|n| n.as_str() != party.as_str())
                .map(Foreign::new),
            dial: phone.map(digits).filter(|digits| digits.len() >= 5),
            phone: phone.map(Foreign::new),
        }
    }
}

impl Between {
    fn new(board: &ReadModel, d: &ShipmentRecord, now: Moment) -> Option<Self> {
        let last = hands(d).pop().filter(|hand| hand.holder.is_none())?;
        let party = |party: Option<PartyId>| party.map(|party| Holder::new(board, &party));
        Some(Self {
            gave: party(last.gave),
            meant: party(last.meant),
            since: maybe(last.from, now),
        })
    }
}

impl Card {
    pub(crate) fn new(
        board: &ReadModel,
        i: &Incident,
        d: &ShipmentRecord,
        now: Moment,
        key: String,
    ) -> Self {
        let id = format!("{}.{}", i.shipment, i.number);
        let (state, state_shape) = words::state(i.state);
        use IncidentState::{ActiveUnacked, Closed, ReturnedAcked, ReturnedUnacked};
        let over = matches!(i.state, ReturnedUnacked | ReturnedAcked | Closed);
        let lasting = i.opened.filter(|_| !over).map(|opened| now - opened);
        Self {
            url: words::url(&id),
            id,
            at: String::new(),
            shipment: Foreign::new(&i.shipment),
            href: href(i.shipment.as_str()),
            number: i.number,
            priority: i.priority.map_or_else(|| "no priority".into(), |p: Severity| p.to_string()),
            priority_shape: words::priority_shape(i.priority),
            meaning: i.priority.map_or("all that was reported was withdrawn", words::meaning),
            state,
            state_shape,
            waiting: matches!(i.state, ActiveUnacked | ReturnedUnacked),
            over,
            closed: i.is_closed(),
            latched: i.latched && !i.is_closed(),
            headline: Foreign::new(words::plain(&i.headline, now)),
            missed: i.missed.as_ref().map(|what| Foreign::new(words::plain(what, now))),
            action: Foreign::new(&i.action),
            opened: maybe(i.opened, now),
            lasting: lasting.filter(|span| *span >= Span::ZERO).map(words::age),
            goods: Foreign::new(goods(d)),
            patient: words::tight(&words::patient(d.schedule.as_ref(), now)),
            holder: i.holder.as_ref().map(|party| Holder::new(board, party)),
            held_since: maybe(i.since, now),
            between: Between::new(board, d, now).filter(|_| i.holder.is_none()),
            place: i.place.as_ref().map(Foreign::new),
            eta: maybe(i.eta, now),
            others: if over { Vec::new() } else { others(board, i, d) },
            deadline: i.deadline.filter(|_| !i.is_closed()).map(|at| Deadline {
                at: when(at, now),
                left: left(at, now),
                passed: at <= now,
            }),
            taken: i.acknowledged.as_ref().map(|act| Taken::new(act, now)),
            before: before(i, d).map(|act| Taken::new(act, now)).collect(),
            notes: i.notes.iter().map(|act| Taken::new(act, now)).collect(),
            refused: i.refused.as_ref().map(|why| Foreign::new(words::plain(why, now))),
            closed_by: i.closed.as_ref().map(|act| Taken::new(act, now)),
            second: i.second.as_ref().map(Foreign::new),
            findings: i.findings.len(),
            of_stages: false,
            going_on: i
                .going_on(d.findings.values())
                .map(|finding| Foreign::new(format!("{} is still going on", finding.name.rule))),
            takes_two: i.takes_two(d.findings.values()),
            key,
            open_form: false,
            back: "list",
        }
    }
}

/// Everybody with a part in it whose telephone does not stand on the card already: who holds the goods, or let go of them, or
/// was to take them.
fn others(board: &ReadModel, i: &Incident, d: &ShipmentRecord) -> Vec<(Holder, Foreign)> {
    let between = hands(d).pop().filter(|hand| hand.holder.is_none() && i.holder.is_none());
    let between = between.into_iter().flat_map(|hand| [hand.gave, hand.meant]).flatten();
    let shown: Vec<PartyId> = between.chain(i.holder.clone()).collect();
    let others = parts(d, i).into_iter().filter(|part| !shown.contains(&part.party));
    let other = |part: Part| (Holder::new(board, &part.party), Foreign::new(part.parts.join(", ")));
    others.map(other).collect()
}

/// Who had taken it, and has it no more.
fn before<'a>(i: &'a Incident, d: &'a ShipmentRecord) -> impl Iterator<Item = &'a StaffAct> {
    d.takers(i.number).iter().filter(|act| i.acknowledged.as_ref() != Some(*act))
}

/// What is shipped, as far as it is known.
pub(super) fn goods(d: &ShipmentRecord) -> String {
    let Some(plan) = d.plan() else { return "not known: no plan was reported".into() };
    let mut text = words::goods(plan.kind).to_owned();
    if let Some(product) = d.product() {
        text += &format!(" of {product}");
    }
    text += &format!(", profile {}", plan.profile);
    if let Some(thermal) = &d.thermal {
        text += &format!(" ({})", words::class(thermal.class));
    }
    if let Some(order) = &plan.order {
        text += &format!(", order {order}");
    }
    text
}
