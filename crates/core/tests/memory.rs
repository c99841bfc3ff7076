//! A contract with a million open stakes fits in 100 MB.
//!
//! Measured as what the process really holds, allocator and all, so this test has a process of its own.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test stops where something is not as it should be"
)]

use earnest_core::Contract;
use earnest_core::command::{
    AddSeat, Command, CreateContract, Grant, Letter, PRIORITY, Recipient, Send, Source,
};
use earnest_core::policy::preset;
use earnest_core::units::{ContractId, Credits, GrantId, MemberId, MessageId, SeatId, Timestamp};
use smallvec::smallvec;

const STAKES: u32 = 1_000_000;
const SEATS: u32 = 100;
const MOST_BYTES: u64 = 100_000_000;

fn start() -> Timestamp {
    Timestamp::parse("2026-01-05T09:00:00Z").unwrap()
}

fn contract() -> Contract {
    let create = CreateContract {
        id: ContractId::new("acme").unwrap(),
        name: "Acme".to_owned(),
        policy: preset::get("inmail-2015").unwrap(),
        allotments: false,
        bulk_disabled: false,
    };
    let (mut contract, _) = Contract::create(&create, start());
    for seat in 0..SEATS {
        let seat = AddSeat {
            id: SeatId::new(format!("seat-{seat}")).unwrap(),
            seat_type: create.policy.first_seat_type(),
            usage_limit: None,
            bulk_disabled: false,
        };
        contract.submit(&Command::AddSeat(seat), start()).unwrap();
    }
    let grant = Grant {
        id: GrantId::new("g1").unwrap(),
        credits: Credits(u64::from(STAKES)),
        source: Source::Purchase,
        effective_at: None,
        expires_at: None,
        priority: PRIORITY,
    };
    contract.submit(&Command::Grant(grant), start()).unwrap();
    contract
}

#[cfg(target_os = "linux")]
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1_024
}

#[test]
#[cfg_attr(
    not(target_os = "linux"),
    ignore = "reads the process' memory from /proc"
)]
fn a_million_open_stakes_fit_in_100_mb() {
    let mut contract = contract();
    let before = resident_bytes();
    for n in 0..STAKES {
        let send = Send {
            seat: SeatId::new(format!("seat-{}", n % SEATS)).unwrap(),
            letters: smallvec![Letter {
                message: MessageId::new(format!("m-{n:010}")).unwrap(),
                to: MemberId::new(format!("member-{n}")).unwrap(),
                recipient: Recipient::default(),
            }],
            campaign: None,
            subject_length: 40,
            body_length: 400,
        };
        let at = start().plus_millis(i64::from(n) * 1_000);
        contract.submit(&Command::Send(send), at).unwrap();
    }
    let taken = resident_bytes() - before;
    assert_eq!(contract.state().open_stakes(), u64::from(STAKES));
    println!("{} bytes a stake", taken / u64::from(STAKES));
    assert!(taken < MOST_BYTES, "{taken} bytes");
}

#[cfg(not(target_os = "linux"))]
fn resident_bytes() -> u64 {
    0
}
