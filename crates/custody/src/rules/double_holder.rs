#![doc = include_str!("double_holder.md")]

use crate::ledger::{HandOver, Ledger, Mark};
use alloc::format;
use facts::{Episode, Given, Moment, Rule, Severity, Span};
use serde::Deserialize;

/// Two organisations hold the goods at once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoubleHolder {
    skew: Span,
    unknown_after: Span,
}

impl Rule for DoubleHolder {
    type Memory = Ledger;
    const NAME: &'static str = "custody/double-holder";
    const CODE: &'static str = "CUS-01";
    const PAGE: &'static str = include_str!("double_holder.md");
    const COMPROMISES: Option<Severity> = Some(Severity::P2);

    fn judge(&self, ledger: &Ledger, given: &Given<'_>, found: &mut alloc::vec::Vec<Episode>) {
        for hand in &ledger.hand_overs {
            let (Some(accepted), Some(holder)) = (&hand.accepted, &hand.holder) else { continue };
            let episode = match &hand.released {
                Some(released) if released.at > accepted.at + self.skew => {
                    let late = (released.at - accepted.at).spoken();
                    let sentence =
                        format!("{holder} let go only {late} after {} had accepted", accepted.by);
                    Episode::new(Severity::P1, accepted.at, sentence)
                        .until(Some(released.at))
                        .evidence([released.offset, accepted.offset])
                }
                None if self.overdue(ledger, accepted, given) <= given.now => {
                    let sentence = format!(
                        "{} accepted at {}, and {holder} has not let go",
                        accepted.by, accepted.at
                    );
                    Episode::new(Severity::P1, accepted.at, sentence).evidence([accepted.offset])
                }
                _ => continue,
            };
            found.push(episode.about(hand.about()));
        }
    }

    fn due(&self, ledger: &Ledger, given: &Given<'_>) -> Option<Moment> {
        let open = |hand: &&HandOver| hand.released.is_none() && hand.holder.is_some();
        let accepted =
            ledger.hand_overs.iter().filter(open).filter_map(|hand| hand.accepted.as_ref());
        let overdue = accepted.map(|mark| self.overdue(ledger, mark, given));
        overdue.filter(|due| *due > given.now).min()
    }
}

impl DoubleHolder {
    /// A release that was declared wrong is replaced a moment later.
    fn overdue(&self, ledger: &Ledger, accepted: &Mark, given: &Given<'_>) -> Moment {
        let known = accepted.learnt.max(ledger.corrected);
        known.max(accepted.at + self.unknown_after) + given.reference.settle
    }
}
