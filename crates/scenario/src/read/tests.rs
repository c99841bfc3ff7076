use super::*;
use crate::scenario::Verb;
use earnest_core::command::Side;
use earnest_core::policy::ResponseKind;
use earnest_core::policy::file::Source;
use earnest_core::units::{Credits, GrantId};
use earnest_core::{Credit, Status};

/// The policy files that the tests' scenarios may name.
fn policy(path: &str, from: &str) -> Result<Source, String> {
    let text = match (path, from) {
        ("policies/short.toml", "tests/a.toml") => "extends = \"base.toml\"\nname = \"short\"\n",
        ("base.toml", "tests/policies/short.toml") => "extends = \"inmail-2015\"\n",
        ("policies/wrong.toml", "tests/a.toml") => "extends = \"inmail-2015\"\nnmae = \"x\"\n",
        _ => return Err("there is no such file".into()),
    };
    Ok(Source::new(format!("tests/{path}"), text))
}

fn read_it(text: &str) -> Result<Scenario, Mistakes> {
    read("tests/a.toml", text, &mut policy)
}

/// Reads a scenario of one step and returns its verb.
fn verb(line: &str) -> Verb {
    let text = format!("name = \"a\"\n[[step]]\nat = 2015-01-02T10:00:00Z\n{line}\n");
    let scenario = read_it(&text).unwrap();
    scenario.steps[0].verb.clone().unwrap()
}

/// Reads a scenario whose only step is this text, on line 3 and those after it.
fn mistakes_of_step(step: &str) -> String {
    mistakes(&format!("name = \"a\"\n[[step]]\n{step}\n"))
}

fn mistakes(text: &str) -> String {
    read_it(text).unwrap_err().to_string()
}

