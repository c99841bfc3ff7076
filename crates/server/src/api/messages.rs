//! Messages: sent, looked at beforehand, read, explained, listed.

use super::contracts::of_path;
use crate::access::{self, Caller, Operation};
use crate::answer::{Answer, At, give, json, may_say_when, once, order, reply};
use crate::app::App;
use crate::body::{KeyRule, Posted};
use crate::problem::{Named, Problem};
use crate::query::{List, Page, Params};
use crate::read::{Words, body};
use axum::extract::{Request, State};
use earnest_core::policy::ResponseKind;
use earnest_core::units::{CampaignId, ContractId, MemberId, MessageId, SeatId, Timestamp};
use earnest_core::{Conversation, Credit, SettledBy, Status};
use earnest_engine::{MessageFilter, MessageRecord, NewLetter, What};
use hyper::{StatusCode, Uri};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

body! {
    /// A message to one member.
    #[schema(example = json!({ "contract": "acme", "seat": "ana", "to": "bo", "subject": "An opening", "body": "Hello Bo, ..." }))]
    struct SendBody {
        /// Its id; absent: one is made up.
        #[schema(value_type = Option<String>)]
        id: Option<MessageId>,
        /// The contract.
        #[schema(value_type = String)]
        contract: ContractId,
        /// The sender.
        #[schema(value_type = String)]
        seat: SeatId,
        /// The recipient.
        #[schema(value_type = String)]
        to: MemberId,
        /// The campaign that it belongs to, which makes it bulk.
        #[schema(value_type = Option<String>)]
        campaign: Option<CampaignId>,
        /// Its subject.
        #[schema(value_type = String, min_length = 1)]
        subject: Words,
        /// Its text.
        #[schema(value_type = String, min_length = 1)]
        body: Words,
        /// When it was sent; for import keys.
        #[schema(value_type = Option<String>, format = DateTime)]
        at: Option<Timestamp>,
    }
}

/// Looks whether the caller reaches the contract and the seat that a body names.
pub(crate) fn reach(caller: &Caller, contract: &ContractId, seat: &SeatId) -> Result<(), Problem> {
    if !caller.reaches_contract(contract) {
        return Err(Problem::unknown_contract(contract.as_str()));
    }
    if !caller.reaches_seat(contract, seat) {
        return Err(Problem::unknown_seat(seat.as_str()));
    }
    Ok(())
}

impl SendBody {
    /// Looks whether the caller may send it.
    pub(crate) fn check(&self, caller: &Caller) -> Result<(), Problem> {
        may_say_when(caller, self.at)?;
        reach(caller, &self.contract, &self.seat)
    }

    /// Returns the letter, and the contract it is sent under.
    pub(crate) fn letter(self) -> (ContractId, NewLetter) {
        let letter = NewLetter {
            id: self.id,
            seat: self.seat,
            to: self.to,
            campaign: self.campaign,
            subject: self.subject.0,
            body: self.body.0,
        };
        (self.contract, letter)
    }
}

/// A message. A member sees none of its sender's credits: no `credit`, no `deadline`, nothing of a settlement.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageBody {
    /// Its id.
    #[schema(value_type = String)]
    id: MessageId,
    /// The contract it was sent under.
    #[schema(value_type = String, example = "acme")]
    contract: ContractId,
    /// The sender.
    #[schema(value_type = String, example = "ana")]
    seat: SeatId,
    /// The recipient.
    #[schema(value_type = String, example = "bo")]
    to: MemberId,
    /// The campaign it belongs to.
    #[schema(value_type = Option<String>)]
    campaign: Option<CampaignId>,
    /// Whether it was sent in bulk.
    bulk: bool,
    /// Its subject; not in the answers to commands.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// Its text; not in the answers to commands.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// Whether it was answered: pending, responded or lapsed.
    #[schema(value_type = String, example = "pending")]
    status: Status,
    /// What became of its credit: held, returned, consumed or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, example = "held", required = false)]
    credit: Option<Credit>,
    /// The credits staked: 0 for an open profile.
    #[schema(value_type = u64, maximum = 4_294_967_295_u32)]
    price: u32,
    /// When it was sent.
    #[schema(value_type = String, format = DateTime)]
    sent_at: Timestamp,
    /// The last instant at which a response is in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = DateTime, required = false)]
    deadline: Option<Timestamp>,
    /// When the recipient first answered, in time or late.
    #[schema(value_type = Option<String>, format = DateTime)]
    responded_at: Option<Timestamp>,
    /// The first answer's kind: reply, accept or not_interested.
    #[schema(value_type = Option<String>)]
    response: Option<ResponseKind>,
    /// The first answer's note.
    response_note: Option<String>,
    /// When the recipient first opened it.
    #[schema(value_type = Option<String>, format = DateTime)]
    seen_at: Option<Timestamp>,
    /// When the recipient first reported it.
    #[schema(value_type = Option<String>, format = DateTime)]
    reported_at: Option<Timestamp>,
    /// Who may write on.
    #[schema(value_type = String)]
    conversation: Conversation,
    /// What settled its stake: send, response, report or lapse.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    settled_by: Option<Option<SettledBy>>,
    /// When its stake was settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    settled_at: Option<Option<Timestamp>>,
}

