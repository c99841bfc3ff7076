//! A run of the lab: how far it is, then its report, and the same to take along.
//!
//! Invariant: the page asks for itself until the run has ended, with a script or without one.

use super::lab::skipped;
use crate::fault::{Answer, Fault, see};
use crate::form::{Errors, Form};
use crate::lab::{Lab, Made, Run, State};
use crate::layout::{Page, Place, keep_to_itself};
use crate::ui::{self, Field};
use crate::visitor::Visitor;
use crate::words::{self, prose};
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State as With};
use axum::response::Response;
use earnest_server::{App, Operation};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use maud::{Markup, PreEscaped, html};
use std::sync::Arc;

/// How often the page is loaded again without a script, in seconds.
const REFRESH: u32 = 2;

/// Shows the page, or hands out what came of the run.
pub(crate) async fn get_run(
    With(app): With<App>,
    Extension(lab): Extension<Lab>,
    visitor: Visitor,
    Path(path): Path<String>,
) -> Answer {
    visitor.may(Operation::TryPolicies)?;
    let (id, ending) = path.split_once('.').unwrap_or((&path, ""));
    let run = find(&lab, &visitor, id)?;
    match (run.state(), ending) {
        (_, "") => Ok(show(
            &app,
            &visitor,
            &lab,
            &run,
            &Form::default(),
            &Errors::default(),
        )),
        (State::Done(made), "json") => Ok(file(&made.json, "application/json", &run, "json")),
        (State::Done(made), "html") => {
            Ok(file(&made.page, "text/html; charset=utf-8", &run, "html"))
        }
        _ => Err(Fault::not_found("run", &path)),
    }
}

/// Stops the run, or begins it again with more lines left out.
pub(crate) async fn post_run(
    With(app): With<App>,
    Extension(lab): Extension<Lab>,
    visitor: Visitor,
    Path(id): Path<String>,
    request: Request,
) -> Answer {
    visitor.may(Operation::TryPolicies)?;
    let run = find(&lab, &visitor, &id)?;
    let form = Form::of(&app, &visitor, request).await?;
    let path = format!("/lab/runs/{id}");
    let State::Failed(failed) = run.state() else {
        if form.text("do") == "stop" {
            run.stop();
        }
        return Ok(see(&path));
    };
    let Some(asked) = failed.again.clone().filter(|_| form.text("do") == "again") else {
        return Ok(see(&path));
    };
    let mut errors = Errors::default();
    let lines = errors.read(&form, "skip_bad", skipped);
    let Some(lines) = lines else {
        return Ok(show(&app, &visitor, &lab, &run, &form, &errors));
    };
    let asked = asked.leaving_out(lines);
    match lab.begin(&app, &visitor, form.text(crate::form::ONCE), asked) {
        Ok(run) => Ok(see(&format!("/lab/runs/{}", run.id))),
        Err(_busy) => {
            errors.add(
                "skip_bad",
                "There is no room for another run; try again in a minute.",
            );
            Ok(show(&app, &visitor, &lab, &run, &form, &errors))
        }
    }
}

fn find(lab: &Lab, visitor: &Visitor, id: &str) -> Result<Arc<Run>, Fault> {
    let run = lab.find(visitor, id);
    run.ok_or_else(|| Fault::not_found("run", id))
}

fn file(bytes: &Bytes, kind: &'static str, run: &Run, ending: &str) -> Response {
    let mut response = Response::new(Body::from(bytes.clone()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    let name = format!("attachment; filename=\"lab-{}.{ending}\"", run.id);
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    keep_to_itself(headers);
    response
}

fn show(
    app: &App,
    visitor: &Visitor,
    lab: &Lab,
    run: &Run,
    form: &Form,
    errors: &Errors,
) -> Response {
    let state = run.state();
    let page =
        Page::new(visitor, "A run of the lab", Place::Top("lab")).refused(!errors.is_empty());
    let crumb = html! { p.crumb { a href="/lab" { "← Lab" } } };
    let like = format!("/lab?like={}", run.id);
    let main = match &state {
        State::Done(made) => html! { (crumb) (done(visitor, run, made, &like)) },
        State::Failed(failed) => html! {
            (crumb)
            h1 { "The run came to nothing" }
            (about(run))
            div.callout.bad role="alert" { @for line in failed.why.lines() { p { (prose(line)) } } }
            @if failed.again.is_some() {
                form.panel.narrow method="post" action=(format!("/lab/runs/{}", run.id)) novalidate {
                    (ui::hidden(visitor, &app.engine.make_form_key()))
                    input type="hidden" name="do" value="again";
                    (Field::line("skip_bad", "Bad lines to leave out").hint("Up to so many are left out and listed. The file is still here.").show(form, errors))
                    button.primary type="submit" { "Run it again" }
                }
            }
            p { a.button href=(like) { "Choose anew" } }
        },
        State::Stopped => html! {
            (crumb)
            h1 { "The run was stopped" }
            (about(run))
            p { a.button href=(like) { "Choose anew" } }
        },
        State::Waiting | State::Reading | State::Replaying => html! {
            (crumb)
            h1 { "The lab is at work" }
            (about(run))
            div #progress data-refresh="" { (progress(lab, run, &state)) }
            form method="post" action=(format!("/lab/runs/{}", run.id)) {
                (ui::hidden(visitor, ""))
                input type="hidden" name="do" value="stop";
                div.buttons { button type="submit" { "Stop it" } }
            }
        },
    };
    match state.is_over() {
        true => page.show(&main),
        false => page
            .live(format!("/live?run={}", run.id))
            .refreshed_every(REFRESH)
            .show(&main),
    }
}

/// Says what is tried on what.
fn about(run: &Run) -> Markup {
    html! { p.lead { (run.what) ", on " (run.log) } }
}

fn progress(lab: &Lab, run: &Run, state: &State) -> Markup {
    let (done, all) = run.progress();
    let step = match state {
        State::Waiting => {
            let before = u64::try_from(lab.before(run)).unwrap_or(u64::MAX);
            format!("Waiting: {} before it.", words::count(before, "run"))
        }
        State::Reading => "Reading the log.".to_owned(),
        _ => "Replaying it.".to_owned(),
    };
    html! {
        div.panel.narrow {
            label for="bar" { (step) }
            @if all > 0 {
                progress id="bar" max=(all) value=(done) { (words::rate(done, all)) }
            } @else {
                progress id="bar" {}
            }
            p.hint { @if all > 0 { (words::rate(done, all)) } @else { "It begins by itself." } }
        }
    }
}

fn done(visitor: &Visitor, run: &Run, made: &Made, like: &str) -> Markup {
    let path = format!("/lab/runs/{}", run.id);
    html! {
        div.title-row {
            div.buttons {
                a.button href=(format!("{path}.json")) download="" { "Download JSON" }
                a.button href=(format!("{path}.html")) download="" { "Download the whole report" }
                a.button href=(like) { "Try something else" }
            }
            p.muted {
                "Begun " (words::when(run.begun_at, visitor.now))
                @if let Some(until) = run.kept_until() { "; kept until " (words::at(until)) }
            }
        }
        @if let Some(base) = &run.base { p.muted { "The base, first everywhere: " (prose(base)) "." } }
        @if let Some((first, rest)) = made.notes.split_first() {
            @if rest.is_empty() { div.callout.warn { p { (prose(first)) } } }
            @else {
                details.panel { summary { (prose(first)) } ul.plain-list { @for line in rest { li { (prose(line)) } } } }
            }
        }
        div.report-frame { (PreEscaped(made.body.as_str())) }
    }
}
