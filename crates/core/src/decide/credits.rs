//! Decides commands about credits: giving and taking back.

use super::{Context, Decided, just};
use crate::command::Grant;
use crate::event::Fact;
use crate::refusal::{Malformed, Refusal};
use crate::units::{Credits, GrantId};

pub(super) fn grant<'a>(context: &Context<'_>, grant: &Grant) -> Decided<'a> {
    let at = context.at;
    if grant.credits.is_zero() {
        return Err(Malformed::NoCredits.into());
    }
    // A backdated start counts from the command.
    let effective_at = grant.effective_at.map_or(at, |from| from.max(at));
    if let Some(expires_at) = grant.expires_at
        && expires_at <= effective_at
    {
        return Err(Malformed::EndsBeforeStart {
            expires_at,
            effective_at,
        }
        .into());
    }
    if context.state.pool.number_of(&grant.id).is_some() {
        return Err(Refusal::DuplicateId(grant.id.to_string()).into());
    }
    context.refuse_if_cancelled()?;
    // Lots that have not started count: they will.
    let pool = &context.state.pool;
    let promised = pool.balance().granted.plus(pool.to_start());
    if promised.0.saturating_add(grant.credits.0) > Credits::MOST.0 {
        return Err(Refusal::TooManyCredits.into());
    }
    let made = Fact::GrantMade {
        grant: grant.id.clone(),
        credits: grant.credits,
        source: grant.source,
        effective_at,
        expires_at: grant.expires_at,
        priority: grant.priority,
    };
    Ok(just(made))
}

/// Revoking what has ended, is spent or was revoked is accepted and takes nothing: what returns to it
/// later will be revoked.
pub(super) fn revoke<'a>(context: &Context<'_>, id: &GrantId) -> Decided<'a> {
    let pool = &context.state.pool;
    let Some(number) = pool.number_of(id) else {
        return Err(Refusal::UnknownGrant(id.clone()).into());
    };
    let credits = pool.lot(number).map_or(Credits::ZERO, |lot| lot.available);
    let grant = id.clone();
    Ok(just(Fact::GrantRevoked { grant, credits }))
}
