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
type Wide = u128;

fn wide(at: i64, line: u32, action: Action) -> Wide {
    // With the sign turned over, instants before 1970 come first.
    let instant = at.cast_unsigned() ^ (1 << 63);
    // INVARIANT: a place has 30 bits, as `Builder::finish` counted.
    let what = action.0.rotate_right(2);
    Wide::from(instant) << 64 | Wide::from(line) << 32 | Wide::from(what)
}

/// Returns what a number says.
fn of_wide(key: Wide) -> Action {
    let what = u32::try_from(key & Wide::from(u32::MAX)).unwrap_or_default();
    Action(what.rotate_left(2))
}

/// What happened, as a number half as long: the instant, the message's place, and the kind. It sorts as the long one does
/// where lines are in the order of places, as in nearly all logs, and sooner.
type Narrow = u64;

/// How instants are written in the short numbers of a contract.
struct Span {
    /// The contract's first instant: what is written is how long after it.
    begin: i64,
    /// How many bits below are an action's.
    bits: u32,
}

impl Span {
    /// Returns nothing where the short numbers would not sort, or where the contract is too long for them.
    fn of(messages: &[Message], response_lines: &[(u32, u32)]) -> Option<Self> {
        let begin = messages.first()?.sent_at.millis();
        if !response_lines.is_empty() || !messages.is_sorted_by(|one, next| one.line < next.line) {
            return None;
        }
        let end = messages.iter().map(Message::last).max()?.millis();
        // A place, and two bits for the kind.
        let bits = messages.len().ilog2() + 3;
        (end.abs_diff(begin).leading_zeros() >= bits).then_some(Self { begin, bits })
    }

    fn narrow(&self, at: i64, action: Action) -> Narrow {
        at.abs_diff(self.begin) << self.bits | Narrow::from(action.0)
    }

    /// Returns what a number says.
    fn action(&self, key: Narrow) -> Action {
        Action(u32::try_from(key & ((1 << self.bits) - 1)).unwrap_or_default())
    }
}

/// The memory for numbers while they are sorted, which is used again.
#[derive(Default)]
pub(super) struct Scratch {
    wide: Vec<Wide>,
    narrow: Vec<Narrow>,
}

/// Lists what happened to a contract's messages, which are in order.
pub(super) fn actions(
    messages: &[Message],
    response_lines: &[(u32, u32)],
    scratch: &mut Scratch,
) -> Vec<Action> {
    if let Some(span) = Span::of(messages, response_lines) {
        let key = |at, _, action| span.narrow(at, action);
        return list(messages, key, |key| span.action(key), &mut scratch.narrow);
    }
    let response_line = |line: u32| {
        let found = response_lines.binary_search_by_key(&line, |(line, _)| *line);
        let found = found.ok().and_then(|at| response_lines.get(at));
        found.map_or(line, |(_, response_line)| *response_line)
    };
    let key = |at, line, action: Action| match action.kind() {
        ActionKind::Respond => wide(at, response_line(line), action),
        _ => wide(at, line, action),
    };
    list(messages, key, of_wide, &mut scratch.wide)
}

/// Lists what happened in the order of the keys.
fn list<K: Copy + Ord>(
    messages: &[Message],
    key: impl Fn(i64, u32, Action) -> K,
    action: impl Fn(K) -> Action,
    scratch: &mut Vec<K>,
) -> Vec<Action> {
    let places = || (0_u32..).zip(messages.iter());
    // Sends are in order; only what came of them is sorted, and merged with them.
    let mut sends = places()
        .map(|(place, message)| {
            let at = message.sent_at.millis();
            key(at, message.line, Action::new(place, ActionKind::Send))
        })
        .peekable();
    scratch.clear();
    scratch.extend(places().filter_map(|(place, message)| {
        let at = message.seen_at()?.millis();
        let seen = Action::new(place, ActionKind::Seen);
        Some(key(at, message.line, seen))
    }));
    scratch.extend(places().filter_map(|(place, message)| {
        let at = message.responded_at()?.millis();
        let respond = Action::new(place, ActionKind::Respond);
        Some(key(at, message.line, respond))
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

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_core::units::Timestamp;
    use proptest::prelude::*;

    /// Returns messages in order, of instants of which many agree.
    fn messages(sent: &[(i64, Option<i64>, Option<i64>)], begin: i64, scale: i64) -> Vec<Message> {
        let lines = sent.iter().zip(1..);
        let messages = lines.map(|((sent, seen, responded), line)| {
            let after = |wait: Option<i64>| wait.map(|wait| begin + (sent + wait) * scale);
            Message {
                sent_at: Timestamp::from_millis(begin + sent * scale).unwrap(),
                seen_at: after(*seen).unwrap_or(Message::NEVER),
                responded_at: after(*responded).unwrap_or(Message::NEVER),
                line,
                ..Message::BLANK
            }
        });
        let mut messages: Vec<Message> = messages.collect();
        sort(&mut messages);
        messages
    }

    proptest! {
        #[test]
        fn short_numbers_sort_as_long_ones_do(
            sent in proptest::collection::vec(
                (0_i64..6, prop::option::of(0_i64..6), prop::option::of(0_i64..6)), 1..40,
            ),
            in_file_order in any::<bool>(),
            begin in prop::sample::select(vec![-3, 0, Timestamp::MIN.millis()]),
            scale in prop::sample::select(vec![1, 1_000_000_000_000]),
        ) {
            let mut sent = sent;
            if in_file_order {
                sent.sort_unstable();
            }
            let messages = messages(&sent, begin, scale);
            let long = list(&messages, wide, of_wide, &mut Vec::new());
            prop_assert_eq!(actions(&messages, &[], &mut Scratch::default()), long);
        }
    }

    #[test]
    fn numbers_are_short_where_lines_are_in_order_and_instants_near() {
        let near = [(0, Some(1), None), (2, Some(0), Some(3))];
        let is_short = |messages: &[Message]| Span::of(messages, &[]).is_some();
        assert!(is_short(&messages(&near, 0, 1_000)));
        assert!(Span::of(&messages(&near, 0, 1_000), &[(1, 2)]).is_none());
        assert!(!is_short(&messages(
            &[(1, None, None), (0, None, None)],
            0,
            1_000
        )));
        // Ten thousand years in milliseconds leave room for some thousand messages.
        let mut far = messages(&[(0, None, None); 1 << 13], Timestamp::MIN.millis(), 1);
        assert!(is_short(&far));
        far[7].seen_at = Timestamp::MAX.millis();
        assert!(!is_short(&far));
        assert!(is_short(&far[..1 << 12]));
    }
}
