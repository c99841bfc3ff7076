//! `earnest import`: puts a message log into a store.
//!
//! Owns: the options, progress, what is printed, and remembering which imports were done. Does not own: telling
//! the story ([`crate::import`]). Invariants: a log with a bad line, or one that tells of what is still to come,
//! imports nothing; only one process imports into a store at a time.

use crate::commands::backtest::Credits;
use crate::error::Error;
use crate::import::{self, Import, NoWords, Told};
use crate::lock::{self, Importing};
use crate::number::{count, thousands};
use crate::output::Out;
use crate::settings::StoreArgs;
use crate::store::{self, Need, block_on, failed, refused};
use crate::{policies, progress};
use earnest_backtest::log::{Format, Log};
use earnest_core::policy::{Policy, file};
use earnest_core::units::Timestamp;
use earnest_engine::{Engine, Failure};
use earnest_store::Put;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

/// The kind of the documents that say which imports were done.
const KIND: &str = "import";

const EXAMPLES: &str = "\
Examples:
  earnest import snap CollegeMsg.txt --credits unlimited --until end
  earnest import csv outreach.csv --policy recruiter-2024 --live
  earnest import jsonl outreach.jsonl --store sqlite:trial.db";

/// Puts a message log into a store
///
/// Each contract of the log starts at its first message, with its seats. Messages, answers and sights are told at
/// their instants, so that the contract is as of its newest event; `--until end` records what falls due up to the
/// log's last instant, too, and `--live` hands the contract over to time. Imported again, a log adds nothing; an
/// import that was broken off goes on where it was.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ImportArgs {
    /// The log's format: snap, csv, jsonl or parquet
    #[arg(value_name = "FORMAT")]
    format: Format,
    /// The message log
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The policy that the contracts follow: a preset, one that was uploaded, or the path of a file
    #[arg(long, value_name = "NAME", default_value = "inmail-2015")]
    policy: String,
    /// What messages are paid from: `granted` by the policy, or `unlimited`
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = Credits::Granted, hide_possible_values = true)]
    credits: Credits,
    /// Up to when it is told, and what falls due recorded: an instant, or `end` for the log's last
    #[arg(long, value_name = "INSTANT")]
    until: Option<Until>,
    /// Set the contracts live in the end: from then on it is now for them
    #[arg(long)]
    live: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
}

/// Up to when a log is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    /// The log's last instant.
    End,
    /// An instant.
    At(Timestamp),
}

impl FromStr for Until {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "end" => Ok(Self::End),
            _ => text
                .parse()
                .map(Self::At)
                .map_err(|error: earnest_core::units::InstantError| {
                    format!("{error}; or write `end` for the log's last instant")
                }),
        }
    }
}

/// Imports and prints.
pub(crate) fn run(args: &ImportArgs, out: &mut Out) -> Result<(), Error> {
    let config = args.store.read()?;
    let (log, hash) = read(&args.file, args.format)?;
    let mut options = config.engine.clone();
    // The lanes hand over much at once, and wait for it.
    options.waiting_most = options.waiting_most.max(1_000_000);
    let (told, repeated) = block_on(async {
        let store = store::open(&config, Need::Any).await?;
        let engine = store::engine(store, options).await?;
        let done = match lock::for_import(&config, &engine).await {
            Ok(alone) => {
                let alone = Arc::new(alone);
                let done = import(args, log, &hash, &engine, &alone).await;
                let ended = match Arc::into_inner(alone) {
                    Some(alone) => alone.end(&engine).await,
                    None => Ok(()),
                };
                done.and_then(|done| ended.map(|()| done))
            }
            Err(error) => Err(error),
        };
        store::close(&engine).await?;
        done
    })?;
    if args.json {
        return out.json(&told);
    }
    print(&told, repeated, out)
}

/// Reads the log, and returns the hash of its bytes beside it.
fn read(path: &Path, format: Format) -> Result<(Log, Sha256), Error> {
    let shown = path.display().to_string();
    let cannot = |error: io::Error| Error::Input(format!("cannot open `{shown}`: {error}"));
    let file = File::open(path).map_err(cannot)?;
    let size = file.metadata().map_or(0, |it| it.len());
    let bar = progress::bytes("reading", size);
    let mut hashing = Hashing {
        from: file,
        hash: Sha256::new(),
    };
    let log = Log::read_with_campaigns(&mut hashing, &shown, format, &mut |read| {
        bar.set_position(read);
    });
    bar.finish_and_clear();
    Ok((log.map_err(Error::input)?, hashing.hash))
}

/// Hashes what is read through it.
struct Hashing {
    from: File,
    hash: Sha256,
}

