//! Reads the command line.
//!
//! Owns: the commands there are, the first page, the wording of a wrong call. Does not own: what a command
//! does. Invariant: a wrong call is told in two plain lines, the second one saying where help is.

use crate::commands::{
    audit, backtest, backup, check, copy, demo, explain, export, generate, import, key, migrate,
    policy, restore, serve, simulate, sweep,
};
use crate::output;
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

/// What `earnest` alone and `earnest --help` show: the commands by purpose, not by name.
const FIRST_PAGE: &str = "\
Earnest: the open engine for cold messages with a credit at stake

{usage-heading} earnest COMMAND [OPTIONS]

Ask what a policy does
  policy ask       What becomes of the credit, when, and by which rule
  policy list      The policies that ship with earnest
  policy show      A policy in plain words, as a file, or as data
  policy diff      What two policies do differently

Write your own
  policy validate  Find every mistake in a policy file
  policy schema    The JSON Schema of policy files, for editors
  check            Play scenarios, the tests of a policy

Try policies on messages
  backtest         Replay a message log under several policies and compare
  sweep            Try every value of a policy's keys on a log, and rank them
  policy fit       Find the thresholds that keep to a target, and write the policy
  simulate         Let made-up people live under policies, and compare
  generate         Make up a message log

Run it
  demo             A server with a made-up year in it: the first thing to run
  serve            The server
  key create       Make an API key
  key list         The API keys there are
  key revoke       Make an API key void

Look into a store
  explain          Why a message's credit is where it is
  audit            Derive everything again from the events, and compare
  export events    The event log as JSON lines

Keep a store
  import           Put a message log into it
  backup           Copy it while it is in use
  restore          Put a backup in its place
  migrate          Bring it up to date
  copy             Move it to another place, such as PostgreSQL

Options
{options}

Begin with
  earnest demo
  earnest policy ask inmail-2015 inmail-thread --response not_interested --after 40d
  earnest backtest --generate 100000

`earnest COMMAND --help` says more.
Exit codes: 0 done, 1 the check failed, 2 the call or its input was wrong.
";

#[derive(Debug, Parser)]
#[command(name = "earnest", version, help_template = FIRST_PAGE, subcommand_required = true)]
#[command(disable_help_subcommand = true)]
struct Call {
    #[command(subcommand)]
    command: Command,
}

/// What may be asked for; each command's arguments say what it does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Ask, list, show, compare and check policies
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    Check(check::CheckArgs),
    Backtest(backtest::BacktestArgs),
    Sweep(sweep::SweepArgs),
    Simulate(simulate::SimulateArgs),
    Generate(generate::GenerateArgs),
    Demo(demo::DemoArgs),
    Serve(serve::ServeArgs),
    /// Make, list and revoke API keys
    #[command(subcommand)]
    Key(key::KeyCommand),
    Explain(explain::ExplainArgs),
    Audit(audit::AuditArgs),
    /// What a store keeps, as lines for other programs
    #[command(subcommand)]
    Export(export::ExportCommand),
    Import(import::ImportArgs),
    Backup(backup::BackupArgs),
    Restore(restore::RestoreArgs),
    Migrate(migrate::MigrateArgs),
    Copy(copy::CopyArgs),
}

/// What is said where no command is run.
pub(crate) enum Answer {
    /// A page of help, or the version.
    Page(clap::Error),
    /// What is wrong with the call.
    Wrong(String),
}

/// Reads the call.
///
/// # Errors
/// When help or the version is asked for, or the call is wrong.
pub(crate) fn read(args: impl IntoIterator<Item = OsString>) -> Result<Command, Answer> {
    let args: Vec<OsString> = args.into_iter().collect();
    let error = match Call::try_parse_from(&args) {
        Ok(call) => return Ok(call.command),
        Err(error) => error,
    };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Err(Answer::Page(error)),
        // `earnest` and `earnest policy` alone: whoever types that looks for the page.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Err(Answer::Page(error)),
        ErrorKind::MissingSubcommand => Err(Answer::Page(first_page())),
        _ => Err(Answer::Wrong(format!(
            "{}\n`{} --help` says how it is called",
            plain(&error),
            asked_for(&args)
        ))),
    }
}

fn first_page() -> clap::Error {
    let mut call = Call::command();
    let page = call.render_help();
    clap::Error::raw(ErrorKind::DisplayHelp, page)
}

impl Answer {
    /// Says it, and returns the exit code.
    pub(crate) fn give(self) -> ExitCode {
        match self {
            Self::Page(page) => match print(&page) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => output::failed(&error),
            },
            Self::Wrong(why) => {
                // Where even this cannot be written, the exit code has to do.
                let _ = writeln!(io::stderr(), "{why}");
                ExitCode::from(2)
            }
        }
    }
}

/// Prints a page to standard output: whoever asks for help, with or without words, wants to read it.
fn print(page: &clap::Error) -> io::Result<()> {
    let page = page.render();
    let mut out = io::stdout();
    match output::has_colours(&out) {
        true => write!(out, "{}", page.ansi())?,
        false => write!(out, "{page}")?,
    }
    out.flush()
}

/// Returns in one line what is wrong with a call.
fn plain(error: &clap::Error) -> String {
    let told = error.render().to_string();
    let mut what = Vec::new();
    for line in told.lines().map(str::trim) {
        let line = line.strip_prefix("error: ").unwrap_or(line);
        if line.starts_with("Usage: ") || line.starts_with("For more information") {
            break;
        }
        match line.strip_prefix("tip: ") {
            Some(tip) => what.push(format!("({tip})")),
            None if line.is_empty() => {}
            None => what.push(line.to_owned()),
        }
    }
    what.join(" ").replace('\'', "`")
}

/// Returns the command that a call asks for, as far as there is one of that name.
fn asked_for(args: &[OsString]) -> String {
    let mut names = vec!["earnest"];
    let call = Call::command();
    let mut command = &call;
    for name in args.iter().skip(1).map_while(|arg| arg.to_str()) {
        let Some(below) = command.find_subcommand(name) else {
            break;
        };
        names.push(name);
        command = below;
    }
    names.join(" ")
}

/// Reads how many of something are wanted: at least 1.
///
/// # Errors
/// When the text is no such number.
pub(crate) fn at_least_one(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(number @ 1..) => Ok(number),
        _ => Err("write a whole number, at least 1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Call::command().debug_assert();
    }

    #[test]
    fn the_first_page_names_every_command() {
        let mut call = Call::command();
        call.build();
        for command in call.get_subcommands() {
            let names: Vec<String> = match command.has_subcommands() {
                false => vec![command.get_name().to_owned()],
                true => {
                    let subs = command.get_subcommands();
                    subs.filter(|sub| sub.get_name() != "help")
                        .map(|sub| format!("{} {}", command.get_name(), sub.get_name()))
                        .collect()
                }
            };
            for name in names {
                assert!(
                    FIRST_PAGE.contains(&format!("\n  {name} ")),
                    "{name} is missing"
                );
            }
        }
    }
}
