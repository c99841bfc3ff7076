//! Measures the policy lab: reading a log, what it takes in memory, replaying it, sweeping, and the same in DuckDB.
//!
//! Run with `cargo xtask bench lab`. `EARNEST_MESSAGES=1000000,10000000` sets the sizes (the largest is the one that is
//! compared); `EARNEST_PYTHON` names a Python that has the package `duckdb`, without which that part is left out and
//! said to be. Variants take turns within one run; quote the ratios, not the rates.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark stops where something is not as it should be, and prints what it measured"
)]

use earnest_backtest::generate::{Generator, Output};
use earnest_backtest::log::Log;
use earnest_backtest::replay::{Options, is_fast, run};
use earnest_core::policy::{Policy, preset};
use earnest_lab::figures::details;
use earnest_lab::sweep::Sweep;
use earnest_lab::vary::Vary;
use std::fs::File;
use std::hint::black_box;
use std::io::BufWriter;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

const POLICIES: [&str; 2] = ["inmail-thread", "recruiter-2024"];
const ROUNDS: usize = 5;

fn main() {
    let sizes = std::env::var("EARNEST_MESSAGES").unwrap_or_else(|_| "1000000,10000000".to_owned());
    let sizes: Vec<u64> = sizes.split(',').map(|size| size.parse().unwrap()).collect();
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    println!("{cores} cores, best and median of {ROUNDS} rounds");
    for size in &sizes {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.csv");
        write(*size, &path);
        let log = reading(&path);
        let rates = replaying(&log);
        if Some(size) == sizes.last() {
            sweeping(&log);
            duckdb(&path, *size, &rates);
        }
    }
}

fn write(messages: u64, path: &Path) {
    let to = BufWriter::new(File::create(path).unwrap());
    let log = Generator::new(messages, 1);
    log.write(to, Output::Csv, &mut |_| {}).unwrap();
}

fn reading(path: &Path) -> Log {
    let size = std::fs::metadata(path).unwrap().len() as f64;
    let mut times = Vec::new();
    let mut log = None;
    for _ in 0..3 {
        drop(log.take());
        let begun = Instant::now();
        log = Some(Log::open(path, None, &mut |_| {}).unwrap());
        times.push(begun.elapsed());
    }
    let log = log.unwrap();
    let messages = log.messages() as f64;
    let (best, median) = best_and_median(times);
    println!(
        "\n{messages} messages by {} seats of {} contracts",
        log.seats(),
        log.contracts()
    );
    println!(
        "  reading csv               {:>8.0} MB/s, median {:.0}; {:.0} bytes a line",
        size / best / 1e6,
        size / median / 1e6,
        size / messages
    );
    println!(
        "  in memory                 {:>8.1} bytes a message, names included",
        log.bytes() as f64 / messages
    );
    log
}

/// Returns each policy's best and median time, in seconds.
fn replaying(log: &Log) -> Vec<(f64, f64)> {
    let mut rates = Vec::new();
    for name in POLICIES {
        let policy = preset::get(name).unwrap();
        assert!(is_fast(&policy, Options::default().credits));
        let rounds = |threads: Option<usize>, detailed: bool| {
            let options = Options {
                threads: threads.and_then(NonZeroUsize::new),
                ..Options::default()
            };
            let times = (0..ROUNDS).map(|_| timed(|| replay(log, &policy, &options, detailed)));
            best_and_median(times.collect())
        };
        let all = rounds(None, false);
        let one = rounds(Some(1), false);
        let detailed = rounds(None, true);
        let rate = |seconds: f64| log.messages() as f64 / seconds;
        println!(
            "  {name:<24}  {:>11.0} messages/s, median {:.0}",
            rate(all.0),
            rate(all.1)
        );
        println!(
            "    one thread              {:>11.0}; all cores are {:.2} times as fast",
            rate(one.0),
            one.0 / all.0
        );
        println!(
            "    with all details        {:>11.0}; {:.2} of the rate without",
            rate(detailed.0),
            all.0 / detailed.0
        );
        rates.push(all);
    }
    rates
}

fn replay(log: &Log, policy: &Arc<Policy>, options: &Options, detailed: bool) {
    let policies = std::slice::from_ref(policy);
    match detailed {
        true => drop(black_box(details(log, policies, options, &|_| {}).unwrap())),
        false => drop(black_box(run(log, policies, options, &|_| {}).unwrap())),
    }
}

/// Time is to be linear in policies.
fn sweeping(log: &Log) {
    let base = preset::get("inmail-thread").unwrap();
    for to in [1, 4, 16] {
        let vary = Vary::parse(&format!("gate.check.rate_at_most=1/100..{to}/100:1/100")).unwrap();
        let sweep = Sweep::new(&base, vec![vary]).unwrap();
        let time = timed(|| {
            let rows = sweep.run(log, &Options::default(), &|_| {}, &|| false);
            drop(black_box(rows.unwrap()));
        });
        let each = time.as_secs_f64() / f64::from(to);
        println!(
            "  a sweep of {to:>2} policies    {:>8.0} ms a policy",
            each * 1e3
        );
    }
}

fn duckdb(path: &Path, messages: u64, rates: &[(f64, f64)]) {
    let python = std::env::var("EARNEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/duckdb.py");
    let ran = Command::new(&python)
        .arg(script)
        .arg(path)
        .arg("3")
        .output();
    let seconds = ran.ok().filter(|it| it.status.success());
    let seconds = seconds.and_then(|it| String::from_utf8(it.stdout).ok()?.trim().parse().ok());
    let Some(seconds): Option<f64> = seconds else {
        println!("  DuckDB was NOT measured: `{python}` cannot import duckdb; set EARNEST_PYTHON");
        return;
    };
    println!(
        "  DuckDB, settlement and rolling counts without feedback, two threads: {:.0} messages/s",
        messages as f64 / seconds
    );
    for (name, (_, median)) in POLICIES.iter().zip(rates) {
        println!("    {name} is {:.1} times as fast", seconds / median);
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

fn best_and_median(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort();
    (times[0].as_secs_f64(), times[times.len() / 2].as_secs_f64())
}
