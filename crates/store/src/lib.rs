//! Keeps what Earnest must not lose: contracts' events, messages, answers to idempotency keys, snapshots,
//! keys, preferences, policies and webhook deliveries.
//!
//! Owns: the [`Store`] trait, what goes in and out of it, and the backends. Does not own: any rule, any clock,
//! any decision; a store is told what to keep and when things happened.
//! Invariants: a batch names one contract and is kept whole or not at all; what [`Store::commit`] answered
//! `Ok` survives the death of the process; a contract's events are numbered from 1 without gaps; a reader sees
//! every commit that was answered before it asked, by whichever process.

mod batch;
mod code;
mod delivery;
mod document;
mod error;
mod message;
mod number;
mod read;

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod memory;
pub mod postgres;
pub mod sqlite;

pub use batch::{Answer, AnswerPage, Batch, ContractUpdate, NewMessage, Token, Writing};
pub use delivery::{Delivery, DeliveryQuery, DeliveryState};
pub use document::{Document, Put};
pub use error::StoreError;
pub use message::{MessagePage, MessageQuery, MessageRow, Outcome, Span, Which};
pub use number::message_id;
pub use read::{
    Change, ContractRow, EventQuery, LogRow, News, Position, Snapshot, StoreStatus, StoredEvent,
};

use earnest_core::units::{ContractId, MemberId, MessageId, Timestamp};
use std::future::Future;
use std::pin::Pin;

/// How many events are told as news at once.
const NEWS_MOST: usize = 1_024;

/// What a store's method gives back: the answer, when it is there.
pub type Reading<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A place that keeps contracts and all that belongs to them.
///
/// Every method may be called from many tasks at once. A method that fails with anything but
/// [`StoreError::Unknown`] has changed nothing.
pub trait Store: Send + Sync + 'static {
    /// Commits a batch whole or not at all, durably, and returns where it stands in the log.
    ///
    /// Fails with [`StoreError::Conflict`] when the contract's newest event is not number `batch.expected`
    /// (0: the contract must not exist), when a message's id is taken, or when one of the answers' keys is
    /// taken in its space. A batch without events is allowed; it still checks `expected`.
    fn commit(&self, batch: Batch) -> Reading<'_, Position>;

    /// Returns what others have committed since this handle last asked: commits through this handle are left
    /// out. The first call begins now. Cheap where there is nothing.
    fn foreign(&self) -> Reading<'_, Vec<Change>>;

    /// Returns the newest place in the log.
    fn head(&self) -> Reading<'_, Position>;

    /// Returns at most `limit` rows of the log after a place, in order: every contract's batches in the order
    /// in which they were committed. Batches without events are left out.
    fn log(&self, after: Position, limit: usize) -> Reading<'_, Vec<LogRow>>;

    /// Returns what is known of a contract, beside its events.
    fn contract<'a>(&'a self, contract: &'a ContractId) -> Reading<'a, Option<ContractRow>>;

    /// Returns what has come to a contract since its event number `after`: a question for those who know the contract
    /// up to there.
    fn news<'a>(&'a self, contract: &'a ContractId, after: u64) -> Reading<'a, Option<News>> {
        Box::pin(async move {
            let Some(row) = self.contract(contract).await? else {
                return Ok(None);
            };
            let query = EventQuery {
                contract: contract.clone(),
                from: after.saturating_add(1),
                to: row.seq,
                newest_first: false,
                limit: NEWS_MOST,
            };
            let events = match after < row.seq {
                true => self.events(query).await?,
                false => Vec::new(),
            };
            Ok(Some(News { row, events }))
        })
    }

    /// Returns contracts in the order of their ids, after one, at most `limit`.
    fn contracts<'a>(
        &'a self,
        after: Option<&'a ContractId>,
        limit: usize,
    ) -> Reading<'a, Vec<ContractRow>>;

    /// Returns the contracts whose `next_due` is at or before `at`, earliest first, at most `limit`, found by an
    /// index.
    fn due(&self, at: Timestamp, limit: usize) -> Reading<'_, Vec<ContractId>>;

    /// Returns a contract's events.
    fn events(&self, query: EventQuery) -> Reading<'_, Vec<StoredEvent>>;

    /// Returns messages with what became of them, newest first (for [`Which::Ids`] in the order asked, unknown
    /// ones left out).
    fn messages(&self, query: MessageQuery) -> Reading<'_, MessagePage>;

    /// Counts the messages sent to a member at `from` or later and before `to`, up to `most`.
    fn received<'a>(
        &'a self,
        member: &'a MemberId,
        from: Timestamp,
        to: Timestamp,
        most: u32,
    ) -> Reading<'a, u32>;

    /// Returns the texts of a message's conversation, in order.
    fn writings<'a>(&'a self, message: &'a MessageId) -> Reading<'a, Vec<Writing>>;

    /// Returns the answer that was given under a key, if any. Cheap for a key that was never used.
    fn answer<'a>(&'a self, space: &'a str, key: &'a str) -> Reading<'a, Option<Answer>>;

    /// Returns whether an answer may have been given under a key, as far as this handle knows without asking anybody:
    /// `false` only where none was by the time that [`Store::foreign`] last returned.
    fn may_have_answered(&self, _space: &str, _key: &str) -> bool {
        true
    }

    /// Returns all answers, some at a time, each with the contract whose batch brought it: in no order that means
    /// anything, from the start or from where an earlier page ended. For copying a store, not for serving.
    fn answers(&self, after: Option<Vec<u8>>, limit: usize) -> Reading<'_, AnswerPage>;

    /// Returns a contract's newest snapshot.
    fn snapshot<'a>(&'a self, contract: &'a ContractId) -> Reading<'a, Option<Snapshot>>;

    /// Keeps a snapshot in the place of older ones. May take several transactions, so that commits go on beside
    /// it; a half-kept snapshot is never returned.
    fn save_snapshot<'a>(&'a self, contract: &'a ContractId, snapshot: Snapshot)
    -> Reading<'a, ()>;

    /// Returns a document.
    fn document<'a>(&'a self, kind: &'a str, id: &'a str) -> Reading<'a, Option<Document>>;

    /// Returns documents of a kind in the order of their ids, after one, at most `limit`.
    fn documents<'a>(
        &'a self,
        kind: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> Reading<'a, Vec<Document>>;

    /// Returns the kinds of which there are documents.
    fn kinds(&self) -> Reading<'_, Vec<String>>;

    /// Writes documents, all or none. Fails with [`StoreError::Conflict`] when one is not at the version that
    /// its [`Put`] expects.
    fn put(&self, documents: Vec<Put>) -> Reading<'_, ()>;

    /// Returns webhook deliveries.
    fn deliveries(&self, query: DeliveryQuery) -> Reading<'_, Vec<Delivery>>;

    /// Adds deliveries and writes documents (the cursor up to which the log was fanned out), all or none. A
    /// delivery that is there already stays as it is. Conflicts as [`Store::put`].
    fn fan_out(&self, deliveries: Vec<Delivery>, documents: Vec<Put>) -> Reading<'_, ()>;

    /// Replaces deliveries, which must be there.
    fn update_deliveries(&self, deliveries: Vec<Delivery>) -> Reading<'_, ()>;

    /// Returns figures for operators. An estimate where an exact one would take long.
    fn status(&self) -> Reading<'_, StoreStatus>;

    /// Finishes what was taken and closes the store; later calls fail with [`StoreError::Unavailable`].
    fn close(&self) -> Reading<'_, ()>;
}
