//! Keeps texts once and gives them dense numbers.
//!
//! Owns: the storage of ids and the lookup by text. Does not own: what the ids name.
//! Invariant: numbers run from 0 in the order in which texts first came; a number never changes.
//!
//! There are two stores. [`Texts`] is for ids that are seldom read and never looked up, and takes as little memory
//! as it can; an [`Interner`] is for those that are looked up with every line, and touches as little of it as it can.

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use smol_str::SmolStr;
use std::hash::BuildHasher;

/// How many texts share one noted beginning: fewer cost memory, more cost time.
const STRIDE: usize = 16;

/// Many short texts in one allocation, at about a byte and a half each beside their own bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Texts {
    bytes: String,
    lengths: Vec<u8>,
    /// Where every text of a number divisible by `STRIDE` begins.
    begins: Vec<usize>,
}

impl Texts {
    /// Adds a text and returns its number; nothing when the text is longer than 255 bytes or numbers are out.
    pub(super) fn push(&mut self, text: &str) -> Option<u32> {
        let number = u32::try_from(self.lengths.len())
            .ok()
            .filter(|number| *number < u32::MAX)?;
        let length = u8::try_from(text.len()).ok()?;
        if self.lengths.len().is_multiple_of(STRIDE) {
            self.begins.push(self.bytes.len());
        }
        self.lengths.push(length);
        self.bytes.push_str(text);
        Some(number)
    }

    /// Returns how many texts there are.
    pub(super) fn len(&self) -> u32 {
        // INVARIANT: a text is only added where there is a number for it.
        u32::try_from(self.lengths.len()).unwrap_or(u32::MAX)
    }

    /// Returns how many bytes the texts take in memory.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len() + self.lengths.len() + size_of_val(&*self.begins)
    }

    /// Returns the text of a number; the empty text when there is none.
    pub(super) fn get(&self, number: u32) -> &str {
        self.find(number).unwrap_or_default()
    }

    fn find(&self, number: u32) -> Option<&str> {
        let number = usize::try_from(number).ok()?;
        let length = usize::from(*self.lengths.get(number)?);
        let first = number - number % STRIDE;
        let before: usize = self
            .lengths
            .get(first..number)?
            .iter()
            .map(|length| usize::from(*length))
            .sum();
        let begin = self.begins.get(number / STRIDE)? + before;
        self.bytes.get(begin..begin + length)
    }
}

/// Gives texts numbers. Texts of different spaces are different, even where they are spelt alike.
#[derive(Default)]
pub(super) struct Interner {
    names: Vec<SmolStr>,
    /// The space of each name; empty while all are in space 0.
    spaces: Vec<u32>,
    /// Part of each name's hash beside its number, so that growing the table reads no name.
    table: HashTable<(u32, u32)>,
    hasher: RandomState,
}

impl Interner {
    /// Returns the number of `text` in `space`, a new one where it is new; nothing when numbers are out.
    #[inline]
    pub(super) fn number(&mut self, space: u32, text: &str) -> Option<u32> {
        let hash = self.hash(space, text);
        let found = self.table.find(spread(hash), |(other, number)| {
            *other == hash && self.is(*number, space, text)
        });
        match found {
            Some((_, number)) => Some(*number),
            None => self.add(hash, space, text),
        }
    }

    /// Returns what [`Interner::number`] does for each of these, one after the other.
    ///
    /// With many names, every look into the table and then at a name waits for memory. So first all are looked up by
    /// their hashes alone, and then all names are compared: one wait does not depend on another, and many go on at once.
    pub(super) fn numbers<'t>(
        &mut self,
        texts: impl Iterator<Item = (u32, &'t str)> + Clone,
    ) -> Option<Vec<u32>> {
        let likely = texts.clone().map(|(space, text)| {
            let hash = self.hash(space, text);
            let found = self
                .table
                .find(spread(hash), |(other, _)| *other == hash)
                .map(|(_, number)| *number);
            found.unwrap_or(u32::MAX)
        });
        let mut numbers: Vec<u32> = likely.collect();
        for (number, (space, text)) in numbers.iter_mut().zip(texts) {
            if !self.is(*number, space, text) {
                *number = self.number(space, text)?;
            }
        }
        Some(numbers)
    }

