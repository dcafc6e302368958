//! The shipments that are under watch, the worst first.

use super::position::{ListPage, ListPosition};
use super::{Assessment, Choice, ReadModel, ShipmentRecord, assess};
use facts::{Moment, ShipmentId};

/// How bad it is; what is not known comes before what is fine.
fn rank(assessment: &Assessment<'_>) -> u16 {
    match assessment {
        Assessment::Wrong(finding) => finding.severity as u16,
        Assessment::NotKnown(_) => 8,
        Assessment::NothingFound => 9,
        Assessment::NotUnderWay => 10,
    }
}

fn place(id: &ShipmentId, d: &ShipmentRecord, current: bool) -> ListPosition {
    let deadline = d.incident_open().and_then(|incident| incident.deadline);
    ListPosition {
        rank: rank(&assess(d, current)),
        until: deadline.unwrap_or(Moment::LATEST),
        since: Moment::EARLIEST,
        shipment: id.clone(),
        number: 0,
    }
}

impl ReadModel {
    /// One page of the live shipments of a choice: what comes behind a place, or the worst ones; `current` = whether the
    /// board is.
    pub(crate) fn live<'a>(
        &'a self,
        of: &'a Choice,
        current: bool,
        after: Option<&ListPosition>,
    ) -> ListPage<&'a ShipmentRecord> {
        let live = self.chosen(of).filter(|(_, d)| d.over().is_none());
        ListPage::new(live.map(|(id, d)| (place(id, d, current), d)).collect(), after)
    }
}
