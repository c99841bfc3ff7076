//! Measures how many messages a second are replayed, on a made-up log in memory: the quick way, the engine's way,
//! and what somebody without either would write: the settlement alone, in SQL over an indexed table in memory.
//!
//! Run with `cargo xtask bench backtest`. The variants take turns within one run, so that a slow moment of the
//! machine meets them all; quote the ratios, not the rates. `EARNEST_REPLAYS=5 EARNEST_POLICY=inmail-2015` replays
//! that policy so many times on one thread and measures nothing, for a counter of instructions.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark stops where something is not as it should be, and prints what it measured"
)]

use earnest_backtest::generate::Generator;
use earnest_backtest::log::Log;
use earnest_backtest::replay::{Options, is_fast, run, run_with_core};
use earnest_core::policy::{Policy, preset};
use earnest_core::units::Timestamp;
use rusqlite::Connection;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

const MESSAGES: u64 = 2_000_000;
const POLICIES: [&str; 3] = ["inmail-2015", "inmail-thread", "recruiter-2024"];
const ROUNDS: usize = 7;

fn main() {
    let log = Generator::new(MESSAGES, 1).into_log().unwrap();
    if let Some(replays) = variable("EARNEST_REPLAYS") {
        return replay_only(&log, replays.parse().unwrap());
    }
    let sql = filled(&log);
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    println!(
        "messages a second, {MESSAGES} made up in {} contracts, median of {ROUNDS} rounds on {cores} cores",
        log.contracts()
    );
    for name in POLICIES {
        measure(&log, name, &sql);
    }
}

fn measure(log: &Log, name: &str, sql: &Connection) {
    let policy = preset::get(name).unwrap();
    assert!(is_fast(&policy, Options::default().credits));
    let mut times: [Vec<Duration>; 4] = Default::default();
    for round in 0..ROUNDS {
        times[0].push(timed(|| {
            black_box(replayed(log, &policy, None));
        }));
        times[1].push(timed(|| {
            black_box(replayed(log, &policy, NonZeroUsize::new(1)));
        }));
        times[2].push(timed(|| settled_in_sql(sql, log, &policy)));
        // The engine's way takes so much longer than the others that a third of the rounds is enough.
        if round % 3 == 0 {
            times[3].push(timed(|| {
                let policies = std::slice::from_ref(&policy);
                let figures = run_with_core(log, policies, &Options::default(), &|_| {});
                drop(black_box(figures.unwrap()));
            }));
        }
    }
    let [all, one, sql, core] = times.map(rate);
    println!("{name}");
    println!("  all cores                     {all:>12.0}");
    println!(
        "  one thread                    {one:>12.0}   all cores are {:.2} times as fast",
        all / one
    );
    println!(
        "  the engine's way, all cores   {core:>12.0}   the quick way is {:.0} times as fast",
        all / core
    );
    println!(
        "  SQL, settlement alone         {sql:>12.0}   the quick way is {:.1} times as fast",
        all / sql
    );
}

fn replayed(log: &Log, policy: &Arc<Policy>, threads: Option<NonZeroUsize>) -> u64 {
    let options = Options {
        threads,
        ..Options::default()
    };
    let figures = run(log, std::slice::from_ref(policy), &options, &|_| {}).unwrap();
    figures.iter().map(|figures| figures.sent).sum()
}

fn replay_only(log: &Log, replays: u32) {
    let name = variable("EARNEST_POLICY").unwrap_or_else(|| POLICIES[0].to_owned());
    let policy = preset::get(&name).unwrap();
    for _ in 0..replays {
        black_box(replayed(log, &policy, NonZeroUsize::new(1)));
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

fn rate(mut times: Vec<Duration>) -> f64 {
    times.sort();
    MESSAGES as f64 / times[times.len() / 2].as_secs_f64()
}

/// Returns a table of the log's messages, with an index that has all that the settlement needs.
fn filled(log: &Log) -> Connection {
    let mut sql = Connection::open_in_memory().unwrap();
    sql.execute_batch(
        "create table message (id integer primary key, contract integer not null, seat integer not null,
             recipient integer not null, sent_at integer not null, responded_at integer);",
    )
    .unwrap();
    let filling = sql.transaction().unwrap();
    for history in log.histories() {
        for message in history.messages() {
            let mut insert = filling
                .prepare_cached(
                    "insert into message (contract, seat, recipient, sent_at, responded_at)
                         values (?1, ?2, ?3, ?4, ?5)",
                )
                .unwrap();
            let row = (
                u32::try_from(history.contract()).unwrap(),
                message.seat(),
                message.recipient(),
                message.sent_at().millis(),
                message.responded_at().map(Timestamp::millis),
            );
            insert.execute(row).unwrap();
        }
    }
    filling.commit().unwrap();
    sql.execute_batch("create index settlement on message (sent_at, responded_at); analyze;")
        .unwrap();
    sql
}

/// Counts what is answered in time, what lapsed and what is open: no gate, no limits, no credits.
fn settled_in_sql(sql: &Connection, log: &Log, policy: &Policy) {
    let mut count = sql
        .prepare_cached(
            "select count(*),
                 sum(case when responded_at <= sent_at + ?1 and responded_at <= ?2 then 1 else 0 end),
                 sum(case when responded_at <= sent_at + ?1 then 0 else sent_at + ?1 < ?2 end)
             from message where sent_at <= ?2",
        )
        .unwrap();
    let window = policy.settlement.window.millis();
    let counts: (i64, i64, i64) = count
        .query_row((window, log.last().millis()), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    black_box(counts);
}
