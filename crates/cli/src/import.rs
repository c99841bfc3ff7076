//! Tells a store the history that a message log holds.
//!
//! Owns: turning a log into the engine's orders, contract by contract, and counting what comes of them. Does not
//! own: reading logs ([`earnest_backtest::log`]), what becomes of an order ([`earnest_engine`]).
//!
//! A contract's part of a log is told in order, a part at a time, and every part is committed whole before the
//! next. So what is there of a contract is always the beginning of its story, and the newest event says how far
//! it was told: an import that was broken off goes on from there, and one that was done adds nothing.
//! Invariants: the same log gives the same ids; what was told is not told again; a refused message is not sent,
//! so its answer does not happen; the counts are those of `earnest backtest`.

mod lane;
mod names;
mod orders;
mod stand;

use crate::error::Error;
use crate::lock::Importing;
use crate::store::refused;
use earnest_backtest::log::{Log, Message};
use earnest_core::policy::Policy;
use earnest_core::units::{ContractId, Timestamp};
use earnest_engine::{Author, Engine, Order, What};
use lane::Lane;
use names::Names;
use serde::Serialize;
use stand::Stand;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many contracts' stories are told side by side, each by a task.
const LANES: usize = 4;

/// A log, and how its story is told.
pub(crate) struct Import {
    /// The log, read with the names of its campaigns.
    pub(crate) log: Arc<Log>,
    /// The policy that contracts follow.
    pub(crate) policy: Arc<Policy>,
    /// Whether messages are paid from unlimited credits instead of those that the policy grants.
    pub(crate) unlimited: bool,
    /// Up to when the story is told, and what falls due recorded; nothing means that only what happened is told.
    pub(crate) until: Option<Timestamp>,
    /// Whether the contracts are set live in the end.
    pub(crate) live: bool,
    /// By how many milliseconds the log is moved.
    pub(crate) shift: i64,
    /// What contracts are called and messages say.
    pub(crate) words: Box<dyn Words>,
}

/// Gives contracts their names and messages their texts, which logs do not have.
pub(crate) trait Words: Send + Sync {
    /// Returns a contract's name for people.
    fn contract(&self, id: &str) -> String;

    /// Returns a message's subject and body.
    fn message(&self, message: &Message) -> (String, String);

    /// Returns the note that comes with an answer.
    fn note(&self, message: &Message) -> Option<String>;

    /// Returns to whom a message goes where that is not whom the log names.
    fn recipient(&self, _message: &Message) -> Option<&str> {
        None
    }
}

/// Says nothing beyond what the log says.
pub(crate) struct NoWords;

impl Words for NoWords {
    fn contract(&self, id: &str) -> String {
        id.to_owned()
    }

    fn message(&self, _: &Message) -> (String, String) {
        (String::new(), String::new())
    }

    fn note(&self, _: &Message) -> Option<String> {
        None
    }
}

/// What came of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
pub(crate) struct Told {
    /// Contracts of the log.
    pub(crate) contracts: u64,
    /// Seats of the log.
    pub(crate) seats: u64,
    /// Cold messages in the log, up to the end.
    pub(crate) messages: u64,
    /// Those that are in the store now.
    pub(crate) sent: u64,
    /// Those that were refused, by code.
    pub(crate) refused: BTreeMap<String, u64>,
    /// Those that an earlier import was refused; their codes are not kept.
    pub(crate) refused_before: u64,
    /// Answers to messages that were sent.
    pub(crate) answers: u64,
    /// Contracts, seats, credits, messages, answers and sights that this import added.
    pub(crate) added: u64,
    /// Those that were there before.
    pub(crate) there: u64,
}

impl Told {
    pub(crate) fn add(&mut self, other: Self) {
        self.contracts += other.contracts;
        self.seats += other.seats;
        self.messages += other.messages;
        self.sent += other.sent;
        for (code, count) in other.refused {
            *self.refused.entry(code).or_default() += count;
        }
        self.refused_before += other.refused_before;
        self.answers += other.answers;
        self.added += other.added;
        self.there += other.there;
    }
}

impl Import {
    /// Returns an instant of the log as it is told.
    fn moved(&self, at: Timestamp) -> Timestamp {
        at.plus_millis(self.shift)
    }

    /// Returns whether messages are paid from the credits that the policy grants.
    fn is_granted(&self) -> bool {
        !self.unlimited && self.policy.allots()
    }

    /// Returns how many messages there are to tell.
    pub(crate) fn messages(&self) -> u64 {
        u64::try_from(self.log.messages()).unwrap_or(u64::MAX)
    }
}

