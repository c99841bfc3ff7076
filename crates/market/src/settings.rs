//! The numbers of a market, as a file gives them.
//!
//! Owns: the keys, their ranges and defaults. Does not own: what they do, which the modules that use them say.
//! Invariants: a file names only what differs from the defaults; all of its mistakes are told at once.

use earnest_core::document::{Document, Mistakes, Table};
use std::ops::RangeInclusive;

const DEFAULTS: &str = include_str!("market.toml");
const NAME: &str = "market.toml";

/// Returns the file of the defaults, with a comment beside each key.
#[must_use]
pub const fn defaults() -> &'static str {
    DEFAULTS
}

/// The numbers of a market. The keys of the file have the same names; `market.toml` says what each means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// A table, each of whose keys has to be there: the defaults have them all.
struct Section<'d>(Option<Table<'d>>);

impl<'d> Section<'d> {
    fn of(root: &Table<'d>, name: &str) -> Self {
        Self(root.table(name))
    }

    fn whole(&self, key: &str, range: RangeInclusive<u32>) -> Option<u32> {
        self.0.as_ref()?.whole(key, range)
    }

    fn finish(self) {
        if let Some(table) = self.0 {
            table.finish();
        }
    }
}

const PERCENT: RangeInclusive<u32> = 0..=100;
const SOME_PERCENT: RangeInclusive<u32> = 1..=100;
const MANY: RangeInclusive<u32> = 1..=100_000;

fn read(document: &Document) -> Result<Settings, Mistakes> {
    let root = document.root();
    let format = root.whole("format", 1..=1);
    let run = Section::of(&root, "run");
    let weeks = run.whole("weeks", 1..=520);
    let warmup_weeks = run.whole("warmup_weeks", 0..=520);
    run.finish();
    let senders = Section::of(&root, "senders");
    let count = senders.whole("count", MANY);
    let minutes_a_week = senders.whole("minutes_a_week", 1..=2_400);
    let prospects_a_week = senders.whole("prospects_a_week", MANY);
    let answer_worth_minutes = senders.whole("answer_worth_minutes", 0..=100_000);
    let credit_worth_minutes = senders.whole("credit_worth_minutes", 0..=100_000);
    let habit_percent = senders.whole("habit_percent", SOME_PERCENT);
    let skill_spread_percent = senders.whole("skill_spread_percent", PERCENT);
    let careless_one_in = senders.whole("careless_one_in", MANY);
    let budget_percent = senders.whole("budget_percent", SOME_PERCENT);
    senders.finish();
    let messages = Section::of(&root, "messages");
    let seconds_in_bulk = messages.whole("seconds_in_bulk", 1..=36_000);
    let seconds_targeted = messages.whole("seconds_targeted", 1..=36_000);
    let answered_in_bulk_percent = messages.whole("answered_in_bulk_percent", PERCENT);
    let answered_targeted_percent = messages.whole("answered_targeted_percent", PERCENT);
    let bulk_below_percent = messages.whole("bulk_below_percent", PERCENT);
    let welcome_percent = messages.whole("welcome_percent", PERCENT);
    messages.finish();
    let recipients = Section::of(&root, "recipients");
    let per_sender = recipients.whole("per_sender", 1..=10_000);
    let read_a_week = recipients.whole("read_a_week", MANY);
    let memory_days = recipients.whole("memory_days", 1..=365);
    recipients.finish();
    let reactions = Section::of(&root, "reactions");
    let warned_percent = reactions.whole("warned_percent", PERCENT);
    let restricted_percent = reactions.whole("restricted_percent", PERCENT);
    let forgotten_a_week_percent = reactions.whole("forgotten_a_week_percent", PERCENT);
    reactions.finish();
    root.finish();
    let all = || {
        format?;
        Some(Settings {
            weeks: weeks?,
            warmup_weeks: warmup_weeks?,
            count: count?,
            minutes_a_week: minutes_a_week?,
            prospects_a_week: prospects_a_week?,
            answer_worth_minutes: answer_worth_minutes?,
            credit_worth_minutes: credit_worth_minutes?,
            habit_percent: habit_percent?,
            skill_spread_percent: skill_spread_percent?,
            careless_one_in: careless_one_in?,
            budget_percent: budget_percent?,
            seconds_in_bulk: seconds_in_bulk?,
            seconds_targeted: seconds_targeted?,
            answered_in_bulk_percent: answered_in_bulk_percent?,
            answered_targeted_percent: answered_targeted_percent?,
            bulk_below_percent: bulk_below_percent?,
            welcome_percent: welcome_percent?,
            per_sender: per_sender?,
            read_a_week: read_a_week?,
            memory_days: memory_days?,
            warned_percent: warned_percent?,
            restricted_percent: restricted_percent?,
            forgotten_a_week_percent: forgotten_a_week_percent?,
        })
    };
    document.finish(all())
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
