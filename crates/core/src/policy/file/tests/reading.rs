use super::*;

#[test]
fn the_least_policy_has_the_defaults() {
    let policy = parse("dir/least.toml", RULES).unwrap();
    assert_eq!(
        (policy.name.as_str(), policy.title.as_str()),
        ("least", "least")
    );
    let message = &policy.message;
    assert_eq!((message.subject_most, message.body_most), (200, 2_000));
    assert_eq!(
        (message.recipients_most, message.pending_most, message.price),
        (25, 2, 1)
    );
    assert!(message.reminders.is_empty());
    assert!(!policy.auto_counts);
    assert_eq!(policy.returned, ReturnedExpiry::Fresh);
    assert_eq!((policy.expires_after, policy.rollover_cap), (None, None));
    assert!(policy.seat_types.is_empty() && policy.bonuses.is_empty());
    assert_eq!(policy.gate, Gate::None);
    // A table that is there and empty says the same as one that is not.
    let empty = parse(
        "least.toml",
        &format!("{RULES}\n[message]\n[response]\n[returned]\n"),
    );
    assert_eq!(empty.unwrap(), policy);
}

#[test]
fn every_kind_of_value_is_checked() {
    assert_snapshot!(beside_rules(r#"format = 2
name = "a b"
title = " "
expires_after_days = "nevr"
rollover_cap = 0
[message]
subject_most = 0
body_most = "long"
reminder_days = [7, 7, 3, 91, 0]
price = 1.5
[response]
auto_counts = "no"
[returned]
expires = "frsh"
"#), @r#"
    a.toml:1: format: `2` is out of range; write `1`
    a.toml:2: name: an id is made of `A-Z a-z 0-9 . _ : @ -`; ` ` is not among them
    a.toml:3: title: is blank; say something
    a.toml:4: expires_after_days: `"nevr"` is a string; write a whole number from 1 to 36500 or `"never"`
    a.toml:5: rollover_cap: `0` is out of range; write a whole number from 1 to 1000 or `"none"`
    a.toml:7: message.subject_most: `0` is out of range; write a whole number from 1 to 100000
    a.toml:8: message.body_most: `"long"` is a string; write a whole number from 1 to 1000000
    a.toml:9: message.reminder_days[1]: `7` is not larger than the number before it; write them in order, each once
    a.toml:9: message.reminder_days[2]: `3` is not larger than the number before it; write them in order, each once
    a.toml:9: message.reminder_days[4]: `0` is out of range; write a whole number from 1 to 3650
    a.toml:10: message.price: `1.5` is a decimal number; write a whole number from 1 to 1000000
    a.toml:12: response.auto_counts: `"no"` is a string; write `true` or `false`
    a.toml:14: returned.expires: `frsh` is no word for this; did you mean `fresh`? the words are `fresh`, `original`
    "#);
}

#[test]
fn every_key_that_has_to_be_there_is_missed() {
    assert_snapshot!(mistakes(""), @"a.toml:1: settlement: is missing; write it: a table, `[settlement]`");
    assert_snapshot!(mistakes("[settlement]\n[[seat_type]]\n[[bonus]]\n[gate]\n"), @r#"
    a.toml:1: settlement.window_days: is missing; write it: a whole number from 1 to 3650
    a.toml:1: settlement.rule: is missing; write it: tables, each under `[[settlement.rule]]`
    a.toml:2: seat_type[0].name: is missing; write it: a name in quotes
    a.toml:2: seat_type[0].monthly_credits: is missing; write it: a whole number from 0 to 1000000000
    a.toml:3: bonus[0].month: is missing; write it: a month, such as `"2015-01"`
    a.toml:3: bonus[0].seat_types: is missing; write it: names in an array, such as `["recruiter"]`
    a.toml:3: bonus[0].credits: is missing; write it: a whole number from 1 to 1000000000
    a.toml:3: bonus[0].why: is missing; write it: a text in quotes
    a.toml:4: gate.kind: is missing; write it: `"none"`, `"thread"` or `"ladder"`
    "#);
    assert_snapshot!(mistakes("[settlement]\nwindow_days = 90\n[[settlement.rule]]\n[gate]\nkind = 'ladder'\n[[gate.stage]]\njudge = {}"), @r#"
    a.toml:3: settlement.rule[0].on: is missing; write it: `"send"`, `"response"`, `"report"` or `"lapse"`
    a.toml:3: settlement.rule[0].credit: is missing; write it: `"returned"` or `"consumed"`
    a.toml:3: settlement.rule[0].why: is missing; write it: a text in quotes
    a.toml:4: gate.period_days: is missing; write it: a whole number from 1 to 365
    a.toml:4: gate.why: is missing; write it: a text in quotes
    a.toml:4: gate.check: is missing; write it: a table, `[gate.check]`
    a.toml:6: gate.stage[0].standing: is missing; write it: `"warned"`, `"grace"` or `"restricted"`
    a.toml:6: gate.stage[0].days: is missing; write it: a whole number from 1 to 365
    a.toml:6: gate.stage[0].why: is missing; write it: a text in quotes
    a.toml:7: gate.stage[0].judge.rate_below: is missing; write it or `rate_at_most`: an exact ratio, such as `"13/100"`
    "#);
    assert_snapshot!(mistakes("[settlement]\nwindow_days = 90\nrule = []\n[gate]\nkind = 'thread'\ncheck = {}"), @r#"
    a.toml:3: settlement.rule: no rule settles `reply` up to the end of the window; add a rule with `on = "response"`, `kinds = ["reply"]`
    a.toml:3: settlement.rule: no rule settles `accept` up to the end of the window; add a rule with `on = "response"`, `kinds = ["accept"]`
    a.toml:3: settlement.rule: no rule settles `not_interested` up to the end of the window; add a rule with `on = "response"`, `kinds = ["not_interested"]`
    a.toml:3: settlement.rule: no rule settles the end of the window without a response; add a rule with `on = "lapse"`
    a.toml:4: gate.window_days: is missing; write it: a whole number from 1 to 90
    a.toml:4: gate.why: is missing; write it: a text in quotes
    a.toml:6: gate.check.rate_below: is missing; write it or `rate_at_most`: an exact ratio, such as `"13/100"`
    "#);
}

#[test]
fn unknown_keys_are_named_with_the_nearest() {
    assert_snapshot!(beside_rules(r#"expire_after_days = 90
rules = 1
[message]
subject_max = 1
[gate]
kind = "none"
treshold = 1
"#), @"
    a.toml:1: expire_after_days: is no key here; did you mean `expires_after_days`?
    a.toml:2: rules: is no key here; the keys here are `format`, `extends`, `name`, `title`, `expires_after_days`, `rollover_cap`, `message`, `response`, `returned`, `settlement`, `seat_type`, `bonus`, `gate`
    a.toml:4: message.subject_max: is no key here; did you mean `subject_most`?
    a.toml:7: gate.treshold: is no key here; the keys here are `kind`, `window_days`, `period_days`, `why`, `check`, `stage`
    ");
    assert_snapshot!(in_rules(&(rule("response", "kind = ['reply']\nwithin = 7") + &rule("lapse", ""))), @"
    a.toml:7: settlement.rule[0].kind: is no key here; did you mean `kinds`?
    a.toml:8: settlement.rule[0].within: is no key here; did you mean `within_days`?
    ");
}

#[test]
fn seat_types_and_bonuses_are_checked_together() {
    assert_snapshot!(beside_rules(r#"
[[seat_type]]
name = "recruiter"
monthly_credits = 150
[[seat_type]]
name = "recruiter"
monthly_credits = -1
[[bonus]]
month = "2015-13"
seat_types = ["recruiters", "other", "other"]
credits = 0
expires_after_days = 0
why = "w"
[[bonus]]
month = "2015-01"
seat_types = ["recruiters", "other"]
credits = 1
why = ""
[[bonus]]
month = 2015-01-01
seat_types = []
credits = 1
why = "w"
"#), @r#"
    a.toml:6: seat_type[1].name: is the name of `seat_type[0]` already; give `seat_type[1]` another, or take it away
    a.toml:7: seat_type[1].monthly_credits: `-1` is out of range; write a whole number from 0 to 1000000000
    a.toml:9: bonus[0].month: `2015-13` is no month; write a month, such as `"2015-01"`
    a.toml:10: bonus[0].seat_types[2]: `other` is there twice; name it once
    a.toml:11: bonus[0].credits: `0` is out of range; write a whole number from 1 to 1000000000
    a.toml:12: bonus[0].expires_after_days: `0` is out of range; write a whole number from 1 to 36500 or `"never"`
    a.toml:18: bonus[1].why: is blank; say something
    a.toml:20: bonus[2].month: `2015-01-01` is an instant; write a string in quotes
    a.toml:21: bonus[2].seat_types: is empty; name at least one
    "#);
}

#[test]
fn a_bonus_names_seat_types_of_the_policy() {
    let type_ = "[[seat_type]]\nname = 'recruiter'\nmonthly_credits = 0\n";
    let bonus = "[[bonus]]\nmonth = '2015-01'\nseat_types = ['recruiters', 'other']\ncredits = 1\nwhy = 'w'\n";
    assert_snapshot!(beside_rules(&format!("{type_}{bonus}")), @"
    a.toml:6: bonus[0].seat_types[0]: `recruiters` is no seat type of this policy; did you mean `recruiter`?
    a.toml:6: bonus[0].seat_types[1]: `other` is no seat type of this policy; add a `[[seat_type]]` of that name
    ");
    assert_snapshot!(beside_rules(bonus), @"
    a.toml:3: bonus[0].seat_types[0]: `recruiters` is no seat type of this policy; add a `[[seat_type]]` of that name
    a.toml:3: bonus[0].seat_types[1]: `other` is no seat type of this policy; add a `[[seat_type]]` of that name
    ");
}

#[test]
fn a_text_that_is_no_toml_is_one_mistake() {
    assert_snapshot!(mistakes("[settlement\nwindow_days = 90\n"), @"a.toml:1: unclosed table, expected `]`; mend the TOML here; nothing else was checked");
}
