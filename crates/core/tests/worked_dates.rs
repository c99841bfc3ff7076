//! The dates that the specification works out by hand: ladders, windows and month ends.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

use earnest_core::command::{
    AddPolicy, AddSeat, Command, CreateContract, Grant, Letter, Recipient, Respond, Send, Source,
};
use earnest_core::policy::{ResponseKind, preset};
use earnest_core::units::{Credits, GrantId, SeatType, Timestamp};
use earnest_core::{Contract, Conversation, Rejection};

fn t(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// A contract with the seat `ana`, a recruiter.
struct Story(Contract);

impl Story {
    fn new(policy: &str, start: &str, allotments: bool) -> Self {
        let create = CreateContract {
            id: "acme".parse().unwrap(),
            name: "Acme".to_owned(),
            policy: preset::get(policy).unwrap(),
            allotments,
            bulk_disabled: false,
        };
        let (mut contract, _) = Contract::create(&create, t(start));
        let ana = AddSeat {
            id: "ana".parse().unwrap(),
            seat_type: SeatType::new("recruiter").unwrap(),
            usage_limit: None,
            bulk_disabled: false,
        };
        contract.submit(&Command::AddSeat(ana), t(start)).unwrap();
        let mut story = Self(contract);
        if !allotments {
            story.grant(10_000, start);
        }
        story
    }

    fn grant(&mut self, credits: u64, at: &str) {
        let grant = Grant {
            id: GrantId::new("g1").unwrap(),
            credits: Credits(credits),
            source: Source::Purchase,
            effective_at: None,
            expires_at: None,
            priority: 1,
        };
        self.0.submit(&Command::Grant(grant), t(at)).unwrap();
    }

    /// Sends `PREFIX1` to `PREFIXcount`, each to a member of its own.
    fn send(&mut self, prefix: &str, count: u32, at: &str) {
        for n in 1..=count {
            self.try_send(&[format!("{prefix}{n}")], at).unwrap();
        }
    }

    fn try_send(&mut self, ids: &[String], at: &str) -> Result<(), String> {
        let letters = ids.iter().map(|id| Letter {
            message: id.parse().unwrap(),
            to: format!("{id}-to").parse().unwrap(),
            recipient: Recipient::default(),
        });
        let send = Send {
            seat: "ana".parse().unwrap(),
            letters: letters.collect(),
            campaign: None,
            subject_length: 10,
            body_length: 300,
        };
        match self.0.submit(&Command::Send(send), t(at)) {
            Ok(_) => Ok(()),
            Err(Rejection::Refused(refusal)) => Err(refusal.code().to_owned()),
            Err(Rejection::Malformed(error)) => Err(error.to_string()),
        }
    }

    fn bulk(&mut self, prefix: &str, at: &str) -> Result<(), String> {
        self.try_send(&[format!("{prefix}-1"), format!("{prefix}-2")], at)
    }

    /// Answers `PREFIX1` to `PREFIXcount`.
    fn answer(&mut self, prefix: &str, count: u32, at: &str) {
        for n in 1..=count {
            let respond = Respond {
                message: format!("{prefix}{n}").parse().unwrap(),
                kind: ResponseKind::Reply,
                note: false,
                auto: false,
            };
            self.0.submit(&Command::Respond(respond), t(at)).unwrap();
        }
    }

    fn standing(&self, at: &str) -> &'static str {
        let contract = self.0.seen_at(t(at));
        contract
            .seat(&"ana".parse().unwrap(), t(at))
            .unwrap()
            .standing
            .name()
    }

    fn available(&self, at: &str) -> u64 {
        self.0.seen_at(t(at)).state().balance().available.0
    }

    fn expired(&self, at: &str) -> u64 {
        self.0.seen_at(t(at)).state().balance().expired.0
    }
}

/// A seat that fails its assessment on 1 May: 12 of 100 answered in the period from 17 April.
fn warned_on_1_may() -> Story {
    let mut story = Story::new("recruiter-2024", "2024-04-17T00:00:00Z", false);
    story.send("a", 100, "2024-04-20T09:00:00Z");
    story.answer("a", 12, "2024-04-21T09:00:00Z");
    story
}

#[test]
fn warned_on_1_may_in_grace_on_15_may_judged_on_22_may() {
    let mut story = warned_on_1_may();
    assert_eq!(story.standing("2024-04-30T23:59:59.999Z"), "good");
    assert_eq!(story.standing("2024-05-01T00:00:00Z"), "warned");
    story.send("b", 100, "2024-05-10T09:00:00Z");
    assert_eq!(story.standing("2024-05-14T23:59:59.999Z"), "warned");
    assert_eq!(story.standing("2024-05-15T00:00:00Z"), "grace");
    assert_eq!(story.standing("2024-05-21T23:59:59.999Z"), "grace");
    assert_eq!(story.standing("2024-05-22T00:00:00Z"), "restricted");
    assert_eq!(
        story.bulk("c", "2024-05-22T00:00:00Z"),
        Err("bulk_restricted".to_owned())
    );
    assert_eq!(
        story.try_send(&["d1".to_owned()], "2024-05-22T00:00:00Z"),
        Ok(())
    );
    story.answer("d", 1, "2024-05-23T00:00:00Z");
    assert_eq!(story.standing("2024-06-04T23:59:59.999Z"), "restricted");
    assert_eq!(story.standing("2024-06-05T00:00:00Z"), "good");
    assert_eq!(story.bulk("e", "2024-06-05T00:00:00Z"), Ok(()));
}

