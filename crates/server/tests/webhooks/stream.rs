//! The stream: it goes on where it broke off, and ends when it must.

use crate::world::*;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};
use std::time::Duration;

/// A stream that is being read.
struct Reader(Incoming, String);

impl Reader {
    async fn of(world: &World, key: &str, path: &str, last: Option<&str>) -> Self {
        let headers: Vec<(&str, &str)> = last.map(|id| ("last-event-id", id)).into_iter().collect();
        let response = world
            .ask_with(key, "GET", path, Value::Null, &headers)
            .await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self(response.into_body(), String::new())
    }

    /// Returns the next event: its id, its name and its data; nothing at the end.
    async fn next(&mut self) -> Option<(String, String, Value)> {
        loop {
            while let Some((block, rest)) = self.1.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.1 = rest;
                let line = |name: &str| {
                    let found = block.lines().find_map(|it| it.strip_prefix(name));
                    found.map(str::to_owned)
                };
                if let Some(id) = line("id: ") {
                    let data = serde_json::from_str(&line("data: ").unwrap()).unwrap();
                    return Some((id, line("event: ").unwrap(), data));
                }
            }
            let frame = tokio::time::timeout(Duration::from_secs(20), self.0.frame()).await;
            let data = frame.unwrap()?.unwrap().into_data().unwrap();
            self.1.push_str(std::str::from_utf8(&data).unwrap());
        }
    }

    async fn seats(&mut self, count: usize) -> (String, Vec<Value>) {
        let (mut last, mut seats) = (String::new(), Vec::new());
        for _ in 0..count {
            let (id, name, data) = self.next().await.unwrap();
            assert_eq!(
                (name.as_str(), &data["type"]),
                ("seat_added", &json!("seat_added"))
            );
            seats.push(data["seat"].clone());
            last = id;
        }
        (last, seats)
    }
}

#[tokio::test]
async fn a_stream_goes_on_where_it_broke_off() {
    let world = world(settings(true)).await;
    let (_, acme) = world.of_contract("acme").await;
    let mut own = Reader::of(&world, &acme, "/v1/stream", None).await;
    let mut all = Reader::of(&world, &world.admin, "/v1/stream", None).await;
    world.add_seat("acme", "a").await;
    world.add_seat("other", "b").await;
    world.add_seat("acme", "c").await;
    let (last_all, seats) = all.seats(3).await;
    assert_eq!(seats, ["a", "b", "c"]);
    let (last_own, seats) = own.seats(2).await;
    assert_eq!(
        (last_own.as_str(), seats),
        ("3", vec![json!("a"), json!("c")])
    );
    drop((own, all));
    world.add_seat("other", "d").await;
    world.add_seat("acme", "e").await;
    let mut own = Reader::of(&world, &acme, "/v1/stream?contract=acme", Some(&last_own)).await;
    assert_eq!(own.seats(1).await, ("4".to_owned(), vec![json!("e")]));
    let mut all = Reader::of(&world, &world.admin, "/v1/stream", Some(&last_all)).await;
    assert_eq!(all.seats(2).await.1, ["d", "e"]);
    let path = "/v1/stream?contract=other&last_event_id=1&types=seat_added,seat_changed";
    let mut other = Reader::of(&world, &world.admin, path, None).await;
    assert_eq!(
        other.seats(2).await,
        ("3".to_owned(), vec![json!("b"), json!("d")])
    );
    for (path, status) in [
        ("/v1/stream?contract=other", 404),
        ("/v1/stream?contract=nobody", 404),
        ("/v1/stream?types=nonsense", 400),
        ("/v1/stream?last_event_id=1.2", 400),
        ("/v1/stream?last_event_id=99", 400),
        ("/v1/stream?since=1", 400),
    ] {
        assert_eq!(
            world.asked(&acme, "GET", path, Value::Null).await.0,
            status,
            "{path}"
        );
    }
    // Open streams end with the server.
    world.stop().await;
    assert!(own.next().await.is_none() && all.next().await.is_none());
}

#[tokio::test]
async fn a_stream_ends_when_its_key_is_revoked() {
    let world = world(settings(true)).await;
    let (id, acme) = world.of_contract("acme").await;
    let mut own = Reader::of(&world, &acme, "/v1/stream", None).await;
    world.add_seat("acme", "a").await;
    assert_eq!(own.seats(1).await.1, ["a"]);
    world.engine.revoke_key(&id).await.unwrap();
    assert!(own.next().await.is_none());
    world.stop().await;
}
