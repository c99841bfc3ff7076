//! Asks how far a conclusion rests on the numbers of the market: each is halved and doubled, all others as they are.
//!
//! Owns: which numbers are varied, and the differences between policies. Does not own: what happens in a world.
//! Invariants: the same seed gives the same table on any number of threads; a direction is compared exactly.

use crate::figures::Sums;
use crate::settings::{NUMBERS, Number, Settings};
use crate::world;
use earnest_core::policy::Policy;
use serde::Serialize;
use std::cmp::Ordering;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// What became of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// Half of it, cut to a whole number.
    Halved,
    /// Twice as much.
    Doubled,
}

/// A market in which one number is another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// The number's name, with its section.
    pub name: String,
    /// What became of it.
    pub factor: Factor,
    /// What it was.
    pub from: u32,
    /// What it is: as far as its range goes.
    pub to: u32,
    /// The figures of each world, by policy.
    pub worlds: Vec<Vec<Sums>>,
}

/// How far the figures of some policies rest on the numbers of the market.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sensitivity {
    /// The figures of each world, by policy, in the market as it is.
    pub base: Vec<Vec<Sums>>,
    /// One number varied after the other, in the order of the file.
    pub variants: Vec<Variant>,
}

/// What one policy changes against another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Hundredths of a percentage point by which the response rate is higher; nothing where there is no rate.
    pub rate_hundredths: Option<i64>,
    /// Tenths of a per cent by which more is sent; nothing where nothing was.
    pub sent_tenths: Option<i64>,
    /// Tenths of a per cent by which more stays unanswered; nothing where nothing did.
    pub unanswered_tenths: Option<i64>,
    /// In how many worlds the response rate is higher.
    pub rate_higher_in: u64,
    /// How many worlds there are.
    pub worlds: u64,
    /// Each direction, compared exactly: of the rate, of what is sent, of what stays unanswered.
    #[serde(skip)]
    pub directions: [Ordering; 3],
}

/// Returns whether a number is an assumption about people, and not the size of the experiment.
fn is_assumption(number: &&Number) -> bool {
    number.section != "run" && (number.section, number.key) != ("senders", "count")
}

/// Returns the markets in which a number is halved and doubled, as far as its range goes and where that changes it.
fn vary(settings: &Settings, number: &Number) -> Vec<(Variant, Settings)> {
    let mut settings = *settings;
    let from = *(number.of)(&mut settings);
    let to = [
        (Factor::Halved, from / 2),
        (Factor::Doubled, from.saturating_mul(2)),
    ];
    let within = |to: u32| to.clamp(*number.range.start(), *number.range.end());
    let varied = to.map(|(factor, to)| (factor, within(to)));
    let varied = varied.into_iter().filter(|(_, to)| *to != from);
    varied
        .map(|(factor, to)| {
            let mut settings = settings;
            *(number.of)(&mut settings) = to;
            let variant = Variant {
                name: format!("{}.{}", number.section, number.key),
                factor,
                from,
                to,
                worlds: Vec::new(),
            };
            (variant, settings)
        })
        .collect()
}

