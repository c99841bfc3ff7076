//! The made-up senders: who they are, how much they write and how well.
//!
//! Owns: the number of seats and members, each seat's contract, volume, response rate and share of bulk.
//! Does not own: when a seat writes ([`super::schedule`]) and what becomes of a message ([`super::content`]).
//! Invariant: the volumes add up to the number of messages that was asked for.

use super::dice::{Dice, scale};
use super::shape::{RATE_RATIOS, RATES, VOLUMES, at_rank};

/// Messages per seat and year where there are many seats. Assumed.
const MEAN_VOLUME: u64 = 500;
/// How many messages there are for each member. Measured, as a fraction: 13,838 messages for 1,800 members.
const MEMBERS_PER_MESSAGE: (u64, u64) = (1_800, 13_838);
/// Seats per contract, by rank; straight between. Assumed: most contracts are small, most seats in large ones.
const CONTRACT_SIZES: [u32; 17] = [1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 7, 11, 24, 80];
/// Lowers every rate, in thousandths, to make up for [`LEAST_RATE`], so that the whole log has the measured rate.
const RATE_CUT: u64 = 970;
/// The most that a seat's messages are answered, in ten-thousandths.
const BEST_RATE: u64 = 9_500;

/// From so many messages a year on a seat can send 100 in two weeks, as seats write in bursts.
const BUSY: u64 = 250;
/// The least rate of a busy seat that minds its answers, in ten-thousandths: far enough above the threshold of
/// 13 % that chance alone does not bring it below. Assumed.
const LEAST_RATE: u64 = 2_800;
/// From so many messages a year on a seat may be careless of its answers. Assumed.
const CARELESS_FROM: u64 = 1_000;
/// One of so many of these is. Assumed: under 2 % were below the threshold [2014-07].
const CARELESS_ONE_IN: usize = 60;
/// Where there are at least so many of these, one is in any case, so that a log worth a look shows one.
const CARELESS_ANY: usize = 10;
/// The rates of careless seats, in ten-thousandths, by rank. Assumed.
const CARELESS_RATES: [u32; 2] = [400, 1_000];
/// The share of bulk in what careless seats send, in ten-thousandths [2014-07].
const CARELESS_BULK: u32 = 9_400;
/// The most of that share in what other seats send; they spread evenly from none. Assumed.
const MOST_BULK: u32 = 5_000;

/// A sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seat {
    /// The contract's number.
    pub(super) contract: u32,
    /// How many messages it sends.
    pub(super) messages: u64,
    /// How many of 10,000 messages are answered.
    pub(super) rate: u32,
    /// How many of 10,000 messages are bulk.
    pub(super) bulk: u32,
}

/// Senders and recipients.
pub(super) struct People {
    pub(super) seats: Vec<Seat>,
    pub(super) members: u32,
}

impl People {
    /// Returns the people of a log with so many messages.
    pub(super) fn new(messages: u64, dice: &mut Dice) -> Self {
        let mut seats = volumes(messages, dice);
        set_rates(&mut seats, dice);
        set_careless(&mut seats, dice);
        let mut seats: Vec<Seat> = seats
            .into_iter()
            .filter(|ranked| ranked.seat.messages > 0)
            .map(|ranked| ranked.seat)
            .collect();
        dice.shuffle(&mut seats);
        set_contracts(&mut seats, dice);
        let members = members(messages, &seats);
        Self { seats, members }
    }
}

/// A seat and its rank in volume.
struct Ranked {
    rank: u32,
    seat: Seat,
}

/// Returns the seats by volume, least first. Few messages have few senders of small volume; from 62,500 messages
/// on only the number of senders grows.
fn volumes(messages: u64, dice: &mut Dice) -> Vec<Ranked> {
    let mean = (2 * messages.isqrt()).clamp(5, MEAN_VOLUME);
    let count = u32::try_from(messages.div_ceil(mean)).unwrap_or(u32::MAX);
    // One seat from each of `count` equal slices of ranks: as random as chance needs, and never all of one kind.
    let ranks: Vec<u32> = (0..count)
        .map(|slice| {
            let rank = ((u64::from(slice) << 32) + u64::from(dice.rank())) / u64::from(count);
            u32::try_from(rank).unwrap_or(u32::MAX)
        })
        .collect();
    let weight = |rank: u32| u128::from(at_rank(&VOLUMES, rank));
    let whole: u128 = ranks.iter().map(|rank| weight(*rank)).sum();
    let mut before = 0;
    let mut weighed = 0;
    ranks
        .into_iter()
        .map(|rank| {
            weighed += weight(rank);
            // Rounding the sums and not the parts makes the parts add up.
            let upto = u128::from(messages) * weighed / whole.max(1);
            let upto = u64::try_from(upto).unwrap_or(messages);
            let seat = Seat {
                contract: 0,
                messages: upto - before,
                rate: 0,
                bulk: 0,
            };
            before = upto;
            Ranked { rank, seat }
        })
        .collect()
}

