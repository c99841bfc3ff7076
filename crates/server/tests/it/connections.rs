//! These tests speak over sockets of this machine, and wait for what the server does with them.

use crate::support::World;
use earnest_server::{BindError, Pages, Server, Settings};
use serde_json::json;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

struct Running {
    address: SocketAddr,
    world: World,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

fn short() -> Settings {
    Settings {
        listen: "127.0.0.1:0".parse().unwrap(),
        head_timeout: Duration::from_millis(200),
        body_timeout: Duration::from_millis(200),
        grace: Duration::from_millis(500),
        ..Settings::default()
    }
}

async fn run(settings: Settings) -> Running {
    let world = World::acme().await;
    let server = Server::bind(world.engine.clone(), settings, Pages::default()).unwrap();
    let address = server.local_addr();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(server.run(async { drop(stopped.await) }));
    Running {
        address,
        world,
        stop: Some(stop),
        task,
    }
}

impl Running {
    async fn open(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn stop(mut self) {
        drop(self.stop.take());
        self.task.await.unwrap();
    }
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut bytes));
    read.await.expect("the server closes the connection").ok();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_named() {
    let running = run(short()).await;
    let settings = Settings {
        listen: running.address,
        ..short()
    };
    let error = Server::bind(running.world.engine.clone(), settings, Pages::default()).unwrap_err();
    assert!(matches!(error, BindError::Taken(taken) if taken == running.address));
    assert!(error.to_string().contains("another process listens there"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_in_a_row_are_answered_in_their_order() {
    let running = run(short()).await;
    let mut stream = running.open().await;
    let one = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let last = "GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream
        .write_all(format!("{one}{one}{last}").as_bytes())
        .await
        .unwrap();
    let text = rest(&mut stream).await;
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 3, "{text}");
    let ready = text.find("\"ready\"").unwrap();
    assert!(text.rfind("\"ok\"").unwrap() < ready);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_end_costs_its_connection_only() {
    let running = run(short()).await;
    let mut slow = running.open().await;
    slow.write_all(b"GET /healthz HTTP/1.1\r\nhost:")
        .await
        .unwrap();
    let mut silent = running.open().await;
    let text = rest(&mut slow).await;
    assert!(!text.contains("200 OK"), "{text}");
    assert_eq!(rest(&mut silent).await, "");
    let mut other = running.open().await;
    other
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    assert!(rest(&mut other).await.contains("200 OK"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_stands_still_is_408() {
    let running = run(short()).await;
    let mut stream = running.open().await;
    let head = format!(
        "POST /v1/contracts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{{\"id\"",
        running.world.admin
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let text = rest(&mut stream).await;
    assert!(text.starts_with("HTTP/1.1 408"), "{text}");
    assert!(text.contains("\"code\":\"body_timeout\""), "{text}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_the_most_wait_for_their_turn() {
    let settings = Settings {
        connections_most: 1,
        head_timeout: Duration::from_secs(5),
        ..short()
    };
    let running = run(settings).await;
    let mut first = running.open().await;
    first
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let mut head = [0; 15];
    first.read_exact(&mut head).await.unwrap();
    let mut second = running.open().await;
    second
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let early = tokio::time::timeout(Duration::from_millis(100), second.read_u8()).await;
    assert!(early.is_err());
    drop(first);
    assert!(rest(&mut second).await.contains("200 OK"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_finishes_what_is_open_and_ends() {
    let running = run(Settings {
        body_timeout: Duration::from_secs(5),
        head_timeout: Duration::from_secs(5),
        grace: Duration::from_secs(5),
        ..short()
    })
    .await;
    let idle = running.open().await;
    let mut open = running.open().await;
    let body = json!({ "id": "late" }).to_string();
    let head = format!(
        "POST /v1/contracts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        running.world.admin,
        body.len()
    );
    open.write_all(head.as_bytes()).await.unwrap();
    // The head has arrived once another request, sent after it, is answered.
    let mut other = running.open().await;
    other
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    rest(&mut other).await;
    let address = running.address;
    let begun = Instant::now();
    let stopped = tokio::spawn(running.stop());
    tokio::time::sleep(Duration::from_millis(100)).await;
    open.write_all(body.as_bytes()).await.unwrap();
    let text = rest(&mut open).await;
    assert!(text.starts_with("HTTP/1.1 201"), "{text}");
    stopped.await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(4));
    assert!(TcpStream::connect(address).await.is_err());
    drop(idle);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_does_not_wait_for_ever() {
    let running = run(Settings {
        head_timeout: Duration::from_secs(60),
        body_timeout: Duration::from_secs(60),
        ..short()
    })
    .await;
    let mut open = running.open().await;
    let head = format!(
        "POST /v1/contracts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n",
        running.world.admin
    );
    open.write_all(head.as_bytes()).await.unwrap();
    let mut other = running.open().await;
    other
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    rest(&mut other).await;
    let begun = Instant::now();
    running.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(3));
}
