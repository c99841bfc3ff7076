use super::*;
use insta::assert_snapshot;

/// Reads a text with a reader that asks for one key of each type, and returns the mistakes.
fn mistakes(text: &str) -> String {
    let document = match Document::parse("a.toml", text) {
        Ok(document) => document,
        Err(mistakes) => return mistakes.to_string(),
    };
    let root = document.root();
    let _ = root.string("text");
    let _ = root.boolean("flag");
    let _ = root.whole("size", 1..=90_u32);
    let _ = root.instant("at");
    let _ = root.word(
        "kind",
        &[("reply", 1), ("accept", 2), ("not_interested", 3)],
    );
    let _ = root.ratio("rate");
    let _ = root.parsed::<crate::units::SeatId>("seat");
    for step in root.tables("step") {
        let _ = step.need("to", "write whom it goes to, as in `to = \"bo\"`");
        let _ = step.either(&["send", "respond"]);
        step.finish();
    }
    if let Some(inner) = root.table("inner") {
        inner.finish();
    }
    root.finish();
    document
        .finish(Some(()))
        .err()
        .map_or_else(String::new, |mistakes| mistakes.to_string())
}

#[test]
fn a_file_without_mistakes_is_read() {
    let text = "text = 'x'\nflag = true\nsize = 0x5_a\nat = 2015-01-02T09:00:00.001+01:00\nkind = 'reply'\nrate = '13/100'\nseat = 'ana'\n[[step]]\nto = 1\n[inner]\n";
    assert_eq!(mistakes(text), "");
    let document = Document::parse("a.toml", text).unwrap();
    let root = document.root();
    assert_eq!(root.whole("size", 0..=u64::MAX), Some(90));
    assert_eq!(
        root.instant("at").unwrap().to_string(),
        "2015-01-02T08:00:00.001Z"
    );
}

