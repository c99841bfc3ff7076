//! The ids of messages, which must all be different.
//!
//! Owns: their texts and the search for one that comes twice. Does not own: which message has which.
//!
//! A table of all ids would be the largest and slowest part of reading a log, as every look into it misses every
//! cache. So only their hashes are noted, apart by their upper bits: at the end the hashes of one part are looked for
//! in a table that fits into a cache, and texts are compared where two agree.

use super::texts::Texts;
use foldhash::quality::RandomState;
use hashbrown::HashMap;
use rayon::prelude::*;
use std::hash::{BuildHasher, Hasher as _};

/// How many parts the hashes lie in. With 10,000,000 messages the table of one takes a megabyte.
const PARTS: usize = 256;

/// Stands in a table where no hash does.
const EMPTY: u64 = 0;

/// The ids of a log's messages, in order.
pub(super) struct Ids {
    texts: Texts,
    /// The hashes of all ids, apart by their upper bits.
    parts: Vec<Vec<u64>>,
    hasher: RandomState,
}

impl Default for Ids {
    fn default() -> Self {
        Self {
            texts: Texts::default(),
            parts: vec![Vec::new(); PARTS],
            hasher: RandomState::default(),
        }
    }
}

impl Ids {
    /// Returns what hashes ids, for [`hash`].
    pub(super) const fn hasher(&self) -> &RandomState {
        &self.hasher
    }

    /// Adds an id, of which the hash is known, and returns its number; nothing when numbers are out.
    #[inline]
    pub(super) fn push(&mut self, hash: u64, id: &[u8]) -> Option<u32> {
        let [part, ..] = hash.to_be_bytes();
        // INVARIANT: there is a part for each byte.
        self.parts[usize::from(part)].push(hash);
        self.texts.push(id)
    }

    /// Returns the numbers of the first id that comes again: where it was first, and where it is again.
    pub(super) fn repeated(&self) -> Option<(u32, u32)> {
        let twice = self
            .parts
            .par_iter()
            .map_init(Vec::new, |table, part| twice(part, table))
            .flatten();
        self.first_of(twice.collect())
    }

    /// Returns what [`Ids::repeated`] does, when only ids of these hashes can come again.
    fn first_of(&self, twice: Vec<u64>) -> Option<(u32, u32)> {
        if twice.is_empty() {
            return None;
        }
        let mut seen: HashMap<u64, Vec<u32>, RandomState> =
            twice.into_iter().map(|hash| (hash, Vec::new())).collect();
        for again in 0..self.texts.len() {
            let text = self.texts.get(again);
            let Some(same) = seen.get_mut(&hash(&self.hasher, text.as_bytes())) else {
                continue;
            };
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

/// Returns an id's hash, which is never [`EMPTY`].
#[inline]
pub(super) fn hash(hasher: &RandomState, id: &[u8]) -> u64 {
    let mut hasher = hasher.build_hasher();
    hasher.write(id);
    hasher.finish() | 1
}

/// Returns the hashes of a part that come again. The table is only lent.
fn twice(part: &[u64], table: &mut Vec<u64>) -> Vec<u64> {
    let places = (2 * part.len()).next_power_of_two().max(2);
    table.clear();
    table.resize(places, EMPTY);
    let shift = u64::BITS - places.ilog2();
    let mut twice = Vec::new();
    for hash in part {
        // The upper byte is the same in all of a part, so that the bits below it say where a hash belongs.
        let mut place = usize::try_from((hash << 8) >> shift).unwrap_or_default();
        loop {
            // INVARIANT: half of the places are empty, and none lies beyond the last.
            match table[place] {
                EMPTY => {
                    table[place] = *hash;
                    break;
                }
                other if other == *hash => {
                    twice.push(*hash);
                    break;
                }
                _ => place = (place + 1) % places,
            }
        }
    }
    twice
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn push(ids: &mut Ids, text: &str) {
        let hash = hash(ids.hasher(), text.as_bytes());
        ids.push(hash, text.as_bytes());
    }

    fn ids(texts: &[String]) -> Ids {
        let mut ids = Ids::default();
        for text in texts {
            push(&mut ids, text);
        }
        ids
    }

    #[test]
    fn hashes_that_come_again_are_found_wherever_they_lie() {
        let mut table = Vec::new();
        assert!(twice(&[], &mut table).is_empty());
        assert!(twice(&[7], &mut table).is_empty());
        assert_eq!(twice(&[7, 8, 7, 8, 7], &mut table), [7, 8, 7]);
        // All of these belong at the last place.
        let last = [u64::MAX, u64::MAX - 1, u64::MAX - 2, u64::MAX - 1];
        assert_eq!(twice(&last, &mut table), [u64::MAX - 1]);
    }

    #[test]
    fn ids_whose_hashes_agree_are_compared() {
        let mut ids = ids(&["a", "b", "c"].map(str::to_owned));
        let all = |ids: &Ids| {
            ["a", "b", "c"]
                .map(|id| hash(ids.hasher(), id.as_bytes()))
                .to_vec()
        };
        assert_eq!(ids.first_of(all(&ids)), None);
        push(&mut ids, "b");
        assert_eq!(ids.first_of(all(&ids)), Some((1, 3)));
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