#[test]
fn recipients_have_until_the_end_of_grace_to_answer() {
    for (answered, standing) in [(12, "restricted"), (13, "good")] {
        let mut story = warned_on_1_may();
        story.send("b", 100, "2024-05-14T23:59:59.999Z");
        // What is sent in grace is not judged.
        story.send("c", 100, "2024-05-16T00:00:00Z");
        story.answer("b", answered, "2024-05-21T23:59:59.999Z");
        assert_eq!(
            story.standing("2024-05-22T00:00:00Z"),
            standing,
            "{answered} of 100"
        );
    }
}

#[test]
fn an_answer_at_the_instant_of_judgement_is_too_late_for_it() {
    let mut story = warned_on_1_may();
    story.send("b", 100, "2024-05-10T09:00:00Z");
    story.answer("b", 13, "2024-05-22T00:00:00Z");
    assert_eq!(story.standing("2024-05-22T00:00:00Z"), "restricted");
}

#[test]
fn nothing_sent_in_the_warning_is_good_and_nothing_sent_in_a_restriction_is_not() {
    let story = warned_on_1_may();
    assert_eq!(story.standing("2024-05-22T00:00:00Z"), "good");
    let mut story = warned_on_1_may();
    story.send("b", 1, "2024-05-10T09:00:00Z");
    assert_eq!(story.standing("2024-05-22T00:00:00Z"), "restricted");
    assert_eq!(story.standing("2024-06-05T00:00:00Z"), "restricted");
    assert_eq!(story.standing("2024-06-19T00:00:00Z"), "restricted");
}

#[test]
fn the_ladder_of_2014_warns_once_in_a_life() {
    let mut story = Story::new("inmail-2015", "2015-01-01T00:00:00Z", false);
    story.send("a", 100, "2015-01-02T00:00:00Z");
    story.answer("a", 12, "2015-01-14T23:59:59.999Z");
    assert_eq!(story.standing("2015-01-15T00:00:00Z"), "warned");
    assert_eq!(story.bulk("b", "2015-01-15T00:00:00Z"), Ok(()));
    assert_eq!(story.standing("2015-01-29T00:00:00Z"), "good");
    story.send("c", 100, "2015-01-29T00:00:00Z");
    assert_eq!(story.standing("2015-02-11T23:59:59.999Z"), "good");
    assert_eq!(story.standing("2015-02-12T00:00:00Z"), "restricted");
    assert_eq!(story.standing("2015-02-26T00:00:00Z"), "restricted");
}

#[test]
fn twelve_thirteen_and_fourteen_of_a_hundred() {
    for (answered, ladder, thread) in [
        (12, "warned", "restricted"),
        (13, "good", "restricted"),
        (14, "good", "good"),
    ] {
        let mut story = Story::new("inmail-2015", "2015-01-01T00:00:00Z", false);
        story.send("a", 100, "2015-01-02T00:00:00Z");
        story.answer("a", answered, "2015-01-03T00:00:00Z");
        assert_eq!(
            story.standing("2015-01-15T00:00:00Z"),
            ladder,
            "ladder, {answered} of 100"
        );

        let mut story = Story::new("inmail-thread", "2015-01-01T00:00:00Z", false);
        story.send("a", 99, "2015-01-02T00:00:00Z");
        assert_eq!(story.standing("2015-01-02T00:00:00Z"), "good");
        story.send("b", 1, "2015-01-02T00:00:00Z");
        story.answer("a", answered, "2015-01-03T00:00:00Z");
        assert_eq!(
            story.standing("2015-01-03T00:00:00Z"),
            thread,
            "thread gate, {answered} of 100"
        );
        let next = story.try_send(&["c1".to_owned()], "2015-01-03T00:00:00Z");
        assert_eq!(
            next.is_ok(),
            thread == "good",
            "thread gate, {answered} of 100: {next:?}"
        );
        // Fourteen days after the send, the hundred have left the window.
        assert_eq!(story.standing("2015-01-15T23:59:59.999Z"), thread);
        assert_eq!(story.standing("2015-01-16T00:00:00Z"), "good");
    }
}

