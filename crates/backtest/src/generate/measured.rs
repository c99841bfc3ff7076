//! What was measured of the real log, for whoever makes people up.
//!
//! Owns: drawing from the tables in `shape` by rank. Does not own: the tables. Invariant: a rank of 2^32 gives one value,
//! in whole numbers, on every machine.

use super::dice::scale;
use super::shape::{DELAYS, RATE_RATIOS, RECIPIENTS, VOLUMES, at_rank};

/// Returns how many seconds an answer takes, of those that ever come.
#[must_use]
pub fn delay_seconds(rank: u32) -> u32 {
    at_rank(&DELAYS, rank)
}

/// Returns how much a sender writes, in hundredths of the mean.
#[must_use]
pub fn volume_percent(rank: u32) -> u32 {
    // The table's mean is 12.02 messages, 1,202 hundredths.
    at_rank(&VOLUMES, rank).saturating_mul(100) / 1_202
}

/// Returns how well a sender is answered, in thousandths of senders of like volume.
#[must_use]
pub fn rate_permille(rank: u32) -> u32 {
    at_rank(&RATE_RATIOS, rank)
}

/// Returns the recipient of a message, of so many members: some receive far more than others.
#[must_use]
pub fn recipient(rank: u32, members: u32) -> u32 {
    let place = at_rank(&RECIPIENTS, rank);
    // The table counts members in 65,536ths.
    scale(place.saturating_mul(1 << 16), members).min(members.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_writes_the_mean_on_average() {
        let ranks = (0..1_000_u32).map(|at| at * 4_294_967);
        let sum: u64 = ranks.map(|rank| u64::from(volume_percent(rank))).sum();
        assert!((95_000..105_000).contains(&sum), "{sum}");
    }

    #[test]
    fn every_recipient_is_a_member() {
        for members in [1, 2, 1_000, u32::MAX] {
            assert!(recipient(u32::MAX, members) < members);
            assert!(recipient(0, members) < members);
        }
    }
}
