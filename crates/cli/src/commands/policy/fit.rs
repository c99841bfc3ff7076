//! `earnest policy fit`: finds the thresholds of a policy that keep to a target on a log, and writes a policy file.
//!
//! Owns: the options, what is printed, the file. Does not own: the choice ([`earnest_lab::fit`]). Invariants: what the
//! log cannot tell is always said, in the file too; where nothing keeps to the target no file is written and the exit
//! code is 1; a file that is there is left alone.

use crate::commands::sweep::{self, ReplayArgs, stop};
use crate::error::Error;
use crate::logs::LogArgs;
use crate::number::{count, percent, thousands};
use crate::output::{Look, Out};
use crate::policies;
use earnest_backtest::log::Log;
use earnest_core::policy::Policy;
use earnest_core::units::Ratio;
use earnest_lab::fit::{self, Target, WARNINGS};
use earnest_lab::sweep::{Row, Sweep};
use earnest_lab::vary::{self, Vary};
use serde_json::json;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  earnest policy fit outreach.csv --policy inmail-thread --lost-at-most 1% --out ours.toml
  earnest policy fit outreach.csv --policy recruiter-2024 --lost-at-most 1/200 \\
    --vary gate.check.rate_below=5%..20%:1% --vary gate.period_days=7,14,28 --out ours.toml";

/// Finds the thresholds that spare most unanswered messages and lose few answers, and writes a policy file
///
/// Every combination of the varied keys is tried on the log. Among those that refuse at most the given share of the
/// messages that were answered, the one that refuses most of the messages that nobody answered is taken. Without
/// --vary the threshold of the policy's gate is varied, and from how many messages on it holds.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct FitArgs {
    #[command(flatten)]
    log: LogArgs,
    /// The policy to start from: a preset, or the path of a policy file
    #[arg(long, value_name = "BASE")]
    policy: String,
    /// The target: of the messages that were answered, at most so many are refused, such as 1% or 1/100
    #[arg(long, value_name = "SHARE", value_parser = share)]
    lost_at_most: Ratio,
    /// A key and its values: KEY=FROM..TO:STEP or KEY=A,B,C; again for more keys [default: the gate's thresholds]
    #[arg(long, value_name = "KEY=VALUES")]
    vary: Vec<String>,
    /// Where to write the policy; its name is the file's
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    replay: ReplayArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn share(text: &str) -> Result<Ratio, String> {
    vary::ratio(text)
        .ok_or_else(|| "write a share from 0 to 1, such as 1%, 0.01 or 1/100".to_owned())
}

