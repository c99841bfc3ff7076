//! A small seeded generator of numbers (splitmix64), so that a run is its seed.

/// A stream of numbers.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// Begins the stream that a seed stands for.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the next number.
    pub const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Returns a stream of its own, so that one more number here moves nothing there.
    #[must_use]
    pub const fn fork(&mut self) -> Self {
        Self(self.number())
    }

    /// Returns a number below `n`, which is at least 1.
    pub const fn below(&mut self, n: u64) -> u64 {
        self.number() % n
    }

    /// Returns a number from `low` to `high`, both included.
    pub const fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// Returns a number from `low` to `high`, both included, as a span of time.
    pub fn span(&mut self, low: u64, high: u64) -> i64 {
        i64::try_from(self.between(low, high)).unwrap_or(i64::MAX)
    }

    /// Returns true so many times in a hundred.
    pub const fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// Returns true so many times in a thousand.
    pub const fn rarely(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    /// Returns a place in a list that has `length` items, at least one.
    pub fn place(&mut self, length: usize) -> usize {
        let length = u64::try_from(length).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.below(length)).unwrap_or(0)
    }

    /// Returns one of several things, of which there is at least one.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.place(from.len())]
    }

    /// Returns one of several things; nothing where there is none.
    pub fn some<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        match from.is_empty() {
            true => None,
            false => Some(self.pick(from)),
        }
    }
}
