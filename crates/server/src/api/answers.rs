//! What a recipient does with a message: answers, sees, reports it; and the conversation that follows.

use super::messages::{MessageBody, find, of_path_message};
use crate::access::{Caller, Operation};
use crate::answer::{Answer, At, give, json, may_say_when, once, order, reply};
use crate::app::App;
use crate::body::{KeyRule, Posted};
use crate::problem::{Code, Problem};
use crate::query::{List, Page, Params};
use crate::read::{Text, Words, body};
use axum::extract::{Request, State};
use earnest_core::command::Side;
use earnest_core::policy::ResponseKind;
use earnest_core::units::{MessageId, Timestamp};
use earnest_engine::{NewResponse, NewWriting, What, WritingRecord};
use hyper::{StatusCode, Uri};
use serde::Serialize;
use utoipa::ToSchema;

body! {
    /// An answer to a message.
    #[schema(example = json!({ "kind": "reply", "note": "Yes, tell me more" }))]
    struct ResponseBody {
        /// reply, accept or not_interested.
        #[schema(value_type = String)]
        kind: ResponseKind,
        /// What is written with it.
        #[schema(value_type = Option<String>)]
        note: Option<Text>,
        /// Whether a machine answers, such as out of office; absent: nobody but a person.
        auto: Option<bool>,
        /// When it was answered; for import keys.
        #[schema(value_type = Option<String>, format = DateTime)]
        at: Option<Timestamp>,
    }
}

impl ResponseBody {
    /// Returns what is asked of the message's contract.
    pub(crate) fn what(self, message: MessageId) -> What {
        What::Respond(NewResponse {
            message,
            kind: self.kind,
            note: self.note.map(|note| note.0),
            auto: self.auto.unwrap_or(false),
        })
    }
}

body! {
    /// Nothing but, for import keys, an instant.
    #[schema(example = json!({}))]
    struct TouchBody {
        /// When; for import keys.
        #[schema(value_type = Option<String>, format = DateTime)]
        at: Option<Timestamp>,
    }
}

body! {
    /// Something to write in a conversation.
    #[schema(example = json!({ "body": "When could we talk?" }))]
    struct ReplyBody {
        /// The text.
        #[schema(value_type = String, min_length = 1)]
        body: Words,
        /// Who writes: seat or member. Needed from an administrator's key; others write for themselves.
        #[schema(value_type = Option<String>)]
        from: Option<Side>,
        /// When it was written; for import keys.
        #[schema(value_type = Option<String>, format = DateTime)]
        at: Option<Timestamp>,
    }
}

impl ReplyBody {
    /// Returns what is asked of the message's contract.
    ///
    /// # Errors
    /// When an administrator does not say who writes, or another says so wrongly.
    pub(crate) fn what(self, caller: &Caller, message: MessageId) -> Result<What, Problem> {
        let own = match caller.is_member() {
            true => Side::Member,
            false => Side::Seat,
        };
        let from = match (caller.is_admin(), self.from) {
            (true, Some(from)) => from,
            (true, None) => {
                let detail =
                    "`from` is missing: an administrator's key says who writes, `seat` or `member`";
                return Err(Problem::new(Code::MissingField, detail).at("from"));
            }
            (false, Some(from)) if from != own => {
                return Err(Problem::invalid(
                    "from",
                    "a key writes for its own side only",
                ));
            }
            (false, _) => own,
        };
        Ok(What::Write(NewWriting {
            message,
            from,
            body: self.body.0,
        }))
    }
}

/// Something written in a conversation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WritingBody {
    /// The message that began it.
    #[schema(value_type = String)]
    message: MessageId,
    /// The number of its event in the contract; a member does not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u64, required = false)]
    seq: Option<u64>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who wrote: seat or member.
    #[schema(value_type = String)]
    from: Side,
    /// The kind of a response; null for what follows it.
    #[schema(value_type = Option<String>)]
    response: Option<ResponseKind>,
    /// Whether a machine answered.
    auto: bool,
    /// The text; empty for a response without a note.
    body: String,
}

impl WritingBody {
    /// Shows something written to a caller.
    pub(crate) fn to(caller: &Caller, record: WritingRecord) -> Self {
        Self {
            message: record.message,
            seq: (!caller.is_member()).then_some(record.seq),
            at: record.at,
            from: record.from,
            response: record.response,
            auto: record.auto,
            body: record.text,
        }
    }
}

/// Answers a message as its recipient. The first answer settles; later ones change the conversation only.
#[utoipa::path(post, path = "/v1/messages/{message}/response", tag = "answers", request_body = ResponseBody,
    responses((status = 200, description = "The message, answered", body = MessageBody)))]
