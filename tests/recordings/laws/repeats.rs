//! Saying it again changes nothing; renaming, and shifting a whole recording by days, changes nothing.

use super::common::{
    Broken, Pair, Recording, Said, Tried, Verdict, between, counted, history, hold, missing,
    nothing, the_same, tries, verdicts,
};
use facts::{
    DeviceFact, Event, Fact, Moment, OrderFact, PartyFact, PermitFact, ShipmentFact, ShortText,
    Span, StoreFact,
};
use fastrand::Rng;
use proptest::prelude::*;
use serde_json::Value;
use simulate::Arrival;
use std::collections::BTreeSet;
use wire::Limits;
use wire::native::{self, Extensions};

/// What is an act of one moment: said again, it keeps its moment.
fn is_an_act(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Shipment(
            ShipmentFact::Packed(_)
                | ShipmentFact::Released(_)
                | ShipmentFact::Accepted(_)
                | ShipmentFact::Received(_)
                | ShipmentFact::Unpacked(_)
                | ShipmentFact::Stowed(_)
                | ShipmentFact::QualityReleased(_)
                | ShipmentFact::Thawed(_)
                | ShipmentFact::Infused(_)
        ) | Fact::Store(StoreFact::Holds(_) | StoreFact::NoLongerHolds(_))
            | Fact::Device(DeviceFact::Attached(_))
            | Fact::Shipment(
                ShipmentFact::Departed(_)
                    | ShipmentFact::Arrived(_)
                    | ShipmentFact::CustomsEntered(_)
                    | ShipmentFact::CustomsCleared(_)
            )
            | Fact::Order(OrderFact::ConditioningStarted(_))
    )
}

/// What holds until something else is said: said again, it may have a later time.
fn is_a_state(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Shipment(ShipmentFact::Planned(_))
            | Fact::Order(OrderFact::PatientScheduled(_))
            | Fact::Permit(PermitFact::Granted(_))
            | Fact::Party(PartyFact::Qualified(_) | PartyFact::Described(_))
            | Fact::Device(DeviceFact::Calibrated(_))
            | Fact::Order(
                OrderFact::OrderOpened(_)
                    | OrderFact::RescueConfirmed(_)
                    | OrderFact::ProductAvailable(_)
            )
    )
}

/// Whether something else of its kind was said of its subject after it: then it is not the last word.
fn is_overtaken(all: &Recording, event: &Event) -> bool {
    all.iter().any(|a| {
        a.event.subject == event.subject
            && a.event.id != event.id
            && a.event.at > event.at
            && (a.event.fact.kind() == event.fact.kind()
                || matches!(
                    a.event.fact,
                    Fact::Permit(PermitFact::Amended(_) | PermitFact::PermitSuspended(_))
                        | Fact::Shipment(ShipmentFact::Cancelled(_))
                ))
    })
}

fn said_again(seed: u64, rng_seed: u64, wanted: fn(&Fact) -> bool, later: bool) -> Tried {
    let (without, mut rng) = (history(seed), Rng::with_seed(rng_seed));
    let about: Vec<&Arrival> = without
        .iter()
        .filter(|a| wanted(&a.event.fact) && (!later || !is_overtaken(&without, &a.event)))
        .collect();
    let Some(chosen) = rng.choice(about).cloned() else { return nothing() };
    let sent = chosen.at + Span::minutes(rng.i64(1..3 * 24 * 60));
    let mut event =
        Event { id: ShortText::new(format!("{}-said-again", chosen.event.id)), ..chosen.event };
    if later {
        event.at = sent - Span::seconds(5);
    }
    let pair = Pair::adding(without, [Arrival { at: sent, event }]);
    hold(if later { "said-again-later" } else { "said-again" }, seed, &pair, &the_same)
}

