//! Brings each contract's messages into order, and lists what happened.
//!
//! Owns: the order within a contract. Invariant: messages stand in the order (instant sent, line), what happened in the
//! order (instant, line, send before seen before response).

use super::build::Full;
use super::{Action, ActionKind, Message};
use rayon::prelude::*;

/// Brings every contract's messages into order and lists what happened. Returns where each list begins.
pub(super) fn order_parts(
    messages: &mut [Message],
    begins: &[usize],
    response_lines: &[(u32, u32)],
) -> Result<(Vec<Action>, Vec<usize>), Full> {
    let sizes = || begins.windows(2).map(|pair| pair[1] - pair[0]);
    let most = Action::MOST_MESSAGES;
    if sizes().any(|size| {
        u32::try_from(size).is_ok_and(|size| size > most) || u32::try_from(size).is_err()
    }) {
        return Err(Full {
            most,
            what: "messages in one contract",
        });
    }
    let count = |part: &[Message]| part.iter().map(happenings).sum::<usize>();
    let counts: Vec<usize> = begins
        .par_windows(2)
        .map(|pair| messages.get(pair[0]..pair[1]).map_or(0, count))
        .collect();
    let mut action_begins = Vec::with_capacity(begins.len());
    let mut sum = 0;
    for count in std::iter::once(0).chain(counts.iter().copied()) {
        sum += count;
        action_begins.push(sum);
    }
    let mut actions = vec![Action::new(0, ActionKind::Send); sum];
    let mut parts = Vec::with_capacity(counts.len());
    let (mut messages, mut rest) = (messages, actions.as_mut_slice());
    for (size, count) in sizes().zip(counts) {
        let (part, after) = messages.split_at_mut(size);
        let (list, after_list) = rest.split_at_mut(count);
        parts.push((part, list));
        (messages, rest) = (after, after_list);
    }
    parts
        .into_par_iter()
        .for_each_init(Vec::new, |scratch, (part, list)| {
            order_part(part, list, response_lines, scratch);
        });
    Ok((actions, action_begins))
}

/// Returns how many things happen to a message.
fn happenings(message: &Message) -> usize {
    1 + usize::from(message.seen_at().is_some()) + usize::from(message.responded_at().is_some())
}

/// What happened, as a number that sorts: the instant, the line, the kind, and the message's place. No two are alike.
type Key = u128;

fn key(at: i64, line: u32, kind: ActionKind, place: u32) -> Key {
    // With the sign turned over, instants before 1970 come first.
    let instant = at.cast_unsigned() ^ (1 << 63);
    // INVARIANT: a place has 30 bits, as `order_parts` counted.
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

fn order_part(
    messages: &mut [Message],
    list: &mut [Action],
    response_lines: &[(u32, u32)],
    scratch: &mut Vec<Key>,
) {
    let response_line = |line: u32| {
        let found = response_lines.binary_search_by_key(&line, |(line, _)| *line);
        let found = found.ok().and_then(|at| response_lines.get(at));
        found.map_or(line, |(_, response_line)| *response_line)
    };
    let order = |message: &Message| (message.sent_at, message.line);
    if !messages.is_sorted_by_key(order) {
        messages.sort_unstable_by_key(order);
    }
    let places = || (0_u32..).zip(messages.iter());
    // Sends are in order now; only what came of them is sorted, and merged with them.
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
    for slot in list {
        let send_first = match (sends.peek(), others.peek()) {
            (Some(send), Some(other)) => send < other,
            (send, _) => send.is_some(),
        };
        let next = if send_first {
            sends.next()
        } else {
            others.next()
        };
        // INVARIANT: the list has a place for each thing that happens.
        if let Some(next) = next {
            *slot = action(next);
        }
    }
}
