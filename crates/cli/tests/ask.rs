//! `earnest policy ask`: the question that the project came from.

#[path = "support/earnest.rs"]
mod support;

use support::{Folder, earnest, json};

fn ask(args: &[&str]) -> String {
    earnest(&[&["policy", "ask"], args].concat()).done()
}

#[test]
fn a_decline_within_ninety_days_gives_the_credit_back() {
    insta::assert_snapshot!(ask(&[
        "inmail-2015",
        "--response",
        "not_interested",
        "--after",
        "40d"
    ]));
}

#[test]
fn the_two_readings_stand_side_by_side() {
    insta::assert_snapshot!(ask(&[
        "inmail-2015",
        "inmail-thread",
        "attention-bond",
        "--response",
        "not_interested",
        "--note",
        "--after",
        "40d"
    ]));
}

#[test]
fn an_open_stake_is_told_with_its_end() {
    insta::assert_snapshot!(ask(&[
        "inmail-2013",
        "inmail-2015",
        "--response",
        "none",
        "--after",
        "8d"
    ]));
}

#[test]
fn a_response_at_the_deadline_is_in_time_and_a_millisecond_later_it_is_not() {
    let credit = |after: &str| {
        let answer = ask(&[
            "inmail-2015",
            "--response",
            "reply",
            "--after",
            after,
            "--json",
        ]);
        json(&answer)["answers"][0]["credit"].clone()
    };
    assert_eq!(credit("90d"), "returned");
    assert_eq!(credit("89d23h59m59s999ms"), "returned");
    assert_eq!(credit("90d1ms"), "consumed");
}

#[test]
fn whether_the_message_was_seen_can_matter() {
    let credit = |seen: &[&str]| {
        let call = [
            "attention-bond",
            "--response",
            "none",
            "--after",
            "91d",
            "--json",
        ];
        json(&ask(&[&call, seen].concat()))["answers"][0]["credit"].clone()
    };
    assert_eq!(credit(&[]), "returned");
    assert_eq!(credit(&["--seen"]), "consumed");
}

#[test]
fn every_case_of_every_preset_is_one_table() {
    let table = ask(&["--all"]);
    let widest = table.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(100), "{table}");
    insta::assert_snapshot!(table);
    let table = json(&ask(&["--all", "--json"]));
    assert_eq!(table["columns"].as_array().unwrap().len(), 8);
}

#[test]
fn the_table_can_be_had_for_policies_of_one_s_own() {
    let folder = Folder::new().with("mine.toml", "extends = \"postage\"\n");
    let table = folder
        .earnest(&["policy", "ask", "--all", "mine.toml", "postage"])
        .done();
    assert!(
        table.contains("mine") && !table.contains("inmail-2015"),
        "{table}"
    );
}

#[test]
fn a_policy_named_twice_answers_once() {
    let answer = ask(&["postage", "postage", "--response", "reply"]);
    assert_eq!(answer, ask(&["postage", "--response", "reply"]));
}

#[test]
fn a_length_of_time_is_whole_numbers_with_units() {
    for after in [
        "40",
        "40 days",
        "1.5d",
        "-1d",
        "1h1d",
        "99999999999999999999d",
        "",
    ] {
        let after = format!("--after={after}");
        let call = [
            "policy",
            "ask",
            "inmail-2015",
            "--response",
            "reply",
            &after,
        ];
        let error = earnest(&call).refused();
        assert!(error.contains("--after <TIME>"), "{error}");
        assert_eq!(error.lines().count(), 2, "{error}");
    }
}

#[test]
fn a_note_without_an_answer_makes_no_sense() {
    let call = [
        "policy",
        "ask",
        "inmail-2015",
        "--response",
        "none",
        "--note",
    ];
    let error = earnest(&call).refused();
    assert!(error.contains("leave `--note` out"), "{error}");
}
