//! A handle learns what others have done, and each thing once.

#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::build::{Draft, contract, delivery, minute, put, removal};
use super::{Opened, look};
use crate::{Change, Store, StoreError};
use std::collections::BTreeMap;

/// What changed: the newest number of each contract, and the documents.
type Changed = (BTreeMap<String, u64>, Vec<(String, String)>);

/// Asks once. A contract may be told batch by batch, then in order, and its notes apart.
pub(super) async fn ask(store: &dyn Store) -> Changed {
    let mut contracts = BTreeMap::new();
    let mut documents = Vec::new();
    for change in store.foreign().await.unwrap() {
        match change {
            Change::Contract { contract, seq } => {
                let newest = contracts.entry(contract.to_string()).or_default();
                assert!(seq == 0 || *newest <= seq, "a contract is out of order");
                *newest = seq.max(*newest);
            }
            Change::Document { kind, id } => documents.push((kind, id)),
        }
    }
    documents.sort_unstable();
    documents.dedup();
    (contracts, documents)
}

fn contracts<const N: usize>(expected: [(&str, u64); N]) -> Changed {
    let named = expected.map(|(id, seq)| (id.to_owned(), seq));
    (named.into(), Vec::new())
}

fn documents<const N: usize>(expected: [(&str, &str); N]) -> Changed {
    let named = expected.map(|(kind, id)| (kind.to_owned(), id.to_owned()));
    (BTreeMap::new(), named.to_vec())
}

fn nothing() -> Changed {
    Changed::default()
}

async fn commit(store: &dyn Store, id: &str, expected: u64) {
    let draft = Draft::after(id, expected).any_event();
    store.commit(draft.batch()).await.unwrap();
}

pub async fn the_first_question_begins_now(opened: Opened) {
    let (first, second) = (&*opened.store, &*opened.another().await);
    commit(first, "c", 0).await;
    first.put(vec![put("key", "k", None, "x")]).await.unwrap();
    assert_eq!(ask(second).await, nothing());
    commit(first, "c", 1).await;
    assert_eq!(ask(second).await, contracts([("c", 2)]));
    // One that is opened later begins later.
    let third = &*opened.another().await;
    commit(first, "c", 2).await;
    assert_eq!(ask(third).await, nothing());
    assert_eq!(ask(second).await, contracts([("c", 3)]));
    let opened = opened.reopened().await;
    assert_eq!(ask(&*opened.store).await, nothing());
}

pub async fn own_commits_are_not_shown(opened: Opened) {
    let (first, second) = (&*opened.store, &*opened.another().await);
    for handle in [first, second] {
        assert_eq!(ask(handle).await, nothing());
    }
    commit(first, "c", 0).await;
    first.put(vec![put("key", "k", None, "x")]).await.unwrap();
    assert_eq!(ask(first).await, nothing());
    commit(second, "d", 0).await;
    commit(first, "e", 0).await;
    commit(second, "d", 1).await;
    assert_eq!(ask(first).await, contracts([("d", 2)]));
    assert_eq!(ask(first).await, nothing());
    let (of_contracts, of_documents) = ask(second).await;
    assert_eq!(of_contracts, contracts([("c", 1), ("e", 1)]).0);
    assert_eq!(of_documents, documents([("key", "k")]).1);
}

pub async fn commits_of_others_are_shown_once(opened: Opened) {
    let (first, second) = (&*opened.store, &*opened.another().await);
    let third = &*opened.another().await;
    for handle in [first, second, third] {
        assert_eq!(ask(handle).await, nothing());
    }
    for seq in 0..5 {
        commit(first, "c", seq).await;
    }
    commit(second, "d", 0).await;
    assert_eq!(ask(third).await, contracts([("c", 5), ("d", 1)]));
    assert_eq!(ask(third).await, nothing());
    assert_eq!(ask(first).await, contracts([("d", 1)]));
    commit(first, "c", 5).await;
    // What one handle has been told is still new to another.
    assert_eq!(ask(third).await, contracts([("c", 6)]));
    assert_eq!(ask(second).await, contracts([("c", 6)]));
    for handle in [first, second, third] {
        assert_eq!(ask(handle).await, nothing());
    }
    // Handles take turns on one contract.
    commit(second, "c", 6).await;
    commit(third, "c", 7).await;
    assert_eq!(ask(second).await, contracts([("c", 8)]));
    assert_eq!(ask(first).await, contracts([("c", 8)]));
}

