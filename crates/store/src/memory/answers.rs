//! Keeps the answers to idempotency keys.
//!
//! Owns: that a key is answered once in its space. Does not own: what the answers say.

use crate::{Answer, AnswerPage};
use earnest_core::units::ContractId;
use std::collections::{HashMap, HashSet};

/// The answers, in the order in which they came, and where each is, by space and key.
#[derive(Default)]
pub(super) struct Answers {
    kept: Vec<(ContractId, Answer)>,
    places: HashMap<String, HashMap<String, usize>>,
}

impl Answers {
    pub(super) fn get(&self, space: &str, key: &str) -> Option<Answer> {
        let place = self.places.get(space)?.get(key)?;
        self.kept.get(*place).map(|(_, answer)| answer.clone())
    }

    /// Returns whether none of the keys is taken, also not by another one of these.
    pub(super) fn are_new(&self, answers: &[Answer]) -> bool {
        let mut seen = HashSet::with_capacity(answers.len());
        answers.iter().all(|answer| {
            let kept = self.places.get(&answer.space);
            let taken = kept.is_some_and(|keys| keys.contains_key(&answer.key));
            !taken && seen.insert((&answer.space, &answer.key))
        })
    }

    pub(super) fn add(&mut self, contract: &ContractId, answers: Vec<Answer>) {
        for answer in answers {
            let keys = self.places.entry(answer.space.clone()).or_default();
            keys.insert(answer.key.clone(), self.kept.len());
            self.kept.push((contract.clone(), answer));
        }
    }

    /// Returns some of all; a place to go on from is how many came before.
    pub(super) fn page(&self, after: Option<&[u8]>, limit: usize) -> AnswerPage {
        let from = after.and_then(|after| Some(u64::from_be_bytes(after.try_into().ok()?)));
        let from = usize::try_from(from.unwrap_or(0)).unwrap_or(usize::MAX);
        let answers: Vec<_> = self.kept.iter().skip(from).take(limit).cloned().collect();
        let end = from.saturating_add(answers.len());
        let next = (end < self.kept.len()).then(|| (end as u64).to_be_bytes().to_vec());
        AnswerPage { answers, next }
    }
}
