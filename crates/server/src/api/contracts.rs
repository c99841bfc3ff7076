//! Contracts: begun, read, listed, set live, cancelled, given another policy.

use crate::access::{Caller, Operation};
use crate::answer::{Answer, At, give, json, may_say_when, once, order, reply};
use crate::app::App;
use crate::body::{KeyRule, Posted};
use crate::problem::{Named, Problem};
use crate::query::{List, Page, Params, invalid_cursor};
use crate::read::{Words, body};
use axum::extract::{Request, State};
use earnest_core::units::{ContractId, Timestamp};
use earnest_engine::{ContractRecord, NewContract, NewVersion, What};
use hyper::{StatusCode, Uri};
use serde::Serialize;
use utoipa::ToSchema;

/// The policy of a contract that names none.
const DEFAULT_POLICY: &str = "inmail-2015";

body! {
    /// A contract to begin.
    #[schema(example = json!({ "id": "acme", "name": "Acme", "policy": "inmail-2015" }))]
    struct NewContractBody {
        /// Its id; absent: one is made up.
        #[schema(value_type = Option<String>)]
        id: Option<ContractId>,
        /// Its name for people; absent: its id.
        #[schema(value_type = Option<String>)]
        name: Option<Words>,
        /// A preset's name or an uploaded policy's; absent: `inmail-2015`.
        #[schema(value_type = Option<String>)]
        policy: Option<Words>,
        /// When it starts; absent: now.
        #[schema(value_type = Option<String>, format = DateTime)]
        starts_at: Option<Timestamp>,
        /// Whether seats are given the policy's allotments; absent: they are.
        allotments: Option<bool>,
        /// Whether bulk sending is off for all seats; absent: it is not.
        bulk_disabled: Option<bool>,
        /// When it was begun; for import keys.
        #[schema(value_type = Option<String>, format = DateTime)]
        at: Option<Timestamp>,
    }
}

body! {
    /// A policy version to add.
    #[schema(example = json!({ "policy": "inmail-2015", "effective_at": "2030-01-01T00:00:00Z" }))]
    struct NewVersionBody {
        /// A preset's name or an uploaded policy's.
        #[schema(value_type = String)]
        policy: Words,
        /// From when on it rules; absent: from now on.
        #[schema(value_type = Option<String>, format = DateTime)]
        effective_at: Option<Timestamp>,
        /// When it was added; for import keys.
        #[schema(value_type = Option<String>, format = DateTime)]
        at: Option<Timestamp>,
    }
}

body! {
    /// Nothing but, for import keys, an instant.
    #[schema(example = json!({}))]
    struct JustAt {
        /// When; for import keys.
        #[schema(value_type = Option<String>, format = DateTime)]
        at: Option<Timestamp>,
    }
}

/// A contract.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContractBody {
    /// Its id.
    #[schema(value_type = String, example = "acme")]
    id: ContractId,
    /// Its name for people.
    name: String,
    /// The name of the policy in force.
    #[schema(example = "inmail-2015")]
    policy: String,
    /// When it started.
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    /// Whether seats are given the policy's allotments.
    allotments: bool,
    /// Whether bulk sending is off for all seats.
    bulk_disabled: bool,
    /// When it was cancelled.
    #[schema(value_type = Option<String>, format = DateTime)]
    cancelled_at: Option<Timestamp>,
    /// Since when time does its work on it; null while its history is being told.
    #[schema(value_type = Option<String>, format = DateTime)]
    live_at: Option<Timestamp>,
    /// Its policy versions, in the order in which they were added.
    versions: Vec<VersionBody>,
}

/// A version of a contract's policy.
#[derive(Debug, Serialize, ToSchema)]
struct VersionBody {
    /// Its number in the contract, from 0.
    #[schema(value_type = u64, maximum = 4_294_967_295_u32)]
    version: u32,
    /// The policy's name.
    policy: String,
    /// From when on it rules.
    #[schema(value_type = String, format = DateTime)]
    effective_at: Timestamp,
}

impl From<ContractRecord> for ContractBody {
    fn from(record: ContractRecord) -> Self {
        let versions = record.versions.into_iter().map(|version| VersionBody {
            version: version.version,
            policy: version.policy,
            effective_at: version.effective_at,
        });
        Self {
            versions: versions.collect(),
            id: record.id,
            name: record.name,
            policy: record.policy,
            starts_at: record.starts_at,
            allotments: record.allotments,
            bulk_disabled: record.bulk_disabled,
            cancelled_at: record.cancelled_at,
            live_at: record.live_at,
        }
    }
}

/// Begins a contract.
#[utoipa::path(post, path = "/v1/contracts", tag = "contracts", request_body = NewContractBody,
    responses((status = 201, description = "The contract", body = ContractBody)))]
