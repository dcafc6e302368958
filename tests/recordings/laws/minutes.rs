//! Unknown or known, never neither: each minute in which goods are judged is one that a fit probe vouches for, or one that a
//! finding speaks of.
//!
//! What is known is worked out here from the recording alone, more simply than the engine does it: a box without openings,
//! one packing, probes as they were said to be attached. Where something else happened nothing is asked.

use super::common::{
    Broken, Pair, Recording, Said, Tried, between, counted, history, hold, is_planned, nothing,
    shipments, standing, tries,
};
use facts::fact::device::Position;
use facts::{DeviceFact, Fact, Finding, Moment, ShipmentFact, ShipmentId, Span, Subject};
use fastrand::Rng;
use proptest::prelude::*;
use simulate::Arrival;
use std::collections::BTreeMap;

/// When the box has settled at the latest.
const SETTLED: Span = Span::minutes(40);
/// When the goods are in their box, settled, with nobody touching it.
fn in_the_box(all: &Recording, shipment: &Subject) -> Option<(Moment, Moment)> {
    let of = |want: fn(&Fact) -> bool| {
        let wanted = move |a: &&Arrival| a.event.subject == *shipment && want(&a.event.fact);
        all.iter().filter(wanted).map(counted)
    };
    let touched = |fact: &Fact| {
        matches!(
            fact,
            Fact::Shipment(
                ShipmentFact::Opened(_)
                    | ShipmentFact::Repacked(_)
                    | ShipmentFact::Cancelled(_)
                    | ShipmentFact::Closed(_)
            )
        )
    };
    let (first, last) = (
        of(|f| matches!(f, Fact::Shipment(ShipmentFact::Packed(_)))).min()?,
        of(|f| matches!(f, Fact::Shipment(ShipmentFact::Packed(_)))).max()?,
    );
    let out = of(|fact| {
        matches!(
            fact,
            Fact::Shipment(
                ShipmentFact::Unpacked(_)
                    | ShipmentFact::Received(_)
                    | ShipmentFact::Thawed(_)
                    | ShipmentFact::Infused(_)
                    | ShipmentFact::Destroyed(_)
                    | ShipmentFact::Stowed(_)
            )
        )
    })
    .min()?;
    let touched = of(touched).any(|at| at <= out);
    // Before they are picked up goods may stand without a probe: it is missed from then on, until the last hand has them.
    let has_probe = all.iter().any(|a| match &a.event.fact {
        Fact::Device(DeviceFact::Attached(it)) => {
            it.to().as_ref() == Some(shipment) && it.position == Position::Payload
        }
        _ => false,
    });
    let picked_up =
        of(|f| matches!(f, Fact::Shipment(ShipmentFact::Accepted(_) | ShipmentFact::Departed(_))))
            .min();
    let from = first + SETTLED;
    let handed_over = of(|f| matches!(f, Fact::Shipment(ShipmentFact::Accepted(_)))).max();
    let (from, out) = match has_probe {
        true => (from, out),
        false => (from.max(picked_up?), out.min(handed_over?)),
    };
    (!touched && first == last && from < out).then_some((from, out))
}

/// The stretches for which a fit payload probe of this shipment vouches.
fn vouched(all: &Recording, shipment: &Subject) -> Vec<(Moment, Moment)> {
    let mut held = Vec::new();
    let mut words: BTreeMap<&Subject, Vec<(Moment, Option<Span>)>> = BTreeMap::new();
    for a in all {
        let at = a.event.at;
        match &a.event.fact {
            Fact::Device(DeviceFact::Attached(attached)) => {
                let here = attached.to().as_ref() == Some(shipment)
                    && attached.position == Position::Payload;
                words
                    .entry(&a.event.subject)
                    .or_default()
                    .push((at, here.then_some(attached.log_every)));
            }
            Fact::Device(DeviceFact::Detached(_)) => {
                words.entry(&a.event.subject).or_default().push((at, None))
            }
            _ => {}
        }
    }
    for (device, mut words) in words {
        let of_device = |a: &&Arrival| a.event.subject == *device;
        let fit = all
            .iter()
            .filter(of_device)
            .any(|a| matches!(&a.event.fact, Fact::Device(DeviceFact::Calibrated(c)) if c.passed));
        if !fit {
            continue;
        }
        words.sort();
        let ends: Vec<Moment> = words.iter().skip(1).map(|w| w.0).chain([Moment::LATEST]).collect();
        for ((from, every), until) in words.into_iter().zip(ends) {
            let Some(every) = every else { continue };
            let mut read: Vec<Moment> = all
                .iter()
                .filter(of_device)
                .filter(|a| matches!(a.event.fact, Fact::Device(DeviceFact::Reading(_))))
                .map(|a| a.event.at)
                .filter(|at| from <= *at && *at <= until)
                .collect();
            read.sort();
            read.dedup();
            for (n, at) in read.iter().enumerate() {
                let next = read.get(n + 1).copied().filter(|next| *next - *at <= every * 2);
                // Where it begins, the first reading may be two intervals away.
                let from = if n == 0 { *at - every * 2 } else { *at };
                held.push((from, next.unwrap_or(*at + every)));
            }
        }
    }
    held.sort();
    held
}

