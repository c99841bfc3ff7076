//! Checks what a store keeps of a contract: its events against each other, its state, and its messages.
//!
//! Owns: what is compared with what. Does not own: what must hold along a log ([`earnest_core::ledger`]).
//! Invariants: an audit records nothing, not even what fell due; what others commit meanwhile is no finding.

use crate::engine::Engine;
use crate::hot::Hot;
use crate::load;
use crate::message;
use crate::responses::Responses;
use earnest_core::event::{Event, Fact};
use earnest_core::ledger::Audit;
use earnest_core::units::{ContractId, MessageId};
use earnest_core::{Balance, MessageView, State, next_due_at};
use earnest_store::{EventQuery, MessageQuery, MessageRow, StoreError, StoredEvent, Which};
use futures_util::FutureExt;
use hashbrown::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How many events or messages are read at once.
const PAGE: usize = 4_096;
/// How often a contract is looked at again that others move on meanwhile.
const TRIES_MOST: u32 = 20;

/// What was checked of a contract, and found to be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audited {
    /// How many events.
    pub events: u64,
    /// How many messages.
    pub messages: u64,
    /// Its credits after the newest event.
    pub balance: Balance,
}

/// What is wrong with a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The contract.
    pub contract: ContractId,
    /// The number of the event that is wrong; nothing where it is something else.
    pub event: Option<u64>,
    /// The message that is wrong; nothing where it is something else.
    pub message: Option<MessageId>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "contract `{}`", self.contract)?;
        if let Some(event) = self.event {
            write!(f, ", event {event}")?;
        }
        if let Some(message) = &self.message {
            write!(f, ", message `{message}`")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// Why a check ended early.
enum Stop {
    Wrong(Wrong),
    Store(StoreError),
}

/// What is wrong, without the contract.
struct Wrong {
    event: Option<u64>,
    message: Option<MessageId>,
    what: String,
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Corrupt(what) => wrong(what),
            error => Self::Store(error),
        }
    }
}

fn wrong(what: impl Into<String>) -> Stop {
    Stop::Wrong(Wrong {
        event: None,
        message: None,
        what: what.into(),
    })
}

fn wrong_event(event: u64, what: impl Into<String>) -> Stop {
    Stop::Wrong(Wrong {
        event: Some(event),
        message: None,
        what: what.into(),
    })
}

fn wrong_message(message: &MessageId, what: impl Into<String>) -> Stop {
    Stop::Wrong(Wrong {
        event: None,
        message: Some(message.clone()),
        what: what.into(),
    })
}

/// What a contract's events say.
struct Rebuilt {
    state: State,
    responses: Responses,
    /// For each message, the events that send and settle it.
    numbers: HashMap<MessageId, (u64, Option<u64>)>,
}

impl Engine {
    /// Checks a contract, and returns what was checked or the first thing that is wrong. `progress` is told how
    /// many events more have been read.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn audit(
        &self,
        contract: &ContractId,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Result<Audited, Finding>, StoreError> {
        let mut tries = 0;
        loop {
            let before = self.seq_of(contract).await?;
            let stop = match self.audit_once(contract, progress).await {
                Ok(audited) => return Ok(Ok(audited)),
                Err(Stop::Store(error)) => return Err(error),
                Err(Stop::Wrong(wrong)) => wrong,
            };
            // Messages may be newer than the events that were read when somebody is at work.
            let moved = self.seq_of(contract).await? != before;
            if !moved || tries >= TRIES_MOST {
                return Ok(Err(Finding {
                    contract: contract.clone(),
                    event: stop.event,
                    message: stop.message,
                    what: stop.what,
                }));
            }
            tries += 1;
        }
    }

    async fn seq_of(&self, contract: &ContractId) -> Result<Option<u64>, StoreError> {
        let row = self.store().contract(contract).await?;
        Ok(row.map(|row| row.seq))
    }

