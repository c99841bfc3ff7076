//! `earnest demo`: a server with a made-up year in it.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

#[path = "support/server.rs"]
mod server;
#[path = "support/earnest.rs"]
mod support;

use server::Running;
use support::{Folder, command, json};

fn demo(folder: &Folder, args: &[&str]) -> Running {
    let call = [&["demo", "--messages", "600"], args].concat();
    let mut command = command(&call);
    command.env("TMPDIR", folder.path(""));
    Running::start(command, &folder.path(""))
}

/// Returns the key of a role, and for whom it is.
fn key(page: &str, role: &str) -> (String, String) {
    let line = page
        .lines()
        .find(|line| line.trim().starts_with(role))
        .unwrap();
    let mut words = line.split_whitespace().skip(1);
    let key = words.next().unwrap().to_owned();
    (key, words.collect::<Vec<_>>().join(" "))
}

#[test]
fn a_newcomer_gets_a_server_keys_and_calls_to_try() {
    let folder = Folder::new();
    let running = demo(&folder, &["--listen", "127.0.0.1:0"]);
    let page = running.wait_for("ctrl-c ends it");
    let (admin, _) = key(&page, "admin");
    let (contract, whose) = key(&page, "contract");
    let id = whose.strip_prefix("contract ").unwrap();
    let (status, balance) = running.get(&format!("/v1/contracts/{id}/balance"), Some(&contract));
    assert_eq!(status, 200, "{balance}");
    assert!(json(&balance)["granted"].as_u64() > Some(0), "{balance}");
    let (member, whose) = key(&page, "member");
    let whose = whose.strip_prefix("member ").unwrap();
    let (id, waiting) = whose.split_once(", ").unwrap();
    let (status, inbox) = running.get(
        &format!("/v1/members/{id}/inbox?status=pending"),
        Some(&member),
    );
    assert_eq!(status, 200, "{inbox}");
    let items = json(&inbox)["items"].as_array().unwrap().len();
    assert!(
        waiting.starts_with(&format!("{items} message")),
        "{waiting}: {inbox}"
    );
    assert!(
        id == "bo" && items > 3 && inbox.contains("\"subject\""),
        "{inbox}"
    );
    let (status, _) = running.get("/v1/contracts?limit=5", Some(&admin));
    assert!(status == 200 || status == 404 || status == 405);
    for call in page.lines().filter(|line| line.trim().starts_with("curl ")) {
        assert!(call.contains(&running.address), "{call}");
    }
    let (code, told) = running.stop("-TERM");
    assert_eq!(code, Some(0), "{told}");
    assert!(folder.files().is_empty(), "{:?}", folder.files());
}

#[test]
fn a_taken_port_is_no_trouble() {
    let folder = Folder::new();
    let first = demo(&folder, &["--listen", "127.0.0.1:0"]);
    let second = demo(&folder, &["--listen", &first.address]);
    let page = second.wait_for("ctrl-c ends it");
    let taken = format!("{} is taken, so another port is used", first.address);
    assert!(page.contains(&taken), "{page}");
    assert_ne!(first.address, second.address);
    assert_eq!(second.get("/healthz", None).0, 200);
}

#[test]
fn a_store_that_is_kept_is_filled_once() {
    let folder = Folder::new();
    let args = ["--listen", "127.0.0.1:0", "--store", "sqlite:demo.db"];
    let first = demo(&folder, &args);
    first.wait_for("ctrl-c ends it");
    assert_eq!(first.stop("-TERM").0, Some(0));
    let audit = |folder: &Folder| {
        let call = ["audit", "--json", "--store", "sqlite:demo.db"];
        json(&folder.earnest(&call).done())
    };
    let before = audit(&folder);
    assert!(before["messages"].as_u64() > Some(0));
    let second = demo(&folder, &args);
    let page = second.wait_for("ctrl-c ends it");
    assert!(
        page.contains("a store that was there before; kept in sqlite:demo.db"),
        "{page}"
    );
    assert_eq!(second.stop("-TERM").0, Some(0));
    assert_eq!(audit(&folder)["messages"], before["messages"]);
    assert_eq!(folder.files(), ["demo.db"]);
}
