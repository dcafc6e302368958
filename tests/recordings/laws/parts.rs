//! Some is not all: what is said of some units, by somebody without a part, by staff, as an excuse, or of another act.

use super::common::{
    Broken, Pair, Recording, Said, Tried, Verdict, a_shipment, between, counted, history,
    history_of, hold, in_order, missing, nothing, nothing_is_lost, said_at, shipments, standing,
    the_same, tries, under_way, verdicts,
};
use alerts::incident::IncidentState;
use facts::fact::incident::{Acknowledged, IncidentClosed, IncidentNoted};
use facts::fact::party::Described;
use facts::fact::permit::{Bound, Granted};
use facts::fact::shipment::{
    Act, Destroyed, Disposition, Dispositioned, Gated, Infused, Opened, Receipt, Received,
    Released, Repacked, Stowed, Thawed, Unpacked,
};
use facts::{
    Fact, Finding, LegId, Moment, PartyFact, PartyId, PermitFact, PermitId, Severity, ShipmentFact,
    ShipperId, ShortText, Span, StaffFact, State, StoreFact, Subject, UnitId,
};
use fastrand::Rng;
use proptest::prelude::*;
use simulate::Arrival;

/// The units of a shipment, as its plan names them.
fn units(all: &Recording, shipment: &Subject) -> Vec<UnitId> {
    let plan = all.iter().find_map(|a| match &a.event.fact {
        Fact::Shipment(ShipmentFact::Planned(plan)) if a.event.subject == *shipment => {
            Some(plan.units.clone())
        }
        _ => None,
    });
    plan.unwrap_or_default()
}

/// Whom a shipment is for.
fn consignee(all: &Recording, shipment: &Subject) -> Option<PartyId> {
    all.iter().find_map(|a| match &a.event.fact {
        Fact::Shipment(ShipmentFact::Planned(plan)) if a.event.subject == *shipment => {
            Some(plan.consignee.clone())
        }
        _ => None,
    })
}

/// A unit of a shipment that has others beside it for as long as it is there itself: where units leave by name, the first one.
fn leaves_first(all: &Recording, shipment: &Subject, rng: &mut Rng) -> Option<UnitId> {
    let named = |a: &Arrival| {
        let own = a.event.subject == *shipment;
        let units = match &a.event.fact {
            Fact::Store(StoreFact::NoLongerHolds(it)) if it.shipment.as_str() == &*shipment.id => {
                &it.units
            }
            Fact::Shipment(ShipmentFact::Thawed(it)) if own => &it.units,
            Fact::Shipment(ShipmentFact::Infused(it)) if own => &it.units,
            _ => return None,
        };
        Some((counted(a), units.first()?.clone()))
    };
    let first = all.iter().filter_map(named).min_by_key(|(at, _)| *at);
    first.map(|(_, unit)| unit).or_else(|| rng.choice(units(all, shipment)))
}

/// What is said of one unit changes nothing that is known of the others.
fn of_one_unit(seed: u64, rng_seed: u64) -> Tried {
    let (without, mut rng) = (history(seed), Rng::with_seed(rng_seed));
    let several: Vec<Subject> =
        shipments(&without).into_iter().filter(|s| units(&without, s).len() > 1).collect();
    let Some(shipment) = rng.choice(several) else { return nothing() };
    let of: Vec<Moment> =
        without.iter().filter(|a| a.event.subject == shipment).map(|a| a.at).collect();
    let (Some(from), Some(until)) = (of.iter().min(), of.iter().max()) else { return nothing() };
    let at = between(*from, *until, &mut rng);
    let Some(by) = consignee(&without, &shipment) else { return nothing() };
    let Some(unit) = leaves_first(&without, &shipment, &mut rng) else { return nothing() };
    let (name, whom, units) = (unit.to_string(), format!(" CUS-03 {by}"), vec![unit]);
    let fact = match rng.u8(..4) {
        0 => Fact::Shipment(ShipmentFact::Thawed(Thawed { by, units })),
        1 => Fact::Shipment(ShipmentFact::Infused(Infused { by, units })),
        2 => Fact::Shipment(ShipmentFact::Destroyed(Destroyed { by, units })),
        _ => Fact::Shipment(ShipmentFact::Dispositioned(Dispositioned {
            by,
            units,
            outcome: Disposition::Discard,
        })),
    };
    let is_used =
        matches!(fact, Fact::Shipment(ShipmentFact::Thawed(_) | ShipmentFact::Infused(_)));
    let pair = Pair::adding(without, [said_at(at, &shipment, "one-unit", fact)]);
    // What is about that unit, or about the dose that it belongs to, may change: whether it was fit for use (IDN-08), whether the
    // dose is whole. While others have the goods, it is told about who said it. Where it was used, the box has come, and it may have
    // been too late (THM-09).
    let law = move |said: &Said, pair: &Pair| -> Vec<Broken> {
        let mut all = the_same(said, pair);
        all.retain(|b| {
            !b.what.contains(&name)
                && !b.how.contains(" SCH")
                && !b.how.contains("CUS-09")
                && !b.how.contains("IDN-08")
                && !b.how.ends_with(&whom)
                && (!is_used || !b.how.contains("THM-09"))
        });
        all
    };
    hold("of-one-unit", seed, &pair, &law)
}

