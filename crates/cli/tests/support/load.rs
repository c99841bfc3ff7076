//! A load that remembers what it asked and what it was answered, and looks afterwards whether that holds.

#![allow(dead_code, reason = "not every test needs every helper")]
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be, and says what it did"
)]

use earnest_bench::client::{Answer, Client};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) const CONTRACTS: u64 = 5;
pub(crate) const SEATS: u64 = 2;
pub(crate) const CREDITS: u64 = 2_000;

/// Random numbers that repeat with their seed.
#[derive(Debug, Clone)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 1) % most.max(1)
    }
}

/// A request that was made, under its idempotency key.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    path: String,
    body: Vec<u8>,
}

/// What the clients know.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Requests that were never answered.
    unanswered: BTreeMap<String, Asked>,
    /// Requests that were taken, with what was answered.
    pub(crate) taken: BTreeMap<String, (Asked, Value)>,
    /// Requests that were refused.
    pub(crate) refused: u64,
    /// Messages that may be answered.
    open: Vec<String>,
    count: u64,
    /// Whether a server may say that it cannot just now. What it says so of may have been done all the same.
    pub(crate) is_patient: bool,
    /// How often one said so.
    pub(crate) put_off: u64,
}

pub(crate) type Shared = Arc<Mutex<Memory>>;

pub(crate) fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual)
}

pub(crate) async fn found(address: SocketAddr, key: &str) {
    let mut client = Client::connect(address, Some(key)).await.unwrap();
    for contract in 0..CONTRACTS {
        let new = json!({ "id": format!("c{contract}"), "name": "C", "policy": "inmail-2015", "allotments": false });
        client
            .make("/v1/contracts", &new, &format!("contract-{contract}"))
            .await;
        for seat in 0..SEATS {
            let path = format!("/v1/contracts/c{contract}/seats");
            let new = json!({ "id": format!("s{seat}"), "type": "recruiter" });
            client
                .make(&path, &new, &format!("seat-{contract}-{seat}"))
                .await;
        }
        let path = format!("/v1/contracts/c{contract}/grants");
        let new = json!({ "id": "g", "credits": CREDITS });
        client
            .make(&path, &new, &format!("first-grant-{contract}"))
            .await;
    }
}

