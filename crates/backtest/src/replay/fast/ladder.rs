//! Follows the seats of a contract through the periods and stages of a ladder.
//!
//! Seats are judged apart from one another, and by their own messages alone, so each is brought up to date when
//! it is looked at. Invariant: a seat that is up to date at an instant was judged at every end up to it, and ends
//! come before the messages and answers of their instant.

use super::super::observe::Observer;
use super::super::watch::Stood;
use earnest_core::policy::{Blocks, Check, Judged, Ladder, Standing};
use earnest_core::units::Timestamp;

/// Is told how a seat stands, and since when.
type Tell<'t> = dyn FnMut(Standing, Timestamp) + 't;

/// The seats of a contract.
pub(super) struct Ladders<'p> {
    ladder: &'p Ladder,
    seats: Vec<Seat>,
}

/// Where a seat stands, and the messages that its next judgement counts.
#[derive(Debug, Clone)]
struct Seat {
    /// The ladder's stage; nothing when the standing is good.
    stage: Option<u8>,
    /// When the stage or the assessment period ends.
    ends_at: Timestamp,
    /// The judged messages were sent from here on ...
    judged_from: Timestamp,
    /// ... and before here; nothing means to this day.
    judged_to: Option<Timestamp>,
    sent: u32,
    responded: u32,
    was_warned: bool,
    stood: Stood,
}

impl<'p> Ladders<'p> {
    pub(super) const fn new(ladder: &'p Ladder) -> Self {
        Self {
            ladder,
            seats: Vec::new(),
        }
    }

    /// Begins with a contract's seats, all of which start with it.
    pub(super) fn begin(&mut self, start: Timestamp, seats: usize) {
        let fresh = Seat {
            stage: None,
            ends_at: start.plus(self.ladder.period),
            judged_from: start,
            judged_to: None,
            sent: 0,
            responded: 0,
            was_warned: false,
            stood: Stood::default(),
        };
        self.seats.clear();
        self.seats.resize(seats, fresh);
    }

    /// Returns what is refused to a seat at `at`.
    pub(super) fn blocks<O: Observer>(
        &mut self,
        seat: u32,
        at: Timestamp,
        observer: &mut O,
    ) -> Blocks {
        let ladder = self.ladder;
        let stage = self.seat(seat, at, observer).and_then(|seat| seat.stage);
        stage.map_or(Blocks::Nothing, |stage| {
            let stage = ladder.stages.get(usize::from(stage));
            stage.map_or(Blocks::Nothing, |stage| stage.blocks)
        })
    }

    /// Counts a message that is sent at `at`.
    pub(super) fn sent<O: Observer>(&mut self, seat: u32, at: Timestamp, observer: &mut O) {
        if let Some(seat) = self.seat(seat, at, observer)
            && seat.judges(at)
        {
            seat.sent += 1;
        }
    }

    /// Counts an answer at `at`, in time, to a message that was sent at `sent_at`.
    pub(super) fn responded<O: Observer>(
        &mut self,
        seat: u32,
        sent_at: Timestamp,
        at: Timestamp,
        observer: &mut O,
    ) {
        if let Some(seat) = self.seat(seat, at, observer)
            && seat.judges(sent_at)
        {
            seat.responded += 1;
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
            let mut tell = |standing, at| observer.stood(number, standing, at);
            seat.advance_to(until, self.ladder, &mut tell);
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
        if seat.ends_at <= at {
            let mut tell = |standing, at| observer.stood(number, standing, at);
            seat.advance_to(at, self.ladder, &mut tell);
        }
        Some(seat)
    }
}

impl Seat {
    fn judges(&self, sent_at: Timestamp) -> bool {
        self.judged_from <= sent_at && self.judged_to.is_none_or(|to| sent_at < to)
    }

    #[cold]
    fn advance_to(&mut self, at: Timestamp, ladder: &Ladder, tell: &mut Tell<'_>) {
        while self.ends_at <= at {
            self.assess(ladder, at, tell);
        }
    }

    /// Judges the seat at the end of its period or stage; `at` is then or later.
    fn assess(&mut self, ladder: &Ladder, at: Timestamp, tell: &mut Tell<'_>) {
        let fails = |check: &Check| check.fails(self.sent, self.responded);
        let next = match self.stage {
            None if self.sent > 0 && fails(&ladder.check) => {
                Some(first_stage(ladder, self.was_warned))
            }
            None => return self.roll(ladder, at),
            Some(stage) => match ladder.stages.get(usize::from(stage)).map(|it| it.judge) {
                Some(Some(judge)) if !fails(&judge.check) => None,
                _ => Some(following_stage(ladder, stage)),
            },
        };
        self.stand(ladder, next, self.ends_at, tell);
    }

    /// Moves a good seat on to the period that `at` lies in: no end on the way has anything to judge.
    fn roll(&mut self, ladder: &Ladder, at: Timestamp) {
        let period = ladder.period.millis();
        let whole = at.millis_since(self.ends_at) / period;
        self.begin(self.ends_at.plus_millis(whole * period));
        self.ends_at = self.judged_from.plus(ladder.period);
    }

    /// Puts the seat into a stage, or back to good.
    fn stand(&mut self, ladder: &Ladder, stage: Option<u8>, at: Timestamp, tell: &mut Tell<'_>) {
        let rule = stage.and_then(|stage| ladder.stages.get(usize::from(stage)));
        let judge = rule.and_then(|stage| stage.judge);
        if judge.is_some_and(|judge| judge.of == Judged::Previous) {
            self.judged_to = Some(at);
        } else {
            self.begin(at);
        }
        self.stage = stage;
        self.ends_at = at.plus(rule.map_or(ladder.period, |stage| stage.days));
        let standing = rule.map_or(Standing::Good, |stage| stage.standing);
        self.was_warned |= standing == Standing::Warned;
        self.stood.stand(standing, at);
        tell(standing, at);
    }

    /// Counts messages afresh from `at` on.
    fn begin(&mut self, at: Timestamp) {
        self.judged_from = at;
        self.judged_to = None;
        self.sent = 0;
        self.responded = 0;
    }
}

/// Returns the stage that a seat enters when it fails the ladder's check.
fn first_stage(ladder: &Ladder, was_warned: bool) -> u8 {
    let mut stages = ladder.stages.iter();
    let stage = stages.position(|stage| !(stage.once && was_warned));
    number(stage.unwrap_or(ladder.stages.len() - 1))
}

/// Returns the stage that follows a stage: the last follows itself.
fn following_stage(ladder: &Ladder, stage: u8) -> u8 {
    stage.saturating_add(1).min(number(ladder.stages.len() - 1))
}

fn number(stage: usize) -> u8 {
    // INVARIANT: the plan took no ladder with more stages than fit.
    u8::try_from(stage).unwrap_or(u8::MAX)
}
