//! Turns what is kept into the columns of rows, and back.
//!
//! Owns: which column holds what, and in which form. Does not own: what a number stands for ([`crate::code`]).
//! Invariant: what is read back is what was written, whatever a text has in it.

use super::fault::corrupt;
use super::pipeline::{Owned, values};
use crate::batch::{Answer, NewMessage, Writing};
use crate::code::{Code, to_id, to_instant};
use crate::delivery::Delivery;
use crate::error::StoreError;
use crate::message::{MessageRow, Outcome};
use crate::read::ContractRow;
use earnest_core::units::{ContractId, MessageId, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

/// Reads columns.
pub(super) trait Columns {
    /// Returns what a column holds.
    fn read<'a, T: FromSql<'a>>(&'a self, column: usize) -> Result<T, StoreError>;

    /// Returns a number that is never negative.
    fn number(&self, column: usize) -> Result<u64, StoreError> {
        let number: i64 = self.read(column)?;
        u64::try_from(number).map_err(|_| corrupt(format!("a row has the number {number}")))
    }

    /// Returns what is named by a text.
    fn id<T: std::str::FromStr>(&self, column: usize) -> Result<T, StoreError> {
        to_id(self.read(column)?)
    }

    /// Returns an instant.
    fn instant(&self, column: usize) -> Result<Timestamp, StoreError> {
        to_instant(self.read(column)?)
    }

    /// Returns an instant, where there is one.
    fn instant_or_null(&self, column: usize) -> Result<Option<Timestamp>, StoreError> {
        let millis: Option<i64> = self.read(column)?;
        millis.map(to_instant).transpose()
    }

    /// Returns what a number stands for, where there is one.
    fn coded_or_null<T: Code>(&self, column: usize) -> Result<Option<T>, StoreError> {
        let code: Option<i16> = self.read(column)?;
        code.map(|code| T::of_code(code.into())).transpose()
    }

    /// Returns what a number stands for.
    fn coded<T: Code>(&self, column: usize) -> Result<T, StoreError> {
        T::of_code(self.read::<i16>(column)?.into())
    }

    /// Returns what somebody wrote.
    fn text(&self, column: usize) -> Result<String, StoreError> {
        to_text(self.read(column)?)
    }
}

impl Columns for Row {
    fn read<'a, T: FromSql<'a>>(&'a self, column: usize) -> Result<T, StoreError> {
        self.try_get(column)
            .map_err(|error| corrupt(error.to_string()))
    }
}

fn to_text(bytes: Vec<u8>) -> Result<String, StoreError> {
    String::from_utf8(bytes).map_err(|_| corrupt("a text is not UTF-8"))
}

/// Returns a number as a column holds it; one that no column can hold is none that is kept.
pub(super) fn number(number: u64) -> Option<i64> {
    i64::try_from(number).ok()
}

/// Returns a number as a column holds it, the most it can hold where it is larger.
pub(super) fn at_most(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Returns how many rows are asked for.
pub(super) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn code<T: Code>(it: T) -> i16 {
    i16::try_from(it.code()).unwrap_or(-1)
}

fn millis(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::millis)
}

/// Returns the bytes of a token.
pub(super) fn token(token: u128) -> Vec<u8> {
    token.to_be_bytes().to_vec()
}

/// Reads a token.
pub(super) fn to_token(bytes: &[u8]) -> Result<u128, StoreError> {
    let bytes = bytes
        .try_into()
        .map_err(|_| corrupt("a token has not 16 bytes"))?;
    Ok(u128::from_be_bytes(bytes))
}

/// Returns the name of a key in its space: told apart from every other, whatever the two have in them.
pub(super) fn name_of(space: &str, key: &str) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update((space.len() as u64).to_be_bytes());
    hash.update(space.as_bytes());
    hash.update(key.as_bytes());
    hash.finalize().to_vec()
}

/// Returns a message's place in a list of its recipient's: made of its id, so that filling an inbox again finds
/// the place taken.
pub(super) fn number_of(message: &MessageId) -> i64 {
    let hash = Sha256::digest(message.as_str().as_bytes());
    let first = hash.first_chunk().copied().unwrap_or_default();
    i64::from_be_bytes(first) & i64::MAX
}

macro_rules! column {
    ($rows:expr, $row:ident => $value:expr) => {
        $rows.iter().map(|$row| $value).collect::<Vec<_>>()
    };
}

macro_rules! only {
    ($one:expr, $row:ident => $value:expr) => {{
        let $row = $one;
        $value
    }};
}

/// Puts the contract that rows belong to before their columns.
pub(super) fn of(contract: &ContractId, columns: Vec<Owned>) -> Vec<Owned> {
    let mut all = values![contract.as_str().to_owned()];
    all.extend(columns);
    all
}

/// Lists the values of a message, after its contract: of several as columns, of one as they are.
macro_rules! of_message {
    ($put:ident, $of:expr) => {
        values![
            $put!($of, row => at_most(row.seq)),
            $put!($of, row => row.id.as_str().to_owned()),
            $put!($of, row => row.seat.as_str().to_owned()),
            $put!($of, row => row.to.as_str().to_owned()),
            $put!($of, row => row.campaign.as_ref().map(|it| it.as_str().to_owned())),
            $put!($of, row => row.bulk),
            $put!($of, row => row.sent_at.millis()),
            $put!($of, row => row.deadline.millis()),
            $put!($of, row => i32::from(row.version)),
            $put!($of, row => i64::from(row.price)),
            $put!($of, row => row.subject.as_bytes().to_vec()),
            $put!($of, row => row.body.as_bytes().to_vec()),
        ]
    };
}

/// Returns the columns of messages, after their contract.
pub(super) fn messages(rows: &[&NewMessage]) -> Vec<Owned> {
    of_message!(column, rows)
}

/// Returns the values of one message, after its contract, and its place in the inbox.
pub(super) fn message(row: &NewMessage) -> Vec<Owned> {
    let mut values = of_message!(only, row);
    values.push(Box::new(number_of(&row.id)));
    values
}

/// Returns the column of messages' places in inboxes.
pub(super) fn numbers(rows: &[&NewMessage]) -> Owned {
    Box::new(column!(rows, row => number_of(&row.id)))
}

/// Returns the columns by which messages are found.
pub(super) fn message_ids(contract: &ContractId, rows: &[&NewMessage]) -> Vec<Owned> {
    values![
        column!(rows, row => row.id.as_str().to_owned()),
        column!(rows, _row => contract.as_str().to_owned()),
        column!(rows, row => at_most(row.seq)),
    ]
}

/// Returns the columns of inboxes.
pub(super) fn inbox(contract: &ContractId, rows: &[&NewMessage]) -> Vec<Owned> {
    values![
        column!(rows, row => row.to.as_str().to_owned()),
        column!(rows, row => number_of(&row.id)),
        column!(rows, row => row.sent_at.millis()),
        column!(rows, _row => contract.as_str().to_owned()),
        column!(rows, row => at_most(row.seq)),
    ]
}

/// Returns the columns of what has not reached inboxes.
pub(super) fn outbox(contract: &ContractId, rows: &[&NewMessage]) -> Vec<Owned> {
    values![
        contract.as_str().to_owned(),
        column!(rows, row => at_most(row.seq)),
    ]
}

/// Lists the values of an answer with its name, after its contract: of several as columns, of one as they are.
macro_rules! of_answer {
    ($put:ident, $of:expr) => {
        values![
            $put!($of, row => row.0.clone()),
            $put!($of, row => row.1.space.as_bytes().to_vec()),
            $put!($of, row => row.1.key.as_bytes().to_vec()),
            $put!($of, row => row.1.body.to_vec()),
            $put!($of, row => row.1.reply.clone()),
        ]
    };
}

/// Returns the columns of answers, after their contract.
pub(super) fn answers(rows: &[(Vec<u8>, &Answer)]) -> Vec<Owned> {
    of_answer!(column, rows)
}

/// Returns the values of one answer, after its contract.
pub(super) fn answer(row: &(Vec<u8>, &Answer)) -> Vec<Owned> {
    of_answer!(only, row)
}

/// Returns the columns of writings, after their contract; of those that one event brings each has its own part.
pub(super) fn writings(rows: &[(i32, &Writing)]) -> Vec<Owned> {
    values![
        column!(rows, row => row.1.message.as_str().to_owned()),
        column!(rows, row => at_most(row.1.seq)),
        column!(rows, row => row.0),
        column!(rows, row => row.1.at.millis()),
        column!(rows, row => code(row.1.from)),
        column!(rows, row => row.1.response.map(code)),
        column!(rows, row => row.1.auto),
        column!(rows, row => row.1.text.as_bytes().to_vec()),
    ]
}

/// Counts the writings of a batch, those of one message and event together.
pub(super) fn parts(writings: &[Writing]) -> Vec<(i32, &Writing)> {
    let mut counts: HashMap<(&MessageId, u64), i32> = HashMap::new();
    let mut parted = Vec::with_capacity(writings.len());
    for writing in writings {
        let count = counts.entry((&writing.message, writing.seq)).or_default();
        parted.push((*count, writing));
        *count += 1;
    }
    parted
}

/// Returns the columns of outcomes, after their contract.
pub(super) fn outcomes(rows: &[Outcome]) -> Vec<Owned> {
    values![
        column!(rows, row => row.message.as_str().to_owned()),
        column!(rows, row => code(row.status)),
        column!(rows, row => code(row.credit)),
        column!(rows, row => row.settled_by.map(code)),
        column!(rows, row => millis(row.settled_at)),
        column!(rows, row => row.settled_seq.map(at_most)),
        column!(rows, row => millis(row.responded_at)),
        column!(rows, row => row.response.map(code)),
        column!(rows, row => millis(row.seen_at)),
        column!(rows, row => millis(row.reported_at)),
        column!(rows, row => code(row.conversation)),
        column!(rows, row => row.note.as_ref().map(|note| note.as_bytes().to_vec())),
    ]
}

/// Returns one outcome for each message, the last; what it leaves out and earlier ones say stays said.
pub(super) fn last_outcomes(outcomes: Vec<Outcome>) -> Vec<Outcome> {
    let mut places: HashMap<MessageId, usize> = HashMap::with_capacity(outcomes.len());
    let mut last: Vec<Outcome> = Vec::with_capacity(outcomes.len());
    for mut outcome in outcomes {
        match places
            .get(&outcome.message)
            .and_then(|at| last.get_mut(*at))
        {
            Some(before) => {
                outcome.note = outcome.note.or(before.note.take());
                outcome.settled_seq = outcome.settled_seq.or(before.settled_seq);
                *before = outcome;
            }
            None => {
                places.insert(outcome.message.clone(), last.len());
                last.push(outcome);
            }
        }
    }
    last
}

/// Returns the columns of deliveries.
pub(super) fn deliveries(rows: &[&Delivery]) -> Vec<Owned> {
    values![
        column!(rows, row => row.contract.as_str().to_owned()),
        column!(rows, row => row.webhook.clone()),
        column!(rows, row => at_most(row.seq)),
        column!(rows, row => code(row.state)),
        column!(rows, row => i64::from(row.attempts)),
        column!(rows, row => millis(row.next_at)),
        column!(rows, row => row.created_at.millis()),
        column!(rows, row => millis(row.tried_at)),
        column!(rows, row => row.status.map(i32::from)),
        column!(rows, row => row.error.as_ref().map(|error| error.as_bytes().to_vec())),
    ]
}

/// Returns the values of one delivery.
pub(super) fn delivery(row: &Delivery) -> Vec<Owned> {
    values![
        row.contract.as_str().to_owned(),
        row.webhook.clone(),
        at_most(row.seq),
        code(row.state),
        i64::from(row.attempts),
        millis(row.next_at),
        row.created_at.millis(),
        millis(row.tried_at),
        row.status.map(i32::from),
        row.error.as_ref().map(|error| error.as_bytes().to_vec()),
    ]
}

/// Reads a delivery.
pub(super) fn to_delivery(row: &Row) -> Result<Delivery, StoreError> {
    let small = |what: &str| corrupt(format!("a delivery has no {what} that can be"));
    let attempts: i64 = row.read(4)?;
    let status: Option<i32> = row.read(8)?;
    let error: Option<Vec<u8>> = row.read(9)?;
    Ok(Delivery {
        contract: row.id(0)?,
        webhook: row.read(1)?,
        seq: row.number(2)?,
        state: row.coded(3)?,
        attempts: u32::try_from(attempts).map_err(|_| small("attempts"))?,
        next_at: row.instant_or_null(5)?,
        created_at: row.instant(6)?,
        tried_at: row.instant_or_null(7)?,
        status: status
            .map(|status| u16::try_from(status).map_err(|_| small("status")))
            .transpose()?,
        error: error.map(to_text).transpose()?,
    })
}

/// Reads a contract.
pub(super) fn to_contract(row: &Row) -> Result<ContractRow, StoreError> {
    Ok(ContractRow {
        id: row.id(0)?,
        seq: row.number(1)?,
        token: to_token(row.read(2)?)?,
        next_due: row.instant_or_null(3)?,
        details: row.read(4)?,
    })
}

/// Reads a message with what became of it.
pub(super) fn to_message(row: &Row) -> Result<MessageRow, StoreError> {
    let small = |what: &str| corrupt(format!("a message has no {what} that can be"));
    let campaign: Option<&str> = row.read(5)?;
    let version: i32 = row.read(9)?;
    let price: i64 = row.read(10)?;
    let sent = NewMessage {
        seq: row.number(1)?,
        id: row.id(2)?,
        seat: row.id(3)?,
        to: row.id(4)?,
        campaign: campaign.map(to_id).transpose()?,
        bulk: row.read(6)?,
        sent_at: row.instant(7)?,
        deadline: row.instant(8)?,
        version: u16::try_from(version).map_err(|_| small("version"))?,
        price: u32::try_from(price).map_err(|_| small("price"))?,
        subject: row.text(11)?,
        body: row.text(12)?,
    };
    let outcome = match row.coded_or_null(13)? {
        None => Outcome::fresh(sent.id.clone(), sent.price),
        Some(status) => to_outcome(row, sent.id.clone(), status)?,
    };
    Ok(MessageRow {
        contract: row.id(0)?,
        sent,
        outcome,
    })
}

fn to_outcome(
    row: &Row,
    message: MessageId,
    status: earnest_core::Status,
) -> Result<Outcome, StoreError> {
    let settled_seq: Option<i64> = row.read(17)?;
    let note: Option<Vec<u8>> = row.read(23)?;
    Ok(Outcome {
        message,
        status,
        credit: row.coded(14)?,
        settled_by: row.coded_or_null(15)?,
        settled_at: row.instant_or_null(16)?,
        settled_seq: settled_seq.map(i64::cast_unsigned),
        responded_at: row.instant_or_null(18)?,
        response: row.coded_or_null(19)?,
        seen_at: row.instant_or_null(20)?,
        reported_at: row.instant_or_null(21)?,
        conversation: row.coded(22)?,
        note: note.map(to_text).transpose()?,
    })
}

/// Reads something that was written.
pub(super) fn to_writing(row: &Row, message: &MessageId) -> Result<Writing, StoreError> {
    Ok(Writing {
        message: message.clone(),
        seq: row.number(0)?,
        at: row.instant(1)?,
        from: row.coded(2)?,
        response: row.coded_or_null(3)?,
        auto: row.read(4)?,
        text: row.text(5)?,
    })
}
