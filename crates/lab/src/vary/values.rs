//! Reads the values that a key takes in turn.
//!
//! Owns: lists and ranges of whole numbers, ratios, words and flags. Invariant: no float; a range of ratios goes in
//! steps over one denominator, so that its values are exact.

use super::{MOST_VALUES, VaryError};
use earnest_core::policy::file::Key;
use earnest_core::policy::file::key::Kind;
use earnest_core::units::Ratio;
use serde_json::Value;

/// Reads `FROM..TO:STEP` or `A,B,C`.
pub(super) fn read(path: &str, key: &'static Key, text: &str) -> Result<Vec<Value>, VaryError> {
    let numbers = matches!(key.kind, Kind::Whole(..) | Kind::WholeOr(..) | Kind::Ratio);
    if !numbers && !matches!(key.kind, Kind::Word(_) | Kind::Flag) {
        return Err(VaryError::NotVariable {
            path: path.to_owned(),
            key,
        });
    }
    if text.is_empty() {
        return Err(VaryError::NoValues(path.to_owned()));
    }
    let mut values = Vec::new();
    for part in text.split(',').map(str::trim) {
        let more = match part.split_once("..") {
            Some((from, rest)) if numbers => range(path, key, part, from, rest)?,
            _ => vec![one(path, key, part)?],
        };
        // A value that is there already would only be tried twice.
        for value in more {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        if values.len() > MOST_VALUES {
            return Err(too_many(path));
        }
    }
    Ok(values)
}

fn one(path: &str, key: &'static Key, text: &str) -> Result<Value, VaryError> {
    let value = match key.kind {
        Kind::Whole(least, most) => whole(text, least, most),
        Kind::WholeOr(_, _, word) if text == word => Some(word.into()),
        Kind::WholeOr(least, most, _) => whole(text, least, most),
        Kind::Ratio => fraction(text).and_then(Fraction::value),
        Kind::Flag => text.parse().ok().map(Value::Bool),
        Kind::Word(words) => words.contains(&text).then(|| text.into()),
        _ => None,
    };
    value.ok_or_else(|| VaryError::Value {
        path: path.to_owned(),
        value: text.to_owned(),
        key,
    })
}

fn whole(text: &str, least: u64, most: u64) -> Option<Value> {
    let number: u64 = digits(text)?.parse().ok()?;
    (least..=most).contains(&number).then(|| number.into())
}

/// Returns a text of digits only.
fn digits(text: &str) -> Option<&str> {
    let all = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then_some(text)
}

fn range(
    path: &str,
    key: &'static Key,
    text: &str,
    from: &str,
    rest: &str,
) -> Result<Vec<Value>, VaryError> {
    let wrong = |why| VaryError::Range {
        path: path.to_owned(),
        range: text.to_owned(),
        why,
        key,
    };
    let (to, step) = match rest.split_once(':') {
        Some((to, step)) => (to.trim(), Some(step.trim())),
        None => (rest.trim(), None),
    };
    // Both ends are values that the key takes, and so are those between them.
    let from = from.trim();
    one(path, key, from)?;
    one(path, key, to)?;
    let read = |text: &str| match key.kind {
        Kind::Ratio => fraction(text),
        _ => Some(Fraction {
            part: digits(text)?.parse().ok()?,
            whole: 1,
        }),
    };
    let usual = match key.kind {
        Kind::Ratio => "1/100",
        _ => "1",
    };
    let ends = read(from).zip(read(to));
    let (from, to) = ends.ok_or_else(|| wrong("has no numbers at its ends"))?;
    let step = read(step.unwrap_or(usual)).ok_or_else(|| wrong("has no number for its step"))?;
    let over = common(common(from.whole, to.whole), step.whole);
    let (first, last, step) = (from.over(over), to.over(over), step.over(over));
    if step == 0 {
        return Err(wrong("has a step of nothing"));
    }
    if first > last {
        return Err(wrong("goes downwards"));
    }
    let count = (last - first) / step + 1;
    if usize::try_from(count).is_ok_and(|count| count > MOST_VALUES) || u32::try_from(over).is_err()
    {
        return Err(too_many(path));
    }
    (0..count)
        .map(|at| {
            let part = first + at * step;
            match key.kind {
                Kind::Ratio => Fraction { part, whole: over }.value(),
                _ => Some(part.into()),
            }
        })
        .collect::<Option<Vec<Value>>>()
        .ok_or_else(|| wrong("has values that are no ratios"))
}

fn too_many(path: &str) -> VaryError {
    VaryError::TooManyValues {
        path: path.to_owned(),
        most: MOST_VALUES,
    }
}

/// A number as it was typed, exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fraction {
    part: u64,
    whole: u64,
}

