//! Brings seats and messages into the order of their contracts.
//!
//! Owns: that order. Does not own: the order within a contract ([`super::order`]).
//! Invariant: what is of one contract keeps the order in which it came.

use super::Message;
use super::texts::Interner;
use rayon::prelude::*;

/// Returns the item that a number stands for.
pub(super) fn at<T: Copy + Default>(items: &[T], number: u32) -> T {
    // INVARIANT: numbers come from the interner that the list was made from.
    usize::try_from(number)
        .ok()
        .and_then(|number| items.get(number))
        .copied()
        .unwrap_or_default()
}

/// The seats in the order of their contracts.
pub(super) struct Seats {
    /// Their numbers as they came.
    pub(super) order: Vec<u32>,
    /// Where each contract's begin; one more at the end.
    pub(super) begins: Vec<usize>,
    /// By number as it came: the contract.
    pub(super) contract_of: Vec<u32>,
    /// By number as it came: the place within the contract.
    pub(super) place_of: Vec<u32>,
}

impl Seats {
    pub(super) fn of(seats: &Interner, contracts: usize) -> Self {
        let count = u32::try_from(seats.len()).unwrap_or(u32::MAX);
        let contract_of: Vec<u32> = (0..count).map(|seat| seats.space(seat)).collect();
        let mut order: Vec<u32> = (0..count).collect();
        order.sort_by_key(|seat| at(&contract_of, *seat));
        let begins = begins(contract_of.iter().copied(), contracts);
        let mut place_of = vec![0; order.len()];
        let mut next = vec![0_u32; contracts];
        for (seat, contract) in contract_of.iter().enumerate() {
            if let Some(next) = usize::try_from(*contract)
                .ok()
                .and_then(|c| next.get_mut(c))
            {
                place_of[seat] = *next;
                *next += 1;
            }
        }
        Self {
            order,
            begins,
            contract_of,
            place_of,
        }
    }
}

/// Returns where the items of each group begin when they lie group by group, and where the last group ends.
fn begins(groups: impl Iterator<Item = u32>, count: usize) -> Vec<usize> {
    let mut begins = vec![0; count + 1];
    for group in groups {
        if let Some(size) = usize::try_from(group)
            .ok()
            .and_then(|g| begins.get_mut(g + 1))
        {
            *size += 1;
        }
    }
    let mut sum = 0;
    for begin in &mut begins {
        sum += *begin;
        *begin = sum;
    }
    begins
}

/// Brings messages into the order of their contracts, otherwise as they came. Returns where each begins.
pub(super) fn group(
    messages: &mut Vec<Message>,
    contract_of: &[u32],
    contracts: usize,
) -> Vec<usize> {
    let contract = |message: &Message| at(contract_of, message.sender.seat());
    let begins = begins(messages.iter().map(contract), contracts);
    if messages.is_sorted_by_key(contract) {
        return begins;
    }
    // Only places are brought into order one after the other; the messages follow on all cores.
    let mut next = begins.clone();
    let mut order = vec![0_u32; messages.len()];
    for (place, message) in (0..).zip(messages.iter()) {
        if let Some(next) = usize::try_from(contract(message))
            .ok()
            .and_then(|c| next.get_mut(c))
        {
            order[*next] = place;
            *next += 1;
        }
    }
    let placed = |place: &u32| messages.get(usize::try_from(*place).ok()?).copied();
    *messages = order
        .par_iter()
        // INVARIANT: the order has each message's place once.
        .map(|place| placed(place).unwrap_or(Message::BLANK))
        .collect();
    begins
}
