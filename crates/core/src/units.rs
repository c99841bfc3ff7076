//! Gives numbers their meaning: instants, days, credits, exact ratios and ids.
//!
//! Owns: parsing, printing and checked arithmetic of these. Does not own: what the numbers are for.
//! Invariant: no float anywhere, and no arithmetic that can wrap.

mod id;
mod time;

pub use id::{CampaignId, ContractId, GrantId, IdError, MemberId, MessageId, SeatId, SeatType};
pub use time::{Days, InstantError, MonthOfYear, Timestamp, add_months};

use serde::{Deserialize, Serialize};
use std::fmt;

/// Counts whole credits.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Credits(pub u64);

impl Credits {
    /// No credits.
    pub const ZERO: Self = Self(0);
    /// The most that one contract may ever hold: 2^53 - 1, so that every JSON reader keeps it exact.
    pub const MOST: Self = Self((1 << 53) - 1);

    /// Returns the sum.
    ///
    /// # Panics
    /// When the sum passes `u64::MAX`, which no contract can reach: grants stop at [`Credits::MOST`].
    #[must_use]
    #[track_caller]
    #[expect(clippy::panic, reason = "a broken invariant must stop the command")]
    pub const fn plus(self, other: Self) -> Self {
        match self.0.checked_add(other.0) {
            Some(sum) => Self(sum),
            None => panic!("INVARIANT: credits never overflow"),
        }
    }

    /// Returns the difference.
    ///
    /// # Panics
    /// When `other` is more than `self`: an event took credits that were not there.
    #[must_use]
    #[track_caller]
    #[expect(clippy::panic, reason = "a broken invariant must stop the command")]
    pub const fn minus(self, other: Self) -> Self {
        match self.0.checked_sub(other.0) {
            Some(rest) => Self(rest),
            None => panic!("INVARIANT: credits never go below zero"),
        }
    }

    /// Returns whether there are none.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::iter::Sum for Credits {
    fn sum<I: Iterator<Item = Self>>(credits: I) -> Self {
        credits.fold(Self::ZERO, Self::plus)
    }
}

/// An exact ratio between 0 and 1, such as the 13/100 of the response-rate threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    part: u32,
    whole: u32,
}

impl Ratio {
    /// Returns the ratio, or nothing when `whole` is 0 or less than `part`.
    #[must_use]
    pub const fn new(part: u32, whole: u32) -> Option<Self> {
        if whole == 0 || part > whole {
            return None;
        }
        Some(Self { part, whole })
    }

    /// Reads `13/100`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (part, whole) = text.split_once('/')?;
        let digits = |side: &str| side.bytes().all(|b| b.is_ascii_digit());
        if !digits(part) || !digits(whole) {
            return None;
        }
        Self::new(part.parse().ok()?, whole.parse().ok()?)
    }

    /// Returns how `responded / sent` compares with this ratio, exactly, by cross-multiplication.
    /// With nothing sent the rate counts as 0.
    #[must_use]
    pub fn compare_rate(self, responded: u32, sent: u32) -> std::cmp::Ordering {
        let rate = u64::from(responded).saturating_mul(u64::from(self.whole));
        let bar = u64::from(self.part).saturating_mul(u64::from(sent.max(1)));
        rate.cmp(&bar)
    }

    /// Returns the numerator.
    #[must_use]
    pub const fn part(self) -> u32 {
        self.part
    }

    /// Returns the denominator.
    #[must_use]
    pub const fn whole(self) -> u32 {
        self.whole
    }

    /// Returns the fewest responses that bring `sent` messages to this ratio or, with `above`, past it.
    #[must_use]
    pub fn responses_needed(self, sent: u32, above: bool) -> u32 {
        let product = u64::from(self.part).saturating_mul(u64::from(sent));
        let whole = u64::from(self.whole);
        let needed = if above {
            product.checked_div(whole).unwrap_or(0).saturating_add(1)
        } else {
            product.div_ceil(whole)
        };
        u32::try_from(needed).unwrap_or(u32::MAX)
    }
}

impl fmt::Display for Ratio {
    /// Writes per cent where the denominator is 100, else the fraction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.whole == 100 {
            write!(f, "{} %", self.part)
        } else {
            write!(f, "{}/{}", self.part, self.whole)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Ordering;

    #[test]
    fn a_rate_is_compared_exactly() {
        let bar = Ratio::parse("13/100").unwrap();
        assert_eq!(bar.compare_rate(12, 100), Ordering::Less);
        assert_eq!(bar.compare_rate(13, 100), Ordering::Equal);
        assert_eq!(bar.compare_rate(14, 100), Ordering::Greater);
        // 0.13 is no binary fraction: a float compares one of these wrongly.
        assert_eq!(
            bar.compare_rate(130_000_000, 1_000_000_000),
            Ordering::Equal
        );
        assert_eq!(bar.compare_rate(129_999_999, 1_000_000_000), Ordering::Less);
    }

    #[test]
    fn a_ratio_is_refused_when_it_is_none() {
        for text in [
            "", "13", "13/0", "101/100", "-1/2", "+1/2", "1/2/3", "a/b", "1 /2",
        ] {
            assert_eq!(Ratio::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_responses_needed_are_the_fewest() {
        let bar = Ratio::parse("13/100").unwrap();
        for sent in 1..500 {
            let reach = bar.responses_needed(sent, false);
            assert_ne!(bar.compare_rate(reach, sent), Ordering::Less);
            assert!(reach == 0 || bar.compare_rate(reach - 1, sent) == Ordering::Less);
            let pass = bar.responses_needed(sent, true);
            assert_eq!(bar.compare_rate(pass, sent), Ordering::Greater);
            assert!(bar.compare_rate(pass - 1, sent) != Ordering::Greater);
        }
    }
}
