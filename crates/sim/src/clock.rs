//! Tells simulated time and makes seeded bytes.
//!
//! Owns: one wall clock that everybody shares and that moves only when the run moves it, and each process'
//! difference from it. Does not own: when it moves.

use crate::rng::Rng;
use earnest_core::units::Timestamp;
use earnest_engine::clock::{Clock, Random};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

/// The clock on the wall.
#[derive(Debug)]
pub struct Wall(AtomicI64);

impl Wall {
    /// Hangs up a clock that shows an instant.
    #[must_use]
    pub const fn new(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.millis()))
    }

    /// Returns what it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        instant(self.0.load(SeqCst))
    }

    /// Moves it on.
    pub fn jump(&self, millis: i64) {
        self.0.fetch_add(millis, SeqCst);
    }
}

/// A process' clock: the wall's, a little wrong.
#[derive(Debug)]
pub struct ProcessClock {
    wall: Arc<Wall>,
    off: AtomicI64,
}

impl ProcessClock {
    /// Makes a clock that is off by some milliseconds.
    #[must_use]
    pub const fn new(wall: Arc<Wall>, off: i64) -> Self {
        Self {
            wall,
            off: AtomicI64::new(off),
        }
    }

    /// Sets by how much it is off.
    pub fn set_off(&self, millis: i64) {
        self.off.store(millis, SeqCst);
    }
}

impl Clock for ProcessClock {
    fn now(&self) -> Timestamp {
        self.wall.now().plus_millis(self.off.load(SeqCst))
    }
}

fn instant(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis).unwrap_or(Timestamp::MAX)
}

/// Makes bytes that follow from a seed.
#[derive(Debug)]
pub struct SeededRandom(Mutex<Rng>);

impl SeededRandom {
    /// Makes the bytes that a stream stands for.
    #[must_use]
    pub const fn new(rng: Rng) -> Self {
        Self(Mutex::new(rng))
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        let mut rng = self.0.lock();
        for chunk in bytes.chunks_mut(8) {
            let number = rng.number().to_le_bytes();
            chunk.copy_from_slice(&number[..chunk.len()]);
        }
    }
}