/// Refuses a log that tells, up to `until`, of what has not happened yet: nobody may tell that.
///
/// # Errors
/// Which line it is.
pub(crate) fn check_past(log: &Log, until: Option<Timestamp>, now: Timestamp) -> Result<(), Error> {
    let until = until.unwrap_or(Timestamp::MAX);
    let is_future = |at: &Timestamp| *at <= until && *at > now;
    let messages = log.histories().flat_map(|history| history.messages());
    let bad = messages.filter_map(|message| {
        let instants = [
            Some(message.sent_at()),
            message.responded_at(),
            message.seen_at(),
        ];
        let at = instants.into_iter().flatten().find(is_future)?;
        Some((message.line(), at))
    });
    match bad.min() {
        None => Ok(()),
        Some((line, at)) => Err(Error::Input(format!(
            "line {line}: {at} has not come yet; a store is told of what has happened, or `--until INSTANT` leaves the rest out"
        ))),
    }
}

/// Tells the store the log's story, as long as nobody else does: who has not seen to that gives nothing. `progress`
/// is told how many messages more are done.
///
/// # Errors
/// When the store has contracts of these ids that are not the log's, or fails.
pub(crate) async fn run(
    engine: &Engine,
    import: &Arc<Import>,
    alone: Option<Arc<Importing>>,
    progress: Arc<dyn Fn(u64) + Send + Sync>,
) -> Result<Told, Error> {
    let names = Arc::new(Names::of(&import.log));
    let stands = stand::find(engine, import, &names).await?;
    let order = largest_first(import);
    let shared = Arc::new(Shared {
        engine: engine.clone(),
        import: Arc::clone(import),
        names,
        stands,
        order,
        next: AtomicUsize::new(0),
        alone,
        progress,
    });
    let lanes: Vec<_> = (0..LANES)
        .map(|_| tokio::spawn(Lane::new(Arc::clone(&shared)).run()))
        .collect();
    let mut told = Told::default();
    let mut failed = None;
    for lane in lanes {
        match lane.await {
            Ok(Ok(part)) => told.add(part),
            Ok(Err(error)) => failed = failed.or(Some(error)),
            Err(error) => failed = failed.or(Some(Error::Input(error.to_string()))),
        }
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(told),
    }
}

/// Returns the contracts' numbers, the largest first, so that no lane is left with one at the end.
fn largest_first(import: &Import) -> Vec<usize> {
    let until = import.until.unwrap_or(Timestamp::MAX);
    let begins = |contract: &usize| {
        let history = import.log.history(*contract);
        history.is_some_and(|history| import.moved(history.start()) <= until)
    };
    let mut order: Vec<usize> = (0..import.log.contracts()).filter(begins).collect();
    let size = |contract: &usize| {
        import
            .log
            .history(*contract)
            .map_or(0, |it| it.actions().len())
    };
    order.sort_by_key(|contract| std::cmp::Reverse(size(contract)));
    order
}

/// What all lanes share.
struct Shared {
    engine: Engine,
    import: Arc<Import>,
    names: Arc<Names>,
    /// How far each contract was told before.
    stands: Vec<Stand>,
    /// The contracts in the order in which they are taken.
    order: Vec<usize>,
    next: AtomicUsize,
    alone: Option<Arc<Importing>>,
    progress: Arc<dyn Fn(u64) + Send + Sync>,
}

impl Shared {
    /// Sees that nobody else has begun to tell a story meanwhile.
    async fn look_again(&self) -> Result<(), Error> {
        match &self.alone {
            Some(alone) => alone.look_again(&self.engine).await,
            None => Ok(()),
        }
    }

    /// Takes the next contract that nobody has taken.
    fn take(&self) -> Option<usize> {
        self.order
            .get(self.next.fetch_add(1, Ordering::Relaxed))
            .copied()
    }

    /// Ends a contract's story: records what falls due up to the end, and sets it live.
    async fn end(&self, contract: &ContractId) -> Result<u64, Error> {
        let mut added = 0;
        if let Some(until) = self.import.until {
            let recorded = self.engine.tell_up_to(contract, until).await;
            added += recorded.map_err(refused)?;
        }
        if self.import.live {
            let order = Order {
                contract: contract.clone(),
                what: What::GoLive,
                author: Author::Import,
                at: None,
                key: None,
            };
            self.engine.submit(order).await.map_err(refused)?;
        }
        Ok(added)
    }
}