#[test]
fn every_type_names_what_is_there_and_what_to_write() {
    assert_snapshot!(mistakes("text = 1\nflag = 'yes'\nsize = '90'\nat = '2015-01-02T09:00:00Z'\nkind = 7\nrate = 0.13\nseat = 'a b'\nstep = 1\ninner = 1.5\n"), @r#"
    a.toml:1: text: `1` is a whole number; write a string in quotes
    a.toml:2: flag: `'yes'` is a string; write `true` or `false`
    a.toml:3: size: `'90'` is a string; write a whole number from 1 to 90
    a.toml:4: at: `'2015-01-02T09:00:00Z'` is a string; write an instant as `2015-01-02T09:00:00Z`, without quotes
    a.toml:5: kind: `7` is a whole number; write `reply`, `accept` or `not_interested` in quotes
    a.toml:6: rate: `0.13` is a decimal number; write an exact ratio in quotes, such as `"13/100"`
    a.toml:7: seat: an id is made of `A-Z a-z 0-9 . _ : @ -`; ` ` is not among them
    a.toml:8: step: `1` is a whole number; write an array, such as `[...]`
    a.toml:9: inner: `1.5` is a decimal number; write a table, such as `{ key = ... }`
    "#);
    assert_snapshot!(mistakes("text = 2015-01-02\nsize = 91\nkind = 'repply'\nrate = '13'\nseat = ''\nstep = ['x']\ninner = []\n"), @r#"
    a.toml:1: text: `2015-01-02` is an instant; write a string in quotes
    a.toml:2: size: `91` is out of range; write a whole number from 1 to 90
    a.toml:3: kind: `repply` is no word for this; did you mean `reply`? the words are `reply`, `accept`, `not_interested`
    a.toml:4: rate: `13` is no ratio between 0 and 1; write an exact ratio in quotes, such as `"13/100"`
    a.toml:5: seat: an id has 1 to 128 characters; this one is empty
    a.toml:6: step[0]: `'x'` is a string; write a table, such as `{ key = ... }`
    a.toml:7: inner: is an array; write a table, such as `{ key = ... }`
    "#);
    assert_snapshot!(mistakes("size = -1\nkind = 'x'\nrate = '101/100'\ntext = true\n[step]\nto = 1"), @r#"
    a.toml:1: size: `-1` is out of range; write a whole number from 1 to 90
    a.toml:2: kind: `x` is no word for this; write `reply`, `accept` or `not_interested`
    a.toml:3: rate: `101/100` is no ratio between 0 and 1; write an exact ratio in quotes, such as `"13/100"`
    a.toml:4: text: `true` is a boolean; write a string in quotes
    a.toml:5: step: is a table; write `[[ ]]` around the name, once for each
    "#);
    assert_snapshot!(mistakes("size = 99999999999999999999999999999999999999999999999999999"), @"a.toml:1: size: `9999999999999999999999999999999999999999...` is out of range; write a whole number from 1 to 90");
}

#[test]
fn an_instant_is_told_what_it_lacks() {
    assert_snapshot!(mistakes("at = 2015-01-02T09:00:00"), @"a.toml:1: at: `2015-01-02T09:00:00` has no offset; add a `Z` for UTC, as in `2015-01-02T09:00:00Z`");
    assert_snapshot!(mistakes("at = 2015-01-02T09:00:00.0001Z"), @"a.toml:1: at: `2015-01-02T09:00:00.0001Z` is finer than a millisecond; write at most three decimals");
    assert_snapshot!(mistakes("at = 2015-01-02T09:00:60Z"), @"a.toml:1: at: `2015-01-02T09:00:60Z` has a second 60; seconds go from 00 to 59; write the one before or after");
    assert_snapshot!(mistakes("at = 2015-01-02 09:00:00Z"), @"a.toml:1: at: `2015-01-02 09:00:00Z` is not an instant; write it as `2015-01-02T09:00:00Z`");
    assert_snapshot!(mistakes("at = 2015-01-02"), @"a.toml:1: at: `2015-01-02` is not an instant; write it as `2015-01-02T09:00:00Z`");
    assert_snapshot!(mistakes("at = 2015-02-30T09:00:00Z"), @"a.toml:1: invalid date, expected day between 01 and 28; mend the TOML here; nothing else was checked");
}

#[test]
fn a_key_that_nobody_asked_for_is_unknown() {
    assert_snapshot!(mistakes("texts = 'x'\nfrobnicate = 1\n[inner]\nx = 1\n[[step]]\nto = 'bo'\n[[step]]\nTo = 'bo'\n\"a.b\" = 1"), @r#"
    a.toml:1: texts: is no key here; did you mean `text`?
    a.toml:2: frobnicate: is no key here; the keys here are `text`, `flag`, `size`, `at`, `kind`, `rate`, `seat`, `step`, `inner`
    a.toml:4: inner.x: is no key here; take it away
    a.toml:7: step[1].to: is missing; write whom it goes to, as in `to = "bo"`
    a.toml:8: step[1].To: is no key here; did you mean `to`?
    a.toml:9: step[1]."a.b": is no key here; the keys here are `to`, `send`, `respond`
    "#);
}

#[test]
fn keys_that_exclude_each_other_are_named() {
    assert_snapshot!(mistakes("[[step]]\nto = 1\nrespond = 1\nsend = 2"), @"a.toml:4: step[0].send: excludes `respond`; leave out `respond` or `send`");
}

#[test]
fn a_syntax_error_is_one_mistake_with_its_line() {
    assert_snapshot!(mistakes("text = 'x'\nsize = \n[["), @"a.toml:2: string values must be quoted, expected literal string; mend the TOML here; nothing else was checked");
    assert_snapshot!(mistakes("text = 'x'\ntext = 'y'"), @"a.toml:2: the key is there already; name it once");
    assert_snapshot!(mistakes("text = 'x"), @"a.toml:1: invalid literal string, expected `'`; mend the TOML here; nothing else was checked");
}

#[test]
fn any_path_has_a_line() {
    let document = Document::parse(
        "a.toml",
        "# é\r\n[[step]]\r\nsend = { \"é.x\" = 1, to = 'bo' }\n\n[[step]]\n[step.send]\nto = 1\n[a.b]\nlist = [\n  1,\n  2,\n]\n",
    )
    .unwrap();
    let lines = |path| document.line_of(path);
    assert_eq!(lines("step[0]"), Some(2));
    assert_eq!(lines("step[0].send.to"), Some(3));
    assert_eq!(lines("step[0].send.\"é.x\""), Some(3));
    assert_eq!(lines("step[1].send"), Some(6));
    assert_eq!(lines("step[1].send.to"), Some(7));
    assert_eq!(lines("a.b.list[1]"), Some(11));
    assert_eq!(lines("step[2]"), None);
    assert_eq!(lines("step[0].send.t"), None);
    assert_eq!(document.file_of("a.b"), Some("a.toml"));

    let root = document.root();
    let step = root.tables("step").remove(0);
    assert_eq!(
        (step.line(), step.line_of("send"), step.path()),
        (2, Some(3), "step[0]")
    );
    step.get("send")
        .unwrap()
        .table()
        .unwrap()
        .get("to")
        .unwrap()
        .mistake("is wrong", "");
    let mistakes = document.finish(Some(())).unwrap_err();
    let mistake = mistakes.iter().next().unwrap();
    assert_eq!((mistake.line, mistake.column), (3, 21));
    assert_eq!(mistake.to_string(), "a.toml:3: step[0].send.to: is wrong");
}

#[test]
fn one_file_lies_over_another_key_by_key() {
    let base = Document::parse(
        "base.toml",
        "a = 1\nb = 'no'\nc = [1, 2]\n[t]\nx = 1\ny = 'no'\n[u]\nz = 1",
    )
    .unwrap();
    let top = Document::parse("top.toml", "\nb = 2\nc = [3]\n[t]\ny = 2\n").unwrap();
    let document = top.over(base, &|overlap| match overlap.path() {
        "" => vec!["u".to_owned()],
        _ => Vec::new(),
    });
    let root = document.root();
    let range = || 0..=9_u8;
    assert_eq!(root.whole("a", range()), Some(1));
    assert_eq!(root.whole("b", range()), Some(2));
    assert_eq!(root.array("c").len(), 1);
    let t = root.table("t").unwrap();
    assert_eq!(
        (t.whole("x", range()), t.whole("y", range())),
        (Some(1), Some(2))
    );
    assert!(!root.has("u"));
    assert_eq!(
        (document.file_of("t.x"), document.line_of("t.x")),
        (Some("base.toml"), Some(5))
    );
    assert_eq!(
        (document.file_of("t.y"), document.line_of("t.y")),
        (Some("top.toml"), Some(5))
    );
}

#[test]
fn mistakes_are_data_too() {
    let mistakes = Document::parse("a.toml", "x").unwrap_err();
    assert_snapshot!(serde_json::to_string(&mistakes).unwrap(), @r#"[{"file":"a.toml","line":1,"column":2,"key":"","problem":"key with no value, expected `=`","instead":"mend the TOML here; nothing else was checked"}]"#);
}