impl Read for Hashing {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(into)?;
        self.hash.update(into.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// Imports, and returns what came of it and whether it had been done before.
async fn import(
    args: &ImportArgs,
    log: Log,
    hash: &Sha256,
    engine: &Engine,
    alone: &Arc<Importing>,
) -> Result<(Told, bool), Error> {
    let until = args.until.map(|until| match until {
        Until::End => log.last(),
        Until::At(at) => at,
    });
    import::check_past(&log, until, engine.now())?;
    let policy = policy(engine, &args.policy).await?;
    let import = Arc::new(Import {
        policy,
        unlimited: args.credits == Credits::Unlimited,
        until,
        live: args.live,
        shift: 0,
        words: Box::new(NoWords),
        log: Arc::new(log),
    });
    let id = id(hash, &import);
    if let Some(told) = done_before(engine, &id).await? {
        let again = Told {
            added: 0,
            there: told.there + told.added,
            ..told
        };
        return Ok((again, true));
    }
    let bar = progress::messages("importing", import.messages());
    let counting = bar.clone();
    let counting = Arc::new(move |more| counting.inc(more));
    let told = import::run(engine, &import, Some(Arc::clone(alone)), counting).await;
    bar.finish_and_clear();
    let told = told?;
    remember(engine, &id, &told).await?;
    Ok((told, false))
}

/// Returns by what an import is known: the log's bytes, and how it is told.
fn id(hash: &Sha256, import: &Import) -> String {
    let mut hash = hash.clone();
    let how = (
        import.policy.name.as_str(),
        import.unlimited,
        import.until.map(Timestamp::millis),
        import.live,
    );
    hash.update(format!("{how:?}").as_bytes());
    let digest = hash.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn done_before(engine: &Engine, id: &str) -> Result<Option<Told>, Error> {
    let document = engine.store().document(KIND, id).await;
    let document = document.map_err(|error| failed(&error))?;
    // One that cannot be read is as good as none: the contracts say the same.
    Ok(document.and_then(|it| serde_json::from_slice(&it.body).ok()))
}

async fn remember(engine: &Engine, id: &str, told: &Told) -> Result<(), Error> {
    let put = Put {
        kind: KIND.to_owned(),
        id: id.to_owned(),
        expected: None,
        body: Some(serde_json::to_vec(told)?),
    };
    let kept = engine.store().put(vec![put]).await;
    kept.map_err(|error| failed(&error))
}

/// Finds the policy that contracts are to follow; a file is uploaded.
pub(crate) async fn policy(engine: &Engine, name: &str) -> Result<Arc<Policy>, Error> {
    if !policies::is_path(name) {
        return match engine.policy(name).await {
            Ok(record) => Ok(record.policy),
            Err(Failure::UnknownPolicy(_)) => Err(policies::unknown(name)),
            Err(failure) => Err(refused(failure)),
        };
    }
    let policy = policies::find(name)?;
    let record = engine.upload_policy(&one_text(name, &policy)?).await;
    Ok(record.map_err(refused)?.policy)
}

/// Returns the text of a policy file as a store keeps it: alone, with a name.
fn one_text(path: &str, policy: &Policy) -> Result<String, Error> {
    let layers = policies::layers(path)?;
    let text = layers.sources().first().map(|source| source.text.clone());
    let text = text.unwrap_or_default();
    if let Ok(alone) = file::parse(path, &text)
        && alone == *policy
    {
        let named = file::parse("policy.toml", &text).is_ok_and(|it| it.name == policy.name);
        return Ok(match named {
            true => text,
            // The file's name named it, and a store has no files.
            false => format!("name = \"{}\"\n{text}", policy.name),
        });
    }
    let from = layers
        .sources()
        .get(1)
        .map_or("another", |source| source.name.as_str());
    Err(Error::Input(format!(
        "`{path}` starts from `{from}`, and a store keeps a policy in one text\nput what it takes from there into it, or start from a preset"
    )))
}

fn print(told: &Told, repeated: bool, out: &mut Out) -> Result<(), Error> {
    out.line(format_args!(
        "{} of {}: {} sent, {} answered",
        count(told.messages, "message"),
        count(told.contracts, "contract"),
        thousands(told.sent),
        thousands(told.answers),
    ))?;
    for (code, refused) in &told.refused {
        out.line(format_args!("{} refused: {code}", thousands(*refused)))?;
    }
    if told.refused_before > 0 {
        let before = thousands(told.refused_before);
        out.line(format_args!(
            "{before} refused by the import that this one went on with"
        ))?;
    }
    if repeated || told.added == 0 {
        return out.line("all of it was there before; nothing was added");
    }
    match told.there {
        0 => Ok(()),
        there => out.line(format_args!(
            "{} of it was there before; {} was added",
            thousands(there),
            thousands(told.added)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_an_instant_or_the_log_s() {
        assert_eq!("end".parse(), Ok(Until::End));
        let at = Timestamp::parse("2015-01-02T09:00:00Z").unwrap();
        assert_eq!("2015-01-02T09:00:00Z".parse(), Ok(Until::At(at)));
        assert!("soon".parse::<Until>().unwrap_err().contains("`end`"));
    }
}
