//! Reads: a few threads with a connection each, which take turns.
//!
//! Owns: the threads' queue, and the transactions around reads. Does not own: what is read.
//! Invariants: a read is one transaction, so it sees one moment; the moment is not before it was asked for.

use super::fault::{Fault, Step, closed};
use super::scan::{self, Sight};
use super::shared::Shared;
use crate::error::StoreError;
use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;
use std::collections::VecDeque;
use tokio::sync::oneshot;

/// How often a read begins anew because the index has moved on meanwhile.
const TRIES: usize = 100;

/// What a read sees.
pub(super) struct Reader<'r> {
    pub(super) connection: &'r Connection,
    pub(super) shared: &'r Shared,
    pub(super) sight: Sight,
}

type Ask = Box<dyn FnOnce(&Connection, &Shared) + Send>;

/// What waits to be read.
#[derive(Default)]
pub(super) struct Readers {
    waiting: Mutex<Waiting>,
    more: Condvar,
}

#[derive(Default)]
struct Waiting {
    asks: VecDeque<Ask>,
    ended: bool,
}

impl Readers {
    /// Reads, in one transaction.
    pub(super) async fn read<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Reader<'_>) -> Step<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let ask: Ask = Box::new(move |connection, shared| {
            if !reply.is_closed() {
                let result = in_transaction(connection, shared, &read);
                drop(reply.send(result));
            }
        });
        {
            let mut waiting = self.waiting.lock();
            if waiting.ended {
                return Err(closed());
            }
            waiting.asks.push_back(ask);
        }
        self.more.notify_one();
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Takes no more reads; those that wait are done.
    pub(super) fn end(&self) {
        self.waiting.lock().ended = true;
        self.more.notify_all();
    }

    fn next(&self) -> Option<Ask> {
        let mut waiting = self.waiting.lock();
        loop {
            if let Some(ask) = waiting.asks.pop_front() {
                return Some(ask);
            }
            if waiting.ended {
                return None;
            }
            self.more.wait(&mut waiting);
        }
    }
}

/// Reads until there is no more to come.
pub(super) fn run(connection: &Connection, shared: &Shared) {
    while let Some(ask) = shared.readers.next() {
        ask(connection, shared);
    }
}

/// Reads in one transaction, which begins anew when the index has moved on.
pub(super) fn in_transaction<T>(
    connection: &Connection,
    shared: &Shared,
    read: &impl Fn(&Reader<'_>) -> Step<T>,
) -> Result<T, StoreError> {
    for _ in 0..TRIES {
        match once(connection, shared, read) {
            Err(Fault::Moved) => {}
            done => return done.map_err(StoreError::from),
        }
    }
    Err(Fault::Moved.into())
}

fn once<T>(
    connection: &Connection,
    shared: &Shared,
    read: &impl Fn(&Reader<'_>) -> Step<T>,
) -> Step<T> {
    connection.prepare_cached("BEGIN")?.execute([])?;
    let done = scan::settle(connection, &shared.index).and_then(|sight| {
        read(&Reader {
            connection,
            shared,
            sight,
        })
    });
    let ended = connection.prepare_cached("COMMIT")?.execute([]);
    let done = done?;
    ended?;
    Ok(done)
}
