//! Holds a contract's seats: their limits, their figures and where they stand with the gate.
//!
//! Owns: counting. Does not own: judging ([`mod@crate::due`], [`mod@crate::decide`]).
//! Invariants: a seat's figures count only messages that stake a credit; `responded` never passes `sent`.

use super::messages::{Message, Messages, Number};
use super::versions::{Phase, Position, Versions};
use crate::invariant::{known, next};
use crate::policy::Standing;
use crate::units::{Days, SeatId, SeatType, Timestamp};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::{BTreeSet, VecDeque};

/// How many messages were sent and, of those, answered in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) sent: u32,
    pub(crate) responded: u32,
}

impl Figures {
    fn add(&mut self, message: Message<'_>) {
        self.sent = next(self.sent);
        self.responded = self
            .responded
            .saturating_add(u32::from(is_answered(message)));
    }

    fn remove(&mut self, message: Message<'_>) {
        self.sent = self.sent.saturating_sub(1);
        self.responded = self
            .responded
            .saturating_sub(u32::from(is_answered(message)));
    }
}

fn is_answered(message: Message<'_>) -> bool {
    message.status() == super::messages::Status::Responded
}

/// Where a seat stands, and the messages that its next judgement counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) standing: Standing,
    /// The ladder's stage; nothing when the standing is good.
    pub(crate) stage: Option<u8>,
    /// When the stage or the assessment period began.
    pub(crate) starts_at: Timestamp,
    /// When it ends; nothing without a ladder.
    pub(crate) ends_at: Option<Timestamp>,
    /// The judged messages were sent from here on ...
    pub(crate) judged_from: Timestamp,
    /// ... and before here; nothing means to this day.
    pub(crate) judged_to: Option<Timestamp>,
    pub(crate) figures: Figures,
}

impl Place {
    pub(crate) const fn fresh(at: Timestamp, ends_at: Option<Timestamp>) -> Self {
        Self {
            standing: Standing::Good,
            stage: None,
            starts_at: at,
            ends_at,
            judged_from: at,
            judged_to: None,
            figures: Figures {
                sent: 0,
                responded: 0,
            },
        }
    }

    fn judges(&self, sent_at: Timestamp) -> bool {
        self.judged_from <= sent_at && self.judged_to.is_none_or(|to| sent_at < to)
    }

    /// Moves a good seat on to the assessment period that `at` lies in: uneventful ends leave no event.
    pub(crate) fn roll(&mut self, versions: &Versions, at: Timestamp) {
        while let (None, Some(end)) = (self.stage, self.ends_at) {
            let place = Position(end, Phase::Assessments);
            if at < end {
                break;
            }
            let Some(period) = versions.period(place) else {
                break;
            };
            let whole = if versions.is_settled(place) {
                at.millis_since(end)
                    .checked_div(period.millis())
                    .unwrap_or(0)
            } else {
                0
            };
            let start = end.plus_millis(whole.saturating_mul(period.millis()));
            *self = Self::fresh(start, Some(start.plus(period)));
        }
    }
}

/// A seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seat {
    pub(crate) id: SeatId,
    pub(crate) seat_type: SeatType,
    pub(crate) usage_limit: Option<u32>,
    pub(crate) bulk_disabled: bool,
    pub(crate) added_at: Timestamp,
    /// The contract's month of the newest send, and how many were sent in it.
    usage: (u32, u32),
    /// Since the seat's start.
    pub(crate) lifetime: Figures,
    pub(crate) reports: u32,
    pub(crate) place: Place,
    pub(crate) was_warned: bool,
    /// The messages that a rolling window may count, oldest first, and their figures.
    window: VecDeque<Number>,
    window_figures: Figures,
}

impl Seat {
    pub(crate) fn used_in(&self, month: u32) -> u32 {
        if self.usage.0 == month {
            self.usage.1
        } else {
            0
        }
    }

    /// Returns the figures of the messages sent in `(at - window, at]`.
    pub(crate) fn window_figures(
        &self,
        messages: &Messages,
        window: Days,
        at: Timestamp,
    ) -> Figures {
        let edge = at.minus(window);
        let mut figures = self.window_figures;
        for number in &self.window {
            let message = messages.get(*number);
            if message.sent_at() > edge {
                break;
            }
            figures.remove(message);
        }
        figures
    }

    /// Returns the messages that a rolling window may count, oldest first.
    pub(crate) fn window<'a>(
        &'a self,
        messages: &'a Messages,
    ) -> impl Iterator<Item = Message<'a>> + 'a {
        self.window.iter().map(|number| messages.get(*number))
    }

    fn prune_window(&mut self, messages: &Messages, edge: Timestamp) {
        while let Some(oldest) = self.window.front() {
            let oldest = messages.get(*oldest);
            if oldest.sent_at() > edge {
                break;
            }
            self.window_figures.remove(oldest);
            self.window.pop_front();
        }
    }

    /// Returns the place with its figures as a reader at `at` sees them.
    pub(crate) fn place_at(&self, versions: &Versions, at: Timestamp) -> Place {
        let mut place = self.place.clone();
        place.roll(versions, at);
        place
    }
}

