//! Keeps the answers to idempotency keys.
//!
//! Owns: that a key is answered once in its space. Does not own: what the answers say.

use crate::Answer;
use std::collections::{HashMap, HashSet};

/// The answers, by space and key.
#[derive(Default)]
pub(super) struct Answers(HashMap<String, HashMap<String, Answer>>);

impl Answers {
    pub(super) fn get(&self, space: &str, key: &str) -> Option<Answer> {
        self.0.get(space)?.get(key).cloned()
    }

    /// Returns whether none of the keys is taken, also not by another one of these.
    pub(super) fn are_new(&self, answers: &[Answer]) -> bool {
        let mut seen = HashSet::with_capacity(answers.len());
        answers.iter().all(|answer| {
            let kept = self.0.get(&answer.space);
            let taken = kept.is_some_and(|keys| keys.contains_key(&answer.key));
            !taken && seen.insert((&answer.space, &answer.key))
        })
    }

    pub(super) fn add(&mut self, answers: Vec<Answer>) {
        for answer in answers {
            let keys = self.0.entry(answer.space.clone()).or_default();
            keys.insert(answer.key.clone(), answer);
        }
    }
}
