//! Holds the engine against a slow and obvious model of the specification, command by command, over random
//! scripts. `EARNEST_SEQUENCES=1000000` runs longer; a failure prints the `EARNEST_SEED` that repeats it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as it should be"
)]

#[path = "model/model.rs"]
mod model;
#[path = "support/support.rs"]
mod support;

use earnest_core::command::{Command, Recipient};
use earnest_core::event::Fact;
use earnest_core::policy::preset;
use earnest_core::refusal::Refusal;
use earnest_core::units::{MemberId, Timestamp};
use model::Model;
use model::members::{ModelMembers, Said};
use std::collections::BTreeMap;
use support::author::generate;
use support::play::{Names, Outcome, Played};
use support::run::check_scripts;
use support::script::{Script, Step, id};

#[test]
fn the_engine_does_what_the_model_does() {
    check_scripts(10_000, agrees);
}

fn agrees(script: &Script) -> Result<(), String> {
    let names = Names::of(script);
    let mut played = Played::begin(script);
    let mut model = Model::new(&script.create, script.start);
    let mut members = ModelMembers::default();
    let mut newest = script.start;
    for (n, step) in script.steps.iter().enumerate() {
        let at = match step {
            Step::Command(at, _) => *at,
            Step::Look(at) => (*at).max(model.clock),
            Step::Prefer(..) | Step::Block(..) | Step::Unblock(..) => model.clock,
        };
        let expected = obey(&mut model, &mut members, &played, step)
            .map_err(|why| format!("step {n}: {why}"))?;
        let got = match played.step(step) {
            Outcome::Taken(events) if events.is_empty() => {
                return Err(format!("step {n}, {step} leaves no event"));
            }
            Outcome::Taken(_) => Ok(()),
            Outcome::Refused(code) => Err(code.to_owned()),
            Outcome::Nothing => Ok(()),
        };
        if got != expected {
            return Err(format!(
                "step {n}, {step}:\nthe engine answers {got:?}, the model {expected:?}"
            ));
        }
        newest = newest.max(at);
        compare(&names, &played, &model, at.max(model.clock))
            .map_err(|why| format!("step {n}, {step}:\n{why}"))?;
    }
    for days in [0, 1, 2, 3, 7, 14, 30, 90, 200] {
        for millis in [-1, 0, 1] {
            let at = newest
                .plus_millis(days * 86_400_000 + millis)
                .max(model.clock);
            compare(&names, &played, &model, at)
                .map_err(|why| format!("looking ahead to {at}:\n{why}"))?;
        }
    }
    Ok(())
}

/// Takes a step in the model; an error is a difference between the two kinds of members.
fn obey(
    model: &mut Model,
    members: &mut ModelMembers,
    played: &Played,
    step: &Step,
) -> Result<model::Answer, String> {
    let mut say = |member: &MemberId, said| members.said.push((member.clone(), said));
    match step {
        Step::Look(_) => {}
        Step::Prefer(member, change) => {
            if let Some(accepts) = change.accepts {
                say(member, Said::Accepts(accepts));
            }
            if let Some(price) = change.price {
                say(member, Said::Price(price));
            }
            if let Some(cap) = change.daily_cap {
                say(member, Said::DailyCap(cap));
            }
        }
        Step::Block(member, block) => say(
            member,
            Said::Blocks(block.contract.clone(), block.seat.clone()),
        ),
        Step::Unblock(member, block) => say(
            member,
            Said::Unblocks(block.contract.clone(), block.seat.clone()),
        ),
        Step::Command(at, command) => {
            let addressed = address(members, model.clock, &played.addressed(command, *at), *at)?;
            let answer = model.submit(&addressed, *at);
            if let (Ok(()), Command::Send(send)) = (&answer, &addressed) {
                members
                    .received
                    .extend(send.letters.iter().map(|letter| (letter.to.clone(), *at)));
            }
            return Ok(answer);
        }
    }
    Ok(Ok(()))
}

/// Fills in what the model's members wish, which has to be what the engine's wish.
fn address(
    members: &ModelMembers,
    clock: Timestamp,
    command: &Command,
    at: Timestamp,
) -> Result<Command, String> {
    let mut command = command.clone();
    if let Command::Send(send) = &mut command {
        for letter in &mut send.letters {
            let wishes: Recipient = members.recipient(&letter.to, &id("acme"), &send.seat, at);
            // The day of a command that is out of order is nobody's business.
            if at >= clock && wishes != letter.recipient {
                return Err(format!(
                    "{}: the engine's member {:?}, the model's {wishes:?}",
                    letter.to, letter.recipient
                ));
            }
            letter.recipient = wishes;
        }
    }
    Ok(command)
}

