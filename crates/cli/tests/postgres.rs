//! Servers on a PostgreSQL database: several at once, and with everything that can go wrong.
//!
//! The servers are the shipped binary in processes of their own; the database is a private one.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be, and says what it did"
)]

#[path = "postgres/imports.rs"]
mod imports;
#[path = "support/load.rs"]
mod load;
#[path = "support/receiver.rs"]
mod receiver;
#[path = "postgres/restore.rs"]
mod restore;
#[path = "support/earnest.rs"]
mod support;
#[path = "postgres/takeover.rs"]
mod takeover;
#[path = "postgres/tls.rs"]
mod tls;

use earnest_bench::client::Client;
use earnest_bench::process::{Server, make_key};
use earnest_pgtest::{Durable, Proxy};
use load::{
    CONTRACTS, Dice, Shared, answers_hold, ask, audited, every_effect_is_there_once, found, number,
    settle_what_is_open,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use support::Folder;

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_earnest"))
}

fn database() -> String {
    earnest_pgtest::shared().unwrap().database().unwrap()
}

/// A contract `acme` with a seat `ana` and credits.
async fn acme(address: SocketAddr, key: &str, credits: u64) -> Client {
    let mut client = Client::connect(address, Some(key)).await.unwrap();
    let contract =
        json!({ "id": "acme", "name": "Acme", "policy": "inmail-2015", "allotments": false });
    client.make("/v1/contracts", &contract, "contract").await;
    let seat = json!({ "id": "ana", "type": "recruiter" });
    client.make("/v1/contracts/acme/seats", &seat, "seat").await;
    let grant = json!({ "id": "g", "credits": credits });
    client
        .make("/v1/contracts/acme/grants", &grant, "grant")
        .await;
    client
}

fn letter(to: &str) -> Vec<u8> {
    let letter = json!({ "contract": "acme", "seat": "ana", "to": to, "subject": "Hello", "body": "A text" });
    serde_json::to_vec(&letter).unwrap()
}

async fn balance(client: &mut Client) -> Value {
    client
        .get("/v1/contracts/acme/balance")
        .await
        .unwrap()
        .json()
}

