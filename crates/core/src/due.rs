//! Says what time alone brings about, in order.
//!
//! Owns: which thing falls due next, and its events. Does not own: commands.
//! Order at one instant: versions that were added ahead, lots end, lots start, renewals, assessments, then
//! commands, then lapses. A lapse takes effect only after its instant; everything else with it.
//! Invariant: running to an instant in steps or at once gives the same events. Nothing here scans the
//! messages; a renewal looks at all seats.

use crate::command::Source;
use crate::decide::settle;
use crate::event::{Event, ExpiryReason, Fact, StandingReason};
use crate::invariant::known;
use crate::policies::Policies;
use crate::policy::{Check, Gate, Judged, Ladder, Policy, Standing};
use crate::state::State;
use crate::state::change::{Change, Changes};
use crate::state::messages::Number;
use crate::state::seats::{Place, Seat};
use crate::state::versions::{Phase, Position};
use crate::units::{Credits, GrantId, SeatId, SeatType, Timestamp};
use smallvec::smallvec;

/// Something that falls due.
#[derive(Debug, Clone, Copy)]
enum Due {
    Version(u16),
    LotEnds(u32),
    LotStarts(u32),
    Renewal(u32),
    Assessment(u32),
    Lapse(Number),
}

/// Returns the events of what falls due next at or before `at` (a lapse: before `at`), or none when
/// nothing does. To bring a state to `at`, apply them and ask again until there are none.
#[must_use]
pub fn due(policies: &Policies, state: &State, at: Timestamp) -> Vec<Event> {
    match due_changes(policies, state, at) {
        Some((when, changes)) => state.write(changes, when),
        None => Vec::new(),
    }
}

/// Returns what falls due next, as [`due`] does, in the numbers of this state.
pub(crate) fn due_changes(
    policies: &Policies,
    state: &State,
    at: Timestamp,
) -> Option<(Timestamp, Changes<'static>)> {
    let (Position(when, _), due) = next(policies, state, at)?;
    let changes = match due {
        Due::LotEnds(number) => smallvec![expire(state, number)],
        Due::Lapse(number) => lapse(policies, state, number, when),
        Due::LotStarts(number) => facts([start(state, number)]),
        Due::Version(number) => facts(start_afresh(policies, state, number, when)),
        Due::Renewal(month) => facts(renew(policies, state, month, when)),
        Due::Assessment(seat) => facts(assess(policies, state, seat, when)),
    };
    Some((when, changes))
}

fn facts(facts: impl IntoIterator<Item = Fact>) -> Changes<'static> {
    facts.into_iter().map(Change::other).collect()
}

/// Returns whether nothing falls due at or before `at`.
#[must_use]
pub fn is_caught_up(policies: &Policies, state: &State, at: Timestamp) -> bool {
    next(policies, state, at).is_none()
}

/// Returns the instant at which something falls due next, as far as is known now: the moment to look
/// again. A lapse is due a millisecond after its deadline.
#[must_use]
pub fn next_due_at(policies: &Policies, state: &State) -> Option<Timestamp> {
    next(policies, state, Timestamp::MAX).map(|(Position(at, phase), _)| match phase {
        Phase::Lapses => at.plus_millis(1),
        _ => at,
    })
}

/// Returns an instant before which nothing falls due, found without judging anything: at most
/// [`next_due_at`], and often it. Nothing is returned where nothing can fall due as far as is known now.
///
/// Something need not be due then: a month may bring no allotment, and a period may end well. Who finds
/// nothing due at that instant asks [`look_again_after`] for the next.
#[must_use]
pub fn look_again_at(policies: &Policies, state: &State) -> Option<Timestamp> {
    look_again_from(policies, state, Timestamp::MIN)
}

/// Returns what [`look_again_at`] does for a state that was brought to `looked`: an instant after it before
/// which nothing falls due.
#[must_use]
pub fn look_again_after(
    policies: &Policies,
    state: &State,
    looked: Timestamp,
) -> Option<Timestamp> {
    look_again_from(policies, state, looked.plus_millis(1)).filter(|at| *at > looked)
}

/// Returns the first instant from `from` on at which something may fall due. What lots and messages bring is
/// due for certain, so a state that was brought to an instant has none of it there.
fn look_again_from(policies: &Policies, state: &State, from: Timestamp) -> Option<Timestamp> {
    let allots =
        state.allotments && state.cancelled_at.is_none() && policies.iter().any(|it| it.allots());
    let renewal = || match state.renewal.at < from {
        true => state.month(from.plus_millis(-1)).1,
        false => state.renewal.at,
    };
    let version = || {
        state
            .versions
            .next_start_after(state.clock().max(from.plus_millis(-1)))
    };
    let candidates = [
        state.pool.next_end().map(|(end, _)| end),
        state.pool.next_start().map(|(start, _)| start),
        state
            .messages
            .next_lapse()
            .map(|(deadline, _)| deadline.plus_millis(1)),
        allots.then(renewal).filter(|at| *at < Timestamp::MAX),
        state.seats.next_assessment(from),
        (!state.seats.is_empty()).then(version).flatten(),
    ];
    candidates.into_iter().flatten().min()
}

