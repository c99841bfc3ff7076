//! Deliveries are found by when they are due, by their contract, and by their endpoint.

#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::build::{contract, delivery, minute, put};
use super::{Opened, look};
use crate::{Delivery, DeliveryQuery, DeliveryState, Store, StoreError};
use earnest_core::units::Timestamp;
use std::slice;

async fn add(store: &dyn Store, deliveries: &[Delivery]) {
    store
        .fan_out(deliveries.to_vec(), Vec::new())
        .await
        .unwrap();
}

async fn one(store: &dyn Store, of: &Delivery) -> Option<Delivery> {
    let query = DeliveryQuery::One {
        webhook: of.webhook.clone(),
        contract: of.contract.clone(),
        seq: of.seq,
    };
    let mut found = store.deliveries(query).await.unwrap();
    assert!(found.len() <= 1);
    found.pop()
}

async fn numbers(store: &dyn Store, query: DeliveryQuery) -> Vec<u64> {
    let found = store.deliveries(query).await.unwrap();
    found.iter().map(|delivery| delivery.seq).collect()
}

/// Returns a delivery of `hook` and `c`, made with its number's minute.
fn numbered(seq: u64, next_at: Option<Timestamp>) -> Delivery {
    let made = minute(i64::try_from(seq).unwrap());
    delivery("hook", &contract("c"), seq, made, next_at)
}

pub async fn a_delivery_is_added_once(opened: Opened) {
    let store = &*opened.store;
    let first = numbered(1, Some(minute(1)));
    assert_eq!(one(store, &first).await, None);
    add(store, slice::from_ref(&first)).await;
    let tried = Delivery {
        attempts: 1,
        next_at: Some(minute(8)),
        tried_at: Some(minute(2)),
        status: Some(503),
        error: Some("it's \"busy\"\n\u{1f6a7}".to_owned()),
        ..first.clone()
    };
    store.update_deliveries(vec![tried.clone()]).await.unwrap();
    let second = numbered(2, None);
    add(store, &[first.clone(), second.clone()]).await;
    add(&*opened.another().await, &[first.clone(), second.clone()]).await;
    let opened = opened.reopened().await;
    assert_eq!(one(&*opened.store, &first).await, Some(tried.clone()));
    let all = look::deliveries(&*opened.store, "hook").await;
    assert_eq!(all, [second, tried]);
    // Another endpoint, contract or number is another delivery.
    let store = &*opened.store;
    let others = [
        delivery("hooks", &contract("c"), 1, minute(1), None),
        delivery("hook", &contract("cc"), 1, minute(1), None),
        delivery("hook", &contract("c"), 3, minute(1), None),
    ];
    add(store, &others).await;
    for other in others {
        assert_eq!(one(store, &other).await, Some(other));
    }
}

pub async fn a_fan_out_is_kept_whole_or_not_at_all(opened: Opened) {
    let store = &*opened.store;
    let cursor = |expected, body| vec![put("cursor", "hook", Some(expected), body)];
    let first = numbered(1, Some(minute(1)));
    let done = store.fan_out(vec![first.clone()], cursor(1, "1")).await;
    assert_eq!(done, Err(StoreError::Conflict));
    assert_eq!(one(store, &first).await, None);
    assert_eq!(store.document("cursor", "hook").await, Ok(None));
    store
        .fan_out(vec![first.clone()], cursor(0, "1"))
        .await
        .unwrap();
    let second = numbered(2, None);
    let done = store.fan_out(vec![second.clone()], cursor(0, "2")).await;
    assert_eq!(done, Err(StoreError::Conflict));
    assert_eq!(one(store, &second).await, None);
    let kept = store.document("cursor", "hook").await.unwrap().unwrap();
    assert_eq!((kept.version, &*kept.body), (1, &b"1"[..]));
    // Nothing to deliver moves the cursor too.
    store.fan_out(Vec::new(), cursor(1, "2")).await.unwrap();
    assert_eq!(look::deliveries(store, "hook").await, [first]);
}

