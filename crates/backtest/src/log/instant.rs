//! Reads instants as logs write them: RFC 3339 or Unix seconds.
//!
//! Owns: Unix seconds, and a short way through the commonest form of RFC 3339. Does not own: RFC 3339
//! in general ([`Timestamp::parse`]). Invariant: the short way never differs from the long one.

use super::error::NotInstant;
use earnest_core::units::{InstantError, Timestamp};

/// Returns the instant that `text` writes.
pub(super) fn read(text: &str) -> Result<Timestamp, NotInstant> {
    if let Some(instant) = plain(text.as_bytes()) {
        return Ok(instant);
    }
    if let Some(seconds) = seconds(text) {
        return seconds;
    }
    Timestamp::parse(text).map_err(|error| match error {
        InstantError::Malformed(_) => NotInstant::Malformed,
        InstantError::NoOffset(_) => NotInstant::NoOffset,
        InstantError::TooFine(_) => NotInstant::TooFine,
    })
}

/// Reads Unix seconds with at most three decimals; nothing where the text is of another form.
fn seconds(text: &str) -> Option<Result<Timestamp, NotInstant>> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(decimals) {
        return None;
    }
    let scale = match decimals.len() {
        1 => 100,
        2 => 10,
        3 => 1,
        _ => return Some(Err(NotInstant::TooFine)),
    };
    let millis = whole
        .parse::<i64>()
        .ok()
        .and_then(|seconds| seconds.checked_mul(1_000))
        .and_then(|millis| millis.checked_add(decimals.parse::<i64>().ok()? * scale))
        .map(|millis| if negative { -millis } else { millis });
    Some(
        millis
            .and_then(Timestamp::from_millis)
            .ok_or(NotInstant::OutOfRange),
    )
}

/// Reads exactly `YYYY-MM-DDTHH:MM:SSZ`; nothing where the text is not that or no such instant.
pub(super) fn plain(text: &[u8]) -> Option<Timestamp> {
    let text: &[u8; 20] = text.try_into().ok()?;
    let (date, rest) = text.split_first_chunk()?;
    let (time, rest) = rest.split_first_chunk()?;
    let date = pairs(*date, *b"0000-00-")?;
    let time = pairs(*time, *b"00T00:00")?;
    let [colon, tens, ones, z] = rest else {
        return None;
    };
    let rest = pairs(
        [*colon, *tens, *ones, *z, b'-', b'-', b'-', b'-'],
        *b":00Z----",
    )?;
    let year = date[0] * 100 + date[2];
    let (month, day, hour, minute, second) = (date[5], time[0], time[3], time[6], rest[1]);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if year < 1 || day < 1 || day > last || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Years counted from March end in the leap day, so the days before a month are a straight line.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days =
        365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Timestamp::from_millis((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000)
}

/// Returns at each place the number that two digits write there, where the text has digits for the form's zeros and is
/// like the form otherwise; nothing where it is not. All eight bytes are looked at at once.
#[inline]
fn pairs(text: [u8; 8], form: [u8; 8]) -> Option<[i64; 8]> {
    const UPPER: u64 = u64::from_ne_bytes([128; 8]);
    let digits = u64::from_le_bytes(text) ^ u64::from_le_bytes(form);
    // What is more than 9 for a digit, and more than 0 for another byte, reaches the upper bit.
    let room = form.map(|byte| if byte == b'0' { 127 - 9 } else { 127 });
    let above = (digits & !UPPER) + u64::from_le_bytes(room);
    if (above | digits) & UPPER != 0 {
        return None;
    }
    Some((digits * 10 + (digits >> 8)).to_le_bytes().map(i64::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn unix_seconds_have_up_to_three_decimals() {
        let millis = |text: &str| read(text).map(Timestamp::millis);
        assert_eq!(millis("0"), Ok(0));
        assert_eq!(millis("1420189200"), Ok(1_420_189_200_000));
        assert_eq!(millis("1420189200.5"), Ok(1_420_189_200_500));
        assert_eq!(millis("1420189200.05"), Ok(1_420_189_200_050));
        assert_eq!(millis("1420189200.005"), Ok(1_420_189_200_005));
        assert_eq!(millis("-1.5"), Ok(-1_500));
        assert_eq!(millis("1420189200.0005"), Err(NotInstant::TooFine));
        assert_eq!(millis("1420189200000"), Err(NotInstant::OutOfRange));
        assert_eq!(millis("99999999999999999999"), Err(NotInstant::OutOfRange));
        assert_eq!(
            millis("9223372036854775807.999"),
            Err(NotInstant::OutOfRange)
        );
        for text in [
            "", "-", ".5", "5.", "1e9", "+5", " 5", "0x5", "1_000", "--5", "٣",
        ] {
            assert_eq!(millis(text), Err(NotInstant::Malformed), "{text}");
        }
    }

    #[test]
    fn the_short_way_knows_the_calendar() {
        for text in [
            "0001-01-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00Z",
            "1900-03-01T00:00:00Z",
            "2000-02-29T12:30:00Z",
            "9999-12-30T21:59:59Z",
        ] {
            assert_eq!(
                plain(text.as_bytes()),
                Timestamp::parse(text).ok(),
                "{text}"
            );
            assert!(plain(text.as_bytes()).is_some(), "{text}");
        }
    }

    #[test]
    fn the_short_way_looks_at_every_byte() {
        let text = *b"2015-01-02T09:00:00Z";
        for place in 0..text.len() {
            for byte in 0..=u8::MAX {
                let mut other = text;
                other[place] = byte;
                let parsed = std::str::from_utf8(&other).ok().map(Timestamp::parse);
                let expected = parsed
                    .and_then(Result::ok)
                    .filter(|_| byte != b't' && byte != b'z');
                if byte != b' ' {
                    assert_eq!(plain(&other), expected, "{byte} at {place}");
                }
                assert!(plain(&other).is_none() || byte.is_ascii_digit() || other == text);
            }
        }
    }

    proptest! {
        #[test]
        fn the_short_way_never_differs_from_the_long_one(
            year in 0_u16..=9999, month in 0_u8..=13, day in 0_u8..=32,
            hour in 0_u8..=25, minute in 0_u8..=61, second in 0_u8..=61,
        ) {
            let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
            prop_assert_eq!(plain(text.as_bytes()), Timestamp::parse(&text).ok());
        }

        #[test]
        fn what_an_instant_prints_is_read_back(millis in Timestamp::MIN.millis()..=Timestamp::MAX.millis()) {
            let instant = Timestamp::from_millis(millis).unwrap();
            prop_assert_eq!(read(&instant.to_string()), Ok(instant));
            let sign = if millis < 0 { "-" } else { "" };
            let unix = format!("{sign}{}.{:03}", millis.abs() / 1_000, millis.abs() % 1_000);
            prop_assert_eq!(read(&unix), Ok(instant));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,24}") {
            let _ = read(&text);
        }
    }
}
