//! Reads lengths of time as people type them: `40d`, `12h`, `90d1ms`.

use std::str::FromStr;

/// The units, largest first, in milliseconds.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// The longest, in milliseconds: from year 1 to year 9999, beyond which there are no instants.
const MOST: u64 = 3_652_059 * 86_400_000;

/// A length of time, exact to the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Duration(u64);

impl Duration {
    /// Returns its milliseconds.
    pub(crate) fn millis(self) -> i64 {
        // INVARIANT: no duration is longer than `MOST`, which an `i64` holds.
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

/// Says why a text is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DurationError {
    /// It is not made of numbers and units.
    #[error(
        "`{0}` is no length of time; write whole numbers with their units d, h, m, s or ms, such as `40d`, `12h` or `90d1ms`"
    )]
    Malformed(String),
    /// Its units come twice, or in a strange order.
    #[error(
        "`{0}` has its units out of order; write the larger first and each once, as in `1d12h`"
    )]
    Order(String),
    /// It is longer than time.
    #[error("`{0}` is longer than ten thousand years")]
    TooLong(String),
}

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let malformed = || DurationError::Malformed(text.to_owned());
        let too_long = || DurationError::TooLong(text.to_owned());
        let (mut rest, mut units, mut sum) = (text, &UNITS[..], 0_u64);
        if text.is_empty() {
            return Err(malformed());
        }
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, after) = rest.split_at(digits);
            let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
            let (unit, after) = after.split_at(letters);
            if number.is_empty() || !UNITS.iter().any(|(name, _)| *name == unit) {
                return Err(malformed());
            }
            let at = units.iter().position(|(name, _)| *name == unit);
            let (at, millis) = at
                .and_then(|at| Some((at, units.get(at)?.1)))
                .ok_or_else(|| DurationError::Order(text.to_owned()))?;
            let number: u64 = number.parse().map_err(|_| too_long())?;
            let part = number.checked_mul(millis).ok_or_else(too_long)?;
            sum = sum.checked_add(part).ok_or_else(too_long)?;
            units = units.get(at + 1..).unwrap_or_default();
            rest = after;
        }
        match sum <= MOST {
            true => Ok(Self(sum)),
            false => Err(too_long()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> i64 {
        text.parse::<Duration>().unwrap().millis()
    }

    #[test]
    fn a_duration_is_exact() {
        assert_eq!(millis("40d"), 40 * 86_400_000);
        assert_eq!(millis("90d1ms"), 90 * 86_400_000 + 1);
        assert_eq!(millis("1d2h3m4s5ms"), 93_784_005);
        assert_eq!(millis("12h"), 43_200_000);
        assert_eq!(millis("0ms"), 0);
        assert_eq!(millis("36h"), 129_600_000);
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        type Make = fn(String) -> DurationError;
        use DurationError::{Malformed, Order, TooLong};
        let cases: &[(&str, Make)] = &[
            ("", Malformed),
            ("40", Malformed),
            ("d", Malformed),
            ("40 d", Malformed),
            ("40days", Malformed),
            ("40D", Malformed),
            ("-40d", Malformed),
            ("1.5d", Malformed),
            ("４0d", Malformed),
            ("1h1d", Order),
            ("1d1d", Order),
            ("1ms1s", Order),
            ("3652060d", TooLong),
            ("99999999999999999999999ms", TooLong),
            ("213503982335d", TooLong),
        ];
        for (text, error) in cases {
            assert_eq!(
                text.parse::<Duration>(),
                Err(error((*text).to_owned())),
                "{text}"
            );
        }
    }
}
