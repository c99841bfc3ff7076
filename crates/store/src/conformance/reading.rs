//! Events and the log are read as they were committed.

#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::build::{self, Draft, answer, contract, minute};
use super::{Opened, look};
use crate::{EventQuery, LogRow, Position, Store, StoredEvent};

async fn commit(store: &dyn Store, id: &str, expected: u64, events: usize) -> LogRow {
    let draft = (0..events).fold(Draft::after(id, expected), |draft, _| draft.any_event());
    let batch = draft.batch();
    let position = store.commit(batch.clone()).await.unwrap();
    LogRow {
        position,
        contract: batch.contract,
        first: expected + 1,
        token: batch.token,
        events: batch.events,
    }
}

pub async fn events_are_numbered_without_gaps(opened: Opened) {
    let store = &*opened.store;
    let mut all = Vec::new();
    for events in [1, 3, 1, 20, 2] {
        let row = commit(store, "c", all.len() as u64, events).await;
        all.extend(row.events);
        commit_aside(store, all.len() as u64).await;
    }
    let numbered: Vec<StoredEvent> = (1..)
        .zip(all)
        .map(|(seq, event)| StoredEvent { seq, event })
        .collect();
    assert_eq!(look::events(store, &contract("c")).await, numbered);
    let row = store.contract(&contract("c")).await.unwrap().unwrap();
    assert_eq!(row.seq, 27);
}

/// Commits to another contract in between, and without events to `c`.
async fn commit_aside(store: &dyn Store, newest: u64) {
    let kept = store.contract(&contract("aside")).await.unwrap();
    let seq = kept.map_or(0, |row| row.seq);
    commit(store, "aside", seq, 2).await;
    let without = Draft::after("c", newest).details(b"notes");
    store.commit(without.batch()).await.unwrap();
}

async fn range(store: &dyn Store, from: u64, to: u64, newest_first: bool) -> Vec<u64> {
    limited(store, from, to, newest_first, 1_000).await
}

async fn limited(
    store: &dyn Store,
    from: u64,
    to: u64,
    newest_first: bool,
    limit: usize,
) -> Vec<u64> {
    let query = EventQuery {
        contract: contract("c"),
        from,
        to,
        newest_first,
        limit,
    };
    let events = store.events(query).await.unwrap();
    let expected = look::events(store, &contract("c")).await;
    assert!(events.iter().all(|event| expected.contains(event)));
    events.iter().map(|event| event.seq).collect()
}

pub async fn events_are_read_by_range_in_both_orders(opened: Opened) {
    let store = &*opened.store;
    commit(store, "a", 0, 5).await;
    commit(store, "c", 0, 4).await;
    commit(store, "d", 0, 5).await;
    commit(store, "c", 4, 1).await;
    commit(store, "c", 5, 5).await;
    assert_eq!(range(store, 3, 6, false).await, [3, 4, 5, 6]);
    assert_eq!(range(store, 3, 6, true).await, [6, 5, 4, 3]);
    assert_eq!(range(store, 5, 5, false).await, [5]);
    assert_eq!(range(store, 5, 5, true).await, [5]);
    assert_eq!(range(store, 9, u64::MAX, false).await, [9, 10]);
    assert_eq!(range(store, 0, 2, true).await, [2, 1]);
}

pub async fn news_are_what_came_after_an_event(opened: Opened) {
    let store = &*opened.store;
    let id = contract("c");
    assert_eq!(store.news(&id, 0).await, Ok(None));
    commit(store, "a", 0, 5).await;
    let mut seq = 0;
    for events in [4, 1, 5] {
        seq = commit(store, "c", seq, events).await.first - 1 + events as u64;
    }
    commit(store, "d", 0, 5).await;
    let all = look::events(store, &id).await;
    // Also from within a batch, and from beyond the newest.
    for after in 0..=12 {
        let news = store.news(&id, after).await.unwrap().unwrap();
        assert_eq!(Some(news.row), store.contract(&id).await.unwrap());
        let expected: Vec<_> = all.iter().filter(|it| it.seq > after).cloned().collect();
        assert_eq!(news.events, expected, "after {after}");
    }
    // Of very many the later ones may be left out, but not all, and none before.
    for _ in 0..150 {
        seq = commit(store, "c", seq, 10).await.first + 9;
    }
    let news = store.news(&id, 10).await.unwrap().unwrap();
    assert_eq!(news.row.seq, seq);
    let all = look::events(store, &id).await;
    assert!(!news.events.is_empty());
    assert_eq!(news.events, all[10..10 + news.events.len()]);
    // Notes are told of as well.
    let notes = Draft::after("c", seq).details(b"notes");
    store.commit(notes.batch()).await.unwrap();
    let news = store.news(&id, seq).await.unwrap().unwrap();
    assert_eq!(
        (&news.row.details[..], news.events),
        (&b"notes"[..], Vec::new())
    );
}

