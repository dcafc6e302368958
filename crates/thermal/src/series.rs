//! The readings of one probe, sorted by time, with a summary of every 64 so that stretches which are calm, or without a
//! hole, are skipped without being looked at.

use alloc::vec::Vec;
use facts::{MilliCelsius, Moment, Span};
use serde::{Deserialize, Serialize};

/// One reading, 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// When, by the device.
    pub at: Moment,
    /// What it measured.
    pub milli: i32,
    /// Its place in the journal, as far as 32 bits go.
    pub offset: u32,
}

/// One of each moment: a probe may have sent two values of one, and until somebody says which is wrong the worse one counts,
/// for what is too warm the warmer and for what is too cold the colder.
pub fn worst(readings: &[Sample], cold: bool) -> Vec<Sample> {
    let moments = readings.chunk_by(|one, other| one.at == other.at);
    moments.filter_map(|all| if cold { all.first() } else { all.last() }).copied().collect()
}

const BLOCK: usize = 64;

/// What is known of a block without looking into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Sum {
    cold: i32,
    warm: i32,
    /// The longest time from a reading to the one before it, which may lie in the block before.
    apart: Span,
}

/// Readings sorted by time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleSeries {
    readings: Vec<Sample>,
    blocks: Vec<Sum>,
}

impl SampleSeries {
    /// All of them.
    pub fn all(&self) -> &[Sample] {
        &self.readings
    }
    /// The latest.
    pub fn last(&self) -> Option<&Sample> {
        self.readings.last()
    }
    /// The last one before a moment.
    pub fn before(&self, at: Moment) -> Option<&Sample> {
        let last = self.readings.len().checked_sub(1)?;
        // Mostly it is the one before the last.
        let place = match self.readings.get(last)?.at.cmp(&at) {
            core::cmp::Ordering::Less => last + 1,
            core::cmp::Ordering::Equal if last == 0 || self.readings[last - 1].at < at => last,
            _ => self.readings.partition_point(|r| r.at < at),
        };
        self.readings.get(place.checked_sub(1)?)
    }
    /// Takes one in; says whether it is later than all before it.
    pub fn take(&mut self, at: Moment, value: MilliCelsius, offset: u64) -> bool {
        let milli = value.milli();
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        let reading = Sample { at, milli, offset };
        if self.readings.len() == self.readings.capacity() {
            // An eighth more, and not twice as much: thousands of shipments are open at once.
            self.readings.reserve_exact(self.readings.len() / 8 + 16);
        }
        if self.readings.last().is_none_or(|last| last.at < at) {
            self.readings.push(reading);
            self.sum_last();
            return true;
        }
        let place = self.readings.partition_point(|r| (r.at, r.milli) < (at, milli));
        if self.readings.get(place).is_none_or(|r| (r.at, r.milli) != (at, milli)) {
            self.readings.insert(place, reading);
            self.sum_from(place);
        }
        false
    }
    /// Forgets one that was declared wrong.
    pub fn forget(&mut self, at: Moment, value: MilliCelsius) {
        let milli = value.milli();
        if let Some(place) = self.readings.iter().position(|r| (r.at, r.milli) == (at, milli)) {
            self.readings.remove(place);
            self.sum_from(place);
        }
    }
    /// The place of the first one at or after a moment.
    pub fn place(&self, at: Moment) -> usize {
        self.readings.partition_point(|r| r.at < at)
    }
    /// All of the last moment before one.
    pub fn said_before(&self, at: Moment) -> &[Sample] {
        self.before(at).map_or(&[], |before| self.between(before.at, before.at))
    }
    /// All of the next moment after one.
    pub fn said_after(&self, at: Moment) -> &[Sample] {
        let after = self.readings.get(self.readings.partition_point(|r| r.at <= at));
        after.map_or(&[], |after| self.between(after.at, after.at))
    }
    /// Readings of a stretch of time, `until` included.
    pub fn between(&self, from: Moment, until: Moment) -> &[Sample] {
        let first = self.readings.partition_point(|r| r.at < from);
        let last = self.readings.partition_point(|r| r.at <= until);
        self.readings.get(first..last).unwrap_or_default()
    }
    /// Places of readings that are warmer than `above` or colder than `below`: calm blocks are skipped.
    pub fn outside(&self, below: i32, above: i32) -> impl Iterator<Item = usize> + '_ {
        let loud = self
            .blocks
            .iter()
            .enumerate()
            .filter(move |(_, sum)| sum.cold < below || sum.warm > above);
        loud.flat_map(move |(block, _)| {
            let first = block * BLOCK;
            let readings = self.readings.get(first..).unwrap_or_default().iter().take(BLOCK);
            let out = readings.enumerate().filter(move |(_, r)| r.milli < below || r.milli > above);
            out.map(move |(n, _)| first + n)
        })
    }

    /// Places of readings of exactly this: blocks that cannot have one are skipped.
    pub fn exactly(&self, milli: i32) -> impl Iterator<Item = usize> + '_ {
        let blocks = self.blocks.iter().enumerate();
        let might = blocks.filter(move |(_, sum)| sum.cold <= milli && milli <= sum.warm);
        might.flat_map(move |(block, _)| {
            let first = block * BLOCK;
            let readings = self.readings.get(first..).unwrap_or_default().iter().take(BLOCK);
            let it = readings.enumerate().filter(move |(_, r)| r.milli == milli);
            it.map(move |(n, _)| first + n)
        })
    }

    /// Readings of a stretch of time, `until` included, cut wherever one is further than `most` from the one before:
    /// blocks without such a hole are skipped. With each piece comes the reading behind it, if that is in the stretch.
    pub fn pieces(
        &self,
        from: Moment,
        until: Moment,
        most: Span,
    ) -> impl Iterator<Item = (&[Sample], Option<&Sample>)> + '_ {
        let begin = self.readings.partition_point(|r| r.at < from);
        let end = self.readings.partition_point(|r| r.at <= until);
        let mut next = Some(begin).filter(|begin| *begin < end);
        core::iter::from_fn(move || {
            let begin = next?;
            let cut = self.first_apart(begin + 1, end, most);
            next = Some(cut).filter(|cut| *cut < end);
            Some((self.readings.get(begin..cut)?, next.and_then(|cut| self.readings.get(cut))))
        })
    }

    /// The first place from `begin` on whose reading is further than `most` from the one before; `end` where there is none.
    fn first_apart(&self, begin: usize, end: usize, most: Span) -> usize {
        let mut place = begin;
        while place < end {
            let block = place / BLOCK;
            let over = ((block + 1) * BLOCK).min(end);
            if self.blocks.get(block).is_none_or(|sum| sum.apart > most) {
                let found = (place..over).find(|place| self.apart(*place) > most);
                if let Some(found) = found {
                    return found;
                }
            }
            place = over;
        }
        end
    }

    /// How long after the one before it this reading was taken.
    fn apart(&self, place: usize) -> Span {
        let before = place.checked_sub(1).and_then(|before| self.readings.get(before));
        before.zip(self.readings.get(place)).map_or(Span::ZERO, |(before, it)| it.at - before.at)
    }

    fn sum_last(&mut self) {
        let Some(place) = self.readings.len().checked_sub(1) else { return };
        let last = self.sum(place);
        match self.blocks.last_mut() {
            Some(sum) if place % BLOCK != 0 => *sum = sum.and(last),
            _ => self.blocks.push(last),
        }
    }
    fn sum_from(&mut self, place: usize) {
        self.blocks.truncate(place / BLOCK);
        for begin in (self.blocks.len() * BLOCK..self.readings.len()).step_by(BLOCK) {
            let end = (begin + BLOCK).min(self.readings.len());
            let sum = (begin..end).map(|place| self.sum(place)).reduce(Sum::and);
            self.blocks.extend(sum);
        }
    }
    /// Of one reading.
    fn sum(&self, place: usize) -> Sum {
        let milli = self.readings.get(place).map_or(0, |r| r.milli);
        Sum { cold: milli, warm: milli, apart: self.apart(place) }
    }
}

impl Sum {
    fn and(self, other: Self) -> Self {
        Self {
            cold: self.cold.min(other.cold),
            warm: self.warm.max(other.warm),
            apart: self.apart.max(other.apart),
        }
    }
}
