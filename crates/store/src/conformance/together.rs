//! Many tasks at once, through two handles: one wins, nobody is lost.

#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::build::{Draft, answer, contract, member, message, minute, put, writing};
use super::{Opened, foreign, look};
use crate::{Store, StoreError, Which};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const TASKS: u64 = 16;

/// Runs tasks, every other one on a handle of its own, and returns what they return.
async fn at_once<T, F>(opened: &Opened, task: impl Fn(Arc<dyn Store>, u64) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let handles = [Arc::clone(&opened.store), opened.another().await];
    let mut running = Vec::new();
    for (n, handle) in (0..TASKS).zip(handles.iter().cycle()) {
        running.push(tokio::spawn(task(Arc::clone(handle), n)));
    }
    let mut done = Vec::new();
    for task in running {
        done.push(task.await.unwrap());
    }
    done
}

/// Commits what `next` makes of the newest number, again whenever somebody else was faster, and returns the
/// number it was committed after.
async fn until_it_wins(store: &dyn Store, id: &str, next: impl Fn(Draft) -> Draft) -> u64 {
    loop {
        let kept = store.contract(&contract(id)).await.unwrap();
        let seq = kept.map_or(0, |row| row.seq);
        match store.commit(next(Draft::after(id, seq)).batch()).await {
            Ok(_) => return seq,
            Err(StoreError::Conflict) => tokio::task::yield_now().await,
            Err(other) => panic!("{other}"),
        }
    }
}

fn winners<T>(done: &[Result<T, StoreError>]) -> usize {
    let lost = done
        .iter()
        .filter(|it| matches!(it, Err(StoreError::Conflict)));
    let won = done.iter().filter(|it| it.is_ok()).count();
    assert_eq!(won + lost.count(), done.len(), "one failed otherwise");
    won
}

pub async fn of_many_commits_to_one_version_one_wins(opened: Opened) {
    for expected in 0..5 {
        let done = at_once(&opened, |store, n| async move {
            let mut batch = Draft::after("c", expected).any_event().batch();
            batch.token = u128::from(n);
            (n, store.commit(batch).await)
        })
        .await;
        let (who, done): (Vec<_>, Vec<_>) = done.into_iter().unzip();
        assert_eq!(winners(&done), 1);
        let winner = done.iter().position(Result::is_ok).unwrap();
        let row = opened
            .store
            .contract(&contract("c"))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (row.seq, row.token),
            (expected + 1, u128::from(who[winner]))
        );
    }
    assert_eq!(look::log(&*opened.store).await.len(), 5);
}

pub async fn many_tasks_commit_to_one_contract(opened: Opened) {
    let each = 8;
    let done = at_once(&opened, |store, _| async move {
        let mut after = Vec::new();
        for _ in 0..each {
            after.push(until_it_wins(&*store, "c", Draft::any_event).await);
        }
        after
    })
    .await;
    let mut after: Vec<u64> = done.into_iter().flatten().collect();
    after.sort_unstable();
    let all: Vec<u64> = (0..TASKS * each).collect();
    assert_eq!(after, all, "a version had no winner, or two");
    let events = look::events(&*opened.store, &contract("c")).await;
    let numbers: Vec<u64> = events.iter().map(|event| event.seq - 1).collect();
    assert_eq!(numbers, all);
}

pub async fn many_tasks_commit_to_many_contracts(opened: Opened) {
    let each = 12;
    at_once(&opened, |store, n| async move {
        let id = format!("c-{n}");
        for round in 0..each {
            let at = minute(i64::try_from(round).unwrap());
            let key = format!("{n}-{round}");
            let message = message(format!("m-{key}"), "bo", at);
            let text = writing(&message, round + 1, "hello");
            let draft = Draft::after(&id, round)
                .send(message)
                .write(text)
                .answer(answer("space", &key));
            store.commit(draft.batch()).await.unwrap();
        }
    })
    .await;
    let opened = opened.reopened().await;
    let store = &*opened.store;
    assert_eq!(look::contracts(store).await.len() as u64, TASKS);
    assert_eq!(look::log(store).await.len() as u64, TASKS * each);
    let inbox = look::messages(store, Which::Inbox(member("bo")), None).await;
    assert_eq!(inbox.len() as u64, TASKS * each);
    for n in 0..TASKS {
        let events = look::events(store, &contract(&format!("c-{n}"))).await;
        assert_eq!(events.len() as u64, each);
        for round in 0..each {
            let found = store.answer("space", &format!("{n}-{round}")).await;
            assert!(found.unwrap().is_some());
        }
    }
    for row in inbox {
        let writings = store.writings(&row.sent.id).await.unwrap();
        assert_eq!(writings.len(), 1);
    }
}

pub async fn many_tasks_write_one_document(opened: Opened) {
    let each = 5;
    at_once(&opened, |store, _| async move {
        for _ in 0..each {
            loop {
                let kept = store.document("count", "all").await.unwrap();
                let version = kept.as_ref().map_or(0, |kept| kept.version);
                let count = kept.map_or(0, |kept| number(&kept.body));
                let next = put("count", "all", Some(version), &(count + 1).to_string());
                match store.put(vec![next]).await {
                    Ok(()) => break,
                    Err(StoreError::Conflict) => tokio::task::yield_now().await,
                    Err(other) => panic!("{other}"),
                }
            }
        }
    })
    .await;
    let kept = opened
        .store
        .document("count", "all")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(kept.version, TASKS * each);
    assert_eq!(number(&kept.body), TASKS * each);
}

fn number(body: &[u8]) -> u64 {
    std::str::from_utf8(body).unwrap().parse().unwrap()
}

