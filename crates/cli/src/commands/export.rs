//! `earnest export`: what a store keeps, as lines for other programs.
//!
//! Owns: the lines. Does not own: their fields ([`earnest_engine::webhooks::listed_event`]). Invariants: of a
//! contract the events stand in their order without a gap, with everything that fell due by now; memory does not
//! grow with the store.

use crate::error::Error;
use crate::output::Out;
use crate::progress;
use crate::settings::StoreArgs;
use crate::store::{self, Need, block_on, refused};
use earnest_core::units::ContractId;
use earnest_engine::Engine;
use earnest_engine::webhooks::listed_event;

/// How many events are read at once.
const PAGE: usize = 2_048;

/// What may be exported.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ExportCommand {
    Events(EventsArgs),
}

/// Prints the event log as JSON lines: contract, seq, at, type and what the type has
///
/// Contracts come in the order of their ids, and the events of one in their order, from 1 without a gap.
#[derive(Debug, clap::Args)]
pub(crate) struct EventsArgs {
    /// Only this contract's
    #[arg(long, value_name = "C")]
    contract: Option<ContractId>,
    #[command(flatten)]
    store: StoreArgs,
}

/// Runs the one that was asked for.
pub(crate) fn run(command: &ExportCommand, out: &mut Out) -> Result<(), Error> {
    let ExportCommand::Events(args) = command;
    let config = args.store.read()?;
    block_on(async {
        let engine = store::take_up(&config, Need::There).await?;
        let exported = match &args.contract {
            Some(contract) => events(&engine, contract, out).await,
            None => all(&engine, out).await,
        };
        store::close(&engine).await?;
        exported
    })
}

async fn all(engine: &Engine, out: &mut Out) -> Result<(), Error> {
    const PAGE: usize = 1_000;
    let status = engine.store().status().await;
    let contracts = status.map_or(0, |status| status.contracts);
    let bar = progress::contracts("exporting", contracts);
    let mut after: Option<ContractId> = None;
    loop {
        let ids = engine
            .contract_ids(after.as_ref(), PAGE)
            .await
            .map_err(refused)?;
        for contract in &ids {
            events(engine, contract, out).await?;
            bar.inc(1);
        }
        match ids.last() {
            Some(last) if ids.len() == PAGE => after = Some(last.clone()),
            _ => break,
        }
    }
    bar.finish_and_clear();
    Ok(())
}

async fn events(engine: &Engine, contract: &ContractId, out: &mut Out) -> Result<(), Error> {
    let newest = engine.newest_event(contract).await.map_err(refused)?;
    let mut seq = 0;
    while seq < newest {
        let events = engine.events(contract, seq + 1, newest, false, PAGE).await;
        let events = events.map_err(refused)?;
        if events.is_empty() {
            return Err(Error::Input(format!(
                "contract `{contract}` has no event {}; `earnest audit` says what else is wrong",
                seq + 1
            )));
        }
        for stored in events {
            seq = stored.seq;
            let listed = listed_event(contract, seq, &stored.event).map_err(refused)?;
            // Whose it is and which it is stand first: lines are read by people, too.
            let mut line = serde_json::Map::new();
            line.insert("contract".to_owned(), contract.as_str().into());
            line.extend(listed);
            out.line(serde_json::Value::Object(line))?;
        }
    }
    Ok(())
}
