//! Makes a delivery of each event for each endpoint that wants it, from the log.
//!
//! Owns: how far the log was read. Does not own: sending.
//! Invariants: deliveries and the place up to which they were made are written together; reading the log twice
//! makes no delivery twice; the endpoints are read after the log, so that none is passed over that was there.

use super::endpoint::Kept;
use super::listed::event_type;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::keys::json;
use earnest_core::units::{ContractId, Timestamp};
use earnest_store::{
    Delivery, DeliveryQuery, DeliveryState, Document, LogRow, Position, Put, StoreError,
};
use hashbrown::{HashMap, HashSet};

pub(super) const KIND: &str = "webhook-cursor";
const ID: &str = "log";
/// How many rows of the log are read at once.
const ROWS: usize = 256;
/// How many deliveries are written at once, about.
const AT_ONCE: usize = 2_000;
/// How far the place may move in memory alone: where nobody wants what happens, it costs next to nothing.
const UNWRITTEN: u64 = 5_000;

/// An endpoint and a contract: what keeps its order.
pub(super) type Lane = (String, ContractId);

/// The endpoints, as they are known.
#[derive(Debug, Default)]
pub(super) struct Endpoints {
    by_id: HashMap<String, Kept>,
    /// Those of every contract.
    general: Vec<String>,
    by_contract: HashMap<ContractId, Vec<String>>,
}

impl Endpoints {
    pub(super) fn add(&mut self, id: String, kept: Kept) {
        match &kept.contract {
            None => self.general.push(id.clone()),
            Some(contract) => {
                let of = self.by_contract.entry(contract.clone()).or_default();
                of.push(id.clone());
            }
        }
        self.by_id.insert(id, kept);
    }

    pub(super) fn get(&self, id: &str) -> Option<&Kept> {
        self.by_id.get(id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &String> {
        self.by_id.keys()
    }

    /// Returns the endpoints that may be sent events of a contract.
    fn of<'a>(&'a self, contract: &ContractId) -> impl Iterator<Item = (&'a str, &'a Kept)> {
        let own = self.by_contract.get(contract).into_iter().flatten();
        let ids = self.general.iter().chain(own);
        ids.filter_map(|id| Some((id.as_str(), self.by_id.get(id)?)))
    }

    /// Returns the place up to which nobody wants anything.
    fn wanted_after(&self) -> Option<Position> {
        self.by_id.values().map(Kept::from).min()
    }
}

/// How far the log was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor {
    at: Position,
    written: Position,
    version: u64,
}

impl Cursor {
    /// Reads how far the log was read by whoever did so before.
    pub(super) async fn load(engine: &Engine) -> Result<Self, Failure> {
        let document = engine.store().document(KIND, ID).await?;
        let Some(document) = document else {
            return Ok(Self {
                at: Position(0),
                written: Position(0),
                version: 0,
            });
        };
        let place = place(&document)?;
        Ok(Self {
            at: place,
            written: place,
            version: document.version,
        })
    }

    fn put(&self, to: Position) -> Put {
        Put {
            kind: KIND.to_owned(),
            id: ID.to_owned(),
            expected: Some(self.version),
            body: Some(json(&to.0)),
        }
    }
}

/// Reads the place in the log up to which deliveries were made.
pub(super) fn place(document: &Document) -> Result<Position, Failure> {
    let place: Result<u64, _> = serde_json::from_slice(&document.body);
    place.map(Position).map_err(|error| {
        Failure::Internal(format!(
            "the webhooks' place in the log cannot be read: {error}"
        ))
    })
}

/// What one look at the log brought.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// Whether there may be more.
    pub(super) more: bool,
    /// How many deliveries were made.
    pub(super) count: usize,
    /// What was written in several steps, and so may have lost its first delivery to an earlier run.
    pub(super) doubtful: HashSet<Lane>,
}

/// Reads rows of the log that somebody may want.
pub(super) async fn read_log(
    engine: &Engine,
    cursor: &mut Cursor,
    endpoints: &Endpoints,
) -> Result<Vec<LogRow>, Failure> {
    // Nobody wants what was recorded before the first of them was there.
    cursor.at = cursor.at.max(endpoints.wanted_after().unwrap_or(cursor.at));
    let (rows, up_to) = engine.log_or_head(cursor.at, ROWS).await?;
    if rows.is_empty() {
        cursor.at = up_to;
    }
    Ok(rows)
}

