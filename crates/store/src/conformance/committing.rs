//! A batch is kept whole or not at all.

#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::build::{
    Draft, answer, contract, delivery, id, lapsed, message, minute, put, responded, writing,
};
use super::{Opened, look};
use crate::{NewMessage, Snapshot, Store, StoreError, message_id};
use std::sync::Arc;

pub async fn a_contract_begins_once(opened: Opened) {
    let store = &opened.store;
    store.commit(Draft::begin("c").batch()).await.unwrap();
    let before = look::everything(&**store).await;
    let again = store.commit(Draft::begin("c").batch()).await;
    assert_eq!(again, Err(StoreError::Conflict));
    let elsewhere = opened.another().await;
    let again = elsewhere.commit(Draft::begin("c").batch()).await;
    assert_eq!(again, Err(StoreError::Conflict));
    assert_eq!(look::everything(&**store).await, before);
}

pub async fn a_contract_that_is_not_there_is_at_number_0(opened: Opened) {
    let store = &opened.store;
    for expected in [1, 2, u64::from(u32::MAX), i64::MAX as u64, u64::MAX] {
        let mut batch = Draft::begin("c").batch();
        batch.expected = expected;
        assert_eq!(store.commit(batch).await, Err(StoreError::Conflict));
    }
    assert_eq!(store.contract(&contract("c")).await, Ok(None));
    assert_eq!(look::log(&**store).await, []);
    store.commit(Draft::begin("c").batch()).await.unwrap();
}

/// Fills a store with something of everything, and returns the one message in it.
pub(super) async fn fill(store: &dyn Store) -> NewMessage {
    let draft = Draft::begin("c").send(message("m-1", "bo", minute(1)));
    let mut sent = message("m-1", "bo", minute(1));
    sent.seq = draft.newest();
    let draft = draft
        .outcome(responded(&sent, minute(3), Some("gladly")))
        .write(writing(&sent, 2, "a first line"))
        .answer(answer("space-1", "key-1"))
        .due(minute(60))
        .details(b"the engine's notes");
    store.commit(draft.batch()).await.unwrap();
    let other =
        Draft::begin("other").send(message(message_id(minute(2), 1).as_str(), "bo", minute(2)));
    store.commit(other.batch()).await.unwrap();
    let bytes = b"a snapshot".to_vec();
    let snapshot = Snapshot { seq: 2, bytes };
    store.save_snapshot(&contract("c"), snapshot).await.unwrap();
    let waiting = delivery("hook-1", &contract("c"), 1, minute(5), Some(minute(5)));
    let cursor = put("cursor", "hook-1", Some(0), "1");
    store.fan_out(vec![waiting], vec![cursor]).await.unwrap();
    let policy = put("policy", "house", Some(0), "window 90");
    store.put(vec![policy]).await.unwrap();
    sent
}

/// Returns a batch that changes everything that a batch can change.
fn rich(expected: u64, of: &NewMessage) -> Draft {
    Draft::after("c", expected)
        .any_event()
        .send(message("m-2", "bo", minute(9)))
        .outcome(lapsed(of))
        .write(writing(of, expected + 1, "a line too many"))
        .answer(answer("space-2", "key-2"))
        .due(minute(1))
        .details(b"other notes")
}

async fn conflicts_without_a_trace(store: &dyn Store, draft: Draft) {
    let before = look::everything(store).await;
    let head = store.head().await.unwrap();
    let done = store.commit(draft.batch()).await;
    assert_eq!(done, Err(StoreError::Conflict));
    assert_eq!(look::everything(store).await, before);
    assert_eq!(store.log(head, 10).await, Ok(Vec::new()));
    assert_eq!(store.due(minute(59), 10).await, Ok(Vec::new()));
    assert_eq!(look::one(store, &id("m-2")).await, None);
}

pub async fn a_wrong_expected_version_changes_nothing_at_all(opened: Opened) {
    let store = &*opened.store;
    let sent = fill(store).await;
    for expected in [0, 1, 3, 4, u64::MAX - 9] {
        conflicts_without_a_trace(store, rich(expected, &sent)).await;
    }
    store.commit(rich(2, &sent).batch()).await.unwrap();
}

pub async fn a_taken_message_id_changes_nothing_at_all(opened: Opened) {
    let store = &*opened.store;
    let sent = fill(store).await;
    let taken = message("m-1", "cy", minute(20));
    conflicts_without_a_trace(store, rich(2, &sent).send(taken)).await;
    let taken = message(message_id(minute(2), 1).as_str(), "cy", minute(20));
    conflicts_without_a_trace(store, rich(2, &sent).send(taken)).await;
    store.commit(rich(2, &sent).batch()).await.unwrap();
}

pub async fn a_taken_key_changes_nothing_at_all(opened: Opened) {
    let store = &*opened.store;
    let sent = fill(store).await;
    let taken = answer("space-1", "key-1");
    conflicts_without_a_trace(store, rich(2, &sent).answer(taken)).await;
    store.commit(rich(2, &sent).batch()).await.unwrap();
}

