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
use std::hash::{BuildHasher, Hasher as _};

/// How many texts share one noted beginning: fewer cost memory, more cost time.
const STRIDE: usize = 16;

/// How many bytes lie in one piece: what is full never moves again.
const PIECE: usize = 1024 * 1024;

/// Many short texts in few allocations, at about a byte and a half each beside their own bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Texts {
    pieces: Vec<Vec<u8>>,
    lengths: Vec<u8>,
    /// Where every text of a number divisible by `STRIDE` begins: the piece, and the place in it. The texts up to the
    /// next one lie in the same piece.
    begins: Vec<(u32, u32)>,
}

impl Texts {
    /// Adds a text and returns its number; nothing when the text is longer than 255 bytes or numbers are out.
    pub(super) fn push(&mut self, text: &[u8]) -> Option<u32> {
        self.push_in_pieces(text, PIECE)
    }

    /// Adds a text as [`Texts::push`] does, where a piece is full with so many bytes.
    fn push_in_pieces(&mut self, text: &[u8], full: usize) -> Option<u32> {
        let number = u32::try_from(self.lengths.len())
            .ok()
            .filter(|number| *number < u32::MAX)?;
        let length = u8::try_from(text.len()).ok()?;
        if self.lengths.len().is_multiple_of(STRIDE) {
            if self.pieces.last().is_none_or(|piece| piece.len() >= full) {
                // The first grows as it must: most logs are small.
                let size = if self.pieces.is_empty() { 0 } else { full };
                self.pieces.push(Vec::with_capacity(size));
            }
            let piece = u32::try_from(self.pieces.len() - 1).ok()?;
            let begin = self.pieces.last().map_or(0, Vec::len);
            self.begins.push((piece, u32::try_from(begin).ok()?));
        }
        self.lengths.push(length);
        // INVARIANT: there is a piece from the first text on.
        if let Some(piece) = self.pieces.last_mut() {
            piece.extend_from_slice(text);
        }
        Some(number)
    }

    /// Returns how many texts there are.
    pub(super) fn len(&self) -> u32 {
        // INVARIANT: a text is only added where there is a number for it.
        u32::try_from(self.lengths.len()).unwrap_or(u32::MAX)
    }

    /// Returns how many bytes the texts take in memory.
    pub(super) fn bytes(&self) -> usize {
        let texts = self.pieces.iter().map(Vec::len).sum::<usize>();
        texts + self.lengths.len() + size_of_val(&*self.begins)
    }

    /// Returns the text of a number; the empty text when there is none.
    pub(super) fn get(&self, number: u32) -> &str {
        as_text(self.find(number).unwrap_or_default())
    }

    fn find(&self, number: u32) -> Option<&[u8]> {
        let number = usize::try_from(number).ok()?;
        let length = usize::from(*self.lengths.get(number)?);
        let first = number - number % STRIDE;
        let before: usize = self
            .lengths
            .get(first..number)?
            .iter()
            .map(|length| usize::from(*length))
            .sum();
        let (piece, begin) = *self.begins.get(number / STRIDE)?;
        let piece = self.pieces.get(usize::try_from(piece).ok()?)?;
        let begin = usize::try_from(begin).ok()? + before;
        piece.get(begin..begin + length)
    }
}

/// Hashes names, the same way wherever one is hashed.
#[derive(Clone, Default)]
pub(super) struct Hasher(RandomState);

impl Hasher {
    /// Returns a name's hash.
    #[inline]
    pub(super) fn one(&self, name: &[u8]) -> u32 {
        let mut hasher = self.0.build_hasher();
        hasher.write(name);
        half(hasher.finish())
    }

    /// Returns the hash of two names.
    #[inline]
    pub(super) fn pair(&self, one: &[u8], other: &[u8]) -> u32 {
        let mut hasher = self.0.build_hasher();
        hasher.write(one);
        hasher.write(other);
        half(hasher.finish())
    }
}

/// Finds numbers by hashes. The hash lies beside the number, so that growing reads no name.
#[derive(Default)]
pub(super) struct Table(HashTable<(u32, u32)>);

impl Table {
    /// Returns the number with this hash that `is` says yes to.
    #[inline]
    pub(super) fn find(&self, hash: u32, is: impl Fn(u32) -> bool) -> Option<u32> {
        let found = self.0.find(spread(hash), |(other, number)| {
            *other == hash && is(*number)
        });
        found.map(|(_, number)| *number)
    }

    /// Adds a number.
    pub(super) fn insert(&mut self, hash: u32, number: u32) {
        self.0
            .insert_unique(spread(hash), (hash, number), |(hash, _)| spread(*hash));
    }
}

/// Returns a number with each of these hashes, [`u32::MAX`] where there is none.
///
/// With many names, every look into a table and then at a name waits for memory. So first all are looked up by their
/// hashes alone, and then all names are compared: one wait does not depend on another, and many go on at once.
pub(super) fn likely(table: &Table, hashes: impl Iterator<Item = u32>) -> Vec<u32> {
    let found = hashes.map(|hash| table.find(hash, |_| true).unwrap_or(u32::MAX));
    found.collect()
}

