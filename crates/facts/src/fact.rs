//! What can happen. One line per type; the name is the CloudEvents type, for ever.
//!
//! A new fact is one struct (in the file of its subject), one line here, one sentence in
//! [`crate::sentence`], one sample in `config/schemas/samples.ndjson`. Its schema, in `config/schemas`, is made from the struct.

mod actor;
#[cfg(test)]
mod checks;
pub mod device;
mod happened;
pub mod incident;
pub mod log;
pub mod order;
pub mod party;
pub mod permit;
#[cfg(test)]
mod schemas;
pub mod shipment;
pub mod store;

use serde::{Deserialize, Serialize};

/// One thing that happened, as somebody reported it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[allow(missing_docs)] // each line's struct says it
#[rustfmt::skip]
pub enum Fact {
    #[serde(rename = "coldwatch.shipment.planned.v1")]            Planned(alloc::boxed::Box<shipment::Planned>),
    #[serde(rename = "coldwatch.shipment.packed.v1")]             Packed(shipment::Packed),
    #[serde(rename = "coldwatch.shipment.released.v1")]           Released(shipment::Released),
    #[serde(rename = "coldwatch.shipment.accepted.v1")]           Accepted(shipment::Accepted),
    #[serde(rename = "coldwatch.shipment.stowed.v1")]             Stowed(shipment::Stowed),
    #[serde(rename = "coldwatch.shipment.departed.v1")]           Departed(shipment::Departed),
    #[serde(rename = "coldwatch.shipment.arrived.v1")]            Arrived(shipment::Arrived),
    #[serde(rename = "coldwatch.shipment.customs-entered.v1")]    CustomsEntered(shipment::CustomsEntered),
    #[serde(rename = "coldwatch.shipment.customs-cleared.v1")]    CustomsCleared(shipment::CustomsCleared),
    #[serde(rename = "coldwatch.shipment.leg-cancelled.v1")]      LegCancelled(shipment::LegCancelled),
    #[serde(rename = "coldwatch.shipment.leg-offloaded.v1")]      LegOffloaded(shipment::LegOffloaded),
    #[serde(rename = "coldwatch.shipment.eta-changed.v1")]        EtaChanged(shipment::EtaChanged),
    #[serde(rename = "coldwatch.shipment.opened.v1")]             Opened(shipment::Opened),
    #[serde(rename = "coldwatch.shipment.unpacked.v1")]           Unpacked(shipment::Unpacked),
    #[serde(rename = "coldwatch.shipment.repacked.v1")]           Repacked(shipment::Repacked),
    #[serde(rename = "coldwatch.shipment.received.v1")]           Received(shipment::Received),
    #[serde(rename = "coldwatch.shipment.quality-released.v1")]   QualityReleased(shipment::QualityReleased),
    #[serde(rename = "coldwatch.shipment.dispositioned.v1")]      Dispositioned(shipment::Dispositioned),
    #[serde(rename = "coldwatch.shipment.thawed.v1")]             Thawed(shipment::Thawed),
    #[serde(rename = "coldwatch.shipment.infused.v1")]            Infused(shipment::Infused),
    #[serde(rename = "coldwatch.shipment.destroyed.v1")]          Destroyed(shipment::Destroyed),
    #[serde(rename = "coldwatch.shipment.cancelled.v1")]          Cancelled(shipment::Cancelled),
    #[serde(rename = "coldwatch.shipment.closed.v1")]             Closed(shipment::Closed),
    #[serde(rename = "coldwatch.shipment.corrected.v1")]          ShipmentCorrected(log::Corrected),
    #[serde(rename = "coldwatch.shipment.noted.v1")]              Noted(log::Noted),

    #[serde(rename = "coldwatch.device.attached.v1")]             Attached(device::Attached),
    #[serde(rename = "coldwatch.device.detached.v1")]             Detached(device::Detached),
    #[serde(rename = "coldwatch.device.calibrated.v1")]           Calibrated(device::Calibrated),
    #[serde(rename = "coldwatch.device.reading.v1")]              Reading(device::Reading),
    #[serde(rename = "coldwatch.device.imported.v1")]             Imported(device::Imported),
    #[serde(rename = "coldwatch.device.quiet.v1")]                Quiet(device::Quiet),
    #[serde(rename = "coldwatch.device.clock-ahead.v1")]          ClockAhead(device::ClockAhead),
    #[serde(rename = "coldwatch.device.clock-right.v1")]          ClockRight(device::ClockRight),
    #[serde(rename = "coldwatch.device.withdrawn.v1")]            Withdrawn(device::Withdrawn),
    #[serde(rename = "coldwatch.device.corrected.v1")]            DeviceCorrected(log::Corrected),

    #[serde(rename = "coldwatch.store.holds.v1")]                 Holds(store::Holds),
    #[serde(rename = "coldwatch.store.no-longer-holds.v1")]       NoLongerHolds(store::NoLongerHolds),

