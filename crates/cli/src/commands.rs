//! The commands: one file each.
//!
//! Owns: running the one that was asked for, and its exit code.

pub(crate) mod audit;
pub(crate) mod backtest;
pub(crate) mod backup;
pub(crate) mod check;
pub(crate) mod copy;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod generate;
pub(crate) mod import;
pub(crate) mod key;
pub(crate) mod migrate;
pub(crate) mod policy;
pub(crate) mod restore;
pub(crate) mod serve;
pub(crate) mod simulate;
pub(crate) mod sweep;

use crate::call::Command;
use crate::error::Error;
use crate::output::{self, Out};
use policy::PolicyCommand;
use std::io::{self, Write};
use std::process::ExitCode;

/// Runs a command and returns its exit code.
pub(crate) fn run(command: &Command) -> ExitCode {
    // These two say with their exit code what they found.
    match command {
        Command::Check(args) => return check::run(args),
        Command::Audit(args) => return audit::run(args),
        _ => {}
    }
    let mut out = Out::open();
    let done = match command {
        Command::Policy(PolicyCommand::Fit(args)) => return end(policy::fit(args, &mut out), out),
        Command::Sweep(args) => return end(sweep::run(args, &mut out), out),
        Command::Policy(command) => policy::run(command, &mut out),
        Command::Backtest(args) => backtest::run(args, &mut out),
        Command::Simulate(args) => simulate::run(args, &mut out),
        Command::Generate(args) => generate::run(args),
        Command::Serve(args) => serve::run(args, &mut out),
        Command::Demo(args) => demo::run(args, &mut out),
        Command::Key(command) => key::run(command, &mut out),
        Command::Import(args) => import::run(args, &mut out),
        Command::Explain(args) => explain::run(args, &mut out),
        Command::Export(command) => export::run(command, &mut out),
        Command::Backup(args) => backup::run(args),
        Command::Restore(args) => restore::run(args, &mut out),
        Command::Migrate(args) => migrate::run(args, &mut out),
        Command::Copy(args) => copy::run(args, &mut out),
        Command::Check(_) | Command::Audit(_) => Ok(()),
    };
    end(done.map(|()| ExitCode::SUCCESS), out)
}

/// Hands on what was printed, tells an error, and returns the exit code.
fn end(done: Result<ExitCode, Error>, mut out: Out) -> ExitCode {
    match done.and_then(|code| out.flush().map(|()| code)) {
        Ok(code) => code,
        Err(Error::Output(error)) => output::failed(&error),
        Err(error @ Error::Input(_)) => {
            // What was printed so far comes first where both go to one terminal.
            let _ = out.flush();
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::from(2)
        }
    }
}
