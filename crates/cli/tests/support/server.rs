//! Runs a server of the real binary, and talks to it.

#![allow(dead_code, reason = "not every command's tests need every helper")]
#![expect(clippy::unwrap_used, reason = "a helper of tests")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long something may take before a test is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server that runs; it is ended with this.
pub(crate) struct Running {
    child: Child,
    /// Where it listens.
    pub(crate) address: String,
    told: Arc<Told>,
    readers: Vec<JoinHandle<()>>,
}

/// What was printed so far.
#[derive(Default)]
struct Told {
    text: Mutex<String>,
    grown: Condvar,
}

impl Running {
    /// Starts a command in a folder, and waits until it says where it listens.
    pub(crate) fn start(mut command: Command, folder: &Path) -> Self {
        let mut child = command
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let told = Arc::new(Told::default());
        let (found, address) = mpsc::channel();
        let out = child.stdout.take().unwrap();
        let err = child.stderr.take().unwrap();
        let readers = vec![
            listen(out, Arc::clone(&told), found.clone()),
            listen(err, Arc::clone(&told), found),
        ];
        let address = address.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            drop(child.kill());
            panic!("it did not come up: {}", told.text.lock().unwrap())
        });
        Self {
            child,
            address,
            told,
            readers,
        }
    }

    /// Returns what it has printed so far, to either output.
    pub(crate) fn told(&self) -> String {
        self.told.text.lock().unwrap().clone()
    }

    /// Waits until it has printed a text.
    pub(crate) fn wait_for(&self, text: &str) -> String {
        let told = self.told.text.lock().unwrap();
        let lacks = |told: &mut String| !told.contains(text);
        let (told, waited) = self
            .told
            .grown
            .wait_timeout_while(told, PATIENCE, lacks)
            .unwrap();
        assert!(!waited.timed_out(), "`{text}` was not said: {told}");
        told.clone()
    }

    /// Tells it to stop, and returns its exit code and all that it has printed.
    pub(crate) fn stop(mut self, signal: &str) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
        let code = self.child.wait().unwrap().code();
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        (code, self.told())
    }

    /// Asks for something; returns the status and the body.
    pub(crate) fn get(&self, path: &str, key: Option<&str>) -> (u16, String) {
        self.ask("GET", path, key, None)
    }

    /// Sends JSON; returns the status and the body.
    pub(crate) fn post(&self, path: &str, key: &str, body: &str) -> (u16, String) {
        self.ask("POST", path, Some(key), Some(body))
    }

    fn ask(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<&str>,
    ) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
            self.address
        );
        if let Some(key) = key {
            head.push_str(&format!("Authorization: Bearer {key}\r\n"));
        }
        if let Some(body) = body {
            let id = format!("{path}{}", body.len());
            let id: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
            head.push_str(&format!(
                "Content-Type: application/json\r\nContent-Length: {}\r\nIdempotency-Key: {id}\r\n",
                body.len()
            ));
        }
        write!(stream, "{head}\r\n{}", body.unwrap_or_default()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Collects what is printed, and says where the server listens once it is said.
fn listen(
    from: impl std::io::Read + Send + 'static,
    told: Arc<Told>,
    found: mpsc::Sender<String>,
) -> JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(from).lines() {
            let Ok(line) = line else { return };
            let mut text = told.text.lock().unwrap();
            text.push_str(&line);
            text.push('\n');
            drop(text);
            told.grown.notify_all();
            for before in ["listening on http://", "Earnest runs at http://"] {
                if let Some((_, rest)) = line.split_once(before) {
                    let address = rest.split([' ', '"', '\u{1b}']).next().unwrap();
                    drop(found.send(address.to_owned()));
                }
            }
        }
    })
}