impl MessageBody {
    /// Shows a message to a caller.
    pub(crate) fn to(caller: &Caller, record: MessageRecord) -> Self {
        let is_sender = !caller.is_member();
        let (subject, body) = match record.text {
            Some(text) => (Some(text.subject), Some(text.body)),
            None => (None, None),
        };
        Self {
            subject,
            body,
            credit: is_sender.then_some(record.credit),
            deadline: is_sender.then_some(record.deadline),
            settled_by: is_sender.then_some(record.settled_by),
            settled_at: is_sender.then_some(record.settled_at),
            id: record.id,
            contract: record.contract,
            seat: record.seat,
            to: record.to,
            campaign: record.campaign,
            bulk: record.bulk,
            status: record.status,
            price: record.price,
            sent_at: record.sent_at,
            responded_at: record.responded_at,
            response: record.response,
            response_note: record.response_note,
            seen_at: record.seen_at,
            reported_at: record.reported_at,
            conversation: record.conversation,
        }
    }
}

/// Sends a message: it stakes a credit, and the policy decides later what becomes of it.
#[utoipa::path(post, path = "/v1/messages", tag = "messages", request_body = SendBody,
    responses((status = 201, description = "The message, sent", body = MessageBody)))]
pub(crate) async fn send_message(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Answer {
    caller.may(Operation::Send)?;
    let mut posted = Posted::of(&app, &caller, request, KeyRule::Required).await?;
    let send: SendBody = posted.read()?;
    send.check(&caller)?;
    let at = send.at;
    let (contract, letter) = send.letter();
    let order = order(&caller, contract, What::Send(letter), at, posted.key());
    let (record, replayed) = reply!(give(&app, &caller, order).await?, Message);
    let body = MessageBody::to(&caller, record);
    once(StatusCode::CREATED, replayed, &body)
}

/// Returns a message, with its texts.
#[utoipa::path(get, path = "/v1/messages/{message}", tag = "messages",
    responses((status = 200, description = "The message", body = MessageBody)))]
pub(crate) async fn get_message(
    State(app): State<App>,
    caller: Caller,
    At(message): At<String>,
    uri: Uri,
) -> Answer {
    caller.may(Operation::ReadMessage)?;
    let id = access::message(&message)?;
    let record = app.engine.message(&id).await.map_err(of_path_message)?;
    if !caller.reaches_message(&record.contract, &record.seat, &record.to) {
        return Err(Problem::not_found("message", &message));
    }
    Params::of(&uri, &[])?;
    json(StatusCode::OK, &MessageBody::to(&caller, record))
}

/// Tells why a message's credit is where it is, and what can still become of it.
#[utoipa::path(get, path = "/v1/messages/{message}/explanation", tag = "messages",
    responses((status = 200, description = "The story, as data and as sentences", body = Object)))]
pub(crate) async fn explain_message(
    State(app): State<App>,
    caller: Caller,
    At(message): At<String>,
    uri: Uri,
) -> Answer {
    caller.may(Operation::ExplainMessage)?;
    let row = find(&app, &caller, &message).await?;
    Params::of(&uri, &[])?;
    let story = app.engine.explanation(&row.sent.id).await;
    json(StatusCode::OK, &story.map_err(of_path_message)?)
}

/// Finds the message that a path names, within the caller's reach.
pub(crate) async fn find(
    app: &App,
    caller: &Caller,
    text: &str,
) -> Result<earnest_store::MessageRow, Problem> {
    let id = access::message(text)?;
    let row = app.engine.find_message(&id).await?;
    row.filter(|row| caller.reaches_message(&row.contract, &row.sent.seat, &row.sent.to))
        .ok_or_else(|| Problem::not_found("message", text))
}

/// Says that the path's message is not there.
pub(crate) fn of_path_message(failure: earnest_engine::Failure) -> Problem {
    Problem::on_path(failure, &[Named::Message])
}

/// What a contract's messages can be narrowed to.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameters that `Params` reads")]
pub(crate) struct MessageFilters {
    /// Only this seat's.
    seat: Option<String>,
    /// Only this campaign's.
    campaign: Option<String>,
    /// Only those of this status: pending, responded or lapsed.
    status: Option<String>,
}

/// Lists a contract's messages, newest first. A seat's key lists its seat's.
#[utoipa::path(get, path = "/v1/contracts/{contract}/messages", tag = "messages", params(MessageFilters, Page),
    responses((status = 200, description = "A page of messages", body = List<MessageBody>)))]
pub(crate) async fn list_messages(
    State(app): State<App>,
    caller: Caller,
    At(contract): At<String>,
    uri: Uri,
) -> Answer {
    caller.may(Operation::ListMessages)?;
    let contract = caller.contract(&contract)?;
    let params = Params::of(&uri, &["seat", "campaign", "status", "limit", "cursor"])?;
    let (limit, after) = (params.limit()?, params.number()?);
    let seat = params.read("seat", |text| SeatId::new(text))?;
    let filter = MessageFilter {
        campaign: params.read("campaign", |text| CampaignId::new(text))?,
        status: params.status()?,
        seat: caller.only_seat().cloned().or_else(|| seat.clone()),
        ..MessageFilter::default()
    };
    // A contract that is not there is found out.
    app.engine.newest_event(&contract).await.map_err(of_path)?;
    let is_beyond = seat.is_some_and(|seat| !caller.reaches_seat(&contract, &seat));
    if is_beyond {
        let none: List<MessageBody> = params.page(Vec::new(), None::<u64>);
        return json(StatusCode::OK, &none);
    }
    let page = app.engine.sent(&contract, filter, after, limit).await?;
    let page = page.map(|record| MessageBody::to(&caller, record));
    json(StatusCode::OK, &params.page(page.items, page.next))
}
