use super::*;

/// Loads `a.toml` out of some files and returns its policy.
fn load_of(files: &[(&str, &str)]) -> Result<Policy, Mistakes> {
    let files: BTreeMap<&str, &str> = files.iter().copied().collect();
    let mut read = |path: &str, from: &str| {
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let path = if folder.is_empty() {
            path.to_owned()
        } else {
            format!("{folder}/{path}")
        };
        match files.get(&*path) {
            Some(text) => Ok(Source::new(path, *text)),
            None => Err("there is no such file".to_owned()),
        }
    };
    load(Source::new("a.toml", files["a.toml"]), &mut read)?.policy()
}

fn mistakes_of(files: &[(&str, &str)]) -> String {
    load_of(files).map_or_else(|mistakes| mistakes.to_string(), |_| "none".to_owned())
}

#[test]
fn a_file_that_only_extends_is_that_preset_under_its_own_name() {
    let mine = parse("dir/mine.toml", "extends = 'inmail-2015'").unwrap();
    let preset = preset::get("inmail-2015").unwrap();
    assert_eq!((mine.name.as_str(), mine.title.as_str()), ("mine", "mine"));
    let same = Policy {
        name: preset.name.clone(),
        title: preset.title.clone(),
        ..mine
    };
    assert_eq!(same, *preset);
}

#[test]
fn tables_merge_key_by_key_and_arrays_are_replaced() {
    let text = "extends = 'recruiter-2024'\nexpires_after_days = 30\nrollover_cap = 'none'\n[settlement]\nwindow_days = 60\n[message]\nprice = 2\nreminder_days = [5]\n[[seat_type]]\nname = 'one'\nmonthly_credits = 1\n[gate.check]\nsent_at_least = 50\n";
    let mine = parse("mine.toml", text).unwrap();
    let base = preset::get("recruiter-2024").unwrap();
    assert_eq!(
        (mine.expires_after, mine.rollover_cap),
        (Some(Days(30)), None)
    );
    assert_eq!(mine.settlement.window, Days(60));
    assert_eq!(mine.settlement.rules, base.settlement.rules);
    assert_eq!((mine.message.price, mine.message.body_most), (2, 2_000));
    assert_eq!(mine.message.reminders, [Days(5)]);
    assert_eq!(mine.seat_types.len(), 1);
    let (Gate::Ladder(mine), Gate::Ladder(base)) = (&mine.gate, &base.gate) else {
        panic!("both are ladders");
    };
    assert_eq!(
        (mine.check.sent_at_least, mine.check.fails),
        (50, base.check.fails)
    );
    assert_eq!(mine.stages, base.stages);
}

#[test]
fn a_file_may_extend_the_preset_that_it_is_named_after() {
    let mine = parse("presets/inmail-2015.toml", "extends = 'inmail-2015'").unwrap();
    assert_eq!(mine.name, "inmail-2015");
}

#[test]
fn never_lifts_what_the_base_says() {
    let mine = parse(
        "mine.toml",
        "extends = 'inmail-2015'\nexpires_after_days = 'never'",
    )
    .unwrap();
    assert_eq!(mine.expires_after, None);
}

