//! `earnest check`: scenarios, the tests of a policy.

#[path = "support/earnest.rs"]
mod support;

use support::{Folder, json};

const STORY: &str = r#"name = "a reply returns the credit"
policy = "inmail-2015"

[contract]
allotments = false

[[step]]
at = 2015-01-02T09:00:00Z
grant = { id = "g1", credits = 1 }

[[step]]
at = 2015-01-02T10:00:00Z
send = { id = "m1", seat = "ana", to = "bo" }

[[step]]
at = 2015-01-03T10:00:00Z
respond = { message = "m1", kind = "reply" }
expect = { credits = { available = 1, held = 0 }, messages = { m1 = { status = "responded", credit = "returned" } } }
"#;

#[test]
fn a_scenario_that_holds_passes() {
    let folder = Folder::new().with("a.toml", STORY);
    insta::assert_snapshot!(folder.earnest(&["check", "a.toml"]).done());
}

#[test]
fn a_scenario_that_does_not_hold_is_shown_with_the_difference() {
    let folder = Folder::new().with("a.toml", &STORY.replace("available = 1", "available = 2"));
    let ran = folder.earnest(&["check", "a.toml"]);
    assert_eq!(ran.code, Some(1));
    insta::assert_snapshot!(ran.all());
}

#[test]
fn a_file_that_cannot_be_read_does_not_keep_the_others_from_being_played() {
    let folder = Folder::new().with("all/a.toml", STORY).with(
        "all/b.toml",
        &STORY.replace("kind = \"reply\"", "kind = \"replied\""),
    );
    let ran = folder.earnest(&["check", "all", "gone.toml"]);
    assert_eq!(ran.code, Some(2));
    insta::assert_snapshot!(ran.all());
}

#[test]
fn outcomes_are_data_too() {
    let folder = Folder::new().with("a.toml", STORY);
    let outcomes = json(&folder.earnest(&["check", "a.toml", "--json"]).done());
    assert_eq!(outcomes["passed"], 1);
    assert_eq!(outcomes["failed"], 0);
}
