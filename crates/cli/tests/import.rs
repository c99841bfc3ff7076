//! `earnest import`: a log into a store, once.

#[path = "support/figures.rs"]
mod figures;
#[path = "support/earnest.rs"]
mod support;

use figures::{Figures, backtested, imported};
use std::process::Stdio;
use support::{Folder, command, json};

/// Two contracts: answered, declined, seen and never answered, and a campaign.
const LOG: &str = "\
id,contract,seat,recipient,sent_at,campaign,responded_at,response,seen_at
m1,acme,ana,bo,2015-01-02T09:00:00Z,,2015-01-03T09:00:00Z,reply,
m2,acme,ana,cy,2015-01-02T10:00:00Z,,2015-02-20T09:00:00Z,not_interested,2015-01-02T11:00:00Z
m3,umber,ben,di,2015-01-05T10:00:00Z,,,,2015-01-06T10:00:00Z
,umber,ben,eve,2015-02-20T10:00:00Z,c1,,,
";

fn import(folder: &Folder, args: &[&str]) -> serde_json::Value {
    json(
        &folder
            .earnest(&[&["import"], args, &["--json"]].concat())
            .done(),
    )
}

#[test]
fn a_log_becomes_contracts_with_their_seats_messages_and_answers() {
    let folder = Folder::new().with("log.csv", LOG);
    let told = folder.earnest(&["import", "csv", "log.csv"]).done();
    assert_eq!(told, "4 messages of 2 contracts: 4 sent, 2 answered\n");
    let events = folder
        .earnest(&["export", "events", "--contract", "umber"])
        .done();
    let lines: Vec<_> = events.lines().map(json).collect();
    let types: Vec<_> = lines
        .iter()
        .map(|line| line["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "contract_created",
            "seat_added",
            "allotment_granted",
            "allotment_granted",
            "message_sent",
            "message_seen",
            "allotment_granted",
            "message_sent"
        ]
    );
    assert_eq!(lines[0]["at"], "2015-01-05T10:00:00Z");
    assert_eq!(lines[7]["message"], "umber-2");
    assert_eq!(lines[7]["campaign"], "c1");
    assert_eq!(lines[7]["bulk"], true);
    assert_eq!(folder.files(), ["earnest.db", "log.csv"]);
}

#[test]
fn imported_again_a_log_adds_nothing() {
    let folder = Folder::new().with("log.csv", LOG);
    let first = import(&folder, &["csv", "log.csv"]);
    assert_eq!((&first["added"], &first["there"]), (&12.into(), &0.into()));
    let events = folder.earnest(&["export", "events"]).done();
    let told = folder.earnest(&["import", "csv", "log.csv"]).done();
    assert!(
        told.ends_with("all of it was there before; nothing was added\n"),
        "{told}"
    );
    // Told otherwise it is another import, and finds everything there all the same.
    let again = import(
        &folder,
        &["csv", "log.csv", "--until", "2015-02-20T10:00:00Z"],
    );
    assert_eq!((&again["added"], &again["there"]), (&0.into(), &12.into()));
    assert_eq!((&again["sent"], &again["answers"]), (&4.into(), &2.into()));
    assert_eq!(folder.earnest(&["export", "events"]).done(), events);
}

#[test]
fn a_log_that_has_grown_is_imported_from_where_it_was() {
    let (before, after) = LOG.split_at(LOG.find("m3").unwrap());
    let folder = Folder::new().with("a.csv", before).with("b.csv", LOG);
    import(&folder, &["csv", "a.csv"]);
    let told = import(&folder, &["csv", "b.csv"]);
    assert_eq!(told["sent"], 4, "{after}");
    assert_eq!(told["answers"], 2);
    assert!(folder.earnest(&["audit"]).done().starts_with("ok "));
    let whole = Folder::new().with("b.csv", LOG);
    import(&whole, &["csv", "b.csv"]);
    assert_eq!(
        folder.earnest(&["export", "events"]).done(),
        whole.earnest(&["export", "events"]).done()
    );
}

