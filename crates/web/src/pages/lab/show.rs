//! The lab's page: its form, and the runs that there are.

use super::{COMPARE, Known, SWEEP};
use crate::form::{Errors, Form};
use crate::lab::{FILE_MOST, Lab, MESSAGES_MOST, POLICIES_MOST, Run, State};
use crate::layout::{Page, Place};
use crate::plain;
use crate::ui::{self, Field};
use crate::visitor::Visitor;
use crate::words::{self, prose};
use axum::response::Response;
use earnest_backtest::log::Format;
use earnest_core::policy::file;
use earnest_core::policy::file::key::Kind;
use earnest_lab::sweep::Figure;
use earnest_server::App;
use http::StatusCode;
use maud::{Markup, html};
use std::sync::Arc;

/// The form as it is to be shown.
pub(super) struct Shown<'f> {
    form: &'f Form,
    errors: Errors,
    is_busy: bool,
}

impl<'f> Shown<'f> {
    /// A form with nothing wrong.
    pub(super) fn of(form: &'f Form) -> Self {
        Self {
            form,
            errors: Errors::default(),
            is_busy: false,
        }
    }

    /// One that was not taken.
    pub(super) fn wrong(form: &'f Form, errors: &Errors) -> Self {
        Self {
            errors: errors.clone(),
            ..Self::of(form)
        }
    }

    /// One that there is no room for.
    pub(super) fn busy(form: &'f Form) -> Self {
        Self {
            is_busy: true,
            ..Self::of(form)
        }
    }

    fn error(&self, field: &str) -> Markup {
        html! {
            @if let Some(error) = self.errors.of(field) {
                p.error id=(format!("{field}-error")) { (lines(error)) }
            }
        }
    }

    fn described(&self, field: &str, hint: bool) -> String {
        let error = self.errors.of(field).map(|_| format!("{field}-error"));
        let hint = hint.then(|| format!("{field}-hint"));
        let ids: Vec<String> = [error, hint].into_iter().flatten().collect();
        ids.join(" ")
    }
}

/// Shows words that may stand on several lines.
fn lines(text: &str) -> Markup {
    html! {
        @for (at, line) in text.lines().enumerate() { @if at > 0 { br; } (prose(line)) }
    }
}

/// Says that a file is too large.
pub(super) fn too_large() -> String {
    format!(
        "The file has more than {} MiB. The command line takes files of any size: `earnest backtest FILE --html report.html`.",
        FILE_MOST >> 20
    )
}

/// Shows the page.
pub(super) fn page(
    app: &App,
    visitor: &Visitor,
    lab: &Lab,
    known: &Known,
    shown: &Shown<'_>,
) -> Response {
    let form = shown.form;
    let is_sweep = form.text("kind") == SWEEP;
    let kind = if is_sweep { SWEEP } else { COMPARE };
    let of = known.contract.as_ref().map(|it| format!("&contract={it}"));
    let of = of.unwrap_or_default();
    let main = html! {
        h1 { "Lab" }
        p.lead { "Try a policy on a log before you switch it on: what it would have refused, what it would have given back, and whom it would have stopped." }
        @if shown.is_busy {
            div.callout.warn role="alert" {
                p { strong { "There is no room for another run." } " One runs and others wait already. What you chose is kept below; send it again in a minute." }
            }
        }
        @if !shown.errors.is_empty() {
            div.callout.bad role="alert" {
                p { "Something is not as it should be; it stands beside its field. " @if form.text("source") == "file" { "Choose the file again: a browser does not keep it." } }
            }
        }
        nav.tabs aria-label="What to try" {
            a href=(format!("/lab?try={COMPARE}{of}")) aria-current=[(!is_sweep).then_some("page")] { "Compare policies" }
            a href=(format!("/lab?try={SWEEP}{of}")) aria-current=[is_sweep.then_some("page")] { "Vary a policy's keys" }
        }
        form.panel method="post" action="/lab" enctype="multipart/form-data" novalidate {
            (ui::hidden(visitor, &app.engine.make_form_key()))
            input type="hidden" name="kind" value=(kind);
            (source(visitor, shown))
            @if is_sweep { (keys(known, shown)) } @else { (policies(known, shown)) }
            (credits(shown))
            div.buttons { button.primary type="submit" { "Run" } }
        }
        (runs(visitor, &lab.visible(visitor)))
    };
    let page = Page::new(visitor, "Lab", Place::Top("lab"));
    let page = match (shown.is_busy, shown.errors.is_empty()) {
        (true, _) => page.status(StatusCode::SERVICE_UNAVAILABLE),
        (false, is_right) => page.refused(!is_right),
    };
    page.show(&main)
}

