#![doc = include_str!("started_early.md")]

use crate::calendar::Calendar;
use alloc::{format, string::String, vec::Vec};
use facts::context::Phase;
use facts::{Episode, Gate, Given, Moment, Rule, Severity};
use serde::Deserialize;

/// Conditioning was begun before the dose was confirmed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartedEarly {}

impl Rule for StartedEarly {
    type Memory = Calendar;
    const NAME: &'static str = "schedule/started-early";
    const CODE: &'static str = "SCH-03";
    const PAGE: &'static str = include_str!("started_early.md");

    fn judge(&self, calendar: &Calendar, given: &Given<'_>, found: &mut Vec<Episode>) {
        let order = &calendar.order;
        let Some((started, offset, learnt)) = order.started.filter(|_| calendar.serves_a_patient())
        else {
            return;
        };
        if given.now < learnt + given.reference.settle {
            return;
        }
        let (then, gate) = (order.gate_at(given.reference, started), order.gate(given.reference));
        let mut missing: Vec<String> = Vec::new();
        // What ends the danger: everything is confirmed, or the treatment does not go on.
        let mut until = Some(started);
        if then.gate != Gate::Met {
            missing.push(match (then.gate, gate.met_at) {
                (Gate::Unknown, _) => {
                    String::from("there is no dose plan or product to hold it against")
                }
                (_, Some(met)) => format!("the dose was confirmed only at {met}"),
                (_, None) => String::from(&*then.missing),
            });
            until = until.max(gate.met_at).filter(|_| gate.met_at.is_some());
        }
        if order.rescue_required() && order.rescue.is_none_or(|rescue| rescue > started) {
            missing.push(String::from("rescue cells were not confirmed"));
            until = until.zip(order.rescue).map(|(until, rescue)| until.max(rescue));
        }
        if missing.is_empty() {
            return;
        }
        let stopped = match order.phase() {
            (Phase::Held | Phase::Infused, since) => since,
            _ => None,
        };
        let until =
            [until, stopped.filter(|stopped| *stopped > started)].into_iter().flatten().min();
        let sentence = format!("conditioning was started at {started}: {}", missing.join("; "));
        let episode = Episode::new(Severity::P1, started, sentence).until(until).evidence([offset]);
        found.push(if then.gate == Gate::Unknown { episode.unknown() } else { episode });
    }

    fn due(&self, calendar: &Calendar, given: &Given<'_>) -> Option<Moment> {
        let (.., learnt) = calendar.order.started?;
        Some(learnt + given.reference.settle).filter(|due| *due > given.now)
    }
}
