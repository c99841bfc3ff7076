//! Says how the entries of the index look: bytes that sort as they are read.
//!
//! Owns: the forms of entries, and what they are found by. Does not own: where they are kept.
//! Invariants: an entry says everything that it has to say in its own bytes, so that the same entry twice is
//! the same as once; ids have no zero byte, so one ends them.

use super::fault::{Step, corrupt};
use super::place::Place;
use earnest_core::units::{CampaignId, MemberId, MessageId, SeatId, Timestamp};
use sha2::{Digest, Sha256};

/// One entry, whole: the list that it belongs to, and what it says in it.
pub(super) type Entry = Vec<u8>;

/// The longest that an entry is behind its list.
const TAIL: usize = 23;

/// What an entry says in its list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Tail {
    length: u8,
    bytes: [u8; TAIL],
}

impl Tail {
    const EMPTY: Self = Self {
        length: 0,
        bytes: [0; TAIL],
    };

    fn push(&mut self, part: &[u8]) {
        let start = usize::from(self.length);
        // INVARIANT: no entry has more behind its list; a longer one would lose its end.
        if let Some(room) = self.bytes.get_mut(start..start + part.len()) {
            room.copy_from_slice(part);
            self.length += u8::try_from(part.len()).unwrap_or(u8::MAX);
        }
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        self.bytes
            .get(..usize::from(self.length))
            .unwrap_or_default()
    }
}

impl Ord for Tail {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_slice().cmp(other.as_slice())
    }
}

impl PartialOrd for Tail {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl std::fmt::Debug for Tail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_slice().fmt(f)
    }
}

/// An entry in two parts, as it is added to what is in memory.
#[derive(Debug, Clone)]
pub(super) enum Item {
    /// Says that an answer stands in a row of the log.
    Answer {
        /// The hash of its space and key.
        hash: u64,
        /// The row.
        pos: u64,
    },
    /// Any other entry.
    Listed {
        /// What all entries of the list begin with.
        list: Vec<u8>,
        /// What this one says.
        tail: Tail,
    },
}

const ANSWER: u8 = b'a';
const CAMPAIGN: u8 = b'c';
const EVENTS: u8 = b'e';
const INBOX: u8 = b'i';
const NAMED: u8 = b'n';
const SENT: u8 = b's';
const SEAT: u8 = b't';
/// Of the first of the three bytes that follow an instant, what belongs to the place.
const OF_INSTANT: u8 = 0x3f;
/// Stands there instead where the place is of another instant.
const ODD: u8 = 0x80;

/// Tells answers' keys apart, save by an accident that whoever looks one up rules out.
pub(super) fn hash_of(space: &str, key: &str) -> u64 {
    let mut hash = Sha256::new();
    hash.update(space.as_bytes());
    hash.update([0]);
    hash.update(key.as_bytes());
    first_word(&hash.finalize())
}

fn first_word(bytes: &[u8]) -> u64 {
    bytes
        .first_chunk()
        .map_or(0, |first| u64::from_be_bytes(*first))
}

/// Returns what all entries of an answer's hash begin with.
pub(super) fn answers(hash: u64) -> Vec<u8> {
    let mut entry = Vec::with_capacity(17);
    entry.push(ANSWER);
    entry.extend(hash.to_be_bytes());
    entry
}

/// Returns the hash whose answers all begin so, if they are answers.
pub(super) fn hash_of_answers(list: &[u8]) -> Option<u64> {
    let (kind, hash) = list.split_first()?;
    (*kind == ANSWER).then(|| first_word(hash))
}

/// Says that an answer stands in a row of the log.
pub(super) fn answer(hash: u64, pos: u64) -> Entry {
    let mut entry = answers(hash);
    entry.extend_from_slice(short(&pos.to_be_bytes()));
    entry
}

/// Returns what the entries of an id that is not of the made form begin with.
pub(super) fn named_as(id: &MessageId) -> Vec<u8> {
    text(NAMED, None, id.as_str())
}

/// Says where the message of an id that is not of the made form is kept.
pub(super) fn named(id: &MessageId, place: Place) -> Item {
    let mut tail = Tail::EMPTY;
    tail.push(&place.0.to_be_bytes());
    Item::Listed {
        list: named_as(id),
        tail,
    }
}

/// Returns what all entries of a member's inbox begin with.
pub(super) fn inbox_of(member: &MemberId) -> Vec<u8> {
    text(INBOX, None, member.as_str())
}

