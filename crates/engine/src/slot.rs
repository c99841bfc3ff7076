//! Gives every contract a place where its orders queue and one task at a time works on them.
//!
//! Owns: queues, who drives one, which contracts are in memory. Does not own: what is done with an order
//! ([`crate::round`]). Invariants: of one contract one task decides and commits at a time, in the order of
//! arrival; while a commit is under way orders queue up and are decided together next; what waits is bounded.

use crate::engine::Engine;
use crate::failure::Failure;
use crate::hot::Hot;
use crate::order::Order;
use crate::record::Done;
use crate::round;
use earnest_core::command::Recipient;
use earnest_core::policy::Policy;
use earnest_core::units::{ContractId, Timestamp};
use futures_util::FutureExt;
use hashbrown::HashMap;
use parking_lot::Mutex;
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// How many jobs are decided together at most.
const ROUND_MOST: usize = 2_048;
/// How many rounds long others are expected to be at work on a contract after one of them was faster.
const CONTENDED_ROUNDS: u32 = 200;

/// The contracts that are in memory, or on their way there.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    table: Mutex<Table>,
    ticks: AtomicU64,
}

#[derive(Debug, Default)]
struct Table {
    all: HashMap<ContractId, Entry>,
    /// The weight of all of them, in bytes.
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    slot: Arc<Slot>,
    used: u64,
    weight: usize,
}

/// A contract's place.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) id: ContractId,
    queue: Mutex<Queue>,
    hot: tokio::sync::Mutex<Option<Hot>>,
    /// The number of the newest event that another process is known to have committed.
    known: AtomicU64,
    /// Whether another process has committed since somebody looked, perhaps without an event.
    has_moved: AtomicBool,
    /// The number of an event of this process' own that may come without anybody hearing of it; 0 where there is none.
    may_come: AtomicU64,
    /// For how many rounds more others are expected to be at work on the contract too.
    contended: AtomicU32,
}

#[derive(Debug, Default)]
struct Queue {
    jobs: VecDeque<Job>,
    is_driven: bool,
}

/// Something to do with a contract.
pub(crate) enum Job {
    /// An order.
    Order(Box<OrderJob>),
    /// A question, asked of the contract as it is at an instant.
    Read(ReadJob),
}

/// An order with what it needs to know of others than the contract.
pub(crate) struct OrderJob {
    pub(crate) order: Order,
    pub(crate) prepared: Prepared,
    pub(crate) reply: oneshot::Sender<Result<Done, Failure>>,
    pub(crate) waiting: Waiting,
}

impl OrderJob {
    /// Answers the order.
    pub(crate) fn answer(self: Box<Self>, result: Result<Done, Failure>) {
        drop(self.waiting);
        // Whoever asked may have gone away.
        drop(self.reply.send(result));
    }
}

/// Counts an order among those that wait, until this is dropped.
pub(crate) struct Waiting(Engine);

impl Waiting {
    /// Counts one more, unless as many wait as may.
    pub(crate) fn begin(engine: &Engine) -> Result<Self, Failure> {
        let most = u64::try_from(engine.options().waiting_most).unwrap_or(u64::MAX);
        let waiting = &engine.metrics().waiting;
        if waiting.load(Ordering::Relaxed) >= most {
            return Err(Failure::Overloaded);
        }
        waiting.fetch_add(1, Ordering::Relaxed);
        Ok(Self(engine.clone()))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.metrics().waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What an order needs to know of others than the contract.
#[derive(Debug, Clone)]
pub(crate) enum Prepared {
    /// Nothing.
    Nothing,
    /// What its recipients wish, in their order.
    Recipients(SmallVec<[Recipient; 1]>),
    /// The policy that it names, and how that is kept.
    Policy(Arc<Policy>, crate::policies::PolicyText),
    /// Whether the recipient blocks the sender.
    Blocked(bool),
}

/// What is done with a contract, and the instant it is seen at, once it is there.
type Question = Box<dyn FnOnce(Result<(&mut Hot, Timestamp), Failure>) + Send + Sync>;

/// A question.
pub(crate) struct ReadJob {
    pub(crate) run: Question,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Order(job) => f.debug_tuple("Order").field(&job.order.what).finish(),
            Self::Read(_) => f.write_str("Read"),
        }
    }
}