/// When goods are on their way: from the first release that was shown until their consignee has them. At home whoever acts does it
/// for the house (see `custody/wrong-party`), so strangers are looked at in between.
fn on_the_way(all: &Recording, shipment: &Subject) -> Option<(Moment, Moment)> {
    let consignee = consignee(all, shipment)?;
    let of = |want: &dyn Fn(&Fact) -> bool| {
        let wanted = |a: &&Arrival| a.event.subject == *shipment && want(&a.event.fact);
        all.iter().filter(wanted).map(counted).min()
    };
    let from = of(&|fact| matches!(fact, Fact::Shipment(ShipmentFact::Released(_))))?;
    let until = of(&|fact| match fact {
        Fact::Shipment(ShipmentFact::Accepted(accepted)) => accepted.by == consignee,
        Fact::Shipment(ShipmentFact::Received(received)) => received.by == consignee,
        _ => false,
    })?;
    (from + Span::minutes(2) < until).then_some((from + Span::minutes(2), until))
}

/// Somebody without a part in a shipment says something of it.
fn without_a_part(seed: u64, rng_seed: u64) -> Tried {
    let (without, mut rng) = (history(seed), Rng::with_seed(rng_seed));
    let Some(shipment) = a_shipment(&without, &mut rng) else { return nothing() };
    let Some((from, until)) = on_the_way(&without, &shipment) else { return nothing() };
    let at = between(from, until, &mut rng);
    let by = PartyId::new(if rng.bool() { "CITY-TAXI" } else { "NOBODY-KNOWN" });
    let whom = by.to_string();
    // A wrong party that was planted took the goods over, or was let have them.
    let own = |a: &&Arrival| a.event.subject == shipment;
    if without.iter().filter(own).any(|a| a.line().contains(&whom)) {
        return nothing();
    }
    let fact = match rng.u8(..8) {
        0 => Fact::Shipment(ShipmentFact::Released(Released {
            by,
            to: Some(PartyId::new("SOMEBODY-ELSE")),
            person: None,
            verified_by: None,
            leg: None,
            airside: false,
        })),
        1 => Fact::Shipment(ShipmentFact::Received(Received {
            by,
            units: units(&without, &shipment),
            count: None,
            verdict: Receipt::Accept,
            order: None,
        })),
        2 => Fact::Shipment(ShipmentFact::Opened(Opened { by, authorised_by: None })),
        3 => Fact::Shipment(ShipmentFact::Unpacked(Unpacked { by })),
        4 => Fact::Shipment(ShipmentFact::Destroyed(Destroyed { by, units: Vec::new() })),
        5 => Fact::Shipment(ShipmentFact::Thawed(Thawed { by, units: Vec::new() })),
        6 => Fact::Shipment(ShipmentFact::Infused(Infused { by, units: Vec::new() })),
        _ => Fact::Shipment(ShipmentFact::Stowed(Stowed { by, place: ShortText::new("shelf") })),
    };
    let pair = Pair::adding(without, [said_at(at, &shipment, "no-part", fact)]);
    // Whatever is new is about who said it, or about the dose of which it was said.
    let law = move |said: &Said, pair: &Pair| -> Vec<Broken> {
        let mut all = nothing_is_lost(said, pair);
        let (without, with) = (verdicts(&said.without), verdicts(&said.with));
        let more = missing(&with, &without, "more");
        let of_itself = |b: &Broken| {
            standing(&said.with).iter().any(|f| {
                Verdict::of(f).broken("more").what == b.what && f.to_string().contains(&whom)
            })
        };
        all.extend(more.into_iter().filter(|b| !b.how.contains(" SCH-02") && !of_itself(b)));
        all
    };
    hold("without-a-part", seed, &pair, &law)
}

