//! `earnest copy`: moves a store to another place, of whichever kind.
//!
//! Owns: what is said, progress, and that the copy is checked. Does not own: the copying ([`crate::copy`]). Invariant:
//! it is only called done when every contract has the source's events and the audit finds nothing.

use crate::commands::audit;
use crate::copy::{self, Copy};
use crate::error::Error;
use crate::number::{count, thousands};
use crate::output::Out;
use crate::progress;
use crate::settings::StoreArgs;
use crate::store::{self, Need, block_on, failed};
use earnest_server::config::{Config, StoreUrl};
use earnest_store::Store;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

const EXAMPLES: &str = "\
Example: from a file into PostgreSQL
  earnest copy --from sqlite:earnest.db --to postgres://earnest@db/earnest
  (stop the servers on the file)
  earnest copy --from sqlite:earnest.db --to postgres://earnest@db/earnest
  earnest serve --store postgres://earnest@db/earnest";

/// Copies a store to another place: from a file into PostgreSQL, or back
///
/// Everything goes along: events, messages, idempotency keys, API keys, preferences, policies, webhooks and what they
/// were sent. A copy that was interrupted goes on where it stopped; done again, it brings what has come since. At the
/// end the copy is audited. Stop the servers of the source before the last time.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CopyArgs {
    /// The store to copy
    #[arg(long, value_name = "URL")]
    from: StoreUrl,
    /// Where to; a store that is not there is begun
    #[arg(long, value_name = "URL")]
    to: StoreUrl,
    /// The file of settings [default: earnest.toml, where there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Copies, and checks the copy.
pub(crate) fn run(args: &CopyArgs, out: &mut Out) -> Result<(), Error> {
    if args.from == args.to {
        return Err(Error::Input(format!(
            "`{}` is both the source and the copy; name another place with `--to`",
            args.to
        )));
    }
    let settings = StoreArgs {
        store: None,
        config: args.config.clone(),
    };
    let config = settings.read()?;
    block_on(async {
        let from = store::open_at(&args.from, &config, Need::There).await?;
        let to = store::open_at(&args.to, &config, Need::Any).await?;
        let done = copy_and_check(&from, &to, &config, out).await;
        from.close().await.map_err(|error| failed(&error))?;
        to.close().await.map_err(|error| failed(&error))?;
        done
    })
}

async fn copy_and_check(
    from: &Arc<dyn Store>,
    to: &Arc<dyn Store>,
    config: &Config,
    out: &mut Out,
) -> Result<(), Error> {
    let copying = Copy::begin(Arc::clone(from), Arc::clone(to)).await?;
    if copying.is_begun() {
        out.line("a copy was begun there before; it goes on")?;
    }
    let all = copy::contracts(&**from)
        .await?
        .iter()
        .map(|row| row.seq)
        .sum();
    let bar = progress::events("copying", all);
    let counting = bar.clone();
    let copied = copying.run(&move |more| counting.inc(more)).await;
    bar.finish_and_clear();
    let copied = copied?;
    out.line(format_args!(
        "copied {}, {}, {}, {} and {} webhook deliveries",
        count(copied.events, "event"),
        count(copied.messages, "message"),
        count(copied.answers, "idempotency key"),
        count(copied.documents, "document"),
        thousands(copied.deliveries),
    ))?;
    compare(from, to).await?;
    let engine = store::engine(Arc::clone(to), config.engine.clone()).await?;
    let found = audit::all(&engine).await.map_err(|error| failed(&error))?;
    if let Some(finding) = &found.first {
        return Err(Error::Input(format!(
            "the copy is not right: {finding}\nsee with `earnest audit` whether the source is, and copy into an empty store"
        )));
    }
    out.line(format_args!(
        "audited {}, {}, {}: the copy is whole",
        count(found.contracts, "contract"),
        count(found.events, "event"),
        count(found.messages, "message"),
    ))
}

/// Sees that the copy has the events of the source.
async fn compare(from: &Arc<dyn Store>, to: &Arc<dyn Store>) -> Result<(), Error> {
    let (source, copied) = (
        copy::contracts(&**from).await?,
        copy::contracts(&**to).await?,
    );
    let copied: BTreeMap<_, _> = copied
        .iter()
        .map(|it| (&it.id, (it.seq, it.token)))
        .collect();
    let differs = source
        .iter()
        .find(|row| copied.get(&row.id) != Some(&(row.seq, row.token)));
    match differs {
        None => Ok(()),
        Some(row) => Err(Error::Input(format!(
            "contract `{}` has gone on in the source meanwhile\nstop the servers of the source, and run the same command again: it goes on where it stopped",
            row.id
        ))),
    }
}