/// The seats of a contract.
#[derive(Debug, Clone)]
pub(crate) struct Seats {
    all: Vec<Seat>,
    by_id: HashMap<SeatId, u32, FixedState>,
    /// When each seat is judged next, where there may be something to judge.
    assessments: BTreeSet<(Timestamp, u32)>,
}

/// Compares what is kept; the look-up table follows from it.
impl PartialEq for Seats {
    fn eq(&self, other: &Self) -> bool {
        self.all == other.all && self.assessments == other.assessments
    }
}

impl Seats {
    pub(crate) fn new() -> Self {
        Self {
            all: Vec::new(),
            by_id: HashMap::with_hasher(FixedState::with_seed(0x7365_6174)),
            assessments: BTreeSet::new(),
        }
    }

    pub(crate) fn find(&self, id: &SeatId) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    pub(crate) fn get(&self, number: u32) -> &Seat {
        let seat = usize::try_from(number).ok().and_then(|at| self.all.get(at));
        known(seat, "a seat's number is known")
    }

    fn get_mut(&mut self, number: u32) -> &mut Seat {
        let seat = usize::try_from(number)
            .ok()
            .and_then(|at| self.all.get_mut(at));
        known(seat, "a seat's number is known")
    }

    /// Returns the number of a seat that an event names.
    pub(crate) fn number(&self, id: &SeatId) -> u32 {
        known(self.find(id), "an event's seat is known")
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Seat)> {
        (0_u32..).zip(&self.all)
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn add(
        &mut self,
        id: SeatId,
        seat_type: SeatType,
        usage_limit: Option<u32>,
        bulk_disabled: bool,
        place: Place,
    ) {
        let number = known(
            u32::try_from(self.all.len()).ok(),
            "a contract has fewer than 2^32 seats",
        );
        self.by_id.insert(id.clone(), number);
        self.all.push(Seat {
            id,
            seat_type,
            usage_limit,
            bulk_disabled,
            added_at: place.starts_at,
            usage: (0, 0),
            lifetime: Figures::default(),
            reports: 0,
            place,
            was_warned: false,
            window: VecDeque::new(),
            window_figures: Figures::default(),
        });
    }

    pub(crate) fn change(&mut self, number: u32, usage_limit: Option<u32>, bulk_disabled: bool) {
        let seat = self.get_mut(number);
        seat.usage_limit = usage_limit;
        seat.bulk_disabled = bulk_disabled;
    }

    pub(crate) fn count_report(&mut self, number: u32) {
        let seat = self.get_mut(number);
        seat.reports = next(seat.reports);
    }

    /// Counts a message that was just sent.
    pub(crate) fn count_sent(
        &mut self,
        messages: &Messages,
        versions: &Versions,
        month: u32,
        sent: Number,
    ) {
        let message = messages.get(sent);
        let at = message.sent_at();
        let number = message.seat();
        let retention = versions.longest_window();
        let seat = self.get_mut(number);
        seat.usage = (month, next(seat.used_in(month)));
        if !message.counts_for_gate() {
            return;
        }
        seat.lifetime.add(message);
        if let Some(retention) = retention {
            seat.window.push_back(sent);
            seat.window_figures.add(message);
            seat.prune_window(messages, at.minus(retention));
        }
        if seat.place.ends_at.is_none() {
            return;
        }
        seat.place.roll(versions, at);
        if seat.place.judges(at) {
            seat.place.figures.add(message);
        }
        if let (None, 1, Some(end)) = (
            seat.place.stage,
            seat.place.figures.sent,
            seat.place.ends_at,
        ) {
            self.assessments.insert((end, number));
        }
    }

    /// Counts the first answer in time to a message.
    pub(crate) fn count_response(
        &mut self,
        message: Message<'_>,
        versions: &Versions,
        at: Timestamp,
    ) {
        if !message.counts_for_gate() {
            return;
        }
        let seat = self.get_mut(message.seat());
        seat.lifetime.responded = next(seat.lifetime.responded);
        if seat
            .window
            .front()
            .is_some_and(|oldest| *oldest <= message.number)
        {
            seat.window_figures.responded = next(seat.window_figures.responded);
        }
        if seat.place.ends_at.is_some() {
            seat.place.roll(versions, at);
            if seat.place.judges(message.sent_at()) {
                seat.place.figures.responded = next(seat.place.figures.responded);
            }
        }
    }

    /// Refills the windows: a version was added that looks back further than any before.
    pub(crate) fn refill_windows(&mut self, messages: &Messages, window: Days, at: Timestamp) {
        for seat in &mut self.all {
            seat.window.clear();
            seat.window_figures = Figures::default();
        }
        let edge = at.minus(window);
        for message in messages
            .newest_first()
            .take_while(|message| message.sent_at() > edge)
            .filter(Message::counts_for_gate)
        {
            let seat = self.get_mut(message.seat());
            seat.window.push_front(message.number);
            seat.window_figures.add(message);
        }
    }

    /// Drops from the windows what was sent at `edge` or before, which no gate looks back to.
    pub(crate) fn prune_windows(&mut self, messages: &Messages, edge: Timestamp) {
        for seat in &mut self.all {
            seat.prune_window(messages, edge);
        }
    }

    /// Puts a seat into a stage, or back to good.
    pub(crate) fn stand(
        &mut self,
        messages: &Messages,
        number: u32,
        at: Timestamp,
        (standing, stage, ends_at): (Standing, Option<u8>, Option<Timestamp>),
        judges_previous: bool,
    ) {
        let seat = self.get_mut(number);
        let old_end = seat.place.ends_at;
        if judges_previous {
            seat.place.standing = standing;
            seat.place.stage = stage;
            seat.place.starts_at = at;
            seat.place.ends_at = ends_at;
            seat.place.judged_to = Some(at);
        } else {
            seat.place = Place {
                standing,
                stage,
                ..Place::fresh(at, ends_at)
            };
            // Messages of this very instant belong to what begins now.
            for message in messages
                .newest_first()
                .take_while(|message| message.sent_at() >= at)
                .filter(|message| message.seat() == number && message.counts_for_gate())
            {
                seat.place.figures.add(message);
            }
        }
        seat.was_warned |= standing == Standing::Warned;
        let judged = stage.is_some() || seat.place.figures.sent > 0;
        if let Some(old_end) = old_end {
            self.assessments.remove(&(old_end, number));
        }
        if let (true, Some(end)) = (judged, ends_at) {
            self.assessments.insert((end, number));
        }
    }

    /// Forgets that a seat was ever warned.
    pub(crate) fn pardon(&mut self, number: u32) {
        self.get_mut(number).was_warned = false;
    }

    /// Returns the judgements to come up to `until`, in order.
    pub(crate) fn assessments(
        &self,
        until: Timestamp,
    ) -> impl Iterator<Item = (Timestamp, u32)> + '_ {
        self.assessments
            .iter()
            .take_while(move |(end, _)| *end <= until)
            .copied()
    }

