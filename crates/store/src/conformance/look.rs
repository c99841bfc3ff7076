//! Reads a store in the ways that several cases need: whole lists through small pages, and everything at once.

use crate::{
    Answer, ContractRow, Delivery, DeliveryQuery, Document, EventQuery, LogRow, MessageQuery,
    MessageRow, Position, Snapshot, Store, StoredEvent, Which, Writing,
};
use earnest_core::Status;
use earnest_core::units::{ContractId, MemberId, MessageId, Timestamp};

/// How many a page has at most: few, so that lists go over several.
const PAGE: usize = 7;

/// The kinds, endpoints and keys that [`everything`] looks at.
pub(super) const KINDS: [&str; 2] = ["policy", "cursor"];
pub(super) const HOOKS: [&str; 2] = ["hook-1", "hook-2"];
pub(super) const KEYS: [(&str, &str); 4] = [
    ("space-1", "key-1"),
    ("space-1", "key-2"),
    ("space-2", "key-1"),
    ("space-2", "key-2"),
];

/// All that a store has of what the cases use.
#[derive(Debug, PartialEq)]
pub(super) struct Everything {
    contracts: Vec<ContractRow>,
    events: Vec<Vec<StoredEvent>>,
    log: Vec<LogRow>,
    messages: Vec<Vec<MessageRow>>,
    writings: Vec<Vec<Writing>>,
    snapshots: Vec<Option<Snapshot>>,
    answers: Vec<Option<Answer>>,
    documents: Vec<Vec<Document>>,
    deliveries: Vec<Vec<Delivery>>,
}

pub(super) async fn everything(store: &dyn Store) -> Everything {
    let mut all = Everything {
        contracts: contracts(store).await,
        events: Vec::new(),
        log: log(store).await,
        messages: Vec::new(),
        writings: Vec::new(),
        snapshots: Vec::new(),
        answers: Vec::new(),
        documents: Vec::new(),
        deliveries: Vec::new(),
    };
    for row in &all.contracts {
        all.events.push(events(store, &row.id).await);
        all.snapshots.push(store.snapshot(&row.id).await.unwrap());
        let messages = messages(store, sent(&row.id), None).await;
        for message in &messages {
            let writings = store.writings(&message.sent.id).await.unwrap();
            all.writings.push(writings);
        }
        all.messages.push(messages);
    }
    for (space, key) in KEYS {
        all.answers.push(store.answer(space, key).await.unwrap());
    }
    for kind in KINDS {
        let documents = store.documents(kind, None, usize::MAX >> 1).await.unwrap();
        all.documents.push(documents);
    }
    for hook in HOOKS {
        all.deliveries.push(deliveries(store, hook).await);
    }
    all
}

