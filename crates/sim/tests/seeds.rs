//! Plays seeds. `EARNEST_SEED` plays one, `EARNEST_SEEDS` so many from `EARNEST_FIRST` on.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test stops where something is not as it should be, and says what it did"
)]

use earnest_sim::{Options, Report, run};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const MANY: u64 = 200;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number: `{text}`")),
    )
}

fn options(trace: bool) -> Options {
    Options {
        trace,
        ..Options::default()
    }
}

/// Plays seeds on all cores, and returns those that failed.
fn play(seeds: &[u64]) -> Vec<Report> {
    let next = AtomicU64::new(0);
    let failed = Mutex::new(Vec::new());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(seed) =
                    seeds.get(usize::try_from(next.fetch_add(1, Relaxed)).unwrap())
                {
                    let report = run(*seed, &options(false));
                    if !report.wrong.is_empty() {
                        failed.lock().unwrap().push(report);
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort_unstable_by_key(|report| report.seed);
    failed
}

/// Plays a failed seed again and tells what happened.
fn tell(seed: u64) {
    let report = run(seed, &options(true));
    for line in &report.trace {
        println!("{line}");
    }
    for what in &report.wrong {
        println!("WRONG {what}");
    }
}

fn all_is_well(seeds: &[u64]) {
    let failed = play(seeds);
    let Some(first) = failed.first() else {
        return;
    };
    tell(first.seed);
    for report in &failed {
        println!(
            "seed {}: {} things are wrong, first: {}",
            report.seed,
            report.wrong.len(),
            report.wrong[0]
        );
    }
    panic!(
        "{} of {} seeds failed; EARNEST_SEED={} plays the first again",
        failed.len(),
        seeds.len(),
        first.seed
    );
}

#[test]
fn what_is_answered_is_true_of_the_log() {
    if let Some(seed) = number("EARNEST_SEED") {
        return all_is_well(&[seed]);
    }
    let first = number("EARNEST_FIRST").unwrap_or(0);
    let count = number("EARNEST_SEEDS").unwrap_or(MANY);
    let seeds: Vec<u64> = (first..first + count).collect();
    all_is_well(&seeds);
}

#[test]
fn seeds_that_failed_once_do_not_fail_again() {
    let kept = include_str!("../seeds.txt");
    let lines = kept
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim());
    let seeds: Vec<u64> = lines
        .filter(|line| !line.is_empty())
        .map(|line| line.parse().unwrap())
        .collect();
    all_is_well(&seeds);
}

#[test]
fn a_seed_plays_the_same_twice() {
    let options = Options {
        trace: true,
        ..Options::default()
    };
    for seed in 1_000..1_010 {
        let (one, two) = (run(seed, &options), run(seed, &options));
        let differs = one.trace.iter().zip(&two.trace).find(|(a, b)| a != b);
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!(
            (one.digest, one.trace.len()),
            (two.digest, two.trace.len()),
            "seed {seed}"
        );
    }
}
