//! The embedded store answers as the store in memory does, whatever is done in whatever order: with runs so
//! small that everything is in many of them, over openings, closings and two handles.
#![cfg(feature = "conformance")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be, and its numbers are small"
)]

use earnest_core::Status;
use earnest_core::units::{ContractId, MessageId, Timestamp};
use earnest_store::conformance::build::{
    Draft, answer, campaign, contract, created, lapsed, member, message, put, removal, responded,
    seat, writing,
};
use earnest_store::memory::MemoryStore;
use earnest_store::sqlite::{Options, SqliteStore, Tuning};
use earnest_store::{
    EventQuery, MessageQuery, MessageRow, NewMessage, Position, Put, Snapshot, Store, StoreError,
    Which, message_id,
};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

const CONTRACTS: u64 = 4;
const MEMBERS: u64 = 6;
const STEPS: u64 = 400;

/// Numbers that look like none, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

fn tiny(dice: &mut Dice) -> Options {
    Options {
        readers: 2,
        tuning: Tuning {
            run: 1 + dice.roll(12) as usize,
            fan_out: 2 + dice.roll(3) as usize,
            block: 16 + dice.roll(200) as usize,
            slice: 1 + dice.roll(2_000) as usize,
            pass: 1 << 14,
            wal: 1 << 16,
            ..Tuning::default()
        },
        ..Options::default()
    }
}

struct Trial {
    dice: Dice,
    path: PathBuf,
    model: MemoryStore,
    handles: Vec<SqliteStore>,
    sent: Vec<NewMessage>,
    contract_of: HashMap<MessageId, ContractId>,
    instants: HashSet<i64>,
    heads: HashMap<ContractId, u64>,
}

impl Trial {
    fn open(&mut self) -> SqliteStore {
        let options = tiny(&mut self.dice);
        SqliteStore::open(&self.path, options).unwrap()
    }

    fn contract(&mut self) -> ContractId {
        contract(&format!("c{}", self.dice.roll(CONTRACTS)))
    }

    /// Returns an instant that no other message has, for the order within one is every store's own.
    fn instant(&mut self) -> Timestamp {
        loop {
            let newest = 1_790_000_000_000 + self.sent.len() as i64 * 10;
            let back = if self.dice.roll(5) == 0 {
                self.dice.roll(100_000)
            } else {
                self.dice.roll(10)
            };
            let millis = newest - back as i64;
            if self.instants.insert(millis) {
                return Timestamp::from_millis(millis).unwrap();
            }
        }
    }

    fn id(&mut self, at: Timestamp) -> MessageId {
        match self.dice.roll(10) {
            0 if !self.sent.is_empty() => self.earlier().id,
            1 => message_id(at.plus_millis(77_777), self.dice.roll(1 << 21)),
            2..6 => message_id(at, self.dice.roll(1 << 21)),
            _ => MessageId::new(format!("own-{}", self.dice.roll(1_000_000))).unwrap(),
        }
    }

    fn earlier(&mut self) -> NewMessage {
        let at = self.dice.roll(self.sent.len() as u64);
        self.sent[at as usize].clone()
    }

    fn message(&mut self) -> NewMessage {
        let at = self.instant();
        let to = format!("m{}", self.dice.roll(MEMBERS));
        let in_campaign = self.dice.roll(3) == 0;
        NewMessage {
            seat: seat(&format!("s{}", self.dice.roll(3))),
            campaign: in_campaign.then(|| campaign(&format!("k{}", self.dice.roll(2)))),
            bulk: in_campaign,
            ..message(self.id(at).as_str(), &to, at)
        }
    }

    fn draft(&mut self) -> Draft {
        let contract = self.contract();
        let head = self.heads.get(&contract).copied().unwrap_or(0);
        let stale = self.dice.roll(12) == 0;
        let mut draft = Draft::after(contract.as_str(), if stale { head + 1 } else { head });
        if head == 0 {
            draft = draft.event(created(&contract, Timestamp::MIN));
        }
        for _ in 0..[0, 0, 1, 1, 1, 2, 5][self.dice.roll(7) as usize] {
            draft = draft.send(self.message());
        }
        for _ in 0..self.dice.roll(3) {
            draft = draft.any_event();
        }
        for _ in 0..self.dice.roll(3) {
            let space = format!("space-{}", self.dice.roll(2));
            draft = draft.answer(answer(&space, &format!("key-{}", self.dice.roll(300))));
        }
        if !self.sent.is_empty() && self.dice.roll(2) == 0 {
            let of = self.earlier();
            let here = self.contract_of.get(&of.id) == Some(&contract);
            draft = match self.dice.roll(3) {
                0 => draft.outcome(lapsed(&of)),
                1 => draft.outcome(responded(&of, of.sent_at, None)),
                _ => draft.outcome(responded(&of, of.sent_at, Some("a note"))),
            };
            let newest = draft.newest();
            // A conversation is of the contract that its message is of.
            if here {
                draft = draft.write(writing(&of, newest, "a line"));
            }
        }
        if self.dice.roll(2) == 0 {
            draft = draft.due(Timestamp::from_millis(self.dice.roll(1_000_000) as i64).unwrap());
        }
        draft
    }

