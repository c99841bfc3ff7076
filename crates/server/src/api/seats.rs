//! Seats: added, changed, read with the story of their standing.

use super::contracts::of_path;
use crate::access::{Caller, Operation};
use crate::answer::{Answer, At, give, json, may_say_when, once, order, reply};
use crate::app::App;
use crate::body::{KeyRule, Posted};
use crate::problem::{Named, Problem};
use crate::query::{List, Page, Params};
use crate::read::{Change, body};
use axum::extract::{Request, State};
use earnest_core::explain::Explanation;
use earnest_core::policy::Standing;
use earnest_core::units::{ContractId, SeatId, SeatType, Timestamp};
use earnest_engine::{NewSeat, SeatChange, SeatRecord, What};
use hyper::{StatusCode, Uri};
use serde::Serialize;
use utoipa::ToSchema;

body! {
    /// A seat to add.
    #[schema(example = json!({ "id": "ana", "type": "recruiter" }))]
    struct NewSeatBody {
        /// Its id; absent: one is made up.
        #[schema(value_type = Option<String>)]
        id: Option<SeatId>,
        /// Its type, which decides its allotment; absent: the policy's first.
        #[schema(value_type = Option<String>)]
        seat_type("type"): Option<SeatType>,
        /// The most messages a month; absent or null: no limit.
        #[schema(value_type = Option<u64>, maximum = 4_294_967_295_u32)]
        usage_limit: Option<u32>,
        /// Whether bulk sending is off; absent: it is not.
        bulk_disabled: Option<bool>,
        /// When it was added; for import keys.
        #[schema(value_type = Option<String>, format = DateTime)]
        at: Option<Timestamp>,
    }
}

body! {
    /// What changes of a seat; what is absent stays as it is.
    #[schema(example = json!({ "usage_limit": 100 }))]
    struct SeatChangeBody {
        /// The most messages a month; null lifts the limit.
        #[schema(value_type = Option<u64>, maximum = 4_294_967_295_u32)]
        usage_limit: Change<u32>,
        /// Whether bulk sending is off.
        bulk_disabled: Option<bool>,
        /// When it changed; for import keys.
        #[schema(value_type = Option<String>, format = DateTime)]
        at: Option<Timestamp>,
    }
}

/// A seat.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeatBody {
    /// Its id.
    #[schema(value_type = String, example = "ana")]
    id: SeatId,
    /// The contract.
    #[schema(value_type = String, example = "acme")]
    contract: ContractId,
    /// Its type.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "recruiter")]
    seat_type: SeatType,
    /// The most messages a month; null means no limit.
    #[schema(value_type = Option<u64>, maximum = 4_294_967_295_u32)]
    usage_limit: Option<u32>,
    /// Messages sent in the contract's current month.
    #[schema(value_type = u64, maximum = 4_294_967_295_u32)]
    used: u32,
    /// Whether bulk sending is off for the seat.
    bulk_disabled: bool,
    /// When it was added.
    #[schema(value_type = String, format = DateTime)]
    added_at: Timestamp,
    /// Where it stands with the gate: good, warned, grace or restricted.
    #[schema(value_type = String, example = "good")]
    standing: Standing,
    /// When its stage or assessment period ends; null without a ladder.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Messages that the gate counts now.
    #[schema(value_type = u64, maximum = 4_294_967_295_u32)]
    sent: u32,
    /// Those of them that were answered in time.
    #[schema(value_type = u64, maximum = 4_294_967_295_u32)]
    responded: u32,
    /// Messages of the seat that were reported.
    #[schema(value_type = u64, maximum = 4_294_967_295_u32)]
    reports: u32,
}

/// A seat with the story of its standing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeatWithStory {
    #[serde(flatten)]
    seat: SeatBody,
    /// Why it stands where it stands, and what would change that.
    #[schema(value_type = Option<Object>)]
    explanation: Option<Explanation>,
}

impl From<SeatRecord> for SeatBody {
    fn from(record: SeatRecord) -> Self {
        Self {
            id: record.id,
            contract: record.contract,
            seat_type: record.seat_type,
            usage_limit: record.usage_limit,
            used: record.used,
            bulk_disabled: record.bulk_disabled,
            added_at: record.added_at,
            standing: record.standing,
            until: record.until,
            sent: record.sent,
            responded: record.responded,
            reports: record.reports,
        }
    }
}

