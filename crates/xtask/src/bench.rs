//! Runs the benchmarks.

use crate::Done;
use crate::repository::Repository;
use crate::run::{cargo, shown};

/// What can be measured: each is the crate `earnest-NAME`.
pub(crate) const ALL: [&str; 2] = ["core", "backtest"];

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
