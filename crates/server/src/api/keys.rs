//! Keys: made, listed, revoked.

use crate::access::{Caller, Operation};
use crate::answer::{Answer, At, json, once};
use crate::app::App;
use crate::body::{KeyRule, Posted};
use crate::idempotency::{Made, once as do_once};
use crate::problem::{Code, Problem};
use crate::query::{List, Page, Params};
use crate::read::{Named, body, by_name};
use axum::extract::{Request, State};
use earnest_core::units::{ContractId, MemberId, SeatId, Timestamp};
use earnest_engine::keys::{KeyRecord, Scope};
use hyper::{StatusCode, Uri};
use serde::Serialize;
use utoipa::ToSchema;

/// What a key may stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScopeName {
    /// Everything.
    Admin,
    /// Everything, and the instants of what is told.
    Import,
    /// One contract.
    Contract,
    /// One seat.
    Seat,
    /// One recipient.
    Member,
}

impl Named for ScopeName {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("admin", Self::Admin),
        ("import", Self::Import),
        ("contract", Self::Contract),
        ("seat", Self::Seat),
        ("member", Self::Member),
    ];
}

by_name!(ScopeName);

body! {
    /// A key to make.
    #[schema(example = json!({ "scope": "seat", "contract": "acme", "seat": "ana" }))]
    struct NewKeyBody {
        /// admin, import, contract, seat or member.
        #[schema(value_type = String)]
        scope: ScopeName,
        /// The contract of a contract's or a seat's key.
        #[schema(value_type = Option<String>)]
        contract: Option<ContractId>,
        /// The seat of a seat's key.
        #[schema(value_type = Option<String>)]
        seat: Option<SeatId>,
        /// The member of a member's key.
        #[schema(value_type = Option<String>)]
        member: Option<MemberId>,
    }
}

impl NewKeyBody {
    /// Returns the scope that the fields describe.
    fn scope(self) -> Result<Scope, Problem> {
        let Self {
            scope,
            contract,
            seat,
            member,
        } = self;
        let is_superfluous = |name: &str, there: bool, wanted: bool| match there && !wanted {
            true => Err(Problem::invalid(name, "a key with this scope has none")),
            false => Ok(()),
        };
        let of_contract = matches!(scope, ScopeName::Contract | ScopeName::Seat);
        is_superfluous("contract", contract.is_some(), of_contract)?;
        is_superfluous("seat", seat.is_some(), scope == ScopeName::Seat)?;
        is_superfluous("member", member.is_some(), scope == ScopeName::Member)?;
        Ok(match scope {
            ScopeName::Admin => Scope::Admin,
            ScopeName::Import => Scope::Import,
            ScopeName::Contract => Scope::Contract {
                contract: needed("contract", contract)?,
            },
            ScopeName::Seat => Scope::Seat {
                contract: needed("contract", contract)?,
                seat: needed("seat", seat)?,
            },
            ScopeName::Member => Scope::Member {
                member: needed("member", member)?,
            },
        })
    }
}

fn needed<T>(name: &'static str, value: Option<T>) -> Result<T, Problem> {
    value.ok_or_else(|| {
        Problem::new(
            Code::MissingField,
            format!("`{name}` is missing: a key with this scope has one"),
        )
        .at(name)
    })
}

/// A key. Its text is shown once, when it is made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyBody {
    /// Its id, which is no secret.
    id: String,
    /// What it stands for: admin, import, contract, seat or member.
    #[schema(value_type = String, example = "seat")]
    scope: &'static str,
    /// The contract of a contract's or a seat's key.
    #[schema(value_type = Option<String>)]
    contract: Option<ContractId>,
    /// The seat of a seat's key.
    #[schema(value_type = Option<String>)]
    seat: Option<SeatId>,
    /// The member of a member's key.
    #[schema(value_type = Option<String>)]
    member: Option<MemberId>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last used, to the minute or so.
    #[schema(value_type = Option<String>, format = DateTime)]
    used_at: Option<Timestamp>,
    /// When it was revoked.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
    /// What its holder sends as `Authorization: Bearer KEY`. Shown once, and not in a repeated answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

