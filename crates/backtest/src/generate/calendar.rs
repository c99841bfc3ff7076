//! The made-up year: when in it people write.
//!
//! Owns: the year, the profile of its weeks, and the way instants are written. Does not own: who writes.
//! Invariant: a later moment of activity is never an earlier second.

use super::shape::{DAYS, HOURS};
use earnest_core::units::Timestamp;

/// How many seconds the year has: 365 days.
pub(super) const YEAR_S: u32 = 365 * DAY_S;
const DAY_S: u32 = 86_400;
/// The year's first instant, 2025-01-01T00:00:00Z, in Unix milliseconds.
const START_MS: i64 = 1_735_689_600_000;

/// What a day of weight 1 weighs.
const HOURS_SUM: u64 = sum(&HOURS);
/// What a week weighs.
const WEEK: u64 = sum(&DAYS) * HOURS_SUM;
/// What the year weighs: 52 weeks and a day like its first.
pub(super) const YEAR: u64 = 52 * WEEK + DAYS[0] as u64 * HOURS_SUM;

const fn sum(weights: &[u32]) -> u64 {
    let mut sum = 0;
    let mut n = 0;
    while n < weights.len() {
        sum += weights[n] as u64;
        n += 1;
    }
    sum
}

/// Returns the second of the year at which so much of its activity, of [`YEAR`], has passed.
pub(super) fn second(activity: u64) -> u32 {
    let (week, rest) = (activity / WEEK, activity % WEEK);
    let (day, rest, day_weight) = find(&DAYS, rest, HOURS_SUM);
    let (hour, rest, hour_weight) = find(&HOURS, rest, day_weight);
    let second = rest * 3_600 / (day_weight * hour_weight).max(1);
    let hours = (week * 7 + day) * 24 + hour;
    u32::try_from(hours * 3_600 + second).unwrap_or(YEAR_S)
}

/// Returns the place of the weight in which `rest` falls when each weighs `times` as much, what is left of `rest`
/// in it, and the weight.
fn find(weights: &[u32], mut rest: u64, times: u64) -> (u64, u64, u64) {
    let mut place = 0;
    let mut found = 0;
    for weight in weights {
        found = u64::from(*weight);
        let span = found * times;
        if rest < span {
            break;
        }
        rest -= span;
        place += 1;
    }
    (place, rest, found)
}

/// Returns the instant at a second of the year.
pub(super) fn instant(second: u32) -> Timestamp {
    // INVARIANT: every second of the year lies in years 1 to 9999.
    Timestamp::from_millis(START_MS + i64::from(second) * 1_000).unwrap_or(Timestamp::MAX)
}

/// Writes the instant at a second of the year, `2025-03-01T09:00:00Z`.
pub(super) fn write(second: u32, to: &mut Vec<u8>) {
    const MONTHS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let (mut day, second) = (second / DAY_S, second % DAY_S);
    let mut month = 1;
    for days in MONTHS {
        if day < days {
            break;
        }
        day -= days;
        month += 1;
    }
    let two = |n: u32| {
        let digit = |n: u32| b'0' + u8::try_from(n % 10).unwrap_or(0);
        [digit(n / 10), digit(n)]
    };
    to.extend_from_slice(b"2025-");
    for (n, mark) in [
        (month, b'-'),
        (day + 1, b'T'),
        (second / 3_600, b':'),
        (second / 60 % 60, b':'),
        (second % 60, b'Z'),
    ] {
        to.extend_from_slice(&two(n));
        to.push(mark);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activity_runs_through_the_whole_year_and_never_back() {
        assert_eq!(second(0), 0);
        assert!(second(YEAR - 1) < YEAR_S);
        assert!(second(YEAR - 1) >= YEAR_S - 2);
        let mut last = 0;
        for n in 0..100_000 {
            let now = second(YEAR / 100_000 * n);
            assert!(now >= last);
            last = now;
        }
    }

    #[test]
    fn an_hour_takes_its_share_of_the_week() {
        // The first hour is of a Wednesday.
        let first_hour = u64::from(DAYS[0]) * u64::from(HOURS[0]);
        assert_eq!(second(first_hour - 1), 3_599);
        assert_eq!(second(first_hour), 3_600);
        assert_eq!(second(first_hour / 2), 1_800);
        assert_eq!(second(WEEK), 7 * DAY_S);
    }

    #[test]
    fn an_instant_is_written_as_the_engine_writes_it() {
        for second in (0..YEAR_S).step_by(40_009).chain([YEAR_S - 1]) {
            let mut text = Vec::new();
            write(second, &mut text);
            assert_eq!(
                String::from_utf8(text).unwrap(),
                instant(second).to_string()
            );
        }
    }
}