pub async fn a_message_id_is_taken_once_in_the_whole_store(opened: Opened) {
    let first = Arc::clone(&opened.store);
    let second = opened.another().await;
    first.commit(Draft::begin("c").batch()).await.unwrap();
    first.commit(Draft::begin("other").batch()).await.unwrap();
    let longest = "x".repeat(128);
    let made = message_id(minute(7), 77);
    let made_of_another_time = message_id(minute(-9_000_000), 3);
    let forms = [
        "m",
        "0",
        &longest,
        made.as_str(),
        made_of_another_time.as_str(),
    ];
    for (sent, form) in (1..).zip(forms) {
        let draft = Draft::after("c", sent).send(message(form, "bo", minute(7)));
        first.commit(draft.batch()).await.unwrap();
        for handle in [&first, &second] {
            // Sent at the same instant or another, under the same contract or another.
            for instant in [minute(7), minute(8)] {
                let again = message(form, "cy", instant);
                let same = Draft::after("c", sent + 1).send(again.clone());
                let done = handle.commit(same.batch()).await;
                assert_eq!(done, Err(StoreError::Conflict), "{form}");
                let other = Draft::after("other", 1).send(again);
                let done = handle.commit(other.batch()).await;
                assert_eq!(done, Err(StoreError::Conflict), "{form}");
            }
        }
        let kept = look::one(&*second, &id(form)).await.unwrap();
        assert_eq!(kept.sent.to.as_str(), "bo");
        assert_eq!(kept.contract, contract("c"));
    }
}

pub async fn two_new_messages_of_one_id_within_a_batch_conflict(opened: Opened) {
    let store = &*opened.store;
    store.commit(Draft::begin("c").batch()).await.unwrap();
    let made = message_id(minute(1), 5);
    for form in ["m", made.as_str()] {
        for second in [minute(1), minute(2)] {
            let draft = Draft::after("c", 1)
                .send(message(form, "bo", minute(1)))
                .send(message(form, "cy", second));
            let done = store.commit(draft.batch()).await;
            assert_eq!(done, Err(StoreError::Conflict), "{form}");
            assert_eq!(look::one(store, &id(form)).await, None);
        }
    }
    assert_eq!(look::events(store, &contract("c")).await.len(), 1);
}

pub async fn one_key_answered_twice_within_a_batch_conflicts(opened: Opened) {
    let store = &*opened.store;
    let twice = Draft::begin("c")
        .answer(answer("space", "key"))
        .answer(answer("space", "key"));
    let done = store.commit(twice.batch()).await;
    assert_eq!(done, Err(StoreError::Conflict));
    assert_eq!(store.contract(&contract("c")).await, Ok(None));
    assert_eq!(store.answer("space", "key").await, Ok(None));
}

/// A backend that numbers messages must not give a made id's number to another message.
pub async fn own_ids_and_made_ids_of_one_instant_do_not_meet(opened: Opened) {
    let store = &*opened.store;
    let own = (0..200).map(|n| message(format!("own-{n}"), "bo", minute(1)));
    let draft = Draft::begin("c").send_all(own);
    let mut seq = draft.newest();
    store.commit(draft.batch()).await.unwrap();
    let mut low: Vec<u64> = (0..200).collect();
    low.extend((0..200).map(|n| (1 << 21) - 1 - n));
    low.extend((0..21).map(|bit| 1 << bit).filter(|low| *low >= 200));
    let all = 200 + low.len();
    for some in low.chunks(100) {
        let made = some
            .iter()
            .map(|low| message(message_id(minute(1), *low).as_str(), "bo", minute(1)));
        let draft = Draft::after("c", seq).send_all(made);
        seq = draft.newest();
        store.commit(draft.batch()).await.unwrap();
    }
    let more = (200..400).map(|n| message(format!("own-{n}"), "bo", minute(1)));
    let draft = Draft::after("c", seq).send_all(more);
    store.commit(draft.batch()).await.unwrap();
    let listed = look::messages(store, look::sent(&contract("c")), None).await;
    let mut ids = look::ids(&listed);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all + 200);
    assert_eq!(listed.len(), all + 200);
}

pub async fn a_batch_without_events_checks_the_version(opened: Opened) {
    let store = &*opened.store;
    store.commit(Draft::begin("c").batch()).await.unwrap();
    for expected in [0, 2] {
        let refused = Draft::after("c", expected).answer(answer("space", "key"));
        let done = store.commit(refused.batch()).await;
        assert_eq!(done, Err(StoreError::Conflict));
    }
    assert_eq!(store.answer("space", "key").await, Ok(None));
    let kept = Draft::after("c", 1).answer(answer("space", "key"));
    store.commit(kept.batch()).await.unwrap();
    let found = store.answer("space", "key").await.unwrap();
    assert_eq!(found, Some(answer("space", "key")));
    assert_eq!(look::events(store, &contract("c")).await.len(), 1);
}

/// A refused attempt to begin a contract has an answer too.
pub async fn a_batch_without_events_does_not_begin_a_contract(opened: Opened) {
    let store = &*opened.store;
    let refused = Draft::after("c", 0)
        .answer(answer("space", "key"))
        .due(minute(1));
    store.commit(refused.batch()).await.unwrap();
    let found = store.answer("space", "key").await.unwrap();
    assert_eq!(found, Some(answer("space", "key")));
    assert_eq!(store.contract(&contract("c")).await, Ok(None));
    assert_eq!(store.contracts(None, 10).await, Ok(Vec::new()));
    assert_eq!(store.due(minute(9), 10).await, Ok(Vec::new()));
    store.commit(Draft::begin("c").batch()).await.unwrap();
}
