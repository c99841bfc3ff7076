//! Webhooks: registered, listed, changed, removed; their deliveries, and sending those again.

use crate::access::{Caller, Operation};
use crate::answer::{Answer, At, json, nothing, once};
use crate::app::App;
use crate::body::{KeyRule, Posted};
use crate::deliver::check;
use crate::idempotency::{Made, Once, once as do_once};
use crate::problem::Problem;
use crate::query::{List, Page, Params, invalid_cursor};
use crate::read::{Change, Node, Place, Read, Words, body};
use axum::Router;
use axum::extract::{Request, State};
use axum::routing::{get, post};
use earnest_core::units::{ContractId, Timestamp};
use earnest_engine::webhooks::{
    DeliveryRecord, NewWebhook, Owner, Replay, WebhookChange, WebhookRecord, WebhookState,
};
use earnest_store::DeliveryState;
use hyper::{StatusCode, Uri};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// Returns the routes of this file.
pub(crate) fn routes() -> Router<App> {
    let one = get(get_webhook)
        .patch(change_webhook)
        .delete(delete_webhook);
    Router::new()
        .route("/v1/webhooks", get(list_webhooks).post(create_webhook))
        .route("/v1/webhooks/{webhook}", one)
        .route("/v1/webhooks/{webhook}/rotate", post(rotate_webhook))
        .route("/v1/webhooks/{webhook}/deliveries", get(list_deliveries))
        .route("/v1/webhooks/{webhook}/replay", post(replay_deliveries))
}

const STATES: [(&str, WebhookState); 2] = [
    ("active", WebhookState::Active),
    ("paused", WebhookState::Paused),
];

const DELIVERY_STATES: [(&str, DeliveryState); 3] = [
    ("waiting", DeliveryState::Waiting),
    ("delivered", DeliveryState::Delivered),
    ("dead", DeliveryState::Dead),
];

fn name_of<T: PartialEq>(names: &[(&'static str, T)], value: &T) -> &'static str {
    let found = names.iter().find(|(_, of)| of == value);
    found.map_or("", |(name, _)| name)
}

fn of_name<T: Copy>(names: &[(&'static str, T)], text: &str) -> Result<T, String> {
    let found = names.iter().find(|(name, _)| *name == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
        format!("expected one of `{}`", names.join("`, `"))
    })
}

/// One of the names of something.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name<T>(T);

impl Read<'_> for Name<WebhookState> {
    fn read(node: Node<'_>, at: &Place<'_>) -> Result<Self, Problem> {
        let text = Words::read(node, at)?.0;
        of_name(&STATES, &text)
            .map(Self)
            .map_err(|why| at.invalid(why))
    }
}

impl Read<'_> for Name<DeliveryState> {
    fn read(node: Node<'_>, at: &Place<'_>) -> Result<Self, Problem> {
        let text = Words::read(node, at)?.0;
        of_name(&DELIVERY_STATES, &text)
            .map(Self)
            .map_err(|why| at.invalid(why))
    }
}

body! {
    /// A webhook to register.
    #[schema(example = json!({ "url": "https://example.com/webhooks", "types": ["stake_returned"] }))]
    struct NewWebhookBody {
        /// Where events are sent to.
        #[schema(value_type = String, max_length = 2048)]
        url: Words,
        /// Whose events; absent: every contract's, or for a contract's key its own.
        #[schema(value_type = Option<String>)]
        contract: Option<ContractId>,
        /// Which types of events; absent: all.
        #[schema(value_type = Option<Vec<String>>)]
        types: Option<Vec<Words>>,
    }
}

body! {
    /// What changes of a webhook: what is absent stays as it is.
    #[schema(example = json!({ "state": "paused", "reason": "moving to another host" }))]
    struct WebhookChangeBody {
        /// `active` or `paused`; administrators only.
        #[schema(value_type = Option<String>)]
        state: Option<Name<WebhookState>>,
        /// Why it is paused.
        #[schema(value_type = Option<String>)]
        reason: Option<Words>,
        /// Which types of events from now on; null: all.
        #[schema(value_type = Option<Vec<String>>)]
        types: Change<Vec<Words>>,
    }
}

body! {
    /// Which deliveries are sent again, of those that have ended.
    #[schema(example = json!({ "since": "2026-01-05T09:00:00Z", "state": "dead" }))]
    struct ReplayBody {
        /// Only those that were made then or later.
        #[schema(value_type = Option<String>, format = DateTime)]
        since: Option<Timestamp>,
        /// Only the one of this id.
        #[schema(value_type = Option<String>)]
        delivery: Option<Words>,
        /// Only those that ended so: `delivered` or `dead`.
        #[schema(value_type = Option<String>)]
        state: Option<Name<DeliveryState>>,
    }
}

body! {
    /// Nothing.
    struct RotateBody {}
}

/// A webhook. Its secret is shown once, when it is made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookBody {
    /// Its id.
    #[schema(example = "wh-0f3a9c0d1e2b4a57")]
    id: String,
    /// Where events are sent to.
    url: String,
    /// Whose events; null: every contract's.
    #[schema(value_type = Option<String>)]
    contract: Option<ContractId>,
    /// Which types of events; null: all.
    types: Option<Vec<String>>,
    /// `active`, or `paused`: what is meant for it waits then.
    #[schema(value_type = String, example = "active")]
    state: &'static str,
    /// Why it is paused.
    reason: Option<String>,
    /// Whose it is: `admin` or `contract`.
    #[schema(value_type = String, example = "admin")]
    owner: &'static str,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// What signs what is sent. Shown once, and not in a repeated answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDvYp2SeUWxkI=")]
    secret: Option<String>,
}

impl From<WebhookRecord> for WebhookBody {
    fn from(record: WebhookRecord) -> Self {
        Self {
            state: name_of(&STATES, &record.state),
            owner: match record.owner {
                Owner::Admin => "admin",
                Owner::Contract(_) => "contract",
            },
            id: record.id,
            url: record.url,
            contract: record.contract,
            types: record.types,
            reason: record.reason,
            created_at: record.created_at,
            secret: None,
        }
    }
}

/// An event on its way to a webhook.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryBody {
    /// Its webhook-id.
    id: String,
    /// The contract whose event it is.
    #[schema(value_type = String)]
    contract: ContractId,
    /// The event's number.
    seq: u64,
    /// `waiting`, `delivered` or `dead`.
    #[schema(value_type = String, example = "delivered")]
    state: &'static str,
    /// How often it was tried.
    #[schema(value_type = u64, maximum = 4_294_967_295_u32)]
    attempts: u32,
    /// When it is tried next; null while it waits for an earlier one, and when it is done.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_at: Option<Timestamp>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last tried.
    #[schema(value_type = Option<String>, format = DateTime)]
    tried_at: Option<Timestamp>,
    /// What the last try was answered with; null where there was no answer.
    #[schema(minimum = 100, maximum = 599)]
    status: Option<u16>,
    /// What went wrong at the last try.
    error: Option<String>,
}

