//! Walks through a usual line, cell by cell.
//!
//! Owns: where a usual cell ends, which is found together with whether it is one. Does not own: which cells make a
//! message ([`super::row`]), and lines with any cell that is otherwise ([`super::csv`] has the long way for them).
//! Invariant: what is taken for an id or an instant is what the long way takes for one.

use super::instant;
use super::row::USUAL;
use earnest_core::units::Timestamp;

/// A line, and how far it was looked at.
pub(super) struct Scan<'l> {
    line: &'l str,
    at: usize,
}

impl<'l> Scan<'l> {
    pub(super) const fn of(line: &'l str) -> Self {
        Self { line, at: 0 }
    }

    fn rest(&self) -> &'l [u8] {
        self.line.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Takes an id, or the empty text where there is none; nothing where another text begins.
    #[inline]
    pub(super) fn id(&mut self) -> Option<&'l str> {
        let end = self.at + usual_length(self.rest());
        let id = self.line.get(self.at..end)?;
        self.at = end;
        (id.len() <= 128 && id != "." && id != "..").then_some(id)
    }

    /// Takes an instant: whole seconds in RFC 3339 with `Z`, or since 1970. Inside, nothing means an empty cell;
    /// outside, another text.
    #[inline]
    pub(super) fn instant(&mut self) -> Option<Option<Timestamp>> {
        let rest = self.rest();
        if matches!(rest, [] | [b',', ..]) {
            return Some(None);
        }
        if let Some(instant) = rest.get(..20).and_then(instant::plain) {
            self.at += 20;
            return Some(Some(instant));
        }
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        // Twelve digits hold every instant that there is, and surely fit.
        let text = self.line.get(self.at..self.at + digits.min(12))?;
        let seconds: i64 = text.parse().ok()?;
        self.at += text.len();
        Timestamp::from_millis(seconds * 1_000).map(Some)
    }

    /// Steps over a comma; nothing where there is none.
    #[inline]
    pub(super) fn comma(&mut self) -> Option<()> {
        let is_comma = self.rest().first() == Some(&b',');
        self.at += 1;
        is_comma.then_some(())
    }

    /// Returns whether all of the line was looked at.
    pub(super) const fn is_at_end(&self) -> bool {
        self.at == self.line.len()
    }
}

/// Returns how many of the first bytes are of those that ids are made of.
#[inline]
fn usual_length(bytes: &[u8]) -> usize {
    let (words, tail) = bytes.as_chunks();
    for (word, begin) in words.iter().zip((0..).step_by(8)) {
        let unusual = unusual(u64::from_le_bytes(*word));
        if unusual != 0 {
            return begin + unusual.trailing_zeros() as usize / 8;
        }
    }
    let is_usual = |byte: &u8| USUAL.get(usize::from(*byte)) == Some(&true);
    let in_tail = tail.iter().take_while(|byte| is_usual(byte)).count();
    bytes.len() - tail.len() + in_tail
}

/// Returns a word with the upper bit of each byte that no id is made of. Eight bytes are looked at at once, as the
/// lengths of ids are different each time, and a wrong guess at one takes longer than all of this.
#[inline]
const fn unusual(word: u64) -> u64 {
    /// Returns the upper bit of each byte that is at least `least`, of bytes below 128: none reaches into the next.
    const fn from(bytes: u64, least: u8) -> u64 {
        bytes + u64::from_ne_bytes([128 - least; 8])
    }
    const fn between(bytes: u64, first: u8, last: u8) -> u64 {
        from(bytes, first) & !from(bytes, last + 1)
    }
    const UPPER: u64 = u64::from_ne_bytes([128; 8]);
    let bytes = word & !UPPER;
    let usual = between(bytes, b'-', b'.')
        | between(bytes, b'0', b':')
        | between(bytes, b'@', b'Z')
        | between(bytes, b'_', b'_')
        | between(bytes, b'a', b'z');
    (word | !usual) & UPPER
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_byte_is_usual_in_a_word_where_it_is_by_itself() {
        for byte in 0..=u8::MAX {
            for place in 0..8 {
                let mut word = [b'a'; 8];
                word[place] = byte;
                let expected = if USUAL[usize::from(byte)] { 8 } else { place };
                assert_eq!(usual_length(&word), expected, "{byte} at {place}");
            }
        }
    }

    proptest! {
        #[test]
        fn the_length_is_that_of_a_walk(bytes in "[a-zA-Z0-9._:@-]{0,20}[,é\" ]?[a-z]{0,9}") {
            let walked = bytes.bytes().take_while(|byte| USUAL[usize::from(*byte)]).count();
            prop_assert_eq!(usual_length(bytes.as_bytes()), walked);
        }

        #[test]
        fn an_instant_is_what_the_long_way_takes(
            text in "[0-9]{1,14}|[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z|[0-9TZ:.+-]{1,20}",
        ) {
            let line = format!("{text},x");
            let mut scan = Scan::of(&line);
            if let Some(instant) = scan.instant()
                && scan.comma().is_some()
            {
                prop_assert_eq!(instant::read(&text).ok(), instant);
            }
        }
    }
}
