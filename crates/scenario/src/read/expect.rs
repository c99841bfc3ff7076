//! Reads an `expect`.

use super::all;
use super::step::{AnyGrant, CREDITS_MOST};
use crate::scenario::{Expect, ExpectCredits, ExpectMessage, ExpectSeat};
use earnest_core::document::{Table, Value};
use earnest_core::policy::Standing;
use earnest_core::units::Credits;
use earnest_core::{Credit, Status};
use std::fmt::Display;
use std::str::FromStr;

pub(super) fn expect(value: &Value<'_>) -> Option<Expect> {
    let table = value.table()?;
    let credits = table.table("credits").map(credits).unwrap_or_default();
    let grants = by_id::<AnyGrant, _>(&table, "grants", |value| {
        value.whole(0..=CREDITS_MOST).map(Credits)
    });
    let seats = by_id(&table, "seats", |value| Some(seat(value.table()?)));
    let messages = by_id(&table, "messages", |value| Some(message(value.table()?)));
    table.finish();
    Some(Expect {
        credits,
        grants: grants?
            .into_iter()
            .map(|(id, stated)| (id.0, stated))
            .collect(),
        seats: seats?,
        messages: messages?,
    })
}

/// Reads a table whose keys are ids, in the file's order.
fn by_id<I: FromStr<Err: Display>, T>(
    table: &Table<'_>,
    key: &str,
    read: impl Fn(&Value<'_>) -> Option<T>,
) -> Option<Vec<(I, T)>> {
    let Some(value) = table.get(key) else {
        return Some(Vec::new());
    };
    all(value.table()?.all(), |(id, value)| {
        let id = id.parse::<I>().map_err(|error| {
            value.mistake(&format!("`{id}` is no id"), &error.to_string());
        });
        let stated = read(&value);
        Some((id.ok()?, stated?))
    })
}

fn credits(table: Table<'_>) -> ExpectCredits {
    let figure = |key| table.whole(key, 0..=CREDITS_MOST).map(Credits);
    let credits = ExpectCredits {
        granted: figure("granted"),
        available: figure("available"),
        held: figure("held"),
        consumed: figure("consumed"),
        expired: figure("expired"),
        revoked: figure("revoked"),
    };
    table.finish();
    credits
}

fn seat(table: Table<'_>) -> ExpectSeat {
    let figure = |key| table.whole(key, 0..=u32::MAX);
    let words = Standing::ALL.map(|standing| (standing.name(), standing));
    let seat = ExpectSeat {
        standing: table.word("standing", &words),
        sent: figure("sent"),
        responded: figure("responded"),
        reports: figure("reports"),
    };
    table.finish();
    seat
}

fn message(table: Table<'_>) -> ExpectMessage {
    let statuses = [Status::Pending, Status::Responded, Status::Lapsed];
    let credits = [
        Credit::Held,
        Credit::Returned,
        Credit::Consumed,
        Credit::None,
    ];
    let message = ExpectMessage {
        status: table.word("status", &statuses.map(|status| (status.name(), status))),
        credit: table.word("credit", &credits.map(|credit| (credit.name(), credit))),
    };
    table.finish();
    message
}
