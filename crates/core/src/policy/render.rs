//! Writes a policy out for people: each rule as a sentence, with its path in the file and its source.
//!
//! Owns: wording. Does not own: which rule settles a message ([`crate::policy`]), nor columns and colours.

#[cfg(test)]
mod tests;

use super::{
    Blocks, Check, FailingRate, Gate, Judge, Judged, Ladder, Policy, ResponseKind, ReturnedExpiry,
    Rule, Settled, Stage, Trigger,
};
use crate::units::{Credits, Days};
use serde::Serialize;
use std::fmt::Display;

/// A part of a policy, such as its settlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// What it is about.
    pub title: &'static str,
    /// Its rules in order.
    pub lines: Vec<Line>,
}

/// A rule in a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Where it stands in the policy file.
    pub path: String,
    /// What it says.
    pub sentence: String,
    /// Where it comes from, in the file's words.
    pub why: Option<String>,
}

impl Line {
    fn new(path: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            sentence: sentence.into(),
            why: None,
        }
    }

    fn why(self, why: &str) -> Self {
        Self {
            why: Some(why.to_owned()),
            ..self
        }
    }
}

/// Returns the policy as text: parts, and under each its rules with their paths and sources.
#[must_use]
pub fn render(policy: &Policy) -> String {
    let mut text = vec![policy.name.to_string(), policy.title.clone()];
    for part in parts(policy) {
        text.push(String::new());
        text.push(part.title.to_owned());
        for line in part.lines {
            text.push(format!("  {}", line.path));
            text.push(format!("      {}", line.sentence));
            text.extend(line.why.map(|why| format!("      Why: {why}")));
        }
    }
    text.push(String::new());
    text.join("\n")
}

/// Returns the policy's rules in sentences, part by part.
#[must_use]
pub fn parts(policy: &Policy) -> Vec<Part> {
    vec![
        Part {
            title: "When the credit is returned: the first rule that applies decides",
            lines: settlement(policy),
        },
        Part {
            title: "Where credits come from, and how long they last",
            lines: credits(policy),
        },
        Part {
            title: "Who may go on sending",
            lines: gate(&policy.gate),
        },
        Part {
            title: "What a message may be",
            lines: message(policy),
        },
    ]
}

/// Returns a rule of settlement as a sentence; `window` is its policy's response window.
#[must_use]
pub fn rule(rule: &Rule, window: Days) -> String {
    let credit = match rule.credit {
        Settled::Returned => "the credit is returned",
        Settled::Consumed => "the credit is consumed",
    };
    let when = match rule.on {
        Trigger::Send => "When the message is sent".to_owned(),
        Trigger::Report => "When the recipient reports the message".to_owned(),
        Trigger::Response => {
            let note = match rule.note {
                None => "",
                Some(true) => " with a note",
                Some(false) => " without a note",
            };
            let within = rule.within.unwrap_or(window);
            format!(
                "When {}{note} comes within {within} of the send",
                kinds(rule)
            )
        }
        Trigger::Lapse => {
            let seen = match rule.seen {
                None => "",
                Some(true) => " and the message was seen",
                Some(false) => " and the message was not seen",
            };
            format!("When {window} pass without a response{seen}")
        }
    };
    format!("{when}, {credit}.")
}

fn kinds(rule: &Rule) -> String {
    let kinds: Vec<_> = ResponseKind::ALL
        .into_iter()
        .filter(|kind| rule.kinds.has(*kind))
        .collect();
    if kinds.len() == ResponseKind::ALL.len() {
        return "a response of any kind".to_owned();
    }
    let named = kinds.into_iter().map(|kind| match kind {
        ResponseKind::Reply => "a reply",
        ResponseKind::Accept => "an acceptance",
        ResponseKind::NotInterested => "\"not interested\"",
    });
    listed(named, "or")
}

fn settlement(policy: &Policy) -> Vec<Line> {
    let window = policy.settlement.window;
    let rules = policy.settlement.rules.iter().enumerate();
    let mut lines: Vec<Line> = rules
        .map(|(at, it)| Line::new(format!("settlement.rule[{at}]"), rule(it, window)).why(&it.why))
        .collect();
    lines.push(Line::new(
        "settlement.window_days",
        format!("A response exactly {window} after the send is in time."),
    ));
    let auto = if policy.auto_counts {
        "is a response like any other"
    } else {
        "is no response"
    };
    lines.push(Line::new(
        "response.auto_counts",
        format!("An automatic reply {auto}."),
    ));
    lines
}

fn credits(policy: &Policy) -> Vec<Line> {
    let lasts = |days: Option<Days>| {
        days.map_or_else(|| "never ends".to_owned(), |days| format!("lasts {days}"))
    };
    let mut lines = Vec::new();
    for (at, it) in policy.seat_types.iter().enumerate() {
        let sentence = format!(
            "A seat of type `{}` is allotted {} a month.",
            it.name,
            counted(it.monthly)
        );
        lines.push(Line::new(format!("seat_type[{at}]"), sentence));
    }
    if policy.seat_types.is_empty() {
        lines.push(Line::new("seat_type", "No seat is allotted anything."));
    }
    for (at, it) in policy.bonuses.iter().enumerate() {
        let types = listed(it.seat_types.iter().map(|name| format!("`{name}`")), "and");
        let sentence = format!(
            "With the allotment of {}, seats of type {types} get {} once; that lot {}.",
            it.month,
            counted(it.credits),
            lasts(it.expires_after)
        );
        lines.push(Line::new(format!("bonus[{at}]"), sentence).why(&it.why));
    }
    if policy.allots() {
        let sentence = format!("An allotment {}.", lasts(policy.expires_after));
        lines.push(Line::new("expires_after_days", sentence));
    }
    let sentence = match policy.returned {
        ReturnedExpiry::Fresh => {
            format!(
                "A returned credit is a new lot; it {}.",
                lasts(policy.expires_after)
            )
        }
        ReturnedExpiry::Original => {
            "A returned credit goes back to its lot, and expires at once where that has ended."
                .to_owned()
        }
    };
    lines.push(Line::new("returned.expires", sentence));
    if let Some(cap) = policy.rollover_cap {
        let sentence = format!(
            "When an allotment comes, what the contract has above {cap} times its monthly allotment expires."
        );
        lines.push(Line::new("rollover_cap", sentence));
    }
    lines
}

