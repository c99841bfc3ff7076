//! `earnest export`: what a store keeps, as lines for other programs.
//!
//! Owns: the lines. Does not own: their fields ([`earnest_engine::webhooks::listed_event`], which this is held equal to). Invariants: of a
//! contract the events stand in their order without a gap, with everything that fell due by now; memory does not
//! grow with the store.

use crate::error::Error;
use crate::output::Out;
use crate::progress;
use crate::settings::StoreArgs;
use crate::store::{self, Need, block_on, refused};
use earnest_core::event::Event;
use earnest_core::units::ContractId;
use earnest_engine::Engine;

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
            out.line(line(contract, seq, &stored.event)?)?;
        }
    }
    Ok(())
}

/// Returns an event as a line. Whose it is and which it is stand first: lines are read by people, too.
fn line(contract: &ContractId, seq: u64, event: &Event) -> Result<String, Error> {
    let event = serde_json::to_string(event)?;
    let fields = event.strip_prefix('{').unwrap_or(&event);
    // INVARIANT: an id is its own JSON, and an event has fields.
    if seq > 1 {
        return Ok(format!(
            "{{\"contract\":\"{contract}\",\"seq\":{seq},{fields}"
        ));
    }
    // The first event names its contract itself, and a key stands once in an object.
    let own = format!("\"contract\":\"{contract}\",");
    let fields = fields.replacen(&own, "", 1);
    Ok(format!(
        "{{\"contract\":\"{contract}\",\"seq\":{seq},{fields}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_core::Contract;
    use earnest_core::command::CreateContract;
    use earnest_core::event::Fact;
    use earnest_core::policy::preset;
    use earnest_core::units::{MessageId, SeatId, Timestamp};
    use earnest_engine::webhooks::listed_event;

    fn as_listed(seq: u64, event: &Event) {
        let contract = ContractId::new("acme").unwrap();
        let line: serde_json::Value =
            serde_json::from_str(&line(&contract, seq, event).unwrap()).unwrap();
        let listed = listed_event(&contract, seq, event).unwrap();
        assert_eq!(line, serde_json::Value::Object(listed));
    }

    #[test]
    fn a_line_has_the_fields_of_the_event_as_it_is_listed() {
        let create = CreateContract {
            id: ContractId::new("acme").unwrap(),
            name: "\"contract\":\"acme\",".to_owned(),
            policy: preset::get("inmail-2015").unwrap(),
            allotments: true,
            bulk_disabled: false,
        };
        let at = Timestamp::parse("2015-01-02T09:00:00Z").unwrap();
        as_listed(1, &Contract::create(&create, at).1);
        let fact = Fact::MessageSeen {
            message: MessageId::new("m1").unwrap(),
            seat: SeatId::new("ana").unwrap(),
        };
        as_listed(2, &Event { at, fact });
    }
}
