//! Documents that pages name, as they are written.

use crate::fault::{Answer, Fault};
use crate::layout::keep_to_itself;
use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderValue};

/// The documents, by their names in the repository.
const ALL: [(&str, &str); 3] = [
    ("api.md", include_str!("../../../../docs/api.md")),
    (
        "log-formats.md",
        include_str!("../../../../docs/log-formats.md"),
    ),
    ("webhooks.md", include_str!("../../../../docs/webhooks.md")),
];

/// Serves a document, to whoever asks.
pub(crate) async fn get_document(Path(name): Path<String>) -> Answer {
    let found = ALL.iter().find(|(of, _)| *of == name);
    let (_, text) = found.ok_or_else(|| Fault::not_found("document", &name))?;
    let mut response = Response::new(Body::from(*text));
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    keep_to_itself(headers);
    Ok(response)
}
