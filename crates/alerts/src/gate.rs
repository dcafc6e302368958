//! The gate of the patient's product: in words, and since when it has been closed again.

use alloc::{format, string::String};
use facts::context::{Schedule, Shut};
use facts::{Gate, Moment};

/// It was closed, and that is over.
pub(crate) const NOT_MET: &str = "the product's gate was not met";

/// It is closed.
pub(crate) fn missing(schedule: &Schedule) -> String {
    match &*schedule.missing {
        "" => String::from("the product's gate is not met"),
        what => format!("missing: {what}"),
    }
}

/// Stretches in which it was closed after it had been open: from when, and until when if they are over.
pub(crate) fn closed_again(
    schedule: &Schedule,
) -> impl Iterator<Item = (Moment, Option<Moment>)> + '_ {
    let earlier = schedule.earlier.iter();
    let earlier = earlier.filter_map(|Shut { since, until }| Some(((*since)?, Some(*until))));
    let opened = schedule.met_at.filter(|_| schedule.gate == Gate::Met);
    earlier.chain(schedule.closed_at.map(|closed| (closed, opened)))
}
