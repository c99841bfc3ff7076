//! A contract's ledger: its events, newest first.

use super::contracts::of_path;
use crate::access::{Caller, Operation};
use crate::answer::{Answer, At, json};
use crate::app::App;
use crate::query::{List, Page, Params};
use axum::extract::State;
use earnest_core::event::Event;
use earnest_store::StoredEvent;
use hyper::{StatusCode, Uri};
use serde::Serialize;
use utoipa::ToSchema;

/// An event of a contract.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventBody {
    /// Its number in the contract: from 1, without gaps.
    #[schema(example = 12)]
    seq: u64,
    /// What happened: `at`, `type` and what the type has, such as `message`, `seat`, `grant`, `credits`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    event: Event,
}

impl From<StoredEvent> for EventBody {
    fn from(found: StoredEvent) -> Self {
        Self {
            seq: found.seq,
            event: found.event,
        }
    }
}

/// Lists what happened to a contract, newest first.
#[utoipa::path(get, path = "/v1/contracts/{contract}/events", tag = "credits", params(Page),
    responses((status = 200, description = "A page of events", body = List<EventBody>)))]
pub(crate) async fn list_events(
    State(app): State<App>,
    caller: Caller,
    At(contract): At<String>,
    uri: Uri,
) -> Answer {
    caller.may(Operation::ReadEvents)?;
    let contract = caller.contract(&contract)?;
    let params = Params::of(&uri, &["limit", "cursor"])?;
    let (limit, from) = (params.limit()?, params.number()?);
    // What fell due is recorded first, and a contract that is not there is found out.
    let newest = app.engine.newest_event(&contract).await.map_err(of_path)?;
    let newest = from.map_or(newest, |from| from.min(newest));
    let events = match newest {
        0 => Vec::new(),
        _ => app.engine.events(&contract, 1, newest, true, limit).await?,
    };
    let next = events
        .last()
        .map(|last| last.seq - 1)
        .filter(|next| *next > 0);
    let items = events.into_iter().map(EventBody::from).collect();
    json(StatusCode::OK, &params.page::<EventBody, _>(items, next))
}