impl From<DeliveryRecord> for DeliveryBody {
    fn from(DeliveryRecord { id, delivery }: DeliveryRecord) -> Self {
        Self {
            id,
            contract: delivery.contract,
            seq: delivery.seq,
            state: name_of(&DELIVERY_STATES, &delivery.state),
            attempts: delivery.attempts,
            next_at: delivery.next_at,
            created_at: delivery.created_at,
            tried_at: delivery.tried_at,
            status: delivery.status,
            error: delivery.error,
        }
    }
}

/// How many deliveries are sent again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplayedBody {
    /// How many.
    deliveries: usize,
}

/// The parameters of the list of deliveries.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameters that `Params` reads")]
pub(crate) struct DeliveriesQuery {
    /// Only those that are `waiting`, `delivered` or `dead`.
    state: Option<String>,
}

fn texts(words: Vec<Words>) -> Vec<String> {
    words.into_iter().map(|it| it.0).collect()
}

/// Returns whose webhooks a caller makes, and whose events they are sent.
fn owner(
    caller: &Caller,
    contract: Option<ContractId>,
) -> Result<(Owner, Option<ContractId>), Problem> {
    let Some(own) = caller.only_contract() else {
        return Ok((Owner::Admin, contract));
    };
    match contract {
        Some(other) if other != *own => Err(Problem::unknown_contract(other.as_str())),
        _ => Ok((Owner::Contract(own.clone()), Some(own.clone()))),
    }
}

fn reaches(caller: &Caller, record: &WebhookRecord) -> bool {
    match (caller.only_contract(), &record.owner) {
        (None, _) => caller.is_admin(),
        (Some(own), Owner::Contract(of)) => own == of,
        (Some(_), Owner::Admin) => false,
    }
}

/// Finds the webhook that a path names.
async fn find(app: &App, caller: &Caller, id: &str) -> Result<WebhookRecord, Problem> {
    caller.may(Operation::ManageWebhooks)?;
    let record = app.engine.webhook(id).await?;
    match reaches(caller, &record) {
        true => Ok(record),
        false => Err(Problem::not_found("webhook", id)),
    }
}

