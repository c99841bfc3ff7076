//! Grants: credits given, read and revoked; and the balance, which is their sum.

use super::contracts::of_path;
use crate::access::{Caller, Operation};
use crate::answer::{Answer, At, give, json, may_say_when, once, order, reply};
use crate::app::App;
use crate::body::{KeyRule, Posted};
use crate::problem::{Named, Problem};
use crate::query::{List, Page, Params};
use crate::read::{Amount, body};
use axum::extract::{Request, State};
use earnest_core::command::{PRIORITY, Source};
use earnest_core::units::{ContractId, Credits, GrantId, Timestamp};
use earnest_engine::{BalanceRecord, Failure, GrantRecord, NewGrant, What};
use hyper::{StatusCode, Uri};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

body! {
    /// Credits to give.
    #[schema(example = json!({ "id": "g1", "credits": 10000, "source": "purchase" }))]
    struct NewGrantBody {
        /// The lot's id; absent: one is made up.
        #[schema(value_type = Option<String>)]
        id: Option<GrantId>,
        /// How many.
        #[schema(value_type = u64, minimum = 1, maximum = 1_000_000_000)]
        credits: Amount,
        /// Where they come from: purchase, promotion, adjustment, allotment or returned; absent: purchase.
        #[schema(value_type = Option<String>)]
        source: Option<Source>,
        /// When they become usable; absent: at once.
        #[schema(value_type = Option<String>, format = DateTime)]
        effective_at: Option<Timestamp>,
        /// When they end; absent or null: never.
        #[schema(value_type = Option<String>, format = DateTime)]
        expires_at: Option<Timestamp>,
        /// Lots of a lower number are spent first; absent: 1.
        #[schema(value_type = Option<u64>, maximum = 4_294_967_295_u32)]
        priority: Option<u32>,
        /// When they were given; for import keys.
        #[schema(value_type = Option<String>, format = DateTime)]
        at: Option<Timestamp>,
    }
}

impl NewGrantBody {
    /// Returns what is asked of the contract.
    pub(crate) fn what(self) -> What {
        What::Grant(NewGrant {
            id: self.id,
            credits: Credits(self.credits.0),
            source: self.source.unwrap_or(Source::Purchase),
            effective_at: self.effective_at,
            expires_at: self.expires_at,
            priority: self.priority.unwrap_or(PRIORITY),
        })
    }
}

/// A lot of credits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GrantBody {
    /// Its id.
    #[schema(value_type = String, example = "g1")]
    id: GrantId,
    /// The contract.
    #[schema(value_type = String, example = "acme")]
    contract: ContractId,
    /// How many credits it began with.
    #[schema(value_type = u64)]
    credits: Credits,
    /// Of those, free to stake.
    #[schema(value_type = u64)]
    available: Credits,
    /// At stake.
    #[schema(value_type = u64)]
    held: Credits,
    /// Where they come from.
    #[schema(value_type = String, example = "purchase")]
    source: Source,
    /// When they become usable.
    #[schema(value_type = String, format = DateTime)]
    effective_at: Timestamp,
    /// When they end; null means never.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Lots of a lower number are spent first.
    #[schema(value_type = u64, maximum = 4_294_967_295_u32)]
    priority: u32,
    /// Whether it was revoked.
    revoked: bool,
}

impl From<GrantRecord> for GrantBody {
    fn from(record: GrantRecord) -> Self {
        Self {
            id: record.id,
            contract: record.contract,
            credits: record.credits,
            available: record.available,
            held: record.held,
            source: record.source,
            effective_at: record.effective_at,
            expires_at: record.expires_at,
            priority: record.priority,
            revoked: record.revoked,
        }
    }
}

/// A contract's credits at an instant. `granted = available + held + consumed + expired + revoked`, always.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BalanceBody {
    /// Ever given.
    #[schema(value_type = u64)]
    granted: Credits,
    /// Free to stake.
    #[schema(value_type = u64)]
    available: Credits,
    /// At stake.
    #[schema(value_type = u64)]
    held: Credits,
    /// Kept by a settlement.
    #[schema(value_type = u64)]
    consumed: Credits,
    /// Ended unspent.
    #[schema(value_type = u64)]
    expired: Credits,
    /// Taken back.
    #[schema(value_type = u64)]
    revoked: Credits,
    /// The instant.
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
}

impl From<BalanceRecord> for BalanceBody {
    fn from(record: BalanceRecord) -> Self {
        let balance = record.balance;
        Self {
            granted: balance.granted,
            available: balance.available,
            held: balance.held,
            consumed: balance.consumed,
            expired: balance.expired,
            revoked: balance.revoked,
            as_of: record.as_of,
        }
    }
}

