//! `earnest backtest`: a log under several policies.

#[path = "support/earnest.rs"]
mod support;

use serde_json::Value;
use support::{Folder, earnest, json};

/// Four messages: answered, declined, never answered, and one in a campaign that is open at the end.
const LOG: &str = "\
id,contract,seat,recipient,sent_at,campaign,responded_at,response,seen_at
m1,acme,ana,bo,2015-01-02T09:00:00Z,,2015-01-03T09:00:00Z,reply,
m2,acme,ana,cy,2015-01-02T10:00:00Z,,2015-02-20T09:00:00Z,not_interested,
m3,acme,ben,di,2015-01-05T10:00:00Z,,,,2015-01-06T10:00:00Z
m4,acme,ben,eve,2015-04-20T10:00:00Z,c1,,,
";

/// 101 messages of one seat within two weeks, 12 of them answered, then a bulk one in every two weeks.
fn unanswered() -> String {
    let mut log = String::from("contract,seat,recipient,sent_at,campaign,responded_at\n");
    for n in 1..=120 {
        let answered = if n <= 12 { "2015-01-12T10:00:00Z" } else { "" };
        log.push_str(&format!(
            "acme,ana,r{n},2015-01-10T10:{:02}:00Z,,{answered}\n",
            n % 60
        ));
    }
    for (period, day) in ["2015-01-26", "2015-02-10", "2015-02-25"]
        .iter()
        .enumerate()
    {
        for n in 1..=110 {
            log.push_str(&format!(
                "acme,ana,p{period}r{n},{day}T10:{:02}:00Z,c{period},\n",
                n % 60
            ));
        }
    }
    log
}

fn figures(folder: &Folder, args: &[&str]) -> Vec<Value> {
    let ran = folder
        .earnest(&[&["backtest"], args, &["--json"]].concat())
        .done();
    match json(&ran)["policies"].take() {
        Value::Array(policies) => policies,
        other => vec![other],
    }
}

#[test]
fn the_comparison_is_for_people() {
    let folder = Folder::new().with("log.csv", LOG);
    insta::assert_snapshot!(folder.earnest(&["backtest", "log.csv"]).done());
}

#[test]
fn whom_a_policy_would_have_restricted_is_named() {
    let folder = Folder::new().with("log.csv", &unanswered());
    let call = [
        "backtest",
        "log.csv",
        "--policy",
        "inmail-2014",
        "--policy",
        "inmail-2015",
        "--policy",
        "inmail-thread",
    ];
    let table = folder
        .earnest(&[&call[..], &["--credits", "unlimited"]].concat())
        .done();
    insta::assert_snapshot!(table);
}

#[test]
fn nothing_is_wider_than_the_page() {
    let table = earnest(&["backtest", "--generate", "2000"]).done();
    let widest = table.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(100), "{table}");
}

#[test]
fn the_figures_are_data() {
    let folder = Folder::new().with("log.csv", LOG);
    let all = figures(&folder, &["log.csv"]);
    assert_eq!(all.len(), 8);
    let one = &figures(&folder, &["log.csv", "--policy", "inmail-2015"])[0];
    assert_eq!(one["policy"], "inmail-2015");
    assert_eq!(one["messages"], 4);
    assert_eq!(one["sent"], 4);
    assert_eq!(one["responded"], 2);
    assert_eq!(one["returned"], 2);
    assert_eq!(one["consumed"], 1);
    assert_eq!(one["held"], 1);
    assert_eq!(one["response_rate"], 0.5);
    assert_eq!(one["credits_per_response"], 0.5);
    assert_eq!(one["refused"], serde_json::json!({}));
}

#[test]
fn the_end_can_be_chosen() {
    let folder = Folder::new().with("log.csv", LOG);
    let until = |instant: &str| {
        let call = ["log.csv", "--policy", "inmail-2015", "--until", instant];
        let one = figures(&folder, &call).remove(0);
        (
            one["messages"].clone(),
            one["responded"].clone(),
            one["held"].clone(),
        )
    };
    assert_eq!(
        until("2015-01-02T23:00:00Z"),
        (2.into(), 0.into(), 2.into())
    );
    assert_eq!(
        until("2015-01-31T00:00:00Z"),
        (3.into(), 1.into(), 2.into())
    );
}

