//! `earnest audit`: what is broken is found, and what is not is not.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

#[path = "support/earnest.rs"]
mod support;

use earnest_core::event::{Event, Fact};
use earnest_core::units::{ContractId, Credits, GrantId, MessageId};
use earnest_core::{Credit, Status};
use earnest_store::sqlite::{Options, SqliteStore};
use earnest_store::{
    Batch, ContractUpdate, EventQuery, MessageQuery, Outcome, Snapshot, Store, Which,
};
use support::{Folder, json};

const LOG: &str = "\
id,contract,seat,recipient,sent_at,responded_at,response
m1,acme,ana,bo,2015-01-02T09:00:00Z,2015-01-03T09:00:00Z,reply
m2,acme,ana,cy,2015-01-02T10:00:00Z,,
m3,umber,ben,di,2015-01-05T10:00:00Z,,
";

fn told() -> Folder {
    let folder = Folder::new().with("log.csv", LOG);
    folder.earnest(&["import", "csv", "log.csv"]).done();
    folder
}

/// A hand on the store, behind the engine's back.
struct Behind {
    store: SqliteStore,
    runtime: tokio::runtime::Runtime,
}

impl Behind {
    fn of(folder: &Folder) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread();
        Self {
            store: SqliteStore::open(folder.path("earnest.db"), Options::default()).unwrap(),
            runtime: { runtime }.enable_all().build().unwrap(),
        }
    }

    fn events(&self, contract: &str) -> Vec<Event> {
        let query = EventQuery {
            contract: ContractId::new(contract).unwrap(),
            from: 1,
            to: u64::MAX,
            newest_first: false,
            limit: 1_000,
        };
        let events = self.runtime.block_on(self.store.events(query)).unwrap();
        events.into_iter().map(|stored| stored.event).collect()
    }

    fn outcome(&self, message: &str) -> Outcome {
        let query = MessageQuery::new(Which::Ids(vec![MessageId::new(message).unwrap()]), 1);
        let page = self.runtime.block_on(self.store.messages(query)).unwrap();
        page.messages[0].outcome.clone()
    }

    fn commit(&self, contract: &str, events: Vec<Event>, outcomes: Vec<Outcome>) {
        let expected = u64::try_from(self.events(contract).len()).unwrap();
        let batch = Batch {
            contract: ContractId::new(contract).unwrap(),
            expected,
            token: 7,
            events,
            messages: Vec::new(),
            outcomes,
            writings: Vec::new(),
            answers: Vec::new(),
            update: ContractUpdate::default(),
        };
        self.runtime.block_on(self.store.commit(batch)).unwrap();
    }

    fn close(self) {
        self.runtime.block_on(self.store.close()).unwrap();
    }
}

/// Does something to a store behind the engine's back, and returns what the audit says of it.
fn broken(breaks: impl FnOnce(&Behind)) -> String {
    let folder = told();
    let behind = Behind::of(&folder);
    breaks(&behind);
    behind.close();
    let ran = folder.earnest(&["audit"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""), "{ran:?}");
    let data = folder.earnest(&["audit", "--json"]);
    assert_eq!(data.code, Some(1));
    assert_eq!(json(&data.out)["passed"], false);
    assert!(
        ran.out
            .contains(json(&data.out)["finding"]["what"].as_str().unwrap())
    );
    ran.out
}

#[test]
fn a_store_that_is_right_passes() {
    let folder = told();
    let told = folder.earnest(&["audit"]).done();
    assert!(told.starts_with("ok   2 contracts, "), "{told}");
    assert!(told.contains("3 messages"), "{told}");
    let data = json(&folder.earnest(&["audit", "--json"]).done());
    assert_eq!(
        (&data["passed"], &data["contracts"]),
        (&true.into(), &2.into())
    );
    assert!(data["finding"].is_null());
    let one = json(
        &folder
            .earnest(&["audit", "--json", "--contract", "umber"])
            .done(),
    );
    assert_eq!(
        (&one["contracts"], &one["messages"]),
        (&1.into(), &1.into())
    );
}

