//! Tells without reading that something is not in a run.
//!
//! Owns: a filter of 512-bit blocks, one cache line each, that says "surely not" or "perhaps".
//! Invariant: what was put in is never denied.

const WORDS: usize = 8;
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

/// A filter over hashes.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    blocks: Vec<[u64; WORDS]>,
}

impl Filter {
    /// Returns an empty filter for so many hashes.
    pub(super) fn new(hashes: usize, bits_each: usize) -> Self {
        let blocks = (hashes * bits_each).div_ceil(WORDS * 64);
        Self {
            blocks: vec![[0; WORDS]; blocks],
        }
    }

    /// Puts a hash in.
    pub(super) fn put(&mut self, hash: u64) {
        let at = self.block_of(hash);
        if let Some(block) = self.blocks.get_mut(at) {
            for (word, bit) in block.iter_mut().zip(bits_of(hash)) {
                *word |= bit;
            }
        }
    }

    /// Returns whether a hash may have been put in.
    pub(super) fn may_have(&self, hash: u64) -> bool {
        self.blocks.get(self.block_of(hash)).is_some_and(|block| {
            block
                .iter()
                .zip(bits_of(hash))
                .all(|(word, bit)| word & bit != 0)
        })
    }

    fn block_of(&self, hash: u64) -> usize {
        let scaled = (u128::from(hash) * self.blocks.len() as u128) >> 64;
        usize::try_from(scaled).unwrap_or(0)
    }

    /// Returns the filter's bytes.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.blocks
            .as_flattened()
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect()
    }

    /// Returns the filter of these bytes.
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        let (words, _) = bytes.as_chunks::<8>();
        let (blocks, _) = words.as_chunks::<WORDS>();
        Self {
            blocks: blocks
                .iter()
                .map(|block| block.map(u64::from_le_bytes))
                .collect(),
        }
    }

    /// Returns how many bytes it takes.
    pub(super) const fn size(&self) -> usize {
        self.blocks.len() * WORDS * 8
    }
}

/// Returns one bit for each word of a block. The block is chosen by the hash's upper bits; these come from a
/// product in which all its bits have a say.
fn bits_of(hash: u64) -> impl Iterator<Item = u64> {
    let mixed = (hash ^ hash >> 31).wrapping_mul(ODD);
    let mixed = mixed ^ mixed >> 29;
    (0..WORDS).map(move |word| 1 << (mixed >> (word * 6) & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(from: u64, to: u64) -> impl Iterator<Item = u64> {
        (from..to).map(|n| super::super::entry::name_hash(&n.to_le_bytes()))
    }

    #[test]
    fn what_is_in_is_never_denied_and_little_else_is_found() {
        let mut filter = Filter::new(10_000, 12);
        hashes(0, 10_000).for_each(|hash| filter.put(hash));
        let filter = Filter::from_bytes(&filter.to_bytes());
        assert!(hashes(0, 10_000).all(|hash| filter.may_have(hash)));
        let wrong = hashes(10_000, 110_000)
            .filter(|hash| filter.may_have(*hash))
            .count();
        assert!(wrong < 1_000, "{wrong} of 100,000");
        assert_eq!(filter.size(), 10_000 * 12 / 512 * 64 + 64);
    }

    #[test]
    fn an_empty_filter_has_nothing() {
        assert!(hashes(0, 100).all(|hash| !Filter::default().may_have(hash)));
        assert!(hashes(0, 100).all(|hash| !Filter::new(0, 10).may_have(hash)));
    }
}