/// What a consignee did is said by a dock or a ward of it, or the other way round: they are one house.
fn a_part_of_the_house(seed: u64, rng_seed: u64) -> Tried {
    let (without, mut rng) = (history(seed), Rng::with_seed(rng_seed));
    let Some(shipment) = a_shipment(&without, &mut rng) else { return nothing() };
    let plan = without.iter().find_map(|a| match &a.event.fact {
        Fact::Shipment(ShipmentFact::Planned(plan)) if a.event.subject == shipment => {
            Some((a.at, plan.consignee.clone()))
        }
        _ => None,
    });
    let Some((at, consignee)) = plan else { return nothing() };
    let ward = PartyId::new("WARD-3");
    let described = Described {
        name: ShortText::new("Ward 3"),
        role: ShortText::new("site"),
        zone: None,
        duty: None,
        part_of: Some(consignee.clone()),
    };
    let mut with = without.clone();
    for arrival in with.iter_mut().filter(|a| a.event.subject == shipment) {
        let by = match &mut arrival.event.fact {
            Fact::Shipment(ShipmentFact::Accepted(it)) => &mut it.by,
            Fact::Shipment(ShipmentFact::Received(it)) => &mut it.by,
            Fact::Shipment(ShipmentFact::Unpacked(it)) => &mut it.by,
            Fact::Shipment(ShipmentFact::Stowed(it)) => &mut it.by,
            Fact::Shipment(ShipmentFact::Thawed(it)) => &mut it.by,
            Fact::Shipment(ShipmentFact::Infused(it)) => &mut it.by,
            _ => continue,
        };
        if *by == consignee {
            *by = ward.clone();
        }
    }
    let said = Fact::Party(PartyFact::Described(described));
    with.push(said_at(at - Span::days(1), &Subject::from(&ward), "ward", said));
    let pair = Pair { without, with: in_order(with), until: None };
    hold("a-part-of-the-house", seed, &pair, &the_same)
}

/// Staff take, note and close what they like.
fn staff(seed: u64, rng_seed: u64) -> Tried {
    let (without, mut rng) = (history(seed), Rng::with_seed(rng_seed));
    let mut acts = Vec::new();
    for n in 0..rng.u8(1..8) {
        let Some(shipment) = a_shipment(&without, &mut rng) else { return nothing() };
        let Some((from, until)) = under_way(&without, &shipment) else { continue };
        let at = between(from, until + Span::days(10), &mut rng);
        let (by, reason) = (PartyId::new("ANNA"), ShortText::new("seen"));
        let fact = match rng.u8(..4) {
            0 => Fact::Staff(StaffFact::Acknowledged(Acknowledged { by, reason })),
            1 => Fact::Staff(StaffFact::IncidentNoted(IncidentNoted { by, text: reason })),
            _ => Fact::Staff(StaffFact::IncidentClosed(IncidentClosed {
                by,
                reason,
                second: Some(PartyId::new("BEN")),
            })),
        };
        acts.push(said_at(at, &shipment, &format!("staff-{n}"), fact));
    }
    if acts.is_empty() {
        return nothing();
    }
    hold("staff", seed, &Pair::adding(without, acts), &change_no_finding)
}

fn change_no_finding(said: &Said, pair: &Pair) -> Vec<Broken> {
    let mut all = the_same(said, pair);
    // What is raised at P1 or P2 after an incident was closed opens another one.
    let urgent = |f: &&Finding| f.state == State::Raised && f.severity <= Severity::P2;
    for f in said.with.findings.iter().filter(urgent) {
        let seen = said.with.incidents.iter().any(|i| {
            i.shipment == f.shipment
                && i.findings.contains(&f.name)
                && i.changed >= f.learnt
                && i.changed <= f.learnt + Span::minutes(5)
                && matches!(i.state, IncidentState::ActiveUnacked | IncidentState::ReturnedUnacked)
        });
        if !seen {
            all.push(Broken::of(f, "wakes nobody"));
        }
    }
    all
}

fn does_not_heal(f: &&Finding) -> bool {
    matches!(&*f.code, "THM-02" | "THM-05") && f.latched && f.severity == Severity::P1
}

/// What does not heal: frozen, or over a step that allows no minute.
fn irreversible(outcome: &crate::common::Outcome) -> Vec<Verdict> {
    let all = standing(outcome).into_iter().filter(does_not_heal);
    all.map(|f| Verdict { bounds: None, ..Verdict::of(f) }).collect()
}

