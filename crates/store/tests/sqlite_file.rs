//! What is special to the embedded store: its file, and what may happen to it.
#![cfg(feature = "conformance")]
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

#[path = "support/old.rs"]
mod old;

use earnest_core::units::MemberId;
use earnest_store::conformance::build::{Draft, contract, put};
use earnest_store::sqlite::{Options, SqliteStore, Tuning};
use earnest_store::{MessageQuery, Position, Store, StoreError, Which};
use old::{inbox, send};
use rusqlite::Connection;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, Options::default()).unwrap()
}

fn refused(path: &Path) -> String {
    match SqliteStore::open(path, Options::default()) {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_is_no_store_is_refused_in_words() {
    let folder = folder();
    let path = folder.path().join("it");
    assert!(refused(folder.path()).contains("is a folder; name a file in it"));
    assert!(refused(&folder.path().join("gone/it.db")).contains("is not there; make it first"));
    std::fs::write(&path, "a letter, and by no means a database file").unwrap();
    assert!(refused(&path).contains("is not an Earnest store"));
    std::fs::remove_file(&path).unwrap();
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE notes (text TEXT)")
        .unwrap();
    drop(other);
    assert!(refused(&path).contains("is a database of another program"));
}

#[test]
fn a_read_only_file_is_refused() {
    let folder = folder();
    let path = folder.path().join("it.db");
    drop(open(&path));
    let mut rights = path.metadata().unwrap().permissions();
    rights.set_readonly(true);
    std::fs::set_permissions(&path, rights).unwrap();
    assert!(refused(&path).contains("is read-only"));
}

fn with_schema(path: &Path, schema: i64) {
    drop(open(path));
    let file = Connection::open(path).unwrap();
    file.execute("UPDATE meta SET value = ?1 WHERE key = 'schema'", [schema])
        .unwrap();
}

#[test]
fn another_schema_is_refused_and_says_what_to_do() {
    let folder = folder();
    let path = folder.path().join("it.db");
    with_schema(&path, 99);
    assert!(refused(&path).contains("has schema 99"));
    assert!(refused(&path).contains("use a newer one"));
    with_old_schema_is_refused(&folder.path().join("old.db"));
}

fn with_old_schema_is_refused(path: &Path) {
    with_schema(path, 0);
    assert!(refused(path).contains("run `earnest migrate"));
}

/// Every schema that was released opens, with what was in it.
#[tokio::test]
async fn a_store_of_every_schema_opens() {
    let folder = folder();
    for schema in 1.. {
        let dump = format!(
            "{}/tests/schemas/sqlite/{schema}.sql",
            env!("CARGO_MANIFEST_DIR")
        );
        let Ok(dump) = std::fs::read_to_string(dump) else {
            assert!(schema > 1, "there is no dump");
            return;
        };
        let path = folder.path().join(format!("{schema}.db"));
        Connection::open(&path)
            .unwrap()
            .execute_batch(&dump)
            .unwrap();
        let options = Options {
            migrate: true,
            ..Options::default()
        };
        let store = SqliteStore::open(&path, options).unwrap();
        old::holds(&store).await;
        store.close().await.unwrap();
        SqliteStore::check(&path).unwrap();
    }
}

/// Writes the file from which the dump of the newest schema is made, with `sqlite3 FILE .dump`.
#[tokio::test]
#[ignore = "makes the dump of a schema that is about to be released"]
async fn make_a_dump() {
    let path = std::env::var("EARNEST_DUMP").unwrap();
    let tuning = Tuning {
        run: 8,
        ..Tuning::default()
    };
    let store = SqliteStore::open(
        &path,
        Options {
            tuning,
            ..Options::default()
        },
    )
    .unwrap();
    old::fill(&store).await;
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_told_and_passes() {
    let folder = folder();
    let path = folder.path().join("it.db");
    let store = open(&path);
    store.commit(send("c", 0).batch()).await.unwrap();
    store.limit_pages(60).await.unwrap();
    let mut kept = 0;
    for n in 1.. {
        let mut batch = send("c", n).batch();
        batch.messages[0].body = "long ".repeat(10_000);
        match store.commit(batch).await {
            Ok(_) => kept = n,
            Err(error) => {
                assert!(matches!(error, StoreError::Full(_)), "{error}");
                break;
            }
        }
    }
    assert_eq!(inbox(&store).await as u64, kept + 1);
    assert_eq!(
        store
            .answer("c", &format!("key-{}", kept + 1))
            .await
            .unwrap(),
        None
    );
    let document = put("kind", "id", None, &"long ".repeat(50_000));
    assert!(matches!(
        store.put(vec![document]).await,
        Err(StoreError::Full(_))
    ));
    store.limit_pages(100_000).await.unwrap();
    store.commit(send("c", kept + 1).batch()).await.unwrap();
    assert_eq!(inbox(&store).await as u64, kept + 2);
    store.close().await.unwrap();
    SqliteStore::check(&path).unwrap();
}

async fn in_runs(path: &Path) {
    let tuning = Tuning {
        run: 4,
        fan_out: 100,
        ..Tuning::default()
    };
    let store = SqliteStore::open(
        path,
        Options {
            tuning,
            ..Options::default()
        },
    )
    .unwrap();
    for n in 0..40 {
        store.commit(send("c", n).batch()).await.unwrap();
    }
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_changed_block_is_corrupt_and_nothing_worse() {
    let folder = folder();
    let path = folder.path().join("it.db");
    in_runs(&path).await;
    let file = Connection::open(&path).unwrap();
    let change = "UPDATE blocks SET bytes = \
                  cast(substr(bytes, 1, 20) || x'ff' || substr(bytes, 22) AS BLOB)";
    assert!(file.execute(change, []).unwrap() > 0);
    drop(file);
    assert!(matches!(
        SqliteStore::check(&path),
        Err(StoreError::Corrupt(_))
    ));
    let store = open(&path);
    let which = Which::Inbox(MemberId::new("bo").unwrap());
    let query = MessageQuery::new(which, 10);
    assert!(matches!(
        store.messages(query).await,
        Err(StoreError::Corrupt(_))
    ));
    assert!(matches!(
        store.answer("c", "key-1").await,
        Err(StoreError::Corrupt(_))
    ));
    // What does not need the block goes on.
    assert!(store.contract(&contract("c")).await.unwrap().is_some());
    store.commit(Draft::begin("d").batch()).await.unwrap();
}

#[tokio::test]
async fn events_that_are_no_events_are_corrupt() {
    let folder = folder();
    let path = folder.path().join("it.db");
    in_runs(&path).await;
    let file = Connection::open(&path).unwrap();
    file.execute("UPDATE log SET events = '[{\"at\":1}]' WHERE pos = 7", [])
        .unwrap();
    drop(file);
    let store = open(&path);
    assert!(matches!(
        store.log(Position(6), 1).await,
        Err(StoreError::Corrupt(_))
    ));
    assert_eq!(store.log(Position(7), 5).await.unwrap().len(), 5);
}

#[tokio::test]
async fn a_backup_is_a_store_with_all_that_was_committed_before() {
    let folder = folder();
    let (path, copy) = (folder.path().join("it.db"), folder.path().join("copy.db"));
    let store = open(&path);
    for n in 0..30 {
        store.commit(send("c", n).batch()).await.unwrap();
    }
    store.backup(&copy).await.unwrap();
    let again = store.backup(&copy).await.unwrap_err();
    assert!(again.to_string().contains("is there already"), "{again}");
    store.commit(send("c", 30).batch()).await.unwrap();
    assert_eq!(SqliteStore::check(&copy).unwrap().messages, 30);
    let copy = open(&copy);
    assert_eq!(inbox(&copy).await, 30);
    copy.commit(send("c", 30).batch()).await.unwrap();
    assert_eq!(
        std::fs::read_dir(folder.path())
            .unwrap()
            .filter(part)
            .count(),
        0
    );
}

fn part(file: &std::io::Result<std::fs::DirEntry>) -> bool {
    file.as_ref()
        .unwrap()
        .file_name()
        .to_string_lossy()
        .ends_with(".part")
}

/// What the other test runs as a process of its own, to kill it.
#[tokio::test]
#[ignore = "is run by what_was_answered_survives_a_kill"]
async fn commit_until_killed() {
    let path = std::env::var("EARNEST_KILLED").unwrap();
    let tuning = Tuning {
        run: 50,
        fan_out: 2,
        pass: 1 << 16,
        wal: 1 << 18,
        ..Tuning::default()
    };
    let store = SqliteStore::open(
        path,
        Options {
            tuning,
            ..Options::default()
        },
    )
    .unwrap();
    let head = store
        .contract(&contract("c"))
        .await
        .unwrap()
        .map_or(0, |row| row.seq);
    for n in head.saturating_sub(1).. {
        store.commit(send("c", n).batch()).await.unwrap();
        println!("committed {n}");
    }
}

#[tokio::test]
async fn what_was_answered_survives_a_kill() {
    let folder = folder();
    let path = folder.path().join("it.db");
    for _ in 0..5 {
        let answered = kill_after(&path, 300).await;
        let store = open(&path);
        let kept = inbox(&store).await as u64;
        assert!(kept > answered, "{kept} kept, {answered} answered");
        for n in [0, answered / 2, answered] {
            assert!(
                store
                    .answer("c", &format!("key-{n}"))
                    .await
                    .unwrap()
                    .is_some()
            );
        }
        store.close().await.unwrap();
        SqliteStore::check(&path).unwrap();
    }
}

/// Lets a process commit, kills it, and returns the number of the newest message that it was told is kept.
async fn kill_after(path: &Path, lines: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "commit_until_killed", "--ignored", "--nocapture"])
        .env("EARNEST_KILLED", path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let number = |line: &String| line.split("committed ").nth(1)?.parse::<u64>().ok();
    let mut numbers = out
        .lines()
        .map(Result::unwrap)
        .filter_map(|line| number(&line));
    let mut answered = numbers.by_ref().nth(lines).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    // What stood in the pipe was answered too.
    answered = numbers.last().unwrap_or(answered);
    answered
}
