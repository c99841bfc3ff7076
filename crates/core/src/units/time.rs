//! Counts time: instants exact to the millisecond, days of 86,400 s, and months from an anchor.

use jiff::civil::DateTime;
use jiff::{SignedDuration, ToSpan};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

const MILLIS_A_DAY: i64 = 86_400_000;
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// An instant in UTC, exact to the millisecond, from year 1 to year 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Says why a text is no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstantError {
    /// The text is not an instant of RFC 3339.
    #[error("`{0}` is not an instant; write one as `2015-01-02T09:00:00Z`")]
    Malformed(String),
    /// The text has no offset, so it names no instant.
    #[error("`{0}` has no offset; add a `Z` for UTC, as in `2015-01-02T09:00:00Z`")]
    NoOffset(String),
    /// The text is finer than a millisecond.
    #[error("`{0}` is finer than a millisecond; write at most three decimals")]
    TooFine(String),
}

impl Timestamp {
    /// The earliest instant: 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_135_596_800_000);
    /// The latest instant: 9999-12-31T23:59:59.999Z.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// Returns the instant `millis` milliseconds after 1970-01-01T00:00:00Z, if it lies in years 1 to 9999.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Option<Self> {
        if millis < Self::MIN.0 || millis > Self::MAX.0 {
            return None;
        }
        Some(Self(millis))
    }

    /// Returns the milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Returns the instant `days` later, or [`Timestamp::MAX`] where there is none.
    #[must_use]
    pub const fn plus(self, days: Days) -> Self {
        self.plus_millis(days.millis())
    }

    /// Returns the instant `days` earlier, or [`Timestamp::MIN`] where there is none.
    #[must_use]
    pub const fn minus(self, days: Days) -> Self {
        self.plus_millis(days.millis().saturating_neg())
    }

    /// Returns the instant `millis` milliseconds later, or the end of time on that side.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        let sum = self.0.saturating_add(millis);
        if sum < Self::MIN.0 {
            Self::MIN
        } else if sum > Self::MAX.0 {
            Self::MAX
        } else {
            Self(sum)
        }
    }

    /// Returns the milliseconds from `earlier` to this instant; negative when it is later.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Returns the UTC day, counted from 1970-01-01: the day of a member's daily cap.
    #[must_use]
    pub const fn utc_day(self) -> i64 {
        self.0.div_euclid(MILLIS_A_DAY)
    }

    /// Returns the month of the calendar, in UTC.
    #[must_use]
    pub fn month_of_year(self) -> MonthOfYear {
        let date = self.civil();
        MonthOfYear {
            year: date.year(),
            month: date.month(),
        }
    }

    /// Reads an instant of RFC 3339: `2015-01-02T09:00:00Z`, any offset, at most three decimals.
    ///
    /// # Errors
    /// When the text is no such instant; the error says what to write instead.
    pub fn parse(text: &str) -> Result<Self, InstantError> {
        let malformed = || InstantError::Malformed(text.to_owned());
        let bytes = text.as_bytes();
        // RFC 3339 in full, more narrowly than the date library reads it: upper-case `T` and `Z`,
        // no second 60, no weekday, no calendar names.
        let digits = |from: usize, to: usize| {
            bytes
                .get(from..to)
                .is_some_and(|part| part.iter().all(u8::is_ascii_digit))
        };
        let mark = |at: usize, mark: u8| bytes.get(at) == Some(&mark);
        let shaped = digits(0, 4)
            && mark(4, b'-')
            && digits(5, 7)
            && mark(7, b'-')
            && digits(8, 10)
            && mark(10, b'T')
            && digits(11, 13)
            && mark(13, b':')
            && digits(14, 16)
            && mark(16, b':')
            && digits(17, 19)
            && bytes.get(17..19) != Some(b"60");
        if !shaped {
            return Err(malformed());
        }
        let rest = text.get(19..).ok_or_else(malformed)?;
        let offset = match rest.strip_prefix('.') {
            None => rest,
            Some(fraction) => {
                let end = fraction
                    .find(|c: char| !c.is_ascii_digit())
                    .unwrap_or(fraction.len());
                if end == 0 {
                    return Err(malformed());
                }
                if end > 3 {
                    return Err(InstantError::TooFine(text.to_owned()));
                }
                fraction.get(end..).ok_or_else(malformed)?
            }
        };
        if offset.is_empty() {
            return Err(InstantError::NoOffset(text.to_owned()));
        }
        let civil = text.get(..text.len().saturating_sub(offset.len()));
        let civil: DateTime = civil
            .and_then(|civil| civil.parse().ok())
            .ok_or_else(malformed)?;
        let millis = i64::try_from(civil.duration_since(EPOCH).as_millis()).ok();
        millis
            .and_then(|millis| millis.checked_sub(offset_millis(offset)?))
            .and_then(Self::from_millis)
            .ok_or_else(malformed)
    }

    fn civil(self) -> DateTime {
        // INVARIANT: a Timestamp lies in years 1 to 9999, and the calendar goes from -9999 to 9999. (The
        // library's own instants end a day before its calendar does.)
        let since = SignedDuration::from_millis(self.0);
        EPOCH.checked_add(since).unwrap_or(EPOCH)
    }
}

