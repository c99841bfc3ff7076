//! Plays one seed: what is begun when, what dies when, how time moves, and what is looked at in the end.
//!
//! Owns: the order of a run. Invariant: everything follows from the seed; there is one thread, and no clock but
//! the run's own.

use crate::auditor;
use crate::client::{give, give_together, read_wishes, wish};
use crate::options::{Options, Shape};
use crate::policies;
use crate::reader::{Question, ask, read};
use crate::rng::Rng;
use crate::teller;
use crate::workload::{self, Writer, id};
use crate::world::{World, off};
use earnest_core::units::{ContractId, Timestamp};
use earnest_engine::{Failure, Order};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;

/// What a run came to.
#[derive(Debug)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// What was wrong; nothing where all is well.
    pub wrong: Vec<String>,
    /// How many orders were given.
    pub orders: usize,
    /// How many events the log has.
    pub events: usize,
    /// How many answers and questions were held against the log.
    pub claims: usize,
    /// What happened, where that was asked for.
    pub trace: Vec<String>,
    /// A number that two runs share when they were the same.
    pub digest: u64,
}

/// Plays a seed.
///
/// # Panics
/// When the system has no room for a runtime.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "without a runtime nothing can be played"
)]
pub fn run(seed: u64, options: &Options) -> Report {
    let mut rng = Rng::new(seed);
    let shape = Shape::draw(&mut rng);
    let start = *rng.pick(&[
        1_420_070_400_000,
        1_419_984_000_000,
        1_422_694_799_999,
        1_456_704_000_000,
    ]);
    let start = Timestamp::from_millis(start).unwrap_or(Timestamp::MIN);
    let world = Arc::new(World::new(options.clone(), shape, start));
    world.note(|| format!("seed {seed}: {:?}", world.shape));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime of one thread");
    let played = runtime.block_on(Play::new(&world, rng).play());
    if let Err(failure) = played {
        world.complain(format!("the run could not be played: {failure:?}"));
    }
    drop(runtime);
    let audit = auditor::audit(&world);
    let book = world.book.lock();
    let mut wrong = book.complaints.clone();
    wrong.extend(audit.wrong);
    Report {
        seed,
        wrong,
        orders: book.orders.len(),
        events: audit.events,
        claims: audit.claims,
        trace: world.trace.lines(),
        digest: audit.digest,
    }
}

struct Play<'a> {
    world: &'a Arc<World>,
    rng: Rng,
    tasks: JoinSet<()>,
    contracts: Vec<ContractId>,
}

impl<'a> Play<'a> {
    fn new(world: &'a Arc<World>, rng: Rng) -> Self {
        let contracts = (0..world.shape.contracts).map(|at| id(&format!("c{at}")));
        Self {
            contracts: contracts.collect(),
            world,
            rng,
            tasks: JoinSet::new(),
        }
    }

    async fn play(mut self) -> Result<(), Failure> {
        self.set_up().await?;
        for _ in 0..self.world.shape.steps {
            self.step().await?;
            self.pause().await;
        }
        self.calm_down().await?;
        self.sweep_all().await?;
        self.look_at_all().await?;
        Ok(())
    }

    /// Uploads policies, begins the contracts, and lets things go wrong from then on.
    async fn set_up(&mut self) -> Result<(), Failure> {
        let first = self.world.open(&mut self.rng).await?;
        for text in policies::TEXTS {
            first.engine.upload_policy(text).await?;
        }
        while self.world.alive().len() < self.world.shape.processes {
            self.world.open(&mut self.rng).await?;
        }
        let is_calm_at_first = self.rng.chance(75);
        self.world.weather.set_calm(is_calm_at_first);
        for contract in self.contracts.clone() {
            self.begin(&contract, is_calm_at_first).await;
        }
        self.world.weather.set_calm(false);
        for told in 0..self.world.shape.told {
            let contract: ContractId = id(&format!("told{told}"));
            self.contracts.push(contract.clone());
            let (world, rng) = (Arc::clone(self.world), self.rng.fork());
            self.tasks.spawn(teller::tell(world, contract, rng));
        }
        if self.world.shape.is_long {
            let contract: ContractId = id("long");
            self.contracts.push(contract.clone());
            let (world, rng) = (Arc::clone(self.world), self.rng.fork());
            self.tasks.spawn(teller::tell_much(world, contract, rng));
        }
        Ok(())
    }

