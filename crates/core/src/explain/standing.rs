//! Tells where a seat stands with the gate, and what happens next.

use super::gate::{band, good_rate};
use super::words::{count, rate};
use super::{Explanation, Outcome, Told, caught_up, cite, ladder, thread};
use crate::contract::Contract;
use crate::policy::Gate;
use crate::state::SeatView;
use crate::state::seats::Seat;
use crate::units::{SeatId, Timestamp};

/// Explains where a seat stands at `at`: its figures beside the threshold and the band of good rates, the
/// period or stage, and what comes next by which rule. Nothing is returned for an unknown seat.
#[must_use]
pub fn standing(contract: &Contract, id: &SeatId, at: Timestamp) -> Option<Explanation> {
    let contract = caught_up(contract, at);
    let view = contract.seat(id, at)?;
    let state = contract.state();
    let seat = state.seats.get(state.seats.find(id)?);
    let mut told = outlook(&contract, seat, at, 1);
    let opening = format!(
        "Seat `{id}` is {} under `{}` at {at}.",
        ladder::standing_words(view.standing),
        contract.policy(at).name
    );
    told.text.insert(0, opening);
    let told = limits(told, &view);
    let mut told = match state.versions.next_start_after(at) {
        Some(next) => told.instant("next_policy_at", next).say(format!(
            "Another version of the policy takes effect at {next} and rules from then on."
        )),
        None => told,
    };
    told.instants.sort_by_key(|moment| moment.at);
    let standing = view.standing;
    Some(told.into_explanation(
        &contract.policy(at).name,
        at,
        Outcome::Standing { standing },
    ))
}

/// Tells about a seat and its gate; `new` is how many messages are to be sent.
pub(super) fn outlook(contract: &Contract, seat: &Seat, at: Timestamp, new: u32) -> Told {
    match &contract.policy(at).gate {
        Gate::Thread(gate) => thread::outlook(contract, seat, gate, at, new),
        Gate::Ladder(rungs) => {
            let place = seat.place_at(&contract.state().versions, at);
            ladder::outlook(rungs, seat, &place)
        }
        none @ Gate::None => {
            let rule = cite::gate(none);
            let why = rule.because();
            let (low, high) = band();
            let figures = seat.lifetime;
            good_rate(
                Told::by(rule)
                    .figure("sent", figures.sent)
                    .figure("responded", figures.responded),
            )
            .instant("counted_from", seat.added_at)
            .say(why)
            .say(format!(
                "Since {}, {}; {low} to {high} is called a good rate.",
                seat.added_at,
                rate(figures.sent, figures.responded)
            ))
        }
    }
}

fn limits(mut told: Told, view: &SeatView) -> Told {
    if view.reports > 0 {
        let verb = if view.reports == 1 { "was" } else { "were" };
        told = told.say(format!(
            "{} of the seat {verb} reported.",
            count(view.reports, "message")
        ));
    }
    told = told.figure("reports", view.reports);
    if let Some(limit) = view.usage_limit {
        told = told
            .figure("used", view.used)
            .figure("usage_limit", limit)
            .say(format!(
                "It has sent {} of {limit} this month.",
                count(view.used, "message")
            ));
    }
    if view.bulk_disabled {
        told = told.say("An administrator has switched bulk sending off for it.");
    }
    told
}
