//! Makes a batch ready to be written, in the task that commits it, so that the writer has little left to do.
//!
//! Owns: what of a batch can be known without looking into the store. Does not own: whether it conflicts.

use super::answers;
use super::entry;
use super::fault::{Step, corrupt};
use super::place::Place;
use crate::batch::{Answer, Batch, ContractUpdate, NewMessage, Writing};
use crate::error::StoreError;
use crate::message::Outcome;
use crate::read::Position;
use earnest_core::units::ContractId;
use std::collections::{HashMap, HashSet};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// A batch on its way, and who waits for it.
pub(super) struct Commit {
    pub(super) batch: Prepared,
    pub(super) reply: oneshot::Sender<Reply>,
    /// Where those who wait are woken.
    pub(super) runtime: Option<Handle>,
}

/// What came of a batch. It goes back with it: giving its memory free is not the writer's business.
pub(super) type Reply = (Result<Position, StoreError>, Prepared);

/// A batch that is ready to be written.
pub(super) struct Prepared {
    pub(super) contract: ContractId,
    pub(super) expected: u64,
    pub(super) token: [u8; 16],
    /// How many events.
    pub(super) count: u64,
    /// The events as a JSON array.
    pub(super) events: Option<String>,
    /// The messages, with the places of those whose ids are of the made form.
    pub(super) messages: Vec<(NewMessage, Option<Place>)>,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) writings: Vec<Writing>,
    pub(super) answers: Vec<(u64, Answer)>,
    /// The answers as the log's row has them.
    pub(super) packed: Option<Vec<u8>>,
    pub(super) update: ContractUpdate,
    /// How many bytes it takes, about.
    pub(super) bytes: usize,
}

/// Makes a batch ready.
pub(super) fn prepare(batch: Batch) -> Step<Prepared> {
    if has_twice(batch.messages.iter().map(|message| &message.id))
        || has_twice(
            batch
                .answers
                .iter()
                .map(|answer| (&answer.space, &answer.key)),
        )
    {
        return Err(StoreError::Conflict.into());
    }
    let events = (!batch.events.is_empty())
        .then(|| serde_json::to_string(&batch.events))
        .transpose()
        .map_err(|error| corrupt(format!("events cannot be written: {error}")))?;
    let packed = answers::pack(&batch.answers);
    let outcomes = telling(batch.outcomes, &batch.messages);
    let texts: usize = batch
        .messages
        .iter()
        .map(|it| it.subject.len() + it.body.len() + 200)
        .sum();
    let written: usize = batch.writings.iter().map(|it| it.text.len() + 60).sum();
    let bytes = 200
        + events.as_ref().map_or(0, String::len)
        + packed.as_ref().map_or(0, Vec::len)
        + texts
        + written
        + outcomes.len() * 100;
    let place_of = |message: NewMessage| {
        let place = Place::of(&message.id);
        (message, place)
    };
    let hash_of = |answer: Answer| (entry::hash_of(&answer.space, &answer.key), answer);
    Ok(Prepared {
        contract: batch.contract,
        expected: batch.expected,
        token: batch.token.to_be_bytes(),
        count: batch.events.len() as u64,
        events,
        messages: batch.messages.into_iter().map(place_of).collect(),
        outcomes,
        writings: batch.writings,
        answers: batch.answers.into_iter().map(hash_of).collect(),
        packed,
        update: batch.update,
        bytes,
    })
}

fn has_twice<T: Eq + std::hash::Hash>(mut names: impl ExactSizeIterator<Item = T>) -> bool {
    if names.len() < 2 {
        return false;
    }
    let mut seen = HashSet::with_capacity(names.len());
    !names.all(|name| seen.insert(name))
}

/// Leaves out the outcomes that say no more than that their message was sent with the same batch: without a row
/// a message is as it was sent.
fn telling(outcomes: Vec<Outcome>, messages: &[NewMessage]) -> Vec<Outcome> {
    if outcomes.is_empty() || messages.is_empty() {
        return outcomes;
    }
    let sent = messages.iter().map(|message| (&message.id, message.price));
    let mut untold: HashMap<_, _> = sent.collect();
    let tells = |outcome: &Outcome| {
        // Only the first one of a message: a later one replaces it.
        let price = untold.remove(&outcome.message);
        price.is_none_or(|price| *outcome != Outcome::fresh(outcome.message.clone(), price))
    };
    outcomes.into_iter().filter(tells).collect()
}