impl Job {
    /// Answers with a failure.
    pub(crate) fn fail(self, failure: Failure) {
        match self {
            Self::Order(job) => job.answer(Err(failure)),
            Self::Read(job) => (job.run)(Err(failure)),
        }
    }
}

impl Slot {
    /// Returns whether somebody who knows the contract up to an event has to look what others have committed. Whoever is
    /// told so looks.
    pub(crate) fn is_behind(&self, seq: u64) -> bool {
        self.has_moved.swap(false, Ordering::AcqRel)
            || seq < self.known.load(Ordering::Acquire)
            || seq < self.may_come.load(Ordering::Acquire)
    }

    /// Notes that a commit whose outcome nobody knows may bring an event of that number: until the contract has moved on
    /// it is looked for in each round, since a store does not tell a process of what it has done itself.
    pub(crate) fn may_come_to(&self, seq: u64) {
        self.may_come.fetch_max(seq, Ordering::AcqRel);
    }

    /// Notes up to which event the contract has moved on.
    fn has_come_to(&self, seq: u64) {
        if self.may_come.load(Ordering::Acquire) <= seq {
            self.may_come.store(0, Ordering::Release);
        }
    }

    /// Notes that another process was faster: what it committed has to be looked at, and it may be so again.
    pub(crate) fn was_overtaken(&self) {
        self.has_moved.store(true, Ordering::Release);
        self.contended.store(CONTENDED_ROUNDS, Ordering::Relaxed);
    }

    /// Counts a round, and returns whether others are expected to be faster in it.
    pub(crate) fn is_contended(&self) -> bool {
        // One task at a time counts.
        let left = self.contended.load(Ordering::Relaxed);
        self.contended
            .store(left.saturating_sub(1), Ordering::Relaxed);
        left > 0
    }

    fn take(&self) -> VecDeque<Job> {
        let mut queue = self.queue.lock();
        let most = queue.jobs.len().min(ROUND_MOST);
        let jobs: VecDeque<Job> = queue.jobs.drain(..most).collect();
        if jobs.is_empty() {
            queue.is_driven = false;
        }
        jobs
    }
}

impl Slots {
    /// Notes that another process has committed to a contract.
    pub(crate) fn moved(&self, contract: &ContractId, seq: u64) {
        if let Some(entry) = self.table.lock().all.get(contract) {
            entry.slot.known.fetch_max(seq, Ordering::AcqRel);
            entry.slot.has_moved.store(true, Ordering::Release);
        }
    }

    /// Returns how many contracts are in memory, and their weight in bytes.
    pub(crate) fn weight(&self) -> (usize, usize) {
        let table = self.table.lock();
        (table.all.len(), table.bytes)
    }

    fn of(&self, contract: &ContractId) -> Arc<Slot> {
        let used = self.ticks.fetch_add(1, Ordering::Relaxed);
        let mut table = self.table.lock();
        if let Some(entry) = table.all.get_mut(contract) {
            entry.used = used;
            return Arc::clone(&entry.slot);
        }
        let slot = Arc::new(Slot {
            id: contract.clone(),
            queue: Mutex::default(),
            hot: tokio::sync::Mutex::new(None),
            known: AtomicU64::new(0),
            has_moved: AtomicBool::new(false),
            may_come: AtomicU64::new(0),
            contended: AtomicU32::new(0),
        });
        let entry = Entry {
            slot: Arc::clone(&slot),
            used,
            weight: 0,
        };
        table.all.insert(contract.clone(), entry);
        slot
    }

    /// Notes a contract's weight, and lets others go where memory is short. A contract that has no weight is
    /// not in memory: its place goes when nobody uses it.
    fn weigh(&self, contract: &ContractId, weight: usize, most: usize) {
        let mut table = self.table.lock();
        let Some(entry) = table.all.get_mut(contract) else {
            return;
        };
        let before = std::mem::replace(&mut entry.weight, weight);
        let is_over = weight == 0 && entry.is_idle();
        table.bytes = table.bytes.saturating_sub(before).saturating_add(weight);
        if is_over {
            table.all.remove(contract);
        }
        if table.bytes > most {
            table.make_room(contract, most / 10 * 9);
        }
    }
}

