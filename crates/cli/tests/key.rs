//! `earnest key`: makes, lists and revokes API keys.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

#[path = "support/earnest.rs"]
mod support;

use support::{Folder, json};

fn create(folder: &Folder, args: &[&str]) -> String {
    let ran = folder.earnest(&[&["key", "create"], args].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let key = ran.out.strip_suffix('\n').unwrap().to_owned();
    assert!(!key.contains(char::is_whitespace), "{key}");
    key
}

#[test]
fn a_key_is_printed_alone_and_listed_without_its_secret() {
    let folder = Folder::new();
    let admin = create(&folder, &["--scope", "admin"]);
    let seat = ["--scope", "seat", "--contract", "acme", "--seat", "ana"];
    create(&folder, &seat);
    create(&folder, &["--scope", "member", "--member", "bo"]);
    let list = folder.earnest(&["key", "list"]).done();
    let rows: Vec<Vec<&str>> = list
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(rows.len(), 3, "{list}");
    let id = admin.split('_').nth(1).unwrap();
    assert_eq!(rows[0][..4], [id, "admin", "-", "-"]);
    assert_eq!(rows[1][1..4], ["seat", "acme", "ana"]);
    assert_eq!(rows[2][1..4], ["member", "-", "bo"]);
    for row in &rows {
        assert_eq!(row.len(), 7, "{list}");
        assert!(row[4].ends_with('Z'), "{list}");
        assert_eq!(row[5..], ["-", "active"]);
    }
    let secret = admin.rsplit('_').next().unwrap();
    assert!(!list.contains(secret), "{list}");
    assert_eq!(folder.files(), ["earnest.db"]);
}

#[test]
fn a_key_is_revoked_by_its_id_and_stays_listed() {
    let folder = Folder::new();
    let key = create(&folder, &["--scope", "import"]);
    let id = key.split('_').nth(1).unwrap();
    for _ in 0..2 {
        assert_eq!(folder.earnest(&["key", "revoke", id]).done(), "");
    }
    let keys = json(&folder.earnest(&["key", "list", "--json"]).done());
    assert_eq!(keys["keys"][0]["id"], id);
    assert_eq!(keys["keys"][0]["scope"], "import");
    assert_eq!(keys["keys"][0]["state"], "revoked");
    assert!(keys["keys"][0]["revoked_at"].is_string());
    let error = folder.earnest(&["key", "revoke", "nobody"]).refused();
    assert_eq!(
        error,
        "there is no key `nobody`; `earnest key list` shows the ids\n"
    );
}

#[test]
fn a_key_is_for_what_its_scope_says_and_for_nothing_else() {
    let folder = Folder::new();
    let mut told = String::new();
    for args in [
        &["--scope", "contract"][..],
        &["--scope", "seat", "--contract", "acme"],
        &["--scope", "member"],
        &["--scope", "member", "--member", "bo", "--contract", "acme"],
        &["--scope", "admin", "--seat", "ana"],
        &["--scope", "contract", "--contract", "ac me"],
    ] {
        let error = folder
            .earnest(&[&["key", "create"], args].concat())
            .refused();
        told.push_str(&format!("$ earnest key create {}\n{error}", args.join(" ")));
    }
    insta::assert_snapshot!(told);
    assert!(folder.files().is_empty());
}

#[test]
fn a_key_made_ahead_of_its_contract_is_remarked_on() {
    let folder = Folder::new();
    let call = ["key", "create", "--scope", "contract", "--contract", "acme"];
    let ran = folder.earnest(&call);
    assert_eq!(ran.code, Some(0));
    assert_eq!(
        ran.err,
        "there is no contract `acme` yet; the key works once there is\n"
    );
    assert_eq!(ran.out.lines().count(), 1);
}

#[test]
fn there_are_no_keys_in_a_store_that_is_not_there() {
    let folder = Folder::new();
    let error = folder.earnest(&["key", "list"]).refused();
    assert_eq!(
        error,
        "there is no store `earnest.db`; name another with `--store sqlite:PATH`, or begin one with `earnest serve`\n"
    );
    assert!(folder.files().is_empty());
}

#[test]
fn the_store_is_where_it_is_set() {
    let folder = Folder::new().with("earnest.toml", "store = \"sqlite:there.db\"\n");
    create(&folder, &["--scope", "admin"]);
    assert_eq!(folder.files(), ["earnest.toml", "there.db"]);
    create(&folder, &["--scope", "admin", "--store", "sqlite:here.db"]);
    assert_eq!(folder.files(), ["earnest.toml", "here.db", "there.db"]);
    let error = folder
        .earnest(&["key", "list", "--store", "memory:"])
        .refused();
    assert!(
        error.starts_with("a store in memory is gone with its process"),
        "{error}"
    );
}
