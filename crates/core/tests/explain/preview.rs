//! Planned messages.

use super::story::{Story, as_send, campaign, day, open_profile, preset, send_to, send_wishing};
use earnest_core::command::Command;
use earnest_core::explain::{Explanation, Outcome, preview};
use earnest_core::policy::preset::NAMES;
use earnest_core::refusal::Malformed;
use earnest_core::units::Credits;

fn planned(story: &Story, command: &Command, days: i64) -> Explanation {
    preview(&story.contract, as_send(command), day(days)).unwrap()
}

#[test]
fn a_planned_message_has_the_futures_of_a_sent_one() {
    for name in NAMES {
        let mut story = Story::new(&preset(name));
        let before = story.contract.state().clone();
        let told = planned(&story, &send_to(&[("m1", "bo")]), 1);
        assert_eq!(*story.contract.state(), before);
        assert_eq!(
            told.outcome,
            Outcome::Allowed {
                credits: Credits(1)
            }
        );
        story.send(day(1));
        assert_eq!(told.futures, story.m1(day(1)).futures, "{name}");
    }
}

#[test]
fn a_planned_message_is_told() {
    let story = Story::new(&preset("inmail-2015"));
    insta::assert_snapshot!(planned(&story, &send_to(&[("m1", "bo")]), 1), @r#"
    The message to `bo` would be sent and stake 1 credit of the 1000 available.
    If `bo` replies, accepts or says "not interested" by 2015-04-02T09:00:00Z, the credit is returned as a new lot that lasts 90 days (settlement.rule[0]).
    If `bo` does not answer by 2015-04-02T09:00:00Z, the credit is consumed right after (settlement.rule[1]).
    As long as it is not seen, reminders go out at 2015-01-09T09:00:00Z, 2015-02-01T09:00:00Z and 2015-03-03T09:00:00Z (message.reminder_days).
    "#);
    insta::assert_snapshot!(planned(&story, &campaign("c", 3), 1), @r#"
    The campaign to 3 recipients would be sent and stake 3 credits of the 1000 available.
    If a recipient replies, accepts or says "not interested" by 2015-04-02T09:00:00Z, that message's stake is returned as a new lot that lasts 90 days (settlement.rule[0]).
    If a recipient does not answer by 2015-04-02T09:00:00Z, that message's stake is consumed right after (settlement.rule[1]).
    As long as it is not seen, reminders go out at 2015-01-09T09:00:00Z, 2015-02-01T09:00:00Z and 2015-03-03T09:00:00Z (message.reminder_days).
    "#);
    insta::assert_snapshot!(planned(&story, &send_wishing(open_profile()), 1), @r#"
    The message to `bo` would be sent and stake nothing: an open profile asks for no credit.
    As long as it is not seen, reminders go out at 2015-01-09T09:00:00Z, 2015-02-01T09:00:00Z and 2015-03-03T09:00:00Z (message.reminder_days).
    "#);
    let story = Story::new(&preset("postage"));
    insta::assert_snapshot!(planned(&story, &send_to(&[("m1", "bo")]), 1), @r#"
    The message to `bo` would be sent and stake 1 credit of the 1000 available.
    The credit is consumed at the send itself (settlement.rule[0]); no answer brings anything back.
    settlement.rule[0]: A stamp is used up when the letter is posted, decided here.
    "#);
}

#[test]
fn a_planned_message_that_would_be_refused_is_told_why() {
    let mut story = Story::bare(&preset("inmail-2015"), false);
    story.grant("g1", 2, None, day(0));
    let told = planned(&story, &campaign("c", 3), 1);
    assert_eq!(
        told.outcome,
        Outcome::Refused {
            code: "insufficient_credits"
        }
    );
    assert_eq!(told, story.refused(&campaign("c", 3), day(1)));
    let nobody = send_to(&[]);
    let error = preview(&story.contract, as_send(&nobody), day(1));
    assert_eq!(error, Err(Malformed::NoRecipients));
}

#[test]
fn what_is_due_by_then_counts() {
    let mut story = Story::bare(&preset("inmail-2015"), false);
    story.grant("g1", 1, Some(day(5)), day(0));
    let send = send_to(&[("m1", "bo")]);
    assert_eq!(
        planned(&story, &send, 4).outcome,
        Outcome::Allowed {
            credits: Credits(1)
        }
    );
    let code = "insufficient_credits";
    assert_eq!(planned(&story, &send, 5).outcome, Outcome::Refused { code });
}
