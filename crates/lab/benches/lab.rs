//! Measures the policy lab: reading a log, what it takes in memory, replaying it, sweeping, and the same in DuckDB.
//!
//! Run with `cargo xtask bench lab`. `EARNEST_MESSAGES=1000000,10000000` sets the sizes (the largest is the one that is
//! compared); `EARNEST_ONLY=reading` leaves out all but the reading; `EARNEST_PYTHON` names a Python that has the package
//! `duckdb`, without which that part is left out and said to be. Memory comes from the allocator that the command has.
//! Beside the rate by the clock stands the rate by processor time, for two cores that do nothing else: on a
//! shared machine only that says something. Quote the ratios.

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
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const POLICIES: [&str; 2] = ["inmail-thread", "recruiter-2024"];
const ROUNDS: usize = 5;

fn main() {
    let sizes = std::env::var("EARNEST_MESSAGES").unwrap_or_else(|_| "1000000,10000000".to_owned());
    let sizes: Vec<u64> = sizes.split(',').map(|size| size.parse().unwrap()).collect();
    let only_reading = std::env::var("EARNEST_ONLY").is_ok_and(|only| only == "reading");
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    println!("{cores} cores, best of {ROUNDS} rounds");
    for size in &sizes {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.csv");
        write(*size, &path);
        let (log, read) = reading(&path);
        let is_compared = Some(size) == sizes.last();
        if only_reading {
            drop(log);
            if is_compared {
                duckdb(&path, *size, &read, &[]);
            }
            continue;
        }
        let bests = replaying(&log);
        if is_compared {
            sweeping(&log);
            duckdb(&path, *size, &read, &bests);
        }
    }
}

fn write(messages: u64, path: &Path) {
    let to = BufWriter::new(File::create(path).unwrap());
    let log = Generator::new(messages, 1);
    log.write(to, Output::Csv, &mut |_| {}).unwrap();
}

/// Returns the log, and the best times of reading it.
fn reading(path: &Path) -> (Log, Best) {
    let size = std::fs::metadata(path).unwrap().len() as f64;
    let mut times = Vec::new();
    let mut log = None;
    for _ in 0..ROUNDS {
        drop(log.take());
        times.push(timed(|| {
            log = Some(Log::open(path, None, &mut |_| {}).unwrap());
        }));
    }
    let log = log.unwrap();
    let messages = log.messages() as f64;
    let time = Best::of(&times);
    println!(
        "\n{messages} messages by {} seats of {} contracts",
        log.seats(),
        log.contracts()
    );
    println!(
        "  reading csv               {:>8.0} MB/s by the clock, {:.0} on two idle cores; {:.0} bytes a line",
        size / time.clock / 1e6,
        size / time.two_cores() / 1e6,
        size / messages
    );
    println!(
        "  in memory                 {:>8.1} bytes a message, names included",
        log.bytes() as f64 / messages
    );
    (log, time)
}

/// Returns each policy's best times.
fn replaying(log: &Log) -> Vec<Best> {
    let mut bests = Vec::new();
    for name in POLICIES {
        let policy = preset::get(name).unwrap();
        assert!(is_fast(&policy, Options::default().credits));
        let rounds = |threads: Option<usize>, detailed: bool| {
            let options = Options {
                threads: threads.and_then(NonZeroUsize::new),
                ..Options::default()
            };
            let times: Vec<Time> = (0..ROUNDS)
                .map(|_| timed(|| replay(log, &policy, &options, detailed)))
                .collect();
            Best::of(&times)
        };
        let all = rounds(None, false);
        let one = rounds(Some(1), false);
        let detailed = rounds(None, true);
        let rate = |seconds: f64| log.messages() as f64 / seconds;
        println!(
            "  {name:<24}  {:>11.0} messages/s by the clock, {:.0} on two idle cores",
            rate(all.clock),
            rate(all.two_cores())
        );
        println!(
            "    one thread              {:>11.0} by processor time",
            rate(one.processor)
        );
        println!(
            "    with all details        {:>11.2} of the rate without, by processor time",
            all.processor / detailed.processor
        );
        bests.push(all);
    }
    bests
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
        let each = time.processor / f64::from(to);
        println!(
            "  a sweep of {to:>2} policies    {:>8.0} ms of processor a policy",
            each * 1e3
        );
    }
}

/// Compares with DuckDB: the reading, and the replays under the policies, of which `bests` are the times where there are any.
fn duckdb(path: &Path, messages: u64, read: &Best, bests: &[Best]) {
    let python = std::env::var("EARNEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/in_duckdb.py");
    let ran = Command::new(&python)
        .arg(script)
        .arg(path)
        .arg(ROUNDS.to_string())
        .args(bests.is_empty().then_some("reading"))
        .output();
    let told = ran.ok().filter(|it| it.status.success());
    let told = told.and_then(|it| String::from_utf8(it.stdout).ok());
    let Some(told) = told else {
        println!("  DuckDB was NOT measured: `{python}` cannot import duckdb; set EARNEST_PYTHON");
        return;
    };
    let seconds: Vec<f64> = told
        .split_whitespace()
        .map(|it| it.parse().unwrap())
        .collect();
    let mut times = seconds.chunks_exact(2).map(|pair| Best {
        clock: pair[0],
        processor: pair[1],
    });
    let reading = times.next().unwrap();
    let size = std::fs::metadata(path).unwrap().len() as f64;
    println!(
        "  DuckDB, reading the same csv into a table: {:.0} MB/s by the clock, {:.0} on two idle cores",
        size / reading.clock / 1e6,
        size / reading.two_cores() / 1e6
    );
    println!(
        "    reading is {:.1} times as fast by the clock, {:.1} by processor time",
        reading.clock / read.clock,
        reading.processor / read.processor
    );
    let Some(best) = times.next() else { return };
    println!(
        "  DuckDB, settlement and rolling counts without feedback: {:.0} messages/s by the clock, {:.0} on two idle cores",
        messages as f64 / best.clock,
        messages as f64 / best.two_cores()
    );
    for (name, ours) in POLICIES.iter().zip(bests) {
        println!(
            "    {name} is {:.1} times as fast by the clock, {:.1} by processor time",
            best.clock / ours.clock,
            best.processor / ours.processor
        );
    }
}

/// What a piece of work took, in seconds.
struct Time {
    clock: f64,
    /// Of all threads together.
    processor: f64,
}

/// The least of several times: the clock's, and the processor's.
struct Best {
    clock: f64,
    processor: f64,
}

impl Best {
    fn of(times: &[Time]) -> Self {
        let least = |of: fn(&Time) -> f64| times.iter().map(of).fold(f64::INFINITY, f64::min);
        Self {
            clock: least(|time| time.clock),
            processor: least(|time| time.processor),
        }
    }

    /// Returns what the work would take on two cores that do nothing else, were it shared out evenly.
    fn two_cores(&self) -> f64 {
        self.processor / 2.0
    }
}

fn timed(work: impl FnOnce()) -> Time {
    let (begun, processor) = (Instant::now(), processor_seconds());
    work();
    Time {
        clock: begun.elapsed().as_secs_f64(),
        processor: processor_seconds() - processor,
    }
}

/// Returns the processor time of this process, from where Linux tells it: fields 14 and 15, in hundredths of a second.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    let fields = after_name.split_whitespace().skip(11).take(2);
    let ticks: u64 = fields.map(|it| it.parse::<u64>().unwrap()).sum();
    ticks as f64 / 100.0
}
