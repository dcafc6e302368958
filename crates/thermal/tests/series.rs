//! What a series skips by its summaries is what a look at every reading would have left out.

#![allow(clippy::expect_used)]

use facts::{MilliCelsius, Moment, Span};
use proptest::prelude::*;
use thermal::series::{Reading, Series};

#[derive(Debug, Clone)]
enum Step {
    Take(i64, i32),
    Forget(usize),
}

fn at(minute: i64) -> Moment {
    Moment::from_millis(1_772_323_200_000 + minute * 60_000)
}

fn celsius(milli: i32) -> MilliCelsius {
    MilliCelsius::from_milli(milli.into()).expect("a temperature")
}

/// Mostly in order, as a logger sends; some late, some twice at one moment, some declared wrong.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let apart = prop_oneof![20 => 1..3_i64, 1 => 3..60_i64, 2 => -200..1_i64];
    let step = prop_oneof![
        20 => (apart, -5..5_i32).prop_map(|(apart, milli)| Step::Take(apart, milli)),
        1 => (0..400_usize).prop_map(Step::Forget),
    ];
    prop::collection::vec(step, 0..400)
}

fn played(steps: &[Step]) -> Series {
    let (mut series, mut minute) = (Series::default(), 0);
    for (offset, step) in (0..).zip(steps) {
        match step {
            Step::Take(apart, milli) => {
                series.take(at(minute + apart), celsius(*milli), offset);
                minute += (*apart).max(0);
            }
            Step::Forget(n) => {
                if let Some(reading) = series.all().get(*n).copied() {
                    series.forget(reading.at, celsius(reading.milli));
                }
            }
        }
    }
    series
}

proptest! {
    #[test]
    fn pieces_are_cut_at_every_hole(
        steps in steps(), from in -20..400_i64, long in 0..800_i64, most in 0..20_i64,
    ) {
        let (series, most) = (played(&steps), Span::minutes(most));
        let (from, until) = (at(from), at(from + long));
        let inside: Vec<Reading> =
            series.all().iter().filter(|r| from <= r.at && r.at <= until).copied().collect();
        let naive: Vec<&[Reading]> = inside.chunk_by(|a, b| b.at - a.at <= most).collect();
        let pieces: Vec<_> = series.pieces(from, until, most).collect();
        let (cut, next): (Vec<&[Reading]>, Vec<Option<&Reading>>) = pieces.into_iter().unzip();
        let behind: Vec<Option<&Reading>> =
            (1..=naive.len()).map(|n| naive.get(n).and_then(|piece| piece.first())).collect();
        prop_assert_eq!(cut, naive);
        prop_assert_eq!(next, behind);
    }

    #[test]
    fn what_is_outside_is_found(steps in steps(), below in -6..6_i32, above in -6..6_i32) {
        let series = played(&steps);
        let naive: Vec<usize> = (0..)
            .zip(series.all())
            .filter(|(_, r)| r.milli < below || r.milli > above)
            .map(|(place, _)| place)
            .collect();
        prop_assert_eq!(series.outside(below, above).collect::<Vec<_>>(), naive);
    }
}