/// Reads `Z` or an offset such as `+01:30`.
fn offset_millis(offset: &str) -> Option<i64> {
    if offset == "Z" {
        return Some(0);
    }
    let [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] = offset.as_bytes() else {
        return None;
    };
    let two = |tens: &u8, ones: &u8| -> Option<i64> {
        let digit = |byte: &u8| {
            byte.is_ascii_digit()
                .then(|| i64::from(byte.wrapping_sub(b'0')))
        };
        digit(tens)?.checked_mul(10)?.checked_add(digit(ones)?)
    };
    let (hours, minutes) = (two(h1, h2)?, two(m1, m2)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let millis = hours
        .checked_mul(60)?
        .checked_add(minutes)?
        .checked_mul(60_000)?;
    if *sign == b'-' {
        millis.checked_neg()
    } else {
        Some(millis)
    }
}

/// An instant as text: RFC 3339 in UTC, with milliseconds only where there are any.
///
/// Many are written with every message, so their digits are put down one by one: formatting takes several times as long.
#[derive(Default)]
struct Text {
    bytes: [u8; "2015-01-02T09:00:00.123Z".len()],
    length: usize,
}

impl Text {
    fn of(at: Timestamp) -> Self {
        let civil = at.civil();
        let [century, year] = [
            civil.year().unsigned_abs() / 100,
            civil.year().unsigned_abs() % 100,
        ];
        let mut text = Self::default();
        text.two(century);
        text.two(year);
        for (mark, number) in [
            (b'-', civil.month()),
            (b'-', civil.day()),
            (b'T', civil.hour()),
            (b':', civil.minute()),
            (b':', civil.second()),
        ] {
            text.push(mark);
            text.two(number.unsigned_abs().into());
        }
        let millis = civil.millisecond().unsigned_abs();
        if millis > 0 {
            text.push(b'.');
            text.digit(millis / 100);
            text.two(millis % 100);
        }
        text.push(b'Z');
        text
    }

    fn two(&mut self, number: u16) {
        self.digit(number / 10);
        self.digit(number % 10);
    }

    fn digit(&mut self, digit: u16) {
        self.push(b'0'.wrapping_add(u8::try_from(digit).unwrap_or_default()));
    }

    fn push(&mut self, byte: u8) {
        // INVARIANT: there is room, for a year has four digits.
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length = self.length.saturating_add(1);
        }
    }

    fn as_str(&self) -> &str {
        let written = self.bytes.get(..self.length).unwrap_or_default();
        std::str::from_utf8(written).unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    /// Writes RFC 3339 in UTC, with milliseconds only where there are any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Text::of(*self).as_str())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Timestamp {
    type Err = InstantError;
    fn from_str(text: &str) -> Result<Self, InstantError> {
        Self::parse(text)
    }
}

impl Serialize for Timestamp {
    /// Writes RFC 3339 in formats that people read, else the milliseconds since 1970.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() {
            to.serialize_str(Text::of(*self).as_str())
        } else {
            self.0.serialize(to)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if !from.is_human_readable() {
            let millis = i64::deserialize(from)?;
            return Self::from_millis(millis)
                .ok_or_else(|| de::Error::custom("an instant lies in years 1 to 9999"));
        }
        let text = smol_str::SmolStr::deserialize(from)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

/// A whole number of days of 86,400 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Days(pub u32);

impl Days {
    /// Returns the days as milliseconds.
    #[must_use]
    pub const fn millis(self) -> i64 {
        // A u32 of days times 86,400,000 is below 2^59.
        (self.0 as i64).saturating_mul(MILLIS_A_DAY)
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 day"),
            n => write!(f, "{n} days"),
        }
    }
}

/// A month of the calendar, such as January 2015.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MonthOfYear {
    /// The year, 1 to 9999.
    pub year: i16,
    /// The month, 1 to 12.
    pub month: i8,
}

impl MonthOfYear {
    /// Reads `2015-01`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let digits = |part: &str, long: usize| {
            part.len() == long && part.bytes().all(|b| b.is_ascii_digit())
        };
        if !digits(year, 4) || !digits(month, 2) {
            return None;
        }
        let this = Self {
            year: year.parse().ok()?,
            month: month.parse().ok()?,
        };
        (this.year >= 1 && (1..=12).contains(&this.month)).then_some(this)
    }
}

