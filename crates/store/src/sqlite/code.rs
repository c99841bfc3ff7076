//! Says which numbers stand in rows for what.
//!
//! Owns: the numbers, which migrations/1.sql names too. Invariant: a number never changes its meaning.

use super::fault::{Step, corrupt};
use crate::delivery::DeliveryState;
use earnest_core::command::Side;
use earnest_core::policy::ResponseKind;
use earnest_core::units::Timestamp;
use earnest_core::{Conversation, Credit, SettledBy, Status};
use rusqlite::Row;
use rusqlite::types::FromSql;

/// Something that stands in rows as a number.
pub(super) trait Code: Copy + PartialEq + Sized + 'static {
    /// What it can be, each at the place of its number.
    const ALL: &'static [Self];

    /// Returns the number.
    fn code(self) -> i64 {
        let at = Self::ALL.iter().position(|it| *it == self);
        at.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1)
    }

    /// Returns what a number stands for.
    fn of_code(code: i64) -> Step<Self> {
        usize::try_from(code)
            .ok()
            .and_then(|at| Self::ALL.get(at).copied())
            .ok_or_else(|| corrupt(format!("a row has the number {code} where there is none")))
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

/// Reads columns.
pub(super) trait Columns {
    /// Returns what a column's number stands for.
    fn coded<T: Code>(&self, column: usize) -> Step<T>;
    /// Returns what a column's number stands for, where there is one.
    fn coded_or_null<T: Code>(&self, column: usize) -> Step<Option<T>>;
    /// Returns an instant.
    fn instant(&self, column: usize) -> Step<Timestamp>;
    /// Returns an instant, where there is one.
    fn instant_or_null(&self, column: usize) -> Step<Option<Timestamp>>;
    /// Returns a number that is never negative.
    fn number(&self, column: usize) -> Step<u64>;
    /// Returns what is named by a text.
    fn id<T: std::str::FromStr>(&self, column: usize) -> Step<T>;
    /// Returns what is named by a text, where there is one.
    fn id_or_null<T: std::str::FromStr>(&self, column: usize) -> Step<Option<T>>;
    /// Returns what a column holds.
    fn read<T: FromSql>(&self, column: usize) -> Step<T>;
}

impl Columns for Row<'_> {
    fn coded<T: Code>(&self, column: usize) -> Step<T> {
        T::of_code(self.get(column)?)
    }

    fn coded_or_null<T: Code>(&self, column: usize) -> Step<Option<T>> {
        self.get::<_, Option<i64>>(column)?
            .map(T::of_code)
            .transpose()
    }

    fn instant(&self, column: usize) -> Step<Timestamp> {
        to_instant(self.get(column)?)
    }

    fn instant_or_null(&self, column: usize) -> Step<Option<Timestamp>> {
        self.get::<_, Option<i64>>(column)?
            .map(to_instant)
            .transpose()
    }

    fn number(&self, column: usize) -> Step<u64> {
        Ok(self.get::<_, i64>(column)?.cast_unsigned())
    }

    fn id<T: std::str::FromStr>(&self, column: usize) -> Step<T> {
        to_id(
            self.get_ref(column)?
                .as_str()
                .map_err(rusqlite::Error::from)?,
        )
    }

    fn id_or_null<T: std::str::FromStr>(&self, column: usize) -> Step<Option<T>> {
        let text = self
            .get_ref(column)?
            .as_str_or_null()
            .map_err(rusqlite::Error::from)?;
        text.map(to_id).transpose()
    }

    fn read<T: FromSql>(&self, column: usize) -> Step<T> {
        Ok(self.get(column)?)
    }
}

fn to_instant(millis: i64) -> Step<Timestamp> {
    Timestamp::from_millis(millis).ok_or_else(|| corrupt(format!("{millis} is no instant")))
}

fn to_id<T: std::str::FromStr>(text: &str) -> Step<T> {
    text.parse()
        .map_err(|_| corrupt(format!("`{text}` is no id")))
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
