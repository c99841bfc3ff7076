//! Policies to try: the presets, and presets with numbers so small that sixty commands go through all of them.

use super::rng::Rng;
use earnest_core::policy::{
    Blocks, Check, FailingRate, Gate, Ladder, Policy, ResponseKinds, ReturnedExpiry, Rule, Settled,
    Trigger, preset,
};
use earnest_core::units::{Credits, Days, Ratio};
use std::sync::Arc;

/// Returns a preset, as it is or with other numbers.
pub(crate) fn any(rng: &mut Rng, as_shipped: bool) -> Arc<Policy> {
    let preset = preset::get(rng.pick::<&str>(&preset::NAMES)).unwrap();
    if as_shipped {
        return preset;
    }
    let mut policy = Policy::clone(&preset);
    shrink_credits(&mut policy, rng);
    shrink_messages(&mut policy, rng);
    shrink_gate(&mut policy, rng);
    Arc::new(policy)
}

fn shrink_credits(policy: &mut Policy, rng: &mut Rng) {
    if rng.chance(80) {
        policy.settlement.window = Days(rng.between(1, 5));
    }
    if rng.chance(70) {
        policy.expires_after = match rng.chance(15) {
            true => None,
            false => Some(Days(rng.between(1, 6))),
        };
    }
    if rng.chance(50) {
        policy.returned = *rng.pick(&[ReturnedExpiry::Fresh, ReturnedExpiry::Original]);
    }
    if rng.chance(40) {
        policy.rollover_cap = *rng.pick(&[None, Some(0), Some(1), Some(2)]);
    }
    for rule in &mut policy.seat_types {
        if rng.chance(80) {
            rule.monthly = Credits(u64::from(rng.below(5)));
        }
    }
    for bonus in &mut policy.bonuses {
        if rng.chance(80) {
            bonus.credits = Credits(u64::from(rng.between(1, 3)));
            bonus.expires_after = rng.chance(80).then_some(Days(rng.between(1, 40)));
        }
    }
    if rng.chance(25) {
        settle_by_many_rules(policy, rng);
    }
}

/// A settlement as nobody ships it, with conditions of every sort and something for every case at the end.
fn settle_by_many_rules(policy: &mut Policy, rng: &mut Rng) {
    let rule = |on, credit| Rule {
        on,
        kinds: match on {
            Trigger::Response => ResponseKinds::ALL,
            _ => ResponseKinds::NONE,
        },
        note: None,
        within: None,
        seen: None,
        credit,
        why: "a test".to_owned(),
    };
    let mut rules = Vec::new();
    let credit = |rng: &mut Rng| *rng.pick(&[Settled::Returned, Settled::Consumed]);
    for _ in 0..rng.below(4) {
        let mut one = rule(
            *rng.pick(&[Trigger::Response, Trigger::Response, Trigger::Lapse]),
            credit(rng),
        );
        if one.on == Trigger::Response {
            one.kinds = ResponseKinds {
                reply: rng.chance(60),
                accept: rng.chance(50),
                not_interested: rng.chance(60),
            };
            one.note = *rng.pick(&[None, Some(true), Some(false)]);
            one.within = *rng.pick(&[None, Some(Days(1)), Some(Days(2))]);
        } else {
            one.seen = *rng.pick(&[Some(true), Some(false)]);
        }
        rules.push(one);
    }
    if rng.chance(30) {
        rules.push(rule(Trigger::Report, credit(rng)));
    }
    rules.push(rule(Trigger::Response, credit(rng)));
    rules.push(rule(Trigger::Lapse, credit(rng)));
    policy.settlement.rules = rules;
}

fn shrink_messages(policy: &mut Policy, rng: &mut Rng) {
    if rng.chance(30) {
        policy.auto_counts = !policy.auto_counts;
    }
    if rng.chance(40) {
        policy.message.price = rng.between(1, 3);
    }
    if rng.chance(50) {
        policy.message.recipients_most = rng.between(2, 4);
    }
    if rng.chance(40) {
        policy.message.pending_most = rng.between(1, 3);
    }
    if rng.chance(40) {
        policy.message.subject_most = 10;
        policy.message.body_most = 20;
    }
}

fn shrink_gate(policy: &mut Policy, rng: &mut Rng) {
    match &mut policy.gate {
        Gate::None => {}
        Gate::Thread(gate) => {
            gate.window = Days(rng.between(1, 4));
            shrink_check(&mut gate.check, rng);
            gate.check.sent_at_least = rng.between(1, 4);
        }
        Gate::Ladder(ladder) => shrink_ladder(ladder, rng),
    }
}

fn shrink_ladder(ladder: &mut Ladder, rng: &mut Rng) {
    ladder.period = Days(rng.between(1, 3));
    shrink_check(&mut ladder.check, rng);
    ladder.check.sent_at_least = rng.between(1, 4);
    if rng.chance(10) {
        // Another kind of ladder.
        ladder.stages[0].once = !ladder.stages[0].once;
    }
    for stage in &mut ladder.stages {
        stage.days = Days(rng.between(1, 3));
        if rng.chance(5) {
            stage.blocks = *rng.pick(&[Blocks::Nothing, Blocks::Bulk, Blocks::All]);
        }
        if let Some(judge) = &mut stage.judge {
            shrink_check(&mut judge.check, rng);
        }
    }
}

fn shrink_check(check: &mut Check, rng: &mut Rng) {
    let bar = Ratio::new(*rng.pick(&[1, 2, 3]), *rng.pick(&[3, 4, 5])).unwrap();
    check.fails = match check.fails {
        FailingRate::Below(_) => FailingRate::Below(bar),
        FailingRate::AtMost(_) => FailingRate::AtMost(bar),
    };
}

/// Returns every length of time that the policy knows: what makes an instant interesting.
pub(crate) fn lengths(policy: &Policy) -> Vec<Days> {
    let mut lengths = vec![policy.settlement.window];
    lengths.extend(policy.expires_after);
    lengths.extend(
        policy
            .settlement
            .rules
            .iter()
            .filter_map(|rule| rule.within),
    );
    match &policy.gate {
        Gate::None => {}
        Gate::Thread(gate) => lengths.push(gate.window),
        Gate::Ladder(ladder) => {
            lengths.push(ladder.period);
            lengths.extend(ladder.stages.iter().map(|stage| stage.days));
        }
    }
    lengths
}

/// Describes a policy by its numbers, without the sentences that explain them.
pub(crate) fn described(policy: &Policy) -> String {
    let mut bare = policy.clone();
    bare.title.clear();
    bare.message.reminders.clear();
    bare.settlement
        .rules
        .iter_mut()
        .for_each(|rule| rule.why.clear());
    bare.bonuses.iter_mut().for_each(|bonus| bonus.why.clear());
    match &mut bare.gate {
        Gate::None => {}
        Gate::Thread(gate) => gate.why.clear(),
        Gate::Ladder(ladder) => {
            ladder.why.clear();
            ladder.stages.iter_mut().for_each(|stage| stage.why.clear());
        }
    }
    format!("{bare:?}").replace("why: \"\"", "")
}
