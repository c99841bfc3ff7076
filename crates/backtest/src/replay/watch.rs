//! Watches where seats stand over time.
//!
//! A ladder says so in events. Under a rolling window a seat stands restricted while its next send would be
//! refused, which changes as old messages leave the window, without any event; so that window is watched
//! here, instant by instant.

use super::observe::Observer;
use crate::log::History;
use crate::report::{Figures, RestrictedSeat};
use earnest_core::policy::{Check, Standing, ThreadGate};
use earnest_core::units::{Days, SeatId, Timestamp};
use std::collections::VecDeque;

/// How a seat stood over the replay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Stood {
    pub(super) warned: bool,
    /// When it was first restricted.
    pub(super) restricted_at: Option<Timestamp>,
    /// How long it was restricted, in milliseconds.
    pub(super) restricted_ms: u64,
    since: Option<Timestamp>,
}

impl Stood {
    /// Notes that the seat stands so from `at` on.
    pub(super) fn stand(&mut self, standing: Standing, at: Timestamp) {
        self.warned |= standing == Standing::Warned;
        let restricted = standing == Standing::Restricted;
        match (self.since, restricted) {
            (None, true) => {
                self.since = Some(at);
                self.restricted_at = self.restricted_at.or(Some(at));
            }
            (Some(since), false) => {
                self.restricted_ms += u64::try_from(at.millis_since(since)).unwrap_or(0);
                self.since = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }

    /// Returns how the seat stood up to `until`.
    pub(super) fn end(mut self, until: Timestamp) -> Self {
        if self.since.is_some() {
            self.stand(Standing::Good, until);
        }
        self
    }

    /// Adds to `sum` how a seat of this contract stood.
    pub(super) fn add_to(self, sum: &mut Figures, history: &History<'_>, seat: u32) {
        sum.seats_warned += u64::from(self.warned);
        let Some(first_at) = self.restricted_at else {
            return;
        };
        sum.seats_restricted += 1;
        sum.restricted_ms += self.restricted_ms;
        sum.restricted.push(RestrictedSeat {
            contract: history.name().to_owned(),
            seat: history.seat_name(seat).to_owned(),
            first_at,
            restricted_ms: self.restricted_ms,
        });
    }
}

/// Watches the seats of a contract under a ladder.
pub(super) struct LadderWatch(Vec<Stood>);

impl LadderWatch {
    pub(super) fn new(seats: usize) -> Self {
        Self(vec![Stood::default(); seats])
    }

    /// Notes a change of standing of a seat, which is named by its number.
    pub(super) fn stand(&mut self, seat: &SeatId, standing: Standing, at: Timestamp) {
        let number = seat.as_str().parse().ok();
        if let Some(seat) = number.and_then(|seat: usize| self.0.get_mut(seat)) {
            seat.stand(standing, at);
        }
    }

    /// Tells how each seat stood up to `until`.
    pub(super) fn end(&self, until: Timestamp, each: &mut dyn FnMut(u32, Stood)) {
        for (number, seat) in (0_u32..).zip(&self.0) {
            each(number, seat.end(until));
        }
    }
}

/// Is told how a seat stands, and since when.
type Tell<'t> = dyn FnMut(Standing, Timestamp) + 't;

/// Watches the seats of a contract under a rolling window.
pub(super) struct ThreadWatch {
    window: Days,
    check: Check,
    seats: Vec<Rolling>,
}

/// One seat's rolling window.
#[derive(Default, Clone)]
struct Rolling {
    /// The messages in the window, oldest first: place, instant, and whether answered.
    messages: VecDeque<(usize, Timestamp, bool)>,
    responded: u32,
    stood: Stood,
}

impl ThreadWatch {
    pub(super) fn new(gate: &ThreadGate, seats: usize) -> Self {
        Self {
            window: gate.window,
            check: gate.check,
            seats: vec![Rolling::default(); seats],
        }
    }

    pub(super) fn sent<O: Observer>(
        &mut self,
        seat: u32,
        place: usize,
        at: Timestamp,
        observer: &mut O,
    ) {
        self.update(seat, at, observer, |seat| {
            seat.messages.push_back((place, at, false));
        });
    }

    pub(super) fn responded<O: Observer>(
        &mut self,
        seat: u32,
        place: usize,
        at: Timestamp,
        observer: &mut O,
    ) {
        self.update(seat, at, observer, |seat| {
            let found = seat.messages.binary_search_by_key(&place, |(one, ..)| *one);
            if let Some((_, _, answered)) = found.ok().and_then(|at| seat.messages.get_mut(at)) {
                *answered = true;
                seat.responded += 1;
            }
        });
    }

    fn update<O: Observer>(
        &mut self,
        number: u32,
        at: Timestamp,
        observer: &mut O,
        change: impl FnOnce(&mut Rolling),
    ) {
        let (window, check) = (self.window, self.check);
        let place = usize::try_from(number).unwrap_or(usize::MAX);
        let mut tell = |standing, at| observer.stood(number, standing, at);
        if let Some(seat) = self.seats.get_mut(place) {
            seat.roll(window, check, at, &mut tell);
            change(seat);
            seat.judge(check, at, &mut tell);
        }
    }

    /// Tells how each seat stood up to `until`.
    pub(super) fn end<O: Observer>(
        mut self,
        until: Timestamp,
        observer: &mut O,
        each: &mut dyn FnMut(u32, Stood),
    ) {
        let (window, check) = (self.window, self.check);
        for (number, seat) in (0_u32..).zip(&mut self.seats) {
            let mut tell = |standing, at| observer.stood(number, standing, at);
            seat.roll(window, check, until, &mut tell);
            each(number, seat.stood.end(until));
        }
    }
}

impl Rolling {
    /// Lets the messages leave that `at` no longer sees, judging at each instant at which some do.
    fn roll(&mut self, window: Days, check: Check, at: Timestamp, tell: &mut Tell<'_>) {
        while let Some((_, sent_at, _)) = self.messages.front().copied() {
            // The window is `(at - window, at]`: a message leaves exactly a window after its send.
            let leaves = sent_at.plus(window);
            if leaves > at {
                break;
            }
            while let Some((_, _, answered)) = self
                .messages
                .pop_front_if(|(_, other, _)| *other == sent_at)
            {
                self.responded -= u32::from(answered);
            }
            self.judge(check, leaves, tell);
        }
    }

    fn judge(&mut self, check: Check, at: Timestamp, tell: &mut Tell<'_>) {
        let sent = u32::try_from(self.messages.len()).unwrap_or(u32::MAX);
        let standing = if check.fails(sent, self.responded) {
            Standing::Restricted
        } else {
            Standing::Good
        };
        self.stood.stand(standing, at);
        tell(standing, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::observe::Nobody;
    use earnest_core::policy::{Gate, preset};

    fn day(days: u32) -> Timestamp {
        Timestamp::parse("2026-01-01T00:00:00Z")
            .unwrap()
            .plus(Days(days))
    }

    fn watch() -> ThreadWatch {
        let policy = preset::get("inmail-thread").unwrap();
        let Gate::Thread(gate) = &policy.gate else {
            panic!("the thread preset has a thread gate");
        };
        ThreadWatch::new(gate, 1)
    }

    fn end(watch: ThreadWatch) -> Stood {
        let mut seats = Vec::new();
        watch.end(day(30), &mut Nobody, &mut |_, stood| seats.push(stood));
        seats[0]
    }

    #[test]
    fn a_seat_is_restricted_until_its_messages_leave_the_window() {
        let mut watch = watch();
        for place in 0..100 {
            watch.sent(0, place, day(0), &mut Nobody);
        }
        let stood = end(watch);
        assert_eq!(stood.restricted_at, Some(day(0)));
        assert_eq!(stood.restricted_ms, 14 * 86_400_000);
    }

    #[test]
    fn enough_answers_end_the_restriction() {
        let mut watch = watch();
        for place in 0..100 {
            watch.sent(0, place, day(0), &mut Nobody);
        }
        for place in 0..14 {
            watch.responded(0, place, day(1), &mut Nobody);
        }
        // Thirteen of a hundred are still too few; the fourteenth answer ends it.
        assert_eq!(end(watch).restricted_ms, 86_400_000);
    }

    #[test]
    fn an_answered_message_that_leaves_can_restrict_a_seat() {
        let mut watch = watch();
        watch.sent(0, 0, day(0), &mut Nobody);
        watch.responded(0, 0, day(0), &mut Nobody);
        for place in 1..101 {
            watch.sent(0, place, day(1), &mut Nobody);
        }
        for place in 1..14 {
            watch.responded(0, place, day(2), &mut Nobody);
        }
        let stood = end(watch);
        // 14 of 101 are above 13 %; when the first message leaves, 13 of 100 are not, until the rest leave.
        assert_eq!(stood.restricted_ms, (1 + 1) * 86_400_000);
    }
}
