//! Questions about policies.

use super::story::{DAY, changed, preset};
use earnest_core::explain::{Answer, Question, ask, ask_table};
use earnest_core::policy::preset::NAMES;
use earnest_core::policy::{ResponseKind, ResponseKinds, Rule, Settled, Trigger};
use earnest_core::units::Days;

fn answer(policy: &str, question: &Question) -> Answer {
    ask(&preset(policy), question)
}

fn after(days: i64) -> Question {
    Question {
        after_ms: days * DAY,
        ..Question::default()
    }
}

fn declined(days: i64) -> Question {
    Question {
        response: Some(ResponseKind::NotInterested),
        ..after(days)
    }
}

#[test]
fn every_preset_answers_every_case() {
    let presets: Vec<_> = NAMES.iter().map(|name| preset(name)).collect();
    let table = ask_table(&presets);
    let mut lines = Vec::new();
    for (at, column) in table.columns.iter().enumerate() {
        lines.push(format!("{} ({})", column.policy, column.window));
        for row in &table.rows {
            lines.push(format!("  {}: {}", row.title, row.cells[at].text));
        }
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    inmail-2013 (7 days)
      a reply: consumed at once (settlement.rule[0])
      an acceptance: consumed at once (settlement.rule[0])
      "not interested": consumed at once (settlement.rule[0])
      "not interested" with a note: consumed at once (settlement.rule[0])
      a reply after the window: returned after 7 days (settlement.rule[1])
      no response, never seen: returned after 7 days (settlement.rule[1])
      no response, seen: returned after 7 days (settlement.rule[1])
      a report, no response: returned after 7 days all the same (settlement.rule[1])
    inmail-2014 (7 days)
      a reply: consumed at once (settlement.rule[0])
      an acceptance: consumed at once (settlement.rule[0])
      "not interested": consumed at once (settlement.rule[0])
      "not interested" with a note: consumed at once (settlement.rule[0])
      a reply after the window: returned after 7 days (settlement.rule[1])
      no response, never seen: returned after 7 days (settlement.rule[1])
      no response, seen: returned after 7 days (settlement.rule[1])
      a report, no response: returned after 7 days all the same (settlement.rule[1])
    inmail-2015 (90 days)
      a reply: returned at once (settlement.rule[0])
      an acceptance: returned at once (settlement.rule[0])
      "not interested": returned at once (settlement.rule[0])
      "not interested" with a note: returned at once (settlement.rule[0])
      a reply after the window: consumed after 90 days (settlement.rule[1])
      no response, never seen: consumed after 90 days (settlement.rule[1])
      no response, seen: consumed after 90 days (settlement.rule[1])
      a report, no response: consumed after 90 days all the same (settlement.rule[1])
    inmail-thread (90 days)
      a reply: consumed at once (settlement.rule[0])
      an acceptance: consumed at once (settlement.rule[0])
      "not interested": consumed at once (settlement.rule[0])
      "not interested" with a note: consumed at once (settlement.rule[0])
      a reply after the window: returned after 90 days (settlement.rule[1])
      no response, never seen: returned after 90 days (settlement.rule[1])
      no response, seen: returned after 90 days (settlement.rule[1])
      a report, no response: returned after 90 days all the same (settlement.rule[1])
    recruiter-2024 (90 days)
      a reply: returned at once (settlement.rule[0])
      an acceptance: returned at once (settlement.rule[0])
      "not interested": returned at once (settlement.rule[0])
      "not interested" with a note: returned at once (settlement.rule[0])
      a reply after the window: consumed after 90 days (settlement.rule[1])
      no response, never seen: consumed after 90 days (settlement.rule[1])
      no response, seen: consumed after 90 days (settlement.rule[1])
      a report, no response: consumed after 90 days all the same (settlement.rule[1])
    premium-2024 (90 days)
      a reply: returned at once (settlement.rule[0])
      an acceptance: returned at once (settlement.rule[0])
      "not interested": returned at once (settlement.rule[0])
      "not interested" with a note: returned at once (settlement.rule[0])
      a reply after the window: consumed after 90 days (settlement.rule[1])
      no response, never seen: consumed after 90 days (settlement.rule[1])
      no response, seen: consumed after 90 days (settlement.rule[1])
      a report, no response: consumed after 90 days all the same (settlement.rule[1])
    attention-bond (90 days)
      a reply: returned at once (settlement.rule[0])
      an acceptance: returned at once (settlement.rule[0])
      "not interested": consumed at once (settlement.rule[1])
      "not interested" with a note: consumed at once (settlement.rule[1])
      a reply after the window: returned after 90 days (settlement.rule[4])
      no response, never seen: returned after 90 days (settlement.rule[4])
      no response, seen: consumed after 90 days (settlement.rule[3])
      a report, no response: consumed at once (settlement.rule[2])
    postage (90 days)
      a reply: consumed at the send (settlement.rule[0])
      an acceptance: consumed at the send (settlement.rule[0])
      "not interested": consumed at the send (settlement.rule[0])
      "not interested" with a note: consumed at the send (settlement.rule[0])
      a reply after the window: consumed at the send (settlement.rule[0])
      no response, never seen: consumed at the send (settlement.rule[0])
      no response, seen: consumed at the send (settlement.rule[0])
      a report, no response: consumed at the send (settlement.rule[0])
    "#);
}

#[test]
fn the_question_that_the_project_came_from() {
    insta::assert_snapshot!(answer("inmail-2015", &declined(40)).text.join("\n"), @r#"
    The recipient says "not interested" 40 days after the send: the credit is returned at once as a new lot that lasts 90 days (settlement.rule[0]).
    settlement.rule[0]: Every message that receives a response within 90 days of the send date has its credit returned; a reply, an acceptance and "not interested", with a note or without, are all responses [seed, 2014-09].
    "#);
    insta::assert_snapshot!(answer("inmail-thread", &declined(40)).text.join("\n"), @r#"
    The recipient says "not interested" 40 days after the send: the credit is consumed at once (settlement.rule[0]).
    settlement.rule[0]: "Not interested", with a note or without, is a response, therefore no credit is returned [seed].
    "#);
}

#[test]
fn nobody_answers() {
    let lines = |policy: &str, days| answer(policy, &after(days)).text.join("\n");
    insta::assert_snapshot!(lines("inmail-2015", 40), @r#"
    40 days after the send, nobody has answered or seen the message: the credit is still held, for 50 days more.
    If nothing more happens, the credit is consumed right after 90 days (settlement.rule[1]).
    settlement.rule[1]: A message that nobody answers within 90 days has cost its reader attention for nothing, so its credit is consumed [2014-09].
    "#);
    insta::assert_snapshot!(lines("inmail-2015", 90), @r#"
    90 days after the send, nobody has answered or seen the message: the credit is still held, up to this instant.
    If nothing more happens, the credit is consumed right after 90 days (settlement.rule[1]).
    settlement.rule[1]: A message that nobody answers within 90 days has cost its reader attention for nothing, so its credit is consumed [2014-09].
    "#);
    insta::assert_snapshot!(lines("inmail-2015", 100), @r#"
    100 days after the send, nobody has answered or seen the message: the window of 90 days had ended, and the credit was consumed right after it (settlement.rule[1]).
    settlement.rule[1]: A message that nobody answers within 90 days has cost its reader attention for nothing, so its credit is consumed [2014-09].
    "#);
    insta::assert_snapshot!(lines("inmail-thread", 40), @r#"
    40 days after the send, nobody has answered or seen the message: the credit is still held, for 50 days more.
    If nothing more happens, the credit is returned right after 90 days as a new lot that lasts 90 days (settlement.rule[1]).
    settlement.rule[1]: Without a response the credit is returned, but only after 90 days [seed].
    "#);
    insta::assert_snapshot!(lines("postage", 0), @r#"
    At the send, nobody has answered or seen the message: the credit was consumed with the send itself (settlement.rule[0]).
    settlement.rule[0]: A stamp is used up when the letter is posted, decided here.
    "#);
}

#[test]
fn an_answer_after_the_window_comes_too_late() {
    insta::assert_snapshot!(answer("inmail-2015", &declined(100)).text.join("\n"), @r#"
    The recipient says "not interested" 100 days after the send: the window of 90 days had ended, and the credit was consumed right after it (settlement.rule[1]).
    settlement.rule[1]: A message that nobody answers within 90 days has cost its reader attention for nothing, so its credit is consumed [2014-09].
    "#);
}

#[test]
fn a_bond_depends_on_being_seen() {
    let unseen = answer("attention-bond", &after(40));
    insta::assert_snapshot!(unseen.text.join("\n"), @r#"
    40 days after the send, nobody has answered or seen the message: the credit is still held, for 50 days more.
    If nothing more happens, the credit is returned right after 90 days as a new lot that never ends (settlement.rule[4]).
    settlement.rule[4]: A message that nobody saw took nobody's attention, decided here.
    "#);
    let seen = answer(
        "attention-bond",
        &Question {
            seen: true,
            ..after(40)
        },
    );
    insta::assert_snapshot!(seen.text.join("\n"), @r#"
    40 days after the send, nobody has answered, and the message was seen: the credit is still held, for 50 days more.
    If nothing more happens, the credit is consumed right after 90 days (settlement.rule[3]).
    settlement.rule[3]: The message was seen, so it took attention, and the recipient did not hand the bond back [paper].
    "#);
    let reported = answer(
        "attention-bond",
        &Question {
            report: true,
            ..after(40)
        },
    );
    insta::assert_snapshot!(reported.text.join("\n"), @r#"
    The recipient reports the message 40 days after the send: the credit is consumed at once (settlement.rule[2]).
    settlement.rule[2]: A report says more clearly than "not interested" that the message was not wanted [paper].
    "#);
    let reported = answer(
        "inmail-2015",
        &Question {
            report: true,
            ..after(40)
        },
    );
    insta::assert_snapshot!(reported.text.join("\n"), @r#"
    The recipient reports the message 40 days after the send: the credit is still held, for 50 days more.
    If nothing more happens, the credit is consumed right after 90 days (settlement.rule[1]).
    settlement.rule[1]: A message that nobody answers within 90 days has cost its reader attention for nothing, so its credit is consumed [2014-09].
    "#);
}

#[test]
fn the_deadline_is_in_time_and_a_millisecond_later_is_not() {
    let at = |more: i64| {
        let question = Question {
            after_ms: 90 * DAY + more,
            ..declined(0)
        };
        let answer = answer("inmail-2015", &question);
        (
            answer.credit.name(),
            answer.settled_after.unwrap(),
            answer.rule.unwrap().path,
        )
    };
    let text = |text: &str| text.to_owned();
    assert_eq!(
        at(0),
        ("returned", text("90 days"), text("settlement.rule[0]"))
    );
    assert_eq!(
        at(1),
        ("consumed", text("90 days"), text("settlement.rule[1]"))
    );
}

#[test]
fn a_rule_for_early_answers_makes_two_stretches() {
    let policy = changed("inmail-2015", |policy| {
        let late = Rule {
            on: Trigger::Response,
            kinds: ResponseKinds::ALL,
            note: None,
            within: None,
            seen: None,
            credit: Settled::Consumed,
            why: "A late answer is worth nothing.".to_owned(),
        };
        policy.settlement.rules[0].within = Some(Days(7));
        policy.settlement.rules.insert(1, late);
    });
    let table = ask_table(&[policy]);
    insta::assert_snapshot!(table.rows[0].cells[0].text, @"by 7 days: returned at once (settlement.rule[0]); by 90 days: consumed at once (settlement.rule[1])");
}

#[test]
fn an_answer_is_data_too() {
    let json = serde_json::to_string_pretty(&answer("inmail-2015", &after(40))).unwrap();
    insta::assert_snapshot!(json, @r#"
    {
      "policy": "inmail-2015",
      "question": {
        "response": null,
        "note": false,
        "seen": false,
        "report": false,
        "after_ms": 3456000000
      },
      "status": "pending",
      "credit": "held",
      "settled_after_ms": null,
      "settled_after": null,
      "settled_by": null,
      "rule": null,
      "lands": [],
      "window_ms": 7776000000,
      "window": "90 days",
      "later": {
        "credit": "consumed",
        "settled_after_ms": 7776000000,
        "settled_after": "90 days",
        "rule": {
          "of": "policy",
          "path": "settlement.rule[1]",
          "why": "A message that nobody answers within 90 days has cost its reader attention for nothing, so its credit is consumed [2014-09]."
        },
        "lands": []
      },
      "text": [
        "40 days after the send, nobody has answered or seen the message: the credit is still held, for 50 days more.",
        "If nothing more happens, the credit is consumed right after 90 days (settlement.rule[1]).",
        "settlement.rule[1]: A message that nobody answers within 90 days has cost its reader attention for nothing, so its credit is consumed [2014-09]."
      ]
    }
    "#);
}
