//! Packs sorted entries into blocks, and unpacks them.
//!
//! Owns: the form of a block: for each entry how many bytes it shares with the one before, how many follow,
//! and those; at the end a sum over all of it. Does not own: where blocks are kept.
//! Invariant: a block whose bytes were changed is found to be corrupt, never misread and never a panic.

use super::fault::{Step, corrupt};

const SUM_BYTES: usize = 8;

/// Packs entries, given in order.
#[derive(Debug, Default)]
pub(super) struct Packer {
    first: Vec<u8>,
    last: Vec<u8>,
    bytes: Vec<u8>,
}

impl Packer {
    /// Adds an entry that sorts behind the one before.
    pub(super) fn push(&mut self, entry: &[u8]) {
        if self.bytes.is_empty() {
            self.first = entry.to_vec();
        }
        let same = |(a, b): &(&u8, &u8)| a == b;
        let shared = self.last.iter().zip(entry).take_while(same).count();
        let rest = entry.get(shared..).unwrap_or_default();
        push_length(&mut self.bytes, shared);
        push_length(&mut self.bytes, rest.len());
        self.bytes.extend_from_slice(rest);
        self.last.truncate(shared);
        self.last.extend_from_slice(rest);
    }

    /// Returns how many bytes the block has so far.
    pub(super) const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Ends the block: its first entry, and its bytes.
    pub(super) fn finish(&mut self) -> (Vec<u8>, Vec<u8>) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.extend(sum_of(&bytes).to_le_bytes());
        self.last.clear();
        (std::mem::take(&mut self.first), bytes)
    }
}

/// An unpacked block.
#[derive(Debug, Default)]
pub(super) struct Block {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Block {
    /// Unpacks a block.
    pub(super) fn read(packed: &[u8]) -> Step<Self> {
        let (body, sum) = packed
            .split_last_chunk::<SUM_BYTES>()
            .ok_or_else(|| corrupt("a block of the index is too short"))?;
        if sum_of(body) != u64::from_le_bytes(*sum) {
            return Err(corrupt("a block of the index has changed"));
        }
        let mut block = Self {
            bytes: Vec::with_capacity(body.len() * 2),
            ends: Vec::with_capacity(body.len() / 8),
        };
        let mut rest = body;
        while !rest.is_empty() {
            rest = block
                .take(rest)
                .ok_or_else(|| corrupt("a block of the index is no block"))?;
        }
        Ok(block)
    }

    fn take<'a>(&mut self, packed: &'a [u8]) -> Option<&'a [u8]> {
        let (shared, packed) = take_length(packed)?;
        let (fresh, packed) = take_length(packed)?;
        let (fresh, packed) = packed.split_at_checked(fresh)?;
        let before = self
            .get(self.ends.len().wrapping_sub(1))
            .unwrap_or_default();
        if shared > before.len() {
            return None;
        }
        let from = self.bytes.len() - before.len();
        self.bytes.extend_from_within(from..from + shared);
        self.bytes.extend_from_slice(fresh);
        self.ends.push(self.bytes.len());
        Some(packed)
    }

    /// Returns how many entries there are.
    pub(super) const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns an entry.
    pub(super) fn get(&self, at: usize) -> Option<&[u8]> {
        let end = *self.ends.get(at)?;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before));
        self.bytes.get(start.copied().unwrap_or(0)..end)
    }

    /// Returns how many entries are less than a bound.
    pub(super) fn below(&self, bound: &[u8]) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.get(middle).is_some_and(|entry| entry < bound) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "seven bits are left of each"
)]
fn push_length(bytes: &mut Vec<u8>, mut length: usize) {
    while length >= 0x80 {
        bytes.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push((length & 0x7f) as u8);
}

fn take_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut length = 0;
    for (at, byte) in bytes.iter().enumerate().take(4) {
        length |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((length, bytes.get(at + 1..)?));
        }
    }
    None
}

/// Returns a sum that changes with every byte. It guards against accidents, not against anybody's intent.
fn sum_of(bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut sum = ODD ^ bytes.len() as u64;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        sum = (sum ^ u64::from_le_bytes(*word))
            .wrapping_mul(ODD)
            .rotate_left(29);
    }
    for byte in rest {
        sum = (sum ^ u64::from(*byte)).wrapping_mul(ODD).rotate_left(29);
    }
    sum ^ sum >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Vec<Vec<u8>> {
        let mut entries: Vec<_> = (0..500_u32)
            .map(|n| format!("member-{}", n * 7919 % 1000).into_bytes())
            .collect();
        entries.push(vec![b'x'; 300]);
        entries.sort();
        entries.dedup();
        entries
    }

    fn packed() -> Vec<u8> {
        let mut packer = Packer::default();
        for entry in entries() {
            packer.push(&entry);
        }
        let (first, bytes) = packer.finish();
        assert_eq!(first, entries()[0]);
        bytes
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let bytes = packed();
        let block = Block::read(&bytes).unwrap();
        let entries = entries();
        assert_eq!(block.len(), entries.len());
        for (at, entry) in entries.iter().enumerate() {
            assert_eq!(block.get(at), Some(entry.as_slice()));
            assert_eq!(block.below(entry), at);
        }
        assert_eq!(block.below(b"zzz"), entries.len());
        assert!(bytes.len() < entries.iter().map(Vec::len).sum::<usize>());
    }

    #[test]
    fn a_changed_block_is_corrupt() {
        let bytes = packed();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x10;
            assert!(Block::read(&changed).is_err(), "byte {at}");
            assert!(Block::read(&bytes[..at]).is_err(), "first {at} bytes");
        }
    }

    #[test]
    fn bytes_that_add_up_but_are_no_block_are_corrupt() {
        for body in [&[5_u8, 1, 9][..], &[0, 200], &[0x80, 0x80, 0x80, 0x80, 1]] {
            let mut bytes = body.to_vec();
            bytes.extend(sum_of(body).to_le_bytes());
            assert!(Block::read(&bytes).is_err());
        }
    }
}
