//! Takes orders: looks whether they were given before, learns what they need to know of others than their
//! contract, and puts them into its queue.

use crate::claims::Claim;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::looks::Asked;
use crate::order::{Key, Order, What};
use crate::record::Done;
use crate::slot::{Job, OrderJob, Prepared, Waiting, gave_up};
use earnest_core::command::{Recipient, Side};
use earnest_core::units::{ContractId, MemberId, MessageId, SeatId};
use earnest_store::{MessageQuery, MessageRow, Which};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use hashbrown::HashMap;
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::oneshot;

/// How many orders of one batch are looked up and prepared at once: a store that is asked over a network answers
/// many questions in one go.
const LOOKS_MOST: usize = 512;

/// Whether something was answered under an order's key before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// Nobody has looked, or something was.
    Unknown,
    /// Somebody has looked just now ([`Engine::look_before`]), and nothing was. Where something is by the time of the
    /// commit it is found then, as whenever two are at work on one key.
    Nothing,
}

/// An order among several.
struct Given {
    /// Its place.
    at: usize,
    order: Order,
    before: Before,
}

/// What is found before an order goes into its contract's queue.
enum Begun {
    /// It was carried out before.
    Before(Box<Done>),
    /// It is to be carried out, with what it needs to know.
    Now(Waiting, Prepared),
}

impl Engine {
    /// Carries an order out, once: given again under the same key it is answered as it was.
    ///
    /// # Errors
    /// Why it was not carried out; nothing has changed then.
    pub async fn submit(&self, order: Order) -> Result<Done, Failure> {
        self.submit_asked(order, self.asked()).await
    }

    /// Does what [`Engine::submit`] does with an order that was asked for a moment ago: what another process had committed
    /// by then is seen.
    ///
    /// # Errors
    /// As there.
    pub async fn submit_asked(&self, order: Order, asked: Asked) -> Result<Done, Failure> {
        self.refresh_since(asked).await?;
        let _claim = match &order.key {
            Some(key) => Some(self.claim(&key.space, &key.key).await),
            None => None,
        };
        let (waiting, prepared) = match self.begin_one(&order, Before::Unknown).await? {
            Begun::Before(done) => return Ok(*done),
            Begun::Now(waiting, prepared) => (waiting, prepared),
        };
        let (contract, key) = (order.contract.clone(), order.key.clone());
        let (job, answer) = job(order, waiting, prepared);
        let drive = self.drive_with(&contract, [job]);
        let answer = drive.until(answer).await;
        let answer = answer.unwrap_or_else(|_| Err(gave_up()));
        self.unless_done(key.as_ref(), answer).await
    }

    /// Returns the answer, but none that turns away an order that another process has carried out meanwhile under
    /// the same key: it would be turned away for its own effect, or because the clock here is behind.
    async fn unless_done(
        &self,
        key: Option<&Key>,
        answer: Result<Done, Failure>,
    ) -> Result<Done, Failure> {
        match (key, &answer) {
            (Some(key), Err(failure)) if failure.turns_away() => {
                let before = Box::pin(self.replay(key)).await?;
                before.map_or(answer, Ok)
            }
            _ => answer,
        }
    }

    /// Carries orders out, each on its own, those of one contract in their order. Answers stand in the order of
    /// the orders.
    pub async fn submit_all(&self, orders: Vec<Order>) -> Vec<Result<Done, Failure>> {
        let orders = orders.into_iter().map(|order| (order, Before::Unknown));
        self.submit_looked(orders.collect()).await
    }

    /// Does what [`Engine::submit_all`] does with orders whose keys were looked at already, or were not.
    pub async fn submit_looked(&self, orders: Vec<(Order, Before)>) -> Vec<Result<Done, Failure>> {
        let mut answers: Vec<Option<Result<Done, Failure>>> = orders.iter().map(|_| None).collect();
        if let Err(failure) = self.refresh().await {
            return orders.iter().map(|_| Err(failure.clone())).collect();
        }
        let numbered = (0..).zip(orders);
        let mut left: Vec<Given> = numbered
            .map(|(at, (order, before))| Given { at, order, before })
            .collect();
        while !left.is_empty() {
            // Of orders under one key the second is given again when the first is done.
            let mut keys: BTreeSet<(String, String)> = BTreeSet::new();
            let is_first = |given: &Given| match &given.order.key {
                Some(key) => keys.insert((key.space.clone(), key.key.clone())),
                None => true,
            };
            let (now, mut later): (Vec<_>, Vec<_>) = left.into_iter().partition(is_first);
            self.submit_apart(now, keys, &mut answers).await;
            for given in &mut later {
                given.before = Before::Unknown;
            }
            left = later;
        }
        let answers = answers.into_iter();
        answers
            .map(|answer| answer.unwrap_or_else(|| Err(gave_up())))
            .collect()
    }

