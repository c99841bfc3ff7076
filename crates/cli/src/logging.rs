//! Writes the log of a server to standard error.
//!
//! Owns: its form and level. Does not own: what is logged. Invariant: only the project's own lines go below the
//! level of a warning: what libraries say is no text of a message and no key, but nobody promises it.

use earnest_server::config::{Log, LogFormat, LogLevel};
use std::io::{self, IsTerminal as _};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// What the targets of the project's own lines begin with.
const OURS: &str = "earnest";

/// Begins the log.
pub(crate) fn begin(log: Log) {
    let level = match log.level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target(OURS, level);
    let coloured =
        io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty());
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = match log.format {
        LogFormat::Text => lines.with_ansi(coloured).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // A log that was begun before goes on.
    drop(
        tracing_subscriber::registry()
            .with(lines.with_filter(targets))
            .try_init(),
    );
}