/// Answers with a webhook and its secret, which a repetition is not told.
fn with_secret(record: WebhookRecord, secret: String) -> Result<Made, Problem> {
    let mut body = WebhookBody::from(record);
    let mut made = Made::of(&body)?;
    body.secret = Some(secret);
    made.answer = Made::of(&body)?.answer;
    Ok(made)
}

/// Registers a webhook: it is sent what happens from now on. Its secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/v1/webhooks", tag = "webhooks", request_body = NewWebhookBody,
    responses((status = 201, description = "The webhook, with its secret", body = WebhookBody)))]
pub(crate) async fn create_webhook(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Answer {
    caller.may(Operation::ManageWebhooks)?;
    let mut posted = Posted::of(&app, &caller, request, KeyRule::Optional).await?;
    let new: NewWebhookBody = posted.read()?;
    let (owner, contract) = owner(&caller, new.contract)?;
    let new = NewWebhook {
        url: new.url.0,
        contract,
        types: new.types.map(texts),
        owner,
    };
    let Once { body, replayed } = do_once(&app, posted.key(), async {
        check(&new.url, app.settings.webhook_allow_private).await?;
        let (record, secret) = app.engine.create_webhook(new).await?;
        with_secret(record, secret)
    })
    .await?;
    once(StatusCode::CREATED, replayed, &body)
}

/// Lists webhooks, oldest first.
#[utoipa::path(get, path = "/v1/webhooks", tag = "webhooks", params(Page),
    responses((status = 200, description = "A page of webhooks", body = List<WebhookBody>)))]
pub(crate) async fn list_webhooks(State(app): State<App>, caller: Caller, uri: Uri) -> Answer {
    caller.may(Operation::ManageWebhooks)?;
    let params = Params::of(&uri, &["limit", "cursor"])?;
    let (limit, after) = (params.limit()?, params.place()?);
    let place = |it: &WebhookRecord| format!("{:020}{}", it.created_at.millis(), it.id);
    let mut all = app.engine.webhooks().await?;
    all.retain(|it| reaches(&caller, it));
    if let Some(after) = after {
        all.retain(|it| place(it) > after);
    }
    let more = all.len() > limit;
    all.truncate(limit);
    let next = all.last().filter(|_| more).map(place);
    let items = all.into_iter().map(WebhookBody::from).collect();
    json(StatusCode::OK, &params.page::<WebhookBody, _>(items, next))
}

/// Reads a webhook.
#[utoipa::path(get, path = "/v1/webhooks/{webhook}", tag = "webhooks",
    responses((status = 200, description = "The webhook", body = WebhookBody)))]
pub(crate) async fn get_webhook(
    State(app): State<App>,
    caller: Caller,
    At(webhook): At<String>,
    uri: Uri,
) -> Answer {
    let record = find(&app, &caller, &webhook).await?;
    Params::of(&uri, &[])?;
    json(StatusCode::OK, &WebhookBody::from(record))
}

/// Pauses or resumes a webhook, or changes which events it is sent.
#[utoipa::path(patch, path = "/v1/webhooks/{webhook}", tag = "webhooks", request_body = WebhookChangeBody,
    responses((status = 200, description = "The webhook", body = WebhookBody)))]
pub(crate) async fn change_webhook(
    State(app): State<App>,
    caller: Caller,
    At(webhook): At<String>,
    request: Request,
) -> Answer {
    find(&app, &caller, &webhook).await?;
    let posted = Posted::put(&app, request).await?;
    let change: WebhookChangeBody = posted.read()?;
    if change.state.is_some() && !caller.is_admin() {
        let detail = "only an administrator pauses and resumes webhooks";
        return Err(Problem::new(crate::problem::Code::Forbidden, detail).at("state"));
    }
    let reason = change.reason.map(|it| it.0);
    let state = change.state.map(|Name(state)| (state, reason.clone()));
    if reason.is_some() && !matches!(state, Some((WebhookState::Paused, _))) {
        return Err(Problem::invalid(
            "reason",
            "it goes with `\"state\":\"paused\"`",
        ));
    }
    let change = WebhookChange {
        state,
        types: change.types.0.map(|types| types.map(texts)),
    };
    let record = app.engine.change_webhook(&webhook, change).await?;
    json(StatusCode::OK, &WebhookBody::from(record))
}

