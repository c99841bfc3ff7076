//! Loads servers on a private PostgreSQL and says what they bore, as ratios to a PL/pgSQL function called by pgbench.
//!
//! Owns: the turns and the table. Does not own: the function (`reference.sql`). Invariant: what is compared takes turns
//! on one database server, with everything synced, and with as many messages of the same seats and instants.

use crate::fleet;
use crate::load::{Bore, Load, Target, run};
use crate::report::{BATCH, BATCH_CONNECTIONS, history, now};
use crate::{Http, Postgres};
use earnest_bench::client::Client;
use earnest_bench::process::{Server, make_key};
use earnest_pgtest::Durable;
use std::ops::Range;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How many clients call the function.
const CALLERS: usize = 32;
/// How many messages of history there are where nothing is said of it, all of the last 80 days.
const HISTORY: u64 = 100_000;
/// Sets the function's tables up, beside those of the store.
const REFERENCE: &str = concat!(
    "CREATE SCHEMA reference; SET search_path = reference;",
    include_str!("reference.sql")
);

/// What a round came to.
struct Round {
    /// The function's calls a second.
    base: f64,
    singles: Bore,
    /// At two servers that both write to all contracts.
    two: f64,
    /// At two servers of which each writes to half of the contracts.
    apart: f64,
    batches: f64,
    calm: Bore,
}

/// Runs all measurements.
pub(crate) async fn in_turns(call: &Postgres) {
    let http = &call.http;
    let database = earnest_pgtest::Server::start(Durable::Yes, "").unwrap();
    let store = database.database().unwrap();
    database.sql(&store, REFERENCE).unwrap();
    let pools = format!(
        "INSERT INTO reference.pools SELECT 'contract-' || n, 1000000000 FROM generate_series(0, {}) AS n",
        http.contracts - 1
    );
    database.sql(&store, &pools).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("send.sql");
    std::fs::write(&script, script_of(http.contracts)).unwrap();

    let first = Server::start_earnest(&http.earnest, &store).await;
    let admin = make_key(&http.earnest, &store, "admin");
    let name = format!("run{}", now().millis() % 1_000_000_000);
    let (all, open) = match http.history {
        Some(all) => (all, http.open),
        None => (HISTORY, HISTORY),
    };
    if all > 0 {
        let import = make_key(&http.earnest, &store, "import");
        history(http, (all, open), &first, &import, &name).await;
    } else {
        let mut client = Client::connect(first.address, Some(&admin)).await.unwrap();
        fleet::found(&mut client, &name, http.contracts, None).await;
    }
    let second = Server::start_earnest(&http.earnest, &store).await;
    let target = |server: &Server| Target {
        address: server.address,
        key: Some(admin.clone()),
        run: name.clone(),
        contracts: 0..http.contracts,
    };
    let (at_first, at_second) = (target(&first), target(&second));
    let mut rounds = Vec::new();
    let mut told = 0;
    for number in 1..=http.rounds {
        let until = now().millis();
        let letters = tell_the_function(&database, &store, told..until);
        told = until;
        println!("round {number}: {letters} messages");
        let base = pgbench(database.programs(), &store, &script, http.seconds);
        let round = round(http, base, &at_first, &at_second).await;
        print_round(&round);
        rounds.push(round);
    }
    let median = |of: &dyn Fn(&Round) -> f64| {
        let mut all: Vec<f64> = rounds.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or_default()
    };
    println!(
        "medians: singles {:.2} of the function, batches {:.2} of it, two servers {:.2} of one, each with its own contracts {:.2}, p99 at half load {:.1} ms",
        median(&|it| it.singles.rate / it.base),
        median(&|it| it.batches / it.base),
        median(&|it| it.two / it.singles.rate),
        median(&|it| it.apart / it.singles.rate),
        median(&|it| it.calm.p99.as_secs_f64() * 1_000.0),
    );
    println!("resident, after the load: {} MB", first.resident_mb());
}

