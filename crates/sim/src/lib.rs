//! Plays engine and store by seeds: clients, faults, deaths and time, and an auditor that predicts.
//!
//! One number, the seed, decides everything: who asks what of which process, how long each call to the store
//! takes, what fails, when a process dies and how the clock jumps. There is one thread and no real clock, so a
//! seed that fails fails again. After a run the auditor reads the whole log and lives through every contract
//! once more, in the log's order, with a reference that has never seen the engine; everything that was answered
//! on the way has to be true of some state between the question and the answer.
//!
//! Owns: faults, workload, auditor. Does not own: rules, or what it plays. Not shipped.
//!
//! # Running
//!
//! - `cargo test -p earnest-sim`: 200 seeds, those of `seeds.txt`, and the mutants.
//! - `EARNEST_SEEDS=5000 cargo test --release -p earnest-sim --test seeds`: so many seeds; `EARNEST_FIRST` says
//!   where they begin.
//! - `EARNEST_SEED=123 cargo test -p earnest-sim --test seeds -- --nocapture`: one seed, with its trace where it
//!   fails; `cargo run -p earnest-sim --example seed -- 123` prints the trace of any seed.
//!
//! A seed that failed and whose cause is mended goes into `seeds.txt`, with a word on the cause. It stays a
//! test of the cause for as long as runs are laid out as they were then.

pub mod auditor;
pub mod book;
pub mod client;
pub mod clock;
pub mod disk;
pub mod faults;
pub mod life;
pub mod mutant;
pub mod options;
pub mod policies;
pub mod reader;
pub mod rng;
mod run;
pub mod teller;
pub mod told;
pub mod trace;
pub mod workload;
pub mod world;

pub use options::Options;
pub use run::{Report, run};
