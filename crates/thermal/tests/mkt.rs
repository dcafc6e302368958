//! Mean kinetic temperature against published values and values that others printed.

#![allow(clippy::expect_used)]

use facts::{Moment, Span};
use thermal::mkt::{of_readings, of_steps, temperature, weight};

fn steps(steps: &[(f64, f64)]) -> f64 {
    let milli = |c: f64| (c * 1000.0).round() as i32;
    let ms = |h: f64| Span::millis((h * 3_600_000.0).round() as i64);
    f64::from(of_steps(steps.iter().map(|(c, h)| (milli(*c), ms(*h)))).expect("some time")) / 1000.0
}

#[test]
#[allow(clippy::type_complexity)] // it is a table
fn fourteen_vectors_weighted_by_hours() {
    let equal = |temperatures: &[f64]| temperatures.iter().map(|c| (*c, 1.0)).collect::<Vec<_>>();
    let cases: Vec<(&str, Vec<(f64, f64)>, f64)> = vec![
        ("V1", vec![(5.0, 24.0)], 5.0),
        ("V2", vec![(25.0, 12.0), (15.0, 12.0)], 21.3004),
        ("V3", vec![(5.0, 18.0), (14.0, 6.0)], 8.2852),
        ("V4", vec![(5.0, 22.0), (15.0, 2.0)], 6.4623),
        ("V5", vec![(5.0, 21.0), (15.0, 3.0)], 7.1066),
        ("V6", vec![(5.0, 12.0), (11.0, 12.0)], 8.5252),
        ("V7", equal(&[4.0, 4.0, 4.0, 4.0, 16.0]), 8.1088),
        ("V8", vec![(2.0, 12.0), (8.0, 12.0)], 5.5364),
        ("V9", vec![(5.0, 23.5), (25.0, 0.5)], 6.4924),
        ("V10", vec![(22.0, 717.0), (29.0, 3.0)], 22.0432),
        ("V11", vec![(22.0, 696.0), (40.0, 24.0)], 23.5996),
        ("V12", vec![(24.0, 696.0), (40.0, 24.0)], 25.2602),
        ("V13", equal(&[20.0, 21.0, 22.0, 23.0, 24.0, 25.0]), 22.6563),
        ("V14 whole", vec![(5.0, 66.0), (14.0, 6.0)], 6.2455),
    ];
    for (name, input, expected) in cases {
        let got = steps(&input);
        assert!((got - expected).abs() <= 0.01, "{name}: {got}, expected {expected}");
    }
}

#[test]
fn the_worst_day_of_three_is_not_diluted() {
    let hours: Vec<f64> =
        (0..72).map(|h| if (20..=25).contains(&h) { 14.0 } else { 5.0 }).collect();
    let worst =
        hours.windows(24).map(|day| steps(&day.iter().map(|c| (*c, 1.0)).collect::<Vec<_>>()));
    let worst = worst.fold(f64::MIN, f64::max);
    assert!((worst - 8.2852).abs() <= 0.01, "{worst}");
}

#[test]
fn uneven_readings_are_weighted_by_the_trapezoid() {
    let at = |minute: i64| Moment::from_millis(minute * 60_000);
    let readings =
        [(0, 5_000), (10, 6_000), (20, 9_000), (50, 12_000), (60, 5_000)].map(|(m, c)| (at(m), c));
    let got = f64::from(of_readings(&readings).expect("some time")) / 1000.0;
    assert!((got - 9.2455).abs() <= 0.01, "V15: {got}");
}

#[test]
fn weights_are_those_of_floating_point_and_turn_back() {
    // The table, its ends, and what lies outside of it.
    for milli in
        (-60_000..80_000).step_by(137).chain([-40_000, -40_001, 59_950, 59_999, 60_000, 60_001])
    {
        let exact = (10_000.0 / 273.15 - 10_000.0 / (f64::from(milli) / 1000.0 + 273.15)).exp()
            * 2f64.powi(40);
        let got = weight(milli) as f64;
        assert!((got / exact - 1.0).abs() < 1.1e-5, "{milli}: {got} {exact}");
        assert!((temperature(weight(milli)) - milli).abs() <= 1, "{milli}");
    }
}
