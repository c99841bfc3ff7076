//! Every refusal, told.

use super::story::{
    DAY, Story, campaign, changed, day, figure, follow_up, grant, instant, path, preset, respond,
    send_as, send_to, send_wishing, t,
};
use earnest_core::command::{Accepts, AddPolicy, Command, Recipient, Side};
use earnest_core::explain::Explanation;
use earnest_core::policy::{Blocks, Gate, ResponseKind};
use earnest_core::refusal::Refusal;
use earnest_core::units::{Credits, GrantId};
use std::collections::BTreeSet;

fn story() -> Story {
    Story::new(&preset("inmail-2015"))
}

/// A refusal of every code.
fn all() -> Vec<(&'static str, Explanation)> {
    let mut told = Vec::new();
    let mut tell = |story: &Story, command: &Command, days: i64| {
        let refusal = story.refusal(command, day(days));
        told.push((refusal.code(), story.refused(command, day(days))));
    };
    let m2 = send_to(&[("m2", "bo")]);
    let mut sent = story();
    sent.send(day(1));
    tell(&sent, &m2, 0);
    tell(
        &sent,
        &send_as(&[("m2", "bo")], |send| send.seat = "eve".parse().unwrap()),
        1,
    );
    tell(&sent, &send_to(&[("m1", "cy")]), 1);
    tell(
        &sent,
        &send_as(&[("m2", "bo")], |send| send.subject_length = 201),
        1,
    );
    tell(
        &sent,
        &send_as(&[("m2", "bo")], |send| send.body_length = 2_100),
        1,
    );
    tell(&sent, &campaign("c", 60), 1);
    let mut cancelled = sent.clone();
    cancelled.done(&Command::Cancel, day(2));
    tell(&cancelled, &m2, 3);
    let mut bulk_off = sent.clone();
    bulk_off.limit(None, true, day(2));
    tell(&bulk_off, &campaign("c", 2), 3);
    tell(&restricted(), &campaign("c", 2), 45);
    tell(&below_the_thread(), &m2, 4);
    let mut limited = sent.clone();
    limited.limit(Some(2), false, day(2));
    tell(&limited, &campaign("c", 2), 3);
    let wishes = |change: fn(&mut Recipient)| {
        let mut recipient = Recipient::default();
        change(&mut recipient);
        send_wishing(recipient)
    };
    let fresh = story();
    tell(&fresh, &wishes(|bo| bo.blocks = true), 1);
    tell(&fresh, &wishes(|bo| bo.accepts = Accepts::None), 1);
    let busy = |bo: &mut Recipient| (bo.daily_cap, bo.received_today) = (Some(5), 7);
    tell(&fresh, &wishes(busy), 1);
    let mut twice = sent.clone();
    twice.done(&m2, day(3));
    tell(&twice, &send_to(&[("m3", "bo")]), 4);
    tell(&poor(), &campaign("c", 4), 3);
    tell(&fresh, &respond("m9", ResponseKind::Reply, false, false), 1);
    tell(&fresh, &Command::Revoke(GrantId::new("g9").unwrap()), 1);
    tell(&sent, &follow_up("m1", Side::Seat, false), 2);
    tell(&fresh, &grant("g2", Credits::MOST.0, None), 1);
    told
}

/// A seat that failed, was warned and failed again: restricted from the 29th day on.
fn restricted() -> Story {
    let mut story = story();
    story.send_many("a", 100, day(1));
    story.send_many("b", 100, day(15));
    story.answer_many("b", 12, day(16));
    story.send_many("d", 10, day(44));
    story
}

/// A seat with 100 messages in the window, 13 of them answered.
fn below_the_thread() -> Story {
    let mut story = Story::new(&preset("inmail-thread"));
    story.send_many("a", 40, day(1));
    story.send_many("b", 60, day(2));
    story.answer_many("a", 3, day(3));
    story.answer_many("b", 10, day(3));
    story
}

/// A contract with allotments, all but three of its credits at stake.
fn poor() -> Story {
    let mut story = Story::bare(&preset("recruiter-2024"), true);
    story.send_many("a", 147, day(1));
    story
}

