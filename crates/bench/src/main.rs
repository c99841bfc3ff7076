//! Loads a server over HTTP and says what it bore, as ratios to an empty axum handler in the same run.
//!
//! Owns: the load, the clock beside it, the table. Does not own: the server, which is the shipped binary in a
//! process of its own. Invariant: what is compared takes turns, on the same machine, with the same client.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark stops where something is not as it should be, and prints"
)]

mod empty;
mod fleet;
mod load;
mod postgres;
mod report;

use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Load a server and compare it with an empty one
#[derive(Debug, Parser)]
struct Call {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve an empty JSON handler, to compare with
    Empty,
    /// Measure the shipped server beside the empty one
    Http(Http),
    /// Measure servers on a private PostgreSQL beside a PL/pgSQL function
    Postgres(Postgres),
}

/// Measure servers on a private PostgreSQL beside a PL/pgSQL function
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Postgres {
    #[command(flatten)]
    http: Http,
}

/// Measure the shipped server beside the empty one
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Http {
    /// The server's binary
    #[arg(long, default_value = "target/release/earnest")]
    earnest: PathBuf,
    /// The store; without it, one in a temporary folder
    #[arg(long)]
    store: Option<String>,
    /// How many connections send at once
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// How many contracts there are, of ten seats each
    #[arg(long, default_value_t = 100)]
    contracts: usize,
    /// How long each measurement lasts, in seconds
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How many times all measurements take turns
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How many messages of history there are before anything is measured [on PostgreSQL 100,000, all open, else none]
    #[arg(long)]
    history: Option<u64>,
    /// How many of them are recent enough to be open still
    #[arg(long, default_value_t = 0)]
    open: u64,
}

#[tokio::main]
async fn main() {
    match Call::parse().command {
        Command::Empty => empty::serve().await,
        Command::Http(call) => report::in_turns(&call).await,
        Command::Postgres(call) => postgres::in_turns(&call).await,
    }
}
