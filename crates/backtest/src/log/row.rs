//! One message as a `csv` or `jsonl` line tells it.
//!
//! Owns: the columns, what each may hold and how they must agree within a line. Does not own: how a line is
//! cut into cells, and what only the whole file shows (a repeated id).
//! Invariant: a `Row` is a message that could have been: its ids are ids, and nothing happens before the send.

use super::error::{Fault, nearest};
use super::instant;
use earnest_core::policy::ResponseKind;
use earnest_core::units::{MessageId, Timestamp};
use std::borrow::Cow;
use std::fmt;

/// Names a column of `csv`, a key of `jsonl`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The message's id.
    Id,
    /// The sender's contract.
    Contract,
    /// The sender.
    Seat,
    /// The recipient.
    Recipient,
    /// When the message was sent.
    SentAt,
    /// The campaign, which makes the message bulk.
    Campaign,
    /// When it was answered.
    RespondedAt,
    /// How it was answered.
    Response,
    /// When it was seen.
    SeenAt,
}

impl Column {
    /// Every column, in the order in which a generated log has them.
    pub const ALL: [Self; 9] = [
        Self::Id,
        Self::Contract,
        Self::Seat,
        Self::Recipient,
        Self::SentAt,
        Self::Campaign,
        Self::RespondedAt,
        Self::Response,
        Self::SeenAt,
    ];

    /// Returns the column's name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Contract => "contract",
            Self::Seat => "seat",
            Self::Recipient => "recipient",
            Self::SentAt => "sent_at",
            Self::Campaign => "campaign",
            Self::RespondedAt => "responded_at",
            Self::Response => "response",
            Self::SeenAt => "seen_at",
        }
    }

    /// Returns the column that `name` names, or the fault that says which was likely meant.
    pub(super) fn named(name: &str) -> Result<Self, Fault> {
        Self::ALL
            .into_iter()
            .find(|column| column.name() == name)
            .ok_or_else(|| Fault::UnknownColumn {
                name: name.to_owned(),
                near: nearest(name, Self::ALL.map(Self::name)),
            })
    }

    /// Returns whether the column holds an instant.
    pub(super) const fn is_instant(self) -> bool {
        self.instant_place().is_some()
    }

    /// Returns the column's place among those that hold instants.
    pub(super) const fn instant_place(self) -> Option<usize> {
        match self {
            Self::SentAt => Some(0),
            Self::RespondedAt => Some(1),
            Self::SeenAt => Some(2),
            _ => None,
        }
    }

    /// Says what a JSON value of the column is.
    pub(super) const fn json_type(self) -> &'static str {
        if self.is_instant() {
            "a string or a number of Unix seconds"
        } else {
            "a string; put it in quotes"
        }
    }

    /// Returns the names of all columns, as people list them.
    pub(super) fn list() -> String {
        Self::ALL.map(|column| format!("`{column}`")).join(", ")
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A line's cells, by column.
#[derive(Default)]
pub(super) struct Cells<'l> {
    texts: [Cow<'l, str>; 9],
    /// Instants that the file has as such, in the order of their columns.
    instants: [Option<Timestamp>; 3],
}

impl<'l> Cells<'l> {
    /// Puts a cell in its place.
    pub(super) fn set(&mut self, column: Column, cell: Cow<'l, str>) {
        // INVARIANT: a column's number is its place in `Column::ALL`, which has nine.
        self.texts[column as usize] = cell;
    }

    /// Puts an instant in its place, where the file does not write it as a text.
    pub(super) fn set_instant(&mut self, column: Column, instant: Timestamp) {
        if let Some(place) = column.instant_place() {
            self.instants[place] = Some(instant);
        }
    }

    /// Takes a cell; nothing when it is empty.
    fn take(&mut self, column: Column) -> Option<Cow<'l, str>> {
        let cell = std::mem::take(&mut self.texts[column as usize]);
        (!cell.is_empty()).then_some(cell)
    }

    fn id(&mut self, column: Column) -> Result<Option<Cow<'l, str>>, Fault> {
        let Some(cell) = self.take(column) else {
            return Ok(None);
        };
        check_id(column, &cell)?;
        Ok(Some(cell))
    }

    fn instant(&mut self, column: Column) -> Result<Option<Timestamp>, Fault> {
        if let Some(instant) = column
            .instant_place()
            .and_then(|place| self.instants[place])
        {
            return Ok(Some(instant));
        }
        let Some(cell) = self.take(column) else {
            return Ok(None);
        };
        match instant::read(&cell) {
            Ok(instant) => Ok(Some(instant)),
            Err(why) => Err(Fault::Instant {
                column,
                text: cell.into_owned(),
                why,
            }),
        }
    }

    fn response(&mut self) -> Result<Option<ResponseKind>, Fault> {
        let Some(cell) = self.take(Column::Response) else {
            return Ok(None);
        };
        ResponseKind::named(&cell)
            .map(Some)
            .ok_or_else(|| Fault::UnknownResponse {
                near: nearest(&cell, ResponseKind::ALL.map(ResponseKind::name)),
                text: cell.into_owned(),
            })
    }
}

/// One message as a `csv` or `jsonl` line tells it, checked as far as one line can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'l> {
    /// The message's id, where it has one.
    pub id: Option<Cow<'l, str>>,
    /// The sender's contract; the seat's name where the line has none.
    pub contract: Cow<'l, str>,
    /// The sender; the contract's name where the line has none.
    pub seat: Cow<'l, str>,
    /// The recipient.
    pub recipient: Cow<'l, str>,
    /// When the message was sent.
    pub sent_at: Timestamp,
    /// The campaign, which makes the message bulk.
    pub campaign: Option<Cow<'l, str>>,
    /// When and how it was answered.
    pub response: Option<(Timestamp, ResponseKind)>,
    /// When it was seen.
    pub seen_at: Option<Timestamp>,
}

