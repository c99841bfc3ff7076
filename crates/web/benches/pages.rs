//! How long pages take over a contract with a million messages, on the embedded store, and how large they are.
//!
//! Every page is asked in this process, so what is measured is the page and not a socket. Two thirds of the messages are
//! answered or lapsed, the rest wait. `EARNEST_MESSAGES` sets another number.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement is printed, and stops where something is not as it should be"
)]

use axum::Router;
use axum::body::Body;
use earnest_core::command::Source;
use earnest_core::policy::ResponseKind;
use earnest_core::units::{ContractId, Credits, MemberId, MessageId, SeatId, SeatType, Timestamp};
use earnest_engine::clock::{SystemClock, SystemRandom};
use earnest_engine::keys::Scope;
use earnest_engine::sessions::Holder;
use earnest_engine::{
    Author, Engine, NewContract, NewGrant, NewLetter, NewResponse, NewSeat, Options, Order, What,
};
use earnest_server::{App, Settings, router};
use earnest_store::sqlite::{self, SqliteStore};
use http::Request;
use http_body_util::BodyExt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tower::ServiceExt;

const SEATS: u64 = 100;
const DAY: i64 = 86_400_000;
/// How long the history is.
const DAYS: i64 = 200;
const ROUNDS: usize = 21;

const PAGES: [&str; 17] = [
    "/contracts",
    "/contracts/big",
    "/contracts/big/seats?sort=rate",
    "/contracts/big/messages",
    "/contracts/big/messages?status=responded",
    "/contracts/big/messages?q=nothing+like+it",
    "/contracts/big/messages?from=2000-01-01&to=2100-01-01",
    "/contracts/big/seats/s7/sent",
    "/contracts/big/seats/s7/standing",
    "/contracts/big/seats/s7/credits",
    "/contracts/big/seats/s7/compose",
    "/contracts/big/grants",
    "/contracts/big/ledger",
    "/contracts/big/ledger?type=standing_changed",
    "/contracts/big/policy",
    "/messages/m0000500",
    "/members/u7/inbox?view=all",
];

fn main() {
    let messages = std::env::var("EARNEST_MESSAGES").ok();
    let messages = messages.map_or(1_000_000, |it| it.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(measure(messages));
}

async fn measure(messages: u64) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("big.db"), sqlite::Options::default());
    let options = Options {
        waiting_most: 1_000_000,
        memory: 4 << 30,
        ..Options::default()
    };
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    let engine = Engine::open(Arc::new(store.unwrap()), clock, random, options)
        .await
        .unwrap();
    let begun = Instant::now();
    fill(&engine, messages).await;
    println!(
        "{messages} messages in {:.0} s",
        begun.elapsed().as_secs_f64()
    );
    let (key, _) = engine.create_key(Scope::Admin).await.unwrap();
    let day = Duration::from_secs(86_400);
    let session = engine
        .begin_session(Holder::Key(key.id), Scope::Admin, day)
        .await;
    let cookie = format!("earnest={}", session.unwrap().1);
    let app = App::new(engine.clone(), Settings::default());
    let pages = router(app, earnest_web::pages());
    println!(
        "{:<55}  {:>9}  {:>9}  {:>7}",
        "page", "median", "worst", "KB"
    );
    for path in PAGES {
        let mut times = Vec::new();
        let mut size = 0;
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            size = ask(&pages, &cookie, path).await;
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        let millis = |time: Duration| time.as_secs_f64() * 1_000.0;
        let (median, worst) = (millis(times[ROUNDS / 2]), millis(times[ROUNDS - 1]));
        println!(
            "{path:<55}  {median:>6.1} ms  {worst:>6.1} ms  {:>7.1}",
            size as f64 / 1_024.0
        );
    }
    engine.store().close().await.unwrap();
}

async fn ask(pages: &Router, cookie: &str, path: &str) -> usize {
    let request = Request::get(path)
        .header("cookie", cookie)
        .body(Body::empty())
        .unwrap();
    let response = pages.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status().as_u16(), 200, "{path}");
    response
        .into_body()
        .collect()
        .await
        .unwrap()
        .to_bytes()
        .len()
}

fn order(what: What, at: Timestamp) -> Order {
    Order {
        contract: ContractId::new("big").unwrap(),
        what,
        author: Author::Import,
        at: Some(at),
        key: None,
    }
}

/// Tells a history of so many messages that ends now, and sets it live.
async fn fill(engine: &Engine, messages: u64) {
    let now = engine.now();
    let start = now.plus_millis(-DAYS * DAY);
    let mut first = vec![order(
        What::Create(NewContract {
            name: "A large contract".to_owned(),
            policy: "inmail-2015".to_owned(),
            starts_at: None,
            allotments: true,
            bulk_disabled: false,
        }),
        start,
    )];
    for seat in 0..SEATS {
        first.push(order(
            What::AddSeat(NewSeat {
                id: Some(SeatId::new(format!("s{seat}")).unwrap()),
                seat_type: Some(SeatType::new("recruiter").unwrap()),
                usage_limit: None,
                bulk_disabled: false,
            }),
            start,
        ));
    }
    first.push(order(
        What::Grant(NewGrant {
            id: None,
            credits: Credits(1_000_000_000),
            source: Source::Purchase,
            effective_at: None,
            expires_at: None,
            priority: 9,
        }),
        start,
    ));
    give(engine, first).await;
    let at = |number: u64| {
        let share =
            i64::try_from(number).unwrap() * (DAYS * DAY - DAY) / i64::try_from(messages).unwrap();
        start.plus_millis(share + 1_000)
    };
    let mut orders = Vec::new();
    for number in 0..messages {
        let id = MessageId::new(format!("m{number:07}")).unwrap();
        let to = match number % 2_000 {
            7 => "u7".to_owned(),
            _ => format!("u{}", number % 400_000 + 100),
        };
        let letter = NewLetter {
            id: Some(id.clone()),
            seat: SeatId::new(format!("s{}", number % SEATS)).unwrap(),
            to: MemberId::new(to).unwrap(),
            campaign: None,
            subject: "A role in platform engineering".to_owned(),
            body: format!("Would you talk to us? {number} {}", "word ".repeat(40)),
        };
        orders.push(order(What::Send(letter), at(number)));
        // A quarter is answered, a while after it was sent.
        let answered = number
            .checked_sub(50_000.min(messages / 2))
            .filter(|it| it % 4 == 0);
        if let Some(answered) = answered {
            orders.push(order(
                What::Respond(NewResponse {
                    message: MessageId::new(format!("m{answered:07}")).unwrap(),
                    kind: ResponseKind::Reply,
                    note: Some("Yes.".to_owned()),
                    auto: false,
                }),
                at(number),
            ));
        }
        if orders.len() >= 2_000 {
            give(engine, std::mem::take(&mut orders)).await;
        }
    }
    give(engine, orders).await;
    let live = Order {
        author: Author::Live,
        at: None,
        ..order(What::GoLive, now)
    };
    engine.submit(live).await.unwrap();
}

async fn give(engine: &Engine, orders: Vec<Order>) {
    // What the policy refuses, such as a third message to somebody who has not answered two, was never sent.
    drop(engine.submit_all(orders).await);
}