#[test]
fn an_audit_records_nothing() {
    let folder = told();
    folder
        .earnest(&["import", "csv", "log.csv", "--live"])
        .done();
    let before = Behind::of(&folder);
    let events = before.events("acme").len();
    before.close();
    folder.earnest(&["audit"]).done();
    let after = Behind::of(&folder);
    assert_eq!(after.events("acme").len(), events);
    after.close();
}

#[test]
fn a_stake_that_settles_twice_is_found() {
    let found = broken(|behind| {
        let events = behind.events("acme");
        let returned = events
            .iter()
            .rfind(|it| matches!(it.fact, Fact::StakeReturned { .. }));
        behind.commit("acme", vec![returned.unwrap().clone()], Vec::new());
    });
    insta::assert_snapshot!(found);
}

#[test]
fn credits_that_were_never_granted_are_found() {
    let found = broken(|behind| {
        let at = behind.events("umber").last().unwrap().at;
        let fact = Fact::CreditsExpired {
            grant: GrantId::of_any("lot~0").unwrap(),
            credits: Credits(1_000_000),
            reason: earnest_core::event::ExpiryReason::Ended,
        };
        behind.commit("umber", vec![Event { at, fact }], Vec::new());
    });
    insta::assert_snapshot!(found);
}

#[test]
fn an_event_that_fits_nothing_is_found_and_stops_nothing() {
    let found = broken(|behind| {
        let at = behind.events("umber").last().unwrap().at;
        let fact = Fact::MessageLapsed {
            message: MessageId::new("m9").unwrap(),
            seat: earnest_core::units::SeatId::new("ben").unwrap(),
        };
        behind.commit("umber", vec![Event { at, fact }], Vec::new());
    });
    assert!(
        found.starts_with("FAIL contract `umber`, event "),
        "{found}"
    );
}

#[test]
fn a_message_that_is_kept_otherwise_than_it_was_is_found() {
    let found = broken(|behind| {
        let outcome = Outcome {
            status: Status::Lapsed,
            credit: Credit::Consumed,
            ..behind.outcome("m2")
        };
        behind.commit("acme", Vec::new(), vec![outcome]);
    });
    insta::assert_snapshot!(found);
}

#[test]
fn a_settlement_with_another_number_is_found() {
    let found = broken(|behind| {
        let outcome = Outcome {
            settled_seq: Some(2),
            ..behind.outcome("m1")
        };
        behind.commit("acme", Vec::new(), vec![outcome]);
    });
    insta::assert_snapshot!(found);
}

#[test]
fn a_snapshot_of_another_contract_is_found() {
    let folder = Folder::new();
    folder.generate(3_000, 2, "year.csv");
    let settings = "[memory]\nsnapshot_events = 64\n";
    let folder = folder.with("earnest.toml", settings);
    folder.earnest(&["import", "csv", "year.csv"]).done();
    assert!(folder.earnest(&["audit"]).done().starts_with("ok "));
    let behind = Behind::of(&folder);
    let all = behind
        .runtime
        .block_on(behind.store.contracts(None, 1_000))
        .unwrap();
    let snapshots = all.iter().filter_map(|row| {
        let snapshot = behind
            .runtime
            .block_on(behind.store.snapshot(&row.id))
            .unwrap()?;
        Some((row, snapshot))
    });
    let snapshots: Vec<_> = snapshots.collect();
    assert!(snapshots.len() > 1);
    // The largest is laid under the name of another that has gone further than it.
    let (from, to) = snapshots
        .iter()
        .flat_map(|a| snapshots.iter().map(move |b| (a, b)))
        .find(|(a, b)| a.0.id != b.0.id && a.1.seq <= b.0.seq)
        .unwrap();
    let laid = Snapshot {
        seq: to.1.seq.max(from.1.seq),
        bytes: from.1.bytes.clone(),
    };
    behind
        .runtime
        .block_on(behind.store.save_snapshot(&to.0.id, laid))
        .unwrap();
    let contract = to.0.id.to_string();
    behind.close();
    let ran = folder.earnest(&["audit"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.out.starts_with(&format!("FAIL contract `{contract}`")),
        "{ran:?}"
    );
}

#[test]
fn a_store_that_is_not_there_is_no_finding() {
    let error = Folder::new().earnest(&["audit"]).refused();
    assert!(
        error.starts_with("there is no store `earnest.db`"),
        "{error}"
    );
}
