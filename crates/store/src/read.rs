//! Says what is read of contracts and of the log.

use crate::batch::Token;
use earnest_core::event::Event;
use earnest_core::units::{ContractId, Timestamp};

/// A place in the log. A later commit of one contract stands at a later place, and whoever has read up to a
/// place will find nothing new at or before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub u64);

/// A contract's events of one batch, as they stand in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// Where it stands.
    pub position: Position,
    /// The contract.
    pub contract: ContractId,
    /// The number of the first event.
    pub first: u64,
    /// By which its author knows it.
    pub token: Token,
    /// The events.
    pub events: Vec<Event>,
}

/// An event with its number in the contract, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its number.
    pub seq: u64,
    /// The event.
    pub event: Event,
}

/// Asks for events of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventQuery {
    /// The contract.
    pub contract: ContractId,
    /// From this number on, itself included.
    pub from: u64,
    /// Up to this number, itself included.
    pub to: u64,
    /// Whether the newest come first.
    pub newest_first: bool,
    /// How many at most; a store may answer with fewer where the events are large, but with at least one where
    /// there is one.
    pub limit: usize,
}

/// What is known of a contract, beside its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractRow {
    /// The contract.
    pub id: ContractId,
    /// The number of its newest event.
    pub seq: u64,
    /// The token of the batch that brought its newest event.
    pub token: Token,
    /// When something falls due next.
    pub next_due: Option<Timestamp>,
    /// The engine's own notes.
    pub details: Vec<u8>,
}

/// What has come to a contract since one of its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// What is known of it now.
    pub row: ContractRow,
    /// The events that came, in order and without a gap; a store may leave out the later ones.
    pub events: Vec<StoredEvent>,
}

/// A contract's state as it was after one of its events, as the engine writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The number of the newest event in it.
    pub seq: u64,
    /// The state.
    pub bytes: Vec<u8>,
}

/// Something that another process has committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A contract moved on, or the notes on it changed.
    Contract {
        /// The contract.
        contract: ContractId,
        /// The number of its newest event; 0 where none came.
        seq: u64,
    },
    /// A document was written.
    Document {
        /// Its kind.
        kind: String,
        /// Its id.
        id: String,
    },
}

/// Figures of a store, for operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoreStatus {
    /// How many bytes it takes on the disk; 0 where there is none.
    pub bytes: u64,
    /// How many contracts there are.
    pub contracts: u64,
    /// How many webhook deliveries are waiting.
    pub deliveries_waiting: u64,
    /// When the oldest waiting delivery was made.
    pub oldest_delivery: Option<Timestamp>,
    /// The earliest `next_due` of all contracts.
    pub oldest_due: Option<Timestamp>,
    /// How many transactions were committed by this handle.
    pub commits: u64,
    /// How many batches they held.
    pub batches: u64,
    /// How long they took, in microseconds, all together.
    pub commit_micros: u64,
}
