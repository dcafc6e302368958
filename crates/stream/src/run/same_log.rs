//! Whether a log is still the one that was worked off up to a commit point: it reaches that far, and the last record
//! before is called as it was.

use super::Loop;
use crate::error::StreamError;
use crate::log::{Committed, Record};
use crate::stage::Stage;
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

/// How long is waited for a record at a time, and how often nothing new may come.
const LOOK: Duration = Duration::from_millis(500);
const NOTHING: usize = 10;
/// How often what comes may be of partitions that were seen already.
const MORE: usize = 1_000;

/// What a partition holds, and up to where its group has worked it off.
pub(super) struct Place {
    pub(super) partition: u16,
    pub(super) range: Range<u64>,
    pub(super) point: Committed,
}

impl Place {
    /// Where its last record is that was worked off. What was trimmed away since cannot be looked at.
    fn last(&self) -> Option<u64> {
        let Committed { offset, last, .. } = self.point;
        let known = last != 0 && offset > self.range.start && offset <= self.range.end;
        known.then(|| offset - 1)
    }
}

/// What stands in the log at the last places of partitions, or behind them.
#[derive(Default)]
pub(super) struct Lasts {
    found: BTreeMap<u16, Record>,
    /// Why there may be more.
    away: Option<String>,
}

impl<S: Stage> Loop<'_, S> {
    pub(super) fn place(
        &self,
        partition: u16,
        point: Option<Committed>,
    ) -> Result<Place, StreamError> {
        let range = self.log.range(&self.group.topic, partition)?;
        let nothing = Committed { offset: range.start, ..Committed::default() };
        Ok(Place { partition, range, point: point.unwrap_or(nothing) })
    }

    /// Looks at the last records of all these partitions with one reader. Some may not show: where records are thinned
    /// out there may be nothing behind them, and no partition must stand still for that.
    pub(super) fn lasts(&self, places: &[Place]) -> Result<Lasts, StreamError> {
        let from: Vec<(u16, u64)> =
            places.iter().filter_map(|place| Some((place.partition, place.last()?))).collect();
        let mut lasts = Lasts::default();
        match self.look(&from, &mut lasts.found) {
            Err(StreamError::Unavailable(reason)) => lasts.away = Some(reason),
            other => other?,
        }
        Ok(lasts)
    }

    fn look(
        &self,
        from: &[(u16, u64)],
        found: &mut BTreeMap<u16, Record>,
    ) -> Result<(), StreamError> {
        if from.is_empty() {
            return Ok(());
        }
        let mut reader = self.log.read(&self.group.topic, from)?;
        let mut records = Vec::new();
        let (mut nothing, mut more) = (0, 0);
        while found.len() < from.len() && nothing < NOTHING && more < MORE {
            reader.poll(LOOK, &mut records)?;
            match records.is_empty() {
                true => nothing += 1,
                false => more += 1,
            }
            for (partition, record) in records.drain(..) {
                found.entry(partition).or_insert(record);
            }
        }
        Ok(())
    }

    /// Stops where this is another log than the one that was worked off.
    pub(super) fn is_the_same_log(&self, place: &Place, lasts: &Lasts) -> Result<(), StreamError> {
        let (service, topic) = (self.group.service, &self.group.topic);
        let Place { partition, range, point: Committed { offset, last, .. } } = place;
        let another = |how: &str| {
            StreamError::Stop(format!(
                "{service} has worked partition {partition} of {topic} off up to {offset}, and {how}: the topic was \
                 made anew or cut; {}",
                self.group.made_anew
            ))
        };
        if *offset > range.end {
            return Err(another(&format!("it ends at {}", range.end)));
        }
        let Some(at) = place.last() else { return Ok(()) };
        match (lasts.found.get(partition), &lasts.away) {
            (Some(record), _) if record.offset == at && record.called() != *last => {
                Err(another("the last record before is another one now"))
            }
            (Some(_), _) => Ok(()),
            (None, Some(reason)) => Err(StreamError::Unavailable(reason.clone())),
            (None, None) => {
                tracing::warn!(
                    service,
                    topic,
                    partition,
                    offset,
                    "the last record that was worked off is not to be read: whether this is the same log is not known"
                );
                Ok(())
            }
        }
    }
}
