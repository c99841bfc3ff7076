//! Records what falls due of a contract whose history is being told.
//!
//! Owns: bringing such a contract up to an instant, for who has told all that happened until then. Does not own:
//! telling itself, which is ordinary orders of [`Author::Import`](crate::Author::Import). Invariants: what is
//! recorded is what the next order at that instant would have recorded before itself; a contract that is live
//! needs none of this.

mod alone;

pub use alone::{Alone, MayTell};

use crate::attempt::commit_surely;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::hot::Hot;
use crate::message::outcome;
use earnest_core::event::{Event, Fact};
use earnest_core::units::{ContractId, MessageId, Timestamp};
use earnest_store::{Batch, ContractUpdate, Outcome, StoreError};
use hashbrown::HashMap;

/// How many events one commit holds, about.
const AT_ONCE: usize = 65_536;
/// How often it is tried anew when others work on the contract.
const TRIES_MOST: u32 = 12;

/// What has fallen due.
struct Fallen {
    seq: u64,
    events: Vec<Event>,
    outcomes: Vec<Outcome>,
}

impl Engine {
    /// Records what falls due up to an instant of a contract whose history is being told, and returns how many
    /// events that were: none for a contract that is live, which time brings forward by itself.
    ///
    /// # Errors
    /// When there is no such contract, the instant has not come yet, or the store fails.
    pub async fn tell_up_to(
        &self,
        contract: &ContractId,
        until: Timestamp,
    ) -> Result<u64, Failure> {
        if until > self.now() {
            return Err(Failure::Invalid {
                field: "until",
                why: format!("a history is told of what has happened: {until} has not come yet"),
            });
        }
        self.refresh().await?;
        let (mut recorded, mut tries) = (0, 0);
        loop {
            let fallen = self.ask(contract, move |hot, _| fallen(hot, until)).await?;
            if fallen.events.is_empty() {
                return Ok(recorded);
            }
            let count = u64::try_from(fallen.events.len()).unwrap_or(u64::MAX);
            match self.record_fallen(contract, fallen).await {
                Ok(()) => recorded += count,
                Err(StoreError::Conflict) if tries < TRIES_MOST => tries += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn record_fallen(
        &self,
        contract: &ContractId,
        mut fallen: Fallen,
    ) -> Result<(), StoreError> {
        self.number_earlier(&mut fallen).await?;
        let last = fallen.seq + u64::try_from(fallen.events.len()).unwrap_or(u64::MAX);
        let batch = Batch {
            contract: contract.clone(),
            expected: fallen.seq,
            token: self.make_token(),
            events: fallen.events,
            messages: Vec::new(),
            outcomes: fallen.outcomes,
            writings: Vec::new(),
            answers: Vec::new(),
            update: ContractUpdate::default(),
        };
        commit_surely(self, batch).await?;
        // What is in memory is from before.
        self.slots().moved(contract, last);
        self.say_moved();
        Ok(())
    }

    /// Finds the numbers of settlements that were recorded before: a stake that the send itself consumed is
    /// settled long before its message lapses.
    async fn number_earlier(&self, fallen: &mut Fallen) -> Result<(), StoreError> {
        let settled_before =
            |outcome: &&Outcome| outcome.settled_by.is_some() && outcome.settled_seq.is_none();
        let ids = fallen.outcomes.iter().filter(settled_before);
        let ids: Vec<MessageId> = ids.map(|outcome| outcome.message.clone()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let rows = self.find_messages(ids).await.map_err(|failure| {
            StoreError::Unavailable(format!("messages cannot be looked up: {failure}"))
        })?;
        for outcome in &mut fallen.outcomes {
            if let Some(row) = rows.get(&outcome.message) {
                outcome.settled_seq = outcome.settled_seq.or(row.outcome.settled_seq);
            }
        }
        Ok(())
    }
}

/// Returns what falls due up to `until`, or the first part of it.
fn fallen(hot: &Hot, until: Timestamp) -> Fallen {
    let mut fallen = Fallen {
        seq: hot.seq,
        events: Vec::new(),
        outcomes: Vec::new(),
    };
    if hot.is_live() || until < hot.contract.state().clock() {
        return fallen;
    }
    let mut contract = hot.contract.clone();
    while fallen.events.len() < AT_ONCE {
        let due = contract.catch_up_once(until);
        if due.is_empty() {
            break;
        }
        fallen.events.extend(due);
    }
    let touched = touched(&fallen);
    let outcomes = touched.into_iter().filter_map(|(id, settled)| {
        let view = contract.state().message(&id)?;
        Some(outcome(&view, settled, None))
    });
    fallen.outcomes = outcomes.collect();
    fallen
}

/// Returns the messages that the events touch, each with the number of the event that settles it.
fn touched(fallen: &Fallen) -> HashMap<MessageId, Option<u64>> {
    let mut touched = HashMap::new();
    for (event, seq) in fallen.events.iter().zip(fallen.seq + 1..) {
        match &event.fact {
            Fact::MessageLapsed { message, .. } => {
                touched.entry(message.clone()).or_insert(None);
            }
            Fact::StakeReturned { message, .. } | Fact::StakeConsumed { message, .. } => {
                touched.insert(message.clone(), Some(seq));
            }
            _ => {}
        }
    }
    touched
}
