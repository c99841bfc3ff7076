use super::*;
use crate::policy::{ResponseKinds, preset};
use insta::assert_snapshot;

/// Returns the sentences of one part of a preset, a line each.
fn part(name: &str, at: usize) -> String {
    let part = parts(&preset::get(name).unwrap()).remove(at);
    let lines: Vec<_> = part
        .lines
        .into_iter()
        .map(|it| format!("{}: {}", it.path, it.sentence))
        .collect();
    lines.join("\n")
}

#[test]
fn a_policy_is_written_out_rule_by_rule() {
    assert_snapshot!(render(&preset::get("inmail-2015").unwrap()), @r#"
    inmail-2015
    InMail from January 2015: a response within 90 days returns the credit

    When the credit is returned: the first rule that applies decides
      settlement.rule[0]
          When a response of any kind comes within 90 days of the send, the credit is returned.
          Why: Every message that receives a response within 90 days of the send date has its credit returned; a reply, an acceptance and "not interested", with a note or without, are all responses [seed, 2014-09].
      settlement.rule[1]
          When 90 days pass without a response, the credit is consumed.
          Why: A message that nobody answers within 90 days has cost its reader attention for nothing, so its credit is consumed [2014-09].
      settlement.window_days
          A response exactly 90 days after the send is in time.
      response.auto_counts
          An automatic reply is no response.

    Where credits come from, and how long they last
      seat_type[0]
          A seat of type `recruiter` is allotted 150 credits a month.
      seat_type[1]
          A seat of type `recruiter-professional-services` is allotted 100 credits a month.
      seat_type[2]
          A seat of type `recruiter-lite` is allotted 30 credits a month.
      seat_type[3]
          A seat of type `talent-finder` is allotted 25 credits a month.
      bonus[0]
          With the allotment of 2015-01, seats of type `recruiter` and `recruiter-professional-services` get 100 credits once; that lot lasts 90 days.
          Why: Once, in January 2015, these seats get 100 credits more, to begin with under the new rule [2014-09].
      expires_after_days
          An allotment lasts 90 days.
      returned.expires
          A returned credit is a new lot; it lasts 90 days.

    Who may go on sending
      gate.check
          Every 14 days from its start a seat is judged: it fails when it sent 100 messages or more in the period and had less than 13 % of them answered.
          Why: Response rates are looked at every 14 days, so that bulk mail nobody answers stops [2014-07].
      gate.stage[0]
          Warned for 14 days, once in a seat's life; nothing is blocked. At its end a seat that sent 100 messages or more in this stage and had less than 13 % of them answered is restricted; any other is good.
          Why: The first time there is a notice and nothing is blocked [2014-07].
      gate.stage[1]
          Restricted for 14 days; bulk messages are blocked. At its end a seat that sent any messages in this stage and had less than 13 % of them answered, or sent none, goes through the stage again; any other is good.
          Why: Bulk is blocked for 14 days; one-to-one messages with a rate of 13 % are the way out [2014-07], and without any the block stays, decided here.

    What a message may be
      message.subject_most
          A subject has at most 200 characters.
      message.body_most
          A body has at most 2000 characters.
      message.recipients_most
          A campaign has at most 25 recipients.
      message.pending_most
          A seat has at most 2 unanswered messages to one member.
      message.price
          A message stakes 1 credit where its recipient sets no price.
      message.reminder_days
          The recipient is reminded of an unseen message after 7, 30 and 60 days.
    "#);
}

#[test]
fn every_trigger_has_its_sentence() {
    assert_snapshot!(part("attention-bond", 0), @r#"
    settlement.rule[0]: When a reply or an acceptance comes within 90 days of the send, the credit is returned.
    settlement.rule[1]: When "not interested" comes within 90 days of the send, the credit is consumed.
    settlement.rule[2]: When the recipient reports the message, the credit is consumed.
    settlement.rule[3]: When 90 days pass without a response and the message was seen, the credit is consumed.
    settlement.rule[4]: When 90 days pass without a response and the message was not seen, the credit is returned.
    settlement.window_days: A response exactly 90 days after the send is in time.
    response.auto_counts: An automatic reply is no response.
    "#);
    assert_snapshot!(part("postage", 0), @"
    settlement.rule[0]: When the message is sent, the credit is consumed.
    settlement.window_days: A response exactly 90 days after the send is in time.
    response.auto_counts: An automatic reply is no response.
    ");
}

#[test]
fn every_gate_has_its_sentences() {
    assert_snapshot!(part("inmail-thread", 2), @"gate.check: A send is refused when its seat sent 100 messages or more in the 14 days before it and had 13 % of them or less answered.");
    assert_snapshot!(part("recruiter-2024", 2), @"
    gate.check: Every 14 days from its start a seat is judged: it fails when it sent 100 messages or more in the period and had less than 13 % of them answered.
    gate.stage[0]: Warned for 14 days; nothing is blocked. Then it is grace, whatever was sent.
    gate.stage[1]: Grace for 7 days; nothing is blocked. At its end a seat that sent any messages in the stage before and had less than 13 % of them answered is restricted; any other is good.
    gate.stage[2]: Restricted for 14 days; bulk messages are blocked. At its end a seat that sent any messages in this stage and had less than 13 % of them answered, or sent none, goes through the stage again; any other is good.
    ");
    assert_snapshot!(part("postage", 2), @"gate: Nobody is stopped for a low response rate.");
}

#[test]
fn credits_that_never_end_say_so() {
    assert_snapshot!(part("recruiter-2024", 1), @"
    seat_type[0]: A seat of type `recruiter` is allotted 150 credits a month.
    seat_type[1]: A seat of type `recruiter-professional-services` is allotted 100 credits a month.
    seat_type[2]: A seat of type `recruiter-lite` is allotted 30 credits a month.
    seat_type[3]: A seat of type `talent-finder` is allotted 25 credits a month.
    expires_after_days: An allotment never ends.
    returned.expires: A returned credit is a new lot; it never ends.
    rollover_cap: When an allotment comes, what the contract has above 4 times its monthly allotment expires.
    ");
    assert_snapshot!(part("postage", 1), @"
    seat_type: No seat is allotted anything.
    returned.expires: A returned credit is a new lot; it never ends.
    ");
}

#[test]
fn a_rule_with_every_condition_is_one_sentence() {
    let it = Rule {
        on: Trigger::Response,
        kinds: ResponseKinds {
            accept: false,
            ..ResponseKinds::ALL
        },
        note: Some(false),
        within: Some(Days(1)),
        seen: None,
        credit: Settled::Returned,
        why: "w".to_owned(),
    };
    assert_snapshot!(rule(&it, Days(90)), @"When a reply or \"not interested\" without a note comes within 1 day of the send, the credit is returned.");
}
