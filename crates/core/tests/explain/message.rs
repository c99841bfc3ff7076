//! The whole life of a message, told at every turn.

use super::story::{
    Story, changed, day, follow_up, open_profile, preset, respond, send_as, send_wishing,
};
use earnest_core::command::{Command, Recipient, Side};
use earnest_core::explain::{self, Outcome};
use earnest_core::policy::{ResponseKind, ResponseKinds, ReturnedExpiry, Rule, Settled, Trigger};
use earnest_core::units::{Credits, Days, GrantId};

fn sent(policy: &str) -> Story {
    let mut story = Story::new(&preset(policy));
    story.send(day(1));
    story
}

#[test]
fn a_message_is_pending() {
    let mut story = sent("inmail-2015");
    insta::assert_snapshot!(story.m1(day(2)), @r#"
    Message `m1` from seat `ana` to `bo` was sent at 2015-01-02T09:00:00Z under `inmail-2015` and staked 1 credit.
    The credit is held since then: `bo` has neither seen the message nor answered.
    If `bo` replies, accepts or says "not interested" by 2015-04-02T09:00:00Z, the credit is returned as a new lot that lasts 90 days (settlement.rule[0]).
    If `bo` does not answer by 2015-04-02T09:00:00Z, the credit is consumed right after (settlement.rule[1]).
    As long as `bo` has not seen it, reminders go out at 2015-01-09T09:00:00Z, 2015-02-01T09:00:00Z and 2015-03-03T09:00:00Z (message.reminder_days).
    Nobody can write on before `bo` answers.
    "#);
    story.done(&Command::Seen("m1".parse().unwrap()), day(10));
    insta::assert_snapshot!(story.m1(day(35)), @r#"
    Message `m1` from seat `ana` to `bo` was sent at 2015-01-02T09:00:00Z under `inmail-2015` and staked 1 credit.
    The credit is held since then: `bo` saw the message at 2015-01-11T09:00:00Z and has not answered.
    If `bo` replies, accepts or says "not interested" by 2015-04-02T09:00:00Z, the credit is returned as a new lot that lasts 90 days (settlement.rule[0]).
    If `bo` does not answer by 2015-04-02T09:00:00Z, the credit is consumed right after (settlement.rule[1]).
    Nobody can write on before `bo` answers.
    "#);
}

#[test]
fn a_bond_is_pending() {
    let mut story = sent("attention-bond");
    insta::assert_snapshot!(story.m1(day(2)), @r#"
    Message `m1` from seat `ana` to `bo` was sent at 2015-01-02T09:00:00Z under `attention-bond` and staked 1 credit.
    The credit is held since then: `bo` has neither seen the message nor answered.
    If `bo` replies or accepts by 2015-04-02T09:00:00Z, the credit is returned as a new lot that never ends (settlement.rule[0]).
    If `bo` says "not interested" by 2015-04-02T09:00:00Z, the credit is consumed (settlement.rule[1]).
    If `bo` reports the message before it is settled, the credit is consumed (settlement.rule[2]).
    If `bo` neither sees the message nor answers by 2015-04-02T09:00:00Z, the credit is returned right after as a new lot that never ends (settlement.rule[4]).
    If `bo` sees the message and does not answer by 2015-04-02T09:00:00Z, the credit is consumed right after (settlement.rule[3]).
    Nobody can write on before `bo` answers.
    "#);
    story.done(&Command::Seen("m1".parse().unwrap()), day(10));
    let seen = story.m1(day(10));
    assert_eq!(seen.futures.len(), 4);
    insta::assert_snapshot!(seen.futures[3].text, @"If `bo` does not answer by 2015-04-02T09:00:00Z, the credit is consumed right after (settlement.rule[3]).");
}

#[test]
fn an_answer_returns_the_credit() {
    let mut story = sent("inmail-2015");
    story.answer("m1", ResponseKind::NotInterested, true, day(41));
    let told = story.m1(day(50));
    assert_eq!(
        told.outcome,
        Outcome::Returned {
            credits: Credits(1)
        }
    );
    insta::assert_snapshot!(told, @r#"
    Message `m1` from seat `ana` to `bo` was sent at 2015-01-02T09:00:00Z under `inmail-2015` and staked 1 credit.
    `bo` said "not interested" with a note at 2015-02-11T09:00:00Z, 40 days after the send and in time (the window is 90 days): the credit was returned at once by settlement.rule[0].
    settlement.rule[0]: Every message that receives a response within 90 days of the send date has its credit returned; a reply, an acceptance and "not interested", with a note or without, are all responses [seed, 2014-09].
    The credit was returned as a new lot that lasts 90 days, until 2015-05-12T09:00:00Z.
    Had `bo` not answered by 2015-04-02T09:00:00Z, the credit would have been consumed (settlement.rule[1]).
    The conversation is open: both sides write on without credits.
    "#);
}

#[test]
fn an_answer_keeps_the_credit() {
    let mut story = sent("inmail-thread");
    story.answer("m1", ResponseKind::NotInterested, false, day(2));
    insta::assert_snapshot!(story.m1(day(2)), @r#"
    Message `m1` from seat `ana` to `bo` was sent at 2015-01-02T09:00:00Z under `inmail-thread` and staked 1 credit.
    `bo` said "not interested" at 2015-01-03T09:00:00Z, 1 day after the send and in time (the window is 90 days): the credit was consumed at once by settlement.rule[0].
    settlement.rule[0]: "Not interested", with a note or without, is a response, therefore no credit is returned [seed].
    Had `bo` not answered by 2015-04-02T09:00:00Z, the credit would have been returned (settlement.rule[1]).
    `bo` said "not interested" without a note: only `bo` may write on, which opens the conversation; seat `ana` would have to send a new message.
    "#);
}

#[test]
fn nobody_answers() {
    let story = sent("inmail-2015");
    let deadline = day(91);
    assert_eq!(
        story.m1(deadline).outcome,
        Outcome::Held {
            credits: Credits(1)
        }
    );
    insta::assert_snapshot!(story.m1(deadline.plus_millis(1)), @r#"
    Message `m1` from seat `ana` to `bo` was sent at 2015-01-02T09:00:00Z under `inmail-2015` and staked 1 credit.
    `bo` had neither seen the message nor answered when the window of 90 days ended at 2015-04-02T09:00:00Z: the credit was consumed right after by settlement.rule[1].
    settlement.rule[1]: A message that nobody answers within 90 days has cost its reader attention for nothing, so its credit is consumed [2014-09].
    Had `bo` replied, accepted or said "not interested" by 2015-04-02T09:00:00Z, the credit would have been returned (settlement.rule[0]).
    Nobody can write on before `bo` answers.
    "#);
    insta::assert_snapshot!(sent("inmail-thread").m1(day(100)), @r#"
    Message `m1` from seat `ana` to `bo` was sent at 2015-01-02T09:00:00Z under `inmail-thread` and staked 1 credit.
    `bo` had neither seen the message nor answered when the window of 90 days ended at 2015-04-02T09:00:00Z: the credit was returned right after by settlement.rule[1].
    settlement.rule[1]: Without a response the credit is returned, but only after 90 days [seed].
    The credit was returned as a new lot that lasts 90 days, until 2015-07-01T09:00:00Z.
    Had `bo` replied, accepted or said "not interested" by 2015-04-02T09:00:00Z, the credit would have been consumed (settlement.rule[0]).
    Nobody can write on before `bo` answers.
    "#);
}

#[test]
fn a_report_keeps_a_bond() {
    let mut story = sent("attention-bond");
    story.done(&Command::Report("m1".parse().unwrap()), day(3));
    story.answer("m1", ResponseKind::Reply, false, day(4));
    insta::assert_snapshot!(story.m1(day(5)), @r#"
    Message `m1` from seat `ana` to `bo` was sent at 2015-01-02T09:00:00Z under `attention-bond` and staked 1 credit.
    `bo` reported the message at 2015-01-04T09:00:00Z, 2 days after the send: the credit was consumed at once by settlement.rule[2].
    settlement.rule[2]: A report says more clearly than "not interested" that the message was not wanted [paper].
    Had `bo` replied or accepted by 2015-04-02T09:00:00Z, the credit would have been returned (settlement.rule[0]).
    Had `bo` neither seen the message nor answered by 2015-04-02T09:00:00Z, the credit would have been returned (settlement.rule[4]).
    `bo` replied at 2015-01-05T09:00:00Z, in time: that counts for the response rate and changes no credit.
    The conversation is open: both sides write on without credits.
    "#);
}

#[test]
fn postage_is_gone_at_the_send() {
    insta::assert_snapshot!(sent("postage").m1(day(2)), @r#"
    Message `m1` from seat `ana` to `bo` was sent at 2015-01-02T09:00:00Z under `postage` and staked 1 credit.
    The credit was consumed at the send itself by settlement.rule[0]; nothing that `bo` does can change that.
    settlement.rule[0]: A stamp is used up when the letter is posted, decided here.
    Nobody can write on before `bo` answers.
    "#);
}

#[test]
fn an_open_profile_asks_for_nothing() {
    let mut story = Story::new(&preset("inmail-2015"));
    story.done(&send_wishing(open_profile()), day(1));
    insta::assert_snapshot!(story.m1(day(2)), @r#"
    Message `m1` from seat `ana` to `bo` was sent at 2015-01-02T09:00:00Z under `inmail-2015` and staked nothing.
    `bo` has an open profile: there is no credit to lose or to get back, and the gate does not count the message.
    As long as `bo` has not seen it, reminders go out at 2015-01-09T09:00:00Z, 2015-02-01T09:00:00Z and 2015-03-03T09:00:00Z (message.reminder_days).
    Nobody can write on before `bo` answers.
    "#);
}

#[test]
fn what_comes_later_changes_no_credit() {
    let mut story = sent("inmail-2015");
    story.done(&respond("m1", ResponseKind::Reply, false, true), day(2));
    story.answer("m1", ResponseKind::NotInterested, false, day(3));
    story.done(&follow_up("m1", Side::Member, false), day(4));
    story.answer("m1", ResponseKind::Accept, false, day(5));
    story.done(&Command::Report("m1".parse().unwrap()), day(6));
    insta::assert_snapshot!(story.m1(day(7)), @r#"
    Message `m1` from seat `ana` to `bo` was sent at 2015-01-02T09:00:00Z under `inmail-2015` and staked 1 credit.
    `bo` said "not interested" at 2015-01-04T09:00:00Z, 2 days after the send and in time (the window is 90 days): the credit was returned at once by settlement.rule[0].
    settlement.rule[0]: Every message that receives a response within 90 days of the send date has its credit returned; a reply, an acceptance and "not interested", with a note or without, are all responses [seed, 2014-09].
    The credit was returned as a new lot that lasts 90 days, until 2015-04-04T09:00:00Z.
    Had `bo` not answered by 2015-04-02T09:00:00Z, the credit would have been consumed (settlement.rule[1]).
    `bo` reported the message at 2015-01-07T09:00:00Z; that changed no credit, and it is counted beside the response rate.
    An automatic reply came at 2015-01-03T09:00:00Z; it is no response and changed nothing (response.auto_counts).
    `bo` accepted at 2015-01-06T09:00:00Z; only the first response settles, so that moved the conversation and no credit.
    The conversation is open: both sides write on without credits.
    "#);
    // Without the events, what only they tell is left out.
    let told = explain::message(&story.contract, &"m1".parse().unwrap(), day(7)).unwrap();
    assert_eq!(told.text.len() + 2, story.m1(day(7)).text.len());
}

#[test]
fn an_answer_after_the_window_moves_the_conversation_alone() {
    let mut story = sent("inmail-2015");
    story.answer("m1", ResponseKind::Reply, false, day(100));
    let told = story.m1(day(101));
    insta::assert_snapshot!(told.text[told.text.len() - 2..].join("\n"), @r#"
    `bo` replied at 2015-04-11T09:00:00Z, 9 days after the window had ended: that moves the conversation and changes no credit.
    The conversation is open: both sides write on without credits.
    "#);
}

#[test]
fn early_answers_have_a_rule_of_their_own() {
    let policy = changed("inmail-2015", |policy| {
        policy.message.price = 2;
        let late = Rule {
            on: Trigger::Response,
            kinds: ResponseKinds::ALL,
            note: None,
            within: None,
            seen: None,
            credit: Settled::Consumed,
            why: "A late answer is worth nothing.".to_owned(),
        };
        let first = &mut policy.settlement.rules[0];
        first.within = Some(Days(7));
        first.kinds = ResponseKinds {
            not_interested: false,
            ..ResponseKinds::ALL
        };
        let declined = Rule {
            kinds: ResponseKinds {
                not_interested: true,
                ..ResponseKinds::NONE
            },
            note: Some(true),
            within: Some(Days(7)),
            ..first.clone()
        };
        policy.settlement.rules.insert(1, declined);
        policy.settlement.rules.insert(2, late);
    });
    let mut story = Story::new(&policy);
    story.send(day(1));
    insta::assert_snapshot!(story.m1(day(2)), @r#"
    Message `m1` from seat `ana` to `bo` was sent at 2015-01-02T09:00:00Z under `inmail-2015-changed` and staked 2 credits.
    The 2 credits are held since then: `bo` has neither seen the message nor answered.
    If `bo` replies or accepts by 2015-01-09T09:00:00Z, the 2 credits are returned as a new lot that lasts 90 days (settlement.rule[0]).
    If `bo` says "not interested" with a note by 2015-01-09T09:00:00Z, the 2 credits are returned as a new lot that lasts 90 days (settlement.rule[1]).
    If `bo` says "not interested" without a note by 2015-04-02T09:00:00Z, the 2 credits are consumed (settlement.rule[2]).
    If `bo` replies, accepts or says "not interested" with a note after 2015-01-09T09:00:00Z and by 2015-04-02T09:00:00Z, the 2 credits are consumed (settlement.rule[2]).
    If `bo` does not answer by 2015-04-02T09:00:00Z, the 2 credits are consumed right after (settlement.rule[3]).
    As long as `bo` has not seen it, reminders go out at 2015-01-09T09:00:00Z, 2015-02-01T09:00:00Z and 2015-03-03T09:00:00Z (message.reminder_days).
    Nobody can write on before `bo` answers.
    "#);
    assert_eq!(story.m1(day(8)).futures.len(), 5);
    assert_eq!(story.m1(day(9)).futures.len(), 2);
    story.answer("m1", ResponseKind::Reply, false, day(10));
    insta::assert_snapshot!(story.m1(day(10)), @r#"
    Message `m1` from seat `ana` to `bo` was sent at 2015-01-02T09:00:00Z under `inmail-2015-changed` and staked 2 credits.
    `bo` replied at 2015-01-11T09:00:00Z, 9 days after the send and in time (the window is 90 days): the 2 credits were consumed at once by settlement.rule[2].
    settlement.rule[2]: A late answer is worth nothing.
    Had `bo` replied or accepted by 2015-01-09T09:00:00Z, the 2 credits would have been returned (settlement.rule[0]).
    Had `bo` said "not interested" with a note by 2015-01-09T09:00:00Z, the 2 credits would have been returned (settlement.rule[1]).
    The conversation is open: both sides write on without credits.
    "#);
}

// --- where a returned credit goes

fn original() -> Story {
    let policy = changed("inmail-2015", |policy| {
        policy.returned = ReturnedExpiry::Original;
    });
    let mut story = Story::bare(&policy, false);
    story.grant("g1", 5, Some(day(30)), day(0));
    story.send(day(1));
    story
}

#[test]
fn a_credit_goes_back_to_its_lot() {
    let mut story = original();
    insta::assert_snapshot!(story.m1(day(2)).futures[0].text, @r#"
    If `bo` replies, accepts or says "not interested" by 2015-04-02T09:00:00Z, the credit is returned to the lot `g1`, which ends at 2015-01-31T09:00:00Z; what is returned to a lot that has ended is lost at once (settlement.rule[0]).
    "#);
    insta::assert_snapshot!(story.m1(day(30)).futures[0].text, @r#"
    If `bo` replies, accepts or says "not interested" by 2015-04-02T09:00:00Z, the credit is returned, only to be lost at once, because the lot `g1` has ended (settlement.rule[0]).
    "#);
    let mut late = story.clone();
    story.answer("m1", ResponseKind::Reply, false, day(3));
    late.answer("m1", ResponseKind::Reply, false, day(30));
    both_tell(
        &story,
        "The credit was returned to the lot `g1`, which ends at 2015-01-31T09:00:00Z.",
    );
    both_tell(
        &late,
        "The credit was returned, only to be lost at once, because the lot `g1` has ended.",
    );
}

#[test]
fn a_credit_of_a_revoked_lot_or_a_cancelled_contract_is_lost_as_it_comes_back() {
    for (command, why) in [
        (
            Command::Revoke(GrantId::new("g1").unwrap()),
            "the lot `g1` was revoked",
        ),
        (Command::Cancel, "the contract was cancelled"),
    ] {
        let mut before = sent("inmail-2015");
        let mut story = before.clone();
        story.done(&command, day(2));
        let will = format!(
            "the credit is returned, only to be lost at once, because {why} (settlement.rule[0])."
        );
        assert!(
            story.m1(day(3)).futures[0].text.ends_with(&will),
            "{}",
            story.m1(day(3))
        );
        story.answer("m1", ResponseKind::Reply, false, day(4));
        both_tell(
            &story,
            &format!("The credit was returned, only to be lost at once, because {why}."),
        );
        // What had come back before stays what it was.
        before.answer("m1", ResponseKind::Reply, false, day(2));
        before.done(&command, day(2));
        both_tell(
            &before,
            "The credit was returned as a new lot that lasts 90 days, until 2015-04-03T09:00:00Z.",
        );
    }
}

/// Holds that a message is told alike with its events and without them.
fn both_tell(story: &Story, sentence: &str) {
    let told = story.m1(day(31));
    assert!(told.text.iter().any(|line| line == sentence), "{told}");
    let bare = explain::message(&story.contract, &"m1".parse().unwrap(), day(31)).unwrap();
    assert!(bare.text.iter().any(|line| line == sentence), "{bare}");
}

#[test]
fn a_stake_from_two_lots_goes_back_to_both() {
    let policy = changed("inmail-2015", |policy| {
        policy.returned = ReturnedExpiry::Original;
    });
    let mut story = Story::bare(&policy, false);
    story.grant("g1", 1, Some(day(30)), day(0));
    story.grant("g2", 9, None, day(0));
    let priced = Recipient {
        price: Some(3),
        ..Recipient::default()
    };
    story.done(&send_wishing(priced), day(1));
    insta::assert_snapshot!(story.m1(day(2)).futures[0].text, @r#"
    If `bo` replies, accepts or says "not interested" by 2015-04-02T09:00:00Z, the 3 credits are returned: 1 credit to the lot `g1`, which ends at 2015-01-31T09:00:00Z; 2 credits to the lot `g2`, which never ends; what is returned to a lot that has ended is lost at once (settlement.rule[0]).
    "#);
    story.answer("m1", ResponseKind::Reply, false, day(40));
    insta::assert_snapshot!(story.m1(day(40)).text[3], @"The 3 credits were returned: 1 credit, only to be lost at once, because the lot `g1` has ended; 2 credits to the lot `g2`, which never ends.");
    let bare = explain::message(&story.contract, &"m1".parse().unwrap(), day(40)).unwrap();
    insta::assert_snapshot!(bare.text[3], @"They went back to the lots that they came from, and some of them were lost at once.");
}

#[test]
fn a_message_keeps_the_policy_of_its_send() {
    let mut story = sent("inmail-2015");
    let add = earnest_core::command::AddPolicy {
        policy: preset("inmail-thread"),
        effective_at: None,
    };
    story.done(&Command::AddPolicy(add), day(2));
    story.done(&send_as(&[("m2", "cy")], |_| {}), day(3));
    assert_eq!(story.m1(day(4)).policy, "inmail-2015");
    let m2 = explain::message(&story.contract, &"m2".parse().unwrap(), day(4)).unwrap();
    assert_eq!(m2.policy, "inmail-thread");
    let unknown = "nowhere".parse().unwrap();
    assert!(explain::message(&story.contract, &unknown, day(4)).is_none());
}

#[test]
fn an_explanation_is_data_too() {
    let mut story = sent("inmail-2015");
    story.answer("m1", ResponseKind::Reply, false, day(2));
    let json = serde_json::to_string_pretty(&story.m1(day(2))).unwrap();
    insta::assert_snapshot!(json, @r#"
    {
      "policy": "inmail-2015",
      "as_of": "2015-01-03T09:00:00Z",
      "outcome": {
        "is": "returned",
        "credits": 1
      },
      "rule": {
        "of": "policy",
        "path": "settlement.rule[0]",
        "why": "Every message that receives a response within 90 days of the send date has its credit returned; a reply, an acceptance and \"not interested\", with a note or without, are all responses [seed, 2014-09]."
      },
      "figures": [
        {
          "name": "price",
          "value": 1
        },
        {
          "name": "settled_after_ms",
          "value": 86400000
        }
      ],
      "instants": [
        {
          "name": "sent_at",
          "at": "2015-01-02T09:00:00Z"
        },
        {
          "name": "seen_at",
          "at": "2015-01-03T09:00:00Z"
        },
        {
          "name": "responded_at",
          "at": "2015-01-03T09:00:00Z"
        },
        {
          "name": "settled_at",
          "at": "2015-01-03T09:00:00Z"
        },
        {
          "name": "deadline",
          "at": "2015-04-02T09:00:00Z"
        }
      ],
      "futures": [],
      "otherwise": [
        {
          "on": "lapse",
          "answers": [],
          "seen": null,
          "after": null,
          "by": "2015-04-02T09:00:00Z",
          "credit": "consumed",
          "lands": [],
          "rule": {
            "of": "policy",
            "path": "settlement.rule[1]",
            "why": "A message that nobody answers within 90 days has cost its reader attention for nothing, so its credit is consumed [2014-09]."
          },
          "text": "Had `bo` not answered by 2015-04-02T09:00:00Z, the credit would have been consumed (settlement.rule[1])."
        }
      ],
      "changes": [],
      "text": [
        "Message `m1` from seat `ana` to `bo` was sent at 2015-01-02T09:00:00Z under `inmail-2015` and staked 1 credit.",
        "`bo` replied at 2015-01-03T09:00:00Z, 1 day after the send and in time (the window is 90 days): the credit was returned at once by settlement.rule[0].",
        "settlement.rule[0]: Every message that receives a response within 90 days of the send date has its credit returned; a reply, an acceptance and \"not interested\", with a note or without, are all responses [seed, 2014-09].",
        "The credit was returned as a new lot that lasts 90 days, until 2015-04-03T09:00:00Z.",
        "Had `bo` not answered by 2015-04-02T09:00:00Z, the credit would have been consumed (settlement.rule[1]).",
        "The conversation is open: both sides write on without credits."
      ]
    }
    "#);
}
