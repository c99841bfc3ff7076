//! Figures of each seat, and how they spread.
//!
//! Owns: what is counted of a seat. Does not own: where seats stand over time ([`super::Change`]).

use earnest_core::policy::Standing;
use earnest_core::units::Timestamp;
use serde::Serialize;

/// What a policy would have done with one seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeatFigures {
    /// Its contract.
    pub contract: String,
    /// The seat.
    pub seat: String,
    /// Its cold messages in the log, up to the end.
    pub messages: u64,
    /// Those that were sent.
    pub sent: u64,
    /// Sent messages that were answered in time.
    pub responded: u64,
    /// Those that were refused.
    pub refused: u64,
    /// Refused messages that were answered in the log.
    pub lost: u64,
    /// Messages whose stake came back.
    pub returned: u64,
    /// Messages whose stake is gone.
    pub consumed: u64,
    /// When it was first warned.
    pub warned_at: Option<Timestamp>,
    /// When it was first restricted.
    pub restricted_at: Option<Timestamp>,
    /// How long it was restricted, in milliseconds.
    pub restricted_ms: u64,
    /// How it stands at the end.
    pub standing: Standing,
}

/// How a figure spreads over seats: a tenth of them has at most `p10`, half of them at most `median`, and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// The least.
    pub least: u64,
    /// The largest of the least tenth.
    pub p10: u64,
    /// The largest of the least quarter.
    pub p25: u64,
    /// The middle one; of two the smaller.
    pub median: u64,
    /// The largest of the least three quarters.
    pub p75: u64,
    /// The largest of the least nine tenths.
    pub p90: u64,
    /// The most.
    pub most: u64,
}

/// Returns how a figure spreads; nothing where there is none. The nearest-rank method: every figure is one of them.
#[must_use]
pub fn spread(figures: impl IntoIterator<Item = u64>) -> Option<Spread> {
    let mut sorted: Vec<u64> = figures.into_iter().collect();
    sorted.sort_unstable();
    let rank = |percent: usize| {
        let rank = (percent * sorted.len()).div_ceil(100).max(1);
        sorted.get(rank - 1).copied()
    };
    Some(Spread {
        least: rank(0)?,
        p10: rank(10)?,
        p25: rank(25)?,
        median: rank(50)?,
        p75: rank(75)?,
        p90: rank(90)?,
        most: rank(100)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_made_of_the_figures_themselves() {
        let of = |figures: &[u64]| spread(figures.iter().copied());
        assert_eq!(of(&[]), None);
        let one = of(&[7]).unwrap();
        assert_eq!((one.least, one.median, one.most), (7, 7, 7));
        let ten = spread((1..=10).rev()).unwrap();
        assert_eq!((ten.least, ten.p10, ten.p25, ten.median), (1, 1, 3, 5));
        assert_eq!((ten.p75, ten.p90, ten.most), (8, 9, 10));
    }
}
