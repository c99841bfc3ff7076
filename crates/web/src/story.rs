//! Shows explanations: what core tells, dressed for a page.
//!
//! Owns: which part of a story stands where; of a refusal the one sentence for people. Does not own: what is told
//! ([`earnest_core::explain`]), how it is worded for people ([`crate::plain`]). Invariant: a seatholder reads no key of a
//! policy file, no tag of a source and no code.

use crate::plain;
use crate::ui;
use crate::words;
use earnest_core::explain::{By, Explanation, Future, Outcome, Value};
use earnest_core::policy::{Settled, Trigger};
use maud::{Markup, html};

/// Shows what would become of a message that is being written. Why it is refused may stand beside a field already.
pub(crate) fn preview(told: &Explanation, is_said: bool) -> Markup {
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
                    p.headline { (ui::badge("warn", "consumed")) " " (words::count(credits.0, "credit")) " at once, whatever comes." }
                } @else {
                    @let (is, it) = if credits.0 == 1 { ("is", "it") } else { ("are", "they") };
                    p.headline {
                        (ui::badge("open", "held")) " "
                        strong { (words::count(credits.0, "credit")) } " " (is) " held until " strong { (words::on(deadline)) }
                        (in_short(&told.futures, it, is)) "."
                    }
                    (futures(&told.futures))
                }
                (sentences(told, "In full"))
            }
            (Outcome::Refused { code }, _) => {
                p.headline {
                    span title=(code) { (ui::badge("bad", "refused")) }
                    @if is_said { " It was not sent." } @else { " " (plain::show(&refusal(told))) }
                }
                (changes(told))
                (more(told))
            }
            _ => { (sentences(told, "In full")) }
        }
    }
}

/// Says in half a sentence what becomes of the credits, where all answers do the same and none does the other.
fn in_short(futures: &[Future], it: &str, is: &str) -> String {
    let returns = if it == "it" { "returns" } else { "return" };
    let all = |on: Trigger, credit: Settled| {
        let mut of = futures.iter().filter(|future| future.on == on).peekable();
        of.peek().is_some() && of.all(|future| future.credit == credit)
    };
    let answered = |credit| all(Trigger::Response, credit);
    let lapsed = |credit| all(Trigger::Lapse, credit);
    if answered(Settled::Returned) && lapsed(Settled::Consumed) {
        return format!(
            "; {it} {returns} when the recipient answers before that; if nobody answers {it} {is} gone"
        );
    }
    if answered(Settled::Consumed) && lapsed(Settled::Returned) {
        return format!(
            "; {it} {returns} then if nobody answers; when the recipient answers before that {it} {is} gone"
        );
    }
    String::new()
}

/// Returns why something was refused, in one sentence for people.
pub(crate) fn refusal(told: &Explanation) -> String {
    let first = told.text.first().map_or("", String::as_str);
    let Outcome::Refused { code } = told.outcome else {
        return first.to_owned();
    };
    let figure = |name: &str| {
        let found = told.figures.iter().find(|it| it.name == name)?;
        match &found.value {
            Value::Whole(number) => Some(*number),
            Value::Text(_) => None,
        }
    };
    // The last name of the sentence is whom it is about.
    let whom = first.rsplit('`').nth(1).unwrap_or_default();
    let told = match code {
        "already_pending" => figure("pending").zip(figure("most")).map(|(pending, most)| {
            let wait = if pending == 1 { "waits" } else { "wait" };
            let messages = words::count(pending, "message");
            format!("{messages} of yours to `{whom}` still {wait} for an answer, and at most {most} may.")
        }),
        "recipient_blocked" => Some(format!("`{whom}` has blocked your messages.")),
        "recipient_closed" => Some(format!("`{whom}` takes no cold messages.")),
        "recipient_busy" => figure("daily_cap").map(|cap| {
            let messages = words::count(cap, "cold message");
            format!("`{whom}` takes {messages} a day, and today's have come.")
        }),
        "insufficient_credits" => figure("price").zip(figure("available")).map(|(price, available)| {
            let is = if available == 1 { "is" } else { "are" };
            format!(
                "The message takes {}, and {} {is} available.",
                words::count(price, "credit"),
                words::number(available)
            )
        }),
        "usage_limit_reached" => match figure("limit") {
            Some(0) => Some(format!("Seat `{whom}` is deactivated: it sends nothing.")),
            limit => figure("used").zip(limit).map(|(used, limit)| {
                format!("Seat `{whom}` has sent {} of the {} that it may send this month.", words::number(used), words::count(limit, "message"))
            }),
        },
        _ => None,
    };
    told.unwrap_or_else(|| first.to_owned())
}

/// Shows what else there is to say of a refusal: neither its sentence, nor what would change it.
fn more(told: &Explanation) -> Markup {
    let because = told.rule.as_ref().map(|rule| format!("{}: ", rule.path));
    let rest: Vec<&String> = told
        .text
        .iter()
        .skip(1)
        .filter(|text| !text.starts_with("What would change it: "))
        .filter(|text| {
            because
                .as_ref()
                .is_none_or(|because| !text.starts_with(because))
        })
        .collect();
    html! {
        @if !rest.is_empty() {
            details.story {
                summary { "In full" }
                @for sentence in rest { p { (plain::show(sentence)) } }
            }
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
                    span title=(plain::plain(&future.rule.why)) { (plain::show(&future.text)) }
                }
            }
        }
    }
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
                            By::Recipient => "recipient",
                            By::Admin => "administrator",
                        }))
                        " " (plain::show(&change.text))
                    }
                }
            }
        }
    }
}

/// Shows all sentences of a story, to be unfolded.
pub(crate) fn sentences(story: &Explanation, title: &str) -> Markup {
    html! {
        details.story {
            summary { (title) }
            (told(story))
            p.muted { "By the policy " (story.policy) ", as of " (words::at(story.as_of)) "." }
        }
    }
}

/// Shows all sentences of a story.
pub(crate) fn told(told: &Explanation) -> Markup {
    html! { @for sentence in &told.text { p { (plain::show(sentence)) } } }
}
