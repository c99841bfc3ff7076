//! Begins the threads of a store, and ends them in the right order.
//!
//! Invariants: what was taken in is committed before the writer ends; no thread outlives a close.

use super::fault::{Fault, closed};
use super::schema::{self, Purpose};
use super::shared::{Shared, answered};
use super::{checkpoint, keeper, reader, writer};
use crate::error::StoreError;
use parking_lot::Mutex;
use rusqlite::Connection;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use tokio::sync::oneshot;

/// The threads of a store.
pub(super) struct Threads(Mutex<Option<Running>>);

struct Running {
    writer: JoinHandle<()>,
    keeper: JoinHandle<()>,
    checkpointer: JoinHandle<()>,
    readers: Vec<JoinHandle<()>>,
}

impl Threads {
    /// Begins them.
    pub(super) fn begin(shared: &Arc<Shared>, writer: Connection) -> Result<Self, StoreError> {
        let running = begin(shared, writer);
        if running.is_err() {
            shared.end();
        }
        Ok(Self(Mutex::new(Some(running?))))
    }

    /// Ends them, after everything that was taken in is done.
    pub(super) async fn end(&self, shared: &Arc<Shared>) -> Result<(), StoreError> {
        // Everything before this is done when this is.
        let last = shared.write_own(|_| Ok(()), |(), _| ());
        let emptied = answered(last).await;
        let running = self.0.lock().take();
        let shared = Arc::clone(shared);
        apart("earnest-close", move || {
            if let Some(running) = running {
                running.end(&shared);
            }
        })
        .await?;
        emptied
    }
}

impl Running {
    fn end(self, shared: &Shared) {
        shared.keeper.end();
        join(self.keeper);
        shared.checkpointer.end();
        shared.checkpointed.end();
        join(self.checkpointer);
        shared.queue.close();
        join(self.writer);
        shared.readers.end();
        self.readers.into_iter().for_each(join);
    }
}

fn join(thread: JoinHandle<()>) {
    if thread.join().is_err() {
        tracing::error!("a thread of the store had stopped");
    }
}

fn begin(shared: &Arc<Shared>, connection: Connection) -> Result<Running, StoreError> {
    let readers = shared.options.readers.max(1);
    let readers = (0..readers).map(|_| {
        let connection = connect(shared, Purpose::Read)?;
        spawn("earnest-read", shared, move |shared| {
            reader::run(&connection, shared);
        })
    });
    let readers = readers.collect::<Result<_, _>>()?;
    let (kept, copied) = (
        connect(shared, Purpose::Read)?,
        connect(shared, Purpose::Checkpoint)?,
    );
    Ok(Running {
        readers,
        keeper: spawn("earnest-keep", shared, move |shared| {
            keeper::run(&kept, shared);
        })?,
        checkpointer: spawn("earnest-copy", shared, move |shared| {
            checkpoint::run(&copied, shared);
        })?,
        writer: spawn("earnest-write", shared, move |shared| {
            if let Err(fault) = writer::run(&connection, shared) {
                tracing::error!("the store cannot write: {}", StoreError::from(fault));
                shared.end();
            }
        })?,
    })
}

fn connect(shared: &Shared, purpose: Purpose) -> Result<Connection, StoreError> {
    Ok(
        schema::connect(&shared.path, purpose, &shared.options.tuning)
            .map_err(|fault: Fault| fault)?,
    )
}

fn spawn(
    name: &str,
    shared: &Arc<Shared>,
    run: impl FnOnce(&Shared) + Send + 'static,
) -> Result<JoinHandle<()>, StoreError> {
    let shared = Arc::clone(shared);
    Builder::new()
        .name(name.to_owned())
        .spawn(move || run(&shared))
        .map_err(|error| StoreError::Unavailable(format!("no thread can be begun: {error}")))
}

/// Does something that takes long in a thread of its own.
pub(super) async fn apart<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    let (reply, answer) = oneshot::channel();
    let thread = Builder::new()
        .name(name.to_owned())
        .spawn(move || drop(reply.send(run())));
    thread.map_err(|error| StoreError::Unavailable(format!("no thread can be begun: {error}")))?;
    answer.await.map_err(|_| closed())
}
