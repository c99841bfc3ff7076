//! The contracts that the load is sent under, and the bodies of the load.

use earnest_bench::client::Client;
use earnest_core::units::Timestamp;
use serde_json::json;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub(crate) const SEATS: u64 = 10;
/// How many members there are to write to.
const MEMBERS: u64 = 2_000_000;

/// Begins elsewhere in each run, so that no key comes again on a store that has seen one before.
static COUNT: LazyLock<AtomicU64> =
    LazyLock::new(|| AtomicU64::new(RandomState::new().hash_one(0)));

/// Makes the contracts, each with its seats and more credits than will be needed.
pub(crate) async fn found(
    client: &mut Client,
    run: &str,
    contracts: usize,
    starts_at: Option<Timestamp>,
) {
    for contract in 0..contracts {
        let id = format!("{run}-{contract}");
        let mut new = json!({ "id": id, "name": id, "policy": "inmail-2015", "allotments": false });
        if let Some(at) = starts_at {
            new["starts_at"] = json!(at);
        }
        client
            .make("/v1/contracts", &new, &format!("found-{id}"))
            .await;
        for seat in 0..SEATS {
            let mut new = json!({ "id": format!("seat-{seat}"), "type": "recruiter" });
            if let Some(at) = starts_at {
                new["at"] = json!(at);
            }
            let path = format!("/v1/contracts/{id}/seats");
            client.make(&path, &new, &format!("seat-{id}-{seat}")).await;
        }
        let mut grant = json!({ "id": "g1", "credits": 1_000_000_000 });
        if let Some(at) = starts_at {
            grant["at"] = json!(at);
        }
        let path = format!("/v1/contracts/{id}/grants");
        client.make(&path, &grant, &format!("grant-{id}")).await;
    }
}

/// A number that differs each time, spread out.
pub(crate) fn spread() -> u64 {
    let mut x = COUNT
        .fetch_add(1, Relaxed)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 32;
    x = x.wrapping_mul(0xd6e8_feb8_6659_fd93);
    x ^ x >> 32
}

/// The fields of a send, without braces.
fn fields(contract: &str) -> String {
    let (seat, member) = (spread() % SEATS, spread() % MEMBERS);
    format!(
        r#""contract":"{contract}","seat":"seat-{seat}","to":"member-{member}","subject":"An opening that may interest you","body":"{BODY}""#
    )
}

/// One of these numbers.
pub(crate) fn one_of(numbers: &Range<usize>) -> usize {
    numbers.start + usize::try_from(spread()).unwrap_or(0) % numbers.len().max(1)
}

/// A message to somebody under a contract.
pub(crate) fn message(run: &str, contract: usize) -> Vec<u8> {
    format!("{{{}}}", fields(&format!("{run}-{contract}"))).into_bytes()
}

/// A batch of messages under one contract; with `at`, told as history.
pub(crate) fn batch(
    run: &str,
    contract: usize,
    size: usize,
    at: Option<(Timestamp, i64)>,
) -> Vec<u8> {
    let contract = format!("{run}-{contract}");
    let mut body = String::with_capacity(size * 512);
    body.push_str(r#"{"commands":["#);
    for number in 0..size {
        if number > 0 {
            body.push(',');
        }
        body.push_str(r#"{"send":{"#);
        body.push_str(&fields(&contract));
        if let Some((from, step)) = at {
            let at = from.plus_millis(step * i64::try_from(number).unwrap_or(0));
            body.push_str(&format!(r#","at":"{at}""#));
        }
        body.push_str("}}");
    }
    body.push_str("]}");
    body.into_bytes()
}

/// 300 characters, the length that is answered most.
pub(crate) const BODY: &str = "Hello, I read what you wrote about matching engines and liked how you measure them. \
We are looking for somebody to lead a small team that builds one, in Rust, with customers from the first day. \
Would you have twenty minutes in the next two weeks? I can tell you about the product, the people and the pay. Best";
