//! Properties of the engine's history, over the random scripts that the model is tried on too.
//! `EARNEST_SEQUENCES` runs more of them; a failure prints the `EARNEST_SEED` that repeats it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as it should be"
)]

#[path = "properties/ledger.rs"]
mod ledger;
#[path = "properties/look_again.rs"]
mod look_again;
#[path = "model/model.rs"]
#[expect(
    dead_code,
    reason = "only what a reader sees is used here, not the model"
)]
mod model;
#[path = "properties/recall.rs"]
mod recall;
#[path = "properties/snapshot.rs"]
mod snapshot;
#[path = "support/support.rs"]
mod support;

use earnest_core::command::Command;
use earnest_core::event::{Event, ExpiryReason, Fact, StandingReason};
use earnest_core::policy::{Check, FailingRate};
use earnest_core::units::{Credits, MessageId, Ratio, SeatId, Timestamp};
use earnest_core::{Contract, Policies, State, decide, due, is_caught_up, next_due_at};
use std::collections::BTreeMap;
use support::author::generate;
use support::play::{Names, Outcome, Played};
use support::rng::Rng;
use support::run::check_scripts;
use support::script::{Script, Step};

const USUAL: u64 = 1_000;
const DAY: i64 = 86_400_000;

/// Returns the state that the events lead to.
fn replayed(events: &[Event]) -> State {
    let mut state = State::from_first(&events[0]).unwrap();
    for event in &events[1..] {
        state.apply(event);
    }
    state
}

fn ensure(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

#[test]
fn credits_are_conserved_after_every_event() {
    check_scripts(USUAL, |script| {
        let played = Played::lived(script);
        let mut state = State::from_first(&played.events[0]).unwrap();
        for event in &played.events[1..] {
            state.apply(event);
            let is = state.balance();
            let kept: Credits = [is.available, is.held, is.consumed, is.expired, is.revoked]
                .into_iter()
                .sum();
            ensure(is.granted == kept, || format!("after {event:?}: {is:?}"))?;
        }
        Ok(())
    });
}

#[test]
fn no_event_is_older_than_the_one_before() {
    check_scripts(USUAL, |script| {
        for pair in Played::lived(script).events.windows(2) {
            ensure(pair[0].at <= pair[1].at, || {
                format!("{:?} before {:?}", pair[0], pair[1])
            })?;
        }
        Ok(())
    });
}

#[test]
fn replaying_the_events_gives_the_state_that_lived_them() {
    check_scripts(USUAL, |script| {
        let played = Played::lived(script);
        let state = replayed(&played.events);
        ensure(state == *played.contract.state(), || {
            format!(
                "lived:    {:?}\nreplayed: {state:?}",
                played.contract.state()
            )
        })
    });
}

#[test]
fn events_survive_being_written_as_json_lines() {
    check_scripts(USUAL, |script| {
        let played = Played::lived(script);
        let lines: Vec<String> = played
            .events
            .iter()
            .map(|event| serde_json::to_string(event).unwrap())
            .collect();
        let mut read = Vec::new();
        for (line, event) in lines.iter().zip(&played.events) {
            ensure(!line.contains('\n'), || format!("not one line: {line}"))?;
            let back: Event =
                serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))?;
            ensure(back == *event, || format!("{line}\nread as {back:?}"))?;
            read.push(back);
        }
        ensure(replayed(&read) == *played.contract.state(), || {
            "another state".to_owned()
        })
    });
}

#[test]
fn every_accepted_command_leaves_an_event_at_its_instant() {
    check_scripts(USUAL, |script| {
        let mut played = Played::begin(script);
        for step in &script.steps {
            if let (Step::Command(at, _), Outcome::Taken(events)) = (step, played.step(step)) {
                ensure(events.last().is_some_and(|event| event.at == *at), || {
                    format!("{step:?} left {events:?}")
                })?;
                ensure(played.contract.state().clock() == *at, || {
                    format!("another clock after {step:?}")
                })?;
            }
        }
        Ok(())
    });
}

#[test]
fn a_refusal_changes_nothing() {
    check_scripts(USUAL, |script| {
        let mut played = Played::begin(script);
        for step in &script.steps {
            let before = played.contract.state().clone();
            let refused = match played.step(step) {
                Outcome::Taken(_) => continue,
                Outcome::Refused(code) => code,
                Outcome::Nothing => "no command",
            };
            ensure(*played.contract.state() == before, || {
                format!("{step} ({refused}) changed the state")
            })?;
        }
        Ok(())
    });
}

