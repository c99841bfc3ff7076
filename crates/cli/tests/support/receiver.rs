//! Receives webhooks, notes what arrives, and may leave whoever delivers without an answer.

#![allow(dead_code, reason = "not every test needs every helper")]
#![expect(clippy::unwrap_used, reason = "a helper of tests")]

use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// How long something may take before a test is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// What arrived, in the order of arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// Which endpoint it came to.
    pub(crate) path: String,
    pub(crate) webhook_id: String,
    pub(crate) contract: String,
    pub(crate) seq: u64,
    pub(crate) kind: String,
    pub(crate) body: String,
}

#[derive(Debug, Default)]
struct Noted {
    arrivals: Vec<Arrival>,
    /// Whether what arrives is left without an answer for now.
    is_silent: bool,
}

/// A receiver of webhooks; it goes on until the test ends.
#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    noted: Arc<(Mutex<Noted>, Condvar)>,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let this = Self {
            address: listener.local_addr().unwrap(),
            noted: Arc::default(),
        };
        let receiver = this.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let receiver = receiver.clone();
                thread::spawn(move || {
                    // Whoever delivers may be killed in the middle of it.
                    let _ = receiver.receive(&stream.unwrap());
                });
            }
        });
        this
    }

    fn receive(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        let (mut path, mut webhook_id, mut length) = (String::new(), String::new(), 0);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some(rest) = line.strip_prefix("POST ") {
                path = rest.split(' ').next().unwrap().to_owned();
            }
            let Some((name, value)) = line.split_once(": ") else {
                continue;
            };
            match name.to_ascii_lowercase().as_str() {
                "webhook-id" => value.clone_into(&mut webhook_id),
                "content-length" => length = value.parse().unwrap(),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let body = String::from_utf8(body).unwrap();
        let read: Value = serde_json::from_str(&body).unwrap();
        let (noted, changed) = &*self.noted;
        let mut now = noted.lock().unwrap();
        now.arrivals.push(Arrival {
            path,
            webhook_id,
            contract: read["data"]["contract"].as_str().unwrap().to_owned(),
            seq: read["data"]["seq"].as_u64().unwrap(),
            kind: read["type"].as_str().unwrap().to_owned(),
            body,
        });
        changed.notify_all();
        drop(changed.wait_while(now, |now| now.is_silent).unwrap());
        let mut stream = stream;
        stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
    }

    /// Leaves what arrives without an answer from now on, or answers it.
    pub(crate) fn be_silent(&self, is_silent: bool) {
        let (noted, changed) = &*self.noted;
        noted.lock().unwrap().is_silent = is_silent;
        changed.notify_all();
    }

    /// Waits until what has arrived is as asked, and returns all of it.
    #[track_caller]
    pub(crate) fn wait_until(&self, enough: impl Fn(&[Arrival]) -> bool) -> Vec<Arrival> {
        let (noted, changed) = &*self.noted;
        let now = noted.lock().unwrap();
        let lacks = |now: &mut Noted| !enough(&now.arrivals);
        let (now, waited) = changed.wait_timeout_while(now, PATIENCE, lacks).unwrap();
        let arrivals = now.arrivals.clone();
        assert!(!waited.timed_out(), "it did not arrive: {arrivals:?}");
        arrivals
    }
}