/// An excuse is added somewhere.
fn an_excuse(seed: u64, rng_seed: u64) -> Tried {
    let mut rng = Rng::with_seed(rng_seed);
    let Some(without) = history_of(&["THM-02", "THM-05"], seed) else { return nothing() };
    let whole = crate::common::judge(without.iter().map(|a| (a.at, a.event.clone())), None);
    let lost: Vec<&Finding> = standing(&whole).into_iter().filter(does_not_heal).collect();
    let Some(lost) = rng.choice(lost) else { return nothing() };
    let shipment = Subject::from(&lost.shipment);
    let at = lost.happened + Span::minutes(rng.i64(-40..40));
    let plan = without.iter().find_map(|a| match &a.event.fact {
        Fact::Shipment(ShipmentFact::Planned(plan)) if a.event.subject == shipment => {
            Some(plan.clone())
        }
        _ => None,
    });
    let Some(plan) = plan else { return nothing() };
    let by = plan.legs.first().map_or(plan.consignor.clone(), |leg| leg.carrier.clone());
    let fact = match rng.u8(..3) {
        0 => Fact::Shipment(ShipmentFact::Opened(Opened {
            by,
            authorised_by: Some(plan.consignor.clone()),
        })),
        1 => Fact::Shipment(ShipmentFact::Repacked(Repacked {
            by,
            shipper: ShipperId::new("BOX"),
            units: Vec::new(),
        })),
        _ => Fact::Shipment(ShipmentFact::Departed(facts::fact::shipment::Departed {
            leg: LegId::new("L2"),
        })),
    };
    // The goods must be on their way, or in their tank: an opening by the consignee after its receipt is none of that.
    let pair = Pair::adding(without, [said_at(at, &shipment, "excuse", fact)]);
    let law = |said: &Said, _: &Pair| -> Vec<Broken> {
        missing(&irreversible(&said.without), &irreversible(&said.with), "excused")
    };
    hold("an-excuse", seed, &pair, &law)
}

/// Another act is added to the plan, under a paper of its own or under the same one.
fn another_act(seed: u64, rng_seed: u64, same: bool) -> Tried {
    let (without, mut rng) = (history(seed), Rng::with_seed(rng_seed));
    let gated: Vec<Subject> = without
        .iter()
        .filter(|a| matches!(&a.event.fact, Fact::Shipment(ShipmentFact::Planned(plan)) if !plan.permits.is_empty()))
        .map(|a| a.event.subject.clone())
        .collect();
    let Some(shipment) = rng.choice(gated) else { return nothing() };
    let (mut with, mut first) = (without.clone(), Moment::LATEST);
    for arrival in with.iter_mut().filter(|a| a.event.subject == shipment) {
        let Fact::Shipment(ShipmentFact::Planned(plan)) = &mut arrival.event.fact else { continue };
        let Some(gate) = plan.permits.first().cloned() else { continue };
        first = first.min(arrival.at);
        let permit = if same { gate.permit } else { PermitId::new("EXP-1") };
        let departs = plan.legs.first().map(|leg| leg.id.clone());
        // Leaving, days before the permit ends or the border is reached.
        let act = Gated {
            permit,
            act: Act::Departure,
            waypoint: facts::Label::new("dock"),
            leg: departs,
            quantity: gate.quantity,
        };
        let place = if rng_seed.is_multiple_of(2) { 0 } else { plan.permits.len() };
        plan.permits.insert(place, act);
    }
    let granted = Granted {
        kind: ShortText::new("export"),
        issuer: ShortText::new("competent authority"),
        zone: ShortText::new("Europe/Amsterdam"),
        holder: PartyId::new("VECTOR-AMES"),
        from: Bound::Moment(first - Span::days(90)),
        until: Bound::Moment(first + Span::days(900)),
        shipments: None,
        quantity: None,
    };
    let permit = Subject::from(&PermitId::new("EXP-1"));
    let at = first - Span::days(30);
    with.push(said_at(
        at,
        &permit,
        "granted",
        Fact::Permit(PermitFact::Granted(Box::new(granted))),
    ));
    let with = in_order(with);
    let law = |said: &Said, _: &Pair| -> Vec<Broken> {
        missing(&verdicts(&said.without), &verdicts(&said.with), "lost")
    };
    let name = if same { "another-act-same-paper" } else { "another-act-own-paper" };
    hold(name, seed, &Pair { without, with, until: None }, &law)
}

proptest! {
    #![proptest_config(tries())]

    #[test]
    fn what_is_said_of_one_unit_takes_nothing_from_the_others(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        of_one_unit(seed, rng_seed)?;
    }

    #[test]
    fn who_has_no_part_takes_nothing_away(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        without_a_part(seed, rng_seed)?;
    }

    #[test]
    fn a_ward_is_its_hospital(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        a_part_of_the_house(seed, rng_seed)?;
    }

    #[test]
    fn staff_change_no_finding_and_what_is_new_wakes_somebody(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        staff(seed, rng_seed)?;
    }

    #[test]
    fn an_excuse_never_hides_what_does_not_heal(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        an_excuse(seed, rng_seed)?;
    }

    #[test]
    fn a_paper_of_another_act_says_nothing_of_this_one(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        another_act(seed, rng_seed, false)?;
    }

    #[test]
    fn the_same_paper_for_another_act_says_nothing_of_this_one(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        another_act(seed, rng_seed, true)?;
    }
}
