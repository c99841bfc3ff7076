//! The ids of messages, which must all be different.
//!
//! Owns: their texts and the search for one that comes twice. Does not own: which message has which.
//!
//! A table of all ids would be the largest and slowest part of reading a log, as every look into it misses every
//! cache. So only their hashes are noted, and sorted once at the end; texts are compared where hashes agree.

use super::texts::Texts;
use foldhash::quality::RandomState;
use hashbrown::HashMap;
use rayon::prelude::*;
use std::hash::BuildHasher;

/// The ids of a log's messages, in order.
#[derive(Default)]
pub(super) struct Ids {
    texts: Texts,
    hashes: Vec<u64>,
    hasher: RandomState,
}

impl Ids {
    /// Adds an id and returns its number; nothing when numbers are out.
    #[inline]
    pub(super) fn push(&mut self, id: &str) -> Option<u32> {
        self.hashes.push(self.hasher.hash_one(id));
        self.texts.push(id)
    }

    /// Returns the numbers of the first id that comes again: where it was first, and where it is again.
    pub(super) fn repeated(&self) -> Option<(u32, u32)> {
        let mut sorted = self.hashes.clone();
        sorted.par_sort_unstable();
        let twice = sorted.windows(2).filter(|pair| pair[0] == pair[1]);
        let mut seen: HashMap<u64, Vec<u32>, RandomState> =
            twice.map(|pair| (pair[0], Vec::new())).collect();
        if seen.is_empty() {
            return None;
        }
        for (again, hash) in (0_u32..).zip(&self.hashes) {
            let Some(same) = seen.get_mut(hash) else {
                continue;
            };
            let text = self.texts.get(again);
            let first = same.iter().find(|first| self.texts.get(**first) == text);
            if let Some(first) = first {
                return Some((*first, again));
            }
            same.push(again);
        }
        None
    }

    /// Returns the text of an id.
    pub(super) fn get(&self, number: u32) -> &str {
        self.texts.get(number)
    }

    /// Returns the texts of all.
    pub(super) fn into_texts(self) -> Texts {
        self.texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ids(texts: &[String]) -> Ids {
        let mut ids = Ids::default();
        for text in texts {
            ids.push(text);
        }
        ids
    }

    #[test]
    fn ids_whose_hashes_agree_are_compared() {
        let mut ids = ids(&["a", "b", "c", "b"].map(str::to_owned));
        ids.hashes.fill(7);
        assert_eq!(ids.repeated(), Some((1, 3)));
        ids.hashes.pop();
        assert_eq!(ids.repeated(), None);
    }

    proptest! {
        #[test]
        fn the_first_repeat_is_found(texts in proptest::collection::vec("[a-d]{1,3}", 0..40)) {
            let again = (0..texts.len()).find(|n| texts[..*n].contains(&texts[*n]));
            let pair = again.map(|again| {
                let first = texts.iter().position(|text| *text == texts[again]).unwrap();
                (u32::try_from(first).unwrap(), u32::try_from(again).unwrap())
            });
            prop_assert_eq!(ids(&texts).repeated(), pair);
        }
    }
}