    fn hash(&self, space: u32, text: &str) -> u32 {
        half(self.hasher.hash_one((space, text)))
    }

    fn is(&self, number: u32, space: u32, text: &str) -> bool {
        let name = usize::try_from(number)
            .ok()
            .and_then(|number| self.names.get(number));
        name.is_some_and(|name| name == text) && self.space(number) == space
    }

    #[cold]
    fn add(&mut self, hash: u32, space: u32, text: &str) -> Option<u32> {
        let number = u32::try_from(self.names.len())
            .ok()
            .filter(|number| *number < u32::MAX)?;
        if space != 0 || !self.spaces.is_empty() {
            self.spaces.resize(self.names.len(), 0);
            self.spaces.push(space);
        }
        self.names.push(SmolStr::new(text));
        self.table
            .insert_unique(spread(hash), (hash, number), |(hash, _)| spread(*hash));
        Some(number)
    }

    /// Returns the space of a number.
    pub(super) fn space(&self, number: u32) -> u32 {
        usize::try_from(number)
            .ok()
            .and_then(|number| self.spaces.get(number))
            .copied()
            .unwrap_or(0)
    }

    /// Returns the names by number, without the means to look them up.
    pub(super) fn into_names(self) -> Vec<SmolStr> {
        self.names
    }

    /// Returns how many texts there are.
    pub(super) const fn len(&self) -> usize {
        self.names.len()
    }
}

/// Returns the name of a number; the empty text where there is none.
pub(super) fn name(names: &[SmolStr], number: u32) -> &str {
    usize::try_from(number)
        .ok()
        .and_then(|number| names.get(number))
        .map_or("", SmolStr::as_str)
}

/// Returns how many bytes a name takes in memory: a short one none beside its place.
pub(super) fn bytes(name: &SmolStr) -> usize {
    let beside = if name.is_heap_allocated() {
        name.len()
    } else {
        0
    };
    size_of::<SmolStr>() + beside
}

/// Returns the upper half of a hash.
fn half(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or(u32::MAX)
}

/// Returns a whole hash from half of one: the table looks at the upper and at the lower bits.
const fn spread(half: u32) -> u64 {
    // 2^64 divided by the golden ratio, which has no pattern in its bits.
    (half as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    #[test]
    fn a_text_too_long_or_a_number_too_large_is_nothing() {
        let mut texts = Texts::default();
        assert_eq!(texts.push(&"x".repeat(255)), Some(0));
        assert_eq!(texts.push(&"x".repeat(256)), None);
        assert_eq!(texts.get(0).len(), 255);
        assert_eq!(texts.get(1), "");
        assert_eq!(texts.get(u32::MAX), "");
    }

    proptest! {
        #[test]
        fn many_at_once_have_the_numbers_that_they_have_one_by_one(
            batches in proptest::collection::vec(
                proptest::collection::vec((0_u32..3, "[a-c]{0,3}"), 0..40), 0..5,
            ),
        ) {
            let (mut at_once, mut one_by_one) = (Interner::default(), Interner::default());
            for batch in &batches {
                let texts = || batch.iter().map(|(space, text)| (*space, text.as_str()));
                let numbers: Option<Vec<u32>> =
                    texts().map(|(space, text)| one_by_one.number(space, text)).collect();
                prop_assert_eq!(at_once.numbers(texts()), numbers);
            }
            prop_assert_eq!(at_once.into_names(), one_by_one.into_names());
        }

        #[test]
        fn every_text_of_every_space_has_one_number(
            texts in proptest::collection::vec((0_u32..4, "[a-c]{0,3}"), 0..300),
        ) {
            let mut interner = Interner::default();
            let mut model = HashMap::new();
            for (space, text) in &texts {
                let next = u32::try_from(model.len()).unwrap();
                let expected = *model.entry((*space, text.clone())).or_insert(next);
                prop_assert_eq!(interner.number(*space, text), Some(expected));
            }
            for ((space, text), number) in model {
                prop_assert_eq!(interner.space(number), space);
                prop_assert_eq!(name(&interner.names, number), text);
            }
        }
    }
}
