//! Tells the time and makes up what must not be guessed or repeated.
//!
//! Owns: the two traits and their real forms. Invariant: nothing else in the engine reads a clock or makes
//! anything random, so that a simulation can stand in for both.

use earnest_core::units::Timestamp;
use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Returns the instant that it is now.
    fn now(&self) -> Timestamp;
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the system's clock"
    )]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let millis = since.map_or(0, |since| since.as_millis());
        i64::try_from(millis)
            .ok()
            .and_then(Timestamp::from_millis)
            .unwrap_or(Timestamp::MAX)
    }
}

/// Makes up bytes.
pub trait Random: Send + Sync + 'static {
    /// Fills the buffer with bytes that nobody can guess.
    fn fill(&self, bytes: &mut [u8]);

    /// Returns a number that nobody can guess.
    fn number(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

/// The system's source of randomness, asked for many bytes at a time: every commit needs a few.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

/// How many bytes are asked for at a time.
const AHEAD: usize = 1_024;

/// Bytes that were asked for ahead. Those that were given out are no longer in it.
struct Ahead {
    bytes: [u8; AHEAD],
    given: usize,
}

thread_local! {
    static PREPARED: RefCell<Ahead> = const { RefCell::new(Ahead { bytes: [0; AHEAD], given: AHEAD }) };
}

impl Ahead {
    fn give(&mut self, wanted: &mut [u8]) {
        if AHEAD - self.given < wanted.len() {
            ask(&mut self.bytes);
            self.given = 0;
        }
        let end = self.given + wanted.len();
        if let Some(given) = self.bytes.get_mut(self.given..end) {
            wanted.copy_from_slice(given);
            given.fill(0);
            self.given = end;
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "the one place that asks the system; without randomness nothing secret can be made"
)]
fn ask(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system gives random bytes");
}

impl Random for SystemRandom {
    /// # Panics
    /// When the system has no randomness to give: then no key, secret or id may be made.
    fn fill(&self, bytes: &mut [u8]) {
        // A key or a secret is asked for by itself.
        if bytes.len() > 16 || PREPARED.try_with(|it| it.borrow_mut().give(bytes)).is_err() {
            ask(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn nothing_random_is_given_twice_also_by_several_threads() {
        let make = || -> Vec<[u8; 16]> {
            let one = |_| {
                let mut bytes = [0; 16];
                SystemRandom.fill(&mut bytes);
                bytes
            };
            (0..1_000).map(one).collect()
        };
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(make)).collect();
        let mut seen = HashSet::from([[0; 16]]);
        for thread in threads {
            assert!(thread.join().unwrap().into_iter().all(|it| seen.insert(it)));
        }
    }

    #[test]
    fn what_was_given_is_not_kept() {
        let mut ahead = Ahead {
            bytes: [7; AHEAD],
            given: 0,
        };
        let mut wanted = [0; 5];
        ahead.give(&mut wanted);
        assert_eq!((wanted, ahead.given), ([7; 5], 5));
        assert_eq!(ahead.bytes[..6], [0, 0, 0, 0, 0, 7]);
    }
}
