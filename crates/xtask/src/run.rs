//! Runs cargo.

use crate::repository::Repository;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, Stdio};

/// Returns a call of the very cargo that runs this chore, in the repository's root.
pub(crate) fn cargo(here: &Repository, args: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.args(args).current_dir(here.root());
    // What cargo tells this chore about its own package is none of the other packages' business.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command to its end, shows its standard output as it comes and hands each line to `each`;
/// returns whether it succeeded.
pub(crate) fn shown(mut command: Command, each: &mut dyn FnMut(&str)) -> Result<bool, String> {
    let failed = |error: io::Error| format!("`cargo` cannot be run: {error}");
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(failed)?;
    if let Some(from) = child.stdout.take() {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).map_err(failed)? > 0 {
            // A reader that goes away costs the output, not the run.
            let _ = io::stdout().write_all(&line);
            each(String::from_utf8_lossy(&line).trim_end());
            line.clear();
        }
    }
    Ok(child.wait().map_err(failed)?.success())
}

/// Runs a command and returns its standard output.
pub(crate) fn output(mut command: Command) -> Result<String, String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("`cargo` cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("`cargo {}` failed", shown_args(&command)));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("cargo printed no UTF-8: {error}"))
}

fn shown_args(command: &Command) -> String {
    let args: Vec<_> = command
        .get_args()
        .map(|arg| arg.to_string_lossy())
        .collect();
    args.join(" ")
}
