//! What the HTTP interface answers, as JSON. Members are added, never renamed or taken away.
//!
//! Nothing here depends on when it is asked but `as_of` and `made_at`, so that an entity tag means what it says.

mod incident;
mod parts;
mod row;
mod shipment;
mod trust;

pub(crate) use incident::{IncidentView, Incidents, SilenceView};
pub(crate) use row::{ShipmentRow, Shipments, no_return};
pub(crate) use shipment::ShipmentView;
pub(crate) use trust::TrustView;
