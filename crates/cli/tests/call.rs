//! The command line as a whole: the first page, wrong calls, readers that go away.

#[path = "support/earnest.rs"]
mod support;

use std::process::Stdio;
use support::{command, earnest};

#[test]
fn earnest_alone_shows_the_first_page() {
    let page = earnest(&[]).done();
    insta::assert_snapshot!(page);
    assert_eq!(page, earnest(&["--help"]).done());
    assert_eq!(page, earnest(&["-h"]).done());
}

#[test]
fn a_group_of_commands_alone_shows_its_page() {
    insta::assert_snapshot!(earnest(&["policy"]).done());
}

#[test]
fn every_command_explains_itself() {
    let calls: [&[&str]; 21] = [
        &["demo"],
        &["serve"],
        &["key", "create"],
        &["key", "list"],
        &["key", "revoke"],
        &["explain"],
        &["audit"],
        &["export", "events"],
        &["import"],
        &["backup"],
        &["restore"],
        &["migrate"],
        &["policy", "ask"],
        &["policy", "list"],
        &["policy", "show"],
        &["policy", "diff"],
        &["policy", "validate"],
        &["policy", "schema"],
        &["check"],
        &["backtest"],
        &["generate"],
    ];
    for call in calls {
        let page = earnest(&[call, &["--help"]].concat()).done();
        let usage = format!("Usage: earnest {}", call.join(" "));
        assert!(page.contains(&usage), "{page}");
        let widest = page.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(100), "{page}");
    }
}

#[test]
fn the_version_is_the_package_s() {
    let version = format!("earnest {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(earnest(&["--version"]).done(), version);
    assert_eq!(earnest(&["-V"]).done(), version);
}

#[test]
fn a_wrong_call_is_told_in_two_lines() {
    let calls: [&[&str]; 20] = [
        &["chekc"],
        &["policy", "lst"],
        &["policy", "show"],
        &["policy", "ask", "inmail-2015", "--response", "maybe"],
        &["policy", "ask", "inmail-2015"],
        &["policy", "ask", "--all", "--note"],
        &["backtest"],
        &["backtest", "a.csv", "--generate", "10"],
        &["backtest", "a.csv", "--polcy", "postage"],
        &["backtest", "a.csv", "--until", "yesterday"],
        &["generate", "--messages", "0", "--out", "a.csv"],
        &["generate"],
        &["serv"],
        &["key", "create"],
        &["key", "create", "--scope", "root"],
        &["key", "revoke"],
        &["import", "cvs", "a.csv"],
        &["import", "csv", "a.csv", "--until", "soon"],
        &["explain", "a b"],
        &["demo", "--listen", "here"],
    ];
    let mut told = String::new();
    for call in calls {
        let error = earnest(call).refused();
        assert_eq!(error.lines().count(), 2, "{error}");
        told.push_str(&format!("$ earnest {}\n{error}\n", call.join(" ")));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let calls: [&[&str]; 4] = [
        &["policy", "schema"],
        &["policy", "show", "inmail-2015"],
        &["backtest", "--generate", "100"],
        &["--help"],
    ];
    for call in calls {
        let mut child = command(call)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{call:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{call:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn results_that_cannot_be_written_are_an_error() {
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = command(&["policy", "schema"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with("cannot write the results: "), "{error}");
}
