//! A server on a port with a made-up year in it, and a browser that looks at it.

use crate::chrome::Chrome;
use crate::world;
use crate::year::Year;
use earnest_core::units::MemberId;
use earnest_engine::Engine;
use earnest_engine::clock::SystemClock;
use earnest_engine::keys::Scope;
use earnest_server::{Server, Settings};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server and a browser.
pub struct House {
    pub chrome: Chrome,
    pub engine: Engine,
    pub base: String,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl House {
    /// Opens a server with a year of so many messages.
    pub async fn open(messages: u64) -> Self {
        let engine = world::engine(SystemClock).await;
        let mut year = Year::begin(&engine, "inmail-2015").await;
        year.tell(messages).await;
        year.live().await;
        let settings = Settings {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            webhook_allow_private: true,
            ..Settings::default()
        };
        let server = Server::bind(engine.clone(), settings, earnest_web::pages()).unwrap();
        let base = format!("http://{}", server.local_addr());
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(server.run(async { drop(stopped.await) }));
        Self {
            chrome: Chrome::start().await,
            engine,
            base,
            stop,
            serving,
        }
    }

    /// Looks as somebody from now on.
    pub async fn become_visitor(&mut self, scope: Scope) {
        let secret = world::session(&self.engine, scope).await;
        self.chrome.sign_in(&self.base, &secret).await;
    }

    pub async fn go(&mut self, path: &str) {
        self.chrome.go(&format!("{}{path}", self.base)).await;
        if path == "/docs" || path.starts_with("/docs#") {
            // Its last part: the page is made by its script.
            self.chrome.wait_for("For whoever runs the server").await;
        }
    }

    /// Returns a letter that waits for `bo`.
    pub async fn letter(&self) -> String {
        let bo = MemberId::new("bo").unwrap();
        let page = self.engine.waiting_for(&bo, 50).await.unwrap();
        page.items.first().unwrap().id.to_string()
    }

    /// Closes everything.
    pub async fn close(self) {
        self.chrome.quit().await;
        self.stop.send(()).unwrap();
        self.serving.await.unwrap();
    }
}