/// Lets servers work under load while something goes wrong, and looks whether what was answered holds.
#[expect(clippy::print_stdout, reason = "shown where a test fails")]
async fn holds(
    store: &str,
    servers: usize,
    rounds: u64,
    mut wrong: impl AsyncFnMut(&mut Vec<Server>, &mut Dice),
) {
    const CLIENTS: u64 = 6;
    let seed = number("EARNEST_SEED", 11);
    let key = make_key(binary(), store, "admin");
    let memory = Shared::default();
    memory.lock().unwrap().is_patient = true;
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut running = Vec::new();
    for round in 0..rounds {
        while running.len() < servers {
            running.push(Server::start_earnest(binary(), store).await);
        }
        let addresses: Vec<SocketAddr> = running
            .iter()
            .map(|server: &Server| server.address)
            .collect();
        if round == 0 {
            found(addresses[0], &key).await;
        }
        settle_what_is_open(addresses[0], &key, &memory).await;
        let enough = Arc::new(AtomicBool::new(false));
        let mut clients = Vec::new();
        for address in &addresses {
            for _ in 0..CLIENTS {
                let dice = Dice(dice.below(u64::MAX) | 1);
                let (key, memory, enough) = (key.clone(), Arc::clone(&memory), Arc::clone(&enough));
                clients.push(tokio::spawn(ask(*address, key, memory, dice, enough)));
            }
        }
        wrong(&mut running, &mut dice).await;
        enough.store(true, Ordering::Relaxed);
        for client in clients {
            client.await.unwrap();
        }
    }
    while running.len() < servers {
        running.push(Server::start_earnest(binary(), store).await);
    }
    let last = running.last().unwrap().address;
    settle_what_is_open(last, &key, &memory).await;
    let memory = Arc::try_unwrap(memory).unwrap().into_inner().unwrap();
    println!(
        "{rounds} rounds: {} requests taken, {} refused, {} put off",
        memory.taken.len(),
        memory.refused,
        memory.put_off
    );
    assert!(
        memory.taken.len() > 40,
        "the load was too small to say anything"
    );
    answers_hold(last, &key, &memory).await;
    every_effect_is_there_once(running[0].address, &key, &memory).await;
    drop(running);
    audited(binary(), store);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn of_two_servers_one_is_killed_again_and_again_and_the_other_goes_on() {
    let server = earnest_pgtest::Server::start(Durable::Yes, "").unwrap();
    let store = server.database().unwrap();
    let kills = number("EARNEST_KILLS", 10);
    holds(&store, 2, kills, async |running, dice| {
        tokio::time::sleep(Duration::from_millis(100 + dice.below(400))).await;
        let victim = usize::try_from(dice.below(2)).unwrap();
        running.remove(victim).kill();
        tokio::time::sleep(Duration::from_millis(100)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn connections_that_are_ended_in_the_middle_lose_and_double_nothing() {
    let server = earnest_pgtest::Server::start(Durable::Yes, "").unwrap();
    let store = server.database().unwrap();
    let terminate = "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity \
                     WHERE application_name = 'earnest' ORDER BY random() LIMIT 4) AS some_of_them";
    holds(&store, 2, 4, async |_, dice| {
        for _ in 0..8 {
            tokio::time::sleep(Duration::from_millis(dice.below(120))).await;
            server.sql("postgres", terminate).unwrap();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn connections_that_are_cut_lose_and_double_nothing() {
    let server = earnest_pgtest::Server::start(Durable::Yes, "").unwrap();
    let proxy = Proxy::to(server.port()).unwrap();
    let direct = server.database_over_tcp().unwrap();
    let store = direct.replace(
        &format!(":{}/", server.port()),
        &format!(":{}/", proxy.port()),
    );
    holds(&store, 1, 4, async |_, dice| {
        for _ in 0..8 {
            tokio::time::sleep(Duration::from_millis(dice.below(120))).await;
            proxy.cut();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn a_database_that_crashes_loses_nothing_that_was_answered() {
    let server = earnest_pgtest::Server::start(Durable::Yes, "").unwrap();
    let store = server.database().unwrap();
    holds(&store, 2, 3, async |_, dice| {
        tokio::time::sleep(Duration::from_millis(200 + dice.below(300))).await;
        server.crash().unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        server.begin().unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
    })
    .await;
}

/// The disk of a private database cannot be filled without filling this machine's: the database says of every other
/// batch that its disk is full.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn a_full_disk_is_told_and_loses_nothing() {
    let server = earnest_pgtest::shared().unwrap();
    let store = server.database().unwrap();
    let full = "CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                IF new.first % 2 = 0 THEN RAISE 'could not extend file' USING ERRCODE = '53100'; END IF; \
                RETURN new; END $$; \
                CREATE TRIGGER full_disk BEFORE INSERT ON batches FOR EACH ROW EXECUTE FUNCTION full_disk()";
    holds(&store, 1, 2, async |running, _| {
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.sql(&store, full).unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let address = running[0].address;
        let mut client = Client::connect(address, None).await.unwrap();
        assert_eq!(client.get("/healthz").await.unwrap().status, 200);
        server
            .sql(&store, "DROP TRIGGER full_disk ON batches")
            .unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn two_servers_race_for_the_last_credits_and_none_is_spent_twice() {
    let store = database();
    let key = make_key(binary(), &store, "admin");
    let servers = [
        Server::start_earnest(binary(), &store).await,
        Server::start_earnest(binary(), &store).await,
    ];
    let mut client = acme(servers[0].address, &key, 60).await;
    let mut racing = Vec::new();
    for n in 0..20 {
        let (address, key) = (servers[n % 2].address, key.clone());
        racing.push(tokio::spawn(async move {
            let mut client = Client::connect(address, Some(&key)).await.unwrap();
            let mut statuses = Vec::new();
            for m in 0..5 {
                let name = format!("{n}-{m}");
                let answer = client
                    .post("/v1/messages", letter(&format!("to-{name}")), Some(&name))
                    .await;
                statuses.push(answer.unwrap().status.as_u16());
            }
            statuses
        }));
    }
    let mut statuses = Vec::new();
    for task in racing {
        statuses.extend(task.await.unwrap());
    }
    let count = |status: u16| statuses.iter().filter(|it| **it == status).count();
    assert_eq!((count(201), count(422)), (60, 40), "{statuses:?}");
    let left = balance(&mut client).await;
    assert_eq!(
        (left["available"].as_u64(), left["held"].as_u64()),
        (Some(0), Some(60))
    );
    audited(binary(), &store);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn fifty_orders_under_one_key_at_once_are_one_order() {
    let store = database();
    let key = make_key(binary(), &store, "admin");
    let servers = [
        Server::start_earnest(binary(), &store).await,
        Server::start_earnest(binary(), &store).await,
    ];
    let mut client = acme(servers[0].address, &key, 10).await;
    let mut asking = Vec::new();
    for n in 0..50 {
        let (address, key) = (servers[n % 2].address, key.clone());
        asking.push(tokio::spawn(async move {
            let mut client = Client::connect(address, Some(&key)).await.unwrap();
            let answer = client
                .post("/v1/messages", letter("bo"), Some("once"))
                .await
                .unwrap();
            assert_eq!(answer.status, 201);
            answer.json()["id"].as_str().unwrap().to_owned()
        }));
    }
    let mut ids = BTreeSet::new();
    for task in asking {
        ids.insert(task.await.unwrap());
    }
    assert_eq!(ids.len(), 1);
    assert_eq!(balance(&mut client).await["held"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn what_one_server_did_the_other_shows() {
    let store = database();
    let key = make_key(binary(), &store, "admin");
    let servers = [
        Server::start_earnest(binary(), &store).await,
        Server::start_earnest(binary(), &store).await,
    ];
    let mut here = acme(servers[0].address, &key, 100).await;
    let mut there = Client::connect(servers[1].address, Some(&key))
        .await
        .unwrap();
    let (sender, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let (address, streaming) = (servers[1].address, key.clone());
    std::thread::spawn(move || listen(address, &streaming, &sender));
    assert_eq!(heard.recv().await.as_deref(), Some("open"));
    for n in 0..20 {
        let sent = here
            .post("/v1/messages", letter("bo"), Some(&format!("s{n}")))
            .await
            .unwrap();
        if sent.status == 422 {
            // Two wait for an answer already.
            continue;
        }
        let id = sent.json()["id"].as_str().unwrap().to_owned();
        let inbox = there.get("/v1/members/bo/inbox").await.unwrap().json();
        assert_eq!(inbox["items"][0]["id"], id.as_str(), "the inbox is behind");
        let response = json!({ "kind": "reply" }).to_string().into_bytes();
        let path = format!("/v1/messages/{id}/response");
        let answered = there
            .post(&path, response, Some(&format!("r{n}")))
            .await
            .unwrap();
        assert_eq!(answered.status, 200);
        let seen = here
            .get(&format!("/v1/messages/{id}"))
            .await
            .unwrap()
            .json();
        assert_eq!(seen["status"], "responded", "the message is behind");
        // The stream tells of it, whichever server did it.
        let told = wait(&mut heard, format!("message_sent {id}"));
        tokio::time::timeout(Duration::from_secs(20), told)
            .await
            .unwrap();
    }
}

async fn wait(heard: &mut tokio::sync::mpsc::UnboundedReceiver<String>, what: String) {
    while let Some(line) = heard.recv().await {
        if line == what {
            return;
        }
    }
}

/// Follows the stream of all events, and tells of each its type and message.
fn listen(address: SocketAddr, key: &str, to: &tokio::sync::mpsc::UnboundedSender<String>) {
    use std::io::{BufRead as _, BufReader, Write as _};
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET /v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nAccept: text/event-stream\r\n\r\n"
    )
    .unwrap();
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        if line.is_empty() {
            let _ = to.send("open".to_owned());
        }
        let Some(event) = line
            .strip_prefix("data:")
            .and_then(|data| serde_json::from_str::<Value>(data.trim()).ok())
        else {
            continue;
        };
        let event = if event["data"].is_object() {
            &event["data"]
        } else {
            &event
        };
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let _ = to.send(format!("{} {}", text("type"), text("message")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn a_server_is_not_ready_while_the_database_is_gone_and_recovers_by_itself() {
    let database = earnest_pgtest::Server::start(Durable::No, "").unwrap();
    let store = database.database().unwrap();
    let key = make_key(binary(), &store, "admin");
    let server = Server::start_earnest(binary(), &store).await;
    let mut client = acme(server.address, &key, 10).await;
    let ready = async |client: &mut Client| client.get("/readyz").await.unwrap().status.as_u16();
    assert_eq!(ready(&mut client).await, 200);
    database.stop().unwrap();
    assert_eq!(ready(&mut client).await, 503);
    assert_eq!(client.get("/healthz").await.unwrap().status, 200);
    let refused = client
        .post("/v1/messages", letter("bo"), Some("k"))
        .await
        .unwrap();
    assert_eq!(refused.status, 503);
    database.begin().unwrap();
    let mut looks = 0;
    while ready(&mut client).await != 200 {
        looks += 1;
        assert!(looks < 100, "it does not recover");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let taken = client
        .post("/v1/messages", letter("bo"), Some("k"))
        .await
        .unwrap();
    assert_eq!(taken.status, 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn a_store_is_copied_from_a_file_and_back_without_losing_anything() {
    let folder = Folder::new();
    let file = format!("sqlite:{}", folder.path("first.db").display());
    let store = database();
    let key = make_key(binary(), &file, "admin");
    let memory = Shared::default();
    {
        let server = Server::start_earnest(binary(), &file).await;
        found(server.address, &key).await;
        let enough = Arc::new(AtomicBool::new(false));
        let client = ask(
            server.address,
            key.clone(),
            Arc::clone(&memory),
            Dice(77),
            Arc::clone(&enough),
        );
        let client = tokio::spawn(client);
        tokio::time::sleep(Duration::from_secs(1)).await;
        // While the server works, most of it.
        folder.earnest(&["copy", "--from", &file, "--to", &store]);
        tokio::time::sleep(Duration::from_millis(300)).await;
        enough.store(true, Ordering::Relaxed);
        client.await.unwrap();
        settle_what_is_open(server.address, &key, &memory).await;
    }
    let told = folder
        .earnest(&["copy", "--from", &file, "--to", &store])
        .done();
    assert!(told.contains("the copy is whole"), "{told}");
    let events = |store: &str| {
        folder
            .earnest(&["export", "events", "--store", store])
            .done()
    };
    assert_eq!(events(&file), events(&store));
    let memory = Arc::try_unwrap(memory).unwrap().into_inner().unwrap();
    assert!(memory.taken.len() > 50);
    {
        let server = Server::start_earnest(binary(), &store).await;
        // The keys of the API and of orders are those of the file.
        answers_hold(server.address, &key, &memory).await;
        every_effect_is_there_once(server.address, &key, &memory).await;
    }
    let back = format!("sqlite:{}", folder.path("second.db").display());
    folder
        .earnest(&["copy", "--from", &store, "--to", &back])
        .done();
    assert_eq!(events(&store), events(&back));
    let server = Server::start_earnest(binary(), &back).await;
    answers_hold(server.address, &key, &memory).await;
    assert!(events(&back).lines().count() as u64 > CONTRACTS * 4);
}

#[test]
#[ignore = "needs PostgreSQL"]
fn every_command_works_on_a_database_and_none_tells_its_password() {
    let server = earnest_pgtest::shared().unwrap();
    let with_password = |url: String| url.replace("://earnest@", "://earnest:hunter2@");
    let store = with_password(server.database_over_tcp().unwrap());
    let folder = Folder::new();
    let run = |args: &[&str]| {
        let ran = folder.earnest(&[args, &["--store", &store]].concat());
        assert!(
            !ran.out.contains("hunter2") && !ran.err.contains("hunter2"),
            "{ran:?}"
        );
        ran
    };
    let error = run(&["audit"]).refused();
    assert!(
        error.starts_with("there is no store in this database"),
        "{error}"
    );
    assert!(
        run(&["migrate"])
            .done()
            .ends_with("is new, and up to date\n")
    );
    assert!(
        run(&["migrate"])
            .done()
            .ends_with("is up to date; nothing was to be done\n")
    );
    run(&["key", "create", "--scope", "admin"]).done();
    assert_eq!(run(&["key", "list"]).done().lines().count(), 1);
    folder.generate(500, 7, "log.csv");
    let told = run(&["import", "csv", "log.csv"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(
        run(&["audit"])
            .done()
            .contains("all of it is what the events make of it")
    );
    assert!(run(&["export", "events"]).done().lines().count() > 1_000);
    let error = run(&["backup", "x.db"]).refused();
    assert!(error.contains("pg_dump"), "{error}");
    let error = run(&["restore", "x.db"]).refused();
    assert!(error.contains("pg_dump"), "{error}");
    let printed = run(&["serve", "--print-config"]).done();
    assert!(printed.contains("earnest:***@"), "{printed}");
    server.sql(&store, "UPDATE meta SET schema = 99").unwrap();
    let error = run(&["audit"]).refused();
    assert!(error.contains("run a newer `earnest`"), "{error}");
}