/// Until when an act may be said again as of a later time, and still be the same one: a release while nobody has long taken
/// the goods over, a stay until the store gives something out, a receipt for a day.
fn the_same_until(all: &Recording, chosen: &Arrival) -> Option<Moment> {
    let event = &chosen.event;
    let after = |want: &dyn Fn(&Event) -> bool| {
        let later = all.iter().filter(|a| counted(a) > event.at && want(&a.event));
        later.map(counted).min()
    };
    let same = |e: &Event| e.subject == event.subject;
    match &event.fact {
        Fact::Shipment(ShipmentFact::Released(released)) => {
            // Couriers pass the goods on in the minute in which they get them.
            let from_then = |is: &dyn Fn(&Fact) -> bool| {
                let then = all.iter().filter(|a| same(&a.event) && counted(a) >= event.at);
                then.filter(|a| is(&a.event.fact)).map(counted).min()
            };
            let other = from_then(&|fact| match fact {
                Fact::Shipment(ShipmentFact::Released(other)) => {
                    (&other.by, &other.to) != (&released.by, &released.to)
                }
                _ => false,
            });
            let taken = from_then(&|fact| match fact {
                Fact::Shipment(ShipmentFact::Accepted(taken)) => taken.by != released.by,
                Fact::Shipment(ShipmentFact::Received(taken)) => taken.by != released.by,
                _ => false,
            });
            let long = taken? + Span::minutes(14);
            Some(other.map_or(long, |other| other.min(long)))
        }
        Fact::Shipment(ShipmentFact::Received(_)) => Some(event.at + Span::days(1)),
        Fact::Store(StoreFact::Holds(_)) => {
            after(&|e| same(e) && matches!(e.fact, Fact::Store(StoreFact::NoLongerHolds(_))))
        }
        _ => None,
    }
}

/// An act is said again, as of a later time.
fn scanned_again(seed: u64, rng_seed: u64) -> Tried {
    let (without, mut rng) = (history(seed), Rng::with_seed(rng_seed));
    let about: Vec<(&Arrival, Moment)> = without
        .iter()
        .filter(|a| a.at - a.event.at < Span::minutes(2) && a.event.at < a.at)
        .filter_map(|a| Some((a, the_same_until(&without, a)?)))
        .filter(|(a, until)| a.at < *until)
        .collect();
    let kind = rng.usize(..3);
    let of_kind = |fact: &Fact| match fact {
        Fact::Shipment(ShipmentFact::Released(_)) => 0,
        Fact::Shipment(ShipmentFact::Received(_)) => 1,
        _ => 2,
    };
    let about: Vec<_> = about.into_iter().filter(|(a, _)| of_kind(&a.event.fact) == kind).collect();
    let Some((chosen, until)) = rng.choice(about) else { return nothing() };
    let at = between(chosen.at, until, &mut rng);
    let id = ShortText::new(format!("{}-scanned-again", chosen.event.id));
    let event = Event { id, at, ..chosen.event.clone() };
    let pair = Pair::adding(without, [Arrival { at: at + Span::seconds(20), event }]);
    hold("scanned-again", seed, &pair, &the_same)
}

/// Every text of an event, changed.
fn rewritten(all: &Recording, change: &dyn Fn(&str) -> String) -> Recording {
    fn walk(value: &mut Value, change: &dyn Fn(&str) -> String) {
        match value {
            Value::String(text) => *text = change(text),
            Value::Array(all) => all.iter_mut().for_each(|value| walk(value, change)),
            Value::Object(all) => all.iter_mut().for_each(|(name, value)| {
                if !matches!(name.as_str(), "type" | "specversion") {
                    walk(value, change);
                }
            }),
            _ => {}
        }
    }
    let one = |arrival: &Arrival| {
        let line = native::write(
            &arrival.event,
            &Extensions { arrived_at: Some(arrival.at), ..Extensions::default() },
        );
        let mut value: Value = serde_json::from_str(&line).expect("an event is JSON");
        walk(&mut value, change);
        let line = value.to_string();
        let read = native::read(line.as_bytes(), &Limits::default()).expect("it reads again");
        Arrival { at: read.extensions.arrived_at.expect("it has arrived"), event: read.event }
    };
    all.iter().map(one).collect()
}

fn days_later(days: i64) -> impl Fn(&str) -> String {
    move |text| {
        let moment =
            text.parse::<Moment>().ok().filter(|_| text.contains('T') && text.ends_with('Z'));
        moment.map_or(text.to_owned(), |moment| (moment + Span::days(days)).to_string())
    }
}

