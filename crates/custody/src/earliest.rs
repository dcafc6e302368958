//! Until when the goods can bear it.

use crate::ledger::CustodyLedger;
use facts::Moment;

/// The earliest of expiry, slot and the end of what the box is qualified for in which they were at a moment.
pub(crate) fn earliest(ledger: &CustodyLedger, at: Moment) -> Option<Moment> {
    let plan = ledger.plan.as_ref()?;
    let hold = ledger.in_its_box_since(at).zip(plan.qualified_hold);
    let hold = hold.map(|(since, hold)| since + hold);
    [plan.expires_at, plan.slot, hold].into_iter().flatten().min()
}