    async fn commit(&mut self) {
        let batch = self.draft().batch();
        let handle = self.handle();
        let expected = self.model.commit(batch.clone()).await.map(|_| ());
        let done = self.handles[handle].commit(batch.clone()).await.map(|_| ());
        assert_eq!(done, expected, "{batch:?}");
        if done.is_ok() {
            let newest = batch.expected + batch.events.len() as u64;
            self.heads.insert(batch.contract.clone(), newest);
            for message in &batch.messages {
                self.contract_of
                    .insert(message.id.clone(), batch.contract.clone());
            }
            self.sent.extend(batch.messages);
        }
    }

    async fn put(&mut self) {
        let puts: Vec<Put> = (0..=self.dice.roll(2))
            .map(|_| {
                let id = format!("d{}", self.dice.roll(4));
                let expected = match self.dice.roll(4) {
                    0 => None,
                    _ => Some(self.dice.roll(4)),
                };
                match self.dice.roll(4) {
                    0 => removal("kind", &id, expected),
                    _ => put("kind", &id, expected, "body"),
                }
            })
            .collect();
        let handle = self.handle();
        let expected = self.model.put(puts.clone()).await;
        assert_eq!(self.handles[handle].put(puts).await, expected);
    }

    async fn snapshot(&mut self) {
        let contract = self.contract();
        let bytes = vec![self.dice.roll(256) as u8; self.dice.roll(5_000) as usize];
        let snapshot = Snapshot {
            seq: self.dice.roll(50),
            bytes,
        };
        let handle = self.handle();
        self.model
            .save_snapshot(&contract, snapshot.clone())
            .await
            .unwrap();
        self.handles[handle]
            .save_snapshot(&contract, snapshot)
            .await
            .unwrap();
    }

    fn handle(&mut self) -> usize {
        self.dice.roll(self.handles.len() as u64) as usize
    }

    async fn reopen(&mut self) {
        let at = self.handle();
        let handle = self.handles.swap_remove(at);
        if self.dice.roll(2) == 0 {
            handle.close().await.unwrap();
            assert!(matches!(
                handle.head().await,
                Err(StoreError::Unavailable(_))
            ));
        }
        drop(handle);
        while self.handles.len() < 2 {
            let handle = self.open();
            self.handles.push(handle);
        }
    }

    async fn compare(&mut self) {
        let at = self.handle();
        let handle = &self.handles[at];
        let model = &self.model;
        assert_eq!(
            handle.contracts(None, 100).await,
            model.contracts(None, 100).await
        );
        let due = Timestamp::from_millis(500_000).unwrap();
        let sorted = |ids: Result<Vec<ContractId>, _>| {
            let mut ids = ids.unwrap();
            ids.sort();
            ids
        };
        assert_eq!(
            sorted(handle.due(due, 100).await),
            sorted(model.due(due, 100).await)
        );
        assert_eq!(
            handle.documents("kind", None, 100).await,
            model.documents("kind", None, 100).await
        );
        let log = |store| log_of(store, 1 + self.dice.0 % 40);
        assert_eq!(log(handle as &dyn Store).await, log(model).await);
        for contract in 0..CONTRACTS {
            let contract = contract_named(contract);
            assert_eq!(
                handle.snapshot(&contract).await,
                model.snapshot(&contract).await
            );
            for _ in 0..3 {
                let query = EventQuery {
                    contract: contract.clone(),
                    from: self.dice.roll(60),
                    to: if self.dice.roll(2) == 0 {
                        u64::MAX
                    } else {
                        self.dice.roll(200)
                    },
                    newest_first: self.dice.roll(2) == 0,
                    limit: self.dice.roll(30) as usize,
                };
                let expected = model.events(query.clone()).await;
                assert_eq!(handle.events(query.clone()).await, expected, "{query:?}");
            }
        }
        for key in 0..300 {
            let (space, key) = (format!("space-{}", key % 2), format!("key-{key}"));
            assert_eq!(
                handle.answer(&space, &key).await,
                model.answer(&space, &key).await
            );
        }
        self.compare_messages(at).await;
    }

