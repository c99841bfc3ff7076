//! Forgotten messages that are spoken of again: as if they had been kept, and without a trace.

use super::support::play::Played;
use super::support::rng::Rng;
use super::support::run::check_scripts;
use super::support::script::{Script, Step, id};
use super::{DAY, USUAL, ensure, generate};
use earnest_core::command::{
    Accepts, AddPolicy, AddSeat, Command, FollowUp, Letter, Recipient, Respond, Send, Side,
};
use earnest_core::event::{Event, Fact};
use earnest_core::policy::{Gate, Policy, ResponseKind, preset};
use earnest_core::units::{Days, MessageId, Timestamp};
use earnest_core::{Contract, RecallError, Recalled, State, Status, explain};
use smallvec::smallvec;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Enough to fill the chunk that a script's own messages lie in.
const MANY: u32 = 1_100;

fn submit(played: &mut Played, command: &Command, at: Timestamp) -> Option<()> {
    let events = played.contract.submit(command, at).ok()?;
    played.events.extend(events);
    Some(())
}

fn seat(name: &str) -> Command {
    Command::AddSeat(AddSeat {
        id: id(name),
        seat_type: preset::get("inmail-2015").unwrap().first_seat_type(),
        usage_limit: None,
        bulk_disabled: false,
    })
}

fn open_letter(n: u32) -> Command {
    let recipient = Recipient {
        accepts: Accepts::Open,
        ..Recipient::default()
    };
    Command::Send(Send {
        seat: id("filler"),
        letters: smallvec![Letter {
            message: id(&format!("filler-{n}")),
            to: id(&format!("anyone-{n}")),
            recipient,
        }],
        campaign: None,
        subject_length: 1,
        body_length: 1,
    })
}

/// Lives through a script, and then until all its messages have ended and are old enough to be forgotten.
/// Nothing is returned for a contract that takes no messages at the end.
fn lived_long(script: &Script) -> Option<Played> {
    let mut played = Played::begin(script);
    script.steps.iter().for_each(|step| drop(played.step(step)));
    let at = played.contract.state().clock();
    let mut calm = Policy::clone(&preset::get("inmail-2015").unwrap());
    calm.gate = Gate::None;
    calm.settlement.window = Days(1);
    let calm = AddPolicy {
        policy: Arc::new(calm),
        effective_at: None,
    };
    submit(&mut played, &Command::AddPolicy(calm), at)?;
    submit(&mut played, &seat("filler"), at)?;
    for n in 0..MANY {
        submit(&mut played, &open_letter(n), at)?;
    }
    submit(&mut played, &seat("late"), at.plus(Days(200)))?;
    Some(played)
}

fn late(message: MessageId, rng: &mut Rng) -> Command {
    match rng.below(6) {
        0 => Command::Seen(message),
        1 | 2 => Command::Report(message),
        3 => Command::FollowUp(FollowUp {
            message,
            from: *rng.pick(&[Side::Seat, Side::Member]),
            blocked: rng.chance(10),
        }),
        _ => Command::Respond(Respond {
            message,
            kind: *rng.pick(&ResponseKind::ALL),
            note: rng.chance(40),
            auto: rng.chance(12),
        }),
    }
}

/// Returns the messages that a script may send, each once.
fn messages_of(script: &Script) -> BTreeSet<MessageId> {
    let sends = script.steps.iter().filter_map(|step| match step {
        Step::Command(_, Command::Send(send)) => Some(send),
        _ => None,
    });
    let letters = sends.flat_map(|send| &send.letters);
    letters.map(|letter| letter.message.clone()).collect()
}

/// A contract that forgets, and keeps what it forgets elsewhere.
struct Keeper {
    contract: Contract,
    kept: BTreeMap<MessageId, Recalled>,
}

impl Keeper {
    /// Obeys a command about a message that may be forgotten.
    fn obey(&mut self, command: &Command, message: &MessageId, at: Timestamp) -> Answer {
        let recalled = &self.kept[message];
        self.contract.recall(recalled).map_err(|e| e.to_string())?;
        let before = explain::message(&self.contract, message, at);
        let events = self.contract.submit(command, at);
        let view = self.contract.state().message(message).unwrap();
        self.contract.drop_recalled();
        if let Some(kept) = self.kept.get_mut(message) {
            kept.message = view;
        }
        ensure(self.contract.state().message(message).is_none(), || {
            format!("`{message}` is still there")
        })?;
        Ok((
            events.map_err(|error| error.to_string()),
            before.map(|it| it.to_string()),
        ))
    }
}

type Answer = Result<(Result<Vec<Event>, String>, Option<String>), String>;

