//! Shows the small things that pages are made of: fields, figures, tables, badges, pages of a list.
//!
//! Owns: their HTML. Does not own: their looks (`assets/style.css`). Invariant: every field has its label, and its error
//! and its hint are tied to it.

use crate::form::{Errors, Form, ONCE, TOKEN};
use crate::query::Query;
use crate::visitor::Visitor;
use crate::words;
use earnest_core::policy::{ResponseKind, Standing};
use earnest_core::{Credit, Status};
use earnest_engine::MessageRecord;
use maud::{Markup, html};

/// A field of a form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'static str,
    pub(crate) label: &'a str,
    pub(crate) hint: &'a str,
    pub(crate) kind: &'static str,
    pub(crate) rows: u32,
    pub(crate) most: Option<u32>,
    pub(crate) optional: bool,
}

impl<'a> Field<'a> {
    /// Returns a line to type into.
    pub(crate) const fn line(name: &'static str, label: &'a str) -> Self {
        Self {
            name,
            label,
            hint: "",
            kind: "text",
            rows: 0,
            most: None,
            optional: false,
        }
    }

    /// Returns an area to type into.
    pub(crate) const fn area(name: &'static str, label: &'a str, rows: u32) -> Self {
        Self {
            rows,
            ..Self::line(name, label)
        }
    }

    pub(crate) const fn hint(self, hint: &'a str) -> Self {
        Self { hint, ..self }
    }

    pub(crate) const fn kind(self, kind: &'static str) -> Self {
        Self { kind, ..self }
    }

    /// Shows how many of so many characters are typed.
    pub(crate) const fn most(self, most: u32) -> Self {
        Self {
            most: Some(most),
            ..self
        }
    }

    pub(crate) const fn optional(self) -> Self {
        Self {
            optional: true,
            ..self
        }
    }

    /// Shows the field with what was typed and what is wrong with it.
    pub(crate) fn show(self, form: &Form, errors: &Errors) -> Markup {
        let Self { name, hint, .. } = self;
        let value = form.text(name);
        let error = errors.of(name);
        let ids = [
            error.map(|_| format!("{name}-error")),
            (!hint.is_empty()).then(|| format!("{name}-hint")),
        ];
        let described: Vec<String> = ids.into_iter().flatten().collect();
        let described = (!described.is_empty()).then(|| described.join(" "));
        let invalid = error.map(|_| "true");
        let required = !self.optional;
        html! {
            div.field {
                label for=(name) {
                    (self.label) @if self.optional { span.muted { " (optional)" } }
                }
                @if self.rows > 0 {
                    textarea id=(name) name=(name) rows=(self.rows) aria-describedby=[described] aria-invalid=[invalid]
                        required[required] data-most=[self.most] { "\n" (value) }
                } @else {
                    input id=(name) name=(name) type=(self.kind) value=(value) aria-describedby=[described]
                        aria-invalid=[invalid] required[required] data-most=[self.most] autocomplete="off";
                }
                @if let Some(error) = error { p.error id=(format!("{name}-error")) { (words::prose(error)) } }
                @if !hint.is_empty() { p.hint id=(format!("{name}-hint")) { (hint) } }
                @if let Some(most) = self.most {
                    p.count data-count=(name) { (words::number(value.chars().count() as u64)) " of " (words::number(most)) " characters" }
                }
            }
        }
    }
}

/// Shows a field with choices.
pub(crate) fn choose(
    name: &str,
    label: &str,
    choices: &[(String, String)],
    chosen: &str,
) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            select id=(name) name=(name) {
                @for (value, text) in choices {
                    option value=(value) selected[value == chosen] { (text) }
                }
            }
        }
    }
}

/// Shows a box to tick.
pub(crate) fn tick(name: &str, label: &str, is_on: bool) -> Markup {
    html! {
        div.tick {
            input type="checkbox" id=(name) name=(name) value="on" checked[is_on];
            label for=(name) { (label) }
        }
    }
}

/// Shows what every form that changes something carries.
pub(crate) fn hidden(visitor: &Visitor, once: &str) -> Markup {
    html! {
        input type="hidden" name=(TOKEN) value=(visitor.form_token());
        @if !once.is_empty() { input type="hidden" name=(ONCE) value=(once); }
    }
}

