//! The last calibration of a logger in one number, which is all that is kept of one that is over. Numbers 0 and 1 are those of
//! shipments.

use facts::Moment;
use facts::fact::device::Calibrated;

/// The first number of a logger.
const FIRST: u32 = 2;
const PASSED: u32 = 1;
const ENDS: u32 = 2;
const MINUTE: i64 = 60_000;

/// The number of a calibration: whether it passed, whether it ends, and the minute since 1970 in which it does.
pub(crate) fn of(calibrated: &Calibrated) -> u32 {
    let minutes = calibrated.until.map(|until| until.millis() / MINUTE);
    let minutes = minutes.map_or(0, |n| u32::try_from(n).unwrap_or(0).min(u32::MAX >> 3));
    let passed = if calibrated.passed { PASSED } else { 0 };
    let ends = if calibrated.until.is_some() { ENDS } else { 0 };
    FIRST + (minutes << 2 | ends | passed)
}

/// The calibration of a number; `None` for that of a shipment.
pub(crate) fn calibration(mark: u32) -> Option<Calibrated> {
    let code = mark.checked_sub(FIRST)?;
    let until = Moment::from_millis(i64::from(code >> 2) * MINUTE);
    let until = (code & ENDS != 0).then_some(until);
    Some(Calibrated { passed: code & PASSED != 0, until })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calibration_comes_back_to_the_minute() {
        let until = Moment::from_millis(1_803_859_200_000);
        for (passed, until) in
            [(true, None), (false, None), (true, Some(until)), (false, Some(until))]
        {
            let one = Calibrated { passed, until };
            assert_eq!(calibration(of(&one)), Some(one));
        }
        assert_eq!((calibration(0), calibration(1)), (None, None), "these are of shipments");
    }
}