impl<'l> Row<'l> {
    /// Returns the message that the cells tell, or the first fault, looked for in the columns' usual order.
    pub(super) fn of(mut cells: Cells<'l>) -> Result<Self, Fault> {
        let id = cells.id(Column::Id)?;
        let (contract, seat) = match (cells.id(Column::Contract)?, cells.id(Column::Seat)?) {
            (Some(contract), Some(seat)) => (contract, seat),
            (Some(only), None) | (None, Some(only)) => (only.clone(), only),
            (None, None) => return Err(Fault::NoSender),
        };
        let recipient = cells
            .id(Column::Recipient)?
            .ok_or(Fault::Missing(Column::Recipient))?;
        let sent_at = cells
            .instant(Column::SentAt)?
            .ok_or(Fault::Missing(Column::SentAt))?;
        let campaign = cells.id(Column::Campaign)?;
        let responded_at = cells.instant(Column::RespondedAt)?;
        let response = match (responded_at, cells.response()?) {
            (Some(at), kind) => Some((at, kind.unwrap_or(ResponseKind::Reply))),
            (None, None) => None,
            (None, Some(_)) => return Err(Fault::ResponseWithoutInstant),
        };
        let row = Self {
            id,
            contract,
            seat,
            recipient,
            sent_at,
            campaign,
            response,
            seen_at: cells.instant(Column::SeenAt)?,
        };
        row.check_order()?;
        Ok(row)
    }

    /// Returns the message that usual cells tell, by column: empty ones, or texts that are known to be ids where an id
    /// belongs; and the instants, in the order of their columns. Nothing where there is a fault.
    pub(super) fn plain(cells: &[&'l str; 9], instants: [Option<Timestamp>; 3]) -> Option<Self> {
        let some = |column: Column| match cells[column as usize] {
            "" => None,
            text => Some(text),
        };
        let id = |column: Column| some(column).map(Cow::Borrowed);
        let [sent_at, responded_at, seen_at] = instants;
        let (contract, seat) = match (id(Column::Contract), id(Column::Seat)) {
            (Some(contract), Some(seat)) => (contract, seat),
            (Some(only), None) | (None, Some(only)) => (only.clone(), only),
            (None, None) => return None,
        };
        let kind = match some(Column::Response) {
            Some(name) => Some(ResponseKind::named(name)?),
            None => None,
        };
        let response = match (responded_at, kind) {
            (Some(at), kind) => Some((at, kind.unwrap_or(ResponseKind::Reply))),
            (None, None) => None,
            (None, Some(_)) => return None,
        };
        let row = Self {
            id: id(Column::Id),
            contract,
            seat,
            recipient: id(Column::Recipient)?,
            sent_at: sent_at?,
            campaign: id(Column::Campaign),
            response,
            seen_at,
        };
        row.check_order().ok()?;
        Some(row)
    }

    /// Checks that nothing happens before the send.
    pub(super) fn check_order(&self) -> Result<(), Fault> {
        let sent_at = self.sent_at;
        if let Some((responded_at, _)) = self.response.filter(|(at, _)| *at < sent_at) {
            return Err(Fault::AnsweredBeforeSent {
                sent_at,
                responded_at,
            });
        }
        if let Some(seen_at) = self.seen_at.filter(|at| *at < sent_at) {
            return Err(Fault::SeenBeforeSent { sent_at, seen_at });
        }
        Ok(())
    }
}

/// Which bytes an id is made of.
pub(super) const USUAL: [bool; 256] = {
    let mut usual = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        usual[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'@' | b'-');
        byte += 1;
    }
    usual
};

/// Returns whether a text is surely an id.
fn is_usual_id(text: &str) -> bool {
    let usual = |byte: u8| USUAL.get(usize::from(byte)) == Some(&true);
    (1..=128).contains(&text.len()) && text.bytes().all(usual) && text != "." && text != ".."
}

/// Checks that a text is an id, without making one: a log has too many.
pub(super) fn check_id(column: Column, text: &str) -> Result<(), Fault> {
    if is_usual_id(text) {
        return Ok(());
    }
    match MessageId::new(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(Fault::Id {
            column,
            text: text.to_owned(),
            error,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_column_s_number_is_its_place() {
        for (place, column) in Column::ALL.into_iter().enumerate() {
            assert_eq!(column as usize, place);
            assert_eq!(Column::named(column.name()), Ok(column));
        }
    }

    #[test]
    fn a_misspelt_column_is_recognised() {
        let near = |name: &str| match Column::named(name) {
            Err(Fault::UnknownColumn { near, .. }) => near,
            other => panic!("{other:?}"),
        };
        assert_eq!(near("sent-at"), Some("sent_at"));
        assert_eq!(near("Contract"), Some("contract"));
        assert_eq!(near("recipent"), Some("recipient"));
        assert_eq!(near(" seat"), Some("seat"));
        assert_eq!(near("colour"), None);
        assert_eq!(near(&"x".repeat(10_000)), None);
    }

    proptest! {
        #[test]
        fn an_id_is_what_the_engine_takes_for_one(text in "[a-zA-Z0-9._:@ é-]{0,6}|\\.{1,3}|x{126,130}") {
            prop_assert_eq!(check_id(Column::Id, &text).is_ok(), MessageId::new(&text).is_ok());
        }
    }
}
