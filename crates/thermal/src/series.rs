//! The readings of one probe, sorted by time, with a summary of every 64 so that calm stretches are
//! skipped without being looked at.

use alloc::vec::Vec;
use facts::{MilliCelsius, Moment};
use serde::{Deserialize, Serialize};

/// One reading, 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// When, by the device.
    pub at: Moment,
    /// What it measured.
    pub milli: i32,
    /// Its place in the journal, as far as 32 bits go.
    pub offset: u32,
}

const BLOCK: usize = 64;

/// Readings sorted by time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    readings: Vec<Reading>,
    /// The coldest and the warmest of each block.
    blocks: Vec<(i32, i32)>,
}

impl Series {
    /// All of them.
    pub fn all(&self) -> &[Reading] {
        &self.readings
    }
    /// The latest.
    pub fn last(&self) -> Option<&Reading> {
        self.readings.last()
    }
    /// The last one before a moment.
    pub fn before(&self, at: Moment) -> Option<&Reading> {
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
        let reading = Reading { at, milli, offset };
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
    /// Readings of a stretch of time, `until` included.
    pub fn between(&self, from: Moment, until: Moment) -> &[Reading] {
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
            .filter(move |(_, (cold, warm))| *cold < below || *warm > above);
        loud.flat_map(move |(block, _)| {
            let first = block * BLOCK;
            let readings = self.readings.get(first..).unwrap_or_default().iter().take(BLOCK);
            let out = readings.enumerate().filter(move |(_, r)| r.milli < below || r.milli > above);
            out.map(move |(n, _)| first + n)
        })
    }

    fn sum_last(&mut self) {
        let Some(last) = self.readings.last().map(|r| r.milli) else { return };
        match self.blocks.last_mut() {
            Some((cold, warm)) if self.readings.len() % BLOCK != 1 => {
                (*cold, *warm) = ((*cold).min(last), (*warm).max(last));
            }
            _ => self.blocks.push((last, last)),
        }
    }
    fn sum_from(&mut self, place: usize) {
        self.blocks.truncate(place / BLOCK);
        for block in
            self.readings.get(self.blocks.len() * BLOCK..).unwrap_or_default().chunks(BLOCK)
        {
            let cold = block.iter().map(|r| r.milli).min().unwrap_or_default();
            let warm = block.iter().map(|r| r.milli).max().unwrap_or_default();
            self.blocks.push((cold, warm));
        }
    }
}