impl fmt::Display for MonthOfYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// Returns `anchor` and `months` calendar months, its day clamped to the month's last.
///
/// Months are always counted from the anchor, never from the month before, so 31 January goes to
/// 28 February and then to 31 March. Past year 9999 it is [`Timestamp::MAX`].
#[must_use]
pub fn add_months(anchor: Timestamp, months: u32) -> Timestamp {
    i32::try_from(months)
        .ok()
        .and_then(|months| anchor.civil().checked_add(months.months()).ok())
        .and_then(|civil| i64::try_from(civil.duration_since(EPOCH).as_millis()).ok())
        .and_then(Timestamp::from_millis)
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn months_are_counted_from_the_anchor_and_clamped() {
        let anchor = t("2015-01-31T09:00:00.001Z");
        let starts: Vec<String> = (0..5).map(|n| add_months(anchor, n).to_string()).collect();
        assert_eq!(
            starts,
            [
                "2015-01-31T09:00:00.001Z",
                "2015-02-28T09:00:00.001Z",
                "2015-03-31T09:00:00.001Z",
                "2015-04-30T09:00:00.001Z",
                "2015-05-31T09:00:00.001Z"
            ]
        );
        assert_eq!(
            add_months(t("2016-01-30T00:00:00Z"), 1),
            t("2016-02-29T00:00:00Z")
        );
        assert_eq!(add_months(anchor, u32::MAX), Timestamp::MAX);
    }

    #[test]
    fn an_instant_is_read_with_any_offset() {
        assert_eq!(t("2015-01-02T10:30:00+01:30"), t("2015-01-02T09:00:00Z"));
        assert_eq!(
            t("2015-01-02T09:00:00.5Z").to_string(),
            "2015-01-02T09:00:00.500Z"
        );
        assert_eq!(t("9999-12-31T23:59:59.999Z"), Timestamp::MAX);
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(t("2015-01-02T09:00:00-23:59"), t("2015-01-03T08:59:00Z"));
        assert_eq!(t("0001-01-01T00:00:00Z"), Timestamp::MIN);
    }

    #[test]
    fn every_instant_is_written_as_it_is_read() {
        // About a month apart, at all times of the day.
        let millis = (Timestamp::MIN.millis()..=Timestamp::MAX.millis()).step_by(2_629_800_001);
        let mut count = 0;
        for at in millis.filter_map(Timestamp::from_millis) {
            let text = at.to_string();
            let fraction = text.split_once('.').map(|(_, rest)| rest);
            assert_eq!(t(&text), at);
            assert_eq!(
                text.len(),
                if fraction.is_some() { 24 } else { 20 },
                "{text}"
            );
            assert_ne!(fraction, Some("000Z"), "{text}");
            count += 1;
        }
        assert!(count > 100_000, "{count}");
        assert_eq!(Timestamp::MIN.to_string(), "0001-01-01T00:00:00Z");
        assert_eq!(
            t("0987-06-05T04:03:02.010Z").to_string(),
            "0987-06-05T04:03:02.010Z"
        );
        assert_eq!(
            serde_json::to_string(&t("2015-01-02T09:00:00Z")).unwrap(),
            "\"2015-01-02T09:00:00Z\""
        );
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        use InstantError::{Malformed, NoOffset, TooFine};
        type Make = fn(String) -> InstantError;
        let cases: &[(&str, Make)] = &[
            ("2015-01-02T09:00:00", NoOffset),
            ("2015-01-02T09:00:00.0001Z", TooFine),
            ("2015-01-02T09:00:60Z", Malformed),
            ("2015-01-02t09:00:00Z", Malformed),
            ("2015-01-02T09:00:00z", Malformed),
            ("2015-01-02 09:00:00Z", Malformed),
            ("2015-02-29T09:00:00Z", Malformed),
            ("2015-01-02T24:00:00Z", Malformed),
            ("2015-01-02T09:00:00+24:00", Malformed),
            ("2015-01-02T09:00:00+01", Malformed),
            ("2015-01-02T09:00:00.Z", Malformed),
            ("0000-01-01T00:00:00Z", Malformed),
            ("9999-12-31T23:59:59-01:00", Malformed),
            ("2015-01-02T09:00:00Z[UTC]", Malformed),
            ("1420189200", Malformed),
            ("é015-01-02T09:00:00Z", Malformed),
            ("", Malformed),
        ];
        for (text, error) in cases {
            assert_eq!(
                Timestamp::parse(text),
                Err(error((*text).to_owned())),
                "{text}"
            );
        }
    }
}