/// Makes deliveries of rows of the log, for the endpoints as they were known after it was read. Nothing comes
/// back where another process has done so meanwhile.
pub(super) async fn fan_out(
    engine: &Engine,
    cursor: &mut Cursor,
    endpoints: &Endpoints,
    rows: &[LogRow],
) -> Result<Option<Made>, Failure> {
    let batch = gather(rows, endpoints, engine.now());
    let Some(last) = batch.rows.checked_sub(1).and_then(|last| rows.get(last)) else {
        return Ok(Some(Made::default()));
    };
    let made = Made {
        more: batch.rows < rows.len() || rows.len() == ROWS,
        count: batch.deliveries.len(),
        doubtful: HashSet::new(),
    };
    write(engine, cursor, endpoints, batch, last.position, made).await
}

/// Deliveries of some rows.
struct Gathered {
    rows: usize,
    deliveries: Vec<Delivery>,
}

fn gather(rows: &[LogRow], endpoints: &Endpoints, now: Timestamp) -> Gathered {
    let mut gathered = Gathered {
        rows: 0,
        deliveries: Vec::new(),
    };
    for row in rows {
        if gathered.deliveries.len() >= AT_ONCE {
            break;
        }
        gathered.rows += 1;
        for (webhook, kept) in endpoints.of(&row.contract) {
            if kept.from() >= row.position {
                continue;
            }
            let wanted = (row.first..)
                .zip(&row.events)
                .filter(|(_, event)| kept.wants(event_type(&event.fact)));
            let made = wanted.map(|(seq, _)| delivery(webhook, &row.contract, seq, now));
            gathered.deliveries.extend(made);
        }
    }
    gathered
}

fn delivery(webhook: &str, contract: &ContractId, seq: u64, now: Timestamp) -> Delivery {
    Delivery {
        webhook: webhook.to_owned(),
        contract: contract.clone(),
        seq,
        state: DeliveryState::Waiting,
        attempts: 0,
        next_at: None,
        created_at: now,
        tried_at: None,
        status: None,
        error: None,
    }
}

async fn write(
    engine: &Engine,
    cursor: &mut Cursor,
    endpoints: &Endpoints,
    batch: Gathered,
    to: Position,
    mut made: Made,
) -> Result<Option<Made>, Failure> {
    cursor.at = to;
    if batch.deliveries.is_empty() && to.0.saturating_sub(cursor.written.0) < UNWRITTEN {
        return Ok(Some(made));
    }
    let mut left = batch.deliveries;
    let is_one_step = left.len() <= 2 * AT_ONCE;
    let mut begun = HashSet::new();
    loop {
        let most = if is_one_step { left.len() } else { AT_ONCE };
        let rest = left.split_off(left.len().min(most));
        begin_lanes(engine, endpoints, &mut left, &mut begun).await?;
        let moved = match rest.is_empty() {
            true => vec![cursor.put(to)],
            false => Vec::new(),
        };
        match engine.store().fan_out(left, moved).await {
            Ok(()) => {}
            Err(StoreError::Conflict) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        if rest.is_empty() {
            break;
        }
        left = rest;
    }
    cursor.written = to;
    cursor.version += 1;
    if !is_one_step {
        made.doubtful = begun;
    }
    Ok(Some(made))
}

/// Lets the first delivery of each lane begin, where nothing waits before it.
async fn begin_lanes(
    engine: &Engine,
    endpoints: &Endpoints,
    deliveries: &mut [Delivery],
    begun: &mut HashSet<Lane>,
) -> Result<(), Failure> {
    let now = engine.now();
    for delivery in deliveries {
        let lane = (delivery.webhook.clone(), delivery.contract.clone());
        if !begun.insert(lane) {
            continue;
        }
        let is_active = endpoints
            .get(&delivery.webhook)
            .is_some_and(Kept::is_active);
        if is_active && first_waiting(engine, delivery, 1).await?.is_empty() {
            delivery.next_at = Some(now);
        }
    }
    Ok(())
}

/// Returns the first deliveries that wait in a delivery's lane.
pub(super) async fn first_waiting(
    engine: &Engine,
    of: &Delivery,
    limit: usize,
) -> Result<Vec<Delivery>, Failure> {
    let query = DeliveryQuery::Waiting {
        webhook: of.webhook.clone(),
        contract: of.contract.clone(),
        limit,
    };
    Ok(engine.store().deliveries(query).await?)
}