fn message(policy: &Policy) -> Vec<Line> {
    let it = &policy.message;
    let most = |key: &str, sentence: String| Line::new(format!("message.{key}"), sentence);
    let mut lines = vec![
        most(
            "subject_most",
            format!("A subject has at most {} characters.", it.subject_most),
        ),
        most(
            "body_most",
            format!("A body has at most {} characters.", it.body_most),
        ),
        most(
            "recipients_most",
            format!("A campaign has at most {} recipients.", it.recipients_most),
        ),
        most(
            "pending_most",
            format!(
                "A seat has at most {} unanswered messages to one member.",
                it.pending_most
            ),
        ),
        most(
            "price",
            format!(
                "A message stakes {} where its recipient sets no price.",
                counted(Credits(u64::from(it.price)))
            ),
        ),
    ];
    if !it.reminders.is_empty() {
        let days = listed(it.reminders.iter().map(|days| days.0), "and");
        let sentence = format!("The recipient is reminded of an unseen message after {days} days.");
        lines.push(most("reminder_days", sentence));
    }
    lines
}

fn gate(gate: &Gate) -> Vec<Line> {
    match gate {
        Gate::None => vec![Line::new(
            "gate",
            "Nobody is stopped for a low response rate.",
        )],
        Gate::Thread(it) => {
            let fails = fails(&it.check, &format!("in the {} before it", it.window));
            vec![
                Line::new(
                    "gate.check",
                    format!("A send is refused when its seat {fails}."),
                )
                .why(&it.why),
            ]
        }
        Gate::Ladder(ladder) => {
            let fails = fails(&ladder.check, "in the period");
            let sentence = format!(
                "Every {} from its start a seat is judged: it fails when it {fails}.",
                ladder.period
            );
            let check = Line::new("gate.check", sentence).why(&ladder.why);
            let stages = ladder.stages.iter().enumerate().map(|(at, it)| {
                let path = format!("gate.stage[{at}]");
                Line::new(path, stage(ladder, at, it)).why(&it.why)
            });
            std::iter::once(check).chain(stages).collect()
        }
    }
}

/// Returns what a seat has done that fails a check, as in "it ...".
fn fails(check: &Check, when: &str) -> String {
    let rate = match check.fails {
        FailingRate::Below(bar) => format!("had less than {bar} of them answered"),
        FailingRate::AtMost(bar) => format!("had {bar} of them or less answered"),
    };
    let sent = match check.sent_at_least {
        0 | 1 => "any messages".to_owned(),
        least => format!("{least} messages or more"),
    };
    let none = if check.none_sent_fails {
        ", or sent none"
    } else {
        ""
    };
    format!("sent {sent} {when} and {rate}{none}")
}

fn stage(ladder: &Ladder, at: usize, stage: &Stage) -> String {
    let once = if stage.once {
        ", once in a seat's life"
    } else {
        ""
    };
    let blocks = match stage.blocks {
        Blocks::Nothing => "nothing is blocked",
        Blocks::Bulk => "bulk messages are blocked",
        Blocks::All => "all messages that stake a credit are blocked",
    };
    let next = ladder
        .stages
        .get(at.saturating_add(1))
        .map(|next| next.standing);
    let end = match (stage.judge, next) {
        (None, next) => {
            let next = next.unwrap_or(stage.standing);
            format!("Then it is {next}, whatever was sent.")
        }
        (Some(Judge { of, check }), next) => {
            let when = match of {
                Judged::This => "in this stage",
                Judged::Previous => "in the stage before",
            };
            let failed = next.map_or_else(
                || "goes through the stage again".to_owned(),
                |next| format!("is {next}"),
            );
            {
                // A list that ends in "or" is closed by a comma.
                let comma = if check.none_sent_fails { "," } else { "" };
                let fails = fails(&check, when);
                format!("At its end a seat that {fails}{comma} {failed}; any other is good.")
            }
        }
    };
    let standing = capital(stage.standing.name());
    format!("{standing} for {}{once}; {blocks}. {end}", stage.days)
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

fn counted(credits: Credits) -> String {
    if credits.0 == 1 {
        "1 credit".to_owned()
    } else {
        format!("{credits} credits")
    }
}

/// Returns items as `a, b and c`.
fn listed<T: Display>(items: impl Iterator<Item = T>, last: &str) -> String {
    let mut items: Vec<String> = items.map(|item| item.to_string()).collect();
    match items.pop() {
        Some(end) if !items.is_empty() => format!("{} {last} {end}", items.join(", ")),
        Some(end) => end,
        None => String::new(),
    }
}
