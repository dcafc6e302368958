//! Every fact has one sentence and reads back from it. The sentences are data.
//!
//! `{by}` is a text, `{version!}` is written as JSON. Members that a form does not name follow it
//! as ` with {…}`. A fact may have several forms; the first whose members are all there is taken.

use crate::{ByType, Fact};
use alloc::{format, string::String, string::ToString, vec::Vec};
use core::{fmt, str::FromStr};
use serde::de::DeserializeSeed;
use serde_json::{Map, Value};

/// One line per fact type.
#[rustfmt::skip]
pub const FORMS: &[(&str, &[&str])] = &[
    ("coldwatch.shipment.planned.v1",            &["planned as {profile}, version {version!}"]),
    ("coldwatch.shipment.packed.v1",             &["packed {units!}", "packed {count!} units", "packed"]),
    ("coldwatch.shipment.released.v1",           &["released by {by} to {to}", "released by {by}"]),
    ("coldwatch.shipment.accepted.v1",           &["accepted by {by} from {from}", "accepted by {by}"]),
    ("coldwatch.shipment.stowed.v1",             &["stowed by {by} at {place}"]),
    ("coldwatch.shipment.departed.v1",           &["departed on {leg}"]),
    ("coldwatch.shipment.arrived.v1",            &["arrived on {leg}"]),
    ("coldwatch.shipment.customs-entered.v1",    &["entered customs on {leg}"]),
    ("coldwatch.shipment.customs-cleared.v1",    &["cleared customs on {leg}"]),
    ("coldwatch.shipment.leg-cancelled.v1",      &["lost {leg}, cancelled: {reason}"]),
    ("coldwatch.shipment.leg-offloaded.v1",      &["was offloaded from {leg}: {reason}"]),
    ("coldwatch.shipment.eta-changed.v1",        &["is expected at {waypoint} by {eta}"]),
    ("coldwatch.shipment.opened.v1",             &["opened by {by} with leave of {authorised_by}", "opened by {by}"]),
    ("coldwatch.shipment.unpacked.v1",           &["unpacked by {by}"]),
    ("coldwatch.shipment.repacked.v1",           &["repacked by {by} into {shipper}"]),
    ("coldwatch.shipment.received.v1",           &["received by {by}: {verdict}, {units!}", "received by {by}: {verdict}, {count!} units", "received by {by}: {verdict}"]),
    ("coldwatch.shipment.quality-released.v1",   &["released for use by {by}"]),
    ("coldwatch.shipment.dispositioned.v1",      &["decided on by {by}: {outcome}"]),
    ("coldwatch.shipment.thawed.v1",             &["thawed by {by}"]),
    ("coldwatch.shipment.infused.v1",            &["infused by {by}"]),
    ("coldwatch.shipment.destroyed.v1",          &["destroyed by {by}"]),
    ("coldwatch.shipment.cancelled.v1",          &["cancelled: {reason}"]),
    ("coldwatch.shipment.closed.v1",             &["closed"]),
    ("coldwatch.shipment.corrected.v1",          &["is corrected: {source} {id} was wrong: {reason}"]),
    ("coldwatch.shipment.noted.v1",              &["has a note by {by}: {text}"]),

    ("coldwatch.device.attached.v1",             &["attached to {shipment} at {position}", "attached to store {store} at {position}"]),
    ("coldwatch.device.detached.v1",             &["detached {channel}"]),
    ("coldwatch.device.calibrated.v1",           &["was calibrated, passed: {passed!}"]),
    ("coldwatch.device.reading.v1",              &["reads {temperature} at {channel} as number {sequence!}", "reads {temperature} at {channel}"]),
    ("coldwatch.device.imported.v1",             &["was read out: {readings!} readings in {file}"]),
    ("coldwatch.device.quiet.v1",                &["has been quiet on {channel} since {since}, as of {as_of}"]),
    ("coldwatch.device.clock-ahead.v1",          &["has a clock that is ahead on {channel}: a reading is dated {says} and came at {came}"]),
    ("coldwatch.device.clock-right.v1",          &["has a clock that is right again on {channel}"]),
    ("coldwatch.device.withdrawn.v1",            &["did not read {temperature} on {channel} at {at}"]),
    ("coldwatch.device.corrected.v1",            &["has a reading corrected: {source} {id} was wrong: {reason}"]),

    ("coldwatch.store.holds.v1",                 &["holds units of {shipment}"]),
    ("coldwatch.store.no-longer-holds.v1",       &["no longer holds units of {shipment}"]),

    ("coldwatch.permit.granted.v1",              &["is granted to {holder} from {from} until {until}"]),
    ("coldwatch.permit.amended.v1",              &["is amended for {holder} from {from} until {until}"]),
    ("coldwatch.permit.suspended.v1",            &["is suspended as a permit: {reason}"]),
    ("coldwatch.permit.revoked.v1",              &["is revoked: {reason}"]),
    ("coldwatch.permit.ledger.v1",               &["has its ledger at {uses!}"]),

    ("coldwatch.party.described.v1",             &["is a {role} named {name}"]),
    ("coldwatch.party.qualified.v1",             &["is qualified for {scope} from {from}"]),
    ("coldwatch.party.suspended.v1",             &["is suspended as a party: {reason}"]),

    ("coldwatch.order.opened.v1",                &["opened for {product}, dose {units!}", "opened for {product}, {count!} units", "opened for {product}"]),
    ("coldwatch.order.patient-scheduled.v1",     &["conditioning is planned for {conditioning_start}"]),
    ("coldwatch.order.product-available.v1",     &["product confirmed available by {by}"]),
    ("coldwatch.order.rescue-confirmed.v1",      &["rescue cells confirmed by {by}"]),
    ("coldwatch.order.conditioning-started.v1",  &["conditioning started, says {by}"]),
    ("coldwatch.order.start-ahead.v1",           &["has a start of conditioning that is dated ahead, {starts}"]),
    ("coldwatch.order.conditioning-held.v1",     &["conditioning held, says {by}: {reason}"]),
    ("coldwatch.order.postponed.v1",             &["treatment postponed, says {by}: {reason}"]),
    ("coldwatch.order.dose.v1",                  &["has its dose at {units!}"]),
    ("coldwatch.order.corrected.v1",             &["has its order corrected: {source} {id} was wrong: {reason}"]),

    ("coldwatch.shipment.acknowledged.v1",       &["incident acknowledged by {by}: {reason}"]),
    ("coldwatch.shipment.incident-noted.v1",     &["incident noted by {by}: {text}"]),
    ("coldwatch.shipment.incident-closed.v1",    &["incident closed by {by}: {reason}"]),

    ("coldwatch.log.tick.v1",                    &["the clock strikes"]),
    ("coldwatch.log.rulebook-published.v1",      &["rules in force from here: {hash}"]),
    ("coldwatch.log.behaviour-switched.v1",      &["behaviour in force from here: {number!}"]),
    ("coldwatch.log.subscribed.v1",                 &["{by} subscribes to {subject}, as of {planned_at}"]),
    ("coldwatch.log.unsubscribed.v1",               &["{by} no longer subscribes to {subject}"]),
    ("coldwatch.log.put-away.v1",                &["{shipment} is put away as {why}, last heard of at {last}"]),
    ("coldwatch.log.watched.v1",                 &["{subject} has to do with it"]),
    ("coldwatch.log.incident-stands.v1",         &["an incident of {shipment} is open: {open!}"]),
    ("coldwatch.log.words.v1",                   &["several things were reported at once"]),
    ("coldwatch.log.twin.v1",                    &["{subject} is in use, too"]),
    ("coldwatch.log.genesis.v1",                 &["begins here: {topic}, {partitions!} partitions, generation {generation!}"]),
    ("coldwatch.log.heartbeat.v1",                  &["has come to {position!} of {end!} in {topic} {partition!}"]),
    ("coldwatch.log.clock-probe.v1",             &["asks what time it is"]),
    ("coldwatch.log.state-hash.v1",              &["{service} has folded up to {offset!}, and its state is {hash}"]),
];

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((kind, Value::Object(data))) = self.parts() else { return Err(fmt::Error) };
        let forms = FORMS.iter().find(|(k, _)| *k == kind).map_or(&[][..], |(_, forms)| forms);
        let text = forms.iter().find_map(|form| fill(form, &data)).ok_or(fmt::Error)?;
        f.write_str(&text)
    }
}

