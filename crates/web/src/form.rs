//! Reads forms, and remembers what is wrong with each field.
//!
//! Owns: what arrives with a POST of a page before it has a meaning. Invariants: a form is read only when it came from a
//! page of its own session; what was typed is kept and shown again; sending a form twice does what it does once.

use crate::fault::Fault;
use crate::visitor::Visitor;
use axum::body::Bytes;
use axum::extract::Request;
use earnest_core::units::{Credits, Timestamp};
use earnest_engine::Key;
use earnest_server::{App, Code, Problem, Sent};
use futures_util::stream::once;
use http::HeaderMap;
use http::header::{HOST, ORIGIN};
use multer::Multipart;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::ready;
use subtle::ConstantTimeEq;

/// The field of the session's token.
pub(crate) const TOKEN: &str = "form_token";
/// The field by which a form that is sent again is known.
pub(crate) const ONCE: &str = "once";

/// The most fields of a form that brings a file; an honest one has some dozens.
const PARTS_MOST: usize = 300;

/// A form that was sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form {
    fields: Vec<(String, String)>,
    hash: [u8; 32],
}

/// A file that came with a form.
#[derive(Debug, Clone)]
pub(crate) struct SentFile {
    /// What the sender calls it.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) bytes: Bytes,
}

impl Form {
    /// Takes in a form of the visitor's session.
    ///
    /// # Errors
    /// When it is none, or does not come from a page of this session.
    pub(crate) async fn of(app: &App, visitor: &Visitor, request: Request) -> Result<Self, Fault> {
        Self::of_anybody(app, request).await?.of_session(visitor)
    }

    /// Takes in a form of somebody who has no session yet.
    ///
    /// # Errors
    /// When it is none, or comes from another site.
    pub(crate) async fn of_anybody(app: &App, request: Request) -> Result<Self, Fault> {
        let request = of_own_site(app, request)?;
        Ok(Self::read(&earnest_server::form(app, request).await?))
    }

    /// Takes in a form of the visitor's session that may bring a file, of at most so many bytes in all.
    ///
    /// # Errors
    /// As [`Form::of`], and when it is too large.
    pub(crate) async fn with_file(
        app: &App,
        visitor: &Visitor,
        request: Request,
        most: usize,
    ) -> Result<(Self, Option<SentFile>), Fault> {
        let request = of_own_site(app, request)?;
        let (form, file) = match earnest_server::form_with_files(app, request, most).await? {
            Sent::Fields(bytes) => (Self::read(&bytes), None),
            Sent::Parts { boundary, bytes } => parts(bytes, boundary).await.ok_or_else(|| {
                let detail = "the form cannot be taken apart; go back and send it again";
                Problem::new(Code::UnsupportedMediaType, detail)
            })?,
        };
        Ok((form.of_session(visitor)?, file))
    }

    fn of_session(self, visitor: &Visitor) -> Result<Self, Fault> {
        let own = visitor.form_token();
        let same: bool = self.text(TOKEN).as_bytes().ct_eq(own.as_bytes()).into();
        match same {
            true => Ok(self),
            false => Err(Fault::stale_form()),
        }
    }

    fn read(bytes: &[u8]) -> Self {
        let fields = form_urlencoded::parse(bytes);
        let fields = fields.map(|(name, value)| (name.into_owned(), clean(&value)));
        Self {
            fields: fields.collect(),
            hash: Sha256::digest(bytes).into(),
        }
    }

    /// Returns a form as it is before anything was typed, with some fields filled.
    pub(crate) fn filled(fields: &[(&str, &str)]) -> Self {
        let fields = fields.iter();
        Self {
            fields: fields
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            hash: [0; 32],
        }
    }

    /// Returns the form without what ties it to its session and to the one time that it was sent.
    pub(crate) fn template(&self) -> Self {
        let fields = self.fields.iter();
        let kept = fields.filter(|(name, _)| ![TOKEN, ONCE].contains(&name.as_str()));
        Self {
            fields: kept.cloned().collect(),
            hash: [0; 32],
        }
    }

