//! Says what a run is: everything here follows from its seed, except what a test sets on purpose.

use crate::mutant::Mutant;
use crate::rng::Rng;
use std::time::Duration;

/// What a caller sets of a run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// A fault that no store may have, which the auditor must find.
    pub mutant: Option<Mutant>,
    /// Whether what happens is written down, for reading.
    pub trace: bool,
}

/// How a run is laid out.
#[derive(Debug, Clone)]
pub struct Shape {
    /// How many processes work on the store at once.
    pub processes: usize,
    /// How many contracts there are, those whose history is told not counted.
    pub contracts: usize,
    /// How many contracts have their history told.
    pub told: usize,
    /// How many things are begun.
    pub steps: u64,
    /// Whether one contract sends so much that it forgets.
    pub is_long: bool,
    /// How often things go wrong.
    pub faults: Levels,
    /// What is set of the engines.
    pub engine: earnest_engine::Options,
    /// How long a step waits for the next, at most, in milliseconds.
    pub pause_most: u64,
}

/// How often things go wrong, in a thousand calls.
#[derive(Debug, Clone, Copy, Default)]
pub struct Levels {
    /// How often a call takes its time.
    pub slow: u64,
    /// How many milliseconds it takes then, at most.
    pub slow_most: u64,
    /// A read fails.
    pub read: u64,
    /// A write fails and nothing has changed.
    pub write: u64,
    /// A commit conflicts with nothing.
    pub conflict: u64,
    /// A write's outcome is unknown.
    pub unknown: u64,
    /// A process dies, in a thousand steps.
    pub death: u64,
}

impl Shape {
    /// Lays out the run of a seed.
    #[must_use]
    pub fn draw(rng: &mut Rng) -> Self {
        let is_long = rng.rarely(25);
        Self {
            processes: usize::try_from(rng.between(1, 3)).unwrap_or(1),
            contracts: usize::try_from(rng.between(1, 3)).unwrap_or(1),
            told: usize::from(rng.chance(45)),
            steps: rng.between(60, 260),
            is_long,
            faults: Levels::draw(rng),
            engine: engine(rng),
            pause_most: *rng.pick(&[0, 2, 10, 40]),
        }
    }
}

impl Levels {
    fn draw(rng: &mut Rng) -> Self {
        let level = |rng: &mut Rng, most: u64| match rng.below(3) {
            0 => 0,
            1 => most / 5,
            _ => most,
        };
        Self {
            slow: *rng.pick(&[0, 150, 500, 900]),
            slow_most: *rng.pick(&[0, 1, 5, 30]),
            read: level(rng, 40),
            write: level(rng, 100),
            conflict: level(rng, 100),
            unknown: level(rng, 150),
            death: level(rng, 60),
        }
    }
}

fn engine(rng: &mut Rng) -> earnest_engine::Options {
    earnest_engine::Options {
        waiting_most: *rng.pick(&[3, 20_000, 20_000, 20_000]),
        memory: *rng.pick(&[0, 0, 5_000, 30_000, 256 << 20]),
        snapshot_after: *rng.pick(&[1, 3, 10, 40, 4_096]),
        due_at_once: *rng.pick(&[1, 3, 20, 4_096]),
        sweep_every: Duration::from_millis(*rng.pick(&[20, 250, 5_000])),
        ..earnest_engine::Options::default()
    }
}
