//! Looks what other processes have committed, for all who ask.
//!
//! Owns: who looks, and who waits for which look. Does not own: what is done with what was found
//! ([`Engine::refresh`]). Invariants: whoever asks is answered by a look that began after the question and whose
//! findings are taken note of; what a look has found is not lost when whoever began it goes away, for the store tells
//! it once.

use crate::engine::Engine;
use crate::failure::Failure;
use crate::slot::gave_up;
use futures_util::FutureExt;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// The looks of a process: one at a time.
#[derive(Debug)]
pub(crate) struct Looks {
    state: Mutex<State>,
    ended: Notify,
}

#[derive(Debug)]
struct State {
    /// How many have begun.
    begun: u64,
    is_under_way: bool,
    /// What the one came to that ended last.
    result: Result<(), Failure>,
}

impl Default for Looks {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                begun: 0,
                is_under_way: false,
                result: Ok(()),
            }),
            ended: Notify::new(),
        }
    }
}

impl Looks {
    fn begun(&self) -> u64 {
        self.state.lock().begun
    }

    /// Begins a look, unless one is under way.
    fn begin(&self) -> bool {
        let mut state = self.state.lock();
        let begins = !std::mem::replace(&mut state.is_under_way, true);
        state.begun += u64::from(begins);
        begins
    }

    fn end(&self, result: Result<(), Failure>) {
        let mut state = self.state.lock();
        state.is_under_way = false;
        state.result = result;
        drop(state);
        self.ended.notify_waiters();
    }

    /// Returns what a look came to that began when more than `before` had, once it has ended.
    fn after(&self, before: u64) -> Option<Result<(), Failure>> {
        let state = self.state.lock();
        let ended = state.begun - u64::from(state.is_under_way);
        (ended > before).then(|| state.result.clone())
    }

    /// Waits until the look that is under way has ended, if it has not meanwhile.
    async fn wait(&self) {
        let ended = self.ended.notified();
        let is_under_way = self.state.lock().is_under_way;
        if is_under_way {
            ended.await;
        }
    }
}

/// A look that is under way, until this is dropped.
struct UnderWay {
    engine: Engine,
    result: Result<(), Failure>,
}

impl UnderWay {
    async fn look(mut self) {
        self.result = self.engine.look().await;
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.engine.looks().end(self.result.clone());
    }
}

/// A moment in which something was asked. Whatever look began after it has found what is new enough for the answer, so
/// that one look does for all that is done for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked(u64);

impl Engine {
    /// Returns this moment, for those who ask now.
    #[must_use]
    pub fn asked(&self) -> Asked {
        Asked(self.looks().begun())
    }

    /// Takes note of what other processes have committed, so that what is read next is not older.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn refresh(&self) -> Result<(), Failure> {
        self.refresh_since(self.asked()).await
    }

    /// Does as [`Engine::refresh`], for those who asked a moment ago: nothing where somebody has looked since.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn refresh_since(&self, asked: Asked) -> Result<(), Failure> {
        let looks = self.looks();
        loop {
            if let Some(result) = looks.after(asked.0) {
                return result;
            }
            match looks.begin() {
                true => self.begin_look(),
                false => looks.wait().await,
            }
        }
    }

    /// Looks at once where the store knows without waiting, as a file does; else in a task of its own, which whoever
    /// asked does not take along when they go away.
    fn begin_look(&self) {
        let under_way = UnderWay {
            engine: self.clone(),
            result: Err(gave_up()),
        };
        let mut look = under_way.look().boxed();
        if (&mut look).now_or_never().is_none() {
            tokio::spawn(look);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_answers_only_those_who_asked_before_it_began() {
        let looks = Looks::default();
        assert!(looks.begin());
        assert!(!looks.begin(), "one at a time");
        let before = looks.begun();
        looks.end(Ok(()));
        assert_eq!(looks.after(before), None);
        assert_eq!(looks.after(before - 1), Some(Ok(())));
        assert!(looks.begin());
        assert_eq!(looks.after(before), None, "it is under way");
        looks.end(Ok(()));
        assert_eq!(looks.after(before), Some(Ok(())));
    }
}
