//! Makes up what the messages of the demo say.
//!
//! Invariant: the same message says the same each time.

use crate::import::Words;
use earnest_backtest::log::{Log, Message};
use earnest_core::policy::ResponseKind;
use std::collections::{BTreeMap, HashSet};

/// The member whose inbox is full.
pub(super) const MEMBER: &str = "bo";
/// How long before the end a message to that member was sent at most.
const RECENT: i64 = 60 * 86_400_000;

const FIRST: [&str; 12] = [
    "Harbour",
    "Juniper",
    "Lantern",
    "Meadow",
    "Northgate",
    "Orchard",
    "Pebble",
    "Quarry",
    "Rowan",
    "Saddle",
    "Tidewater",
    "Willow",
];
const SECOND: [&str; 5] = ["Partners", "Search", "Talent", "People", "& Daughters"];

const SUBJECTS: [&str; 8] = [
    "An opening that made me think of you",
    "Lead engineer, four days a week",
    "Your talk on queues",
    "A small team with a hard problem",
    "Would you move for this?",
    "Head of operations, Lisbon or remote",
    "Fifteen minutes on Thursday?",
    "We met at the harbour conference",
];
const BODIES: [&str; 6] = [
    "I read what you wrote about moving a ledger without stopping it. We are about to do the same, and look for somebody who has. May I tell you more?",
    "A client of mine builds scheduling for hospitals and needs a lead who has run a team of eight. The work is in your city, the pay is in the advertisement, and nobody there writes code on Fridays.",
    "You do not know me, so I will be short: a team of five, two years of money, one product that people pay for. They look for their sixth. Is that worth a call?",
    "Your name came up twice this week, from people who do not know each other. I would like to know whether you are happy where you are.",
    "We are opening an office ten minutes from yours. The role is what you do now, with one more person to do it with. Shall I send you the description?",
    "I look for somebody who has grown a support team from three to thirty and would do it again, with what they know now. If that is not you, perhaps you know them.",
];
const NOTES: [&str; 4] = [
    "Thank you, but I have just started somewhere.",
    "Not now. Ask me again in spring.",
    "Tell me more, please. Evenings are best.",
    "Happy to talk. Who else is on the team?",
];

/// Words for made-up messages.
pub(super) struct MadeUp {
    /// The lines of the messages that go to the member whose inbox is full.
    to_member: HashSet<u32>,
}

impl MadeUp {
    /// Chooses, of each seat, its last unanswered message and its last answered one.
    pub(super) fn of(log: &Log) -> Self {
        let mut last = BTreeMap::new();
        for history in log.histories() {
            for message in history.messages() {
                if log.last().millis_since(message.sent_at()) < RECENT {
                    let is_answered = message.responded_at().is_some();
                    let of = (history.contract(), message.seat(), is_answered);
                    last.insert(of, message.line());
                }
            }
        }
        Self {
            to_member: last.into_values().collect(),
        }
    }
}

impl Words for MadeUp {
    fn contract(&self, id: &str) -> String {
        // The ids are a letter and a number.
        let digits: String = id.chars().filter(char::is_ascii_digit).collect();
        let number: usize = digits.parse().unwrap_or(0);
        let first = pick(&FIRST, number);
        let second = pick(&SECOND, number / FIRST.len() + number);
        format!("{first} {second}")
    }

    fn message(&self, message: &Message) -> (String, String) {
        let number = chance(message, 1);
        let subject = pick(&SUBJECTS, number);
        let body = pick(&BODIES, number / SUBJECTS.len());
        (subject.to_owned(), body.to_owned())
    }

    fn note(&self, message: &Message) -> Option<String> {
        let number = chance(message, 2);
        // One answer in three says something; a decline declines.
        let notes = match message.response()? {
            ResponseKind::NotInterested => NOTES.get(..2)?,
            ResponseKind::Reply | ResponseKind::Accept => NOTES.get(2..)?,
        };
        (number.is_multiple_of(3)).then(|| pick(notes, number / 3).to_owned())
    }

    fn recipient(&self, message: &Message) -> Option<&str> {
        self.to_member.contains(&message.line()).then_some(MEMBER)
    }
}

fn pick<'a>(all: &[&'a str], number: usize) -> &'a str {
    number
        .checked_rem(all.len())
        .and_then(|at| all.get(at))
        .copied()
        .unwrap_or_default()
}

/// Returns a number that looks random, the same for the same message.
fn chance(message: &Message, what: u64) -> usize {
    let mixed = (u64::from(message.line()) << 2 | what).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> 40).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_backtest::generate::Generator;

    #[test]
    fn every_seat_that_was_busy_lately_writes_to_the_member_twice_at_most() {
        let log = Generator::new(2_000, 1).into_log().unwrap();
        let made_up = MadeUp::of(&log);
        let to_member = |message: &&Message| made_up.recipient(message) == Some(MEMBER);
        let mut all = 0;
        for history in log.histories() {
            let mut seats = BTreeMap::new();
            for message in history.messages().iter().filter(to_member) {
                *seats.entry(message.seat()).or_insert(0) += 1;
                all += 1;
            }
            assert!(seats.values().all(|count| *count <= 2));
        }
        assert!(all > 10, "{all}");
    }

    #[test]
    fn the_same_message_says_the_same() {
        let log = Generator::new(500, 1).into_log().unwrap();
        let made_up = MadeUp::of(&log);
        let mut said = HashSet::new();
        for history in log.histories() {
            for message in history.messages() {
                let texts = made_up.message(message);
                assert_eq!(texts, made_up.message(message));
                said.insert(texts);
            }
        }
        assert!(said.len() > 20);
    }
}