pub async fn notes_that_change_without_an_event_are_shown(opened: Opened) {
    let (first, second) = (&*opened.store, &*opened.another().await);
    commit(first, "c", 0).await;
    assert_eq!(ask(second).await, nothing());
    let notes = Draft::after("c", 1).details(b"live").batch();
    first.commit(notes).await.unwrap();
    assert_eq!(ask(second).await, contracts([("c", 0)]));
    assert_eq!(ask(first).await, nothing());
    let notes = Draft::after("c", 1).details(b"lively").batch();
    second.commit(notes).await.unwrap();
    commit(second, "c", 1).await;
    assert_eq!(ask(first).await, contracts([("c", 2)]));
    assert_eq!(ask(second).await, nothing());
    let seen = first.contract(&contract("c")).await.unwrap().unwrap();
    assert_eq!((seen.seq, &*seen.details), (2, &b"lively"[..]));
}

pub async fn documents_of_others_are_shown_once(opened: Opened) {
    let (first, second) = (&*opened.store, &*opened.another().await);
    assert_eq!(ask(second).await, nothing());
    let both = vec![put("key", "k", None, "x"), put("policy", "p", None, "x")];
    first.put(both).await.unwrap();
    let expected = documents([("key", "k"), ("policy", "p")]);
    assert_eq!(ask(second).await, expected);
    assert_eq!(ask(second).await, nothing());
    first
        .put(vec![put("key", "k", Some(1), "y")])
        .await
        .unwrap();
    assert_eq!(ask(second).await, documents([("key", "k")]));
    first.put(vec![removal("key", "k", Some(2))]).await.unwrap();
    assert_eq!(ask(second).await, documents([("key", "k")]));
    first
        .put(vec![put("key", "k", Some(0), "z")])
        .await
        .unwrap();
    assert_eq!(ask(second).await, documents([("key", "k")]));
    assert_eq!(ask(second).await, nothing());
}

pub async fn documents_of_a_fan_out_are_shown_to_others(opened: Opened) {
    let (first, second) = (&*opened.store, &*opened.another().await);
    for handle in [first, second] {
        assert_eq!(ask(handle).await, nothing());
    }
    let waiting = delivery("hook", &contract("c"), 1, minute(0), None);
    let cursor = put("cursor", "hook", Some(0), "1");
    first.fan_out(vec![waiting], vec![cursor]).await.unwrap();
    assert_eq!(ask(second).await, documents([("cursor", "hook")]));
    assert_eq!(ask(first).await, nothing());
}

pub async fn what_failed_is_not_shown(opened: Opened) {
    let (first, second) = (&*opened.store, &*opened.another().await);
    commit(first, "c", 0).await;
    first.put(vec![put("key", "k", None, "x")]).await.unwrap();
    assert_eq!(ask(second).await, nothing());
    let late = Draft::begin("c").batch();
    assert_eq!(first.commit(late).await, Err(StoreError::Conflict));
    let late = vec![put("key", "l", None, "x"), put("key", "k", Some(0), "y")];
    assert_eq!(first.put(late.clone()).await, Err(StoreError::Conflict));
    let waiting = delivery("hook", &contract("c"), 1, minute(0), None);
    let done = first.fan_out(vec![waiting], late).await;
    assert_eq!(done, Err(StoreError::Conflict));
    assert_eq!(ask(second).await, nothing());
}

pub async fn a_reader_sees_what_another_handle_committed(opened: Opened) {
    let (first, second) = (&*opened.store, &*opened.another().await);
    for seq in 0..20 {
        let (writer, reader) = match seq % 2 {
            0 => (first, second),
            _ => (second, first),
        };
        commit(writer, "c", seq).await;
        let row = reader.contract(&contract("c")).await.unwrap().unwrap();
        assert_eq!(row.seq, seq + 1);
        let newest = look::events(reader, &contract("c")).await;
        assert_eq!(newest.len() as u64, seq + 1);
        assert_eq!(look::log(reader).await.len() as u64, seq + 1);
        assert_eq!(writer.head().await, reader.head().await);
    }
}
