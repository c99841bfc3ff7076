//! Holds the quick way of replaying a log against the engine's: every figure has to be the same, what became of every
//! message and when, how every seat stood, and the credits of every contract at the end, over random logs whose
//! instants collide and random policies. `EARNEST_SEQUENCES=1000000` runs longer; a failure prints the
//! `EARNEST_SEED` that repeats it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as it should be"
)]

#[path = "fast_equals_core/made.rs"]
mod made;
#[path = "fast_equals_core/policies.rs"]
mod policies;
#[path = "fast_equals_core/recorder.rs"]
mod recorder;
#[path = "fast_equals_core/rng.rs"]
mod rng;

use earnest_backtest::generate::Generator;
use earnest_backtest::log::{Format, Log};
use earnest_backtest::replay::{
    Credits, Options, is_fast, run, run_watched, run_with_core, run_with_core_watched,
};
use earnest_core::policy::{Policy, preset};
use earnest_core::units::Timestamp;
use made::Row;
use recorder::Recorder;
use rng::Rng;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A log, a policy, and how to replay the one under the other.
struct Case {
    rows: Vec<Row>,
    policy: Arc<Policy>,
    options: Options,
}

impl Case {
    fn of(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let policy = policies::policy(&mut rng);
        let rows = made::rows(&mut rng, &policy);
        let options = Options {
            credits: *rng.pick(&[Credits::Granted, Credits::Granted, Credits::Unlimited]),
            until: rng
                .chance(60)
                .then(|| made::instant(&mut rng, &rows, &policy)),
            threads: NonZeroUsize::new(1),
        };
        Self {
            rows,
            policy: Arc::new(policy),
            options,
        }
    }

    fn is_fast(&self) -> bool {
        is_fast(&self.policy, self.options.credits)
    }

    /// Says in what the two ways differ, where they do.
    fn difference(&self, rows: &[Row]) -> Option<String> {
        let text = made::csv(rows);
        let log = Log::read(text.as_bytes(), "made", Format::Csv, &mut |_| {}).unwrap();
        difference(&log, std::slice::from_ref(&self.policy), &self.options)
    }

    /// Leaves out rows as long as there is still a difference.
    fn shrink(&mut self) {
        let mut size = self.rows.len() / 2;
        while size > 0 {
            let mut from = 0;
            while from < self.rows.len() && self.rows.len() > size {
                let mut less = self.rows.clone();
                less.drain(from..(from + size).min(less.len()));
                if self.difference(&less).is_some() {
                    self.rows = less;
                } else {
                    from += size;
                }
            }
            size /= 2;
        }
    }
}

fn difference(log: &Log, policies: &[Arc<Policy>], options: &Options) -> Option<String> {
    // Four ways: the quick one and the engine's, each alone and watched. Watched, the quick one follows credits that it
    // otherwise need not, and the engine's makes events that it otherwise does not.
    let fast = run(log, policies, options, &|_| {}).unwrap();
    let core = run_with_core(log, policies, options, &|_| {}).unwrap();
    let watched = run_watched::<Recorder>(log, policies, options, &|_| {}).unwrap();
    let told = run_with_core_watched::<Recorder>(log, policies, options, &|_| {}).unwrap();
    let same = watched.iter().map(|(figures, _)| figures).eq(&core);
    (fast != core || !same || watched != told).then(|| {
        format!("fast: {fast:#?}\ncore: {core:#?}\nwatched: {watched:#?}\ntold: {told:#?}")
    })
}

#[test]
fn every_figure_is_the_engines() {
    if let Some(seed) = variable("EARNEST_SEED") {
        return check(seed);
    }
    let cases = variable("EARNEST_SEQUENCES").unwrap_or(4_000);
    let (next, fast, failed) = (
        AtomicU64::new(0),
        AtomicU64::new(0),
        AtomicU64::new(u64::MAX),
    );
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= cases || seed >= failed.load(Ordering::Relaxed) {
                        return;
                    }
                    let case = Case::of(seed);
                    fast.fetch_add(u64::from(case.is_fast()), Ordering::Relaxed);
                    if case.difference(&case.rows).is_some() {
                        failed.fetch_min(seed, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    match failed.into_inner() {
        u64::MAX => {
            // A case that is not fast compares the engine with itself.
            let fast = fast.into_inner();
            assert!(
                fast * 10 >= cases * 9,
                "only {fast} of {cases} cases were fast"
            );
        }
        seed => check(seed),
    }
}

fn check(seed: u64) {
    let mut case = Case::of(seed);
    if case.difference(&case.rows).is_none() {
        return;
    }
    case.shrink();
    let why = case.difference(&case.rows).unwrap();
    panic!(
        "{why}\n\nReproduce with EARNEST_SEED={seed}. The rows that are needed:\n{}\n{:?}\n{:#?}",
        made::csv(&case.rows),
        case.options,
        case.policy
    );
}

/// Compares the two ways under every preset, with both kinds of credits, to the end and to some instants before.
fn check_presets(log: &Log, ends: &[Option<Timestamp>]) {
    let policies: Vec<_> = preset::NAMES
        .into_iter()
        .map(|name| preset::get(name).unwrap())
        .collect();
    for credits in [Credits::Granted, Credits::Unlimited] {
        for policy in &policies {
            assert!(is_fast(policy, credits), "{} is fast", policy.name);
        }
        for until in ends {
            let options = Options {
                credits,
                until: *until,
                threads: None,
            };
            assert_eq!(difference(log, &policies, &options), None);
        }
    }
}

#[test]
fn a_made_up_log_gives_the_same_figures_under_every_preset() {
    let log = Generator::new(20_000, 1).into_log().unwrap();
    let middle = log
        .histories()
        .next()
        .unwrap()
        .start()
        .plus_millis(200 * 86_400_000);
    check_presets(&log, &[None, Some(middle)]);
}

#[test]
#[ignore = "needs the CollegeMsg log"]
fn the_real_log_gives_the_same_figures_under_every_preset() {
    let path = std::env::var_os("EARNEST_REAL_LOG").expect("EARNEST_REAL_LOG names the log");
    let log = Log::open(path.as_ref(), None, &mut |_| {}).unwrap();
    check_presets(&log, &[None]);
}

#[test]
fn the_ends_of_time_are_left_to_the_engine() {
    let rows = "contract,seat,recipient,sent_at,responded_at\n\
                a,a,b,0001-01-01T00:00:00Z,0001-01-02T00:00:00Z\n\
                a,a,b,0001-01-01T00:00:00Z,\n\
                c,c,d,9999-12-31T23:59:59.997Z,9999-12-31T23:59:59.998Z\n";
    let log = Log::read(rows.as_bytes(), "made", Format::Csv, &mut |_| {}).unwrap();
    check_presets(&log, &[None, Some(Timestamp::MIN), Some(Timestamp::MAX)]);
}

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a whole number, not `{text}`")),
    )
}
