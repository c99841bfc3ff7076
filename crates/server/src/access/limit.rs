//! Lets each key make so many requests a second, where that is configured.

use crate::problem::{Code, Problem};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::time::Instant;

/// How many keys are remembered; those that have been quiet are dropped first.
const KNOWN_MOST: usize = 100_000;

/// What each key has left.
#[derive(Debug, Default)]
pub(crate) struct RateLimits(Mutex<HashMap<String, Bucket>>);

/// A bucket that fills by so many a second and holds one second's worth.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl RateLimits {
    /// Takes one request of a key.
    ///
    /// # Errors
    /// 429 where the key has none left.
    pub(crate) fn take(&self, key: &str, most: u32) -> Result<(), Problem> {
        self.take_at(key, most, Instant::now())
    }

    fn take_at(&self, key: &str, most: u32, now: Instant) -> Result<(), Problem> {
        let most = f64::from(most.max(1));
        let mut known = self.0.lock();
        if known.len() >= KNOWN_MOST && !known.contains_key(key) {
            known.retain(|_, bucket| now.saturating_duration_since(bucket.at).as_secs() < 1);
        }
        if !known.contains_key(key) {
            known.insert(
                key.to_owned(),
                Bucket {
                    left: most,
                    at: now,
                },
            );
        }
        let Some(bucket) = known.get_mut(key) else {
            return Ok(());
        };
        let since = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.left = (bucket.left + since * most).min(most);
        bucket.at = now;
        if bucket.left < 1.0 {
            let mut problem = Problem::new(
                Code::RateLimited,
                format!("a key may make {most} requests a second"),
            );
            problem.retry_after = Some(1);
            return Err(problem);
        }
        bucket.left -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_key_may_make_so_many_requests_a_second() {
        let limits = RateLimits::default();
        let start = Instant::now();
        assert!(limits.take_at("a", 2, start).is_ok());
        assert!(limits.take_at("a", 2, start).is_ok());
        let refused = limits.take_at("a", 2, start).unwrap_err();
        assert_eq!(
            (refused.code, refused.retry_after),
            (Code::RateLimited, Some(1))
        );
        assert!(limits.take_at("b", 2, start).is_ok());
        assert!(
            limits
                .take_at("a", 2, start + Duration::from_millis(500))
                .is_ok()
        );
        assert!(
            limits
                .take_at("a", 2, start + Duration::from_millis(500))
                .is_err()
        );
    }
}
