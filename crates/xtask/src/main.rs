//! Chores of the repository: `cargo xtask` lists them.
//!
//! Owns: the one test command, the benchmarks, the generated documents, the house rules. Does not own:
//! anything that ships.
//! Invariant: a chore that could not do all of its work ends with an exit code that is not 0.

mod bench;
mod docs;
mod errors;
mod picture;
mod repository;
mod run;
mod test;
mod tidy;

use repository::Repository;
use std::io::{self, Write};
use std::process::ExitCode;

const HELP: &str = "\
Chores of the repository

Usage: cargo xtask CHORE

  test                    All tests: cargo's, the scenarios, and those that need a real message log
  bench [core|store|backtest|lab|web]
                          The benchmarks
  bench http [OPTIONS]    Load the server over HTTP, beside an empty one; `--help` lists the options
  bench postgres [OPTIONS]
                          Load servers on a PostgreSQL of its own, beside a function in it
  docs [--check]          Write the generated documents, or say whether they are up to date
  picture                 Draw the README's picture from what the command prints
  tidy                    Check the house rules
";

/// How a chore ended: `Ok(true)` all well, `Ok(false)` something was found and has been told.
type Done = Result<bool, String>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let here = Repository::here();
    let done = match args.as_slice() {
        [] | ["help" | "--help" | "-h"] => say(HELP).map(|()| true),
        ["test"] => test::run(&here),
        ["bench"] => bench::run(&here, &bench::ALL),
        ["bench", what @ ("http" | "postgres"), args @ ..] => bench::load(&here, what, args),
        ["bench", which] => match bench::ALL.into_iter().find(|name| name == which) {
            Some(name) => bench::run(&here, &[name]),
            None => Err(format!(
                "there is no benchmark `{which}`; they are {}, http and postgres",
                bench::ALL.join(", ")
            )),
        },
        ["docs"] => docs::write(&here),
        ["docs", "--check"] => docs::check(&here),
        ["picture"] => picture::draw(&here),
        ["tidy"] | ["tidy", "--check"] => tidy::run(&here),
        other => Err(format!(
            "there is no chore `{}`; `cargo xtask` lists them",
            other.join(" ")
        )),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(why) => {
            // Where even this cannot be written, the exit code has to do.
            let _ = writeln!(io::stderr(), "{why}");
            ExitCode::from(2)
        }
    }
}

/// Writes to standard output, at once.
fn say(text: &str) -> Result<(), String> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| format!("cannot write to standard output: {error}"))
}
