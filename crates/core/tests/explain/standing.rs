//! Where a seat stands.

use super::story::{Story, changed, day, figure, path, preset};
use earnest_core::command::{AddPolicy, Command};
use earnest_core::explain::{self, Outcome};
use earnest_core::policy::Standing;

#[test]
fn a_seat_without_a_gate() {
    let mut story = Story::new(&preset("inmail-2013"));
    story.send_many("a", 8, day(1));
    story.answer_many("a", 1, day(2));
    insta::assert_snapshot!(story.standing(day(3)), @r#"
    Seat `ana` is good under `inmail-2013` at 2015-01-04T09:00:00Z.
    gate.kind: The policy has no gate: nobody is stopped, whatever the response rate.
    Since 2015-01-01T09:00:00Z, 1 of 8 messages was answered (12.5 %); 20 to 30 % is called a good rate.
    "#);
}

#[test]
fn a_seat_under_the_thread_gate() {
    let mut story = Story::new(&preset("inmail-thread"));
    insta::assert_snapshot!(story.standing(day(0)), @r#"
    Seat `ana` is good under `inmail-thread` at 2015-01-01T09:00:00Z.
    gate.check: More than 100 messages in two weeks need a response rate above 13 %, or messages are blocked; nobody knows for how long, so for as long as the figures stand [seed].
    No message was sent that counts; the policy asks for more than 13 %, and 20 to 30 % is called a good rate.
    What counts are the messages sent in the 14 days before a send; with fewer than 100 sent, nothing is judged.
    100 more messages may be sent and go unanswered before one is refused, as long as none leaves the window.
    "#);
    story.send_many("a", 90, day(1));
    story.answer_many("a", 14, day(2));
    let told = story.standing(day(2));
    // What may go unanswered may, and one more may not.
    let spare: u32 = figure(&told, "may_go_unanswered").parse().unwrap();
    story.send_many("b", spare, day(2));
    let stopped = story.standing(day(2));
    assert_eq!(
        stopped.outcome,
        Outcome::Standing {
            standing: Standing::Restricted
        }
    );
    insta::assert_snapshot!(stopped, @r#"
    Seat `ana` is restricted under `inmail-thread` at 2015-01-03T09:00:00Z.
    gate.check: More than 100 messages in two weeks need a response rate above 13 %, or messages are blocked; nobody knows for how long, so for as long as the figures stand [seed].
    14 of 108 messages were answered (a little over 12.9 %); the policy asks for more than 13 %, and 20 to 30 % is called a good rate.
    What counts are the messages sent in the 14 days before a send; with fewer than 100 sent, nothing is judged.
    1 more answer is missing; 94 messages of the window can still be answered in time.
    If nothing else happens, messages leave the window one by one, and from 2015-01-16T09:00:00Z on the same send passes this check.
    "#);
    story.answer(
        "a15",
        earnest_core::policy::ResponseKind::Reply,
        false,
        day(3),
    );
    assert_eq!(
        story.standing(day(3)).outcome,
        Outcome::Standing {
            standing: Standing::Good
        }
    );
}

#[test]
fn a_seat_climbs_the_ladder_of_2014() {
    let mut story = Story::new(&preset("inmail-2015"));
    story.send_many("a", 40, day(1));
    insta::assert_snapshot!(story.standing(day(1)), @r#"
    Seat `ana` is good under `inmail-2015` at 2015-01-02T09:00:00Z.
    gate.check: Response rates are looked at every 14 days, so that bulk mail nobody answers stops [2014-07].
    Nothing is held against it: the period of 14 days began at 2015-01-01T09:00:00Z and is judged at 2015-01-15T09:00:00Z.
    0 of 40 messages were answered (0 %); the policy asks for 13 % or more, and 20 to 30 % is called a good rate.
    With fewer than 100 messages in this period nothing is judged; 59 more messages may go unanswered.
    After a period that fails it is warned for 14 days (gate.stage[0]): nothing is refused; a period that passes is followed by the next.
    "#);
    story.send_many("b", 60, day(2));
    story.answer_many("b", 12, day(3));
    insta::assert_snapshot!(story.standing(day(3)), @r#"
    Seat `ana` is good under `inmail-2015` at 2015-01-04T09:00:00Z.
    gate.check: Response rates are looked at every 14 days, so that bulk mail nobody answers stops [2014-07].
    Nothing is held against it: the period of 14 days began at 2015-01-01T09:00:00Z and is judged at 2015-01-15T09:00:00Z.
    12 of 100 messages were answered (12 %); the policy asks for 13 % or more, and 20 to 30 % is called a good rate.
    As the figures stand, that is a fail: 1 more answer to messages of this period is missing.
    After a period that fails it is warned for 14 days (gate.stage[0]): nothing is refused; a period that passes is followed by the next.
    "#);
    insta::assert_snapshot!(story.standing(day(14)), @r#"
    Seat `ana` is warned under `inmail-2015` at 2015-01-15T09:00:00Z.
    It is warned from 2015-01-15T09:00:00Z to 2015-01-29T09:00:00Z (gate.stage[0]): nothing is refused.
    gate.stage[0]: The first time there is a notice and nothing is blocked [2014-07].
    No message was sent that counts; the policy asks for 13 % or more, and 20 to 30 % is called a good rate.
    With fewer than 100 messages in this stage nothing is judged; 99 more messages may go unanswered.
    At 2015-01-29T09:00:00Z it is judged: after a pass it is good and a new period of 14 days begins; after a fail it is restricted for 14 days (gate.stage[1]): bulk messages are refused, one-to-one messages are not.
    "#);
    story.send_many("c", 100, day(15));
    insta::assert_snapshot!(story.standing(day(28)), @r#"
    Seat `ana` is restricted under `inmail-2015` at 2015-01-29T09:00:00Z.
    It is restricted from 2015-01-29T09:00:00Z to 2015-02-12T09:00:00Z (gate.stage[1]): bulk messages are refused, one-to-one messages are not.
    gate.stage[1]: Bulk is blocked for 14 days; one-to-one messages with a rate of 13 % are the way out [2014-07], and without any the block stays, decided here.
    No message was sent that counts; the policy asks for 13 % or more, and 20 to 30 % is called a good rate.
    A pass needs a message sent in this stage and answered.
    At 2015-02-12T09:00:00Z it is judged: after a pass it is good and a new period of 14 days begins; after a fail it is restricted for another 14 days (gate.stage[1]).
    "#);
    story.send_many("d", 2, day(29));
    story.answer_many("d", 1, day(30));
    insta::assert_snapshot!(story.standing(day(30)), @r#"
    Seat `ana` is restricted under `inmail-2015` at 2015-01-31T09:00:00Z.
    It is restricted from 2015-01-29T09:00:00Z to 2015-02-12T09:00:00Z (gate.stage[1]): bulk messages are refused, one-to-one messages are not.
    gate.stage[1]: Bulk is blocked for 14 days; one-to-one messages with a rate of 13 % are the way out [2014-07], and without any the block stays, decided here.
    1 of 2 messages was answered (50 %); the policy asks for 13 % or more, and 20 to 30 % is called a good rate.
    As the figures stand, that is a pass; 5 more messages may go unanswered.
    At 2015-02-12T09:00:00Z it is judged: after a pass it is good and a new period of 14 days begins; after a fail it is restricted for another 14 days (gate.stage[1]).
    "#);
    insta::assert_snapshot!(story.standing(day(42)), @r#"
    Seat `ana` is good under `inmail-2015` at 2015-02-12T09:00:00Z.
    gate.check: Response rates are looked at every 14 days, so that bulk mail nobody answers stops [2014-07].
    Nothing is held against it: the period of 14 days began at 2015-02-12T09:00:00Z and is judged at 2015-02-26T09:00:00Z.
    No message was sent that counts; the policy asks for 13 % or more, and 20 to 30 % is called a good rate.
    With fewer than 100 messages in this period nothing is judged; 99 more messages may go unanswered.
    After a period that fails it is restricted for 14 days (gate.stage[1]): bulk messages are refused, one-to-one messages are not; a period that passes is followed by the next.
    It was warned before, and a warning comes only once.
    "#);
}

#[test]
fn a_seat_is_given_time_to_improve() {
    let mut story = Story::new(&preset("recruiter-2024"));
    story.send_many("a", 100, day(1));
    story.answer_many("a", 12, day(2));
    story.send_many("b", 50, day(15));
    story.answer_many("b", 6, day(16));
    insta::assert_snapshot!(story.standing(day(20)), @r#"
    Seat `ana` is warned under `recruiter-2024` at 2015-01-21T09:00:00Z.
    It is warned from 2015-01-15T09:00:00Z to 2015-01-29T09:00:00Z (gate.stage[0]): nothing is refused.
    gate.stage[0]: 14 days to improve in, with nothing blocked [help].
    6 of 50 messages were answered (12 %); the policy asks for 13 % or more, and 20 to 30 % is called a good rate.
    As the figures stand, that is a fail: 1 more answer to messages of this stage is missing.
    At 2015-01-29T09:00:00Z nothing is judged: grace of 7 days follows, so that recipients have time to answer, and at 2015-02-05T09:00:00Z the messages sent until 2015-01-29T09:00:00Z are judged (gate.stage[1]).
    "#);
    insta::assert_snapshot!(story.standing(day(30)), @r#"
    Seat `ana` is in grace under `recruiter-2024` at 2015-01-31T09:00:00Z.
    It is in grace from 2015-01-29T09:00:00Z to 2015-02-05T09:00:00Z (gate.stage[1]): nothing is refused.
    gate.stage[1]: 7 days more, so that the recipients of the warning's messages have time to answer; then those messages are judged, and having sent none is a pass [help].
    6 of 50 messages were answered (12 %); the policy asks for 13 % or more, and 20 to 30 % is called a good rate.
    As the figures stand, that is a fail: 1 more answer to messages of the stage before is missing.
    At 2015-02-05T09:00:00Z it is judged: after a pass it is good and a new period of 14 days begins; after a fail it is restricted for 14 days (gate.stage[2]): bulk messages are refused, one-to-one messages are not.
    "#);
    insta::assert_snapshot!(story.standing(day(36)), @r#"
    Seat `ana` is restricted under `recruiter-2024` at 2015-02-06T09:00:00Z.
    It is restricted from 2015-02-05T09:00:00Z to 2015-02-19T09:00:00Z (gate.stage[2]): bulk messages are refused, one-to-one messages are not.
    gate.stage[2]: Bulk is blocked for 14 days; one-to-one messages with a rate of 13 % are the way out, and without any the block stays [help].
    No message was sent that counts; the policy asks for 13 % or more, and 20 to 30 % is called a good rate.
    A pass needs a message sent in this stage and answered.
    At 2015-02-19T09:00:00Z it is judged: after a pass it is good and a new period of 14 days begins; after a fail it is restricted for another 14 days (gate.stage[2]).
    "#);
    // One more answer was told to be enough.
    assert_eq!(figure(&story.standing(day(30)), "missing_answers"), "1");
    story.answer(
        "b7",
        earnest_core::policy::ResponseKind::Accept,
        false,
        day(30),
    );
    assert_eq!(
        story.standing(day(35)).outcome,
        Outcome::Standing {
            standing: Standing::Good
        }
    );
}

#[test]
fn limits_reports_and_versions_to_come_are_told() {
    let mut story = Story::new(&preset("inmail-2015"));
    story.limit(Some(9), true, day(0));
    story.send(day(1));
    story.done(&Command::Report("m1".parse().unwrap()), day(2));
    let add = AddPolicy {
        policy: changed("inmail-2015", |_| {}),
        effective_at: Some(day(9)),
    };
    story.done(&Command::AddPolicy(add), day(2));
    let told = story.standing(day(3));
    assert_eq!(path(&told), "gate.check");
    insta::assert_snapshot!(told.text[5..].join("\n"), @r#"
    After a period that fails it is warned for 14 days (gate.stage[0]): nothing is refused; a period that passes is followed by the next.
    1 message of the seat was reported.
    It has sent 1 message of 9 this month.
    An administrator has switched bulk sending off for it.
    Another version of the policy takes effect at 2015-01-10T09:00:00Z and rules from then on.
    "#);
    assert!(explain::standing(&story.contract, &"eve".parse().unwrap(), day(3)).is_none());
}
