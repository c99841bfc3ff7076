//! Makes a log of messages that stand in no file.
//!
//! Owns: taking them one by one. Does not own: where they come from.
//! Invariant: a message that is taken is one that a line of a file could tell; it counts as the next line.

use super::build::Builder;
use super::row::{Row, check_id};
use super::{Column, Fault, Log, LogError};

/// A log in the making, message by message.
#[derive(Default)]
pub struct Gathering {
    builder: Builder,
    lines: u32,
}

/// Says why a message cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The message could not have been.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// There are more messages than a log may have.
    #[error("there are more than {0} messages")]
    TooMany(u32),
}

impl Gathering {
    /// Takes the next message. Ids of messages are not kept, nor looked at whether one comes twice.
    ///
    /// # Errors
    /// When the message could not have been, or there are too many.
    pub fn add(&mut self, row: &Row<'_>) -> Result<(), Unfit> {
        for (column, id) in [
            (Column::Contract, &row.contract),
            (Column::Seat, &row.seat),
            (Column::Recipient, &row.recipient),
        ] {
            check_id(column, id)?;
        }
        row.check_order()?;
        let too_many = Unfit::TooMany(u32::MAX - 1);
        let line = self.lines.checked_add(1).filter(|line| *line < u32::MAX);
        self.lines = line.ok_or(too_many.clone())?;
        let taken = self.builder.take_one(self.lines, row);
        taken.map_err(|_| too_many)
    }

    /// Returns the log; `name` names it in errors.
    ///
    /// # Errors
    /// When it has no messages, or more of something than there are numbers for.
    pub fn finish(self, name: &str) -> Result<Log, LogError> {
        let log = self.builder.finish().map_err(|full| full.in_log(name))?;
        log.ok_or_else(|| LogError::Empty {
            name: name.to_owned(),
            what: "has no messages",
        })
    }
}