    /// Begins a contract; where nothing goes wrong yet, with a seat and credits before anything else happens.
    async fn begin(&mut self, contract: &ContractId, waits: bool) {
        let mut rng = self.rng.fork();
        let number = self
            .world
            .enter(|number| workload::create(&mut rng, number, contract));
        if !waits {
            return self.spawn_give(number);
        }
        give(Arc::clone(self.world), number, self.rng.fork()).await;
        for what in workload::beginnings(&mut self.rng) {
            let number = self
                .world
                .enter(|number| workload::order(number, contract, what));
            give(Arc::clone(self.world), number, self.rng.fork()).await;
        }
    }

    async fn pause(&mut self) {
        match self.rng.below(3) {
            0 => {}
            1 => tokio::task::yield_now().await,
            _ => {
                let millis = self.rng.between(0, self.world.shape.pause_most);
                tokio::time::sleep(Duration::from_millis(millis)).await;
            }
        }
    }

    async fn step(&mut self) -> Result<(), Failure> {
        if self.rng.rarely(self.world.shape.faults.death) {
            self.kill_one();
        }
        if self.world.alive().len() < self.world.shape.processes && self.rng.chance(30) {
            self.world.open(&mut self.rng).await?;
        }
        match self.rng.below(100) {
            0..48 => self.give_one(),
            48..54 => self.give_twice(),
            54..60 => self.give_some(),
            60..72 => self.read_one(),
            72..80 => self.wish_one(),
            80..83 => self.read_wishes(),
            83..95 => self.move_time(),
            95..97 => self.set_a_clock(),
            _ => self.sweep_one(),
        }
        Ok(())
    }

    fn kill_one(&mut self) {
        if let Some(process) = self.world.some_process(&mut self.rng) {
            self.world.kill(&process);
        }
    }

    fn enter(&mut self) -> usize {
        let contract = self.rng.pick(&self.contracts).clone();
        let heard = self.heard(&contract);
        let now = self.world.wall.now();
        let rng = &mut self.rng;
        let write = |number| -> Order {
            let mut writer = Writer {
                rng,
                heard: &heard,
                now,
            };
            // A contract without seats is of no use.
            if heard.seats.is_empty() && writer.rng.chance(50) {
                let seat = workload::first_seat(writer.rng);
                return workload::order(number, &heard.contract, seat);
            }
            writer.order(number)
        };
        self.world.enter(write)
    }

    fn heard(&self, contract: &ContractId) -> crate::book::Heard {
        let book = self.world.book.lock();
        let heard = book.heard.iter().find(|it| it.contract == *contract);
        heard.cloned().unwrap_or_else(|| crate::book::Heard {
            contract: contract.clone(),
            seats: Vec::new(),
            messages: Vec::new(),
            grants: Vec::new(),
        })
    }

    fn spawn_give(&mut self, number: usize) {
        let (world, rng) = (Arc::clone(self.world), self.rng.fork());
        self.tasks.spawn(give(world, number, rng));
    }

    fn give_one(&mut self) {
        let number = self.enter();
        self.spawn_give(number);
    }

    /// Gives one order at two places at once.
    fn give_twice(&mut self) {
        let number = self.enter();
        self.spawn_give(number);
        self.spawn_give(number);
    }

    fn give_some(&mut self) {
        let count = self.rng.between(2, 7);
        let numbers: Vec<usize> = (0..count).map(|_| self.enter()).collect();
        let (world, rng) = (Arc::clone(self.world), self.rng.fork());
        self.tasks.spawn(give_together(world, numbers, rng));
    }

    fn read_one(&mut self) {
        let contract = self.rng.pick(&self.contracts).clone();
        let heard = self.heard(&contract);
        let question = Question::draw(&mut self.rng, &heard.messages);
        let (world, rng) = (Arc::clone(self.world), self.rng.fork());
        self.tasks.spawn(read(world, contract, question, rng));
    }

    fn wish_one(&mut self) {
        let contract = self.rng.pick(&self.contracts).clone();
        let heard = self.heard(&contract);
        let member = workload::member(&mut self.rng);
        let what = workload::wish(&mut self.rng, &heard);
        let (world, rng) = (Arc::clone(self.world), self.rng.fork());
        self.tasks.spawn(wish(world, member, what, rng));
    }

