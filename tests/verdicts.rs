//! What stands at the end of a recording, whatever the order in which it was learnt.

use facts::{Finding, Moment, Severity, State};
use std::collections::BTreeMap;

pub(crate) type Verdict =
    (String, String, String, Option<(Moment, Option<Moment>, Severity, bool)>);

/// Rules that speak of when something was learnt: they are compared without their bounds.
const BY_LOG_TIME: [&str; 2] = ["DAT-03", "SCH-02"];

/// What stands at the end, whatever was learnt when. There is one exception to "late equals in time", and this is where it
/// is made: an act that ends the watch and is learnt after an alarm clears it where it began, as people were called. In
/// time it would have been no alarm at all.
pub(crate) fn settled<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
    without: &[&str],
) -> Vec<Verdict> {
    let mut last = BTreeMap::new();
    for finding in findings {
        last.insert((finding.shipment.clone(), finding.name.clone()), finding);
    }
    let stand = last.into_values().filter(|f| {
        let taken_back = matches!(f.state, State::Withdrawn | State::Superseded);
        let ended_by_an_act = f.state == State::Cleared && f.until == Some(f.happened);
        !taken_back && !ended_by_an_act
    });
    let mut all: Vec<Verdict> = stand
        .filter(|f| !without.contains(&&*f.code))
        .map(|f| {
            let by_log = BY_LOG_TIME.contains(&&*f.code);
            let bounds = (!by_log).then_some((f.happened, f.until, f.severity, f.latched));
            (f.shipment.to_string(), f.code.to_string(), f.name.about.to_string(), bounds)
        })
        .collect();
    all.sort();
    all
}
