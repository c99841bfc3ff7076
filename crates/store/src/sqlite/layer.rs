//! Holds the newest entries in memory, by the list that they belong to.
//!
//! Owns: how they lie there: a commit adds to the ends of lists, and sorts nothing. Does not own: which stretch
//! of the log a layer is about ([`index`](super::index)).
//! Invariants: within a list entries are sorted, each once; lists sort as their entries do, for no list begins
//! with another.

use super::entry::{self, Item, Tail};
use super::index::Range;
use hashbrown::HashMap;

/// The entries of some stretch of the log.
#[derive(Debug, Default)]
pub(super) struct Layer {
    /// The end of the stretch.
    pub(super) to: u64,
    /// How many messages or rows of the log, whichever are more.
    pub(super) weight: usize,
    entries: usize,
    lists: HashMap<Vec<u8>, Tails>,
    /// Where answers stand, by their hash: there are as many lists of these as entries.
    answers: HashMap<u64, u64>,
    /// Answers whose hash another one has too.
    more_answers: Vec<(u64, u64)>,
}

/// Most lists have one entry.
#[derive(Debug)]
enum Tails {
    One(Tail),
    Many(Vec<Tail>),
}

impl Layer {
    /// Adds an entry.
    pub(super) fn add(&mut self, item: Item) {
        self.entries += 1;
        match item {
            Item::Answer { hash, pos } => {
                let before = self.answers.insert(hash, pos);
                self.more_answers
                    .extend(before.filter(|it| *it != pos).map(|it| (hash, it)));
            }
            Item::Listed { list, tail } => match self.lists.get_mut(&list) {
                Some(tails) => tails.add(tail),
                None => drop(self.lists.insert(list, Tails::One(tail))),
            },
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// Returns how many entries there are, some perhaps counted twice.
    pub(super) const fn len(&self) -> usize {
        self.entries
    }

    /// Adds at most so many entries of a range to `found`, in the range's order.
    pub(super) fn find(&self, range: &Range, most: usize, found: &mut Vec<Vec<u8>>) {
        let list = range.list();
        if let Some(hash) = entry::hash_of_answers(list) {
            let entries = self.answers_of(hash).map(|pos| entry::answer(hash, pos));
            found.extend(entries.take(most));
            return;
        }
        let Some(tails) = self.lists.get(list) else {
            return;
        };
        let tails = tails.as_slice();
        let (from, to) = range.tails();
        let start = tails.partition_point(|tail| tail.as_slice() < from);
        let end = tails.partition_point(|tail| tail.as_slice() < to);
        let inside = tails.get(start..end).unwrap_or_default();
        let whole = |tail: &Tail| [list, tail.as_slice()].concat();
        if range.backwards {
            found.extend(inside.iter().rev().take(most).map(whole));
        } else {
            found.extend(inside.iter().take(most).map(whole));
        }
    }

    /// Returns whether a list has an entry.
    pub(super) fn has(&self, list: &[u8]) -> bool {
        match entry::hash_of_answers(list) {
            Some(hash) => self.answers.contains_key(&hash),
            None => self.lists.contains_key(list),
        }
    }

    fn answers_of(&self, hash: u64) -> impl Iterator<Item = u64> {
        let more = self.more_answers.iter().filter(move |(it, _)| *it == hash);
        self.answers
            .get(&hash)
            .copied()
            .into_iter()
            .chain(more.map(|(_, pos)| *pos))
    }

    /// Returns all entries in order.
    pub(super) fn sorted(&self) -> Sorted {
        let mut answers: Vec<(u64, u64)> = self
            .answers
            .iter()
            .map(|(hash, pos)| (*hash, *pos))
            .collect();
        answers.extend(&self.more_answers);
        let mut answers: Vec<_> = answers
            .into_iter()
            .map(|(hash, pos)| entry::answer(hash, pos))
            .collect();
        answers.sort_unstable();
        answers.dedup();
        let mut lists: Vec<_> = self.lists.iter().collect();
        lists.sort_unstable_by_key(|(list, _)| *list);
        let mut sorted = Sorted::default();
        // Their kind is the first of all.
        answers.iter().for_each(|entry| sorted.push(&[entry]));
        for (list, tails) in lists {
            tails
                .as_slice()
                .iter()
                .for_each(|tail| sorted.push(&[list, tail.as_slice()]));
        }
        sorted
    }
}

impl Tails {
    fn add(&mut self, tail: Tail) {
        match self {
            Self::One(one) if *one == tail => {}
            Self::One(one) => {
                let one = *one;
                *self = Self::Many(if one < tail {
                    vec![one, tail]
                } else {
                    vec![tail, one]
                });
            }
            Self::Many(many) => {
                if many.last().is_some_and(|last| *last < tail) {
                    many.push(tail);
                } else if let Err(at) = many.binary_search(&tail) {
                    many.insert(at, tail);
                }
            }
        }
    }

    fn as_slice(&self) -> &[Tail] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// Entries in order, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Sorted {
    fn push(&mut self, parts: &[&[u8]]) {
        parts
            .iter()
            .for_each(|part| self.bytes.extend_from_slice(part));
        self.ends.push(self.bytes.len());
    }

    /// Returns an entry by its place in the order.
    pub(super) fn get(&self, at: usize) -> Option<&[u8]> {
        let end = *self.ends.get(at)?;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before));
        self.bytes.get(start.copied().unwrap_or(0)..end)
    }

