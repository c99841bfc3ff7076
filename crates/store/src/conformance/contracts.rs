//! What is known of a contract beside its events follows its batches.

#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::build::{Draft, contract, delivery, minute};
use super::{Opened, look};
use crate::{DeliveryState, Store};
use earnest_core::units::{ContractId, Timestamp};

pub async fn contracts_are_listed_in_the_order_of_their_ids(opened: Opened) {
    let store = &*opened.store;
    let ids = [
        "b", "a", "B", "a-1", "a.1", "a:1", "a1", "A", "10", "9", "_", "a_b", "aB", "ab", "0", "@",
        "z", "c",
    ];
    for id in ids {
        store.commit(Draft::begin(id).batch()).await.unwrap();
    }
    let mut sorted = ids;
    sorted.sort_unstable();
    let listed = look::contracts(store).await;
    let listed: Vec<&str> = listed.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(listed, sorted);
    // The one after which the list goes on need not be there.
    let after = store.contracts(Some(&contract("a0")), 2).await.unwrap();
    assert_eq!(after[0].id, contract("a1"));
    assert_eq!(after.len(), 2);
    let after = store.contracts(Some(&contract("zz")), 2).await;
    assert_eq!(after, Ok(Vec::new()));
}

async fn due(store: &dyn Store, at: Timestamp, limit: usize) -> Vec<String> {
    let due = store.due(at, limit).await.unwrap();
    due.iter().map(ContractId::to_string).collect()
}

pub async fn due_contracts_come_earliest_first(opened: Opened) {
    let store = &*opened.store;
    for (id, at) in [
        ("d", minute(4)),
        ("a", minute(2)),
        ("first", Timestamp::MIN),
        ("c", minute(3)),
        ("last", Timestamp::MAX),
        ("b", minute(1)),
    ] {
        let draft = Draft::begin(id).due(at);
        store.commit(draft.batch()).await.unwrap();
    }
    store.commit(Draft::begin("never").batch()).await.unwrap();
    assert_eq!(due(store, minute(3), 10).await, ["first", "b", "a", "c"]);
    assert_eq!(due(store, minute(3), 2).await, ["first", "b"]);
    let just_before = minute(3).plus_millis(-1);
    assert_eq!(due(store, just_before, 10).await, ["first", "b", "a"]);
    assert_eq!(due(store, Timestamp::MIN, 10).await, ["first"]);
    let all = ["first", "b", "a", "c", "d", "last"];
    assert_eq!(due(store, Timestamp::MAX, 10).await, all);
    let opened = opened.reopened().await;
    assert_eq!(due(&*opened.store, Timestamp::MAX, 10).await, all);
}

pub async fn a_later_batch_moves_what_is_due(opened: Opened) {
    let store = &*opened.store;
    let next_due = async || {
        let row = store.contract(&contract("c")).await.unwrap();
        row.unwrap().next_due
    };
    store.commit(Draft::begin("c").batch()).await.unwrap();
    store
        .commit(Draft::begin("other").due(minute(7)).batch())
        .await
        .unwrap();
    assert_eq!(next_due().await, None);
    for (seq, at) in (1..).zip([9, 5, 5, 8]) {
        let draft = Draft::after("c", seq).any_event().due(minute(at));
        store.commit(draft.batch()).await.unwrap();
        assert_eq!(next_due().await, Some(minute(at)));
        let is_due = async |at| due(store, at, 10).await.contains(&"c".to_owned());
        assert!(!is_due(minute(at - 1)).await && is_due(minute(at)).await);
    }
    assert_eq!(due(store, minute(9), 10).await, ["other", "c"]);
    let draft = Draft::after("c", 5).any_event();
    store.commit(draft.batch()).await.unwrap();
    assert_eq!(next_due().await, None);
    assert_eq!(due(store, Timestamp::MAX, 10).await, ["other"]);
}