pub(crate) async fn create_contract(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Answer {
    caller.may(Operation::ManageContracts)?;
    let mut posted = Posted::of(&app, &caller, request, KeyRule::Optional).await?;
    let new: NewContractBody = posted.read()?;
    may_say_when(&caller, new.at)?;
    let id = match new.id {
        Some(id) => id,
        None => app.engine.make_contract_id()?,
    };
    let what = What::Create(NewContract {
        name: new.name.map_or_else(|| id.to_string(), |name| name.0),
        policy: new
            .policy
            .map_or_else(|| DEFAULT_POLICY.to_owned(), |it| it.0),
        starts_at: new.starts_at,
        allotments: new.allotments.unwrap_or(true),
        bulk_disabled: new.bulk_disabled.unwrap_or(false),
    });
    let done = give(
        &app,
        &caller,
        order(&caller, id, what, new.at, posted.key()),
    )
    .await?;
    let (record, replayed) = reply!(done, Contract);
    once(StatusCode::CREATED, replayed, &ContractBody::from(record))
}

/// Lists contracts, by id.
#[utoipa::path(get, path = "/v1/contracts", tag = "contracts", params(Page),
    responses((status = 200, description = "A page of contracts", body = List<ContractBody>)))]
pub(crate) async fn list_contracts(State(app): State<App>, caller: Caller, uri: Uri) -> Answer {
    caller.may(Operation::ManageContracts)?;
    let params = Params::of(&uri, &["limit", "cursor"])?;
    let limit = params.limit()?;
    let after = params.place()?.map(ContractId::new).transpose();
    let after = after.map_err(|_| invalid_cursor())?;
    let ids = app.engine.contract_ids(after.as_ref(), limit + 1).await?;
    let next = match ids.len() > limit {
        true => ids.get(limit - 1).cloned(),
        false => None,
    };
    let mut items = Vec::with_capacity(limit);
    for id in ids.iter().take(limit) {
        items.push(ContractBody::from(app.engine.contract(id).await?));
    }
    json(StatusCode::OK, &params.page(items, next))
}

/// Returns a contract.
#[utoipa::path(get, path = "/v1/contracts/{contract}", tag = "contracts",
    responses((status = 200, description = "The contract", body = ContractBody)))]
pub(crate) async fn get_contract(
    State(app): State<App>,
    caller: Caller,
    At(contract): At<String>,
    uri: Uri,
) -> Answer {
    caller.may(Operation::ReadContract)?;
    let contract = caller.contract(&contract)?;
    Params::of(&uri, &[])?;
    let record = app.engine.contract(&contract).await.map_err(of_path)?;
    json(StatusCode::OK, &ContractBody::from(record))
}

/// Sets an imported contract live: from now on time does its work on it. A live one stays as it is.
#[utoipa::path(post, path = "/v1/contracts/{contract}/live", tag = "contracts", request_body = JustAt,
    responses((status = 200, description = "The contract, with `live_at`", body = ContractBody)))]
pub(crate) async fn set_contract_live(
    State(app): State<App>,
    caller: Caller,
    At(contract): At<String>,
    request: Request,
) -> Answer {
    rule(&app, &caller, &contract, request, What::GoLive).await
}

/// Cancels a contract: its available credits are revoked, nothing is sent any more, open stakes still settle.
#[utoipa::path(post, path = "/v1/contracts/{contract}/cancel", tag = "contracts", request_body = JustAt,
    responses((status = 200, description = "The contract, with `cancelled_at`", body = ContractBody)))]
pub(crate) async fn cancel_contract(
    State(app): State<App>,
    caller: Caller,
    At(contract): At<String>,
    request: Request,
) -> Answer {
    rule(&app, &caller, &contract, request, What::Cancel).await
}

async fn rule(app: &App, caller: &Caller, contract: &str, request: Request, what: What) -> Answer {
    caller.may(Operation::RuleContract)?;
    let contract = caller.contract(contract)?;
    let mut posted = Posted::of(app, caller, request, KeyRule::Optional).await?;
    let just: JustAt = posted.read()?;
    may_say_when(caller, just.at)?;
    let order = order(caller, contract, what, just.at, posted.key());
    let done = give(app, caller, order).await.map_err(of_path)?;
    let (record, replayed) = reply!(done, Contract);
    once(StatusCode::OK, replayed, &ContractBody::from(record))
}

/// Adds a version of the policy to a contract. Messages that were sent before keep the version of their send.
#[utoipa::path(post, path = "/v1/contracts/{contract}/policies", tag = "contracts", request_body = NewVersionBody,
    responses((status = 201, description = "The contract, with its versions", body = ContractBody)))]
pub(crate) async fn add_contract_policy(
    State(app): State<App>,
    caller: Caller,
    At(contract): At<String>,
    request: Request,
) -> Answer {
    caller.may(Operation::RuleContract)?;
    let contract = caller.contract(&contract)?;
    let mut posted = Posted::of(&app, &caller, request, KeyRule::Optional).await?;
    let new: NewVersionBody = posted.read()?;
    may_say_when(&caller, new.at)?;
    let what = What::AddPolicy(NewVersion {
        policy: new.policy.0,
        effective_at: new.effective_at,
    });
    let order = order(&caller, contract, what, new.at, posted.key());
    let done = give(&app, &caller, order).await.map_err(of_path)?;
    let (record, replayed) = reply!(done, Contract);
    once(StatusCode::CREATED, replayed, &ContractBody::from(record))
}

/// Says that the path's contract is not there.
pub(crate) fn of_path(failure: earnest_engine::Failure) -> Problem {
    Problem::on_path(failure, &[Named::Contract])
}
