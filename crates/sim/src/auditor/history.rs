//! Reads the whole log, and checks that it is one.

use crate::disk::at_once;
use earnest_core::event::{Event, Fact};
use earnest_core::units::{ContractId, MemberId, MessageId};
use earnest_store::memory::MemoryStore;
use earnest_store::{
    ContractRow, EventQuery, LogRow, MessageQuery, MessageRow, Position, Store, StoreError,
    StoredEvent, Token, Which, Writing,
};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

const PAGE: usize = 500;

/// What the data says in the end.
#[derive(Debug)]
pub(super) struct History {
    pub(super) contracts: BTreeMap<ContractId, Told>,
    /// Where each message stands.
    pub(super) messages: BTreeMap<MessageId, Place>,
    /// What each member was sent.
    sent_to: BTreeMap<MemberId, Vec<Sent>>,
}

/// A message that a member was sent.
#[derive(Debug)]
struct Sent {
    day: i64,
    contract: ContractId,
    seq: u64,
    position: Position,
}

/// What the data says of one contract.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) row: ContractRow,
    pub(super) events: Vec<Event>,
    /// Where each batch stands, and the number of its last event.
    pub(super) batches: Vec<(Position, u64)>,
    pub(super) rows: BTreeMap<MessageId, MessageRow>,
    pub(super) writings: BTreeMap<MessageId, Vec<Writing>>,
}

/// Where a message stands.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) contract: ContractId,
    pub(super) seq: u64,
}

impl History {
    /// Reads the data.
    pub(super) fn read(data: &MemoryStore) -> Result<Self, String> {
        read(data).map_err(|error| format!("the data cannot be read: {error}"))
    }

    /// Returns the number of a contract's newest event when the log ended at a place.
    pub(super) fn seq_at(&self, contract: &ContractId, head: Position) -> u64 {
        let Some(told) = self.contracts.get(contract) else {
            return 0;
        };
        let count = told
            .batches
            .partition_point(|(position, _)| *position <= head);
        let last = count.checked_sub(1).and_then(|at| told.batches.get(at));
        last.map_or(0, |(_, last)| *last)
    }

    /// Returns where an event of a contract stands in the log.
    pub(super) fn position(&self, contract: &ContractId, seq: u64) -> Position {
        let Some(told) = self.contracts.get(contract) else {
            return Position(0);
        };
        let at = told.batches.partition_point(|(_, last)| *last < seq);
        told.batches
            .get(at)
            .map_or(Position(u64::MAX), |(position, _)| *position)
    }

    /// Counts the messages to a member on a UTC day, sent at or before a place in the log; of one contract only
    /// the events before a number.
    pub(super) fn received(
        &self,
        member: &MemberId,
        day: i64,
        head: Position,
        own: (&ContractId, u64),
    ) -> u32 {
        let sent = self.sent_to.get(member).map_or(&[][..], Vec::as_slice);
        let is_before = |it: &&Sent| match it.contract == *own.0 {
            true => it.seq <= own.1,
            false => it.position <= head,
        };
        let that_day = sent.iter().filter(|it| it.day == day);
        u32::try_from(that_day.filter(is_before).count()).unwrap_or(u32::MAX)
    }