/// Removes a webhook. What was waiting for it is given up.
#[utoipa::path(delete, path = "/v1/webhooks/{webhook}", tag = "webhooks",
    responses((status = 204, description = "It is gone")))]
pub(crate) async fn delete_webhook(
    State(app): State<App>,
    caller: Caller,
    At(webhook): At<String>,
    uri: Uri,
) -> Answer {
    find(&app, &caller, &webhook).await?;
    Params::of(&uri, &[])?;
    app.engine.delete_webhook(&webhook).await?;
    Ok(nothing())
}

/// Gives a webhook another secret; the one before signs beside it for 24 hours.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/rotate", tag = "webhooks", request_body = RotateBody,
    responses((status = 200, description = "The webhook, with its new secret", body = WebhookBody)))]
pub(crate) async fn rotate_webhook(
    State(app): State<App>,
    caller: Caller,
    At(webhook): At<String>,
    request: Request,
) -> Answer {
    find(&app, &caller, &webhook).await?;
    let mut posted = Posted::of(&app, &caller, request, KeyRule::Optional).await?;
    let RotateBody {} = posted.read()?;
    let Once { body, replayed } = do_once(&app, posted.key(), async {
        let (record, secret) = app.engine.rotate_webhook(&webhook).await?;
        with_secret(record, secret)
    })
    .await?;
    once(StatusCode::OK, replayed, &body)
}

/// Lists a webhook's deliveries, newest first.
#[utoipa::path(get, path = "/v1/webhooks/{webhook}/deliveries", tag = "webhooks",
    params(DeliveriesQuery, Page),
    responses((status = 200, description = "A page of deliveries", body = List<DeliveryBody>)))]
pub(crate) async fn list_deliveries(
    State(app): State<App>,
    caller: Caller,
    At(webhook): At<String>,
    uri: Uri,
) -> Answer {
    find(&app, &caller, &webhook).await?;
    let params = Params::of(&uri, &["state", "limit", "cursor"])?;
    let state = params.read("state", |text| of_name(&DELIVERY_STATES, text))?;
    let limit = params.limit()?;
    let after = params.place()?;
    let after = after.map(|place| read_place(&place).ok_or_else(invalid_cursor));
    let page = app
        .engine
        .deliveries(&webhook, state, after.transpose()?, limit)
        .await?;
    let next = page
        .next
        .map(|(at, contract, seq)| format!("{}/{seq}/{contract}", at.millis()));
    let items = page.items.into_iter().map(DeliveryBody::from).collect();
    json(StatusCode::OK, &params.page::<DeliveryBody, _>(items, next))
}

fn read_place(place: &str) -> Option<(Timestamp, ContractId, u64)> {
    let mut parts = place.splitn(3, '/');
    let at = Timestamp::from_millis(parts.next()?.parse().ok()?)?;
    let seq = parts.next()?.parse().ok()?;
    let contract = ContractId::new(parts.next()?).ok()?;
    Some((at, contract, seq))
}

/// Sends deliveries again that have ended, in order and under their old webhook-ids.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/replay", tag = "webhooks", request_body = ReplayBody,
    responses((status = 202, description = "How many are sent again", body = ReplayedBody)))]
pub(crate) async fn replay_deliveries(
    State(app): State<App>,
    caller: Caller,
    At(webhook): At<String>,
    request: Request,
) -> Answer {
    find(&app, &caller, &webhook).await?;
    let mut posted = Posted::of(&app, &caller, request, KeyRule::Optional).await?;
    let asked: ReplayBody = posted.read()?;
    let state = asked.state.map(|Name(state)| state);
    if state == Some(DeliveryState::Waiting) {
        let why = "expected `delivered` or `dead`: what waits is sent anyway";
        return Err(Problem::invalid("state", why));
    }
    let one = asked.delivery.map(|it| it.0);
    let replay = Replay {
        since: asked.since,
        delivery: one.clone(),
        state,
    };
    let Once { body, replayed } = do_once(&app, posted.key(), async {
        let deliveries = app.engine.replay_deliveries(&webhook, &replay).await;
        let deliveries = deliveries.map_err(|failure| match (failure, one) {
            (
                earnest_engine::Failure::Unknown {
                    kind: "delivery",
                    id,
                },
                Some(_),
            ) => Problem::invalid("delivery", format!("the webhook has no delivery `{id}`")),
            (failure, _) => failure.into(),
        })?;
        Made::of(&ReplayedBody { deliveries })
    })
    .await?;
    once(StatusCode::ACCEPTED, replayed, &body)
}
