//! The store in PostgreSQL keeps every promise that a store makes: where all tables are in one place, and where
//! statements are put as they have to be where tables are spread over workers.
#![cfg(feature = "conformance")]
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

#[path = "support/old.rs"]
mod old;

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

/// Schemas of the past and of the future.
mod schema {
    use super::*;
    use earnest_store::StoreError;
    use earnest_store::postgres::{Migrated, migrate_further};
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::time::Duration;

    /// What a later version may do to a schema while servers of this one go on.
    const LATER: &str = "ALTER TABLE contracts ADD COLUMN colour text; \
        ALTER TABLE messages ADD COLUMN colour text NOT NULL DEFAULT 'green'; \
        CREATE INDEX messages_by_colour ON messages (contract_id, colour); \
        ALTER TABLE feed ADD COLUMN colour text; \
        CREATE TABLE colours (contract_id text COLLATE \"C\" PRIMARY KEY, colour text NOT NULL);";

    fn dump(schema: usize) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join(format!("tests/schemas/postgres/{schema}.sql"))
    }

    /// Every schema that was released is brought up to date with what was in it, once, by however many at once.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "needs PostgreSQL"]
    async fn a_store_of_every_schema_is_brought_up_to_date() {
        let server = earnest_pgtest::shared().unwrap();
        for schema in 1.. {
            if !dump(schema).exists() {
                assert!(schema > 1, "there is no dump");
                return;
            }
            let url = server.restore(&dump(schema)).unwrap();
            let done = tokio::join!(PostgresStore::migrate(&url), PostgresStore::migrate(&url));
            let done = [done.0.unwrap(), done.1.unwrap()];
            assert!(!done.contains(&Migrated::New), "{done:?}");
            let again = PostgresStore::migrate(&url).await.unwrap();
            assert_eq!(again, Migrated::UpToDate);
            let store = open(&url, OPTIONS).await;
            old::holds(&*store).await;
            store.close().await.unwrap();
        }
    }

    /// Writes into the database at `EARNEST_DUMP` what the dump of the newest schema has. The dump is made with
    /// `pg_dump --inserts --no-owner`, without the lines that begin with a backslash.
    #[tokio::test]
    #[ignore = "makes the dump of a schema that is about to be released"]
    async fn make_a_dump() {
        let store = open(&std::env::var("EARNEST_DUMP").unwrap(), OPTIONS).await;
        old::fill(&*store).await;
        store.close().await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "needs PostgreSQL"]
    async fn a_server_goes_on_while_two_bring_the_schema_of_the_next_version() {
        let url = earnest_pgtest::shared().unwrap().database().unwrap();
        let store = open(&url, OPTIONS).await;
        let (enough, kept) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU64::new(0)),
        );
        let (stop, count, working) = (Arc::clone(&enough), Arc::clone(&kept), Arc::clone(&store));
        let working = tokio::spawn(async move {
            let mut n = 0;
            while !stop.load(Ordering::Relaxed) {
                match working.commit(old::send("c", n).batch()).await {
                    Ok(_) => {
                        n += 1;
                        count.store(n, Ordering::Relaxed);
                    }
                    // The two were in each other's way: nothing was kept, and it is decided anew.
                    Err(StoreError::Conflict) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
        let goes_on = async |more: u64| {
            let from = kept.load(Ordering::Relaxed);
            while kept.load(Ordering::Relaxed) < from + more {
                assert!(!working.is_finished(), "the server of this version stopped");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        goes_on(20).await;
        let done = tokio::join!(
            migrate_further(&url, &[LATER]),
            migrate_further(&url, &[LATER])
        );
        let done = [done.0.unwrap(), done.1.unwrap()];
        assert!(done.contains(&Migrated::Changed), "{done:?}");
        goes_on(20).await;
        let again = migrate_further(&url, &[LATER]).await.unwrap();
        assert_eq!(again, Migrated::UpToDate);
        enough.store(true, Ordering::Relaxed);
        working.await.unwrap();
        let kept = usize::try_from(kept.load(Ordering::Relaxed)).unwrap();
        assert_eq!(old::inbox(&*store).await, kept);
        store.close().await.unwrap();
        // A server of this version that begins only now is told what to do.
        let error = PostgresStore::open(&url, OPTIONS).await.unwrap_err();
        assert!(
            error.to_string().contains("run a newer `earnest`"),
            "{error}"
        );
    }

    /// A commit of one statement needs no checks beside it; one of several rests on them.
    #[tokio::test]
    #[ignore = "needs PostgreSQL"]
    async fn checks_are_kept_where_tables_are_spread() {
        let server = earnest_pgtest::shared().unwrap();
        let (together, spread) = (server.database().unwrap(), server.database().unwrap());
        PostgresStore::migrate(&together).await.unwrap();
        let schema = earnest_store::postgres::partitioned_schema(4);
        server.sql(&spread, &schema).unwrap();
        let sql = "SELECT conname FROM pg_constraint WHERE contype IN ('c', 'f') AND conparentid = 0 \
                   AND conrelid IN ('contracts'::regclass, 'batches'::regclass) ORDER BY conname";
        assert_eq!(server.sql(&together, sql).unwrap().trim(), "");
        assert_eq!(
            server.sql(&spread, sql).unwrap().trim(),
            "batches_of_contract\ncontracts_moved_on"
        );
    }

    #[tokio::test]
    #[ignore = "needs PostgreSQL"]
    async fn a_step_that_cannot_be_taken_changes_nothing() {
        let url = earnest_pgtest::shared().unwrap().database().unwrap();
        PostgresStore::migrate(&url).await.unwrap();
        let wrong = format!("{LATER} ALTER TABLE nowhere ADD COLUMN colour text;");
        migrate_further(&url, &[LATER, &wrong]).await.unwrap_err();
        assert_eq!(
            PostgresStore::migrate(&url).await.unwrap(),
            Migrated::UpToDate
        );
        assert_eq!(
            migrate_further(&url, &[LATER]).await.unwrap(),
            Migrated::Changed
        );
    }
}

/// Transactions that have written something and stay open.
mod held {
    use super::*;
    use earnest_store::{Change, Position};
    use std::time::Duration;

    /// Begins one in a database, on a connection of its own.
    async fn begin(url: &str) -> tokio_postgres::Client {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        client.batch_execute("BEGIN").await.unwrap();
        let number = "SELECT pg_current_xact_id()";
        client.batch_execute(number).await.unwrap();
        client
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "needs PostgreSQL"]
    async fn one_of_another_database_holds_nothing_back() {
        let server = earnest_pgtest::shared().unwrap();
        let url = server.database().unwrap();
        let (store, other) = (open(&url, OPTIONS).await, open(&url, OPTIONS).await);
        assert_eq!(other.foreign().await, Ok(Vec::new()));
        let held = begin(&server.database().unwrap()).await;
        let mut at = Position::default();
        let mut told = 0;
        // Enough for whoever follows to ask whose transaction holds it back, more than once.
        for n in 0..700 {
            let placed = store.commit(old::send("c", n).batch()).await.unwrap();
            if n % 100 != 99 {
                continue;
            }
            assert_eq!(other.head().await, Ok(placed));
            let log = other.log(at, 1_000).await.unwrap();
            assert_eq!(log.len(), 100);
            at = log.last().unwrap().position;
            assert_eq!(at, placed);
            for change in other.foreign().await.unwrap() {
                let Change::Contract { seq, .. } = change else {
                    panic!("{change:?}");
                };
                assert_eq!(seq, n + 2);
                told += 1;
            }
        }
        assert_eq!(told, 7, "each change is told, and once");
        assert_eq!(other.foreign().await, Ok(Vec::new()));
        held.batch_execute("COMMIT").await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "needs PostgreSQL"]
    async fn one_of_the_same_database_is_waited_for() {
        let url = earnest_pgtest::shared().unwrap().database().unwrap();
        let store = open(&url, OPTIONS).await;
        let held = begin(&url).await;
        store.commit(old::send("c", 0).batch()).await.unwrap();
        let following = Arc::clone(&store);
        let log = tokio::spawn(async move { following.log(Position::default(), 10).await });
        // Long enough that it has asked whose it is.
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!log.is_finished(), "something may still come before it");
        held.batch_execute("COMMIT").await.unwrap();
        assert_eq!(log.await.unwrap().unwrap().len(), 1);
    }
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