fn shifted(seed: u64, days: i64) -> Tried {
    let without = history(seed);
    let with = rewritten(&without, &days_later(days));
    let law = move |said: &Said, _: &Pair| -> Vec<Broken> {
        let back = |at: Moment| at - Span::days(days);
        let with: Vec<Verdict> = verdicts(&said.with)
            .into_iter()
            .map(|mut verdict| {
                if let Some((from, until, ..)) = &mut verdict.bounds {
                    (*from, *until) = (back(*from), until.map(back));
                }
                verdict
            })
            .collect();
        let without = verdicts(&said.without);
        let mut all = missing(&without, &with, "only unshifted");
        all.extend(missing(&with, &without, "only shifted"));
        all
    };
    let last = |all: &Recording| all.last().map_or(Moment::EARLIEST, |a| a.at);
    let end = last(&without).ceil(Span::days(1)) + Span::days(2);
    let until = Some((end, end + Span::days(days)));
    hold("shifted-by-days", seed, &Pair { without, with, until }, &law)
}

/// Names of the simulator's world and other ones in their place, in another order of the alphabet.
const NAMES: &[(&str, &str)] = &[
    ("SHP-", "TRIP/Z"),
    ("UZ-LEUVEN", "ZZ-HOSPITAL-1"),
    ("AKH-WIEN", "YY-HOSPITAL-2"),
    ("KS-LUND", "XX-HOSPITAL-3"),
    ("CHU-LYON", "WW-HOSPITAL-4"),
    ("ATC-BOSTON", "DD-CENTRE-1"),
    ("ATC-DENVER", "CC-CENTRE-2"),
    ("ATC-MIAMI", "BB-CENTRE-3"),
    ("PLANT-LEIDEN", "MAKER-2"),
    ("PLANT-PUURS", "MAKER-1"),
    ("COLDRUN", "VAN-4"),
    ("VITAVAN", "VAN-1"),
    ("NORDICARE", "VAN-3"),
    ("SWIFTCELL", "VAN-2"),
    ("KLM-CARGO", "WINGS-3"),
    ("SAS-CARGO", "WINGS-2"),
    ("DELTA-CARGO", "WINGS-1"),
];

fn renamed(text: &str) -> String {
    NAMES.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn named_back(text: &str) -> String {
    NAMES.iter().fold(text.to_owned(), |text, (from, to)| text.replace(to, from))
}

fn renaming(seed: u64) -> Tried {
    let without = history(seed);
    let with = rewritten(&without, &renamed);
    let distinct: BTreeSet<&str> = NAMES.iter().map(|(_, to)| *to).collect();
    assert_eq!(distinct.len(), NAMES.len(), "every name has one of its own");
    let law = |said: &Said, _: &Pair| -> Vec<Broken> {
        let mut with: Vec<Verdict> = verdicts(&said.with)
            .into_iter()
            .map(|verdict| Verdict {
                shipment: named_back(&verdict.shipment),
                about: named_back(&verdict.about),
                ..verdict
            })
            .collect();
        with.sort();
        let without = verdicts(&said.without);
        let mut all = missing(&without, &with, "only under the old names");
        all.extend(missing(&with, &without, "only under the new names"));
        all
    };
    hold("renamed", seed, &Pair { without, with, until: None }, &law)
}

proptest! {
    #![proptest_config(tries())]

    #[test]
    fn saying_an_act_again_changes_nothing(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        said_again(seed, rng_seed, is_an_act, false)?;
    }

    #[test]
    fn scanning_again_later_changes_nothing(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        scanned_again(seed, rng_seed)?;
    }

    #[test]
    fn saying_again_what_holds_changes_nothing(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        said_again(seed, rng_seed, is_a_state, false)?;
    }

    #[test]
    fn saying_again_later_what_holds_changes_nothing(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        said_again(seed, rng_seed, is_a_state, true)?;
    }

    #[test]
    fn shifting_by_days_changes_nothing(seed in 1_000u64..1_000_000, days in 1i64..200) {
        shifted(seed, days)?;
    }

    #[test]
    fn renaming_changes_nothing(seed in 1_000u64..1_000_000) {
        renaming(seed)?;
    }
}
