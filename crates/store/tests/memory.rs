//! The memory backend passes the suite, and the suite leaves no case out.

#![cfg(feature = "conformance")]

use earnest_store::Store;
use earnest_store::conformance::Opened;
use earnest_store::memory::MemoryStore;
use std::sync::Arc;

async fn memory() -> Opened {
    let first = MemoryStore::new();
    Opened::with(move || {
        let another: Arc<dyn Store> = Arc::new(first.another());
        async move { another }
    })
    .await
}

earnest_store::conformance!(memory);

#[test]
fn every_case_of_the_suite_is_in_its_list() {
    let list = include_str!("../src/conformance.rs");
    let topics = [
        include_str!("../src/conformance/answers.rs"),
        include_str!("../src/conformance/closing.rs"),
        include_str!("../src/conformance/committing.rs"),
        include_str!("../src/conformance/contracts.rs"),
        include_str!("../src/conformance/deliveries.rs"),
        include_str!("../src/conformance/documents.rs"),
        include_str!("../src/conformance/foreign.rs"),
        include_str!("../src/conformance/listing.rs"),
        include_str!("../src/conformance/messages.rs"),
        include_str!("../src/conformance/reading.rs"),
        include_str!("../src/conformance/snapshots.rs"),
        include_str!("../src/conformance/together.rs"),
    ];
    let cases = topics.iter().flat_map(|topic| topic.split("pub async fn "));
    let names = cases.filter_map(|case| case.split_once("(opened: Opened)"));
    let names: Vec<&str> = names.map(|(name, _)| name).collect();
    assert!(names.len() > 90);
    for name in names {
        assert!(list.contains(&format!(" {name},")), "`{name}` is not run");
    }
}
