//! What one probe measured, with its gaps.
//!
//! Memory is bounded: old readings are thinned to minima and maxima, and the gaps between them are kept
//! as gaps. It never joins two readings over time that nobody vouches for.

use facts::fact::device::Position;
use facts::{Moment, Span};

/// One reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// When, by the device.
    pub at: Moment,
    /// Thousandths of a degree Celsius.
    pub milli: i32,
    /// Whether it was learnt long after it was measured.
    pub late: bool,
}

/// The readings of a probe, in the order in which they were measured.
#[derive(Debug, Default)]
pub struct Series {
    points: Vec<Point>,
    /// Up to here there are only minima and maxima left.
    thinned: Option<Moment>,
    /// Gaps in what was thinned.
    old_gaps: Vec<(Moment, Moment)>,
    /// How often the probe measures.
    every: Option<Span>,
    position: Option<Position>,
}

/// More readings of a probe than this are not kept: a month at 10 minutes.
const MOST: usize = 4096;
/// More gaps than this are not kept apart.
const MOST_GAPS: usize = 512;
/// Used where no attachment says how often the probe measures.
const USUAL: Span = Span::minutes(15);
/// A reading vouches for the time until the next one, if that comes within so many intervals.
const STRETCH: i64 = 2;
/// Of so many old readings in a row the lowest and the highest are kept.
const GROUP: usize = 4;

impl Series {
    /// Takes a reading in; the same one again changes nothing.
    pub(super) fn add(&mut self, point: Point) {
        let key = |p: &Point| (p.at, p.milli);
        let Err(place) = self.points.binary_search_by_key(&key(&point), key) else { return };
        self.points.insert(place, point);
        if self.thinned.is_some_and(|thinned| point.at < thinned) {
            self.split(point.at);
        }
        if self.points.len() > MOST {
            self.thin();
        }
    }

    /// A reading was declared wrong.
    pub(super) fn withdraw(&mut self, at: Moment, milli: i32) {
        self.points.retain(|point| (point.at, point.milli) != (at, milli));
    }

    /// The probe was attached.
    pub(super) fn attach(&mut self, position: Position, every: Span) {
        self.position = Some(position);
        self.every = (every > Span::ZERO).then_some(every);
    }

    /// Every reading that is kept.
    pub fn points(&self) -> &[Point] {
        &self.points
    }
    /// Up to when only minima and maxima are kept.
    pub fn thinned(&self) -> Option<Moment> {
        self.thinned
    }
    /// Where the probe sits, where somebody said so.
    pub fn position(&self) -> Option<Position> {
        self.position
    }
    /// Whether the goods are judged by it.
    pub fn is_payload(&self) -> bool {
        self.position.is_none_or(|position| position == Position::Payload)
    }

    /// Stretches between its first and last reading that no reading vouches for.
    pub fn gaps(&self) -> Vec<(Moment, Moment)> {
        let young = self.points.partition_point(|p| self.thinned.is_some_and(|t| p.at < t));
        let mut gaps = self.old_gaps.clone();
        gaps.extend(self.between(&self.points[young..]));
        gaps
    }

    /// Stretches that its readings vouch for.
    pub fn covered(&self) -> Vec<(Moment, Moment)> {
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else {
            return Vec::new();
        };
        let (mut covered, mut from) = (Vec::new(), first.at);
        for (gap, end) in self.gaps() {
            covered.push((from, gap));
            from = end;
        }
        // The next reading may still come in time.
        covered.push((from, last.at + self.every() * STRETCH));
        covered
    }

    fn every(&self) -> Span {
        self.every.unwrap_or(USUAL)
    }

    fn between(&self, points: &[Point]) -> Vec<(Moment, Moment)> {
        let every = self.every();
        let pairs = points.windows(2).filter_map(|pair| Some((pair.first()?.at, pair.last()?.at)));
        let wide = pairs.filter(|(a, b)| *b - *a > every * STRETCH);
        wide.map(|(a, b)| (a + every, b)).collect()
    }

    /// A late reading stands in a gap of the thinned part: the gap becomes two, or smaller.
    fn split(&mut self, at: Moment) {
        let every = self.every();
        let parts = |&(from, until): &(Moment, Moment)| match (from..until).contains(&at) {
            true => vec![(from, at), (at + every, until)],
            false => vec![(from, until)],
        };
        let gaps = self.old_gaps.iter().flat_map(parts).filter(|(from, until)| from < until);
        self.old_gaps = gaps.collect();
    }

    fn thin(&mut self) {
        let old = self.points.len() / 2;
        let (old, young) = self.points.split_at(old);
        let fresh = old.partition_point(|p| self.thinned.is_some_and(|t| p.at < t));
        let gaps = self.between(&old[fresh..]);
        let mut kept: Vec<Point> = Vec::new();
        for group in old.chunks(GROUP) {
            let low = group.iter().min_by_key(|p| p.milli);
            let high = group.iter().max_by_key(|p| p.milli);
            let mut ends: Vec<Point> = low.into_iter().chain(high).copied().collect();
            ends.sort_by_key(|p| p.at);
            ends.dedup();
            kept.extend(ends);
        }
        // The last one stays, so that a gap right behind it is still seen.
        if let (Some(last), Some(end)) = (old.last(), kept.last())
            && last != end
        {
            kept.push(*last);
        }
        self.thinned = self.thinned.max(old.last().map(|last| last.at));
        kept.extend_from_slice(young);
        self.points = kept;
        self.old_gaps.extend(gaps);
        if self.old_gaps.len() > MOST_GAPS {
            // Two gaps become one over what lay between them: known time is called unknown, never the reverse.
            let merged = self.old_gaps.chunks(2).filter_map(|pair| {
                let (first, last) = (pair.first()?, pair.last()?);
                Some((first.0, last.1))
            });
            self.old_gaps = merged.collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Moment {
        Moment::from_millis(1_772_323_200_000) + Span::minutes(minutes)
    }

    fn every_10(n: i64) -> Series {
        let mut series = Series::default();
        series.attach(Position::Payload, Span::minutes(10));
        for i in 0..n {
            let milli = if i == 700 { 14_000 } else { 5_000 };
            let hole = (1000..1010).contains(&i);
            if !hole {
                series.add(Point { at: at(i * 10), milli, late: false });
            }
        }
        series
    }

    #[test]
    fn old_readings_are_thinned_but_keep_their_extremes_and_their_gaps() {
        let series = every_10(9000);
        assert!(series.points().len() <= MOST);
        assert!(series.points().iter().any(|p| p.milli == 14_000), "the peak stays");
        assert_eq!(series.gaps(), [(at(9_990 + 10), at(10_100))], "one gap, the real one");
    }

    #[test]
    fn a_late_reading_in_an_old_gap_makes_it_smaller() {
        let mut series = every_10(9000);
        series.add(Point { at: at(10_050), milli: 5_100, late: true });
        assert_eq!(series.gaps(), [(at(10_000), at(10_050)), (at(10_060), at(10_100))]);
    }

    #[test]
    fn the_same_reading_again_changes_nothing_and_a_withdrawn_one_is_gone() {
        let mut series = every_10(3);
        series.add(Point { at: at(10), milli: 5_000, late: true });
        assert_eq!(series.points().len(), 3);
        series.withdraw(at(10), 5_000);
        assert_eq!(series.points().len(), 2);
    }
}
