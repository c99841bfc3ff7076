//! `earnest sweep` and `earnest policy fit`: many policies on a log.

#[path = "support/earnest.rs"]
mod support;

use serde_json::Value;
use support::{Folder, earnest, json};

const THRESHOLDS: &str = "gate.check.rate_at_most=10%..30%:10%";
const COUNTS: &str = "gate.check.sent_at_least=20,100";

fn sweep(more: &[&str]) -> String {
    let call = [
        "sweep",
        "--generate",
        "20000",
        "--seed",
        "3",
        "--policy",
        "inmail-thread",
        "--vary",
        THRESHOLDS,
        "--vary",
        COUNTS,
    ];
    earnest(&[&call[..], more].concat()).done()
}

#[test]
fn the_ranking_is_for_people() {
    let table = sweep(&["--top", "4"]);
    let widest = table.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(100), "{table}");
    insta::assert_snapshot!(table);
}

#[test]
fn json_and_csv_have_every_row_and_do_not_depend_on_threads() {
    let data = json(&sweep(&["--json"]));
    let rows = data["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 6);
    let csv = sweep(&["--csv"]);
    assert_eq!(csv, sweep(&["--csv", "--threads", "1"]));
    assert_eq!(csv, sweep(&["--csv", "--threads", "5"]));
    let mut lines = csv.lines();
    let heading: Vec<&str> = lines.next().unwrap().split(',').collect();
    let place = |name: &str| heading.iter().position(|it| *it == name).unwrap();
    let mut count = 0;
    for (line, row) in lines.zip(rows) {
        let cells: Vec<&str> = line.split(',').collect();
        for name in [
            "rank",
            "sent",
            "refused",
            "lost",
            "avoided",
            "restricted_days",
        ] {
            assert_eq!(cells[place(name)], row[name].to_string(), "{name}");
        }
        let key = "gate.check.rate_at_most";
        assert_eq!(Value::from(cells[place(key)]), row["values"][key]);
        count += 1;
    }
    assert_eq!(count, 6);
    let avoided = |row: &Value| row["avoided"].as_u64().unwrap();
    assert!(
        rows.windows(2)
            .all(|pair| avoided(&pair[0]) >= avoided(&pair[1]))
    );
}

#[test]
fn a_row_is_what_a_backtest_of_that_policy_gives() {
    let data = json(&sweep(&["--json", "--rank", "lost_share"]));
    let folder = Folder::new().with(
        "mine.toml",
        "extends = \"inmail-thread\"\n[gate.check]\nrate_at_most = \"20/100\"\nsent_at_least = 20\n",
    );
    let call = [
        "--generate",
        "20000",
        "--seed",
        "3",
        "--policy",
        "mine.toml",
        "--json",
    ];
    let figures = folder.earnest(&[&["backtest"][..], &call].concat()).done();
    let figures = &json(&figures)["policies"][0];
    let wanted =
        serde_json::json!({ "gate.check.rate_at_most": "20/100", "gate.check.sent_at_least": 20 });
    let rows = data["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["values"] == wanted).unwrap();
    assert!(row["lost"].as_u64() > Some(0));
    assert_eq!(row["refused_by_code"], figures["refused"]);
    for key in [
        "sent",
        "responded",
        "returned",
        "consumed",
        "held",
        "response_rate",
        "restricted_days",
    ] {
        assert_eq!(row[key], figures[key], "{key}");
    }
}

#[test]
fn a_wrong_key_is_told_with_what_it_means_before_the_log_is_looked_for() {
    let told = |vary: &str| {
        let call = [
            "sweep",
            "none.csv",
            "--policy",
            "inmail-thread",
            "--vary",
            vary,
        ];
        earnest(&call).refused()
    };
    insta::assert_snapshot!(
        [
            told("gate.chek.rate_at_most=1/10"),
            told("settlement.window_days=0..9"),
            told("returned.expires=stale"),
            told("name=a,b"),
            told("gate.period_days=7"),
            told("gate.check.rate_at_most=3/10..1/10"),
            told("gate.check.rate_at_most"),
        ]
        .join("\n")
    );
}

#[test]
fn bad_lines_are_left_out_and_listed_up_to_so_many() {
    let log = "seat,recipient,sent_at,id\n\
               ana,bo,2015-01-02T09:00:00Z,m1\n\
               ana,bo,noon,m2\n\
               ana,cy,2015-01-02T09:00:00Z,m1\n\
               ana,di,2015-01-02T09:00:00Z,m3\n";
    let folder = Folder::new().with("log.csv", log);
    let call = ["backtest", "log.csv", "--policy", "postage", "--json"];
    let ran = folder.earnest(&[&call[..], &["--skip-bad", "2"]].concat());
    assert_eq!(json(&ran.out)["policies"][0]["sent"], 2);
    let told: Vec<&str> = ran.err.lines().collect();
    assert!(
        told[0].starts_with("log.csv:3: `sent_at` is `noon`"),
        "{told:?}"
    );
    assert!(
        told[1].starts_with("log.csv:4: the id `m1` is taken by the message of line 2"),
        "{told:?}"
    );
    assert_eq!(told[2], "left out 2 bad lines");
    let one = folder
        .earnest(&[&call[..], &["--skip-bad", "1"]].concat())
        .refused();
    assert!(
        one.contains("more than 1 lines are bad, and nothing of the log is kept"),
        "{one}"
    );
    assert!(folder.earnest(&call).refused().starts_with("log.csv:3:"));
}

#[test]
fn a_store_is_replayed_as_the_log_that_was_put_into_it() {
    let folder = Folder::new();
    folder.generate(3_000, 5, "log.csv");
    // Nothing is refused but what was pending already, which every policy here refuses.
    let import = [
        "import",
        "csv",
        "log.csv",
        "--policy",
        "inmail-2015",
        "--credits",
        "unlimited",
    ];
    let import = [&import[..], &["--store", "sqlite:store.db"]].concat();
    assert_eq!(folder.earnest(&import).code, Some(0));
    let replay = |from: &[&str]| {
        let call = [
            "--policy",
            "inmail-2015",
            "--credits",
            "unlimited",
            "--json",
        ];
        let until = ["--until", "2026-06-01T00:00:00Z"];
        let ran = folder.earnest(&[&["backtest"], from, &call[..], &until].concat());
        json(&ran.done())["policies"].take()
    };
    let (mut log, mut store) = (
        replay(&["log.csv"]),
        replay(&["--store", "sqlite:store.db"]),
    );
    // What was refused is in no store.
    for figures in [&mut log, &mut store] {
        figures[0]["refused"].take();
        figures[0]["messages"].take();
    }
    assert_eq!(log, store);
    assert!(store[0]["responded"].as_u64() > Some(500));
}

fn fit(folder: &Folder, more: &[&str]) -> support::Ran {
    let call = [
        "policy",
        "fit",
        "--generate",
        "20000",
        "--seed",
        "3",
        "--policy",
        "inmail-thread",
        "--out",
        "ours.toml",
    ];
    folder.earnest(&[&call[..], more].concat())
}

#[test]
fn a_fit_writes_the_policy_that_keeps_to_the_target() {
    let folder = Folder::new();
    let told = fit(&folder, &["--lost-at-most", "1%", "--json"]).done();
    let told = json(&told);
    let (lost, responded) = (
        told["lost"].as_u64().unwrap(),
        told["figures"]["responded"].as_u64().unwrap(),
    );
    assert!(lost * 100 <= lost + responded);
    assert!(told["avoided"].as_u64() > Some(0));
    assert_eq!(told["warnings"].as_array().map(Vec::len), Some(4));
    // The file is a policy, and does what was said.
    assert_eq!(
        folder.earnest(&["policy", "validate", "ours.toml"]).code,
        Some(0)
    );
    let call = [
        "--generate",
        "20000",
        "--seed",
        "3",
        "--policy",
        "ours.toml",
        "--json",
    ];
    let figures = folder.earnest(&[&["backtest"][..], &call].concat()).done();
    let figures = json(&figures)["policies"][0].take();
    assert_eq!(figures["policy"], "ours");
    assert_eq!(figures["responded"], told["figures"]["responded"]);
    assert!(
        folder
            .read("ours.toml")
            .contains("# What the log cannot tell:")
    );
    // It is not written over.
    let again = fit(&folder, &["--lost-at-most", "1%"]).refused();
    assert!(
        again.contains("there is a file `ours.toml` already"),
        "{again}"
    );
    assert_eq!(
        fit(&folder, &["--lost-at-most", "1%", "--force"]).code,
        Some(0)
    );
}

#[test]
fn a_target_that_cannot_be_kept_writes_nothing_and_tells_the_nearest() {
    let folder = Folder::new();
    let ran = fit(
        &folder,
        &[
            "--lost-at-most",
            "0",
            "--vary",
            "gate.check.rate_at_most=50%..60%:10%",
        ],
    );
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(ran.err.starts_with("none of the 2 variants loses at most 0/1 of the answers; nothing is written\nthe nearest loses"), "{}", ran.err);
    assert_eq!(folder.files(), [] as [String; 0]);
}

#[test]
fn a_policy_without_a_gate_has_nothing_to_fit() {
    let call = [
        "policy",
        "fit",
        "none.csv",
        "--policy",
        "postage",
        "--lost-at-most",
        "1%",
        "--out",
        "a.toml",
    ];
    let told = earnest(&call).refused();
    assert!(told.contains("`postage` has no gate"), "{told}");
}
