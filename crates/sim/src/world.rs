//! Holds what everybody in a run shares: the data, the clock, the processes, the book.
//!
//! Owns: which processes live, and the clock's moves. Does not own: what is asked of them.

use crate::book::{Asked, Book, Ended, Shown, Try};
use crate::clock::{ProcessClock, SeededRandom, Wall};
use crate::disk::{Disk, Moment};
use crate::faults::{FaultyStore, Weather};
use crate::life::Life;
use crate::options::{Options, Shape};
use crate::rng::Rng;
use crate::told::{told_end, told_order};
use crate::trace::Trace;
use earnest_core::units::{ContractId, MemberId, Timestamp};
use earnest_engine::clock::Clock;
use earnest_engine::{Engine, Failure, Order};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// What everybody in a run shares.
#[derive(Debug)]
pub struct World {
    /// The data.
    pub disk: Arc<Disk>,
    /// The clock.
    pub wall: Arc<Wall>,
    /// How the run is laid out.
    pub shape: Shape,
    /// What a caller set.
    pub options: Options,
    /// Whether things go wrong.
    pub weather: Arc<Weather>,
    /// What was asked and answered.
    pub book: Mutex<Book>,
    /// What happened, for reading.
    pub trace: Arc<Trace>,
    processes: Mutex<Vec<Arc<Process>>>,
    begun: AtomicUsize,
    /// One change of a member's wishes at a time.
    pub(crate) wishing: Mutex<Vec<(MemberId, Arc<tokio::sync::Mutex<()>>)>>,
}

/// A process: an engine with a clock, a way to the data and a life.
#[derive(Debug)]
pub struct Process {
    /// Its number: every life has its own.
    pub number: usize,
    /// The engine.
    pub engine: Engine,
    /// Its clock.
    pub clock: Arc<ProcessClock>,
    /// Its life.
    pub life: Life,
}

impl World {
    /// Makes a world in which nothing has happened.
    #[must_use]
    pub fn new(options: Options, shape: Shape, starts: Timestamp) -> Self {
        Self {
            disk: Arc::new(Disk::new(options.mutant)),
            wall: Arc::new(Wall::new(starts)),
            weather: Arc::new(Weather::new(shape.faults)),
            book: Mutex::default(),
            trace: Arc::new(Trace::new(options.trace)),
            processes: Mutex::default(),
            begun: AtomicUsize::new(0),
            wishing: Mutex::default(),
            shape,
            options,
        }
    }

    /// Writes a line down, with the instant on the wall.
    pub fn note(&self, line: impl FnOnce() -> String) {
        self.trace
            .note(|| format!("{} {}", self.wall.now(), line()));
    }

    /// Says that something happened that never should.
    pub fn complain(&self, what: String) {
        self.note(|| format!("COMPLAINT {what}"));
        self.book.lock().complaints.push(what);
    }

    /// Begins a process, and tries again where the data cannot be read.
    ///
    /// # Errors
    /// When it cannot be opened for a reason that does not pass.
    pub async fn open(&self, rng: &mut Rng) -> Result<Arc<Process>, Failure> {
        let number = self.begun.fetch_add(1, SeqCst);
        let life = Life::new(number);
        let clock = Arc::new(ProcessClock::new(Arc::clone(&self.wall), off(rng)));
        self.show(number, &clock);
        let store = FaultyStore::new(
            Arc::clone(&self.disk),
            Arc::clone(&self.weather),
            life.clone(),
            rng.fork(),
            Arc::clone(&self.trace),
        );
        let store: Arc<dyn earnest_store::Store> = Arc::new(store);
        let random = Arc::new(SeededRandom::new(rng.fork()));
        let engine = loop {
            let (store, clock, random) =
                (Arc::clone(&store), Arc::clone(&clock), Arc::clone(&random));
            match Engine::open(store, clock, random, self.shape.engine.clone()).await {
                Ok(engine) => break engine,
                Err(Failure::Unavailable(_)) => {}
                Err(failure) => return Err(failure),
            }
        };
        // They end with the life: no call to the store comes back then.
        drop(engine.start());
        self.note(|| format!("p{number} opens"));
        let process = Arc::new(Process {
            number,
            engine,
            clock,
            life,
        });
        self.processes.lock().push(Arc::clone(&process));
        Ok(process)
    }