/// Gives or sells credits to a contract.
#[utoipa::path(post, path = "/v1/contracts/{contract}/grants", tag = "credits", request_body = NewGrantBody,
    responses((status = 201, description = "The grant", body = GrantBody)))]
pub(crate) async fn make_grant(
    State(app): State<App>,
    caller: Caller,
    At(contract): At<String>,
    request: Request,
) -> Answer {
    caller.may(Operation::ManageGrants)?;
    let contract = caller.contract(&contract)?;
    let mut posted = Posted::of(&app, &caller, request, KeyRule::Required).await?;
    let new: NewGrantBody = posted.read()?;
    let at = new.at;
    may_say_when(&caller, at)?;
    let order = order(&caller, contract, new.what(), at, posted.key());
    let done = give(&app, &caller, order).await.map_err(of_path)?;
    let (record, replayed) = reply!(done, Grant);
    once(StatusCode::CREATED, replayed, &GrantBody::from(record))
}

/// Lists a contract's grants, in the order of their creation.
#[utoipa::path(get, path = "/v1/contracts/{contract}/grants", tag = "credits", params(Page),
    responses((status = 200, description = "A page of grants", body = List<GrantBody>)))]
pub(crate) async fn list_grants(
    State(app): State<App>,
    caller: Caller,
    At(contract): At<String>,
    uri: Uri,
) -> Answer {
    caller.may(Operation::ReadGrants)?;
    let contract = caller.contract(&contract)?;
    let params = Params::of(&uri, &["limit", "cursor"])?;
    let (limit, from) = (params.limit()?, params.number()?.unwrap_or(0));
    let grants = app.engine.grants(&contract, from, limit).await;
    let grants = grants.map_err(of_path)?.map(GrantBody::from);
    json(StatusCode::OK, &params.page(grants.items, grants.next))
}

/// Reads the grant that a path names, which may be one that the engine made.
fn grant_id(text: &str) -> Result<GrantId, Problem> {
    GrantId::of_any(text).map_err(|_| Problem::not_found("grant", text))
}

/// Returns a grant.
#[utoipa::path(get, path = "/v1/contracts/{contract}/grants/{grant}", tag = "credits",
    responses((status = 200, description = "The grant", body = GrantBody)))]
pub(crate) async fn get_grant(
    State(app): State<App>,
    caller: Caller,
    At((contract, grant)): At<(String, String)>,
    uri: Uri,
) -> Answer {
    caller.may(Operation::ReadGrants)?;
    let contract = caller.contract(&contract)?;
    let id = grant_id(&grant)?;
    Params::of(&uri, &[])?;
    let found = app.engine.grant(&contract, &id).await.map_err(of_path)?;
    let record = found.ok_or_else(|| Problem::not_found("grant", &grant))?;
    json(StatusCode::OK, &GrantBody::from(record))
}

/// Revokes a grant's unspent rest. One that was revoked before stays as it is.
#[utoipa::path(delete, path = "/v1/contracts/{contract}/grants/{grant}", tag = "credits",
    responses((status = 200, description = "The grant, revoked", body = GrantBody)))]
pub(crate) async fn revoke_grant(
    State(app): State<App>,
    caller: Caller,
    At((contract, grant)): At<(String, String)>,
    uri: Uri,
) -> Answer {
    caller.may(Operation::ManageGrants)?;
    let contract = caller.contract(&contract)?;
    let id = grant_id(&grant)?;
    Params::of(&uri, &[])?;
    let order = order(&caller, contract, What::Revoke(id), None, None);
    let done = give(&app, &caller, order).await;
    let done =
        done.map_err(|failure| Problem::on_path(failure, &[Named::Contract, Named::Grant]))?;
    let (record, _) = reply!(done, Grant);
    json(StatusCode::OK, &GrantBody::from(record))
}

/// What a balance takes.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameters that `Params` reads")]
pub(crate) struct PastInstant {
    /// A past instant, not before the contract's start; absent: now.
    #[param(format = DateTime)]
    at: Option<String>,
}

/// Returns a contract's credits: now, or at a past instant.
#[utoipa::path(get, path = "/v1/contracts/{contract}/balance", tag = "credits", params(PastInstant),
    responses((status = 200, description = "The balance", body = BalanceBody)))]
pub(crate) async fn get_balance(
    State(app): State<App>,
    caller: Caller,
    At(contract): At<String>,
    uri: Uri,
) -> Answer {
    caller.may(Operation::ReadBalance)?;
    let contract = caller.contract(&contract)?;
    let at = Params::of(&uri, &["at"])?.instant("at")?;
    let balance = app.engine.balance(&contract, at).await;
    let balance = balance.map_err(|failure| match failure {
        Failure::Invalid { field, why } => Problem::parameter(field, why),
        failure => of_path(failure),
    })?;
    json(StatusCode::OK, &BalanceBody::from(balance))
}