#[test]
fn a_log_that_cannot_be_imported_changes_nothing() {
    let folder = Folder::new()
        .with("bad.csv", &LOG.replace("2015-01-05T10:00:00Z", "soon"))
        .with(
            "future.csv",
            &LOG.replace("2015-02-20T10:00:00Z", "2999-01-01T00:00:00Z"),
        )
        .with("log.csv", LOG);
    let mut told = String::new();
    for call in [
        &["csv", "bad.csv"][..],
        &["csv", "future.csv"],
        &["csv", "gone.csv"],
        &["snap", "log.csv"],
        &["csv", "log.csv", "--policy", "inmial-2015"],
        &["csv", "log.csv", "--policy", "gone.toml"],
    ] {
        let error = folder.earnest(&[&["import"], call].concat()).refused();
        told.push_str(&format!("$ earnest import {}\n{error}", call.join(" ")));
    }
    insta::assert_snapshot!(told);
    let cut = import(
        &folder,
        &["csv", "future.csv", "--until", "2016-01-01T00:00:00Z"],
    );
    assert_eq!(cut["messages"], 3);
}

#[test]
fn a_contract_of_the_same_name_that_is_another_is_left_alone() {
    let folder = Folder::new()
        .with("log.csv", LOG)
        .with("other.csv", &LOG.replace("2015-01-02T09", "2015-01-02T08"));
    import(&folder, &["csv", "log.csv"]);
    let events = folder.earnest(&["export", "events"]).done();
    let mut told = String::new();
    for call in [
        &["csv", "other.csv"][..],
        &["csv", "log.csv", "--policy", "postage"],
        &["csv", "log.csv", "--credits", "unlimited"],
    ] {
        told.push_str(&folder.earnest(&[&["import"], call].concat()).refused());
    }
    insta::assert_snapshot!(told);
    assert_eq!(folder.earnest(&["export", "events"]).done(), events);
}

#[test]
fn a_policy_file_is_taken_along() {
    let folder = Folder::new()
        .with("log.csv", LOG)
        .with("mine.toml", "extends = \"inmail-2015\"\n[settlement]\nwindow_days = 7\n[message]\nreminder_days = [3]\n")
        .with("yours.toml", "extends = \"mine.toml\"\n");
    let call = ["csv", "log.csv", "--policy", "mine.toml", "--until", "end"];
    import(&folder, &call);
    let events = folder
        .earnest(&["export", "events", "--contract", "acme"])
        .done();
    let first = json(events.lines().next().unwrap());
    assert_eq!(first["policy"], "mine");
    assert!(events.contains("\"message_lapsed\""), "{events}");
    // It is in the store now, and can be named.
    let call = ["csv", "log.csv", "--policy", "mine", "--until", "end"];
    assert_eq!(import(&folder, &call)["added"], 0);
    let call = ["import", "csv", "log.csv", "--policy", "yours.toml"];
    let error = folder.earnest(&call).refused();
    assert!(
        error.starts_with("`yours.toml` starts from `mine.toml`"),
        "{error}"
    );
}

#[test]
fn live_contracts_go_on_by_themselves() {
    let folder = Folder::new().with("log.csv", LOG);
    import(&folder, &["csv", "log.csv", "--live"]);
    // Ten years on everything has lapsed or was answered.
    let story = folder.earnest(&["explain", "umber-2", "--json"]).done();
    assert_eq!(json(&story)["status"], "lapsed");
    assert!(folder.earnest(&["audit"]).done().starts_with("ok "));
}

/// Killed at any moment, an import goes on where it was, and ends where an undisturbed one ends.
#[test]
fn an_import_that_was_killed_goes_on_where_it_was() {
    let folder = Folder::new();
    folder.generate(3_000, 9, "year.csv");
    let call = ["import", "csv", "year.csv", "--until", "end", "--json"];
    let wal = folder.path("earnest.db-wal");
    let mut kills = 0;
    for bytes in [60_000, 600_000, 1_500_000] {
        let mut child = command(&call)
            .current_dir(folder.path(""))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let grown = || wal.metadata().is_ok_and(|it| it.len() > bytes);
        while child.try_wait().unwrap().is_none() && !grown() {
            std::thread::yield_now();
        }
        kills += u32::from(child.try_wait().unwrap().is_none());
        drop(child.kill());
        child.wait().unwrap();
    }
    assert!(kills > 0);
    let told = json(&folder.earnest(&call).done());
    let whole = Folder::new();
    whole.generate(3_000, 9, "year.csv");
    let expected = json(&whole.earnest(&call).done());
    for figure in ["contracts", "seats", "messages", "sent", "answers"] {
        assert_eq!(told[figure], expected[figure], "{figure}");
    }
    assert_eq!(
        folder.earnest(&["export", "events"]).done(),
        whole.earnest(&["export", "events"]).done()
    );
    assert!(folder.earnest(&["audit"]).done().starts_with("ok "));
    let again = folder.earnest(&call[..5]).done();
    assert!(again.ends_with("nothing was added\n"), "{again}");
}

