//! Policies: listed, read as text and as sentences, uploaded.

use super::contracts::ContractBody;
use crate::access::{Caller, Operation};
use crate::answer::{Answer, At, give, json, once, order, reply};
use crate::app::App;
use crate::body::{KeyRule, Posted};
use crate::idempotency::{Made, once as do_once};
use crate::problem::{Named, Problem};
use crate::query::{List, Page, Params};
use crate::read::{Words, body};
use axum::extract::{Request, State};
use earnest_core::policy::{file, render};
use earnest_core::units::{ContractId, Timestamp};
use earnest_engine::{NewVersion, PolicyRecord, What};
use hyper::{StatusCode, Uri};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

body! {
    /// A policy to upload, and perhaps a contract to follow it.
    #[schema(example = json!({ "text": "extends = \"inmail-2015\"\nname = \"ours\"\n" }))]
    struct NewPolicyBody {
        /// The policy file. Its `name` is what contracts call it by.
        #[schema(value_type = String, min_length = 1)]
        text: Words,
        /// A contract that is to follow it.
        #[schema(value_type = Option<String>)]
        contract: Option<ContractId>,
        /// From when on the contract follows it; absent: from now on.
        #[schema(value_type = Option<String>, format = DateTime)]
        effective_at: Option<Timestamp>,
    }
}

/// A policy that contracts may follow.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PolicyBody {
    /// Its name.
    #[schema(example = "inmail-2015")]
    name: String,
    /// What it is, in a line.
    title: String,
    /// Whether it ships with Earnest.
    preset: bool,
    /// How often a text was uploaded under the name; 1 for a preset.
    version: u64,
    /// When it was uploaded; null for a preset.
    #[schema(value_type = Option<String>, format = DateTime)]
    uploaded_at: Option<Timestamp>,
}

/// A policy with its text and its rules.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WholePolicyBody {
    #[serde(flatten)]
    policy: PolicyBody,
    /// Its file.
    text: String,
    /// Its rules under the keys of a policy file, defaults written out.
    #[schema(value_type = Object)]
    rules: Value,
    /// Its rules in sentences, part by part.
    #[schema(value_type = Vec<Object>)]
    parts: Vec<render::Part>,
    /// The same sentences as one text.
    sentences: String,
    /// The contract that follows it now, where the upload named one.
    #[serde(skip_serializing_if = "Option::is_none")]
    contract: Option<ContractBody>,
}

impl From<&PolicyRecord> for PolicyBody {
    fn from(record: &PolicyRecord) -> Self {
        Self {
            name: record.policy.name.to_string(),
            title: record.policy.title.clone(),
            preset: record.preset,
            version: record.version,
            uploaded_at: record.uploaded_at,
        }
    }
}

impl From<PolicyRecord> for WholePolicyBody {
    fn from(record: PolicyRecord) -> Self {
        Self {
            policy: PolicyBody::from(&record),
            rules: file::to_json(&record.policy),
            parts: render::parts(&record.policy),
            sentences: render::render(&record.policy),
            text: record.text,
            contract: None,
        }
    }
}

/// Lists the policies: those that ship with Earnest, then the uploaded ones by name.
#[utoipa::path(get, path = "/v1/policies", tag = "policies", params(Page),
    responses((status = 200, description = "A page of policies", body = List<PolicyBody>)))]
pub(crate) async fn list_policies(State(app): State<App>, caller: Caller, uri: Uri) -> Answer {
    caller.may(Operation::ReadPolicies)?;
    let params = Params::of(&uri, &["limit", "cursor"])?;
    let (limit, after) = (params.limit()?, params.place()?);
    let mut policies = app.engine.policies().await?;
    // Presets keep their own order, which is by time; a policy is never removed.
    let known = |name: &String| policies.iter().position(|it| it.policy.name == *name);
    let from = after.as_ref().and_then(known).map_or(0, |at| at + 1);
    policies.drain(..from);
    let more = policies.len() > limit;
    policies.truncate(limit);
    let next = policies
        .last()
        .filter(|_| more)
        .map(|it| it.policy.name.clone());
    let items: Vec<PolicyBody> = policies.iter().map(PolicyBody::from).collect();
    json(StatusCode::OK, &params.page(items, next))
}

/// Returns a policy, with its text and its rules.
#[utoipa::path(get, path = "/v1/policies/{policy}", tag = "policies",
    responses((status = 200, description = "The policy", body = WholePolicyBody)))]
pub(crate) async fn get_policy(
    State(app): State<App>,
    caller: Caller,
    At(policy): At<String>,
    uri: Uri,
) -> Answer {
    caller.may(Operation::ReadPolicies)?;
    Params::of(&uri, &[])?;
    let record = app.engine.policy(&policy).await;
    let record = record.map_err(|failure| Problem::on_path(failure, &[Named::Policy]))?;
    json(StatusCode::OK, &WholePolicyBody::from(record))
}

/// Uploads a policy, and lets a contract follow it where one is named. The same text again changes nothing;
/// another text is the name's next version, for contracts that take it from then on.
#[utoipa::path(post, path = "/v1/policies", tag = "policies", request_body = NewPolicyBody,
    responses((status = 201, description = "The policy", body = WholePolicyBody)))]
pub(crate) async fn upload_policy(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Answer {
    caller.may(Operation::UploadPolicies)?;
    let mut posted = Posted::of(&app, &caller, request, KeyRule::Optional).await?;
    let new: NewPolicyBody = posted.read()?;
    if new.effective_at.is_some() && new.contract.is_none() {
        return Err(Problem::invalid(
            "effective_at",
            "an upload takes no effect by itself; name the `contract` that is to follow it",
        ));
    }
    let key = posted.key();
    let Some(contract) = new.contract else {
        let done = do_once(&app, key, async {
            let record = app.engine.upload_policy(&new.text.0).await?;
            Made::of(&WholePolicyBody::from(record))
        });
        let done = done.await?;
        return once(StatusCode::CREATED, done.replayed, &done.body);
    };
    // A contract that is not there is found out before anything is done.
    app.engine.contract(&contract).await?;
    let record = app.engine.upload_policy(&new.text.0).await?;
    let what = What::AddPolicy(NewVersion {
        policy: record.policy.name.to_string(),
        effective_at: new.effective_at,
    });
    let done = give(&app, &caller, order(&caller, contract, what, None, key)).await?;
    let (contract, replayed) = reply!(done, Contract);
    let mut body = WholePolicyBody::from(record);
    body.contract = Some(contract.into());
    once(StatusCode::CREATED, replayed, &body)
}
