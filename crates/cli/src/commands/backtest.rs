//! `earnest backtest`: replays a message log under policies and compares what each would have done.
//!
//! Owns: the options, progress, what is printed. Does not own: reading a log, replaying it, the figures
//! ([`earnest_backtest`]). Invariants: policies are read before the log, so that a slip costs no minutes; a
//! log that cannot be read prints no figures.

mod report;

use crate::call::at_least_one;
use crate::error::Error;
use crate::output::Out;
use crate::{policies, progress};
use clap::ValueEnum;
use earnest_backtest::generate::Generator;
use earnest_backtest::log::{Format, Log};
use earnest_backtest::replay;
use earnest_backtest::report::Figures;
use earnest_core::policy::Policy;
use earnest_core::units::Timestamp;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const EXAMPLES: &str = "\
Examples:
  earnest backtest --generate 100000
  earnest backtest CollegeMsg.txt --policy inmail-2015 --credits unlimited
  earnest backtest outreach.csv --policy inmail-2015 --policy mine.toml --json";

/// Replays a message log under policies and compares what each would have done
///
/// The log is a file of messages: snap (lines `SRC DST UNIXTS`, in .txt), csv or jsonl. The ending of its
/// name says which, or --format does. A refused message is not sent, so its answer does not happen.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BacktestArgs {
    /// The message log
    #[arg(
        value_name = "LOG",
        required_unless_present = "generate",
        conflicts_with = "generate"
    )]
    log: Option<PathBuf>,
    /// Replay a made-up year of N messages instead of a log
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    generate: Option<u64>,
    /// What the made-up year grows from: same seed, same year
    #[arg(long, value_name = "S", default_value_t = 1, requires = "generate")]
    seed: u64,
    /// A preset, or the path of a policy file; again for more [default: every preset]
    #[arg(long = "policy", value_name = "POLICY")]
    policies: Vec<String>,
    /// What messages are paid from: `granted` by the policy, or `unlimited`
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = Credits::Granted, hide_possible_values = true)]
    credits: Credits,
    /// When to look at the figures [default: the log's last instant]
    #[arg(long, value_name = "INSTANT")]
    until: Option<Timestamp>,
    /// The log's format, where its name does not say: snap, csv or jsonl
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// How many threads to use [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Which credits a replay runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Credits {
    /// Those that the policy grants.
    Granted,
    /// As many as it takes.
    Unlimited,
}

/// Replays and prints.
pub(crate) fn run(args: &BacktestArgs, out: &mut Out) -> Result<(), Error> {
    let policies = policies::named(&args.policies)?;
    let log = log(args)?;
    let options = replay::Options {
        credits: match args.credits {
            Credits::Granted => replay::Credits::Granted,
            Credits::Unlimited => replay::Credits::Unlimited,
        },
        until: args.until,
        threads: args.threads,
    };
    let figures = replayed(&log, &policies, &options)?;
    if args.json {
        return out.json(&serde_json::json!({ "policies": figures }));
    }
    let name = match &args.log {
        Some(path) => path.display().to_string(),
        None => format!("a made-up year of outreach (seed {})", args.seed),
    };
    let report = report::Report {
        name,
        log: &log,
        policies: &policies,
        options: &options,
        figures: &figures,
    };
    report::print(&report, out)
}

fn log(args: &BacktestArgs) -> Result<Log, Error> {
    match (&args.log, args.generate) {
        (Some(path), _) => read(path, args.format),
        (None, messages) => made_up(messages.unwrap_or_default(), args.seed),
    }
}

fn read(path: &Path, format: Option<Format>) -> Result<Log, Error> {
    let size = fs::metadata(path).map_or(0, |it| it.len());
    let bar = progress::bytes("reading", size);
    let log = Log::open(path, format, &mut |read| bar.set_position(read));
    bar.finish_and_clear();
    log.map_err(Error::input)
}

fn made_up(messages: u64, seed: u64) -> Result<Log, Error> {
    Generator::new(messages, seed)
        .into_log()
        .map_err(Error::input)
}

fn replayed(
    log: &Log,
    policies: &[Arc<Policy>],
    options: &replay::Options,
) -> Result<Vec<Figures>, Error> {
    let all = log.messages().saturating_mul(policies.len());
    let bar = progress::messages("replaying", u64::try_from(all).unwrap_or(u64::MAX));
    let figures = replay::run(log, policies, options, &|more| bar.inc(more));
    bar.finish_and_clear();
    figures.map_err(|error| {
        Error::Input(format!(
            "the threads cannot be started: {error}; try `--threads 1`"
        ))
    })
}