#[test]
fn months_start_on_the_31st_or_on_the_last() {
    let story = Story::new("inmail-2015", "2015-01-31T09:00:00Z", true);
    // 150, and 100 more once, in January 2015.
    for (at, available, expired) in [
        ("2015-01-31T09:00:00Z", 250, 0),
        ("2015-02-28T08:59:59.999Z", 250, 0),
        ("2015-02-28T09:00:00Z", 400, 0),
        ("2015-03-31T08:59:59.999Z", 400, 0),
        ("2015-03-31T09:00:00Z", 550, 0),
        ("2015-04-30T09:00:00Z", 700, 0),
        // Ninety days after 31 January is 1 May.
        ("2015-05-01T08:59:59.999Z", 700, 0),
        ("2015-05-01T09:00:00Z", 450, 250),
        ("2015-05-29T09:00:00Z", 300, 400),
        ("2015-05-31T09:00:00Z", 450, 400),
    ] {
        assert_eq!(
            (story.available(at), story.expired(at)),
            (available, expired),
            "at {at}"
        );
    }
}

#[test]
fn an_answer_at_the_deadline_returns_and_one_after_it_does_not() {
    for (at, returned) in [
        ("2015-04-02T09:00:00Z", true),
        ("2015-04-02T09:00:00.001Z", false),
    ] {
        let mut story = Story::new("inmail-2015", "2015-01-01T00:00:00Z", false);
        story.send("a", 1, "2015-01-02T09:00:00Z");
        story.answer("a", 1, at);
        let balance = story.0.state().balance();
        assert_eq!(balance.consumed.is_zero(), returned, "at {at}");
        assert!(balance.held.is_zero());
    }
}

/// A reader changes nothing, so an answer at the deadline is still in time after somebody looked a millisecond
/// later. A sweep records, and what is recorded stands: the same answer is then late.
#[test]
fn a_lapse_that_was_read_is_not_recorded_and_one_that_was_swept_stands() {
    let deadline = "2015-04-02T09:00:00Z";
    let after = t(deadline).plus_millis(1);
    for (swept, status, credit) in [
        (false, "responded", "returned"),
        (true, "lapsed", "consumed"),
    ] {
        let mut story = Story::new("inmail-2015", "2015-01-01T00:00:00Z", false);
        story.send("a", 1, "2015-01-02T09:00:00Z");
        assert!(story.0.seen_at(after).state().balance().held.is_zero());
        if swept {
            story.0.catch_up(after, &mut |_| {});
        }
        story.answer("a", 1, deadline);
        let message = story.0.state().message(&"a1".parse().unwrap()).unwrap();
        assert_eq!(
            (message.status.name(), message.credit.name()),
            (status, credit),
            "swept: {swept}"
        );
        assert_eq!(message.conversation, Conversation::Open);
    }
}

#[test]
fn a_refused_command_and_a_reader_do_not_move_the_clock() {
    let mut story = Story::new("inmail-2015", "2015-01-01T00:00:00Z", false);
    story.send("a", 1, "2015-01-02T09:00:00Z");
    assert_eq!(
        story.try_send(&["a1".to_owned()], "2015-03-01T00:00:00Z"),
        Err("duplicate_id".to_owned())
    );
    assert_eq!(story.standing("2015-06-01T00:00:00Z"), "good");
    assert_eq!(
        story.try_send(&["b1".to_owned()], "2015-01-02T09:00:00Z"),
        Ok(())
    );
    assert_eq!(
        story.try_send(&["c1".to_owned()], "2015-01-02T08:59:59.999Z"),
        Err("out_of_order".to_owned())
    );
}

/// A version that another replaces before it ever ruled changes nothing: not even where seats stand.
#[test]
fn of_two_versions_ahead_for_one_instant_only_the_one_added_last_takes_effect() {
    for (names, standing, end) in [
        (["premium-2024", "inmail-2015"], "warned", "restricted"),
        (["premium-2024", "recruiter-2024"], "good", "warned"),
        (["inmail-2015", "premium-2024"], "good", "good"),
    ] {
        let mut story = Story::new("inmail-2015", "2015-01-01T00:00:00Z", false);
        story.send("a", 100, "2015-01-02T00:00:00Z");
        story.answer("a", 12, "2015-01-03T00:00:00Z");
        for name in names {
            let add = AddPolicy {
                policy: preset::get(name).unwrap(),
                effective_at: Some(t("2015-01-20T00:00:00Z")),
            };
            let at = t("2015-01-10T00:00:00Z");
            story.0.submit(&Command::AddPolicy(add), at).unwrap();
        }
        assert_eq!(story.standing("2015-01-19T23:59:59.999Z"), "warned");
        assert_eq!(
            story.standing("2015-01-20T00:00:00Z"),
            standing,
            "{names:?}"
        );
        story.send("b", 100, "2015-01-20T00:00:00Z");
        // The warning ends on 29 January, a new period on 3 February.
        assert_eq!(story.standing("2015-02-03T00:00:00Z"), end, "{names:?}");
    }
}
