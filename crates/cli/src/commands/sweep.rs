//! `earnest sweep`: tries every combination of values for some keys of a policy on a log.
//!
//! Owns: the options, progress, what Ctrl-C does, what is printed. Does not own: the combinations and their replay
//! ([`earnest_lab::sweep`]). Invariants: keys and values are read before the log, so that a slip costs no minutes; a
//! sweep that is stopped prints what was done and says so, and ends with 130.

mod print;
pub(super) mod stop;

use crate::commands::backtest::{Credits, no_threads, tell_slow};
use crate::error::Error;
use crate::logs::LogArgs;
use crate::output::Out;
use crate::{page, policies, progress};
use earnest_backtest::log::Log;
use earnest_backtest::replay::Options;
use earnest_core::units::Timestamp;
use earnest_lab::sweep::{Figure, Row, Sweep, rank};
use earnest_lab::vary::Vary;
use earnest_report::{LogFacts, Swept};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use stop::Stop;

const EXAMPLES: &str = "\
Examples:
  earnest sweep outreach.csv --policy inmail-thread --vary gate.check.rate_at_most=5%..25%:1%
  earnest sweep outreach.parquet --policy recruiter-2024 --vary gate.period_days=7,14,28 \\
    --vary 'gate.stage[].days=7..21:7' --rank lost_share --top 5
  earnest sweep --generate 100000 --policy inmail-2015 --vary settlement.window_days=30..90:30 --csv";

/// Tries every combination of values for some keys of a policy on a log, and ranks them
///
/// A key is named by its path in the policy file; `[]` means every element, `[0]` the first. Its values are a list
/// `A,B,C` or a range `FROM..TO:STEP`, of whole numbers, of exact ratios (`13/100`, `13%`, `0.13`), or of words. A
/// refused message that the log says was answered is an answer lost; one that nobody answered is attention spared.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SweepArgs {
    #[command(flatten)]
    log: LogArgs,
    /// The policy to start from: a preset, or the path of a policy file
    #[arg(long, value_name = "BASE", default_value = "inmail-2015")]
    policy: String,
    /// A key and its values: KEY=FROM..TO:STEP or KEY=A,B,C; again for more keys
    #[arg(long, value_name = "KEY=VALUES", required = true)]
    vary: Vec<String>,
    /// The figure to rank by, the best first
    #[arg(long, value_name = "FIGURE", default_value = "avoided")]
    rank: Figure,
    /// Put the worst first
    #[arg(long)]
    reverse: bool,
    /// How many rows the table shows; --json and --csv have all
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
    #[command(flatten)]
    replay: ReplayArgs,
    /// Write the result as a page too, with a heat map and the frontier, that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print JSON
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print csv: a row for each combination, the best first
    #[arg(long)]
    csv: bool,
}

/// How a log is replayed.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ReplayArgs {
    /// What messages are paid from: `granted` by the policy, or `unlimited`
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = Credits::Granted, hide_possible_values = true)]
    credits: Credits,
    /// When to look at the figures [default: the log's last instant]
    #[arg(long, value_name = "INSTANT")]
    until: Option<Timestamp>,
    /// How many threads to use [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

impl ReplayArgs {
    pub(super) fn options(&self) -> Options {
        Options {
            credits: self.credits.into(),
            until: self.until,
            threads: self.threads,
        }
    }
}

/// Sweeps and prints; the exit code says whether all was done.
pub(crate) fn run(args: &SweepArgs, out: &mut Out) -> Result<ExitCode, Error> {
    let sweep = sweep(&args.policy, &args.vary)?;
    let log = args.log.open()?;
    let options = args.replay.options();
    let mut rows = tried(&sweep, &log, &options)?;
    let done = rows.len();
    rank(&mut rows, args.rank, args.reverse);
    let facts = LogFacts::of(args.log.name(), &log, &options);
    if let Some(path) = &args.html {
        let swept = Swept {
            base: &args.policy,
            sweep: &sweep,
            rows: &rows,
            rank: args.rank,
        };
        page::write(path, &earnest_report::sweep(&facts, &swept))?;
    }
    let table = print::Table {
        log: &facts,
        base: &args.policy,
        sweep: &sweep,
        rows: &rows,
        rank: args.rank,
        top: args.top,
    };
    if args.json {
        out.json(&table.json())?;
    } else if args.csv {
        table.csv(out)?;
    } else {
        table.print(out)?;
    }
    Ok(stop::exit_code(done, sweep.policies().len()))
}

/// Reads the keys and makes all combinations.
pub(super) fn sweep(policy: &str, vary: &[String]) -> Result<Sweep, Error> {
    let base = policies::find(policy)?;
    let varies: Result<Vec<Vary>, _> = vary.iter().map(|text| Vary::parse(text)).collect();
    Sweep::new(&base, varies.map_err(Error::input)?).map_err(Error::input)
}

/// Replays the log under every combination, until Ctrl-C.
pub(super) fn tried(sweep: &Sweep, log: &Log, options: &Options) -> Result<Vec<Row>, Error> {
    tell_slow(sweep.policies(), options)?;
    let whole = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let bar = progress::policies(
        "sweeping",
        whole(log.messages()),
        whole(sweep.policies().len()),
    );
    let stop = Stop::on_ctrl_c();
    let rows = sweep.run(log, options, &|more| bar.inc(more), &|| stop.is_asked());
    bar.finish_and_clear();
    rows.map_err(|error| no_threads(&error))
}
