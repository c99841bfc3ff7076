use super::*;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

mod tls;

/// Answers one connection with these bytes and returns what was asked.
async fn answering(answer: &'static str) -> (SocketAddr, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = Vec::new();
        let mut some = [0; 4_096];
        while !asked.ends_with(b"{\"a\":1}") {
            let count = stream.read(&mut some).await.unwrap();
            asked.extend(&some[..count]);
            if count == 0 {
                break;
            }
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(asked).unwrap()
    });
    (address, asked)
}

fn call(url: String) -> Call {
    Call {
        url,
        id: "msg_1".to_owned(),
        timestamp: 1_700_000_000,
        signature: "v1,abc v1,def".to_owned(),
        body: b"{\"a\":1}".to_vec(),
    }
}

#[tokio::test]
async fn what_is_asked_is_what_was_signed() {
    let (address, asked) = answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    let client = Client::new(true);
    let answer = client
        .deliver(call(format!("http://{address}/a/b?c=d")))
        .await;
    assert_eq!(answer, Answered::Status(204));
    let asked = asked.await.unwrap().to_lowercase();
    assert!(asked.starts_with("post /a/b?c=d http/1.1\r\n"), "{asked}");
    assert!(asked.ends_with("\r\n\r\n{\"a\":1}"), "{asked}");
    for header in [
        &format!("host: {address}"),
        "content-type: application/json",
        "content-length: 7",
        "webhook-id: msg_1",
        "webhook-timestamp: 1700000000",
        "webhook-signature: v1,abc v1,def",
        "user-agent: earnest/",
    ] {
        assert!(
            asked.contains(&format!("\r\n{header}")),
            "{header} in {asked}"
        );
    }
}

#[tokio::test]
async fn any_answer_is_told_by_its_status_and_redirects_are_not_followed() {
    for (answer, status) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", 200),
        // It closes before it has said all.
        ("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok", 200),
        (
            "HTTP/1.1 307 No\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
            307,
        ),
        ("HTTP/1.0 500 No\r\n\r\nit is broken", 500),
    ] {
        let (address, _asked) = answering(answer).await;
        let answer = Client::new(true)
            .deliver(call(format!("http://{address}/")))
            .await;
        assert_eq!(answer, Answered::Status(status));
    }
}

#[tokio::test]
async fn what_is_no_answer_is_a_failure() {
    for answer in ["", "SSH-2.0\r\n", "HTTP/1.1 2000 OK\r\n\r\n"] {
        let (address, _asked) = answering(answer).await;
        let answer = Client::new(true)
            .deliver(call(format!("http://{address}/")))
            .await;
        assert!(matches!(answer, Answered::Failed(_)), "{answer:?}");
    }
    let (address, asked) = answering("").await;
    asked.abort();
    drop(asked.await);
    let refused = Client::new(true)
        .deliver(call(format!("http://{address}/")))
        .await;
    assert!(matches!(refused, Answered::Failed(why) if why.contains("no connection to 127.0.0.1")));
}

#[tokio::test]
async fn a_private_address_is_not_connected_to_however_it_is_named() {
    let (address, asked) = answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    let port = address.port();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f.1",
        "127.1",
    ] {
        let url = format!("http://{host}:{port}/");
        let answer = Client::new(false).deliver(call(url.clone())).await;
        assert!(matches!(answer, Answered::Failed(_)), "{host}: {answer:?}");
        let refused = check(&url, false).await;
        // A name that this system does not resolve leads nowhere, and is looked at again at every attempt.
        if let Err(problem) = &refused {
            assert_eq!(problem.code, Code::AddressNotAllowed, "{host}");
        }
        if ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"].contains(&host) {
            assert!(refused.is_err(), "{host}");
        }
        assert!(check(&url, true).await.is_ok(), "{host}");
    }
    assert!(!asked.is_finished());
    let taken = Client::new(true)
        .deliver(call(format!("http://localhost:{port}/")))
        .await;
    assert_eq!(taken, Answered::Status(204));
}

#[tokio::test]
async fn a_receiver_that_does_not_speak_tls_is_a_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    });
    let answer = Client::new(true)
        .deliver(call(format!("https://{address}/")))
        .await;
    assert!(matches!(answer, Answered::Failed(_)), "{answer:?}");
}
