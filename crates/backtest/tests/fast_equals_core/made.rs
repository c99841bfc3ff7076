//! Logs that are nasty: everything happens at the instants at which something else does, or a millisecond beside.

use crate::rng::Rng;
use earnest_core::policy::{Gate, Policy, ResponseKind};
use earnest_core::units::{Timestamp, add_months};
use std::fmt::Write as _;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// One line of a log.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    contract: u32,
    seat: u32,
    recipient: u32,
    sent_at: Timestamp,
    bulk: bool,
    response: Option<(Timestamp, ResponseKind)>,
    seen_at: Option<Timestamp>,
}

/// Returns the rows of a log; the policy says which spans of time matter.
pub(crate) fn rows(rng: &mut Rng, policy: &Policy) -> Vec<Row> {
    let start = *rng.pick(&[
        "2014-12-31T23:59:59.999Z",
        "2015-01-01T00:00:00Z",
        "2015-01-31T09:00:00.001Z",
        "2016-01-29T12:00:00Z",
    ]);
    let start = Timestamp::parse(start).unwrap();
    let spans = spans(policy);
    let contracts = rng.small(1, 3);
    let seats = rng.small(1, 3);
    let recipients = *rng.pick(&[2, 8, 60]);
    let answered = *rng.pick(&[5, 14, 40, 80]);
    let bulk = *rng.pick(&[0, 30, 100]);
    let count = usize::try_from(*rng.pick(&[12, 40, 40, 120])).unwrap();
    let mut rows: Vec<Row> = Vec::new();
    while rows.len() < count {
        let contract = rng.small(1, contracts);
        let seat = rng.small(1, seats);
        let mut sent_at = next(rng, &rows, start, &spans);
        let burst = match rng.range(0, 19) {
            0 => rng.small(30, 110),
            1..=6 => rng.small(2, 12),
            _ => 1,
        };
        let step = *rng.pick(&[0, 0, 1, 1_000, HOUR]);
        for _ in 0..burst {
            let mut row = Row {
                contract,
                seat: if rng.chance(80) {
                    seat
                } else {
                    rng.small(1, seats)
                },
                recipient: rng.small(1, recipients),
                sent_at,
                bulk: rng.chance(bulk),
                response: None,
                seen_at: None,
            };
            if rng.chance(answered) {
                let kind = *rng.pick(&ResponseKind::ALL);
                row.response = Some((later(rng, sent_at, &spans), kind));
            }
            row.seen_at = rng.chance(50).then(|| later(rng, sent_at, &spans));
            rows.push(row);
            sent_at = sent_at.plus_millis(step);
        }
    }
    rows
}

/// Returns the spans of time that matter under a policy.
fn spans(policy: &Policy) -> Vec<i64> {
    let rules = policy.settlement.rules.iter();
    let mut days: Vec<_> = rules.filter_map(|rule| rule.within).collect();
    days.push(policy.settlement.window);
    days.push(policy.settlement.window);
    days.extend(policy.expires_after);
    match &policy.gate {
        Gate::None => {}
        Gate::Thread(gate) => days.push(gate.window),
        Gate::Ladder(ladder) => {
            days.push(ladder.period);
            days.extend(ladder.stages.iter().map(|stage| stage.days));
        }
    }
    days.into_iter()
        .map(earnest_core::units::Days::millis)
        .collect()
}

/// Returns when the next message is sent: mostly so long after something else that something falls due.
fn next(rng: &mut Rng, rows: &[Row], start: Timestamp, spans: &[i64]) -> Timestamp {
    let last = rows.iter().map(|row| row.sent_at).max().unwrap_or(start);
    match rng.range(0, 9) {
        _ if rows.is_empty() => start,
        0 | 1 => last,
        2 => last.plus_millis(rng.range(0, 2)),
        3 | 4 => last.plus_millis(rng.range(0, 3 * DAY)),
        5 => {
            let month = rng.small(1, 4);
            beside(rng, add_months(start, month))
        }
        6 => last.plus_millis(rng.range(0, 40 * DAY)),
        _ => {
            let row = rng.pick(rows);
            let from = match row.response {
                Some((at, _)) if rng.chance(50) => at,
                _ => row.sent_at,
            };
            let at = from.plus_millis(*rng.pick(spans) * rng.range(1, 3));
            beside(rng, at)
        }
    }
    .max(start)
}

/// Returns when somebody does something with a message: often in the last instant, or just after.
fn later(rng: &mut Rng, sent_at: Timestamp, spans: &[i64]) -> Timestamp {
    let at = match rng.range(0, 9) {
        0 => sent_at,
        1 => sent_at.plus_millis(rng.range(0, 1_000)),
        2..=4 => {
            let span = *rng.pick(spans);
            beside(rng, sent_at.plus_millis(span))
        }
        5 | 6 => sent_at.plus_millis(rng.range(0, DAY)),
        _ => sent_at.plus_millis(rng.range(0, 100 * DAY)),
    };
    at.max(sent_at)
}

fn beside(rng: &mut Rng, at: Timestamp) -> Timestamp {
    at.plus_millis(*rng.pick(&[0, 0, 0, 1, -1]))
}

/// Returns an instant to look at: one at which something happens or falls due, mostly.
pub(crate) fn instant(rng: &mut Rng, rows: &[Row], policy: &Policy) -> Timestamp {
    let row = rng.pick(rows);
    let at = match row.response {
        Some((at, _)) if rng.chance(30) => at,
        _ => row.sent_at,
    };
    let spans = spans(policy);
    let span = *rng.pick(&spans) * rng.range(0, 2);
    beside(rng, at.plus_millis(span))
}

/// Writes the rows as a log.
pub(crate) fn csv(rows: &[Row]) -> String {
    let mut text =
        "contract,seat,recipient,sent_at,campaign,responded_at,response,seen_at\n".to_owned();
    for row in rows {
        let campaign = if row.bulk { "c" } else { "" };
        let (responded_at, response) = match row.response {
            Some((at, kind)) => (at.to_string(), kind.name()),
            None => (String::new(), ""),
        };
        let seen_at = row.seen_at.map_or_else(String::new, |at| at.to_string());
        let Row {
            contract,
            seat,
            recipient,
            sent_at,
            ..
        } = row;
        writeln!(
            text,
            "c{contract},s{seat},m{recipient},{sent_at},{campaign},{responded_at},{response},{seen_at}"
        )
        .unwrap();
    }
    text
}
