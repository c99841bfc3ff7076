//! Tells whether a process lives, and lets others wait for its death.
//!
//! Invariant: who waits hears of it in the order in which they began to wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use tokio::sync::Notify;

/// A process' life.
#[derive(Debug, Clone)]
pub struct Life {
    number: usize,
    over: Arc<(AtomicBool, Notify)>,
}

impl Life {
    /// Begins the life of a process of that number.
    #[must_use]
    pub fn new(number: usize) -> Self {
        Self {
            number,
            over: Arc::default(),
        }
    }

    /// Returns the process' name in traces.
    #[must_use]
    pub fn name(&self) -> String {
        format!("p{}", self.number)
    }

    /// Ends it.
    pub fn end(&self) {
        self.over.0.store(true, SeqCst);
        self.over.1.notify_waiters();
    }

    /// Returns whether it is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over.0.load(SeqCst)
    }

    /// Waits until it is over.
    pub async fn ended(&self) {
        let ends = self.over.1.notified();
        if !self.is_over() {
            ends.await;
        }
    }
}
