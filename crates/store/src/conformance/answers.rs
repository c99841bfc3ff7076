//! A key is answered once.

#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::build::{Draft, answer, contract};
use super::{Opened, look};
use crate::{Answer, StoreError};

pub async fn an_answer_is_found_as_it_was_given(opened: Opened) {
    let store = &opened.store;
    let given = [
        answer("space", "key"),
        Answer {
            reply: Vec::new(),
            ..answer("space", "empty")
        },
        Answer {
            body: [0; 32],
            reply: (0..=255).collect(),
            ..answer("contract:c", "every byte")
        },
        answer("", ""),
        answer("é \u{1f4e8}", "it's \"quoted\"\n\u{0} % _ \\"),
    ];
    let draft = given.iter().cloned().fold(Draft::begin("c"), Draft::answer);
    store.commit(draft.batch()).await.unwrap();
    let elsewhere = opened.another().await;
    for handle in [store, &elsewhere] {
        for answer in &given {
            let found = handle.answer(&answer.space, &answer.key).await.unwrap();
            assert_eq!(found.as_ref(), Some(answer));
        }
        assert_eq!(handle.answer("space", "no key").await, Ok(None));
        assert_eq!(handle.answer("no space", "key").await, Ok(None));
    }
    let opened = opened.reopened().await;
    for answer in &given {
        let found = opened.store.answer(&answer.space, &answer.key).await;
        assert_eq!(found, Ok(Some(answer.clone())));
    }
}

pub async fn an_answer_of_anybody_is_known_of_after_a_look(opened: Opened) {
    let (one, other) = (&*opened.store, &*opened.another().await);
    for (number, committing) in [one, other, one, one, other].into_iter().enumerate() {
        let key = format!("key-{number}");
        let draft = Draft::begin(&format!("c-{number}")).answer(answer("space", &key));
        committing.commit(draft.batch()).await.unwrap();
        // What is refused takes nothing of that back.
        let again = Draft::begin("d").answer(answer("space", &key));
        let refused = committing.commit(again.batch()).await;
        assert_eq!(refused, Err(StoreError::Conflict));
        for asking in [one, other] {
            asking.foreign().await.unwrap();
            assert!(asking.may_have_answered("space", &key), "key {number}");
        }
    }
}

pub async fn a_taken_key_conflicts(opened: Opened) {
    let store = &opened.store;
    let first = Draft::begin("c").answer(answer("space", "key"));
    store.commit(first.batch()).await.unwrap();
    let elsewhere = opened.another().await;
    let other = Answer {
        reply: b"another reply".to_vec(),
        ..answer("space", "key")
    };
    for handle in [store, &elsewhere] {
        let same = Draft::after("c", 1).any_event().answer(other.clone());
        assert_eq!(handle.commit(same.batch()).await, Err(StoreError::Conflict));
        let begins = Draft::begin("d").answer(other.clone());
        let done = handle.commit(begins.batch()).await;
        assert_eq!(done, Err(StoreError::Conflict));
        let without = Draft::after("c", 1).answer(other.clone());
        let done = handle.commit(without.batch()).await;
        assert_eq!(done, Err(StoreError::Conflict));
    }
    let found = store.answer("space", "key").await.unwrap();
    assert_eq!(found, Some(answer("space", "key")));
    assert_eq!(look::contracts(&**store).await.len(), 1);
}

pub async fn the_same_key_in_another_space_is_another_key(opened: Opened) {
    let store = &opened.store;
    // Put together without a mark between them, some of these would be the same.
    let given = [
        answer("a", "key"),
        answer("b", "key"),
        answer("ak", "ey"),
        answer("", "akey"),
        answer("A", "key"),
        answer("a", "KEY"),
        answer("a", "key "),
        answer("a:", "key"),
        answer("a", ":key"),
        answer("a", "ke"),
    ];
    let draft = given.iter().cloned().fold(Draft::begin("c"), Draft::answer);
    store.commit(draft.batch()).await.unwrap();
    for answer in given {
        let found = store.answer(&answer.space, &answer.key).await.unwrap();
        assert_eq!(found, Some(answer));
    }
}

pub async fn ten_thousand_keys_are_found_and_others_are_not(opened: Opened) {
    let store = &opened.store;
    store.commit(Draft::begin("c").batch()).await.unwrap();
    let keys: Vec<u32> = (0..10_000).collect();
    for some in keys.chunks(500) {
        let draft = some
            .iter()
            .map(|key| answer("space", &format!("key-{key}")))
            .fold(Draft::after("c", 1), Draft::answer);
        store.commit(draft.batch()).await.unwrap();
    }
    let elsewhere = opened.another().await;
    let opened = opened.reopened().await;
    for handle in [&opened.store, &elsewhere] {
        for key in &keys {
            let key = format!("key-{key}");
            let found = handle.answer("space", &key).await.unwrap();
            assert_eq!(found, Some(answer("space", &key)));
            let absent = format!("no-{key}");
            assert_eq!(handle.answer("space", &absent).await, Ok(None));
        }
    }
}

pub async fn all_answers_are_listed_once(opened: Opened) {
    let store = &opened.store;
    let mut given = Vec::new();
    for (of, count) in [("b", 5), ("a", 3), ("c", 9)] {
        let answers: Vec<Answer> = (0..count)
            .map(|n| answer(&format!("space\u{0}{of}"), &format!("key-{n}")))
            .collect();
        let draft = answers
            .iter()
            .cloned()
            .fold(Draft::begin(of), Draft::answer);
        store.commit(draft.batch()).await.unwrap();
        given.extend(answers.into_iter().map(|answer| (contract(of), answer)));
    }
    store.commit(Draft::begin("without").batch()).await.unwrap();
    let mut listed = Vec::new();
    let mut after = None;
    loop {
        let page = store.answers(after.clone(), 4).await.unwrap();
        assert!(page.next.is_none() || page.next != after);
        listed.extend(page.answers);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let order = |(of, answer): &(_, Answer)| (format!("{of}"), answer.key.clone());
    listed.sort_by_key(order);
    given.sort_by_key(order);
    assert_eq!(listed, given);
}