#[test]
fn every_refusal_is_told() {
    let told = all();
    let codes: BTreeSet<_> = told.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, Refusal::CODES.into_iter().collect());
    let mut text = String::new();
    for (code, explanation) in &told {
        let cited = explanation.rule.as_ref().unwrap();
        text.push_str(&format!("{code} ({cited})\n{explanation}\n\n"));
    }
    insta::assert_snapshot!(text, @r#"
    out_of_order (contract.clock)
    The contract's newest event is of 2015-01-02T09:00:00Z, and the command of 2015-01-01T09:00:00Z.
    contract.clock: A contract's clock never goes back, so that its history cannot be rewritten.
    What would change it: Give an instant of 2015-01-02T09:00:00Z or later.

    unknown_seat (seat.id)
    The contract has no seat `eve`.
    seat.id: A command names what its contract has.
    What would change it: Give the id of a seat of this contract. Or: Add the seat first.

    duplicate_id (id)
    The id `m1` is taken.
    id: An id names one thing of a contract for good.
    What would change it: Give another id, or none and have one made up.

    subject_too_long (message.subject_most)
    The subject has 201 characters, and at most 200 are allowed.
    message.subject_most: The longest subject.
    What would change it: Take 1 character out of the subject.

    body_too_long (message.body_most)
    The body has 2100 characters, and at most 2000 are allowed.
    message.body_most: The longest body.
    What would change it: Take 100 characters out of the text.

    too_many_recipients (message.recipients_most)
    The campaign has 60 recipients, and at most 25 are allowed.
    message.recipients_most: The most recipients of one campaign.
    What would change it: Split it into 3 campaigns of 25 recipients at most.

    contract_cancelled (contract.cancelled)
    The contract was cancelled at 2015-01-03T09:00:00Z.
    contract.cancelled: A cancelled contract has no credits, takes no sends and no grants; open stakes still settle.
    What would change it: Nothing lifts a cancellation; another contract can send.

    bulk_disabled (seat.bulk_disabled)
    Bulk sending is switched off for seat `ana`.
    seat.bulk_disabled: An administrator has switched bulk sending off for the seat.
    What would change it: Send it to one member, outside a campaign. Or: An administrator can switch bulk sending on.

    bulk_restricted (gate.stage[1])
    Bulk sending is off for seat `ana` until 2015-02-26T09:00:00Z, when it is judged again.
    It is restricted from 2015-02-12T09:00:00Z to 2015-02-26T09:00:00Z (gate.stage[1]): bulk messages are refused, one-to-one messages are not.
    gate.stage[1]: Bulk is blocked for 14 days; one-to-one messages with a rate of 13 % are the way out [2014-07], and without any the block stays, decided here.
    0 of 10 messages were answered (0 %); the policy asks for 13 % or more, and 20 to 30 % is called a good rate.
    As the figures stand, that is a fail: 2 more answers to messages of this stage are missing.
    At 2015-02-26T09:00:00Z it is judged: after a pass it is good and a new period of 14 days begins; after a fail it is restricted for another 14 days (gate.stage[1]).
    What would change it: Send it to one member, outside a campaign: one-to-one messages are allowed. Or: 2 more answers by then would make it good at 2015-02-26T09:00:00Z.

    response_rate_too_low (gate.check)
    Seat `ana` has 13 of 100 messages answered, too few to go on.
    gate.check: More than 100 messages in two weeks need a response rate above 13 %, or messages are blocked; nobody knows for how long, so for as long as the figures stand [seed].
    13 of 100 messages were answered (13 %); the policy asks for more than 13 %, and 20 to 30 % is called a good rate.
    What counts are the messages sent in the 14 days before a send; with fewer than 100 sent, nothing is judged.
    1 more answer is missing; 87 messages of the window can still be answered in time.
    If nothing else happens, messages leave the window one by one, and from 2015-01-16T09:00:00Z on the same send passes this check.
    What would change it: 1 more answer to messages of the window would let it pass at once. Or: Wait until 2015-01-16T09:00:00Z.

    usage_limit_reached (seat.usage_limit)
    Seat `ana` has sent 2 messages this month, and its limit is 2.
    seat.usage_limit: An administrator limits how many messages the seat sends a month; a returned credit does not give the limit back.
    What would change it: Send to 1 member at most this month. Or: Wait until 2015-02-01T09:00:00Z, when the contract's next month begins. Or: An administrator can raise the seat's limit or lift it.

    recipient_blocked (member.blocks)
    Member `bo` blocks the sender.
    member.blocks: A member may block a seat or a whole contract.
    What would change it: Only `bo` can lift the block.

    recipient_closed (member.accepts)
    Member `bo` accepts no cold messages.
    member.accepts: A member may accept no cold messages at all.
    What would change it: Only `bo` can accept cold messages again.

    recipient_busy (member.daily_cap)
    Member `bo` takes 5 cold messages a day and has had them.
    member.daily_cap: The recipient limits how many cold messages come on one day (UTC).
    What would change it: Wait until 2015-01-03T00:00:00Z, when the next day (UTC) begins.

    already_pending (message.pending_most)
    2 messages from seat `ana` to member `bo` are pending, and at most 2 may be.
    message.pending_most: The most unanswered messages from one seat to one member.
    What would change it: `bo` answers one of them. Or: Wait until 2015-04-02T09:00:00.001Z, right after a window ends that is open now.

    insufficient_credits (message.price)
    The message stakes 1 and the contract has 0 available.
    message.price: What a message stakes where its recipient sets no price.
    What would change it: Send to the first 3 recipients: the credits are enough for those. Or: Wait until 2015-02-01T09:00:00Z: the next allotment brings 150 credits, which is enough. Or: 147 credits are held by open messages and may be returned when they are answered: the next window, of message `a1`, is open until 2015-04-02T09:00:00Z. Or: Buy 1 credit or more.

    unknown_message (message.id)
    There is no message `m9`.
    message.id: A command names what its contract has.
    What would change it: Give the id of a message of this contract.

    unknown_grant (grant.id)
    There is no grant `g9`.
    grant.id: A command names what its contract has.
    What would change it: Give the id of a grant of this contract.

    not_open (conversation)
    The conversation of message `m1` is not open: the recipient has not answered.
    conversation: A conversation opens when the recipient answers; until then the one message is all there is.
    What would change it: The recipient answers. Or: Send a new message, which stakes a credit of its own.

    too_many_credits (contract.credits_most)
    The contract would have been granted more than 9007199254740991 credits.
    contract.credits_most: Every figure stays one that any JSON reader keeps exactly.
    What would change it: Grant 9007199254739991 credits at most.
    "#);
}

