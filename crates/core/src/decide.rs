//! Turns a command into events, or says why it changes nothing.
//!
//! Owns: the order of the checks and the rules of each command. Does not own: what time alone brings
//! about ([`mod@crate::due`]), nor what events change ([`crate::state`]).
//! Invariants: a refusal changes nothing; an accepted command leaves at least one event; all events of a
//! command have its instant.

mod contract;
mod credits;
mod message;
mod send;
pub(crate) mod settle;

use crate::command::Command;
use crate::due::is_caught_up;
use crate::event::{Event, Fact};
use crate::policies::Policies;
use crate::policy::RuleRef;
use crate::refusal::{Malformed, Refusal};
use crate::state::State;
use crate::state::change::{Change, Changes};
use crate::state::messages::Message;
use crate::state::versions::{Phase, Position};
use crate::units::Timestamp;
use smallvec::smallvec;

/// Why a command changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The command is well formed, and a rule is against it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The command has no sense, whatever the contract.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// Decides a command at `at`: the events that it brings, in order, or why it changes nothing.
///
/// The state must be caught up to `at`: nothing may be [`due`](crate::due()) at or before it.
///
/// # Errors
/// A [`Rejection`]: the first refusal in the order of the checks, or what makes the command malformed.
pub fn decide(
    policies: &Policies,
    state: &State,
    command: &Command,
    at: Timestamp,
) -> Result<Vec<Event>, Rejection> {
    let changes = decide_changes(policies, state, command, at)?;
    Ok(state.write(changes, at))
}

/// Decides a command, as [`decide`] does, in the numbers of this state.
pub(crate) fn decide_changes<'a>(
    policies: &Policies,
    state: &State,
    command: &'a Command,
    at: Timestamp,
) -> Result<Changes<'a>, Rejection> {
    debug_assert!(
        at < state.clock() || is_caught_up(policies, state, at),
        "the state is caught up before a command is decided"
    );
    if at < state.clock() {
        let newest = state.clock();
        return Err(Refusal::OutOfOrder { newest, at }.into());
    }
    let context = Context {
        policies,
        state,
        at,
    };
    let changes = match command {
        Command::CreateContract(create) => {
            return Err(Refusal::DuplicateId(create.id.to_string()).into());
        }
        Command::AddSeat(seat) => contract::add_seat(&context, seat)?,
        Command::ChangeSeat(change) => contract::change_seat(&context, change)?,
        Command::AddPolicy(add) => contract::add_policy(&context, add)?,
        Command::Cancel => contract::cancel(&context)?,
        Command::Grant(grant) => credits::grant(&context, grant)?,
        Command::Revoke(grant) => credits::revoke(&context, grant)?,
        Command::Send(send) => send::send(&context, send)?,
        Command::Respond(respond) => message::respond(&context, respond)?,
        Command::Seen(message) => message::seen(&context, message)?,
        Command::Report(message) => message::report(&context, message)?,
        Command::FollowUp(follow_up) => message::follow_up(&context, follow_up)?,
    };
    debug_assert!(
        !changes.is_empty(),
        "INVARIANT: an accepted command leaves an event"
    );
    Ok(changes)
}

pub use contract::create;

/// What every rule sees.
struct Context<'a> {
    policies: &'a Policies,
    state: &'a State,
    at: Timestamp,
}

impl Context<'_> {
    /// Returns the number of the policy version in force for this command.
    fn version(&self) -> u16 {
        self.state
            .versions
            .in_force(Position(self.at, Phase::Commands))
    }

    fn settle(&self, message: Message<'_>, rule: Option<RuleRef>, changes: &mut Changes<'_>) {
        settle::settle(self.policies, self.state, message, rule, self.at, changes);
    }

    fn refuse_if_cancelled(&self) -> Result<(), Refusal> {
        match self.state.cancelled_at {
            Some(at) => Err(Refusal::ContractCancelled(at)),
            None => Ok(()),
        }
    }
}

type Decided<'a> = Result<Changes<'a>, Rejection>;

/// Returns one fact as the changes of a command.
fn just<'a>(fact: Fact) -> Changes<'a> {
    smallvec![Change::other(fact)]
}
