//! Snapshots: what is saved is what is loaded, and it goes on the same.

use super::support::play::Played;
use super::support::rng::Rng;
use super::support::run::check_scripts;
use super::support::script::{Script, id, t};
use super::{USUAL, ensure};
use earnest_core::command::{
    AddSeat, Command, CreateContract, Grant, Letter, PRIORITY, Recipient, Respond, Send, Source,
};
use earnest_core::policy::{ResponseKind, preset};
use earnest_core::units::{Credits, Days, GrantId};
use earnest_core::{Contract, SNAPSHOT_FORMAT, State};
use smallvec::smallvec;
use std::panic::{AssertUnwindSafe, catch_unwind};

fn saved(state: &State) -> Vec<u8> {
    postcard::to_stdvec(state).unwrap()
}

fn loaded(bytes: &[u8]) -> Result<State, String> {
    postcard::from_bytes(bytes).map_err(|error| error.to_string())
}

/// Replaces the contract by one that was saved and loaded.
fn reload(contract: &mut Contract) -> Result<(), String> {
    let bytes = saved(contract.state());
    let state = loaded(&bytes)?;
    ensure(state == *contract.state(), || {
        format!("saved  {:?}\nloaded {state:?}", contract.state())
    })?;
    ensure(saved(&state) == bytes, || {
        "saved again, it has other bytes".to_owned()
    })?;
    *contract = Contract::resume(contract.policies().clone(), state);
    Ok(())
}

#[test]
fn a_state_that_was_loaded_goes_on_as_the_one_that_was_saved() {
    check_scripts(USUAL, |script| {
        let lived = Played::lived(script);
        let mut rng = Rng::new(script.steps.len() as u64);
        let mut played = Played::begin(script);
        for step in &script.steps {
            if rng.chance(25) {
                reload(&mut played.contract)?;
            }
            played.step(step);
        }
        reload(&mut played.contract)?;
        let end = played.contract.state().clock().plus(Days(200));
        let events = &mut played.events;
        played
            .contract
            .catch_up(end, &mut |event| events.push(event.clone()));
        let (same, state) = (played.events == lived.events, played.contract.state());
        ensure(same, || "other events".to_owned())?;
        ensure(state == lived.contract.state(), || {
            "another state".to_owned()
        })
    });
}

/// Between the events of one command a state is whole as well.
#[test]
fn a_state_can_be_saved_after_any_event() {
    check_scripts(USUAL / 4, |script| {
        let events = Played::lived(script).events;
        let mut state = State::from_first(&events[0]).unwrap();
        for event in &events[1..] {
            state.apply(event);
            let again = loaded(&saved(&state)).map_err(|error| format!("{event:?}: {error}"))?;
            ensure(again == state, || format!("another state after {event:?}"))?;
        }
        Ok(())
    });
}

#[test]
fn a_state_can_be_saved_as_json_too() {
    check_scripts(USUAL / 10, |script| {
        let played = Played::lived(script);
        let text = serde_json::to_string(played.contract.state()).unwrap();
        let state: State = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        ensure(state == *played.contract.state(), || {
            "another state".to_owned()
        })
    });
}

/// A copy shares its messages with the original until one of them changes; neither sees the other's changes.
#[test]
fn a_copy_stays_as_it_was() {
    check_scripts(USUAL / 4, |script| {
        let mut played = Played::begin(script);
        let (before, after) = script.steps.split_at(script.steps.len() / 2);
        before.iter().for_each(|step| drop(played.step(step)));
        let copy = played.contract.state().clone();
        let bytes = saved(&copy);
        after.iter().for_each(|step| drop(played.step(step)));
        ensure(saved(&copy) == bytes, || "the copy changed".to_owned())
    });
}

/// Goes on with whatever a damaged snapshot became; only an error or a state that works will do.
fn goes_on(state: State, script: &Script) -> bool {
    let policies = earnest_core::Policies::new(script.create.policy.clone());
    let mut contract = Contract::resume(policies, state);
    let work = || {
        let clock = contract.state().clock();
        for message in ["m0", "m1", "m2", "m3"] {
            drop(contract.state().message(&id(message)));
        }
        drop(contract.state().grants());
        assert!(contract.state().weight() > 0);
        drop(saved(contract.state()));
        contract.forget();
        clock
    };
    catch_unwind(AssertUnwindSafe(work)).is_ok()
}

#[test]
fn a_damaged_snapshot_is_an_error_or_a_state_that_works() {
    check_scripts(USUAL / 10, |script| {
        let mut played = Played::begin(script);
        script.steps.iter().for_each(|step| drop(played.step(step)));
        let bytes = saved(played.contract.state());
        let mut rng = Rng::new(bytes.len() as u64);
        for _ in 0..200 {
            let mut damaged = bytes.clone();
            let at = rng.below(u32::try_from(bytes.len()).unwrap()) as usize;
            match rng.chance(20) {
                true => damaged.truncate(at),
                false => damaged[at] ^= 1 << rng.below(8),
            }
            let state = catch_unwind(|| loaded(&damaged))
                .map_err(|_| format!("byte {at}: loading panicked"))?;
            if let Ok(state) = state {
                ensure(goes_on(state, script), || {
                    format!("byte {at}: the loaded state panicked")
                })?;
            }
        }
        Ok(())
    });
}

