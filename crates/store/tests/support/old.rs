//! What stands in the dump of each schema that was released, in every backend.

#![allow(dead_code, reason = "not every backend's tests need every helper")]
#![expect(clippy::unwrap_used, reason = "a helper of tests")]

use earnest_core::units::MemberId;
use earnest_store::conformance::build::{Draft, answer, contract, message, minute, put};
use earnest_store::{EventQuery, MessageQuery, Snapshot, Store, Which};

/// Sends a message to `bo` as the next event of a contract.
pub(crate) fn send(name: &str, n: u64) -> Draft {
    let draft = if n == 0 {
        Draft::begin(name)
    } else {
        Draft::after(name, n + 1)
    };
    draft
        .send(message(
            format!("{name}-{n}"),
            "bo",
            minute(i64::try_from(n).unwrap()),
        ))
        .answer(answer(name, &format!("key-{n}")))
}

/// Returns how many messages `bo` has.
pub(crate) async fn inbox(store: &dyn Store) -> usize {
    let (mut found, mut after) = (0, None);
    loop {
        let which = Which::Inbox(MemberId::new("bo").unwrap());
        let query = MessageQuery {
            after,
            ..MessageQuery::new(which, 500)
        };
        let page = store.messages(query).await.unwrap();
        found += page.messages.len();
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

/// Writes what a dump has.
pub(crate) async fn fill(store: &dyn Store) {
    for n in 0..20 {
        store.commit(send("c", n).batch()).await.unwrap();
    }
    let snapshot = Snapshot {
        seq: 9,
        bytes: vec![7; 300],
    };
    store.save_snapshot(&contract("c"), snapshot).await.unwrap();
    store
        .put(vec![put("policy", "own", None, "{}")])
        .await
        .unwrap();
}

/// Looks whether all that a dump has is there, and whether it can be gone on with.
pub(crate) async fn holds(store: &dyn Store) {
    assert_eq!(inbox(store).await, 20);
    let key = store.answer("c", "key-19").await.unwrap().unwrap();
    assert_eq!(key, answer("c", "key-19"));
    let query = EventQuery {
        contract: contract("c"),
        from: 1,
        to: 100,
        newest_first: false,
        limit: 100,
    };
    assert_eq!(store.events(query).await.unwrap().len(), 21);
    assert_eq!(
        store.snapshot(&contract("c")).await.unwrap().unwrap().bytes,
        [7; 300]
    );
    assert!(store.document("policy", "own").await.unwrap().is_some());
    let before = store.head().await.unwrap();
    let placed = store.commit(send("c", 20).batch()).await.unwrap();
    assert!(placed > before, "what comes stands after what was");
    let log = store.log(before, 10).await.unwrap();
    assert_eq!(
        log.iter().map(|row| row.position).collect::<Vec<_>>(),
        [placed]
    );
    assert_eq!(inbox(store).await, 21);
}