pub async fn a_batch_without_events_moves_what_is_due(opened: Opened) {
    let store = &*opened.store;
    let draft = Draft::begin("c").due(minute(5));
    store.commit(draft.batch()).await.unwrap();
    let draft = Draft::after("c", 1).due(minute(3));
    store.commit(draft.batch()).await.unwrap();
    assert_eq!(due(store, minute(3), 10).await, ["c"]);
    let row = store.contract(&contract("c")).await.unwrap().unwrap();
    assert_eq!((row.seq, row.next_due), (1, Some(minute(3))));
    store.commit(Draft::after("c", 1).batch()).await.unwrap();
    assert_eq!(due(store, Timestamp::MAX, 10).await, [""; 0]);
}

pub async fn details_stay_where_a_batch_has_none(opened: Opened) {
    let store = &*opened.store;
    let details = async || {
        let row = store.contract(&contract("c")).await.unwrap();
        row.unwrap().details
    };
    store.commit(Draft::begin("c").batch()).await.unwrap();
    assert_eq!(details().await, b"");
    let every: Vec<u8> = (0..=255).collect();
    let draft = Draft::after("c", 1).any_event().details(&every);
    store.commit(draft.batch()).await.unwrap();
    assert_eq!(details().await, every);
    let draft = Draft::after("c", 2).any_event().due(minute(1));
    store.commit(draft.batch()).await.unwrap();
    assert_eq!(details().await, every);
    store.commit(Draft::after("c", 3).batch()).await.unwrap();
    assert_eq!(details().await, every);
    let draft = Draft::after("c", 3).details(b"others");
    store.commit(draft.batch()).await.unwrap();
    assert_eq!(details().await, b"others");
    let draft = Draft::after("c", 3).any_event().details(b"");
    store.commit(draft.batch()).await.unwrap();
    assert_eq!(details().await, b"");
}

pub async fn the_row_has_the_token_of_the_newest_event(opened: Opened) {
    let store = &*opened.store;
    let token = async || {
        let row = store.contract(&contract("c")).await.unwrap();
        row.unwrap().token
    };
    let first = Draft::begin("c").batch();
    let mut second = Draft::after("c", 1).any_event().batch();
    // Tokens have 128 bits.
    second.token = 1 << 127 | 1;
    let mut third = Draft::after("c", 2).any_event().batch();
    third.token = 0;
    for batch in [first, second, third] {
        store.commit(batch.clone()).await.unwrap();
        assert_eq!(token().await, batch.token);
        let without = Draft::after("c", batch.expected + 1).details(b"x").batch();
        store.commit(without).await.unwrap();
        assert_eq!(token().await, batch.token);
    }
}

pub async fn the_figures_are_right(opened: Opened) {
    let store = &*opened.store;
    let figures = store.status().await.unwrap();
    assert_eq!((figures.contracts, figures.deliveries_waiting), (0, 0));
    assert_eq!((figures.oldest_delivery, figures.oldest_due), (None, None));
    assert_eq!((figures.commits, figures.batches), (0, 0));
    for (id, at) in [("a", 9), ("b", 4), ("c", 6)] {
        let draft = Draft::begin(id).due(minute(at));
        store.commit(draft.batch()).await.unwrap();
    }
    let made = [1, 5, 3].map(|seq| {
        let made = minute(i64::try_from(seq).unwrap());
        delivery("hook", &contract("a"), seq, made, None)
    });
    store.fan_out(made.to_vec(), Vec::new()).await.unwrap();
    let done = crate::Delivery {
        state: DeliveryState::Delivered,
        ..made[0].clone()
    };
    store.update_deliveries(vec![done]).await.unwrap();
    let figures = store.status().await.unwrap();
    assert_eq!((figures.contracts, figures.deliveries_waiting), (3, 2));
    assert_eq!(figures.oldest_delivery, Some(minute(3)));
    assert_eq!(figures.oldest_due, Some(minute(4)));
    assert_eq!(figures.batches, 3);
    assert!(figures.commits >= 1);
    let elsewhere = opened.another().await;
    let figures = elsewhere.status().await.unwrap();
    assert_eq!((figures.contracts, figures.batches), (3, 0));
}
