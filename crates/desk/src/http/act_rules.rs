//! Whether an act may be done, and whether the board shows that it was.

use super::state::SharedState;
use crate::read_model::{ReadModel, ShipmentRecord};
use crate::refusal::Refusal;
use crate::view::IncidentView;
use alerts::Incident;
use alerts::incident::StaffAct;
use axum::http::HeaderMap;
use facts::{Fact, Moment, PartyId, ShipmentId, ShortText, StaffFact};
use std::time::Duration;

/// How long the board may take to show an act, and how often it is looked at.
const BOARD: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(50);
const LONGEST_REASON: usize = 500;
const LONGEST_KEY: usize = 128;

/// A person, in one word.
pub(super) fn person(field: &str, does: &str, text: &str) -> Result<PartyId, Refusal> {
    let who = text.trim().parse();
    who.map_err(|why| Refusal::Invalid(format!("`{field}` says who {does}, in one word: {why}")))
}

/// Letters that a person can see, and not too many.
pub(super) fn reason(field: &str, says: &str, text: &str) -> Result<ShortText, Refusal> {
    let reason = text.trim();
    let letters = reason.chars().count();
    if letters == 0 || letters > LONGEST_REASON {
        return Err(Refusal::Invalid(format!(
            "`{field}` says {says}, in 1 to {LONGEST_REASON} letters; this one has {letters}"
        )));
    }
    if let Some(c) = reason.chars().find(|c| c.is_control()) {
        return Err(Refusal::Invalid(format!("`{field}` holds {c:?}, which is no letter")));
    }
    Ok(ShortText::new(reason))
}

pub(super) fn name(
    state: &SharedState,
    headers: &HeaderMap,
    key: Option<String>,
) -> Result<String, Refusal> {
    let header = headers.get("idempotency-key").map(|key| String::from_utf8_lossy(key.as_bytes()));
    let Some(key) = header.map(String::from).or(key) else {
        return Ok(state.fresh_name());
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

/// Refuses where there is no such incident, where it is closed, or where it cannot be closed.
pub(super) async fn may(
    state: &SharedState,
    shipment: &ShipmentId,
    number: u32,
    fact: &Fact,
) -> Result<(), Refusal> {
    let board = state.board_soon().await?;
    let unknown =
        || Refusal::Unknown(format!("no incident {number} of shipment `{shipment}` is known here"));
    let (incident, record) = board.one(shipment, number).ok_or_else(unknown)?;
    if incident.is_closed() {
        return Err(closed(incident, record));
    }
    if let Fact::Staff(StaffFact::IncidentClosed(closing)) = fact {
        incident.may_close(closing, record.findings.values()).map_err(|why| {
            Refusal::Conflict(format!("incident {number} of {shipment} cannot be closed: {why}"))
        })?;
    }
    Ok(())
}

fn closed(incident: &Incident, record: &ShipmentRecord) -> Refusal {
    let by = incident.closed.as_ref();
    let by = by.map_or(String::new(), |act| format!(" by {} at {}", act.by, act.at));
    let next = record.incident_open().map_or(String::new(), |next| {
        format!("; incident {} is the one that is open now", next.number)
    });
    let (number, shipment) = (incident.number, &incident.shipment);
    Refusal::Conflict(format!("incident {number} of {shipment} was closed{by}{next}"))
}

/// The incident, where the act stands on it.
pub(super) async fn stands(
    state: &SharedState,
    shipment: &ShipmentId,
    number: u32,
    fact: &Fact,
    at: Moment,
) -> Result<Option<IncidentView>, Refusal> {
    let board = state.board_soon().await?;
    let known = board.one(shipment, number).filter(|(incident, _)| is_done(incident, fact, at));
    Ok(known.map(|(incident, record)| view(&board, incident, record)))
}

fn view(board: &ReadModel, incident: &Incident, record: &ShipmentRecord) -> IncidentView {
    IncidentView::new(board, incident, record)
}

fn is_done(incident: &Incident, fact: &Fact, at: Moment) -> bool {
    let stands = |act: &Option<StaffAct>, by: &PartyId, text: &ShortText| {
        act.as_ref().is_some_and(|act| act.by == *by && act.at == at && act.text == *text)
    };
    match fact {
        Fact::Staff(StaffFact::Acknowledged(taken)) => {
            stands(&incident.acknowledged, &taken.by, &taken.reason)
        }
        Fact::Staff(StaffFact::IncidentClosed(closed)) => {
            stands(&incident.closed, &closed.by, &closed.reason)
        }
        Fact::Staff(StaffFact::IncidentNoted(noted)) => incident
            .notes
            .iter()
            .any(|act| act.by == noted.by && act.at == at && act.text == noted.text),
        _ => false,
    }
}

/// Waits until the board shows the act; `None` where it does not in time.
pub(super) async fn shown(
    state: &SharedState,
    incident: (&ShipmentId, u32),
    fact: &Fact,
    at: Moment,
    name: &str,
) -> Result<Option<IncidentView>, Refusal> {
    let looking = async {
        loop {
            if let Some(view) = look(state, incident, fact, at, name).await? {
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
async fn look(
    state: &SharedState,
    (shipment, number): (&ShipmentId, u32),
    fact: &Fact,
    at: Moment,
    name: &str,
) -> Result<Option<IncidentView>, Refusal> {
    let board = state.board_soon().await?;
    let Some((incident, record)) = board.one(shipment, number) else { return Ok(None) };
    if is_done(incident, fact, at) {
        return Ok(Some(view(&board, incident, record)));
    }
    let this = incident.refused_act.as_ref().is_some_and(|act| act.as_str() == name);
    match &incident.refused {
        Some(why) if this => Err(Refusal::Conflict(why.clone())),
        // Somebody else was faster.
        _ if incident.is_closed() => Err(closed(incident, record)),
        _ => Ok(None),
    }
}