impl FromStr for Fact {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let mut reason = format!("no fact reads `{text}`");
        for (kind, forms) in FORMS {
            for data in forms.iter().filter_map(|form| take(form, text)) {
                match ByType(kind).deserialize(Value::Object(data)) {
                    Ok(fact) => return Ok(fact),
                    Err(e) => reason = format!("`{text}`: {e}"),
                }
            }
        }
        Err(reason)
    }
}

enum Piece<'f> {
    Words(&'f str),
    Slot { name: &'f str, json: bool },
}

fn pieces(form: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    for (n, part) in form.split(['{', '}']).enumerate() {
        match (n % 2, part.strip_suffix('!')) {
            (0, _) if part.is_empty() => {}
            (0, _) => out.push(Piece::Words(part)),
            (_, Some(name)) => out.push(Piece::Slot { name, json: true }),
            (_, None) => out.push(Piece::Slot { name: part, json: false }),
        }
    }
    out
}

/// What joins a sentence and the members that it does not name.
const WITH: &str = " with {";

fn fill(form: &str, data: &Map<String, Value>) -> Option<String> {
    let (mut text, mut rest) = (String::new(), data.clone());
    for piece in pieces(form) {
        match piece {
            Piece::Words(words) => text += words,
            Piece::Slot { name, json } => match (rest.remove(name)?, json) {
                (Value::String(s), false) => text += &s,
                (value, true) => text += &value.to_string(),
                (_, false) => return None,
            },
        }
    }
    if !rest.is_empty() {
        text += " with ";
        text += &Value::Object(rest).to_string();
    }
    Some(text)
}

fn take(form: &str, text: &str) -> Option<Map<String, Value>> {
    let pieces = pieces(form);
    let (mut rest, mut data) = (text, Map::new());
    for (n, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Words(words) => rest = rest.strip_prefix(words)?,
            Piece::Slot { name, json } => {
                let end = match pieces.get(n + 1) {
                    Some(Piece::Words(words)) => rest.find(words)?,
                    _ => rest.find(WITH).unwrap_or(rest.len()),
                };
                let (slot, after) = rest.split_at(end);
                if slot.is_empty() {
                    return None;
                }
                let value = if *json {
                    serde_json::from_str(slot).ok()?
                } else {
                    Value::String(slot.to_string())
                };
                data.insert((*name).to_string(), value);
                rest = after;
            }
        }
    }
    if rest.is_empty() {
        return Some(data);
    }
    let more = rest.strip_prefix(" with ")?;
    data.extend(serde_json::from_str::<Map<String, Value>>(more).ok()?);
    Some(data)
}
