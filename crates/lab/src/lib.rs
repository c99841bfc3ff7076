//! The policy lab: what other policies would have made of a log.
//!
//! Owns: figures day by day and seat by seat ([`figures`]), the keys of a policy file that are varied ([`vary`]), sweeps
//! over them ([`sweep`]), the search for the policy that fits a target ([`fit`]), the log that a store's events tell
//! ([`events`]), policies written as files ([`mod@write`]), and results as JSON ([`json`]). Does not own: logs and their
//! replay ([`earnest_backtest`]), nor any rule.
//! Invariant: the same log and the same call give the same result to the byte, on any number of threads.

pub mod events;
pub mod figures;
pub mod fit;
pub mod json;
pub mod sweep;
pub mod vary;
pub mod write;
