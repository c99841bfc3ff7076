//! What becomes of a made-up message: to whom it goes, whether and when it is seen and answered.
//!
//! Owns: everything about a message that its seat's schedule does not say.
//! Invariant: nothing happens to a message before its send or after the year's end, and who answers has seen.

use super::calendar::YEAR_S;
use super::dice::{Dice, scale};
use super::shape::{DELAYS, RECIPIENTS, at_rank};
use earnest_core::policy::ResponseKind;

/// How many of 10,000 unanswered messages are seen. Assumed.
const SEEN_UNANSWERED: u32 = 7_000;
/// How many of 10,000 answers are of each kind. Assumed.
const KINDS: [(ResponseKind, u32); 3] = [
    (ResponseKind::Reply, 6_500),
    (ResponseKind::Accept, 1_500),
    (ResponseKind::NotInterested, 2_000),
];

/// What happens to a message, in seconds of the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fate {
    pub(super) response: Option<(u32, ResponseKind)>,
    pub(super) seen: Option<u32>,
}

/// Returns what happens to a message sent at `second` by a seat with this rate in ten-thousandths.
pub(super) fn fate(second: u32, rate: u32, dice: &mut Dice) -> Fate {
    let in_year = |second: &u32| *second < YEAR_S;
    let delay = |dice: &mut Dice| at_rank(&DELAYS, dice.rank());
    if dice.chance(rate) {
        let delay = delay(dice);
        let seen = second.saturating_add(scale(dice.rank(), delay));
        let kind = kind(dice);
        let answered = Some(second.saturating_add(delay)).filter(in_year);
        return Fate {
            response: answered.map(|second| (second, kind)),
            seen: Some(seen).filter(in_year),
        };
    }
    let seen = dice
        .chance(SEEN_UNANSWERED)
        .then(|| second.saturating_add(delay(dice)));
    Fate {
        response: None,
        seen: seen.filter(in_year),
    }
}

fn kind(dice: &mut Dice) -> ResponseKind {
    let mut rank = dice.below(10_000);
    for (kind, share) in KINDS {
        if rank < share {
            return kind;
        }
        rank -= share;
    }
    ResponseKind::Reply
}

/// Returns a member, some far more often than others.
pub(super) fn recipient(members: u32, dice: &mut Dice) -> u32 {
    let rank = dice.rank();
    // The table's steps are coarse beside a million members: where between two of them is drawn by itself.
    let share = u64::from(at_rank(&RECIPIENTS, rank)) << 16 | u64::from(dice.rank() >> 16);
    let member = (share * u64::from(members)) >> 32;
    u32::try_from(member)
        .unwrap_or(u32::MAX)
        .min(members.saturating_sub(1))
}

/// Returns members for a campaign, all different while there are enough.
pub(super) fn recipients(count: u32, members: u32, dice: &mut Dice, into: &mut Vec<u32>) {
    into.clear();
    for _ in 0..count {
        let mut member = recipient(members, dice);
        // Popular members come up again, and their neighbours are as good.
        let mut tries = 0;
        while into.contains(&member) && tries < members {
            member = (member + 1) % members.max(1);
            tries += 1;
        }
        into.push(member);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_make_up_all_answers() {
        assert_eq!(KINDS.iter().map(|(_, share)| share).sum::<u32>(), 10_000);
    }

    #[test]
    fn nothing_happens_before_the_send_or_after_the_year() {
        let mut dice = Dice::new(1, 1);
        for n in 0..20_000 {
            let sent = YEAR_S - 1 - n * 50;
            let fate = fate(sent, 5_000, &mut dice);
            let seen = fate.seen;
            if let Some((answered, _)) = fate.response {
                assert!((sent..YEAR_S).contains(&answered));
                assert!(seen.is_some_and(|seen| seen <= answered));
            }
            assert!(seen.is_none_or(|seen| (sent..YEAR_S).contains(&seen)));
        }
    }

    #[test]
    fn a_campaign_writes_to_nobody_twice() {
        let mut dice = Dice::new(1, 1);
        let mut members = Vec::new();
        for _ in 0..1_000 {
            recipients(25, 100, &mut dice, &mut members);
            members.sort_unstable();
            members.dedup();
            assert_eq!(members.len(), 25);
            assert!(members.iter().all(|member| *member < 100));
        }
    }
}