/// Gives each seat the rate of its volume times a ratio of its own.
fn set_rates(seats: &mut [Ranked], dice: &mut Dice) {
    let count = u64::try_from(seats.len()).unwrap_or(u64::MAX);
    let mut slices: Vec<u64> = (0..count).collect();
    dice.shuffle(&mut slices);
    for (Ranked { rank, seat }, slice) in seats.iter_mut().zip(slices) {
        let own = ((slice << 32) + u64::from(dice.rank())) / count;
        let ratio = at_rank(&RATE_RATIOS, u32::try_from(own).unwrap_or(u32::MAX));
        let like = RATES.iter().find(|(upto, _)| scale(*rank, 100) < *upto);
        let rate = u64::from(like.map_or(0, |(_, rate)| *rate)) * u64::from(ratio) / 1_000;
        let cut = rate * RATE_CUT / 1_000;
        let least = if seat.messages >= BUSY { LEAST_RATE } else { 0 };
        seat.rate = u32::try_from(cut.clamp(least, BEST_RATE)).unwrap_or(0);
        seat.bulk = dice.below(MOST_BULK + 1);
    }
}

/// Makes some of those who send much careless.
fn set_careless(seats: &mut [Ranked], dice: &mut Dice) {
    let mut may: Vec<&mut Seat> = seats
        .iter_mut()
        .map(|ranked| &mut ranked.seat)
        .filter(|seat| seat.messages >= CARELESS_FROM)
        .collect();
    let enough = (CARELESS_ANY..CARELESS_ONE_IN).contains(&may.len());
    let slice = if enough { may.len() } else { CARELESS_ONE_IN };
    let slice = u32::try_from(slice).unwrap_or(u32::MAX);
    let first = usize::try_from(dice.below(slice)).unwrap_or(0);
    for seat in may.iter_mut().skip(first).step_by(CARELESS_ONE_IN) {
        seat.rate = at_rank(&CARELESS_RATES, dice.rank());
        seat.bulk = CARELESS_BULK;
    }
}

/// Puts the seats into contracts, as they come.
fn set_contracts(seats: &mut [Seat], dice: &mut Dice) {
    let mut contract = 0;
    let mut room = at_rank(&CONTRACT_SIZES, dice.rank());
    for seat in seats {
        if room == 0 {
            contract += 1;
            room = at_rank(&CONTRACT_SIZES, dice.rank());
        }
        room = room.saturating_sub(1);
        seat.contract = contract;
    }
}

/// Returns how many members there are: as many for each message as measured, but enough that the busiest seat
/// need not write to anybody often.
fn members(messages: u64, seats: &[Seat]) -> u32 {
    let (members, of) = MEMBERS_PER_MESSAGE;
    let like = u128::from(messages) * u128::from(members) / u128::from(of);
    let busiest = seats.iter().map(|seat| seat.messages).max().unwrap_or(0);
    let enough = u128::from(busiest) * 4;
    u32::try_from(like.max(enough).max(100)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(messages: u64, seed: u64) -> People {
        People::new(messages, &mut Dice::new(seed, 0))
    }

    #[test]
    fn volumes_add_up_and_every_seat_sends() {
        for messages in [0, 1, 2, 3, 10, 99, 1_000, 62_500, 1_000_000] {
            for seed in 0..3 {
                let people = people(messages, seed);
                assert_eq!(
                    people.seats.iter().map(|seat| seat.messages).sum::<u64>(),
                    messages
                );
                assert!(people.seats.iter().all(|seat| seat.messages > 0));
            }
        }
    }

    #[test]
    fn seats_grow_with_messages() {
        let seats = |messages| people(messages, 1).seats.len();
        assert!((1..=2).contains(&seats(10)));
        assert!((10..=20).contains(&seats(1_000)));
        assert_eq!(seats(1_000_000), 2_000);
    }

    #[test]
    fn contracts_are_numbered_from_0_without_a_gap_and_vary_in_size() {
        let people = people(1_000_000, 1);
        let mut sizes = vec![0; 1];
        for pair in people.seats.windows(2) {
            assert!(pair[1].contract - pair[0].contract <= 1);
        }
        for seat in &people.seats {
            sizes.resize(
                sizes.len().max(usize::try_from(seat.contract).unwrap() + 1),
                0,
            );
            sizes[usize::try_from(seat.contract).unwrap()] += 1;
        }
        sizes.sort_unstable();
        assert_eq!(sizes[0], 1);
        assert!(sizes[sizes.len() - 1] > 20);
    }
}
