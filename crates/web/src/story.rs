//! Shows explanations: what core tells, dressed for a page.
//!
//! Owns: which part of a story stands where. Does not own: any word of it ([`earnest_core::explain`]).

use crate::ui;
use crate::words::{self, prose};
use earnest_core::explain::{By, Cited, Explanation, Future, Outcome};
use earnest_core::policy::Settled;
use maud::{Markup, html};

/// Shows what would become of a message that is being written.
pub(crate) fn preview(told: &Explanation) -> Markup {
    let deadline = told
        .instants
        .iter()
        .find(|it| it.name == "deadline")
        .map(|it| it.at);
    html! {
        @match (told.outcome, deadline) {
            (Outcome::Allowed { credits }, Some(deadline)) => {
                @if credits.is_zero() {
                    p.headline { (ui::badge("good", "free")) " No credit is held." }
                } @else if told.futures.is_empty() {
                    p.headline { (ui::badge("warn", "spent")) " " (words::count(credits.0, "credit")) " gone at once." }
                } @else {
                    p.headline {
                        (ui::badge("open", "held")) " "
                        strong { (words::count(credits.0, "credit")) } " held until " strong { (words::on(deadline)) } "."
                    }
                    (futures(&told.futures))
                }
            }
            (Outcome::Refused { code }, _) => {
                p.headline { (ui::badge("bad", "would be refused")) " " code { (code) } }
            }
            _ => {}
        }
        @if let Outcome::Refused { .. } = told.outcome {
            @for sentence in &told.text { p { (prose(sentence)) } }
            (changes(told))
        } @else {
            (sentences(told, "In full"))
        }
    }
}

/// Shows what can still become of a credit: each case with its end.
pub(crate) fn futures(futures: &[Future]) -> Markup {
    html! {
        ul.futures {
            @for future in futures {
                @let (class, sign) = match future.credit {
                    Settled::Returned => ("returns", "↩"),
                    Settled::Consumed => ("goes", "×"),
                };
                li class=(class) {
                    span.sign aria-hidden="true" { (sign) }
                    span title=(future.rule.why) { (prose(&future.text)) }
                }
            }
        }
    }
}

/// Shows a rule's place, with the reason for it.
pub(crate) fn rule(rule: &Cited) -> Markup {
    html! { span.rule title=(rule.why) { (rule.path) } }
}

/// Shows what would change an outcome.
pub(crate) fn changes(told: &Explanation) -> Markup {
    html! {
        @if !told.changes.is_empty() {
            h3 { "What would change that" }
            ul.changes {
                @for change in &told.changes {
                    li {
                        (ui::badge("plain", match change.by {
                            By::Sender => "you",
                            By::Time => "time",
                            By::Recipient => "recipients",
                            By::Admin => "administrator",
                        }))
                        " " (prose(&change.text))
                    }
                }
            }
        }
    }
}

/// Shows all sentences of a story, to be unfolded.
pub(crate) fn sentences(told: &Explanation, title: &str) -> Markup {
    html! {
        details.story {
            summary { (title) }
            @for sentence in &told.text { p { (prose(sentence)) } }
            p.muted { "Told by the policy " code { (told.policy) } ", as of " (words::at(told.as_of)) "." }
        }
    }
}

/// Shows all sentences of a story.
pub(crate) fn told(told: &Explanation) -> Markup {
    html! { @for sentence in &told.text { p { (prose(sentence)) } } }
}
