//! A server that listens, and a receiver of webhooks that does.

use axum::extract::State;
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use earnest_core::units::ContractId;
use earnest_engine::clock::{SystemClock, SystemRandom};
use earnest_engine::keys::Scope;
use earnest_engine::{Engine, Options};
use earnest_server::{Pages, Server, Settings};
use earnest_store::memory::MemoryStore;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server that listens.
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) address: SocketAddr,
    pub(crate) admin: String,
    pub(crate) stop: Option<oneshot::Sender<()>>,
    pub(crate) running: JoinHandle<()>,
}

pub(crate) fn settings(allow_private: bool) -> Settings {
    Settings {
        listen: "127.0.0.1:0".parse().unwrap(),
        webhook_allow_private: allow_private,
        webhook_retry: vec![Duration::from_millis(30); 2],
        ..Settings::default()
    }
}

pub(crate) async fn world(settings: Settings) -> World {
    let store = Arc::new(MemoryStore::new());
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    let engine = Engine::open(store, clock, random, Options::default())
        .await
        .unwrap();
    let server = Server::bind(engine.clone(), settings, Pages::default()).unwrap();
    let address = server.local_addr();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async { drop(stopped.await) }));
    let (_, admin) = engine.create_key(Scope::Admin).await.unwrap();
    let world = World {
        engine,
        address,
        admin,
        stop: Some(stop),
        running,
    };
    for id in ["acme", "other"] {
        let contract = json!({"id": id, "name": id, "allotments": false});
        assert_eq!(world.post("/v1/contracts", contract).await.0, 201);
    }
    world
}

impl World {
    pub(crate) async fn ask(
        &self,
        key: &str,
        method: &str,
        path: &str,
        body: Value,
    ) -> Response<Incoming> {
        self.ask_with(key, method, path, body, &[]).await
    }

    pub(crate) async fn ask_with(
        &self,
        key: &str,
        method: &str,
        path: &str,
        body: Value,
        headers: &[(&str, &str)],
    ) -> Response<Incoming> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let io = TokioIo::new(stream);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "x");
        if !key.is_empty() {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Value::Null => Bytes::new(),
            body => {
                request = request.header("content-type", "application/json");
                Bytes::from(body.to_string())
            }
        };
        sender
            .send_request(request.body(Full::new(body)).unwrap())
            .await
            .unwrap()
    }

    pub(crate) async fn asked(
        &self,
        key: &str,
        method: &str,
        path: &str,
        body: Value,
    ) -> (u16, Value) {
        told(self.ask(key, method, path, body).await).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.asked(&self.admin, "POST", path, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.asked(&self.admin, "GET", path, Value::Null).await
    }

    pub(crate) async fn key(&self, scope: Scope) -> (String, String) {
        let (record, key) = self.engine.create_key(scope).await.unwrap();
        (record.id, key)
    }

    pub(crate) async fn of_contract(&self, id: &str) -> (String, String) {
        let contract = ContractId::new(id).unwrap();
        self.key(Scope::Contract { contract }).await
    }

    pub(crate) async fn add_seat(&self, contract: &str, seat: &str) {
        let path = format!("/v1/contracts/{contract}/seats");
        assert_eq!(self.post(&path, json!({"id": seat})).await.0, 201);
    }

    pub(crate) async fn register(&self, receiver: &Receiver) -> (String, String) {
        let (status, webhook) = self
            .post("/v1/webhooks", json!({"url": receiver.url()}))
            .await;
        assert_eq!(status, 201, "{webhook}");
        let text = |name: &str| webhook[name].as_str().unwrap().to_owned();
        (text("id"), text("secret"))
    }

    pub(crate) async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.running.await.unwrap();
    }
}

pub(crate) async fn told(response: Response<Incoming>) -> (u16, Value) {
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

/// Waits until something is so.
pub(crate) async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), looking)
        .await
        .unwrap()
}

pub(crate) type Taken = Vec<(HeaderMap, Bytes)>;

/// A receiver of webhooks.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    pub(crate) taken: Arc<Mutex<Taken>>,
    pub(crate) answer: Arc<AtomicU16>,
}

impl Receiver {
    pub(crate) async fn listening() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            address: listener.local_addr().unwrap(),
            taken: Arc::default(),
            answer: Arc::new(AtomicU16::new(200)),
        };
        let routes = axum::Router::new()
            .route("/hook", post(take))
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        receiver
    }

    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}/hook", self.address.port())
    }

    pub(crate) async fn took(&self, count: usize) -> Taken {
        until(async || {
            let taken = self.taken.lock().unwrap();
            (taken.len() >= count).then(|| taken.clone())
        })
        .await
    }
}

pub(crate) async fn take(
    State(receiver): State<Receiver>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    receiver.taken.lock().unwrap().push((headers, body));
    StatusCode::from_u16(receiver.answer.load(SeqCst)).unwrap()
}

pub(crate) fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers[name].to_str().unwrap()
}

pub(crate) fn seat_of(taken: &(HeaderMap, Bytes)) -> String {
    let body: Value = serde_json::from_slice(&taken.1).unwrap();
    body["data"]["seat"].as_str().unwrap().to_owned()
}

pub(crate) fn signature(secret: &str, headers: &HeaderMap, body: &[u8]) -> String {
    let mut key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap())
        .unwrap();
    key.resize(64, 0);
    let pad = |byte: u8| key.iter().map(|it| it ^ byte).collect::<Vec<u8>>();
    let (id, at) = (
        header(headers, "webhook-id"),
        header(headers, "webhook-timestamp"),
    );
    let head = format!("{id}.{at}.");
    let inner = Sha256::digest([&pad(0x36), head.as_bytes(), body].concat());
    format!(
        "v1,{}",
        STANDARD.encode(Sha256::digest([&pad(0x5c)[..], &inner].concat()))
    )
}
