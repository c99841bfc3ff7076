//! Serves the style sheet, the script and the icon, each under a name that changes with it.
//!
//! Invariant: what is served under a name never changes, so a browser asks for it once.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use earnest_server::{Code, Problem};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// Something that pages need beside themselves.
pub(crate) struct Asset {
    stem: &'static str,
    ending: &'static str,
    kind: &'static str,
    texts: &'static [&'static str],
}

pub(crate) static STYLE: Named = Named::of(Asset {
    stem: "style",
    ending: "css",
    kind: "text/css; charset=utf-8",
    texts: &[
        include_str!("../assets/style.css"),
        earnest_report::CSS,
        earnest_chart::CSS,
        include_str!("../assets/colours.css"),
    ],
});
pub(crate) static SCRIPT: Named = Named::of(Asset {
    stem: "script",
    ending: "js",
    kind: "text/javascript; charset=utf-8",
    texts: &[include_str!("../assets/script.js")],
});
pub(crate) static ICON: Named = Named::of(Asset {
    stem: "icon",
    ending: "svg",
    kind: "image/svg+xml",
    texts: &[include_str!("../assets/icon.svg")],
});

/// An asset with the name that it has by its content.
pub(crate) struct Named {
    asset: Asset,
    path: LazyLock<String, fn() -> String>,
}

impl Named {
    const fn of(asset: Asset) -> Self {
        // The name is made at first use; each needs its own function, which knows its own static.
        let path: fn() -> String = match asset.ending.as_bytes() {
            b"css" => || path_of(&STYLE.asset),
            b"js" => || path_of(&SCRIPT.asset),
            _ => || path_of(&ICON.asset),
        };
        Self {
            asset,
            path: LazyLock::new(path),
        }
    }

    /// Returns the path that it is served under.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

fn path_of(asset: &Asset) -> String {
    let mut hash = Sha256::new();
    asset
        .texts
        .iter()
        .for_each(|text| hash.update(text.as_bytes()));
    let hash = hash.finalize();
    let hash = URL_SAFE_NO_PAD.encode(hash.get(..9).unwrap_or_default());
    format!("/assets/{}-{hash}.{}", asset.stem, asset.ending)
}

/// Serves an asset.
pub(crate) async fn get_asset(Path(name): Path<String>) -> Response {
    let wanted = format!("/assets/{name}");
    let found = [&STYLE, &SCRIPT, &ICON]
        .into_iter()
        .find(|it| it.path() == wanted);
    let Some(found) = found else {
        return Problem::new(Code::NotFound, "there is no such asset").into_response();
    };
    let mut response = Response::new(axum::body::Body::from(found.asset.texts.concat()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(found.asset.kind));
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    response
}
