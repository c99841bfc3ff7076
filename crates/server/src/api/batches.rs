//! Batches: up to 1,000 commands in one call, each with its own result.
//!
//! Invariants: a command of unknown shape stops the whole batch before anything is done; each result is what the
//! single route would answer; command i is known by the batch's key and its number, so that a batch that is sent
//! again completes what is missing and doubles nothing.

mod command;

pub(crate) use command::{BatchBody, Command, Deed};

use super::answers::WritingBody;
use super::campaigns::CampaignBody;
use super::grants::GrantBody;
use super::messages::MessageBody;
use crate::access::{Caller, Operation};
use crate::answer::{Answer, may_say_when, once, order, wrong_reply};
use crate::app::App;
use crate::body::{KeyRule, Posted};
use crate::problem::{Code, Problem};
use axum::extract::{Request, State};
use earnest_core::units::{ContractId, MemberId, MessageId, SeatId, Timestamp};
use earnest_engine::{Before, Done, Failure, Key, Order, Reply, What};
use hyper::StatusCode;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// What became of a command.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum CommandResult {
    /// A message was sent, answered, seen or reported.
    Message {
        /// The status that the single route would have.
        #[schema(minimum = 100, maximum = 599)]
        status: u16,
        /// The message.
        message: MessageBody,
        /// Whether it was answered before. Not shown: a repetition is answered word for word.
        #[serde(skip)]
        replayed: bool,
    },
    /// A campaign was sent.
    Campaign {
        /// The status that the single route would have.
        #[schema(minimum = 100, maximum = 599)]
        status: u16,
        /// The campaign.
        campaign: CampaignBody,
        /// Whether it was answered before. Not shown: a repetition is answered word for word.
        #[serde(skip)]
        replayed: bool,
    },
    /// Credits were granted.
    Grant {
        /// The status that the single route would have.
        #[schema(minimum = 100, maximum = 599)]
        status: u16,
        /// The grant.
        grant: GrantBody,
        /// Whether it was answered before. Not shown: a repetition is answered word for word.
        #[serde(skip)]
        replayed: bool,
    },
    /// Something was written in a conversation.
    Reply {
        /// The status that the single route would have.
        #[schema(minimum = 100, maximum = 599)]
        status: u16,
        /// What was written.
        reply: WritingBody,
        /// Whether it was answered before. Not shown: a repetition is answered word for word.
        #[serde(skip)]
        replayed: bool,
    },
    /// The command was not carried out.
    Problem {
        /// The status that the single route would have.
        #[schema(minimum = 100, maximum = 599)]
        status: u16,
        /// The code.
        #[schema(value_type = String)]
        code: &'static str,
        /// What is wrong here.
        #[schema(value_type = String)]
        detail: std::borrow::Cow<'static, str>,
    },
}

/// What became of a batch's commands, in their order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchResultBody {
    /// A result for each command.
    results: Vec<CommandResult>,
}

/// Whose a message is.
#[derive(Debug, Clone)]
struct Owners {
    contract: ContractId,
    seat: SeatId,
    to: MemberId,
}

/// Gives up to 1,000 commands at once.
#[utoipa::path(post, path = "/v1/batches", tag = "batches", request_body = BatchBody,
    responses((status = 200, description = "A result for each command, in their order", body = BatchResultBody)))]
