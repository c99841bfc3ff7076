//! Knows who calls, and what each may do.
//!
//! Owns: reading the key of a request, the one table of what a scope may do, and how far a key reaches.
//! Does not own: keys ([`earnest_engine::keys`]). Invariants: a handler learns its caller here or not at all;
//! what is beyond a key's reach is answered as what is not there.

mod limit;

pub(crate) use limit::RateLimits;

use crate::app::App;
use crate::problem::{Code, Problem};
use axum::extract::FromRequestParts;
use earnest_core::units::{ContractId, MemberId, MessageId, SeatId};
use earnest_engine::keys::Scope;
use earnest_engine::{Asked, Author};
use hyper::header::AUTHORIZATION;
use hyper::http::request::Parts;

/// What can be asked of the server, as far as rights tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Begin a contract, or list all.
    ManageContracts,
    /// Cancel a contract, set it live, or bring it a policy version.
    RuleContract,
    /// Read a contract itself.
    ReadContract,
    /// Add, change and list seats.
    ManageSeats,
    /// Read one seat.
    ReadSeat,
    /// Give or revoke credits.
    ManageGrants,
    /// Read the grants.
    ReadGrants,
    /// Read the balance.
    ReadBalance,
    /// Read the ledger.
    ReadEvents,
    /// Read the reports.
    ReadReports,
    /// Send a message or a campaign, or ask what would become of one.
    Send,
    /// List a contract's messages.
    ListMessages,
    /// Give several commands at once; each is looked at by itself.
    Batch,
    /// Read a message.
    ReadMessage,
    /// Read a message's story.
    ExplainMessage,
    /// Answer, see or report a message as its recipient.
    AnswerMessage,
    /// Read and write in a conversation.
    Converse,
    /// Read a member's inbox; read and change preferences and blocks.
    ActAsMember,
    /// Read policies.
    ReadPolicies,
    /// Upload a policy.
    UploadPolicies,
    /// Try policies on a log: an own one, or that of a contract within reach.
    TryPolicies,
    /// Make, list and revoke keys.
    ManageKeys,
    /// Register, list and remove webhooks, see and repeat their deliveries.
    ManageWebhooks,
    /// Follow the stream of events.
    ReadStream,
    /// Be told, on a page, that something of one's own has changed; what it is, the page asks for under its own
    /// right.
    WatchPage,
}

/// Which scopes may do something, beside admin and import, who may do everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Allowed {
    contract: bool,
    seat: bool,
    member: bool,
}

const fn allowed(contract: bool, seat: bool, member: bool) -> Allowed {
    Allowed {
        contract,
        seat,
        member,
    }
}

impl Operation {
    /// THE table of rights: what contract, seat and member keys may do, each within its reach.
    #[rustfmt::skip]
    const fn allowed(self) -> Allowed {
        match self {
            //                                contract seat   member
            Self::ManageContracts =>  allowed(false,   false, false),
            Self::RuleContract =>     allowed(false,   false, false),
            Self::ReadContract =>     allowed(true,    false, false),
            Self::ManageSeats =>      allowed(true,    false, false),
            Self::ReadSeat =>         allowed(true,    true,  false),
            Self::ManageGrants =>     allowed(false,   false, false),
            Self::ReadGrants =>       allowed(true,    false, false),
            Self::ReadBalance =>      allowed(true,    true,  false),
            Self::ReadEvents =>       allowed(true,    false, false),
            Self::ReadReports =>      allowed(true,    false, false),
            Self::Send =>             allowed(true,    true,  false),
            Self::ListMessages =>     allowed(true,    true,  false),
            Self::Batch =>            allowed(true,    true,  true),
            Self::ReadMessage =>      allowed(true,    true,  true),
            Self::ExplainMessage =>   allowed(true,    true,  false),
            Self::AnswerMessage =>    allowed(false,   false, true),
            Self::Converse =>         allowed(true,    true,  true),
            Self::ActAsMember =>      allowed(false,   false, true),
            Self::ReadPolicies =>     allowed(true,    true,  true),
            Self::UploadPolicies =>   allowed(false,   false, false),
            Self::TryPolicies =>      allowed(true,    false, false),
            Self::ManageKeys =>       allowed(false,   false, false),
            Self::ManageWebhooks =>   allowed(true,    false, false),
            Self::ReadStream =>       allowed(true,    false, false),
            Self::WatchPage =>        allowed(true,    true,  true),
        }
    }
}

/// Whoever makes a request, known by its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The key's id, which is no secret.
    pub key: String,
    /// Whom the key stands for.
    pub scope: Scope,
    /// When the request came.
    pub asked: Asked,
}

impl Caller {
    /// Knows a caller by a session on the pages, which stands for a key or for a user of another host.
    ///
    /// # Errors
    /// 429 where it makes too many requests, as a key would.
    pub fn of_session(app: &App, key: String, scope: Scope) -> Result<Self, Problem> {
        if let Some(most) = app.settings.requests_per_second {
            app.limits().take(&key, most)?;
        }
        let asked = app.engine.asked();
        Ok(Self { key, scope, asked })
    }