pub async fn of_many_messages_of_one_id_one_is_kept(opened: Opened) {
    for id in ["m", crate::message_id(minute(1), 1).as_str()] {
        let done = at_once(&opened, |store, n| {
            let message = message(id, &format!("member-{n}"), minute(1));
            let draft = Draft::begin(&format!("{id}-{n}")).send(message);
            async move { store.commit(draft.batch()).await }
        })
        .await;
        assert_eq!(winners(&done), 1, "{id}");
    }
    let begun = look::contracts(&*opened.store).await;
    assert_eq!(begun.len(), 2, "one that lost has left something behind");
}

pub async fn of_many_answers_to_one_key_one_is_kept(opened: Opened) {
    let done = at_once(&opened, |store, n| async move {
        let draft = Draft::begin(&format!("c-{n}")).answer(answer("space", "key"));
        store.commit(draft.batch()).await
    })
    .await;
    assert_eq!(winners(&done), 1);
    assert_eq!(look::contracts(&*opened.store).await.len(), 1);
}

/// Commits batches of two events, a message and a text, while they are read.
pub async fn a_reader_never_sees_half_a_batch(opened: Opened) {
    let rounds = 40;
    let writer = Arc::clone(&opened.store);
    let writing = tokio::spawn(async move {
        for round in 0..rounds {
            let message = message(format!("m-{round}"), "bo", minute(1));
            let text = super::build::writing(&message, round * 2 + 2, "hello");
            let draft = Draft::after("c", round * 2).any_event();
            let draft = draft.send(message).write(text);
            writer.commit(draft.batch()).await.unwrap();
        }
    });
    let reader = opened.another().await;
    let mut newest = 0;
    loop {
        let done = writing.is_finished();
        newest = look_for_halves(&*reader, newest).await;
        if done {
            break;
        }
        tokio::task::yield_now().await;
    }
    writing.await.unwrap();
    assert_eq!(newest, rounds * 2);
}

/// Returns the contract's newest number, which is `before` or a later one.
async fn look_for_halves(store: &dyn Store, before: u64) -> u64 {
    let inbox = look::messages(store, Which::Inbox(member("bo")), None).await;
    for row in &inbox {
        let texts = store.writings(&row.sent.id).await.unwrap();
        assert_eq!(texts.len(), 1, "a message is without its text");
    }
    let kept = store.contract(&contract("c")).await.unwrap();
    let newest = kept.map_or(0, |row| row.seq);
    assert!(newest >= before, "what was read is gone");
    assert!(newest % 2 == 0 && newest >= inbox.len() as u64 * 2);
    let events = look::events(store, &contract("c")).await;
    assert!(events.len() % 2 == 0 && events.len() as u64 >= newest);
    for row in store.log(crate::Position::default(), 1_000).await.unwrap() {
        assert_eq!((row.events.len(), row.first % 2), (2, 1));
    }
    newest
}

pub async fn whoever_follows_the_log_misses_nothing(opened: Opened) {
    let follower = opened.another().await;
    let done = Arc::new(AtomicBool::new(false));
    let all_committed = Arc::clone(&done);
    let following = tokio::spawn(async move {
        let mut seen = Vec::new();
        loop {
            let done = all_committed.load(Ordering::Acquire);
            look::follow(&*follower, &mut seen).await;
            if done {
                return seen;
            }
            tokio::task::yield_now().await;
        }
    });
    at_once(&opened, |store, n| async move {
        let (own, shared) = (format!("c-{n}"), format!("shared-{}", n % 3));
        for round in 0..6 {
            let draft = Draft::after(&own, round).any_event();
            store.commit(draft.batch()).await.unwrap();
            until_it_wins(&*store, &shared, Draft::any_event).await;
        }
    })
    .await;
    done.store(true, Ordering::Release);
    let seen = following.await.unwrap();
    assert!(seen.is_sorted_by(|a, b| a.position < b.position));
    // What the follower has passed over is missing in what it saw.
    assert_eq!(look::log(&*opened.store).await, seen);
    let mut numbers: BTreeMap<_, u64> = BTreeMap::new();
    for row in seen {
        let newest = numbers.entry(row.contract).or_default();
        assert_eq!(row.first, *newest + 1, "a contract is out of order");
        *newest += row.events.len() as u64;
    }
}

pub async fn whoever_asks_for_changes_misses_none(opened: Opened) {
    let asking = opened.another().await;
    assert!(foreign::ask(&*asking).await.0.is_empty());
    let each = 10;
    let committing = at_once(&opened, |store, n| async move {
        let id = format!("c-{n}");
        for round in 0..each {
            let draft = Draft::after(&id, round).any_event();
            store.commit(draft.batch()).await.unwrap();
            let write = put("kind", &id, None, "x");
            store.put(vec![write]).await.unwrap();
        }
    });
    let mut committing = std::pin::pin!(committing);
    let (mut contracts, mut documents) = (BTreeMap::new(), BTreeSet::new());
    loop {
        let done = std::future::poll_fn(|context| {
            std::task::Poll::Ready(committing.as_mut().poll(context).is_ready())
        })
        .await;
        let (of_contracts, of_documents) = foreign::ask(&*asking).await;
        for (id, seq) in of_contracts {
            let before = contracts.insert(id, seq);
            assert!(before.is_none_or(|before| before < seq), "told twice");
        }
        documents.extend(of_documents);
        if done {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(contracts.len() as u64, TASKS);
    assert!(contracts.values().all(|seq| *seq == each));
    assert_eq!(documents.len() as u64, TASKS);
    assert!(foreign::ask(&*asking).await.0.is_empty());
}
