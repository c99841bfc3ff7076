//! Of a contract's snapshots the newest is kept, whole.

#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::Opened;
use super::build::{Draft, contract};
use crate::{Snapshot, Store};
use std::sync::Arc;
use tokio::task::JoinHandle;

/// Returns bytes that tell where in them they stand and whose they are.
fn large(seed: u8, repeats: usize) -> Vec<u8> {
    let block: Vec<u8> = (0..=250).map(|byte: u8| byte ^ seed).collect();
    block.repeat(repeats)
}

async fn save(store: &dyn Store, seq: u64, bytes: &[u8]) {
    let bytes = bytes.to_vec();
    let snapshot = Snapshot { seq, bytes };
    store.save_snapshot(&contract("c"), snapshot).await.unwrap();
}

async fn is_kept(store: &dyn Store, seq: u64, bytes: &[u8]) {
    let kept = store.snapshot(&contract("c")).await.unwrap().unwrap();
    assert_eq!((kept.seq, kept.bytes.len()), (seq, bytes.len()));
    assert!(kept.bytes == bytes, "the snapshot is not as it was");
}

async fn begin(store: &dyn Store) {
    let draft = (0..20).fold(Draft::begin("c"), |draft, _| draft.any_event());
    store.commit(draft.batch()).await.unwrap();
}

pub async fn a_snapshot_is_kept_in_the_place_of_older_ones(opened: Opened) {
    let store = &*opened.store;
    begin(store).await;
    assert_eq!(store.snapshot(&contract("c")).await, Ok(None));
    save(store, 3, b"three").await;
    is_kept(store, 3, b"three").await;
    save(store, 9, b"nine, and longer").await;
    is_kept(store, 9, b"nine, and longer").await;
    save(store, 10, b"").await;
    is_kept(store, 10, b"").await;
    save(store, 11, b"x").await;
    assert_eq!(store.snapshot(&contract("d")).await, Ok(None));
    is_kept(&*opened.another().await, 11, b"x").await;
    let opened = opened.reopened().await;
    is_kept(&*opened.store, 11, b"x").await;
}

pub async fn a_newer_snapshot_wins(opened: Opened) {
    let store = &*opened.store;
    begin(store).await;
    save(store, 9, b"nine").await;
    save(store, 4, b"four, which comes late").await;
    is_kept(store, 9, b"nine").await;
    save(&*opened.another().await, 8, b"eight").await;
    is_kept(store, 9, b"nine").await;
    save(store, 12, b"twelve").await;
    is_kept(store, 12, b"twelve").await;
}

pub async fn a_large_snapshot_is_kept_whole(opened: Opened) {
    let store = &*opened.store;
    begin(store).await;
    let (first, second) = (large(0, 120_000), large(7, 125_000));
    save(store, 2, &first).await;
    is_kept(store, 2, &first).await;
    save(store, 3, &second).await;
    is_kept(store, 3, &second).await;
    let opened = opened.reopened().await;
    is_kept(&*opened.store, 3, &second).await;
    save(&*opened.store, 4, b"small again").await;
    is_kept(&*opened.store, 4, b"small again").await;
}

pub async fn snapshots_saved_at_once_are_never_mixed(opened: Opened) {
    let first = Arc::clone(&opened.store);
    let second = opened.another().await;
    begin(&*first).await;
    save(&*first, 1, &large(1, 8_000)).await;
    let mut saving = Vec::new();
    for (handle, numbers) in [(&first, [2_u8, 4, 6]), (&second, [3, 5, 7])] {
        let handle = Arc::clone(handle);
        saving.push(tokio::spawn(async move {
            for seq in numbers {
                save(&*handle, u64::from(seq), &large(seq, 8_000)).await;
            }
        }));
    }
    let mut newest = 1;
    loop {
        let done = saving.iter().all(JoinHandle::is_finished);
        let kept = first.snapshot(&contract("c")).await.unwrap().unwrap();
        assert!(kept.seq >= newest, "an older snapshot came back");
        newest = kept.seq;
        let seed = u8::try_from(kept.seq).unwrap();
        assert!(kept.bytes == large(seed, 8_000), "a snapshot is mixed");
        if done {
            break;
        }
        tokio::task::yield_now().await;
    }
    for task in saving {
        task.await.unwrap();
    }
    is_kept(&*second, 7, &large(7, 8_000)).await;
}
