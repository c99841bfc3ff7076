//! Says what would happen to a planned message, and when its credit would come back.
//!
//! Owns: nothing but the telling. The engine decides the send for real, on the state as it is, and its
//! events are dropped.

use super::future::{Stake, sum};
use super::words::{Stakes, count};
use super::{Explanation, Moment, Outcome, Told, caught_up, cite};
use crate::command::{Command, Letter, Send};
use crate::contract::Contract;
use crate::decide::{Rejection, decide};
use crate::event::{Event, Fact};
use crate::policy::Policy;
use crate::refusal::Malformed;
use crate::units::{Credits, Timestamp};

/// Explains what a send at `at` would do, without doing it: how it would be refused, or what would become
/// of the credit and when.
///
/// # Errors
/// When the send has no sense, whatever the contract.
pub fn preview(contract: &Contract, send: &Send, at: Timestamp) -> Result<Explanation, Malformed> {
    let contract = caught_up(contract, at);
    let command = Command::Send(send.clone());
    match decide(contract.policies(), contract.state(), &command, at) {
        Ok(events) => Ok(allowed(&contract, send, &events, at)),
        Err(Rejection::Refused(refusal)) => Ok(super::refusal(&contract, &command, &refusal, at)),
        Err(Rejection::Malformed(malformed)) => Err(malformed),
    }
}

fn allowed(contract: &Contract, send: &Send, events: &[Event], at: Timestamp) -> Explanation {
    let policy = contract.policy(at);
    let pieces = pieces(contract, events);
    let credits = sum(&pieces);
    let available = contract.state().balance().available;
    let mut told = Told::default()
        .figure(
            "recipients",
            u64::try_from(send.letters.len()).unwrap_or(u64::MAX),
        )
        .figure("price", credits.0)
        .figure("available", available.0)
        .figure("available_after", available.minus(credits).0)
        .instant("sent_at", at)
        .instant("deadline", at.plus(policy.settlement.window))
        .say(opening(send, credits, available));
    let mut futures = Vec::new();
    if !credits.is_zero() {
        match policy.on_send() {
            Some(rule) => {
                let rule = cite::rule(policy, rule);
                told.text.push(format!(
                    "{} at the send itself ({rule}); no answer brings anything back.",
                    super::words::sentence(
                        &stakes(send, credits).will(crate::policy::Settled::Consumed)
                    )
                ));
                told.text.push(rule.because());
                told.rule = Some(rule);
            }
            None => {
                futures = stake(contract, policy, send, pieces, at).futures(at);
                told.text
                    .extend(futures.iter().map(|future| future.text.clone()));
            }
        }
    }
    reminders(policy, at, &mut told);
    told.instants.sort_by_key(|moment| moment.at);
    Explanation {
        futures,
        ..told.into_explanation(&policy.name, at, Outcome::Allowed { credits })
    }
}

fn opening(send: &Send, credits: Credits, available: Credits) -> String {
    let what = match send.letters.as_slice() {
        [Letter { to, .. }] => format!("The message to `{to}`"),
        several => {
            let recipients = u64::try_from(several.len()).unwrap_or(u64::MAX);
            format!("The campaign to {}", count(recipients, "recipient"))
        }
    };
    match credits.0 {
        0 => format!("{what} would be sent and stake nothing: an open profile asks for no credit."),
        staked => format!(
            "{what} would be sent and stake {} of the {} available.",
            count(staked, "credit"),
            available
        ),
    }
}

fn stakes(send: &Send, credits: Credits) -> Stakes {
    match send.letters.len() {
        1 => Stakes::Credits(credits),
        _ => Stakes::OfThatMessage,
    }
}

fn stake<'a>(
    contract: &'a Contract,
    policy: &'a Policy,
    send: &Send,
    pieces: Vec<(u32, u32)>,
    at: Timestamp,
) -> Stake<'a> {
    let who = match send.letters.as_slice() {
        [Letter { to, .. }] => format!("`{to}`"),
        _ => "a recipient".to_owned(),
    };
    Stake {
        policy,
        state: contract.state(),
        who,
        stakes: stakes(send, sum(&pieces)),
        pieces,
        sent_at: at,
        deadline: at.plus(policy.settlement.window),
        seen: false,
    }
}

/// Returns the lots that the send would draw from, each with its part.
fn pieces(contract: &Contract, events: &[Event]) -> Vec<(u32, u32)> {
    let pool = &contract.state().pool;
    let drawn = events.iter().flat_map(|event| match &event.fact {
        Fact::MessageSent { stake, .. } => stake.as_slice(),
        _ => &[],
    });
    let mut pieces: Vec<(u32, u32)> = Vec::new();
    for piece in drawn {
        let Some(lot) = pool.number_of(&piece.grant) else {
            continue;
        };
        let part = u32::try_from(piece.credits.0).unwrap_or(u32::MAX);
        match pieces.iter_mut().find(|(number, _)| *number == lot) {
            Some((_, sum)) => *sum = sum.saturating_add(part),
            None => pieces.push((lot, part)),
        }
    }
    pieces
}

fn reminders(policy: &Policy, at: Timestamp, told: &mut Told) {
    let days = policy.message.reminders.iter();
    let instants: Vec<_> = days.map(|days| at.plus(*days)).collect();
    if instants.is_empty() {
        return;
    }
    let texts: Vec<_> = instants.iter().map(Timestamp::to_string).collect();
    told.instants
        .extend(instants.into_iter().map(|at| Moment::new("reminder", at)));
    told.text.push(format!(
        "As long as it is not seen, reminders go out at {} (message.reminder_days).",
        super::words::list(&texts, "and")
    ));
}