fn compare(names: &Names, played: &Played, model: &Model, at: Timestamp) -> Result<(), String> {
    let engine = names.observe(&played.contract, at);
    let expected = model.observe(at);
    if engine == expected {
        return Ok(());
    }
    let mut why = format!("at {at}\n");
    let engine = format!("{engine:#?}");
    let expected = format!("{expected:#?}");
    for (engine, expected) in engine.lines().zip(expected.lines()) {
        match engine == expected {
            true => why.push_str(&format!("    {engine}\n")),
            false => why.push_str(&format!("  engine {engine}\n  model  {expected}\n")),
        }
    }
    Err(why)
}

/// Counts what happens in one script: refusals by code, events by type, and what else is worth reaching.
fn reached_by(script: &Script) -> Vec<String> {
    let mut played = Played::begin(script);
    let refused = script
        .steps
        .iter()
        .filter_map(|step| match played.step(step) {
            Outcome::Refused(code) => Some(format!("refused: {code}")),
            Outcome::Taken(_) | Outcome::Nothing => None,
        });
    let mut reached: Vec<String> = refused.collect();
    let stays = !script
        .steps
        .iter()
        .any(|step| matches!(step, Step::Command(_, Command::AddPolicy(_))));
    for event in Played::lived(script).events {
        let json = serde_json::to_value(&event).unwrap();
        reached.push(format!("event: {}", json["type"].as_str().unwrap()));
        match &event.fact {
            Fact::StandingChanged {
                standing, reason, ..
            } => {
                reached.push(format!("{standing} by {reason:?}"));
                let first = &script.create.policy;
                if stays && preset::get(&first.name).unwrap().gate == first.gate {
                    reached.push(format!("{standing} under {} as shipped", first.name));
                }
            }
            Fact::CreditsExpired { reason, .. } => reached.push(format!("expired: {reason:?}")),
            Fact::MessageSent { stake, .. } => {
                reached.push(format!("a stake of {} lots", stake.len().min(3)));
            }
            Fact::StakeReturned { lots, .. } => {
                reached.push(format!("returned to {} lots", lots.len().min(2)));
                reached.extend(
                    lots.iter()
                        .map(|lot| format!("returned fresh: {}", lot.fresh.is_some())),
                );
            }
            _ => {}
        }
    }
    reached
}

/// Random scripts are worth what they reach.
#[test]
fn the_scripts_reach_every_refusal_every_event_and_every_standing() {
    let mut reached: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..3_000 {
        for what in reached_by(&generate(seed, 40)) {
            *reached.entry(what).or_default() += 1;
        }
    }
    let refusals = Refusal::CODES.iter().map(|code| format!("refused: {code}"));
    let events = [
        "contract_created",
        "seat_added",
        "seat_changed",
        "grant_made",
        "grant_started",
        "grant_revoked",
        "message_sent",
        "message_seen",
        "message_responded",
        "message_reported",
        "message_lapsed",
        "stake_returned",
        "stake_consumed",
        "credits_expired",
        "credits_revoked",
        "allotment_granted",
        "standing_changed",
        "policy_added",
        "contract_cancelled",
        "conversation_message",
    ];
    let others = [
        "refused: malformed",
        "good by Assessment",
        "warned by Assessment",
        "grace by Assessment",
        "restricted by Assessment",
        "good by Policy",
        "warned under inmail-2015 as shipped",
        "warned under recruiter-2024 as shipped",
        "restricted under recruiter-2024 as shipped",
        "expired: Ended",
        "expired: RolloverCap",
        "expired: ReturnedLate",
        "a stake of 0 lots",
        "a stake of 1 lots",
        "a stake of 2 lots",
        "a stake of 3 lots",
        "returned to 2 lots",
        "returned fresh: true",
        "returned fresh: false",
    ];
    let wanted = refusals
        .chain(events.iter().map(|event| format!("event: {event}")))
        .chain(others.iter().map(|other| (*other).to_owned()));
    let missed: Vec<String> = wanted
        .filter(|what| reached.get(what).copied().unwrap_or(0) < 5)
        .collect();
    assert!(
        missed.is_empty(),
        "hardly or never reached: {missed:#?}\nreached: {reached:#?}"
    );
}
