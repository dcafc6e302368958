//! A site of many shipments: as many as are asked for, of which three in four have an incident that nobody has closed, and
//! most of these are over and were seen by nobody. Made up; for looking at pages and for tests.
#![allow(missing_docs, dead_code, unreachable_pub)] // shared by an example and by tests

use super::story::{Teller, act, ago, custody, finding, incident, patient, plan, thermal};
use alerts::incident::IncidentState;
use desk::ReadModel;
use facts::context::Class;
use facts::{PartyId, Severity, ShipmentId, ShortText, State};

/// Who carries, by the telephone at night.
const CARRIERS: [&str; 3] = ["VITAVAN", "KLM-CARGO", "BAYSTATE"];

/// The shipment with this number: each tenth has a finished dose, the others cells.
pub fn name(n: usize) -> String {
    let kind = if n.is_multiple_of(10) { "DP" } else { "CELLS" };
    format!("{kind}-{}", 10_000 + n)
}

/// Of a hundred shipments: 5 go on and nobody has them, 15 go on and are taken, 50 are over and unseen, 4 are over and seen,
/// 6 are closed, 20 have none.
fn state(n: usize) -> Option<IncidentState> {
    match n % 100 {
        0..5 => Some(IncidentState::ActiveUnacked),
        5..20 => Some(IncidentState::ActiveAcked),
        20..70 => Some(IncidentState::ReturnedUnacked),
        70..74 => Some(IncidentState::ReturnedAcked),
        74..80 => Some(IncidentState::Closed),
        _ => None,
    }
}

/// So many shipments, onto the board.
pub fn tell(board: &mut ReadModel, shipments: usize) {
    let mut t = Teller::new(board);
    for n in 1..=shipments {
        shipment(&mut t, n);
    }
    t.finish();
}

fn shipment(t: &mut Teller<'_>, n: usize) {
    let s = &name(n);
    let begun = 320 + i64::try_from(n % 60).unwrap_or(0);
    let (carrier, logger) = (CARRIERS[n % 3], format!("LOG-{}", 20_000 + n));
    let order = format!(r#","order":"ORD-{}","units":["BAG-{n}-1","BAG-{n}-2"]"#, 30_000 + n);
    let profile = if n.is_multiple_of(10) { "CRYO_LN2V" } else { "CELL_2_8" };
    let kind = if n.is_multiple_of(10) { "drug-product" } else { "cells" };
    t.of(s, ago(1400), &plan(kind, profile, &order));
    t.says(s, ago(begun + 10), &format!("device:{logger}"), &format!(r#"attached to {s} at payload with {{"channel":"1","log_every":"10 min","send_every":"10 min"}}"#));
    t.of(s, ago(begun), &format!(r#"packed ["BAG-{n}-1","BAG-{n}-2"]"#));
    t.of(s, ago(begun - 20), &format!("released by PLANT-PUURS to {carrier}"));
    t.of(s, ago(begun - 22), &format!("accepted by {carrier} from PLANT-PUURS"));
    t.of(s, ago(begun - 25), "departed on L1");
    t.of(s, ago(begun - 90), &format!("stowed by {carrier} at bay {}, depot Brussels", n % 40));
    let cold = if n.is_multiple_of(10) { -178_000 } else { 4_600 };
    t.reads(s, &logger, (begun, 2), |minute| cold + i32::try_from(minute % 50).unwrap_or(0) * 20);
    let shipment = ShipmentId::new(s);
    let class = if n.is_multiple_of(10) { Class::Cryo } else { Class::Fresh };
    t.board.context(&shipment, &custody(Some(carrier), ago(begun - 22), "depot Brussels"));
    t.board.context(&shipment, &thermal(class, ago(begun), None));
    t.board.context(&shipment, &patient(20 + i64::try_from(n % 90).unwrap_or(0)));
    let Some(state) = state(n) else { return };
    let priority = [Severity::P2, Severity::P1, Severity::P3, Severity::P2][n % 4];
    let over = !matches!(state, IncidentState::ActiveUnacked | IncidentState::ActiveAcked);
    let minutes = 3 + i64::try_from(n % 47).unwrap_or(0);
    let sentence =
        format!("warmer than 8.0 °C since {}, up to 9.{} °C (allowed: 10 min)", ago(100), n % 90);
    let mut warm = finding(s, "THM-01", "thermal/too-warm", priority, &sentence);
    warm.happened = ago(100 + minutes);
    if over {
        (warm.state, warm.until) = (State::Cleared, Some(ago(minutes)));
    }
    t.board.finding(&warm);
    let mut one = incident(s, 1, state, priority, &sentence);
    one.opened = Some(ago(95 + minutes));
    one.action = warm.action;
    one.findings = vec![warm.name.clone()];
    one.unseen = vec![warm.name];
    one.holder = Some(PartyId::new(carrier));
    one.since = Some(ago(begun - 22));
    one.place = Some(ShortText::new("depot Brussels"));
    one.deadline = (!over).then(|| ago(-30 - i64::try_from(n % 300).unwrap_or(0)));
    if matches!(state, IncidentState::ActiveAcked | IncidentState::ReturnedAcked) {
        one.acknowledged = Some(act("ANNA", ago(2), "the driver moves it into the reefer"));
    }
    if state == IncidentState::Closed {
        one.closed = Some(act("BEN", ago(1), "cold again, within what is allowed"));
    }
    t.board.incident(&one);
}