/// Adds a seat to a contract.
#[utoipa::path(post, path = "/v1/contracts/{contract}/seats", tag = "seats", request_body = NewSeatBody,
    responses((status = 201, description = "The seat", body = SeatBody)))]
pub(crate) async fn add_seat(
    State(app): State<App>,
    caller: Caller,
    At(contract): At<String>,
    request: Request,
) -> Answer {
    caller.may(Operation::ManageSeats)?;
    let contract = caller.contract(&contract)?;
    let mut posted = Posted::of(&app, &caller, request, KeyRule::Optional).await?;
    let new: NewSeatBody = posted.read()?;
    may_say_when(&caller, new.at)?;
    let what = What::AddSeat(NewSeat {
        id: new.id,
        seat_type: new.seat_type,
        usage_limit: new.usage_limit,
        bulk_disabled: new.bulk_disabled.unwrap_or(false),
    });
    let order = order(&caller, contract, what, new.at, posted.key());
    let done = give(&app, &caller, order).await.map_err(of_path)?;
    let (record, replayed) = reply!(done, Seat);
    once(StatusCode::CREATED, replayed, &SeatBody::from(record))
}

/// Lists a contract's seats, in the order in which they were added.
#[utoipa::path(get, path = "/v1/contracts/{contract}/seats", tag = "seats", params(Page),
    responses((status = 200, description = "A page of seats", body = List<SeatBody>)))]
pub(crate) async fn list_seats(
    State(app): State<App>,
    caller: Caller,
    At(contract): At<String>,
    uri: Uri,
) -> Answer {
    caller.may(Operation::ManageSeats)?;
    let contract = caller.contract(&contract)?;
    let params = Params::of(&uri, &["limit", "cursor"])?;
    let (limit, after) = (params.limit()?, params.number()?.unwrap_or(0));
    let seats = app.engine.seats(&contract, after, limit).await;
    let seats = seats.map_err(of_path)?.map(SeatBody::from);
    json(StatusCode::OK, &params.page(seats.items, seats.next))
}

/// Returns a seat, with the story of its standing.
#[utoipa::path(get, path = "/v1/contracts/{contract}/seats/{seat}", tag = "seats",
    responses((status = 200, description = "The seat", body = SeatWithStory)))]
pub(crate) async fn get_seat(
    State(app): State<App>,
    caller: Caller,
    At((contract, seat)): At<(String, String)>,
    uri: Uri,
) -> Answer {
    caller.may(Operation::ReadSeat)?;
    let contract = caller.contract(&contract)?;
    let id = caller.seat(&contract, &seat)?;
    Params::of(&uri, &[])?;
    let found = app.engine.seat(&contract, &id).await.map_err(of_path)?;
    let (record, explanation) = found.ok_or_else(|| Problem::not_found("seat", &seat))?;
    let body = SeatWithStory {
        seat: record.into(),
        explanation,
    };
    json(StatusCode::OK, &body)
}

/// Changes a seat's limits.
#[utoipa::path(patch, path = "/v1/contracts/{contract}/seats/{seat}", tag = "seats", request_body = SeatChangeBody,
    responses((status = 200, description = "The seat", body = SeatBody)))]
pub(crate) async fn change_seat(
    State(app): State<App>,
    caller: Caller,
    At((contract, seat)): At<(String, String)>,
    request: Request,
) -> Answer {
    caller.may(Operation::ManageSeats)?;
    let contract = caller.contract(&contract)?;
    let seat = caller.seat(&contract, &seat)?;
    let posted = Posted::put(&app, request).await?;
    let change: SeatChangeBody = posted.read()?;
    may_say_when(&caller, change.at)?;
    let what = What::ChangeSeat(SeatChange {
        seat,
        usage_limit: change.usage_limit.0,
        bulk_disabled: change.bulk_disabled,
    });
    let order = order(&caller, contract, what, change.at, None);
    let done = give(&app, &caller, order).await;
    let done =
        done.map_err(|failure| Problem::on_path(failure, &[Named::Contract, Named::Seat]))?;
    let (record, _) = reply!(done, Seat);
    json(StatusCode::OK, &SeatBody::from(record))
}
