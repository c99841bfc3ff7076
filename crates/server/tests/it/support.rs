//! Sets a server up in this process, and asks it.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use earnest_core::units::{ContractId, MemberId, SeatId, Timestamp};
use earnest_engine::clock::{Clock, Random};
use earnest_engine::keys::Scope;
use earnest_engine::{Engine, Options};
use earnest_server::{App, Pages, Settings, router};
use earnest_store::memory::MemoryStore;
use http_body_util::BodyExt;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use tower::ServiceExt;

/// A clock that stands still until it is set.
#[derive(Debug, Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub fn set(&self, at: &str) {
        let at = Timestamp::parse(at).unwrap();
        self.0.store(at.millis(), Ordering::SeqCst);
    }

    pub fn pass_days(&self, days: i64) {
        self.0.fetch_add(days * 86_400_000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// Makes up bytes that are the same in every run.
#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl Random for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let step = self.0.fetch_add(1, Ordering::SeqCst);
            let mixed = (step + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
        }
    }
}

/// A server, its clock and its administrator's key.
pub struct World {
    pub router: Router,
    #[expect(dead_code, reason = "what the requests reach lives as long as they do")]
    pub app: App,
    pub engine: Engine,
    pub clock: TestClock,
    pub admin: String,
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    /// Reads the body as JSON; null where there is none.
    pub fn json(&self) -> Value {
        match self.text.is_empty() {
            true => Value::Null,
            false => serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{}", self.text)),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Returns the code of a problem, having looked that it is one.
    pub fn code(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{self:?}"
        );
        let body = self.json();
        assert_eq!(body["status"], u64::from(self.status.as_u16()));
        assert_eq!(
            body["type"],
            format!("/docs/errors#{}", body["code"].as_str().unwrap())
        );
        assert!(
            body["title"].is_string() && body["detail"].is_string(),
            "{body}"
        );
        body["code"].as_str().unwrap().to_owned()
    }

    /// Looks at the status, and returns the body.
    #[track_caller]
    pub fn is(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json()
    }

    /// Looks at the status and the code of a problem, and returns it.
    #[track_caller]
    pub fn fails(&self, status: u16, code: &str) -> Value {
        assert_eq!(
            (self.status.as_u16(), self.code().as_str()),
            (status, code),
            "{}",
            self.text
        );
        self.json()
    }
}

/// A request on its way.
pub struct Ask<'w> {
    world: &'w World,
    method: &'static str,
    path: String,
    key: Option<String>,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Ask<'_> {
    pub fn key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    pub fn nobody(mut self) -> Self {
        self.key = None;
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    /// Gives the request an idempotency key.
    pub fn under(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    pub fn json(self, body: Value) -> Self {
        self.body(body.to_string())
    }

    pub async fn send(self) -> Reply {
        let mut request = Request::builder().method(self.method).uri(&self.path);
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let body = self.body.map_or_else(Body::empty, Body::from);
        let request = request.body(body).unwrap();
        let response = self.world.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Reply {
            status: head.status,
            headers: head.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }
}

/// The instant at which a world begins.
pub const START: &str = "2026-01-05T09:00:00Z";

impl World {
    pub async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        let clock = TestClock(Arc::new(AtomicI64::new(0)));
        clock.set(START);
        let engine = Engine::open(
            Arc::new(MemoryStore::new()),
            Arc::new(clock.clone()),
            Arc::new(Counted::default()),
            Options::default(),
        );
        let engine = engine.await.unwrap();
        let (_, admin) = engine.create_key(Scope::Admin).await.unwrap();
        let app = App::new(engine.clone(), settings);
        Self {
            router: router(app.clone(), Pages::default()),
            app,
            engine,
            clock,
            admin,
        }
    }

    /// Returns a world with the contract `acme`, its seat `ana`, and 100 credits under the grant `g1`.
    pub async fn acme() -> Self {
        let world = Self::new().await;
        world.contract("acme", &["ana"]).await;
        world
    }

    /// Begins a contract with seats and, under the grant `g1`, 100 credits.
    pub async fn contract(&self, id: &str, seats: &[&str]) {
        let body = serde_json::json!({ "id": id, "allotments": false });
        self.post("/v1/contracts").json(body).send().await.is(201);
        for seat in seats {
            let body = serde_json::json!({ "id": seat, "type": "recruiter" });
            let path = format!("/v1/contracts/{id}/seats");
            self.post(path).json(body).send().await.is(201);
        }
        let body = serde_json::json!({ "id": "g1", "credits": 100, "source": "purchase" });
        let path = format!("/v1/contracts/{id}/grants");
        self.post(path).json(body).send().await.is(201);
    }

    /// Sends a message under an id, and returns it.
    pub async fn sent(&self, id: &str, contract: &str, seat: &str, to: &str) -> Value {
        let body = letter(Some(id), contract, seat, to);
        self.post("/v1/messages").json(body).send().await.is(201)
    }

    pub async fn key(&self, scope: Scope) -> String {
        self.engine.create_key(scope).await.unwrap().1
    }

    pub async fn contract_key(&self, contract: &str) -> String {
        let contract = ContractId::new(contract).unwrap();
        self.key(Scope::Contract { contract }).await
    }

    pub async fn seat_key(&self, contract: &str, seat: &str) -> String {
        let contract = ContractId::new(contract).unwrap();
        let seat = SeatId::new(seat).unwrap();
        self.key(Scope::Seat { contract, seat }).await
    }

    pub async fn member_key(&self, member: &str) -> String {
        let member = MemberId::new(member).unwrap();
        self.key(Scope::Member { member }).await
    }

    /// Asks as the administrator, with JSON and a new idempotency key where it is a POST.
    pub fn ask(&self, method: &'static str, path: impl Into<String>) -> Ask<'_> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let mut headers = Vec::new();
        if matches!(method, "POST" | "PUT" | "PATCH") {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        if method == "POST" {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            headers.push(("idempotency-key".to_owned(), format!("made-up-{number}")));
        }
        Ask {
            world: self,
            method,
            path: path.into(),
            key: Some(self.admin.clone()),
            headers,
            body: None,
        }
    }

    pub fn get(&self, path: impl Into<String>) -> Ask<'_> {
        self.ask("GET", path)
    }

    pub fn post(&self, path: impl Into<String>) -> Ask<'_> {
        self.ask("POST", path)
    }
}

/// Returns the body of a send.
pub fn letter(id: Option<&str>, contract: &str, seat: &str, to: &str) -> Value {
    serde_json::json!({
        "id": id, "contract": contract, "seat": seat, "to": to,
        "subject": "An opening", "body": "Hello",
    })
}

/// Looks that all that is expected is there; more may be.
#[track_caller]
pub fn includes(found: &Value, expected: &Value) {
    let right = match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            for (key, expected) in expected {
                let found = found
                    .get(key)
                    .unwrap_or_else(|| panic!("no `{key}` in {found:?}"));
                includes(found, expected);
            }
            true
        }
        (Value::Array(found), Value::Array(expected)) => {
            assert_eq!(found.len(), expected.len(), "{found:?}");
            found
                .iter()
                .zip(expected)
                .for_each(|(found, expected)| includes(found, expected));
            true
        }
        _ => found == expected,
    };
    assert!(right, "found {found}, expected {expected}");
}
