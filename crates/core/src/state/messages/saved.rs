//! Saves the messages, and rebuilds the tables and cursors that follow from them.
//!
//! Owns: a saved row's layout, and what a row must hold for later reads of it to be safe. Does not own: the
//! lots and seats that rows name; the caller checks those with [`Messages::held_of_lots`] and
//! [`Messages::seats_named`].
//! Invariant: loaded messages equal the saved ones, look-ups included.

use super::row::{CHUNK, Chunk, NEVER, Row};
use super::{Counts, Credit, LapseCursor, Messages, Number, Status};
use crate::units::{Days, Timestamp};
use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashTable};
use serde::{Deserialize, Serialize, Serializer};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// One message as it is saved: small numbers stay small, and the text's place follows from the lengths.
#[derive(Serialize, Deserialize)]
struct SavedRow {
    /// Milliseconds since the chunk's message before was sent, or since 1970.
    sent_after: i64,
    /// Milliseconds since the send.
    seen_after: Option<i64>,
    answered_after: Option<i64>,
    seat: u32,
    lot: Option<u32>,
    credits: u32,
    version: u16,
    id_length: u8,
    to_length: u8,
    status: Status,
    stake: u8,
    talk: u8,
    flags: u8,
}

impl SavedRow {
    fn of(row: &Row, last: &mut i64) -> Self {
        let since_send = |at: i64| (at != NEVER).then(|| at.saturating_sub(row.sent_at));
        let sent_after = row.sent_at.saturating_sub(*last);
        *last = row.sent_at;
        Self {
            sent_after,
            seen_after: since_send(row.seen_at),
            answered_after: since_send(row.answered_at),
            seat: row.seat,
            lot: (row.lot != u32::MAX).then_some(row.lot),
            credits: row.credits,
            version: row.version,
            id_length: row.id_length,
            to_length: row.to_length,
            status: row.status,
            stake: row.stake,
            talk: row.talk,
            flags: row.flags,
        }
    }

    fn row(&self, last: &mut i64, text: &mut usize) -> Option<Row> {
        let since_send = |after: Option<i64>, sent_at: i64| match after {
            None => Some(NEVER),
            Some(after) => valid(sent_at.checked_add(after)?),
        };
        let sent_at = valid(last.checked_add(self.sent_after)?)?;
        let at = u32::try_from(*text).ok()?;
        *last = sent_at;
        *text = text
            .checked_add(usize::from(self.id_length))?
            .checked_add(usize::from(self.to_length))?;
        Some(Row {
            sent_at,
            seen_at: since_send(self.seen_after, sent_at)?,
            answered_at: since_send(self.answered_after, sent_at)?,
            text: at,
            seat: self.seat,
            lot: self.lot.unwrap_or(u32::MAX),
            credits: self.credits,
            version: self.version,
            id_length: self.id_length,
            to_length: self.to_length,
            status: self.status,
            stake: self.stake,
            talk: self.talk,
            flags: self.flags,
        })
    }
}

fn valid(millis: i64) -> Option<i64> {
    Timestamp::from_millis(millis).map(Timestamp::millis)
}

#[derive(Serialize, Deserialize)]
struct SavedChunk {
    text: String,
    rows: Vec<SavedRow>,
}

impl Serialize for Chunk {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut last = 0;
        let rows = self.rows.iter();
        SavedChunk {
            text: String::from_utf8_lossy(&self.text).into_owned(),
            rows: rows.map(|row| SavedRow::of(row, &mut last)).collect(),
        }
        .serialize(to)
    }
}

impl TryFrom<SavedChunk> for Chunk {
    type Error = &'static str;

    fn try_from(saved: SavedChunk) -> Result<Self, Self::Error> {
        if saved.rows.len() > CHUNK || !saved.text.is_ascii() {
            return Err("a chunk has its messages and their ids' text");
        }
        let (mut last, mut text) = (0, 0);
        let rows = saved.rows.iter().map(|row| row.row(&mut last, &mut text));
        let rows: Option<Vec<Row>> = rows.collect();
        match rows {
            Some(rows) if text == saved.text.len() => Ok(Self {
                rows,
                text: saved.text.into_bytes(),
            }),
            _ => Err("a message has its instants and its ids' text"),
        }
    }
}

