//! `earnest simulate`: lets made-up people live under policies, and compares what they then do.
//!
//! Owns: the options, progress, what is printed. Does not own: the people ([`earnest_market`]), nor any rule.
//! Invariants: policies and the market's file are read before anything is played; every page says that people are
//! made up.

mod report;
mod sensitivity;

use crate::call::at_least_one;
use crate::error::Error;
use crate::output::Out;
use crate::{page, policies, progress};
use earnest_core::policy::Policy;
use earnest_market::{Outcome, Settings, defaults, run as play};
use earnest_report::market;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const EXAMPLES: &str = "\
Examples:
  earnest simulate
  earnest simulate --policy inmail-2015 --policy mine.toml --seed 7 --worlds 10
  earnest simulate --show-market > market.toml
  earnest simulate --market market.toml --html simulation.html
  earnest simulate --policy inmail-2013 --policy inmail-2015 --sensitivity";

/// What is compared where no policy is named: the question that the project came from.
const ASKED: [&str; 3] = ["inmail-2013", "inmail-2015", "inmail-thread"];

/// Lets made-up senders and recipients live under policies, and compares what they do
///
/// A log cannot tell how people change when the rules change. Here senders send more while it pays, take more care
/// when credits are dear, and mind a warning; recipients read less the more they are sent. docs/simulation.md says
/// what this rests on, and where it is not to be believed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SimulateArgs {
    /// A preset, or the path of a policy file; again for more [default: inmail-2013, inmail-2015, inmail-thread]
    #[arg(long = "policy", value_name = "POLICY")]
    policies: Vec<String>,
    /// What the first world grows from: same seed, same people
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// How many worlds to play under each policy: seeds S, S + 1, ...
    #[arg(long, value_name = "N", default_value = "3", value_parser = at_least_one)]
    worlds: u64,
    /// A file with the people and how they react; it names only what differs from --show-market
    #[arg(long, value_name = "FILE")]
    market: Option<PathBuf>,
    /// Print the people and how they react as a file, and end
    #[arg(long, conflicts_with_all = ["market", "policies", "json", "html"])]
    show_market: bool,
    /// Halve and double each assumption about people, and say how far the differences between policies rest on it
    #[arg(long, conflicts_with_all = ["html", "show_market"])]
    sensitivity: bool,
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

/// Plays and prints.
pub(crate) fn run(args: &SimulateArgs, out: &mut Out) -> Result<(), Error> {
    if args.show_market {
        return out.line(defaults().trim_end());
    }
    let names = match args.policies.as_slice() {
        [] => ASKED.map(str::to_owned).to_vec(),
        named => named.to_vec(),
    };
    let policies = policies::named(&names)?;
    let settings = settings(args.market.as_deref())?;
    if args.sensitivity {
        return sensitivity::run(args, &policies, &settings, out);
    }
    let outcomes = played(args, &policies, &settings)?;
    if let Some(path) = &args.html {
        page::write(path, &market(&settings, args.seed, &outcomes))?;
    }
    if args.json {
        return out.json(&report::data(args.seed, &settings, &outcomes));
    }
    report::print(
        &report::Report {
            settings: &settings,
            seed: args.seed,
            outcomes: &outcomes,
        },
        out,
    )
}

fn settings(path: Option<&Path>) -> Result<Settings, Error> {
    let Some(path) = path else {
        return Settings::standard().map_err(Error::input);
    };
    let name = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| {
        Error::Input(format!(
            "the file `{name}` cannot be read: {error}; `earnest simulate --show-market` prints one to begin with"
        ))
    })?;
    Settings::parse(&name, &text).map_err(Error::input)
}

fn played(
    args: &SimulateArgs,
    policies: &[Arc<Policy>],
    settings: &Settings,
) -> Result<Vec<Outcome>, Error> {
    let worlds = worlds(args)?;
    let weeks = u64::from(settings.warmup_weeks) + u64::from(settings.weeks);
    let many = u64::try_from(policies.len()).unwrap_or(u64::MAX);
    let bar = progress::weeks(
        "simulating",
        weeks.saturating_mul(args.worlds).saturating_mul(many),
    );
    let outcomes = play(policies, settings, args.seed, worlds, args.threads, &|| {
        bar.inc(1);
    });
    bar.finish_and_clear();
    outcomes.map_err(|error| no_threads(&error))
}

fn worlds(args: &SimulateArgs) -> Result<u32, Error> {
    u32::try_from(args.worlds).map_err(|_| {
        Error::Input(format!(
            "`{}` worlds are too many; ask for fewer",
            args.worlds
        ))
    })
}

fn no_threads(error: &impl std::fmt::Display) -> Error {
    Error::Input(format!(
        "the threads cannot be started: {error}; try `--threads 1`"
    ))
}
