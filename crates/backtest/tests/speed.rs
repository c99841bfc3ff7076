//! Measures how fast logs are made up and read. It asserts nothing about time: machines differ, and tests run beside others.
//!
//! `cargo test --release -p earnest-backtest --test speed -- --ignored --nocapture`

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests count as no tests, and figures are printed for people"
)]

use earnest_backtest::generate::{Generator, Output};
use earnest_backtest::log::{Format, Log};
use std::time::Instant;

const MESSAGES: u64 = 5_000_000;

#[test]
#[ignore = "measures; needs --release and --nocapture"]
fn how_fast_logs_are_made_up_and_read() {
    for (output, format) in [(Output::Csv, Format::Csv), (Output::Jsonl, Format::Jsonl)] {
        let mut bytes = Vec::new();
        let time = Instant::now();
        Generator::new(MESSAGES, 1)
            .write(&mut bytes, output, &mut |_| {})
            .unwrap();
        let size = u64::try_from(bytes.len()).unwrap() / MESSAGES;
        println!(
            "{format}: made up {} messages a second, {size} bytes each",
            rate(time)
        );
        let time = Instant::now();
        let log = Log::read(bytes.as_slice(), "log", format, &mut |_| {}).unwrap();
        assert_eq!(u64::try_from(log.messages()).unwrap(), MESSAGES);
        println!("{format}: read {} messages a second", rate(time));
    }
    let time = Instant::now();
    assert_eq!(
        u64::try_from(Generator::new(MESSAGES, 1).count()).unwrap(),
        MESSAGES
    );
    println!("made up without writing: {} messages a second", rate(time));
}

/// Returns how many messages a second that makes.
fn rate(since: Instant) -> u128 {
    u128::from(MESSAGES) * 1_000 / since.elapsed().as_millis().max(1)
}