    fn read_wishes(&mut self) {
        let member = workload::member(&mut self.rng);
        let (world, rng) = (Arc::clone(self.world), self.rng.fork());
        self.tasks.spawn(read_wishes(world, member, rng));
    }

    fn move_time(&mut self) {
        let millis = match self.rng.below(20) {
            0..4 => self.rng.span(0, 3),
            4..10 => self.rng.span(1_000, 2 * HOUR),
            10..15 => self.rng.span(HOUR, DAY),
            15..18 => self.rng.span(DAY - 1, 3 * DAY + 1),
            18 if self.rng.chance(60) => self.until_midnight(),
            18 => self.rng.span(10 * DAY, 40 * DAY),
            _ => self.rng.span(80 * DAY, 100 * DAY),
        };
        self.world.jump(millis);
    }

    /// Returns how far it is to a little before or after midnight, where days are counted anew.
    fn until_midnight(&mut self) -> i64 {
        let now = self.world.wall.now().millis();
        let day = self.rng.span(DAY, DAY);
        let left = day - now.rem_euclid(day);
        let around = *self.rng.pick(&[-120_000, -2, -1, 0, 1, 120_000]);
        (left + around).max(0)
    }

    fn set_a_clock(&mut self) {
        if let Some(process) = self.world.some_process(&mut self.rng) {
            let millis = off(&mut self.rng);
            self.world.set_off(&process, millis);
        }
    }

    fn sweep_one(&mut self) {
        let Some(process) = self.world.some_process(&mut self.rng) else {
            return;
        };
        let world = Arc::clone(self.world);
        self.tasks.spawn(async move {
            tokio::select! {
                biased;
                () = process.life.ended() => {}
                swept = process.engine.sweep() => {
                    if let Err(failure) = swept
                        && !matches!(failure, Failure::Unavailable(_))
                    {
                        world.complain(format!("a sweep failed: {failure:?}"));
                    }
                }
            }
        });
    }

    /// Lets nothing go wrong any more, and waits until every client knows what became of its order.
    async fn calm_down(&mut self) -> Result<(), Failure> {
        self.world.note(|| "nothing goes wrong any more".to_owned());
        self.world.weather.set_calm(true);
        if self.world.alive().is_empty() {
            self.world.open(&mut self.rng).await?;
        }
        let all = async {
            while let Some(ended) = self.tasks.join_next().await {
                if let Err(error) = ended {
                    self.world.complain(format!("a client broke: {error}"));
                }
            }
        };
        let limit = Duration::from_secs(100_000);
        if tokio::time::timeout(limit, all).await.is_err() {
            self.world.complain("some clients wait for ever".to_owned());
            self.tasks.abort_all();
        }
        Ok(())
    }

    /// Records everything that is due, on clocks that agree.
    async fn sweep_all(&mut self) -> Result<(), Failure> {
        for process in self.world.alive() {
            self.world.set_off(&process, 0);
        }
        self.world.jump(300_000);
        for process in self.world.alive() {
            let mut rounds = 0;
            while process.engine.sweep().await? {
                rounds += 1;
                if rounds == 10_000 {
                    self.world.complain("a sweep has no end".to_owned());
                    break;
                }
            }
        }
        Ok(())
    }

    /// Asks every process, and one that has just begun, of every contract.
    async fn look_at_all(&mut self) -> Result<(), Failure> {
        let fresh = self.world.open(&mut self.rng).await?;
        self.world.set_off(&fresh, 0);
        let contracts = self.contracts.clone();
        for process in self.world.alive() {
            for contract in &contracts {
                for question in Question::all() {
                    ask(self.world, &process, contract, question).await;
                }
                let mut messages = self.heard(contract).messages;
                messages.truncate(20);
                for message in messages {
                    ask(
                        self.world,
                        &process,
                        contract,
                        Question::Message(message.clone()),
                    )
                    .await;
                    ask(
                        self.world,
                        &process,
                        contract,
                        Question::Conversation(message.clone()),
                    )
                    .await;
                    ask(self.world, &process, contract, Question::Story(message)).await;
                }
            }
        }
        Ok(())
    }
}
