//! Looks at an endpoint's waiting deliveries again: after it was resumed or removed, after a replay, and when
//! another process takes over.
//!
//! Owns: letting the first delivery of each lane go on, and giving up what waits for an endpoint that is gone.

use super::endpoint::Kept;
use super::fan_out::{Lane, first_waiting};
use crate::engine::Engine;
use crate::failure::Failure;
use earnest_core::units::Timestamp;
use earnest_store::{Delivery, DeliveryQuery, DeliveryState};
use hashbrown::HashSet;

/// How many deliveries are read or written at once.
const PAGE: usize = 500;

/// Brings an endpoint's deliveries in order; `kept` is nothing where the endpoint is gone.
pub(super) async fn heal(
    engine: &Engine,
    webhook: &str,
    kept: Option<&Kept>,
) -> Result<(), Failure> {
    match kept {
        None => bury(engine, webhook).await,
        Some(kept) if kept.is_active() => {
            let lanes = lanes(engine, webhook).await?;
            begin(engine, &lanes).await
        }
        Some(_) => Ok(()),
    }
}

/// Lets the first delivery of each lane go on.
pub(super) async fn begin(engine: &Engine, lanes: &HashSet<Lane>) -> Result<(), Failure> {
    let mut begun = Vec::new();
    for (webhook, contract) in lanes {
        let query = DeliveryQuery::Waiting {
            webhook: webhook.clone(),
            contract: contract.clone(),
            limit: 1,
        };
        let first = engine.store().deliveries(query).await?.pop();
        if let Some(first) = first.filter(|first| first.next_at.is_none()) {
            begun.push(at(first, engine.now()));
        }
        if begun.len() >= PAGE {
            engine
                .store()
                .update_deliveries(std::mem::take(&mut begun))
                .await?;
        }
    }
    if !begun.is_empty() {
        engine.store().update_deliveries(begun).await?;
    }
    Ok(())
}

/// Returns what goes on after a delivery has ended: the next one of its lane, to be tried at once.
pub(super) async fn after(engine: &Engine, ended: &Delivery) -> Result<Option<Delivery>, Failure> {
    let waiting = first_waiting(engine, ended, 2).await?;
    let next = waiting.into_iter().find(|next| next.seq != ended.seq);
    let next = next.filter(|next| next.next_at.is_none());
    Ok(next.map(|next| at(next, engine.now())))
}

fn at(delivery: Delivery, now: Timestamp) -> Delivery {
    Delivery {
        next_at: Some(now),
        ..delivery
    }
}

/// Returns the lanes of an endpoint in which something waits.
async fn lanes(engine: &Engine, webhook: &str) -> Result<HashSet<Lane>, Failure> {
    let mut lanes = HashSet::new();
    let mut after = None;
    loop {
        let page = waiting(engine, webhook, after.take()).await?;
        let is_last = page.len() < PAGE;
        after = page
            .last()
            .map(|it| (it.created_at, it.contract.clone(), it.seq));
        lanes.extend(page.into_iter().map(|it| (it.webhook, it.contract)));
        if is_last {
            return Ok(lanes);
        }
    }
}

/// Gives up all that waits for an endpoint that is gone.
async fn bury(engine: &Engine, webhook: &str) -> Result<(), Failure> {
    loop {
        let page = waiting(engine, webhook, None).await?;
        if page.is_empty() {
            return Ok(());
        }
        let dead = page.into_iter().map(|delivery| Delivery {
            state: DeliveryState::Dead,
            next_at: None,
            error: Some("the webhook was removed".to_owned()),
            ..delivery
        });
        engine.store().update_deliveries(dead.collect()).await?;
    }
}

async fn waiting(
    engine: &Engine,
    webhook: &str,
    after: Option<(Timestamp, earnest_core::units::ContractId, u64)>,
) -> Result<Vec<Delivery>, Failure> {
    let query = DeliveryQuery::Of {
        webhook: webhook.to_owned(),
        state: Some(DeliveryState::Waiting),
        after,
        limit: PAGE,
    };
    Ok(engine.store().deliveries(query).await?)
}
