//! Commits batches.
//!
//! Owns: which statements a batch becomes, in which order. Does not own: how they are sent. Invariants: every
//! statement names the batch's contract or the one name that it is about; the version of the contract is the only
//! check between processes, and the first statement; whether a commit happened is never guessed.

use super::Inner;
use super::pipeline::{Open, Owned, Step, alone, transaction, values};
use super::pool::{Lent, read};
use super::row::{self, Columns, number};
use super::statement::{
    ADD_ANSWERS, ADD_BATCH, ADD_INBOX, ADD_MESSAGE_IDS, ADD_MESSAGES, ADD_OUTBOX, ADD_WRITINGS,
    BEGIN_CONTRACT, BEGIN_WITH_ALL, CONTRACT, HEAD, MOVE_CONTRACT, MOVE_WITH_ALL,
    MOVE_WITH_MESSAGES, MOVE_WITH_ONE, PUT_OUTCOMES, TELL_OF_BATCH, TELL_OF_NOTES, TOUCH_CONTRACT,
};
use super::{Flow, inbox};
use crate::batch::{Answer, Batch, NewMessage};
use crate::error::StoreError;
use crate::read::Position;
use std::collections::BTreeSet;
use tokio_postgres::Row;

/// Commits a batch.
pub(super) async fn commit(inner: &Inner, batch: Batch) -> Result<Position, StoreError> {
    let count = batch.events.len() as u64;
    let last = batch.expected.checked_add(count).and_then(number);
    let (Some(expected), Some(last)) = (number(batch.expected), last) else {
        // No contract has ever come so far.
        return Err(StoreError::Conflict);
    };
    if !is_consistent(&batch) {
        return Err(StoreError::Conflict);
    }
    if count == 0 {
        return without_events(inner, batch, expected).await;
    }
    let events = serde_json::to_string(&batch.events)
        .map_err(|error| StoreError::Corrupt(format!("events cannot be written: {error}")))?;
    let contract = batch.contract.as_str().to_owned();
    let token = row::token(batch.token);
    let due = batch
        .update
        .next_due
        .map(earnest_core::units::Timestamp::millis);
    let details = batch.update.details.clone();
    let count = i32::try_from(count)
        .map_err(|_| StoreError::Full("a batch has too many events".to_owned()))?;
    if inner.flow == Flow::Together {
        let values = values![
            contract,
            last,
            token,
            due,
            details.or_else(|| (expected == 0).then(Vec::new)),
            expected + 1,
            count,
            events,
            inner.shift,
            inner.writer,
            expected
        ];
        return whole(inner, &batch, values).await;
    }
    let moved = match expected {
        0 => Step::new(
            &BEGIN_CONTRACT,
            values![
                contract.clone(),
                last,
                token.clone(),
                due,
                details.unwrap_or_default()
            ],
        ),
        _ => Step::new(
            &MOVE_CONTRACT,
            values![
                contract.clone(),
                expected,
                last,
                token.clone(),
                due,
                details
            ],
        ),
    };
    let kept = values![contract.clone(), expected + 1, count, token, events];
    let told = values![inner.shift, inner.writer, contract, expected + 1, count];
    let mut steps = vec![
        moved,
        Step::new(&ADD_BATCH, kept),
        Step::new(&TELL_OF_BATCH, told),
    ];
    let place_at = steps.len() - 1;
    let messages = belongings(inner.flow, &batch, &mut steps);
    let lent = Lent::of(&inner.pool).await?;
    let rows = transaction(lent, &steps).await?;
    let place = rows
        .get(place_at)
        .and_then(|rows| rows.first())
        .map(|row: &Row| row.number(0));
    inbox::deliver(inner, &batch.contract, &messages).await;
    Ok(Position(place.transpose()?.unwrap_or_default()))
}

/// Commits a batch where all tables are in one place: one statement, which is a transaction of its own.
async fn whole(
    inner: &Inner,
    batch: &Batch,
    mut values: Vec<Owned>,
) -> Result<Position, StoreError> {
    let (answers, messages) = (by_name(batch), by_id(batch));
    let only_sends = batch.outcomes.is_empty() && batch.writings.is_empty();
    let statement = match (&*answers, &*messages) {
        ([answer], [message]) if only_sends && batch.expected > 0 => {
            values.extend(row::answer(answer));
            values.extend(row::message(message));
            &MOVE_WITH_ONE
        }
        _ => {
            values.extend(row::answers(&answers));
            values.extend(row::messages(&messages));
            values.push(row::numbers(&messages));
            match batch.expected {
                0 => &BEGIN_WITH_ALL,
                _ if only_sends => &MOVE_WITH_MESSAGES,
                _ => &MOVE_WITH_ALL,
            }
        }
    };
    if batch.expected == 0 || !only_sends {
        values.extend(row::outcomes(&row::last_outcomes(batch.outcomes.clone())));
        values.extend(row::writings(&row::parts(&batch.writings)));
    }
    let lent = Lent::of(&inner.pool).await?;
    let rows = alone(lent, &Step::new(statement, values)).await?;
    match rows.first() {
        Some(row) => Ok(Position(row.number(0)?)),
        None => Err(StoreError::Conflict),
    }
}

