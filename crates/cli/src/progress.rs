//! Shows how far a long command is.
//!
//! Owns: the bars and when there are any. Invariant: a bar goes to standard error, and only where that is a
//! terminal.

use crate::number::thousands;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt::Write;

/// A bar that counts bytes.
pub(crate) fn bytes(what: &str, all: u64) -> ProgressBar {
    bar(
        what,
        all,
        "{bytes:>11} of {total_bytes}, {binary_bytes_per_sec:>12}",
    )
}

/// A bar that counts messages.
pub(crate) fn messages(what: &str, all: u64) -> ProgressBar {
    bar(
        what,
        all,
        "{human_pos:>11} of {human_len}, {rate:>10} messages/s",
    )
}

/// A bar that counts messages replayed under several policies, with how long is left.
pub(crate) fn policies(what: &str, messages: u64, policies: u64) -> ProgressBar {
    let all = messages.saturating_mul(policies);
    bar(
        what,
        all,
        "{human_pos:>11} of {human_len} messages under all policies, {rate:>10} messages/s",
    )
}

/// A bar that counts a store's batches.
pub(crate) fn batches(what: &str, all: u64) -> ProgressBar {
    bar(what, all, "{human_pos:>11} of {human_len} batches")
}

/// A bar that counts weeks of a simulation.
pub(crate) fn weeks(what: &str, all: u64) -> ProgressBar {
    bar(what, all, "{human_pos:>11} of {human_len} weeks")
}

/// A bar that counts contracts.
pub(crate) fn contracts(what: &str, all: u64) -> ProgressBar {
    bar(what, all, "{human_pos:>11} of {human_len} contracts")
}

/// A bar that counts events.
pub(crate) fn events(what: &str, all: u64) -> ProgressBar {
    bar(
        what,
        all,
        "{human_pos:>11} of {human_len}, {rate:>10} events/s",
    )
}

fn bar(what: &str, all: u64, figures: &str) -> ProgressBar {
    let template = format!("{{msg:<10}} [{{bar:30}}] {figures}, {{eta}} left");
    // A template that did not read would cost the looks of a bar and nothing else.
    let style = ProgressStyle::with_template(&template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("rate", rate)
        .progress_chars("=> ");
    // Standard error that is no terminal shows no bar.
    let bar = ProgressBar::with_draw_target(Some(all), ProgressDrawTarget::stderr_with_hz(8));
    bar.set_style(style);
    bar.set_message(what.to_owned());
    bar
}

/// Writes how many come a second.
fn rate(state: &ProgressState, to: &mut dyn Write) {
    let whole = format!("{:.0}", state.per_sec())
        .parse()
        .unwrap_or_default();
    // A rate that cannot be shown is not worth more than an empty place.
    let _ = to.write_str(&thousands(whole));
}