    /// Returns a number that follows from the whole log.
    pub(super) fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for (contract, told) in &self.contracts {
            contract.hash(&mut hasher);
            told.batches.hash(&mut hasher);
            format!("{:?}", told.events).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// Checks that the log, the contracts and their events say the same, without gaps and without repeats.
    pub(super) fn check_log(&self, data: &MemoryStore) -> Vec<String> {
        let mut wrong = Vec::new();
        for (contract, told) in &self.contracts {
            let queried = match at_once(data.events(query(contract))) {
                Ok(events) => events,
                Err(error) => {
                    wrong.push(format!("{contract}: its events cannot be read: {error}"));
                    continue;
                }
            };
            let numbered = (1..).zip(&told.events);
            let told_events = numbered.map(|(seq, event)| StoredEvent {
                seq,
                event: event.clone(),
            });
            if !told_events.eq(queried) {
                wrong.push(format!("{contract}: its events are not those of the log"));
            }
            let count = u64::try_from(told.events.len()).unwrap_or(u64::MAX);
            if told.row.seq != count {
                wrong.push(format!(
                    "{contract}: its row says {} events, the log {count}",
                    told.row.seq
                ));
            }
        }
        wrong
    }
}

fn query(contract: &ContractId) -> EventQuery {
    EventQuery {
        contract: contract.clone(),
        from: 1,
        to: u64::MAX,
        newest_first: false,
        limit: usize::MAX,
    }
}

fn read(data: &MemoryStore) -> Result<History, StoreError> {
    let mut history = History {
        contracts: BTreeMap::new(),
        messages: BTreeMap::new(),
        sent_to: BTreeMap::new(),
    };
    for row in at_once(data.contracts(None, usize::MAX))? {
        let rows = read_rows(data, &row.id)?;
        let mut writings = BTreeMap::new();
        for id in rows.keys() {
            writings.insert(id.clone(), at_once(data.writings(id))?);
        }
        let told = Told {
            events: Vec::new(),
            batches: Vec::new(),
            rows,
            writings,
            row,
        };
        history.contracts.insert(told.row.id.clone(), told);
    }
    let mut tokens: BTreeSet<Token> = BTreeSet::new();
    for row in read_log(data)? {
        add(&mut history, &mut tokens, row)?;
    }
    Ok(history)
}

fn read_log(data: &MemoryStore) -> Result<Vec<LogRow>, StoreError> {
    let mut all: Vec<LogRow> = Vec::new();
    loop {
        let after = all.last().map_or(Position(0), |row| row.position);
        let page = at_once(data.log(after, PAGE))?;
        let is_last = page.len() < PAGE;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

fn add(history: &mut History, tokens: &mut BTreeSet<Token>, row: LogRow) -> Result<(), StoreError> {
    let corrupt = |what: &str| Err(StoreError::Corrupt(format!("{}: {what}", row.contract)));
    let Some(told) = history.contracts.get_mut(&row.contract) else {
        return corrupt("the log has a contract that is not there");
    };
    let count = u64::try_from(told.events.len()).unwrap_or(u64::MAX);
    if row.first != count + 1 {
        return corrupt("the log has a gap");
    }
    if !tokens.insert(row.token) {
        return corrupt("a batch stands in the log twice");
    }
    for (event, seq) in row.events.iter().zip(row.first..) {
        if let Fact::MessageSent { message, to, .. } = &event.fact {
            history.sent_to.entry(to.clone()).or_default().push(Sent {
                day: event.at.utc_day(),
                contract: row.contract.clone(),
                seq,
                position: row.position,
            });
            let place = Place {
                contract: row.contract.clone(),
                seq,
            };
            if history.messages.insert(message.clone(), place).is_some() {
                return corrupt("a message is sent twice");
            }
        }
    }
    told.events.extend(row.events);
    let last = u64::try_from(told.events.len()).unwrap_or(u64::MAX);
    told.batches.push((row.position, last));
    Ok(())
}

fn read_rows(
    data: &MemoryStore,
    contract: &ContractId,
) -> Result<BTreeMap<MessageId, MessageRow>, StoreError> {
    let mut rows = BTreeMap::new();
    let mut after = None;
    loop {
        let which = Which::Sent {
            contract: contract.clone(),
            seat: None,
            campaign: None,
        };
        let page = at_once(data.messages(MessageQuery {
            after,
            ..MessageQuery::new(which, PAGE)
        }))?;
        let messages = page.messages.into_iter();
        rows.extend(messages.map(|row| (row.sent.id.clone(), row)));
        after = page.next;
        if after.is_none() {
            return Ok(rows);
        }
    }
}
