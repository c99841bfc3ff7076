//! Makes words of figures: durations, counts, lists, answers, rates.
//!
//! Owns: spelling, singular and plural. Does not own: what is said.

use super::{AnswerKind, Landing, Loss};
use crate::policy::{Check, FailingRate, ResponseKind, Settled};
use crate::units::{Credits, Ratio};

const UNITS: [(i64, &str); 5] = [
    (86_400_000, "day"),
    (3_600_000, "hour"),
    (60_000, "minute"),
    (1_000, "second"),
    (1, "ms"),
];

/// Returns a duration in words, exactly: `40 days`, `3 hours`, `90 days 1 ms`.
#[must_use]
pub fn duration(millis: i64) -> String {
    let mut rest = millis.unsigned_abs();
    let mut parts = Vec::new();
    for (unit, name) in UNITS {
        let unit = unit.unsigned_abs();
        let whole = rest.checked_div(unit).unwrap_or(0);
        rest = rest.checked_rem(unit).unwrap_or(0);
        if whole > 0 {
            parts.push(count(whole, name));
        }
    }
    match parts.is_empty() {
        true => "0 ms".to_owned(),
        false => parts.join(" "),
    }
}

/// Returns `1 credit`, `2 credits`; `ms` has no plural.
pub(super) fn count(number: impl Into<u64>, noun: &str) -> String {
    let number: u64 = number.into();
    match (number, noun) {
        (1, _) | (_, "ms") => format!("{number} {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// Returns `is` or `are`.
pub(super) fn is_are(number: impl Into<u64>) -> &'static str {
    match number.into() {
        1 => "is",
        _ => "are",
    }
}

/// Returns `a`, `a or b`, `a, b or c`.
pub(super) fn list(items: &[String], last: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}

/// The forms of a verb that a case is told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tense {
    /// If `bo` replies.
    Present,
    /// `bo` replied; had `bo` replied.
    Past,
}

/// Returns what a recipient does who answers so.
pub(super) fn answered(answers: &[AnswerKind], tense: Tense) -> String {
    let does = |answer: &AnswerKind| {
        let verb = match (answer.kind, tense) {
            (ResponseKind::Reply, Tense::Present) => "replies",
            (ResponseKind::Reply, Tense::Past) => "replied",
            (ResponseKind::Accept, Tense::Present) => "accepts",
            (ResponseKind::Accept, Tense::Past) => "accepted",
            (ResponseKind::NotInterested, Tense::Present) => "says \"not interested\"",
            (ResponseKind::NotInterested, Tense::Past) => "said \"not interested\"",
        };
        match answer.note {
            None => verb.to_owned(),
            Some(true) => format!("{verb} with a note"),
            Some(false) => format!("{verb} without a note"),
        }
    };
    list(&answers.iter().map(does).collect::<Vec<_>>(), "or")
}

/// What is at stake, as the subject of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stakes {
    /// So many credits.
    Credits(Credits),
    /// One of several messages' stakes.
    OfThatMessage,
}

impl Stakes {
    pub(super) fn is_one(self) -> bool {
        matches!(self, Self::Credits(Credits(1)) | Self::OfThatMessage)
    }

    pub(super) fn subject(self) -> String {
        match self {
            Self::Credits(Credits(1)) => "the credit".to_owned(),
            Self::Credits(many) => format!("the {many} credits"),
            Self::OfThatMessage => "that message's stake".to_owned(),
        }
    }

    /// Returns `the credit is returned`, `the 2 credits are consumed`.
    pub(super) fn will(self, credit: Settled) -> String {
        let verb = match (credit, self.is_one()) {
            (Settled::Returned, true) => "is returned",
            (Settled::Returned, false) => "are returned",
            (Settled::Consumed, true) => "is consumed",
            (Settled::Consumed, false) => "are consumed",
        };
        format!("{} {verb}", self.subject())
    }

    /// Returns `the credit was returned`, `the 2 credits were consumed`.
    pub(super) fn did(self, credit: Settled) -> String {
        let verb = match (credit, self.is_one()) {
            (Settled::Returned, true) => "was returned",
            (Settled::Returned, false) => "were returned",
            (Settled::Consumed, true) => "was consumed",
            (Settled::Consumed, false) => "were consumed",
        };
        format!("{} {verb}", self.subject())
    }

    /// Returns `the credit would have been returned`.
    pub(super) fn would_have(self, credit: Settled) -> String {
        let verb = match credit {
            Settled::Returned => "would have been returned",
            Settled::Consumed => "would have been consumed",
        };
        format!("{} {verb}", self.subject())
    }
}