#[test]
fn a_stake_settles_exactly_once() {
    check_scripts(USUAL, |script| {
        let played = Played::lived(script);
        let mut staked: BTreeMap<MessageId, (Credits, u32)> = BTreeMap::new();
        for event in &played.events {
            match &event.fact {
                Fact::MessageSent {
                    message, credits, ..
                } => {
                    staked.insert(message.clone(), (*credits, 0));
                }
                Fact::StakeReturned {
                    message, credits, ..
                }
                | Fact::StakeConsumed {
                    message, credits, ..
                } => {
                    let stake = staked
                        .get_mut(message)
                        .ok_or_else(|| format!("{event:?} before its message"))?;
                    stake.1 += 1;
                    ensure(stake.0 == *credits, || {
                        format!("{event:?} settles a stake of {}", stake.0)
                    })?;
                }
                _ => {}
            }
        }
        for (message, (credits, settled)) in staked {
            let expected = u32::from(!credits.is_zero());
            ensure(settled == expected, || {
                format!("`{message}` of {credits} credits settled {settled} times")
            })?;
        }
        let open = played.contract.state().open_stakes();
        ensure(open == 0, || format!("{open} stakes are still open"))
    });
}

/// Catches a copy up in the given steps, and returns it with what happened.
fn caught_up(contract: &Contract, instants: &[Timestamp]) -> (Contract, Vec<Event>) {
    let mut contract = contract.clone();
    let mut events = Vec::new();
    for at in instants {
        contract.catch_up(*at, &mut |event| events.push(event.clone()));
    }
    (contract, events)
}

#[test]
fn running_in_steps_and_at_once_are_the_same() {
    check_scripts(USUAL, |script| {
        let mut played = Played::begin(script);
        for step in &script.steps {
            played.step(step);
        }
        let from = played.contract.state().clock();
        let hops: Vec<_> = (1..60)
            .flat_map(|day| [-1, 0, 1].map(|ms| from.plus_millis(day * DAY + ms)))
            .collect();
        let (stepped, in_steps) = caught_up(&played.contract, &hops);
        let (run, at_once) = caught_up(&played.contract, &hops[hops.len() - 1..]);
        ensure(in_steps == at_once, || {
            format!("in steps {in_steps:#?}\nat once {at_once:#?}")
        })?;
        ensure(stepped.state() == run.state(), || {
            "the same events, another state".to_owned()
        })?;
        let last = hops[hops.len() - 1];
        ensure(*run.seen_at(last).state() == *run.state(), || {
            "a reader sees more".to_owned()
        })?;
        let rest = due(run.policies(), run.state(), last);
        ensure(rest.is_empty(), || format!("still due: {rest:?}"))
    });
}

/// Returns where an event stands among those that time brings at one instant.
fn rank(fact: &Fact) -> u32 {
    match fact {
        Fact::StandingChanged {
            reason: StandingReason::Policy,
            ..
        } => 0,
        Fact::CreditsExpired {
            reason: ExpiryReason::Ended,
            ..
        } => 1,
        Fact::GrantStarted { .. } => 2,
        Fact::AllotmentGranted { .. }
        | Fact::CreditsExpired {
            reason: ExpiryReason::RolloverCap,
            ..
        } => 3,
        Fact::StandingChanged {
            reason: StandingReason::Assessment,
            ..
        } => 4,
        _ => 5,
    }
}

#[test]
fn what_falls_due_at_one_instant_has_one_order() {
    check_scripts(USUAL, |script| {
        let mut played = Played::begin(script);
        for step in &script.steps {
            played.step(step);
        }
        let end = played.contract.state().clock().plus_millis(200 * DAY);
        let (_, events) = caught_up(&played.contract, &[end]);
        for pair in events.windows(2) {
            let [a, b] = [&pair[0], &pair[1]].map(|event| (event.at, rank(&event.fact)));
            ensure(a <= b, || format!("{:?} before {:?}", pair[0], pair[1]))?;
        }
        Ok(())
    });
}