fn next(policies: &Policies, state: &State, at: Timestamp) -> Option<(Position, Due)> {
    let mut first: Option<(Position, Due)> = None;
    let mut consider = |when: Timestamp, phase: Phase, due: Due| {
        let position = Position(when, phase);
        if when <= at && first.is_none_or(|(earliest, _)| position < earliest) {
            first = Some((position, due));
        }
    };
    if let Some((end, lot)) = state.pool.next_end() {
        consider(end, Phase::LotsEnd, Due::LotEnds(lot));
    }
    if let Some((deadline, message)) = state.messages.next_lapse()
        && deadline < at
    {
        consider(deadline, Phase::Lapses, Due::Lapse(message));
    }
    if let Some((start, lot)) = state.pool.next_start() {
        consider(start, Phase::LotsStart, Due::LotStarts(lot));
    }
    if state.renewal.at <= at
        && let Some((start, month)) = next_renewal(policies, state, at)
    {
        consider(start, Phase::Renewals, Due::Renewal(month));
    }
    if let Some((end, seat)) = next_assessment(policies, state, at) {
        consider(end, Phase::Assessments, Due::Assessment(seat));
    }
    if state.versions.len() > 1
        && !state.seats.is_empty()
        && let Some((start, number)) = state.versions.next_change_of_gate(state.position, at)
    {
        consider(start, Phase::Versions, Due::Version(number));
    }
    first
}

fn expire(state: &State, number: u32) -> Change<'static> {
    let lot = known(state.pool.lot(number), "an ending lot is known");
    Change::Expired {
        lot: number,
        credits: lot.available,
        reason: ExpiryReason::Ended,
    }
}

fn start(state: &State, number: u32) -> Fact {
    let lot = known(state.pool.lot(number), "a starting lot is known");
    Fact::GrantStarted {
        grant: state.pool.id_of(number),
        credits: lot.credits,
    }
}

fn lapse(policies: &Policies, state: &State, number: Number, at: Timestamp) -> Changes<'static> {
    let message = state.messages.get(number);
    let mut changes = smallvec![Change::Lapsed(number)];
    let seen = message.seen_at().is_some_and(|seen| seen <= at);
    let rule = policies.get(message.version()).on_lapse(seen);
    settle::settle(policies, state, message, rule, at, &mut changes);
    changes
}

// --- renewals

fn next_renewal(policies: &Policies, state: &State, at: Timestamp) -> Option<(Timestamp, u32)> {
    if !state.allotments || state.cancelled_at.is_some() {
        return None;
    }
    let mut renewal = state.renewal;
    while renewal.at <= at && renewal.at < Timestamp::MAX {
        let policy = in_force(policies, state, renewal.at, Phase::Renewals);
        let gives = state
            .seats
            .iter()
            .any(|(_, seat)| !allotted(policy, &seat.seat_type, renewal.at).is_empty());
        if gives {
            return Some((renewal.at, renewal.month));
        }
        if gives_no_more(policy, state, renewal.at) {
            return None;
        }
        renewal = state.renewal_after(renewal);
    }
    None
}

/// Returns whether no later version is known than the one in force at `at`, and that one has nothing more for
/// the seats: else the months would be looked at to the end of time.
fn gives_no_more(policy: &Policy, state: &State, at: Timestamp) -> bool {
    let month = at.month_of_year();
    state.versions.is_settled(Position(at, Phase::Renewals))
        && policy.bonuses.iter().all(|bonus| bonus.month < month)
        && state
            .seats
            .iter()
            .all(|(_, seat)| policy.monthly(&seat.seat_type).is_zero())
}

/// Returns when the contract's next allotment comes and how many credits it brings, bonuses included.
/// Looks two years ahead: a policy that gives nothing in that time gives nothing that is known now.
pub(crate) fn next_allotment(policies: &Policies, state: &State) -> Option<(Timestamp, Credits)> {
    let mut last = state.renewal;
    for _ in 0..24 {
        last = state.renewal_after(last);
    }
    let (at, _) = next_renewal(policies, state, last.at)?;
    let policy = in_force(policies, state, at, Phase::Renewals);
    let credits = state
        .seats
        .iter()
        .flat_map(|(_, seat)| allotted(policy, &seat.seat_type, at))
        .map(|lot| lot.credits)
        .sum();
    Some((at, credits))
}