async fn round(http: &Http, base: f64, first: &Target, second: &Target) -> Round {
    let length = Duration::from_secs(http.seconds);
    let singles = run(first, &Load::Singles, http.connections, length, None).await;
    let half = http.connections / 2;
    let at_both = async |first: &Target, second: &Target| {
        let (one, other) = tokio::join!(
            run(first, &Load::Singles, half, length, None),
            run(second, &Load::Singles, half, length, None)
        );
        one.rate + other.rate
    };
    let two = at_both(first, second).await;
    let middle = http.contracts / 2;
    let apart = at_both(
        &first.under(0..middle),
        &second.under(middle..http.contracts),
    )
    .await;
    let calm = Some(singles.rate / 2.0);
    let calm = run(first, &Load::Singles, http.connections, length, calm).await;
    let batches = run(
        first,
        &Load::Batches(BATCH),
        BATCH_CONNECTIONS,
        length,
        None,
    )
    .await;
    Round {
        base,
        two,
        apart,
        batches: batches.rate * 500.0,
        singles,
        calm,
    }
}

fn print_round(round: &Round) {
    let base = round.base;
    println!(
        "  {:<32} {base:>9.0}/s",
        format!("the function, {CALLERS} callers")
    );
    for (name, rate) in [
        ("single sends over HTTP", round.singles.rate),
        ("at two servers", round.two),
        ("at two, each its own contracts", round.apart),
        ("messages in batches of 500", round.batches),
    ] {
        println!(
            "  {name:<32} {rate:>9.0}/s  {:>5.2} of the function",
            rate / base
        );
    }
    println!(
        "  {:<32} median {:.2?}  p99 {:.2?}  worst {:.2?}",
        "single sends, half load", round.calm.median, round.calm.p99, round.calm.worst
    );
}

/// Gives the function as many of the store's messages, sent at these instants, as it has fewer. Returns how many it has.
fn tell_the_function(
    database: &earnest_pgtest::Server,
    store: &str,
    sent_at: Range<i64>,
) -> String {
    let (from, until) = (sent_at.start, sent_at.end);
    let tell = format!(
        "SET search_path = reference, public; \
         WITH new AS (INSERT INTO letters (contract, seat, member, subject, body, sent_at) \
         SELECT 'contract-' || split_part(contract_id, '-', 2), seat, member_id, convert_from(subject, 'UTF8'), \
         convert_from(body, 'UTF8'), to_timestamp(sent_at / 1000.0) FROM messages \
         WHERE sent_at >= {from} AND sent_at < {until} \
         LIMIT greatest((SELECT count(*) FROM messages) - (SELECT count(*) FROM letters), 0) \
         RETURNING contract, id, sent_at) \
         INSERT INTO ledger (contract, letter, credits, at) SELECT contract, id, 1, sent_at FROM new"
    );
    database.sql(store, &tell).unwrap();
    // What was written so far is not to be paid for by whoever comes next.
    database.sql(store, "VACUUM ANALYZE").unwrap();
    database.sql(store, "CHECKPOINT").unwrap();
    let count = database.sql(store, "SELECT count(*) FROM reference.letters");
    count.unwrap().trim().to_owned()
}

fn script_of(contracts: usize) -> String {
    let most = contracts - 1;
    let last_seat = fleet::SEATS - 1;
    format!(
        "\\set contract random(0, {most})\n\\set seat random(0, {last_seat})\n\\set member random(0, 1999999)\n\
         SELECT send_letter('contract-' || :contract, 'seat-' || :seat, 'member-' || :member, \
         'An opening that may interest you', '{}');\n",
        fleet::BODY
    )
}

/// Returns how often the function was called a second.
fn pgbench(programs: &Path, database: &str, script: &Path, seconds: u64) -> f64 {
    let callers = CALLERS.to_string();
    let seconds = seconds.to_string();
    let done = Command::new(programs.join("pgbench"))
        .args([
            "-n", "-M", "prepared", "-j", "2", "-c", &callers, "-T", &seconds, "-f",
        ])
        .arg(script)
        .arg(database)
        .env("PGOPTIONS", "-c search_path=reference")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let tps = text.lines().find_map(|line| line.strip_prefix("tps = "));
    tps.and_then(|rest| rest.split(' ').next()?.parse().ok())
        .unwrap()
}
