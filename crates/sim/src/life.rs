//! Tells whether a process lives, and lets others wait for its death.

use std::sync::Arc;
use tokio::sync::watch;

/// A process' life.
#[derive(Debug, Clone)]
pub struct Life {
    number: usize,
    over: Arc<watch::Sender<bool>>,
}

impl Life {
    /// Begins the life of a process of that number.
    #[must_use]
    pub fn new(number: usize) -> Self {
        let (over, _) = watch::channel(false);
        Self {
            number,
            over: Arc::new(over),
        }
    }

    /// Returns the process' name in traces.
    #[must_use]
    pub fn name(&self) -> String {
        format!("p{}", self.number)
    }

    /// Ends it.
    pub fn end(&self) {
        self.over.send_replace(true);
    }

    /// Returns whether it is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        *self.over.borrow()
    }

    /// Waits until it is over.
    pub async fn ended(&self) {
        let mut over = self.over.subscribe();
        // The sender is held here, so it is not dropped before.
        drop(over.wait_for(|over| *over).await);
    }
}
