//! Plays one seed and prints its trace and what was wrong: `cargo run -p earnest-sim --example seed -- 123`.
//! Names of switches after the seed, or `all`, play what is left out because of known faults.

use earnest_sim::{Options, run};
use std::io::Write;

fn main() -> std::io::Result<()> {
    let mut words = std::env::args().skip(1);
    let seed = words.next().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let mut options = Options {
        trace: true,
        ..Options::default()
    };
    for name in words {
        if !options.switches.turn_on(&name) {
            return Err(std::io::Error::other(format!(
                "there is no switch `{name}`"
            )));
        }
    }
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
