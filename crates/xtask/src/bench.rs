//! Runs the benchmarks.

use crate::Done;
use crate::repository::Repository;
use crate::run::{cargo, shown};

/// What can be measured within one process: each is the crate `earnest-NAME`.
pub(crate) const ALL: [&str; 5] = ["core", "store", "backtest", "lab", "web"];

/// Runs the benchmarks of these crates, one after the other: they would disturb each other.
pub(crate) fn run(here: &Repository, which: &[&str]) -> Done {
    let mut well = true;
    for name in which {
        let package = format!("earnest-{name}");
        let command = cargo(
            here,
            &["bench", "--locked", "--package", &package, "--benches"],
        );
        well &= shown(command, &mut |_| {})?;
    }
    Ok(well)
}

/// Loads the shipped server over HTTP: `http` beside an empty one, `postgres` on a database beside a function in it.
/// `args` go to the load tool.
pub(crate) fn load(here: &Repository, what: &str, args: &[&str]) -> Done {
    let build = ["build", "--release", "--locked", "--package", "earnest-cli"];
    if !shown(cargo(here, &build), &mut |_| {})? {
        return Ok(false);
    }
    let load = ["run", "--release", "--locked", "--package", "earnest-bench"];
    let call = [&load[..], &["--", what], args].concat();
    shown(cargo(here, &call), &mut |_| {})
}
