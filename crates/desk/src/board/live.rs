//! The shipments that are under watch, the worst first.

use super::place::{Page, Place};
use super::{Board, Choice, Dossier, Fineness, fineness};
use facts::{Moment, ShipmentId};

/// How bad it is; what is not known comes before what is fine.
fn rank(fineness: &Fineness<'_>) -> u16 {
    match fineness {
        Fineness::Wrong(finding) => finding.severity as u16,
        Fineness::NotKnown(_) => 8,
        Fineness::NothingFound => 9,
        Fineness::NotUnderWay => 10,
    }
}

fn place(id: &ShipmentId, d: &Dossier, current: bool) -> Place {
    let deadline = d.incident_open().and_then(|incident| incident.deadline);
    Place {
        rank: rank(&fineness(d, current)),
        until: deadline.unwrap_or(Moment::LATEST),
        since: Moment::EARLIEST,
        shipment: id.clone(),
        number: 0,
    }
}

impl Board {
    /// One page of the live shipments of a choice: what comes behind a place, or the worst ones; `current` = whether the
    /// board is.
    pub(crate) fn live<'a>(
        &'a self,
        of: &'a Choice,
        current: bool,
        after: Option<&Place>,
    ) -> Page<&'a Dossier> {
        let live = self.chosen(of).filter(|(_, d)| d.over().is_none());
        Page::new(live.map(|(id, d)| (place(id, d, current), d)).collect(), after)
    }
}
