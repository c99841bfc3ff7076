//! Reads the commands of a batch: each an object with one verb, and perhaps an idempotency key of its own.

use crate::api::answers::{ReplyBody, ResponseBody};
use crate::api::campaigns::CampaignSendBody;
use crate::api::grants::NewGrantBody;
use crate::api::messages::SendBody;
use crate::problem::{Code, Problem};
use crate::read::{Few, Fields, KeyText, Node, Place, Read, body};
use earnest_core::units::{ContractId, MessageId, Timestamp};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use utoipa::ToSchema;

/// How many commands a batch has at most.
const COMMANDS_MOST: usize = 1_000;

body! {
    /// Up to 1,000 commands.
    #[schema(example = json!({ "commands": [
        { "send": { "contract": "acme", "seat": "ana", "to": "bo", "subject": "An opening", "body": "Hello" } },
        { "respond": { "message": "01J...", "kind": "reply" }, "idempotency_key": "answer-17" },
    ] }))]
    struct BatchBody {
        /// The commands, of which each is carried out by itself; those of one contract in their order.
        #[schema(value_type = Vec<CommandBody>, min_items = 1, max_items = 1000)]
        commands: Few<Command, COMMANDS_MOST>,
    }
}

/// A command: exactly one of the verbs.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents what `Command` reads")]
pub(crate) struct CommandBody {
    /// Sends a message: the body of `POST /v1/messages`.
    send: Option<SendBody>,
    /// Sends a campaign: the body of `POST /v1/campaigns`.
    campaign: Option<CampaignSendBody>,
    /// Answers a message: `message`, and the body of `POST /v1/messages/{message}/response`.
    #[schema(value_type = Option<Object>)]
    respond: Option<()>,
    /// Marks a message as seen: `message`.
    seen: Option<TouchCommand>,
    /// Reports a message: `message`.
    report: Option<TouchCommand>,
    /// Writes on in a conversation: `message`, and the body of `POST /v1/messages/{message}/replies`.
    #[schema(value_type = Option<Object>)]
    reply: Option<()>,
    /// Grants credits: `contract`, and the body of `POST /v1/contracts/{contract}/grants`.
    #[schema(value_type = Option<Object>)]
    grant: Option<()>,
    /// A key of its own; absent: the batch's, a slash and the command's number.
    #[schema(min_length = 1, max_length = 255)]
    idempotency_key: Option<String>,
}

body! {
    /// A message to see or to report.
    struct TouchCommand {
        /// The message.
        #[schema(value_type = String)]
        message: MessageId,
        /// When; for import keys.
        #[schema(value_type = Option<String>, format = DateTime)]
        at: Option<Timestamp>,
    }
}

/// A command of a batch.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    /// What is to be done.
    pub(crate) deed: Deed,
    /// Its own idempotency key, with the hash of the command.
    pub(crate) key: Option<(KeyText, [u8; 32])>,
}

/// What a command asks for.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    /// Send a message.
    Send(Box<SendBody>),
    /// Send a campaign.
    Campaign(Box<CampaignSendBody>),
    /// Answer a message.
    Respond {
        /// The message.
        message: MessageId,
        /// The answer.
        response: ResponseBody,
    },
    /// Mark a message as seen.
    Seen {
        /// The message.
        message: MessageId,
        /// When.
        at: Option<Timestamp>,
    },
    /// Report a message.
    Report {
        /// The message.
        message: MessageId,
        /// When.
        at: Option<Timestamp>,
    },
    /// Write on in a conversation.
    Reply {
        /// The message.
        message: MessageId,
        /// What is written.
        reply: ReplyBody,
    },
    /// Grant credits.
    Grant {
        /// The contract.
        contract: ContractId,
        /// The credits.
        grant: NewGrantBody,
    },
}

impl Deed {
    /// Returns the message that it is about.
    pub(crate) const fn message(&self) -> Option<&MessageId> {
        match self {
            Self::Respond { message, .. }
            | Self::Seen { message, .. }
            | Self::Report { message, .. }
            | Self::Reply { message, .. } => Some(message),
            Self::Send(_) | Self::Campaign(_) | Self::Grant { .. } => None,
        }
    }
}

const VERBS: [&str; 7] = [
    "send", "campaign", "respond", "seen", "report", "reply", "grant",
];
const KEY: &str = "idempotency_key";
const FIELDS: [&str; 8] = [
    "send", "campaign", "respond", "seen", "report", "reply", "grant", KEY,
];

impl<'a> Read<'a> for Command {
    fn read(node: Node<'a>, at: &Place<'_>) -> Result<Self, Problem> {
        let mut fields = Fields::of(node, at, &FIELDS)?;
        let own: Option<KeyText> = fields.take(KEY, at)?;
        let (verb, node) = fields.only(at, &VERBS)?;
        let key = own.map(|key| (key, digest(verb, &node)));
        let deed = deed(verb, node, &Place::Field(at, verb))?;
        Ok(Self { deed, key })
    }
}

/// Returns what tells a command from another under the same key.
fn digest(verb: &str, node: &Node<'_>) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"POST /v1/batches#");
    hash.update(verb.as_bytes());
    node.digest(&mut hash);
    hash.finalize().into()
}

fn deed(verb: &str, node: Node<'_>, at: &Place<'_>) -> Result<Deed, Problem> {
    Ok(match verb {
        "send" => Deed::Send(Box::new(Read::read(node, at)?)),
        "campaign" => Deed::Campaign(Box::new(Read::read(node, at)?)),
        "respond" => {
            let (message, node) = apart("message", node, at)?;
            let response = ResponseBody::read(node, at)?;
            Deed::Respond { message, response }
        }
        "reply" => {
            let (message, node) = apart("message", node, at)?;
            let reply = ReplyBody::read(node, at)?;
            Deed::Reply { message, reply }
        }
        "grant" => {
            let (contract, node) = apart("contract", node, at)?;
            let grant = NewGrantBody::read(node, at)?;
            Deed::Grant { contract, grant }
        }
        "seen" => {
            let TouchCommand { message, at } = Read::read(node, at)?;
            Deed::Seen { message, at }
        }
        _ => {
            let TouchCommand { message, at } = Read::read(node, at)?;
            Deed::Report { message, at }
        }
    })
}

/// Takes one field out of an object: what the single route has in its path.
fn apart<'a, T: Read<'a>>(
    name: &'static str,
    node: Node<'a>,
    at: &Place<'_>,
) -> Result<(T, Node<'a>), Problem> {
    let Node::Object(mut fields) = node else {
        return Err(at.invalid(format!("expected an object, found {}", node.what())));
    };
    let here = Place::Field(at, name);
    let is_it = |(field, _): &(Cow<'_, str>, Node<'_>)| field == name;
    let Some(place) = fields.iter().position(is_it) else {
        let field = here.to_string();
        return Err(Problem::new(Code::MissingField, format!("`{field}` is missing")).at(field));
    };
    let (_, found) = fields.swap_remove(place);
    Ok((T::read(found, &here)?, Node::Object(fields)))
}