pub async fn due_deliveries_come_earliest_first(opened: Opened) {
    let store = &*opened.store;
    add(
        store,
        &[
            numbered(1, Some(minute(3))),
            numbered(2, None),
            numbered(3, Some(minute(1))),
            numbered(4, Some(Timestamp::MIN)),
            numbered(5, Some(minute(2))),
            numbered(6, Some(Timestamp::MAX)),
        ],
    )
    .await;
    let elsewhere = delivery("other", &contract("d"), 7, minute(0), Some(minute(0)));
    add(store, slice::from_ref(&elsewhere)).await;
    let due = |at, limit| numbers(store, DeliveryQuery::Due { at, limit });
    assert_eq!(due(minute(2), 9).await, [4, 7, 3, 5]);
    assert_eq!(due(minute(2).plus_millis(-1), 9).await, [4, 7, 3]);
    assert_eq!(due(minute(2), 2).await, [4, 7]);
    assert_eq!(due(Timestamp::MIN, 9).await, [4]);
    assert_eq!(due(Timestamp::MAX, 9).await, [4, 7, 3, 5, 1, 6]);
    let later = Delivery {
        next_at: Some(minute(9)),
        ..numbered(4, None)
    };
    let done = Delivery {
        state: DeliveryState::Delivered,
        next_at: None,
        ..elsewhere
    };
    let dead = Delivery {
        state: DeliveryState::Dead,
        next_at: None,
        ..numbered(3, None)
    };
    let next = numbered(2, Some(minute(0)));
    let updates = vec![later, done, dead, next];
    store.update_deliveries(updates).await.unwrap();
    assert_eq!(due(minute(9), 9).await, [2, 5, 1, 4]);
}

pub async fn waiting_deliveries_come_by_number(opened: Opened) {
    let store = &*opened.store;
    let large = u64::from(u32::MAX) + 7;
    add(store, &[3, 10, 1, 2, large].map(|seq| numbered(seq, None))).await;
    add(
        store,
        &[
            delivery("hook", &contract("d"), 4, minute(0), None),
            delivery("other", &contract("c"), 5, minute(0), None),
        ],
    )
    .await;
    let waiting = |limit| {
        let query = DeliveryQuery::Waiting {
            webhook: "hook".to_owned(),
            contract: contract("c"),
            limit,
        };
        numbers(store, query)
    };
    assert_eq!(waiting(9).await, [1, 2, 3, 10, large]);
    assert_eq!(waiting(2).await, [1, 2]);
    let ended = [DeliveryState::Delivered, DeliveryState::Dead];
    let updates = (1..).zip(ended).map(|(seq, state)| Delivery {
        state,
        ..numbered(seq, None)
    });
    store.update_deliveries(updates.collect()).await.unwrap();
    assert_eq!(waiting(9).await, [3, 10, large]);
    // A dead one can be replayed.
    let again = numbered(2, Some(minute(1)));
    store.update_deliveries(vec![again]).await.unwrap();
    assert_eq!(waiting(1).await, [2]);
}

pub async fn deliveries_are_listed_newest_first_in_pages(opened: Opened) {
    let store = &*opened.store;
    for id in ["b", "a", "c"] {
        // Ten are made at each instant.
        let made = (1..=30).map(|seq| {
            let instant = minute(i64::try_from(seq / 10).unwrap());
            delivery("hook", &contract(id), seq, instant, None)
        });
        add(store, &made.collect::<Vec<_>>()).await;
    }
    let aside = delivery("hoo", &contract("a"), 99, minute(1), None);
    add(store, &[aside]).await;
    let listed = look::deliveries(store, "hook").await;
    assert_eq!(listed.len(), 90);
    assert!(listed.is_sorted_by(|a, b| a.created_at >= b.created_at));
    for id in ["a", "b", "c"] {
        let of = listed.iter().filter(|it| it.contract == contract(id));
        let numbers: Vec<u64> = of.map(|delivery| delivery.seq).collect();
        assert!(numbers.is_sorted_by(|a, b| a > b), "{id}: {numbers:?}");
        assert_eq!(numbers.len(), 30);
    }
    let nobody = look::deliveries(store, "nobody").await;
    assert_eq!(nobody, []);
}

