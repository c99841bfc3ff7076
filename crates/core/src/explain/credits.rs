//! Tells why there are too few credits for a send, and when there may be more.

use super::refusal::Case;
use super::words::{count, is_are, sentence};
use super::{By, Change, Owner, Told, cite};
use crate::due::next_allotment;
use crate::policy::{Settled, Trigger};
use crate::units::{Credits, Timestamp};

/// Tells about a send whose letter at `price` finds only `available` left, letters before it counted.
pub(super) fn insufficient(case: &Case<'_>, price: Credits, available: Credits) -> Told {
    let balance = case.contract.state().balance();
    let missing = Credits(price.0.saturating_sub(available.0));
    let rule = match case
        .send
        .is_some_and(|send| asks_for_more(case, send, price))
    {
        true => cite::setting(
            Owner::Member,
            "member.price",
            "A recipient may set the price of a message.",
        ),
        false => cite::number("message.price"),
    };
    let mut told = Told::by(rule)
        .figure("price", price.0)
        .figure("available", balance.available.0)
        .figure("available_when_refused", available.0)
        .figure("missing", missing.0)
        .figure("held", balance.held.0);
    told = fewer_recipients(case, told);
    for (at, change) in in_time(case, missing) {
        let name = change.0;
        told = told.instant(name, at).change(change.1);
    }
    told.change(
        Change::new(
            By::Admin,
            "buy",
            format!("Buy {} or more.", count(missing.0, "credit")),
        )
        .amount(missing.0),
    )
}

fn asks_for_more(case: &Case<'_>, send: &crate::command::Send, price: Credits) -> bool {
    price.0 != u64::from(case.policy.message.price)
        && send
            .letters
            .iter()
            .any(|letter| letter.recipient.price.map(u64::from) == Some(price.0))
}

/// Says how many of a campaign's recipients the credits are enough for.
fn fewer_recipients(case: &Case<'_>, told: Told) -> Told {
    let letters = case.send.map_or(&[][..], |send| send.letters.as_slice());
    if letters.len() < 2 {
        return told;
    }
    let mut rest = case.contract.state().balance().available.0;
    let mut affordable = 0_u32;
    for letter in letters {
        let price = match letter.recipient.accepts {
            crate::command::Accepts::Open => 0,
            _ => u64::from(letter.recipient.price.unwrap_or(case.policy.message.price)),
        };
        let Some(left) = rest.checked_sub(price) else {
            break;
        };
        rest = left;
        affordable = affordable.saturating_add(1);
    }
    if affordable == 0 {
        return told;
    }
    told.figure("affordable", affordable).change(
        Change::new(
            By::Sender,
            "fewer_recipients",
            format!(
                "Send to the first {}: the credits are enough for {}.",
                count(affordable, "recipient"),
                if affordable == 1 { "that one" } else { "those" }
            ),
        )
        .amount(affordable),
    )
}

type InTime = (Timestamp, (&'static str, Change));

/// Returns what time may bring, earliest first.
fn in_time(case: &Case<'_>, missing: Credits) -> Vec<InTime> {
    let mut coming: Vec<InTime> = Vec::new();
    coming.extend(open_stake(case));
    coming.extend(lot_start(case, missing));
    coming.extend(allotment(case, missing));
    coming.sort_by_key(|(at, _)| *at);
    coming
}

fn enough(credits: Credits, missing: Credits) -> &'static str {
    if credits >= missing {
        ", which is enough"
    } else {
        ", which is not enough"
    }
}

fn allotment(case: &Case<'_>, missing: Credits) -> Option<InTime> {
    let (at, credits) = next_allotment(case.contract.policies(), case.contract.state())?;
    let text = format!(
        "Wait until {at}: the next allotment brings {}{}.",
        count(credits.0, "credit"),
        enough(credits, missing)
    );
    let change = Change::new(By::Time, "await_allotment", text)
        .amount(credits.0)
        .at(at);
    Some((at, ("next_allotment_at", change)))
}

fn lot_start(case: &Case<'_>, missing: Credits) -> Option<InTime> {
    let pool = &case.contract.state().pool;
    let (at, number) = pool.next_start()?;
    let credits = pool.lot(number)?.credits;
    let text = format!(
        "Wait until {at}: the lot `{}` starts and brings {}{}.",
        pool.id_of(number),
        count(credits.0, "credit"),
        enough(credits, missing)
    );
    let change = Change::new(By::Time, "await_lot", text)
        .amount(credits.0)
        .at(at);
    Some((at, ("next_lot_at", change)))
}

/// Says when the open stake that ends first may come back: by an answer, or by its lapse.
fn open_stake(case: &Case<'_>) -> Option<InTime> {
    let state = case.contract.state();
    let message = state.messages.next_open_stake()?;
    let policy = case.contract.policies().get(message.version());
    let deadline = message.deadline();
    let returns = |on: Trigger| {
        policy
            .settlement
            .rules
            .iter()
            .any(|rule| rule.on == on && rule.credit == Settled::Returned)
    };
    let seen = message.seen_at().is_some();
    let by_lapse = policy
        .on_lapse(seen)
        .and_then(|rule| policy.rule(rule))
        .is_some_and(|rule| rule.credit == Settled::Returned);
    let held = state.balance().held;
    let open = format!(
        "{} {} held by open messages",
        sentence(&count(held.0, "credit")),
        is_are(held.0)
    );
    let id = message.id();
    let (by, text) = match (by_lapse, returns(Trigger::Response)) {
        (true, _) => (
            By::Time,
            format!(
                "{open}: the next window, of message `{id}`, ends at {deadline}, and without an answer its credit is returned right after."
            ),
        ),
        (false, true) => (
            By::Recipient,
            format!(
                "{open} and may be returned when they are answered: the next window, of message `{id}`, is open until {deadline}."
            ),
        ),
        (false, false) => return None,
    };
    let change = Change::new(by, "await_return", text)
        .amount(u64::from(message.credits()))
        .at(deadline);
    Some((deadline, ("next_deadline_at", change)))
}
