//! The shape of the real log, as tables of whole numbers.
//!
//! Owns: what was measured on the CollegeMsg log of SNAP, and the way to draw from it. Does not own: what is
//! assumed for want of a measurement ([`super::seats`], [`super::content`]).
//! Invariant: whole numbers only. A float's last bit differs between machines, and so would a log made with it.

/// Returns the value at `rank` (of 2^32) of a distribution that `knots` give at equal steps of rank, straight
/// between them.
pub(super) fn at_rank(knots: &[u32], rank: u32) -> u32 {
    let Some(steps) = knots.len().checked_sub(1) else {
        return 0;
    };
    let place = u128::from(rank) * steps as u128;
    let step = usize::try_from(place >> 32).unwrap_or(0);
    let part = i64::try_from(place & 0xffff_ffff).unwrap_or(0);
    let knot = |step: usize| knots.get(step).map_or(0, |knot| i64::from(*knot));
    // INVARIANT: both knots are below 2^32 and the part is too, so the product fits in 64 bits with its sign.
    let value = knot(step) + (((knot(step + 1) - knot(step)) * (part >> 1)) >> 31);
    u32::try_from(value).unwrap_or(0)
}

/// Seconds from a cold message to its reply, of those that were ever answered.
pub(super) const DELAYS: [u32; 129] = [
    0, 25, 34, 43, 50, 56, 63, 71, 80, 91, 100, 108, 116, 124, 133, 147, 157, 176, 190, 206, 221,
    239, 263, 289, 321, 350, 388, 421, 467, 515, 557, 630, 697, 775, 867, 976, 1_107, 1_235, 1_387,
    1_531, 1_687, 1_858, 2_059, 2_251, 2_468, 2_738, 2_990, 3_297, 3_686, 4_089, 4_518, 4_943,
    5_381, 5_986, 6_571, 7_148, 7_693, 8_396, 9_114, 9_758, 10_508, 11_299, 11_990, 12_902, 14_088,
    15_241, 16_641, 18_079, 19_458, 20_967, 23_029, 24_568, 26_010, 28_054, 30_336, 32_313, 34_248,
    36_642, 38_550, 40_799, 43_057, 45_299, 47_977, 50_374, 53_287, 56_080, 60_060, 64_005, 66_684,
    69_895, 73_645, 78_063, 81_957, 85_123, 89_402, 93_140, 98_065, 105_440, 117_140, 129_191,
    143_525, 155_791, 166_753, 178_558, 189_780, 213_492, 236_821, 254_674, 270_529, 296_952,
    329_774, 364_087, 396_532, 438_669, 489_958, 525_339, 607_207, 689_000, 777_944, 864_538,
    991_147, 1_132_490, 1_309_242, 1_522_907, 1_828_798, 2_331_882, 3_372_583, 5_888_310,
    14_150_892,
];

/// Pauses between two cold messages of one sender, in 100,000ths of the sender's mean pause, of senders with 50
/// messages or more. The last knot is set so that the last step has the measured mean.
pub(super) const PAUSES: [u32; 129] = [
    0, 0, 0, 7, 10, 15, 20, 24, 28, 32, 36, 41, 47, 54, 59, 63, 69, 75, 80, 87, 92, 99, 107, 115,
    126, 135, 146, 158, 172, 189, 206, 217, 234, 252, 278, 298, 317, 339, 359, 389, 425, 454, 500,
    549, 588, 629, 695, 754, 823, 894, 965, 1_073, 1_165, 1_247, 1_395, 1_509, 1_716, 1_878, 2_072,
    2_352, 2_629, 2_894, 3_230, 3_538, 3_796, 4_155, 4_593, 5_024, 5_485, 6_011, 6_833, 7_503,
    8_043, 8_916, 9_851, 10_911, 12_078, 13_003, 14_577, 15_498, 17_064, 18_705, 20_417, 22_536,
    24_457, 26_842, 29_168, 32_059, 33_809, 36_806, 40_020, 42_679, 45_292, 48_217, 51_386, 54_097,
    57_893, 61_497, 64_631, 69_228, 74_818, 79_293, 84_606, 88_855, 93_473, 99_239, 105_507,
    112_267, 118_082, 126_354, 135_473, 146_304, 158_339, 173_041, 186_549, 203_314, 223_140,
    246_975, 275_064, 313_377, 345_877, 379_838, 433_922, 508_850, 597_827, 749_851, 1_030_398,
    1_942_851, 5_863_522,
];

