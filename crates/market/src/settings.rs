//! The numbers of a market, as a file gives them.
//!
//! Owns: the keys, their ranges and defaults. Does not own: what they do, which the modules that use them say.
//! Invariants: a file names only what differs from the defaults; all of its mistakes are told at once.

use earnest_core::document::{Document, Mistakes};
use std::ops::RangeInclusive;

const DEFAULTS: &str = include_str!("market.toml");
const NAME: &str = "market.toml";

/// Returns the file of the defaults, with a comment beside each key.
#[must_use]
pub const fn defaults() -> &'static str {
    DEFAULTS
}

/// The numbers of a market. The keys of the file have the same names; `market.toml` says what each means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each is documented where people read it, in market.toml"
)]
pub struct Settings {
    pub weeks: u32,
    pub warmup_weeks: u32,
    pub count: u32,
    pub minutes_a_week: u32,
    pub prospects_a_week: u32,
    pub answer_worth_minutes: u32,
    pub credit_worth_minutes: u32,
    pub habit_percent: u32,
    pub skill_spread_percent: u32,
    pub careless_one_in: u32,
    pub budget_percent: u32,
    pub seconds_in_bulk: u32,
    pub seconds_targeted: u32,
    pub answered_in_bulk_percent: u32,
    pub answered_targeted_percent: u32,
    pub bulk_below_percent: u32,
    pub welcome_percent: u32,
    pub per_sender: u32,
    pub read_a_week: u32,
    pub memory_days: u32,
    pub warned_percent: u32,
    pub restricted_percent: u32,
    pub forgotten_a_week_percent: u32,
}

impl Settings {
    /// Returns the defaults.
    ///
    /// # Errors
    /// Never: the defaults are part of the program, and a test reads them.
    pub fn standard() -> Result<Self, Mistakes> {
        read(&Document::parse(NAME, DEFAULTS)?)
    }

    /// Reads a file over the defaults; `name` is what mistakes call it.
    ///
    /// # Errors
    /// All of its mistakes, each with its line.
    pub fn parse(name: &str, text: &str) -> Result<Self, Mistakes> {
        let given = Document::parse(name, text)?;
        let base = Document::parse(NAME, DEFAULTS)?;
        read(&given.over(base, &|_| Vec::new()))
    }
}

/// A number that the file gives.
pub(crate) struct Number {
    pub(crate) section: &'static str,
    pub(crate) key: &'static str,
    pub(crate) range: RangeInclusive<u32>,
    pub(crate) of: fn(&mut Settings) -> &mut u32,
}

const fn number(
    section: &'static str,
    key: &'static str,
    range: RangeInclusive<u32>,
    of: fn(&mut Settings) -> &mut u32,
) -> Number {
    Number {
        section,
        key,
        range,
        of,
    }
}

const PERCENT: RangeInclusive<u32> = 0..=100;
const SOME_PERCENT: RangeInclusive<u32> = 1..=100;
const MANY: RangeInclusive<u32> = 1..=100_000;
const WORTH: RangeInclusive<u32> = 0..=100_000;
const SECONDS: RangeInclusive<u32> = 1..=36_000;

/// Every number, in the file's order.
#[rustfmt::skip]
pub(crate) static NUMBERS: [Number; 23] = [
    number("run", "weeks", 1..=520, |all| &mut all.weeks),
    number("run", "warmup_weeks", 0..=520, |all| &mut all.warmup_weeks),
    number("senders", "count", MANY, |all| &mut all.count),
    number("senders", "minutes_a_week", 1..=2_400, |all| &mut all.minutes_a_week),
    number("senders", "prospects_a_week", MANY, |all| &mut all.prospects_a_week),
    number("senders", "answer_worth_minutes", WORTH, |all| &mut all.answer_worth_minutes),
    number("senders", "credit_worth_minutes", WORTH, |all| &mut all.credit_worth_minutes),
    number("senders", "habit_percent", SOME_PERCENT, |all| &mut all.habit_percent),
    number("senders", "skill_spread_percent", PERCENT, |all| &mut all.skill_spread_percent),
    number("senders", "careless_one_in", MANY, |all| &mut all.careless_one_in),
    number("senders", "budget_percent", SOME_PERCENT, |all| &mut all.budget_percent),
    number("messages", "seconds_in_bulk", SECONDS, |all| &mut all.seconds_in_bulk),
    number("messages", "seconds_targeted", SECONDS, |all| &mut all.seconds_targeted),
    number("messages", "answered_in_bulk_percent", PERCENT, |all| &mut all.answered_in_bulk_percent),
    number("messages", "answered_targeted_percent", PERCENT, |all| &mut all.answered_targeted_percent),
    number("messages", "bulk_below_percent", PERCENT, |all| &mut all.bulk_below_percent),
    number("messages", "welcome_percent", PERCENT, |all| &mut all.welcome_percent),
    number("recipients", "per_sender", 1..=10_000, |all| &mut all.per_sender),
    number("recipients", "read_a_week", MANY, |all| &mut all.read_a_week),
    number("recipients", "memory_days", 1..=365, |all| &mut all.memory_days),
    number("reactions", "warned_percent", PERCENT, |all| &mut all.warned_percent),
    number("reactions", "restricted_percent", PERCENT, |all| &mut all.restricted_percent),
    number("reactions", "forgotten_a_week_percent", PERCENT, |all| &mut all.forgotten_a_week_percent),
];

fn read(document: &Document) -> Result<Settings, Mistakes> {
    let root = document.root();
    let mut complete = root.whole("format", 1..=1).is_some();
    let mut settings = Settings::default();
    for section in NUMBERS.chunk_by(|a, b| a.section == b.section) {
        let table = section.first().and_then(|first| root.table(first.section));
        for number in section {
            // The defaults have them all, so that what is missing is a mistake that was told.
            let table = table.as_ref();
            match table.and_then(|table| table.whole(number.key, number.range.clone())) {
                Some(value) => *(number.of)(&mut settings) = value,
                None => complete = false,
            }
        }
        if let Some(table) = table {
            table.finish();
        }
    }
    root.finish();
    document.finish(complete.then_some(settings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_only_what_differs() {
        let standard = Settings::standard().unwrap();
        let mine = Settings::parse("mine.toml", "[senders]\ncount = 7\n").unwrap();
        assert_eq!(
            mine,
            Settings {
                count: 7,
                ..standard
            }
        );
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let text = "[senders]\ncount = 0\n[message]\n[messages]\nwelcome_percent = 101\n";
        let mistakes = Settings::parse("mine.toml", text).unwrap_err().to_string();
        assert!(
            mistakes.contains("mine.toml:2: senders.count"),
            "{mistakes}"
        );
        assert!(mistakes.contains("mine.toml:3: message"), "{mistakes}");
        assert!(
            mistakes.contains("mine.toml:5: messages.welcome_percent"),
            "{mistakes}"
        );
    }
}