fn t(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

const AT: &str = "at = 2015-01-02T10:00:00Z";
const SEEN: &str = "[[step]]\nat = 2015-01-02T10:00:00Z\nseen = \"m1\"\n";

#[test]
fn what_a_file_leaves_out_has_its_default() {
    let scenario = read_it(&format!("name = \"a name\"\n{SEEN}")).unwrap();
    assert_eq!(scenario.name, "a name");
    assert_eq!(scenario.policy.name, "inmail-2015");
    assert_eq!(scenario.source, None);
    assert_eq!(scenario.contract.start, t("2015-01-02T10:00:00Z"));
    assert!(scenario.contract.allotments);
    assert!(!scenario.contract.bulk_disabled);
    let [seat] = scenario.seats.as_slice() else {
        panic!("one seat");
    };
    assert_eq!(seat.id.as_str(), "ana");
    assert_eq!(seat.seat_type, scenario.policy.first_seat_type());
    assert_eq!(seat.usage_limit, None);
    assert!(!seat.bulk_disabled);
    assert!(scenario.members.is_empty());
    let [step] = scenario.steps.as_slice() else {
        panic!("one step");
    };
    assert_eq!((step.number, step.line), (1, 2));
    assert_eq!((step.refused, step.accepted), (None, None));
    assert_eq!(step.expect, None);
}

#[test]
fn a_file_can_say_everything() {
    let text = r#"
        name = "a name"
        policy = "inmail-2014"
        source = "a source"
        [contract]
        start = 2015-01-01T00:00:00Z
        allotments = false
        bulk_disabled = true
        [[seat]]
        id = "ana"
        type = "recruiter-lite"
        usage_limit = 10
        bulk_disabled = true
        [[seat]]
        id = "ben"
        [[member]]
        id = "bo"
        accepts = "open"
        price = 3
        daily_cap = 0
        blocks = ["ben", "contract"]
        [[step]]
        at = 2015-01-02T10:00:00.001+01:00
        send_many = { prefix = "x", count = 2, seat = "ana" }
        refused = "bulk_disabled"
        accepted = 1
        expect = { credits = { granted = 1, available = 2, held = 3, consumed = 4, expired = 5, revoked = 6 }, grants = { "lot~3" = 7, g1 = 8 }, seats = { ana = { standing = "grace", sent = 9, responded = 10, reports = 11 } }, messages = { m1 = { status = "lapsed", credit = "none" }, m0 = {} } }
    "#;
    let scenario = read_it(text).unwrap();
    assert_eq!(scenario.policy.name, "inmail-2014");
    assert_eq!(scenario.source.as_deref(), Some("a source"));
    assert_eq!(scenario.contract.start, t("2015-01-01T00:00:00Z"));
    assert!(!scenario.contract.allotments);
    assert!(scenario.contract.bulk_disabled);
    let [ana, ben] = scenario.seats.as_slice() else {
        panic!("two seats");
    };
    assert_eq!(ana.seat_type.as_str(), "recruiter-lite");
    assert_eq!((ana.usage_limit, ana.bulk_disabled), (Some(10), true));
    assert_eq!(ben.usage_limit, None);
    let [bo] = scenario.members.as_slice() else {
        panic!("one member");
    };
    assert_eq!(bo.wishes.accepts, Some(Accepts::Open));
    assert_eq!(bo.wishes.price, Some(Some(3)));
    assert_eq!(bo.wishes.daily_cap, Some(Some(0)));
    let seats: Vec<_> = bo
        .blocks
        .iter()
        .flatten()
        .map(|block| block.seat.clone())
        .collect();
    assert_eq!(seats, [Some(ben.id.clone()), None]);
    let step = &scenario.steps[0];
    assert_eq!(step.at, t("2015-01-02T09:00:00.001Z"));
    assert_eq!(
        (step.refused, step.accepted),
        (Some("bulk_disabled"), Some(1))
    );
    let expect = step.expect.as_ref().unwrap();
    assert_eq!(expect.credits.granted, Some(Credits(1)));
    assert_eq!(expect.credits.revoked, Some(Credits(6)));
    let lots: Vec<_> = expect
        .grants
        .iter()
        .map(|(id, n)| (id.to_string(), n.0))
        .collect();
    assert_eq!(lots, [("lot~3".to_owned(), 7), ("g1".to_owned(), 8)]);
    let (_, ana) = &expect.seats[0];
    assert_eq!(
        (ana.sent, ana.responded, ana.reports),
        (Some(9), Some(10), Some(11))
    );
    let (_, m1) = &expect.messages[0];
    assert_eq!(
        (m1.status, m1.credit),
        (Some(Status::Lapsed), Some(Credit::None))
    );
    assert_eq!(expect.messages[1].0.as_str(), "m0");
}

#[test]
fn every_verb_is_read_and_said_in_words() {
    let cases = [
        (
            r#"grant = { id = "g1", credits = 3 }"#,
            "grant 3 credits as `g1`",
        ),
        (
            r#"grant = { id = "g1", credits = 1 }"#,
            "grant 1 credit as `g1`",
        ),
        (
            r#"send = { id = "m1", seat = "ana", to = "bo" }"#,
            "send `m1` from seat `ana` to `bo`",
        ),
        (
            r#"send = { id = "m1", seat = "ana", to = "bo", campaign = "c1", subject = "s", body = "b" }"#,
            "send `m1` from seat `ana` to `bo` as campaign `c1`",
        ),
        (
            r#"send_many = { prefix = "x", count = 100, seat = "ana" }"#,
            "send 100 messages (`x1` to `x100`) from seat `ana`",
        ),
        (
            r#"send_many = { prefix = "x", count = 1, seat = "ana", campaign = "c2" }"#,
            "send 1 message (`x1`) from seat `ana` as campaign `c2`",
        ),
        (
            r#"respond = { message = "m1", kind = "reply" }"#,
            "respond to `m1` with reply",
        ),
        (
            r#"respond = { message = "m1", kind = "not_interested", note = "no", auto = true }"#,
            "respond to `m1` with not_interested and a note, automatically",
        ),
        (
            r#"respond_many = { prefix = "x", count = 13, kind = "accept" }"#,
            "respond to 13 messages (`x1` to `x13`) with accept",
        ),
        (r#"seen = "m1""#, "`m1` is seen"),
        (r#"report = "m1""#, "report `m1`"),
        (r#"revoke = "g1""#, "revoke grant `g1`"),
        (r#"revoke = "lot~0""#, "revoke grant `lot~0`"),
        ("cancel = true", "cancel the contract"),
        (
            r#"follow_up = { message = "m1", from = "seat" }"#,
            "follow up on `m1` from the seat",
        ),
        (
            r#"follow_up = { message = "m1", from = "member" }"#,
            "follow up on `m1` from the member",
        ),
        (r#"policy = "postage""#, "policy `postage` from here on"),
        (
            r#"preferences = { member = "bo", accepts = "none" }"#,
            "preferences of `bo`",
        ),
    ];
    for (line, words) in cases {
        assert_eq!(verb(line).to_string(), words, "{line}");
    }
}

#[test]
fn a_grant_is_a_purchase_that_never_ends_unless_said_otherwise() {
    let Verb::Grant(grant) = verb(r#"grant = { id = "g1", credits = 3 }"#) else {
        panic!("a grant");
    };
    assert_eq!(grant.source.name(), "purchase");
    assert_eq!((grant.effective_at, grant.expires_at), (None, None));
    assert_eq!(grant.priority, 1);
    let Verb::Grant(grant) = verb(
        r#"grant = { id = "g1", credits = 3, source = "returned", effective_at = 2015-02-01T00:00:00Z, expires_at = 2015-02-01T00:00:00.001Z, priority = 0 }"#,
    ) else {
        panic!("a grant");
    };
    assert_eq!(grant.id, GrantId::new("g1").unwrap());
    assert_eq!(grant.source.name(), "returned");
    assert_eq!(grant.effective_at, Some(t("2015-02-01T00:00:00Z")));
    assert_eq!(grant.expires_at, Some(t("2015-02-01T00:00:00.001Z")));
    assert_eq!(grant.priority, 0);
}

#[test]
fn many_messages_are_numbered_from_one() {
    let Verb::Send(send) = verb(r#"send_many = { prefix = "x", count = 3, seat = "ana" }"#) else {
        panic!("a send");
    };
    let letters: Vec<_> = send
        .letters
        .iter()
        .map(|(id, to)| format!("{id} {to}"))
        .collect();
    assert_eq!(letters, ["x1 x1-to", "x2 x2-to", "x3 x3-to"]);
    assert_eq!((send.many, send.campaign), (true, None));
}

#[test]
fn answers_and_follow_ups_keep_what_they_say() {
    let Verb::Respond(answer) =
        verb(r#"respond = { message = "m1", kind = "accept", note = " " }"#)
    else {
        panic!("an answer");
    };
    assert_eq!(answer.kind, ResponseKind::Accept);
    assert_eq!((answer.note.as_deref(), answer.auto), (Some(" "), false));
    let Verb::FollowUp { from, .. } = verb(r#"follow_up = { message = "m1", from = "member" }"#)
    else {
        panic!("a follow-up");
    };
    assert_eq!(from, Side::Member);
}

#[test]
fn preferences_change_what_they_name() {
    let Verb::Preferences(bo) =
        verb(r#"preferences = { member = "bo", daily_cap = "none", price = "none", blocks = [] }"#)
    else {
        panic!("preferences");
    };
    assert_eq!(bo.wishes.accepts, None);
    assert_eq!(
        (bo.wishes.daily_cap, bo.wishes.price),
        (Some(None), Some(None))
    );
    assert_eq!(bo.blocks.map(|blocks| blocks.len()), Some(0));
    let Verb::Preferences(bo) = verb(r#"preferences = { member = "bo", accepts = "all" }"#) else {
        panic!("preferences");
    };
    assert_eq!((bo.wishes.daily_cap, bo.wishes.price), (None, None));
    assert!(bo.blocks.is_none());
}

#[test]
fn a_policy_file_is_found_beside_the_scenario() {
    let text = format!("name = \"a\"\npolicy = \"policies/short.toml\"\n{SEEN}");
    assert_eq!(read_it(&text).unwrap().policy.name, "short");
    let Verb::Policy(policy) = verb(r#"policy = "policies/short.toml""#) else {
        panic!("a policy");
    };
    assert_eq!(policy.name, "short");
}

#[test]
fn the_mistakes_of_a_policy_file_are_told_with_those_of_the_scenario() {
    let text = format!("name = \"a\"\npolicy = \"policies/wrong.toml\"\nsuorce = \"x\"\n{SEEN}");
    insta::assert_snapshot!(mistakes(&text), @r#"
    tests/a.toml:3: suorce: is no key here; did you mean `source`?
    tests/policies/wrong.toml:2: nmae: is no key here; did you mean `name`?
    "#);
}

#[test]
fn a_policy_that_is_not_there_is_a_mistake() {
    let named = |policy: &str| mistakes(&format!("name = \"a\"\npolicy = {policy}\n{SEEN}"));
    insta::assert_snapshot!(named("\"inmail-2051\""), @"tests/a.toml:2: policy: `inmail-2051` is no preset; did you mean `inmail-2015`? a path to a policy file ends in `.toml`");
    insta::assert_snapshot!(named("\"mine\""), @"tests/a.toml:2: policy: `mine` is no preset; the presets are `inmail-2013`, `inmail-2014`, `inmail-2015`, `inmail-thread`, `recruiter-2024`, `premium-2024`, `attention-bond`, `postage`; a path to a policy file ends in `.toml`");
    insta::assert_snapshot!(named("\"mine.toml\""), @"tests/a.toml:2: policy: `mine.toml` cannot be read: there is no such file; name a file that is there, relative to this one");
    insta::assert_snapshot!(named("2015"), @"tests/a.toml:2: policy: `2015` is a whole number; write a string in quotes");
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = r#"polcy = "inmail-2015"
[contract]
start = 2015-01-01T00:00:00
allotment = true
[[seat]]
id = "ana"
usage_limit = -1
[[seat]]
id = "ana"
[[member]]
id = "bo"
price = 0
daily_cap = "never"
accepts = "nobody"
blocks = ["anna"]
[[member]]
[[member]]
id = "bo"
[[step]]
send = { id = "m 1", seat = "ana" }
[[step]]
at = 2015-01-02T10:00:00.0001Z
grant = { id = "lot~1", credits = 0, source = "gift" }
"#;
    insta::assert_snapshot!(mistakes(text), @r#"
    tests/a.toml:1: name: is missing; say in a sentence what the scenario shows
    tests/a.toml:1: polcy: is no key here; did you mean `policy`?
    tests/a.toml:3: contract.start: `2015-01-01T00:00:00` has no offset; add a `Z` for UTC, as in `2015-01-02T09:00:00Z`
    tests/a.toml:4: contract.allotment: is no key here; did you mean `allotments`?
    tests/a.toml:7: seat[0].usage_limit: `-1` is out of range; write a whole number from 0 to 4294967295
    tests/a.toml:9: seat[1].id: `ana` is the seat of line 6 already; give each seat an id of its own
    tests/a.toml:12: member[0].price: `0` is out of range; write a whole number from 1 to 4294967295
    tests/a.toml:13: member[0].daily_cap: `never` is no number; write a whole number, or `"none"` to lift it
    tests/a.toml:14: member[0].accepts: `nobody` is no word for this; write `all`, `none` or `open`
    tests/a.toml:16: member[1].id: is missing; name the member, as in `id = "bo"`
    tests/a.toml:18: member[2].id: `bo` is the member of line 11 already; give each member an id of its own
    tests/a.toml:19: step[0].at: is missing; say when, as in `at = 2015-01-02T09:00:00Z`
    tests/a.toml:20: step[0].send.to: is missing; name it, as in `to = "bo"`
    tests/a.toml:20: step[0].send.id: an id is made of `A-Z a-z 0-9 . _ : @ -`; ` ` is not among them
    tests/a.toml:22: step[1].at: `2015-01-02T10:00:00.0001Z` is finer than a millisecond; write at most three decimals
    tests/a.toml:23: step[1].grant.id: an id is made of `A-Z a-z 0-9 . _ : @ -`; `~` is not among them
    tests/a.toml:23: step[1].grant.credits: `0` is out of range; write a whole number from 1 to 9223372036854775807
    tests/a.toml:23: step[1].grant.source: `gift` is no word for this; write `allotment`, `purchase`, `promotion`, `adjustment` or `returned`
    "#);
}

#[test]
fn a_member_blocks_seats_that_the_file_has() {
    let blocks = |blocks: &str| {
        let member = format!("[[member]]\nid = \"bo\"\nblocks = {blocks}\n");
        mistakes(&format!("name = \"a\"\n{member}{SEEN}"))
    };
    insta::assert_snapshot!(blocks("[\"anna\"]"), @"tests/a.toml:4: member[0].blocks[0]: the file has no seat `anna`; did you mean `ana`?");
    insta::assert_snapshot!(blocks("[\"zoe\"]"), @r#"tests/a.toml:4: member[0].blocks[0]: the file has no seat `zoe`; name a seat of the file, or `"contract"` for all of them"#);
    insta::assert_snapshot!(blocks("\"ana\""), @r#"tests/a.toml:4: member[0].blocks: `"ana"` is a string; write an array, such as `[...]`"#);
}

#[test]
fn a_text_that_is_no_toml_is_a_mistake() {
    insta::assert_snapshot!(mistakes("name = \"a\nb\"\n"), @"tests/a.toml:2: key with no value, expected `=`; mend the TOML here; nothing else was checked");
}

#[test]
fn a_file_without_steps_is_a_mistake() {
    insta::assert_snapshot!(mistakes("name = \"a\"\n"), @"tests/a.toml:1: step: is missing; add a `[[step]]`: something that happens, or what is to be seen");
    insta::assert_snapshot!(mistakes("name = \"a\"\nstep = []\n"), @"tests/a.toml:2: step: is empty; add a `[[step]]`: something that happens, or what is to be seen");
    insta::assert_snapshot!(mistakes("name = \"a\"\n[step]\nat = 1\n"), @"tests/a.toml:2: step: is a table; write `[[ ]]` around the name, once for each");
}

#[test]
fn a_step_does_one_thing_or_expects_something() {
    insta::assert_snapshot!(mistakes_of_step(AT), @"tests/a.toml:2: step[0]: does nothing and expects nothing; add a verb, such as `send`, or an `expect`");
    insta::assert_snapshot!(mistakes_of_step(&format!("{AT}\nseen = \"m1\"\nreport = \"m1\"")), @"tests/a.toml:5: step[0].report: excludes `seen`; leave out `seen` or `report`");
    insta::assert_snapshot!(mistakes_of_step(&format!("{AT}\ncancel = false")), @"tests/a.toml:4: step[0].cancel: `false` does nothing; write `true`, or leave the step out");
    insta::assert_snapshot!(mistakes_of_step(&format!("{AT}\nexpekt = {{}}")), @r#"
    tests/a.toml:2: step[0]: does nothing and expects nothing; add a verb, such as `send`, or an `expect`
    tests/a.toml:4: step[0].expekt: is no key here; did you mean `expect`?
    "#);
    insta::assert_snapshot!(mistakes_of_step("seen = \"m1\""), @"tests/a.toml:2: step[0].at: is missing; say when, as in `at = 2015-01-02T09:00:00Z`");
}

#[test]
fn refused_and_accepted_stand_with_their_verbs() {
    let expect = format!("{AT}\nexpect = {{}}");
    let seen = format!("{AT}\nseen = \"m1\"");
    insta::assert_snapshot!(mistakes_of_step(&format!("{expect}\nrefused = \"not_open\"")), @"tests/a.toml:5: step[0].refused: stands without a verb; add the verb that is to be refused");
    insta::assert_snapshot!(mistakes_of_step(&format!("{seen}\nrefused = \"unknown_mesage\"")), @"tests/a.toml:5: step[0].refused: `unknown_mesage` is no refusal code; did you mean `unknown_message`?");
    insta::assert_snapshot!(mistakes_of_step(&format!("{seen}\nrefused = \"no\"")), @"tests/a.toml:5: step[0].refused: `no` is no refusal code; the codes are `out_of_order`, `unknown_seat`, `duplicate_id`, `subject_too_long`, `body_too_long`, `too_many_recipients`, `contract_cancelled`, `bulk_disabled`, `bulk_restricted`, `response_rate_too_low`, `usage_limit_reached`, `recipient_blocked`, `recipient_closed`, `recipient_busy`, `already_pending`, `insufficient_credits`, `unknown_message`, `unknown_grant`, `not_open`, `too_many_credits`");
    insta::assert_snapshot!(mistakes_of_step(&format!("{seen}\naccepted = 1")), @"tests/a.toml:5: step[0].accepted: counts the messages of `send_many` or `respond_many`, and this step has neither; take it away");
    insta::assert_snapshot!(mistakes_of_step(&format!("{expect}\naccepted = -1")), @r#"
    tests/a.toml:5: step[0].accepted: counts the messages of `send_many` or `respond_many`, and this step has neither; take it away
    tests/a.toml:5: step[0].accepted: `-1` is out of range; write a whole number from 0 to 1000000
    "#);
}

#[test]
fn a_grant_begins_before_it_ends() {
    let grant = |more: &str| {
        let grant = format!("{AT}\ngrant = {{ id = \"g1\", credits = 1, {more} }}");
        mistakes_of_step(&grant)
    };
    insta::assert_snapshot!(grant("expires_at = 2015-01-02T10:00:00Z"), @"tests/a.toml:4: step[0].grant.expires_at: the grant ends at 2015-01-02T10:00:00Z, not after its start at 2015-01-02T10:00:00Z; write a later instant, or leave it out for credits that never end");
    insta::assert_snapshot!(
        grant("effective_at = 2015-01-01T10:00:00Z, expires_at = 2015-01-02T10:00:00Z"),
        @"tests/a.toml:4: step[0].grant.expires_at: the grant ends at 2015-01-02T10:00:00Z, not after its start at 2015-01-02T10:00:00Z; write a later instant, or leave it out for credits that never end"
    );
    insta::assert_snapshot!(
        grant("effective_at = 2015-02-02T10:00:00Z, expires_at = 2015-02-02T10:00:00Z"),
        @"tests/a.toml:4: step[0].grant.expires_at: the grant ends at 2015-02-02T10:00:00Z, not after its start at 2015-02-02T10:00:00Z; write a later instant, or leave it out for credits that never end"
    );
    insta::assert_snapshot!(mistakes_of_step(&format!("{AT}\ngrant = {{ id = \"g1\", credits = 0 }}")), @"tests/a.toml:4: step[0].grant.credits: `0` is out of range; write a whole number from 1 to 9223372036854775807");
    insta::assert_snapshot!(mistakes_of_step(&format!("{AT}\ngrant = {{ id = \"g1\", credits = 1.5 }}")), @"tests/a.toml:4: step[0].grant.credits: `1.5` is a decimal number; write a whole number from 1 to 9223372036854775807");
}

#[test]
fn verbs_name_what_they_are_about() {
    let step = |verb: &str| mistakes_of_step(&format!("{AT}\n{verb}"));
    insta::assert_snapshot!(step("send = {}"), @r#"
    tests/a.toml:4: step[0].send.id: is missing; name it, as in `id = "m1"`
    tests/a.toml:4: step[0].send.to: is missing; name it, as in `to = "bo"`
    tests/a.toml:4: step[0].send.seat: is missing; name it, as in `seat = "ana"`
    "#);
    insta::assert_snapshot!(step("send = \"m1\""), @r#"tests/a.toml:4: step[0].send: `"m1"` is a string; write a table, such as `{ key = ... }`"#);
    insta::assert_snapshot!(step("send_many = {}"), @r#"
    tests/a.toml:4: step[0].send_many.prefix: is missing; say what the ids begin with, as in `prefix = "x"`
    tests/a.toml:4: step[0].send_many.count: is missing; say how many, as in `count = 100`
    tests/a.toml:4: step[0].send_many.seat: is missing; name it, as in `seat = "ana"`
    "#);
    insta::assert_snapshot!(step("send_many = { prefix = \"x y\", count = 2, seat = \"ana\" }"), @"tests/a.toml:4: step[0].send_many.prefix: `x y` begins ids that are none; write another prefix: an id is made of `A-Z a-z 0-9 . _ : @ -`; ` ` is not among them");
    insta::assert_snapshot!(step("send_many = { prefix = \"x\", count = 0, seat = \"ana\" }"), @"tests/a.toml:4: step[0].send_many.count: `0` is out of range; write a whole number from 1 to 1000000");
    insta::assert_snapshot!(step("respond = { message = \"m1\", kind = \"yes\" }"), @"tests/a.toml:4: step[0].respond.kind: `yes` is no word for this; write `reply`, `accept` or `not_interested`");
    insta::assert_snapshot!(step("respond_many = {}"), @r#"
    tests/a.toml:4: step[0].respond_many.prefix: is missing; say what the ids begin with, as in `prefix = "x"`
    tests/a.toml:4: step[0].respond_many.count: is missing; say how many, as in `count = 100`
    tests/a.toml:4: step[0].respond_many.kind: is missing; write `reply`, `accept` or `not_interested`
    "#);
    insta::assert_snapshot!(step("follow_up = { message = \"m1\" }"), @"tests/a.toml:4: step[0].follow_up.from: is missing; write `seat` or `member`");
    insta::assert_snapshot!(step("revoke = \"lot~01\""), @"tests/a.toml:4: step[0].revoke: an id is made of `A-Z a-z 0-9 . _ : @ -`; `~` is not among them");
    insta::assert_snapshot!(step("preferences = { accepts = \"none\" }"), @r#"tests/a.toml:4: step[0].preferences.member: is missing; name it, as in `member = "bo"`"#);
}

#[test]
fn an_expectation_can_be_met() {
    let expect = |expect: &str| mistakes_of_step(&format!("{AT}\nexpect = {{ {expect} }}"));
    insta::assert_snapshot!(expect("credits = { avialable = 1 }"), @"tests/a.toml:4: step[0].expect.credits.avialable: is no key here; did you mean `available`?");
    insta::assert_snapshot!(expect("credits = { available = -1 }"), @"tests/a.toml:4: step[0].expect.credits.available: `-1` is out of range; write a whole number from 0 to 9223372036854775807");
    insta::assert_snapshot!(expect("grants = { \"g 1\" = 1 }"), @r#"tests/a.toml:4: step[0].expect.grants."g 1": `g 1` is no id; an id is made of `A-Z a-z 0-9 . _ : @ -`; ` ` is not among them"#);
    insta::assert_snapshot!(expect("seats = { ana = { standing = \"bad\" } }"), @"tests/a.toml:4: step[0].expect.seats.ana.standing: `bad` is no word for this; write `good`, `warned`, `grace` or `restricted`");
    insta::assert_snapshot!(expect("messages = { m1 = \"held\" }"), @r#"tests/a.toml:4: step[0].expect.messages.m1: `"held"` is a string; write a table, such as `{ key = ... }`"#);
    insta::assert_snapshot!(expect("messages = { m1 = { credit = \"return\" } }"), @"tests/a.toml:4: step[0].expect.messages.m1.credit: `return` is no word for this; did you mean `returned`? the words are `held`, `returned`, `consumed`, `none`");
}

#[test]
fn a_policy_file_among_scenarios_is_known_by_its_keys() {
    assert!(is_policy("extends = \"inmail-2015\"\nname = \"mine\"\n"));
    assert!(is_policy("[gate]\nkind = \"none\"\n"));
    assert!(!is_policy(&format!("name = \"a\"\n{SEEN}")));
    assert!(!is_policy("name = \"a\"\npolicy = \"inmail-2015\"\n"));
    assert!(!is_policy("extends = \n"));
    assert!(!is_policy(""));
}