/// The figures that `earnest backtest` has are those of the store, for every preset and both ways to pay.
#[test]
fn an_import_has_the_figures_of_a_backtest() {
    let folder = Folder::new();
    folder.generate(2_000, 11, "year.csv");
    for (policy, credits) in [
        ("inmail-2013", "granted"),
        ("inmail-2015", "granted"),
        ("inmail-2015", "unlimited"),
        ("inmail-thread", "unlimited"),
        ("recruiter-2024", "granted"),
        ("attention-bond", "granted"),
        ("postage", "granted"),
    ] {
        let store = format!("{policy}-{credits}.db");
        let options = ["--policy", policy, "--credits", credits, "--until", "end"];
        let url = format!("sqlite:{store}");
        let call = [&["csv", "year.csv"], &options[..], &["--store", &url]].concat();
        let told = import(&folder, &call);
        let backtested = backtested(&folder, "year.csv", policy, credits);
        let mut imported = imported(&folder.path(&store));
        imported.refused = told["refused"].clone();
        assert_eq!(imported, backtested, "{policy}, {credits}");
        let audit = folder.earnest(&["audit", "--store", &url]);
        assert_eq!(audit.code, Some(0), "{policy}, {credits}: {audit:?}");
    }
}

#[test]
fn an_end_within_the_log_is_that_of_a_backtest_too() {
    let folder = Folder::new();
    folder.generate(800, 5, "year.jsonl");
    let until = "2025-07-01T12:00:00Z";
    let options = ["--policy", "inmail-2014", "--until", until];
    import(&folder, &[&["jsonl", "year.jsonl"], &options[..]].concat());
    let call = [&["backtest", "year.jsonl", "--json"], &options[..]].concat();
    let expected = Figures::of(&json(&folder.earnest(&call).done())["policies"][0]);
    let mut imported = imported(&folder.path("earnest.db"));
    imported.refused = expected.refused.clone();
    assert_eq!(imported, expected);
}

/// The log of SNAP, against figures counted by hand with a separate program.
#[test]
#[ignore = "needs the CollegeMsg log"]
fn the_real_log_is_imported_with_the_figures_counted_by_hand() {
    let path = std::env::var("EARNEST_REAL_LOG")
        .expect("set EARNEST_REAL_LOG to the path of CollegeMsg.txt");
    let folder = Folder::new();
    let call = [
        "snap",
        &path,
        "--policy",
        "inmail-2015",
        "--credits",
        "unlimited",
        "--until",
        "end",
    ];
    let told = import(&folder, &call);
    assert_eq!(told["contracts"], 1_151);
    assert_eq!(told["sent"], 13_838);
    let imported = imported(&folder.path("earnest.db"));
    assert_eq!(imported.sent, 13_838);
    assert_eq!((imported.responded, imported.returned), (6_427, 6_427));
    assert_eq!((imported.consumed, imported.held), (6_941, 470));
    assert_eq!(imported, {
        let mut figures = backtested(&folder, &path, "inmail-2015", "unlimited");
        figures.refused = imported.refused.clone();
        figures
    });
    let audit = json(&folder.earnest(&["audit", "--json"]).done());
    assert_eq!(
        (&audit["passed"], &audit["contracts"]),
        (&true.into(), &1_151.into())
    );
    assert_eq!(audit["messages"], 13_838);
    let again = folder.earnest(&[&["import"], &call[..]].concat()).done();
    assert!(again.ends_with("nothing was added\n"), "{again}");
    for message in ["1-1", "3-1", "9-1"] {
        let story = json(&folder.earnest(&["explain", message, "--json"]).done());
        assert_eq!(story["message"], message);
        assert!(!story["explanation"]["text"].as_array().unwrap().is_empty());
    }
}
