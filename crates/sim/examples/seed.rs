//! Plays one seed and prints its trace and what was wrong: `cargo run -p earnest-sim --example seed -- 123`.

use earnest_sim::{Options, run};
use std::io::Write;

fn main() -> std::io::Result<()> {
    let seed = std::env::args()
        .nth(1)
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(0);
    let options = Options {
        trace: true,
        ..Options::default()
    };
    let report = run(seed, &options);
    let mut out = std::io::stdout().lock();
    for line in &report.trace {
        writeln!(out, "{line}")?;
    }
    let (orders, events, claims) = (report.orders, report.events, report.claims);
    writeln!(
        out,
        "seed {seed}: {orders} orders, {events} events, {claims} claims"
    )?;
    for what in &report.wrong {
        writeln!(out, "WRONG {what}")?;
    }
    Ok(())
}
