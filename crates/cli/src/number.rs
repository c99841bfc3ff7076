//! Writes numbers for people.

/// Returns a whole number with a comma between thousands.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns how many there are of something, in words: `1 seat`, `1,151 seats`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        n => format!("{} {noun}s", thousands(n)),
    }
}

/// Returns `part / whole` in per cent with one decimal, cut and never rounded up: what is below a
/// threshold is never shown as having reached it. Nothing of nothing is a dash.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    match decimals(part, 1_000, whole) {
        Some(tenths) => format!("{}.{} %", tenths / 10, tenths % 10),
        None => "-".to_owned(),
    }
}

/// Returns `part / whole` with two decimals, cut; nothing of nothing is a dash.
pub(crate) fn ratio(part: u64, whole: u64) -> String {
    match decimals(part, 100, whole) {
        Some(hundredths) => format!("{}.{:02}", thousands(hundredths / 100), hundredths % 100),
        None => "-".to_owned(),
    }
}

/// Returns milliseconds in days with one decimal, cut.
pub(crate) fn days(millis: u64) -> String {
    let tenths = millis / 8_640_000;
    format!("{}.{}", thousands(tenths / 10), tenths % 10)
}

/// Returns `part * times / whole`, cut; nothing where `whole` is 0.
fn decimals(part: u64, times: u128, whole: u64) -> Option<u64> {
    let cut = (u128::from(part) * times).checked_div(u128::from(whole))?;
    Some(u64::try_from(cut).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn one_is_one() {
        assert_eq!(count(1, "seat"), "1 seat");
        assert_eq!(count(0, "seat"), "0 seats");
    }

    #[test]
    fn a_ratio_and_a_length_of_time_are_cut() {
        assert_eq!(ratio(7, 2), "3.50");
        assert_eq!(ratio(6_930, 6_420), "1.07");
        assert_eq!(ratio(1, 0), "-");
        assert_eq!(days(14 * 86_400_000), "14.0");
        assert_eq!(days(86_399_999), "0.9");
        assert_eq!(days(86_400_000 * 123_456), "123,456.0");
    }
}