/// Returns a batch's messages in the order in which all commits take their ids: so that no two wait for each other.
fn by_id(batch: &Batch) -> Vec<&NewMessage> {
    let mut messages: Vec<&NewMessage> = batch.messages.iter().collect();
    messages.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    messages
}

/// Returns a batch's answers with their names, in the order of those, for the same reason.
fn by_name(batch: &Batch) -> Vec<(Vec<u8>, &Answer)> {
    let mut answers: Vec<(Vec<u8>, &Answer)> = batch
        .answers
        .iter()
        .map(|answer| (row::name_of(&answer.space, &answer.key), answer))
        .collect();
    answers.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    answers
}

/// Adds the steps for what comes with a batch, and returns its messages.
fn belongings<'b>(flow: Flow, batch: &'b Batch, steps: &mut Vec<Step>) -> Vec<&'b NewMessage> {
    let contract = &batch.contract;
    let messages = by_id(batch);
    let answers = by_name(batch);
    flow.steps(steps, &ADD_ANSWERS, &answers, |rows| {
        row::of(contract, row::answers(rows))
    });
    let ids = |rows: &[&NewMessage]| row::message_ids(contract, rows);
    flow.steps(steps, &ADD_MESSAGE_IDS, &messages, ids);
    let sent = |rows: &[&NewMessage]| row::of(contract, row::messages(rows));
    flow.steps(steps, &ADD_MESSAGES, &messages, sent);
    match flow {
        Flow::Together => {
            let delivered = |rows: &[&NewMessage]| row::inbox(contract, rows);
            flow.steps(steps, &ADD_INBOX, &messages, delivered);
        }
        Flow::Spread => {
            let left = |rows: &[&NewMessage]| row::outbox(contract, rows);
            flow.steps(steps, &ADD_OUTBOX, &messages, left);
        }
    }
    let outcomes = row::last_outcomes(batch.outcomes.clone());
    flow.steps(steps, &PUT_OUTCOMES, &outcomes, |rows| {
        row::of(contract, row::outcomes(rows))
    });
    let writings = row::parts(&batch.writings);
    flow.steps(steps, &ADD_WRITINGS, &writings, |rows| {
        row::of(contract, row::writings(rows))
    });
    messages
}

/// Commits what brings no event: the contract stays where it is, and one that is not there does not begin.
async fn without_events(
    inner: &Inner,
    batch: Batch,
    expected: i64,
) -> Result<Position, StoreError> {
    let contract = batch.contract.as_str().to_owned();
    let due = batch
        .update
        .next_due
        .map(earnest_core::units::Timestamp::millis);
    let look = match expected {
        0 => Step::new(&CONTRACT, values![contract.clone()]),
        _ => Step::new(
            &TOUCH_CONTRACT,
            values![
                contract.clone(),
                expected,
                due,
                batch.update.details.clone()
            ],
        ),
    };
    let lent = Lent::of(&inner.pool).await?;
    let (open, rows) = Open::begin(lent, &[look]).await?;
    let is_there = rows.first().is_some_and(|rows| !rows.is_empty());
    if is_there != (expected > 0) {
        open.roll_back().await;
        return Err(StoreError::Conflict);
    }
    let mut steps = Vec::new();
    if is_there && batch.update.details.is_some() {
        let told = values![inner.shift, inner.writer, contract];
        steps.push(Step::new(&TELL_OF_NOTES, told));
    }
    let messages = belongings(inner.flow, &batch, &mut steps);
    open.commit(&steps).await?;
    if inner.flow == Flow::Spread {
        inbox::deliver(inner, &batch.contract, &messages).await;
    }
    let rows = read(&inner.pool, &HEAD, &[]).await?;
    let head = rows.first().map(|row| row.number(1)).transpose()?;
    Ok(Position(head.unwrap_or_default()))
}

/// Returns whether no name is taken twice within a batch.
fn is_consistent(batch: &Batch) -> bool {
    let mut ids = BTreeSet::new();
    let mut keys = BTreeSet::new();
    batch.messages.iter().all(|message| ids.insert(&message.id))
        && batch
            .answers
            .iter()
            .all(|answer| keys.insert((&answer.space, &answer.key)))
}
