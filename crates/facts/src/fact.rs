//! What can happen. One line per type, in the list of its subject; the name is the CloudEvents type, for ever.
//!
//! In memory a fact is nested by its subject. Acts of staff and what only coldwatch writes are lists of their own, so that the
//! type says where a fact goes and who may report it.
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

use alloc::boxed::Box;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Makes the facts and their kinds from one list, so that no kind is without its fact. In memory a fact is nested by its subject;
/// written it is one flat list of types, and reads back from that. A type that had another name in earlier logs (behind the bar) is read
/// under that, too.
macro_rules! facts {
    ($($(#[$about:meta])* $group:ident($nested:ident) {
        $($name:literal $(| $old:literal)? $kind:ident($data:ty),)*
    })*) => {
        /// One thing that happened, as somebody reported it.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Fact {
            $($(#[$about])* $group($nested),)*
        }

        $(
            $(#[$about])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            #[allow(missing_docs)] // each line's struct says it
            pub enum $nested {
                $($kind($data),)*
            }

            impl $nested {
                /// The names of its types.
                pub const TYPES: &[&str] = &[$($name,)*];

                /// Which kind of fact it is.
                pub fn kind(&self) -> FactKind {
                    match self {
                        $(Self::$kind(_) => FactKind::$kind,)*
                    }
                }
            }
        )*

        /// A fact without what it says: which kind of thing happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs)] // the facts of these names say it
        pub enum FactKind {
            $($($kind,)*)*
        }

        impl FactKind {
            /// Every kind, in the order of the list.
            pub const ALL: &[Self] = &[$($(Self::$kind,)*)*];
        }

        impl Fact {
            /// Every type that is written.
            pub fn types() -> &'static [&'static str] {
                &[$($($name,)*)*]
            }

            /// Which kind of fact it is.
            pub fn kind(&self) -> FactKind {
                match self {
                    $(Self::$group(fact) => fact.kind(),)*
                }
            }
        }

        impl Serialize for Fact {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                let index = self.kind() as u32;
                match self {
                    $($(Self::$group($nested::$kind(data)) => {
                        to.serialize_newtype_variant("Fact", index, $name, data)
                    })*)*
                }
            }
        }

        /// Facts as they are written.
        pub(crate) mod written {
            use super::*;

            #[derive(Deserialize)]
            #[cfg_attr(test, derive(schemars::JsonSchema))]
            pub(crate) enum Fact {
                $($(#[serde(rename = $name $(, alias = $old)?)] $kind($data),)*)*
            }

            impl From<Fact> for super::Fact {
                fn from(fact: Fact) -> Self {
                    match fact {
                        $($(Fact::$kind(data) => Self::$group($nested::$kind(data)),)*)*
                    }
                }
            }
        }
    };
}

facts! {
    /// What was done with a shipment, or said of it.
    Shipment(ShipmentFact) {
        "coldwatch.shipment.planned.v1"            Planned(Box<shipment::Planned>),
        "coldwatch.shipment.packed.v1"             Packed(shipment::Packed),
        "coldwatch.shipment.released.v1"           Released(shipment::Released),
        "coldwatch.shipment.accepted.v1"           Accepted(shipment::Accepted),
        "coldwatch.shipment.stowed.v1"             Stowed(shipment::Stowed),
        "coldwatch.shipment.departed.v1"           Departed(shipment::Departed),
        "coldwatch.shipment.arrived.v1"            Arrived(shipment::Arrived),
        "coldwatch.shipment.customs-entered.v1"    CustomsEntered(shipment::CustomsEntered),
        "coldwatch.shipment.customs-cleared.v1"    CustomsCleared(shipment::CustomsCleared),
        "coldwatch.shipment.leg-cancelled.v1"      LegCancelled(shipment::LegCancelled),
        "coldwatch.shipment.leg-offloaded.v1"      LegOffloaded(shipment::LegOffloaded),
        "coldwatch.shipment.eta-changed.v1"        EtaChanged(shipment::EtaChanged),
        "coldwatch.shipment.opened.v1"             Opened(shipment::Opened),
        "coldwatch.shipment.unpacked.v1"           Unpacked(shipment::Unpacked),
        "coldwatch.shipment.repacked.v1"           Repacked(shipment::Repacked),
        "coldwatch.shipment.received.v1"           Received(shipment::Received),
        "coldwatch.shipment.quality-released.v1"   QualityReleased(shipment::QualityReleased),
        "coldwatch.shipment.dispositioned.v1"      Dispositioned(shipment::Dispositioned),
        "coldwatch.shipment.thawed.v1"             Thawed(shipment::Thawed),
        "coldwatch.shipment.infused.v1"            Infused(shipment::Infused),
        "coldwatch.shipment.destroyed.v1"          Destroyed(shipment::Destroyed),
        "coldwatch.shipment.cancelled.v1"          Cancelled(shipment::Cancelled),
        "coldwatch.shipment.closed.v1"             Closed(shipment::Closed),
        "coldwatch.shipment.corrected.v1"          ShipmentCorrected(log::Corrected),
        "coldwatch.shipment.noted.v1"              Noted(log::Noted),
    }

    /// What a logger says, or what was done with it.
    Device(DeviceFact) {
        "coldwatch.device.attached.v1"             Attached(device::Attached),
        "coldwatch.device.detached.v1"             Detached(device::Detached),
        "coldwatch.device.calibrated.v1"           Calibrated(device::Calibrated),
        "coldwatch.device.reading.v1"              Reading(device::Reading),
        "coldwatch.device.imported.v1"             Imported(device::Imported),
        "coldwatch.device.corrected.v1"            DeviceCorrected(log::Corrected),
    }

    /// What a freezer or another store holds.
    Store(StoreFact) {
        "coldwatch.store.holds.v1"                 Holds(store::Holds),
        "coldwatch.store.no-longer-holds.v1"       NoLongerHolds(store::NoLongerHolds),
    }

    /// What a permit allows.
    Permit(PermitFact) {
        "coldwatch.permit.granted.v1"              Granted(Box<permit::Granted>),
        "coldwatch.permit.amended.v1"              Amended(Box<permit::Granted>),
        "coldwatch.permit.suspended.v1"            PermitSuspended(permit::Suspended),
        "coldwatch.permit.revoked.v1"              Revoked(permit::Revoked),
    }

    /// Who a party is, and what it may do.
    Party(PartyFact) {
        "coldwatch.party.described.v1"             Described(party::Described),
        "coldwatch.party.qualified.v1"             Qualified(party::Qualified),
        "coldwatch.party.suspended.v1"             PartySuspended(party::Suspended),
    }

    /// What becomes of a patient's order.
    Order(OrderFact) {
        "coldwatch.order.opened.v1"                OrderOpened(order::Opened),
        "coldwatch.order.patient-scheduled.v1"     PatientScheduled(order::PatientScheduled),
        "coldwatch.order.product-available.v1"     ProductAvailable(order::ProductAvailable),
        "coldwatch.order.rescue-confirmed.v1"      RescueConfirmed(order::RescueConfirmed),
        "coldwatch.order.conditioning-started.v1"  ConditioningStarted(order::ConditioningStarted),
        "coldwatch.order.conditioning-held.v1"     ConditioningHeld(order::ConditioningHeld),
        "coldwatch.order.postponed.v1"             Postponed(order::Postponed),
        "coldwatch.order.corrected.v1"             OrderCorrected(log::Corrected),
    }

    /// What staff did with an incident. It is no evidence about the goods.
    Staff(StaffFact) {
        "coldwatch.shipment.acknowledged.v1"       Acknowledged(incident::Acknowledged),
        "coldwatch.shipment.incident-noted.v1"     IncidentNoted(incident::IncidentNoted),
        "coldwatch.shipment.incident-closed.v1"    IncidentClosed(incident::IncidentClosed),
    }

    /// What only coldwatch itself writes. Nobody may report it.
    System(SystemFact) {
        "coldwatch.device.quiet.v1"                Quiet(device::Quiet),
        "coldwatch.device.clock-ahead.v1"          ClockAhead(device::ClockAhead),
        "coldwatch.device.clock-right.v1"          ClockRight(device::ClockRight),
        "coldwatch.device.withdrawn.v1"            Withdrawn(device::Withdrawn),
        "coldwatch.permit.ledger.v1"               Ledger(permit::Ledger),
        "coldwatch.order.start-ahead.v1"           StartAhead(order::StartAhead),
        "coldwatch.order.dose.v1"                  Dose(order::Dose),
        "coldwatch.log.tick.v1"                    Tick(log::Tick),
        "coldwatch.log.rulebook-published.v1"      RulebookPublished(log::RulebookPublished),
        "coldwatch.log.behaviour-switched.v1"      BehaviourSwitched(log::BehaviourSwitched),
        "coldwatch.log.subscribed.v1" | "coldwatch.log.cited.v1" Subscribed(log::Subscribed),
        "coldwatch.log.unsubscribed.v1" | "coldwatch.log.uncited.v1" Unsubscribed(log::Unsubscribed),
        "coldwatch.log.put-away.v1"                PutAway(log::PutAway),
        "coldwatch.log.watched.v1"                 Watched(log::Watched),
        "coldwatch.log.incident-stands.v1"         IncidentStands(log::IncidentStands),
        "coldwatch.log.words.v1"                   Words(log::Words),
        "coldwatch.log.twin.v1"                    Twin(log::Twin),
        "coldwatch.log.genesis.v1"                 Genesis(log::Genesis),
        "coldwatch.log.heartbeat.v1" | "coldwatch.log.alive.v1" Heartbeat(log::Heartbeat),
        "coldwatch.log.clock-probe.v1" | "coldwatch.log.clock-asked.v1" ClockProbe(log::ClockProbe),
        "coldwatch.log.state-hash.v1" | "coldwatch.log.state-told.v1" StateHash(log::StateHash),
    }
}

impl<'de> Deserialize<'de> for Fact {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        written::Fact::deserialize(from).map(Self::from)
    }
}

impl Fact {
    /// Whether others may report it. What only coldwatch itself writes may not be: a fact of a new subject is asked for here.
    pub fn may_come_from_outside(&self) -> bool {
        match self {
            Self::Shipment(_) | Self::Device(_) | Self::Store(_) | Self::Permit(_) => true,
            Self::Party(_) | Self::Order(_) | Self::Staff(_) => true,
            Self::System(_) => false,
        }
    }

    /// Whether staff did it with an incident: it goes to `exceptions` and not to the journal.
    pub fn is_staff_act(&self) -> bool {
        matches!(self, Self::Staff(_))
    }

    /// The types that somebody may report.
    pub fn reported_types() -> impl Iterator<Item = &'static str> {
        let ours = |name: &str| SystemFact::TYPES.contains(&name);
        Self::types().iter().copied().filter(move |name| !ours(name))
    }

    /// Whether it is an act after which there is nothing to watch of some goods or by some probe. Learnt after an alarm, it
    /// ends the alarm and does not take it back.
    pub fn ends_the_watch(&self) -> bool {
        match self {
            Self::Shipment(fact) => matches!(
                fact,
                ShipmentFact::Cancelled(_)
                    | ShipmentFact::Closed(_)
                    | ShipmentFact::Unpacked(_)
                    | ShipmentFact::Thawed(_)
                    | ShipmentFact::Infused(_)
                    | ShipmentFact::Destroyed(_)
            ),
            Self::Device(fact) => matches!(fact, DeviceFact::Detached(_)),
            Self::Store(fact) => matches!(fact, StoreFact::NoLongerHolds(_)),
            _ => false,
        }
    }
}