/// Sweeping between the commands records the same history as leaving it to the next command.
/// A replay that makes no events must end where one that lives them ends, and hear of every standing.
#[test]
fn advancing_without_events_leads_to_the_same_state() {
    check_scripts(USUAL, |script| {
        let mut played = Played::begin(script);
        let mut advanced = played.contract.clone();
        let mut heard = Vec::new();
        let before = played.events.len();
        for step in &script.steps {
            let Step::Command(at, command) = step else {
                played.step(step);
                continue;
            };
            let command = played.addressed(command, *at);
            if matches!(played.step(step), Outcome::Taken(_)) {
                let mut hear =
                    |seat: &_, standing, at| heard.push((SeatId::clone(seat), standing, at));
                let answer = advanced.advance(&command, *at, &mut hear);
                ensure(answer.is_ok(), || format!("{step}: {answer:?}"))?;
            }
        }
        let told: Vec<_> = played.events[before..]
            .iter()
            .filter_map(|event| match &event.fact {
                Fact::StandingChanged { seat, standing, .. } => {
                    Some((seat.clone(), *standing, event.at))
                }
                _ => None,
            })
            .collect();
        ensure(heard == told, || format!("heard {heard:?}\ntold {told:?}"))?;
        ensure(advanced.state() == played.contract.state(), || {
            format!("{:#?}\n{:#?}", advanced.state(), played.contract.state())
        })
    });
}

#[test]
fn sweeping_between_commands_changes_no_history() {
    check_scripts(USUAL, |script| {
        let mut plain = Played::begin(script);
        let mut swept = Played::begin(script);
        for step in &script.steps {
            let before = plain.contract.state().clock();
            let outcome = plain.step(step);
            if let Step::Command(at, _) = step {
                if !matches!(outcome, Outcome::Taken(_)) {
                    continue;
                }
                let half = before.plus_millis(at.millis_since(before) / 2);
                for sweep in [half, at.plus_millis(-1).max(half), *at] {
                    let events = &mut swept.events;
                    swept
                        .contract
                        .catch_up(sweep, &mut |event| events.push(event.clone()));
                }
            }
            swept.step(step);
        }
        ensure(plain.events == swept.events, || {
            let at = plain
                .events
                .iter()
                .zip(&swept.events)
                .take_while(|(a, b)| a == b)
                .count();
            format!(
                "plain {:#?}\nswept {:#?}",
                plain.events.get(at..),
                swept.events.get(at..)
            )
        })
    });
}

/// Sweepers sleep until the next thing is due: nothing may be due before, and something must be then.
#[test]
fn something_is_due_when_it_is_said_to_be_and_nothing_before() {
    check_scripts(USUAL, |script| {
        let mut played = Played::begin(script);
        for step in &script.steps {
            played.step(step);
        }
        let mut contract = played.contract;
        let end = contract.state().clock().plus_millis(100 * DAY);
        while let Some(next) =
            next_due_at(contract.policies(), contract.state()).filter(|at| *at <= end)
        {
            let before = next.plus_millis(-1);
            let early = due(contract.policies(), contract.state(), before);
            ensure(
                early.is_empty() && is_caught_up(contract.policies(), contract.state(), before),
                || format!("due before {next}: {early:?}"),
            )?;
            ensure(
                !is_caught_up(contract.policies(), contract.state(), next),
                || format!("nothing is due at {next}"),
            )?;
            contract.catch_up(next, &mut |_| {});
            ensure(
                is_caught_up(contract.policies(), contract.state(), next),
                || format!("caught up to {next}, and something is due still"),
            )?;
        }
        Ok(())
    });
}

/// A contract that forgets what no rule looks back to.
struct Forgetful {
    policies: Policies,
    state: State,
}

impl Forgetful {
    fn knows(&self, command: &Command) -> bool {
        let known = |message| self.state.message(message).is_some();
        match command {
            Command::Respond(respond) => known(&respond.message),
            Command::FollowUp(follow_up) => known(&follow_up.message),
            Command::Seen(message) | Command::Report(message) => known(message),
            _ => true,
        }
    }

    fn catch_up(&mut self, at: Timestamp) -> Vec<Event> {
        let mut all = Vec::new();
        loop {
            let events = due(&self.policies, &self.state, at);
            if events.is_empty() {
                return all;
            }
            events.iter().for_each(|event| self.state.apply(event));
            all.extend(events);
        }
    }

    fn obey(&mut self, command: &Command, at: Timestamp) -> Vec<Event> {
        let mut all = self.catch_up(at);
        let events = decide(&self.policies, &self.state, command, at).unwrap();
        if let Command::AddPolicy(add) = command {
            self.policies.push(add.policy.clone());
        }
        events.iter().for_each(|event| self.state.apply(event));
        all.extend(events);
        all
    }
}

