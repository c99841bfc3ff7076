//! `earnest export events`: the event log as JSON lines.

#[path = "support/earnest.rs"]
mod support;

use std::process::Stdio;
use support::{Folder, command, json};

fn year() -> Folder {
    let folder = Folder::new();
    folder.generate(500, 3, "year.csv");
    folder
        .earnest(&["import", "csv", "year.csv", "--until", "end"])
        .done();
    folder
}

#[test]
fn every_event_of_every_contract_is_a_line_and_none_is_missing() {
    let folder = year();
    let lines = folder.earnest(&["export", "events"]).done();
    let (mut contract, mut seq, mut at) = (String::new(), 0, String::new());
    for line in lines.lines() {
        assert!(line.starts_with("{\"contract\":"), "{line}");
        let event = json(line);
        let of = event["contract"].as_str().unwrap();
        if of != contract {
            assert!(*of > *contract, "{line}");
            (contract, seq, at) = (of.to_owned(), 0, String::new());
            assert_eq!(event["type"], "contract_created");
        }
        seq += 1;
        assert_eq!(event["seq"], seq);
        let now = event["at"].as_str().unwrap();
        assert!(now.len() != at.len() || *now >= *at, "{line}");
        now.clone_into(&mut at);
    }
    let count = json(&folder.earnest(&["audit", "--json"]).done())["events"].as_u64();
    assert_eq!(count, Some(lines.lines().count() as u64));
}

#[test]
fn one_contract_s_events_are_those_of_all() {
    let folder = year();
    let all = folder.earnest(&["export", "events"]).done();
    let contract = json(all.lines().next().unwrap())["contract"].clone();
    let contract = contract.as_str().unwrap();
    let one = folder
        .earnest(&["export", "events", "--contract", contract])
        .done();
    let of = format!("{{\"contract\":\"{contract}\",");
    let expected: Vec<_> = all.lines().filter(|line| line.starts_with(&of)).collect();
    assert_eq!(one.lines().collect::<Vec<_>>(), expected);
    let error = folder.earnest(&["export", "events", "--contract", "nobody"]);
    assert_eq!(error.refused(), "there is no contract `nobody`\n");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = year();
    let mut child = command(&["export", "events"])
        .current_dir(folder.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