impl Fraction {
    /// Returns the numerator over another denominator, which is a multiple of this one's.
    const fn over(self, whole: u64) -> u64 {
        self.part.saturating_mul(whole / self.whole)
    }

    /// Returns the ratio as a policy file writes it.
    fn value(self) -> Option<Value> {
        let fits = self.part <= self.whole && u32::try_from(self.whole).is_ok();
        fits.then(|| format!("{}/{}", self.part, self.whole).into())
    }
}

/// Reads an exact ratio as people type it: `13/100`, `13%`, `12.5%` or `0.125`.
#[must_use]
pub fn ratio(text: &str) -> Option<Ratio> {
    let fraction = fraction(text)?;
    let (part, whole) = (fraction.part, fraction.whole);
    Ratio::new(u32::try_from(part).ok()?, u32::try_from(whole).ok()?)
}

/// Reads `13/100`, `13%`, `12.5%` or `0.125`.
fn fraction(text: &str) -> Option<Fraction> {
    if let Some(ratio) = Ratio::parse(text) {
        return Some(Fraction {
            part: ratio.part().into(),
            whole: ratio.whole().into(),
        });
    }
    let (number, hundredths) = match text.strip_suffix('%') {
        Some(number) => (number.trim_end(), 100),
        None => (text, 1),
    };
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let scale = 10_u64.checked_pow(u32::try_from(decimals.len()).ok()?)?;
    let part: u64 = digits(&format!("{}{decimals}", digits(whole)?))?
        .parse()
        .ok()?;
    let fraction = Fraction {
        part,
        whole: scale.checked_mul(hundredths)?,
    };
    (fraction.part <= fraction.whole && fraction.whole <= u64::from(u32::MAX)).then_some(fraction)
}

/// Returns the least common multiple.
const fn common(a: u64, b: u64) -> u64 {
    let (mut one, mut other) = (a, b);
    while other != 0 {
        (one, other) = (other, one % other);
    }
    // INVARIANT: denominators are at least 1.
    (a / one).saturating_mul(b)
}

#[cfg(test)]
mod tests {
    use super::super::Vary;

    fn values(text: &str) -> String {
        match Vary::parse(text) {
            Ok(vary) => {
                let shown: Vec<String> = vary.values.iter().map(Vary::shown).collect();
                shown.join(" ")
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn ranges_and_lists_are_read() {
        for (text, expected) in [
            ("settlement.window_days=30..90:30", "30 60 90"),
            ("settlement.window_days=1..4", "1 2 3 4"),
            ("settlement.window_days=7, 30..40:7", "7 30 37"),
            (
                "gate.check.rate_below=0.05..0.2:5%",
                "5/100 10/100 15/100 20/100",
            ),
            ("gate.check.rate_below=1/3,12.5%,1", "1/3 125/1000 1/1"),
            ("gate.check.rate_at_most=1/4..1/3:1/12", "3/12 4/12"),
            ("rollover_cap=none,1..3", "none 1 2 3"),
            ("returned.expires=original,fresh,fresh", "original fresh"),
            ("gate.stage[0].once=true,false", "true false"),
        ] {
            assert_eq!(values(text), expected, "{text}");
        }
    }

    #[test]
    fn what_a_key_does_not_take_is_told_with_what_it_means() {
        for (text, says) in [
            (
                "settlement.window_days=0..9",
                "does not take `0`; it is a whole number from 1 to 3650 (days)",
            ),
            ("settlement.window_days=9..1", "goes downwards"),
            ("settlement.window_days=1..9:0", "a step of nothing"),
            ("settlement.window_days=many", "does not take `many`"),
            (
                "gate.check.rate_below=13",
                "does not take `13`; it is a ratio from 0 to 1",
            ),
            (
                "gate.check.rate_below=0..1:1/4294967291",
                "more than 10000 values",
            ),
            (
                "returned.expires=fresh..original",
                "one of `fresh`, `original`",
            ),
            (
                "returned.expires=stale",
                "returned.expires: `fresh`: it is a new lot",
            ),
            ("name=a,b", "is no key to vary"),
            ("settlement=1", "is no key to vary"),
            ("settlement.window_days=", "has no values"),
        ] {
            let told = values(text);
            assert!(told.contains(says), "{text}: {told}");
        }
    }
}
