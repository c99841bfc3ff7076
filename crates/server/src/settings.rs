//! Says what can be set of the server.
//!
//! Owns: the checked values and their defaults. Does not own: where they are read from (`config.rs`).

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// What can be set of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// How many bytes a body may have.
    pub body_most: usize,
    /// How many bytes the body of a batch may have.
    pub batch_body_most: usize,
    /// How long a request's head may take to arrive, from the connection's start or the answer before it.
    pub head_timeout: Duration,
    /// How long a body may stand still.
    pub body_timeout: Duration,
    /// How many connections may be open; more wait until one is closed.
    pub connections_most: usize,
    /// How many requests may be worked on; more are turned away with 503.
    pub requests_most: usize,
    /// How many requests a second each key may make; nothing means as many as it likes.
    pub requests_per_second: Option<u32>,
    /// Whether webhooks may go to private and loopback addresses.
    pub webhook_allow_private: bool,
    /// How long to wait before each further attempt of a delivery; after the last it is given up.
    pub webhook_retry: Vec<Duration>,
    /// How long open requests may take to finish once the server is told to stop.
    pub grace: Duration,
    /// Where people reach the pages, such as `https://credits.example.com`; nothing means by plain HTTP, wherever
    /// the server listens.
    pub public_url: Option<String>,
    /// How long a session on the pages lasts.
    pub session: Duration,
    /// The secret by which another host hands its own users over; nothing means that none may.
    pub handover: Option<Secret>,
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text, for whoever signs with it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            body_most: 1 << 20,
            batch_body_most: 32 << 20,
            head_timeout: 10 * SECOND,
            body_timeout: 30 * SECOND,
            connections_most: 20_000,
            requests_most: 10_000,
            requests_per_second: None,
            webhook_allow_private: false,
            webhook_retry: vec![
                5 * SECOND,
                30 * SECOND,
                120 * SECOND,
                600 * SECOND,
                3_600 * SECOND,
                21_600 * SECOND,
                86_400 * SECOND,
            ],
            grace: 8 * SECOND,
            public_url: None,
            session: 14 * 86_400 * SECOND,
            handover: None,
        }
    }
}
