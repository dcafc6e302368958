#![doc = include_str!("over_used.md")]

use crate::papers::{Papers, Read};
use alloc::{format, string::String, vec::Vec};
use facts::fact::permit::{Granted, Ledger, Use};
use facts::{Episode, Given, Moment, PermitId, Rule, Severity};
use serde::Deserialize;

/// This shipment uses more of a permit than is left of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverUsed {}

/// What one ledger says of this shipment.
struct Status {
    since: Moment,
    sentence: String,
    known: bool,
}

impl Rule for OverUsed {
    type Memory = Papers;
    const NAME: &'static str = "permits/over-used";
    const CODE: &'static str = "PRM-05";
    const PAGE: &'static str = include_str!("over_used.md");

    fn judge(&self, papers: &Papers, given: &Given<'_>, found: &mut Vec<Episode>) {
        for (permit, ledgers) in &papers.ledgers {
            let Some(granted) = papers.now().granted(permit) else { continue };
            let mut open: Option<(Moment, Episode)> = None;
            for Read { learnt, offset, ledger } in ledgers {
                match (status(papers, permit, granted, ledger), open.take()) {
                    (Some(status), was) => {
                        let first = was.map_or(*learnt, |(first, _)| first);
                        let severity = if status.known { Severity::P1 } else { Severity::P2 };
                        let episode = Episode::new(severity, status.since, status.sentence)
                            .about(permit.as_str())
                            .evidence([*offset]);
                        open =
                            Some((first, if status.known { episode } else { episode.unknown() }));
                    }
                    // What lasted no longer than facts race was never so.
                    (None, Some((first, was))) if *learnt > first + given.reference.settle => {
                        found.push(was.until(Some(*learnt)));
                    }
                    (None, _) => {}
                }
            }
            found.extend(open.map(|(_, episode)| episode));
        }
    }

    fn due(&self, _: &Papers, _: &Given<'_>) -> Option<Moment> {
        None
    }
}

fn status(
    papers: &Papers,
    permit: &PermitId,
    granted: &Granted,
    ledger: &Ledger,
) -> Option<Status> {
    let mine = ledger.uses.iter().find(|used| used.shipment == papers.shipment)?;
    let violated = |sentence| Some(Status { since: mine.planned_at, sentence, known: true });
    let unknown = |sentence| Some(Status { since: mine.planned_at, sentence, known: false });
    let before = ledger.uses.iter().take_while(|used| used.shipment != papers.shipment);
    let (mut shipments, mut amount) = (0u32, 0u32);
    for used in before {
        if fits(granted, used, shipments, amount) {
            shipments += 1;
            amount += amount_of(used);
        }
    }
    if let Some(limit) = granted.shipments.filter(|limit| shipments >= *limit) {
        return violated(format!(
            "{permit} allows {limit} shipments, and they are planned before this one"
        ));
    }
    let limit = granted.quantity.as_ref()?;
    let Some(quantity) = &mine.quantity else {
        return unknown(format!(
            "{permit} is granted for {} {}, and the plan does not say how much it uses",
            limit.amount, limit.unit
        ));
    };
    if quantity.unit != limit.unit {
        return unknown(format!(
            "{permit} is granted in {}, and the plan uses {}",
            limit.unit, quantity.unit
        ));
    }
    let total = amount.saturating_add(quantity.amount);
    if total > limit.amount {
        let (all, unit) = (limit.amount, &limit.unit);
        return violated(format!(
            "{permit} allows {all} {unit}; {amount} are planned before this shipment, which uses {}",
            quantity.amount
        ));
    }
    None
}

/// Whether a use goes into what is left; one that does not takes nothing away from those after it.
fn fits(granted: &Granted, used: &Use, shipments: u32, amount: u32) -> bool {
    let count = granted.shipments.is_none_or(|limit| shipments < limit);
    let quantity = granted.quantity.as_ref().is_none_or(|limit| {
        used.quantity.as_ref().is_some_and(|q| {
            q.unit == limit.unit && amount.saturating_add(q.amount) <= limit.amount
        })
    });
    count && quantity
}

fn amount_of(used: &Use) -> u32 {
    used.quantity.as_ref().map_or(0, |quantity| quantity.amount)
}
