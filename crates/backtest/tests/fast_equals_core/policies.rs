//! Policies of every kind: presets with other numbers, other rules and other gates.

use crate::rng::Rng;
use earnest_core::policy::{
    Blocks, Bonus, Check, FailingRate, Gate, Judge, Judged, Ladder, Policy, ResponseKinds,
    ReturnedExpiry, Rule, SeatTypeRule, Settled, Stage, Standing, ThreadGate, Trigger, preset,
};
use earnest_core::units::{Credits, Days, MonthOfYear, Ratio, SeatType};

const SETTLED: [Settled; 2] = [Settled::Returned, Settled::Consumed];

/// Returns a policy: one in eight is a preset as it is, the others differ in some ways.
pub(crate) fn policy(rng: &mut Rng) -> Policy {
    let name = *rng.pick(&preset::NAMES);
    let mut policy = Policy::clone(&preset::get(name).unwrap());
    if rng.chance(12) {
        return policy;
    }
    policy.name = format!("{name}, changed").into();
    policy.message.pending_most = rng.small(1, 3);
    policy.message.price = if rng.chance(50) { 1 } else { rng.small(1, 3) };
    if rng.chance(60) {
        policy.settlement.window = days(rng, 90);
    }
    if rng.chance(50) {
        policy.settlement.rules = rules(rng, policy.settlement.window);
    }
    if rng.chance(60) {
        credits(rng, &mut policy);
    }
    match rng.range(0, 5) {
        0 => policy.gate = Gate::None,
        1 | 2 => policy.gate = Gate::Thread(thread(rng)),
        3 | 4 => policy.gate = Gate::Ladder(ladder(rng)),
        _ => {}
    }
    policy
}

fn days(rng: &mut Rng, most: u32) -> Days {
    let days = [1, 2, 3, 7, 14, 30, 90];
    match *rng.pick(&days) {
        days if rng.chance(70) && days <= most => Days(days),
        _ => Days(rng.small(1, most)),
    }
}

fn rule(rng: &mut Rng, on: Trigger) -> Rule {
    Rule {
        on,
        kinds: ResponseKinds::ALL,
        note: None,
        within: None,
        seen: None,
        credit: *rng.pick(&SETTLED),
        why: String::new(),
    }
}

/// Returns rules that settle everything; or nearly, as no file can say it.
fn rules(rng: &mut Rng, window: Days) -> Vec<Rule> {
    let mut rules = Vec::new();
    if rng.chance(8) {
        let mut send = rule(rng, Trigger::Send);
        send.credit = Settled::Consumed;
        rules.push(send);
    }
    for _ in 0..rng.range(0, 4) {
        let mut response = rule(rng, Trigger::Response);
        response.kinds = ResponseKinds {
            reply: rng.chance(60),
            accept: rng.chance(60),
            not_interested: rng.chance(60),
        };
        response.note = *rng.pick(&[None, None, Some(false), Some(true)]);
        response.within = rng.chance(60).then(|| days(rng, window.0));
        rules.push(response);
    }
    if rng.chance(95) {
        rules.push(rule(rng, Trigger::Response));
    }
    if rng.chance(40) {
        let mut lapse = rule(rng, Trigger::Lapse);
        lapse.seen = Some(rng.chance(50));
        rules.push(lapse);
    }
    if rng.chance(95) {
        rules.push(rule(rng, Trigger::Lapse));
    }
    rules
}

fn credits(rng: &mut Rng, policy: &mut Policy) {
    let recruiter = SeatType::new("recruiter").unwrap();
    let monthly = Credits(u64::from(rng.small(0, 20)));
    policy.expires_after = rng.chance(75).then(|| days(rng, 90));
    policy.rollover_cap = rng.chance(30).then(|| rng.small(0, 3));
    policy.seat_types = vec![
        SeatTypeRule {
            name: recruiter.clone(),
            monthly,
        },
        SeatTypeRule {
            name: SeatType::new("other").unwrap(),
            monthly: Credits(7),
        },
    ];
    policy.bonuses.clear();
    if rng.chance(30) && (policy.rollover_cap.is_none() || rng.chance(5)) {
        let month = *rng.pick(&[(2015, 1), (2015, 2), (2014, 12), (2016, 2)]);
        policy.bonuses.push(Bonus {
            month: MonthOfYear {
                year: month.0,
                month: month.1,
            },
            seat_types: vec![recruiter],
            credits: Credits(u64::from(rng.small(1, 9))),
            expires_after: if rng.chance(95) {
                policy.expires_after
            } else {
                Some(Days(5))
            },
            why: String::new(),
        });
    }
    if rng.chance(20) && (policy.expires_after.is_none() || rng.chance(10)) {
        policy.returned = ReturnedExpiry::Original;
    }
}

fn check(rng: &mut Rng, gate: bool) -> Check {
    let ratio = *rng.pick(&[(13, 100), (13, 100), (1, 3), (1, 2), (0, 1), (1, 1)]);
    let ratio = Ratio::new(ratio.0, ratio.1).unwrap();
    let few = rng.chance(80);
    Check {
        sent_at_least: if few {
            rng.small(1, 12)
        } else {
            rng.small(13, 100)
        },
        fails: match rng.chance(50) {
            true => FailingRate::Below(ratio),
            false => FailingRate::AtMost(ratio),
        },
        none_sent_fails: rng.chance(if gate { 3 } else { 40 }),
    }
}

fn thread(rng: &mut Rng) -> ThreadGate {
    ThreadGate {
        window: days(rng, 90),
        check: check(rng, true),
        why: String::new(),
    }
}

fn ladder(rng: &mut Rng) -> Ladder {
    let stages = (0..rng.range(1, 4)).map(|_| stage(rng)).collect();
    Ladder {
        period: days(rng, 30),
        check: check(rng, true),
        stages,
        why: String::new(),
    }
}

fn stage(rng: &mut Rng) -> Stage {
    let judge = rng.chance(75).then(|| Judge {
        of: *rng.pick(&[Judged::This, Judged::This, Judged::Previous]),
        check: check(rng, false),
    });
    Stage {
        standing: *rng.pick(&[Standing::Warned, Standing::Grace, Standing::Restricted]),
        days: days(rng, 30),
        once: rng.chance(40),
        blocks: *rng.pick(&[Blocks::Nothing, Blocks::Bulk, Blocks::Bulk, Blocks::All]),
        judge,
        why: String::new(),
    }
}
