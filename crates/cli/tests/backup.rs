//! `earnest backup`, `earnest restore`, `earnest migrate`: moving and keeping stores.

#![expect(
    clippy::panic,
    reason = "a test stops where something is not as it should be"
)]

#[path = "support/server.rs"]
mod server;
#[path = "support/earnest.rs"]
mod support;

use server::Running;
use support::{Folder, command};

fn year() -> Folder {
    let folder = Folder::new();
    folder.generate(300, 4, "year.csv");
    folder.earnest(&["import", "csv", "year.csv"]).done();
    folder
}

fn events(folder: &Folder, store: &str) -> String {
    folder
        .earnest(&["export", "events", "--store", store])
        .done()
}

#[test]
fn a_backup_has_everything_and_comes_back() {
    let folder = year();
    assert_eq!(folder.earnest(&["backup", "kept.db"]).done(), "");
    let told = folder
        .earnest(&["restore", "kept.db", "--store", "sqlite:new.db"])
        .done();
    assert!(
        told.starts_with("`new.db` has ") && told.ends_with(" messages\n"),
        "{told}"
    );
    assert_eq!(
        events(&folder, "sqlite:new.db"),
        events(&folder, "sqlite:earnest.db")
    );
    assert_eq!(
        folder.files(),
        ["earnest.db", "kept.db", "new.db", "year.csv"]
    );
}

#[test]
fn a_backup_is_made_while_a_server_works() {
    let folder = year();
    let call = ["serve", "--listen", "127.0.0.1:0"];
    let running = Running::start(command(&call), &folder.path(""));
    folder.earnest(&["backup", "kept.db"]).done();
    let error = folder.earnest(&["restore", "kept.db", "--force"]).refused();
    assert_eq!(
        error,
        "`earnest.db` is used by another process; stop it, then restore\n"
    );
    let (code, told) = running.stop("-TERM");
    assert_eq!(code, Some(0), "{told}");
    folder.earnest(&["restore", "kept.db", "--force"]).done();
    assert!(folder.earnest(&["audit"]).done().starts_with("ok "));
}

#[test]
fn a_backup_replaces_nothing() {
    let folder = year().with("there.db", "something");
    let error = folder.earnest(&["backup", "there.db"]).refused();
    assert!(error.contains("`there.db` is there already"), "{error}");
    assert_eq!(folder.read("there.db"), "something");
}

#[test]
fn a_store_with_something_in_it_is_replaced_by_force_only() {
    let folder = year();
    folder.earnest(&["backup", "kept.db"]).done();
    let store = ["--store", "sqlite:other.db"];
    folder
        .earnest(&[&["key", "create", "--scope", "admin"], &store[..]].concat())
        .done();
    let restore =
        |more: &[&str]| folder.earnest(&[&["restore", "kept.db"], &store[..], more].concat());
    assert_eq!(
        restore(&[]).refused(),
        "`other.db` has something in it; `--force` replaces it, and `earnest backup` keeps it\n"
    );
    restore(&["--force"]).done();
    assert_eq!(
        events(&folder, "sqlite:other.db"),
        events(&folder, "sqlite:earnest.db")
    );
    assert_eq!(
        folder
            .earnest(&[&["key", "list"], &store[..]].concat())
            .done(),
        ""
    );
    // An empty store may be replaced.
    let empty = ["--store", "sqlite:empty.db"];
    folder.earnest(&[&["migrate"], &empty[..]].concat()).done();
    folder
        .earnest(&[&["restore", "kept.db"], &empty[..]].concat())
        .done();
}

#[test]
fn what_is_no_whole_backup_leaves_the_store_as_it_was() {
    let folder = year();
    folder.earnest(&["backup", "kept.db"]).done();
    let whole = std::fs::read(folder.path("kept.db")).unwrap();
    std::fs::write(folder.path("cut.db"), &whole[..whole.len() / 2]).unwrap();
    let mut hurt = whole;
    let middle = hurt.len() / 2;
    for byte in &mut hurt[middle..middle + 4_096] {
        *byte ^= 0x55;
    }
    std::fs::write(folder.path("hurt.db"), &hurt).unwrap();
    let folder = folder.with("empty.db", "").with("text.db", "no store");
    let before = events(&folder, "sqlite:earnest.db");
    for (backup, told) in [
        ("cut.db", "`cut.db` is no whole backup: "),
        ("hurt.db", "`hurt.db` is no whole backup: "),
        ("text.db", "`text.db` is no whole backup: "),
        ("empty.db", "`empty.db` is empty; name a backup\n"),
        ("gone.db", "there is no file `gone.db`; name a backup\n"),
        (
            "earnest.db",
            "`earnest.db` is the store itself; name a backup\n",
        ),
    ] {
        let error = folder.earnest(&["restore", backup, "--force"]).refused();
        assert!(error.starts_with(told), "{error}");
    }
    assert_eq!(events(&folder, "sqlite:earnest.db"), before);
    assert_eq!(
        folder.files(),
        [
            "cut.db",
            "earnest.db",
            "empty.db",
            "hurt.db",
            "kept.db",
            "text.db",
            "year.csv"
        ]
    );
}

#[test]
fn a_store_is_brought_up_to_date_once() {
    let folder = Folder::new().with("text.db", &"no database at all ".repeat(400));
    assert_eq!(
        folder.earnest(&["migrate"]).done(),
        "`earnest.db` is new, and up to date\n"
    );
    assert_eq!(
        folder.earnest(&["migrate"]).done(),
        "`earnest.db` is up to date; nothing was to be done\n"
    );
    let error = folder
        .earnest(&["migrate", "--store", "sqlite:text.db"])
        .refused();
    assert!(
        error.starts_with("`text.db` is not an Earnest store"),
        "{error}"
    );
    let error = folder
        .earnest(&["backup", "b.db", "--store", "postgres://db/earnest"])
        .refused();
    assert!(error.contains("`pg_dump`"), "{error}");
}
