//! A bare day of a permit, as the clocks of its authority have it.
//!
//! Where clocks are set back at midnight a day has two midnights, where they are set forward it lacks one, and
//! in Nuuk there is a day without 23:59. A day begins at the first moment that bears its date, and ends at the
//! last one.

use chrono::{NaiveDate, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use facts::Moment;
use facts::fact::permit::Bound;

/// Clocks are set by whole minutes, and no zone has ever skipped more than one day.
const MOST_MINUTES: i64 = 2 * 24 * 60;

/// Which end of a day is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Its first moment.
    First,
    /// Its last moment: a millisecond later it is another day.
    Last,
}

/// A bare day becomes the moment at which it begins or ends; a moment stays what it is. `None`: no such day is in the
/// calendar.
pub(crate) fn bound(bound: Bound, zone: Tz, end: End) -> Option<Bound> {
    let Bound::Date { year, month, day } = bound else { return Some(bound) };
    let date = NaiveDate::from_ymd_opt(year, month, day)?;
    let moment = match end {
        End::First => first(date, zone)?,
        End::Last => last(date, zone)?,
    };
    Some(Bound::Moment(moment))
}

/// The first moment of the day; of a day that a zone skipped, the first moment after it.
fn first(date: NaiveDate, zone: Tz) -> Option<Moment> {
    let midnight = date.and_time(NaiveTime::MIN);
    (0..MOST_MINUTES).find_map(|minute| {
        let local = midnight.checked_add_signed(TimeDelta::minutes(minute))?;
        let there = zone.from_local_datetime(&local).earliest()?;
        Some(Moment::from_millis(there.timestamp_millis()))
    })
}

/// The last moment of the day; of a day that a zone skipped, the last moment before it.
fn last(date: NaiveDate, zone: Tz) -> Option<Moment> {
    let end = date.and_time(NaiveTime::from_hms_milli_opt(23, 59, 59, 999)?);
    (0..MOST_MINUTES).find_map(|minute| {
        let local = end.checked_sub_signed(TimeDelta::minutes(minute))?;
        let there = zone.from_local_datetime(&local).latest()?;
        Some(Moment::from_millis(there.timestamp_millis()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(date: &str, zone: &str) -> [String; 2] {
        let (date, zone): (Bound, Tz) = (date.parse().unwrap(), zone.parse().unwrap());
        [End::First, End::Last].map(|end| bound(date, zone, end).unwrap().to_string())
    }

    #[test]
    fn an_ordinary_day_begins_and_ends_by_the_clocks_of_its_zone() {
        let new_york = ["2026-01-31T05:00:00Z", "2026-02-01T04:59:59.999Z"];
        assert_eq!(day("2026-01-31", "America/New_York"), new_york);
        assert_eq!(day("2026-01-31", "UTC"), ["2026-01-31T00:00:00Z", "2026-01-31T23:59:59.999Z"]);
    }

    #[test]
    fn of_two_midnights_the_first_begins_the_day() {
        let azores = ["2026-10-25T00:00:00Z", "2026-10-26T00:59:59.999Z"];
        assert_eq!(day("2026-10-25", "Atlantic/Azores"), azores);
        let havana = ["2026-11-01T04:00:00Z", "2026-11-02T04:59:59.999Z"];
        assert_eq!(day("2026-11-01", "America/Havana"), havana);
        // The day before ends when the first of them begins.
        assert_eq!(day("2026-10-24", "Atlantic/Azores")[1], "2026-10-24T23:59:59.999Z");
    }

    #[test]
    fn a_day_without_a_midnight_begins_with_its_first_moment() {
        assert_eq!(day("2026-03-08", "America/Havana")[0], "2026-03-08T05:00:00Z");
        assert_eq!(day("2026-03-07", "America/Havana")[1], "2026-03-08T04:59:59.999Z");
        assert_eq!(day("2026-04-24", "Africa/Cairo")[0], "2026-04-23T22:00:00Z");
    }

    #[test]
    fn a_day_without_its_last_hour_ends_before_it() {
        assert_eq!(day("2026-03-28", "America/Nuuk")[1], "2026-03-29T00:59:59.999Z");
        assert_eq!(day("2026-03-29", "America/Nuuk")[0], "2026-03-29T01:00:00Z");
    }

    #[test]
    fn where_the_last_hour_comes_twice_the_day_ends_with_the_second() {
        let nuuk = day("2026-10-24", "America/Nuuk");
        assert_eq!(nuuk, ["2026-10-24T01:00:00Z", "2026-10-25T01:59:59.999Z"]);
        assert_eq!(day("2026-10-25", "America/Nuuk")[0], "2026-10-25T02:00:00Z");
    }

    #[test]
    fn a_day_that_was_skipped_is_empty_and_no_day_of_the_calendar_is_none() {
        let apia = ["2011-12-30T10:00:00Z", "2011-12-30T09:59:59.999Z"];
        assert_eq!(day("2011-12-30", "Pacific/Apia"), apia);
        let none = Bound::Date { year: 2026, month: 2, day: 30 };
        assert_eq!(bound(none, Tz::UTC, End::First), None);
    }

    #[test]
    fn one_day_ends_a_millisecond_before_the_next_begins() {
        for zone in chrono_tz::TZ_VARIANTS.iter().step_by(7) {
            for n in 0..366 {
                let date = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + TimeDelta::days(n);
                let next = first(date + TimeDelta::days(1), *zone).unwrap();
                assert_eq!(last(date, *zone).unwrap().millis() + 1, next.millis(), "{date} {zone}");
            }
        }
    }

    #[test]
    fn a_moment_stays_what_it_is() {
        let moment: Bound = "2026-03-31T12:00:00Z".parse().unwrap();
        assert_eq!(bound(moment, Tz::Atlantic__Azores, End::Last), Some(moment));
    }
}
