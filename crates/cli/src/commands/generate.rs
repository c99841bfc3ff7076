//! `earnest generate`: makes up a message log.
//!
//! Owns: the file that it is written to. Does not own: what stands in it ([`earnest_backtest::generate`]).
//! Invariant: the file is complete or as it was: what is written goes to a file of its own beside it, which
//! takes its place in one step.

use crate::call::at_least_one;
use crate::error::Error;
use crate::number::count;
use crate::progress;
use earnest_backtest::generate::{Generator, Output};
use std::fs;
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Makes up a message log: a year of outreach with the rates and delays of a real one
///
/// The same number of messages and the same seed give the same bytes.
#[derive(Debug, clap::Args)]
pub(crate) struct GenerateArgs {
    /// How many messages
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    messages: u64,
    /// What the log grows from
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The file to write, ending in `.csv` or `.jsonl`; one that is there is replaced
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Makes the log up and writes it.
pub(crate) fn run(args: &GenerateArgs) -> Result<(), Error> {
    let output = Output::of(&args.out).map_err(Error::input)?;
    let file = target(&args.out)?;
    let failed = |error: io::Error| {
        Error::Input(format!(
            "`{}` cannot be written: {error}",
            args.out.display()
        ))
    };
    let mut beside = beside(&file).map_err(failed)?;
    let bar = progress::messages("making up", args.messages);
    let mut each = |written| bar.set_position(written);
    let written =
        Generator::new(args.messages, args.seed).write(beside.as_file_mut(), output, &mut each);
    bar.finish_and_clear();
    written
        .and_then(|()| beside.as_file().sync_all())
        .map_err(failed)?;
    beside.persist(&file).map_err(|error| failed(error.error))?;
    told(args);
    Ok(())
}

/// Says what was done, to people only: a script sees it in the exit code.
fn told(args: &GenerateArgs) {
    let mut err = io::stderr();
    if err.is_terminal() {
        // Where this cannot be written, the file is there all the same.
        let _ = writeln!(
            err,
            "{} in {}",
            count(args.messages, "message"),
            args.out.display()
        );
    }
}

/// Returns the file that is really meant: what a link points to, so that the link stays one.
fn target(path: &Path) -> Result<PathBuf, Error> {
    match fs::metadata(path) {
        Ok(there) if there.is_file() => fs::canonicalize(path).map_err(|error| {
            Error::Input(format!("`{}` cannot be replaced: {error}", path.display()))
        }),
        Ok(_) => Err(Error::Input(format!(
            "`{}` is no file that can be replaced; name another",
            path.display()
        ))),
        Err(_) => Ok(path.to_owned()),
    }
}

/// Returns a new file in the same folder, readable as any new file is. It goes away unless it takes its
/// place.
fn beside(file: &Path) -> io::Result<NamedTempFile> {
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".earnest-").suffix(".part");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}