/// Shows a button that does one thing, as a form of its own.
pub(crate) fn action(
    visitor: &Visitor,
    path: &str,
    fields: &[(&str, &str)],
    label: &str,
) -> Markup {
    html! {
        form.inline method="post" action=(path) {
            (hidden(visitor, ""))
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
            button.small type="submit" { (label) }
        }
    }
}

/// Shows a button that asks once more before it does something.
pub(crate) fn confirm(
    visitor: &Visitor,
    path: &str,
    fields: &[(&str, &str)],
    label: &str,
    what: &str,
) -> Markup {
    html! {
        details.confirm {
            summary.small { (label) }
            div.confirm-box {
                p { (words::prose(what)) }
                form method="post" action=(path) {
                    (hidden(visitor, ""))
                    @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
                    button.danger type="submit" { (label) }
                }
            }
        }
    }
}

/// Shows a figure with its name.
pub(crate) fn figure(label: &str, value: &str, note: &Markup) -> Markup {
    html! {
        div.figure {
            dt { (label) }
            dd { span.value { (value) } span.note { (note) } }
        }
    }
}

/// Shows that there is nothing, and what to do next.
pub(crate) fn empty(title: &str, next: &Markup) -> Markup {
    html! { div.empty { p.empty-title { (title) } p { (next) } } }
}

/// Shows that something was done.
pub(crate) fn done(text: &str) -> Markup {
    html! { div.callout.good role="status" { p { (words::prose(text)) } } }
}

/// Shows a table that can be scrolled sideways where there is too little room; where there is very little, each row
/// stands as a card, and each cell after its `data-label`.
pub(crate) fn table(label: &str, content: &Markup) -> Markup {
    html! {
        div.scroll role="region" aria-label=(label) tabindex="0" { table { (content) } }
    }
}

/// Shows the head of a column that a table can be sorted by.
pub(crate) fn sort_by(query: &Query, key: &str, label: &str, class: &str) -> Markup {
    let is_sorted = query.get("sort") == Some(key);
    let href = query.with(&[("sort", Some(key)), ("after", None)]);
    html! {
        th scope="col" class=(class) aria-sort=[is_sorted.then_some("descending")] {
            a.sort href=(href) { (label) @if is_sorted { span aria-hidden="true" { " ↓" } } }
        }
    }
}

/// Shows the way to the next page of a list, and back to the first.
pub(crate) fn pager(query: &Query, next: Option<&str>, label: &str) -> Markup {
    let is_first = query.get("after").is_none();
    html! {
        @if next.is_some() || !is_first {
            nav.pager aria-label="Pages" {
                @if !is_first { a.button href=(query.with(&[("after", None)])) { "First page" } }
                @if let Some(next) = next {
                    a.button rel="next" href=(query.with(&[("after", Some(next))])) { (label) }
                }
            }
        }
    }
}

/// Shows a badge.
pub(crate) fn badge(kind: &str, text: &str) -> Markup {
    html! { span class=(format!("badge {kind}")) { (text) } }
}

/// Shows how a message stands.
pub(crate) fn status(message: &MessageRecord) -> Markup {
    match (message.status, message.response) {
        (Status::Pending, _) => badge("open", "waiting"),
        (Status::Responded, Some(kind)) => badge("good", answer_word(kind)),
        (Status::Responded, None) => badge("good", "answered"),
        (Status::Lapsed, Some(_)) => badge("plain", "answered late"),
        (Status::Lapsed, None) => badge("plain", "no answer"),
    }
}

/// Returns a kind of answer in a word or two.
pub(crate) const fn answer_word(kind: ResponseKind) -> &'static str {
    match kind {
        ResponseKind::Reply => "replied",
        ResponseKind::Accept => "accepted",
        ResponseKind::NotInterested => "not interested",
    }
}

/// Shows what became of a credit.
pub(crate) fn credit(message: &MessageRecord) -> Markup {
    match message.credit {
        Credit::Held => badge("open", "held"),
        Credit::Returned => badge("good", "returned"),
        Credit::Consumed => badge("bad", "consumed"),
        Credit::None => badge("plain", "none"),
    }
}

/// Shows where a seat stands.
pub(crate) fn standing(standing: Standing) -> Markup {
    let kind = match standing {
        Standing::Good => "good",
        Standing::Warned | Standing::Grace => "warn",
        Standing::Restricted => "bad",
    };
    badge(kind, standing.name())
}