    /// Looks whether the key's scope may do something at all.
    ///
    /// # Errors
    /// 403 where it never may.
    pub fn may(&self, operation: Operation) -> Result<(), Problem> {
        let allowed = operation.allowed();
        let may = match &self.scope {
            Scope::Admin | Scope::Import => true,
            Scope::Contract { .. } => allowed.contract,
            Scope::Seat { .. } => allowed.seat,
            Scope::Member { .. } => allowed.member,
        };
        if may {
            return Ok(());
        }
        let scope = self.scope.name();
        Err(Problem::new(
            Code::Forbidden,
            format!("a key with the scope `{scope}` never may do this"),
        ))
    }

    /// Returns whether the caller is an administrator.
    #[must_use]
    pub const fn is_admin(&self) -> bool {
        matches!(self.scope, Scope::Admin | Scope::Import)
    }

    /// Returns whether the caller is a member.
    #[must_use]
    pub const fn is_member(&self) -> bool {
        matches!(self.scope, Scope::Member { .. })
    }

    /// Returns how the engine knows the caller.
    #[must_use]
    pub const fn author(&self) -> Author {
        match self.scope {
            Scope::Import => Author::Import,
            _ => Author::Live,
        }
    }

    /// Returns whether the key reaches a contract.
    #[must_use]
    pub fn reaches_contract(&self, contract: &ContractId) -> bool {
        match &self.scope {
            Scope::Admin | Scope::Import => true,
            Scope::Contract { contract: own } | Scope::Seat { contract: own, .. } => {
                own == contract
            }
            Scope::Member { .. } => false,
        }
    }

    /// Returns whether the key reaches a seat.
    #[must_use]
    pub fn reaches_seat(&self, contract: &ContractId, seat: &SeatId) -> bool {
        match &self.scope {
            Scope::Seat { seat: own, .. } => self.reaches_contract(contract) && own == seat,
            _ => self.reaches_contract(contract),
        }
    }

    /// Returns whether the key reaches a message, given whose it is.
    #[must_use]
    pub fn reaches_message(&self, of: &ContractId, by: &SeatId, to: &MemberId) -> bool {
        match &self.scope {
            Scope::Member { member } => member == to,
            _ => self.reaches_seat(of, by),
        }
    }

    /// Returns the only seat that the key reaches, where there is but one.
    #[must_use]
    pub const fn only_seat(&self) -> Option<&SeatId> {
        match &self.scope {
            Scope::Seat { seat, .. } => Some(seat),
            _ => None,
        }
    }

    /// Returns the only contract that the key reaches, where there is but one.
    #[must_use]
    pub const fn only_contract(&self) -> Option<&ContractId> {
        self.scope.contract()
    }

    /// Reads the contract that a path names.
    ///
    /// # Errors
    /// 404 where it is no id or beyond the key's reach.
    pub fn contract(&self, text: &str) -> Result<ContractId, Problem> {
        let id = ContractId::new(text).ok();
        id.filter(|id| self.reaches_contract(id))
            .ok_or_else(|| Problem::not_found("contract", text))
    }

    /// Reads the seat that a path names.
    ///
    /// # Errors
    /// 404 where it is no id or beyond the key's reach.
    pub fn seat(&self, contract: &ContractId, text: &str) -> Result<SeatId, Problem> {
        let id = SeatId::new(text).ok();
        id.filter(|id| self.reaches_seat(contract, id))
            .ok_or_else(|| Problem::not_found("seat", text))
    }

    /// Reads the member that a path names.
    ///
    /// # Errors
    /// 404 where it is no id or beyond the key's reach.
    pub fn member(&self, text: &str) -> Result<MemberId, Problem> {
        let id = MemberId::new(text).ok();
        id.filter(|id| match &self.scope {
            Scope::Member { member } => member == id,
            _ => self.is_admin(),
        })
        .ok_or_else(|| Problem::not_found("member", text))
    }
}

/// Reads the message that a path names; whose it is is looked at when it was found.
///
/// # Errors
/// 404 where it is no id.
pub fn message(text: &str) -> Result<MessageId, Problem> {
    MessageId::new(text).map_err(|_| Problem::not_found("message", text))
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        // The look that knows the key does for the rest of the request.
        let asked = app.engine.asked();
        let text = bearer(parts).ok_or_else(unauthorized)?;
        let known = app.engine.authenticate(text).await?;
        let record = known.ok_or_else(unauthorized)?;
        if let Some(most) = app.settings.requests_per_second {
            app.limits().take(&record.id, most)?;
        }
        Ok(Self {
            key: record.id,
            scope: record.scope,
            asked,
        })
    }
}

/// Returns the text of the key that a request carries: in one header, after the word `Bearer`.
fn bearer(parts: &Parts) -> Option<&str> {
    let mut headers = parts.headers.get_all(AUTHORIZATION).iter();
    let header = headers.next()?.to_str().ok()?;
    if headers.next().is_some() {
        return None;
    }
    let (scheme, key) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

fn unauthorized() -> Problem {
    Problem::new(
        Code::Unauthorized,
        "send `Authorization: Bearer KEY` with a key that exists and was not revoked",
    )
}