pub async fn deliveries_are_listed_by_state(opened: Opened) {
    let store = &*opened.store;
    let states = [
        DeliveryState::Waiting,
        DeliveryState::Delivered,
        DeliveryState::Dead,
    ];
    let all: Vec<Delivery> = (0..30)
        .map(|seq| Delivery {
            state: states[usize::try_from(seq).unwrap() % 3],
            ..numbered(seq, None)
        })
        .collect();
    add(store, &all).await;
    let of = |state, after: Option<&Delivery>, limit| {
        let query = DeliveryQuery::Of {
            webhook: "hook".to_owned(),
            state,
            after: after.map(|it| (it.created_at, it.contract.clone(), it.seq)),
            limit,
        };
        numbers(store, query)
    };
    assert_eq!(of(Some(states[2]), None, 3).await, [29, 26, 23]);
    assert_eq!(of(Some(states[2]), Some(&all[23]), 2).await, [20, 17]);
    // Where a list goes on need not be one of its own.
    assert_eq!(of(Some(states[1]), Some(&all[23]), 2).await, [22, 19]);
    assert_eq!(of(None, Some(&all[23]), 2).await, [22, 21]);
    let back = Delivery {
        state: DeliveryState::Waiting,
        ..all[26].clone()
    };
    store.update_deliveries(vec![back]).await.unwrap();
    assert_eq!(of(Some(states[2]), None, 2).await, [29, 23]);
    assert_eq!(of(Some(states[0]), None, 2).await, [27, 26]);
}

pub async fn a_delivery_is_replaced(opened: Opened) {
    let store = &*opened.store;
    let first = numbered(1, Some(minute(1)));
    let other = numbered(2, None);
    add(store, &[first.clone(), other.clone()]).await;
    let all = [
        Delivery {
            attempts: u32::MAX,
            tried_at: Some(Timestamp::MAX),
            status: Some(u16::MAX),
            error: Some(String::new()),
            ..first.clone()
        },
        Delivery {
            state: DeliveryState::Dead,
            next_at: None,
            error: Some("no route to host".to_owned()),
            ..first.clone()
        },
        Delivery {
            state: DeliveryState::Delivered,
            next_at: None,
            status: Some(204),
            ..first.clone()
        },
        first.clone(),
    ];
    let elsewhere = opened.another().await;
    for next in all {
        store.update_deliveries(vec![next.clone()]).await.unwrap();
        assert_eq!(one(store, &first).await.as_ref(), Some(&next));
        assert_eq!(one(&*elsewhere, &first).await, Some(next));
        assert_eq!(one(store, &other).await.as_ref(), Some(&other));
    }
    store.update_deliveries(Vec::new()).await.unwrap();
}

pub async fn replacing_one_that_is_not_there_changes_nothing(opened: Opened) {
    let store = &*opened.store;
    let (first, last) = (numbered(1, Some(minute(1))), numbered(3, None));
    add(store, &[first.clone(), last.clone()]).await;
    let changed = |of: &Delivery| Delivery {
        attempts: 9,
        ..of.clone()
    };
    let missing = numbered(2, None);
    let updates = vec![changed(&first), missing.clone(), changed(&last)];
    let done = store.update_deliveries(updates).await;
    assert_eq!(done, Err(StoreError::Conflict));
    assert_eq!(one(store, &first).await, Some(first));
    assert_eq!(one(store, &missing).await, None);
    assert_eq!(one(store, &last).await, Some(last));
}
