//! Measures how long a contract with a million open stakes takes to be copied, saved and loaded.
//!
//! Run with `cargo bench -p earnest-core --bench snapshot`. Loading is set beside what a server does without a
//! snapshot: applying the contract's events again, already read.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark stops where something is not as it should be, and prints what it measured"
)]

use earnest_core::command::{
    AddSeat, Command, CreateContract, Grant, Letter, PRIORITY, Recipient, Send, Source,
};
use earnest_core::event::Event;
use earnest_core::policy::preset;
use earnest_core::units::{ContractId, Credits, GrantId, MemberId, MessageId, SeatId, Timestamp};
use earnest_core::{Contract, State};
use smallvec::smallvec;
use std::time::{Duration, Instant};

const STAKES: u32 = 1_000_000;
const SEATS: u32 = 100;
const ROUNDS: usize = 9;

fn main() {
    let (contract, events) = contract();
    let state = contract.state();
    let bytes = postcard::to_stdvec(state).unwrap();
    println!(
        "{STAKES} open stakes, median of {ROUNDS} rounds; {} MB saved, {} MB in memory",
        bytes.len() / 1_000_000,
        state.weight() / 1_000_000
    );
    show("copy", || state.clone());
    show("save", || postcard::to_stdvec(state).unwrap());
    show("load", || postcard::from_bytes::<State>(&bytes).unwrap());
    show("events", || {
        let mut again = State::from_first(&events[0]).unwrap();
        events[1..].iter().for_each(|event| again.apply(event));
        again
    });
    assert!(postcard::from_bytes::<State>(&bytes).unwrap() == *state);
}

/// Prints how long it takes to make something; that it goes again is not counted.
fn show<T>(what: &str, make: impl Fn() -> T) {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            let made = make();
            let time = begun.elapsed();
            drop(made);
            time
        })
        .collect();
    times.sort();
    println!("  {what:<8} {:>6} ms", times[ROUNDS / 2].as_millis());
}

fn contract() -> (Contract, Vec<Event>) {
    let start = Timestamp::parse("2026-01-05T09:00:00Z").unwrap();
    let create = CreateContract {
        id: ContractId::new("acme").unwrap(),
        name: String::new(),
        policy: preset::get("inmail-2015").unwrap(),
        allotments: false,
        bulk_disabled: false,
    };
    let (mut contract, first) = Contract::create(&create, start);
    let mut events = vec![first];
    let mut submit = |command: Command, at| {
        events.extend(contract.submit(&command, at).unwrap());
    };
    for seat in 0..SEATS {
        let seat = AddSeat {
            id: SeatId::new(format!("seat-{seat}")).unwrap(),
            seat_type: create.policy.first_seat_type(),
            usage_limit: None,
            bulk_disabled: false,
        };
        submit(Command::AddSeat(seat), start);
    }
    let grant = Grant {
        id: GrantId::new("g1").unwrap(),
        credits: Credits(u64::from(STAKES)),
        source: Source::Purchase,
        effective_at: None,
        expires_at: None,
        priority: PRIORITY,
    };
    submit(Command::Grant(grant), start);
    for n in 0..STAKES {
        let send = Send {
            seat: SeatId::new(format!("seat-{}", n % SEATS)).unwrap(),
            letters: smallvec![Letter {
                message: MessageId::new(format!("m-{n:010}")).unwrap(),
                to: MemberId::new(format!("member-{n}")).unwrap(),
                recipient: Recipient::default(),
            }],
            campaign: None,
            subject_length: 40,
            body_length: 400,
        };
        submit(Command::Send(send), start.plus_millis(i64::from(n) * 1_000));
    }
    (contract, events)
}
