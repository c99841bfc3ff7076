//! Finds, for each message, the one before it from the same seat to the same member.
//!
//! Owns: these links. Does not own: what they are for (who has too many messages pending).
//! Invariant: a link is a place in the same contract, before the message's own, or [`NO_LINK`].

use super::Message;
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use std::hash::BuildHasher;

/// Stands for the link of a message that is its seat's first to its recipient.
pub(crate) const NO_LINK: u32 = u32::MAX;

/// Up to so many messages it is quicker to look at all of them than to fill a table.
const FEW: usize = 32;

/// Returns each message's link. The messages are a contract's, in order.
pub(super) fn links(messages: &[Message]) -> Vec<u32> {
    let mut links = vec![NO_LINK; messages.len()];
    if messages.len() <= FEW {
        link_few(messages, &mut links);
    } else {
        link_many(messages, &mut links);
    }
    links
}

fn pair(message: &Message) -> (u32, u32) {
    (message.seat(), message.recipient)
}

fn link_few(messages: &[Message], links: &mut [u32]) {
    for (at, (message, link)) in messages.iter().zip(links).enumerate() {
        let earlier = messages.get(..at).unwrap_or_default();
        let before = earlier.iter().rposition(|one| pair(one) == pair(message));
        *link = before
            .and_then(|before| u32::try_from(before).ok())
            .unwrap_or(NO_LINK);
    }
}

fn link_many(messages: &[Message], links: &mut [u32]) {
    let hasher = FixedState::default();
    // The newest message of each pair, by its place.
    let mut newest: HashTable<((u32, u32), u32)> = HashTable::with_capacity(messages.len());
    for ((place, message), link) in (0_u32..).zip(messages).zip(links) {
        let pair = pair(message);
        let entry = newest.entry(
            hasher.hash_one(pair),
            |(other, _)| *other == pair,
            |(other, _)| hasher.hash_one(other),
        );
        match entry {
            Entry::Occupied(mut entry) => *link = std::mem::replace(&mut entry.get_mut().1, place),
            Entry::Vacant(entry) => {
                entry.insert((pair, place));
            }
        }
    }
}
