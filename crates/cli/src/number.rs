//! Writes numbers for people: as the pages do, and lengths of time.

pub(crate) use earnest_report::number::{count, from_to, percent, ratio, thousands};

/// Returns milliseconds in days with one decimal, cut.
pub(crate) fn days(millis: u64) -> String {
    let tenths = millis / 8_640_000;
    format!("{}.{}", thousands(tenths / 10), tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_cut() {
        assert_eq!(days(14 * 86_400_000), "14.0");
        assert_eq!(days(86_399_999), "0.9");
        assert_eq!(days(86_400_000 * 123_456), "123,456.0");
    }
}