/// The moments at which nobody vouches for the goods, one in ten minutes.
fn unknown(all: &Recording, shipment: &Subject) -> Vec<Moment> {
    let Some((from, until)) = in_the_box(all, shipment) else { return Vec::new() };
    let held = vouched(all, shipment);
    let step = Span::minutes(10);
    let moments = std::iter::successors(Some(from), |at| Some(*at + step));
    // What is nearer than that to what is known is a matter of the intervals of the logger.
    let near = Span::minutes(25);
    moments
        .take_while(|at| *at + near <= until)
        .filter(|at| !held.iter().any(|(from, until)| *from - near <= *at && *at <= *until + near))
        .collect()
}

/// Whether a finding says of a moment that the temperature was wrong or is not known. Where nobody has planned the goods, no
/// limits are known: that is told instead, of all of it.
fn speaks_of(f: &Finding, at: Moment, planned: bool) -> bool {
    if !planned {
        return &*f.code == "SYS-REF";
    }
    (f.code.starts_with("DAT") || f.code.starts_with("THM"))
        && &*f.code != "DAT-06"
        && f.happened <= at
        && f.until.is_none_or(|until| at <= until)
}

fn each_minute(said: &Said, pair: &Pair) -> Vec<Broken> {
    let stands = standing(&said.with);
    let mut all = Vec::new();
    for shipment in shipments(&pair.with) {
        let id = ShipmentId::new(&*shipment.id);
        let planned = is_planned(&pair.with, &shipment);
        let neither = unknown(&pair.with, &shipment)
            .into_iter()
            .find(|at| !stands.iter().any(|f| f.shipment == id && speaks_of(f, *at, planned)));
        if let Some(at) = neither {
            let how = format!("neither known nor unknown: {id}");
            all.push(Broken { shipment: id, what: format!("{how} at {at}"), how });
        }
    }
    all
}

/// Something is lost of what a logger measured.
fn lost(seed: u64, rng_seed: u64) -> Tried {
    let (without, mut rng) = (history(seed), Rng::with_seed(rng_seed));
    let with_logger: Vec<Subject> =
        shipments(&without).into_iter().filter(|s| in_the_box(&without, s).is_some()).collect();
    let mut with = without;
    for shipment in with_logger {
        let Some((from, until)) = in_the_box(&with, &shipment) else { continue };
        let device = format!("LOG-{}", shipment.id);
        let (a, b) =
            (between(from - SETTLED, until, &mut rng), between(from - SETTLED, until, &mut rng));
        let (from, until) = match rng.u8(..6) {
            0 => (Moment::EARLIEST, Moment::LATEST),
            1 => (a, Moment::LATEST),
            2 => (Moment::EARLIEST, a),
            3 => continue,
            _ => (a.min(b), a.max(b)),
        };
        with.retain(|a| {
            let of = *a.event.subject.id == *device
                && matches!(a.event.fact, Fact::Device(DeviceFact::Reading(_)));
            !(of && from <= a.event.at && a.event.at <= until)
        });
    }
    if shipments(&with).iter().all(|s| unknown(&with, s).is_empty()) {
        return nothing();
    }
    let pair = Pair { without: Vec::new(), with, until: None };
    hold("each-minute", seed, &pair, &each_minute)
}

proptest! {
    #![proptest_config(tries())]

    #[test]
    fn each_minute_is_known_or_said_to_be_unknown(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        lost(seed, rng_seed)?;
    }
}
