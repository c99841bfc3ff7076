//! `earnest explain`: why a message's credit is where it is.

#[path = "support/earnest.rs"]
mod support;

use support::{Folder, json};

const LOG: &str = "\
id,contract,seat,recipient,sent_at,responded_at,response
m1,acme,ana,bo,2015-01-02T09:00:00Z,2015-01-03T09:00:00Z,not_interested
m2,acme,ana,cy,2015-01-02T10:00:00Z,,
";

fn told() -> Folder {
    let folder = Folder::new().with("log.csv", LOG);
    folder.earnest(&["import", "csv", "log.csv"]).done();
    folder
}

#[test]
fn a_message_s_story_is_told_in_the_words_of_its_policy() {
    let folder = told();
    let mut stories = String::new();
    for message in ["m1", "m2"] {
        stories.push_str(&folder.earnest(&["explain", message]).done());
        stories.push('\n');
    }
    insta::assert_snapshot!(stories);
}

#[test]
fn the_story_is_data() {
    let story = json(&told().earnest(&["explain", "m1", "--json"]).done());
    assert_eq!(story["contract"], "acme");
    assert_eq!(
        (&story["status"], &story["credit"]),
        (&"responded".into(), &"returned".into())
    );
    assert_eq!(story["explanation"]["policy"], "inmail-2015");
    assert_eq!(story["explanation"]["rule"]["path"], "settlement.rule[0]");
}

#[test]
fn an_unknown_message_is_told() {
    let error = told().earnest(&["explain", "m9"]).refused();
    assert_eq!(
        error,
        "there is no message `m9`; its id is what its sender was answered with\n"
    );
}
