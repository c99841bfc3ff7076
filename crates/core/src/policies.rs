//! Holds the policies of one contract by version number.

use crate::invariant::known;
use crate::policy::Policy;
use std::sync::Arc;

/// A contract's policy versions, by number: the order in which they were added.
#[derive(Debug, Clone)]
pub struct Policies(Vec<Arc<Policy>>);

impl Policies {
    /// Holds the version that a contract begins with.
    #[must_use]
    pub fn new(first: Arc<Policy>) -> Self {
        Self(vec![first])
    }

    /// Adds the next version: call it for each accepted [`AddPolicy`](crate::command::AddPolicy).
    pub fn push(&mut self, next: Arc<Policy>) {
        self.0.push(next);
    }

    /// Returns the versions, by number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Policy>> {
        self.0.iter()
    }

    /// Returns the version of that number.
    ///
    /// # Panics
    /// When there is no such version: every version that a contract's events name must have been pushed.
    #[must_use]
    pub fn get(&self, number: u16) -> &Arc<Policy> {
        known(
            self.0.get(usize::from(number)),
            "a contract's policy versions are all given",
        )
    }
}