/// What is saved of the messages.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedMessages {
    first: u64,
    #[serde(with = "chunks")]
    chunks: VecDeque<Arc<Chunk>>,
    /// The windows with a lapse cursor, in the order in which they were first sent under.
    cursors: Vec<Days>,
    stakes: BTreeMap<u64, Vec<(u32, u32)>>,
    reports: BTreeMap<u64, Timestamp>,
    counts: Counts,
}

/// Chunks are written as such; that they may be shared is no part of a snapshot.
mod chunks {
    use super::{Arc, Chunk, SavedChunk, VecDeque};
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(
        chunks: &VecDeque<Arc<Chunk>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(chunks.iter().map(|chunk| &**chunk))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<VecDeque<Arc<Chunk>>, D::Error> {
        struct Each(Arc<Chunk>);
        impl<'de> Deserialize<'de> for Each {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let chunk = Chunk::try_from(SavedChunk::deserialize(from)?);
                Ok(Self(Arc::new(chunk.map_err(de::Error::custom)?)))
            }
        }
        let each = VecDeque::<Each>::deserialize(from)?;
        Ok(each.into_iter().map(|Each(chunk)| chunk).collect())
    }
}

impl Messages {
    /// Returns what a snapshot keeps; the chunks are shared with it.
    pub(crate) fn to_saved(&self) -> SavedMessages {
        SavedMessages {
            first: self.first,
            chunks: self.chunks.clone(),
            cursors: self.cursors.iter().map(|cursor| cursor.window).collect(),
            stakes: self.stakes.clone(),
            reports: self.reports.clone(),
            counts: self.counts,
        }
    }

