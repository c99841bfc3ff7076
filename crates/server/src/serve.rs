//! Serves connections: accepts them, bounds their number and their patience, and ends them in peace.
//!
//! Owns: sockets. Does not own: what is answered (`router.rs`). Invariants: a head that is not complete in time,
//! or a body that stands still, costs a connection and nothing more; once told to stop, the server takes no new
//! connection, finishes open requests and ends within its grace.

use crate::app::App;
use crate::deliver::courier;
use crate::pages::Pages;
use crate::router::router;
use crate::settings::Settings;
use axum::Router;
use earnest_engine::Engine;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

/// How many connections may wait to be accepted.
const WAITING_MOST: u32 = 4_096;
/// How large a head may be.
const HEAD_MOST: usize = 64 << 10;
/// How many files the process needs beside its connections.
const FILES_APART: u64 = 256;

/// Why the server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another process listens there.
    #[error(
        "{0} is taken: another process listens there; stop it, or choose another address with `--listen`"
    )]
    Taken(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Other {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
}

/// A server that listens.
#[derive(Debug)]
pub struct Server {
    app: App,
    pages: Pages,
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Listens where the settings say, to serve the API and these pages. What comes in waits until
    /// [`Server::run`].
    ///
    /// # Errors
    /// When the address is taken or cannot be listened on.
    pub fn bind(engine: Engine, settings: Settings, pages: Pages) -> Result<Self, BindError> {
        let address = settings.listen;
        let (listener, address) = listen(address).map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => BindError::Taken(address),
            _ => BindError::Other { address, error },
        })?;
        Ok(Self {
            app: App::new(engine, settings),
            pages,
            listener,
            address,
        })
    }

    /// Returns where it listens.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Returns what its handlers reach.
    #[must_use]
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// Serves until `stop` is done; then finishes open requests, within the grace.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self {
            app,
            pages,
            listener,
            ..
        } = self;
        let routes = router(app.clone(), pages);
        let courier = tokio::spawn(courier(&app).run(app.stopping()));
        let room = Arc::new(Semaphore::new(connections_most(&app.settings)));
        let mut open = JoinSet::new();
        let mut stop = pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                (stream, room) = accept(&listener, &room) => {
                    open.spawn(converse(app.clone(), routes.clone(), stream, room));
                }
                Some(_) = open.join_next() => {}
            }
        }
        drop(listener);
        app.stop();
        let all_done = async {
            while open.join_next().await.is_some() {}
            // It has a bug or it has ended; the server ends either way.
            drop(courier.await);
        };
        if tokio::time::timeout(app.settings.grace, all_done)
            .await
            .is_err()
        {
            tracing::warn!(
                "{} connections were cut at the end of the grace",
                open.len()
            );
            open.shutdown().await;
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A port whose last connections are still closing may be taken over; one that is listened on may not.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    let listener = socket.listen(WAITING_MOST)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Returns how many connections there may be: what is set, or what the system leaves for them.
fn connections_most(settings: &Settings) -> usize {
    let set = settings.connections_most;
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1_024);
    let left = files.saturating_sub(FILES_APART).max(16);
    let most = set.min(usize::try_from(left).unwrap_or(usize::MAX));
    if most < set {
        tracing::info!(
            "at most {most} connections instead of {set}: the system allows {files} files"
        );
    }
    most.min(Semaphore::MAX_PERMITS)
}

/// Accepts a connection once there is room for it.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> (TcpStream, OwnedSemaphorePermit) {
    loop {
        let Ok(room) = Arc::clone(room).acquire_owned().await else {
            // The semaphore is never closed.
            return std::future::pending().await;
        };
        match listener.accept().await {
            Ok((stream, _)) => return (stream, room),
            Err(error) => {
                // Out of files, as a rule: whoever waits is served when others have left.
                tracing::warn!("a connection is not accepted: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Answers what comes over a connection until it ends, or the server is told to stop.
async fn converse(app: App, routes: Router, stream: TcpStream, _room: OwnedSemaphorePermit) {
    // An answer is written whole; waiting for more of it would only delay it.
    drop(stream.set_nodelay(true));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(app.settings.head_timeout)
        .max_buf_size(HEAD_MOST)
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    let mut connection = pin!(connection);
    let mut stopping = app.stopping();
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = async { drop(stopping.wait_for(|stop| *stop).await) } => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection ended: {error}");
    }
}
