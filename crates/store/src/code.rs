//! Says which numbers stand in rows for what.
//!
//! Owns: the numbers, which the migrations name too. Invariant: a number never changes its meaning.

use crate::delivery::DeliveryState;
use crate::error::StoreError;
use earnest_core::command::Side;
use earnest_core::policy::ResponseKind;
use earnest_core::units::Timestamp;
use earnest_core::{Conversation, Credit, SettledBy, Status};

/// Something that stands in rows as a number.
pub(crate) trait Code: Copy + PartialEq + Sized + 'static {
    /// What it can be, each at the place of its number.
    const ALL: &'static [Self];

    /// Returns the number.
    fn code(self) -> i64 {
        let at = Self::ALL.iter().position(|it| *it == self);
        at.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1)
    }

    /// Returns what a number stands for.
    fn of_code(code: i64) -> Result<Self, StoreError> {
        usize::try_from(code)
            .ok()
            .and_then(|at| Self::ALL.get(at).copied())
            .ok_or_else(|| {
                StoreError::Corrupt(format!("a row has the number {code} where there is none"))
            })
    }
}

impl Code for Status {
    const ALL: &'static [Self] = &[Self::Pending, Self::Responded, Self::Lapsed];
}

impl Code for Credit {
    const ALL: &'static [Self] = &[Self::Held, Self::Returned, Self::Consumed, Self::None];
}

impl Code for SettledBy {
    const ALL: &'static [Self] = &[Self::Send, Self::Response, Self::Report, Self::Lapse];
}

impl Code for ResponseKind {
    const ALL: &'static [Self] = &[Self::Reply, Self::Accept, Self::NotInterested];
}

impl Code for Conversation {
    const ALL: &'static [Self] = &[Self::Unanswered, Self::Declined, Self::Open];
}

impl Code for Side {
    const ALL: &'static [Self] = &[Self::Seat, Self::Member];
}

impl Code for DeliveryState {
    const ALL: &'static [Self] = &[Self::Waiting, Self::Delivered, Self::Dead];
}

/// Returns the instant that a number of milliseconds stands for.
pub(crate) fn to_instant(millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millis(millis)
        .ok_or_else(|| StoreError::Corrupt(format!("{millis} is no instant")))
}

/// Returns the id that a text spells.
pub(crate) fn to_id<T: std::str::FromStr>(text: &str) -> Result<T, StoreError> {
    text.parse()
        .map_err(|_| StoreError::Corrupt(format!("`{text}` is no id")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_come_back<T: Code + std::fmt::Debug>() {
        for it in T::ALL {
            assert_eq!(T::of_code(it.code()).unwrap(), *it);
        }
        assert!(T::of_code(-1).is_err());
        assert!(T::of_code(T::ALL.len() as i64).is_err());
    }

    #[test]
    fn every_number_stands_for_one_thing() {
        all_come_back::<Status>();
        all_come_back::<Credit>();
        all_come_back::<SettledBy>();
        all_come_back::<ResponseKind>();
        all_come_back::<Conversation>();
        all_come_back::<Side>();
        all_come_back::<DeliveryState>();
    }
}
