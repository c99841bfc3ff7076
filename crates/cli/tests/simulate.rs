//! `earnest simulate`: made-up people under policies.

#[path = "support/earnest.rs"]
mod support;

use support::{Folder, json};

/// A market that is played in no time.
const TINY: &str = "[run]\nweeks = 6\nwarmup_weeks = 4\n[senders]\ncount = 20\n";

fn tiny() -> Folder {
    Folder::new().with("tiny.toml", TINY)
}

#[test]
fn the_comparison_is_for_people() {
    let args = [
        "simulate",
        "--market",
        "tiny.toml",
        "--policy",
        "inmail-2013",
        "--policy",
        "inmail-2015",
    ];
    insta::assert_snapshot!(tiny().earnest(&args).done());
}

#[test]
fn the_number_of_threads_does_not_change_a_byte() {
    let folder = tiny();
    let played = |threads| {
        let args = [
            "simulate",
            "--market",
            "tiny.toml",
            "--json",
            "--threads",
            threads,
        ];
        folder.earnest(&args).done()
    };
    let one = played("1");
    assert_eq!(one, played("2"));
    let data = json(&one);
    assert_eq!(data["policies"].as_array().unwrap().len(), 3);
    assert_eq!(data["policies"][1]["policy"], "inmail-2015");
    assert_eq!(data["policies"][1]["worlds"][2]["seed"], 3);
    assert_eq!(
        data["policies"][1]["worlds"][0]["weeks"]
            .as_array()
            .unwrap()
            .len(),
        10
    );
}

#[test]
fn the_market_that_is_shown_is_the_one_that_is_played() {
    let shown = Folder::new().earnest(&["simulate", "--show-market"]).done();
    let text = shown
        .replace("weeks = 52 ", "weeks = 2 ")
        .replace("warmup_weeks = 26", "warmup_weeks = 0");
    assert_ne!(text, shown);
    let folder = Folder::new()
        .with("market.toml", &text)
        .with("short.toml", "[run]\nweeks = 2\nwarmup_weeks = 0\n");
    let played = |market| {
        folder
            .earnest(&["simulate", "--worlds", "1", "--market", market, "--json"])
            .done()
    };
    assert_eq!(played("market.toml"), played("short.toml"));
}

#[test]
fn a_wrong_market_is_told_before_anything_is_played() {
    let folder = Folder::new().with("bad.toml", "[senders]\ncuont = 3\nminutes_a_week = 0\n");
    insta::assert_snapshot!(
        folder
            .earnest(&["simulate", "--market", "bad.toml"])
            .refused()
    );
    insta::assert_snapshot!(
        folder
            .earnest(&["simulate", "--market", "none.toml"])
            .refused()
    );
    insta::assert_snapshot!(
        folder
            .earnest(&["simulate", "--policy", "inmail-2051"])
            .refused()
    );
}
