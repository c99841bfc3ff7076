//! Documents are written at the version that was read, all or none.

#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::Opened;
use super::build::{put, removal};
use crate::{Document, Put, Store, StoreError};

async fn version(store: &dyn Store, id: &str) -> u64 {
    let kept = store.document("policy", id).await.unwrap();
    kept.map_or(0, |document| document.version)
}

async fn body(store: &dyn Store, id: &str) -> Option<String> {
    let kept = store.document("policy", id).await.unwrap();
    kept.map(|document| String::from_utf8(document.body).unwrap())
}

async fn conflicts(store: &dyn Store, put: Put) {
    let done = store.put(vec![put]).await;
    assert_eq!(done, Err(StoreError::Conflict));
}

pub async fn versions_of_a_document_count_up(opened: Opened) {
    let store = &opened.store;
    let elsewhere = opened.another().await;
    assert_eq!(store.document("policy", "p").await, Ok(None));
    let handles = [store, &elsewhere, store, store];
    for (before, handle) in (0..).zip(handles) {
        let text = format!("text {before}");
        let write = put("policy", "p", Some(before), &text);
        handle.put(vec![write]).await.unwrap();
        let expected = Document {
            id: "p".to_owned(),
            version: before + 1,
            body: text.into_bytes(),
        };
        for reader in [store, &elsewhere] {
            let kept = reader.document("policy", "p").await.unwrap();
            assert_eq!(kept, Some(expected.clone()));
        }
    }
    let write = put("policy", "p", None, "whatever was there");
    store.put(vec![write]).await.unwrap();
    assert_eq!(version(&**store, "p").await, 5);
    let bytes = Put {
        body: Some((0..=255).collect()),
        ..put("policy", "p", Some(5), "")
    };
    store.put(vec![bytes.clone()]).await.unwrap();
    let opened = opened.reopened().await;
    let kept = opened.store.document("policy", "p").await.unwrap().unwrap();
    assert_eq!((kept.version, Some(kept.body)), (6, bytes.body));
}

pub async fn a_document_is_created_once(opened: Opened) {
    let store = &*opened.store;
    let create = put("policy", "p", Some(0), "first");
    store.put(vec![create.clone()]).await.unwrap();
    conflicts(store, create.clone()).await;
    conflicts(&*opened.another().await, create).await;
    assert_eq!(body(store, "p").await.as_deref(), Some("first"));
    let create = put("policy", "q", None, "");
    store.put(vec![create]).await.unwrap();
    assert_eq!(body(store, "q").await.as_deref(), Some(""));
    assert_eq!(version(store, "q").await, 1);
}

pub async fn a_document_is_changed_at_its_version_only(opened: Opened) {
    let store = &*opened.store;
    conflicts(store, put("policy", "p", Some(1), "not there")).await;
    for before in 0..3 {
        let write = put("policy", "p", Some(before), "x");
        store.put(vec![write]).await.unwrap();
    }
    for wrong in [0, 1, 2, 4, u64::MAX] {
        conflicts(store, put("policy", "p", Some(wrong), "late")).await;
    }
    assert_eq!(body(store, "p").await.as_deref(), Some("x"));
    assert_eq!(version(store, "p").await, 3);
}

pub async fn a_document_is_removed_at_its_version_only(opened: Opened) {
    let store = &*opened.store;
    conflicts(store, removal("policy", "p", Some(1))).await;
    for before in 0..2 {
        let write = put("policy", "p", Some(before), "x");
        store.put(vec![write]).await.unwrap();
    }
    for wrong in [0, 1, 3] {
        conflicts(store, removal("policy", "p", Some(wrong))).await;
    }
    assert_eq!(version(store, "p").await, 2);
    let remove = removal("policy", "p", Some(2));
    store.put(vec![remove]).await.unwrap();
    assert_eq!(store.document("policy", "p").await, Ok(None));
    assert_eq!(store.documents("policy", None, 9).await, Ok(Vec::new()));
    for gone in [1, 2, 3] {
        conflicts(store, put("policy", "p", Some(gone), "too late")).await;
        conflicts(store, removal("policy", "p", Some(gone))).await;
    }
}

pub async fn a_version_is_not_reused_after_a_removal(opened: Opened) {
    let store = &*opened.store;
    let mut newest = 0;
    for expected in [Some(0), None, Some(0)] {
        let write = put("policy", "p", expected, "made");
        store.put(vec![write]).await.unwrap();
        let made = version(store, "p").await;
        assert!(made > newest, "version {made} was used before");
        let write = put("policy", "p", Some(made), "changed");
        store.put(vec![write]).await.unwrap();
        newest = version(store, "p").await;
        assert_eq!(newest, made + 1);
        let remove = removal("policy", "p", Some(newest));
        store.put(vec![remove]).await.unwrap();
    }
    let opened = opened.reopened().await;
    let store = &*opened.store;
    let write = put("policy", "p", Some(0), "made again");
    store.put(vec![write]).await.unwrap();
    assert!(version(store, "p").await > newest);
}