    async fn compare_messages(&mut self, at: usize) {
        let mut lists = Vec::new();
        for n in 0..MEMBERS {
            let member = member(&format!("m{n}"));
            let span = (self.instant(), self.instant());
            let (from, to) = (span.0.min(span.1), span.0.max(span.1));
            let most = 1 + self.dice.roll(20) as u32;
            let expected = self.model.received(&member, from, to, most).await;
            assert_eq!(
                self.handles[at].received(&member, from, to, most).await,
                expected
            );
            lists.push(Which::Inbox(member));
        }
        for n in 0..CONTRACTS * 12 {
            lists.push(Which::Sent {
                contract: contract_named(n % CONTRACTS),
                seat: (n / 4 % 4 < 3).then(|| seat(&format!("s{}", n / 4 % 4))),
                campaign: (n / 16 < 2).then(|| campaign(&format!("k{}", n / 16))),
            });
        }
        let some = self
            .sent
            .iter()
            .step_by(3)
            .map(|message| message.id.clone());
        lists.push(Which::Ids(some.collect()));
        for which in lists {
            let status = [None, None, Some(Status::Pending), Some(Status::Lapsed)]
                [self.dice.roll(4) as usize];
            let page = 1 + self.dice.roll(20) as usize;
            let expected = all(&self.model, &which, status, page).await;
            let found = all(&self.handles[at], &which, status, page).await;
            assert_eq!(found, expected, "{which:?} {status:?}");
        }
        for message in self.sent.iter().step_by(7) {
            let expected = self.model.writings(&message.id).await;
            assert_eq!(self.handles[at].writings(&message.id).await, expected);
        }
    }
}

fn contract_named(n: u64) -> ContractId {
    contract(&format!("c{n}"))
}

async fn all(
    store: &dyn Store,
    which: &Which,
    status: Option<Status>,
    limit: usize,
) -> Vec<MessageRow> {
    let mut messages = Vec::new();
    let mut after = None;
    loop {
        let query = MessageQuery {
            status,
            after,
            ..MessageQuery::new(which.clone(), limit)
        };
        let page = store.messages(query).await.unwrap();
        assert!(page.messages.len() <= limit);
        messages.extend(page.messages);
        after = page.next;
        if after.is_none() {
            return messages;
        }
    }
}

/// Returns what the log says, without the places, which each store gives as it likes.
async fn log_of(store: &dyn Store, limit: u64) -> Vec<(ContractId, u64, u128, usize)> {
    let mut rows = Vec::new();
    let mut after = Position(0);
    loop {
        let page = store.log(after, limit as usize).await.unwrap();
        let Some(last) = page.last() else {
            return rows;
        };
        assert!(page.first().unwrap().position > after);
        after = last.position;
        rows.extend(
            page.into_iter()
                .map(|row| (row.contract, row.first, row.token, row.events.len())),
        );
    }
}

async fn try_seed(seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let mut trial = Trial {
        dice: Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
        path: folder.path().join("earnest.db"),
        model: MemoryStore::new(),
        handles: Vec::new(),
        sent: Vec::new(),
        contract_of: HashMap::new(),
        instants: HashSet::new(),
        heads: HashMap::new(),
    };
    for _ in 0..2 {
        let handle = trial.open();
        trial.handles.push(handle);
    }
    for step in 0..STEPS {
        match trial.dice.roll(40) {
            0 => trial.reopen().await,
            1..3 => trial.snapshot().await,
            3..6 => trial.put().await,
            _ => trial.commit().await,
        }
        if step % 50 == 49 {
            trial.compare().await;
        }
    }
    for handle in &trial.handles {
        handle.close().await.unwrap();
    }
    let checked = SqliteStore::check(&trial.path).unwrap();
    assert_eq!(checked.messages, trial.sent.len() as u64);
}

fn seeds() -> u64 {
    std::env::var("EARNEST_STORE_SEEDS")
        .ok()
        .and_then(|seeds| seeds.parse().ok())
        .unwrap_or(6)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_answers_as_the_store_in_memory_does() {
    for seed in 1..=seeds() {
        println!("seed {seed}");
        try_seed(seed).await;
    }
}
