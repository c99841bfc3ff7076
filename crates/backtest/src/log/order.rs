//! Brings a contract's messages into order, and lists what happened.
//!
//! Owns: the order within a contract. Invariant: messages stand in the order (instant sent, line), what happened in the
//! order (instant, line, send before seen before response).

use super::{Action, ActionKind, Message};

/// Brings a contract's messages into order.
pub(super) fn sort(messages: &mut [Message]) {
    let order = |message: &Message| (message.sent_at, message.line);
    if !messages.is_sorted_by_key(order) {
        messages.sort_unstable_by_key(order);
    }
}

/// Returns how many things happen to a message.
fn happenings(message: &Message) -> usize {
    1 + usize::from(message.seen_at().is_some()) + usize::from(message.responded_at().is_some())
}

/// What happened, as a number that sorts: the instant, the line, the kind, and the message's place. No two are alike.
pub(super) type Key = u128;

fn key(at: i64, line: u32, kind: ActionKind, place: u32) -> Key {
    // With the sign turned over, instants before 1970 come first.
    let instant = at.cast_unsigned() ^ (1 << 63);
    // INVARIANT: a place has 30 bits, as `Builder::finish` counted.
    let what = (kind as u32) << 30 | place;
    Key::from(instant) << 64 | Key::from(line) << 32 | Key::from(what)
}

/// Returns what a key says.
fn action(key: Key) -> Action {
    let what = u32::try_from(key & Key::from(u32::MAX)).unwrap_or_default();
    let kind = match what >> 30 {
        0 => ActionKind::Send,
        1 => ActionKind::Seen,
        _ => ActionKind::Respond,
    };
    Action::new(what & (Action::MOST_MESSAGES - 1), kind)
}

/// Lists what happened to a contract's messages, which are in order. The memory for keys is only lent.
pub(super) fn actions(
    messages: &[Message],
    response_lines: &[(u32, u32)],
    scratch: &mut Vec<Key>,
) -> Vec<Action> {
    let response_line = |line: u32| {
        let found = response_lines.binary_search_by_key(&line, |(line, _)| *line);
        let found = found.ok().and_then(|at| response_lines.get(at));
        found.map_or(line, |(_, response_line)| *response_line)
    };
    let places = || (0_u32..).zip(messages.iter());
    // Sends are in order; only what came of them is sorted, and merged with them.
    let mut sends = places()
        .map(|(place, message)| {
            let at = message.sent_at.millis();
            key(at, message.line, ActionKind::Send, place)
        })
        .peekable();
    scratch.clear();
    scratch.extend(places().filter_map(|(place, message)| {
        let at = message.seen_at()?.millis();
        Some(key(at, message.line, ActionKind::Seen, place))
    }));
    scratch.extend(places().filter_map(|(place, message)| {
        let at = message.responded_at()?.millis();
        let line = response_line(message.line);
        Some(key(at, line, ActionKind::Respond, place))
    }));
    scratch.sort_unstable();
    let mut others = scratch.iter().copied().peekable();
    let mut actions = Vec::with_capacity(messages.iter().map(happenings).sum());
    loop {
        let send_first = match (sends.peek(), others.peek()) {
            (Some(send), Some(other)) => send < other,
            (send, _) => send.is_some(),
        };
        let next = if send_first {
            sends.next()
        } else {
            others.next()
        };
        let Some(next) = next else {
            return actions;
        };
        actions.push(action(next));
    }
}
