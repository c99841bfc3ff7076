//! A day, as charts over time count them.
//!
//! Owns: the number of a day and its text. Invariant: days are UTC, and day 0 is 1 January 1970.

use jiff::Span;
use jiff::civil::{Date, date};

const MILLIS: i64 = 86_400_000;
const EPOCH: Date = date(1970, 1, 1);

/// A UTC day, counted from 1 January 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    /// Returns the day of an instant, given in milliseconds since 1970.
    #[must_use]
    pub fn of_millis(millis: i64) -> Self {
        let day = millis.div_euclid(MILLIS);
        Self(i32::try_from(day).unwrap_or(if day < 0 { i32::MIN } else { i32::MAX }))
    }

    /// Returns the day so many days on.
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    pub(crate) fn number(self) -> f64 {
        f64::from(self.0)
    }

    /// Returns the date; nothing outside the years that a calendar here has.
    pub(crate) fn date(self) -> Option<Date> {
        EPOCH.checked_add(Span::new().try_days(self.0).ok()?).ok()
    }

    /// Returns the day of a date.
    pub(crate) fn of(date: Date) -> Option<Self> {
        let days = EPOCH.until((jiff::Unit::Day, date)).ok()?.get_days();
        Some(Self(days))
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.date() {
            Some(date) => write!(f, "{date}"),
            None => write!(f, "day {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_that_of_its_instants() {
        assert_eq!(Day::of_millis(0), Day(0));
        assert_eq!(Day::of_millis(86_399_999), Day(0));
        assert_eq!(Day::of_millis(-1), Day(-1));
        assert_eq!(Day::of_millis(1_420_070_400_000).to_string(), "2015-01-01");
        assert_eq!(Day::of(date(2015, 1, 1)), Some(Day(16_436)));
    }

    #[test]
    fn a_day_outside_the_calendar_still_has_a_text() {
        assert_eq!(Day(i32::MAX).to_string(), "day 2147483647");
        assert_eq!(Day::of_millis(i64::MIN), Day(i32::MIN));
    }
}
