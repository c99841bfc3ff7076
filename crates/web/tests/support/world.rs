//! Sets a server with pages up in this process.

use earnest_core::units::{ContractId, MemberId, SeatId};
use earnest_engine::clock::{Clock, Random};
use earnest_engine::keys::Scope;
use earnest_engine::sessions::Holder;
use earnest_engine::{Engine, Options};
use earnest_store::memory::MemoryStore;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Makes up bytes that are the same in every run.
#[derive(Debug, Default)]
pub struct Counted(AtomicU64);

impl Random for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let step = self.0.fetch_add(1, Ordering::SeqCst);
            let mixed = (step + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
        }
    }
}

/// Takes up an engine on a store in memory.
pub async fn engine(clock: impl Clock) -> Engine {
    let engine = Engine::open(
        Arc::new(MemoryStore::new()),
        Arc::new(clock),
        Arc::new(Counted::default()),
        Options::default(),
    );
    engine.await.unwrap()
}

/// Begins a session, and returns its cookie.
pub async fn session(engine: &Engine, scope: Scope) -> String {
    let (key, _) = engine.create_key(scope.clone()).await.unwrap();
    let week = Duration::from_secs(7 * 86_400);
    let begun = engine.begin_session(Holder::Key(key.id), scope, week).await;
    begun.unwrap().1
}

pub fn contract(id: &str) -> Scope {
    let contract = ContractId::new(id).unwrap();
    Scope::Contract { contract }
}

pub fn seat(contract: &str, seat: &str) -> Scope {
    Scope::Seat {
        contract: ContractId::new(contract).unwrap(),
        seat: SeatId::new(seat).unwrap(),
    }
}

pub fn member(id: &str) -> Scope {
    let member = MemberId::new(id).unwrap();
    Scope::Member { member }
}
