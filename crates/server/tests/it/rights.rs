//! Every route, asked with every scope for its own things, for others' and for what is not there.

use crate::support::{Reply, World};
use earnest_engine::keys::Scope;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A route, whom it is for, and how it answers where all is well.
struct Row {
    method: &'static str,
    path: &'static str,
    body: &'static str,
    /// The scopes that may, beside admin and import: `c`ontract, `s`eat, `m`ember.
    scopes: &'static str,
    status: u16,
}

const fn row(
    method: &'static str,
    path: &'static str,
    body: &'static str,
    scopes: &'static str,
    status: u16,
) -> Row {
    Row {
        method,
        path,
        body,
        scopes,
        status,
    }
}

const SEND: &str =
    r#"{"contract":"{contract}","seat":"{seat}","to":"zoe","subject":"s","body":"b"}"#;
const CAMPAIGN: &str =
    r#"{"contract":"{contract}","seat":"{seat}","to":["zoe"],"subject":"s","body":"b"}"#;
const POLICY: &str = r#"{"text":"extends = \"inmail-2015\"\nname = \"ours\"\n"}"#;

#[rustfmt::skip]
const TABLE: &[Row] = &[
    row("POST", "/v1/contracts", r#"{"id":"fresh"}"#, "", 201),
    row("GET", "/v1/contracts", "", "", 200),
    row("GET", "/v1/contracts/{contract}", "", "c", 200),
    row("POST", "/v1/contracts/{contract}/live", "{}", "", 200),
    row("POST", "/v1/contracts/{contract}/cancel", "{}", "", 200),
    row("POST", "/v1/contracts/{contract}/policies", r#"{"policy":"postage"}"#, "", 201),
    row("POST", "/v1/contracts/{contract}/seats", r#"{"id":"fresh"}"#, "c", 201),
    row("GET", "/v1/contracts/{contract}/seats", "", "c", 200),
    row("GET", "/v1/contracts/{contract}/seats/{seat}", "", "cs", 200),
    row("PATCH", "/v1/contracts/{contract}/seats/{seat}", r#"{"usage_limit":7}"#, "c", 200),
    row("POST", "/v1/contracts/{contract}/grants", r#"{"credits":1}"#, "", 201),
    row("GET", "/v1/contracts/{contract}/grants", "", "c", 200),
    row("GET", "/v1/contracts/{contract}/grants/{grant}", "", "c", 200),
    row("DELETE", "/v1/contracts/{contract}/grants/{grant}", "", "", 200),
    row("GET", "/v1/contracts/{contract}/balance", "", "cs", 200),
    row("GET", "/v1/contracts/{contract}/events", "", "c", 200),
    row("GET", "/v1/contracts/{contract}/messages", "", "cs", 200),
    row("GET", "/v1/contracts/{contract}/reports/responses", "", "c", 200),
    row("POST", "/v1/messages", SEND, "cs", 201),
    row("POST", "/v1/messages/preview", SEND, "cs", 200),
    row("POST", "/v1/campaigns", CAMPAIGN, "cs", 201),
    row("POST", "/v1/batches", r#"{"commands":[{"seen":{"message":"nope"}}]}"#, "csm", 200),
    row("GET", "/v1/messages/{message}", "", "csm", 200),
    row("GET", "/v1/messages/{message}/explanation", "", "cs", 200),
    row("POST", "/v1/messages/{message}/response", r#"{"kind":"reply"}"#, "m", 200),
    row("POST", "/v1/messages/{message}/seen", "{}", "m", 200),
    row("POST", "/v1/messages/{message}/report", "{}", "m", 200),
    row("POST", "/v1/messages/{message}/replies", r#"{"body":"b"}"#, "csm", 201),
    row("GET", "/v1/messages/{message}/conversation", "", "csm", 200),
    row("GET", "/v1/members/{member}/inbox", "", "m", 200),
    row("GET", "/v1/members/{member}/preferences", "", "m", 200),
    row("PUT", "/v1/members/{member}/preferences", "{}", "m", 200),
    row("GET", "/v1/members/{member}/blocks", "", "m", 200),
    row("POST", "/v1/members/{member}/blocks", r#"{"contract":"x"}"#, "m", 201),
    row("DELETE", "/v1/members/{member}/blocks/{block}", "", "m", 204),
    row("GET", "/v1/policies", "", "csm", 200),
    row("GET", "/v1/policies/{policy}", "", "csm", 200),
    row("POST", "/v1/policies", POLICY, "", 201),
    row("GET", "/v1/keys", "", "", 200),
    row("POST", "/v1/keys", r#"{"scope":"admin"}"#, "", 201),
    row("DELETE", "/v1/keys/{key}", "", "", 200),
    row("GET", "/v1/webhooks", "", "c", 200),
];

/// What the names in a path or a body stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Things {
    /// The contract `acme`, its seat `ana`, the message from `ana` to `bo`.
    Own,
    /// Of the same contract the seat `al`, and the message from `al` to `cy`.
    Sibling,
    /// The contract `beta`, its seat `bea`, the message from `bea` to `cy`.
    Foreign,
    /// Nothing that is there, of a contract that is.
    AbsentInside,
    /// Nothing that is there.
    Absent,
}

struct Set {
    world: World,
    blocks: [String; 2],
    key: String,
}

async fn set() -> Set {
    let world = World::new().await;
    world.contract("acme", &["ana", "al"]).await;
    world.contract("beta", &["bea"]).await;
    for (id, contract, seat, to) in [
        ("m-own", "acme", "ana", "bo"),
        ("m-sib", "acme", "al", "cy"),
        ("m-far", "beta", "bea", "cy"),
    ] {
        world.sent(id, contract, seat, to).await;
        let path = format!("/v1/messages/{id}/response");
        world
            .post(path)
            .json(json!({ "kind": "reply" }))
            .send()
            .await
            .is(200);
    }
    let mut blocks = Vec::new();
    for member in ["bo", "cy"] {
        let path = format!("/v1/members/{member}/blocks");
        let block = world
            .post(path)
            .json(json!({ "contract": "gamma" }))
            .send()
            .await
            .is(201);
        blocks.push(block["id"].as_str().unwrap().to_owned());
    }
    let made = world
        .post("/v1/keys")
        .json(json!({ "scope": "admin" }))
        .send()
        .await
        .is(201);
    Set {
        world,
        blocks: blocks.try_into().unwrap(),
        key: made["id"].as_str().unwrap().to_owned(),
    }
}

impl Set {
    fn names(&self, things: Things) -> [(&'static str, String); 8] {
        let (contract, seat, grant, message, member, block, policy, key) = match things {
            Things::Own => (
                "acme",
                "ana",
                "g1",
                "m-own",
                "bo",
                &*self.blocks[0],
                "postage",
                &*self.key,
            ),
            Things::Sibling => (
                "acme",
                "al",
                "g1",
                "m-sib",
                "cy",
                &*self.blocks[1],
                "postage",
                &*self.key,
            ),
            Things::Foreign => (
                "beta",
                "bea",
                "g1",
                "m-far",
                "cy",
                &*self.blocks[1],
                "postage",
                &*self.key,
            ),
            Things::AbsentInside => ("acme", "nope", "nope", "nope", "bo", "nope", "nope", "nope"),
            Things::Absent => (
                "nope", "nope", "nope", "nope", "nope", "nope", "nope", "nope",
            ),
        };
        [
            ("{contract}", contract.to_owned()),
            ("{seat}", seat.to_owned()),
            ("{grant}", grant.to_owned()),
            ("{message}", message.to_owned()),
            ("{member}", member.to_owned()),
            ("{block}", block.to_owned()),
            ("{policy}", policy.to_owned()),
            ("{key}", key.to_owned()),
        ]
    }

    async fn ask(&self, row: &Row, scope: &str, things: Things) -> Reply {
        let key = match scope {
            "admin" => self.world.admin.clone(),
            "import" => self.world.key(Scope::Import).await,
            "contract" => self.world.contract_key("acme").await,
            "seat" => self.world.seat_key("acme", "ana").await,
            _ => self.world.member_key("bo").await,
        };
        let (mut path, mut body) = (row.path.to_owned(), row.body.to_owned());
        for (name, value) in self.names(things) {
            path = path.replace(name, &value);
            body = body.replace(name, &value);
        }
        let is_admin = matches!(scope, "admin" | "import");
        if is_admin && row.path.ends_with("/replies") {
            // An administrator says who writes.
            body = r#"{"body":"b","from":"seat"}"#.to_owned();
        }
        let ask = self.world.ask(row.method, path).key(&key);
        match body.is_empty() {
            true => ask.send().await,
            false => ask.body(body).send().await,
        }
    }
}

/// Returns the code of what is not there or out of reach; nothing where all is well.
fn expected(row: &Row, scope: &str, things: Things) -> Option<&'static str> {
    let is_admin = matches!(scope, "admin" | "import");
    if !is_admin && !row.scopes.contains(&scope[..1]) {
        return Some("forbidden");
    }
    let names = |name: &str| row.path.contains(name);
    let in_body = row.body.contains("{contract}");
    let out_of_reach = match (things, scope) {
        (Things::Own, _) => false,
        (Things::Foreign, "admin" | "import") => false,
        (Things::Sibling, "admin" | "import" | "contract") => false,
        // What is the contract's alone is the same for the other seat.
        (Things::Sibling, "seat") => in_body || names("{seat}") || names("{message}"),
        (Things::Sibling | Things::Foreign, "member") => names("{message}") || names("{member}"),
        (Things::Foreign, _) => in_body || names("{contract}") || names("{message}"),
        (Things::AbsentInside, _) => {
            in_body
                || [
                    "{seat}",
                    "{grant}",
                    "{message}",
                    "{block}",
                    "{policy}",
                    "{key}",
                ]
                .iter()
                .any(|it| names(it))
        }
        // Any id may be a member's, for those who may ask for all.
        (Things::Absent, "admin" | "import") if names("{member}") => names("{block}"),
        (Things::Absent, _) => in_body || row.path.contains('{'),
        (Things::Sibling, _) => unreachable!("{scope}"),
    };
    match (out_of_reach, in_body) {
        (false, _) => None,
        (true, false) => Some("not_found"),
        (true, true) if matches!(things, Things::Foreign | Things::Absent) => {
            Some("unknown_contract")
        }
        (true, true) => Some("unknown_seat"),
    }
}

/// Returns an answer with all names taken out, so that it can be compared with another's.
fn nameless(set: &Set, reply: &Reply, things: Things) -> Value {
    let mut text = reply.text.clone();
    for (_, value) in set.names(things) {
        text = text.replace(&format!("`{value}`"), "`it`");
    }
    serde_json::from_str(&text).unwrap()
}

const ALL: [Things; 5] = [
    Things::Own,
    Things::Sibling,
    Things::Foreign,
    Things::AbsentInside,
    Things::Absent,
];

#[tokio::test]
async fn every_scope_may_what_the_table_says_and_no_more() {
    let quiet = set().await;
    for row in TABLE {
        for scope in ["admin", "import", "contract", "seat", "member"] {
            let mut beyond: Vec<(Things, Value)> = Vec::new();
            for things in ALL {
                // What changes nothing can all be asked of one world.
                let changes = row.method != "GET" && expected(row, scope, things).is_none();
                let fresh = match changes {
                    true => Some(set().await),
                    false => None,
                };
                let set = fresh.as_ref().unwrap_or(&quiet);
                let reply = set.ask(row, scope, things).await;
                let case = format!(
                    "{} {} with {scope} for {things:?}: {}",
                    row.method, row.path, reply.text
                );
                match expected(row, scope, things) {
                    None => assert_eq!(reply.status.as_u16(), row.status, "{case}"),
                    Some(code) => {
                        assert_eq!(reply.code(), code, "{case}");
                        if matches!(things, Things::Foreign | Things::Absent) {
                            beyond.push((things, nameless(set, &reply, things)));
                        }
                    }
                }
            }
            // What is beyond the key's reach is told as what is not there.
            if let [(_, foreign), (_, absent)] = &beyond[..] {
                assert_eq!(foreign, absent, "{} {} with {scope}", row.method, row.path);
            }
        }
    }
}

#[tokio::test]
async fn a_seats_key_is_told_of_another_seat_as_of_none() {
    for row in TABLE.iter().filter(|row| row.scopes.contains('s')) {
        let mut told = Vec::new();
        for things in [Things::Sibling, Things::AbsentInside] {
            let set = set().await;
            let reply = set.ask(row, "seat", things).await;
            if expected(row, "seat", things).is_some() {
                told.push(nameless(&set, &reply, things));
            }
        }
        if let [sibling, absent] = &told[..] {
            assert_eq!(sibling, absent, "{} {}", row.method, row.path);
        }
    }
}

#[tokio::test]
async fn nobody_may_anything_without_a_key() {
    let set = set().await;
    for row in TABLE {
        let path = row.path.replace(['{', '}'], "");
        let refused = set
            .world
            .ask(row.method, path)
            .nobody()
            .body(row.body)
            .send()
            .await;
        refused.fails(401, "unauthorized");
    }
}

#[tokio::test]
async fn a_seats_key_lists_its_own_messages_only() {
    let set = set().await;
    let key = set.world.seat_key("acme", "ana").await;
    let path = "/v1/contracts/acme/messages";
    for (query, expected) in [
        ("", 1),
        ("?seat=ana", 1),
        ("?seat=al", 0),
        ("?seat=nope", 0),
    ] {
        let list = set
            .world
            .get(format!("{path}{query}"))
            .key(&key)
            .send()
            .await
            .is(200);
        assert_eq!(list["items"].as_array().unwrap().len(), expected, "{query}");
    }
}

#[tokio::test]
async fn streams_are_for_contracts() {
    let set = set().await;
    for key in [
        set.world.seat_key("acme", "ana").await,
        set.world.member_key("bo").await,
    ] {
        set.world
            .get("/v1/stream")
            .key(&key)
            .send()
            .await
            .fails(403, "forbidden");
    }
}

#[test]
fn the_table_has_every_route() {
    let document: Value = serde_json::from_str(&earnest_server::openapi_document()).unwrap();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        // Webhooks and the stream have tests of their own.
        if path.starts_with("/v1/") && !path.starts_with("/v1/webhooks") && path != "/v1/stream" {
            let methods = item.as_object().unwrap().keys();
            documented.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
        }
    }
    let rows = TABLE
        .iter()
        .filter(|row| !row.path.starts_with("/v1/webhooks"));
    let table: BTreeSet<String> = rows
        .map(|row| format!("{} {}", row.method, row.path))
        .collect();
    assert_eq!(table, documented);
}