impl Table {
    /// Lets contracts go that nobody uses, those that were used longest ago first, until the others weigh no
    /// more than `most`.
    fn make_room(&mut self, but: &ContractId, most: usize) {
        let idle = self
            .all
            .iter()
            .filter(|(id, entry)| *id != but && entry.is_idle());
        let mut idle: Vec<_> = idle.map(|(id, entry)| (entry.used, id.clone())).collect();
        idle.sort_unstable();
        for (_, id) in idle {
            if self.bytes <= most {
                return;
            }
            if let Some(entry) = self.all.remove(&id) {
                self.bytes = self.bytes.saturating_sub(entry.weight);
            }
        }
    }
}

impl Entry {
    /// Returns whether nobody works on the contract or is about to, and nothing may come to it unheard.
    fn is_idle(&self) -> bool {
        Arc::strong_count(&self.slot) == 1
            && self.slot.may_come.load(Ordering::Acquire) == 0
            && !self.slot.queue.lock().is_driven
    }
}

impl Engine {
    /// Puts a job into its contract's queue, and sees that somebody works on it.
    pub(crate) fn enqueue(&self, contract: &ContractId, job: Job) {
        self.enqueue_all(contract, std::iter::once(job));
    }

    /// Puts jobs into their contract's queue, in order and next to each other, and sees that somebody works on it.
    pub(crate) fn enqueue_all(&self, contract: &ContractId, jobs: impl IntoIterator<Item = Job>) {
        drop(self.drive_with(contract, jobs));
    }

    /// Puts jobs into their contract's queue, in order and next to each other. Returns the work on it, where nobody is at
    /// it.
    pub(crate) fn drive_with(
        &self,
        contract: &ContractId,
        jobs: impl IntoIterator<Item = Job>,
    ) -> Drive {
        let slot = self.slots().of(contract);
        let mut queue = slot.queue.lock();
        queue.jobs.extend(jobs);
        if std::mem::replace(&mut queue.is_driven, true) {
            return Drive(None);
        }
        drop(queue);
        let work = Box::pin(drive(self.clone(), slot));
        Drive(Some((work, Handle::current())))
    }

    /// Asks a question of a contract, as it is now.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        contract: &ContractId,
        question: impl FnOnce(&mut Hot, Timestamp) -> T + Send + Sync + 'static,
    ) -> Result<T, Failure> {
        let (reply, answer) = oneshot::channel();
        let run = Box::new(move |hot: Result<(&mut Hot, Timestamp), Failure>| {
            // Whoever asked may have gone away.
            drop(reply.send(hot.map(|(hot, at)| question(hot, at))));
        });
        self.enqueue(contract, Job::Read(ReadJob { run }));
        answer.await.unwrap_or_else(|_| Err(gave_up()))
    }
}

/// Says that a bug kept an order from its answer.
pub(crate) fn gave_up() -> Failure {
    Failure::Internal("the order was given up; the log says why".to_owned())
}

/// The work on a contract's queue until it is empty. It goes on in a task of its own when this is dropped: when whoever
/// did it has their own answer, or has gone away.
pub(crate) struct Drive(Option<(Work, Handle)>);

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Drive {
    /// Works until an answer is there that comes of it. So whoever gives an order to a contract at rest needs no other
    /// task, and is not moved to another thread and back for it.
    pub(crate) async fn until<T>(mut self, answer: impl Future<Output = T>) -> T {
        let mut answer = pin!(answer);
        poll_fn(|context| {
            if let Some((work, _)) = &mut self.0
                && work.as_mut().poll(context).is_ready()
            {
                self.0 = None;
            }
            answer.as_mut().poll(context)
        })
        .await
    }
}

impl Drop for Drive {
    fn drop(&mut self) {
        if let Some((work, runtime)) = self.0.take() {
            runtime.spawn(work);
        }
    }
}

/// Works on a contract's queue until it is empty.
async fn drive(engine: Engine, slot: Arc<Slot>) {
    let mut hot = slot.hot.lock().await;
    loop {
        let jobs = slot.take();
        if jobs.is_empty() {
            break;
        }
        let work = AssertUnwindSafe(round::work(&engine, &slot, &mut hot, jobs));
        if work.catch_unwind().await.is_err() {
            // A broken invariant: what is in memory is not to be trusted any more.
            tracing::error!(contract = %slot.id, "an order on contract {} was given up", slot.id);
            *hot = None;
        }
    }
    slot.has_come_to(hot.as_ref().map_or(0, |hot| hot.seq));
    let weight = hot.as_ref().map_or(0, Hot::weight);
    drop(hot);
    let id = slot.id.clone();
    drop(slot);
    engine.slots().weigh(&id, weight, engine.options().memory);
}
