//! Makes logs up: a year of outreach that looks like a real one.
//!
//! Owns: the making of messages and their writing as `csv` or `jsonl`. Does not own: reading them ([`crate::log`]).
//!
//! Rates, delays, volumes, pauses and recipients follow the CollegeMsg log of SNAP (the tables in `shape`); contracts,
//! campaigns and kinds of response, which that log does not have, are assumed. `docs/generator.md` says which is which.
//!
//! Invariants:
//! - The same number of messages and the same seed give the same bytes, on every machine: there are whole numbers
//!   only, and one cipher for chance.
//! - Messages come in the order in which they are sent. Memory grows with the seats, not with the messages.

mod calendar;
mod content;
mod dice;
pub mod measured;
mod schedule;
mod seats;
mod shape;
mod write;

#[cfg(test)]
mod tests;

pub use dice::Dice;
pub use write::{NoOutput, Output};

use crate::log::{Format, Log, LogError};
use earnest_core::policy::ResponseKind;
use earnest_core::units::Timestamp;
use schedule::{Schedule, Sending};
use seats::{People, Seat};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::io::{self, Write};
use write::Bytes;

/// A made-up message. Everybody is a number, counted from 0; messages and campaigns count in the order in which they
/// come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// The message.
    pub message: u64,
    /// The sender's contract.
    pub contract: u32,
    /// The sender; seats count over all contracts.
    pub seat: u32,
    /// The recipient.
    pub recipient: u32,
    /// The campaign, where the message is bulk.
    pub campaign: Option<u64>,
    sent: u32,
    response: Option<(u32, ResponseKind)>,
    seen: Option<u32>,
}

impl Made {
    /// Returns when the message was sent.
    #[must_use]
    pub fn sent_at(&self) -> Timestamp {
        calendar::instant(self.sent)
    }

    /// Returns when and how it was answered, if ever.
    #[must_use]
    pub fn response(&self) -> Option<(Timestamp, ResponseKind)> {
        self.response
            .map(|(second, kind)| (calendar::instant(second), kind))
    }

    /// Returns when it was seen, if ever.
    #[must_use]
    pub fn seen_at(&self) -> Option<Timestamp> {
        self.seen.map(calendar::instant)
    }
}

/// Makes up messages, in the order in which they are sent.
pub struct Generator {
    seats: Vec<Seat>,
    schedules: Vec<Schedule>,
    members: u32,
    /// What becomes of messages.
    dice: Dice,
    /// The second of each seat's next send, and the seat.
    due: BinaryHeap<Reverse<(u32, u32)>>,
    /// How many messages each seat's next send has.
    sizes: Vec<u32>,
    current: Current,
    messages: u64,
    campaigns: u64,
    left: u64,
}

/// The send whose messages are coming.
#[derive(Default)]
struct Current {
    seat: u32,
    second: u32,
    campaign: Option<u64>,
    /// The recipients still to be written to.
    to: Vec<u32>,
}

impl Generator {
    /// Returns the maker of a log with so many messages.
    #[must_use]
    pub fn new(messages: u64, seed: u64) -> Self {
        let People { seats, members } = People::new(messages, &mut Dice::new(seed, 0));
        let mut this = Self {
            schedules: Vec::with_capacity(seats.len()),
            sizes: Vec::with_capacity(seats.len()),
            due: BinaryHeap::with_capacity(seats.len()),
            seats,
            members,
            dice: Dice::new(seed, 1),
            current: Current::default(),
            messages: 0,
            campaigns: 0,
            left: messages,
        };
        for (number, seat) in (0_u32..).zip(&this.seats) {
            let mut schedule = Schedule::new(seat, Dice::new(seed, u64::from(number) + 2));
            let first = schedule.next();
            this.sizes.push(first.map_or(0, |sending| sending.messages));
            this.due
                .extend(first.map(|sending| Reverse((sending.second, number))));
            this.schedules.push(schedule);
        }
        this
    }

    /// Writes the log; `progress` is called now and then with the number of messages written so far.
    ///
    /// # Errors
    /// When `to` cannot be written.
    pub fn write(
        self,
        mut to: impl Write,
        output: Output,
        progress: &mut dyn FnMut(u64),
    ) -> io::Result<()> {
        let mut bytes = Bytes::new(self, output);
        while let Some(part) = bytes.part() {
            to.write_all(part)?;
            progress(bytes.messages());
        }
        to.flush()
    }

    /// Returns the log, as if it had been written as `csv` and read back.
    ///
    /// # Errors
    /// When it has no messages, or more than a log may have.
    pub fn into_log(self) -> Result<Log, LogError> {
        let name = "made-up log";
        Log::read(
            Bytes::new(self, Output::Csv),
            name,
            Format::Csv,
            &mut |_| {},
        )
    }

    /// Goes on to the next send.
    fn advance(&mut self) -> Option<()> {
        let mut next = self.due.peek_mut()?;
        let Reverse((second, seat)) = *next;
        let place = usize::try_from(seat).ok()?;
        let size = self.sizes.get_mut(place)?;
        let count = *size;
        match self.schedules.get_mut(place)?.next() {
            Some(Sending { second, messages }) => {
                *next = Reverse((second, seat));
                *size = messages;
            }
            None => {
                PeekMut::pop(next);
            }
        }
        let campaign = (count > 1).then_some(self.campaigns);
        self.campaigns += u64::from(count > 1);
        let to = &mut self.current.to;
        content::recipients(count, self.members, &mut self.dice, to);
        self.current.seat = seat;
        self.current.second = second;
        self.current.campaign = campaign;
        Some(())
    }
}

impl Iterator for Generator {
    type Item = Made;

    fn next(&mut self) -> Option<Made> {
        if self.current.to.is_empty() {
            self.advance()?;
        }
        let recipient = self.current.to.pop()?;
        let Current { seat, second, .. } = self.current;
        let Seat { contract, rate, .. } = *self.seats.get(usize::try_from(seat).ok()?)?;
        let fate = content::fate(second, rate, &mut self.dice);
        let message = self.messages;
        self.messages += 1;
        self.left -= 1;
        Some(Made {
            message,
            contract,
            seat,
            recipient,
            campaign: self.current.campaign,
            sent: second,
            response: fate.response,
            seen: fate.seen,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.left).ok();
        (left.unwrap_or(usize::MAX), left)
    }
}
