//! Lets one order at a time work on an idempotency key: the others wait for its answer.

use hashbrown::HashMap;
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::sync::OwnedMutexGuard;

type Held = Arc<tokio::sync::Mutex<()>>;
type Table = Arc<Mutex<HashMap<(String, String), Held>>>;

/// The keys that are being worked on.
#[derive(Debug, Default)]
pub(crate) struct Claims(Table);

/// A key that is being worked on, until this is dropped.
#[derive(Debug)]
pub struct Claim {
    table: Table,
    key: (String, String),
    held: Option<OwnedMutexGuard<()>>,
}

impl Claims {
    /// Waits until nobody else works on the key.
    pub(crate) async fn hold(&self, space: &str, key: &str) -> Claim {
        let name = (space.to_owned(), key.to_owned());
        let lock = Arc::clone(self.0.lock().entry(name.clone()).or_default());
        Claim {
            table: Arc::clone(&self.0),
            key: name,
            held: Some(lock.lock_owned().await),
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut table = self.table.lock();
        self.held = None;
        // Whoever waits holds the lock's count up.
        if table
            .get(&self.key)
            .is_some_and(|held| Arc::strong_count(held) == 1)
        {
            table.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_works_and_the_other_waits() {
        let claims = Claims::default();
        let first = claims.hold("admin", "k").await;
        let other_space = claims.hold("contract/a", "k").await;
        let waiting = tokio::time::timeout(
            std::time::Duration::from_millis(20),
            claims.hold("admin", "k"),
        );
        assert!(waiting.await.is_err());
        drop((first, other_space));
        let _again = claims.hold("admin", "k").await;
    }

    #[tokio::test]
    async fn nothing_is_left_when_all_have_gone() {
        let claims = Claims::default();
        drop(claims.hold("admin", "k").await);
        assert!(claims.0.lock().is_empty());
    }
}