    /// Returns all entries.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len()).filter_map(|at| self.get(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::place::Place;
    use earnest_core::units::Timestamp;

    fn listed(contract: u32, millis: i64) -> Item {
        let at = Timestamp::from_millis(millis).unwrap();
        entry::listed(entry::sent_by(contract), at, Place::other(at, 1))
    }

    fn layer() -> Layer {
        let mut layer = Layer::default();
        for n in [5, 3, 9, 3, 300, 7] {
            layer.add(listed(2, n));
            layer.add(listed(1, n * 2));
            layer.add(Item::Answer {
                hash: 1 << 40 | n.unsigned_abs(),
                pos: 70 - n.unsigned_abs() % 50,
            });
        }
        layer.add(Item::Answer { hash: 77, pos: 1 });
        layer.add(Item::Answer { hash: 77, pos: 2 });
        layer.add(Item::Answer { hash: 77, pos: 2 });
        layer
    }

    #[test]
    fn entries_come_out_sorted_and_once() {
        let sorted = layer().sorted();
        let entries: Vec<_> = sorted.iter().collect();
        assert!(entries.is_sorted());
        assert_eq!(entries.len(), 5 + 5 + 5 + 2);
        assert_eq!(sorted.get(entries.len()), None);
    }

    #[test]
    fn a_range_is_found_from_both_ends() {
        let layer = layer();
        let list = entry::sent_by(2);
        let from = Timestamp::from_millis(4).unwrap();
        let mut range = Range::new(
            &list,
            entry::from_instant(&list, from),
            entry::end_of(&list),
            false,
        );
        let mut forwards = Vec::new();
        layer.find(&range, 9, &mut forwards);
        assert_eq!(forwards.len(), 4);
        range.backwards = true;
        let mut backwards = Vec::new();
        layer.find(&range, 9, &mut backwards);
        backwards.reverse();
        assert_eq!(backwards, forwards);
        assert!(layer.has(&list) && !layer.has(&entry::sent_by(3)));
    }

    #[test]
    fn answers_of_one_hash_are_all_found() {
        let layer = layer();
        let list = entry::answers(77);
        let range = Range::new(&list, list.clone(), entry::end_of(&list), false);
        let mut found = Vec::new();
        layer.find(&range, 9, &mut found);
        found.sort();
        assert_eq!(found, [entry::answer(77, 1), entry::answer(77, 2)]);
        assert!(layer.has(&list) && !layer.has(&entry::answers(78)));
    }
}
