//! The commands: one file each.
//!
//! Owns: running the one that was asked for, and its exit code.

pub(crate) mod backtest;
pub(crate) mod check;
pub(crate) mod generate;
pub(crate) mod policy;

use crate::call::Command;
use crate::error::Error;
use crate::output::{self, Out};
use std::io::{self, Write};
use std::process::ExitCode;

/// Runs a command and returns its exit code.
pub(crate) fn run(command: &Command) -> ExitCode {
    if let Command::Check(args) = command {
        return check::run(args);
    }
    let mut out = Out::open();
    let done = match command {
        Command::Policy(command) => policy::run(command, &mut out),
        Command::Backtest(args) => backtest::run(args, &mut out),
        Command::Generate(args) => generate::run(args),
        Command::Check(_) => Ok(()),
    };
    match done.and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Output(error)) => output::failed(&error),
        Err(error @ Error::Input(_)) => {
            // What was printed so far comes first where both go to one terminal.
            let _ = out.flush();
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::from(2)
        }
    }
}
