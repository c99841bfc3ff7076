//! Tells a contract's credits at past instants.
//!
//! Owns: marks, which keep the balance after every so many events, and the fold from a mark to an instant. Does
//! not own: the fold itself ([`earnest_core::ledger`]). Invariant: marks follow from the events: one that is
//! missing costs time, never truth.

use crate::engine::Engine;
use crate::failure::Failure;
use crate::keys::json;
use earnest_core::Balance;
use earnest_core::event::{Event, Fact};
use earnest_core::units::{ContractId, Timestamp};
use earnest_store::Put;

/// How many events lie between two marks.
pub(crate) const APART: u64 = 1_024;

/// The balance after one of a contract's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) seq: u64,
    pub(crate) balance: Balance,
}

fn kind(contract: &ContractId) -> String {
    format!("mark/{contract}")
}

fn id(seq: u64) -> String {
    format!("{seq:020}")
}

/// Keeps marks, in the background: what fails to be kept is done without.
pub(crate) fn keep(engine: &Engine, contract: &ContractId, marks: Vec<Mark>) {
    if marks.is_empty() {
        return;
    }
    let kind = kind(contract);
    let puts = marks.into_iter().map(|mark| Put {
        kind: kind.clone(),
        id: id(mark.seq),
        expected: None,
        body: Some(json(&mark.balance)),
    });
    let puts: Vec<Put> = puts.collect();
    let engine = engine.clone();
    tokio::spawn(async move {
        if let Err(error) = engine.store().put(puts).await {
            tracing::warn!("marks are not kept: {error}");
        }
    });
}

/// Returns the balance at an instant; `last` is the number of the last event at or before it.
pub(crate) async fn balance(
    engine: &Engine,
    contract: &ContractId,
    last: u64,
    at: Timestamp,
) -> Result<Balance, Failure> {
    const PAGE: usize = 4_096;
    let (mut seq, mut balance) = nearest(engine, contract, last).await?;
    while seq < last {
        let events = engine.events(contract, seq + 1, last, false, PAGE).await?;
        if events.is_empty() {
            break;
        }
        for found in events {
            if is_after(&found.event, at) {
                return Ok(balance);
            }
            balance = balance
                .after(&found.event)
                .map_err(|error| Failure::Internal(format!("event {}: {error}", found.seq)))?;
            seq = found.seq;
        }
    }
    Ok(balance)
}

/// Returns whether an event takes effect only after the instant: a lapse is recorded at its deadline, and
/// comes last there.
fn is_after(event: &Event, at: Timestamp) -> bool {
    event.at == at && matches!(event.fact, Fact::MessageLapsed { .. })
}

/// Returns the balance at the newest mark that is not after an event. At the mark's own instant a lapse may
/// stand before it, so the one before is taken where they are of one instant.
async fn nearest(
    engine: &Engine,
    contract: &ContractId,
    last: u64,
) -> Result<(u64, Balance), Failure> {
    let kind = kind(contract);
    // The events of one instant are few as a rule; one mark further back costs little.
    let mut seq = (last / APART * APART).saturating_sub(APART);
    while seq > 0 {
        if let Some(document) = engine.store().document(&kind, &id(seq)).await?
            && let Ok(balance) = serde_json::from_slice(&document.body)
        {
            return Ok((seq, balance));
        }
        seq = seq.saturating_sub(APART);
    }
    Ok((0, Balance::default()))
}
