//! Holds the messages of one contract, densely: a million open stakes fit in 100 MB.
//!
//! Owns: each message's row, the ids' text, the look-up by id, the pending messages between a seat and a
//! member, and the order in which messages lapse. Does not own: what a response or a lapse means.
//! Invariants: numbers follow the order of sending and `sent_at` never goes back along them; a lapse
//! cursor points to a pending message of its window or past the last message.

mod aside;
mod message;
mod outcome;
mod row;
mod saved;

pub(crate) use aside::has_ended;
pub use aside::{RecallError, Recalled};
pub(crate) use message::Message;
pub(crate) use outcome::Answer;
pub use outcome::{Conversation, Counts, Credit, LostAtOnce, SettledBy, Status};
pub(crate) use saved::SavedMessages;

use crate::invariant::known;
use crate::policy::ResponseKind;
use crate::units::{Days, Timestamp};
use aside::Aside;
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use message::instant;
use row::{CHUNK, Chunk, NEVER, Row, text_of};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::collections::{BTreeMap, VecDeque};
use std::hash::BuildHasher;
use std::sync::Arc;

/// A message's number in its contract, in the order of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Number(u64);

#[derive(Debug, Clone, PartialEq, Eq)]
struct LapseCursor {
    window: Days,
    next: u64,
}

/// What a new message brings.
pub(crate) struct NewMessage<'a> {
    pub(crate) id: &'a str,
    pub(crate) to: &'a str,
    pub(crate) seat: u32,
    pub(crate) at: Timestamp,
    pub(crate) version: u16,
    pub(crate) credits: u32,
    pub(crate) bulk: bool,
    /// The lots that the stake was drawn from, with how many credits of each.
    pub(crate) stake: &'a [(u32, u32)],
}

/// The messages of a contract.
#[derive(Debug, Clone)]
pub(crate) struct Messages {
    /// Shared with copies of the state until one of them writes.
    chunks: VecDeque<Arc<Chunk>>,
    /// The number of the first message still here; a multiple of `CHUNK`.
    first: u64,
    /// The next message's number.
    next: u64,
    by_id: HashTable<u32>,
    pending: HashTable<u32>,
    hasher: FixedState,
    /// The response window of each policy version.
    windows: Vec<Days>,
    cursors: SmallVec<[LapseCursor; 1]>,
    stakes: BTreeMap<u64, Vec<(u32, u32)>>,
    reports: BTreeMap<u64, Timestamp>,
    open_stakes: u64,
    counts: Counts,
    /// Forgotten messages that the caller has brought back for a while.
    aside: Aside,
}

/// Compares what is kept; the look-up tables follow from it, and what was recalled is not kept.
impl PartialEq for Messages {
    fn eq(&self, other: &Self) -> bool {
        self.chunks == other.chunks
            && self.first == other.first
            && self.next == other.next
            && self.windows == other.windows
            && self.cursors == other.cursors
            && self.stakes == other.stakes
            && self.reports == other.reports
            && self.open_stakes == other.open_stakes
            && self.counts == other.counts
    }
}

impl Messages {
    pub(crate) fn new() -> Self {
        Self {
            chunks: VecDeque::new(),
            first: 0,
            next: 0,
            by_id: HashTable::new(),
            pending: HashTable::new(),
            hasher: FixedState::with_seed(0x6561_726e_6573_7400),
            windows: Vec::new(),
            cursors: SmallVec::new(),
            stakes: BTreeMap::new(),
            reports: BTreeMap::new(),
            open_stakes: 0,
            counts: Counts::default(),
            aside: Aside::default(),
        }
    }

    /// Notes the response window of the next policy version.
    pub(crate) fn add_window(&mut self, window: Days) {
        self.windows.push(window);
    }

    pub(crate) fn window(&self, version: u16) -> Days {
        *known(
            self.windows.get(usize::from(version)),
            "a message's version is known",
        )
    }

    pub(crate) const fn counts(&self) -> Counts {
        self.counts
    }

    pub(crate) const fn open_stakes(&self) -> u64 {
        self.open_stakes
    }

    /// Returns how many messages are kept here.
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    fn place(&self, number: u64) -> Option<(usize, usize)> {
        let offset = usize::try_from(number.checked_sub(self.first)?).ok()?;
        Some((offset / CHUNK, offset % CHUNK))
    }

    fn row(&self, number: u64) -> Option<(&Chunk, &Row)> {
        let (chunk, row) = self.place(number)?;
        match self.chunks.get(chunk) {
            Some(chunk) => Some((chunk, chunk.rows.get(row)?)),
            None => self.aside.row(number),
        }
    }