/// Plays worlds as [`crate::run`] does, in the market as it is and in each in which one assumption is halved or doubled.
///
/// `progress` is told, from any thread, each time a week of a world has passed, how many there are in all.
///
/// # Errors
/// When the threads cannot be started.
pub fn sensitivity(
    policies: &[Arc<Policy>],
    settings: &Settings,
    seed: u64,
    worlds: u32,
    threads: Option<NonZeroUsize>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Sensitivity, rayon::ThreadPoolBuildError> {
    let assumptions = NUMBERS.iter().filter(is_assumption);
    let varied: Vec<(Variant, Settings)> = assumptions
        .flat_map(|number| vary(settings, number))
        .collect();
    let markets = || std::iter::once(settings).chain(varied.iter().map(|(_, market)| market));
    let plays: Vec<(&Settings, &Arc<Policy>)> = markets()
        .flat_map(|market| policies.iter().map(move |policy| (market, policy)))
        .collect();
    let weeks = u64::from(settings.weeks) + u64::from(settings.warmup_weeks);
    let many = u64::try_from(plays.len()).unwrap_or(u64::MAX);
    let all = weeks.saturating_mul(many).saturating_mul(u64::from(worlds));
    let played = crate::played(&plays, seed, worlds, threads, |(market, policy), seed| {
        world::play(policy, market, seed, &|| progress(all)).sums()
    })?;
    let worlds = usize::try_from(worlds).unwrap_or(usize::MAX).max(1);
    let mut played = played.chunks(worlds).map(<[Sums]>::to_vec);
    let mut next = || played.by_ref().take(policies.len()).collect();
    let base = next();
    let variants = varied.into_iter().map(|(variant, _)| Variant {
        worlds: next(),
        ..variant
    });
    Ok(Sensitivity {
        base,
        variants: variants.collect(),
    })
}

impl Difference {
    /// Returns what a policy changes against another, each with the figures of its worlds.
    #[must_use]
    pub fn of(first: &[Sums], other: &[Sums]) -> Self {
        let (from, to) = (Sums::of(first), Sums::of(other));
        let higher = first
            .iter()
            .zip(other)
            .filter(|(a, b)| b.by_rate(a).is_gt());
        let rate = |sums: &Sums| per(sums.answered, sums.sent, 10_000);
        Self {
            rate_hundredths: rate(&to).zip(rate(&from)).map(|(to, from)| to - from),
            sent_tenths: change(from.sent, to.sent),
            unanswered_tenths: change(from.unanswered, to.unanswered),
            rate_higher_in: u64::try_from(higher.count()).unwrap_or(u64::MAX),
            worlds: u64::try_from(other.len()).unwrap_or(u64::MAX),
            directions: [
                to.by_rate(&from),
                to.sent.cmp(&from.sent),
                to.unanswered.cmp(&from.unanswered),
            ],
        }
    }

    /// Returns, for the rate, what is sent and what stays unanswered, whether the direction is the opposite of another.
    #[must_use]
    pub fn turned(&self, against: &Self) -> [bool; 3] {
        let [rate, sent, unanswered] = self.directions;
        let [base_rate, base_sent, base_unanswered] = against.directions;
        let turned = |now: Ordering, base: Ordering| now != base && now.is_ne() && base.is_ne();
        [
            turned(rate, base_rate),
            turned(sent, base_sent),
            turned(unanswered, base_unanswered),
        ]
    }
}

/// Returns the change in tenths of a per cent.
fn change(from: u64, to: u64) -> Option<i64> {
    per(to, from, 1_000).map(|tenths| tenths - 1_000)
}

/// Returns so many parts of a whole, rounded; nothing of nothing.
fn per(part: u64, whole: u64, of: u32) -> Option<i64> {
    let doubled = u128::from(part) * u128::from(of) * 2 + u128::from(whole);
    let rounded = doubled.checked_div(u128::from(whole) * 2)?;
    i64::try_from(rounded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(sent: u64, answered: u64) -> Sums {
        Sums {
            sent,
            answered,
            unanswered: sent - answered,
            ..Sums::default()
        }
    }

    #[test]
    fn a_number_is_varied_within_its_range() {
        let settings = Settings::standard().unwrap();
        let of = |key: &str| {
            let number = NUMBERS.iter().find(|number| number.key == key).unwrap();
            let varied = vary(&settings, number);
            varied
                .into_iter()
                .map(|(variant, mut market)| {
                    assert_eq!(*(number.of)(&mut market), variant.to);
                    // Nothing else differs.
                    *(number.of)(&mut market) = variant.from;
                    assert_eq!(market, settings);
                    (variant.factor, variant.to)
                })
                .collect::<Vec<(Factor, u32)>>()
        };
        assert_eq!(
            of("credit_worth_minutes"),
            [(Factor::Halved, 5), (Factor::Doubled, 20)]
        );
        assert_eq!(
            of("welcome_percent"),
            [(Factor::Halved, 40), (Factor::Doubled, 100)]
        );
        assert_eq!(
            of("forgotten_a_week_percent"),
            [(Factor::Halved, 0), (Factor::Doubled, 2)]
        );
    }

    #[test]
    fn a_number_at_its_end_is_not_varied_there() {
        let mut settings = Settings::standard().unwrap();
        settings.welcome_percent = 100;
        settings.careless_one_in = 1;
        let factors = |key: &str| {
            let number = NUMBERS.iter().find(|number| number.key == key).unwrap();
            let varied = vary(&settings, number).into_iter();
            varied.map(|(it, _)| it.factor).collect::<Vec<Factor>>()
        };
        assert_eq!(factors("welcome_percent"), [Factor::Halved]);
        assert_eq!(factors("careless_one_in"), [Factor::Doubled]);
    }

    #[test]
    fn every_assumption_is_varied_and_no_size() {
        let names: Vec<&str> = NUMBERS
            .iter()
            .filter(is_assumption)
            .map(|number| number.key)
            .collect();
        assert_eq!(names.len(), NUMBERS.len() - 3);
        for size in ["weeks", "warmup_weeks", "count"] {
            assert!(!names.contains(&size), "{size}");
        }
    }

    #[test]
    fn a_difference_is_of_all_worlds_and_its_direction_exact() {
        let first = [sums(1_000, 200), sums(1_000, 300)];
        let other = [sums(1_500, 310), sums(1_000, 290)];
        let difference = Difference::of(&first, &other);
        assert_eq!(difference.rate_hundredths, Some(-100));
        assert_eq!(difference.sent_tenths, Some(250));
        assert_eq!(difference.unanswered_tenths, Some(267));
        assert_eq!((difference.rate_higher_in, difference.worlds), (1, 2));
        let back = Difference::of(&other, &first);
        assert_eq!(difference.turned(&back), [true; 3]);
        assert_eq!(difference.turned(&difference), [false; 3]);
        // A difference too small to be shown has a direction.
        let close = Difference::of(&[sums(1_000_001, 1)], &[sums(1_000_000, 1)]);
        assert_eq!(close.rate_hundredths, Some(0));
        assert_eq!(close.directions[0], Ordering::Greater);
        // No difference is no direction, and turns none.
        let none = Difference::of(&first, &first);
        assert_eq!(none.turned(&difference), [false; 3]);
        let nothing = Difference::of(&[sums(0, 0)], &[sums(5, 1)]);
        assert_eq!((nothing.rate_hundredths, nothing.sent_tenths), (None, None));
    }
}
