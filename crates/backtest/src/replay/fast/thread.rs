//! Follows the seats of a contract through a rolling window.
//!
//! When a message leaves the window is known when it is sent, and so is whether it will have been answered by
//! then; the window is a queue of just that. Invariants: a seat that is up to date at an instant was judged at
//! every instant up to it at which messages left; at one instant messages leave before anything else happens.

use super::super::observe::Observer;
use super::super::watch::Stood;
use earnest_core::policy::{Standing, ThreadGate};
use earnest_core::units::Timestamp;
use std::collections::VecDeque;

/// The seats of a contract.
pub(super) struct Threads<'p> {
    gate: &'p ThreadGate,
    seats: Vec<Seat>,
}

/// A seat and the messages in its window.
#[derive(Default)]
struct Seat {
    /// When each leaves the window, and whether it is answered by then; the oldest first.
    window: VecDeque<(Timestamp, bool)>,
    responded: u32,
    restricted: bool,
    stood: Stood,
}

impl<'p> Threads<'p> {
    pub(super) const fn new(gate: &'p ThreadGate) -> Self {
        Self {
            gate,
            seats: Vec::new(),
        }
    }

    /// Begins with a contract's seats.
    pub(super) fn begin(&mut self, seats: usize) {
        self.seats.resize_with(seats, Seat::default);
        for seat in &mut self.seats {
            seat.window.clear();
            seat.responded = 0;
            seat.restricted = false;
            seat.stood = Stood::default();
        }
    }

    /// Returns whether the seat's next message would be refused at `at`.
    pub(super) fn fails<O: Observer>(
        &mut self,
        seat: u32,
        at: Timestamp,
        observer: &mut O,
    ) -> bool {
        let gate = self.gate;
        self.seat(seat, at, observer)
            .is_some_and(|seat| seat.fails(gate))
    }

    /// Counts a message that is sent at `at` and answered in time at `answered_at`, if ever.
    pub(super) fn sent<O: Observer>(
        &mut self,
        number: u32,
        at: Timestamp,
        answered_at: Option<Timestamp>,
        observer: &mut O,
    ) {
        let gate = self.gate;
        if let Some(seat) = self.seat(number, at, observer) {
            let leaves_at = at.plus(gate.window);
            let answered = answered_at.is_some_and(|answered_at| answered_at < leaves_at);
            seat.window.push_back((leaves_at, answered));
            seat.judge(gate, at, number, observer);
        }
    }

    /// Counts an answer at `at`, in time, to a message that was sent at `sent_at`.
    pub(super) fn responded<O: Observer>(
        &mut self,
        number: u32,
        sent_at: Timestamp,
        at: Timestamp,
        observer: &mut O,
    ) {
        let gate = self.gate;
        if at < sent_at.plus(gate.window)
            && let Some(seat) = self.seat(number, at, observer)
        {
            seat.responded += 1;
            seat.judge(gate, at, number, observer);
        }
    }

    /// Tells of each seat how it stood up to `until`.
    pub(super) fn end<O: Observer>(
        &mut self,
        until: Timestamp,
        observer: &mut O,
        each: &mut dyn FnMut(u32, Stood),
    ) {
        for (number, seat) in (0_u32..).zip(&mut self.seats) {
            seat.advance_to(until, self.gate, number, observer);
            each(number, seat.stood.end(until));
        }
    }

    /// Returns a seat as it is for the commands of `at`.
    fn seat<O: Observer>(
        &mut self,
        number: u32,
        at: Timestamp,
        observer: &mut O,
    ) -> Option<&mut Seat> {
        let seat = self.seats.get_mut(usize::try_from(number).ok()?)?;
        seat.advance_to(at, self.gate, number, observer);
        Some(seat)
    }
}

impl Seat {
    /// Lets the messages leave that `at` no longer sees, judging at each instant at which some do.
    fn advance_to<O: Observer>(
        &mut self,
        at: Timestamp,
        gate: &ThreadGate,
        number: u32,
        observer: &mut O,
    ) {
        while let Some((leaves_at, answered)) = self.window.front().copied()
            && leaves_at <= at
        {
            self.window.pop_front();
            self.responded -= u32::from(answered);
            if self.window.front().is_none_or(|next| next.0 > leaves_at) {
                self.judge(gate, leaves_at, number, observer);
            }
        }
    }

    fn fails(&self, gate: &ThreadGate) -> bool {
        let sent = u32::try_from(self.window.len()).unwrap_or(u32::MAX);
        gate.check.fails(sent, self.responded)
    }

    fn judge<O: Observer>(
        &mut self,
        gate: &ThreadGate,
        at: Timestamp,
        number: u32,
        observer: &mut O,
    ) {
        let restricted = self.fails(gate);
        if restricted != self.restricted {
            self.restricted = restricted;
            let standing = match restricted {
                true => Standing::Restricted,
                false => Standing::Good,
            };
            self.stood.stand(standing, at);
            observer.stood(number, standing, at);
        }
    }
}
