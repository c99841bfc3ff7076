//! Answers with a page where something is not as it was hoped.
//!
//! Owns: the page of a problem. Does not own: what status a problem has ([`Problem`]).

use crate::layout;
use axum::response::{IntoResponse, Response};
use earnest_engine::Failure;
use earnest_server::{Code, Named, Problem};
use http::StatusCode;
use http::header::{LOCATION, RETRY_AFTER};
use maud::html;

/// What a page's handler answers with.
pub(crate) type Answer = Result<Response, Fault>;

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Something is wrong, or is not there.
    Problem(Box<Problem>),
    /// Nobody is signed in; after that it goes on at this path.
    SignIn(String),
    /// It goes on elsewhere.
    See(String),
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<Failure> for Fault {
    /// Turns a failure into a page's: whatever is missing was named by its path.
    fn from(failure: Failure) -> Self {
        const NAMED: [Named; 5] = [
            Named::Contract,
            Named::Seat,
            Named::Grant,
            Named::Message,
            Named::Policy,
        ];
        Problem::on_path(failure, &NAMED).into()
    }
}

impl Fault {
    /// Says that what a path names is not there.
    pub(crate) fn not_found(what: &str, id: &str) -> Self {
        Problem::not_found(what, id).into()
    }

    /// Returns the code of the problem, where there is one.
    pub(crate) const fn code(&self) -> Option<Code> {
        match self {
            Self::Problem(problem) => Some(problem.code),
            Self::SignIn(_) | Self::See(_) => None,
        }
    }

    /// Says that others are served first.
    pub(crate) fn busy(detail: &'static str) -> Self {
        Problem::overloaded(detail).into()
    }

    /// Says that a form did not come from this session's page.
    pub(crate) fn stale_form() -> Self {
        let detail = "the form is not from a page of this session; go back, reload the page and send it again";
        Problem::new(Code::Forbidden, detail).into()
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn(to) => {
                let query = form_urlencoded::Serializer::new(String::new())
                    .append_pair("to", &to)
                    .finish();
                see(&format!("/sign-in?{query}"))
            }
            Self::See(path) => see(&path),
            Self::Problem(problem) => problem_page(&problem),
        }
    }
}

fn problem_page(problem: &Problem) -> Response {
    let status = problem.code.status_code();
    let (title, advice) = match status {
        StatusCode::NOT_FOUND => (
            "There is nothing here",
            "It may have been moved, or it belongs to somebody else. Check the address, or begin at the start page.",
        ),
        StatusCode::FORBIDDEN => (
            "That is not yours to do",
            "You are signed in with a key that never may do this. Sign in with another one, or ask your administrator.",
        ),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => (
            "Too much at once",
            "Nothing was changed. Wait a moment and reload the page.",
        ),
        _ if status.is_server_error() => (
            "Something is wrong with this server",
            "Nothing you did. Its log says what happened, under this request's id.",
        ),
        _ => ("That did not work", "Go back and try it another way."),
    };
    let mut response = layout::bare(
        status,
        title,
        &html! {
            h1 { (title) }
            p.lead { (crate::words::prose(&problem.detail)) }
            p.muted { (advice) }
            p { a.button href="/" { "To the start page" } }
        },
    );
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// Sends the browser on to another page.
pub(crate) fn see(path: &str) -> Response {
    let mut response = Response::new(axum::body::Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(path) = http::HeaderValue::from_str(path) {
        response.headers_mut().insert(LOCATION, path);
    }
    response
}
