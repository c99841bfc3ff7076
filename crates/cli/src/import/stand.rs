//! Finds out how far each contract of a log was told before.
//!
//! Owns: reading that from the contracts' events. Invariant: a contract that is not the log's is an error, found
//! before anything is told.

use super::orders::UNLIMITED;
use super::{Import, names};
use crate::error::Error;
use crate::store::refused;
use earnest_backtest::log::{ActionKind, History};
use earnest_core::command::Side;
use earnest_core::event::{Event, Fact};
use earnest_core::units::ContractId;
use earnest_engine::{Engine, Failure};
use std::collections::{HashMap, HashSet};

/// How many events are read at once.
const PAGE: usize = 4_096;

/// How far a contract was told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Stand {
    /// Whether the contract is there.
    pub(super) begun: bool,
    /// How many seats and grants of the beginning are there.
    pub(super) set_up: u64,
    /// How many actions are behind.
    pub(super) actions: usize,
    /// The places of messages that are there.
    pub(super) sent: HashSet<usize>,
    /// How many answers are there.
    pub(super) answers: u64,
    /// How many sights are there.
    pub(super) seen: u64,
}

impl Stand {
    /// Returns how many things are there.
    pub(super) fn there(&self) -> u64 {
        let sent = u64::try_from(self.sent.len()).unwrap_or(u64::MAX);
        u64::from(self.begun) + self.set_up + sent + self.answers + self.seen
    }
}

/// Returns how far each contract was told.
pub(super) async fn find(
    engine: &Engine,
    import: &Import,
    names: &super::Names,
) -> Result<Vec<Stand>, Error> {
    let there = there(engine).await?;
    let mut stands = Vec::with_capacity(import.log.contracts());
    for history in import.log.histories() {
        let stand = match there.get(history.name()) {
            None => Stand::default(),
            Some(seq) => read(engine, import, names, &history, *seq).await?,
        };
        stands.push(stand);
    }
    Ok(stands)
}

/// Returns the contracts that are there, each with the number of its newest event.
async fn there(engine: &Engine) -> Result<HashMap<String, u64>, Error> {
    const PAGE: usize = 1_000;
    let mut there = HashMap::new();
    let mut after: Option<ContractId> = None;
    loop {
        let rows = engine.store().contracts(after.as_ref(), PAGE).await;
        let rows = rows.map_err(Failure::from).map_err(refused)?;
        let is_last = rows.len() < PAGE;
        after = rows.last().map(|row| row.id.clone());
        there.extend(rows.into_iter().map(|row| (row.id.to_string(), row.seq)));
        if is_last {
            return Ok(there);
        }
    }
}

async fn read(
    engine: &Engine,
    import: &Import,
    names: &super::Names,
    history: &History<'_>,
    newest: u64,
) -> Result<Stand, Error> {
    let contract = names::contract(history)?;
    let places = Places::of(import, names, history)?;
    let mut stand = Stand {
        begun: true,
        ..Stand::default()
    };
    let mut seq = 0;
    while seq < newest {
        let events = engine.events(&contract, seq + 1, newest, false, PAGE).await;
        let events = events.map_err(refused)?;
        if events.is_empty() {
            break;
        }
        for stored in events {
            seq = stored.seq;
            if seq == 1 {
                check(import, history, &stored.event)?;
            }
            places.note(&stored.event, &mut stand);
        }
    }
    Ok(stand)
}

/// Refuses a contract that is there and is not the log's.
fn check(import: &Import, history: &History<'_>, first: &Event) -> Result<(), Error> {
    let Fact::ContractCreated {
        policy, allotments, ..
    } = &first.fact
    else {
        return Ok(());
    };
    let start = import.moved(history.start());
    let name = history.name();
    let other = if first.at != start {
        format!("it started at {}, and the log's at {start}", first.at)
    } else if *policy != import.policy.name {
        format!("it follows `{policy}`, and not `{}`", import.policy.name)
    } else if *allotments != import.is_granted() {
        let paid = match allotments {
            true => "its policy's allotments",
            false => "unlimited credits",
        };
        format!("its messages are paid from {paid}")
    } else {
        return Ok(());
    };
    Err(Error::Input(format!(
        "the store has another contract `{name}`: {other}\nimport into a store of its own with `--store sqlite:PATH`"
    )))
}

/// Where in a contract's story things stand.
struct Places {
    messages: HashMap<String, usize>,
    /// For each message, the place among the actions of its send, its sight and its answer.
    actions: Vec<[usize; 3]>,
}

impl Places {
    fn of(import: &Import, names: &super::Names, history: &History<'_>) -> Result<Self, Error> {
        let mut messages = HashMap::with_capacity(history.messages().len());
        for (place, message) in history.messages().iter().enumerate() {
            let id = names.message(&import.log, history, place, message)?;
            messages.insert(id.to_string(), place);
        }
        let mut actions = vec![[0; 3]; history.messages().len()];
        for (at, action) in history.actions().iter().enumerate() {
            let kind = match action.kind() {
                ActionKind::Send => 0,
                ActionKind::Seen => 1,
                ActionKind::Respond => 2,
            };
            if let Some(place) = actions.get_mut(action.message()) {
                place[kind] = at;
            }
        }
        Ok(Self { messages, actions })
    }

    /// Notes what an event tells of how far the story was told.
    fn note(&self, event: &Event, stand: &mut Stand) {
        let (message, kind) = match &event.fact {
            Fact::SeatAdded { .. } => return stand.set_up += 1,
            Fact::GrantMade { grant, .. } => {
                stand.set_up += u64::from(grant.to_string() == UNLIMITED);
                return;
            }
            Fact::MessageSent { message, .. } => (message, 0),
            Fact::MessageSeen { message, .. } => (message, 1),
            Fact::MessageResponded { message, .. } => (message, 2),
            Fact::ConversationMessage {
                message,
                from: Side::Member,
                response: Some(_),
                ..
            } => (message, 2),
            _ => return,
        };
        let Some(place) = self.messages.get(message.as_str()) else {
            return;
        };
        match kind {
            0 => drop(stand.sent.insert(*place)),
            1 => stand.seen += 1,
            _ => stand.answers += 1,
        }
        if let Some(at) = self.actions.get(*place).and_then(|at| at.get(kind)) {
            stand.actions = stand.actions.max(at + 1);
        }
    }
}