    fn row_mut(&mut self, number: Number) -> &mut Row {
        let place = self.place(number.0);
        let kept = place.and_then(|(chunk, row)| {
            let chunk = Arc::make_mut(self.chunks.get_mut(chunk)?);
            chunk.rows.get_mut(row)
        });
        let row = kept.or_else(|| self.aside.row_mut(number.0));
        known(row, "a message's number is known")
    }

    /// Returns the full number of one that a table keeps in 32 bits.
    fn widen(&self, short: u32) -> u64 {
        self.first
            .saturating_add(u64::from(short.wrapping_sub(shorten(self.first))))
    }

    pub(crate) fn get(&self, number: Number) -> Message<'_> {
        known(self.try_get(number), "a message's number is known")
    }

    /// Returns the message, unless it has been forgotten.
    pub(crate) fn try_get(&self, number: Number) -> Option<Message<'_>> {
        let (chunk, row) = self.row(number.0)?;
        Some(Message {
            number,
            row,
            chunk,
            messages: self,
        })
    }

    /// Returns the message of that id, also one that was recalled.
    pub(crate) fn find(&self, id: &str) -> Option<Message<'_>> {
        let hash = self.hash_id(id);
        let short = self.by_id.find(hash, |short| {
            self.row(self.widen(*short))
                .is_some_and(|(chunk, row)| text_of(chunk, row, 0, row.id_length) == id.as_bytes())
        });
        let number = match short {
            Some(short) => self.widen(*short),
            None => self.aside.find(id)?,
        };
        Some(self.get(Number(number)))
    }

    /// Returns about how many bytes are held.
    pub(crate) fn weight(&self) -> usize {
        let noted = self.stakes.len().saturating_mul(96);
        let reported = self.reports.len().saturating_mul(32);
        let chunks = self.chunks.iter().map(|chunk| chunk.weight());
        chunks
            .chain([self.by_id.allocation_size(), self.pending.allocation_size()])
            .chain([noted, reported, self.aside.weight()])
            .fold(0, usize::saturating_add)
    }

    /// Returns whether any message was ever forgotten.
    pub(crate) const fn forgets(&self) -> bool {
        self.first > 0
    }

    /// Returns how many messages from `seat` to the member are pending.
    pub(crate) fn pending(&self, seat: u32, to: &str) -> u32 {
        let count = self.pending_to(seat, to).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Returns the pending messages from `seat` to the member, in no order.
    pub(crate) fn pending_to<'a>(
        &'a self,
        seat: u32,
        to: &'a str,
    ) -> impl Iterator<Item = Message<'a>> + 'a {
        self.pending
            .iter_hash(self.hash_pair(seat, to.as_bytes()))
            .map(|short| self.get(Number(self.widen(*short))))
            .filter(move |message| message.seat() == seat && message.recipient() == to)
    }

    /// Returns the open stake whose deadline comes first.
    pub(crate) fn next_open_stake(&self) -> Option<Message<'_>> {
        if self.open_stakes == 0 {
            return None;
        }
        let open = |cursor: &LapseCursor| {
            (cursor.next..self.next)
                .map(|number| self.get(Number(number)))
                .find(|message| {
                    message.credit() == Credit::Held
                        && message.status() == Status::Pending
                        && self.window(message.version()) == cursor.window
                })
        };
        let first = self.cursors.iter().filter_map(open);
        first.min_by_key(|message| (message.deadline(), message.number))
    }

    /// Returns the messages from the newest back.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = Message<'_>> {
        (self.first..self.next)
            .rev()
            .map(|number| self.get(Number(number)))
    }

    fn hash_id(&self, id: &str) -> u64 {
        self.hasher.hash_one(id.as_bytes())
    }

    fn hash_pair(&self, seat: u32, to: &[u8]) -> u64 {
        self.hasher.hash_one((seat, to))
    }

    pub(crate) fn push(&mut self, new: &NewMessage<'_>) -> Number {
        let number = self.next;
        self.next = known(number.checked_add(1), "a counter never overflows");
        let spread = new.stake.len() > 1;
        if spread {
            self.stakes.insert(number, new.stake.to_vec());
        }
        let chunk = self.chunk_for_one_more();
        let mut row = Row {
            sent_at: new.at.millis(),
            seen_at: NEVER,
            answered_at: NEVER,
            text: known(
                u32::try_from(chunk.text.len()).ok(),
                "a chunk's text is below 4 GiB",
            ),
            seat: new.seat,
            lot: new.stake.first().map_or(u32::MAX, |(lot, _)| *lot),
            credits: new.credits,
            version: new.version,
            id_length: known(
                u8::try_from(new.id.len()).ok(),
                "an id is at most 128 bytes",
            ),
            to_length: known(
                u8::try_from(new.to.len()).ok(),
                "an id is at most 128 bytes",
            ),
            status: Status::Pending,
            stake: 0,
            talk: 0,
            flags: if new.bulk { Row::BULK } else { 0 } | if spread { Row::SPREAD } else { 0 },
        };
        let held = match new.credits {
            0 => Credit::None,
            _ => Credit::Held,
        };
        row.set_credit(held, None);
        chunk.text.extend_from_slice(new.id.as_bytes());
        chunk.text.extend_from_slice(new.to.as_bytes());
        chunk.rows.push(row);
        self.counts.sent = self.counts.sent.saturating_add(1);
        if new.credits > 0 {
            self.open_stakes = self.open_stakes.saturating_add(1);
        }
        self.index_id(number, self.hash_id(new.id));
        self.index_pending(number, self.hash_pair(new.seat, new.to.as_bytes()));
        self.queue_lapse(number, self.window(new.version));
        Number(number)
    }

    fn chunk_for_one_more(&mut self) -> &mut Chunk {
        if self
            .chunks
            .back()
            .is_none_or(|last| last.rows.len() == CHUNK)
        {
            // The first chunk grows with a small contract; a contract that fills one will fill the next.
            let (rows, text) = match self.chunks.back() {
                None => (0, 0),
                Some(last) => (CHUNK, last.text.len()),
            };
            self.chunks.push_back(Arc::new(Chunk {
                rows: Vec::with_capacity(rows),
                text: Vec::with_capacity(text),
            }));
        }
        Arc::make_mut(known(self.chunks.back_mut(), "a chunk was just made"))
    }

    fn index_id(&mut self, number: u64, hash: u64) {
        let (chunks, first, hasher) = (&self.chunks, self.first, &self.hasher);
        self.by_id.insert_unique(hash, shorten(number), |short| {
            let (chunk, row) = find_row(chunks, first, *short);
            hasher.hash_one(text_of(chunk, row, 0, row.id_length))
        });
    }

    fn index_pending(&mut self, number: u64, hash: u64) {
        let (chunks, first, hasher) = (&self.chunks, self.first, &self.hasher);
        self.pending.insert_unique(hash, shorten(number), |short| {
            let (chunk, row) = find_row(chunks, first, *short);
            hasher.hash_one((row.seat, text_of(chunk, row, row.id_length, row.to_length)))
        });
    }

    fn queue_lapse(&mut self, number: u64, window: Days) {
        let mut has_cursor = false;
        for cursor in &mut self.cursors {
            if cursor.window == window {
                has_cursor = true;
            } else if cursor.next == number {
                cursor.next = number.saturating_add(1);
            }
        }
        if !has_cursor {
            self.cursors.push(LapseCursor {
                window,
                next: number,
            });
        }
    }

    /// Returns the message that lapses next, if any is pending: the earliest deadline, then the earliest sent.
    pub(crate) fn next_lapse(&self) -> Option<(Timestamp, Number)> {
        self.cursors
            .iter()
            .filter_map(|cursor| {
                let (_, row) = self.row(cursor.next)?;
                Some((
                    instant(row.sent_at).plus(cursor.window),
                    Number(cursor.next),
                ))
            })
            .min()
    }

    /// Ends the message's time of waiting.
    pub(crate) fn close(&mut self, number: Number, status: Status) {
        self.row_mut(number).status = status;
        let count = match status {
            Status::Lapsed => &mut self.counts.lapsed,
            Status::Responded | Status::Pending => &mut self.counts.responded,
        };
        *count = count.saturating_add(1);
        let (chunk, row) = known(self.row(number.0), "a message's number is known");
        let pair = self.hash_pair(row.seat, text_of(chunk, row, row.id_length, row.to_length));
        if let Ok(entry) = self
            .pending
            .find_entry(pair, |short| *short == shorten(number.0))
        {
            entry.remove();
        }
        for at in 0..self.cursors.len() {
            if self.cursors.get(at).is_some_and(|c| c.next == number.0) {
                self.advance(at);
            }
        }
    }

    fn advance(&mut self, at: usize) {
        let Some(LapseCursor { window, next }) = self.cursors.get(at).cloned() else {
            return;
        };
        let mut next = next;
        while let Some((_, row)) = self.row(next) {
            if row.status == Status::Pending && self.window(row.version) == window {
                break;
            }
            next = next.saturating_add(1);
        }
        if let Some(cursor) = self.cursors.get_mut(at) {
            cursor.next = next;
        }
    }

    /// Ends the stake.
    pub(crate) fn settle(&mut self, number: Number, credit: Credit, by: SettledBy) {
        let row = self.row_mut(number);
        // INVARIANT: a stake settles exactly once.
        assert!(
            row.credit() == Credit::Held,
            "INVARIANT: a stake settles once"
        );
        row.set_credit(credit, Some(by));
        if row.is(Row::SPREAD) {
            row.flags = (row.flags & !Row::SPREAD) | Row::WAS_SPREAD;
        }
        self.stakes.remove(&number.0);
        let count = match credit {
            Credit::Returned => &mut self.counts.returned,
            Credit::Consumed | Credit::Held | Credit::None => &mut self.counts.consumed,
        };
        *count = count.saturating_add(1);
        self.open_stakes = self.open_stakes.saturating_sub(1);
    }

    /// Notes what was lost of a returned stake at once.
    pub(crate) fn note_loss(&mut self, number: Number, lost: LostAtOnce) {
        let row = self.row_mut(number);
        if lost.ended {
            row.flags |= Row::ENDED;
        }
        if lost.revoked {
            row.flags |= Row::REVOKED;
        }
    }

    pub(crate) fn see(&mut self, number: Number, at: Timestamp) {
        let row = self.row_mut(number);
        if row.seen_at == NEVER {
            row.seen_at = at.millis();
        }
    }

    /// Notes an answer; only the first is kept, the conversation follows each.
    pub(crate) fn answer(&mut self, number: Number, answer: Answer, at: Timestamp) {
        let row = self.row_mut(number);
        let conversation = match (answer.kind, answer.note) {
            (ResponseKind::NotInterested, false) => Conversation::Declined,
            _ => Conversation::Open,
        };
        row.set_conversation(conversation);
        if row.answered_at == NEVER {
            row.answered_at = at.millis();
            row.set_answer(answer.kind);
            if answer.note {
                row.flags |= Row::NOTE;
            }
        }
    }

    pub(crate) fn open_conversation(&mut self, number: Number) {
        self.row_mut(number).set_conversation(Conversation::Open);
    }

    /// Notes a report; returns whether it is the message's first.
    pub(crate) fn report(&mut self, number: Number, at: Timestamp) -> bool {
        let row = self.row_mut(number);
        let first = !row.is(Row::REPORTED);
        row.flags |= Row::REPORTED;
        if first {
            self.reports_of(number).insert(number.0, at);
        }
        first
    }

    /// Forgets whole chunks of messages that have ended and were sent before `before`; returns how many.
    pub(crate) fn forget_before(&mut self, before: Timestamp) -> usize {
        let mut forgotten = 0_usize;
        while let Some(chunk) = self.chunks.front() {
            let done = chunk.rows.len() == CHUNK
                && chunk.rows.iter().all(|row| {
                    row.status != Status::Pending
                        && row.credit() != Credit::Held
                        && row.sent_at < before.millis()
                });
            if !done {
                break;
            }
            self.forget_first_chunk();
            forgotten = forgotten.saturating_add(CHUNK);
        }
        forgotten
    }

    fn forget_first_chunk(&mut self) {
        let Some(chunk) = self.chunks.front() else {
            return;
        };
        for (number, row) in (self.first..).zip(&chunk.rows) {
            let hash = self.hasher.hash_one(text_of(chunk, row, 0, row.id_length));
            if let Ok(entry) = self
                .by_id
                .find_entry(hash, |short| *short == shorten(number))
            {
                entry.remove();
            }
            self.reports.remove(&number);
        }
        self.chunks.pop_front();
        self.first = self.first.saturating_add(CHUNK as u64);
    }
}

fn find_row(chunks: &VecDeque<Arc<Chunk>>, first: u64, short: u32) -> (&Chunk, &Row) {
    let offset = usize::try_from(short.wrapping_sub(shorten(first))).unwrap_or(usize::MAX);
    let chunk = known(chunks.get(offset / CHUNK), "an indexed message is kept");
    let row = known(chunk.rows.get(offset % CHUNK), "an indexed message is kept");
    (chunk, row)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "tables keep the low half: fewer than 2^32 messages are here at once"
)]
const fn shorten(number: u64) -> u32 {
    number as u32
}
