//! How numbers are written.
//!
//! Owns: the text of a figure, in full for tables and short for axes. Invariant: a figure is rounded in its text
//! only, and a share is cut; a whole number below 2^53 is written exactly.

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    /// Things: messages, credits, seats.
    #[default]
    Count,
    /// Hundredths: 13 is 13 %.
    Percent,
    /// Days.
    Days,
    /// A number with up to two decimals.
    Number,
}

impl Unit {
    /// Returns the number in full, as a table or a tip shows it.
    #[must_use]
    pub fn text(self, value: f64) -> String {
        if !value.is_finite() {
            return "-".to_owned();
        }
        match self {
            Self::Count => grouped(&format!("{value:.0}")),
            Self::Percent => format!("{} %", grouped(&format!("{:.1}", cut(value)))),
            Self::Days => format!("{} days", grouped(&trimmed(&format!("{value:.1}")))),
            Self::Number => grouped(&trimmed(&format!("{value:.2}"))),
        }
    }

    /// Returns the number in few characters, as an axis shows it.
    pub(crate) fn short(self, value: f64) -> String {
        match self {
            Self::Percent => format!("{} %", trimmed(&format!("{:.1}", cut(value)))),
            Self::Number | Self::Days if value.abs() < 1_000.0 => trimmed(&format!("{value:.2}")),
            Self::Count if value.abs() < 1_000.0 => trimmed(&format!("{value:.1}")),
            _ => scaled(value),
        }
    }
}

/// Returns a share without what comes after its first decimal: what is below a line is not shown as having reached it.
/// A little is added first, so that a share which is exact in tenths stays what it is.
fn cut(value: f64) -> f64 {
    (value * 10.0 + value.signum() * 1e-6).trunc() / 10.0
}

/// Returns a large number with a letter for its size.
fn scaled(value: f64) -> String {
    let (part, letter) = match value.abs() {
        large if large >= 1e9 => (value / 1e9, "bn"),
        large if large >= 1e6 => (value / 1e6, "m"),
        _ => (value / 1e3, "k"),
    };
    format!("{}{letter}", trimmed(&format!("{part:.2}")))
}

/// Returns a decimal without the zeros that say nothing.
fn trimmed(number: &str) -> String {
    let text = if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    };
    if text == "-0" { "0" } else { text }.to_owned()
}

/// Returns a whole number with a comma between thousands.
#[must_use]
pub fn thousands(number: u64) -> String {
    grouped(&number.to_string())
}

/// Returns a decimal with commas between thousands.
fn grouped(number: &str) -> String {
    let (sign, rest) = number
        .strip_prefix('-')
        .map_or(("", number), |rest| ("-", rest));
    let (whole, decimals) = rest
        .split_once('.')
        .map_or((rest, None), |(a, b)| (a, Some(b)));
    let mut text = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(decimals) = decimals {
        text.push('.');
        text.push_str(decimals);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_written_in_full() {
        assert_eq!(Unit::Count.text(13_838.0), "13,838");
        assert_eq!(Unit::Count.text(-1_234_567.0), "-1,234,567");
        assert_eq!(Unit::Count.text(12.0), "12");
        assert_eq!(Unit::Percent.text(46.44), "46.4 %");
        assert_eq!(Unit::Percent.text(12.96), "12.9 %");
        assert_eq!(Unit::Percent.text(129.0 / 1_000.0 * 100.0), "12.9 %");
        assert_eq!(Unit::Percent.text(-3.27), "-3.2 %");
        assert_eq!(Unit::Days.text(14.0), "14 days");
        assert_eq!(Unit::Number.text(1.5), "1.5");
        assert_eq!(Unit::Number.text(f64::NAN), "-");
    }

    #[test]
    fn an_axis_writes_few_characters() {
        assert_eq!(Unit::Count.short(1_500.0), "1.5k");
        assert_eq!(Unit::Count.short(2_000_000.0), "2m");
        assert_eq!(Unit::Percent.short(-0.0), "0 %");
        assert_eq!(Unit::Number.short(0.25), "0.25");
    }
}