pub async fn removing_what_is_not_there_is_no_mistake(opened: Opened) {
    let store = &*opened.store;
    for expected in [None, Some(0)] {
        let remove = removal("policy", "p", expected);
        store.put(vec![remove]).await.unwrap();
    }
    let write = put("policy", "p", Some(0), "x");
    store.put(vec![write]).await.unwrap();
    let remove = removal("policy", "p", None);
    store.put(vec![remove.clone()]).await.unwrap();
    store.put(vec![remove]).await.unwrap();
    assert_eq!(store.document("policy", "p").await, Ok(None));
}

pub async fn documents_are_listed_in_the_order_of_their_ids(opened: Opened) {
    let store = &*opened.store;
    let ids = [
        "b",
        "a",
        "B",
        "",
        "a b",
        "ab",
        "a/b",
        "10",
        "9",
        "é",
        "z",
        "\u{1f4e8}",
        "\u{ffff}",
        "a\u{0}",
        "%",
        "gone",
    ];
    let puts = ids.map(|id| put("policy", id, Some(0), id));
    store.put(puts.to_vec()).await.unwrap();
    let remove = removal("policy", "gone", None);
    store.put(vec![remove]).await.unwrap();
    let mut sorted: Vec<&str> = ids.into_iter().filter(|id| *id != "gone").collect();
    sorted.sort_unstable();
    let mut listed: Vec<String> = Vec::new();
    loop {
        let after = listed.last().cloned();
        let page = store
            .documents("policy", after.as_deref(), 4)
            .await
            .unwrap();
        assert!(page.len() <= 4);
        if page.is_empty() {
            break;
        }
        for document in page {
            assert_eq!(document.body, document.id.as_bytes());
            listed.push(document.id);
        }
    }
    assert_eq!(listed, sorted);
    // The one after which the list goes on need not be there.
    let after = store.documents("policy", Some("gone"), 1).await.unwrap();
    assert_eq!(after[0].id, "z");
}

pub async fn several_documents_are_written_all_or_none(opened: Opened) {
    let store = &*opened.store;
    let both = ["p", "q"].map(|id| put("policy", id, Some(0), "first"));
    store.put(both.to_vec()).await.unwrap();
    for wrong in [0, 1, 2] {
        let mut puts = vec![
            put("policy", "p", Some(1), "second"),
            removal("policy", "q", None),
            put("policy", "r", Some(0), "first"),
        ];
        puts.insert(wrong, put("policy", "q", Some(9), "wrong"));
        let done = store.put(puts).await;
        assert_eq!(done, Err(StoreError::Conflict));
    }
    assert_eq!(
        (version(store, "p").await, version(store, "q").await),
        (1, 1)
    );
    assert_eq!(body(store, "p").await.as_deref(), Some("first"));
    assert_eq!(body(store, "r").await, None);
    let puts = vec![
        put("policy", "p", Some(1), "second"),
        removal("policy", "q", Some(1)),
        put("policy", "r", Some(0), "first"),
    ];
    store.put(puts).await.unwrap();
    assert_eq!(body(store, "p").await.as_deref(), Some("second"));
    assert_eq!(body(store, "q").await, None);
    assert_eq!(body(store, "r").await.as_deref(), Some("first"));
    store.put(Vec::new()).await.unwrap();
}

pub async fn kinds_are_kept_apart(opened: Opened) {
    let store = &*opened.store;
    for (kind, id) in [("policy", "p"), ("polic", "yp"), ("key", "p"), ("Key", "p")] {
        let create = put(kind, id, Some(0), kind);
        store.put(vec![create]).await.unwrap();
    }
    let remove = removal("key", "p", Some(1));
    store.put(vec![remove]).await.unwrap();
    assert_eq!(body(store, "p").await.as_deref(), Some("policy"));
    let listed = store.documents("policy", None, 9).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(store.documents("key", None, 9).await, Ok(Vec::new()));
    assert_eq!(store.documents("Key", None, 9).await.unwrap().len(), 1);
}

pub async fn kinds_are_listed(opened: Opened) {
    let store = &*opened.store;
    assert_eq!(store.kinds().await, Ok(Vec::new()));
    for kind in ["policy", "cursor", "gone"] {
        for id in ["a", "b"] {
            store.put(vec![put(kind, id, None, "x")]).await.unwrap();
        }
    }
    for id in ["a", "b"] {
        store.put(vec![removal("gone", id, None)]).await.unwrap();
    }
    store.put(vec![removal("policy", "a", None)]).await.unwrap();
    let listed = store.kinds().await.unwrap();
    assert_eq!(listed, ["cursor", "policy"]);
}
