//! Knows who looks at a page: by the session that a cookie holds the secret of.
//!
//! Owns: the cookie. Does not own: sessions ([`earnest_engine::sessions`]), rights ([`Caller`]).
//! Invariants: a page learns its visitor here or not at all; the cookie is out of reach of scripts and of other
//! sites' forms, and over TLS never leaves it.

use crate::fault::Fault;
use crate::names::Names;
use crate::token;
use axum::extract::FromRequestParts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use earnest_core::units::{ContractId, Timestamp};
use earnest_engine::sessions::{Holder, SessionRecord};
use earnest_server::{App, Caller, Operation, Problem};
use http::header::{COOKIE, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Method};
use sha2::{Digest, Sha256};
use std::ops::Deref;

/// Whoever looks at a page, with the session that let them in.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    caller: Caller,
    /// The instant of the visit.
    pub(crate) now: Timestamp,
    /// The names of the contracts that the visit is about.
    pub(crate) names: Names,
    secret: String,
}

impl Deref for Visitor {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl Visitor {
    /// Returns the token that the forms of this session carry.
    pub(crate) fn form_token(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"form token of ");
        hash.update(self.secret.as_bytes());
        URL_SAFE_NO_PAD.encode(hash.finalize())
    }

    /// Learns the names of contracts beside the visitor's own.
    pub(crate) async fn meeting<'c>(
        &'c self,
        app: &App,
        contracts: impl IntoIterator<Item = &'c ContractId>,
    ) -> Self {
        let own = self.only_contract();
        let all: Vec<&ContractId> = contracts.into_iter().chain(own).collect();
        Self {
            names: Names::of(app, all).await,
            ..self.clone()
        }
    }

    /// Returns the secret of the session.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    /// Returns whether the visitor may do something at all; a page leaves out what they may not.
    pub(crate) fn can(&self, operation: Operation) -> bool {
        self.caller.may(operation).is_ok()
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let sign_in = || {
            let path = parts.uri.path_and_query().map(ToString::to_string);
            let back = path.filter(|_| parts.method == Method::GET);
            Fault::SignIn(back.unwrap_or_else(|| "/".to_owned()))
        };
        let Some(secret) = cookie(&parts.headers, cookie_name(app)) else {
            return Err(sign_in());
        };
        let session = find(app, secret).await?;
        let session = session.ok_or_else(sign_in)?;
        let key = match session.holder {
            Holder::Key(id) => id,
            Holder::Host(_) => format!("host of {}", session.scope.space()),
        };
        let caller = Caller::of_session(app, key, session.scope)?;
        let names = Names::of(app, contract_of(parts, &caller).as_ref()).await;
        Ok(Self {
            caller,
            now: app.engine.now(),
            names,
            secret: secret.to_owned(),
        })
    }
}

/// Returns the contract that a visit is about: the one that its path names, or the visitor's own.
fn contract_of(parts: &Parts, caller: &Caller) -> Option<ContractId> {
    let path = parts.uri.path().strip_prefix("/contracts/");
    let named = path.and_then(|path| path.split('/').next());
    match named {
        Some(named) => caller.contract(named).ok(),
        None => caller.only_contract().cloned(),
    }
}

/// Finds the session of a secret.
pub(crate) async fn find(app: &App, secret: &str) -> Result<Option<SessionRecord>, Problem> {
    let host = app.settings.handover.as_ref().map(token::stamp);
    Ok(app.engine.session(secret, host.as_deref()).await?)
}

/// Returns whether people reach the pages over TLS.
fn is_secure(app: &App) -> bool {
    let url = app.settings.public_url.as_deref();
    url.is_some_and(|url| url.starts_with("https://"))
}

/// Returns the cookie's name: over TLS one that browsers keep to this host and to TLS.
fn cookie_name(app: &App) -> &'static str {
    match is_secure(app) {
        true => "__Host-earnest",
        false => "earnest",
    }
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(COOKIE).iter();
    let mut pairs = all
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(of, _)| *of == name).map(|(_, value)| value)
}

/// Returns the header that sets the session's cookie, or takes it away.
pub(crate) fn set_cookie(app: &App, secret: Option<&str>) -> Option<HeaderValue> {
    let secure = match is_secure(app) {
        true => "; Secure",
        false => "",
    };
    let (value, age) = match secret {
        Some(secret) => (secret, app.settings.session.as_secs()),
        None => ("", 0),
    };
    let name = cookie_name(app);
    let text = format!("{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).ok()
}
