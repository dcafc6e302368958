//! Whether a log is still the one that was worked off up to a commit point: it reaches that far, and the last record
//! before is called as it was.

use super::Runner;
use crate::error::StreamError;
use crate::log::{Committed, Record};
use crate::processor::ProcessorFactory;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long is waited for a record at a time, and how often nothing may come: longer than a client takes to notice that
/// no broker answers.
const LOOK: Duration = Duration::from_millis(500);
const NOTHING: usize = 14;
/// How often only partitions may be heard of that were seen, until a new reader asks for the others alone.
const SEEN: usize = 4;

/// What a partition holds, and up to where its group has worked it off.
pub(super) struct Place {
    pub(super) partition: u16,
    pub(super) range: Range<u64>,
    pub(super) point: Committed,
    /// Whether it is known to be the same log.
    same: bool,
}

impl Place {
    /// Where its last record is that was worked off. What was trimmed away since cannot be looked at.
    fn last(&self) -> Option<u64> {
        let Committed { offset, last, .. } = self.point;
        let known = last != 0 && offset > self.range.start && offset <= self.range.end;
        (known && !self.same).then(|| offset - 1)
    }

    fn is_at(&self, point: Option<&Committed>) -> bool {
        let nowhere = || Committed { offset: self.range.start, ..Committed::default() };
        point.map_or_else(|| self.point == nowhere(), |point| self.point == *point)
    }
}

/// What stands in the log at the last places of partitions, or behind them.
#[derive(Default)]
pub(super) struct Lasts {
    found: BTreeMap<u16, Record>,
    /// Why there may be more.
    away: Option<String>,
}

impl<S: ProcessorFactory> Runner<'_, S> {
    /// Where a partition stands: asked, unless it has waited only for its turn since it was looked at.
    pub(super) fn place(
        &mut self,
        partition: u16,
        point: Option<Committed>,
    ) -> Result<Place, StreamError> {
        if let Some(place) =
            self.verified.remove(&partition).filter(|place| place.is_at(point.as_ref()))
        {
            return Ok(place);
        }
        let range = self.log.range(&self.group.topic, partition)?;
        let nothing = Committed { offset: range.start, ..Committed::default() };
        Ok(Place { partition, range, point: point.unwrap_or(nothing), same: false })
    }

    /// It is the same log, and has to wait for its turn.
    pub(super) fn waits(&mut self, place: Place) {
        self.verified.insert(place.partition, Place { same: true, ..place });
    }

    /// Looks at the last records of all these partitions together. Some may not show: where records are thinned
    /// out there may be nothing behind them, and no partition must stand still for that.
    pub(super) fn lasts(&self, places: &[Place]) -> Result<Lasts, StreamError> {
        let missing = places.iter().filter_map(|place| Some((place.partition, place.last()?)));
        let mut lasts = Lasts::default();
        match self.look(missing.collect(), &mut lasts.found) {
            Err(StreamError::Unavailable(reason)) => lasts.away = Some(reason),
            other => other?,
        }
        Ok(lasts)
    }

    /// What a reader brings first is of one that is missing: so each reader but one finds some.
    fn look(
        &self,
        mut missing: BTreeMap<u16, u64>,
        found: &mut BTreeMap<u16, Record>,
    ) -> Result<(), StreamError> {
        let (mut records, mut nothing) = (Vec::new(), 0);
        while !missing.is_empty() && nothing < NOTHING && !self.stop.load(Ordering::Relaxed) {
            let from: Vec<(u16, u64)> = missing.iter().map(|(p, at)| (*p, *at)).collect();
            let mut reader = self.log.read(&self.group.topic, &from)?;
            let mut seen = 0;
            while !missing.is_empty() && nothing < NOTHING && seen < SEEN {
                reader.poll(LOOK, &mut records)?;
                let before = missing.len();
                nothing += usize::from(records.is_empty());
                for (partition, record) in records.drain(..) {
                    if missing.remove(&partition).is_some() {
                        found.insert(partition, record);
                    }
                }
                seen += usize::from(missing.len() == before);
            }
        }
        Ok(())
    }

    /// Stops where this is another log than the one that was worked off.
    pub(super) fn is_the_same_log(&self, place: &Place, lasts: &Lasts) -> Result<(), StreamError> {
        let (service, topic) = (self.group.service, &self.group.topic);
        let Place { partition, range, point: Committed { offset, last, .. }, .. } = place;
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
            (Some(record), _) if record.offset == at && record.fingerprint() != *last => {
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