#[test]
fn nothing_depends_on_the_number_of_threads() {
    let folder = Folder::new();
    let run = |threads: &str| {
        let call = [
            "backtest",
            "--generate",
            "3000",
            "--seed",
            "3",
            "--json",
            "--threads",
            threads,
        ];
        folder.earnest(&call).done()
    };
    let one = run("1");
    assert_eq!(one, run("2"));
    assert_eq!(one, run("7"));
}

#[test]
fn a_policy_of_one_s_own_is_replayed_beside_a_preset() {
    let folder = Folder::new().with("log.csv", LOG).with(
        "mine.toml",
        "extends = \"inmail-2015\"\n[settlement]\nwindow_days = 7\n[message]\nreminder_days = [3]\n",
    );
    let all = figures(
        &folder,
        &[
            "log.csv",
            "--policy",
            "mine.toml",
            "--policy",
            "inmail-2015",
        ],
    );
    assert_eq!(all[0]["policy"], "mine");
    assert_eq!(all[0]["responded"], 1);
    assert_eq!(all[1]["responded"], 2);
}

#[test]
fn the_format_can_be_said_where_the_name_does_not() {
    let folder = Folder::new()
        .with("log", LOG)
        .with("edges.txt", "1 2 1082040961\n2 1 1082040999\n");
    let error = folder.earnest(&["backtest", "log"]).refused();
    assert!(error.contains("`log` does not say which format"), "{error}");
    assert_eq!(
        figures(&folder, &["log", "--format", "csv"])[0]["messages"],
        4
    );
    assert_eq!(figures(&folder, &["edges.txt"])[0]["messages"], 1);
}

#[test]
fn a_log_with_a_bad_line_prints_no_figures() {
    let folder = Folder::new().with(
        "log.csv",
        &LOG.replace("m3,acme,ben,di,2015-01-05T10:00:00Z", "m3,acme,ben,di,soon"),
    );
    let error = folder.earnest(&["backtest", "log.csv"]).refused();
    insta::assert_snapshot!(error);
}

#[test]
fn what_is_not_there_is_told() {
    let folder = Folder::new().with("log.csv", LOG).with("empty.csv", "");
    for (call, problem) in [
        (&["backtest", "gone.csv"][..], "cannot open `gone.csv`: "),
        (
            &["backtest", "log.csv", "--policy", "postge"],
            "there is no preset `postge`; did you mean `postage`?\n",
        ),
        (
            &["backtest", "log.csv", "--policy", "gone.toml"],
            "there is no file `gone.toml`",
        ),
        (&["backtest", "empty.csv"], "`empty.csv` "),
    ] {
        let error = folder.earnest(call).refused();
        assert!(error.starts_with(problem), "{error}");
    }
}

/// The log of SNAP, against figures counted by hand with a separate program.
#[test]
#[ignore = "needs the CollegeMsg log"]
fn the_real_log_has_13838_messages_and_6427_answers_in_time() {
    let path = std::env::var("EARNEST_REAL_LOG")
        .expect("set EARNEST_REAL_LOG to the path of CollegeMsg.txt");
    let folder = Folder::new();
    let call = [
        path.as_str(),
        "--policy",
        "inmail-2015",
        "--credits",
        "unlimited",
    ];
    let one = figures(&folder, &call).remove(0);
    assert_eq!(one["messages"], 13_838);
    assert_eq!(one["sent"], 13_838);
    assert_eq!(one["responded"], 6_427);
    assert_eq!(one["returned"], 6_427);
    let open = one["consumed"].as_u64().unwrap() + one["held"].as_u64().unwrap();
    assert_eq!(open, 13_838 - 6_427);
    let week = figures(
        &folder,
        &[&path, "--policy", "inmail-2013", "--credits", "unlimited"],
    )
    .remove(0);
    assert_eq!(week["responded"], 5_851);
}

#[test]
fn a_policy_that_takes_the_long_way_is_named() {
    let folder = Folder::new().with("log.csv", LOG).with(
        "back.toml",
        "extends = \"inmail-2015\"\n[returned]\nexpires = \"original\"\n",
    );
    let ran = folder.earnest(&["backtest", "log.csv", "--policy", "back.toml", "--json"]);
    assert_eq!(
        ran.err,
        "1 policy (back) can only be replayed message by message, which takes about ten times as long\n"
    );
    assert_eq!(json(&ran.out)["policies"][0]["sent"], 4);
}
