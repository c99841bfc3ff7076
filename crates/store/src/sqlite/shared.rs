//! Holds what the threads of a store have in common.
//!
//! Owns: how threads wake each other, and how everything ends. Does not own: what any of them does.

use super::fault::{Step, closed};
use super::index::Index;
use super::options::Options;
use super::queue::{Job, Queue, Work};
use super::reader::Readers;
use super::watch::Seen;
use super::writer::Writer;
use crate::error::StoreError;
use parking_lot::{Condvar, Mutex, RwLock};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::sync::oneshot;

/// What the threads of a store have in common.
pub(super) struct Shared {
    pub(super) path: PathBuf,
    pub(super) options: Options,
    pub(super) index: RwLock<Index>,
    /// What is seen of other processes' commits.
    pub(super) seen: Seen,
    pub(super) queue: Queue,
    pub(super) readers: Readers,
    pub(super) keeper: Bell,
    pub(super) checkpointer: Bell,
    /// Rings when the writer has ended a checkpoint.
    pub(super) checkpointed: Bell,
    pub(super) figures: Figures,
}

/// What is counted.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) commits: AtomicU64,
    pub(super) batches: AtomicU64,
    pub(super) micros: AtomicU64,
    /// How many bytes of the write-ahead log are in use.
    pub(super) wal: AtomicU64,
}

impl Shared {
    pub(super) fn new(path: PathBuf, options: Options) -> Self {
        Self {
            path,
            index: RwLock::default(),
            seen: Seen::default(),
            queue: Queue::new(options.waiting),
            readers: Readers::default(),
            keeper: Bell::default(),
            checkpointer: Bell::default(),
            checkpointed: Bell::default(),
            figures: Figures::default(),
            options,
        }
    }

    /// Lets the writer do something in a transaction, and returns what came of it. What is done may be done
    /// twice, when the first transaction fails.
    pub(super) fn write<T, F>(&self, run: F) -> Result<Awaited<T>, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut Writer<'_>) -> Step<T> + Send + 'static,
    {
        let (job, answer) = task(run, |_, _| ());
        self.queue.push(job)?;
        Ok(answer)
    }

    /// As [`Shared::write`], for the store itself, also while it closes; `then` is called by the writer right
    /// after the commit.
    pub(super) fn write_own<T, F, G>(&self, run: F, then: G) -> Result<Awaited<T>, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut Writer<'_>) -> Step<T> + Send + 'static,
        G: FnOnce(&T, &Shared) + Send + 'static,
    {
        let (job, answer) = task(run, then);
        self.queue.push_own(job)?;
        Ok(answer)
    }

    /// Says that the writer has ended a checkpoint.
    pub(super) fn checkpoint_ended(&self) {
        self.checkpointed.raise();
    }

    /// Lets everything end, in time.
    pub(super) fn end(&self) {
        self.queue.close();
        self.readers.end();
        self.keeper.end();
        self.checkpointer.end();
        self.checkpointed.end();
    }
}

/// Waits for what the writer says.
pub(super) async fn answered<T>(asked: Result<Awaited<T>, StoreError>) -> Result<T, StoreError> {
    asked?.await.unwrap_or_else(|_| Err(closed()))
}

/// Waits for what the writer says, in a thread of the store.
pub(super) fn answered_here<T>(asked: Result<Awaited<T>, StoreError>) -> Result<T, StoreError> {
    asked?.blocking_recv().unwrap_or_else(|_| Err(closed()))
}

/// What the writer will say.
type Awaited<T> = oneshot::Receiver<Result<T, StoreError>>;

fn task<T, F, G>(run: F, then: G) -> (Job, Awaited<T>)
where
    T: Send + 'static,
    F: FnMut(&mut Writer<'_>) -> Step<T> + Send + 'static,
    G: FnOnce(&T, &Shared) + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    let task = Task {
        run,
        then,
        result: None,
        reply,
    };
    (Job::Work(Box::new(task)), answer)
}

struct Task<T, F, G> {
    run: F,
    then: G,
    result: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F, G> Work for Task<T, F, G>
where
    T: Send,
    F: FnMut(&mut Writer<'_>) -> Step<T> + Send,
    G: FnOnce(&T, &Shared) + Send,
{
    fn run(&mut self, writer: &mut Writer<'_>) -> Step<()> {
        self.result = Some((self.run)(writer)?);
        Ok(())
    }

    fn done(self: Box<Self>, ended: Result<(), StoreError>, shared: &Shared) {
        let Self {
            then,
            result,
            reply,
            ..
        } = *self;
        let result = ended.and_then(|()| result.ok_or_else(closed));
        if let Ok(result) = &result {
            then(result, shared);
        }
        // Nobody may be waiting any more.
        drop(reply.send(result));
    }
}

/// Wakes a thread.
#[derive(Debug, Default)]
pub(super) struct Bell {
    state: Mutex<Rung>,
    rung: Condvar,
}

#[derive(Debug, Default)]
struct Rung {
    raised: bool,
    ended: bool,
}

/// Why a thread goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Woken {
    /// Somebody raised it.
    Raised,
    /// Nobody did for as long as it wanted to wait.
    Late,
    /// Everything ends.
    Ended,
}

impl Bell {
    pub(super) fn raise(&self) {
        self.state.lock().raised = true;
        self.rung.notify_all();
    }

    pub(super) fn end(&self) {
        self.state.lock().ended = true;
        self.rung.notify_all();
    }

    pub(super) fn has_ended(&self) -> bool {
        self.state.lock().ended
    }

    /// Waits until it is raised, or as long as given.
    pub(super) fn wait(&self, longest: Option<Duration>) -> Woken {
        let mut state = self.state.lock();
        loop {
            if state.ended {
                return Woken::Ended;
            }
            if std::mem::take(&mut state.raised) {
                return Woken::Raised;
            }
            match longest {
                None => self.rung.wait(&mut state),
                Some(longest) => {
                    if self.rung.wait_for(&mut state, longest).timed_out() && !state.raised {
                        return if state.ended {
                            Woken::Ended
                        } else {
                            Woken::Late
                        };
                    }
                }
            }
        }
    }
}
