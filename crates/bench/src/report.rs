//! Runs all measurements in turns and prints them beside each other.

use crate::Http;
use crate::fleet;
use crate::load::{Bore, Load, Target, run};
use earnest_bench::client::Client;
use earnest_bench::process::{Server, make_key};
use earnest_core::units::Timestamp;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How many messages a batch holds.
pub(crate) const BATCH: usize = 500;
/// How many connections send batches.
pub(crate) const BATCH_CONNECTIONS: usize = 8;
const DAY: i64 = 86_400_000;

/// Runs all measurements.
pub(crate) async fn in_turns(call: &Http) {
    let folder = tempfile::tempdir().unwrap();
    let store = call
        .store
        .clone()
        .unwrap_or_else(|| format!("sqlite:{}", folder.path().join("bench.db").display()));
    let length = Duration::from_secs(call.seconds);
    let empty = Server::start_empty().await;
    let server = Server::start_earnest(&call.earnest, &store).await;
    println!("resident, idle: {} MB", server.resident_mb());
    let admin = make_key(&call.earnest, &store, "admin");
    let name = format!("run{}", now().millis() % 1_000_000_000);
    if let Some(all) = call.history.filter(|all| *all > 0) {
        let import = make_key(&call.earnest, &store, "import");
        history(call, (all, call.open), &server, &import, &name).await;
    } else {
        let mut client = Client::connect(server.address, Some(&admin)).await.unwrap();
        fleet::found(&mut client, &name, call.contracts, None).await;
    }
    let at_empty = Target {
        address: empty.address,
        key: None,
        run: name.clone(),
        contracts: 0..call.contracts,
    };
    let at_server = Target {
        address: server.address,
        key: Some(admin),
        ..at_empty.clone()
    };
    let mut rows = Vec::new();
    for round in 0..call.rounds {
        let base = run(&at_empty, &Load::Empty, call.connections, length, None).await;
        let singles = run(&at_server, &Load::Singles, call.connections, length, None).await;
        let half = Some(singles.rate / 2.0);
        let calm = run(&at_server, &Load::Singles, call.connections, length, half).await;
        let batches = Load::Batches(BATCH);
        let batches = run(&at_server, &batches, BATCH_CONNECTIONS, length, None).await;
        print_round(round, &base, &singles, &batches, &calm);
        rows.push((
            singles.rate / base.rate,
            batches.rate * 500.0 / base.rate,
            calm.p99,
        ));
    }
    print_medians(&rows);
    println!("resident, after the load: {} MB", server.resident_mb());
}

fn print_round(round: usize, base: &Bore, singles: &Bore, batches: &Bore, calm: &Bore) {
    println!("round {}", round + 1);
    print_row("empty handler", base, base.rate, base.rate);
    print_row("single sends", singles, singles.rate, base.rate);
    print_row("batches of 500", batches, batches.rate * 500.0, base.rate);
    print_row("single sends, half load", calm, calm.rate, base.rate);
}

fn print_row(name: &str, bore: &Bore, messages: f64, base: f64) {
    println!(
        "  {name:<24} {messages:>9.0}/s  {:>5.2} of empty   median {:>8.2?}  p99 {:>8.2?}  worst {:>8.2?}",
        messages / base,
        bore.median,
        bore.p99,
        bore.worst
    );
}

fn print_medians(rows: &[(f64, f64, Duration)]) {
    let median = |mut all: Vec<f64>| {
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or_default()
    };
    println!(
        "medians: singles {:.2} of empty, messages in batches {:.2} of empty, p99 at half load {:.1} ms",
        median(rows.iter().map(|row| row.0).collect()),
        median(rows.iter().map(|row| row.1).collect()),
        median(
            rows.iter()
                .map(|row| row.2.as_secs_f64() * 1000.0)
                .collect()
        )
    );
}

/// Tells a history: so many messages, of which the last (the second number) were sent in the last 80 days and the
/// others lapsed long ago.
pub(crate) async fn history(
    call: &Http,
    (all, open): (u64, u64),
    server: &Server,
    key: &str,
    name: &str,
) {
    let contracts = call.contracts;
    let began = Instant::now();
    let today = now();
    let start = today.plus_millis(-1_095 * DAY);
    let mut client = Client::connect(server.address, Some(key)).await.unwrap();
    fleet::found(&mut client, name, contracts, Some(start)).await;
    let of = |all: u64| usize::try_from(all).unwrap_or(0) / contracts / BATCH;
    let (old, open) = (of(all - open), of(open));
    // The old ones end ten days before their windows would reach the open ones.
    let old_span = (1_095 - 190) * DAY;
    let tasks: Vec<_> = (0..BATCH_CONNECTIONS)
        .map(|task| {
            let (key, name, address) = (key.to_owned(), name.to_owned(), server.address);
            tokio::spawn(async move {
                let mut client = Client::connect(address, Some(&key)).await.unwrap();
                let step = |span: i64, batches: usize| {
                    span / i64::try_from((batches * BATCH).max(1)).unwrap_or(1)
                };
                for contract in (task..contracts).step_by(BATCH_CONNECTIONS) {
                    tell(
                        &mut client,
                        &name,
                        contract,
                        old,
                        start,
                        step(old_span, old),
                    )
                    .await;
                    let from = today.plus_millis(-80 * DAY);
                    tell(
                        &mut client,
                        &name,
                        contract,
                        open,
                        from,
                        step(79 * DAY, open),
                    )
                    .await;
                    let path = format!("/v1/contracts/{name}-{contract}/live");
                    let answer = client.post(&path, b"{}".to_vec(), None).await.unwrap();
                    answer.assert_taken(&path);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    println!(
        "a history of {all} messages told in {:.0?}; resident {} MB",
        began.elapsed(),
        server.resident_mb()
    );
}

async fn tell(
    client: &mut Client,
    name: &str,
    contract: usize,
    batches: usize,
    from: Timestamp,
    step: i64,
) {
    for number in 0..batches {
        let at = from.plus_millis(step * i64::try_from(number * BATCH).unwrap_or(0));
        let body = fleet::batch(name, contract, BATCH, Some((at, step)));
        let key = format!("{:016x}{:016x}", fleet::spread(), fleet::spread());
        let answer = client.post("/v1/batches", body, Some(&key)).await.unwrap();
        answer.assert_taken("/v1/batches");
    }
}

pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let millis = i64::try_from(since.as_millis()).unwrap();
    Timestamp::from_millis(millis).expect("it is before the year 10000")
}
