use super::*;
use crate::read;
use earnest_core::policy::file::Source;

/// Reads steps under a contract without allotments that begins on 1 January 2015.
fn scenario(steps: &str) -> Scenario {
    with("", steps)
}

/// The same with more tables before the steps.
fn with(tables: &str, steps: &str) -> Scenario {
    let text = format!(
        "name = \"a name\"\n[contract]\nstart = 2015-01-01T00:00:00Z\nallotments = false\n{tables}\n{steps}"
    );
    let mut none = |_: &str, _: &str| -> Result<Source, String> { Err("none".into()) };
    read("a.toml", &text, &mut none).unwrap()
}

/// Makes a step on a day of January 2015, at ten.
fn step(day: u32, lines: &str) -> String {
    format!("[[step]]\nat = 2015-01-{day:02}T10:00:00Z\n{lines}\n")
}

fn passes(scenario: &Scenario) {
    let outcome = play(scenario);
    assert!(outcome.passed, "{outcome}");
}

/// Returns the differences of a scenario that fails.
fn fails(scenario: &Scenario) -> String {
    let outcome = play(scenario);
    assert!(!outcome.passed);
    assert!(!outcome.failures.is_empty());
    outcome.to_string()
}

const GRANT: &str = "grant = { id = \"g1\", credits = 3 }";
const SEND: &str = "send = { id = \"m1\", seat = \"ana\", to = \"bo\" }";

#[test]
fn what_is_as_stated_passes() {
    let steps = [
        step(2, GRANT),
        step(
            3,
            &format!(
                "{SEND}\nexpect = {{ credits = {{ available = 2, held = 1 }}, grants = {{ g1 = 2 }} }}"
            ),
        ),
        step(
            4,
            "respond = { message = \"m1\", kind = \"not_interested\", note = \"not now\" }",
        ),
        step(
            5,
            r#"expect = { credits = { granted = 3, available = 3, held = 0, consumed = 0, expired = 0, revoked = 0 }, grants = { g1 = 2, "lot~1" = 1 }, seats = { ana = { standing = "good", sent = 1, responded = 1, reports = 0 } }, messages = { m1 = { status = "responded", credit = "returned" } } }"#,
        ),
    ];
    let played = scenario(&steps.concat());
    passes(&played);
    assert_eq!(play(&played).steps, 4);
}

