//! Reads from a contract's events how a stake was settled and where its credits went.

use super::{Landing, Loss};
use crate::event::{Event, ExpiryReason, Fact, ReturnedLot};
use crate::policy::{Policy, RuleRef, Trigger};
use crate::state::State;
use crate::units::{MessageId, Timestamp};

/// A settlement as it was recorded.
pub(super) struct Settlement {
    pub(super) at: Timestamp,
    pub(super) rule: RuleRef,
    /// What ended the stake.
    pub(super) on: Option<Trigger>,
    pub(super) lands: Vec<Landing>,
}

/// Returns the message's settlement, where it is among the events.
pub(super) fn find(
    events: &[Event],
    message: &MessageId,
    policy: &Policy,
    state: &State,
) -> Option<Settlement> {
    let mut rest = events;
    while let Some((event, after)) = rest.split_first() {
        rest = after;
        let (rule, lots) = match &event.fact {
            Fact::StakeReturned {
                message: of,
                rule,
                lots,
                ..
            } if of == message => (*rule, lots.as_slice()),
            Fact::StakeConsumed {
                message: of, rule, ..
            } if of == message => (*rule, &[][..]),
            _ => continue,
        };
        let lands = lots
            .iter()
            .map(|lot| landing(lot, loss(lot, after, event.at, state), policy, state))
            .collect();
        return Some(Settlement {
            at: event.at,
            rule,
            on: policy.rule(rule).map(|rule| rule.on),
            lands,
        });
    }
    None
}

/// Returns why a returned lot was lost at once: such an event follows the return directly.
fn loss(lot: &ReturnedLot, after: &[Event], at: Timestamp, state: &State) -> Option<Loss> {
    let lost = |event: &Event| match &event.fact {
        Fact::CreditsRevoked { grant, .. } if *grant == lot.grant => Some(
            match state
                .cancelled_at()
                .is_some_and(|cancelled| cancelled <= at)
            {
                true => Loss::ContractCancelled,
                false => Loss::LotRevoked,
            },
        ),
        Fact::CreditsExpired {
            grant,
            reason: ExpiryReason::ReturnedLate,
            ..
        } if *grant == lot.grant => Some(Loss::LotEnded),
        _ => None,
    };
    after
        .iter()
        .take_while(|event| is_loss(event))
        .find_map(lost)
}

fn is_loss(event: &Event) -> bool {
    matches!(
        event.fact,
        Fact::CreditsRevoked { .. }
            | Fact::CreditsExpired {
                reason: ExpiryReason::ReturnedLate,
                ..
            }
    )
}

/// Returns where a returned lot's credits went, or would go.
pub(super) fn landing(
    lot: &ReturnedLot,
    loss: Option<Loss>,
    policy: &Policy,
    state: &State,
) -> Landing {
    let (credits, grant) = (lot.credits, lot.grant.clone());
    match (lot.fresh, loss) {
        (Some(_), _) => Landing::Fresh {
            credits,
            lasts_days: policy.expires_after,
        },
        (None, Some(reason)) => Landing::Lost {
            credits,
            grant,
            reason,
        },
        (None, None) => Landing::Original {
            credits,
            ends_at: state.grant(&grant).and_then(|lot| lot.expires_at),
            grant,
        },
    }
}