    /// Returns the instant from `from` on at which there may be something to judge.
    pub(crate) fn next_assessment(&self, from: Timestamp) -> Option<Timestamp> {
        let (end, _) = self.assessments.range((from, 0)..).next()?;
        Some(*end)
    }

    /// Returns about how many bytes are held.
    pub(crate) fn weight(&self) -> usize {
        let seats = self.all.capacity().saturating_mul(size_of::<Seat>());
        let ends = self
            .assessments
            .len()
            .saturating_mul(size_of::<(Timestamp, u32)>());
        seats
            .saturating_add(self.by_id.allocation_size())
            .saturating_add(ends.saturating_mul(2))
    }

    /// Drops the judgements before `at`, which changed nothing.
    pub(crate) fn drop_assessments(&mut self, at: Position) {
        while let Some((end, number)) = self.assessments.first().copied() {
            if Position(end, Phase::Assessments) >= at {
                break;
            }
            self.assessments.remove(&(end, number));
        }
    }
}

impl Seats {
    /// Checks what loaded seats say of the messages.
    pub(crate) fn check(&self, messages: &Messages) -> Result<(), &'static str> {
        let is_seat = |(_, number): &(Timestamp, u32)| {
            usize::try_from(*number).is_ok_and(|number| number < self.all.len())
        };
        if !self.assessments.iter().all(is_seat) {
            return Err("an assessment is of a seat");
        }
        for (number, seat) in self.iter() {
            let is_kept = |message: &Number| messages.keeps(*message);
            if !seat.window.iter().all(is_kept) {
                return Err("a rolling window has the messages that it counts");
            }
            let theirs = |message: Message<'_>| message.seat() == number;
            if !seat.window(messages).all(theirs) {
                return Err("a seat's window has its own messages");
            }
        }
        Ok(())
    }
}

/// Saves the seats by number; the look-up table follows from them.
impl Serialize for Seats {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        (&self.all, &self.assessments).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Seats {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (all, assessments) = <(Vec<Seat>, BTreeSet<_>)>::deserialize(from)?;
        let mut seats = Self {
            assessments,
            ..Self::new()
        };
        seats.by_id.reserve(all.len());
        for (number, seat) in (0_u32..).zip(&all) {
            if seats.by_id.insert(seat.id.clone(), number).is_some() {
                return Err(de::Error::custom("no two seats have one id"));
            }
        }
        seats.all = all;
        Ok(seats)
    }
}
