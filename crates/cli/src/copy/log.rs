//! Copies the log: batch by batch, with the messages that each sends or touches and what was written with it.
//!
//! Owns: what is committed with a batch. Invariants: batches of one contract are copied in their order; a batch that
//! is there is passed over; of a message the copy has what became of it up to now.

use super::{Copied, Copy, told};
use crate::error::Error;
use earnest_core::event::Fact;
use earnest_core::units::{ContractId, MessageId};
use earnest_engine::message_of;
use earnest_store::{
    Batch, ContractUpdate, LogRow, MessageQuery, MessageRow, Outcome, Position, Store, StoreError,
    Which, Writing,
};
use futures_util::future::try_join_all;
use std::collections::{BTreeMap, BTreeSet};

/// How many rows of the log are read at once.
const ROWS: usize = 512;
/// How many messages are read at once.
const MESSAGES: usize = 1_000;

pub(super) async fn copy(
    copy: &mut Copy,
    copied: &mut Copied,
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<(), Error> {
    loop {
        let before = copy.places.up_to;
        let mut rows = copy.from.log(Position(before), ROWS).await.map_err(told)?;
        // Where a place is asked for, nothing after it is copied before it is known where it is.
        if let Some(end) = (1..rows.len()).find(|at| {
            let place = |at: usize| rows.get(at).map_or(0, |row| row.position.0);
            copy.places.is_wanted(place(at - 1), place(*at))
        }) {
            rows.truncate(end);
        }
        let Some(last) = rows.last().map(|row| row.position.0) else {
            return Ok(());
        };
        let mut lanes: BTreeMap<ContractId, Vec<LogRow>> = BTreeMap::new();
        for row in rows {
            lanes.entry(row.contract.clone()).or_default().push(row);
        }
        for contract in lanes.keys() {
            copy.newest(contract).await?;
        }
        let newest = |contract: &ContractId| copy.newest.get(contract).copied().unwrap_or(0);
        let lanes = lanes.into_iter().map(|(contract, rows)| {
            let from = newest(&contract);
            lane(&*copy.from, &*copy.to, contract, from, rows, progress)
        });
        let all_done = try_join_all(lanes).await?;
        for done in all_done {
            copied.events += done.events;
            copied.messages += done.messages;
            copy.newest.insert(done.contract, done.newest);
        }
        let head = copy.to.head().await.map_err(told)?;
        copy.places.note(last, head);
        copy.places.save(&*copy.to).await?;
    }
}

/// What was copied of one contract.
struct Done {
    contract: ContractId,
    newest: u64,
    events: u64,
    messages: u64,
}

/// Copies rows of one contract, one after the other.
async fn lane(
    from: &dyn Store,
    to: &dyn Store,
    contract: ContractId,
    mut newest: u64,
    rows: Vec<LogRow>,
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<Done, Error> {
    let (mut events, mut messages) = (0, 0);
    for row in rows {
        let count = row.events.len() as u64;
        let last = row.first + count - 1;
        progress(count);
        if newest >= last {
            continue;
        }
        if newest + 1 != row.first {
            return Err(Error::Input(format!(
                "contract `{contract}` has event {newest} in the copy, and the next in the source is {}: one of the two \
                 was changed by others; copy into an empty store",
                row.first
            )));
        }
        let batch = batch(from, row).await?;
        messages += batch.messages.len() as u64;
        commit(to, batch, last).await?;
        events += count;
        newest = last;
    }
    Ok(Done {
        contract,
        newest,
        events,
        messages,
    })
}

/// Commits a batch; where the outcome is unknown, looks.
async fn commit(to: &dyn Store, batch: Batch, last: u64) -> Result<(), Error> {
    let (contract, token) = (batch.contract.clone(), batch.token);
    match to.commit(batch).await {
        Ok(_) => Ok(()),
        Err(error @ (StoreError::Unknown(_) | StoreError::Conflict)) => {
            let row = to.contract(&contract).await.map_err(told)?;
            let is_there = row.is_some_and(|row| row.seq == last && row.token == token);
            match is_there {
                true => Ok(()),
                false => Err(told(error)),
            }
        }
        Err(error) => Err(told(error)),
    }
}

/// Returns a batch as the source has it.
async fn batch(from: &dyn Store, row: LogRow) -> Result<Batch, Error> {
    let events = row.events.iter();
    let touched: BTreeSet<&MessageId> =
        events.filter_map(|event| message_of(&event.fact)).collect();
    let touched: Vec<MessageId> = touched.into_iter().cloned().collect();
    let seqs = row.first..row.first + row.events.len() as u64;
    let mut messages = Vec::new();
    let mut outcomes = Vec::new();
    for some in touched.chunks(MESSAGES) {
        for kept in named(from, some).await? {
            if kept.outcome != Outcome::fresh(kept.sent.id.clone(), kept.sent.price) {
                outcomes.push(kept.outcome);
            }
            if kept.contract == row.contract && seqs.contains(&kept.sent.seq) {
                messages.push(kept.sent);
            }
        }
    }
    let mut writings: Vec<Writing> = Vec::new();
    let talked: BTreeSet<&MessageId> = row
        .events
        .iter()
        .filter(|event| is_written(&event.fact))
        .filter_map(|event| message_of(&event.fact))
        .collect();
    for message in talked {
        let all = from.writings(message).await.map_err(told)?;
        writings.extend(all.into_iter().filter(|it| seqs.contains(&it.seq)));
    }
    let details = match row.first {
        1 => from
            .contract(&row.contract)
            .await
            .map_err(told)?
            .map(|kept| kept.details),
        _ => None,
    };
    Ok(Batch {
        expected: row.first - 1,
        contract: row.contract,
        token: row.token,
        events: row.events,
        messages,
        outcomes,
        writings,
        answers: Vec::new(),
        // When something falls due is set at the end: until then nobody works on the copy.
        update: ContractUpdate {
            next_due: None,
            details,
        },
    })
}

async fn named(from: &dyn Store, ids: &[MessageId]) -> Result<Vec<MessageRow>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    let mut after = None;
    loop {
        let query = MessageQuery {
            after,
            ..MessageQuery::new(Which::Ids(ids.to_vec()), ids.len())
        };
        let page = from.messages(query).await.map_err(told)?;
        found.extend(page.messages);
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// Returns whether something was written with an event.
const fn is_written(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::MessageResponded { .. } | Fact::ConversationMessage { .. }
    )
}
