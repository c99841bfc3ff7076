//! Begins contracts: the only orders to a contract that is not there.

use crate::attempt::Attempts;
use crate::details::Details;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::hot::Hot;
use crate::order::{Author, NewContract, Order, What};
use crate::record::{Done, Reply};
use crate::reply;
use crate::responses::Responses;
use crate::slot::{Job, OrderJob, Prepared, gave_up};
use earnest_core::Contract;
use earnest_core::command::CreateContract;
use earnest_core::units::{ContractId, Timestamp};
use earnest_store::{Answer, Batch, ContractUpdate, StoreError};
use std::collections::VecDeque;
use std::sync::Arc;

/// Begins the contract where the first of the jobs asks for it, and answers that job; others are told that
/// there is no such contract.
pub(crate) async fn begin(
    engine: &Engine,
    id: &ContractId,
    jobs: &mut VecDeque<Job>,
    attempts: &mut Attempts,
) -> Result<Option<Hot>, StoreError> {
    while let Some(job) = jobs.front() {
        let Job::Order(order) = job else {
            refuse(id, jobs);
            continue;
        };
        let What::Create(new) = &order.order.what else {
            refuse(id, jobs);
            continue;
        };
        let made = match make(engine, id, order, new) {
            Ok(made) => made,
            Err(failure) => {
                if let Some(job) = jobs.pop_front() {
                    job.fail(failure);
                }
                continue;
            }
        };
        let (hot, batch, done) = made;
        let results = vec![Some(Ok(done))];
        let mut results = attempts.commit(engine, batch, jobs, results).await?;
        engine.say_moved();
        if let (Some(Job::Order(job)), Some(Some(result))) = (jobs.pop_front(), results.pop()) {
            job.answer(result);
        }
        return Ok(Some(hot));
    }
    Ok(None)
}

fn refuse(id: &ContractId, jobs: &mut VecDeque<Job>) {
    if let Some(job) = jobs.pop_front() {
        job.fail(Failure::UnknownContract(id.clone()));
    }
}

fn make(
    engine: &Engine,
    id: &ContractId,
    job: &OrderJob,
    new: &NewContract,
) -> Result<(Hot, Batch, Done), Failure> {
    let Prepared::Policy(policy, text) = &job.prepared else {
        return Err(gave_up());
    };
    let command = CreateContract {
        id: id.clone(),
        name: new.name.clone(),
        policy: Arc::clone(policy),
        allotments: new.allotments,
        bulk_disabled: new.bulk_disabled,
    };
    let now = engine.now();
    let at = starts_at(&job.order, new, now)?;
    let (contract, event) = Contract::create(&command, at);
    let ledger = contract.state().balance();
    let details = Details {
        texts: vec![text.clone()],
        live_at: (job.order.author == Author::Live).then_some(now),
    };
    let hot = Hot {
        contract,
        responses: Responses::default(),
        details,
        seq: 1,
        ledger,
        ahead: Vec::new(),
        snapshot_seq: 0,
        snapshotting: Arc::default(),
        recorded: None,
    };
    let reply = Reply::Contract(hot.record(at));
    let key = job.order.key.iter();
    let answers = key.map(|key| Answer {
        space: key.space.clone(),
        key: key.key.clone(),
        body: key.body,
        reply: reply::write(&reply, false),
    });
    let batch = Batch {
        contract: id.clone(),
        expected: 0,
        token: engine.make_token(),
        events: vec![event],
        messages: Vec::new(),
        outcomes: Vec::new(),
        writings: Vec::new(),
        answers: answers.collect(),
        update: ContractUpdate {
            next_due: hot.next_due(),
            details: Some(hot.details.write()),
        },
    };
    let done = Done {
        reply,
        replayed: false,
    };
    Ok((hot, batch, done))
}

fn starts_at(order: &Order, new: &NewContract, now: Timestamp) -> Result<Timestamp, Failure> {
    let at = new.starts_at.or(order.at).unwrap_or(now);
    if order.author == Author::Import && at > now {
        return Err(Failure::Invalid {
            field: "at",
            why: format!("a history is told of what has happened: {at} has not come yet"),
        });
    }
    Ok(at)
}
