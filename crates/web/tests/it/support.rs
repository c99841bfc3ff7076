//! A server with pages, and somebody who looks at them.

use crate::world;
use crate::year::Year;
use axum::Router;
use axum::body::Body;
use earnest_core::units::Timestamp;
use earnest_engine::Engine;
use earnest_engine::clock::Clock;
use earnest_engine::keys::Scope;
use earnest_server::{App, Settings, router};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tower::ServiceExt;

/// A clock that stands still until it is set.
#[derive(Debug, Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub fn at(instant: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(instant.millis())))
    }

    pub fn pass(&self, time: Duration) {
        let millis = i64::try_from(time.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// A server, and its clock.
pub struct World {
    pub router: Router,
    pub engine: Engine,
    pub clock: TestClock,
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    #[track_caller]
    pub fn is(&self, status: u16) -> &str {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        &self.text
    }

    /// Looks that the browser is sent on, and returns where to.
    #[track_caller]
    pub fn leads(&self) -> String {
        assert_eq!(self.status.as_u16(), 303, "{}", self.text);
        self.header("location").unwrap().to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Looks that words stand on the page, whatever tags are between them.
    #[track_caller]
    pub fn says(&self, words: &str) {
        let said = text_of(&self.text);
        assert!(said.contains(words), "no `{words}` in {said}");
    }

    /// Returns the links of the page that begin so.
    pub fn links(&self, beginning: &str) -> Vec<String> {
        let parts = self.text.split("href=\"").skip(1);
        let links = parts.filter_map(|part| part.split('"').next());
        let links = links.map(|link| link.replace("&amp;", "&"));
        links.filter(|link| link.starts_with(beginning)).collect()
    }
}

/// Returns a page's words without its tags.
pub fn text_of(html: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    let apart = [
        "</td>", "</th>", "</dt>", "</dd>", "</p>", "</h1>", "</h2>", "</li>", "</label>",
    ];
    let html = apart.iter().fold(html.to_owned(), |html, tag| {
        html.replace(tag, &format!(" {tag}"))
    });
    for letter in html.chars() {
        match letter {
            '<' => in_tag = true,
            '>' => in_tag = false,
            _ if !in_tag => text.push(letter),
            _ => {}
        }
    }
    let text = text
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Somebody who looks at pages.
#[derive(Clone)]
pub struct Visit<'w> {
    world: &'w World,
    cookie: Option<String>,
    headers: Vec<(&'static str, String)>,
}

impl World {
    pub async fn with(settings: Settings) -> Self {
        let clock = TestClock::at(Timestamp::parse("2026-03-02T09:00:00Z").unwrap());
        let engine = world::engine(clock.clone()).await;
        let app = App::new(engine.clone(), settings);
        Self {
            router: router(app, earnest_web::pages()),
            engine,
            clock,
        }
    }

    pub async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    /// Returns a world with a made-up year of so many messages in the contract `acme`.
    pub async fn acme(messages: u64) -> Self {
        Self::under("inmail-2015", messages).await
    }

    /// Returns a world with a made-up year under a policy.
    pub async fn under(policy: &str, messages: u64) -> Self {
        let world = Self::new().await;
        let mut year = Year::begin(&world.engine, policy).await;
        year.tell(messages).await;
        year.live().await;
        world
    }

    pub fn nobody(&self) -> Visit<'_> {
        Visit {
            world: self,
            cookie: None,
            headers: Vec::new(),
        }
    }

    pub async fn visit(&self, scope: Scope) -> Visit<'_> {
        let cookie = world::session(&self.engine, scope).await;
        self.nobody().with_cookie(&cookie)
    }

    pub async fn admin(&self) -> Visit<'_> {
        self.visit(Scope::Admin).await
    }
}

impl Visit<'_> {
    pub fn with_cookie(mut self, secret: &str) -> Self {
        self.cookie = Some(format!("earnest={secret}"));
        self
    }

    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub async fn ask(&self, method: Method, path: &str, body: Option<String>) -> Reply {
        let form = "application/x-www-form-urlencoded";
        let body = body.map(|body| (form, body.into_bytes()));
        self.ask_with(method, path, body).await
    }

    async fn ask_with(&self, method: Method, path: &str, body: Option<(&str, Vec<u8>)>) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost:8080");
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some((kind, _)) = &body {
            request = request.header("content-type", *kind);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let request = request
            .body(body.map_or_else(Body::empty, |(_, bytes)| Body::from(bytes)))
            .unwrap();
        let response = self.world.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Reply {
            status: head.status,
            headers: head.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.ask(Method::GET, path, None).await
    }

    /// Returns the token of this session's forms.
    pub async fn token(&self) -> String {
        let page = self.get("/policies/ask").await;
        let (_, rest) = page
            .text
            .split_once("name=\"form_token\" value=\"")
            .unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    /// Sends a form of this session.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let token = self.token().await;
        let fields = [&[("form_token", token.as_str())], fields].concat();
        self.post_bare(path, &fields).await
    }

    /// Sends a form of this session with a file, as a browser does.
    pub async fn post_file(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        file: (&str, &[u8]),
    ) -> Reply {
        let token = self.token().await;
        let fields = [&[("form_token", token.as_str())], fields].concat();
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!(
                "--line\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend_from_slice(part.as_bytes());
        }
        let (name, bytes) = file;
        let part = format!(
            "--line\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(part.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--line--\r\n");
        let kind = "multipart/form-data; boundary=line";
        self.ask_with(Method::POST, path, Some((kind, body))).await
    }

    /// Returns the session's secret.
    pub fn secret(&self) -> &str {
        self.cookie
            .as_deref()
            .unwrap()
            .trim_start_matches("earnest=")
    }

    /// Sends a form as it is.
    pub async fn post_bare(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        self.ask(Method::POST, path, Some(body.finish())).await
    }
}
