//! When one seat writes, and how many at once.
//!
//! Owns: a seat's pauses and campaigns. Does not own: to whom it writes and what comes of it.
//!
//! A seat's pauses follow the measured ones in proportion, and together they fill the year. Their sum must be known
//! before the first is: so the seat's dice are thrown once to add the pauses up, and the same again to use them.
//! Thus a seat takes the same small memory, however much it writes.
//!
//! Invariant: a seat sends exactly as many messages as it was given, in order of time.

use super::calendar::{self, YEAR, YEAR_S};
use super::dice::Dice;
use super::seats::Seat;
use super::shape::{PAUSES, at_rank};

/// The fewest and the most recipients of a campaign.
pub(super) const CAMPAIGN: (u32, u32) = (2, 25);

/// One send: a message, or a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sending {
    /// The second of the year.
    pub(super) second: u32,
    /// How many messages; more than one are a campaign.
    pub(super) messages: u32,
}

/// What a seat has still to send.
#[derive(Clone)]
pub(super) struct Schedule {
    dice: Dice,
    /// The chance in 2^32 that a send is a campaign.
    campaigns: u32,
    /// Messages still to be sent.
    left: u64,
    /// The pauses so far.
    passed: u64,
    /// All pauses, the one after the last message included.
    whole: u64,
}

impl Schedule {
    pub(super) fn new(seat: &Seat, dice: Dice) -> Self {
        let mut this = Self {
            dice,
            campaigns: campaigns(seat.bulk),
            left: seat.messages,
            passed: 0,
            whole: 0,
        };
        let mut ahead = this.clone();
        while ahead.throw().is_some() {}
        this.whole = ahead.passed + ahead.pause();
        this
    }

    /// Returns the pause before the next send.
    fn pause(&mut self) -> u64 {
        // A second more, so that no sum of pauses is 0.
        u64::from(at_rank(&PAUSES, self.dice.rank())) + 1
    }

    /// Lets the next pause pass and returns how many messages go out then.
    fn throw(&mut self) -> Option<u32> {
        if self.left == 0 {
            return None;
        }
        self.passed += self.pause();
        let (fewest, most) = CAMPAIGN;
        let messages = if self.dice.rank() < self.campaigns {
            fewest + self.dice.below(most - fewest + 1)
        } else {
            1
        };
        let messages = u32::try_from(self.left).unwrap_or(u32::MAX).min(messages);
        self.left -= u64::from(messages);
        Some(messages)
    }
}

impl Iterator for Schedule {
    type Item = Sending;

    fn next(&mut self) -> Option<Sending> {
        let messages = self.throw()?;
        let activity = u128::from(self.passed) * u128::from(YEAR) / u128::from(self.whole.max(1));
        let activity = u64::try_from(activity).unwrap_or(YEAR);
        let second = calendar::second(activity).min(YEAR_S - 1);
        Some(Sending { second, messages })
    }
}

/// Returns the chance, in 2^32, that a send is a campaign when so many of 10,000 messages are to be bulk.
fn campaigns(bulk: u32) -> u32 {
    // With k recipients on average, a chance of q makes qk bulk messages for every 1 - q others.
    let (fewest, most) = CAMPAIGN;
    let (bulk, twice_k) = (u64::from(bulk), u64::from(fewest + most));
    let others = (10_000_u64.saturating_sub(bulk)) * twice_k / 2;
    u32::try_from((bulk << 32) / (bulk + others).max(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sendings(messages: u64, bulk: u32, seed: u64) -> Vec<Sending> {
        let seat = Seat {
            contract: 0,
            messages,
            rate: 0,
            bulk,
        };
        Schedule::new(&seat, Dice::new(seed, 2)).collect()
    }

    #[test]
    fn a_seat_sends_what_it_was_given_in_order_within_the_year() {
        for messages in [1, 2, 3, 25, 26, 1_000] {
            for (bulk, seed) in [(0, 1), (3_000, 2), (10_000, 3)] {
                let sendings = sendings(messages, bulk, seed);
                assert_eq!(
                    sendings.iter().map(|s| u64::from(s.messages)).sum::<u64>(),
                    messages
                );
                assert!(sendings.is_sorted_by_key(|s| s.second));
                assert!(sendings.iter().all(|s| s.second < YEAR_S));
            }
        }
    }

    #[test]
    fn the_share_of_bulk_is_what_was_asked_for() {
        for asked in [0, 1_000, 5_000, 9_400, 10_000] {
            let sendings = sendings(200_000, asked, 1);
            let bulk: u32 = sendings.iter().map(|s| s.messages).filter(|n| *n > 1).sum();
            assert!((bulk / 20).abs_diff(asked) <= 50, "{asked}: {bulk}");
            assert!(sendings.iter().all(|s| s.messages <= CAMPAIGN.1));
        }
    }
}
