//! Chance that is the same on every machine.
//!
//! Owns: the one source of randomness. Does not own: what is drawn.
//! Invariant: what is drawn depends on the seed and the stream alone.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// Draws whole numbers.
#[derive(Debug, Clone)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// Returns the dice of a stream; streams of one seed have nothing to do with each other.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Self {
        // The key is spelt out, so that no library decides how a seed becomes one.
        let mut key = *b"earnest generate................";
        for (byte, part) in key.iter_mut().rev().zip(seed.to_be_bytes()) {
            *byte = part;
        }
        let mut chacha = ChaCha8Rng::from_seed(key);
        chacha.set_stream(stream);
        Self(chacha)
    }

    /// Returns a rank: any of 2^32 with equal chance.
    #[inline]
    pub fn rank(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Returns a number below `end`, all with the same chance but for one part in 2^32; 0 when `end` is 0.
    #[inline]
    pub fn below(&mut self, end: u32) -> u32 {
        scale(self.rank(), end)
    }

    /// Returns whether a chance of so many in 10,000 came true.
    #[inline]
    pub fn chance(&mut self, ten_thousandths: u32) -> bool {
        self.below(10_000) < ten_thousandths
    }

    /// Brings items into an order in which every one is as likely as another.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let end = u32::try_from(last).unwrap_or(u32::MAX).saturating_add(1);
            let other = usize::try_from(self.below(end)).unwrap_or(0);
            items.swap(last, other);
        }
    }
}

/// Returns so much of `whole` as `rank` is of 2^32, rounded down.
#[inline]
pub(super) fn scale(rank: u32, whole: u32) -> u32 {
    u32::try_from((u64::from(rank) * u64::from(whole)) >> 32).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_stream_draw_the_same() {
        let draw = |seed, stream| {
            let mut dice = Dice::new(seed, stream);
            [dice.rank(), dice.rank()]
        };
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(2, 1));
        assert_ne!(draw(0, 0), draw(1 << 63, 0));
    }

    #[test]
    fn a_shuffle_keeps_every_item() {
        let mut items: Vec<u32> = (0..1_000).collect();
        Dice::new(1, 0).shuffle(&mut items);
        assert!(!items.is_sorted());
        items.sort_unstable();
        assert!(items.into_iter().eq(0..1_000));
    }
}
