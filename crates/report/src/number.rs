//! How figures are written on a page.
//!
//! Owns: exact figures as text. Invariant: a rate is cut and never rounded up, so that what is below a threshold never
//! looks like having reached it; comparisons are exact.

use crate::report::{Cell, Tone};
pub use earnest_chart::thousands;
use earnest_core::policy::GOOD_RATE;
use earnest_core::units::{Ratio, Timestamp};

/// The threshold of the gates that ship: 13 in 100.
pub(crate) const THRESHOLD: (u32, u32) = (13, 100);

/// Returns how many there are of something, in words: `1 seat`, `1,151 seats`.
#[must_use]
pub fn count(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        n => format!("{} {noun}s", thousands(n)),
    }
}

/// Returns `part / whole` in per cent with one decimal, cut and never rounded up: what is below a threshold is never
/// shown as having reached it. Nothing of nothing is a dash.
#[must_use]
pub fn percent(part: u64, whole: u64) -> String {
    match cut(part, 1_000, whole) {
        Some(tenths) => format!("{}.{} %", tenths / 10, tenths % 10),
        None => "-".to_owned(),
    }
}

/// Returns the rates from one to another, as [`percent`] shows each.
#[must_use]
pub fn from_to(low: (u64, u64), high: (u64, u64)) -> String {
    let text = percent(low.0, low.1);
    let low = text.trim_end_matches(" %");
    format!("{low} to {}", percent(high.0, high.1))
}

/// Returns `part / whole` with two decimals, cut; nothing of nothing is a dash.
#[must_use]
pub fn ratio(part: u64, whole: u64) -> String {
    match cut(part, 100, whole) {
        Some(hundredths) => format!("{}.{:02}", thousands(hundredths / 100), hundredths % 100),
        None => "-".to_owned(),
    }
}

/// Returns an instant's day, `3 March 2026`.
#[must_use]
pub fn date(at: Timestamp) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let text = at.to_string();
    let mut parts = text.get(..10).unwrap_or_default().split('-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let name = month
        .and_then(|month| MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?))
        .copied()
        .unwrap_or_default();
    let day = day.unwrap_or_default().trim_start_matches('0');
    format!("{day} {name} {}", year.unwrap_or_default())
}

/// Returns the value of a policy's key as people write it: a ratio that is so many hundredths in per cent.
#[must_use]
pub(crate) fn value(text: &str) -> String {
    let ratio = text.contains('/').then(|| Ratio::parse(text)).flatten();
    let tenths = ratio.and_then(|it| {
        let part = u64::from(it.part()).checked_mul(1_000)?;
        let whole = u64::from(it.whole());
        part.is_multiple_of(whole).then(|| part / whole)
    });
    match tenths {
        Some(tenths) if tenths.is_multiple_of(10) => format!("{} %", tenths / 10),
        Some(tenths) => format!("{}.{} %", tenths / 10, tenths % 10),
        None => text.to_owned(),
    }
}

/// Returns `part` of `whole` in words.
pub(crate) fn of(part: u64, whole: u64) -> String {
    format!("{} of {}", thousands(part), thousands(whole))
}

/// Returns a change in per cent, with its sign.
pub(crate) fn change(from: u64, to: u64) -> String {
    if from == 0 {
        return "-".to_owned();
    }
    match to.checked_sub(from) {
        Some(more) => format!("+{}", percent(more, from)),
        None => format!("\u{2212}{}", percent(from - to, from)),
    }
}

/// Returns a rate, and how it is to be taken.
pub(crate) fn rate(part: u64, whole: u64) -> Cell {
    Cell {
        text: percent(part, whole),
        tone: tone(part, whole),
    }
}

/// Returns `part / whole` in per cent to be drawn; nothing of nothing.
#[expect(
    clippy::cast_precision_loss,
    reason = "a place in a picture; no rule reads it"
)]
pub(crate) fn drawn_percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 * 100.0 / whole as f64)
}

