//! Says what becomes of a delivery after an attempt.

use super::attempt::Answered;
use super::schedule::RetrySchedule;
use crate::clock::Random;
use earnest_core::units::Timestamp;
use earnest_store::{Delivery, DeliveryState};

/// Returns a delivery as it is after an attempt that ended at `now`.
pub(super) fn landed(
    before: Delivery,
    answer: &Answered,
    schedule: &RetrySchedule,
    now: Timestamp,
    random: &dyn Random,
) -> Delivery {
    let attempts = before.attempts.saturating_add(1);
    let (state, next_at) = if answer.is_taken() {
        (DeliveryState::Delivered, None)
    } else if answer.is_gone() {
        // Its endpoint is paused, and so it waits.
        (DeliveryState::Waiting, None)
    } else {
        match schedule.next(attempts, now, random) {
            Some(next) => (DeliveryState::Waiting, Some(next)),
            None => (DeliveryState::Dead, None),
        }
    };
    Delivery {
        state,
        attempts,
        next_at,
        tried_at: Some(now),
        status: answer.status(),
        error: answer.error(),
        ..before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemRandom;
    use earnest_core::units::ContractId;

    fn after(answer: &Answered, attempts: u32) -> Delivery {
        let start = Timestamp::from_millis(0).unwrap();
        let before = Delivery {
            webhook: "wh".to_owned(),
            contract: ContractId::new("acme").unwrap(),
            seq: 1,
            state: DeliveryState::Waiting,
            attempts,
            next_at: Some(start),
            created_at: start,
            tried_at: None,
            status: None,
            error: None,
        };
        landed(
            before,
            answer,
            &RetrySchedule::default(),
            start,
            &SystemRandom,
        )
    }

    #[test]
    fn only_a_success_is_a_success() {
        for status in [200, 201, 204, 299] {
            let after = after(&Answered::Status(status), 3);
            assert_eq!((after.state, after.attempts), (DeliveryState::Delivered, 4));
            assert_eq!((after.next_at, after.error), (None, None));
        }
        for status in [100, 199, 301, 302, 400, 404, 429, 500, 599] {
            let after = after(&Answered::Status(status), 0);
            assert_eq!(after.state, DeliveryState::Waiting, "{status}");
            assert!(after.next_at.is_some() && after.error.is_some());
        }
    }

    #[test]
    fn the_eighth_failure_is_the_last() {
        let failed = || Answered::Failed("connection refused".to_owned());
        assert_eq!(after(&failed(), 6).state, DeliveryState::Waiting);
        let dead = after(&failed(), 7);
        assert_eq!((dead.state, dead.next_at), (DeliveryState::Dead, None));
        assert_eq!(dead.error.as_deref(), Some("connection refused"));
    }

    #[test]
    fn what_an_endpoint_that_is_gone_did_not_take_waits_for_it() {
        let after = after(&Answered::Status(410), 7);
        assert_eq!((after.state, after.next_at), (DeliveryState::Waiting, None));
    }
}
