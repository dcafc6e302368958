//! How much one event may say, so that whatever follows from it fits into one record of a log: a dose names every
//! unit with all that became of it, a card repeats every note.

use crate::reject::{Code, Rejection};
use facts::fact::shipment::Quantity;
use facts::{Fact, OrderFact, PermitFact, ShipmentFact, StaffFact, StoreFact, UnitId};

/// Bags or vials of a shipment or an order, named or counted; the largest collections have dozens.
const MOST_UNITS: usize = 2_000;
/// Legs, waypoints and permits of a plan, each; the longest ways have a dozen.
const MOST_OF_A_PLAN: usize = 500;
/// Bytes of what staff say about an incident: a page. Its card repeats it with every change.
const LONGEST_NOTE: usize = 2_000;
/// Bytes of a unit of measure, as `vials`; a permit's ledger repeats it for every shipment.
const LONGEST_MEASURE: usize = 64;

/// Refuses what says more.
pub(crate) fn check(fact: &Fact) -> Result<(), Rejection> {
    match fact {
        Fact::Shipment(ShipmentFact::Planned(plan)) => {
            named(&plan.units)?;
            let lists = [
                ("legs", plan.legs.len()),
                ("waypoints", plan.waypoints.len()),
                ("permits", plan.permits.len()),
            ];
            for (list, n) in lists {
                most(n, MOST_OF_A_PLAN, list, &format!("/data/{list}"))?;
            }
            for (n, gated) in plan.permits.iter().enumerate() {
                measure(gated.quantity.as_ref(), &format!("/data/permits/{n}/quantity/unit"))?;
            }
            Ok(())
        }
        Fact::Permit(PermitFact::Granted(granted) | PermitFact::Amended(granted)) => {
            measure(granted.quantity.as_ref(), "/data/quantity/unit")
        }
        Fact::Order(OrderFact::OrderOpened(opened)) => {
            named(&opened.units).and_then(|()| counted(opened.count))
        }
        Fact::Shipment(ShipmentFact::Packed(packed)) => {
            named(&packed.units).and_then(|()| counted(packed.count))
        }
        Fact::Shipment(ShipmentFact::Received(received)) => {
            named(&received.units).and_then(|()| counted(received.count))
        }
        Fact::Shipment(ShipmentFact::Repacked(moved)) => named(&moved.units),
        Fact::Shipment(ShipmentFact::QualityReleased(released)) => named(&released.units),
        Fact::Shipment(ShipmentFact::Dispositioned(decided)) => named(&decided.units),
        Fact::Shipment(ShipmentFact::Thawed(thawed)) => named(&thawed.units),
        Fact::Shipment(ShipmentFact::Infused(infused)) => named(&infused.units),
        Fact::Shipment(ShipmentFact::Destroyed(destroyed)) => named(&destroyed.units),
        Fact::Store(StoreFact::Holds(holds)) => named(&holds.units),
        Fact::Store(StoreFact::NoLongerHolds(gave)) => named(&gave.units),
        Fact::Staff(StaffFact::Acknowledged(taken)) => note(&taken.reason, "/data/reason"),
        Fact::Staff(StaffFact::IncidentClosed(closed)) => note(&closed.reason, "/data/reason"),
        Fact::Staff(StaffFact::IncidentNoted(noted)) => note(&noted.text, "/data/text"),
        _ => Ok(()),
    }
}

fn most(n: usize, most: usize, what: &str, member: &str) -> Result<(), Rejection> {
    if n <= most {
        return Ok(());
    }
    let reason = format!("{n} {what} are more than the {most} that one shipment can have");
    Err(Rejection::new(Code::BadValue, reason).member(member))
}

fn named(units: &[UnitId]) -> Result<(), Rejection> {
    most(units.len(), MOST_UNITS, "units", "/data/units")
}

fn counted(count: Option<u32>) -> Result<(), Rejection> {
    let count = usize::try_from(count.unwrap_or(0)).unwrap_or(usize::MAX);
    most(count, MOST_UNITS, "units", "/data/count")
}

fn text(text: &str, longest: usize, member: &str) -> Result<(), Rejection> {
    if text.len() <= longest {
        return Ok(());
    }
    let reason = format!("{} bytes, and {longest} are taken here", text.len());
    Err(Rejection::new(Code::TooLong, reason).member(member))
}

fn note(said: &str, member: &str) -> Result<(), Rejection> {
    text(said, LONGEST_NOTE, member)
}