/// Returns a number to be drawn.
#[expect(
    clippy::cast_precision_loss,
    reason = "a place in a picture; no rule reads it"
)]
pub(crate) fn drawn(number: u64) -> f64 {
    number as f64
}

fn tone(part: u64, whole: u64) -> Tone {
    if whole == 0 {
        return Tone::Plain;
    }
    let below = |(over, under): (u32, u32)| {
        u128::from(part) * u128::from(under) < u128::from(over) * u128::from(whole)
    };
    let band = |text: &str| Ratio::parse(text).map(|it| (it.part(), it.whole()));
    let (Some(low), Some((over, under))) = (band(GOOD_RATE.0), band(GOOD_RATE.1)) else {
        return Tone::Plain;
    };
    let above = u128::from(part) * u128::from(under) > u128::from(over) * u128::from(whole);
    match (below(THRESHOLD), below(low), above) {
        (true, _, _) => Tone::Below,
        (false, true, _) => Tone::Plain,
        (false, false, false) => Tone::Good,
        (false, false, true) => Tone::Above,
    }
}

/// Returns `part * times / whole`, cut; nothing where `whole` is 0.
fn cut(part: u64, times: u128, whole: u64) -> Option<u64> {
    let cut = (u128::from(part) * times).checked_div(u128::from(whole))?;
    Some(u64::try_from(cut).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_taken_exactly() {
        let tones = [
            (129_999, 1_000_000),
            (13, 100),
            (1_999, 10_000),
            (20, 100),
            (30, 100),
            (3_001, 10_000),
            (0, 0),
        ];
        assert_eq!(
            tones.map(|(part, whole)| rate(part, whole).tone),
            [
                Tone::Below,
                Tone::Plain,
                Tone::Plain,
                Tone::Good,
                Tone::Good,
                Tone::Above,
                Tone::Plain
            ]
        );
        assert_eq!(rate(129_999, 1_000_000).text, "12.9 %");
    }

    #[test]
    fn a_change_has_its_sign() {
        assert_eq!(change(100, 112), "+12.0 %");
        assert_eq!(change(100, 88), "\u{2212}12.0 %");
        assert_eq!(change(0, 5), "-");
    }

    #[test]
    fn thousands_are_apart() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (13_838, "13,838"),
            (100_000, "100,000"),
            (1_234_567, "1,234,567"),
        ];
        for (number, text) in cases {
            assert_eq!(thousands(number), text);
        }
        assert_eq!(thousands(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn a_rate_below_the_threshold_does_not_look_like_it() {
        assert_eq!(percent(13, 100), "13.0 %");
        assert_eq!(percent(12_999, 100_000), "12.9 %");
        assert_eq!(percent(6_427, 13_838), "46.4 %");
        assert_eq!(percent(0, 0), "-");
        assert_eq!(percent(1, 1), "100.0 %");
        assert_eq!(percent(u64::MAX, u64::MAX), "100.0 %");
    }

    #[test]
    fn a_value_is_written_as_people_do() {
        let cases = [
            ("25/100", "25 %"),
            ("1/8", "12.5 %"),
            ("1/3", "1/3"),
            ("50", "50"),
            ("fresh", "fresh"),
        ];
        for (text, written) in cases {
            assert_eq!(value(text), written);
        }
        let at = Timestamp::parse("2026-03-03T09:00:00Z").unwrap();
        assert_eq!(date(at), "3 March 2026");
    }

    #[test]
    fn one_is_one() {
        assert_eq!(count(1, "seat"), "1 seat");
        assert_eq!(count(0, "seat"), "0 seats");
    }

    #[test]
    fn a_ratio_is_cut() {
        assert_eq!(ratio(7, 2), "3.50");
        assert_eq!(ratio(6_930, 6_420), "1.07");
        assert_eq!(ratio(1, 0), "-");
    }
}
