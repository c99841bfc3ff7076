use super::*;

#[test]
fn rules_that_share_out_every_case_are_taken() {
    let rules = [
        rule("response", "kinds = ['not_interested']\nnote = true"),
        rule("response", "kinds = ['reply', 'accept']\nwithin_days = 30"),
        rule("response", ""),
        rule("lapse", "seen = true"),
        rule("lapse", "seen = false"),
        rule("report", ""),
    ];
    assert_eq!(in_rules(&rules.concat()), "none");
    assert_eq!(in_rules(&rule("send", "")), "none");
}

#[test]
fn every_case_without_a_rule_is_named() {
    assert_snapshot!(in_rules(&rule("report", "")), @r#"
    a.toml:3: settlement.rule: no rule settles `reply` up to the end of the window; add a rule with `on = "response"`, `kinds = ["reply"]`
    a.toml:3: settlement.rule: no rule settles `accept` up to the end of the window; add a rule with `on = "response"`, `kinds = ["accept"]`
    a.toml:3: settlement.rule: no rule settles `not_interested` up to the end of the window; add a rule with `on = "response"`, `kinds = ["not_interested"]`
    a.toml:3: settlement.rule: no rule settles the end of the window without a response; add a rule with `on = "lapse"`
    "#);
    assert_snapshot!(in_rules(&(rule("response", "note = true") + &rule("lapse", "seen = true"))), @r#"
    a.toml:3: settlement.rule: no rule settles `reply` without a note up to the end of the window; add a rule with `on = "response"`, `kinds = ["reply"]`, `note = false`
    a.toml:3: settlement.rule: no rule settles `accept` without a note up to the end of the window; add a rule with `on = "response"`, `kinds = ["accept"]`, `note = false`
    a.toml:3: settlement.rule: no rule settles `not_interested` without a note up to the end of the window; add a rule with `on = "response"`, `kinds = ["not_interested"]`, `note = false`
    a.toml:3: settlement.rule: no rule settles the end of the window without a response of a message that was not seen; add a rule with `on = "lapse"`, `seen = false`
    "#);
    assert_snapshot!(in_rules(&(rule("response", "kinds = ['reply', 'accept']") + &rule("response", "note = false\nkinds = ['not_interested']") + &rule("lapse", "seen = false"))), @r#"
    a.toml:3: settlement.rule: no rule settles `not_interested` with a note up to the end of the window; add a rule with `on = "response"`, `kinds = ["not_interested"]`, `note = true`
    a.toml:3: settlement.rule: no rule settles the end of the window without a response of a message that was seen; add a rule with `on = "lapse"`, `seen = true`
    "#);
    assert_snapshot!(in_rules(&(rule("response", "within_days = 89") + &rule("lapse", ""))), @r#"
    a.toml:3: settlement.rule: no rule settles `reply` up to the end of the window; add a rule with `on = "response"`, `kinds = ["reply"]`
    a.toml:3: settlement.rule: no rule settles `accept` up to the end of the window; add a rule with `on = "response"`, `kinds = ["accept"]`
    a.toml:3: settlement.rule: no rule settles `not_interested` up to the end of the window; add a rule with `on = "response"`, `kinds = ["not_interested"]`
    "#);
    assert_eq!(
        in_rules(&(rule("response", "within_days = 90") + &rule("lapse", ""))),
        "none"
    );
}

#[test]
fn a_rule_that_never_applies_names_those_before_it() {
    let end = rule("lapse", "");
    assert_snapshot!(in_rules(&(rule("response", "") + &rule("response", "kinds = ['reply']") + &end)), @"a.toml:8: settlement.rule[1]: can never apply: `settlement.rule[0]` covers all of it; take it away, or put it first and make it narrower");
    assert_snapshot!(in_rules(&(rule("response", "note = true") + &rule("response", "note = false") + &rule("response", "within_days = 7") + &end)), @"a.toml:13: settlement.rule[2]: can never apply: `settlement.rule[0]` and `settlement.rule[1]` cover all of it; take it away, or put it first and make it narrower");
    assert_snapshot!(in_rules(&(rule("response", "") + &rule("report", "") + &rule("report", "") + &end + &rule("lapse", "seen = true"))), @"
    a.toml:13: settlement.rule[2]: can never apply: `settlement.rule[1]` covers all of it; take it away, or put it first and make it narrower
    a.toml:23: settlement.rule[4]: can never apply: `settlement.rule[3]` covers all of it; take it away, or put it first and make it narrower
    ");
    assert_snapshot!(in_rules(&(rule("response", "") + &rule("send", "") + &end)), @"
    a.toml:3: settlement.rule[0]: can never apply: `settlement.rule[1]` covers all of it; take it away, or put it first and make it narrower
    a.toml:13: settlement.rule[2]: can never apply: `settlement.rule[1]` covers all of it; take it away, or put it first and make it narrower
    ");
    assert_snapshot!(in_rules(&(rule("send", "") + &rule("send", ""))), @"a.toml:8: settlement.rule[1]: can never apply: `settlement.rule[0]` covers all of it; take it away, or put it first and make it narrower");
    // A later rule that reaches further applies to what the first leaves.
    assert_eq!(
        in_rules(
            &(rule("response", "within_days = 7")
                + &rule("response", "within_days = 30")
                + &rule("response", "")
                + &end)
        ),
        "none"
    );
    assert_snapshot!(in_rules(&(rule("response", "within_days = 30") + &rule("response", "within_days = 7") + &rule("response", "") + &end)), @"a.toml:8: settlement.rule[1]: can never apply: `settlement.rule[0]` covers all of it; take it away, or put it first and make it narrower");
}

#[test]
fn a_key_beside_the_wrong_trigger_is_out_of_place() {
    assert_snapshot!(in_rules(&(rule("response", "seen = true") + &rule("lapse", "kinds = ['reply']\nnote = true\nwithin_days = 7") + &rule("report", "seen = false"))), @r#"
    a.toml:7: settlement.rule[0].seen: belongs to `on = "lapse"` only; take it away
    a.toml:12: settlement.rule[1].kinds: belongs to `on = "response"` only; take it away
    a.toml:13: settlement.rule[1].note: belongs to `on = "response"` only; take it away
    a.toml:14: settlement.rule[1].within_days: belongs to `on = "response"` only; take it away
    a.toml:19: settlement.rule[2].seen: belongs to `on = "lapse"` only; take it away
    "#);
    // Where the trigger itself is wrong, nothing can be said of what belongs beside it.
    assert_snapshot!(in_rules(&(rule("lapses", "seen = 1\nnote = true"))), @"
    a.toml:4: settlement.rule[0].on: `lapses` is no word for this; did you mean `lapse`? the words are `send`, `response`, `report`, `lapse`
    a.toml:7: settlement.rule[0].seen: `1` is a whole number; write `true` or `false`
    ");
}

#[test]
fn a_rule_cannot_reach_past_the_window() {
    assert_snapshot!(in_rules(&(rule("response", "within_days = 91") + &rule("lapse", ""))), @"a.toml:7: settlement.rule[0].within_days: `91` is after the response window of 90 days (a.toml:2); write at most 90, or make the window longer");
}

#[test]
fn kinds_are_named_once_each() {
    assert_snapshot!(in_rules(&(rule("response", "kinds = []") + &rule("response", "kinds = ['reply', 'reply']") + &rule("response", "kinds = ['decline']") + &rule("response", "kinds = 'reply'"))), @"
    a.toml:7: settlement.rule[0].kinds: is empty; name at least one
    a.toml:12: settlement.rule[1].kinds[1]: `reply` is there twice; name it once
    a.toml:17: settlement.rule[2].kinds[0]: `decline` is no word for this; write `reply`, `accept` or `not_interested`
    a.toml:22: settlement.rule[3].kinds: `'reply'` is a string; write an array, such as `[...]`
    ");
}