impl From<KeyRecord> for KeyBody {
    fn from(record: KeyRecord) -> Self {
        let scope = record.scope.name();
        let (contract, seat, member) = match record.scope {
            Scope::Admin | Scope::Import => (None, None, None),
            Scope::Contract { contract } => (Some(contract), None, None),
            Scope::Seat { contract, seat } => (Some(contract), Some(seat), None),
            Scope::Member { member } => (None, None, Some(member)),
        };
        Self {
            id: record.id,
            scope,
            contract,
            seat,
            member,
            created_at: record.created_at,
            used_at: record.used_at,
            revoked_at: record.revoked_at,
            key: None,
        }
    }
}

/// Looks whether what a key is to stand for is there.
async fn is_there(app: &App, scope: &Scope) -> Result<(), Problem> {
    match scope {
        Scope::Admin | Scope::Import | Scope::Member { .. } => Ok(()),
        Scope::Contract { contract } => {
            app.engine.contract(contract).await?;
            Ok(())
        }
        Scope::Seat { contract, seat } => match app.engine.seat(contract, seat).await? {
            Some(_) => Ok(()),
            None => Err(Problem::unknown_seat(seat.as_str())),
        },
    }
}

/// Makes a key. Its text is in this answer and nowhere else, not even where the request is repeated.
#[utoipa::path(post, path = "/v1/keys", tag = "keys", request_body = NewKeyBody,
    responses((status = 201, description = "The key, with its text", body = KeyBody)))]
pub(crate) async fn create_key(State(app): State<App>, caller: Caller, request: Request) -> Answer {
    caller.may(Operation::ManageKeys)?;
    let mut posted = Posted::of(&app, &caller, request, KeyRule::Optional).await?;
    let new: NewKeyBody = posted.read()?;
    let scope = new.scope()?;
    let done = do_once(&app, posted.key(), async {
        is_there(&app, &scope).await?;
        let (record, text) = app.engine.create_key(scope).await?;
        let mut body = KeyBody::from(record);
        let mut made = Made::of(&body)?;
        body.key = Some(text);
        made.answer = Made::of(&body)?.answer;
        Ok(made)
    });
    let done = done.await?;
    once(StatusCode::CREATED, done.replayed, &done.body)
}

/// Lists the keys, oldest first, revoked ones included.
#[utoipa::path(get, path = "/v1/keys", tag = "keys", params(Page),
    responses((status = 200, description = "A page of keys", body = List<KeyBody>)))]
pub(crate) async fn list_keys(State(app): State<App>, caller: Caller, uri: Uri) -> Answer {
    caller.may(Operation::ManageKeys)?;
    let params = Params::of(&uri, &["limit", "cursor"])?;
    let (limit, after) = (params.limit()?, params.place()?);
    let mut keys = app.engine.list_keys().await?;
    let place = |key: &KeyRecord| format!("{:020}{}", key.created_at.millis(), key.id);
    if let Some(after) = after {
        keys.retain(|key| place(key) > after);
    }
    let more = keys.len() > limit;
    keys.truncate(limit);
    let next = keys.last().filter(|_| more).map(place);
    let items = keys.into_iter().map(KeyBody::from).collect();
    json(StatusCode::OK, &params.page::<KeyBody, _>(items, next))
}

/// Revokes a key: it is refused from the next request on, in every process.
#[utoipa::path(delete, path = "/v1/keys/{key}", tag = "keys",
    responses((status = 200, description = "The key, revoked", body = KeyBody)))]
pub(crate) async fn revoke_key(
    State(app): State<App>,
    caller: Caller,
    At(key): At<String>,
    uri: Uri,
) -> Answer {
    caller.may(Operation::ManageKeys)?;
    Params::of(&uri, &[])?;
    let record = app.engine.revoke_key(&key).await?;
    json(StatusCode::OK, &KeyBody::from(record))
}