/// Hundredths of cold messages per sender.
pub(super) const VOLUMES: [u32; 129] = [
    100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
    100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 153, 200, 200, 200, 200, 200, 200, 200,
    200, 200, 200, 200, 200, 200, 200, 200, 200, 300, 300, 300, 300, 300, 300, 300, 300, 300, 300,
    400, 400, 400, 400, 400, 400, 400, 400, 400, 500, 500, 500, 500, 500, 500, 600, 600, 600, 600,
    600, 700, 700, 700, 700, 800, 800, 800, 800, 900, 900, 900, 1_000, 1_000, 1_000, 1_100, 1_100,
    1_100, 1_200, 1_200, 1_200, 1_300, 1_300, 1_400, 1_400, 1_442, 1_500, 1_500, 1_600, 1_700,
    1_700, 1_800, 1_900, 2_000, 2_100, 2_200, 2_300, 2_400, 2_700, 2_800, 2_900, 3_000, 3_300,
    3_500, 3_900, 4_600, 5_200, 5_816, 6_600, 7_719, 10_203, 13_603, 23_200,
];

/// Members, in 65,536ths and fewest messages first, who receive the messages up to each step: member 65,536
/// received most.
pub(super) const RECIPIENTS: [u32; 65] = [
    0, 7_872, 15_737, 19_673, 23_609, 26_652, 29_277, 31_617, 33_585, 35_553, 37_197, 38_771,
    40_230, 41_542, 42_786, 43_911, 45_035, 46_056, 47_040, 47_923, 48_798, 49_642, 50_429, 51_181,
    51_897, 52_555, 53_207, 53_812, 54_400, 54_963, 55_498, 56_021, 56_513, 56_991, 57_452, 57_889,
    58_319, 58_733, 59_130, 59_512, 59_886, 60_243, 60_594, 60_932, 61_258, 61_573, 61_880, 62_181,
    62_471, 62_750, 63_019, 63_271, 63_513, 63_745, 63_963, 64_170, 64_368, 64_558, 64_736, 64_905,
    65_063, 65_204, 65_331, 65_444, 65_536,
];

/// Thousandths of a sender's share of answered messages to that of all senders of like volume, of senders with
/// 20 or more.
pub(super) const RATE_RATIOS: [u32; 33] = [
    0, 219, 342, 457, 511, 556, 642, 671, 768, 807, 866, 900, 944, 981, 1_004, 1_028, 1_054, 1_070,
    1_084, 1_121, 1_150, 1_188, 1_226, 1_264, 1_300, 1_332, 1_375, 1_410, 1_453, 1_501, 1_588,
    1_768, 2_097,
];

/// The share of answered messages, in ten-thousandths, by the sender's rank in volume: up to so many hundredths of
/// senders, the rate. Who writes more is answered less.
pub(super) const RATES: [(u32, u32); 9] = [
    (25, 6_447),
    (50, 5_968),
    (60, 6_023),
    (70, 5_533),
    (80, 5_184),
    (90, 5_326),
    (95, 4_817),
    (98, 3_806),
    (100, 3_436),
];

/// Cold messages by the hour of the day.
pub(super) const HOURS: [u32; 24] = [
    1_376, 1_115, 948, 620, 459, 161, 52, 38, 109, 155, 306, 476, 455, 432, 538, 584, 577, 527,
    582, 687, 674, 831, 931, 1_205,
];

/// Cold messages by the day of the week, from Wednesday: the generated year begins on one.
pub(super) const DAYS: [u32; 7] = [2_297, 2_262, 1_725, 1_601, 1_543, 2_213, 2_197];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rank_lies_straight_between_its_knots() {
        let knots = [10, 20, 0];
        assert_eq!(at_rank(&knots, 0), 10);
        assert_eq!(at_rank(&knots, 1 << 30), 15);
        assert_eq!(at_rank(&knots, 1 << 31), 20);
        assert_eq!(at_rank(&knots, 3 << 30), 10);
        assert_eq!(at_rank(&knots, u32::MAX), 0);
        assert_eq!(at_rank(&[7], 5), 7);
        assert_eq!(at_rank(&[], 5), 0);
        assert_eq!(at_rank(&[0, u32::MAX], u32::MAX), u32::MAX - 2);
    }

    #[test]
    fn every_table_rises() {
        for table in [&DELAYS[..], &PAUSES, &VOLUMES, &RECIPIENTS, &RATE_RATIOS] {
            assert!(table.is_sorted());
        }
    }

    #[test]
    fn the_week_and_the_day_count_the_same_messages() {
        assert_eq!(HOURS.iter().sum::<u32>(), 13_838);
        assert_eq!(DAYS.iter().sum::<u32>(), 13_838);
    }
}