/// Makes up requests and sends them until the server is gone, or it is enough.
pub(crate) async fn ask(
    address: SocketAddr,
    key: String,
    memory: Shared,
    mut dice: Dice,
    enough: Arc<AtomicBool>,
) {
    let Ok(mut client) = Client::connect(address, Some(&key)).await else {
        return;
    };
    while !enough.load(Ordering::Relaxed) {
        let (name, asked) = make_up(&memory, &mut dice);
        memory
            .lock()
            .unwrap()
            .unanswered
            .insert(name.clone(), asked.clone());
        let Ok(answer) = client
            .post(&asked.path, asked.body.clone(), Some(&name))
            .await
        else {
            return;
        };
        let is_put_off = answer.status == 503;
        note(&memory, name, asked, &answer);
        if is_put_off {
            // What is put off is asked for again later: not too much of it.
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

fn make_up(memory: &Shared, dice: &mut Dice) -> (String, Asked) {
    let mut memory = memory.lock().unwrap();
    memory.count += 1;
    let name = format!("k{}-{}", memory.count, dice.below(1 << 20));
    let contract = format!("c{}", dice.below(CONTRACTS));
    let send = |dice: &mut Dice| {
        json!({ "contract": contract, "seat": format!("s{}", dice.below(SEATS)),
            "to": format!("m{}", dice.below(100_000)), "subject": "Hello", "body": "A text" })
    };
    let (path, body) = match dice.below(10) {
        0 if !memory.open.is_empty() => {
            let at = usize::try_from(dice.below(memory.open.len().try_into().unwrap())).unwrap();
            let message = memory.open.swap_remove(at);
            (
                format!("/v1/messages/{message}/response"),
                json!({ "kind": "reply" }),
            )
        }
        1 => (
            format!("/v1/contracts/{contract}/grants"),
            json!({ "id": format!("g-{name}"), "credits": 1 + dice.below(5) }),
        ),
        2 => {
            let sends: Vec<Value> = (0..20).map(|_| json!({ "send": send(dice) })).collect();
            ("/v1/batches".to_owned(), json!({ "commands": sends }))
        }
        3 => {
            let to: Vec<String> = (0..3)
                .map(|_| format!("m{}", dice.below(1 << 40)))
                .collect();
            (
                "/v1/campaigns".to_owned(),
                json!({ "contract": contract, "seat": "s0", "to": to, "subject": "Hello", "body": "A text" }),
            )
        }
        _ => ("/v1/messages".to_owned(), send(dice)),
    };
    let body = serde_json::to_vec(&body).unwrap();
    (name, Asked { path, body })
}

fn note(memory: &Shared, name: String, asked: Asked, answer: &Answer) {
    let mut memory = memory.lock().unwrap();
    if answer.status == 503 && memory.is_patient {
        memory.put_off += 1;
        return;
    }
    assert!(
        answer.status.is_success() || answer.status == 422,
        "{} {}: {}",
        asked.path,
        answer.status,
        String::from_utf8_lossy(&answer.body)
    );
    memory.unanswered.remove(&name);
    if !answer.status.is_success() {
        memory.refused += 1;
        return;
    }
    let body = answer.json();
    let open: Vec<String> = messages_of(&asked, &body).into_iter().collect();
    if !asked.path.ends_with("/response") {
        memory.open.extend(open.into_iter().take(2));
    }
    memory.taken.insert(name, (asked, body));
}

/// Returns the ids of the messages that a request sent.
fn messages_of(asked: &Asked, answer: &Value) -> BTreeSet<String> {
    let id = |message: &Value| message["id"].as_str().map(str::to_owned);
    let list = |list: &Value| list.as_array().cloned().unwrap_or_default();
    match asked.path.as_str() {
        "/v1/messages" => id(answer).into_iter().collect(),
        "/v1/campaigns" => list(&answer["messages"]).iter().filter_map(id).collect(),
        "/v1/batches" => list(&answer["results"])
            .iter()
            .filter_map(|result| id(&result["message"]))
            .collect(),
        _ => BTreeSet::new(),
    }
}

/// Asks again, under the same keys, for what was never answered.
pub(crate) async fn settle_what_is_open(address: SocketAddr, key: &str, memory: &Shared) {
    let open: Vec<(String, Asked)> = {
        let memory = memory.lock().unwrap();
        let open = memory.unanswered.iter();
        open.map(|(name, asked)| (name.clone(), asked.clone()))
            .collect()
    };
    let mut client = Client::connect(address, Some(key)).await.unwrap();
    for (name, asked) in open {
        let answer = client
            .post(&asked.path, asked.body.clone(), Some(&name))
            .await
            .unwrap();
        assert_ne!(answer.status, 503, "nothing is wrong any more");
        note(memory, name, asked, &answer);
    }
}

/// What was answered is answered again, word for word.
pub(crate) async fn answers_hold(address: SocketAddr, key: &str, memory: &Memory) {
    let mut client = Client::connect(address, Some(key)).await.unwrap();
    for (name, (asked, first)) in &memory.taken {
        let again = client
            .post(&asked.path, asked.body.clone(), Some(name))
            .await
            .unwrap();
        let is_partly_refused = asked.path == "/v1/batches"
            && first["results"]
                .as_array()
                .unwrap()
                .iter()
                .any(|it| it["status"] != 201);
        assert!(again.status.is_success(), "{name}: {}", again.status);
        if !is_partly_refused {
            assert!(again.replayed, "{name} was carried out again");
            assert_eq!(again.json(), *first, "{name}");
        }
    }
}

/// The events say what the answers said, once each, without gaps, and the credits are all accounted for.
pub(crate) async fn every_effect_is_there_once(address: SocketAddr, key: &str, memory: &Memory) {
    let mut client = Client::connect(address, Some(key)).await.unwrap();
    let mut sent: BTreeMap<String, u64> = BTreeMap::new();
    let mut granted: BTreeMap<String, u64> = BTreeMap::new();
    for contract in 0..CONTRACTS {
        let events = all_events(&mut client, &format!("c{contract}")).await;
        for (at, event) in events.iter().rev().enumerate() {
            assert_eq!(
                event["seq"].as_u64().unwrap(),
                at as u64 + 1,
                "no gaps in c{contract}"
            );
            let name = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
            match event["type"].as_str().unwrap() {
                "message_sent" => {
                    *sent.entry(name("message")).or_default() += 1;
                }
                "grant_made" => {
                    *granted
                        .entry(format!("c{contract}/{}", name("grant")))
                        .or_default() += 1;
                }
                _ => {}
            }
        }
        let balance = client
            .get(&format!("/v1/contracts/c{contract}/balance"))
            .await
            .unwrap()
            .json();
        let sum = |names: &[&str]| {
            names
                .iter()
                .map(|name| balance[*name].as_u64().unwrap())
                .sum::<u64>()
        };
        assert_eq!(
            sum(&["granted"]),
            sum(&["available", "held", "consumed", "expired", "revoked"])
        );
    }
    assert!(
        sent.values()
            .chain(granted.values())
            .all(|count| *count == 1)
    );
    let answered: BTreeSet<String> = memory
        .taken
        .values()
        .flat_map(|(asked, answer)| messages_of(asked, answer))
        .collect();
    let recorded: BTreeSet<String> = sent.into_keys().collect();
    let lost: Vec<_> = answered.difference(&recorded).collect();
    assert!(lost.is_empty(), "answered and not there: {lost:?}");
    // A batch whose refused commands were asked for again may have sent more than its first answer said.
    let grants = memory
        .taken
        .values()
        .filter(|(asked, _)| asked.path.ends_with("/grants"))
        .count();
    assert_eq!(granted.len(), grants + usize::try_from(CONTRACTS).unwrap());
}

pub(crate) async fn all_events(client: &mut Client, contract: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/contracts/{contract}/events?limit=200{cursor}");
        let page = client.get(&path).await.unwrap().json();
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// Everything in the store is what its events make of it.
pub(crate) fn audited(binary: &Path, store: &str) {
    let audit = Command::new(binary)
        .args(["audit", "--store", store])
        .output()
        .unwrap();
    assert!(
        audit.status.success(),
        "{}{}",
        String::from_utf8_lossy(&audit.stdout),
        String::from_utf8_lossy(&audit.stderr)
    );
}
