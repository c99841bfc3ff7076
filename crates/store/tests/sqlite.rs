//! The embedded store keeps every promise that a store makes.
#![cfg(feature = "conformance")]
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

use earnest_store::Store;
use earnest_store::conformance::Opened;
use earnest_store::sqlite::{Options, SqliteStore};
use std::sync::Arc;

async fn sqlite() -> Opened {
    let folder = tempfile::tempdir().unwrap();
    Opened::with(move || {
        let path = folder.path().join("earnest.db");
        async move {
            let store = SqliteStore::open(path, Options::default()).unwrap();
            Arc::new(store) as Arc<dyn Store>
        }
    })
    .await
}

earnest_store::conformance!(sqlite);