    /// Rebuilds the messages of versions with these response windows.
    pub(crate) fn rebuilt(saved: SavedMessages, windows: Vec<Days>) -> Result<Self, &'static str> {
        let count = count_in(&saved.chunks).ok_or("all chunks but the last are full")?;
        let next = saved.first.checked_add(count);
        let mut messages = Self {
            first: saved.first,
            next: next.ok_or("a message's number fits in 64 bits")?,
            chunks: saved.chunks,
            windows,
            stakes: saved.stakes,
            reports: saved.reports,
            counts: saved.counts,
            ..Self::new()
        };
        if !messages.first.is_multiple_of(CHUNK as u64) {
            return Err("the first message begins a chunk");
        }
        let cursors = saved.cursors.into_iter().map(|window| LapseCursor {
            window,
            next: messages.next,
        });
        messages.cursors = cursors.collect();
        messages.check_rows()?;
        let pending = messages.find_cursors()?;
        messages.index_all(pending);
        Ok(messages)
    }

    /// Checks what later reads of a row rely on, and counts the open stakes.
    fn check_rows(&mut self) -> Result<(), &'static str> {
        let (mut spread, mut reported, mut open) = (0_usize, 0_usize, 0_u64);
        let mut last = Timestamp::MIN.millis();
        for (number, row) in self.rows() {
            if row.sent_at < last {
                return Err("messages are in the order of sending");
            }
            last = row.sent_at;
            if usize::from(row.version) >= self.windows.len() {
                return Err("a message's version is known");
            }
            let held = row.credit() == Credit::Held;
            if held != (held && row.credits > 0) || row.is(Row::SPREAD) && !held {
                return Err("a stake has credits");
            }
            if row.is(Row::SPREAD) {
                spread = spread.saturating_add(1);
                if !self.is_whole(number, row.credits) {
                    return Err("a spread stake has its pieces");
                }
            }
            if row.is(Row::REPORTED) {
                reported = reported.saturating_add(1);
                if !self.reports.contains_key(&number) {
                    return Err("a report has its instant");
                }
            }
            open = open.saturating_add(u64::from(held));
        }
        if spread != self.stakes.len() || reported != self.reports.len() {
            return Err("what is noted of a message has its message");
        }
        self.open_stakes = open;
        Ok(())
    }

    fn is_whole(&self, number: u64, credits: u32) -> bool {
        self.stakes.get(&number).is_some_and(|pieces| {
            let sum: u64 = pieces.iter().map(|(_, part)| u64::from(*part)).sum();
            sum == u64::from(credits)
        })
    }

    /// Puts each lapse cursor on the first pending message of its window; returns how many are pending.
    fn find_cursors(&mut self) -> Result<usize, &'static str> {
        let mut cursors = self.cursors.clone();
        let mut pending = 0_usize;
        for (number, row) in self.rows() {
            if row.status != Status::Pending {
                continue;
            }
            pending = pending.saturating_add(1);
            let window = self.window(row.version);
            let cursor = cursors.iter_mut().find(|cursor| cursor.window == window);
            let cursor = cursor.ok_or("a pending message has its window")?;
            cursor.next = cursor.next.min(number);
        }
        self.cursors = cursors;
        Ok(pending)
    }

    /// Fills the look-up tables, each made at once in its full size.
    fn index_all(&mut self, pending: usize) {
        let all = usize::try_from(self.next.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.by_id = HashTable::with_capacity(all);
        self.pending = HashTable::with_capacity(pending);
        let mut ids = Vec::with_capacity(all);
        let mut pairs = Vec::with_capacity(pending);
        for number in self.first..self.next {
            let message = self.get(Number(number));
            ids.push((self.hash_id(message.id_str()), number));
            if message.status() == Status::Pending {
                let to = message.recipient().as_bytes();
                pairs.push((self.hash_pair(message.seat(), to), number));
            }
        }
        for (hash, number) in in_order_of(&self.by_id, ids) {
            self.index_id(number, hash);
        }
        for (hash, number) in in_order_of(&self.pending, pairs) {
            self.index_pending(number, hash);
        }
    }

    fn rows(&self) -> impl Iterator<Item = (u64, &Row)> {
        let rows = self.chunks.iter().flat_map(|chunk| &chunk.rows);
        (self.first..).zip(rows)
    }

    /// Returns what the open stakes hold of each lot.
    pub(crate) fn held_of_lots(&self) -> HashMap<u32, u64, FixedState> {
        let mut held = HashMap::<u32, u64, _>::with_hasher(self.hasher.clone());
        let mut add = |lot: u32, part: u32| {
            let sum = held.entry(lot).or_default();
            *sum = sum.saturating_add(u64::from(part));
        };
        for (_, row) in self.rows() {
            if row.credit() == Credit::Held && !row.is(Row::SPREAD) {
                add(row.lot, row.credits);
            }
        }
        let pieces = self.stakes.values().flatten();
        pieces.for_each(|(lot, part)| add(*lot, *part));
        held
    }

    /// Returns whether the message is kept here, and not just recalled.
    pub(crate) fn keeps(&self, number: Number) -> bool {
        (self.first..self.next).contains(&number.0)
    }

    /// Returns the highest number of a seat that a message names, and one more.
    pub(crate) fn seats_named(&self) -> u64 {
        let seats = self.rows().map(|(_, row)| u64::from(row.seat));
        seats.max().map_or(0, |most| most.saturating_add(1))
    }
}

/// Returns how many messages there are, where all chunks but the last are full and none is empty.
fn count_in(chunks: &VecDeque<Arc<Chunk>>) -> Option<u64> {
    let mut count = 0_u64;
    for (at, chunk) in chunks.iter().enumerate() {
        let is_last = at.saturating_add(1) == chunks.len();
        let rows = chunk.rows.len();
        if rows == 0 || rows < CHUNK && !is_last {
            return None;
        }
        count = count.checked_add(u64::try_from(rows).ok()?)?;
    }
    // Tables keep numbers in 32 bits.
    (count < u64::from(u32::MAX)).then_some(count)
}

/// Sorts entries by where they will lie in a table: filled in this order, it is filled several times as fast.
fn in_order_of(table: &HashTable<u32>, mut entries: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    let buckets = u64::try_from(table.num_buckets()).unwrap_or(u64::MAX);
    let mask = buckets.saturating_sub(1);
    entries.sort_unstable_by_key(|(hash, _)| hash & mask);
    entries
}
