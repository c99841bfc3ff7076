//! The recipient's side: the inbox, preferences, blocks.

use super::messages::MessageBody;
use crate::access::{Caller, Operation};
use crate::answer::{Answer, At, json, nothing, once};
use crate::app::App;
use crate::body::{KeyRule, Posted};
use crate::idempotency::{Made, once as do_once};
use crate::query::{List, Page, Params};
use crate::read::body;
use axum::extract::{Request, State};
use earnest_core::command::Accepts;
use earnest_core::units::{ContractId, SeatId, Timestamp};
use earnest_engine::{BlockRecord, Failure, Wishes};
use hyper::{StatusCode, Uri};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

body! {
    /// What a member wishes; what is absent is as it was never set.
    #[schema(example = json!({ "accepts": "all", "price": 1, "daily_cap": null }))]
    struct NewPreferencesBody {
        /// Whose messages the member accepts: all, none, or open (everybody's, for nothing); absent: all.
        #[schema(value_type = Option<String>)]
        accepts: Option<Accepts>,
        /// The price in credits, at least 1; absent or null: the policy's.
        #[schema(value_type = Option<u64>, maximum = 4_294_967_295_u32)]
        price: Option<u32>,
        /// The most cold messages a UTC day; absent or null: no cap.
        #[schema(value_type = Option<u64>, maximum = 4_294_967_295_u32)]
        daily_cap: Option<u32>,
    }
}

body! {
    /// A sender to block.
    #[schema(example = json!({ "contract": "acme", "seat": "ana" }))]
    struct NewBlockBody {
        /// The contract.
        #[schema(value_type = String)]
        contract: ContractId,
        /// The seat; absent: the whole contract.
        #[schema(value_type = Option<String>)]
        seat: Option<SeatId>,
    }
}

/// What a member wishes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreferencesBody {
    /// Whose messages the member accepts: all, none or open.
    #[schema(value_type = String, example = "all")]
    accepts: Accepts,
    /// The price in credits; null leaves it to the policy.
    #[schema(value_type = Option<u64>, maximum = 4_294_967_295_u32)]
    price: Option<u32>,
    /// The most cold messages a UTC day; null means no cap.
    #[schema(value_type = Option<u64>, maximum = 4_294_967_295_u32)]
    daily_cap: Option<u32>,
}

impl From<Wishes> for PreferencesBody {
    fn from(wishes: Wishes) -> Self {
        Self {
            accepts: wishes.accepts,
            price: wishes.price,
            daily_cap: wishes.daily_cap,
        }
    }
}

/// A sender that a member blocks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BlockBody {
    /// The block's id, by which it is lifted.
    id: String,
    /// The contract.
    #[schema(value_type = String)]
    contract: ContractId,
    /// The seat; null means the whole contract.
    #[schema(value_type = Option<String>)]
    seat: Option<SeatId>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<BlockRecord> for BlockBody {
    fn from(record: BlockRecord) -> Self {
        Self {
            id: record.id,
            contract: record.contract,
            seat: record.seat,
            created_at: record.created_at,
        }
    }
}

/// What an inbox can be narrowed to.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameters that `Params` reads")]
pub(crate) struct InboxFilters {
    /// Only those of this status: pending, responded or lapsed.
    status: Option<String>,
}

/// Lists the messages to a member, newest first.
#[utoipa::path(get, path = "/v1/members/{member}/inbox", tag = "members", params(InboxFilters, Page),
    responses((status = 200, description = "A page of messages", body = List<MessageBody>)))]
pub(crate) async fn list_inbox(
    State(app): State<App>,
    caller: Caller,
    At(member): At<String>,
    uri: Uri,
) -> Answer {
    caller.may(Operation::ActAsMember)?;
    let member = caller.member(&member)?;
    let params = Params::of(&uri, &["status", "limit", "cursor"])?;
    let (status, limit, after) = (params.status()?, params.limit()?, params.number()?);
    let page = app.engine.inbox(&member, status, after, limit).await?;
    let page = page.map(|record| MessageBody::to(&caller, record));
    json(StatusCode::OK, &params.page(page.items, page.next))
}

