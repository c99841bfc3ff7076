//! Campaigns, one text to many; and previews of sends and campaigns.

use super::messages::{MessageBody, SendBody, reach};
use crate::access::{Caller, Operation};
use crate::answer::{Answer, give, json, may_say_when, once, order, reply};
use crate::app::App;
use crate::body::{KeyRule, Posted};
use crate::problem::{Code, Problem};
use crate::read::{Few, Node, Place, Read, Words, body};
use axum::extract::{Request, State};
use earnest_core::explain::{Explanation, Outcome};
use earnest_core::units::{CampaignId, ContractId, Credits, MemberId, SeatId, Timestamp};
use earnest_engine::{CampaignRecord, NewCampaign, Preview, What};
use hyper::StatusCode;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::HashSet;
use utoipa::openapi::{OneOfBuilder, Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The most recipients that are looked at; how many a campaign may have, its policy says.
const RECIPIENTS_MOST: usize = 10_000;

body! {
    /// One text to several members, all or none.
    #[schema(example = json!({ "contract": "acme", "seat": "ana", "to": ["bo", "cy"], "subject": "An opening", "body": "Hello, ..." }))]
    struct CampaignSendBody {
        /// Its id; absent: one is made up.
        #[schema(value_type = Option<String>)]
        id: Option<CampaignId>,
        /// The contract.
        #[schema(value_type = String)]
        contract: ContractId,
        /// The sender.
        #[schema(value_type = String)]
        seat: SeatId,
        /// The recipients, each once; how many there may be, the policy says.
        #[schema(value_type = Vec<String>, min_items = 1)]
        to: Few<MemberId, RECIPIENTS_MOST>,
        /// The subject.
        #[schema(value_type = String, min_length = 1)]
        subject: Words,
        /// The text.
        #[schema(value_type = String, min_length = 1)]
        body: Words,
        /// When it was sent; for import keys.
        #[schema(value_type = Option<String>, format = DateTime)]
        at: Option<Timestamp>,
    }
}

impl CampaignSendBody {
    /// Looks whether the caller may send it, and to each member once.
    pub(crate) fn check(&self, caller: &Caller) -> Result<(), Problem> {
        may_say_when(caller, self.at)?;
        reach(caller, &self.contract, &self.seat)?;
        let mut known = HashSet::new();
        for (number, to) in self.to.0.iter().enumerate() {
            if !known.insert(to) {
                return Err(Problem::new(
                    Code::DuplicateId,
                    format!("the recipient `{to}` stands twice; name each once"),
                )
                .at(format!("to[{number}]")));
            }
        }
        Ok(())
    }

    /// Returns the campaign, and the contract it is sent under.
    pub(crate) fn campaign(self) -> (ContractId, NewCampaign) {
        let campaign = NewCampaign {
            id: self.id,
            seat: self.seat,
            to: self.to.0,
            subject: self.subject.0,
            body: self.body.0,
        };
        (self.contract, campaign)
    }
}

/// A campaign that was sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CampaignBody {
    /// Its id.
    #[schema(value_type = String)]
    id: CampaignId,
    /// Its messages, in the order of the recipients.
    messages: Vec<MessageBody>,
}

impl CampaignBody {
    /// Shows a campaign to a caller.
    pub(crate) fn to(caller: &Caller, record: CampaignRecord) -> Self {
        let messages = record.messages.into_iter();
        Self {
            id: record.id,
            messages: messages.map(|it| MessageBody::to(caller, it)).collect(),
        }
    }
}

/// Sends one text to several members: all of it, or nothing where one of them is refused.
#[utoipa::path(post, path = "/v1/campaigns", tag = "messages", request_body = CampaignSendBody,
    responses((status = 201, description = "The campaign, sent", body = CampaignBody)))]
pub(crate) async fn send_campaign(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Answer {
    caller.may(Operation::Send)?;
    let mut posted = Posted::of(&app, &caller, request, KeyRule::Required).await?;
    let send: CampaignSendBody = posted.read()?;
    send.check(&caller)?;
    let at = send.at;
    let (contract, campaign) = send.campaign();
    let order = order(
        &caller,
        contract,
        What::Campaign(campaign),
        at,
        posted.key(),
    );
    let (record, replayed) = reply!(give(&app, &caller, order).await?, Campaign);
    let body = CampaignBody::to(&caller, record);
    once(StatusCode::CREATED, replayed, &body)
}

/// A message or, where `to` is a list, a campaign.
#[derive(Debug, Clone)]
pub(crate) enum PreviewSendBody {
    /// As `POST /v1/messages` takes it.
    Message(SendBody),
    /// As `POST /v1/campaigns` takes it.
    Campaign(CampaignSendBody),
}

impl PartialSchema for PreviewSendBody {
    fn schema() -> RefOr<Schema> {
        OneOfBuilder::new()
            .item(Ref::from_schema_name("SendBody"))
            .item(Ref::from_schema_name("CampaignSendBody"))
            .into()
    }
}

impl ToSchema for PreviewSendBody {}

impl<'a> Read<'a> for PreviewSendBody {
    fn read(node: Node<'a>, at: &Place<'_>) -> Result<Self, Problem> {
        let is_list = |(name, value): &(Cow<'_, str>, Node<'_>)| {
            name == "to" && matches!(value, Node::List(_))
        };
        match &node {
            Node::Object(fields) if fields.iter().any(is_list) => {
                CampaignSendBody::read(node, at).map(Self::Campaign)
            }
            _ => SendBody::read(node, at).map(Self::Message),
        }
    }
}

/// What would become of a send.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewBody {
    /// Whether it would be accepted.
    allowed: bool,
    /// The refusal's code; null where it would be accepted.
    #[schema(value_type = Option<String>)]
    code: Option<&'static str>,
    /// The credits that it would stake, over all recipients; null where it would be refused.
    #[schema(value_type = Option<u64>)]
    credits: Option<Credits>,
    /// Why, and what would become of the credits in every case.
    #[schema(value_type = Object)]
    explanation: Explanation,
}

impl From<Preview> for PreviewBody {
    fn from(preview: Preview) -> Self {
        let (code, credits) = match preview.explanation.outcome {
            Outcome::Refused { code } => (Some(code), None),
            Outcome::Allowed { credits } => (None, Some(credits)),
            _ => (None, None),
        };
        Self {
            allowed: preview.allowed,
            code,
            credits,
            explanation: preview.explanation,
        }
    }
}

/// Says what would become of a message or a campaign. Nothing is sent.
#[utoipa::path(post, path = "/v1/messages/preview", tag = "messages", request_body = PreviewSendBody,
    responses((status = 200, description = "Allowed or not, and what would become of the credits", body = PreviewBody)))]
pub(crate) async fn preview_message(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Answer {
    caller.may(Operation::Send)?;
    let posted = Posted::of(&app, &caller, request, KeyRule::Optional).await?;
    let (seat, preview) = match posted.read()? {
        PreviewSendBody::Message(send) => {
            send.check(&caller)?;
            let (contract, letter) = send.letter();
            let preview = app.engine.preview(&contract, &letter).await?;
            (letter.seat, preview)
        }
        PreviewSendBody::Campaign(send) => {
            send.check(&caller)?;
            let (contract, campaign) = send.campaign();
            let preview = app.engine.preview_campaign(&contract, &campaign).await?;
            (campaign.seat, preview)
        }
    };
    let body = PreviewBody::from(preview);
    if body.code == Some(Code::UnknownSeat.code()) {
        return Err(Problem::unknown_seat(seat.as_str()));
    }
    json(StatusCode::OK, &body)
}
