//! What a server that dies was about to do is done by another.

use crate::receiver::{Arrival, Receiver};
use crate::{binary, database, load};
use earnest_bench::client::Client;
use earnest_bench::process::{Server, make_key};
use earnest_core::units::Timestamp;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const CONTRACTS: [&str; 3] = ["acme", "binz", "corb"];
const ENDPOINTS: [&str; 2] = ["/all", "/acme"];
/// How long after a send its window ends, under the policy of these tests.
const WINDOW: Duration = Duration::from_secs(90 * 86_400);

fn after_now(later: Duration) -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_millis((now + later).as_millis().try_into().unwrap()).unwrap()
}

async fn begin(client: &mut Client, contract: &str, at: Option<Timestamp>) {
    let at = at.map(|at| at.to_string());
    let new = json!({ "id": contract, "name": contract, "policy": "inmail-2015", "allotments": false, "at": at });
    client.make("/v1/contracts", &new, contract).await;
    let path = format!("/v1/contracts/{contract}");
    let seat = json!({ "id": "ana", "type": "recruiter", "at": at });
    client
        .make(&format!("{path}/seats"), &seat, &format!("seat-{contract}"))
        .await;
    let grant = json!({ "id": "g", "credits": 1_000, "at": at });
    client
        .make(&format!("{path}/grants"), &grant, &format!("g-{contract}"))
        .await;
}

async fn send(client: &mut Client, contract: &str, to: &str, at: Option<Timestamp>) -> String {
    let at = at.map(|at| at.to_string());
    let letter = json!({ "contract": contract, "seat": "ana", "to": to, "subject": "Hello", "body": "A text", "at": at });
    let sent = client
        .make("/v1/messages", &letter, &format!("{contract}-{to}"))
        .await;
    sent["id"].as_str().unwrap().to_owned()
}

/// Looks whether each contract's events came to each endpoint in order: after an event comes the next one or, where
/// it is not known whether it was taken, the same one.
fn in_order(arrivals: &[Arrival]) {
    let mut newest: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let mut ids: BTreeMap<&str, (&str, &str, u64, &str)> = BTreeMap::new();
    for it in arrivals {
        let lane = (it.path.as_str(), it.contract.as_str());
        let before = newest.insert(lane, it.seq);
        if let Some(before) = before {
            assert!(
                it.seq == before || it.seq == before + 1,
                "{before}, then {it:?}"
            );
        }
        // One id stands for one event at one endpoint, and is sent with the same words.
        let meant = (lane.0, lane.1, it.seq, it.body.as_str());
        assert_eq!(*ids.entry(&it.webhook_id).or_insert(meant), meant);
    }
    let events: BTreeSet<_> = arrivals
        .iter()
        .map(|it| (&it.path, &it.contract, it.seq))
        .collect();
    assert_eq!(
        events.len(),
        ids.len(),
        "an event has one id at an endpoint"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs PostgreSQL"]
async fn what_a_killed_server_was_delivering_and_what_falls_due_after_its_death_is_taken_over() {
    let store = database();
    let (key, import) = (
        make_key(binary(), &store, "admin"),
        make_key(binary(), &store, "import"),
    );
    let receiver = Receiver::start();
    let settings = [("EARNEST_WEBHOOK_ALLOW_PRIVATE", "true")];
    let first = Server::start_earnest_with(binary(), &store, &settings).await;
    let mut client = Client::connect(first.address, Some(&key)).await.unwrap();
    for contract in CONTRACTS {
        begin(&mut client, contract, None).await;
    }
    for path in ENDPOINTS {
        let contract = path.strip_prefix("/acme").map(|_| "acme");
        let url = format!("http://{}{path}", receiver.address);
        let new = json!({ "url": url, "contract": contract });
        client.make("/v1/webhooks", &new, path).await;
    }
    // Whoever delivers this holds the lease; the other server was not there yet.
    send(&mut client, "acme", "first", None).await;
    receiver.wait_until(|arrivals| arrivals.len() == ENDPOINTS.len());
    let second = Server::start_earnest_with(binary(), &store, &settings).await;
    let mut other = Client::connect(second.address, Some(&key)).await.unwrap();
    for n in 0..20 {
        for contract in CONTRACTS {
            let client = if n % 2 == 0 { &mut client } else { &mut other };
            send(client, contract, &format!("to-{n}"), None).await;
        }
    }
    // In the middle of deliveries: some were taken, and one of each lane is left without an answer.
    let taken = receiver.wait_until(|arrivals| arrivals.len() > 12).len();
    receiver.be_silent(true);
    for contract in CONTRACTS {
        send(&mut client, contract, "in-the-air", None).await;
    }
    let lanes = CONTRACTS.len() + 1;
    receiver.wait_until(|arrivals| arrivals.len() >= taken + lanes);
    // A message whose window ends a moment after the death of the server under which it was sent.
    let mut teller = Client::connect(first.address, Some(&import)).await.unwrap();
    let sent_at =
        after_now(Duration::from_secs(3)).plus_millis(-i64::try_from(WINDOW.as_millis()).unwrap());
    begin(&mut teller, "past", Some(sent_at)).await;
    let lapsing = send(&mut teller, "past", "nobody", Some(sent_at)).await;
    teller
        .make("/v1/contracts/past/live", &json!({}), "live")
        .await;
    first.kill();
    receiver.be_silent(false);
    for contract in CONTRACTS {
        send(&mut other, contract, "after", None).await;
    }

    let mut events = BTreeSet::new();
    let all = CONTRACTS.into_iter().chain(["past"]);
    for contract in all {
        // The window's end is recorded by whoever is left.
        let path = format!("/v1/messages/{lapsing}");
        while other.get(&path).await.unwrap().json()["status"] != "lapsed" {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        for event in load::all_events(&mut other, contract).await {
            let seq = event["seq"].as_u64().unwrap();
            // The first three are from before the endpoints were registered.
            if seq > 3 || contract == "past" {
                events.insert(("/all".to_owned(), contract.to_owned(), seq));
                if contract == "acme" {
                    events.insert(("/acme".to_owned(), contract.to_owned(), seq));
                }
            }
        }
    }
    let arrivals = receiver.wait_until(|arrivals| {
        let came = arrivals
            .iter()
            .map(|it| (it.path.clone(), it.contract.clone(), it.seq));
        events.is_subset(&came.collect())
    });
    in_order(&arrivals);
    let came: BTreeSet<_> = arrivals
        .iter()
        .map(|it| (it.path.clone(), it.contract.clone(), it.seq))
        .collect();
    assert_eq!(came, events, "what arrives has happened");
    assert!(
        arrivals.len() > came.len(),
        "nothing was in the air when the server died"
    );
    let lapses = arrivals.iter().filter(|it| it.kind == "message_lapsed");
    assert_eq!(
        lapses.map(|it| it.contract.as_str()).collect::<Vec<_>>(),
        ["past"]
    );
    drop(second);
    load::audited(binary(), &store);
}
