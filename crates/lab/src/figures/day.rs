//! Figures by the day on which things happen.
//!
//! Owns: days in UTC, and their sums by week. Invariant: a day is 86,400 s from midnight UTC.

use earnest_core::units::Timestamp;
use serde::{Serialize, Serializer};
use std::fmt;

const MILLIS_A_DAY: i64 = 86_400_000;

/// A day in UTC, by its number since 1970-01-01.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    /// Returns the day that an instant lies in.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        let day = at.millis().div_euclid(MILLIS_A_DAY);
        // INVARIANT: instants lie in years 1 to 9999, which have fewer than 4 million days.
        Self(i32::try_from(day).unwrap_or(i32::MAX))
    }

    /// Returns the Monday of the day's week.
    #[must_use]
    pub const fn monday(self) -> Self {
        // 1970-01-01 was a Thursday.
        Self(self.0 - (self.0 + 3).rem_euclid(7))
    }

    /// Returns the instant at which the day begins.
    #[must_use]
    pub fn start(self) -> Timestamp {
        let millis = i64::from(self.0) * MILLIS_A_DAY;
        Timestamp::from_millis(millis).unwrap_or(Timestamp::MIN)
    }
}

/// Writes the day as `2015-01-02`.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = self.start().to_string();
        f.write_str(instant.split('T').next().unwrap_or(&instant))
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// What happened on a day, or in a week under its Monday.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DayFigures {
    /// The day.
    pub day: Day,
    /// Messages sent.
    pub sent: u64,
    /// Of the messages sent on this day, those that were answered in time by the end, whenever: with `sent` the response
    /// rate of the day.
    pub sent_answered: u64,
    /// Answers in time that came on this day.
    pub responded: u64,
    /// Messages refused.
    pub refused: u64,
    /// Of these, those that were answered in the log: see [`super::Detail::lost`].
    pub lost: u64,
    /// Stakes that came back.
    pub returned: u64,
    /// Stakes that were kept.
    pub consumed: u64,
}

impl DayFigures {
    /// Returns a day on which nothing happened.
    #[must_use]
    pub fn on(day: Day) -> Self {
        Self {
            day,
            ..Self::default()
        }
    }

    /// Returns whether nothing happened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::on(self.day)
    }

    pub(super) const fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.sent_answered += other.sent_answered;
        self.responded += other.responded;
        self.refused += other.refused;
        self.lost += other.lost;
        self.returned += other.returned;
        self.consumed += other.consumed;
    }
}

/// Returns the sums of days, which are in order, by week, each under its Monday.
#[must_use]
pub fn by_week(days: &[DayFigures]) -> Vec<DayFigures> {
    let mut weeks: Vec<DayFigures> = Vec::new();
    for day in days {
        let monday = day.day.monday();
        if weeks.last().is_none_or(|week| week.day != monday) {
            weeks.push(DayFigures::on(monday));
        }
        if let Some(week) = weeks.last_mut() {
            week.add(day);
        }
    }
    weeks
}

/// Days in the making: a row for each from the first to the last that was touched.
#[derive(Default)]
pub(super) struct Days {
    first: i32,
    rows: Vec<DayFigures>,
}

impl Days {
    /// Returns the row of the day that an instant lies in.
    pub(super) fn at(&mut self, at: Timestamp) -> &mut DayFigures {
        self.row(Day::of(at).0)
    }

    fn row(&mut self, day: i32) -> &mut DayFigures {
        if self.rows.is_empty() {
            self.first = day;
        }
        if day < self.first {
            let fresh = (day..self.first).map(|day| DayFigures::on(Day(day)));
            self.rows.splice(0..0, fresh);
            self.first = day;
        }
        let place = usize::try_from(day - self.first).unwrap_or(0);
        let (first, have) = (self.first, self.rows.len());
        if place >= have {
            let next = first + i32::try_from(have).unwrap_or(i32::MAX);
            self.rows
                .extend((next..=day).map(|day| DayFigures::on(Day(day))));
        }
        // INVARIANT: the rows were just made to reach to the place.
        &mut self.rows[place]
    }

    pub(super) fn add(&mut self, other: &Self) {
        for row in other.rows.iter().filter(|row| !row.is_empty()) {
            self.row(row.day.0).add(row);
        }
    }

    /// Returns the days on which something happened.
    pub(super) fn finish(mut self) -> Vec<DayFigures> {
        self.rows.retain(|row| !row.is_empty());
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_week_begins_on_its_monday() {
        let monday = |text: &str| Day::of(at(text)).monday().to_string();
        // 2015-01-01 was a Thursday.
        assert_eq!(monday("2015-01-01T00:00:00Z"), "2014-12-29");
        assert_eq!(monday("2015-01-04T23:59:59.999Z"), "2014-12-29");
        assert_eq!(monday("2015-01-05T00:00:00Z"), "2015-01-05");
        assert_eq!(monday("1969-12-28T12:00:00Z"), "1969-12-22");
    }

    #[test]
    fn days_may_come_in_any_order() {
        let mut days = Days::default();
        for text in ["2015-01-05", "2015-01-01", "2015-01-09", "2015-01-05"] {
            days.at(at(&format!("{text}T10:00:00Z"))).sent += 1;
        }
        let mut other = Days::default();
        other.at(at("2014-12-31T00:00:00Z")).sent += 7;
        other.add(&days);
        let shown: Vec<_> = other
            .finish()
            .iter()
            .map(|row| format!("{} {}", row.day, row.sent))
            .collect();
        assert_eq!(
            shown,
            [
                "2014-12-31 7",
                "2015-01-01 1",
                "2015-01-05 2",
                "2015-01-09 1"
            ]
        );
    }

    #[test]
    fn weeks_are_the_sums_of_their_days() {
        let row = |text: &str, sent| DayFigures {
            sent,
            ..DayFigures::on(Day::of(at(text)))
        };
        let days = [
            row("2015-01-01T00:00:00Z", 1),
            row("2015-01-04T00:00:00Z", 2),
            row("2015-01-05T00:00:00Z", 4),
        ];
        let weeks: Vec<_> = by_week(&days).iter().map(|week| week.sent).collect();
        assert_eq!(weeks, [3, 4]);
    }
}
