//! A database that was dumped while a server worked, and restored into another.

use crate::load::{Dice, Shared, ask, audited, found, settle_what_is_open};
use crate::support::{Folder, json};
use crate::{acme, binary, letter};
use earnest_bench::client::Client;
use earnest_bench::process::{Server, make_key};
use earnest_pgtest::Durable;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, atomic::AtomicBool, atomic::Ordering};
use std::time::Duration;

/// How long something may take before a test is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// An event of a stream: its place, its contract, its number.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    id: String,
    contract: String,
    seq: u64,
}

fn request(address: SocketAddr, key: &str, after: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(
        stream,
        "GET /v1/stream?last_event_id={after} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n"
    )
    .unwrap();
    BufReader::new(stream)
}

/// Follows the stream of all events from a place on.
fn follow(address: SocketAddr, key: &str, after: &str) -> Receiver<Told> {
    let stream = request(address, key, after);
    let (to, told) = channel();
    std::thread::spawn(move || {
        let mut id = String::new();
        for line in stream.lines().map_while(Result::ok) {
            if let Some(it) = line.strip_prefix("id: ") {
                it.clone_into(&mut id);
            }
            let Some(data) = line.strip_prefix("data: ") else {
                continue;
            };
            let data: Value = serde_json::from_str(data).unwrap();
            let contract = data["contract"].as_str().unwrap().to_owned();
            let seq = data["seq"].as_u64().unwrap();
            let id = id.clone();
            if to.send(Told { id, contract, seq }).is_err() {
                return;
            }
        }
    });
    told
}

fn take(from: &Receiver<Told>, count: usize) -> Vec<Told> {
    (0..count)
        .map(|_| from.recv_timeout(PATIENCE).unwrap())
        .collect()
}

/// Returns the events of a store, by contract: how many each has.
fn lengths(store: &str) -> BTreeMap<String, u64> {
    let events = Folder::new()
        .earnest(&["export", "events", "--store", store])
        .done();
    let mut lengths = BTreeMap::new();
    for event in events.lines().map(json) {
        let length: &mut u64 = lengths
            .entry(event["contract"].as_str().unwrap().to_owned())
            .or_default();
        *length += 1;
        assert_eq!(event["seq"], *length);
    }
    lengths
}

