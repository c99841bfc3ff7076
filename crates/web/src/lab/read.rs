//! Reads the log that a run is about.
//!
//! Owns: how much of a store is taken, and what is said where a log cannot be had. Does not own: formats
//! ([`earnest_backtest::log`]), which events are messages ([`StoreLog`]). Invariant: whoever is stopped reads no further.

use super::{Asked, Failed, LogFile, MESSAGES_MOST, Run, Source};
use earnest_backtest::log::{BadLine, Log, LogError, Reading};
use earnest_core::units::ContractId;
use earnest_engine::{Engine, Failure};
use earnest_lab::events::StoreLog;
use earnest_store::{EventQuery, Position};
use std::io::{self, Read};

/// How many events, or batches of them, are read at once.
const PAGE: usize = 4_096;
/// How many bytes of a file are read before a look whether to go on.
const PIECE: usize = 1 << 20;

/// A log, and what is not in it.
pub(super) struct ReadLog {
    pub(super) log: Log,
    pub(super) notes: Vec<String>,
}

/// Says why there is no log.
pub(super) enum NoLog {
    /// The run was stopped.
    Stopped,
    /// It cannot be read.
    Failed(Box<Failed>),
}

impl NoLog {
    pub(super) fn because(why: impl Into<String>) -> Self {
        Self::Failed(Box::new(Failed {
            why: why.into(),
            again: None,
        }))
    }
}

impl From<Failure> for NoLog {
    fn from(failure: Failure) -> Self {
        Self::because(failure.to_string())
    }
}

/// Takes the events of a contract, or of all.
pub(super) async fn events(
    engine: &Engine,
    contract: Option<&ContractId>,
    run: &Run,
) -> Result<StoreLog, NoLog> {
    match contract {
        Some(contract) => of_contract(engine, contract, run).await,
        None => of_store(engine, run).await,
    }
}

async fn of_contract(engine: &Engine, contract: &ContractId, run: &Run) -> Result<StoreLog, NoLog> {
    let newest = engine.newest_event(contract).await?;
    run.step(super::State::Reading, newest);
    let mut log = StoreLog::default();
    let mut from = 1;
    while from <= newest {
        let query = EventQuery {
            contract: contract.clone(),
            from,
            to: newest,
            newest_first: false,
            limit: PAGE,
        };
        let events = engine.store().events(query).await.map_err(Failure::from)?;
        for event in &events {
            log.take(contract, &event.event);
        }
        let Some(last) = events.last() else { break };
        from = last.seq + 1;
        run.is_at(last.seq);
        look(&log, run)?;
    }
    Ok(log)
}

async fn of_store(engine: &Engine, run: &Run) -> Result<StoreLog, NoLog> {
    let store = engine.store();
    let head = store.head().await.map_err(Failure::from)?;
    run.step(super::State::Reading, head.0);
    let mut log = StoreLog::default();
    let mut after = Position::default();
    loop {
        let rows = store.log(after, PAGE).await.map_err(Failure::from)?;
        for row in &rows {
            for event in &row.events {
                log.take(&row.contract, event);
            }
        }
        look(&log, run)?;
        match rows.last() {
            Some(last) if last.position < head => after = last.position,
            _ => return Ok(log),
        }
        run.is_at(after.0);
    }
}

/// Looks whether to go on.
fn look(log: &StoreLog, run: &Run) -> Result<(), NoLog> {
    if run.is_stopped() {
        return Err(NoLog::Stopped);
    }
    match log.messages() > MESSAGES_MOST {
        true => Err(NoLog::because(format!(
            "{} are more than {}, which is as many as a page tries; the command line takes any number, with `earnest backtest --store`",
            run.log,
            earnest_chart::thousands(u64::try_from(MESSAGES_MOST).unwrap_or(u64::MAX)),
        ))),
        false => Ok(()),
    }
}

/// Makes a log of a store's messages.
pub(super) fn of_events(log: StoreLog, run: &Run) -> Result<ReadLog, NoLog> {
    if log.messages() == 0 {
        let why = format!(
            "{}: there are none yet, so that there is nothing to try a policy on; upload a log of messages, or come back once some were sent",
            run.log
        );
        return Err(NoLog::because(why));
    }
    let free = crate::words::count(log.free(), "message");
    let notes = match log.free() {
        0 => Vec::new(),
        _ => vec![format!(
            "left out {free} to open profiles, which stake nothing under any policy"
        )],
    };
    let log = log.finish(&run.log);
    let log = log.map_err(|error| NoLog::because(error.to_string()))?;
    Ok(ReadLog { log, notes })
}

/// Reads the log in a file.
pub(super) fn of_file(file: &LogFile, asked: &Asked, run: &Run) -> Result<ReadLog, NoLog> {
    let size = u64::try_from(file.bytes.len()).unwrap_or(u64::MAX);
    run.step(super::State::Reading, size);
    let reading = Reading {
        format: Some(file.format),
        names: false,
        skip_bad: file.skip_bad,
        most: u32::try_from(MESSAGES_MOST).ok(),
    };
    let from = Stoppable {
        rest: &file.bytes,
        run,
    };
    let progress = &mut |read| run.is_at(read);
    match Log::read_as(from, &file.name, file.format, &reading, progress) {
        Ok(read) => Ok(ReadLog {
            log: read.log,
            notes: skipped(&read.skipped),
        }),
        Err(_) if run.is_stopped() => Err(NoLog::Stopped),
        Err(error) => {
            let is_line = matches!(error, LogError::BadLine(_) | LogError::TooManyBad { .. });
            Err(NoLog::Failed(Box::new(Failed {
                why: error.to_string(),
                again: is_line.then(|| Asked {
                    source: Source::File(file.clone()),
                    ..asked.clone()
                }),
            })))
        }
    }
}

/// Lists lines that were left out.
fn skipped(lines: &[BadLine]) -> Vec<String> {
    let many = u64::try_from(lines.len()).unwrap_or(u64::MAX);
    let first = (many > 0).then(|| format!("left out {}", crate::words::count(many, "bad line")));
    first
        .into_iter()
        .chain(lines.iter().map(ToString::to_string))
        .collect()
}

/// Bytes that end with an error once the run is stopped.
struct Stoppable<'b> {
    rest: &'b [u8],
    run: &'b Run,
}

impl Read for Stoppable<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.run.is_stopped() {
            return Err(io::Error::other("the run was stopped"));
        }
        let most = into.len().min(PIECE);
        let into = into.get_mut(..most).unwrap_or_default();
        self.rest.read(into)
    }
}
