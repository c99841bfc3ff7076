//! Decides commands about the contract itself: its beginning, its seats, its policy and its end.

use super::{Context, Decided, just};
use crate::command::{AddPolicy, AddSeat, ChangeSeat, CreateContract};
use crate::due::{afresh, first_allotment};
use crate::event::{Event, Fact};
use crate::refusal::{Malformed, Refusal};
use crate::state::change::Change;
use crate::units::Timestamp;

/// The most policy versions of one contract: a message keeps its version in 16 bits.
const VERSIONS_MOST: usize = 65_536;

/// Returns the first event of a contract that begins at `at`.
#[must_use]
pub fn create(create: &CreateContract, at: Timestamp) -> Event {
    Event {
        at,
        fact: Fact::ContractCreated {
            contract: create.id.clone(),
            name: create.name.clone(),
            policy: create.policy.name.clone(),
            allotments: create.allotments,
            bulk_disabled: create.bulk_disabled,
            terms: create.policy.terms(),
        },
    }
}

pub(super) fn add_seat<'a>(context: &Context<'_>, seat: &AddSeat) -> Decided<'a> {
    if context.state.seats.find(&seat.id).is_some() {
        return Err(Refusal::DuplicateId(seat.id.to_string()).into());
    }
    let added = Fact::SeatAdded {
        seat: seat.id.clone(),
        seat_type: seat.seat_type.clone(),
        usage_limit: seat.usage_limit,
        bulk_disabled: seat.bulk_disabled,
    };
    let given = first_allotment(context.policies, context.state, seat, context.at);
    let mut changes = just(added);
    changes.extend(given.into_iter().map(Change::other));
    Ok(changes)
}

pub(super) fn change_seat<'a>(context: &Context<'_>, change: &ChangeSeat) -> Decided<'a> {
    if context.state.seats.find(&change.id).is_none() {
        return Err(Refusal::UnknownSeat(change.id.clone()).into());
    }
    let changed = Fact::SeatChanged {
        seat: change.id.clone(),
        usage_limit: change.usage_limit,
        bulk_disabled: change.bulk_disabled,
    };
    Ok(just(changed))
}

pub(super) fn add_policy<'a>(context: &Context<'_>, add: &AddPolicy) -> Decided<'a> {
    let at = context.at;
    let effective_at = add.effective_at.unwrap_or(at);
    if effective_at < at {
        return Err(Malformed::VersionInThePast { effective_at, at }.into());
    }
    let number = context.state.versions.len();
    if number >= VERSIONS_MOST {
        return Err(Malformed::TooManyVersions.into());
    }
    // A version for this very instant rules from this command on; what fell due at it is past.
    let ahead = effective_at > at;
    let terms = add.policy.terms();
    let before = context.state.versions.get(context.version());
    let starts_afresh = !ahead && before.terms.gate.starts_afresh(&terms.gate);
    let added = Fact::PolicyAdded {
        policy: add.policy.name.clone(),
        version: u32::try_from(number).unwrap_or(u32::MAX),
        effective_at,
        ahead,
        terms,
    };
    let mut changes = just(added);
    if starts_afresh {
        let fresh = afresh(context.state, &add.policy, at);
        changes.extend(fresh.into_iter().map(Change::other));
    }
    Ok(changes)
}

pub(super) fn cancel<'a>(context: &Context<'_>) -> Decided<'a> {
    context.refuse_if_cancelled()?;
    let credits = context.state.balance().available;
    Ok(just(Fact::ContractCancelled { credits }))
}