    #[serde(rename = "coldwatch.permit.granted.v1")]              Granted(alloc::boxed::Box<permit::Granted>),
    #[serde(rename = "coldwatch.permit.amended.v1")]              Amended(alloc::boxed::Box<permit::Granted>),
    #[serde(rename = "coldwatch.permit.suspended.v1")]            PermitSuspended(permit::Suspended),
    #[serde(rename = "coldwatch.permit.revoked.v1")]              Revoked(permit::Revoked),
    #[serde(rename = "coldwatch.permit.ledger.v1")]               Ledger(permit::Ledger),

    #[serde(rename = "coldwatch.party.described.v1")]             Described(party::Described),
    #[serde(rename = "coldwatch.party.qualified.v1")]             Qualified(party::Qualified),
    #[serde(rename = "coldwatch.party.suspended.v1")]             PartySuspended(party::Suspended),

    #[serde(rename = "coldwatch.order.opened.v1")]                OrderOpened(order::Opened),
    #[serde(rename = "coldwatch.order.patient-scheduled.v1")]     PatientScheduled(order::PatientScheduled),
    #[serde(rename = "coldwatch.order.product-available.v1")]     ProductAvailable(order::ProductAvailable),
    #[serde(rename = "coldwatch.order.rescue-confirmed.v1")]      RescueConfirmed(order::RescueConfirmed),
    #[serde(rename = "coldwatch.order.conditioning-started.v1")]  ConditioningStarted(order::ConditioningStarted),
    #[serde(rename = "coldwatch.order.start-ahead.v1")]           StartAhead(order::StartAhead),
    #[serde(rename = "coldwatch.order.conditioning-held.v1")]     ConditioningHeld(order::ConditioningHeld),
    #[serde(rename = "coldwatch.order.postponed.v1")]             Postponed(order::Postponed),
    #[serde(rename = "coldwatch.order.dose.v1")]                  Dose(order::Dose),
    #[serde(rename = "coldwatch.order.corrected.v1")]             OrderCorrected(log::Corrected),

    #[serde(rename = "coldwatch.shipment.acknowledged.v1")]       Acknowledged(incident::Acknowledged),
    #[serde(rename = "coldwatch.shipment.incident-noted.v1")]     IncidentNoted(incident::IncidentNoted),
    #[serde(rename = "coldwatch.shipment.incident-closed.v1")]    IncidentClosed(incident::IncidentClosed),

    #[serde(rename = "coldwatch.log.tick.v1")]                    Tick(log::Tick),
    #[serde(rename = "coldwatch.log.rulebook-published.v1")]      RulebookPublished(log::RulebookPublished),
    #[serde(rename = "coldwatch.log.behaviour-switched.v1")]      BehaviourSwitched(log::BehaviourSwitched),
    #[serde(rename = "coldwatch.log.cited.v1")]                   Cited(log::Cited),
    #[serde(rename = "coldwatch.log.uncited.v1")]                 Uncited(log::Uncited),
    #[serde(rename = "coldwatch.log.put-away.v1")]                PutAway(log::PutAway),
    #[serde(rename = "coldwatch.log.watched.v1")]                 Watched(log::Watched),
    #[serde(rename = "coldwatch.log.incident-stands.v1")]         IncidentStands(log::IncidentStands),
    #[serde(rename = "coldwatch.log.words.v1")]                   Words(log::Words),
    #[serde(rename = "coldwatch.log.twin.v1")]                    Twin(log::Twin),
    #[serde(rename = "coldwatch.log.genesis.v1")]                 Genesis(log::Genesis),
    #[serde(rename = "coldwatch.log.alive.v1")]                   Alive(log::Alive),
    #[serde(rename = "coldwatch.log.clock-asked.v1")]             ClockAsked(log::ClockAsked),
    #[serde(rename = "coldwatch.log.state-told.v1")]              StateTold(log::StateTold),
}

/// Types that only coldwatch itself writes, beside those of its log: nobody is told of them who reports something.
const OURS: [&str; 7] = [
    "coldwatch.device.quiet.v1",
    "coldwatch.device.clock-ahead.v1",
    "coldwatch.device.clock-right.v1",
    "coldwatch.device.withdrawn.v1",
    "coldwatch.permit.ledger.v1",
    "coldwatch.order.start-ahead.v1",
    "coldwatch.order.dose.v1",
];

impl Fact {
    /// The types that somebody may report.
    pub fn reported_types() -> impl Iterator<Item = &'static str> {
        let ours = |kind: &str| kind.starts_with("coldwatch.log.") || OURS.contains(&kind);
        Self::types().iter().copied().filter(move |kind| !ours(kind))
    }

    /// Whether it is an act after which there is nothing to watch of some goods or by some probe. Learnt after an alarm, it
    /// ends the alarm and does not take it back.
    pub fn ends_the_watch(&self) -> bool {
        let called_off = matches!(self, Self::Cancelled(_) | Self::Closed(_));
        let out = matches!(self, Self::Unpacked(_) | Self::Detached(_) | Self::NoLongerHolds(_));
        let used = matches!(self, Self::Thawed(_) | Self::Infused(_) | Self::Destroyed(_));
        called_off || out || used
    }
}
