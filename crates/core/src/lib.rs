//! The policy engine of Earnest: pure rules for cold messages with a credit at stake.
//!
//! A *command* asks, an *event* has happened, a *refusal* is a well-formed command that changes nothing.
//! [`due`](due()) says what time alone brings about, [`decide`](decide()) turns a command into events or a refusal,
//! and [`State::apply`] turns events into state. There is no clock, no IO, no randomness and no async here:
//! time arrives inside the input.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

pub mod command;
mod contract;
mod decide;
pub mod document;
mod due;
pub mod event;
pub mod explain;
mod invariant;
pub mod ledger;
mod members;
mod policies;
pub mod policy;
pub mod refusal;
mod state;
pub mod units;

pub use contract::Contract;
pub use decide::{Rejection, create, decide};
pub use due::{due, is_caught_up, look_again_after, look_again_at, next_due_at};
pub use members::{Block, Members, Preferences};
pub use policies::Policies;
pub use state::{
    Balance, Conversation, Counts, Credit, GrantView, LOOK_BACK, LostAtOnce, MessageView,
    RecallError, Recalled, SNAPSHOT_FORMAT, SeatView, SettledBy, State, Status,
};
