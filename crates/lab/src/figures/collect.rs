//! Collects the figures of a replay.
//!
//! Owns: what is kept on the way. Invariant: collectors of parts of a log add up to that of the whole.

use super::day::Days;
use super::seat::SeatFigures;
use super::{Change, Detail};
use earnest_backtest::log::{History, Log, Message};
use earnest_backtest::replay::observe::Observer;
use earnest_backtest::report::Figures;
use earnest_core::Balance;
use earnest_core::policy::{Policy, Settled, Standing};
use earnest_core::units::{Credits, Days as Span, Timestamp};

/// Watches a replay and counts by day and by seat.
pub(super) struct Collector {
    until: Timestamp,
    window: Span,
    /// The number over the whole log of the current contract's first seat.
    first_seat: usize,
    /// Where the current contract's seats begin in `seats`.
    begin: usize,
    seats: Vec<Seat>,
    days: Days,
    changes: Vec<Change>,
    lost: u64,
    avoided: u64,
    balance: Balance,
}

/// A seat in the making.
struct Seat {
    /// Its number over the whole log.
    number: usize,
    sent: u64,
    responded: u64,
    refused: u64,
    lost: u64,
    returned: u64,
    consumed: u64,
    standing: Standing,
}

impl Seat {
    const fn new(number: usize) -> Self {
        Self {
            number,
            sent: 0,
            responded: 0,
            refused: 0,
            lost: 0,
            returned: 0,
            consumed: 0,
            standing: Standing::Good,
        }
    }
}

impl Collector {
    fn seat(&mut self, number: u32) -> Option<&mut Seat> {
        let place = usize::try_from(number).ok()?;
        self.seats.get_mut(self.begin + place)
    }

    /// Returns the figures in detail.
    pub(super) fn finish(mut self, log: &Log, figures: Figures) -> Detail {
        self.changes.sort_by_key(|change| (change.at, change.seat));
        let mut seats: Vec<SeatFigures> = log
            .histories()
            .flat_map(|history| {
                let numbers = 0..u32::try_from(history.seats()).unwrap_or(u32::MAX);
                numbers.map(move |seat| empty(history.name(), history.seat_name(seat)))
            })
            .collect();
        for seat in &self.seats {
            let Some(of) = seats.get_mut(seat.number) else {
                continue;
            };
            of.messages = seat.sent + seat.refused;
            of.sent = seat.sent;
            of.responded = seat.responded;
            of.refused = seat.refused;
            of.lost = seat.lost;
            of.returned = seat.returned;
            of.consumed = seat.consumed;
        }
        stand(&mut seats, &self.changes, self.until);
        Detail {
            figures,
            lost: self.lost,
            avoided: self.avoided,
            days: self.days.finish(),
            seats,
            changes: self.changes,
            balance: self.balance,
        }
    }
}

/// Tells the seats how they stood; the changes are in order.
fn stand(seats: &mut [SeatFigures], changes: &[Change], until: Timestamp) {
    let mut since: Vec<Option<Timestamp>> = vec![None; seats.len()];
    for Change { at, seat, standing } in changes.iter().copied() {
        let (Some(of), Some(since)) = (seats.get_mut(seat), since.get_mut(seat)) else {
            continue;
        };
        of.standing = standing;
        match standing {
            Standing::Warned => of.warned_at = of.warned_at.or(Some(at)),
            Standing::Restricted => of.restricted_at = of.restricted_at.or(Some(at)),
            Standing::Good | Standing::Grace => {}
        }
        match (standing == Standing::Restricted, *since) {
            (true, None) => *since = Some(at),
            (false, Some(from)) => {
                of.restricted_ms += millis(from, at);
                *since = None;
            }
            _ => {}
        }
    }
    for (of, since) in seats.iter_mut().zip(since) {
        of.restricted_ms += since.map_or(0, |from| millis(from, until));
    }
}

fn millis(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.millis_since(from)).unwrap_or(0)
}

fn empty(contract: &str, seat: &str) -> SeatFigures {
    SeatFigures {
        contract: contract.to_owned(),
        seat: seat.to_owned(),
        messages: 0,
        sent: 0,
        responded: 0,
        refused: 0,
        lost: 0,
        returned: 0,
        consumed: 0,
        warned_at: None,
        restricted_at: None,
        restricted_ms: 0,
        standing: Standing::Good,
    }
}

impl Observer for Collector {
    const BALANCES: bool = true;

    fn new(_: &Log, policy: &Policy, until: Timestamp) -> Self {
        Self {
            until,
            window: policy.settlement.window,
            first_seat: 0,
            begin: 0,
            seats: Vec::new(),
            days: Days::default(),
            changes: Vec::new(),
            lost: 0,
            avoided: 0,
            balance: Balance::default(),
        }
    }

    fn add(&mut self, other: Self) {
        self.seats.extend(other.seats);
        self.days.add(&other.days);
        self.changes.extend(other.changes);
        self.lost += other.lost;
        self.avoided += other.avoided;
        self.balance(other.balance);
    }

    fn contract(&mut self, history: &History<'_>) {
        self.first_seat = history.first_seat();
        self.begin = self.seats.len();
        let numbers = self.first_seat..self.first_seat + history.seats();
        self.seats.extend(numbers.map(Seat::new));
    }

    fn sent(&mut self, _: usize, message: &Message) {
        self.days.at(message.sent_at()).sent += 1;
        if let Some(seat) = self.seat(message.seat()) {
            seat.sent += 1;
        }
    }

    fn refused(&mut self, _: usize, message: &Message, _: &'static str) {
        let lost = answered_in_log(message, self.window, self.until);
        self.lost += u64::from(lost);
        self.avoided += u64::from(!lost);
        let day = self.days.at(message.sent_at());
        day.refused += 1;
        day.lost += u64::from(lost);
        if let Some(seat) = self.seat(message.seat()) {
            seat.refused += 1;
            seat.lost += u64::from(lost);
        }
    }

    fn answered(&mut self, _: usize, message: &Message, at: Timestamp) {
        self.days.at(message.sent_at()).sent_answered += 1;
        self.days.at(at).responded += 1;
        if let Some(seat) = self.seat(message.seat()) {
            seat.responded += 1;
        }
    }

    fn settled(&mut self, _: usize, message: &Message, credit: Settled, at: Timestamp) {
        let returned = u64::from(credit == Settled::Returned);
        let day = self.days.at(at);
        day.returned += returned;
        day.consumed += 1 - returned;
        if let Some(seat) = self.seat(message.seat()) {
            seat.returned += returned;
            seat.consumed += 1 - returned;
        }
    }

    fn stood(&mut self, number: u32, standing: Standing, at: Timestamp) {
        let Some(seat) = self.seat(number) else {
            return;
        };
        if seat.standing != standing {
            seat.standing = standing;
            let seat = seat.number;
            self.changes.push(Change { at, seat, standing });
        }
    }

    fn balance(&mut self, more: Balance) {
        let sum = |a: Credits, b: Credits| Credits(a.0.saturating_add(b.0));
        let all = &mut self.balance;
        all.granted = sum(all.granted, more.granted);
        all.available = sum(all.available, more.available);
        all.held = sum(all.held, more.held);
        all.consumed = sum(all.consumed, more.consumed);
        all.expired = sum(all.expired, more.expired);
        all.revoked = sum(all.revoked, more.revoked);
    }
}

/// Returns whether the log has an answer to a message within the window and by `until`.
pub(crate) fn answered_in_log(message: &Message, window: Span, until: Timestamp) -> bool {
    let deadline = message.sent_at().plus(window).min(until);
    message.responded_at().is_some_and(|at| at <= deadline)
}
