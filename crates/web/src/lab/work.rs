//! What a run does: reads the log, replays it, writes the report.
//!
//! Owns: the steps, and how many threads they take. Does not own: any figure.
//! Invariants: nothing here blocks the threads that answer requests; half of the machine stays theirs; a run that breaks
//! ends as one that failed.

use super::read::{self, NoLog, ReadLog};
use super::{Asked, Failed, Made, Run, Source, State, Trial, WORKING_MOST};
use axum::body::Bytes;
use earnest_backtest::replay::Options;
use earnest_lab::events::StoreLog;
use earnest_lab::figures::{Detail, details};
use earnest_lab::json::{self, Ranked};
use earnest_lab::sweep::rank;
use earnest_report::{LogFacts, Report, Swept};
use earnest_server::App;
use serde_json::Value;
use std::num::NonZeroUsize;
use std::slice::from_ref;
use std::sync::Arc;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

/// How many bytes of a report stand on a page, whose frame needs some, too.
const REPORT_MOST: usize = 136 << 10;

/// Does a run, from the beginning to its end.
pub(super) async fn work(app: &App, run: &Arc<Run>, asked: Asked) {
    let mut stopping = app.stopping();
    let work = done(app, run, asked);
    tokio::pin!(work);
    let state = tokio::select! {
        state = &mut work => Some(state),
        () = sleep(WORKING_MOST) => None,
        () = async { drop(stopping.wait_for(|stop| *stop).await) } => {
            // The server is to stop, and does not wait for what nobody will see.
            run.stop();
            Some(State::Stopped)
        }
    };
    let state = match state {
        Some(state) => state,
        None => {
            run.stop();
            // Its turn is over only when it has stopped.
            match work.await {
                State::Stopped => too_long(),
                state => state,
            }
        }
    };
    run.end(state, app.engine.now());
}

fn too_long() -> State {
    let minutes = WORKING_MOST.as_secs() / 60;
    let why = format!(
        "the run was stopped after {minutes} minutes, which is as long as one may take; try fewer policies or combinations, or the command line"
    );
    State::Failed(Arc::new(Failed { why, again: None }))
}

async fn done(app: &App, run: &Arc<Run>, asked: Asked) -> State {
    if run.is_stopped() {
        return State::Stopped;
    }
    let contract = match &asked.source {
        Source::Contract(contract) => Some(contract),
        Source::Store | Source::File(_) => None,
    };
    let events = match &asked.source {
        Source::File(_) => Ok(None),
        _ => read::events(&app.engine, contract, run).await.map(Some),
    };
    let made = match events {
        Ok(events) => {
            let run = Arc::clone(run);
            let worked = spawn_blocking(move || make(events, &asked, &run)).await;
            worked.unwrap_or_else(|error| {
                tracing::error!("a run of the lab broke: {error}");
                let why = "the run broke; the server's log says why";
                Err(NoLog::because(why))
            })
        }
        Err(no_log) => Err(no_log),
    };
    match made {
        Ok(made) => State::Done(Arc::new(made)),
        Err(NoLog::Stopped) => State::Stopped,
        Err(NoLog::Failed(failed)) => State::Failed(Arc::from(failed)),
    }
}

/// Reads the log where it is a file, and tries on it what is to be tried.
fn make(events: Option<StoreLog>, asked: &Asked, run: &Run) -> Result<Made, NoLog> {
    let threads = threads();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.get())
        .build()
        .map_err(|error| no_threads(&error))?;
    pool.install(|| {
        let read = match (&asked.source, events) {
            (Source::File(file), _) => read::of_file(file, asked, run)?,
            (_, Some(events)) => read::of_events(events, run)?,
            (_, None) => return Err(NoLog::because("there is no log")),
        };
        let options = Options {
            credits: asked.credits,
            until: None,
            threads: Some(threads),
        };
        let (report, json) = tried(&read, &options, asked, run)?;
        write(&report, &json, read.notes)
    })
}

fn tried(
    read: &ReadLog,
    options: &Options,
    asked: &Asked,
    run: &Run,
) -> Result<(Report, Value), NoLog> {
    let log = &read.log;
    let facts = LogFacts::of(run.log.as_str(), log, options);
    let progress = |more| run.went_on(more);
    let all = |policies: usize| {
        let all = log.messages().saturating_mul(policies);
        u64::try_from(all).unwrap_or(u64::MAX)
    };
    match &asked.trial {
        Trial::Compare(policies) => {
            run.step(State::Replaying, all(policies.len()));
            let mut found: Vec<Detail> = Vec::with_capacity(policies.len());
            // One after the other, so that a run can be stopped between two.
            for policy in policies {
                if run.is_stopped() {
                    return Err(NoLog::Stopped);
                }
                let more = details(log, from_ref(policy), options, &progress);
                found.extend(more.map_err(|error| no_threads(&error))?);
            }
            let report = earnest_report::log(&facts, policies, &found);
            let json = json::compared(found.iter().map(|it| &it.figures));
            Ok((report, json))
        }
        Trial::Sweep {
            base,
            sweep,
            rank: by,
        } => {
            run.step(State::Replaying, all(sweep.policies().len()));
            let rows = sweep.run(log, options, &progress, &|| run.is_stopped());
            let mut rows = rows.map_err(|error| no_threads(&error))?;
            if run.is_stopped() {
                return Err(NoLog::Stopped);
            }
            rank(&mut rows, *by, false);
            let swept = Swept {
                base,
                sweep,
                rows: &rows,
                rank: *by,
            };
            let ranked = Ranked {
                base,
                sweep,
                rows: &rows,
                rank: *by,
                messages: facts.messages,
                until: facts.until,
            };
            Ok((earnest_report::sweep(&facts, &swept), ranked.json()))
        }
    }
}

fn write(report: &Report, json: &Value, notes: Vec<String>) -> Result<Made, NoLog> {
    let mut json = serde_json::to_vec_pretty(json)
        .map_err(|error| NoLog::because(format!("the figures cannot be written: {error}")))?;
    json.push(b'\n');
    Ok(Made {
        body: earnest_report::body_within(report, REPORT_MOST),
        page: Bytes::from(earnest_report::page(report)),
        json: Bytes::from(json),
        notes,
    })
}

/// Returns how many threads a run takes: half of those that there are.
fn threads() -> NonZeroUsize {
    let all = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    NonZeroUsize::new(all / 2).unwrap_or(NonZeroUsize::MIN)
}

fn no_threads(error: &rayon::ThreadPoolBuildError) -> NoLog {
    NoLog::Failed(Box::new(Failed {
        why: format!("the threads cannot be started: {error}"),
        again: None,
    }))
}