    /// Carries out orders of which no two have one key.
    async fn submit_apart(
        &self,
        orders: Vec<Given>,
        keys: BTreeSet<(String, String)>,
        answers: &mut [Option<Result<Done, Failure>>],
    ) {
        // Everybody claims in the order of the keys, so that nobody waits in a circle.
        let mut claims: Vec<Claim> = Vec::with_capacity(keys.len());
        for (space, key) in &keys {
            claims.push(self.claim(space, key).await);
        }
        let mut queues: BTreeMap<ContractId, Vec<Job>> = BTreeMap::new();
        let mut waiting = Vec::with_capacity(orders.len());
        let begun = orders.into_iter().map(async |it| {
            let begun = self.begin_one(&it.order, it.before).await;
            (it.at, it.order, begun)
        });
        let mut begun = stream::iter(begun).buffered(LOOKS_MOST);
        while let Some((at, order, one)) = begun.next().await {
            match one {
                Ok(Begun::Now(counted, prepared)) => {
                    let (contract, key) = (order.contract.clone(), order.key.clone());
                    let (job, answer) = job(order, counted, prepared);
                    queues.entry(contract).or_default().push(job);
                    waiting.push((at, key, answer));
                }
                Ok(Begun::Before(done)) => put(answers, at, Ok(*done)),
                Err(failure) => put(answers, at, Err(failure)),
            }
        }
        for (contract, jobs) in queues {
            self.enqueue_all(&contract, jobs);
        }
        for (at, key, answer) in waiting {
            let answer = answer.await.unwrap_or_else(|_| Err(gave_up()));
            put(answers, at, self.unless_done(key.as_ref(), answer).await);
        }
    }

    /// Looks whether an order was given before, where nobody has, and learns what it needs. What others had committed when
    /// it was asked for is known by now.
    async fn begin_one(&self, order: &Order, before: Before) -> Result<Begun, Failure> {
        if let (Some(key), Before::Unknown) = (&order.key, before)
            && self.store().may_have_answered(&key.space, &key.key)
            && let Some(done) = self.replay(key).await?
        {
            return Ok(Begun::Before(Box::new(done)));
        }
        let waiting = Waiting::begin(self)?;
        Ok(Begun::Now(waiting, self.learn(order).await?))
    }

    /// Waits until nobody else works on an idempotency key.
    pub async fn claim(&self, space: &str, key: &str) -> Claim {
        self.claims().hold(space, key).await
    }

    /// Returns whether something was answered under the key: with this body or, as a failure, with another.
    ///
    /// # Errors
    /// When the key was used with another body, or the store fails.
    pub async fn was_answered(&self, key: &Key) -> Result<bool, Failure> {
        match self.store().answer(&key.space, &key.key).await? {
            Some(answer) if answer.body != key.body => Err(Failure::KeyReused),
            Some(_) => Ok(true),
            None => Ok(false),
        }
    }

    /// Looks at all of these keys at once, for orders that are to be given under them.
    ///
    /// # Errors
    /// When one of them was used with another body, or the store fails.
    pub async fn look_before(&self, keys: &[Key]) -> Result<Vec<Before>, Failure> {
        let mut looks = Vec::with_capacity(keys.len());
        for key in keys {
            looks.push(self.was_answered(key));
        }
        let looks = stream::iter(looks).buffered(LOOKS_MOST);
        let before = looks.map_ok(|was_answered| match was_answered {
            true => Before::Unknown,
            false => Before::Nothing,
        });
        before.try_collect().await
    }

    /// Learns what an order needs to know of others than its contract.
    async fn learn(&self, order: &Order) -> Result<Prepared, Failure> {
        let contract = &order.contract;
        match &order.what {
            What::Create(new) => {
                let (policy, text) = Box::pin(self.find_policy(&new.policy)).await?;
                Ok(Prepared::Policy(policy, text))
            }
            What::AddPolicy(version) => {
                let (policy, text) = Box::pin(self.find_policy(&version.policy)).await?;
                Ok(Prepared::Policy(policy, text))
            }
            What::Send(letter) => {
                let to = std::slice::from_ref(&letter.to);
                self.recipients(contract, &letter.seat, to).await
            }
            What::Campaign(campaign) => {
                self.recipients(contract, &campaign.seat, &campaign.to)
                    .await
            }
            What::Write(writing) if writing.from == Side::Seat => {
                let Some(row) = Box::pin(self.find_message(&writing.message)).await? else {
                    return Ok(Prepared::Nothing);
                };
                let wishes = self.wishes(&row.sent.to).await?;
                Ok(Prepared::Blocked(wishes.block(contract, &row.sent.seat)))
            }
            _ => Ok(Prepared::Nothing),
        }
    }

    pub(crate) async fn recipients(
        &self,
        contract: &ContractId,
        seat: &SeatId,
        to: &[MemberId],
    ) -> Result<Prepared, Failure> {
        let mut recipients: SmallVec<[Recipient; 1]> = SmallVec::new();
        for member in to {
            recipients.push(self.recipient(member, contract, seat).await?);
        }
        Ok(Prepared::Recipients(recipients))
    }

    /// Returns a message with its contract, as it is recorded.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_message(&self, id: &MessageId) -> Result<Option<MessageRow>, Failure> {
        let mut found = self.find_messages(vec![id.clone()]).await?;
        Ok(found.remove(id))
    }

    /// Returns messages with their contracts, as they are recorded; unknown ones are left out.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_messages(
        &self,
        ids: Vec<MessageId>,
    ) -> Result<HashMap<MessageId, MessageRow>, Failure> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let limit = ids.len();
        let query = MessageQuery::new(Which::Ids(ids), limit);
        let page = self.store().messages(query).await?;
        let rows = page.messages.into_iter();
        Ok(rows.map(|row| (row.sent.id.clone(), row)).collect())
    }
}

/// Makes a job of an order, and what its answer comes by.
fn job(
    order: Order,
    waiting: Waiting,
    prepared: Prepared,
) -> (Job, oneshot::Receiver<Result<Done, Failure>>) {
    let (reply, answer) = oneshot::channel();
    let job = Job::Order(Box::new(OrderJob {
        order,
        prepared,
        reply,
        waiting,
    }));
    (job, answer)
}

fn put(answers: &mut [Option<Result<Done, Failure>>], at: usize, answer: Result<Done, Failure>) {
    if let Some(place) = answers.get_mut(at) {
        *place = Some(answer);
    }
}
