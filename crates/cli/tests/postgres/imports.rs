//! Imports into one database from several processes.

use crate::database;
use crate::support::{Folder, Ran, command, json};
use std::process::{Child, Stdio};

const IMPORT: [&str; 6] = ["import", "csv", "year.csv", "--until", "end", "--json"];

/// A log, and the events that it becomes.
fn year() -> (Folder, String) {
    let folder = Folder::new();
    folder.generate(3_000, 9, "year.csv");
    folder.earnest(&IMPORT).done();
    let events = folder.earnest(&["export", "events"]).done();
    (folder, events)
}

fn import(folder: &Folder, store: &str) -> Child {
    let mut command = command(&[&IMPORT[..], &["--store", store]].concat());
    command
        .current_dir(folder.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn ended(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran {
        code: output.status.code(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// Returns the events of a store that holds, and from which nothing is missing that could be imported again.
fn events(folder: &Folder, store: &str) -> String {
    let again = folder
        .earnest(&[&IMPORT[..], &["--store", store]].concat())
        .done();
    assert_eq!(json(&again)["added"], 0, "{again}");
    let audited = folder.earnest(&["audit", "--store", store]).done();
    assert!(
        audited.contains("all of it is what the events make of it"),
        "{audited}"
    );
    folder
        .earnest(&["export", "events", "--store", store])
        .done()
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_log_imported_by_several_at_once_is_there_once() {
    let (folder, expected) = year();
    let store = database();
    folder.earnest(&["migrate", "--store", &store]).done();
    let begun: Vec<Child> = (0..3).map(|_| import(&folder, &store)).collect();
    let ended: Vec<Ran> = begun.into_iter().map(ended).collect();
    let done = ended.iter().filter(|ran| ran.code == Some(0)).count();
    assert!(done >= 1, "{ended:?}");
    for ran in ended.into_iter().filter(|ran| ran.code != Some(0)) {
        let error = ran.refused();
        assert!(error.contains("another import into"), "{error}");
        assert!(error.contains("wait for its end"), "{error}");
    }
    assert!(
        events(&folder, &store) == expected,
        "the store has another history"
    );
}

/// Keeps commits waiting, once there are some, for as long as there is a row in `gate`.
const GATE: &str = "CREATE TABLE gate (one int); INSERT INTO gate VALUES (1); \
    CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
    WHILE (SELECT count(*) FROM batches) > 5 AND EXISTS (SELECT 1 FROM gate) LOOP PERFORM pg_sleep(0.01); END LOOP; \
    RETURN new; END $$; \
    CREATE TRIGGER wait_at_gate BEFORE INSERT ON batches FOR EACH ROW EXECUTE FUNCTION wait_at_gate()";
const WAITING: &str = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' \
    AND datname = current_database()";
/// Somebody has taken the lease, for ever.
const STEAL: &str = "UPDATE documents SET version = version + 1, \
    body = convert_to('{\"holder\":\"another\",\"until\":\"2099-01-01T00:00:00Z\"}', 'UTF8') WHERE kind = 'import-lease'";
/// As if its time had passed.
const PASS: &str = "UPDATE documents SET body = convert_to(regexp_replace(convert_from(body, 'UTF8'), \
    '\"until\":\"[^\"]*\"', '\"until\":\"2020-01-01T00:00:00Z\"'), 'UTF8') WHERE kind = 'import-lease'";

#[test]
#[ignore = "needs PostgreSQL"]
fn an_import_that_was_killed_or_overtaken_leaves_what_another_can_go_on_with() {
    let (folder, expected) = year();
    let store = database();
    folder.earnest(&["migrate", "--store", &store]).done();
    let sql = |sql: &str| earnest_pgtest::shared().unwrap().sql(&store, sql).unwrap();
    sql(GATE);
    let at_gate = |child: &mut Child| {
        while sql(WAITING).trim() == "0" {
            assert!(
                child.try_wait().unwrap().is_none(),
                "it did not come to the gate"
            );
        }
    };
    let refused = || {
        let again = folder.earnest(&[&IMPORT[..], &["--store", &store]].concat());
        let error = again.refused();
        assert!(error.contains("another import into"), "{error}");
        assert!(
            error.contains("if it has died, that is possible from 20"),
            "{error}"
        );
    };

    let mut overtaken = import(&folder, &store);
    at_gate(&mut overtaken);
    refused();
    sql(STEAL);
    sql("DELETE FROM gate");
    let error = ended(overtaken).refused();
    assert!(error.contains("another import has begun"), "{error}");

    sql("INSERT INTO gate VALUES (1)");
    refused();
    sql(PASS);
    let mut killed = import(&folder, &store);
    at_gate(&mut killed);
    killed.kill().unwrap();
    killed.wait().unwrap();
    refused();
    sql(PASS);
    sql("DELETE FROM gate");
    let told = folder
        .earnest(&[&IMPORT[..], &["--store", &store]].concat())
        .done();
    assert_ne!(json(&told)["added"], 0, "{told}");
    assert!(
        events(&folder, &store) == expected,
        "the store has another history"
    );
}