    async fn audit_once(
        &self,
        contract: &ContractId,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Audited, Stop> {
        let row = self.store().contract(contract).await?;
        let row = row.ok_or_else(|| wrong("there is no such contract"))?;
        let mut follow = Follow::new();
        while follow.seq < row.seq {
            let events = self.page(contract, follow.seq + 1, row.seq).await?;
            let count = u64::try_from(events.len()).unwrap_or(u64::MAX);
            for stored in events {
                follow.event(stored)?;
            }
            progress(count);
        }
        let (audit, rebuilt) = follow.end()?;
        // Only now: events that make no sense would stop whoever applies them.
        let loaded = AssertUnwindSafe(load::load(self, contract))
            .catch_unwind()
            .await;
        let unfit = |_| wrong("the snapshot of its state does not fit its events");
        let hot = loaded.map_err(unfit)??;
        let hot = hot.ok_or_else(|| wrong("there is no such contract"))?;
        check_sums(&audit, &rebuilt.state)?;
        check_loaded(&hot, &rebuilt)?;
        if row.seq == hot.seq {
            check_due(&hot, row.next_due)?;
        }
        let messages = self.check_messages(contract, &hot, &rebuilt).await?;
        Ok(Audited {
            events: hot.seq,
            messages,
            balance: audit.balance(),
        })
    }

    async fn page(
        &self,
        contract: &ContractId,
        from: u64,
        to: u64,
    ) -> Result<Vec<StoredEvent>, Stop> {
        let query = EventQuery {
            contract: contract.clone(),
            from,
            to,
            newest_first: false,
            limit: PAGE,
        };
        let events = self.store().events(query).await?;
        match events.is_empty() {
            true => Err(wrong_event(from, "it is missing")),
            false => Ok(events),
        }
    }

    /// Checks every message that the store keeps against the state, and returns how many there are.
    async fn check_messages(
        &self,
        contract: &ContractId,
        hot: &Hot,
        rebuilt: &Rebuilt,
    ) -> Result<u64, Stop> {
        let (mut count, mut after) = (0, None);
        loop {
            let which = Which::Sent {
                contract: contract.clone(),
                seat: None,
                campaign: None,
            };
            let query = MessageQuery {
                after,
                ..MessageQuery::new(which, PAGE)
            };
            let page = self.store().messages(query).await?;
            for row in &page.messages {
                // One that was sent meanwhile is no concern of this look.
                if row.sent.seq <= hot.seq {
                    check_message(row, rebuilt)?;
                    count += 1;
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let sent = u64::try_from(rebuilt.numbers.len()).unwrap_or(u64::MAX);
        if count != sent {
            return Err(wrong(format!(
                "its events send {sent} messages, and {count} are kept"
            )));
        }
        Ok(count)
    }
}

/// Follows a contract's events.
struct Follow {
    seq: u64,
    audit: Audit,
    state: Option<State>,
    responses: Responses,
    numbers: HashMap<MessageId, (u64, Option<u64>)>,
}

impl Follow {
    fn new() -> Self {
        Self {
            seq: 0,
            audit: Audit::new(),
            state: None,
            responses: Responses::default(),
            numbers: HashMap::new(),
        }
    }

    fn event(&mut self, stored: StoredEvent) -> Result<(), Stop> {
        let StoredEvent { seq, event } = stored;
        if seq != self.seq + 1 {
            return Err(wrong_event(self.seq + 1, "it is missing"));
        }
        self.seq = seq;
        let followed = self.audit.follow(&event);
        followed.map_err(|violation| wrong_event(seq, violation.what))?;
        self.note(&event)?;
        match &mut self.state {
            None => self.state = State::from_first(&event),
            Some(state) => {
                // An event that does not fit stops whoever applies it: here that is a finding.
                let applied = catch_unwind(AssertUnwindSafe(|| state.apply(&event)));
                if let Err(why) = applied {
                    return Err(wrong_event(seq, misfit(&*why)));
                }
                self.responses.count(&event, state);
            }
        }
        Ok(())
    }

    fn note(&mut self, event: &Event) -> Result<(), Stop> {
        match &event.fact {
            Fact::MessageSent { message, .. } => {
                let before = self.numbers.insert(message.clone(), (self.seq, None));
                if before.is_some() {
                    let what = format!("`{message}` is sent a second time");
                    return Err(wrong_event(self.seq, what));
                }
            }
            Fact::StakeReturned { message, .. } | Fact::StakeConsumed { message, .. } => {
                if let Some((_, settled)) = self.numbers.get_mut(message) {
                    *settled = Some(self.seq);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end(self) -> Result<(Audit, Rebuilt), Stop> {
        let state = self.state.ok_or_else(|| wrong_event(1, "it is missing"))?;
        let rebuilt = Rebuilt {
            state,
            responses: self.responses,
            numbers: self.numbers,
        };
        Ok((self.audit, rebuilt))
    }
}

fn misfit(why: &(dyn std::any::Any + Send)) -> String {
    let text = why.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| why.downcast_ref::<&str>().copied());
    match text {
        Some(text) => format!("it does not fit what came before it: {text}"),
        None => "it does not fit what came before it".to_owned(),
    }
}

fn check_sums(audit: &Audit, state: &State) -> Result<(), Stop> {
    if audit.balance() != state.balance() {
        return Err(wrong(format!(
            "its events add up to {}, and the state made of them has {}",
            shown(&audit.balance()),
            shown(&state.balance())
        )));
    }
    let open = u64::try_from(audit.open_stakes()).unwrap_or(u64::MAX);
    if open != state.open_stakes() {
        return Err(wrong(format!(
            "its events leave {open} stakes open, and the state made of them has {}",
            state.open_stakes()
        )));
    }
    Ok(())
}

/// Compares the contract as it is loaded, from a snapshot as a rule, with all of its events.
fn check_loaded(hot: &Hot, rebuilt: &Rebuilt) -> Result<(), Stop> {
    let (loaded, state) = (hot.contract.state(), &rebuilt.state);
    if loaded.balance() != state.balance() {
        return Err(wrong(format!(
            "its balance is {}, and its events make it {}",
            shown(&loaded.balance()),
            shown(&state.balance())
        )));
    }
    let same = loaded.counts() == state.counts()
        && loaded.open_stakes() == state.open_stakes()
        && loaded.clock() == state.clock()
        && loaded.grants() == state.grants()
        && loaded.seat_ids().eq(state.seat_ids())
        && loaded.versions().eq(state.versions());
    if !same {
        return Err(wrong(
            "the snapshot of its state is not what its events make of it",
        ));
    }
    let at = state.clock();
    if hot.responses.report(loaded, at) != rebuilt.responses.report(state, at) {
        return Err(wrong("its report on responses is not what its events say"));
    }
    for id in rebuilt.numbers.keys() {
        let (kept, made) = (loaded.message(id), state.message(id));
        // A message that nothing looks back to may have been forgotten.
        if kept.is_some() && kept != made {
            return Err(wrong_message(
                id,
                "the snapshot of the state is not what the events make of it",
            ));
        }
    }
    Ok(())
}

/// A contract that is looked at too late would be right only when somebody asks.
fn check_due(hot: &Hot, noted: Option<earnest_core::units::Timestamp>) -> Result<(), Stop> {
    let next = next_due_at(hot.contract.policies(), hot.contract.state());
    let Some(next) = next.filter(|_| hot.is_live()) else {
        return Ok(());
    };
    match noted {
        Some(noted) if noted <= next => Ok(()),
        Some(noted) => Err(wrong(format!(
            "something falls due at {next}, and it would be looked at only at {noted}"
        ))),
        None => Err(wrong(format!(
            "something falls due at {next}, and nobody would look at it then"
        ))),
    }
}

fn check_message(row: &MessageRow, rebuilt: &Rebuilt) -> Result<(), Stop> {
    let id = &row.sent.id;
    let unknown = || wrong_message(id, "it is kept, and no event sends it");
    let (sent, settled) = rebuilt.numbers.get(id).ok_or_else(unknown)?;
    let view = rebuilt.state.message(id).ok_or_else(unknown)?;
    if row.sent.seq != *sent {
        return Err(wrong_message(
            id,
            format!(
                "it is kept as sent by event {}, and event {sent} sends it",
                row.sent.seq
            ),
        ));
    }
    if let Some(difference) = difference(&message::view(row), &view) {
        return Err(wrong_message(id, difference));
    }
    if row.outcome.settled_seq != *settled {
        return Err(wrong_message(
            id,
            format!(
                "it is kept as settled by {}, and {} settles it",
                event(row.outcome.settled_seq),
                event(*settled)
            ),
        ));
    }
    Ok(())
}

fn event(seq: Option<u64>) -> String {
    seq.map_or_else(|| "no event".to_owned(), |seq| format!("event {seq}"))
}

/// Says in which of its parts a message is not what the events make of it.
fn difference(kept: &MessageView, made: &MessageView) -> Option<String> {
    if kept == made {
        return None;
    }
    let (Ok(kept), Ok(made)) = (serde_json::to_value(kept), serde_json::to_value(made)) else {
        return Some("it is not what its events make of it".to_owned());
    };
    let kept = kept.as_object()?;
    let mut parts = kept
        .iter()
        .filter(|(key, value)| made.get(key) != Some(value));
    let (key, value) = parts.next()?;
    let made = made.get(key)?;
    Some(format!(
        "its {key} is kept as {value}, and its events make it {made}"
    ))
}

fn shown(balance: &Balance) -> String {
    let Balance {
        granted,
        available,
        held,
        consumed,
        expired,
        revoked,
    } = balance;
    format!(
        "{granted} granted, {available} available, {held} held, {consumed} consumed, {expired} expired, {revoked} revoked"
    )
}
