//! `earnest backtest`: replays a message log under policies and compares what each would have done.
//!
//! Owns: the options, progress, what is printed. Does not own: reading a log, replaying it, the figures
//! ([`earnest_backtest`]). Invariants: policies are read before the log, so that a slip costs no minutes; a
//! log that cannot be read prints no figures.

mod report;

use crate::error::Error;
use crate::logs::LogArgs;
use crate::number::thousands;
use crate::output::Out;
use crate::{page, policies, progress};
use clap::ValueEnum;
use earnest_backtest::log::Log;
use earnest_backtest::replay;
use earnest_backtest::report::Figures;
use earnest_core::policy::Policy;
use earnest_core::units::Timestamp;
use earnest_lab::figures::{Detail, details};
use earnest_lab::json;
use earnest_report::LogFacts;
use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

const EXAMPLES: &str = "\
Examples:
  earnest backtest --generate 100000
  earnest backtest CollegeMsg.txt --policy inmail-2015 --credits unlimited
  earnest backtest outreach.csv --policy inmail-2015 --policy mine.toml --html report.html";

/// Replays a message log under policies and compares what each would have done
///
/// The log is a file of messages: snap (lines `SRC DST UNIXTS`, in .txt), csv, jsonl or parquet. The ending of its
/// name says which, or --format does. A refused message is not sent, so its answer does not happen.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BacktestArgs {
    #[command(flatten)]
    log: LogArgs,
    /// A preset, or the path of a policy file; again for more [default: every preset]
    #[arg(long = "policy", value_name = "POLICY")]
    policies: Vec<String>,
    /// What messages are paid from: `granted` by the policy, or `unlimited`
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = Credits::Granted, hide_possible_values = true)]
    credits: Credits,
    /// When to look at the figures [default: the log's last instant]
    #[arg(long, value_name = "INSTANT")]
    until: Option<Timestamp>,
    /// How many threads to use [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Write the comparison as a page too, with pictures, that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
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

impl From<Credits> for replay::Credits {
    fn from(credits: Credits) -> Self {
        match credits {
            Credits::Granted => Self::Granted,
            Credits::Unlimited => Self::Unlimited,
        }
    }
}

/// Replays and prints.
pub(crate) fn run(args: &BacktestArgs, out: &mut Out) -> Result<(), Error> {
    let policies = policies::named(&args.policies)?;
    let log = args.log.open()?;
    let options = replay::Options {
        credits: args.credits.into(),
        until: args.until,
        threads: args.threads,
    };
    tell_slow(&policies, &options)?;
    let figures = match &args.html {
        None => replayed(&log, &policies, &options)?,
        Some(path) => {
            let details = detailed(&log, &policies, &options)?;
            let facts = LogFacts::of(args.log.name(), &log, &options);
            page::write(path, &earnest_report::log(&facts, &policies, &details))?;
            details.into_iter().map(|detail| detail.figures).collect()
        }
    };
    if args.json {
        return out.json(&json::compared(&figures));
    }
    let report = report::Report {
        name: args.log.name(),
        log: &log,
        policies: &policies,
        options: &options,
        figures: &figures,
    };
    report::print(&report, out)
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
    figures.map_err(|error| no_threads(&error))
}

/// Tells which policies are replayed by asking the engine about every message.
pub(super) fn tell_slow(policies: &[Arc<Policy>], options: &replay::Options) -> Result<(), Error> {
    const NAMED: usize = 3;
    let slow = policies
        .iter()
        .filter(|policy| !replay::is_fast(policy, options.credits));
    let mut names: Vec<&str> = slow.map(|policy| policy.name.as_str()).collect();
    let many = u64::try_from(names.len()).unwrap_or(u64::MAX);
    names.dedup();
    names.truncate(NAMED);
    if many > 0 {
        let policies = match many {
            1 => "1 policy".to_owned(),
            many => format!("{} policies", thousands(many)),
        };
        writeln!(
            io::stderr(),
            "{policies} ({}) can only be replayed message by message, which takes about ten times as long",
            names.join(", ")
        )?;
    }
    Ok(())
}

/// Replays with an eye on every day and seat, which takes longer.
fn detailed(
    log: &Log,
    policies: &[Arc<Policy>],
    options: &replay::Options,
) -> Result<Vec<Detail>, Error> {
    let all = log.messages().saturating_mul(policies.len());
    let bar = progress::messages("replaying", u64::try_from(all).unwrap_or(u64::MAX));
    let details = details(log, policies, options, &|more| bar.inc(more));
    bar.finish_and_clear();
    details.map_err(|error| no_threads(&error))
}

/// Tells that the threads cannot be started.
pub(super) fn no_threads(error: &impl std::fmt::Display) -> Error {
    Error::Input(format!(
        "the threads cannot be started: {error}; try `--threads 1`"
    ))
}
