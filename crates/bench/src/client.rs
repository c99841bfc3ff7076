//! One kept-alive connection that sends a request and waits for its answer.
//!
//! Owns: HTTP from the caller's side, for measurements and tests. Does not own: what is sent.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Whether it was given before, to the same request.
    pub replayed: bool,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    /// Returns the body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A connection.
#[derive(Debug)]
pub struct Client {
    host: String,
    key: Option<String>,
    sender: SendRequest<Full<Bytes>>,
}

impl Client {
    /// Connects to a server, to speak for the holder of a key.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn connect(address: SocketAddr, key: Option<&str>) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(io::Error::other)?;
        tokio::spawn(connection);
        Ok(Self {
            host: address.to_string(),
            key: key.map(|key| format!("Bearer {key}")),
            sender,
        })
    }

    /// Gets what stands at a path.
    ///
    /// # Errors
    /// When the connection ends before the answer.
    pub async fn get(&mut self, path: &str) -> hyper::Result<Answer> {
        let mut request = Request::get(path).header("host", &self.host);
        if let Some(key) = &self.key {
            request = request.header("authorization", key);
        }
        self.send(request.body(Full::default()).unwrap()).await
    }

    /// Posts a JSON body.
    ///
    /// # Errors
    /// When the connection ends before the answer.
    pub async fn post(
        &mut self,
        path: &str,
        body: Vec<u8>,
        idempotency_key: Option<&str>,
    ) -> hyper::Result<Answer> {
        let mut request = Request::post(path)
            .header("host", &self.host)
            .header("content-type", "application/json");
        if let Some(key) = &self.key {
            request = request.header("authorization", key);
        }
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key);
        }
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        self.send(request).await
    }

    /// Posts a value that must be taken, and returns the answer.
    ///
    /// # Panics
    /// When it is not taken.
    pub async fn make(&mut self, path: &str, body: &Value, idempotency_key: &str) -> Value {
        let body = serde_json::to_vec(body).unwrap();
        let answer = self.post(path, body, Some(idempotency_key)).await.unwrap();
        answer.assert_taken(path);
        answer.json()
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> hyper::Result<Answer> {
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status();
        let replayed = answer.headers().contains_key("idempotency-replayed");
        let body = answer.into_body().collect().await?.to_bytes();
        Ok(Answer {
            status,
            replayed,
            body,
        })
    }
}

impl Answer {
    /// Stops where the request was not taken.
    ///
    /// # Panics
    /// Then.
    pub fn assert_taken(&self, path: &str) {
        let Self { status, body, .. } = self;
        let text = String::from_utf8_lossy(body);
        assert!(status.is_success(), "{path}: {status} {text}");
    }
}