/// Returns what a seat is given with the contract's allotment at `at`: its monthly credits and, in a
/// bonus' month, the bonus.
fn allotted(policy: &Policy, seat_type: &SeatType, at: Timestamp) -> Vec<Allotment> {
    let monthly = policy.monthly(seat_type);
    let mut lots: Vec<Allotment> = (!monthly.is_zero())
        .then(|| Allotment {
            credits: monthly,
            source: Source::Allotment,
            expires_at: policy.expires_after.map(|days| at.plus(days)),
        })
        .into_iter()
        .collect();
    if !policy.bonuses.is_empty() {
        let month = at.month_of_year();
        let bonuses = policy
            .bonuses
            .iter()
            .filter(|bonus| bonus.month == month && bonus.seat_types.contains(seat_type));
        lots.extend(bonuses.map(|bonus| Allotment {
            credits: bonus.credits,
            source: Source::Promotion,
            expires_at: bonus.expires_after.map(|days| at.plus(days)),
        }));
    }
    lots
}

struct Allotment {
    credits: Credits,
    source: Source,
    expires_at: Option<Timestamp>,
}

fn renew(policies: &Policies, state: &State, month: u32, at: Timestamp) -> Vec<Fact> {
    let policy = in_force(policies, state, at, Phase::Renewals);
    let mut given = Vec::new();
    for (_, seat) in state.seats.iter() {
        let lots = allotted(policy, &seat.seat_type, at);
        give(state, &seat.id, lots, month, &mut given);
    }
    let monthly: Credits = state
        .seats
        .iter()
        .map(|(_, seat)| policy.monthly(&seat.seat_type))
        .sum();
    let cut = cut_to_cap(state, policy, monthly, &given);
    given.extend(cut);
    given
}

/// Returns the allotment of a seat that is being added at `at`, and what the rollover cap then cuts.
pub(crate) fn first_allotment(
    policies: &Policies,
    state: &State,
    seat: &crate::command::AddSeat,
    at: Timestamp,
) -> Vec<Fact> {
    if !state.allotments || state.cancelled_at.is_some() {
        return Vec::new();
    }
    let policy = in_force(policies, state, at, Phase::Commands);
    let mut lots = allotted(policy, &seat.seat_type, at);
    if at != state.starts_at {
        // A bonus comes with the contract's own allotment, to the seats that exist then.
        lots.retain(|lot| lot.source == Source::Allotment);
    }
    let (month, _) = state.month(at);
    let mut given = Vec::new();
    give(state, &seat.id, lots, month, &mut given);
    if given.is_empty() {
        return given;
    }
    let others = state.seats.iter().map(|(_, seat)| &seat.seat_type);
    let monthly: Credits = others
        .chain([&seat.seat_type])
        .map(|seat_type| policy.monthly(seat_type))
        .sum();
    let cut = cut_to_cap(state, policy, monthly, &given);
    given.extend(cut);
    given
}

fn give(state: &State, seat: &SeatId, lots: Vec<Allotment>, month: u32, facts: &mut Vec<Fact>) {
    for lot in lots {
        let ahead = u32::try_from(facts.len()).unwrap_or(u32::MAX);
        facts.push(Fact::AllotmentGranted {
            grant: GrantId::Made(state.pool.next_number().saturating_add(ahead)),
            seat: seat.clone(),
            credits: lot.credits,
            source: lot.source,
            expires_at: lot.expires_at,
            month,
        });
    }
}

/// Returns the expiries that bring the counted credits down to the rollover cap, `given` included.
fn cut_to_cap(state: &State, policy: &Policy, monthly: Credits, given: &[Fact]) -> Vec<Fact> {
    let Some(cap) = policy.rollover_cap else {
        return Vec::new();
    };
    let most = monthly.0.saturating_mul(u64::from(cap));
    let new = given.iter().filter_map(|fact| match fact {
        Fact::AllotmentGranted {
            grant,
            credits,
            source: Source::Allotment,
            expires_at,
            ..
        } => Some((*expires_at, grant.clone(), *credits)),
        _ => None,
    });
    let counted = state
        .pool
        .counted_for_cap()
        .plus(new.clone().map(|(_, _, credits)| credits).sum());
    let mut excess = counted.0.saturating_sub(most);
    if excess == 0 {
        return Vec::new();
    }
    let old = state
        .pool
        .in_cap_order()
        .into_iter()
        .map(|(number, credits)| {
            let end = state.pool.lot(number).and_then(|lot| lot.expires_at);
            (end, state.pool.id_of(number), credits)
        });
    let mut lots: Vec<_> = old.chain(new).collect();
    // Stable: lots that end together stay in order of creation, and new ones come last.
    lots.sort_by_key(|(end, _, _)| end.unwrap_or(Timestamp::MAX));
    let mut cuts = Vec::new();
    for (_, grant, credits) in lots {
        let cut = credits.0.min(excess);
        if cut == 0 {
            break;
        }
        excess = excess.saturating_sub(cut);
        cuts.push(Fact::CreditsExpired {
            grant,
            credits: Credits(cut),
            reason: ExpiryReason::RolloverCap,
        });
    }
    cuts
}

