//! Records all that a replay tells: what became of every message, how every seat stood, every contract's credits.

use earnest_backtest::log::{History, Log, Message};
use earnest_backtest::replay::observe::Observer;
use earnest_core::Balance;
use earnest_core::policy::{Policy, Settled, Standing};
use earnest_core::units::Timestamp;
use std::collections::BTreeMap;

/// The end of each contract, by its number.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Recorder {
    current: usize,
    contracts: BTreeMap<usize, Ended>,
}

/// The final state of a contract, and how it came to that.
#[derive(Debug, Default, PartialEq, Eq)]
struct Ended {
    messages: BTreeMap<usize, Story>,
    /// By seat: every change, told once.
    standings: BTreeMap<u32, Vec<(Timestamp, Standing)>>,
    balance: Option<Balance>,
}

/// What became of a message.
#[derive(Debug, Default, PartialEq, Eq)]
struct Story {
    sent: u32,
    refused: Option<&'static str>,
    answered_at: Vec<Timestamp>,
    settled: Vec<(Settled, Timestamp)>,
}

impl Recorder {
    fn ended(&mut self) -> &mut Ended {
        self.contracts.entry(self.current).or_default()
    }

    fn story(&mut self, place: usize) -> &mut Story {
        self.ended().messages.entry(place).or_default()
    }
}

impl Observer for Recorder {
    const BALANCES: bool = true;

    fn new(_: &Log, _: &Policy, _: Timestamp) -> Self {
        Self::default()
    }

    fn add(&mut self, other: Self) {
        for (contract, ended) in other.contracts {
            assert!(self.contracts.insert(contract, ended).is_none());
        }
    }

    fn contract(&mut self, history: &History<'_>) {
        self.current = history.contract();
        self.ended();
    }

    fn sent(&mut self, place: usize, _: &Message) {
        self.story(place).sent += 1;
    }

    fn refused(&mut self, place: usize, _: &Message, code: &'static str) {
        self.story(place).refused = Some(code);
    }

    fn answered(&mut self, place: usize, _: &Message, at: Timestamp) {
        self.story(place).answered_at.push(at);
    }

    fn settled(&mut self, place: usize, _: &Message, credit: Settled, at: Timestamp) {
        self.story(place).settled.push((credit, at));
    }

    fn stood(&mut self, seat: u32, standing: Standing, at: Timestamp) {
        let changes = self.ended().standings.entry(seat).or_default();
        let before = changes.last().map_or(Standing::Good, |(_, before)| *before);
        if before != standing {
            changes.push((at, standing));
        } else if changes.is_empty() {
            self.ended().standings.remove(&seat);
        }
    }

    fn balance(&mut self, balance: Balance) {
        assert!(balance.is_conserved());
        self.ended().balance = Some(balance);
    }
}
