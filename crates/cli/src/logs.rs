//! Gets the log that a command is to work on: from a file, made up, or from a store.
//!
//! Owns: the options for that, progress, and the list of bad lines that were left out. Does not own: the reading
//! ([`earnest_backtest::log`]). Invariant: whatever is told here goes to standard error, so that results stay alone on
//! standard output.

use crate::call::at_least_one;
use crate::error::Error;
use crate::number::{count, thousands};
use crate::progress;
use crate::settings::StoreArgs;
use crate::store::{self, Need, block_on, failed};
use earnest_backtest::generate::Generator;
use earnest_backtest::log::{BadLine, Format, Log, Reading};
use earnest_lab::events::StoreLog;
use earnest_store::{Position, Store};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// How many batches of a store's events are read at once.
const PAGE: usize = 4_096;

/// Which log a command works on.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct LogArgs {
    /// The message log
    #[arg(
        value_name = "LOG",
        required_unless_present_any = ["generate", "store"],
        conflicts_with_all = ["generate", "store"]
    )]
    log: Option<PathBuf>,
    /// Work on a made-up year of N messages instead of a log
    #[arg(long, value_name = "N", value_parser = at_least_one, conflicts_with = "store")]
    generate: Option<u64>,
    /// What the made-up year grows from: same seed, same year
    #[arg(long, value_name = "S", default_value_t = 1, requires = "generate")]
    seed: u64,
    /// Work on what a store keeps instead of a log: `sqlite:PATH`
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// The log's format, where its name does not say: snap, csv, jsonl or parquet
    #[arg(long, value_name = "FORMAT", requires = "log")]
    format: Option<Format>,
    /// Leave out up to N bad lines, and list them
    #[arg(long, value_name = "N", default_value_t = 0, requires = "log")]
    skip_bad: u32,
}

impl LogArgs {
    /// Returns what to call the log.
    pub(crate) fn name(&self) -> String {
        match (&self.log, &self.store) {
            (Some(path), _) => path.display().to_string(),
            (None, Some(store)) => format!("the messages of {store}"),
            (None, None) => format!("a made-up year of outreach (seed {})", self.seed),
        }
    }

    /// Gets the log.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub(crate) fn open(&self) -> Result<Log, Error> {
        match (&self.log, &self.store) {
            (Some(path), _) => self.read(path),
            (None, Some(url)) => from_store(url),
            (None, None) => Generator::new(self.generate.unwrap_or_default(), self.seed)
                .into_log()
                .map_err(Error::input),
        }
    }

    fn read(&self, path: &Path) -> Result<Log, Error> {
        let reading = Reading {
            format: self.format,
            names: false,
            skip_bad: self.skip_bad,
            most: None,
        };
        let size = fs::metadata(path).map_or(0, |it| it.len());
        let bar = progress::bytes("reading", size);
        let read = Log::open_as(path, &reading, &mut |read| bar.set_position(read));
        bar.finish_and_clear();
        let read = read.map_err(Error::input)?;
        tell(&read.skipped)?;
        Ok(read.log)
    }
}

/// Lists what was left out.
fn tell(skipped: &[BadLine]) -> Result<(), Error> {
    if skipped.is_empty() {
        return Ok(());
    }
    let mut err = io::stderr().lock();
    for bad in skipped {
        writeln!(err, "{bad}")?;
    }
    let many = u64::try_from(skipped.len()).unwrap_or(u64::MAX);
    writeln!(err, "left out {}", count(many, "bad line"))?;
    Ok(())
}

/// Gets the messages of a store, without changing anything in it.
fn from_store(url: &str) -> Result<Log, Error> {
    let args = StoreArgs {
        store: Some(url.to_owned()),
        config: None,
    };
    let config = args.read()?;
    block_on(async {
        let store = store::open(&config, Need::There).await?;
        let read = messages(&*store, url).await;
        store.close().await.map_err(|error| failed(&error))?;
        read
    })
}

async fn messages(store: &dyn Store, url: &str) -> Result<Log, Error> {
    let head = store.head().await.map_err(|error| failed(&error))?;
    let bar = progress::batches("reading", head.0);
    let mut log = StoreLog::default();
    let mut after = Position::default();
    loop {
        let rows = store
            .log(after, PAGE)
            .await
            .map_err(|error| failed(&error))?;
        for row in &rows {
            for event in &row.events {
                log.take(&row.contract, event);
            }
        }
        match rows.last() {
            Some(last) if last.position < head => after = last.position,
            _ => break,
        }
        bar.set_position(after.0);
    }
    bar.finish_and_clear();
    if log.free() > 0 {
        let free = thousands(log.free());
        writeln!(
            io::stderr(),
            "left out {free} messages to open profiles, which stake nothing"
        )?;
    }
    log.finish(url).map_err(Error::input)
}
