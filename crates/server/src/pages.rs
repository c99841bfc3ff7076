//! Takes pages in: routes beside the API, made by whoever uses this crate.
//!
//! Owns: the place for them. Does not own: any page. Invariant: pages stand behind the same edge as the API: they are
//! bounded, counted, and caught when they break.

use crate::app::App;
use axum::Router;
use axum::response::Response;
use hyper::http::request::Parts;

/// Pages to serve beside the API.
#[derive(Debug, Clone, Default)]
pub struct Pages {
    /// Their routes; none of them begins with `/v1`.
    pub routes: Router<App>,
    /// Answers for a path that nothing is at, where it likes: nothing leaves that to the API.
    pub unknown: Option<fn(&Parts) -> Option<Response>>,
}
