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

/// A market that is played in no time many times.
const TINIEST: &str = "[run]\nweeks = 4\nwarmup_weeks = 2\n[senders]\ncount = 8\n";

#[test]
fn each_assumption_is_halved_and_doubled() {
    let folder = Folder::new().with("tiny.toml", TINIEST);
    let played = |more: &[&str]| {
        let args = ["simulate", "--sensitivity", "--worlds", "2"];
        let market = ["--market", "tiny.toml", "--policy", "inmail-2013"];
        let other = ["--policy", "inmail-2015"];
        folder
            .earnest(&[&args[..], &market, &other, more].concat())
            .done()
    };
    insta::assert_snapshot!(played(&[]));
    let one = played(&["--json", "--threads", "1"]);
    assert_eq!(one, played(&["--json", "--threads", "2"]));
    let data = json(&one);
    assert_eq!(data["policies"][0]["policy"], "inmail-2015");
    let assumptions = data["policies"][0]["assumptions"].as_array().unwrap();
    assert_eq!(assumptions.len(), 40);
    assert_eq!(assumptions[0]["assumption"], "senders.minutes_a_week");
    assert_eq!(assumptions[1]["factor"], "doubled");
    assert_eq!(assumptions[1]["to"], 240);

    // A market of one's own in which the number is another is the same as the number varied.
    let doubled = format!("{TINIEST}minutes_a_week = 240\n");
    let folder = Folder::new().with("tiny.toml", &doubled);
    let args = [
        "simulate",
        "--json",
        "--worlds",
        "2",
        "--market",
        "tiny.toml",
    ];
    let policies = ["--policy", "inmail-2013", "--policy", "inmail-2015"];
    let played = json(&folder.earnest(&[&args[..], &policies].concat()).done());
    let sent = |at: usize| played["policies"][at]["sums"]["sent"].as_i64().unwrap();
    let tenths = (sent(1) * 2_000 + sent(0)).div_euclid(2 * sent(0)) - 1_000;
    assert_eq!(assumptions[1]["difference"]["sent_tenths"], tenths);
}

#[test]
fn sensitivity_needs_two_policies() {
    let args = ["simulate", "--sensitivity", "--policy", "inmail-2015"];
    let refused = Folder::new().earnest(&args).refused();
    assert!(refused.contains("name two with `--policy`"), "{refused}");
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
