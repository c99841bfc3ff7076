//! `earnest policy ask`: what becomes of the credit, when, and by which rule of the file.
//!
//! Owns: the options, sentences or a table. Does not own: the answer, which core plays on its engine
//! ([`earnest_core::explain`]).

use crate::duration::Duration;
use crate::error::Error;
use crate::output::{Look, Out};
use crate::policies;
use crate::table::{self, Column::Text, table};
use clap::ValueEnum;
use earnest_core::explain::{self, Answer, Question, ask, ask_table};
use earnest_core::policy::{Policy, ResponseKind};
use serde_json::json;
use std::sync::Arc;

/// How many policies stand beside one another in the table of all cases.
const BESIDE: usize = 4;

const EXAMPLES: &str = "\
Examples:
  earnest policy ask inmail-2015 --response not_interested --after 40d
  earnest policy ask inmail-2015 inmail-thread --response none --after 91d
  earnest policy ask --all";

/// Says what becomes of a message's credit, when, and by which rule
///
/// With one policy the answer is a few sentences, with several a table. It is played on the engine itself.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AskArgs {
    /// Presets, or paths of policy files
    #[arg(value_name = "NAME", required_unless_present = "all")]
    names: Vec<String>,
    /// How the recipient answers: none, reply, accept or not_interested
    #[arg(
        long,
        value_enum,
        value_name = "KIND",
        required_unless_present = "all",
        hide_possible_values = true
    )]
    response: Option<Response>,
    /// The answer has a note
    #[arg(long)]
    note: bool,
    /// The recipient opens the message as soon as it is sent
    #[arg(long)]
    seen: bool,
    /// How long after the send the answer comes, or the question is asked: 40d, 12h, 90d1ms
    #[arg(long, value_name = "TIME", default_value = "1d")]
    after: Duration,
    /// Print every case as a table, for the policies named, or for every preset
    #[arg(long, conflicts_with_all = ["response", "note", "seen", "after"])]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// How the recipient answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Response {
    /// Not at all.
    None,
    Reply,
    Accept,
    NotInterested,
}

impl Response {
    const fn kind(self) -> Option<ResponseKind> {
        match self {
            Self::None => None,
            Self::Reply => Some(ResponseKind::Reply),
            Self::Accept => Some(ResponseKind::Accept),
            Self::NotInterested => Some(ResponseKind::NotInterested),
        }
    }
}

pub(super) fn run(args: &AskArgs, out: &mut Out) -> Result<(), Error> {
    let response = args.response.and_then(Response::kind);
    if args.note && response.is_none() {
        return Err(Error::Input(
            "a note comes with an answer, and with `--response none` there is none; leave `--note` out".to_owned(),
        ));
    }
    let policies = policies::named(&args.names)?;
    if args.all {
        return cases(&policies, args.json, out);
    }
    let question = Question {
        response,
        note: args.note,
        seen: args.seen,
        report: false,
        after_ms: args.after.millis(),
    };
    let answers: Vec<Answer> = policies
        .iter()
        .map(|policy| ask(policy, &question))
        .collect();
    if args.json {
        return out.json(&json!({ "answers": answers }));
    }
    match answers.as_slice() {
        [one] => one
            .text
            .iter()
            .try_for_each(|sentence| out.paragraph("", sentence)),
        several => beside(&question, several, out),
    }
}

/// Prints the answers of several policies in one table, and their reasons below.
fn beside(question: &Question, answers: &[Answer], out: &mut Out) -> Result<(), Error> {
    out.line(out.paint(Look::Bold, format_args!("{}", asked(question))))?;
    out.line("")?;
    let mut rows = table(&[
        (Text, "policy"),
        (Text, "the credit is"),
        (Text, "when, after the send"),
        (Text, "by rule"),
    ]);
    for answer in answers {
        rows.add_row(row(answer));
    }
    table::print(&rows, "", out)?;
    for answer in answers {
        let rule = answer
            .rule
            .as_ref()
            .or_else(|| Some(&answer.later.as_ref()?.rule));
        if let Some(rule) = rule {
            out.line("")?;
            out.line(out.paint(Look::Bold, format_args!("{}: {rule}", answer.policy)))?;
            out.paragraph("  ", &rule.why)?;
        }
    }
    Ok(())
}

fn row(answer: &Answer) -> [String; 4] {
    let policy = answer.policy.to_string();
    match (&answer.rule, &answer.settled_after, &answer.later) {
        (Some(rule), Some(after), _) => {
            let after = if answer.settled_after_ms == Some(0) {
                "at the send"
            } else {
                after.as_str()
            };
            [
                policy,
                answer.credit.name().to_owned(),
                after.to_owned(),
                rule.to_string(),
            ]
        }
        (_, _, Some(later)) => [
            policy,
            format!("{}, then {}", answer.credit.name(), later.credit.name()),
            format!("right after {}", later.settled_after),
            later.rule.to_string(),
        ],
        _ => [
            policy,
            answer.credit.name().to_owned(),
            answer.text.join(" "),
            String::new(),
        ],
    }
}

/// Returns the question in words.
fn asked(question: &Question) -> String {
    let after = explain::duration(question.after_ms);
    let seen = if question.seen {
        "the message is seen; "
    } else {
        ""
    };
    match question.response {
        None => format!("{seen}no answer {after} after the send"),
        Some(kind) => {
            let note = if question.note { " with a note" } else { "" };
            format!("{seen}`{kind}`{note}, {after} after the send")
        }
    }
}

/// Prints what becomes of the credit in every case.
fn cases(policies: &[Arc<Policy>], json: bool, out: &mut Out) -> Result<(), Error> {
    if json {
        return out.json(&ask_table(policies));
    }
    out.line(out.paint(Look::Bold, format_args!("What becomes of the credit")))?;
    for policies in policies.chunks(BESIDE) {
        let all = ask_table(policies);
        let mut heading = vec![(Text, "the recipient sends")];
        heading.extend(
            all.columns
                .iter()
                .map(|column| (Text, column.policy.as_str())),
        );
        let mut rows = table(&heading);
        table::fit(&mut rows);
        table::set_apart(&mut rows);
        for row in &all.rows {
            let cells = row
                .cells
                .iter()
                .map(|cell| cell.text.replace("settlement.", ""));
            rows.add_row(std::iter::once(row.title.to_owned()).chain(cells));
        }
        out.line("")?;
        table::print(&rows, "", out)?;
    }
    out.line("")?;
    out.note("rule[0] is the first `[[settlement.rule]]` of the policy's file; `earnest policy show NAME` says why it is there")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_answer_can_be_asked_about() {
        for kind in ResponseKind::ALL {
            let typed = Response::from_str(kind.name(), false).unwrap();
            assert_eq!(typed.kind(), Some(kind));
        }
        assert_eq!(Response::from_str("none", false).unwrap().kind(), None);
    }
}
