//! Gives everything that a log names, and what it leaves unnamed, its id in the store.
//!
//! Invariant: the same log gives the same ids, and no two messages one.

use crate::error::Error;
use earnest_backtest::log::{History, Log, Message, MessageName};
use earnest_core::units::{ContractId, IdError, MessageId, SeatId};
use std::collections::HashSet;

/// The longest id.
const MOST: usize = 128;

/// The ids of a log's messages.
pub(crate) struct Names {
    /// The ids that the log gives, where it gives some messages ids and others none: what is made up keeps
    /// clear of them.
    given: HashSet<String>,
}

impl Names {
    pub(super) fn of(log: &Log) -> Self {
        let names = || {
            let messages = log.histories().flat_map(|history| history.messages());
            messages.map(|message| log.message_name(message))
        };
        let is_given = |name: &MessageName<'_>| matches!(name, MessageName::Id(_));
        let (some, all) = (
            names().any(|it| is_given(&it)),
            names().all(|it| is_given(&it)),
        );
        let given = names().filter_map(|name| match name {
            MessageName::Id(id) if some && !all => Some(id.to_owned()),
            _ => None,
        });
        Self {
            given: given.collect(),
        }
    }

    /// Returns a message's id: its own, else its contract's and its number there.
    pub(super) fn message(
        &self,
        log: &Log,
        history: &History<'_>,
        place: usize,
        message: &Message,
    ) -> Result<MessageId, Error> {
        if let MessageName::Id(id) = log.message_name(message) {
            return of(id, MessageId::new(id));
        }
        let number = place + 1;
        let end = format!("-{number}");
        let contract = history.name();
        // Contracts whose names differ only beyond what fits are told apart by their number.
        let mut id = match contract.len() + end.len() <= MOST {
            true => format!("{contract}{end}"),
            false => format!("{:.80}-{}{end}", contract, history.contract() + 1),
        };
        while self.given.contains(&id) {
            id.push_str("-x");
        }
        of(&id, MessageId::new(&id))
    }
}

/// Returns a contract's id.
pub(super) fn contract(history: &History<'_>) -> Result<ContractId, Error> {
    of(history.name(), ContractId::new(history.name()))
}

/// Returns the ids of a contract's seats.
pub(super) fn seats(history: &History<'_>) -> Result<Vec<SeatId>, Error> {
    let seats = (0..).take(history.seats());
    seats
        .map(|seat| {
            of(
                history.seat_name(seat),
                SeatId::new(history.seat_name(seat)),
            )
        })
        .collect()
}

/// Takes an id, which a log's reader has looked at before.
pub(super) fn of<T>(text: &str, id: Result<T, IdError>) -> Result<T, Error> {
    id.map_err(|error| Error::Input(format!("`{text}`: {error}")))
}
