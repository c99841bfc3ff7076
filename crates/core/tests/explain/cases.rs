//! Whatever the policy, a message's futures are what the engine does.

use super::story::{Story, changed, day, respond};
use earnest_core::Contract;
use earnest_core::command::Command;
use earnest_core::event::Fact;
use earnest_core::explain::{self, Future};
use earnest_core::policy::{
    Policy, ResponseKind, ResponseKinds, ReturnedExpiry, Rule, Settled, Trigger,
};
use earnest_core::units::{Days, Timestamp};
use proptest::prelude::*;
use std::sync::Arc;

fn rule() -> impl Strategy<Value = Rule> {
    let on = prop::sample::select(vec![
        Trigger::Response,
        Trigger::Response,
        Trigger::Response,
        Trigger::Lapse,
        Trigger::Report,
    ]);
    let flag = || prop::option::of(any::<bool>());
    let within = prop::option::of((1..5_u32).prop_map(Days));
    (
        on,
        any::<[bool; 3]>(),
        flag(),
        within,
        flag(),
        any::<bool>(),
    )
        .prop_map(
            |(on, [reply, accept, not_interested], note, within, seen, back)| Rule {
                on,
                kinds: ResponseKinds {
                    reply,
                    accept,
                    not_interested,
                },
                note,
                within,
                seen,
                credit: if back {
                    Settled::Returned
                } else {
                    Settled::Consumed
                },
                why: "a test".to_owned(),
            },
        )
}

/// A policy of a few rules, and at the end one for every answer and one for every lapse.
fn policy() -> impl Strategy<Value = Arc<Policy>> {
    let last = |on| Rule {
        on,
        kinds: ResponseKinds::ALL,
        note: None,
        within: None,
        seen: None,
        credit: Settled::Consumed,
        why: "a test".to_owned(),
    };
    (prop::collection::vec(rule(), 0..6), any::<bool>()).prop_map(move |(mut rules, fresh)| {
        rules.push(last(Trigger::Response));
        rules.push(last(Trigger::Lapse));
        changed("inmail-2015", |policy| {
            policy.settlement.window = Days(4);
            policy.settlement.rules = rules;
            if !fresh {
                policy.returned = ReturnedExpiry::Original;
            }
        })
    })
}

/// What the recipient does, and when.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Answer(ResponseKind, bool),
    Report,
    Nothing,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => (prop::sample::select(ResponseKind::ALL.to_vec()), any::<bool>())
            .prop_map(|(kind, note)| Deed::Answer(kind, note)),
        1 => Just(Deed::Report),
        1 => Just(Deed::Nothing),
    ]
}

/// Returns the futures that are about the deed.
fn about(futures: &[Future], deed: Deed, at: Timestamp, seen: bool) -> Vec<&Future> {
    futures
        .iter()
        .filter(|future| match deed {
            Deed::Answer(kind, note) => {
                future.on == Trigger::Response
                    && future.after.is_none_or(|after| after < at)
                    && at <= future.by
                    && future.answers.iter().any(|answer| {
                        answer.kind == kind && answer.note.is_none_or(|wanted| wanted == note)
                    })
            }
            Deed::Report => future.on == Trigger::Report,
            Deed::Nothing => {
                future.on == Trigger::Lapse && future.seen.is_none_or(|wanted| wanted == seen)
            }
        })
        .collect()
}

/// Does the deed and returns the rule that settled, with what it did.
fn perform(contract: &mut Contract, deed: Deed, at: Timestamp) -> Option<(String, Settled)> {
    let message = "m1".parse().unwrap();
    let events = match deed {
        Deed::Answer(kind, note) => contract
            .submit(&respond("m1", kind, note, false), at)
            .unwrap(),
        Deed::Report => contract.submit(&Command::Report(message), at).unwrap(),
        Deed::Nothing => {
            let mut events = Vec::new();
            contract.catch_up(day(100), &mut |event| events.push(event.clone()));
            events
        }
    };
    events.iter().find_map(|event| match &event.fact {
        Fact::StakeReturned { rule, .. } => Some((rule.to_string(), Settled::Returned)),
        Fact::StakeConsumed { rule, .. } => Some((rule.to_string(), Settled::Consumed)),
        _ => None,
    })
}

proptest! {
    #[test]
    fn exactly_one_future_is_about_what_happens_and_it_comes_true(
        policy in policy(),
        deed in deed(),
        seen in any::<bool>(),
        hours in 0..=96_i64,
        step in -1..=1_i64,
        looked in 0..=96_i64,
    ) {
        let mut story = Story::new(&policy);
        story.send(day(1));
        let after = |hours: i64| day(1).plus_millis(hours * 3_600_000);
        let at = after(hours).plus_millis(step).clamp(day(1), after(96));
        if seen {
            story.done(&Command::Seen("m1".parse().unwrap()), day(1));
        }
        let look = after(looked).min(at);
        let told = explain::message(&story.contract, &"m1".parse().unwrap(), look).unwrap();
        let about = about(&told.futures, deed, at, seen);
        let done = perform(&mut story.contract, deed, at);
        match done {
            None => prop_assert!(about.is_empty() && matches!(deed, Deed::Report)),
            Some((rule, credit)) => {
                prop_assert_eq!(about.len(), 1, "{:#?}", told);
                prop_assert_eq!((about[0].rule.path.clone(), about[0].credit), (rule, credit));
                let later = explain::message(&story.contract, &"m1".parse().unwrap(), day(99)).unwrap();
                prop_assert_eq!(&later.rule.unwrap().path, &about[0].rule.path);
                prop_assert!(later.otherwise.iter().all(|other| other.credit != credit));
            }
        }
    }
}