fn measure(quantity: Option<&Quantity>, member: &str) -> Result<(), Rejection> {
    quantity.map_or(Ok(()), |quantity| text(quantity.unit.as_str(), LONGEST_MEASURE, member))
}

#[cfg(test)]
mod tests {
    use crate::{Limits, native};

    /// What is wrong with an event of this type and data: code, member, reason.
    fn wrong(kind: &str, subject: &str, data: &str) -> Option<(String, String, String)> {
        let line = format!(
            r#"{{"specversion":"1.0","id":"e-1","source":"t","type":"coldwatch.{kind}.v1","subject":"{subject}","time":"2026-03-01T08:00:00Z","data":{data}}}"#
        );
        let read = native::read(line.as_bytes(), &Limits::default());
        read.err().map(|r| (r.code.to_string(), r.place.member, r.reason))
    }

    fn told(code: &str, member: &str, reason: &str) -> Option<(String, String, String)> {
        Some((code.into(), member.into(), reason.into()))
    }

    #[test]
    fn what_staff_say_has_a_page() {
        let said = |n: usize| format!(r#"{{"by":"ANNA","reason":"{}"}}"#, "x".repeat(n));
        let noted = |n: usize| format!(r#"{{"by":"ANNA","text":"{}"}}"#, "x".repeat(n));
        let reason = "2001 bytes, and 2000 are taken here";
        for kind in ["shipment.acknowledged", "shipment.incident-closed"] {
            assert_eq!(wrong(kind, "SHP-1", &said(2_000)), None);
            assert_eq!(
                wrong(kind, "SHP-1", &said(2_001)),
                told("too-long", "/data/reason", reason)
            );
        }
        assert_eq!(wrong("shipment.incident-noted", "SHP-1", &noted(2_000)), None);
        let long = wrong("shipment.incident-noted", "SHP-1", &noted(2_001));
        assert_eq!(long, told("too-long", "/data/text", reason));
    }

    #[test]
    fn what_was_let_in_once_is_read_from_our_own_topics_whatever_its_size() {
        let line = format!(
            r#"{{"specversion":"1.0","id":"e-1","source":"t","type":"coldwatch.shipment.incident-noted.v1","subject":"SHP-1","time":"2026-03-01T08:00:00Z","data":{{"by":"ANNA","text":"{}"}}}}"#,
            "x".repeat(2_001)
        );
        assert!(native::read(line.as_bytes(), &Limits::default()).is_err());
        assert!(native::read(line.as_bytes(), &Limits::of_ours()).is_ok());
    }

    #[test]
    fn units_are_so_many_named_or_counted() {
        let named = |n: usize| {
            let units: Vec<String> = (0..n).map(|n| format!("\"U{n}\"")).collect();
            format!(r#"{{"by":"LAB","units":[{}]}}"#, units.join(","))
        };
        let reason = "2001 units are more than the 2000 that one shipment can have";
        for kind in ["quality-released", "thawed", "infused", "destroyed", "packed"] {
            let kind = format!("shipment.{kind}");
            assert_eq!(wrong(&kind, "SHP-1", &named(2_000)), None, "{kind}");
            let many = wrong(&kind, "SHP-1", &named(2_001));
            assert_eq!(many, told("bad-value", "/data/units", reason), "{kind}");
        }
        let counted = wrong("shipment.packed", "SHP-1", r#"{"count":2001}"#);
        assert_eq!(counted, told("bad-value", "/data/count", reason));
    }

    #[test]
    fn no_text_of_an_event_is_endless() {
        let stowed = |n: usize| format!(r#"{{"by":"KLM","place":"{}"}}"#, "x".repeat(n));
        assert_eq!(wrong("shipment.stowed", "SHP-1", &stowed(4_096)), None);
        let (code, member, reason) =
            wrong("shipment.stowed", "SHP-1", &stowed(4_097)).unwrap_or_default();
        assert_eq!((&*code, &*member), ("too-long", ""));
        assert_eq!(reason, "a text of 4097 bytes, and 4096 are taken");
        // A quote inside a text does not end it, and a list of short ones is none.
        let (code, ..) = wrong(
            "shipment.stowed",
            "SHP-1",
            &stowed(0).replace(r#""place":"""#, &format!(r#""place":"{}""#, r#"\""#.repeat(2_049))),
        )
        .unwrap_or_default();
        assert_eq!(code, "too-long");
    }
}