/// Looks whether what was told of each contract has no gap, and begins after what is known. Adds it to that.
fn goes_on(known: &mut BTreeMap<String, u64>, told: &[Told]) {
    for it in told {
        let newest = known.entry(it.contract.clone()).or_default();
        assert_eq!(it.seq, *newest + 1, "{it:?}");
        *newest = it.seq;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs PostgreSQL"]
async fn a_dump_made_while_a_server_works_is_gone_on_with_on_another_database() {
    let first = earnest_pgtest::Server::start(Durable::No, "").unwrap();
    let second = earnest_pgtest::Server::start(Durable::No, "").unwrap();
    let folder = Folder::new();
    let store = first.database().unwrap();
    let key = make_key(binary(), &store, "admin");
    let (memory, enough) = (Shared::default(), Arc::new(AtomicBool::new(false)));
    let server = Server::start_earnest(binary(), &store).await;
    let stream = follow(server.address, &key, "0.0");
    found(server.address, &key).await;
    let clients: Vec<_> = (1..=3)
        .map(|seed| {
            let (key, memory, enough) = (key.clone(), Arc::clone(&memory), Arc::clone(&enough));
            tokio::spawn(ask(server.address, key, memory, Dice(seed), enough))
        })
        .collect();
    let before = tokio::task::block_in_place(|| take(&stream, 200));
    let file = folder.path("it.sql");
    tokio::task::block_in_place(|| first.dump(&store, &file)).unwrap();
    // What comes now is not in the dump, nor is some of what came while it was made.
    let undone = tokio::task::block_in_place(|| take(&stream, 400));
    enough.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    settle_what_is_open(server.address, &key, &memory).await;
    drop(server);
    audited(binary(), &store);

    let restored = second.restore(&file).unwrap();
    audited(binary(), &restored);
    let mut newest = lengths(&restored);
    let server = Server::start_earnest(binary(), &restored).await;
    // Whoever goes on from a place that the dump has misses nothing and is told nothing twice.
    let mut known = BTreeMap::new();
    goes_on(&mut known, &before[..150]);
    let left = newest.values().sum::<u64>() - known.values().sum::<u64>();
    let stream = follow(server.address, &key, &before[149].id);
    let rest = take(&stream, usize::try_from(left).unwrap());
    goes_on(&mut known, &rest);
    assert_eq!(known, newest);
    // Whoever was told of what is undone is told that its place is none, as long as nothing stands behind it.
    let last = &undone.last().unwrap().id;
    let mut refused = String::new();
    request(server.address, &key, last)
        .read_line(&mut refused)
        .unwrap();
    assert!(refused.contains("400"), "{refused}");

    // What happens from now on comes after all of that.
    let mut client = acme(server.address, &key, 10).await;
    let sent = client
        .post("/v1/messages", letter("bo"), Some("k"))
        .await
        .unwrap();
    assert_eq!(sent.status, 201);
    let new = lengths(&restored)["acme"];
    let told = take(&stream, usize::try_from(new).unwrap());
    goes_on(&mut newest, &told);
    let after = take(
        &follow(server.address, &key, last),
        usize::try_from(new).unwrap(),
    );
    assert_eq!(
        after, told,
        "a place that is undone is before all that has come since"
    );
    drop(server);
    audited(binary(), &restored);
}

async fn send(client: &mut Client, to: &str) {
    let sent = client
        .post("/v1/messages", letter(to), Some(to))
        .await
        .unwrap();
    assert_eq!(sent.status, 201);
}

/// Returns the events that follow in a stream, up to that of a message to somebody.
async fn after(address: SocketAddr, key: &str, id: &str) -> Vec<Told> {
    let mut client = Client::connect(address, Some(key)).await.unwrap();
    let newest = client
        .get("/v1/contracts/acme/events?limit=1")
        .await
        .unwrap()
        .json();
    let newest = newest["items"][0]["seq"].as_u64().unwrap();
    let stream = follow(address, key, id);
    let mut told = Vec::new();
    while told.last().is_none_or(|it: &Told| it.seq < newest) {
        told.extend(take(&stream, 1));
    }
    told
}

/// A base backup and a log end in the same: all is as it was at a moment, and transactions are counted on from there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn a_database_brought_back_to_a_moment_tells_all_that_has_happened_since() {
    let first = earnest_pgtest::Server::start(Durable::No, "").unwrap();
    let store = first.database().unwrap();
    let key = make_key(binary(), &store, "admin");
    let server = Server::start_earnest(binary(), &store).await;
    let mut client = acme(server.address, &key, 100).await;
    send(&mut client, "before").await;
    drop(server);
    first.stop().unwrap();
    let second = first.start_copy().unwrap();
    first.begin().unwrap();
    let server = Server::start_earnest(binary(), &store).await;
    let mut client = Client::connect(server.address, Some(&key)).await.unwrap();
    for n in 0..30 {
        send(&mut client, &format!("undone-{n}")).await;
    }
    let undone = after(server.address, &key, "0.0").await;
    drop(server);

    let name = store.rsplit_once('/').unwrap().1;
    let restored = second.url(name);
    second
        .sql(name, "UPDATE meta SET shift = shift + 1000000000000")
        .unwrap();
    let server = Server::start_earnest(binary(), &restored).await;
    let mut client = Client::connect(server.address, Some(&key)).await.unwrap();
    send(&mut client, "after").await;
    send(&mut client, "later").await;
    let all = after(server.address, &key, "0.0").await;
    let since = after(server.address, &key, &undone.last().unwrap().id).await;
    assert_eq!(since.len(), 2);
    assert_eq!(since, all[all.len() - 2..]);
    drop(server);
    audited(binary(), &restored);
}
