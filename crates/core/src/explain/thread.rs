//! Tells where a seat stands with a gate that looks at each send over a rolling window, and when it would let
//! a refused send pass.
//!
//! Owns: the first instant of passing, exactly, if nothing else happens. Does not own: the check.

use super::gate::{figures, verdict};
use super::words::{count, is_are, sentence};
use super::{By, Change, Told, cite};
use crate::contract::Contract;
use crate::policy::{Check, Gate, Policy, ThreadGate};
use crate::state::messages::Status;
use crate::state::seats::{Figures, Seat};
use crate::state::versions::{Phase, Position};
use crate::units::Timestamp;

/// Tells about a seat under the gate, and about a send of `new` messages that stake a credit.
pub(super) fn outlook(
    contract: &Contract,
    seat: &Seat,
    gate: &ThreadGate,
    at: Timestamp,
    new: u32,
) -> Told {
    let counted = seat.window_figures(&contract.state().messages, gate.window, at);
    let rule = cite::thread_check(gate);
    let why = rule.because();
    let told = figures(Told::by(rule).say(why), &gate.check, counted)
        .instant("window_from", at.minus(gate.window))
        .instant("window_to", at)
        .say(format!(
            "What counts are the messages sent in the {} before a send; with fewer than {} sent, nothing is judged.",
            gate.window, gate.check.sent_at_least
        ));
    match passing(&gate.check, counted, new) == new {
        true => free(&gate.check, counted, told),
        false => stopped(contract, seat, gate, at, new, told),
    }
}

/// Returns how many of `new` messages pass, sent one after the other.
fn passing(check: &Check, counted: Figures, new: u32) -> u32 {
    let passes = |before: &u32| {
        let sent = counted.sent.saturating_add(*before);
        !check.fails(sent, counted.responded)
    };
    let passing = (0..new).take_while(passes).count();
    u32::try_from(passing).unwrap_or(new)
}

fn free(check: &Check, counted: Figures, told: Told) -> Told {
    // The check looks at the figures before a send, so one more than the spare can be sent.
    match verdict(check, counted).spare {
        None => told.say("However many messages go unanswered, none is refused."),
        Some(spare) => {
            let sends = spare.saturating_add(1);
            told.figure("may_go_unanswered", sends).say(format!(
                "{} may be sent and go unanswered before one is refused, as long as none leaves the window.",
                sentence(&count(sends, "more message"))
            ))
        }
    }
}

fn stopped(
    contract: &Contract,
    seat: &Seat,
    gate: &ThreadGate,
    at: Timestamp,
    new: u32,
    mut told: Told,
) -> Told {
    let counted = seat.window_figures(&contract.state().messages, gate.window, at);
    let pass = passing(&gate.check, counted, new);
    if pass > 0 {
        told = told.change(
            Change::new(
                By::Sender,
                "fewer_recipients",
                format!("Send to {} at most.", count(pass, "member")),
            )
            .amount(pass),
        );
    }
    // The last message of a send has the hardest check: all before it count as sent.
    let last = Figures {
        sent: counted.sent.saturating_add(new.saturating_sub(1)),
        ..counted
    };
    if let Some(missing) = verdict(&gate.check, last).missing {
        told = missing_answers(missing, open_in_window(contract, seat, gate, at), told);
    }
    match first_pass(contract, seat, new, at) {
        Some(passes) => told
            .instant("passes_at", passes)
            .say(format!(
                "If nothing else happens, messages leave the window one by one, and from {passes} on the same send passes this check."
            ))
            .change(Change::new(By::Time, "wait", format!("Wait until {passes}.")).at(passes)),
        None => told.say("However long one waits, the same send does not pass; one to fewer members does."),
    }
}

fn missing_answers(missing: u32, open: u32, told: Told) -> Told {
    let still_open = match open {
        0 => "none of the window's messages can still be answered in time".to_owned(),
        open => format!(
            "{} of the window can still be answered in time",
            count(open, "message")
        ),
    };
    let told = told
        .figure("missing_answers", missing)
        .figure("open_messages", open)
        .say(format!(
            "{} {} missing; {still_open}.",
            sentence(&count(missing, "more answer")),
            is_are(missing)
        ));
    if missing > open {
        return told;
    }
    told.change(
        Change::new(
            By::Recipient,
            "answer",
            format!(
                "{} to messages of the window would let it pass at once.",
                sentence(&count(missing, "more answer"))
            ),
        )
        .amount(missing),
    )
}

/// Returns how many messages of the window can still be answered in time.
fn open_in_window(contract: &Contract, seat: &Seat, gate: &ThreadGate, at: Timestamp) -> u32 {
    let edge = at.minus(gate.window);
    let open = seat
        .window(&contract.state().messages)
        .filter(|message| message.sent_at() > edge && message.status() == Status::Pending)
        .count();
    u32::try_from(open).unwrap_or(u32::MAX)
}

/// Returns the first instant from `at` on at which a send of `new` messages passes the gate, if nothing but
/// time happens: messages leave the window, and policy versions known now take effect.
fn first_pass(contract: &Contract, seat: &Seat, new: u32, at: Timestamp) -> Option<Timestamp> {
    let mut from = at;
    loop {
        let next = contract.state().versions.next_start_after(from);
        if let Some(pass) = pass_within(contract, seat, new, (from, next)) {
            return Some(pass);
        }
        from = next?;
    }
}

fn policy_at(contract: &Contract, at: Timestamp) -> &Policy {
    let position = Position(at, Phase::Commands);
    contract
        .policies()
        .get(contract.state().versions.in_force(position))
}

/// Returns the first pass within `[from, until)`, in which one version is in force.
fn pass_within(
    contract: &Contract,
    seat: &Seat,
    new: u32,
    (from, until): (Timestamp, Option<Timestamp>),
) -> Option<Timestamp> {
    let Gate::Thread(gate) = &policy_at(contract, from).gate else {
        // Another kind of gate starts every seat afresh, and a fresh seat may send.
        return Some(from);
    };
    let messages = &contract.state().messages;
    let mut counted = seat.window_figures(messages, gate.window, from);
    if passing(&gate.check, counted, new) == new {
        return Some(from);
    }
    // The figures change only as messages leave the window: those of one instant together.
    let edge = from.minus(gate.window);
    let mut counting = seat
        .window(messages)
        .skip_while(|message| message.sent_at() <= edge)
        .peekable();
    while let Some(message) = counting.next() {
        let answered = u32::from(message.status() == Status::Responded);
        counted.sent = counted.sent.saturating_sub(1);
        counted.responded = counted.responded.saturating_sub(answered);
        let sent_at = message.sent_at();
        if counting
            .peek()
            .is_some_and(|next| next.sent_at() == sent_at)
        {
            continue;
        }
        let leaves = sent_at.plus(gate.window);
        if until.is_some_and(|until| leaves >= until) {
            return None;
        }
        if passing(&gate.check, counted, new) == new {
            return Some(leaves);
        }
    }
    None
}
