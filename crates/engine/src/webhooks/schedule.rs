//! Says when a failed delivery is tried again.

use crate::clock::Random;
use earnest_core::units::Timestamp;
use std::time::Duration;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// How long to wait after each failed attempt; after the last of them a delivery is given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetrySchedule(Vec<i64>);

impl Default for RetrySchedule {
    fn default() -> Self {
        let (seconds, minutes, hours) = ([5, 30], [2, 10], [1, 6, 24]);
        let seconds = seconds.map(|it| it * SECOND);
        let minutes = minutes.map(|it| it * MINUTE);
        let hours = hours.map(|it| it * HOUR);
        Self([&seconds[..], &minutes[..], &hours[..]].concat())
    }
}

impl RetrySchedule {
    /// Makes a schedule; nothing at all means that no failed attempt is repeated.
    #[must_use]
    pub fn new(waits: &[Duration]) -> Self {
        let millis = |wait: &Duration| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        Self(waits.iter().map(millis).collect())
    }

    /// Returns when a delivery is tried again that has failed so often, the last time just now; nothing where
    /// it is given up. Up to a tenth is added by chance, so that what failed together does not come back
    /// together.
    pub(super) fn next(
        &self,
        failed: u32,
        now: Timestamp,
        random: &dyn Random,
    ) -> Option<Timestamp> {
        let index = usize::try_from(failed.checked_sub(1)?).ok()?;
        let wait = *self.0.get(index)?;
        let most = u64::try_from(wait / 10).unwrap_or(0).saturating_add(1);
        let chance = i64::try_from(random.number() % most).unwrap_or(0);
        Some(now.plus_millis(wait.saturating_add(chance)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemRandom;

    fn waits(schedule: &RetrySchedule) -> Vec<i64> {
        let start = Timestamp::from_millis(0).unwrap();
        (1..)
            .map_while(|failed| schedule.next(failed, start, &SystemRandom))
            .map(Timestamp::millis)
            .collect()
    }

    #[test]
    fn the_usual_schedule_ends_after_a_day() {
        let usual = waits(&RetrySchedule::default());
        let least = [5, 30, 120, 600, 3_600, 21_600, 86_400].map(|it| it * SECOND);
        assert_eq!(usual.len(), least.len());
        for (wait, least) in usual.into_iter().zip(least) {
            assert!(
                wait >= least && wait <= least + least / 10,
                "{wait} {least}"
            );
        }
    }

    #[test]
    fn a_schedule_may_be_short_or_nothing() {
        let waits_of = |millis: &[u64]| {
            let given: Vec<Duration> = millis.iter().copied().map(Duration::from_millis).collect();
            waits(&RetrySchedule::new(&given))
        };
        assert_eq!(waits_of(&[]), [0_i64; 0]);
        assert_eq!(waits_of(&[9, 0]), [9, 0]);
    }
}
