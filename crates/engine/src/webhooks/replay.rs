//! Lists deliveries, and sends those again that have ended.
//!
//! Owns: which ones are sent again. Does not own: sending them ([`Courier`](super::Courier)).
//! Invariants: only what has ended is sent again, since what waits belongs to the courier; what is sent again
//! keeps its webhook-id and its place in its lane.

use super::endpoint::wake;
use super::id::{parts, webhook_id};
use crate::engine::Engine;
use crate::failure::Failure;
use crate::record::Page;
use earnest_core::units::{ContractId, Timestamp};
use earnest_store::{Delivery, DeliveryQuery, DeliveryState};

/// How many deliveries are read or written at once.
const PAGE: usize = 500;
/// The most deliveries that are sent again at once.
const MOST: usize = 100_000;

/// A delivery, with the id that its endpoint knows it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRecord {
    /// Its webhook-id.
    pub id: String,
    /// The rest.
    pub delivery: Delivery,
}

/// Which deliveries are sent again, of those that have ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replay {
    /// Only those that were made then or later.
    pub since: Option<Timestamp>,
    /// Only the one of this webhook-id.
    pub delivery: Option<String>,
    /// Only those that ended so.
    pub state: Option<DeliveryState>,
}

impl Engine {
    /// Returns an endpoint's deliveries, newest first, after one.
    ///
    /// # Errors
    /// When there is no such endpoint, or the store fails.
    pub async fn deliveries(
        &self,
        webhook: &str,
        state: Option<DeliveryState>,
        after: Option<(Timestamp, ContractId, u64)>,
        limit: usize,
    ) -> Result<Page<DeliveryRecord, (Timestamp, ContractId, u64)>, Failure> {
        self.webhook(webhook).await?;
        let query = DeliveryQuery::Of {
            webhook: webhook.to_owned(),
            state,
            after,
            limit: limit.saturating_add(1),
        };
        let mut found = self.store().deliveries(query).await?;
        let is_last = found.len() <= limit;
        found.truncate(limit);
        let last = found.last().filter(|_| !is_last);
        let next = last.map(|it| (it.created_at, it.contract.clone(), it.seq));
        let items = found.into_iter().map(|delivery| DeliveryRecord {
            id: webhook_id(&delivery.webhook, &delivery.contract, delivery.seq),
            delivery,
        });
        Ok(Page {
            items: items.collect(),
            next,
        })
    }

    /// Has deliveries sent again, under their old webhook-ids and in order, and returns how many.
    ///
    /// # Errors
    /// When there is no such endpoint or delivery, when there are too many, or the store fails.
    pub async fn replay_deliveries(
        &self,
        webhook: &str,
        replay: &Replay,
    ) -> Result<usize, Failure> {
        self.webhook(webhook).await?;
        let mut ended = match &replay.delivery {
            Some(id) => vec![self.delivery(webhook, id).await?],
            None => self.ended_since(webhook, replay).await?,
        };
        ended.retain(|it| {
            it.state != DeliveryState::Waiting
                && replay.state.is_none_or(|state| it.state == state)
                && replay.since.is_none_or(|since| it.created_at >= since)
        });
        let count = ended.len();
        // The oldest first: the courier may already be at work on them.
        ended.sort_by(|a, b| (a.seq, &a.contract).cmp(&(b.seq, &b.contract)));
        while !ended.is_empty() {
            let rest = ended.split_off(ended.len().min(PAGE));
            let again = ended.into_iter().map(again);
            self.store().update_deliveries(again.collect()).await?;
            ended = rest;
        }
        // Also where there was nothing: who asks again after a crash wakes what that left behind.
        self.store().put(vec![wake(webhook)]).await?;
        self.outlet().touch();
        Ok(count)
    }

    async fn delivery(&self, webhook: &str, id: &str) -> Result<Delivery, Failure> {
        let unknown = || Failure::Unknown {
            kind: "delivery",
            id: id.to_owned(),
        };
        let (contract, seq) = parts(webhook, id).ok_or_else(unknown)?;
        let query = DeliveryQuery::One {
            webhook: webhook.to_owned(),
            contract,
            seq,
        };
        self.store()
            .deliveries(query)
            .await?
            .pop()
            .ok_or_else(unknown)
    }

    async fn ended_since(&self, webhook: &str, replay: &Replay) -> Result<Vec<Delivery>, Failure> {
        let mut all: Vec<Delivery> = Vec::new();
        let mut after = None;
        loop {
            let query = DeliveryQuery::Of {
                webhook: webhook.to_owned(),
                state: replay.state,
                after: after.take(),
                limit: PAGE,
            };
            let page = self.store().deliveries(query).await?;
            let last = page.last();
            after = last.map(|it| (it.created_at, it.contract.clone(), it.seq));
            let is_early = |at: Timestamp| replay.since.is_some_and(|since| at < since);
            let is_last = page.len() < PAGE || last.is_none_or(|it| is_early(it.created_at));
            let ended = |it: &Delivery| it.state != DeliveryState::Waiting;
            all.extend(page.into_iter().filter(ended));
            if all.len() > MOST {
                return Err(Failure::Invalid {
                    field: "since",
                    why: format!(
                        "at most {MOST} deliveries are sent again at once; name a later instant"
                    ),
                });
            }
            if is_last {
                return Ok(all);
            }
        }
    }
}

fn again(delivery: Delivery) -> Delivery {
    Delivery {
        state: DeliveryState::Waiting,
        attempts: 0,
        next_at: None,
        ..delivery
    }
}