    /// Returns the processes that live.
    #[must_use]
    pub fn alive(&self) -> Vec<Arc<Process>> {
        self.processes.lock().clone()
    }

    /// Returns one of the processes that live.
    #[must_use]
    pub fn some_process(&self, rng: &mut Rng) -> Option<Arc<Process>> {
        rng.some(&self.processes.lock()).cloned()
    }

    /// Ends a process at once, whatever it is doing.
    pub fn kill(&self, process: &Process) {
        self.note(|| format!("{} dies", process.life.name()));
        process.life.end();
        self.processes
            .lock()
            .retain(|it| it.number != process.number);
    }

    /// Moves the clock on for everybody.
    pub fn jump(&self, millis: i64) {
        self.wall.jump(millis);
        self.note(|| format!("the clock jumps by {millis} ms"));
        for process in self.alive() {
            self.show(process.number, &process.clock);
        }
    }

    /// Sets a process' clock anew, a little before or after the wall's.
    pub fn set_off(&self, process: &Process, millis: i64) {
        process.clock.set_off(millis);
        self.note(|| format!("the clock of {} is off by {millis} ms", process.life.name()));
        self.show(process.number, &process.clock);
    }

    fn show(&self, process: usize, clock: &ProcessClock) {
        let tick = self.disk.moment().tick;
        let at = clock.now();
        self.book.lock().clocks.push(Shown { tick, process, at });
    }

    /// Enters an order into the book.
    pub fn enter(&self, make: impl FnOnce(usize) -> Order) -> usize {
        let mut book = self.book.lock();
        let number = book.orders.len();
        let order = make(number);
        book.orders.push(Asked {
            order,
            tries: Vec::new(),
        });
        number
    }

    /// Notes that an order is given, and returns it and the number of the try.
    #[must_use]
    pub fn begin_try(&self, number: usize, process: &Process) -> (Order, usize) {
        let from = self.disk.moment();
        let mut book = self.book.lock();
        let asked = &mut book.orders[number];
        asked.tries.push(Try {
            process: process.number,
            from,
            to: None,
            ended: Ended::NotYet,
        });
        let (order, at) = (asked.order.clone(), asked.tries.len() - 1);
        drop(book);
        self.note(|| {
            let name = process.life.name();
            format!(
                "#{number}.{at} asks {name} ({}): {}",
                process.clock.now(),
                told_order(&order)
            )
        });
        (order, at)
    }

    /// Notes what became of a try; returns whether the client knows now.
    pub fn end_try(&self, number: usize, at: usize, ended: Ended) -> bool {
        let to = self.disk.moment();
        self.note(|| format!("#{number}.{at} {}", told_end(&ended)));
        if let Ended::Answered(Err(Failure::Internal(why))) = &ended {
            self.complain(format!("#{number} was answered with a bug: {why}"));
        }
        let mut book = self.book.lock();
        if let Ended::Answered(Ok(done)) = &ended {
            let contract = book.orders[number].order.contract.clone();
            book.hear(&contract, &done.reply);
        }
        let one = &mut book.orders[number].tries[at];
        one.to = Some(to);
        one.ended = ended;
        one.verdict().is_some()
    }

    /// Returns a moment of its own.
    #[must_use]
    pub fn moment(&self) -> Moment {
        self.disk.moment()
    }

    /// Returns the ids of all contracts that clients have heard of.
    #[must_use]
    pub fn contracts(&self) -> Vec<ContractId> {
        let book = self.book.lock();
        book.heard.iter().map(|it| it.contract.clone()).collect()
    }

    pub(crate) fn wishing(&self, member: &MemberId) -> Arc<tokio::sync::Mutex<()>> {
        let mut all = self.wishing.lock();
        if let Some((_, lock)) = all.iter().find(|(it, _)| it == member) {
            return Arc::clone(lock);
        }
        let lock = Arc::new(tokio::sync::Mutex::new(()));
        all.push((member.clone(), Arc::clone(&lock)));
        lock
    }
}

/// Draws by how much a clock is off: processes on one store differ by less than the engine allows for.
#[must_use]
pub fn off(rng: &mut Rng) -> i64 {
    match rng.below(4) {
        0 | 1 => 0,
        2 => rng.span(0, 4) - 2,
        _ => rng.span(0, 500_000) - 250_000,
    }
}
