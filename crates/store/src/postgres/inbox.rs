//! Brings messages into the inboxes of their recipients, where those are on other workers.
//!
//! Owns: what is in the outbox. Invariants: a message leaves the outbox only when it is in the inbox; done again
//! nothing changes, so that any process may do it at any time; where a commit was answered it has been done, unless
//! the process died or the inbox' worker was away, and then it is done soon by whoever looks.

use super::pipeline::{Step, apart, values};
use super::pool::{Lent, read};
use super::row::{self, Columns, limit};
use super::statement::{ADD_INBOX, LEAVE_OUTBOX, OUTBOX};
use super::{Flow, Inner, messages};
use crate::batch::NewMessage;
use crate::error::StoreError;
use earnest_core::units::ContractId;
use std::collections::BTreeMap;

/// How many messages are looked at together.
const TOGETHER: usize = 512;

/// Brings messages that were just committed into inboxes. What fails is left to [`deliver_rest`].
pub(super) async fn deliver(inner: &Inner, contract: &ContractId, messages: &[&NewMessage]) {
    if messages.is_empty() {
        return;
    }
    if let Err(error) = bring(inner, contract, messages).await {
        tracing::warn!(%contract, "messages of contract {contract} reach inboxes later: {error}");
    }
}

/// Brings what was left behind into inboxes. Returns how many messages.
pub(super) async fn deliver_rest(inner: &Inner) -> Result<usize, StoreError> {
    let rows = read(&inner.pool, &OUTBOX, &[&limit(TOGETHER)]).await?;
    let mut left: BTreeMap<ContractId, Vec<i64>> = BTreeMap::new();
    for row in &rows {
        left.entry(row.id(0)?).or_default().push(row.read(1)?);
    }
    for (contract, seqs) in left {
        let kept = messages::at(inner, &contract, &seqs).await?;
        let kept: Vec<&NewMessage> = kept.iter().map(|row| &row.sent).collect();
        bring(inner, &contract, &kept).await?;
    }
    Ok(rows.len())
}

async fn bring(
    inner: &Inner,
    contract: &ContractId,
    messages: &[&NewMessage],
) -> Result<(), StoreError> {
    let mut steps = Vec::with_capacity(messages.len());
    Flow::Spread.steps(&mut steps, &ADD_INBOX, messages, |rows| {
        row::inbox(contract, rows)
    });
    let lent = Lent::of(&inner.pool).await?;
    apart(lent, &steps).await?;
    let seqs: Vec<i64> = messages
        .iter()
        .map(|message| row::at_most(message.seq))
        .collect();
    let leave = Step::new(&LEAVE_OUTBOX, values![contract.as_str().to_owned(), seqs]);
    let lent = Lent::of(&inner.pool).await?;
    apart(lent, &[leave]).await?;
    Ok(())
}
