//! Finds, for each message, the one before it from the same seat to the same member.
//!
//! Owns: these links. Does not own: what they are for (who has too many messages pending).
//! Invariant: a link is a place in the same contract, before the message's own, or [`NO_LINK`].

use super::Message;
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rayon::prelude::*;
use std::hash::BuildHasher;

/// Stands for the link of a message that is its seat's first to its recipient.
pub(crate) const NO_LINK: u32 = u32::MAX;

/// Up to so many messages it is quicker to look at all of them than to fill a table.
const FEW: usize = 32;

/// Returns each message's link. A contract's messages lie in order and begin where `begins` says.
pub(super) fn links(messages: &[Message], begins: &[usize]) -> Vec<u32> {
    let mut links = vec![NO_LINK; messages.len()];
    let mut parts = Vec::with_capacity(begins.len());
    let (mut messages, mut rest) = (messages, links.as_mut_slice());
    for pair in begins.windows(2) {
        let size = pair[1] - pair[0];
        let (part, after) = messages.split_at(size);
        let (list, after_list) = rest.split_at_mut(size);
        parts.push((part, list));
        (messages, rest) = (after, after_list);
    }
    parts.into_par_iter().for_each(|(part, list)| {
        if part.len() <= FEW {
            link_few(part, list);
        } else {
            link_many(part, list);
        }
    });
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
