//! Plays clients: each gives its order until it knows what became of it, whoever dies meanwhile.
//!
//! Owns: trying again, giving up, asking at two processes at once. Does not own: what is asked
//! ([`crate::workload`]). Invariant: a client that got no answer that says what became of its order gives it
//! again under the same key, unless it is one of the few that never come back.

use crate::book::{Ended, WishesKept, WishesRead};
use crate::disk::Moment;
use crate::rng::Rng;
use crate::workload::Wish;
use crate::world::{Process, World};
use earnest_core::units::MemberId;
use earnest_engine::{Before, Done, Engine, Failure, Key, Order};
use std::sync::Arc;
use std::time::Duration;

/// How often an order is given while nothing goes wrong, before it counts as never answered.
const CALM_TRIES_MOST: u32 = 40;

/// How patient a client is.
#[derive(Debug, Clone, Copy)]
struct Manner {
    /// How long it waits for an answer.
    patience: Duration,
    /// Whether it never comes back when it gets none.
    leaves: bool,
}

impl Manner {
    fn draw(rng: &mut Rng) -> Self {
        let millis = match rng.below(5) {
            0 => rng.between(0, 12),
            1 => rng.between(10, 200),
            _ => 120_000,
        };
        Self {
            patience: Duration::from_millis(millis),
            leaves: rng.chance(4),
        }
    }

    /// Returns how long it waits for an answer: where nothing goes wrong, long enough.
    fn patience(&self, world: &World) -> Duration {
        match world.weather.is_calm() {
            true => Duration::from_secs(600),
            false => self.patience,
        }
    }
}

/// Gives an order until it is known what became of it.
pub async fn give(world: Arc<World>, number: usize, mut rng: Rng) {
    let manner = Manner::draw(&mut rng);
    let mut calm_tries = 0;
    loop {
        calm_tries += u32::from(world.weather.is_calm());
        if calm_tries > CALM_TRIES_MOST {
            return world.complain(format!("#{number} is never answered"));
        }
        if let Some(process) = world.some_process(&mut rng) {
            if give_once(&world, number, &process, manner).await {
                return give_another_body(&world, number, &process, &mut rng).await;
            }
            if manner.leaves && !world.weather.is_calm() {
                return world.note(|| format!("#{number} is left alone"));
            }
        }
        rest(&mut rng).await;
    }
}

async fn rest(rng: &mut Rng) {
    tokio::time::sleep(Duration::from_millis(rng.between(0, 60))).await;
}

async fn give_once(world: &World, number: usize, process: &Process, manner: Manner) -> bool {
    let (order, at) = world.begin_try(number, process);
    let work = process.engine.submit(order);
    let ended = until(process, manner.patience(world), work).await;
    world.end_try(
        number,
        at,
        ended.map_or_else(|ended| ended, Ended::Answered),
    )
}

/// Waits for an answer, as long as the process lives and the client has patience.
async fn until<T>(
    process: &Process,
    patience: Duration,
    work: impl Future<Output = T>,
) -> Result<T, Ended> {
    tokio::select! {
        biased;
        () = process.life.ended() => Err(Ended::Died),
        answer = tokio::time::timeout(patience, work) => answer.map_err(|_| Ended::GaveUp),
    }
}

/// Gives orders as the route for batches does: all keys are looked at first, and those that are new not again.
async fn look_and_submit(engine: &Engine, orders: Vec<Order>) -> Vec<Result<Done, Failure>> {
    let keys: Vec<Key> = orders.iter().filter_map(|it| it.key.clone()).collect();
    let Ok(before) = engine.look_before(&keys).await else {
        return engine.submit_all(orders).await;
    };
    let mut before = before.into_iter();
    let looked = orders.into_iter().map(|order| {
        let before = order.key.as_ref().and_then(|_| before.next());
        (order, before.unwrap_or(Before::Unknown))
    });
    engine.submit_looked(looked.collect()).await
}

