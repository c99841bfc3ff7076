//! A server that is killed under load, again and again: what it answered holds, once and whole.
//!
//! The server is the shipped binary in a process of its own, on a file; the kill is `kill -9` at a random instant.
//! `EARNEST_KILLS` sets how many times, `EARNEST_SEED` where the random numbers begin.

#[path = "support/load.rs"]
mod load;

use earnest_bench::process::{Server, make_key};
use load::{
    Dice, Shared, answers_hold, ask, audited, every_effect_is_there_once, found, number,
    settle_what_is_open,
};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const CLIENTS: u64 = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_being_killed_at_any_instant() {
    let (kills, seed) = (number("EARNEST_KILLS", 20), number("EARNEST_SEED", 11));
    let binary = Path::new(env!("CARGO_BIN_EXE_earnest"));
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("killed.db").display());
    let key = make_key(binary, &store, "admin");
    let memory = Shared::default();
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for kill in 0..kills {
        let server = Server::start_earnest(binary, &store).await;
        if kill == 0 {
            found(server.address, &key).await;
        }
        settle_what_is_open(server.address, &key, &memory).await;
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let dice = Dice(dice.below(u64::MAX) | 1);
                tokio::spawn(ask(
                    server.address,
                    key.clone(),
                    Arc::clone(&memory),
                    dice,
                    Arc::default(),
                ))
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(30 + dice.below(270))).await;
        server.kill();
        for client in clients {
            client.await.unwrap();
        }
    }
    let server = Server::start_earnest(binary, &store).await;
    settle_what_is_open(server.address, &key, &memory).await;
    let memory = Arc::try_unwrap(memory).unwrap().into_inner().unwrap();
    println!(
        "{kills} kills: {} requests taken, {} refused",
        memory.taken.len(),
        memory.refused
    );
    assert!(
        memory.taken.len() > 200,
        "the load was too small to say anything"
    );
    answers_hold(server.address, &key, &memory).await;
    every_effect_is_there_once(server.address, &key, &memory).await;
    server.kill();
    audited(binary, &store);
}
