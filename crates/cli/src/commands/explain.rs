//! `earnest explain`: why a message's credit is where it is, and what can still happen to it.
//!
//! Owns: the options and lines. Does not own: the story ([`earnest_core::explain`]).

use crate::error::Error;
use crate::output::{Look, Out};
use crate::settings::StoreArgs;
use crate::store::{self, Need, block_on, refused};
use earnest_core::explain::Explanation;
use earnest_core::units::MessageId;
use earnest_engine::{Failure, MessageRecord};
use serde_json::json;

/// Says why a message's credit is where it is, and what can still happen to it
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// The message's id
    #[arg(value_name = "MESSAGE")]
    message: MessageId,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
}

/// Explains and prints.
pub(crate) fn run(args: &ExplainArgs, out: &mut Out) -> Result<(), Error> {
    let config = args.store.read()?;
    let (message, explanation) = block_on(async {
        let engine = store::take_up(&config, Need::There).await?;
        let unknown = |failure| match failure {
            Failure::UnknownMessage(id) => Error::Input(format!(
                "there is no message `{id}`; its id is what its sender was answered with"
            )),
            failure => refused(failure),
        };
        let explanation = engine.explanation(&args.message).await.map_err(unknown)?;
        let message = engine.message(&args.message).await.map_err(unknown)?;
        store::close(&engine).await?;
        Ok((message, explanation))
    })?;
    match args.json {
        true => out.json(&json!({
            "message": message.id,
            "contract": message.contract,
            "seat": message.seat,
            "to": message.to,
            "sent_at": message.sent_at,
            "status": message.status,
            "credit": message.credit,
            "explanation": explanation,
        })),
        false => print(&message, &explanation, out),
    }
}

fn print(message: &MessageRecord, told: &Explanation, out: &mut Out) -> Result<(), Error> {
    let heading = format_args!(
        "{}  {}: {} to {}, {}",
        message.id, message.contract, message.seat, message.to, message.sent_at
    );
    out.line(out.paint(Look::Bold, heading))?;
    told.text
        .iter()
        .try_for_each(|sentence| out.paragraph("", sentence))
}
