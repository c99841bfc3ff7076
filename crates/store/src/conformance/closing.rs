//! A store can be closed and opened again.

#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::build::{Draft, contract, delivery, id, member, minute, put};
use super::{Opened, committing, look};
use crate::{
    DeliveryQuery, EventQuery, MessageQuery, Position, Snapshot, Store, StoreError, Which,
};
use std::fmt::Debug;

pub async fn everything_is_there_after_opening_again(opened: Opened) {
    committing::fill(&*opened.store).await;
    let before = look::everything(&*opened.store).await;
    let head = opened.store.head().await.unwrap();
    let mut opened = opened;
    for _ in 0..3 {
        opened = opened.reopened().await;
        assert_eq!(look::everything(&*opened.store).await, before);
        assert_eq!(opened.store.head().await, Ok(head));
    }
    let draft = Draft::after("c", 2).any_event();
    let next = opened.store.commit(draft.batch()).await.unwrap();
    assert!(next > head);
    let conflict = opened.store.commit(Draft::begin("c").batch()).await;
    assert_eq!(conflict, Err(StoreError::Conflict));
}

fn is_unavailable<T: Debug>(done: &Result<T, StoreError>) {
    assert!(matches!(done, Err(StoreError::Unavailable(_))), "{done:?}");
}

pub async fn a_closed_store_is_not_available(opened: Opened) {
    let store = &*opened.store;
    // Somebody has asked both before and after the last commit.
    store.foreign().await.unwrap();
    committing::fill(store).await;
    store.foreign().await.unwrap();
    assert_eq!(store.answer("no space", "key").await, Ok(None));
    store.close().await.unwrap();
    is_unavailable(&store.answer("no space", "key").await);
    is_unavailable(&store.commit(Draft::begin("d").batch()).await);
    is_unavailable(&store.put(vec![put("policy", "q", None, "x")]).await);
    let waiting = delivery("hook-1", &contract("c"), 1, minute(5), None);
    is_unavailable(&store.fan_out(vec![waiting.clone()], Vec::new()).await);
    is_unavailable(&store.update_deliveries(vec![waiting]).await);
    let bytes = Vec::new();
    let snapshot = Snapshot { seq: 9, bytes };
    is_unavailable(&store.save_snapshot(&contract("c"), snapshot).await);
    reads_are_unavailable(store).await;
    let again = opened.another().await;
    assert_eq!(again.contract(&contract("d")).await, Ok(None));
    assert_eq!(again.document("policy", "q").await, Ok(None));
}

async fn reads_are_unavailable(store: &dyn Store) {
    is_unavailable(&store.foreign().await);
    is_unavailable(&store.head().await);
    is_unavailable(&store.log(Position::default(), 1).await);
    is_unavailable(&store.contract(&contract("c")).await);
    is_unavailable(&store.contracts(None, 1).await);
    is_unavailable(&store.due(minute(0), 1).await);
    let query = EventQuery {
        contract: contract("c"),
        from: 1,
        to: 1,
        newest_first: false,
        limit: 1,
    };
    is_unavailable(&store.events(query).await);
    let query = MessageQuery::new(Which::Inbox(member("bo")), 1);
    is_unavailable(&store.messages(query).await);
    let bo = member("bo");
    is_unavailable(&store.received(&bo, minute(0), minute(9), 1).await);
    is_unavailable(&store.writings(&id("m-1")).await);
    is_unavailable(&store.answer("space-1", "key-1").await);
    is_unavailable(&store.snapshot(&contract("c")).await);
    is_unavailable(&store.document("policy", "house").await);
    is_unavailable(&store.documents("policy", None, 1).await);
    let at = minute(9);
    let query = DeliveryQuery::Due { at, limit: 1 };
    is_unavailable(&store.deliveries(query).await);
    is_unavailable(&store.status().await);
}

pub async fn another_handle_goes_on_after_one_is_closed(opened: Opened) {
    let other = opened.another().await;
    committing::fill(&*opened.store).await;
    opened.store.close().await.unwrap();
    let draft = Draft::after("c", 2).any_event();
    other.commit(draft.batch()).await.unwrap();
    let events = look::events(&*other, &contract("c")).await;
    assert_eq!(events.len(), 3);
}
