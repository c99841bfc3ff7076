//! Lets somebody watch a replay: every send, answer, settlement, refusal and change of standing.
//!
//! Owns: what an observer is told. Does not own: what it makes of that.
//!
//! Invariants: an observer is told the same by both ways of replaying, though not in the same order: what becomes of
//! a message may be told as soon as the message is sent. Seats and messages are told with the contract that began
//! last. Observers of parts of a log add up to that of the whole, in whatever order they are added.

use crate::log::{History, Log, Message};
use earnest_core::Balance;
use earnest_core::policy::{Policy, Settled, Standing};
use earnest_core::units::Timestamp;

/// Watches the replay of some contracts under one policy.
pub trait Observer: Send + Sized {
    /// Whether it wants to be told anything. Where not, nothing is spent on telling it.
    const LISTENS: bool = true;
    /// Whether it wants balances, so that credits are followed even where they cannot run short.
    const BALANCES: bool = false;

    /// Begins to watch contracts of a log under a policy, up to `until`.
    fn new(log: &Log, policy: &Policy, until: Timestamp) -> Self;
    /// Adds what another saw of other contracts.
    fn add(&mut self, other: Self);

    /// A contract begins.
    fn contract(&mut self, _history: &History<'_>) {}
    /// A message is sent; `place` is its place in [`History::messages`].
    fn sent(&mut self, _place: usize, _message: &Message) {}
    /// A message is refused, with the code of the refusal.
    fn refused(&mut self, _place: usize, _message: &Message, _code: &'static str) {}
    /// A sent message is answered in time.
    fn answered(&mut self, _place: usize, _message: &Message, _at: Timestamp) {}
    /// The stake of a sent message ends.
    fn settled(&mut self, _place: usize, _message: &Message, _credit: Settled, _at: Timestamp) {}
    /// A seat, counted from 0 within the contract, stands so from `at` on. Under a rolling window it stands restricted
    /// while its next send would be refused. Told at changes, and at times where nothing changes.
    fn stood(&mut self, _seat: u32, _standing: Standing, _at: Timestamp) {}
    /// The contract has these credits at the end. Told where [`Self::BALANCES`] says so.
    fn balance(&mut self, _balance: Balance) {}
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Nobody;

impl Observer for Nobody {
    const LISTENS: bool = false;

    fn new(_: &Log, _: &Policy, _: Timestamp) -> Self {
        Self
    }

    fn add(&mut self, _: Self) {}
}