    /// Returns what was typed into a field.
    pub(crate) fn text(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// Returns everything that was chosen under a name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.fields.iter();
        fields
            .filter(move |(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns whether a box is ticked.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// Returns the idempotency key of what the form asks for: sent again it is answered as it was.
    pub(crate) fn key(&self, visitor: &Visitor) -> Option<Key> {
        let once = self.text(ONCE);
        let is_plain = once.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (is_plain && (8..=64).contains(&once.len())).then(|| Key {
            space: visitor.scope.space(),
            key: format!("page:{once}"),
            body: self.hash,
        })
    }
}

/// Takes apart a form that may bring a file (RFC 7578), where it is one; the first that it brings is kept. Its size is bounded already, and
/// so is the number of its parts.
async fn parts(bytes: Bytes, boundary: String) -> Option<(Form, Option<SentFile>)> {
    let body = once(ready(Ok::<_, Infallible>(bytes)));
    let mut parts = Multipart::new(body, boundary);
    let (mut form, mut file) = (Form::default(), None);
    while let Some(part) = parts.next_field().await.ok()? {
        let name = part.name()?.to_owned();
        // Browsers write a quote in a name as `%22`.
        let called = part.file_name().map(|name| name.replace("%22", "\""));
        let data = part.bytes().await.ok()?;
        match called {
            None => {
                let text = String::from_utf8_lossy(&data);
                form.fields.push((name, clean(&text)));
            }
            // A field for a file that nobody chose comes with an empty name.
            Some(called) if called.is_empty() && data.is_empty() => {}
            Some(name) => file = file.or(Some(SentFile { name, bytes: data })),
        }
        if form.fields.len() > PARTS_MOST {
            return None;
        }
    }
    Some((form, file))
}

/// Returns what was typed: lines as they end here, and no character that no text has.
fn clean(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\0', "")
}

/// Lets a form pass that was sent by a page of this site. Every form comes through here before anything of it is read.
fn of_own_site(app: &App, request: Request) -> Result<Request, Fault> {
    match is_own_site(request.headers(), app.settings.public_url.as_deref()) {
        true => Ok(request),
        false => Err(Fault::stale_form()),
    }
}

/// Returns whether a form was sent by a page of this site, as far as the browser says.
fn is_own_site(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    let site = headers
        .get("sec-fetch-site")
        .map(http::HeaderValue::as_bytes);
    if !matches!(site, None | Some(b"same-origin" | b"none")) {
        return false;
    }
    let Some(origin) = headers.get(ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let of_origin = origin.split_once("://").map(|(_, host)| host);
    public_url == Some(origin) || (host.is_some() && of_origin == host)
}

/// What is wrong, by field.
#[derive(Debug, Clone, Default)]
pub(crate) struct Errors(BTreeMap<&'static str, String>);

impl Errors {
    /// Notes what is wrong with a field, unless something is already.
    pub(crate) fn add(&mut self, field: &'static str, why: impl Into<String>) {
        self.0.entry(field).or_insert_with(|| why.into());
    }

    /// Returns what is wrong with a field.
    pub(crate) fn of(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }

    /// Returns whether nothing is wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads a field that must be there.
    pub(crate) fn read<T, E: std::fmt::Display>(
        &mut self,
        form: &Form,
        field: &'static str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = form.text(field).trim();
        if text.is_empty() {
            self.add(field, "Please fill this in.");
            return None;
        }
        read(text)
            .inspect_err(|why| self.add(field, why.to_string()))
            .ok()
    }

    /// Reads a field that may be empty.
    pub(crate) fn read_if<T, E: std::fmt::Display>(
        &mut self,
        form: &Form,
        field: &'static str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match form.text(field).trim().is_empty() {
            true => None,
            false => self.read(form, field, read),
        }
    }
}

/// Reads a whole number of at least one.
pub(crate) fn whole(text: &str) -> Result<u32, &'static str> {
    let plain = text.replace([',', ' '], "");
    plain
        .parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or("Write a whole number of at least 1.")
}

/// Reads a number of credits.
pub(crate) fn credits(text: &str) -> Result<Credits, &'static str> {
    const MOST: u64 = 1_000_000_000;
    let plain = text.replace([',', ' '], "");
    let number = plain.parse().ok().filter(|it| (1..=MOST).contains(it));
    number
        .map(Credits)
        .ok_or("Write a whole number from 1 to 1,000,000,000.")
}

/// Reads a date as the first instant of its UTC day.
pub(crate) fn date(text: &str) -> Result<Timestamp, &'static str> {
    Timestamp::parse(&format!("{text}T00:00:00Z")).map_err(|_| "Choose a date, such as 2026-03-03.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(given: &[(&'static str, &str)]) -> HeaderMap {
        let given = given.iter();
        given
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    async fn read(text: &str) -> Option<(Vec<(String, String)>, Option<(String, Bytes)>)> {
        let bytes = Bytes::from(text.to_owned());
        let (form, file) = parts(bytes, "xyz".to_owned()).await?;
        Some((form.fields, file.map(|file| (file.name, file.bytes))))
    }

    #[tokio::test]
    async fn fields_and_files_are_told_apart() {
        let text = "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\ntwo\r\n--xyz\r\n\
            content-disposition: form-data; name=\"none\"; filename=\"\"\r\n\r\n\r\n--xyz\r\n\
            content-disposition: form-data; name=\"f\"; filename=\"my %22log%22.csv\"\r\nContent-Type: text/csv\r\n\r\n\
            seat\r\n--xy\r\n\r\n--xyz--\r\n";
        let (fields, file) = read(text).await.unwrap();
        assert_eq!(fields, [("a".to_owned(), "one\ntwo".to_owned())]);
        let (name, bytes) = file.unwrap();
        assert_eq!(name, "my \"log\".csv");
        assert_eq!(bytes, "seat\r\n--xy\r\n");
    }

    #[tokio::test]
    async fn what_is_no_form_is_none() {
        assert_eq!(read("--xyz--\r\n").await, Some((Vec::new(), None)));
        let many = "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n".repeat(301);
        for text in [
            "",
            "a=b",
            "--xyz",
            "--xyz\r\n",
            "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none",
            "--xyz\r\nContent-Disposition: form-data\r\n\r\none\r\n--xyz--",
            "--xyz\r\n\r\none\r\n--xyz--",
            "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--xyz",
            &format!("{many}--xyz--\r\n"),
        ] {
            assert_eq!(read(text).await, None, "{text}");
        }
    }

    #[test]
    fn a_form_of_another_site_is_known() {
        let own = [
            headers(&[]),
            headers(&[("sec-fetch-site", "same-origin")]),
            headers(&[
                ("origin", "http://localhost:8080"),
                ("host", "localhost:8080"),
            ]),
            headers(&[("origin", "https://c.example"), ("host", "127.0.0.1:8080")]),
        ];
        for headers in own {
            assert!(
                is_own_site(&headers, Some("https://c.example")),
                "{headers:?}"
            );
        }
        let foreign = [
            headers(&[("sec-fetch-site", "cross-site")]),
            headers(&[("sec-fetch-site", "same-site")]),
            headers(&[
                ("origin", "https://evil.example"),
                ("host", "localhost:8080"),
            ]),
            headers(&[("origin", "null"), ("host", "localhost:8080")]),
        ];
        for headers in foreign {
            assert!(
                !is_own_site(&headers, Some("https://c.example")),
                "{headers:?}"
            );
        }
    }
}
