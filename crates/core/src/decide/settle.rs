//! Ends a stake as a rule of the policy says: returned, or consumed.
//!
//! Invariant: a stake settles exactly once, and no credit is made here.

use crate::event::{ExpiryReason, Fact, FreshLot, ReturnedLot};
use crate::invariant::known;
use crate::policies::Policies;
use crate::policy::{Policy, ReturnedExpiry, RuleRef, Settled};
use crate::state::State;
use crate::state::change::{Back, BackTo, Change, Changes, Returned};
use crate::state::messages::{Credit, Message};
use crate::units::{Credits, Timestamp};
use smallvec::SmallVec;

/// Adds to `changes` what ends a message's stake by `rule`: nothing where no rule applies, or where there
/// is no stake to end.
pub(crate) fn settle(
    policies: &Policies,
    state: &State,
    message: Message<'_>,
    rule: Option<RuleRef>,
    at: Timestamp,
    changes: &mut Changes<'_>,
) {
    let policy = policies.get(message.version());
    let (Some(rule), Credit::Held) = (rule, message.credit()) else {
        return;
    };
    let settled = known(policy.rule(rule), "a found rule is in its policy").credit;
    let number = message.number;
    match settled {
        Settled::Consumed => changes.push(Change::Consumed {
            message: number,
            rule,
        }),
        Settled::Returned => {
            let mut lost = SmallVec::<[Change<'_>; 1]>::new();
            let lots = way_back(policy, state, &message.stake(), at, |change| {
                lost.push(change);
            });
            changes.push(Change::Returned(Returned {
                message: number,
                rule,
                lots,
            }));
            changes.extend(lost);
        }
    }
}

/// Returns where the credits of a stake would go if it came back at `at`, and the events of those that
/// would be lost at once.
pub(crate) fn give_back(
    policy: &Policy,
    state: &State,
    stake: &[(u32, u32)],
    at: Timestamp,
) -> (SmallVec<[ReturnedLot; 1]>, Vec<Fact>) {
    let mut lost = Changes::new();
    let lots = way_back(policy, state, stake, at, |change| lost.push(change));
    let lost = state.write(lost, at).into_iter().map(|event| event.fact);
    (state.name_lots(&lots), lost.collect())
}

/// Returns where the credits of a stake go, and tells `lose` of those that are lost as they come back.
fn way_back(
    policy: &Policy,
    state: &State,
    stake: &[(u32, u32)],
    at: Timestamp,
    mut lose: impl FnMut(Change<'static>),
) -> SmallVec<[Back; 1]> {
    let expires_at = policy.expires_after.map(|days| at.plus(days));
    let mut lots = SmallVec::<[Back; 1]>::new();
    for (number, part) in stake.iter().copied() {
        let credits = Credits(u64::from(part));
        let lot = known(state.pool.lot(number), "a stake's lot is kept");
        if lot.revoked {
            // Revoking a grant, or cancelling the contract, reaches what was at stake as it comes back.
            let grant = state.pool.id_of(number);
            lose(Change::other(Fact::CreditsRevoked { grant, credits }));
        } else if policy.returned == ReturnedExpiry::Fresh {
            let fresh = BackTo::Fresh(FreshLot {
                expires_at,
                counts_for_cap: lot.counts_for_cap,
            });
            // A stake over both kinds of credits comes back as one lot of each.
            match lots.iter_mut().find(|back| back.to == fresh) {
                Some(back) => back.credits = back.credits.plus(credits),
                None => lots.push(Back { to: fresh, credits }),
            }
            continue;
        } else if lot.has_ended(at) {
            lose(Change::Expired {
                lot: number,
                credits,
                reason: ExpiryReason::ReturnedLate,
            });
        }
        let to = BackTo::Lot(number);
        lots.push(Back { to, credits });
    }
    lots
}