pub(crate) async fn submit_batch(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Answer {
    caller.may(Operation::Batch)?;
    let mut posted = Posted::of(&app, &caller, request, KeyRule::OfBatch).await?;
    let batch: BatchBody = posted.read()?;
    let commands = batch.commands.0;
    let key = posted.key().ok_or_else(wrong_reply)?;
    // Of two batches under one key the second waits for the first. No order has a key with a space in it, so
    // nobody who holds an order's key waits for this one.
    let _claim = app
        .engine
        .claim(&key.space, &format!("{} batch", key.key))
        .await;
    let numbered = look_for_numbered(&app, &key, commands.len()).await?;
    let plans = plan(&app, &caller, commands, &key, numbered).await?;
    let results = carry_out(&app, &caller, plans).await;
    let is_old = |result: &CommandResult| result.replayed();
    let all_old = results.iter().any(|it| is_old(it) == Some(true))
        && results.iter().all(|it| is_old(it) != Some(false));
    once(StatusCode::OK, all_old, &BatchResultBody { results })
}

/// Returns the keys of commands that have none of their own, and what was answered under them. A batch whose key was
/// used with another body is refused.
async fn look_for_numbered(
    app: &App,
    key: &Key,
    commands: usize,
) -> Result<Vec<(Key, Before)>, Problem> {
    if app.engine.was_answered(key).await? {
        return Err(Failure::KeyReused.into());
    }
    app.refuse_kept(key).await?;
    let keys: Vec<Key> = (0..commands).map(|number| numbered(key, number)).collect();
    let before = app.engine.look_before(&keys).await?;
    Ok(keys.into_iter().zip(before).collect())
}

/// Returns the key of a command that has none of its own.
fn numbered(key: &Key, number: usize) -> Key {
    Key {
        space: key.space.clone(),
        key: format!("{}/{number}", key.key),
        body: key.body,
    }
}

/// What is to be done for a command.
enum Plan {
    /// An order, whether it was given before, and the status of its answer.
    Order(Box<Order>, Before, StatusCode),
    /// Nothing.
    Refuse(Problem),
}

/// Turns commands into orders, or says why not.
async fn plan(
    app: &App,
    caller: &Caller,
    commands: Vec<Command>,
    key: &Key,
    numbered: Vec<(Key, Before)>,
) -> Result<Vec<Plan>, Problem> {
    let mut owners = find_owners(app, &commands).await?;
    let mut plans = Vec::with_capacity(commands.len());
    for (command, numbered) in commands.into_iter().zip(numbered) {
        let own = command.key.map(|(text, body)| Key {
            space: key.space.clone(),
            key: text.0,
            body,
        });
        let (key, before) = own.map_or(numbered, |own| (own, Before::Unknown));
        app.refuse_kept(&key).await?;
        plans.push(match turn(caller, command.deed, &mut owners) {
            Ok(turned) => {
                let order = order(caller, turned.contract, turned.what, turned.at, Some(key));
                Plan::Order(Box::new(order), before, turned.status)
            }
            Err(problem) => Plan::Refuse(problem),
        });
    }
    Ok(plans)
}

/// Learns whose the messages are that the commands answer.
async fn find_owners(
    app: &App,
    commands: &[Command],
) -> Result<HashMap<MessageId, Owners>, Problem> {
    let ids = commands.iter().filter_map(|command| command.deed.message());
    let mut ids: Vec<MessageId> = ids.cloned().collect();
    ids.sort_unstable();
    ids.dedup();
    let rows = app.engine.find_messages(ids).await?;
    let owners = rows.into_iter().map(|(id, row)| {
        let owners = Owners {
            contract: row.contract,
            seat: row.sent.seat,
            to: row.sent.to,
        };
        (id, owners)
    });
    Ok(owners.collect())
}

/// What a command asks of which contract.
struct Turned {
    contract: ContractId,
    what: What,
    at: Option<Timestamp>,
    status: StatusCode,
}

/// Looks at the caller's rights and turns a command into what is asked of its contract.
fn turn(
    caller: &Caller,
    deed: Deed,
    owners: &mut HashMap<MessageId, Owners>,
) -> Result<Turned, Problem> {
    let turned = |contract, what, at, status| Turned {
        contract,
        what,
        at,
        status,
    };
    match deed {
        Deed::Send(send) => {
            caller.may(Operation::Send)?;
            send.check(caller)?;
            let at = send.at;
            let (contract, letter) = send.letter();
            if let Some(id) = &letter.id {
                // A later command may answer it.
                owners.entry(id.clone()).or_insert_with(|| Owners {
                    contract: contract.clone(),
                    seat: letter.seat.clone(),
                    to: letter.to.clone(),
                });
            }
            Ok(turned(
                contract,
                What::Send(letter),
                at,
                StatusCode::CREATED,
            ))
        }
        Deed::Campaign(send) => {
            caller.may(Operation::Send)?;
            send.check(caller)?;
            let at = send.at;
            let (contract, campaign) = send.campaign();
            Ok(turned(
                contract,
                What::Campaign(campaign),
                at,
                StatusCode::CREATED,
            ))
        }
        Deed::Grant { contract, grant } => {
            caller.may(Operation::ManageGrants)?;
            let at = grant.at;
            may_say_when(caller, at)?;
            Ok(turned(contract, grant.what(), at, StatusCode::CREATED))
        }
        Deed::Respond { message, response } => {
            caller.may(Operation::AnswerMessage)?;
            let at = response.at;
            may_say_when(caller, at)?;
            let contract = reached(caller, owners, &message)?;
            Ok(turned(contract, response.what(message), at, StatusCode::OK))
        }
        Deed::Seen { message, at } => touch(caller, owners, message, at, What::Seen),
        Deed::Report { message, at } => touch(caller, owners, message, at, What::Report),
        Deed::Reply { message, reply } => {
            caller.may(Operation::Converse)?;
            let at = reply.at;
            may_say_when(caller, at)?;
            let contract = reached(caller, owners, &message)?;
            let what = reply.what(caller, message)?;
            Ok(turned(contract, what, at, StatusCode::CREATED))
        }
    }
}

fn touch(
    caller: &Caller,
    owners: &HashMap<MessageId, Owners>,
    message: MessageId,
    at: Option<Timestamp>,
    what: fn(MessageId) -> What,
) -> Result<Turned, Problem> {
    caller.may(Operation::AnswerMessage)?;
    may_say_when(caller, at)?;
    Ok(Turned {
        contract: reached(caller, owners, &message)?,
        what: what(message),
        at,
        status: StatusCode::OK,
    })
}

/// Returns the contract of a message within the caller's reach.
fn reached(
    caller: &Caller,
    owners: &HashMap<MessageId, Owners>,
    message: &MessageId,
) -> Result<ContractId, Problem> {
    owners
        .get(message)
        .filter(|it| caller.reaches_message(&it.contract, &it.seat, &it.to))
        .map(|it| it.contract.clone())
        .ok_or_else(|| Problem::unknown_message(message.as_str()))
}

/// Gives the orders, and puts the results of all commands in their order.
async fn carry_out(app: &App, caller: &Caller, plans: Vec<Plan>) -> Vec<CommandResult> {
    let mut orders = Vec::with_capacity(plans.len());
    let mut statuses = Vec::with_capacity(plans.len());
    for plan in plans {
        match plan {
            Plan::Order(order, before, status) => {
                orders.push((*order, before));
                statuses.push(Ok(status));
            }
            Plan::Refuse(problem) => statuses.push(Err(problem)),
        }
    }
    let mut answers = app.engine.submit_looked(orders).await.into_iter();
    let results = statuses.into_iter().map(|status| match status {
        Ok(status) => match answers.next() {
            Some(Ok(done)) => shown(caller, status, done),
            Some(Err(failure)) => refused(failure.into()),
            None => refused(wrong_reply()),
        },
        Err(problem) => refused(problem),
    });
    results.collect()
}

fn shown(caller: &Caller, status: StatusCode, done: Done) -> CommandResult {
    let status = status.as_u16();
    let replayed = done.replayed;
    match done.reply {
        Reply::Message(record) => CommandResult::Message {
            status,
            message: MessageBody::to(caller, record),
            replayed,
        },
        Reply::Campaign(record) => CommandResult::Campaign {
            status,
            campaign: CampaignBody::to(caller, record),
            replayed,
        },
        Reply::Grant(record) => CommandResult::Grant {
            status,
            grant: record.into(),
            replayed,
        },
        Reply::Writing(record) => CommandResult::Reply {
            status,
            reply: WritingBody::to(caller, record),
            replayed,
        },
        Reply::Contract(_) | Reply::Seat(_) => refused(wrong_reply()),
    }
}

fn refused(problem: Problem) -> CommandResult {
    let code: Code = problem.code;
    CommandResult::Problem {
        status: code.status(),
        code: code.code(),
        detail: problem.detail,
    }
}

impl CommandResult {
    /// Returns whether the command was answered before; nothing where it was not carried out.
    const fn replayed(&self) -> Option<bool> {
        match self {
            Self::Message { replayed, .. }
            | Self::Campaign { replayed, .. }
            | Self::Grant { replayed, .. }
            | Self::Reply { replayed, .. } => Some(*replayed),
            Self::Problem { .. } => None,
        }
    }
}