// --- the gate

fn next_assessment(policies: &Policies, state: &State, at: Timestamp) -> Option<(Timestamp, u32)> {
    state
        .seats
        .assessments(at)
        .find(|(end, seat)| assess(policies, state, *seat, *end).is_some())
}

/// Returns the change of standing that the end of a seat's period or stage brings, if any.
fn assess(policies: &Policies, state: &State, number: u32, at: Timestamp) -> Option<Fact> {
    let Gate::Ladder(ladder) = &in_force(policies, state, at, Phase::Assessments).gate else {
        return None;
    };
    let seat = state.seats.get(number);
    let figures = seat.place.figures;
    let fails = |check: &Check| check.fails(figures.sent, figures.responded);
    let next = match seat.place.stage {
        None => {
            let failed = figures.sent > 0 && fails(&ladder.check);
            failed.then(|| first_stage(ladder, seat.was_warned))
        }
        Some(stage) => {
            let judge = ladder
                .stages
                .get(usize::from(stage))
                .map(|stage| stage.judge);
            let after = Some(following_stage(ladder, stage));
            match judge.flatten() {
                Some(judge) if !fails(&judge.check) => None,
                _ => after,
            }
        }
    };
    if next.is_none() && seat.place.stage.is_none() {
        return None;
    }
    Some(stand(ladder, seat, next, at, StandingReason::Assessment))
}

/// Returns the stage that a seat enters when it fails the ladder's check.
pub(crate) fn first_stage(ladder: &Ladder, was_warned: bool) -> u8 {
    let stage = ladder
        .stages
        .iter()
        .position(|stage| !(stage.once && was_warned))
        .unwrap_or(ladder.stages.len().saturating_sub(1));
    u8::try_from(stage).unwrap_or(u8::MAX)
}

/// Returns the stage that follows a stage: the last follows itself.
pub(crate) fn following_stage(ladder: &Ladder, stage: u8) -> u8 {
    let last = u8::try_from(ladder.stages.len().saturating_sub(1)).unwrap_or(u8::MAX);
    stage.saturating_add(1).min(last)
}

fn stand(
    ladder: &Ladder,
    seat: &Seat,
    stage: Option<u8>,
    at: Timestamp,
    reason: StandingReason,
) -> Fact {
    let rule = stage.and_then(|stage| ladder.stages.get(usize::from(stage)));
    Fact::StandingChanged {
        seat: seat.id.clone(),
        from: seat.place.standing,
        standing: rule.map_or(Standing::Good, |stage| stage.standing),
        stage,
        ends_at: Some(at.plus(rule.map_or(ladder.period, |stage| stage.days))),
        judges_previous: rule
            .and_then(|stage| stage.judge)
            .is_some_and(|judge| judge.of == Judged::Previous),
        sent: seat.place.figures.sent,
        responded: seat.place.figures.responded,
        reason,
    }
}

/// Returns the events that start every seat afresh under another kind of gate.
fn start_afresh(policies: &Policies, state: &State, version: u16, at: Timestamp) -> Vec<Fact> {
    afresh(state, policies.get(version), at)
}

/// Returns the events that start every seat afresh under the gate of `policy`.
pub(crate) fn afresh(state: &State, policy: &Policy, at: Timestamp) -> Vec<Fact> {
    let ends_at = match &policy.gate {
        Gate::Ladder(ladder) => Some(at.plus(ladder.period)),
        Gate::None | Gate::Thread(_) => None,
    };
    let fresh = |seat: &Seat| {
        let place: Place = seat.place_at(&state.versions, at);
        Fact::StandingChanged {
            seat: seat.id.clone(),
            from: place.standing,
            standing: Standing::Good,
            stage: None,
            ends_at,
            judges_previous: false,
            sent: place.figures.sent,
            responded: place.figures.responded,
            reason: StandingReason::Policy,
        }
    };
    state.seats.iter().map(|(_, seat)| fresh(seat)).collect()
}

fn in_force<'a>(policies: &'a Policies, state: &State, at: Timestamp, phase: Phase) -> &'a Policy {
    policies.get(state.versions.in_force(Position(at, phase)))
}