/// Returns what a member wishes.
#[utoipa::path(get, path = "/v1/members/{member}/preferences", tag = "members",
    responses((status = 200, description = "The preferences", body = PreferencesBody)))]
pub(crate) async fn get_preferences(
    State(app): State<App>,
    caller: Caller,
    At(member): At<String>,
    uri: Uri,
) -> Answer {
    caller.may(Operation::ActAsMember)?;
    let member = caller.member(&member)?;
    Params::of(&uri, &[])?;
    let wishes = app.engine.preferences(&member).await?;
    json(StatusCode::OK, &PreferencesBody::from(wishes))
}

/// Replaces what a member wishes; the blocks stay.
#[utoipa::path(put, path = "/v1/members/{member}/preferences", tag = "members", request_body = NewPreferencesBody,
    responses((status = 200, description = "The preferences", body = PreferencesBody)))]
pub(crate) async fn set_preferences(
    State(app): State<App>,
    caller: Caller,
    At(member): At<String>,
    request: Request,
) -> Answer {
    caller.may(Operation::ActAsMember)?;
    let member = caller.member(&member)?;
    let posted = Posted::put(&app, request).await?;
    let new: NewPreferencesBody = posted.read()?;
    let accepts = new.accepts.unwrap_or_default();
    let set = app
        .engine
        .set_preferences(&member, accepts, new.price, new.daily_cap);
    json(StatusCode::OK, &PreferencesBody::from(set.await?))
}

/// Lists the senders that a member blocks, oldest block first.
#[utoipa::path(get, path = "/v1/members/{member}/blocks", tag = "members", params(Page),
    responses((status = 200, description = "A page of blocks", body = List<BlockBody>)))]
pub(crate) async fn list_blocks(
    State(app): State<App>,
    caller: Caller,
    At(member): At<String>,
    uri: Uri,
) -> Answer {
    caller.may(Operation::ActAsMember)?;
    let member = caller.member(&member)?;
    let params = Params::of(&uri, &["limit", "cursor"])?;
    let (limit, after) = (params.limit()?, params.place()?);
    let mut blocks = app.engine.preferences(&member).await?.blocks;
    let place = |block: &BlockRecord| format!("{:020}{}", block.created_at.millis(), block.id);
    blocks.sort_by_key(place);
    if let Some(after) = after {
        blocks.retain(|block| place(block) > after);
    }
    let more = blocks.len() > limit;
    blocks.truncate(limit);
    let next = blocks.last().filter(|_| more).map(place);
    let items = blocks.into_iter().map(BlockBody::from).collect();
    json(StatusCode::OK, &params.page::<BlockBody, _>(items, next))
}

/// Blocks a seat or a whole contract. A sender that is blocked already stays so, under the same id.
#[utoipa::path(post, path = "/v1/members/{member}/blocks", tag = "members", request_body = NewBlockBody,
    responses((status = 201, description = "The block", body = BlockBody)))]
pub(crate) async fn block_sender(
    State(app): State<App>,
    caller: Caller,
    At(member): At<String>,
    request: Request,
) -> Answer {
    caller.may(Operation::ActAsMember)?;
    let member = caller.member(&member)?;
    let mut posted = Posted::of(&app, &caller, request, KeyRule::Optional).await?;
    let new: NewBlockBody = posted.read()?;
    let done = do_once(&app, posted.key(), async {
        let block = app
            .engine
            .block(&member, &new.contract, new.seat.as_ref())
            .await?;
        Made::of(&BlockBody::from(block))
    });
    let done = done.await?;
    once(StatusCode::CREATED, done.replayed, &done.body)
}

/// Lifts a block.
#[utoipa::path(delete, path = "/v1/members/{member}/blocks/{block}", tag = "members",
    responses((status = 204, description = "The block is lifted")))]
pub(crate) async fn unblock_sender(
    State(app): State<App>,
    caller: Caller,
    At((member, block)): At<(String, String)>,
    uri: Uri,
) -> Answer {
    caller.may(Operation::ActAsMember)?;
    let member = caller.member(&member)?;
    Params::of(&uri, &[])?;
    let lifted: Result<(), Failure> = app.engine.unblock(&member, &block).await;
    lifted?;
    Ok(nothing())
}