#[test]
fn forgetting_old_messages_changes_nothing_that_comes_after() {
    check_scripts(USUAL, |script| {
        let mut played = Played::begin(script);
        let mut forgetful = Forgetful {
            policies: Policies::new(script.create.policy.clone()),
            state: State::from_first(&played.events[0]).unwrap(),
        };
        for step in &script.steps {
            // What was forgotten may not be spoken of again: that is the caller's part.
            if let Step::Command(at, command) = step
                && forgetful.knows(command)
            {
                let command = played.addressed(command, *at);
                if let Outcome::Taken(events) = played.step(step) {
                    let again = forgetful.obey(&command, *at);
                    ensure(events == again, || {
                        format!("{step}\n{events:?}\nand {again:?}")
                    })?;
                    forgetful.state.forget();
                }
            } else if !matches!(step, Step::Command(..)) {
                played.step(step);
            }
        }
        let end = played.contract.state().clock().plus_millis(200 * DAY);
        let (all, events) = caught_up(&played.contract, &[end]);
        let again = forgetful.catch_up(end);
        ensure(events == again, || format!("{events:#?}\nand {again:#?}"))?;
        ensure(all.state().balance() == forgetful.state.balance(), || {
            "another balance".to_owned()
        })
    });
}

/// What a reader sees is a matter of the events alone, however the reader got them.
#[test]
fn a_reader_ahead_of_the_clock_sees_what_will_be() {
    check_scripts(USUAL / 2, |script| {
        let names = Names::of(script);
        let mut played = Played::begin(script);
        for step in &script.steps {
            played.step(step);
        }
        for days in [0, 1, 5, 20, 91] {
            let at = played.contract.state().clock().plus_millis(days * DAY);
            let (there, _) = caught_up(&played.contract, &[at]);
            let (seen, is) = (
                names.observe(&played.contract, at),
                names.observe(&there, at),
            );
            ensure(seen == is, || format!("seen {seen:#?}\nis {is:#?}"))?;
        }
        Ok(())
    });
}

#[test]
fn contracts_do_not_mind_each_other() {
    for seed in 0..USUAL / 4 {
        let scripts: Vec<Script> = (0..3).map(|n| generate(seed * 3 + n, 40)).collect();
        let one_by_one: Vec<_> = scripts
            .iter()
            .map(|script| Played::lived(script).events)
            .collect();
        let mut rng = Rng::new(seed);
        let mut side_by_side: Vec<Played> = scripts.iter().map(Played::begin).collect();
        let mut next = [0; 3];
        while (0..3).any(|n| next[n] < scripts[n].steps.len()) {
            let n = *rng.pick(&[0, 1, 2]);
            if let Some(step) = scripts[n].steps.get(next[n]) {
                side_by_side[n].step(step);
                next[n] += 1;
            }
        }
        for n in [2, 0, 1] {
            let alone = &one_by_one[n];
            let among = &side_by_side[n].events;
            assert_eq!(
                among.as_slice(),
                &alone[..among.len()],
                "seed {seed}, contract {n}"
            );
        }
    }
}

#[test]
fn a_threshold_is_compared_as_fractions_are() {
    let mut rng = Rng::new(13);
    let figure = |rng: &mut Rng| match rng.below(4) {
        0 => rng.below(200),
        1 => u32::MAX - rng.below(3),
        2 => rng.below(1_000_000),
        _ => rng.below(u32::MAX),
    };
    for _ in 0..200_000 {
        let whole = figure(&mut rng).max(1);
        let part = figure(&mut rng).min(whole);
        // As often as not exactly at the threshold, or one response beside it.
        let (sent, responded) = match rng.chance(50) {
            true => {
                let times = 1 + rng.below(u32::MAX / whole);
                (
                    whole * times,
                    (part * times)
                        .saturating_add(rng.below(3))
                        .saturating_sub(1),
                )
            }
            false => (figure(&mut rng), figure(&mut rng)),
        };
        let ratio = Ratio::new(part, whole).unwrap();
        let [rate, bar] =
            [(responded, whole), (part, sent)].map(|(a, b)| u128::from(a) * u128::from(b));
        for (fails, expected) in [
            (FailingRate::Below(ratio), rate < bar),
            (FailingRate::AtMost(ratio), rate <= bar),
        ] {
            let sent_at_least = figure(&mut rng);
            for none_sent_fails in [false, true] {
                let check = Check {
                    sent_at_least,
                    fails,
                    none_sent_fails,
                };
                let expected = match sent {
                    0 => none_sent_fails,
                    _ => sent >= sent_at_least && expected,
                };
                assert_eq!(
                    check.fails(sent, responded),
                    expected,
                    "{check:?} of {responded}/{sent}"
                );
            }
        }
    }
}