/// Shows the choice of a log.
fn source(visitor: &Visitor, shown: &Shown<'_>) -> Markup {
    let form = shown.form;
    let chosen = form.text("source");
    let radio = |value: &str, label: &Markup| {
        html! {
            input type="radio" name="source" id=(format!("source-{value}")) value=(value) checked[chosen == value];
            label for=(format!("source-{value}")) { (label) }
        }
    };
    let own = visitor.only_contract();
    html! {
        fieldset.sources {
            legend { "The log" }
            (shown.error("source"))
            div.source {
                @match own {
                    Some(contract) => (radio("contract", &html! { "What " (visitor.names.show(contract)) " has sent here" })),
                    None => (radio("contract", &html! { "What a contract has sent here" })),
                }
                div.more {
                    @if own.is_none() {
                        (Field::line("contract", "The contract's id").show(form, &shown.errors))
                    } @else { (shown.error("contract")) }
                    p.hint { "What a policy refused was never sent and is not in it, so that a looser policy has nothing more to send." }
                }
            }
            @if visitor.is_admin() {
                div.source { (radio("store", &html! { "What all contracts have sent here" })) }
            }
            div.source {
                (radio("file", &html! { "A file of messages" }))
                div.more.columns { (file_fields(shown)) }
            }
        }
    }
}

fn file_fields(shown: &Shown<'_>) -> Markup {
    let form = shown.form;
    let formats: Vec<(String, String)> = std::iter::once((String::new(), "by its name".to_owned()))
        .chain(Format::ALL.map(|it| (it.name().to_owned(), it.name().to_owned())))
        .collect();
    let invalid = |field: &str| shown.errors.of(field).map(|_| "true");
    html! {
        div.field {
            label for="file" { "The file" }
            input id="file" name="file" type="file" accept=".csv,.jsonl,.ndjson,.parquet,.txt,.snap"
                aria-describedby=(shown.described("file", true)) aria-invalid=[invalid("file")];
            (shown.error("file"))
            p.hint id="file-hint" { "csv, jsonl, Parquet or snap, up to " (FILE_MOST >> 20) " MiB and " (words::number(u64::try_from(MESSAGES_MOST).unwrap_or(u64::MAX))) " messages. It is read in memory and kept nowhere. " a href="/docs/log-formats.md" { "What a file looks like" } }
        }
        (ui::choose("format", "Its format", &formats, form.text("format")))
        (shown.error("format"))
        (Field::line("skip_bad", "Bad lines to leave out").optional().hint("Up to so many; they are listed. Empty: the first one ends the run.").show(form, &shown.errors))
    }
}

/// Shows the choice of policies.
fn policies(known: &Known, shown: &Shown<'_>) -> Markup {
    let form = shown.form;
    let chosen: Vec<&str> = form.all("policy").collect();
    html! {
        fieldset.ticks aria-describedby=(shown.described("policy", true)) {
            legend { "Policies" }
            @match (&known.own, &known.contract) {
                (Some(own), Some(contract)) => {
                    div.tick.wide {
                        input type="checkbox" name="own" value="on" id="own" checked[form.is_on("own")];
                        label for="own" { (own.name) ", in force for " (known.names.show(contract)) ": the base" }
                    }
                }
                _ => {
                    div.tick.wide.of-contract {
                        input type="checkbox" name="own" value="on" id="own" checked[form.is_on("own")];
                        label for="own" { "The policy in force for the contract: the base" }
                    }
                }
            }
            @for it in known.others() {
                @let name = it.policy.name.as_str();
                div.tick {
                    input type="checkbox" name="policy" value=(name) id=(format!("p-{name}")) checked[chosen.contains(&name)];
                    label for=(format!("p-{name}")) title=(plain::plain(&it.policy.title)) { (name) }
                }
            }
            div.wide { (shown.error("policy")) p.hint id="policy-hint" { "Up to " (POLICIES_MOST) " in all. " a href="/policies" { "What each of them says" } } }
        }
    }
}