/// Fits, writes and prints; the exit code says whether the target could be kept.
pub(crate) fn run(args: &FitArgs, out: &mut Out) -> Result<ExitCode, Error> {
    let base = policies::find(&args.policy)?;
    let name = name(&args.out)?;
    if !args.force && args.out.exists() {
        let path = args.out.display();
        return Err(Error::Input(format!(
            "there is a file `{path}` already; name another one, or say `--force`"
        )));
    }
    let sweep = Sweep::new(&base, varies(args, &base)?).map_err(Error::input)?;
    let log = args.log.open()?;
    let options = args.replay.options();
    let rows = sweep::tried(&sweep, &log, &options)?;
    if rows.len() < sweep.policies().len() {
        // A choice among some of them would not be the best of all.
        return Ok(stop::exit_code(rows.len(), sweep.policies().len()));
    }
    let target = Target {
        lost_at_most: args.lost_at_most,
    };
    let Some(chosen) = fit::choose(&rows, &target) else {
        return Ok(unmet(args, &sweep, &rows));
    };
    let says = says(args, &log, &sweep, chosen);
    write(&args.out, &fit::file(chosen, &name, &says), args.force)?;
    if args.json {
        out.json(&json!({
            "policy": name,
            "file": args.out,
            "values": sweep.varies().iter().map(|vary| vary.path.clone())
                .zip(chosen.values.iter().cloned()).collect::<serde_json::Map<_, _>>(),
            "tried": rows.len(),
            "lost": chosen.lost,
            "avoided": chosen.avoided,
            "figures": chosen.figures,
            "warnings": WARNINGS,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    for line in &says {
        out.paragraph("", line)?;
    }
    out.line("")?;
    out.line(out.paint(Look::Bold, format_args!("What the log cannot tell")))?;
    for warning in WARNINGS {
        out.paragraph("  ", warning)?;
    }
    out.line("")?;
    out.line(format_args!("written to {}", args.out.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Returns the keys to vary.
fn varies(args: &FitArgs, base: &Policy) -> Result<Vec<Vary>, Error> {
    if !args.vary.is_empty() {
        let varies: Result<_, _> = args.vary.iter().map(|text| Vary::parse(text)).collect();
        return varies.map_err(Error::input);
    }
    let usual = fit::usual_keys(base).map_err(Error::input)?;
    if usual.is_empty() {
        return Err(Error::Input(format!(
            "`{}` has no gate, so it has no thresholds; name the keys to fit with `--vary`, or another policy",
            base.name
        )));
    }
    Ok(usual)
}

/// Returns the policy's name: the file's.
fn name(path: &Path) -> Result<String, Error> {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    match (stem, path.extension().and_then(|it| it.to_str())) {
        (Some(stem), Some("toml")) => Ok(stem.to_owned()),
        _ => Err(Error::Input(format!(
            "a policy file ends in `.toml`, and `{}` does not",
            path.display()
        ))),
    }
}

/// Says how the policy was found and what it would have done.
fn says(args: &FitArgs, log: &Log, sweep: &Sweep, chosen: &Row) -> Vec<String> {
    let figures = &chosen.figures;
    let whole = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let unanswered = chosen.avoided + figures.sent - figures.responded;
    let keys = sweep.varies().iter().zip(&chosen.values);
    let keys: Vec<String> = keys
        .map(|(vary, value)| format!("{} = {}", vary.path, Vary::shown(value)))
        .collect();
    let mut says = vec![
        format!(
            "Fitted by `earnest policy fit` to {} ({} of {}), starting from {}.",
            args.log.name(),
            count(whole(log.messages()), "message"),
            count(whole(log.seats()), "seat"),
            args.policy,
        ),
        format!(
            "Of {} this one spares most unanswered messages with at most {}/{} of the answers lost: {}.",
            count(whole(sweep.policies().len()), "variant"),
            args.lost_at_most.part(),
            args.lost_at_most.whole(),
            keys.join(", "),
        ),
        format!(
            "On this log it refuses {} of {} unanswered messages ({}) and loses {} of {} answers ({}); {} ever restricted.",
            thousands(chosen.avoided),
            thousands(unanswered),
            percent(chosen.avoided, unanswered),
            thousands(chosen.lost),
            thousands(chosen.lost + figures.responded),
            percent(chosen.lost, chosen.lost + figures.responded),
            count(figures.seats_restricted, "seat"),
        ),
    ];
    if chosen.avoided == 0 {
        says.push(
            "It refuses nothing that went unanswered: on this log these keys save nothing within the target."
                .to_owned(),
        );
    }
    says
}

/// Says that nothing keeps to the target, and what comes nearest.
fn unmet(args: &FitArgs, sweep: &Sweep, rows: &[Row]) -> ExitCode {
    let mut err = io::stderr().lock();
    let _ = writeln!(
        err,
        "none of the {} variants loses at most {}/{} of the answers; nothing is written",
        rows.len(),
        args.lost_at_most.part(),
        args.lost_at_most.whole()
    );
    if let Some(row) = fit::nearest(rows) {
        let keys = sweep.varies().iter().zip(&row.values);
        let keys: Vec<String> = keys
            .map(|(vary, value)| format!("{} = {}", vary.path, Vary::shown(value)))
            .collect();
        let answers = row.lost + row.figures.responded;
        let _ = writeln!(
            err,
            "the nearest loses {} ({}): allow more, or vary other keys than {}",
            percent(row.lost, answers),
            keys.join(", "),
            sweep
                .varies()
                .iter()
                .map(|vary| vary.path.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        );
    }
    ExitCode::from(1)
}

fn write(path: &Path, text: &str, force: bool) -> Result<(), Error> {
    let cannot =
        |error: io::Error| Error::Input(format!("cannot write `{}`: {error}", path.display()));
    let file = match force {
        true => File::create(path),
        false => File::create_new(path),
    };
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(cannot)
}