/// Gives texts numbers.
#[derive(Default)]
pub(super) struct Interner {
    names: Vec<SmolStr>,
    table: Table,
    hasher: Hasher,
}

impl Interner {
    /// Returns what hashes texts.
    pub(super) const fn hasher(&self) -> &Hasher {
        &self.hasher
    }

    /// Returns the number of `text`, a new one where it is new; nothing when numbers are out.
    pub(super) fn number(&mut self, text: &str) -> Option<u32> {
        self.number_of(self.hasher.one(text.as_bytes()), text.as_bytes())
    }

    fn number_of(&mut self, hash: u32, text: &[u8]) -> Option<u32> {
        match self.table.find(hash, |number| self.is(number, text)) {
            Some(number) => Some(number),
            None => self.add(hash, text),
        }
    }

    /// Adds what [`Interner::number`] returns for each of these to `numbers`, one after the other. Each has its hash.
    ///
    /// What is touched for a thousand of them fits into a core's own cache, so that the second look at it does not wait.
    pub(super) fn numbers<'t>(
        &mut self,
        texts: impl Iterator<Item = (u32, &'t [u8])> + Clone,
        numbers: &mut Vec<u32>,
    ) -> Option<()> {
        let likely = likely(&self.table, texts.clone().map(|(hash, _)| hash));
        // So little is done with each that far more names are on their way from memory than where they are compared.
        let sizes: Vec<usize> = likely.iter().map(|number| self.size(*number)).collect();
        for ((mut number, size), (hash, text)) in likely.into_iter().zip(sizes).zip(texts) {
            if size != text.len() || !self.is(number, text) {
                number = self.number_of(hash, text)?;
            }
            numbers.push(number);
        }
        Some(())
    }

    /// Returns how many bytes a number's text has; more than any where there is none.
    #[inline]
    fn size(&self, number: u32) -> usize {
        let name = usize::try_from(number).ok();
        let name = name.and_then(|number| self.names.get(number));
        name.map_or(usize::MAX, SmolStr::len)
    }

    /// Returns whether a number is this text's.
    #[inline]
    pub(super) fn is(&self, number: u32, text: &[u8]) -> bool {
        let name = usize::try_from(number)
            .ok()
            .and_then(|number| self.names.get(number));
        name.is_some_and(|name| name.as_bytes() == text)
    }

    #[cold]
    fn add(&mut self, hash: u32, text: &[u8]) -> Option<u32> {
        let number = u32::try_from(self.names.len())
            .ok()
            .filter(|number| *number < u32::MAX)?;
        self.names.push(SmolStr::new(as_text(text)));
        self.table.insert(hash, number);
        Some(number)
    }

    /// Returns the names by number, without the means to look them up.
    pub(super) fn into_names(self) -> Vec<SmolStr> {
        self.names
    }
}

/// Returns a name as a text.
pub(super) fn as_text(name: &[u8]) -> &str {
    // INVARIANT: a name was cut out of a text.
    str::from_utf8(name).unwrap_or_default()
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
        assert_eq!(texts.push(&[b'x'; 255]), Some(0));
        assert_eq!(texts.push(&[b'x'; 256]), None);
        assert_eq!(texts.get(0).len(), 255);
        assert_eq!(texts.get(1), "");
        assert_eq!(texts.get(u32::MAX), "");
    }

    proptest! {
        #[test]
        fn many_at_once_have_the_numbers_that_they_have_one_by_one(
            batches in proptest::collection::vec(
                proptest::collection::vec("[a-c]{0,3}", 0..40), 0..5,
            ),
        ) {
            let (mut at_once, mut one_by_one) = (Interner::default(), Interner::default());
            for batch in &batches {
                let hasher = at_once.hasher().clone();
                let texts = batch.iter().map(|text| (hasher.one(text.as_bytes()), text.as_bytes()));
                let mut numbers = vec![7];
                prop_assert!(at_once.numbers(texts, &mut numbers).is_some());
                let expected = batch.iter().map(|text| one_by_one.number(text).unwrap());
                prop_assert!(numbers.into_iter().eq(std::iter::once(7).chain(expected)));
            }
            prop_assert_eq!(at_once.into_names(), one_by_one.into_names());
        }

        #[test]
        fn every_text_has_one_number(texts in proptest::collection::vec("[a-c]{0,3}", 0..300)) {
            let mut interner = Interner::default();
            let mut model = HashMap::new();
            for text in &texts {
                let next = u32::try_from(model.len()).unwrap();
                let expected = *model.entry(text.clone()).or_insert(next);
                prop_assert_eq!(interner.number(text), Some(expected));
            }
            for (text, number) in model {
                prop_assert_eq!(name(&interner.names, number), text);
            }
        }

        #[test]
        fn every_text_is_found_by_its_number(
            texts in proptest::collection::vec("[a-c]{0,9}", 0..300), piece in 1_usize..200,
        ) {
            let mut store = Texts::default();
            for text in &texts {
                prop_assert!(store.push_in_pieces(text.as_bytes(), piece).is_some());
            }
            for (number, text) in (0..).zip(&texts) {
                prop_assert_eq!(store.get(number), text);
            }
            prop_assert_eq!(store.len(), u32::try_from(texts.len()).unwrap());
        }
    }
}
