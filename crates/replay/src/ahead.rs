//! Whether a record's stamp is ahead of those of the records around it, so that it must not drive the clock of a
//! replay.
//!
//! A record is ahead if without it the records around it stand in order, and with it they do not. Two records
//! behind it are looked at, because one cannot tell whether the record is ahead or the one behind it is late.
//! A gateway with a wrong clock stamps a whole batch: of several in a row each is ahead that leaps by half a day, where the two
//! behind all of them stand in order with the one above. It is told, and the record arrives with the one above it. Of the
//! last record nobody can tell: it is told where it comes long after the one above it, and believed.

use crate::recording::Decoded;
use facts::{Moment, ShortText, Span};
use serde::Serialize;

/// Clocks of one system differ by less; what is ahead by no more than this moves nothing that matters.
const FAR: Span = Span::minutes(2);
/// A recording that says nothing for so long before its last record is no ordinary one.
const LONG: Span = Span::days(7);

/// What leaps by less may be the end of one log, and the records behind it another one that was put behind it.
const LEAP: Span = Span::hours(12);
/// A batch of a gateway has no more records than that.
pub(crate) const GATEWAY_BATCH: usize = 16;

/// A stamp and those around it.
pub(crate) struct RecordPosition<'a> {
    /// Of the record above, without those that were ahead themselves.
    pub(crate) before: Option<Moment>,
    /// Its own.
    pub(crate) stamp: Moment,
    /// Of the records behind it, at most two more than a batch has.
    pub(crate) behind: &'a [Moment],
}

/// Whether its removal puts its neighbours in order. Arrivals are in order by nature, so there it is enough that
/// the two behind it fit behind the one above; what merely happened stands in any order, so there the two must
/// be in order, too.
pub(crate) fn is_ahead(place: &RecordPosition<'_>, arrivals: bool) -> bool {
    let RecordPosition { before, stamp, behind } = *place;
    let leaps = arrivals && before.is_some_and(|before| before + LEAP < stamp);
    // The others of its batch say nothing of it.
    let like_it = |next: &&Moment| leaps && **next + FAR >= stamp;
    let behind: Vec<Moment> = behind.iter().skip_while(like_it).take(2).copied().collect();
    let in_order = arrivals || behind.is_sorted();
    let fit = |next: &Moment| before.is_none_or(|before| before <= *next) && *next + FAR < stamp;
    !behind.is_empty() && in_order && behind.iter().all(fit)
}

/// Whether it is the last one, and comes long after the one above it.
pub(crate) fn is_last_and_far(place: &RecordPosition<'_>) -> bool {
    place.behind.is_empty() && place.before.is_some_and(|before| before + LONG < place.stamp)
}

/// A record whose stamp is ahead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ahead {
    /// In which file.
    pub file: ShortText,
    /// Which record of it, from 1.
    pub record: u64,
    /// What its stamp says.
    pub says: Moment,
    /// What it counts as; without it, it is the last one and believed.
    pub clamped: Option<Moment>,
    /// What is wrong, in words.
    pub reason: String,
}

impl Ahead {
    pub(crate) fn clamped(decoded: &Decoded, says: Moment, to: Moment) -> Self {
        let mut ahead = Self::last(decoded, says);
        ahead.clamps_to(to);
        ahead
    }

    /// Counts as then, if it is one of those that are not believed.
    pub(crate) fn clamps_to(&mut self, to: Moment) {
        self.clamped = Some(to);
        self.reason = format!(
            "its stamp {} is ahead of those of the records around it: it counts as arrived at {to}",
            self.says
        );
    }

    pub(crate) fn last(decoded: &Decoded, says: Moment) -> Self {
        let reason = format!(
            "it is the last record, and its stamp {says} is more than {LONG} after the one before it: it is believed, and the clock goes on to it"
        );
        let (file, record) = (decoded.file.clone(), decoded.record);
        Self { file, record, says, clamped: None, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Moment {
        Moment::from_millis(1_772_352_000_000) + Span::minutes(minute)
    }

    fn ahead(before: Option<i64>, stamp: i64, behind: &[i64], arrivals: bool) -> bool {
        let behind: Vec<Moment> = behind.iter().map(|minute| at(*minute)).collect();
        let place = RecordPosition { before: before.map(at), stamp: at(stamp), behind: &behind };
        is_ahead(&place, arrivals)
    }

    #[test]
    fn one_that_is_far_later_than_both_behind_it_is_ahead() {
        for arrivals in [true, false] {
            assert!(ahead(Some(0), 9_000, &[5, 6], arrivals));
            assert!(ahead(None, 9_000, &[5, 6], arrivals), "the first one, too");
            assert!(ahead(Some(0), 9_000, &[5], arrivals), "the last but one, too");
            assert!(!ahead(Some(0), 4, &[5, 6], arrivals), "in order");
            assert!(!ahead(Some(0), 9_000, &[], arrivals), "nobody can tell of the last one");
            assert!(!ahead(Some(0), 7, &[5, 8], arrivals), "the one behind it is late");
            assert!(
                !ahead(Some(5), 9, &[4, 6], arrivals),
                "without it they are in no order either"
            );
            assert!(!ahead(Some(0), 7, &[5, 6], arrivals), "two minutes are no matter");
        }
        assert!(ahead(Some(0), 9_000, &[6, 5], true));
        assert!(
            !ahead(Some(0), 9_000, &[6, 5], false),
            "a file in no order has none that is ahead"
        );
    }

    #[test]
    fn a_batch_that_leaps_is_ahead_and_the_end_of_one_log_before_another_is_not() {
        assert!(ahead(Some(0), 9_000, &[9_001, 9_002, 5, 6], true));
        assert!(ahead(Some(0), 9_002, &[5, 6], true), "the last of it");
        assert!(!ahead(Some(0), 9_000, &[9_001, 9_002], true), "nothing behind it says so");
        assert!(!ahead(Some(0), 9_000, &[9_001, 5, 9_002], true), "the one behind them is late");
        assert!(!ahead(Some(0), 700, &[701, 702, 5, 6], true), "less than half a day");
        assert!(
            !ahead(Some(0), 9_000, &[9_001, 9_002, 5, 6], false),
            "what happened is in no order"
        );
    }

    #[test]
    fn the_last_one_is_told_after_a_week() {
        let far = |days: i64| {
            let place = RecordPosition {
                before: Some(at(0)),
                stamp: at(0) + Span::days(days),
                behind: &[],
            };
            is_last_and_far(&place)
        };
        assert!(!far(7));
        assert!(far(8));
    }
}
