//! Starts a server in a process of its own, and looks at how much memory it takes.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running server; it is killed when this is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Starts the empty server, which this very program must be able to be.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_empty() -> Self {
        use std::io::{BufRead, BufReader};
        let this = std::env::current_exe().unwrap();
        let mut child = Command::new(this)
            .arg("empty")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = child.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let address = line.trim().trim_start_matches("http://").parse().unwrap();
        wait_for(address).await;
        Self { child, address }
    }

    /// Starts the shipped server on a store.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_earnest(binary: &Path, store: &str) -> Self {
        Self::start_earnest_with(binary, store, &[]).await
    }

    /// Starts the shipped server on a store, with settings in variables.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_earnest_with(binary: &Path, store: &str, settings: &[(&str, &str)]) -> Self {
        let address: SocketAddr = {
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            free.local_addr().unwrap()
        };
        let child = Command::new(binary)
            .args(["serve", "--store", store, "--listen", &address.to_string()])
            .env("EARNEST_LOG_LEVEL", "warn")
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { child, address };
        wait_for(address).await;
        server
    }

    /// Kills the process, as a failing machine would.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Returns how much memory is resident, in MB.
    ///
    /// # Panics
    /// When the system does not say.
    #[must_use]
    pub fn resident_mb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        let kb: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kb / 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until somebody listens.
async fn wait_for(address: SocketAddr) {
    for _ in 0..600 {
        if tokio::net::TcpStream::connect(address).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic_nobody(address);
}

#[expect(clippy::panic, reason = "a benchmark without a server is none")]
fn panic_nobody(address: SocketAddr) -> ! {
    panic!("nobody listens at {address}");
}

/// Makes a key of a scope.
///
/// # Panics
/// When none is made.
#[must_use]
pub fn make_key(binary: &Path, store: &str, scope: &str) -> String {
    let made = Command::new(binary)
        .args(["key", "create", "--scope", scope, "--store", store])
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}
