//! Whether an incident may be taken, and whether the board shows that it was.

use super::acknowledge::Taking;
use super::room::Shared;
use crate::refusal::Refusal;
use crate::view::IncidentView;
use alerts::incident::Act;
use axum::http::HeaderMap;
use facts::fact::incident::Acknowledged;
use facts::{ShipmentId, Text};
use std::time::Duration;

/// How long the board may take to show an act, and how often it is looked at.
const BOARD: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(50);
const LONGEST_REASON: usize = 500;
const LONGEST_KEY: usize = 128;

/// Letters that a person can see, and not too many.
pub(super) fn fact(taking: &Taking) -> Result<Acknowledged, Refusal> {
    let by =
        taking.by.trim().parse().map_err(|why| {
            Refusal::Invalid(format!("`by` says who takes it, in one word: {why}"))
        })?;
    let reason = taking.reason.trim();
    let letters = reason.chars().count();
    if letters == 0 || letters > LONGEST_REASON {
        return Err(Refusal::Invalid(format!(
            "`reason` says what you do about it, in 1 to {LONGEST_REASON} letters; this one has {letters}"
        )));
    }
    if let Some(c) = reason.chars().find(|c| c.is_control()) {
        return Err(Refusal::Invalid(format!("`reason` holds {c:?}, which is no letter")));
    }
    Ok(Acknowledged { by, reason: Text::new(reason) })
}

pub(super) fn name(room: &Shared, headers: &HeaderMap, taking: &Taking) -> Result<String, Refusal> {
    let header = headers.get("idempotency-key").map(|key| String::from_utf8_lossy(key.as_bytes()));
    let Some(key) = header.map(String::from).or_else(|| taking.key.clone()) else {
        return Ok(room.fresh_name());
    };
    let plain = key.chars().all(|c| c.is_ascii_graphic());
    match plain && (1..=LONGEST_KEY).contains(&key.len()) {
        true => Ok(key),
        false => Err(Refusal::Invalid(format!(
            "the key has 1 to {LONGEST_KEY} visible ASCII letters, not `{}`",
            key.escape_debug().take(LONGEST_KEY).collect::<String>()
        ))),
    }
}

/// Refuses where there is no such incident, or it is closed.
pub(super) fn open(room: &Shared, shipment: &ShipmentId, number: u32) -> Result<(), Refusal> {
    let board = room.board()?;
    let unknown =
        || Refusal::Unknown(format!("no incident {number} of shipment `{shipment}` is known here"));
    let (incident, dossier) = board.one(shipment, number).ok_or_else(unknown)?;
    match &incident.closed {
        _ if !incident.is_closed() => Ok(()),
        by => {
            let by =
                by.as_ref().map_or(String::new(), |act| format!(" by {} at {}", act.by, act.at));
            let next = dossier.incident_open().map_or(String::new(), |next| {
                format!("; incident {} is the one that is open now", next.number)
            });
            Err(Refusal::Conflict(format!("incident {number} of {shipment} was closed{by}{next}")))
        }
    }
}

/// Waits until the board shows the act; `None` where it does not in time.
pub(super) async fn shown(
    room: &Shared,
    shipment: &ShipmentId,
    number: u32,
    act: &Act,
    name: &str,
) -> Result<Option<IncidentView>, Refusal> {
    let looking = async {
        loop {
            if let Some(view) = look(room, shipment, number, act, name)? {
                return Ok(view);
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    match tokio::time::timeout(BOARD, looking).await {
        Ok(shown) => shown.map(Some),
        Err(_) => Ok(None),
    }
}

/// Looks once.
fn look(
    room: &Shared,
    shipment: &ShipmentId,
    number: u32,
    act: &Act,
    name: &str,
) -> Result<Option<IncidentView>, Refusal> {
    let board = room.board()?;
    let Some((incident, dossier)) = board.one(shipment, number) else { return Ok(None) };
    match &incident.refused {
        Some(why) if why.contains(name) => Err(Refusal::Conflict(why.clone())),
        _ if incident.acknowledged.as_ref() == Some(act) => {
            Ok(Some(IncidentView::new(&board, incident, dossier)))
        }
        _ => Ok(None),
    }
}
