//! Makes ids of messages that sort by time: 42 bits of milliseconds and 21 bits that tell messages of one
//! millisecond apart, written as 13 characters.
//!
//! Owns: the form of made ids. A store may keep a message under the number that its id spells, so that new
//! messages are written at the end of what is there.

use earnest_core::units::{MessageId, Timestamp};

/// The characters of a made id: digits and lower-case letters without `i`, `l`, `o` and `u`.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// How many characters spell 63 bits (and two bits that are always 0).
const LENGTH: usize = 13;
const LOW_BITS: u32 = 21;
const TIME_MOST: i64 = (1 << 42) - 1;

/// Where a message stands in the order of sending, over all contracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Number(pub(crate) u64);

impl Number {
    /// Returns a number for a message sent at `at`; of `low` 21 bits count.
    pub(crate) const fn new(at: Timestamp, low: u64) -> Self {
        let millis = at.millis();
        // Instants before 1970 and after 2109 are told apart by their low bits alone.
        let millis = if millis < 0 {
            0
        } else if millis > TIME_MOST {
            TIME_MOST
        } else {
            millis
        };
        Self(millis.unsigned_abs() << LOW_BITS | low & ((1 << LOW_BITS) - 1))
    }

    /// Returns the id that spells the number.
    pub(crate) fn spell(self) -> String {
        (0..LENGTH)
            .rev()
            .map(|place| {
                let digit = self.0 >> (place * 5) & 31;
                char::from(DIGITS[usize::try_from(digit).unwrap_or(0)])
            })
            .collect()
    }

    /// Returns the number that an id spells, where it is of the made form.
    pub(crate) fn of(id: &str) -> Option<Self> {
        let bytes = id.as_bytes();
        if bytes.len() != LENGTH {
            return None;
        }
        let mut number: u128 = 0;
        for byte in bytes {
            let digit = DIGITS.iter().position(|digit| digit == byte)?;
            number = number << 5 | u128::try_from(digit).ok()?;
        }
        let number = u64::try_from(number).ok()?;
        (number >> 63 == 0).then_some(Self(number))
    }
}

/// Makes an id for a message sent at `at`. Of `low`, which tells the messages of one millisecond apart, 21 bits
/// count.
///
/// # Panics
/// Never: what is made is an id.
#[must_use]
#[expect(clippy::expect_used, reason = "13 letters and digits are an id")]
pub fn message_id(at: Timestamp, low: u64) -> MessageId {
    MessageId::new(Number::new(at, low).spell()).expect("a made id is an id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_id_spells_its_number() {
        for (at, low) in [
            (0, 0),
            (1_790_000_000_123, 2_097_151),
            (TIME_MOST, 2_097_151),
        ] {
            let number = Number::new(Timestamp::from_millis(at).unwrap(), low);
            assert_eq!(Number::of(&number.spell()), Some(number));
        }
    }

    #[test]
    fn made_ids_sort_by_time() {
        let at = |millis| Timestamp::from_millis(millis).unwrap();
        let (a, b) = (message_id(at(1_000), 77), message_id(at(1_001), 3));
        assert!(a < b);
    }

    #[test]
    fn another_id_spells_no_number() {
        for id in ["m1", "", "0000000000000!", "zzzzzzzzzzzzz", "000000000000A"] {
            assert_eq!(Number::of(id), None, "{id}");
        }
    }
}
