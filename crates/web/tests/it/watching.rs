//! Pages are told when something of theirs has changed.

use crate::support::World;
use crate::world;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use std::time::Duration;
use tower::ServiceExt;

/// Opens a stream as somebody, and returns what reads its next piece.
pub async fn watch(world: &World, cookie: &str, path: &str) -> Body {
    let request = Request::get(path)
        .header("cookie", format!("earnest={cookie}"))
        .body(Body::empty())
        .unwrap();
    let response = world.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    response.into_body()
}

/// Returns the next piece of a stream; nothing at its end.
pub async fn next(stream: &mut Body) -> Option<String> {
    let frame = tokio::time::timeout(Duration::from_secs(20), stream.frame()).await;
    let frame = frame.unwrap()?;
    let bytes = frame.unwrap().into_data().unwrap();
    Some(String::from_utf8(bytes.to_vec()).unwrap())
}

async fn send(world: &World, seat: &str, to: &str) {
    let visit = world.visit(world::seat("acme", seat)).await;
    let path = format!("/contracts/acme/seats/{seat}/compose");
    let fields = [("do", "send"), ("to", to), ("subject", "s"), ("body", "b")];
    visit.post(&path, &fields).await.leads();
}

#[tokio::test]
async fn a_member_is_told_that_a_message_came() {
    let world = World::acme(0).await;
    let bo = world::session(&world.engine, world::member("bo")).await;
    let mut stream = watch(&world, &bo, "/live?member=bo").await;
    assert_eq!(next(&mut stream).await.as_deref(), Some("retry: 2000\n\n"));
    send(&world, "ana", "cy").await;
    send(&world, "ana", "bo").await;
    let told = next(&mut stream).await;
    assert_eq!(told.as_deref(), Some("event: changed\ndata: 1\n\n"));
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let world = World::acme(0).await;
    let ana = world::session(&world.engine, world::seat("acme", "ana")).await;
    let mut stream = watch(&world, &ana, "/live?contract=acme&seat=ana").await;
    next(&mut stream).await;
    world.engine.end_session(&ana).await.unwrap();
    assert_eq!(next(&mut stream).await, None);
}
