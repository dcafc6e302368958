//! What is skipped by summaries of a series is what a look at each reading would have left out.

#![allow(clippy::expect_used)]

use facts::{DeviceId, MilliCelsius, Moment, ShortText, Span};
use proptest::prelude::*;
use thermal::coverage::Coverage;
use thermal::place::{Ended, ProbePlace};
use thermal::series::{Sample, SampleSeries};
use thermal::shipment_setup::{Attachment, Parted};
use thermal::trust::Doubts;
use thermal::window::Window;
use thermal::{Probe, ShipmentSetup};

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

fn played(steps: &[Step]) -> SampleSeries {
    let (mut series, mut minute) = (SampleSeries::default(), 0);
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
        let inside: Vec<Sample> =
            series.all().iter().filter(|r| from <= r.at && r.at <= until).copied().collect();
        let naive: Vec<&[Sample]> = inside.chunk_by(|a, b| b.at - a.at <= most).collect();
        let pieces: Vec<_> = series.pieces(from, until, most).collect();
        let (cut, next): (Vec<&[Sample]>, Vec<Option<&Sample>>) = pieces.into_iter().unzip();
        let behind: Vec<Option<&Sample>> =
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

/// What is known, minute by minute: one that looks at each reading, as the page of the gap rule says it.
fn known_by_looking(
    series: &SampleSeries,
    a: &Attachment,
    window: Window,
) -> Vec<(Moment, Moment)> {
    let from = window.from.max(a.from);
    let until = window.until.into_iter().chain(a.until).min();
    let all = series.all();
    let inside = |r: &&Sample| from <= r.at && until.is_none_or(|until| r.at <= until);
    let inside: Vec<&Sample> = all.iter().filter(inside).collect();
    let holds = |(n, reading): (usize, &&Sample)| match (inside.get(n + 1), until) {
        (Some(next), _) if next.at - reading.at <= a.log_every * 2 => next.at,
        (Some(_), _) => reading.at + a.log_every,
        (None, Some(until)) => until.min(reading.at + a.log_every),
        (None, None) => reading.at,
    };
    inside.iter().enumerate().map(|(n, reading)| (reading.at, holds((n, reading)))).collect()
}

fn joined(mut all: Vec<(Moment, Moment)>) -> Vec<(Moment, Moment)> {
    let mut joined: Vec<(Moment, Moment)> = Vec::new();
    all.sort_unstable();
    for (from, until) in all {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => joined.push((from, until)),
        }
    }
    joined
}

proptest! {
    #[test]
    fn what_is_known_is_what_a_look_at_each_reading_says(
        one in steps(), other in steps(), every in 1..12_i64,
        bounds in prop::collection::vec((-20..600_i64, prop::option::of(0..600_i64)), 4),
    ) {
        let stretch = |(from, long): (i64, Option<i64>)| (at(from), long.map(|long| at(from + long)));
        let probe = |name: &str, steps| {
            let (device, channel) = (DeviceId::new(name), ShortText::new("payload"));
            Probe { device, channel, series: played(steps), ..Probe::default() }
        };
        let probes = [probe("A", &one), probe("B", &other)];
        let attached = |probe: &Probe, bounds| {
            let (from, until) = stretch(bounds);
            let (device, channel) = (probe.device.clone(), probe.channel.clone());
            let log_every = Span::minutes(every);
            let ended = |at| Ended { at, learnt: at, offset: 0 };
            let end = until.map(|at| Parted { ended: ended(at), taken_off: true });
            let (send_every, place) = (None, ProbePlace::Box);
            Attachment { device, channel, from, until, end, log_every, send_every, place }
        };
        let attachments = vec![attached(&probes[0], bounds[0]), attached(&probes[1], bounds[1])];
        let setting = ShipmentSetup { attachments, ..ShipmentSetup::default() };
        let windows: Vec<Window> = bounds[2..]
            .iter()
            .map(|bounds| stretch(*bounds))
            .map(|(from, until)| Window::in_box(from, until))
            .collect();
        let by_looking = setting.attachments.iter().zip(&probes).flat_map(|(a, probe)| {
            windows.iter().flat_map(move |w| known_by_looking(&probe.series, a, *w))
        });
        let by_looking = joined(by_looking.collect());
        let (doubts, settling) = (Doubts::default(), None);
        let cover = Coverage { setup: &setting, probes: &probes, windows: &windows, doubts, settling };
        prop_assert_eq!(cover.known(ProbePlace::Box), by_looking);
    }
}