/// Returns what the entries of all messages of a contract begin with.
pub(super) fn sent_by(contract: u32) -> Vec<u8> {
    let mut entry = Vec::with_capacity(5);
    entry.push(SENT);
    entry.extend(contract.to_be_bytes());
    entry
}

/// Returns what the entries of all messages of a seat begin with.
pub(super) fn seat_of(contract: u32, seat: &SeatId) -> Vec<u8> {
    text(SEAT, Some(contract), seat.as_str())
}

/// Returns what the entries of all messages of a campaign begin with.
pub(super) fn campaign_of(contract: u32, campaign: &CampaignId) -> Vec<u8> {
    text(CAMPAIGN, Some(contract), campaign.as_str())
}

/// Says that a message belongs to the list whose entries begin so. Lists are in the order of sending: the
/// instant stands first, then what of the place the instant does not tell. That is three bytes where the place
/// is of the instant; else a mark that sorts behind those, and the place.
pub(super) fn listed(list: Vec<u8>, sent_at: Timestamp, place: Place) -> Item {
    let tail = stand(sent_at, place);
    Item::Listed { list, tail }
}

/// Returns a bound: what is in a list before a message.
pub(super) fn before_message(list: &[u8], sent_at: Timestamp, place: Place) -> Vec<u8> {
    [list, stand(sent_at, place).as_slice()].concat()
}

/// Returns where a message stands in every list that it is in.
fn stand(sent_at: Timestamp, place: Place) -> Tail {
    let mut tail = Tail::EMPTY;
    tail.push(&instant(sent_at));
    let bytes = place.0.to_be_bytes();
    if place.tells(sent_at) {
        let [.., high, middle, low] = bytes;
        tail.push(&[high & OF_INSTANT, middle, low]);
    } else {
        tail.push(&[ODD, 0, 0]);
        tail.push(&bytes);
    }
    tail
}

/// Returns the place of the message that an entry of a list says, behind so many bytes.
pub(super) fn place_of(entry: &[u8], behind: usize) -> Step<Place> {
    let place = || {
        let (instant, rest) = entry.get(behind..)?.split_first_chunk::<8>()?;
        let (low, rest) = rest.split_first_chunk::<3>()?;
        let [high, middle, last] = low.map(u64::from);
        if *low == [ODD, 0, 0] {
            return Some(u64::from_be_bytes(*rest.first_chunk()?));
        }
        let millis = u64::from_be_bytes(*instant) ^ 1 << 63;
        Some(millis << Place::BELOW_MILLIS | high << 16 | middle << 8 | last)
    };
    place()
        .map(Place)
        .ok_or_else(|| corrupt("an entry of the index is too short"))
}

/// Returns an instant's bytes, which sort as instants do.
const fn instant(at: Timestamp) -> [u8; 8] {
    (at.millis().cast_unsigned() ^ 1 << 63).to_be_bytes()
}

/// Returns a bound: what is in a list from an instant on.
pub(super) fn from_instant(list: &[u8], at: Timestamp) -> Vec<u8> {
    let mut bound = list.to_vec();
    bound.extend(instant(at));
    bound
}

/// Returns what the entries of a contract's events begin with.
pub(super) fn events_of(contract: u32) -> Vec<u8> {
    let mut entry = Vec::with_capacity(5);
    entry.push(EVENTS);
    entry.extend(contract.to_be_bytes());
    entry
}

/// Says in which row of the log a contract's events from a number on stand.
pub(super) fn events(contract: u32, first: u64, pos: u64) -> Item {
    let mut tail = Tail::EMPTY;
    tail.push(&first.to_be_bytes());
    tail.push(short(&pos.to_be_bytes()));
    Item::Listed {
        list: events_of(contract),
        tail,
    }
}

/// Returns a bound above all entries that begin so.
pub(super) fn end_of(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    end.extend([0xff; 24]);
    end
}

/// Returns a bound: what begins so, from this number on.
pub(super) fn from_number(prefix: &[u8], number: u64) -> Vec<u8> {
    let mut bound = prefix.to_vec();
    bound.extend(number.to_be_bytes());
    bound
}

/// Returns the eight bytes behind so many as a number.
pub(super) fn number_behind(entry: &[u8], behind: usize) -> Step<u64> {
    entry
        .get(behind..)
        .and_then(|rest| rest.first_chunk())
        .map(|bytes| u64::from_be_bytes(*bytes))
        .ok_or_else(|| corrupt("an entry of the index is too short"))
}