pub async fn a_range_without_events_is_empty(opened: Opened) {
    let store = &*opened.store;
    assert_eq!(range(store, 1, 10, false).await, [0; 0]);
    commit(store, "c", 0, 3).await;
    for newest_first in [false, true] {
        assert_eq!(range(store, 4, 9, newest_first).await, [0; 0]);
        assert_eq!(range(store, 3, 2, newest_first).await, [0; 0]);
        assert_eq!(range(store, 0, 0, newest_first).await, [0; 0]);
        assert_eq!(range(store, u64::MAX, u64::MAX, newest_first).await, [0; 0]);
    }
}

pub async fn a_limit_cuts_the_far_end(opened: Opened) {
    let store = &*opened.store;
    commit(store, "c", 0, 4).await;
    commit(store, "c", 4, 6).await;
    assert_eq!(limited(store, 2, 9, false, 3).await, [2, 3, 4]);
    assert_eq!(limited(store, 2, 9, true, 3).await, [9, 8, 7]);
    assert_eq!(limited(store, 1, u64::MAX, false, 1).await, [1]);
    assert_eq!(limited(store, 1, u64::MAX, true, 1).await, [10]);
    assert_eq!(limited(store, 9, 10, true, 2).await, [10, 9]);
}

pub async fn every_kind_of_event_comes_back_as_it_was(opened: Opened) {
    let store = &*opened.store;
    let events = build::every_kind();
    let draft = events
        .iter()
        .cloned()
        .fold(Draft::after("c", 0), Draft::event);
    store.commit(draft.batch()).await.unwrap();
    let kept: Vec<_> = look::events(store, &contract("c"))
        .await
        .into_iter()
        .map(|stored| stored.event)
        .collect();
    assert_eq!(kept, events);
    let log = look::log(store).await;
    assert_eq!(log[0].events, events);
}

pub async fn the_log_has_every_batch_in_the_order_of_commit(opened: Opened) {
    let first = &*opened.store;
    let second = &*opened.another().await;
    assert_eq!(look::log(first).await, []);
    let mut expected = Vec::new();
    expected.push(commit(first, "b", 0, 2).await);
    expected.push(commit(second, "a", 0, 1).await);
    expected.push(commit(second, "b", 2, 3).await);
    expected.push(commit(first, "c", 0, 1).await);
    expected.push(commit(first, "b", 5, 1).await);
    assert!(expected.is_sorted_by(|a, b| a.position < b.position));
    assert_eq!(look::log(first).await, expected);
    assert_eq!(look::log(second).await, expected);
}

pub async fn the_log_is_read_in_parts(opened: Opened) {
    let store = &*opened.store;
    let mut all = Vec::new();
    for n in 0..9 {
        all.push(commit(store, "c", n * 2, 2).await);
    }
    let start = Position::default();
    assert_eq!(store.log(start, 4).await.unwrap(), all[..4]);
    assert_eq!(store.log(all[3].position, 3).await.unwrap(), all[4..7]);
    assert_eq!(store.log(all[6].position, 100).await.unwrap(), all[7..]);
    assert_eq!(store.log(all[8].position, 100).await, Ok(Vec::new()));
    assert_eq!(store.log(Position(u64::MAX), 1).await, Ok(Vec::new()));
    let head = store.head().await.unwrap();
    assert!(head >= all[8].position);
    assert_eq!(store.log(head, 100).await, Ok(Vec::new()));
    let next = commit(store, "c", 18, 1).await;
    assert!(next.position > head);
    assert_eq!(store.log(head, 100).await, Ok(vec![next]));
}

pub async fn the_log_leaves_out_batches_without_events(opened: Opened) {
    let store = &*opened.store;
    let one = commit(store, "c", 0, 1).await;
    for key in ["key-1", "key-2"] {
        let without = Draft::after("c", 1).answer(answer("space", key));
        store.commit(without.batch()).await.unwrap();
    }
    let head = store.head().await.unwrap();
    assert_eq!(store.log(one.position, 10).await, Ok(Vec::new()));
    let two = commit(store, "c", 1, 1).await;
    assert!(two.position > head);
    assert_eq!(store.log(head, 10).await, Ok(vec![two.clone()]));
    assert_eq!(look::log(store).await, [one, two]);
}

pub async fn many_events_in_one_batch_are_all_there(opened: Opened) {
    let store = &*opened.store;
    let big = (1..=5_000).fold(Draft::begin("c"), |draft, n| {
        draft.event(build::seat_added(&format!("seat-{n}"), minute(n)))
    });
    let batch = big.batch();
    store.commit(batch.clone()).await.unwrap();
    let mut seen = Vec::new();
    while seen.len() < batch.events.len() {
        let query = EventQuery {
            contract: contract("c"),
            from: seen.len() as u64 + 1,
            to: u64::MAX,
            newest_first: false,
            limit: 1_000,
        };
        let part = store.events(query).await.unwrap();
        assert!(!part.is_empty() && part.len() <= 1_000);
        seen.extend(part.into_iter().map(|stored| stored.event));
    }
    assert!(seen == batch.events, "an event is not as it was");
    let log = look::log(store).await;
    assert!(log.len() == 1 && log[0].events == batch.events);
}