#[test]
fn every_refusal_has_a_rule_with_a_reason_and_something_that_would_change_it() {
    for (code, told) in all() {
        assert!(!told.rule.as_ref().unwrap().why.is_empty(), "{code}");
        assert!(!told.changes.is_empty(), "{code}");
    }
}

#[test]
fn a_refusal_is_data_too() {
    let story = below_the_thread();
    let told = story.refused(&send_to(&[("m2", "bo")]), day(4));
    insta::assert_snapshot!(serde_json::to_string_pretty(&told).unwrap(), @r#"
    {
      "policy": "inmail-thread",
      "as_of": "2015-01-05T09:00:00Z",
      "outcome": {
        "is": "refused",
        "code": "response_rate_too_low"
      },
      "rule": {
        "of": "policy",
        "path": "gate.check",
        "why": "More than 100 messages in two weeks need a response rate above 13 %, or messages are blocked; nobody knows for how long, so for as long as the figures stand [seed]."
      },
      "figures": [
        {
          "name": "sent",
          "value": 100
        },
        {
          "name": "responded",
          "value": 13
        },
        {
          "name": "rate",
          "value": "13/100"
        },
        {
          "name": "threshold",
          "value": "13/100"
        },
        {
          "name": "passes",
          "value": "above"
        },
        {
          "name": "sent_at_least",
          "value": 100
        },
        {
          "name": "good_rate_from",
          "value": "20/100"
        },
        {
          "name": "good_rate_to",
          "value": "30/100"
        },
        {
          "name": "missing_answers",
          "value": 1
        },
        {
          "name": "open_messages",
          "value": 87
        }
      ],
      "instants": [
        {
          "name": "window_from",
          "at": "2014-12-22T09:00:00Z"
        },
        {
          "name": "window_to",
          "at": "2015-01-05T09:00:00Z"
        },
        {
          "name": "passes_at",
          "at": "2015-01-16T09:00:00Z"
        }
      ],
      "futures": [],
      "otherwise": [],
      "changes": [
        {
          "by": "recipient",
          "action": "answer",
          "amount": 1,
          "at": null,
          "text": "1 more answer to messages of the window would let it pass at once."
        },
        {
          "by": "time",
          "action": "wait",
          "amount": null,
          "at": "2015-01-16T09:00:00Z",
          "text": "Wait until 2015-01-16T09:00:00Z."
        }
      ],
      "text": [
        "Seat `ana` has 13 of 100 messages answered, too few to go on.",
        "gate.check: More than 100 messages in two weeks need a response rate above 13 %, or messages are blocked; nobody knows for how long, so for as long as the figures stand [seed].",
        "13 of 100 messages were answered (13 %); the policy asks for more than 13 %, and 20 to 30 % is called a good rate.",
        "What counts are the messages sent in the 14 days before a send; with fewer than 100 sent, nothing is judged.",
        "1 more answer is missing; 87 messages of the window can still be answered in time.",
        "If nothing else happens, messages leave the window one by one, and from 2015-01-16T09:00:00Z on the same send passes this check.",
        "What would change it: 1 more answer to messages of the window would let it pass at once. Or: Wait until 2015-01-16T09:00:00Z."
      ]
    }
    "#);
}

#[test]
fn of_a_busy_recipient_nothing_is_told_but_the_cap() {
    let mut recipient = Recipient {
        daily_cap: Some(5),
        received_today: 7,
        ..Recipient::default()
    };
    let story = story();
    let told = serde_json::to_string(&story.refused(&send_wishing(recipient), day(1))).unwrap();
    recipient.received_today = 5;
    assert_eq!(
        told,
        serde_json::to_string(&story.refused(&send_wishing(recipient), day(1))).unwrap()
    );
}

// --- what is told comes true

/// Holds that a refused send is refused until the instant that its explanation names, and passes from then on.
fn passes_exactly(story: &Story, command: &Command, days: i64, name: &str) {
    let told = story.refused(command, day(days));
    let at = instant(&told, name);
    assert!(
        !story.accepts(command, at.plus_millis(-1)),
        "{at} is not the first: {told}"
    );
    assert!(story.accepts(command, at), "{at} is too early: {told}");
}

#[test]
fn the_thread_gate_opens_at_the_instant_that_it_is_told_to() {
    let m2 = send_to(&[("m2", "bo")]);
    passes_exactly(&below_the_thread(), &m2, 4, "passes_at");
    passes_exactly(&below_the_thread(), &campaign("c", 25), 4, "passes_at");
    // With the unanswered leaving first, it opens before the window is below a hundred.
    let mut story = Story::new(&preset("inmail-thread"));
    story.send_many("a", 30, day(1));
    story.send_many("b", 69, day(2));
    story.answer_many("b", 20, day(3));
    story.send_many("c", 55, day(3));
    passes_exactly(&story, &m2, 4, "passes_at");
    assert_eq!(instant(&story.refused(&m2, day(4)), "passes_at"), day(15));
}

#[test]
fn messages_that_have_left_the_window_do_not_leave_it_again() {
    let policy = changed("inmail-thread", |policy| {
        if let Gate::Thread(gate) = &mut policy.gate {
            gate.check.sent_at_least = 10;
        }
    });
    let mut story = Story::new(&policy);
    story.send_many("a", 3, day(1));
    story.send_many("b", 7, day(2));
    passes_exactly(&story, &send_to(&[("m2", "bo")]), 3, "passes_at");
    // Seven are left on the fifteenth day, and a campaign of five would make more than ten of them.
    let told = story.refused(&campaign("c", 5), day(15));
    assert_eq!(instant(&told, "passes_at"), day(16));
    passes_exactly(&story, &campaign("c", 5), 15, "passes_at");
}

#[test]
fn a_campaign_that_grows_too_large_as_it_goes_is_told_how_many_may_go() {
    let mut story = Story::new(&preset("inmail-thread"));
    story.send_many("a", 98, day(1));
    let told = story.refused(&campaign("c", 5), day(2));
    assert_eq!(
        (figure(&told, "sent"), figure(&told, "sent_when_refused")),
        ("98".to_owned(), "100".to_owned())
    );
    assert_eq!(
        (told.changes[0].action, told.changes[0].amount),
        ("fewer_recipients", Some(2))
    );
    assert!(story.accepts(&campaign("c", 2), day(2)));
    passes_exactly(&story, &campaign("c", 5), 2, "passes_at");
}

#[test]
fn a_policy_to_come_may_open_the_gate_sooner() {
    let mut story = below_the_thread();
    let add = AddPolicy {
        policy: preset("inmail-2013"),
        effective_at: Some(day(7)),
    };
    story.done(&Command::AddPolicy(add), day(4));
    let m2 = send_to(&[("m2", "bo")]);
    passes_exactly(&story, &m2, 4, "passes_at");
    assert_eq!(instant(&story.refused(&m2, day(4)), "passes_at"), day(7));
}

#[test]
fn the_answers_that_are_missing_are_enough() {
    let story = below_the_thread();
    let m2 = send_to(&[("m2", "bo")]);
    let told = story.refused(&m2, day(4));
    assert_eq!(figure(&told, "missing_answers"), "1");
    let mut answered = story.clone();
    answered.answer("a40", ResponseKind::Accept, false, day(4));
    assert!(answered.accepts(&m2, day(4)));
}

#[test]
fn a_stage_that_blocks_everything_is_told_by_its_own_rule() {
    let policy = changed("inmail-2015", |policy| {
        if let Gate::Ladder(ladder) = &mut policy.gate {
            ladder.stages[1].blocks = Blocks::All;
        }
    });
    let mut story = Story::new(&policy);
    story.send_many("a", 100, day(1));
    story.send_many("b", 100, day(15));
    let told = story.refused(&send_to(&[("m2", "bo")]), day(30));
    assert_eq!(path(&told), "gate.stage[1]");
    insta::assert_snapshot!(told, @r#"
    Seat `ana` has 0 of 0 messages answered, too few to go on.
    It is restricted from 2015-01-29T09:00:00Z to 2015-02-12T09:00:00Z (gate.stage[1]): bulk messages and every message that stakes a credit are refused.
    gate.stage[1]: Bulk is blocked for 14 days; one-to-one messages with a rate of 13 % are the way out [2014-07], and without any the block stays, decided here.
    No message was sent that counts; the policy asks for 13 % or more, and 20 to 30 % is called a good rate.
    A pass needs a message sent in this stage and answered.
    At 2015-02-12T09:00:00Z it is judged: after a pass it is good and a new period of 14 days begins; after a fail it is restricted for another 14 days (gate.stage[1]).
    What would change it: Send one-to-one messages that are answered before then.
    "#);
}

#[test]
fn another_message_may_follow_right_after_a_window_ends() {
    let mut story = story();
    story.done(&send_to(&[("m1", "bo")]), day(1));
    story.done(&send_to(&[("m2", "bo")]), day(2));
    let m3 = send_to(&[("m3", "bo")]);
    passes_exactly(&story, &m3, 3, "passes_at");
    assert_eq!(
        instant(&story.refused(&m3, day(3)), "passes_at"),
        day(91).plus_millis(1)
    );
}

#[test]
fn a_month_and_a_day_end_when_they_are_told_to() {
    let mut story = story();
    story.limit(Some(1), false, day(0));
    story.send(day(1));
    let m2 = send_to(&[("m2", "cy")]);
    passes_exactly(&story, &m2, 2, "until");
    let busy = Recipient {
        daily_cap: Some(1),
        received_today: 1,
        ..Recipient::default()
    };
    let told = story.refused(
        &send_as(&[("m2", "bo")], |send| send.letters[0].recipient = busy),
        day(33),
    );
    assert_eq!(instant(&told, "next_day_at"), t("2015-02-04T00:00:00Z"));
    let never = Recipient {
        daily_cap: Some(0),
        ..Recipient::default()
    };
    let told = Story::new(&preset("inmail-2015")).refused(&send_wishing(never), day(1));
    assert!(told.instants.is_empty());
}

#[test]
fn credits_come_when_they_are_told_to() {
    let story = poor();
    let send = campaign("c", 4);
    passes_exactly(&story, &send, 3, "next_allotment_at");
    // Silence returns the credit, so it comes back right after the deadline.
    let mut thread = Story::bare(&preset("inmail-thread"), false);
    thread.grant("g1", 1, None, day(0));
    thread.send(day(1));
    let m2 = send_to(&[("m2", "cy")]);
    let at = instant(&thread.refused(&m2, day(2)), "next_deadline_at");
    assert!(!thread.accepts(&m2, at));
    assert!(thread.accepts(&m2, at.plus_millis(1)));
    assert_eq!(at.millis_since(day(1)), 90 * DAY);
}