/// Returns the number that an entry ends with, behind so many bytes.
pub(super) fn number_at_end(entry: &[u8], behind: usize) -> Step<u64> {
    let rest = entry.get(behind..).unwrap_or_default();
    if rest.is_empty() || rest.len() > 8 {
        return Err(corrupt("an entry of the index has no number at its end"));
    }
    Ok(rest
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// Returns by what a filter knows an entry, where filters know its kind: those that are asked for one by one.
pub(super) fn filtered(entry: &[u8]) -> Option<u64> {
    match entry.split_first() {
        Some((&ANSWER, rest)) => Some(first_word(rest)),
        Some((&NAMED, rest)) => {
            let id = rest.split(|byte| *byte == 0).next().unwrap_or_default();
            Some(name_hash(id))
        }
        _ => None,
    }
}

/// Returns by what a filter knows an id that is not of the made form.
pub(super) fn name_hash(id: &[u8]) -> u64 {
    first_word(&Sha256::digest(id))
}

fn text(kind: u8, contract: Option<u32>, id: &str) -> Vec<u8> {
    let mut entry = Vec::with_capacity(id.len() + 2 + contract.map_or(0, |_| 4));
    entry.push(kind);
    if let Some(contract) = contract {
        entry.extend(contract.to_be_bytes());
    }
    entry.extend(id.as_bytes());
    entry.push(0);
    entry
}

/// Returns a number's bytes without the zeros that it begins with.
fn short(number: &[u8; 8]) -> &[u8] {
    let zeros = number.iter().take(7).take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(item: Item) -> Entry {
        match item {
            Item::Answer { hash, pos } => answer(hash, pos),
            Item::Listed { list, tail } => [&list, tail.as_slice()].concat(),
        }
    }

    #[test]
    fn an_entry_gives_back_what_was_put_in() {
        for pos in [0, 1, 255, 256, u64::MAX] {
            assert_eq!(number_at_end(&answer(7, pos), 9).unwrap(), pos);
            let entry = whole(events(3, 40, pos));
            assert_eq!(number_behind(&entry, 5).unwrap(), 40);
            assert_eq!(number_at_end(&entry, 13).unwrap(), pos);
        }
        assert_eq!(filtered(&answer(7, 9)), Some(7));
        let id = MessageId::new("m1").unwrap();
        assert_eq!(
            filtered(&whole(named(&id, Place(5)))),
            Some(name_hash(b"m1"))
        );
        assert_eq!(
            filtered(&whole(listed(sent_by(1), Timestamp::MIN, Place(5)))),
            None
        );
    }

    #[test]
    fn a_list_is_in_the_order_of_sending() {
        let at = |millis| Timestamp::from_millis(millis).unwrap();
        let sent = [
            (Timestamp::MIN, Place::other(Timestamp::MIN, 9)),
            (at(-1), Place::other(at(-1), 2)),
            (at(0), Place::other(at(0), 0)),
            (at(5), Place::other(at(5), 1)),
            (at(5), Place::other(at(5), 2_097_151)),
            (at(5), Place::of(&crate::message_id(at(7), 0)).unwrap()),
            (at(6), Place::of(&crate::message_id(at(6), 3)).unwrap()),
            (Timestamp::MAX, Place::other(Timestamp::MAX, 4)),
        ];
        let entries: Vec<_> = sent
            .iter()
            .map(|(at, place)| whole(listed(sent_by(1), *at, *place)))
            .collect();
        assert!(entries.is_sorted());
        for (entry, (_, place)) in entries.iter().zip(sent) {
            assert_eq!(place_of(entry, 5).unwrap(), place);
        }
        assert!(from_instant(&sent_by(1), at(5)) > entries[2]);
        assert!(from_instant(&sent_by(1), at(5)) < entries[3]);
    }

    #[test]
    fn a_list_does_not_run_into_the_next_one() {
        let of = |id: &str| inbox_of(&MemberId::new(id).unwrap());
        let end = end_of(&of("a"));
        assert!(whole(listed(of("a"), Timestamp::MAX, Place(u64::MAX))) < end);
        assert!(whole(listed(of("a1"), Timestamp::MIN, Place(0))) > end);
    }

    #[test]
    fn a_short_entry_is_corrupt() {
        assert!(number_behind(b"e123", 1).is_err());
        assert!(number_at_end(b"a12345678", 9).is_err());
        assert!(place_of(b"s123412345678", 5).is_err());
    }
}
