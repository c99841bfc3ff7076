//! `earnest serve`: what is set, how it begins, how it ends.

#![expect(
    clippy::panic,
    reason = "a test stops where something is not as it should be"
)]

#[path = "support/server.rs"]
mod server;
#[path = "support/earnest.rs"]
mod support;

use server::Running;
use support::{Folder, command, json};

fn serve(folder: &Folder, args: &[&str]) -> Running {
    let call = [&["serve", "--listen", "127.0.0.1:0"], args].concat();
    Running::start(command(&call), &folder.path(""))
}

#[test]
fn an_empty_store_is_begun_and_takes_a_key_that_is_made_beside_the_server() {
    let folder = Folder::new();
    let running = serve(&folder, &[]);
    running.wait_for("earnest key create --scope admin --store sqlite:earnest.db");
    assert_eq!(running.get("/healthz", None).0, 200);
    assert_eq!(running.get("/readyz", None).0, 200);
    assert_eq!(running.get("/v1/contracts/acme", None).0, 401);
    let key = folder
        .earnest(&["key", "create", "--scope", "admin"])
        .done();
    let key = key.trim();
    let (status, body) = running.post("/v1/contracts", key, r#"{"id":"acme","name":"Acme"}"#);
    assert_eq!(status, 201, "{body}");
    let (status, body) = running.get("/v1/contracts/acme/balance", Some(key));
    assert_eq!(
        (status, json(&body)["granted"].as_u64()),
        (200, Some(0)),
        "{body}"
    );
    let id = key.split('_').nth(1).unwrap();
    folder.earnest(&["key", "revoke", id]).done();
    assert_eq!(running.get("/v1/contracts/acme/balance", Some(key)).0, 401);
    let (code, told) = running.stop("-TERM");
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("stopped"), "{told}");
    assert!(!told.contains(key), "{told}");
    // Whoever closes a store last tidies it up.
    assert_eq!(folder.files(), ["earnest.db"]);
}

#[test]
fn ctrl_c_ends_it_too_and_the_log_can_be_json() {
    let folder = Folder::new();
    let running = serve(&folder, &["--log-format", "json", "--store", "sqlite:a.db"]);
    let (code, told) = running.stop("-INT");
    assert_eq!(code, Some(0), "{told}");
    let lines: Vec<_> = told.lines().filter(|line| line.starts_with('{')).collect();
    let listening = lines.iter().map(|line| json(line));
    let listening: Vec<_> = listening
        .filter(|line| line["address"].is_string())
        .collect();
    assert_eq!(listening.len(), 1, "{told}");
    assert_eq!(listening[0]["level"], "INFO");
}

#[test]
fn a_port_that_is_taken_is_told() {
    let folder = Folder::new();
    let running = serve(&folder, &[]);
    let call = [
        "serve",
        "--listen",
        running.address.as_str(),
        "--store",
        "sqlite:b.db",
    ];
    let error = folder.earnest(&call).refused();
    assert!(error.contains("is taken"), "{error}");
    assert!(error.contains("--listen"), "{error}");
}

#[test]
fn all_mistakes_are_told_before_anything_is_opened() {
    let file = "stor = \"sqlite:a.db\"\n[log]\nlevel = \"inf\"\n[webhook]\nretry = 5\n";
    let folder = Folder::new().with("earnest.toml", file);
    let call = ["serve", "--listen", "here", "--set", "limits.requests=none"];
    let mut command = command(&call);
    command
        .env("EARNEST_LISTN", "127.0.0.1:1")
        .current_dir(folder.path(""));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap());
    assert_eq!(folder.files(), ["earnest.toml"]);
}

#[test]
fn what_is_set_can_be_printed_and_read_back() {
    let file = "[limits]\nrequests = 77\n";
    let folder = Folder::new().with("earnest.toml", file);
    let call = [
        "serve",
        "--print-config",
        "--store",
        "postgres://me:s3cret@db/earnest",
    ];
    let mut command = command(&call);
    command
        .env("EARNEST_WEBHOOK_RETRY", "1s,2m")
        .current_dir(folder.path(""));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(!printed.contains("s3cret"), "{printed}");
    insta::assert_snapshot!(printed);
    let again = Folder::new().with("mine.toml", &printed.replace("me:***@", ""));
    let printed = again
        .earnest(&["serve", "--print-config", "--config", "mine.toml"])
        .done();
    assert!(printed.contains("requests = 77  # mine.toml:"), "{printed}");
}

#[test]
fn what_cannot_be_opened_is_told() {
    let folder = Folder::new()
        .with("folder/x", "")
        .with("text.db", &"no database at all ".repeat(400));
    let mut told = String::new();
    for store in [
        "sqlite:folder",
        "sqlite:gone/earnest.db",
        "sqlite:text.db",
        "postgres://me:s3cret@127.0.0.1:1/earnest",
        "earnest.db",
    ] {
        let error = folder.earnest(&["serve", "--listen", "127.0.0.1:0", "--store", store]);
        told.push_str(&format!("$ --store {store}\n{}", error.refused()));
    }
    insta::assert_snapshot!(told.replace("s3cret@127.0.0.1:1/earnest\n", "...\n"));
    let error = folder
        .earnest(&["serve", "--config", "gone.toml"])
        .refused();
    assert_eq!(
        error,
        "there is no file `gone.toml`; name a file of settings that is there\n"
    );
}
