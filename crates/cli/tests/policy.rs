//! `earnest policy list`, `show`, `diff`, `validate` and `schema`.

#[path = "support/earnest.rs"]
mod support;

use serde_json::Value;
use support::{Folder, earnest, json};

const MINE: &str = r#"extends = "inmail-2015"
title = "Mine"

[settlement]
window_days = 75
"#;

const WRONG: &str = r#"extends = "inmail-2015"
titel = "Mine"

[settlement]
window_days = 0

[[settlement.rule]]
on = "response"
credit = "return"
why = "Because."
"#;

#[test]
fn the_presets_are_listed() {
    insta::assert_snapshot!(earnest(&["policy", "list"]).done());
    let list = json(&earnest(&["policy", "list", "--json"]).done());
    let policies = list["policies"].as_array().unwrap();
    assert_eq!(policies.len(), 8);
    let defaults: Vec<_> = policies.iter().filter(|it| it["default"] == true).collect();
    assert_eq!(defaults.len(), 1);
    assert_eq!(defaults[0]["name"], "inmail-2015");
}

#[test]
fn a_policy_is_shown_in_plain_words() {
    insta::assert_snapshot!(earnest(&["policy", "show", "postage"]).done());
}

#[test]
fn a_policy_is_shown_as_the_file_that_it_is() {
    let file = earnest(&["policy", "show", "inmail-2014", "--toml"]).done();
    let preset = earnest_core::policy::preset::text("inmail-2014").unwrap();
    assert!(file.starts_with(preset.trim_end()), "{file}");
    assert!(
        file.contains("\n# What this file extends, preset inmail-2013:\n#\n# "),
        "{file}"
    );
    // What comes out is a policy file again, and the same policy.
    let folder = Folder::new().with("again.toml", &file);
    let diff = folder
        .earnest(&["policy", "diff", "inmail-2014", "again.toml"])
        .done();
    assert_eq!(diff, "inmail-2014 and inmail-2014 do the same\n");
}

#[test]
fn a_policy_is_shown_as_data() {
    let policy = json(&earnest(&["policy", "show", "inmail-2014", "--json"]).done());
    assert_eq!(policy["name"], "inmail-2014");
    assert_eq!(policy["settlement"]["window_days"], 7);
    assert_eq!(policy["gate"]["kind"], "ladder");
}

#[test]
fn a_policy_file_is_named_by_its_path() {
    let folder = Folder::new()
        .with("mine.toml", MINE)
        .with("folder/inmail-2015", MINE);
    for path in ["mine.toml", "./mine.toml", "folder/inmail-2015"] {
        let shown = json(&folder.earnest(&["policy", "show", path, "--json"]).done());
        assert_eq!(shown["settlement"]["window_days"], 75, "{path}");
    }
    let preset = json(
        &folder
            .earnest(&["policy", "show", "inmail-2015", "--json"])
            .done(),
    );
    assert_eq!(preset["settlement"]["window_days"], 90);
}

#[test]
fn a_file_that_is_extended_is_found_beside_the_one_that_names_it() {
    let folder = Folder::new().with("a/base.toml", MINE).with(
        "a/b/top.toml",
        "extends = \"../base.toml\"\nrollover_cap = 2\n",
    );
    let shown = json(
        &folder
            .earnest(&["policy", "show", "a/b/top.toml", "--json"])
            .done(),
    );
    assert_eq!(shown["settlement"]["window_days"], 75);
    assert_eq!(shown["rollover_cap"], 2);
}

#[test]
fn a_preset_that_is_not_there_is_told_with_the_nearest_and_all() {
    for command in ["show", "ask"] {
        let mut call = vec!["policy", command, "inmail-205"];
        if command == "ask" {
            call.extend(["--response", "none"]);
        }
        insta::assert_snapshot!("an_unknown_preset", earnest(&call).refused());
    }
    let error = earnest(&["policy", "show", "nothing"]).refused();
    assert!(
        error.starts_with("there is no preset `nothing`\nthe presets are "),
        "{error}"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_told() {
    let folder = Folder::new().with("folder/x", "");
    std::fs::write(folder.path("latin1.toml"), b"title = \"caf\xe9\"\n").unwrap();
    for (path, problem) in [
        (
            "gone.toml",
            "there is no file `gone.toml`; name a policy file that is there\n",
        ),
        (
            "./folder",
            "`./folder` is a folder; name a policy file in it\n",
        ),
        (
            "latin1.toml",
            "`latin1.toml` is no UTF-8 text; a policy file is TOML\n",
        ),
    ] {
        assert_eq!(folder.earnest(&["policy", "show", path]).refused(), problem);
    }
}

#[test]
fn policies_are_compared_key_by_key() {
    insta::assert_snapshot!(earnest(&["policy", "diff", "inmail-2015", "inmail-thread"]).done());
    let same = earnest(&["policy", "diff", "postage", "postage"]).done();
    assert_eq!(same, "postage and postage do the same\n");
    let folder = Folder::new().with("mine.toml", MINE);
    let diff = json(
        &folder
            .earnest(&["policy", "diff", "inmail-2015", "mine.toml", "--json"])
            .done(),
    );
    assert_eq!(diff["b"], "mine");
    assert_eq!(diff["differences"][0]["key"], "settlement.window_days");
    assert_eq!(diff["differences"][0]["a"], "90");
    assert_eq!(diff["differences"][0]["b"], "75");
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let folder = Folder::new()
        .with("mine.toml", MINE)
        .with("wrong.toml", WRONG);
    let ran = folder.earnest(&["policy", "validate", "mine.toml", "wrong.toml", "gone.toml"]);
    assert_eq!(ran.code, Some(2));
    insta::assert_snapshot!(ran.all());
    let fine = folder.earnest(&["policy", "validate", "mine.toml"]).done();
    assert_eq!(fine, "ok  mine.toml: mine\n");
}

#[test]
fn mistakes_are_data_too() {
    let folder = Folder::new().with("wrong.toml", WRONG);
    let ran = folder.earnest(&["policy", "validate", "wrong.toml", "--json"]);
    assert_eq!(ran.code, Some(2));
    let file = &json(&ran.out)["files"][0];
    assert_eq!(file["policy"], Value::Null);
    let mistakes = file["mistakes"].as_array().unwrap();
    let titel = mistakes.iter().find(|it| it["key"] == "titel").unwrap();
    assert_eq!(titel["line"], 2);
    assert!(
        mistakes
            .iter()
            .any(|it| it["key"] == "settlement.window_days")
    );
}

#[test]
fn a_mistaken_policy_is_not_shown() {
    let folder = Folder::new().with("wrong.toml", WRONG);
    for call in [
        &["policy", "show", "wrong.toml"][..],
        &["policy", "diff", "postage", "wrong.toml"],
        &["policy", "ask", "wrong.toml", "--response", "reply"],
        &["backtest", "--generate", "10", "--policy", "wrong.toml"],
    ] {
        let error = folder.earnest(call).refused();
        assert!(error.starts_with("wrong.toml:2: titel: "), "{error}");
    }
}

#[test]
fn the_schema_is_a_json_schema() {
    let schema = json(&earnest(&["policy", "schema"]).done());
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert!(schema["properties"]["settlement"].is_object());
}
