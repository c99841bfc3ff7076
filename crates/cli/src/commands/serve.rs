//! `earnest serve`: the server.
//!
//! Owns: what is set, the log, the background work, how it ends. Does not own: what is answered
//! ([`earnest_server`], [`earnest_web`]). Invariants: everything that is set is checked before anything is opened; told to stop, the
//! server ends within ten seconds with 0.

use crate::error::Error;
use crate::logging;
use crate::output::Out;
use crate::settings::StoreArgs;
use crate::store::{self, Need, block_on, refused};
use earnest_engine::Engine;
use earnest_server::config::{Config, StoreUrl};
use earnest_server::{BindError, Server, Settings};
use std::future::Future;
use std::io::{self, Write as _};
use std::time::Duration;

/// How long the store may take to close.
const CLOSE: Duration = Duration::from_millis(1_500);

const EXAMPLES: &str = "\
Examples:
  earnest serve
  earnest serve --store sqlite:/var/lib/earnest/earnest.db --listen 0.0.0.0:8080
  earnest serve --log-format json --set limits.connections=1000
  earnest serve --print-config > earnest.toml";

/// Serves the API and the pages, and does what falls due
///
/// What is set comes from the defaults, then earnest.toml, then EARNEST_ variables, then flags; a later one wins.
/// A store that is not there is begun. SIGTERM and ctrl-c finish open requests and end it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// How the log is written: text or json
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// What is worth a line in it: off, error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
    /// Any other setting, such as `limits.connections=1000`; again for more
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Print what is set, and where each value comes from, as a file of settings
    #[arg(long)]
    print_config: bool,
}

/// Serves until it is told to stop.
pub(crate) fn run(args: &ServeArgs, out: &mut Out) -> Result<(), Error> {
    let config = args.store.read_with(flags(args)?)?;
    if args.print_config {
        return out.line(config.to_toml().trim());
    }
    logging::begin(config.log);
    block_on(serve(&config))
}

fn flags(args: &ServeArgs) -> Result<Vec<(String, String, String)>, Error> {
    let mut flags = Vec::new();
    for set in &args.set {
        let Some((key, value)) = set.split_once('=') else {
            return Err(Error::Input(format!(
                "`--set {set}` sets nothing; write `--set KEY=VALUE`, such as `--set limits.connections=1000`"
            )));
        };
        let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
        flags.push((format!("--set {key}"), key, value));
    }
    for (flag, key, value) in [
        ("--listen", "listen", &args.listen),
        ("--log-format", "log.format", &args.log_format),
        ("--log-level", "log.level", &args.log_level),
    ] {
        if let Some(value) = value {
            flags.push((flag.to_owned(), key.to_owned(), value.clone()));
        }
    }
    Ok(flags)
}

async fn serve(config: &Config) -> Result<(), Error> {
    // Whoever tells it to stop while the store is being opened is heard, too.
    let stop = stop_signal()?;
    let engine = store::take_up(config, Need::Any).await?;
    let server = bind(&engine, &config.server).map_err(Error::input)?;
    invite(&engine, config).await?;
    tracing::info!(
        address = %server.local_addr(),
        store = %config.store,
        "listening on http://{}",
        server.local_addr()
    );
    run_until(engine, server, stop).await
}

/// Listens where the settings say.
///
/// # Errors
/// When the address is taken or cannot be listened on.
pub(crate) fn bind(engine: &Engine, settings: &Settings) -> Result<Server, BindError> {
    Server::bind(engine.clone(), settings.clone(), earnest_web::pages())
}

/// Serves and works in the background until `stop` is done; then ends in peace.
///
/// # Errors
/// When the store cannot be closed.
pub(crate) async fn run_until(
    engine: Engine,
    server: Server,
    stop: impl Future<Output = ()>,
) -> Result<(), Error> {
    let working = engine.start();
    let told = async {
        stop.await;
        tracing::info!("told to stop; open requests are finished");
    };
    server.run(told).await;
    for task in working {
        task.abort();
    }
    if let Err(failure) = engine.note_used_keys().await {
        tracing::warn!("when keys were used could not be noted: {failure}");
    }
    match tokio::time::timeout(CLOSE, store::close(&engine)).await {
        Ok(closed) => closed?,
        // Everything that was answered is kept: only the tidying up is missing.
        Err(_) => tracing::warn!("the store took too long to close"),
    }
    tracing::info!("stopped");
    Ok(())
}

/// Says how to make the first key, where there is none.
async fn invite(engine: &Engine, config: &Config) -> Result<(), Error> {
    if !engine.list_keys().await.map_err(refused)?.is_empty() {
        return Ok(());
    }
    let how = match &config.store {
        StoreUrl::Memory => {
            "there is no key, and a store in memory cannot be given one from outside; serve from a file, or try `earnest demo`".to_owned()
        }
        url => format!(
            "there is no key yet; make the first one with\n  earnest key create --scope admin --store {url}"
        ),
    };
    // Where this cannot be written, whoever calls without a key is told so.
    let _ = writeln!(io::stderr(), "{how}");
    Ok(())
}

/// Returns what is done once the process is told to stop: by SIGTERM, or by ctrl-c.
///
/// # Errors
/// When signals cannot be listened for.
#[cfg(unix)]
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()>, Error> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| {
        signal(kind).map_err(|error| Error::Input(format!("signals cannot be heard: {error}")))
    };
    let mut term = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Returns what is done once the process is told to stop, by ctrl-c.
///
/// # Errors
/// Never here.
#[cfg(not(unix))]
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()>, Error> {
    Ok(async {
        // Where ctrl-c cannot be heard, the process is ended from outside.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
