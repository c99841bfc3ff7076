//! The gate: a seat's figures by counting its messages, the ladders step by step, the thread gate afresh each time.

use super::Model;
use super::messages::Status;
use earnest_core::policy::{Blocks, Check, FailingRate, Gate, Judged, Ladder, Standing};
use earnest_core::units::{SeatId, Timestamp};

/// Where a seat is on a ladder.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The stage, or nothing for a seat that is good.
    pub(crate) stage: Option<usize>,
    pub(crate) starts_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    /// Start and end of the period or stage before.
    pub(crate) before: Option<(Timestamp, Timestamp)>,
    /// The stages that the seat was ever in.
    pub(crate) entered: Vec<usize>,
}

impl Model {
    /// A seat's place when it begins, or begins afresh.
    pub(crate) fn fresh_place(&self, at: Timestamp) -> Option<Place> {
        match &self.policy().gate {
            Gate::Ladder(ladder) => Some(Place {
                stage: None,
                starts_at: at,
                ends_at: at.plus(ladder.period),
                before: None,
                entered: Vec::new(),
            }),
            Gate::None | Gate::Thread(_) => None,
        }
    }

    /// Counts the seat's messages that the gate counts and that were sent when `within` says, and those
    /// of them that were answered in time by now.
    fn count(&self, seat: &SeatId, within: impl Fn(Timestamp) -> bool) -> (u32, u32) {
        let counted = self.messages.iter().filter(|message| {
            message.seat == *seat && message.price > 0 && within(message.sent_at)
        });
        let answered = counted
            .clone()
            .filter(|message| message.status == Status::Responded);
        (
            u32::try_from(counted.count()).unwrap(),
            u32::try_from(answered.count()).unwrap(),
        )
    }

    /// The figures over `[from, to)`.
    fn count_period(&self, seat: &SeatId, (from, to): (Timestamp, Timestamp)) -> (u32, u32) {
        self.count(seat, |sent_at| from <= sent_at && sent_at < to)
    }

    /// The thread gate's figures over `(now - window, now]`.
    fn count_window(
        &self,
        seat: &SeatId,
        window: earnest_core::units::Days,
        now: Timestamp,
    ) -> (u32, u32) {
        self.count(seat, |sent_at| {
            now.minus(window) < sent_at && sent_at <= now
        })
    }

    /// Whether the thread gate refuses the seat's next message that costs something.
    pub(crate) fn thread_refuses(&self, seat: &SeatId, now: Timestamp) -> bool {
        match &self.policy().gate {
            Gate::Thread(gate) => fails(gate.check, self.count_window(seat, gate.window, now)),
            Gate::None | Gate::Ladder(_) => false,
        }
    }

    /// What the seat's stage refuses.
    pub(crate) fn stage_blocks(&self, seat: usize) -> Blocks {
        match (
            &self.policy().gate,
            self.seats[seat]
                .place
                .as_ref()
                .and_then(|place| place.stage),
        ) {
            (Gate::Ladder(ladder), Some(stage)) => ladder.stages[stage].blocks,
            _ => Blocks::Nothing,
        }
    }

    /// Judges a period or a stage at its end.
    pub(crate) fn assess(&mut self, seat: usize, at: Timestamp) {
        let policy = self.policy();
        let Gate::Ladder(ladder) = &policy.gate else {
            unreachable!("only a ladder has places");
        };
        let id = self.seats[seat].id.clone();
        let mut place = self.seats[seat].place.clone().unwrap();
        let this = (place.starts_at, place.ends_at);
        let failed = match place.stage {
            None => fails(ladder.check, self.count_period(&id, this)),
            Some(stage) => match ladder.stages[stage].judge {
                None => true,
                Some(judge) => {
                    let judged = match judge.of {
                        Judged::This => this,
                        Judged::Previous => place.before.unwrap(),
                    };
                    fails(judge.check, self.count_period(&id, judged))
                }
            },
        };
        place.before = Some(this);
        place.starts_at = at;
        if failed {
            let next = next_stage(ladder, &place);
            place.stage = Some(next);
            place.entered.push(next);
            place.ends_at = at.plus(ladder.stages[next].days);
        } else {
            place.stage = None;
            place.ends_at = at.plus(ladder.period);
        }
        self.seats[seat].place = Some(place);
    }

    /// Returns how the seat stands, and the figures that are shown with it.
    pub(crate) fn standing(&self, seat: usize, now: Timestamp) -> (Standing, u32, u32) {
        let id = &self.seats[seat].id;
        match (&self.policy().gate, &self.seats[seat].place) {
            (Gate::Thread(gate), _) => {
                let (sent, responded) = self.count_window(id, gate.window, now);
                let standing = match self.thread_refuses(id, now) {
                    true => Standing::Restricted,
                    false => Standing::Good,
                };
                (standing, sent, responded)
            }
            (Gate::Ladder(ladder), Some(place)) => {
                let stage = place.stage.map(|stage| &ladder.stages[stage]);
                let judges_previous = stage
                    .and_then(|stage| stage.judge)
                    .is_some_and(|judge| judge.of == Judged::Previous);
                let shown = match judges_previous {
                    true => place.before.unwrap(),
                    false => (place.starts_at, place.ends_at),
                };
                let (sent, responded) = self.count_period(id, shown);
                (
                    stage.map_or(Standing::Good, |stage| stage.standing),
                    sent,
                    responded,
                )
            }
            (Gate::None, _) => {
                let (sent, responded) = self.count(id, |_| true);
                (Standing::Good, sent, responded)
            }
            (Gate::Ladder(_), None) => unreachable!("under a ladder every seat has a place"),
        }
    }
}

/// The stage after a fail: the next one that may still be entered, else the last again.
fn next_stage(ladder: &Ladder, place: &Place) -> usize {
    let first = place.stage.map_or(0, |stage| stage + 1);
    (first..ladder.stages.len())
        .find(|stage| !(ladder.stages[*stage].once && place.entered.contains(stage)))
        .unwrap_or(ladder.stages.len() - 1)
}

/// Compares in whole numbers: responded / sent with part / whole, both sides multiplied out.
pub(crate) fn fails(check: Check, (sent, responded): (u32, u32)) -> bool {
    if sent == 0 {
        return check.none_sent_fails;
    }
    if sent < check.sent_at_least {
        return false;
    }
    let bar = check.fails.threshold();
    let rate = u128::from(responded) * u128::from(bar.whole());
    let threshold = u128::from(bar.part()) * u128::from(sent);
    match check.fails {
        FailingRate::Below(_) => rate < threshold,
        FailingRate::AtMost(_) => rate <= threshold,
    }
}
