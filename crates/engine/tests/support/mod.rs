//! A small world to try the engine in: a clock that is set, randomness that repeats, a store in memory.

#![allow(dead_code, reason = "each test uses a part")]

use earnest_core::command::Source;
use earnest_core::policy::ResponseKind;
use earnest_core::units::{ContractId, Credits, GrantId, MemberId, MessageId, SeatId, Timestamp};
use earnest_engine::clock::{Clock, Random};
use earnest_engine::{
    Author, BalanceRecord, Done, Engine, Failure, GrantRecord, Key, MessageRecord, NewContract,
    NewGrant, NewLetter, NewResponse, NewSeat, Options, Order, Page, Reply, What,
};
use earnest_store::memory::MemoryStore;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::SeqCst};

pub(crate) const DAY: i64 = 86_400_000;

/// A clock that stands until it is set.
#[derive(Debug, Clone)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(SeqCst)).unwrap()
    }
}

impl TestClock {
    pub(crate) fn advance(&self, millis: i64) {
        self.0.fetch_add(millis, SeqCst);
    }
}

/// Bytes that repeat from run to run.
pub(crate) struct TestRandom(AtomicU64);

impl Random for TestRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let mut x = self
                .0
                .fetch_add(1, SeqCst)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15);
            x ^= x >> 29;
            *byte = x.to_le_bytes()[3];
        }
    }
}

pub(crate) struct World {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: TestClock,
    pub(crate) engine: Engine,
}

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

pub(crate) async fn world() -> World {
    world_with(Options::default()).await
}

pub(crate) async fn world_with(options: Options) -> World {
    let store = Arc::new(MemoryStore::new());
    let start = at("2026-01-05T09:00:00Z").millis();
    let clock = TestClock(Arc::new(AtomicI64::new(start)));
    let engine = open(&store, &clock, 7, options).await;
    World {
        store,
        clock,
        engine,
    }
}

async fn open(store: &Arc<MemoryStore>, clock: &TestClock, seed: u64, options: Options) -> Engine {
    let random = TestRandom(AtomicU64::new(seed << 32));
    Engine::open(
        store.clone(),
        Arc::new(clock.clone()),
        Arc::new(random),
        options,
    )
    .await
    .unwrap()
}

impl World {
    /// Another process on the same store.
    pub(crate) async fn another(&self, seed: u64) -> Engine {
        let store = Arc::new(self.store.another());
        open(&store, &self.clock, seed, Options::default()).await
    }

    pub(crate) async fn founded(&self, policy: &str, credits: u64) {
        founded(&self.engine, policy, credits).await;
    }
}

pub(crate) async fn founded(engine: &Engine, policy: &str, credits: u64) {
    engine.submit(create(policy)).await.unwrap();
    engine.submit(order(add_seat("ana"))).await.unwrap();
    if credits > 0 {
        engine.submit(order(grant("g1", credits))).await.unwrap();
    }
}

pub(crate) fn acme() -> ContractId {
    ContractId::new("acme").unwrap()
}

pub(crate) fn order(what: What) -> Order {
    Order {
        contract: acme(),
        what,
        author: Author::Live,
        at: None,
        key: None,
    }
}

pub(crate) fn told(what: What, at: Timestamp) -> Order {
    Order {
        author: Author::Import,
        at: Some(at),
        ..order(what)
    }
}

pub(crate) fn keyed(what: What, key: &str, body: u8) -> Order {
    Order {
        key: Some(Key {
            space: "admin".to_owned(),
            key: key.to_owned(),
            body: [body; 32],
        }),
        ..order(what)
    }
}

pub(crate) fn create(policy: &str) -> Order {
    order(What::Create(NewContract {
        name: "Acme".to_owned(),
        policy: policy.to_owned(),
        starts_at: None,
        allotments: false,
        bulk_disabled: false,
    }))
}

pub(crate) fn add_seat(id: &str) -> What {
    What::AddSeat(NewSeat {
        id: Some(SeatId::new(id).unwrap()),
        seat_type: None,
        usage_limit: None,
        bulk_disabled: false,
    })
}

pub(crate) fn grant(id: &str, credits: u64) -> What {
    What::Grant(NewGrant {
        id: Some(GrantId::new(id).unwrap()),
        credits: Credits(credits),
        source: Source::Purchase,
        effective_at: None,
        expires_at: None,
        priority: 1,
    })
}

pub(crate) fn send(to: &str) -> What {
    send_as(None, to)
}

pub(crate) fn send_as(id: Option<&str>, to: &str) -> What {
    What::Send(NewLetter {
        id: id.map(|id| MessageId::new(id).unwrap()),
        seat: SeatId::new("ana").unwrap(),
        to: MemberId::new(to).unwrap(),
        campaign: None,
        subject: "Hello".to_owned(),
        body: "A text".to_owned(),
    })
}

pub(crate) fn reply(message: &MessageId, note: Option<&str>) -> What {
    What::Respond(NewResponse {
        message: message.clone(),
        kind: ResponseKind::Reply,
        note: note.map(str::to_owned),
        auto: false,
    })
}

pub(crate) fn message_of(done: Result<Done, Failure>) -> MessageRecord {
    match done.unwrap().reply {
        Reply::Message(message) => message,
        other => panic!("{other:?} is no message"),
    }
}

pub(crate) fn code_of(failure: &Failure) -> &'static str {
    match failure {
        Failure::Refused(refused) => refused.refusal.code(),
        other => panic!("{other:?} is no refusal"),
    }
}

/// Reads a contract's lots in pages while lots before the next page go: each that stays is told, and once.
pub(crate) async fn lots_are_paged_while_some_go(here: &Engine, another: &Engine) {
    founded(here, "inmail-2015", 10).await;
    let answered = async |to: &str| {
        let message = message_of(here.submit(order(send(to))).await);
        here.submit(order(reply(&message.id, None))).await.unwrap();
    };
    let more = async |n: u64| {
        here.submit(order(grant(&format!("more-{n}"), 1)))
            .await
            .unwrap()
    };
    // Each answer makes a lot of one credit, which the next message is paid from: then it goes.
    answered("first").await;
    for n in 0..3 {
        more(n).await;
    }
    let first = here.grants(&acme(), 0, 2).await.unwrap();
    let ids = |page: &Page<GrantRecord>| -> Vec<String> {
        page.items.iter().map(|it| it.id.to_string()).collect()
    };
    assert_eq!(ids(&first), ["g1", "lot~1"]);
    answered("second").await;
    let rest = another
        .grants(&acme(), first.next.unwrap(), 10)
        .await
        .unwrap();
    assert_eq!(ids(&rest), ["more-0", "more-1", "more-2", "lot~5"]);
    assert_eq!(rest.next, None);
    let all = another.grants(&acme(), 0, 5).await.unwrap();
    assert_eq!(ids(&all), ["g1", "more-0", "more-1", "more-2", "lot~5"]);
    assert_eq!(all.next, None, "the page was the last one");
}

/// `available held consumed expired`.
pub(crate) async fn credits(engine: &Engine) -> String {
    let BalanceRecord { balance, .. } = engine.balance(&acme(), None).await.unwrap();
    assert!(balance.is_conserved());
    format!(
        "{} available, {} held, {} consumed, {} expired",
        balance.available, balance.held, balance.consumed, balance.expired
    )
}
