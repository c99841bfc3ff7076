//! `earnest policy`: policies as data, and what they do in words.

mod ask;
mod diff;
mod fit;
mod list;
mod schema;
mod show;
mod validate;

use crate::error::Error;
use crate::output::Out;
use std::process::ExitCode;

/// What may be asked about policies; each command's arguments say what it does.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum PolicyCommand {
    Ask(ask::AskArgs),
    List(list::ListArgs),
    Show(show::ShowArgs),
    Diff(diff::DiffArgs),
    Validate(validate::ValidateArgs),
    Fit(fit::FitArgs),
    /// Prints the JSON Schema of policy files, for editors and other programs
    Schema,
}

/// Runs the one that was asked for.
pub(crate) fn run(command: &PolicyCommand, out: &mut Out) -> Result<(), Error> {
    match command {
        PolicyCommand::Ask(args) => ask::run(args, out),
        PolicyCommand::List(args) => list::run(args, out),
        PolicyCommand::Show(args) => show::run(args, out),
        PolicyCommand::Diff(args) => diff::run(args, out),
        PolicyCommand::Validate(args) => validate::run(args, out),
        PolicyCommand::Schema => schema::run(out),
        PolicyCommand::Fit(args) => fit(args, out).map(|_| ()),
    }
}

/// Fits a policy; the exit code says whether the target could be kept.
pub(crate) fn fit(args: &fit::FitArgs, out: &mut Out) -> Result<ExitCode, Error> {
    fit::run(args, out)
}