/// Returns where credits go that are returned, as the end of a sentence: ` as a new lot that lasts 90 days`.
pub(super) fn landing(lands: &[Landing]) -> String {
    match lands {
        [] => String::new(),
        [one] => landing_of(one),
        several => {
            let parts: Vec<_> = several
                .iter()
                .map(|one| format!("{}{}", count(credits_of(one).0, "credit"), landing_of(one)))
                .collect();
            format!(": {}", parts.join("; "))
        }
    }
}

const fn credits_of(landing: &Landing) -> Credits {
    match landing {
        Landing::Fresh { credits, .. }
        | Landing::Original { credits, .. }
        | Landing::Lost { credits, .. } => *credits,
    }
}

fn landing_of(landing: &Landing) -> String {
    match landing {
        Landing::Fresh {
            lasts_days: Some(days),
            ..
        } => {
            format!(" as a new lot that lasts {days}")
        }
        Landing::Fresh {
            lasts_days: None, ..
        } => " as a new lot that never ends".to_owned(),
        Landing::Original {
            grant,
            ends_at: Some(end),
            ..
        } => {
            format!(" to the lot `{grant}`, which ends at {end}")
        }
        Landing::Original {
            grant,
            ends_at: None,
            ..
        } => {
            format!(" to the lot `{grant}`, which never ends")
        }
        Landing::Lost { grant, reason, .. } => match reason {
            Loss::LotEnded => {
                format!(", only to be lost at once, because the lot `{grant}` has ended")
            }
            Loss::LotRevoked => {
                format!(", only to be lost at once, because the lot `{grant}` was revoked")
            }
            Loss::ContractCancelled => {
                ", only to be lost at once, because the contract was cancelled".to_owned()
            }
        },
    }
}

/// Returns `12 of 100 messages were answered (12 %)`.
pub(super) fn rate(sent: u32, responded: u32) -> String {
    match sent {
        0 => "no message was sent that counts".to_owned(),
        _ => format!(
            "{responded} of {} {} answered ({})",
            count(sent, "message"),
            if responded == 1 { "was" } else { "were" },
            per_cent(responded, sent)
        ),
    }
}

/// Returns the rate in per cent, cut after one decimal, so that it never looks better than it is.
fn per_cent(responded: u32, sent: u32) -> String {
    let thousandths = u64::from(responded).saturating_mul(1_000);
    let sent = u64::from(sent);
    let cut = thousandths.checked_div(sent).unwrap_or(0);
    let exact = thousandths.checked_rem(sent) == Some(0);
    let (whole, tenth) = (
        cut.checked_div(10).unwrap_or(0),
        cut.checked_rem(10).unwrap_or(0),
    );
    match (exact, tenth) {
        (true, 0) => format!("{whole} %"),
        (true, _) => format!("{whole}.{tenth} %"),
        (false, _) => format!("a little over {whole}.{tenth} %"),
    }
}

/// Returns the rate that a check asks for: `13 % or more`, `more than 13 %`.
pub(super) fn wanted(check: &Check) -> String {
    match check.fails {
        FailingRate::Below(bar) => format!("{bar} or more"),
        FailingRate::AtMost(bar) => format!("more than {bar}"),
    }
}

/// Returns a ratio as files write it.
pub(super) fn exact(ratio: Ratio) -> String {
    format!("{}/{}", ratio.part(), ratio.whole())
}

/// Returns the text with a capital first letter.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        None => String::new(),
        Some(first) => first.to_uppercase().chain(letters).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_exact_and_has_the_right_number() {
        for (millis, words) in [
            (0, "0 ms"),
            (1, "1 ms"),
            (86_400_000, "1 day"),
            (40 * 86_400_000, "40 days"),
            (3 * 3_600_000, "3 hours"),
            (90 * 86_400_000 + 1, "90 days 1 ms"),
            (86_400_000 + 60_000 + 2_000, "1 day 1 minute 2 seconds"),
        ] {
            assert_eq!(duration(millis), words);
        }
    }

    #[test]
    fn a_rate_never_looks_better_than_it_is() {
        for (responded, sent, words) in [
            (13, 100, "13 of 100 messages were answered (13 %)"),
            (1, 8, "1 of 8 messages was answered (12.5 %)"),
            (
                129_999,
                1_000_000,
                "129999 of 1000000 messages were answered (a little over 12.9 %)",
            ),
            (1, 1, "1 of 1 message was answered (100 %)"),
            (0, 0, "no message was sent that counts"),
        ] {
            assert_eq!(rate(sent, responded), words);
        }
    }

    #[test]
    fn a_list_has_one_last_word() {
        let items = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(list(&items, "or"), "a, b or c");
        assert_eq!(list(&items[..2], "and"), "a and b");
        assert_eq!(list(&items[..1], "and"), "a");
    }
}
