//! Lays policies side by side: what becomes of the credit in every case.

use super::ask::{Answer, Question, ask};
use super::future::stretches;
use super::words::duration;
use crate::policy::{Policy, ResponseKind, Trigger};
use crate::state::Credit;
use crate::units::Days;
use serde::Serialize;
use smol_str::SmolStr;
use std::sync::Arc;

/// What becomes of the credit: a row per case, a column per policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// The policies, in the order in which they were named.
    pub columns: Vec<Column>,
    /// The cases.
    pub rows: Vec<Row>,
}

/// A policy of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// The policy.
    pub policy: SmolStr,
    /// One line about it.
    pub title: String,
    /// Its response window, in words.
    pub window: String,
}

/// A case of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The case's name, such as `not_interested_with_note`; stable.
    pub name: &'static str,
    /// The case in words.
    pub title: &'static str,
    /// What each policy makes of it.
    pub cells: Vec<Cell>,
}

/// What a policy makes of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// In a few words: `returned at once (settlement.rule[0])`.
    pub text: String,
    /// The answers in full: usually one, several where it matters how late in the window the case happens.
    pub answers: Vec<Answer>,
}

/// Returns the table of these policies, every cell of it played.
#[must_use]
pub fn ask_table(policies: &[Arc<Policy>]) -> Table {
    let columns = policies
        .iter()
        .map(|policy| Column {
            policy: policy.name.clone(),
            title: policy.title.clone(),
            window: policy.settlement.window.to_string(),
        })
        .collect();
    let rows = CASES
        .iter()
        .map(|case| Row {
            name: case.name,
            title: case.title,
            cells: policies.iter().map(|policy| cell(policy, case)).collect(),
        })
        .collect();
    Table { columns, rows }
}

struct Case {
    name: &'static str,
    title: &'static str,
    response: Option<ResponseKind>,
    note: bool,
    seen: bool,
    report: bool,
    when: When,
}

/// When the case happens.
#[derive(Clone, Copy)]
enum When {
    /// In the window: asked for each stretch of it in which the answer may differ.
    InTime,
    /// Right after the window.
    Late,
    /// A day after the send, or as late as the window allows.
    NextDay,
}

const CASE: Case = Case {
    name: "",
    title: "",
    response: None,
    note: false,
    seen: false,
    report: false,
    when: When::InTime,
};

const CASES: [Case; 8] = [
    Case {
        name: "reply",
        title: "a reply",
        response: Some(ResponseKind::Reply),
        ..CASE
    },
    Case {
        name: "accept",
        title: "an acceptance",
        response: Some(ResponseKind::Accept),
        ..CASE
    },
    Case {
        name: "not_interested",
        title: "\"not interested\"",
        response: Some(ResponseKind::NotInterested),
        ..CASE
    },
    Case {
        name: "not_interested_with_note",
        title: "\"not interested\" with a note",
        response: Some(ResponseKind::NotInterested),
        note: true,
        ..CASE
    },
    Case {
        name: "reply_after_window",
        title: "a reply after the window",
        response: Some(ResponseKind::Reply),
        when: When::Late,
        ..CASE
    },
    Case {
        name: "none_unseen",
        title: "no response, never seen",
        when: When::Late,
        ..CASE
    },
    Case {
        name: "none_seen",
        title: "no response, seen",
        seen: true,
        when: When::Late,
        ..CASE
    },
    Case {
        name: "report",
        title: "a report, no response",
        report: true,
        when: When::NextDay,
        ..CASE
    },
];

fn cell(policy: &Arc<Policy>, case: &Case) -> Cell {
    let window = policy.settlement.window.millis();
    let instants = match case.when {
        When::InTime => {
            let mut ends = stretches(policy);
            ends.retain(|end| *end < window);
            ends.push(window);
            ends
        }
        When::Late => vec![window.saturating_add(1)],
        When::NextDay => vec![Days(1).millis().min(window)],
    };
    let mut answers: Vec<Answer> = Vec::new();
    for after_ms in instants {
        let question = Question {
            response: case.response,
            note: case.note,
            seen: case.seen,
            report: case.report,
            after_ms,
        };
        let answer = ask(policy, &question);
        // A stretch like the one before makes that one longer.
        if answers.last().is_some_and(|last| last.rule == answer.rule) {
            answers.pop();
        }
        answers.push(answer);
    }
    Cell {
        text: words(&answers),
        answers,
    }
}

fn words(answers: &[Answer]) -> String {
    match answers {
        [one] => briefly(one),
        several => several
            .iter()
            .map(|one| format!("by {}: {}", duration(one.question.after_ms), briefly(one)))
            .collect::<Vec<_>>()
            .join("; "),
    }
}

/// Returns `returned at once (settlement.rule[0])`.
fn briefly(answer: &Answer) -> String {
    if let Some(later) = &answer.later {
        let (credit, after) = (later.credit.name(), &later.settled_after);
        return format!("{credit} after {after} all the same ({})", later.rule);
    }
    let Some(rule) = answer
        .rule
        .as_ref()
        .filter(|_| answer.credit != Credit::None)
    else {
        return "refused".to_owned();
    };
    let when = match answer.settled_by {
        Some(Trigger::Response | Trigger::Report) => "at once".to_owned(),
        Some(Trigger::Send) => "at the send".to_owned(),
        Some(Trigger::Lapse) | None => format!("after {}", answer.window),
    };
    format!("{} {when} ({rule})", answer.credit.name())
}