#[test]
fn a_recalled_message_is_as_one_that_was_kept_and_leaves_no_trace() {
    check_scripts(USUAL / 5, |script| {
        let Some(played) = lived_long(script) else {
            return Ok(());
        };
        let mut keeps = played.contract;
        let ids: Vec<MessageId> = messages_of(script)
            .into_iter()
            .filter(|id| keeps.state().message(id).is_some())
            .collect();
        let kept = ids.iter().map(|id| {
            let kept = keeps.state().to_keep(id).unwrap();
            (id.clone(), kept)
        });
        let mut keeper = Keeper {
            contract: keeps.clone(),
            kept: kept.collect(),
        };
        ensure(!keeper.contract.state().forgets(), || "forgets".to_owned())?;
        ensure(
            keeper.contract.forget() > 0 && keeper.contract.state().forgets(),
            || "nothing was forgotten".to_owned(),
        )?;
        let mut replay = keeper.contract.state().clone();
        let mut rng = Rng::new(ids.len() as u64);
        let mut at = keeps.state().clock();
        for _ in 0..if ids.is_empty() { 0 } else { 40 } {
            at = at.plus_millis(*rng.pick(&[0, 0, 1, DAY / 4]));
            let message = rng.pick(&ids).clone();
            let command = late(message.clone(), &mut rng);
            let told = explain::message(&keeps, &message, at).map(|it| it.to_string());
            let expected = keeps
                .submit(&command, at)
                .map_err(|error| error.to_string());
            let (events, explained) = keeper.obey(&command, &message, at)?;
            ensure(events == expected, || {
                format!("{command:?}\nkept {expected:?}\nrecalled {events:?}")
            })?;
            ensure(told == explained, || {
                format!("kept {told:?}\nrecalled {explained:?}")
            })?;
            let view = keeps.state().message(&message).unwrap();
            ensure(keeper.kept[&message].message == view, || {
                format!(
                    "kept {view:?}\nrecalled {:?}",
                    keeper.kept[&message].message
                )
            })?;
            events
                .iter()
                .flatten()
                .for_each(|event| replay.apply(event));
            ensure(replay == *keeper.contract.state(), || {
                format!("replayed without the message, another state after {events:?}")
            })?;
        }
        keeps.forget();
        keeper.contract.forget();
        ensure(keeps.state() == keeper.contract.state(), || {
            "another state than one that kept the messages".to_owned()
        })
    });
}

/// What a message's events tell of its lot and its losses is what the state knew.
#[test]
fn what_is_recalled_from_a_history_is_what_was_kept() {
    check_scripts(USUAL / 2, |script| {
        let played = Played::lived(script);
        for message in messages_of(script) {
            let Some(kept) = played.contract.state().to_keep(&message) else {
                continue;
            };
            let read = Recalled::with_history(&kept.message, &played.events);
            ensure(read == kept, || format!("kept {kept:?}\nread {read:?}"))?;
        }
        Ok(())
    });
}

/// Returns a contract that has forgotten `filler-0`, and the message as it was kept.
fn forgetful() -> (Contract, Recalled) {
    let played = lived_long(&generate(1, 0)).unwrap();
    let mut contract = played.contract;
    let kept = contract.state().to_keep(&id("filler-0")).unwrap();
    contract.forget();
    assert!(contract.state().message(&id("filler-0")).is_none());
    (contract, kept)
}

#[test]
fn only_a_forgotten_message_of_the_contract_is_recalled() {
    let (mut contract, kept) = forgetful();
    let mut state = contract.state().clone();
    let changed = |change: fn(&mut Recalled)| {
        let mut other = kept.clone();
        change(&mut other);
        other
    };
    let pending = changed(|other| other.message.status = Status::Pending);
    let elsewhere = changed(|other| other.message.seat = id("nobody"));
    let later = changed(|other| other.message.version = 9);
    let name: MessageId = id("filler-0");
    for (recalled, error) in [
        (pending, RecallError::NotEnded(name.clone())),
        (
            elsewhere,
            RecallError::UnknownSeat(name.clone(), id("nobody")),
        ),
        (later, RecallError::UnknownVersion(name.clone(), 9)),
    ] {
        assert_eq!(state.recall(&recalled), Err(error));
    }
    let last = contract.state().to_keep(&id("filler-1099")).unwrap();
    let kept_still = RecallError::NotForgotten(id("filler-1099"));
    assert_eq!(contract.recall(&last), Err(kept_still));
    contract.recall(&kept).unwrap();
    let twice = RecallError::NotForgotten(name.clone());
    assert_eq!(contract.recall(&kept), Err(twice));
    // Its id is taken as long as it is there.
    let at = contract.state().clock();
    let again = contract.submit(&open_letter(0), at).unwrap_err();
    assert!(again.to_string().contains("filler-0"), "{again}");
    contract.drop_recalled();
    assert!(contract.submit(&open_letter(0), at).is_ok());
}

#[test]
fn a_recalled_message_is_in_no_snapshot() {
    let (contract, kept) = forgetful();
    let mut state = contract.state().clone();
    let before = postcard::to_stdvec(&state).unwrap();
    state.recall(&kept).unwrap();
    assert_eq!(postcard::to_stdvec(&state).unwrap(), before);
    assert_eq!(state, *contract.state());
    assert_eq!(state.message_count(), contract.state().message_count());
}

#[test]
fn a_settlement_of_an_unknown_message_breaks_an_invariant() {
    let (contract, _) = forgetful();
    let event = |fact| Event {
        at: contract.state().clock(),
        fact,
    };
    let apply = |event: &Event| {
        let mut state: State = contract.state().clone();
        let apply = std::panic::AssertUnwindSafe(|| state.apply(event));
        std::panic::catch_unwind(apply).is_ok()
    };
    let (message, seat) = (id("filler-0"), id("filler"));
    assert!(!apply(&event(Fact::MessageLapsed { message, seat })));
    let (message, seat) = (id("filler-0"), id("filler"));
    assert!(apply(&event(Fact::MessageSeen { message, seat })));
}
