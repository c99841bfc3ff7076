use super::*;
use crate::policy::preset;
use crate::policy::{
    Blocks, Check, FailingRate, Gate, Judge, Judged, Ladder, ResponseKind, ReturnedExpiry, RuleRef,
    Settled, Stage, Standing,
};
use crate::units::{Credits, Days, Ratio};
use insta::assert_snapshot;
use std::collections::BTreeMap;

const RULES: &str = r#"
[settlement]
window_days = 90
[[settlement.rule]]
on = "response"
credit = "returned"
why = "w"
[[settlement.rule]]
on = "lapse"
credit = "consumed"
why = "w"
"#;

/// Returns the mistakes in a text, a line each.
fn mistakes(text: &str) -> String {
    match parse("a.toml", text) {
        Ok(_) => "none".to_owned(),
        Err(mistakes) => mistakes.to_string(),
    }
}

/// Returns the mistakes in a text in front of good rules; its lines count from 1 all the same.
fn beside_rules(text: &str) -> String {
    mistakes(&format!("{text}\n{RULES}"))
}

/// Returns the mistakes in rules under a window of 90 days; the first rule's line is 3.
fn in_rules(rules: &str) -> String {
    mistakes(&format!("[settlement]\nwindow_days = 90\n{rules}"))
}

/// Returns the mistakes in a gate, whose first key is in line 2.
fn in_gate(gate: &str) -> String {
    beside_rules(&format!("[gate]\n{gate}"))
}

fn rule(on: &str, more: &str) -> String {
    format!("[[settlement.rule]]\non = \"{on}\"\ncredit = \"returned\"\nwhy = \"w\"\n{more}\n")
}

fn percent(part: u32) -> Ratio {
    Ratio::new(part, 100).unwrap()
}

mod gating;
mod layering;
mod listing;
mod presets;
mod reading;
mod settling;
