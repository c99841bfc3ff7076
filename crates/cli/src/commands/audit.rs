//! `earnest audit`: derives everything again from the events, and compares.
//!
//! Owns: which contracts, progress, what is printed, the exit code. Does not own: what is compared
//! ([`earnest_engine::Engine::audit`]). Invariants: an audit changes nothing; a store that cannot be read is no
//! finding, and ends with 2.

use crate::error::Error;
use crate::number::count;
use crate::output::{self, Look, Out};
use crate::progress;
use crate::settings::StoreArgs;
use crate::store::{self, Need, block_on, failed};
use earnest_core::units::ContractId;
use earnest_engine::{Audited, Engine, Finding};
use earnest_store::StoreError;
use serde_json::json;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// How many contracts are checked side by side.
const TOGETHER: usize = 16;

/// Derives every balance again from the events, and compares
///
/// For each contract: its events have no gap, and every credit is in exactly one place after each of them; the
/// state that was kept, its balance and its report are what the events make of them; so is every message. The
/// first contract of which that is not true is named, and the exit code is 1.
#[derive(Debug, clap::Args)]
pub(crate) struct AuditArgs {
    /// Only this contract
    #[arg(long, value_name = "C")]
    contract: Option<ContractId>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) contracts: u64,
    pub(crate) events: u64,
    pub(crate) messages: u64,
    pub(crate) first: Option<Finding>,
}

/// Audits, prints, and returns the exit code: 0 when all is well, 1 when something is not, 2 when the store cannot
/// be read.
pub(crate) fn run(args: &AuditArgs) -> ExitCode {
    let mut out = Out::open();
    match audit(args).and_then(|findings| print(args, &findings, &mut out)) {
        Ok(code) => code,
        Err(Error::Output(error)) => output::failed(&error),
        Err(error @ Error::Input(_)) => {
            // Where even this cannot be written, the exit code has to do.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::from(2)
        }
    }
}

fn audit(args: &AuditArgs) -> Result<Findings, Error> {
    let config = args.store.read()?;
    // An event that does not fit is found by applying it, which stops in its tracks; that is told as a finding.
    std::panic::set_hook(Box::new(|_| {}));
    let found = block_on(async {
        let engine = store::take_up(&config, Need::There).await?;
        let found = match &args.contract {
            Some(contract) => one(&engine, contract).await,
            None => all(&engine).await,
        };
        // What is damaged may not close well either.
        drop(store::close(&engine).await);
        found.map_err(|error| failed(&error))
    });
    drop(std::panic::take_hook());
    found
}

async fn one(engine: &Engine, contract: &ContractId) -> Result<Findings, StoreError> {
    let mut findings = Findings::default();
    findings.add(engine.audit(contract, &|_| {}).await?);
    Ok(findings)
}

/// Audits all contracts, up to the first of which something is wrong.
pub(crate) async fn all(engine: &Engine) -> Result<Findings, StoreError> {
    let contracts = contracts(engine).await?;
    let events = contracts.iter().map(|(_, events)| events).sum();
    let bar = progress::events("auditing", events);
    let mut findings = Findings::default();
    for some in contracts.chunks(TOGETHER) {
        let mut tasks = Vec::with_capacity(some.len());
        for (contract, _) in some {
            let (engine, contract, bar) = (engine.clone(), contract.clone(), bar.clone());
            tasks.push(tokio::spawn(async move {
                engine.audit(&contract, &move |more| bar.inc(more)).await
            }));
        }
        for task in tasks {
            let audited = task
                .await
                .map_err(|error| StoreError::Corrupt(error.to_string()))?;
            findings.add(audited?);
        }
        if findings.first.is_some() {
            break;
        }
    }
    bar.finish_and_clear();
    Ok(findings)
}

/// Returns all contracts, each with how many events it has.
async fn contracts(engine: &Engine) -> Result<Vec<(ContractId, u64)>, StoreError> {
    const PAGE: usize = 1_000;
    let mut all: Vec<(ContractId, u64)> = Vec::new();
    loop {
        let after = all.last().map(|(contract, _)| contract.clone());
        let rows = engine.store().contracts(after.as_ref(), PAGE).await?;
        let is_last = rows.len() < PAGE;
        all.extend(rows.into_iter().map(|row| (row.id, row.seq)));
        if is_last {
            return Ok(all);
        }
    }
}

impl Findings {
    fn add(&mut self, audited: Result<Audited, Finding>) {
        match audited {
            Ok(audited) => {
                self.contracts += 1;
                self.events += audited.events;
                self.messages += audited.messages;
            }
            Err(finding) => self.first = self.first.take().or(Some(finding)),
        }
    }
}

fn print(args: &AuditArgs, findings: &Findings, out: &mut Out) -> Result<ExitCode, Error> {
    let Findings {
        contracts,
        events,
        messages,
        first,
    } = findings;
    if args.json {
        let finding = first.as_ref().map(|finding| {
            json!({
                "contract": finding.contract,
                "event": finding.event,
                "message": finding.message,
                "what": finding.what,
            })
        });
        out.json(&json!({
            "passed": first.is_none(),
            "contracts": contracts,
            "events": events,
            "messages": messages,
            "finding": finding,
        }))?;
    } else if let Some(finding) = first {
        let word = out.paint(Look::Red, format_args!("FAIL"));
        out.line(format_args!("{word} {finding}"))?;
    } else {
        let word = out.paint(Look::Green, format_args!("ok"));
        out.line(format_args!(
            "{word}   {}, {}, {}: all of it is what the events make of it",
            count(*contracts, "contract"),
            count(*events, "event"),
            count(*messages, "message")
        ))?;
    }
    out.flush()?;
    Ok(ExitCode::from(u8::from(first.is_some())))
}
