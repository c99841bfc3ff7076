//! Measures how many sends a second one core decides and applies, and compares it with what a team would
//! write instead: a table of lots, messages and ledger rows in an embedded SQL database.
//!
//! Run with `cargo xtask bench core`. The variants take turns within one run, so that a slow moment of the
//! machine meets them all; quote the ratios, not the rates.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "a benchmark stops where something is not as it should be, and prints what it measured"
)]

use earnest_core::command::{
    AddSeat, Command, CreateContract, Grant, Letter, PRIORITY, Recipient, Send, Source,
};
use earnest_core::policy::preset;
use earnest_core::units::{ContractId, Credits, GrantId, MemberId, MessageId, SeatId, Timestamp};
use earnest_core::{Contract, decide};
use rusqlite::Connection;
use smallvec::smallvec;
use std::hint::black_box;
use std::time::{Duration, Instant};

const SEATS: usize = 100;
/// Few enough beside the open stakes that their number stays what it says.
const SENDS: usize = 10_000;
const ROUNDS: usize = 9;

fn main() {
    // Each contract lives through all rounds: copying one before each would measure the copy's cold caches.
    let (mut small, mut large) = (contract(100_000), contract(1_000_000));
    let mut written = small.clone();
    let mut times: [Vec<Duration>; 4] = Default::default();
    for round in 0..ROUNDS {
        let sent = round * SENDS;
        times[0].push(time_core(&mut small, 100_000 + sent));
        times[1].push(time_core(&mut large, 1_000_000 + sent));
        times[2].push(time_events(&mut written, 100_000 + sent));
        times[3].push(time_sql());
    }
    let [small, large, events, sql] = times.map(rate);
    println!(
        "sends a second on one core, {SEATS} seats, inmail-2015, median of {ROUNDS} rounds of {SENDS}"
    );
    println!("  core,   100,000 open stakes   {small:>10.0}");
    println!(
        "  core, 1,000,000 open stakes   {large:>10.0}   {:.2} of the first",
        large / small
    );
    println!(
        "  core, 100,000, with events    {events:>10.0}   {:.2} of the first",
        events / small
    );
    println!(
        "  SQL in memory, no rules       {sql:>10.0}   the first is {:.1} times as fast",
        small / sql
    );
}

fn rate(mut times: Vec<Duration>) -> f64 {
    times.sort();
    SENDS as f64 / times[times.len() / 2].as_secs_f64()
}

fn start() -> Timestamp {
    Timestamp::parse("2026-01-05T09:00:00Z").unwrap()
}

/// Returns a contract with so many open stakes, sent a second apart.
fn contract(open: usize) -> Contract {
    let create = CreateContract {
        id: ContractId::new("acme").unwrap(),
        name: String::new(),
        policy: preset::get("inmail-2015").unwrap(),
        allotments: false,
        bulk_disabled: false,
    };
    let (mut contract, _) = Contract::create(&create, start());
    for seat in 0..SEATS {
        let seat = AddSeat {
            id: SeatId::new(format!("seat-{seat}")).unwrap(),
            seat_type: create.policy.first_seat_type(),
            usage_limit: None,
            bulk_disabled: false,
        };
        contract.submit(&Command::AddSeat(seat), start()).unwrap();
    }
    let grant = Grant {
        id: GrantId::new("g1").unwrap(),
        credits: Credits(1 << 40),
        source: Source::Purchase,
        effective_at: None,
        expires_at: None,
        priority: PRIORITY,
    };
    contract.submit(&Command::Grant(grant), start()).unwrap();
    for (at, command) in sends(0, open) {
        contract.submit(&command, at).unwrap();
    }
    contract
}

fn sends(from: usize, count: usize) -> Vec<(Timestamp, Command)> {
    (from..from + count)
        .map(|n| {
            let send = Send {
                seat: SeatId::new(format!("seat-{}", n % SEATS)).unwrap(),
                letters: smallvec![Letter {
                    message: MessageId::new(format!("m{n}")).unwrap(),
                    to: MemberId::new(format!("member-{}", n.wrapping_mul(7919) % 5_000_000))
                        .unwrap(),
                    recipient: Recipient::default(),
                }],
                campaign: None,
                subject_length: 40,
                body_length: 400,
            };
            let at = start().plus_millis(i64::try_from(n).unwrap() * 1_000);
            (at, Command::Send(send))
        })
        .collect()
}

/// Decides and applies: what falls due, all checks, the stake, the figures.
fn time_core(contract: &mut Contract, open: usize) -> Duration {
    let commands = sends(open, SENDS);
    let begun = Instant::now();
    for (at, command) in &commands {
        contract.advance(command, *at, &mut |_, _, _| {}).unwrap();
    }
    black_box(&*contract);
    begun.elapsed()
}

/// The same, with every event written out and applied by its names, as for a log.
fn time_events(contract: &mut Contract, open: usize) -> Duration {
    let commands = sends(open, SENDS);
    let begun = Instant::now();
    for (at, command) in &commands {
        contract.catch_up(*at, &mut |_| {});
        let events = decide(contract.policies(), contract.state(), command, *at).unwrap();
        contract.accept(command, &events);
        black_box(&events);
    }
    begun.elapsed()
}

/// Takes a credit, inserts the message and a ledger row: none of the rules, no look-up of the rate.
fn time_sql() -> Duration {
    let mut sql = Connection::open_in_memory().unwrap();
    sql.execute_batch(
        "create table lot (id integer primary key, available integer not null, held integer not null);
         create table message (id text primary key, seat text not null, recipient text not null,
             sent_at integer not null, deadline integer not null, credit text not null);
         create table ledger (seq integer primary key, at integer not null, type text not null,
             message text not null, credits integer not null);
         insert into lot values (1, 1000000000, 0);",
    )
    .unwrap();
    let commands = sends(0, SENDS);
    let begun = Instant::now();
    let sql = sql.transaction().unwrap();
    for (at, command) in &commands {
        let Command::Send(send) = command else {
            continue;
        };
        let message = &send.letters[0];
        let mut take = sql
            .prepare_cached("update lot set available = available - 1, held = held + 1 where id = 1 and available > 0")
            .unwrap();
        assert_eq!(take.execute([]).unwrap(), 1);
        sql.prepare_cached("insert into message values (?1, ?2, ?3, ?4, ?5, 'held')")
            .unwrap()
            .execute((
                message.message.as_str(),
                send.seat.as_str(),
                message.to.as_str(),
                at.millis(),
                at.millis() + 90 * 86_400_000,
            ))
            .unwrap();
        sql.prepare_cached(
            "insert into ledger (at, type, message, credits) values (?1, 'message_sent', ?2, 1)",
        )
        .unwrap()
        .execute((at.millis(), message.message.as_str()))
        .unwrap();
    }
    sql.commit().unwrap();
    begun.elapsed()
}