pub(super) async fn contracts(store: &dyn Store) -> Vec<ContractRow> {
    let mut all: Vec<ContractRow> = Vec::new();
    loop {
        let after = all.last().map(|row| row.id.clone());
        let page = store.contracts(after.as_ref(), PAGE).await.unwrap();
        assert!(page.len() <= PAGE, "a page has too many contracts");
        let goes_on = page.iter().all(|row| after.as_ref() < Some(&row.id));
        assert!(goes_on, "a page begins before its place");
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

pub(super) async fn events(store: &dyn Store, contract: &ContractId) -> Vec<StoredEvent> {
    let mut all: Vec<StoredEvent> = Vec::new();
    loop {
        let query = EventQuery {
            contract: contract.clone(),
            from: all.len() as u64 + 1,
            to: u64::MAX,
            newest_first: false,
            limit: PAGE,
        };
        let page = store.events(query).await.unwrap();
        assert!(page.len() <= PAGE, "a page has too many events");
        let goes_on = page.iter().all(|event| event.seq > all.len() as u64);
        assert!(goes_on, "a page begins before its place");
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

pub(super) async fn log(store: &dyn Store) -> Vec<LogRow> {
    let mut all = Vec::new();
    follow(store, &mut all).await;
    all
}

/// Adds to `seen` what the log has after it.
pub(super) async fn follow(store: &dyn Store, seen: &mut Vec<LogRow>) {
    loop {
        let after = seen
            .last()
            .map_or_else(Position::default, |row| row.position);
        let page = store.log(after, PAGE).await.unwrap();
        assert!(page.len() <= PAGE, "a page has too many rows of the log");
        let goes_on = page.iter().all(|row| row.position > after);
        assert!(goes_on, "a page begins before its place");
        if page.is_empty() {
            return;
        }
        seen.extend(page);
    }
}

/// Asks for the messages of a contract.
pub(super) fn sent(contract: &ContractId) -> Which {
    Which::Sent {
        contract: contract.clone(),
        seat: None,
        campaign: None,
    }
}

/// Reads a list of messages to its end.
pub(super) async fn messages(
    store: &dyn Store,
    which: Which,
    status: Option<Status>,
) -> Vec<MessageRow> {
    let first = MessageQuery {
        status,
        ..MessageQuery::new(which, PAGE)
    };
    all(store, first).await
}

/// Reads what is asked for from its first page to the last.
pub(super) async fn all(store: &dyn Store, first: MessageQuery) -> Vec<MessageRow> {
    let (mut all, mut query) = (Vec::new(), first);
    loop {
        let (rows, next) = asked(store, query.clone()).await;
        let goes_on = rows.iter().all(|row| !all.contains(row));
        assert!(goes_on, "a page begins before its place");
        all.extend(rows);
        if next.is_none() {
            return all;
        }
        query.after = next;
    }
}

/// Reads one page of messages, and says where the next begins.
pub(super) async fn page(
    store: &dyn Store,
    which: Which,
    status: Option<Status>,
    after: Option<u64>,
) -> (Vec<MessageRow>, Option<u64>) {
    let query = MessageQuery {
        status,
        after,
        ..MessageQuery::new(which, PAGE)
    };
    asked(store, query).await
}

async fn asked(store: &dyn Store, query: MessageQuery) -> (Vec<MessageRow>, Option<u64>) {
    let (after, limit) = (query.after, query.limit);
    let page = store.messages(query).await.unwrap();
    assert!(page.messages.len() <= limit, "a page has too many messages");
    assert!(
        page.next.is_none() || page.next != after,
        "the next page is this one"
    );
    (page.messages, page.next)
}

/// Reads one message.
pub(super) async fn one(store: &dyn Store, id: &MessageId) -> Option<MessageRow> {
    let which = Which::Ids(vec![id.clone()]);
    messages(store, which, None).await.pop()
}

/// Counts what a member received.
pub(super) async fn received(
    store: &dyn Store,
    member: &str,
    (from, to): (Timestamp, Timestamp),
    most: u32,
) -> u32 {
    let member = MemberId::new(member).unwrap();
    store.received(&member, from, to, most).await.unwrap()
}

/// Returns the ids of messages.
pub(super) fn ids(rows: &[MessageRow]) -> Vec<&str> {
    rows.iter().map(|row| row.sent.id.as_str()).collect()
}

/// Reads an endpoint's deliveries.
pub(super) async fn deliveries(store: &dyn Store, webhook: &str) -> Vec<Delivery> {
    let mut all: Vec<Delivery> = Vec::new();
    loop {
        let after = all
            .last()
            .map(|last| (last.created_at, last.contract.clone(), last.seq));
        let query = DeliveryQuery::Of {
            webhook: webhook.to_owned(),
            state: None,
            after,
            limit: PAGE,
        };
        let page = store.deliveries(query).await.unwrap();
        assert!(page.len() <= PAGE, "a page has too many deliveries");
        let goes_on = page.iter().all(|delivery| !all.contains(delivery));
        assert!(goes_on, "a page begins before its place");
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}
