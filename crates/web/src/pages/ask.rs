//! The question that Earnest came from, on one page: every answer crossed with every policy, each cell played on the
//! engine, and by which rule.

use crate::fault::Answer;
use crate::layout::{Page, Place};
use crate::plain;
use crate::query::Query;
use crate::ui;
use crate::visitor::Visitor;
use crate::words::prose;
use axum::extract::State;
use earnest_core::Credit;
use earnest_core::explain::{Answer as Told, Cell, ask_table, duration};
use earnest_core::policy::{Policy, Trigger};
use earnest_server::{App, Operation};
use http::Uri;
use maud::{Markup, html};
use std::sync::Arc;

/// The most policies that stand side by side.
const MOST: usize = 12;

/// Shows the page.
pub(crate) async fn get_ask(State(app): State<App>, visitor: Visitor, uri: Uri) -> Answer {
    visitor.may(Operation::ReadPolicies)?;
    let query = Query::of(&uri, &["policy"]);
    let chosen: Vec<&str> = query.all("policy").collect();
    let all = app.engine.policies().await?;
    let shown: Vec<Arc<Policy>> = all
        .iter()
        .filter(|it| chosen.is_empty() || chosen.contains(&it.policy.name.as_str()))
        .take(MOST)
        .map(|it| Arc::clone(&it.policy))
        .collect();
    let table = ask_table(&shown);
    let main = html! {
        h1 { "What if?" }
        blockquote.question {
            p { "So what happens if you don't get a response from the person you messaged? “Not interested”: is that the same as a “decline”?" }
        }
        p.lead { "What becomes of the credit, answer by answer and policy by policy. Every cell was played on the engine just now; below it stands the rule of the policy's file that decided; open it for the reason." }
        (ui::table("What becomes of the credit", &html! {
            thead { tr {
                th scope="col" { "The recipient sends" }
                @for column in &table.columns { th scope="col" { a href=(format!("/policies/{}", column.policy)) title=(plain::plain(&column.title)) { (column.policy) } p.muted { "window " (column.window) } } }
            } }
            tbody { @for row in &table.rows {
                tr {
                    th scope="row" { (row.title) }
                    @for (one, column) in row.cells.iter().zip(&table.columns) { (cell(one, column.policy.as_str())) }
                }
            } }
        }))
        form.filters method="get" aria-label="Choose policies" {
            fieldset.ticks {
                legend { "Show only" }
                @for it in &all {
                    div.tick {
                        @let name = it.policy.name.as_str();
                        input type="checkbox" name="policy" value=(name) id=(format!("p-{name}")) checked[chosen.contains(&name)];
                        label for=(format!("p-{name}")) { (name) }
                    }
                }
            }
            button type="submit" { "Show" }
        }
    };
    Ok(Page::new(&visitor, "What if?", Place::Top("ask")).show(&main))
}

fn cell(cell: &Cell, policy: &str) -> Markup {
    let several = cell.answers.len() > 1;
    html! {
        td.answer data-label=(policy) {
            @for one in &cell.answers {
                @let rule = one.later.as_ref().map(|later| &later.rule).or(one.rule.as_ref());
                p {
                    @if several { span.muted { "by " (duration(one.question.after_ms)) ": " } }
                    @match one.later.as_ref().map_or(one.credit, |later| later.credit) {
                        Credit::Returned => (ui::badge("good", "returned")),
                        Credit::Consumed => (ui::badge("bad", "consumed")),
                        Credit::Held => (ui::badge("open", "held")),
                        Credit::None => (ui::badge("plain", "refused")),
                    }
                    " " span.muted { (when(one)) }
                }
                @if let Some(rule) = rule {
                    details.why { summary { (rule.path.trim_start_matches("settlement.")) } p { (prose(&rule.why)) } }
                }
            }
        }
    }
}

/// Says when the credit moves.
fn when(answer: &Told) -> String {
    match (&answer.later, answer.settled_by) {
        (Some(later), _) => format!("after {}, all the same", later.settled_after),
        (None, Some(Trigger::Response | Trigger::Report)) => "at once".to_owned(),
        (None, Some(Trigger::Send)) => "at the send".to_owned(),
        (None, Some(Trigger::Lapse)) => format!("after {}", answer.window),
        (None, None) => String::new(),
    }
}
