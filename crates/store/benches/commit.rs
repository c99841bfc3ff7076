//! Measures how many messages a second the embedded store commits, and compares it with what a team would
//! write instead: the same rows in SQLite tables with ordinary indexes, 64 messages in a transaction.
//!
//! Run with `cargo xtask bench store`, or `cargo bench -p earnest-store -- 10000000` to measure again after so
//! many messages of history. The variants take turns within one run, so that a slow moment of the machine meets
//! them all; quote the ratios, not the rates. The files are made in the system's folder for temporary ones.

#![expect(
    clippy::cast_possible_truncation,
    reason = "the numbers of a benchmark are small"
)]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark stops where something is not as it should be, and prints what it measured"
)]

use earnest_core::event::{Event, Fact, Piece};
use earnest_core::units::{ContractId, Credits, GrantId, MemberId, SeatId, Timestamp};
use earnest_store::sqlite::{Options, SqliteStore};
use earnest_store::{Answer, Batch, ContractUpdate, NewMessage, Store, message_id};
use rusqlite::{Connection, params};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const CONTRACTS: u64 = 100;
const TASKS: u64 = 64;
const LARGE: u64 = 500;
/// How many tasks commit large batches.
const LARGE_TASKS: u64 = 8;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);

fn main() {
    let history = std::env::args().find_map(|argument| argument.parse().ok());
    let folder = tempfile::tempdir().unwrap();
    let runtime = Runtime::new().unwrap();
    let mut ours = Ours::begin(&folder.path().join("ours.db"), &runtime);
    let mut naive = Naive::begin(&folder.path().join("naive.db"));
    println!("messages a second, median of {ROUNDS} rounds (lowest to highest)");
    let small = compare(&mut ours, &mut naive, &runtime);
    if let Some(history) = history {
        let begun = Instant::now();
        ours.fill(&runtime, history);
        println!(
            "{history} messages of history after {:.0?}",
            begun.elapsed()
        );
        let large = compare(&mut ours, &mut naive, &runtime);
        println!("  one message a commit: {:.2} of before", large / small);
    }
    println!("{:?}", ours.store.metrics());
    println!("{:?}", runtime.block_on(ours.store.status()).unwrap());
    runtime.block_on(ours.store.close()).unwrap();
}

/// Measures all variants in turn, and returns the rate of single messages.
fn compare(ours: &mut Ours, naive: &mut Naive, runtime: &Runtime) -> f64 {
    let mut rates: [Vec<f64>; 3] = Default::default();
    for _ in 0..ROUNDS {
        rates[0].push(naive.round());
        rates[1].push(ours.round(runtime, TASKS, 1));
        rates[2].push(ours.round(runtime, LARGE_TASKS, LARGE));
    }
    let [naive, single, large] = rates.map(|mut rates| {
        rates.sort_by(f64::total_cmp);
        rates
    });
    let median = |rates: &[f64]| rates[rates.len() / 2];
    let show = |what: &str, rates: &[f64]| {
        println!(
            "  {what:<42} {:>8.0} ({:.0} to {:.0})   {:.1} times the first",
            median(rates),
            rates[0],
            rates[rates.len() - 1],
            median(rates) / median(&naive)
        );
    };
    show("ordinary indexes, 64 in a transaction", &naive);
    show("earnest, 64 tasks, one message a commit", &single);
    show("earnest, 8 tasks, 500 messages a commit", &large);
    median(&single)
}