fn small() -> Contract {
    let start = t("2026-01-05T09:00:00Z");
    let create = CreateContract {
        id: id("acme"),
        name: "Acme".to_owned(),
        policy: preset::get("inmail-2015").unwrap(),
        allotments: true,
        bulk_disabled: false,
    };
    let (mut contract, _) = Contract::create(&create, start);
    let mut submit = |command| drop(contract.submit(&command, start).unwrap());
    submit(Command::AddSeat(AddSeat {
        id: id("ana"),
        seat_type: create.policy.first_seat_type(),
        usage_limit: Some(200),
        bulk_disabled: false,
    }));
    submit(Command::Grant(Grant {
        id: GrantId::new("g1").unwrap(),
        credits: Credits(7),
        source: Source::Purchase,
        effective_at: None,
        expires_at: None,
        priority: PRIORITY,
    }));
    for (message, to) in [("m1", "bo"), ("m2", "cy")] {
        submit(Command::Send(Send {
            seat: id("ana"),
            letters: smallvec![Letter {
                message: id(message),
                to: id(to),
                recipient: Recipient::default(),
            }],
            campaign: None,
            subject_length: 10,
            body_length: 20,
        }));
    }
    submit(Command::Report(id("m2")));
    submit(Command::Respond(Respond {
        message: id("m1"),
        kind: ResponseKind::Accept,
        note: true,
        auto: false,
    }));
    contract
}

/// Who changes this layout raises `SNAPSHOT_FORMAT`, so that an older snapshot is not read as a newer one.
#[test]
fn the_layout_of_a_snapshot_is_that_of_its_number() {
    let bytes = saved(small().state());
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    insta::assert_snapshot!(format!("{SNAPSHOT_FORMAT}: {hex}"), @"1: 010461636d650441636d6580ea93d6f16601000080ea93d6f166050180fabcd08567010b696e6d61696c2d3230313580ea93d6f166005a020e177761726e6564206f6e63652c2072657374726963746564030000000101960194010180ea93d6f1660180caf6cdab670100010102673101000107070080ea93d6f166000100020004010101010080ea93d6f1660180caf6cdab670100039d019c01010000000103616e610972656372756974657201c8010080ea93d6f1660002020101000080ea93d6f16601808adcd7fa6680ea93d6f1660002010000000001808adcd7fa66000001086d31626f6d3263790280ea93d6f1660100010000010001000202010a0a02000100000001000100020200010004015a00010180ea93d6f1660201000100");
}

#[test]
fn a_snapshot_of_another_format_is_not_loaded() {
    let mut bytes = saved(small().state());
    assert_eq!(u32::from(bytes[0]), SNAPSHOT_FORMAT);
    bytes[0] += 1;
    assert!(loaded(&bytes).is_err());
    let text = serde_json::to_string(small().state()).unwrap();
    let text = text.replacen("\"format\":1", "\"format\":9", 1);
    let error = serde_json::from_str::<State>(&text).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("a snapshot of format 9 is not one of format 1"),
        "{error}"
    );
}

#[test]
fn a_snapshot_whose_parts_do_not_fit_each_other_is_not_loaded() {
    const PENDING: &str = "\"lot\":0,\"credits\":1,\"version\":0,\"id_length\":2,\"to_length\":2,\"status\":\"pending\"";
    let text = serde_json::to_string(small().state()).unwrap();
    assert!(serde_json::from_str::<State>(&text).is_ok());
    let cases = [
        ("\"seat\":0", "\"seat\":1", "a message's seat is known"),
        (
            PENDING,
            "\"lot\":7,\"credits\":1,\"version\":0,\"id_length\":2,\"to_length\":2,\"status\":\"pending\"",
            "a lot holds its stakes",
        ),
        (
            "\"version\":0",
            "\"version\":1",
            "a message's version is known",
        ),
        ("\"id_length\":2", "\"id_length\":9", "its ids' text"),
        ("\"held\":1", "\"held\":2", "credits are conserved"),
        (
            "\"month\":1",
            "\"month\":2",
            "a month starts when it starts",
        ),
        (
            "\"reports\":{\"1\"",
            "\"reports\":{\"0\"",
            "a report has its instant",
        ),
        (
            "\"cursors\":[90]",
            "\"cursors\":[]",
            "a pending message has its window",
        ),
    ];
    for (from, to, why) in cases {
        let damaged = text.replacen(from, to, 1);
        assert_ne!(damaged, text, "{from} is not in {text}");
        let error = serde_json::from_str::<State>(&damaged).unwrap_err();
        assert!(error.to_string().contains(why), "{from}: {error}");
    }
}
