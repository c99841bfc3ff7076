//! Runs contracts on a store: one write path, reads, what falls due, keys, preferences, policies, webhooks.
//!
//! Owns: the only asynchronous orchestration of the project; HTTP, commands and simulations share its one
//! write path. Does not own: rules ([`earnest_core`]), how things are kept ([`earnest_store`]), rights, wires.
//! Invariants: an order is answered after its commit, never before; of one contract one task decides at a time;
//! an order given twice under one key is carried out once; nothing here reads a clock or makes anything random
//! but through [`clock::Clock`] and [`clock::Random`].

mod ahead;
mod attempt;
mod audit;
mod begin;
mod carry;
mod claims;
pub mod clock;
mod decide;
mod details;
mod engine;
mod failure;
mod find;
mod hot;
mod import;
mod kept;
pub mod keys;
mod known;
mod lease;
mod load;
mod looks;
mod members;
mod message;
mod metrics;
mod order;
mod past;
mod policies;
mod query;
mod record;
mod reply;
mod responses;
mod round;
pub mod sessions;
mod slot;
pub mod stream;
mod submit;
mod sweep;
pub mod webhooks;

pub use ahead::{CreditsAhead, DayAhead};
pub use audit::{Audited, Finding};
pub use claims::Claim;
pub use earnest_store::Span;
pub use engine::{Engine, Options};
pub use failure::{Failure, Refused};
pub use find::{EventFilter, Found, Search, SeatOrder, message_of, seat_of};
pub use import::{Alone, MayTell};
pub use looks::Asked;
pub use members::{BlockRecord, Wishes};
pub use metrics::Metrics;
pub use order::{
    Author, Key, NewCampaign, NewContract, NewGrant, NewLetter, NewResponse, NewSeat, NewVersion,
    NewWriting, Order, SeatChange, What,
};
pub use policies::PolicyRecord;
pub use query::{MessageFilter, Preview};
pub use record::{
    BalanceRecord, CampaignRecord, ContractRecord, Done, GrantRecord, MessageRecord, Page, Reply,
    SeatRecord, Text, VersionRecord, WritingRecord,
};
pub use responses::{ResponsesReport, Tally};
pub use submit::Before;