/// Gives several orders together, and each that is not answered on its own.
pub async fn give_together(world: Arc<World>, numbers: Vec<usize>, mut rng: Rng) {
    let manner = Manner::draw(&mut rng);
    let Some(process) = world.some_process(&mut rng) else {
        return give_apart(world, numbers, rng).await;
    };
    let begun: Vec<(Order, usize)> = numbers
        .iter()
        .map(|number| world.begin_try(*number, &process))
        .collect();
    let (orders, tries): (Vec<Order>, Vec<usize>) = begun.into_iter().unzip();
    let work = look_and_submit(&process.engine, orders);
    let answers = until(&process, manner.patience(&world), work).await;
    let mut open = Vec::new();
    let mut answers = answers.map(Vec::into_iter);
    for (number, at) in numbers.into_iter().zip(tries) {
        let ended = match &mut answers {
            Ok(answers) => match answers.next() {
                Some(answer) => Ended::Answered(answer),
                None => Ended::GaveUp,
            },
            Err(Ended::Died) => Ended::Died,
            Err(_) => Ended::GaveUp,
        };
        if !world.end_try(number, at, ended) {
            open.push(number);
        }
    }
    give_apart(world, open, rng).await;
}

async fn give_apart(world: Arc<World>, numbers: Vec<usize>, mut rng: Rng) {
    for number in numbers {
        give(Arc::clone(&world), number, rng.fork()).await;
    }
}

/// Gives another order under a key that was answered: it must not be taken.
async fn give_another_body(world: &World, number: usize, process: &Process, rng: &mut Rng) {
    if !rng.chance(4) {
        return;
    }
    let (mut order, was_done) = {
        let book = world.book.lock();
        let asked = &book.orders[number];
        (asked.order.clone(), asked.done().is_some())
    };
    if let Some(key) = order.key.as_mut().filter(|_| was_done) {
        key.body[31] ^= 1;
        match until(
            process,
            Duration::from_secs(60),
            process.engine.submit(order),
        )
        .await
        {
            Ok(Ok(_)) => world.complain(format!("#{number}: another body was taken under its key")),
            Ok(Err(failure))
                if !matches!(failure, Failure::KeyReused | Failure::Unavailable(_)) =>
            {
                world.complain(format!(
                    "#{number}: another body was answered with {failure:?}"
                ));
            }
            _ => {}
        }
    }
}

/// Changes a member's wishes, until that is answered.
pub async fn wish(world: Arc<World>, member: MemberId, wish: Wish, mut rng: Rng) {
    let lock = world.wishing(&member);
    let _one_at_a_time = lock.lock().await;
    let manner = Manner::draw(&mut rng);
    loop {
        if let Some(process) = world.some_process(&mut rng) {
            world.note(|| format!("{member} asks {}: {wish:?}", process.life.name()));
            let work = carry_out(&process.engine, &member, &wish);
            let ended = until(&process, manner.patience(&world), work).await;
            world.note(|| format!("{member}: {ended:?}"));
            if matches!(ended, Ok(Ok(()))) {
                let tick = world.moment().tick;
                world
                    .book
                    .lock()
                    .wishes_kept
                    .push(WishesKept { member, tick });
                return;
            }
        }
        rest(&mut rng).await;
    }
}

async fn carry_out(engine: &Engine, member: &MemberId, wish: &Wish) -> Result<(), Failure> {
    match wish {
        Wish::Prefer {
            accepts,
            price,
            daily_cap,
        } => {
            engine
                .set_preferences(member, *accepts, *price, *daily_cap)
                .await?;
        }
        Wish::Block(contract, seat) => {
            engine.block(member, contract, seat.as_ref()).await?;
        }
        Wish::Unblock => {
            for block in &engine.preferences(member).await?.blocks {
                match engine.unblock(member, &block.id).await {
                    Ok(()) | Err(Failure::Unknown { .. }) => {}
                    Err(failure) => return Err(failure),
                }
            }
        }
    }
    Ok(())
}

/// Reads a member's wishes.
pub async fn read_wishes(world: Arc<World>, member: MemberId, mut rng: Rng) {
    let Some(process) = world.some_process(&mut rng) else {
        return;
    };
    let from: Moment = world.moment();
    let work = process.engine.preferences(&member);
    if let Ok(Ok(wishes)) = until(&process, Duration::from_secs(60), work).await {
        let to = world.moment();
        let read = WishesRead {
            member,
            from,
            to,
            wishes,
        };
        world.book.lock().wishes_read.push(read);
    }
}
