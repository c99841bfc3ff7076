//! The store in PostgreSQL keeps every promise that a store makes: where all tables are in one place, and where
//! statements are put as they have to be where tables are spread over workers.
#![cfg(feature = "conformance")]
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

use earnest_store::Store;
use earnest_store::conformance::Opened;
use earnest_store::postgres::{Options, PostgresStore};
use std::sync::Arc;

async fn open(url: &str, options: Options) -> Arc<dyn Store> {
    Arc::new(PostgresStore::open(url, options).await.unwrap())
}

async fn opened(url: String, options: Options) -> Opened {
    Opened::with(move || {
        let url = url.clone();
        async move { open(&url, options).await }
    })
    .await
}

const OPTIONS: Options = Options {
    connections: 8,
    begin: true,
    migrate: false,
    spread: None,
};

mod together {
    use super::*;

    async fn postgres() -> Opened {
        let url = earnest_pgtest::shared().unwrap().database().unwrap();
        opened(url, OPTIONS).await
    }

    earnest_store::conformance!(postgres, ignore = "needs PostgreSQL");
}

/// Native partitions stand for workers: a statement that only a cluster would refuse is not found so, one that needs
/// tables to be together is.
mod spread {
    use super::*;

    async fn postgres() -> Opened {
        let server = earnest_pgtest::shared().unwrap();
        let url = server.database().unwrap();
        let schema = earnest_store::postgres::partitioned_schema(4);
        server.sql(&url, &schema).unwrap();
        let spread = Some(true);
        opened(url, Options { spread, ..OPTIONS }).await
    }

    earnest_store::conformance!(postgres, ignore = "needs PostgreSQL");
}

/// The real thing: `EARNEST_TEST_CITUS` is the address of a database of a cluster, in which schemas may be made.
mod citus {
    use super::*;

    async fn citus() -> Opened {
        let cluster = std::env::var("EARNEST_TEST_CITUS").unwrap();
        let url = earnest_pgtest::schema_in(&cluster).unwrap();
        opened(url, OPTIONS).await
    }

    earnest_store::conformance!(citus, ignore = "needs a Citus cluster");
}