pub(crate) async fn respond_to_message(
    State(app): State<App>,
    caller: Caller,
    At(message): At<String>,
    request: Request,
) -> Answer {
    caller.may(Operation::AnswerMessage)?;
    let row = find(&app, &caller, &message).await?;
    let mut posted = Posted::of(&app, &caller, request, KeyRule::Required).await?;
    let response: ResponseBody = posted.read()?;
    let at = response.at;
    may_say_when(&caller, at)?;
    let what = response.what(row.sent.id);
    let order = order(&caller, row.contract, what, at, posted.key());
    answer_with_message(&app, &caller, order).await
}

/// Marks a message as seen. One that was seen before stays as it is.
#[utoipa::path(post, path = "/v1/messages/{message}/seen", tag = "answers", request_body = TouchBody,
    responses((status = 200, description = "The message", body = MessageBody)))]
pub(crate) async fn mark_message_seen(
    State(app): State<App>,
    caller: Caller,
    At(message): At<String>,
    request: Request,
) -> Answer {
    touch(&app, &caller, &message, request, What::Seen).await
}

/// Reports a message. One that was reported before stays as it is.
#[utoipa::path(post, path = "/v1/messages/{message}/report", tag = "answers", request_body = TouchBody,
    responses((status = 200, description = "The message", body = MessageBody)))]
pub(crate) async fn report_message(
    State(app): State<App>,
    caller: Caller,
    At(message): At<String>,
    request: Request,
) -> Answer {
    touch(&app, &caller, &message, request, What::Report).await
}

async fn touch(
    app: &App,
    caller: &Caller,
    message: &str,
    request: Request,
    what: fn(MessageId) -> What,
) -> Answer {
    caller.may(Operation::AnswerMessage)?;
    let row = find(app, caller, message).await?;
    let mut posted = Posted::of(app, caller, request, KeyRule::Optional).await?;
    let body: TouchBody = posted.read()?;
    may_say_when(caller, body.at)?;
    let what = what(row.sent.id);
    let order = order(caller, row.contract, what, body.at, posted.key());
    answer_with_message(app, caller, order).await
}

async fn answer_with_message(app: &App, caller: &Caller, order: earnest_engine::Order) -> Answer {
    let done = give(app, caller, order).await.map_err(of_path_message)?;
    let (record, replayed) = reply!(done, Message);
    once(StatusCode::OK, replayed, &MessageBody::to(caller, record))
}

/// Writes on in an open conversation.
#[utoipa::path(post, path = "/v1/messages/{message}/replies", tag = "answers", request_body = ReplyBody,
    responses((status = 201, description = "What was written", body = WritingBody)))]
pub(crate) async fn reply_to_message(
    State(app): State<App>,
    caller: Caller,
    At(message): At<String>,
    request: Request,
) -> Answer {
    caller.may(Operation::Converse)?;
    let row = find(&app, &caller, &message).await?;
    let mut posted = Posted::of(&app, &caller, request, KeyRule::Optional).await?;
    let body: ReplyBody = posted.read()?;
    let at = body.at;
    may_say_when(&caller, at)?;
    let what = body.what(&caller, row.sent.id)?;
    let order = order(&caller, row.contract, what, at, posted.key());
    let done = give(&app, &caller, order).await.map_err(of_path_message)?;
    let (record, replayed) = reply!(done, Writing);
    let body = WritingBody::to(&caller, record);
    once(StatusCode::CREATED, replayed, &body)
}

/// Lists what was written after a message, responses included, oldest first.
#[utoipa::path(get, path = "/v1/messages/{message}/conversation", tag = "answers", params(Page),
    responses((status = 200, description = "A page of what was written", body = List<WritingBody>)))]
pub(crate) async fn list_conversation(
    State(app): State<App>,
    caller: Caller,
    At(message): At<String>,
    uri: Uri,
) -> Answer {
    caller.may(Operation::Converse)?;
    let row = find(&app, &caller, &message).await?;
    let params = Params::of(&uri, &["limit", "cursor"])?;
    let (limit, after) = (params.limit()?, params.number()?.unwrap_or(0));
    let after = usize::try_from(after).unwrap_or(usize::MAX);
    let writings = app.engine.conversation(&row.sent.id).await?;
    let more = writings.len() > after.saturating_add(limit);
    let next = more.then(|| after.saturating_add(limit));
    let page = writings.into_iter().skip(after).take(limit);
    let items = page.map(|it| WritingBody::to(&caller, it)).collect();
    json(StatusCode::OK, &params.page::<WritingBody, _>(items, next))
}
