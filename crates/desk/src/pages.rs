//! The pages, made whole on the server: they can be read, and an incident taken, without a script.
//!
//! A page is made from the board and one moment. It says when it was made and how current that is, on top,
//! before anything else.

mod acts;
mod card;
mod chain;
mod chosen;
mod fault;
mod frame;
mod list;
mod overview;
mod shipment;
mod stages;
mod turn;

pub(crate) use acts::{Acts, Outcome};
pub(crate) use chosen::NAMES;
pub(crate) use fault::Fault;
pub(crate) use frame::{Frame, Note};
pub(crate) use list::List;
pub(crate) use overview::Overview;
pub(crate) use shipment::ShipmentPage;

use crate::words::{When, when};
use facts::Moment;

/// A moment that may be absent.
fn maybe(at: Option<Moment>, now: Moment) -> Option<When> {
    at.map(|at| when(at, now))
}

/// Where a shipment's page is.
pub(crate) fn href(shipment: &str) -> String {
    format!("/shipments/{}", crate::words::url(shipment))
}
