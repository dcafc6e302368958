//! The number of partitions. It stands in the first record of each topic, for ever: who lives where follows from it. A
//! broker lets anybody raise it by hand, and never lower it again.

use super::{OURS, TopicPlan, genesis_in, record};
use crate::services::names::TopicNames;
use pipeline::Topic;
use stream::{Log, StreamError};

/// With how many partitions a log began: what the first record says of the first of our topics that still has one. `None`:
/// there is none yet.
pub(crate) fn began_with(log: &dyn Log, names: &TopicNames) -> Result<Option<u16>, StreamError> {
    for topic in OURS {
        let name = names.topic(topic);
        if log.partitions(&name)?.is_none() {
            continue;
        }
        let range = log.range(&name, 0)?;
        if range.start > 0 || range.is_empty() {
            continue;
        }
        if let Some(genesis) = genesis_in(&record(log, &name, 0, 0)?) {
            return Ok(Some(genesis.partitions));
        }
    }
    Ok(None)
}

impl TopicPlan<'_> {
    /// Topics of ours that have more partitions than they began with, and what to do.
    pub(super) fn raised(&self, log: &dyn Log) -> Result<Vec<String>, StreamError> {
        let mut raised = Vec::new();
        let Some(began) = began_with(log, self.names)? else { return Ok(raised) };
        for topic in Topic::ALL {
            let name = self.names.topic(topic);
            let there = log.partitions(&name)?.unwrap_or(0);
            if there > began {
                raised.push(format!(
                    "topic {name} has {there} partitions and began with {began}: somebody has raised the number, which is \
                     fixed for ever, as each shipment has its home by it. What was written is whole, and no broker \
                     takes a partition away again. To go on with {there} partitions: stop the services, run \
                     `coldwatch export log --to FOLDER` with log.partitions = {began}, then put log.partitions = \
                     {there} and another log.prefix into the configuration and run `coldwatch restore FOLDER`; \
                     log.partitions = {began} and another log.prefix restore it as it was"
                ));
            }
        }
        Ok(raised)
    }
}
