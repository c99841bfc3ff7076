//! Finds the policies that a scenario names.
//!
//! Owns: what is said of one that cannot be had. Does not own: what a name stands for
//! ([`earnest_core::policy::file`]), the disk.

use earnest_core::document::{Document, Value};
use earnest_core::policy::Policy;
use earnest_core::policy::file::{self, Open, open};
use std::cell::RefCell;
use std::sync::Arc;

/// The policies that a scenario may name.
pub(super) struct Policies<'a, 'r> {
    document: &'a Document,
    /// The scenario's own path: others are relative to it.
    scenario: &'a str,
    read: RefCell<&'a mut file::Reader<'r>>,
}

impl<'a, 'r> Policies<'a, 'r> {
    pub(super) fn new(
        document: &'a Document,
        scenario: &'a str,
        read: &'a mut file::Reader<'r>,
    ) -> Self {
        Self {
            document,
            scenario,
            read: RefCell::new(read),
        }
    }

    /// Returns the policy that a value names: a preset, or a file beside the scenario.
    pub(super) fn named(&self, value: &Value<'_>) -> Option<Arc<Policy>> {
        let name = value.string()?;
        let opened = open(name, self.scenario, &mut **self.read.borrow_mut());
        match opened {
            Ok(policy) => return Some(policy),
            Err(Open::Unknown(unknown)) => value.mistake(&unknown.problem, &unknown.instead),
            Err(Open::Unread { path, why }) => {
                let problem = format!("`{path}` cannot be read: {why}");
                value.mistake(&problem, "name a file that is there, relative to this one");
            }
            Err(Open::Mistakes(mistakes)) => self.document.add(mistakes),
        }
        None
    }
}