#[test]
fn a_gate_of_another_kind_replaces_the_base_whole() {
    let mine = parse(
        "mine.toml",
        "extends = 'inmail-2015'\n[gate]\nkind = 'none'",
    )
    .unwrap();
    assert_eq!(mine.gate, Gate::None);
    // Nothing of the ladder's check is left to make this one whole.
    let text = "extends = 'inmail-2015'\n[gate]\nkind = 'thread'\nwindow_days = 7\nwhy = 'w'\n[gate.check]\nsent_at_least = 3\n";
    assert_snapshot!(mistakes(text), @r#"a.toml:6: gate.check.rate_below: is missing; write it or `rate_at_most`: an exact ratio, such as `"13/100"`"#);
}

#[test]
fn a_rate_takes_the_place_of_the_other() {
    let text = "extends = 'inmail-2015'\n[gate.check]\nrate_at_most = '20/100'\n";
    let Gate::Ladder(ladder) = parse("mine.toml", text).unwrap().gate else {
        panic!("a ladder");
    };
    assert_eq!(ladder.check.fails, FailingRate::AtMost(percent(20)));
    assert_eq!(ladder.check.sent_at_least, 100);
}

#[test]
fn presets_can_be_mixed() {
    let text = r#"
extends = "inmail-thread"
[[settlement.rule]]
on = "response"
kinds = ["not_interested"]
note = true
credit = "returned"
why = "a decline with a note has said something"
[[settlement.rule]]
on = "response"
kinds = ["reply"]
within_days = 30
credit = "returned"
why = "only quick replies"
[[settlement.rule]]
on = "response"
credit = "consumed"
why = "the rest"
[[settlement.rule]]
on = "lapse"
seen = false
credit = "returned"
why = "never seen"
[[settlement.rule]]
on = "lapse"
credit = "consumed"
why = "seen and left"
[gate]
window_days = 30
[gate.check]
rate_below = "20/100"
"#;
    let policy = parse("mixed.toml", text).unwrap();
    let day = Days(1).millis();
    let of = |kind, note, days: i64| policy.on_response(kind, note, days * day).unwrap().0;
    assert_eq!(of(ResponseKind::NotInterested, true, 90), 0);
    assert_eq!(of(ResponseKind::NotInterested, false, 1), 2);
    assert_eq!(
        (
            of(ResponseKind::Reply, true, 30),
            of(ResponseKind::Reply, true, 31)
        ),
        (1, 2)
    );
    assert_eq!(of(ResponseKind::Accept, true, 1), 2);
    assert_eq!(
        (policy.on_lapse(false), policy.on_lapse(true)),
        (Some(RuleRef(3)), Some(RuleRef(4)))
    );
    let Gate::Thread(gate) = policy.gate else {
        panic!("a thread gate");
    };
    assert_eq!(
        (gate.window, gate.check.fails),
        (Days(30), FailingRate::Below(percent(20)))
    );
}

#[test]
fn a_file_extends_a_file_relative_to_itself() {
    let policy = load_of(&[
        ("a.toml", "extends = 'dir/b.toml'\n[message]\nprice = 3"),
        (
            "dir/b.toml",
            "extends = 'c.toml'\n[message]\nprice = 2\npending_most = 7",
        ),
        ("dir/c.toml", "extends = 'postage'"),
    ]);
    let policy = policy.unwrap();
    assert_eq!((policy.message.price, policy.message.pending_most), (3, 7));
    assert_eq!(policy.on_send(), Some(RuleRef(0)));
    assert_eq!(policy.name, "a");
}

#[test]
fn a_mistake_names_the_file_that_it_is_in() {
    assert_snapshot!(mistakes_of(&[
        ("a.toml", "extends = 'b.toml'\nbogus = 1\n[settlement]\nwindow_days = 5"),
        ("b.toml", "extends = 'inmail-2013'\n[[settlement.rule]]\non = 'response'\nwithin_days = 7\ncredit = 'returned'\nwhy = 'w'\n[returned]\nexpires = 1"),
    ]), @r#"
    a.toml:2: bogus: is no key here; did you mean `bonus`?
    b.toml:2: settlement.rule: no rule settles the end of the window without a response; add a rule with `on = "lapse"`
    b.toml:4: settlement.rule[0].within_days: `7` is after the response window of 5 days (a.toml:4); write at most 5, or make the window longer
    b.toml:8: returned.expires: `1` is a whole number; write `fresh` or `original` in quotes
    "#);
}

#[test]
fn what_cannot_be_extended_is_named_at_extends() {
    assert_snapshot!(mistakes("\nextends = 'inmail-2105'"), @"a.toml:2: extends: `inmail-2105` is no preset; did you mean `inmail-2015`? a path to a policy file ends in `.toml`");
    assert_snapshot!(mistakes("extends = 'mine'"), @"a.toml:1: extends: `mine` is no preset; the presets are `inmail-2013`, `inmail-2014`, `inmail-2015`, `inmail-thread`, `recruiter-2024`, `premium-2024`, `attention-bond`, `postage`; a path to a policy file ends in `.toml`");
    assert_snapshot!(mistakes("extends = 'mine.toml'"), @"a.toml:1: extends: `mine.toml` cannot be read: no other file is at hand; name a file that is there, relative to this one");
    assert_snapshot!(mistakes("extends = 1"), @"a.toml:1: extends: `1` is a whole number; write a string in quotes");
    assert_snapshot!(mistakes_of(&[("a.toml", "extends = 'b.toml'"), ("b.toml", "\nextends = 'a.toml'")]), @"b.toml:2: extends: leads back to where it began: `a.toml` extends `b.toml` extends `a.toml`; let one of them stand alone");
    assert_snapshot!(mistakes_of(&[("a.toml", "extends = 'a.toml'")]), @"a.toml:1: extends: leads back to where it began: `a.toml` extends `a.toml`; let one of them stand alone");
    assert_snapshot!(mistakes_of(&[("a.toml", "bogus = 1\nextends = 'b.toml'"), ("b.toml", "x")]), @"
    a.toml:1: bogus: is no key here; did you mean `bonus`?
    b.toml:1: key with no value, expected `=`; mend the TOML here; nothing else was checked
    ");
}

#[test]
fn a_lost_base_does_not_hide_the_mistakes_above_it() {
    // Nothing is missed, though: the lost file might have it.
    assert_snapshot!(mistakes("extends = 'inmail-2105'\nbogus = 1\n[gate]\nwindow_days = 0\n[gate.check]\nsent_at_least = 3\n[settlement]\n[[settlement.rule]]\non = 'response'\n[[bonus]]\nmonth = '2015-01'\nseat_types = ['recruiter']\ncredits = 1\nwhy = 'w'"), @r#"
    a.toml:1: extends: `inmail-2105` is no preset; did you mean `inmail-2015`? a path to a policy file ends in `.toml`
    a.toml:2: bogus: is no key here; did you mean `bonus`?
    a.toml:4: gate.window_days: `0` is out of range; write a whole number from 1 to 90
    a.toml:8: settlement.rule[0].credit: is missing; write it: `"returned"` or `"consumed"`
    a.toml:8: settlement.rule[0].why: is missing; write it: a text in quotes
    "#);
}

#[test]
fn a_loop_under_ever_new_names_ends() {
    let mut read =
        |path: &str, from: &str| Ok(Source::new(format!("{from}/{path}"), "extends = 'a.toml'"));
    let loaded = load(Source::new("a.toml", "extends = 'a.toml'"), &mut read).unwrap();
    assert!(
        loaded
            .policy()
            .unwrap_err()
            .to_string()
            .contains("has 32 files above it")
    );
}

#[test]
fn a_policy_is_opened_by_name_or_path() {
    let mut read = |path: &str, _: &str| match path {
        "mine.toml" => Ok(Source::new(path, "extends = 'postage'")),
        "bad.toml" => Ok(Source::new(path, "")),
        _ => Err("there is no such file".to_owned()),
    };
    let mut opened = |text: &str| match open(text, "here.toml", &mut read) {
        Ok(policy) => policy.name.to_string(),
        Err(error) => error.to_string(),
    };
    assert_eq!(opened("inmail-2015"), "inmail-2015");
    assert_eq!(opened("mine.toml"), "mine");
    assert_snapshot!(opened("inmail-2051"), @"`inmail-2051` is no preset; did you mean `inmail-2015`? a path to a policy file ends in `.toml`");
    assert_snapshot!(opened("none.toml"), @"`none.toml` cannot be read: there is no such file");
    assert_snapshot!(opened("bad.toml"), @"bad.toml:1: settlement: is missing; write it: a table, `[settlement]`");
}