/// Shows the choice of keys to vary.
fn keys(known: &Known, shown: &Shown<'_>) -> Markup {
    let form = shown.form;
    let names: Vec<(String, String)> = known
        .policies
        .iter()
        .map(|it| (it.policy.name.to_string(), it.policy.name.to_string()))
        .collect();
    let ranks: Vec<(String, String)> = Figure::ALL
        .into_iter()
        .map(|it| (it.name().to_owned(), ranked_by(it).to_owned()))
        .collect();
    html! {
        div.columns.fields {
            div { (ui::choose("base", "The policy to start from", &names, form.text("base"))) (shown.error("base")) }
            div { (ui::choose("rank", "Ranked by", &ranks, form.text("rank"))) (shown.error("rank")) }
        }
        (vary("vary1", "A key and its values", false, shown))
        (vary("vary2", "Another one", true, shown))
        details.why {
            summary { "Which keys there are" }
            dl.rules.keys {
                @for key in file::KEYS.iter().filter(|it| is_varied(it.kind)) {
                    div { dt { code { (key.path) } } dd { (prose(key.doc)) } }
                }
            }
        }
    }
}

fn vary(name: &'static str, label: &str, optional: bool, shown: &Shown<'_>) -> Markup {
    let value = shown.form.text(name);
    html! {
        div.field {
            label for=(name) { (label) @if optional { span.muted { " (optional)" } } }
            input.code id=(name) name=(name) type="text" value=(value) autocomplete="off" spellcheck="false"
                aria-describedby=(shown.described(name, true)) aria-invalid=[shown.errors.of(name).map(|_| "true")];
            (shown.error(name))
            p.hint id=(format!("{name}-hint")) {
                @if optional { "With two keys there is a heat map." }
                @else { code { "KEY=FROM..TO:STEP" } " or " code { "KEY=A,B,C" } "; ratios such as " code { "13%" } " or " code { "13/100" } "." }
            }
        }
    }
}

/// Returns what a ranking by a figure puts first, in words.
const fn ranked_by(figure: Figure) -> &'static str {
    match figure {
        Figure::Sent => "most sent",
        Figure::Refused => "fewest refused",
        Figure::Responded => "most answered",
        Figure::ResponseRate => "highest response rate",
        Figure::Returned => "most returned",
        Figure::Consumed => "fewest consumed",
        Figure::Held => "fewest still held",
        Figure::ConsumedCredits => "fewest credits consumed",
        Figure::CreditsPerResponse => "fewest credits an answer",
        Figure::SeatsWarned => "fewest seats warned",
        Figure::SeatsRestricted => "fewest seats restricted",
        Figure::RestrictedDays => "fewest restricted days",
        Figure::Lost => "fewest answers lost",
        Figure::LostShare => "smallest share lost",
        Figure::Avoided => "most unanswered avoided",
        Figure::AvoidedShare => "largest share avoided",
    }
}

/// Returns whether a key holds a number or one of some words.
const fn is_varied(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Flag | Kind::Whole(..) | Kind::WholeOr(..) | Kind::Word(_) | Kind::Ratio
    )
}

fn credits(shown: &Shown<'_>) -> Markup {
    let choices = [
        ("granted", "what each policy grants"),
        ("unlimited", "as many as it takes"),
    ]
    .map(|(value, text)| (value.to_owned(), text.to_owned()));
    html! {
        div.narrow { (ui::choose("credits", "Credits", &choices, shown.form.text("credits"))) (shown.error("credits")) }
    }
}

fn runs(visitor: &Visitor, runs: &[Arc<Run>]) -> Markup {
    html! {
        section.stack aria-labelledby="runs" {
            h2 #runs { "Runs" }
            @if runs.is_empty() {
                (ui::empty("No run yet", &html! { "Choose a log and what to try on it, and press Run. What comes of it is kept here for an hour." }))
            } @else {
                (ui::table("All runs", &html! {
                    thead { tr { th scope="col" { "What" } th scope="col" { "Log" } th scope="col" { "State" } th scope="col" { "Begun" } } }
                    tbody { @for run in runs {
                        tr {
                            td.wide data-label="What" { a href=(format!("/lab/runs/{}", run.id)) { (run.what) } }
                            td data-label="Log" { (run.log) }
                            td data-label="State" { (badge(&run.state())) }
                            td.date data-label="Begun" { (words::when(run.begun_at, visitor.now)) }
                        }
                    } }
                }))
            }
        }
    }
}

/// Shows how a run stands.
fn badge(state: &State) -> Markup {
    match state {
        State::Waiting => ui::badge("plain", "waiting"),
        State::Reading | State::Replaying => ui::badge("open", "running"),
        State::Done(_) => ui::badge("good", "done"),
        State::Failed(_) => ui::badge("bad", "failed"),
        State::Stopped => ui::badge("plain", "stopped"),
    }
}
