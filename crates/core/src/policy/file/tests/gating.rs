use super::*;

const LADDER: &str = "kind = 'ladder'\nperiod_days = 14\nwhy = 'w'\ncheck = { sent_at_least = 100, rate_below = '13/100' }\n";

fn stage(more: &str) -> String {
    format!("[[gate.stage]]\nstanding = 'restricted'\ndays = 14\nwhy = 'w'\n{more}\n")
}

#[test]
fn a_gate_is_read() {
    let last = stage("judge = { rate_below = '13/100' }");
    assert_eq!(
        in_gate(&format!("{LADDER}{}{last}", stage("once = true"))),
        "none"
    );
    assert_eq!(
        in_gate("kind = 'thread'\nwindow_days = 90\nwhy = 'w'\ncheck = { rate_at_most = '1/3' }"),
        "none"
    );
}

#[test]
fn a_key_of_another_kind_of_gate_is_out_of_place() {
    assert_snapshot!(in_gate("kind = 'none'\nwindow_days = 14\nperiod_days = 14\nwhy = 'w'\ncheck = { rate_below = '1/2' }\nstage = []"), @r#"
    a.toml:3: gate.window_days: belongs to `kind = "thread"` only; take it away
    a.toml:4: gate.period_days: belongs to `kind = "ladder"` only; take it away
    a.toml:5: gate.why: belongs to `kind = "thread"` or `kind = "ladder"` only; take it away
    a.toml:6: gate.check: belongs to `kind = "thread"` or `kind = "ladder"` only; take it away
    a.toml:7: gate.stage: belongs to `kind = "ladder"` only; take it away
    "#);
    assert_snapshot!(in_gate("kind = 'thread'\nwindow_days = 91\nperiod_days = 14\nwhy = 'w'\ncheck = { rate_below = '1/2' }"), @r#"
    a.toml:3: gate.window_days: `91` is out of range; write a whole number from 1 to 90
    a.toml:4: gate.period_days: belongs to `kind = "ladder"` only; take it away
    "#);
    assert_snapshot!(in_gate(&format!("{LADDER}window_days = 14\n{}", stage("judge = { rate_below = '13/100' }"))), @r#"a.toml:6: gate.window_days: belongs to `kind = "thread"` only; take it away"#);
}

#[test]
fn a_check_has_one_rate() {
    assert_snapshot!(in_gate("kind = 'thread'\nwindow_days = 14\nwhy = 'w'\ncheck = { rate_below = '1/2', rate_at_most = '1/2' }"), @"a.toml:5: gate.check.rate_at_most: excludes `rate_below`; leave out `rate_below` or `rate_at_most`");
    assert_snapshot!(in_gate("kind = 'thread'\nwindow_days = 14\nwhy = 'w'\ncheck = { rate_below = 0.13 }"), @r#"a.toml:5: gate.check.rate_below: `0.13` is a decimal number; write an exact ratio in quotes, such as `"13/100"`"#);
    assert_snapshot!(in_gate("kind = 'thread'\nwindow_days = 14\nwhy = 'w'\ncheck = { rate_at_most = '14/13', sent_at_least = 0 }"), @r#"
    a.toml:5: gate.check.rate_at_most: `14/13` is no ratio between 0 and 1; write an exact ratio in quotes, such as `"13/100"`
    a.toml:5: gate.check.sent_at_least: `0` is out of range; write a whole number from 1 to 1000000
    "#);
}

#[test]
fn a_thread_gate_that_stops_the_first_message_is_refused() {
    assert_snapshot!(in_gate("kind = 'thread'\nwindow_days = 14\nwhy = 'w'\ncheck = { rate_below = '1/2', none_sent_fails = true }"), @"a.toml:5: gate.check.none_sent_fails: stops every seat before its first message: nothing is sent yet; take it away; it is for what a ladder judges");
}

#[test]
fn a_ladder_leads_somewhere() {
    assert_snapshot!(in_gate(&format!("{LADDER}stage = []")), @"a.toml:6: gate.stage: has no stage; add a `[[gate.stage]]`");
    assert_snapshot!(in_gate(&format!("{LADDER}{}", stage(""))), @"a.toml:6: gate.stage[0]: is the last stage and judges nothing, so no seat would ever leave it; add a `judge`");
    assert_snapshot!(in_gate(&format!("{LADDER}{}", stage("once = true\njudge = { rate_below = '1/2' }"))), @"a.toml:10: gate.stage[0].once: is set in the last stage, which a seat that fails it has to go through again; take it away, or add a stage behind");
    assert_snapshot!(in_gate(&format!("{LADDER}{}", stage("judge = { of = 'previous', rate_below = '1/2' }"))), @r#"a.toml:10: gate.stage[0].judge.of: is `previous` in the first stage, and none is before it; write `"this"`"#);
    assert_snapshot!(in_gate(&format!("{LADDER}{}", stage("judge = { rate_below = '1/2' }").repeat(256))), @"a.toml:6: gate.stage: has 256 elements; write at most 255");
    assert_eq!(
        in_gate(&format!(
            "{LADDER}{}",
            stage("judge = { rate_below = '1/2' }").repeat(255)
        )),
        "none"
    );
}

#[test]
fn a_stage_has_words_of_its_own() {
    let wrong = "[[gate.stage]]\nstanding = 'good'\ndays = 0\nblocks = 'everything'\nonce = 1\njudge = { of = 'next', rate_at_most = '1/0' }\n";
    assert_snapshot!(in_gate(&format!("{LADDER}{wrong}")), @r#"
    a.toml:6: gate.stage[0].why: is missing; write it: a text in quotes
    a.toml:7: gate.stage[0].standing: `good` is no word for this; write `warned`, `grace` or `restricted`
    a.toml:8: gate.stage[0].days: `0` is out of range; write a whole number from 1 to 365
    a.toml:9: gate.stage[0].blocks: `everything` is no word for this; write `nothing`, `bulk` or `all`
    a.toml:10: gate.stage[0].once: `1` is a whole number; write `true` or `false`
    a.toml:11: gate.stage[0].judge.of: `next` is no word for this; write `this` or `previous`
    a.toml:11: gate.stage[0].judge.rate_at_most: `1/0` is no ratio between 0 and 1; write an exact ratio in quotes, such as `"13/100"`
    "#);
}