/// Returns the next number of a sequence that looks like none.
fn scatter(n: u64) -> u64 {
    let mut n = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    n = (n ^ n >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    n ^ n >> 27
}

/// Messages are sent at 10,000 a second of their own time.
fn sent_at(n: u64) -> Timestamp {
    let start = Timestamp::parse("2026-01-05T09:00:00Z").unwrap();
    start.plus_millis(i64::try_from(n / 10).unwrap())
}

fn contract_id(contract: u64) -> ContractId {
    ContractId::new(format!("contract-{contract}")).unwrap()
}

fn message(n: u64, seq: u64) -> NewMessage {
    let at = sent_at(n);
    NewMessage {
        // In no order within an instant, as ids made by several processes.
        id: message_id(at, scatter(n) % 100_000 * 16 + n % 16),
        seq,
        seat: SeatId::new(format!("seat-{}", n % 10)).unwrap(),
        to: MemberId::new(format!("member-{}", scatter(n) % 1_000_000)).unwrap(),
        campaign: None,
        bulk: false,
        sent_at: at,
        deadline: at.plus_millis(90 * 86_400_000),
        version: 0,
        price: 1,
        subject: "An opening at a company near you".to_owned(),
        body: "I read what you wrote about sorted runs, and we should talk. ".repeat(5),
    }
}

fn event(message: &NewMessage) -> Event {
    let piece = Piece {
        grant: GrantId::new("purchase-2026-01").unwrap(),
        credits: Credits(1),
    };
    Event {
        at: message.sent_at,
        fact: Fact::MessageSent {
            message: message.id.clone(),
            seat: message.seat.clone(),
            to: message.to.clone(),
            campaign: None,
            bulk: false,
            credits: Credits(1),
            deadline: message.deadline,
            version: 0,
            stake: std::iter::once(piece).collect(),
        },
    }
}

fn answer(contract: &ContractId, n: u64) -> Answer {
    Answer {
        space: format!("contract:{contract}"),
        key: format!("{:016x}{:016x}", scatter(n), scatter(!n)),
        body: [7; 32],
        reply: b"{\"status\":201}".to_vec(),
    }
}

fn batch(contract: u64, expected: u64, from: u64, count: u64) -> Batch {
    let contract = contract_id(contract);
    let messages: Vec<_> = (0..count)
        .map(|n| message(from + n, expected + 1 + n))
        .collect();
    Batch {
        expected,
        token: u128::from(scatter(from)),
        events: messages.iter().map(event).collect(),
        messages,
        outcomes: Vec::new(),
        writings: Vec::new(),
        answers: (0..count).map(|n| answer(&contract, from + n)).collect(),
        update: ContractUpdate {
            next_due: Some(sent_at(0).plus_millis(90 * 86_400_000)),
            details: None,
        },
        contract,
    }
}

struct Ours {
    store: Arc<SqliteStore>,
    /// How many events each contract has.
    heads: Vec<u64>,
    /// How many messages there are.
    sent: u64,
}

impl Ours {
    fn begin(path: &Path, runtime: &Runtime) -> Self {
        let store = Arc::new(SqliteStore::open(path, Options::default()).unwrap());
        let mut ours = Self {
            store,
            heads: vec![0; CONTRACTS as usize],
            sent: 0,
        };
        for contract in 0..CONTRACTS {
            let first = batch(contract, 0, ours.sent, 1);
            runtime.block_on(ours.store.commit(first)).unwrap();
            ours.heads[contract as usize] = 1;
            ours.sent += 1;
        }
        ours
    }

    fn fill(&mut self, runtime: &Runtime, messages: u64) {
        while self.sent < messages {
            self.round(runtime, LARGE_TASKS, LARGE);
        }
    }

    /// Commits for a round, each task on contracts of its own, and returns the rate.
    fn round(&mut self, runtime: &Runtime, tasks: u64, size: u64) -> f64 {
        let begun = Instant::now();
        let numbers = Arc::new(std::sync::atomic::AtomicU64::new(self.sent));
        let tasks: Vec<_> = (0..tasks)
            .map(|task| {
                let contracts = (task..CONTRACTS).step_by(tasks as usize);
                let heads: Vec<_> = contracts
                    .map(|contract| (contract, self.heads[contract as usize]))
                    .collect();
                let (store, numbers) = (Arc::clone(&self.store), Arc::clone(&numbers));
                runtime.spawn(async move {
                    let mut heads = heads;
                    for at in (0..heads.len()).cycle() {
                        if begun.elapsed() > ROUND {
                            break;
                        }
                        let (contract, head) = &mut heads[at];
                        let from = numbers.fetch_add(size, std::sync::atomic::Ordering::Relaxed);
                        store
                            .commit(batch(*contract, *head, from, size))
                            .await
                            .unwrap();
                        *head += size;
                    }
                    heads
                })
            })
            .collect();
        for task in tasks {
            for (contract, head) in runtime.block_on(task).unwrap() {
                self.heads[contract as usize] = head;
            }
        }
        let sent = numbers.load(std::sync::atomic::Ordering::Relaxed) - self.sent;
        self.sent += sent;
        sent as f64 / begun.elapsed().as_secs_f64()
    }
}

/// What a team would write: one table for each thing, an index for each question.
struct Naive {
    connection: Connection,
    heads: Vec<u64>,
    sent: u64,
}

impl Naive {
    fn begin(path: &Path) -> Self {
        let connection = Connection::open(path).unwrap();
        connection
            .pragma_update(None, "journal_mode", "wal")
            .unwrap();
        connection
            .pragma_update(None, "synchronous", "FULL")
            .unwrap();
        connection
            .pragma_update(None, "cache_size", -65_536)
            .unwrap();
        connection.execute_batch(NAIVE).unwrap();
        for contract in 0..CONTRACTS {
            let id = contract_id(contract);
            let row = params![contract as i64, id.as_str()];
            connection
                .execute("INSERT INTO contracts VALUES (?1, ?2, 0)", row)
                .unwrap();
        }
        Self {
            connection,
            heads: vec![0; CONTRACTS as usize],
            sent: 0,
        }
    }

    fn round(&mut self) -> f64 {
        let (begun, before) = (Instant::now(), self.sent);
        while begun.elapsed() < ROUND {
            self.connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            for _ in 0..TASKS {
                self.commit();
            }
            self.connection.execute_batch("COMMIT").unwrap();
        }
        (self.sent - before) as f64 / begun.elapsed().as_secs_f64()
    }

    fn commit(&mut self) {
        let contract = self.sent % CONTRACTS;
        let head = &mut self.heads[contract as usize];
        let batch = batch(contract, *head, self.sent, 1);
        *head += 1;
        self.sent += 1;
        let (number, head) = (contract as i64, *head as i64);
        let run = |sql: &str, row: &[&dyn rusqlite::ToSql]| {
            self.connection
                .prepare_cached(sql)
                .unwrap()
                .execute(row)
                .unwrap();
        };
        let events = serde_json::to_string(&batch.events[0]).unwrap();
        run(
            "INSERT INTO events VALUES (?1, ?2, ?3)",
            params![number, head, events],
        );
        let it = &batch.messages[0];
        run(
            "INSERT INTO messages VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, NULL, NULL)",
            params![
                it.id.as_str(),
                number,
                it.seat.as_str(),
                it.to.as_str(),
                it.sent_at.millis(),
                it.deadline.millis(),
                it.price,
                it.subject,
                it.body
            ],
        );
        let it = &batch.answers[0];
        run(
            "INSERT INTO answers VALUES (?1, ?2, ?3, ?4)",
            params![it.space, it.key, it.body, it.reply],
        );
        run(
            "UPDATE contracts SET seq = ?2 WHERE number = ?1",
            params![number, head],
        );
    }
}

const NAIVE: &str = "
CREATE TABLE contracts (number INTEGER PRIMARY KEY, id TEXT UNIQUE, seq INTEGER);
CREATE TABLE events (contract INTEGER, seq INTEGER, event TEXT, PRIMARY KEY (contract, seq)) WITHOUT ROWID;
CREATE TABLE messages (id TEXT PRIMARY KEY, contract INTEGER, seat TEXT, recipient TEXT, sent_at INTEGER,
  deadline INTEGER, price INTEGER, subject TEXT, body TEXT, status INTEGER, responded_at INTEGER, note TEXT);
CREATE INDEX inbox ON messages (recipient, sent_at);
CREATE INDEX sent ON messages (contract, sent_at);
CREATE INDEX seats ON messages (contract, seat, sent_at);
CREATE TABLE answers (space TEXT, key TEXT, body BLOB, reply BLOB, PRIMARY KEY (space, key)) WITHOUT ROWID;
";