#[test]
fn every_difference_is_told_and_the_play_goes_on() {
    let steps = [
        step(2, GRANT),
        step(
            3,
            r#"send = { id = "m1", seat = "ana", to = "bo" }
expect = { credits = { available = 3, held = 0, consumed = 0 }, grants = { g1 = 3, g2 = 1 }, seats = { ana = { standing = "warned", sent = 2 }, ben = {} }, messages = { m1 = { status = "lapsed", credit = "held" }, m9 = {} } }"#,
        ),
        step(4, "expect = { credits = { available = 1 } }"),
    ];
    insta::assert_snapshot!(fails(&scenario(&steps.concat())), @r#"
    FAIL a.toml  a name
         step 2, line 9, 2015-01-03T10:00:00Z: send `m1` from seat `ana` to `bo`
           credits.available    expected 3           got 2
           credits.held         expected 0           got 1
           grants.g1            expected 3           got 2
           grants.g2            expected a grant     got no grant `g2`
           seats.ana.standing   expected warned      got good
           seats.ana.sent       expected 2           got 1
           seats.ben            expected a seat      got no seat `ben`
           messages.m1.status   expected lapsed      got pending
           messages.m9          expected a message   got no message `m9`
         step 3, line 13, 2015-01-04T10:00:00Z: expect
           credits.available   expected 1   got 2
    "#);
}

#[test]
fn an_unexpected_refusal_is_told_in_its_own_words() {
    let again = "send = { id = \"m2\", seat = \"ana\", to = \"cy\" }";
    let steps = [
        step(2, SEND),
        step(3, GRANT),
        step(4, again),
        step(3, GRANT),
    ];
    insta::assert_snapshot!(fails(&scenario(&steps.concat())), @r#"
    FAIL a.toml  a name
         step 1, line 6, 2015-01-02T10:00:00Z: send `m1` from seat `ana` to `bo`
           result   expected accepted   got insufficient_credits
             the message stakes 1 and the contract has 0 available
         step 4, line 15, 2015-01-03T10:00:00Z: grant 3 credits as `g1`
           result   expected accepted   got out_of_order
             the contract's newest event is of 2015-01-04T10:00:00Z, and the command of 2015-01-03T10:00:00Z
    "#);
}

#[test]
fn a_refusal_is_the_one_that_was_stated() {
    let refused = |code: &str| step(3, &format!("{SEND}\nrefused = \"{code}\""));
    passes(&scenario(&refused("insufficient_credits")));
    insta::assert_snapshot!(fails(&scenario(&refused("already_pending"))), @r#"
    FAIL a.toml  a name
         step 1, line 6, 2015-01-03T10:00:00Z: send `m1` from seat `ana` to `bo`
           result   expected already_pending   got insufficient_credits
             the message stakes 1 and the contract has 0 available
    "#);
    let accepted = step(2, GRANT) + &refused("already_pending");
    insta::assert_snapshot!(fails(&scenario(&accepted)), @r#"
    FAIL a.toml  a name
         step 2, line 9, 2015-01-03T10:00:00Z: send `m1` from seat `ana` to `bo`
           result   expected already_pending   got accepted
    "#);
}

#[test]
fn a_send_from_an_unknown_seat_is_refused() {
    let send = "send = { id = \"m1\", seat = \"eve\", to = \"bo\" }\nrefused = \"unknown_seat\"";
    passes(&scenario(&step(2, send)));
}

#[test]
fn many_sends_are_each_on_their_own() {
    let many = |more: &str| {
        let send = "send_many = { prefix = \"x\", count = 5, seat = \"ana\" }";
        scenario(&(step(2, GRANT) + &step(3, &format!("{send}\n{more}"))))
    };
    passes(&many("refused = \"insufficient_credits\"\naccepted = 3"));
    passes(&many("accepted = 3\nexpect = { credits = { held = 3 } }"));
    insta::assert_snapshot!(fails(&many("")), @r#"
    FAIL a.toml  a name
         step 2, line 9, 2015-01-03T10:00:00Z: send 5 messages (`x1` to `x5`) from seat `ana`
           result   expected accepted   got insufficient_credits
             `x4`: the message stakes 1 and the contract has 0 available
    "#);
    insta::assert_snapshot!(fails(&many("accepted = 4")), @r#"
    FAIL a.toml  a name
         step 2, line 9, 2015-01-03T10:00:00Z: send 5 messages (`x1` to `x5`) from seat `ana`
           accepted   expected 4   got 3
             `x4`: the message stakes 1 and the contract has 0 available
    "#);
    insta::assert_snapshot!(fails(&many("refused = \"bulk_disabled\"\naccepted = 4")), @r#"
    FAIL a.toml  a name
         step 2, line 9, 2015-01-03T10:00:00Z: send 5 messages (`x1` to `x5`) from seat `ana`
           result     expected bulk_disabled   got insufficient_credits
             `x4`: the message stakes 1 and the contract has 0 available
           accepted   expected 4               got 3
    "#);
}

#[test]
fn with_a_refusal_stated_those_before_it_are_counted() {
    let one = "send = { id = \"x2\", seat = \"ana\", to = \"bo\" }";
    let many = "send_many = { prefix = \"x\", count = 3, seat = \"ana\" }";
    let steps = |more: &str| {
        let steps = [
            step(2, GRANT),
            step(3, one),
            step(4, &format!("{many}\n{more}")),
        ];
        scenario(&steps.concat())
    };
    passes(&steps("refused = \"duplicate_id\"\naccepted = 1"));
    passes(&steps("accepted = 2"));
}

#[test]
fn a_campaign_goes_whole_or_not_at_all() {
    let send = "send_many = { prefix = \"x\", count = 5, seat = \"ana\", campaign = \"c1\" }";
    let refused = "refused = \"insufficient_credits\"\naccepted = 0";
    let steps = step(2, GRANT) + &step(3, &format!("{send}\n{refused}"));
    passes(&scenario(&steps));
    insta::assert_snapshot!(fails(&scenario(&(step(2, GRANT) + &step(3, send)))), @r#"
    FAIL a.toml  a name
         step 2, line 9, 2015-01-03T10:00:00Z: send 5 messages (`x1` to `x5`) from seat `ana` as campaign `c1`
           result   expected accepted   got insufficient_credits
             the message stakes 1 and the contract has 0 available
    "#);
}

#[test]
fn many_answers_are_each_on_their_own() {
    let send = "send_many = { prefix = \"x\", count = 3, seat = \"ana\" }";
    let answer = "respond_many = { prefix = \"x\", count = 5, kind = \"reply\" }";
    let stated = format!("{answer}\nrefused = \"unknown_message\"\naccepted = 3");
    let steps = [step(2, GRANT), step(3, send), step(4, &stated)];
    passes(&scenario(&steps.concat()));
}

#[test]
fn an_expectation_cannot_look_back() {
    let steps = step(3, GRANT) + &step(2, "expect = { credits = { available = 0 } }");
    insta::assert_snapshot!(fails(&scenario(&steps)), @r#"
    FAIL a.toml  a name
         step 2, line 9, 2015-01-02T10:00:00Z: expect
           at   expected 2015-01-03T10:00:00Z or later   got 2015-01-02T10:00:00Z
             the contract has an event of that instant; what was seen before it cannot be asked any more
    "#);
}

#[test]
fn an_expectation_sees_what_is_due_and_changes_nothing() {
    let steps = [
        step(2, GRANT),
        step(3, SEND),
        "[[step]]\nat = 2016-01-01T00:00:00Z\nexpect = { messages = { m1 = { status = \"lapsed\" } } }\n".into(),
        step(4, "respond = { message = \"m1\", kind = \"reply\" }"),
        step(4, "expect = { messages = { m1 = { status = \"responded\", credit = \"returned\" } } }"),
    ];
    passes(&scenario(&steps.concat()));
}

#[test]
fn preferences_know_no_clock() {
    let steps = [
        step(5, GRANT),
        step(2, "preferences = { member = \"bo\", accepts = \"none\" }"),
        step(5, &format!("{SEND}\nrefused = \"recipient_closed\"")),
        step(5, "preferences = { member = \"bo\", accepts = \"all\" }"),
        step(5, SEND),
    ];
    passes(&scenario(&steps.concat()));
}

#[test]
fn blocks_are_of_a_seat_or_of_all_and_can_be_lifted() {
    let tables = "[[seat]]\nid = \"ana\"\n[[seat]]\nid = \"ben\"\n[[member]]\nid = \"bo\"\nblocks = [\"ana\"]";
    let send = |id: &str, seat: &str| {
        format!("send = {{ id = \"{id}\", seat = \"{seat}\", to = \"bo\" }}")
    };
    let blocked = "refused = \"recipient_blocked\"";
    let steps = [
        step(2, GRANT),
        step(3, &format!("{}\n{blocked}", send("m1", "ana"))),
        step(3, &send("m2", "ben")),
        step(
            4,
            "preferences = { member = \"bo\", blocks = [\"contract\"] }",
        ),
        step(4, &format!("{}\n{blocked}", send("m3", "ben"))),
        step(5, "preferences = { member = \"bo\", blocks = [] }"),
        step(5, &send("m4", "ana")),
    ];
    passes(&with(tables, &steps.concat()));
}

#[test]
fn a_block_stops_the_seats_follow_ups_too() {
    let write = |from: &str| format!("follow_up = {{ message = \"m1\", from = \"{from}\" }}");
    let steps = [
        step(2, GRANT),
        step(3, SEND),
        step(4, "respond = { message = \"m1\", kind = \"reply\" }"),
        step(5, &write("seat")),
        step(6, "preferences = { member = \"bo\", blocks = [\"ana\"] }"),
        step(
            7,
            &format!("{}\nrefused = \"recipient_blocked\"", write("seat")),
        ),
        step(8, &write("member")),
    ];
    passes(&scenario(&steps.concat()));
}

#[test]
fn accepted_messages_count_for_the_members_day() {
    let tables = "[[member]]\nid = \"bo\"\ndaily_cap = 1";
    let second = "send = { id = \"m2\", seat = \"ana\", to = \"bo\" }";
    let refused = format!("{second}\nrefused = \"recipient_busy\"");
    let steps = [
        step(2, GRANT),
        step(3, SEND),
        step(3, &refused),
        step(4, second),
    ];
    passes(&with(tables, &steps.concat()));
}

#[test]
fn every_command_reaches_the_contract() {
    let steps = [
        step(2, GRANT),
        step(2, "grant = { id = \"g2\", credits = 5 }"),
        step(3, SEND),
        step(3, "seen = \"m1\""),
        step(3, "report = \"m1\""),
        step(4, "revoke = \"g2\"\nexpect = { credits = { revoked = 5 } }"),
        step(5, "policy = \"postage\""),
        step(5, "send = { id = \"m2\", seat = \"ana\", to = \"cy\" }"),
        step(
            5,
            "expect = { messages = { m1 = { credit = \"held\" }, m2 = { credit = \"consumed\" } }, seats = { ana = { reports = 1 } } }",
        ),
        step(
            6,
            "cancel = true\nexpect = { credits = { available = 0, held = 1, consumed = 1, revoked = 6 } }",
        ),
        step(7, "cancel = true\nrefused = \"contract_cancelled\""),
    ];
    passes(&scenario(&steps.concat()));
}

#[test]
fn lots_of_the_engine_that_are_spent_hold_nothing() {
    let text = format!(
        "name = \"a\"\npolicy = \"premium-2024\"\n[[seat]]\nid = \"ana\"\ntype = \"career\"\n{}{}",
        step(
            2,
            "send_many = { prefix = \"x\", count = 5, seat = \"ana\" }"
        ),
        "[[step]]\nat = 2015-06-01T00:00:00Z\nexpect = { grants = { \"lot~0\" = 0 } }\n",
    );
    let mut none = |_: &str, _: &str| -> Result<Source, String> { Err("none".into()) };
    passes(&read("a.toml", &text, &mut none).unwrap());
}

#[test]
fn events_are_told_with_the_step_that_caused_them() {
    let steps = step(2, GRANT) + &step(3, SEND);
    let mut told = Vec::new();
    let outcome = play_with(&scenario(&steps), &mut |happened| {
        let json = serde_json::to_value(happened.event).unwrap();
        told.push(format!(
            "{} {}",
            happened.step,
            json["type"].as_str().unwrap()
        ));
    });
    assert!(outcome.passed);
    assert_eq!(
        told,
        [
            "0 contract_created",
            "0 seat_added",
            "1 grant_made",
            "2 message_sent"
        ]
    );
}

#[test]
fn the_example_of_the_document_passes() {
    let document = include_str!("../../../../docs/scenario-format.md");
    let (_, example) = document.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let mut none = |_: &str, _: &str| -> Result<Source, String> { Err("none".into()) };
    passes(&read("example.toml", example, &mut none).unwrap());
}

#[test]
fn an_audit_that_missed_an_event_says_so() {
    let create = |name: &str| CreateContract {
        id: ContractId::new("contract").unwrap(),
        name: name.into(),
        policy: scenario(&step(2, GRANT)).policy,
        allotments: false,
        bulk_disabled: false,
    };
    let (contract, first) = Contract::create(&create("a"), Timestamp::MIN);
    let (other, _) = Contract::create(&create("b"), Timestamp::MIN);
    let mut audit = Audit::new();
    assert_eq!(audit.apply(&first), None);
    assert_eq!(audit.compare(contract.state()), None);
    assert_eq!(audit.compare(other.state()).unwrap().what, "replay");
}
