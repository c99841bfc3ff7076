//! Reads a step and its verb.

use super::Reader;
use crate::scenario::{RespondSpec, SendSpec, Step, Verb};
use earnest_core::command::{Grant, PRIORITY, Side, Source};
use earnest_core::document::{Table, Value, nearest};
use earnest_core::policy::ResponseKind;
use earnest_core::refusal::Refusal;
use earnest_core::units::{Credits, GrantId, IdError, MemberId, MessageId, Timestamp};
use std::str::FromStr;

/// Every verb; a step has at most one.
const VERBS: [&str; 12] = [
    "grant",
    "send",
    "send_many",
    "respond",
    "respond_many",
    "seen",
    "report",
    "follow_up",
    "revoke",
    "cancel",
    "policy",
    "preferences",
];

/// The most messages of one step: more than any story needs.
const COUNT_MOST: u32 = 1_000_000;

/// The most credits that a file can write: whole numbers of TOML are below 2^63.
pub(super) const CREDITS_MOST: u64 = (1 << 63) - 1;

impl Reader<'_> {
    pub(super) fn step(&self, table: Table<'_>, number: usize) -> Option<Step> {
        let at = table
            .need("at", "say when, as in `at = 2015-01-02T09:00:00Z`")
            .and_then(|value| value.instant());
        let verb = table.either(&VERBS);
        let name = verb.as_ref().map(|(name, _)| *name);
        let verb = verb.map(|(name, value)| self.verb(name, &value, at));
        let refused = table.get("refused").map(|value| refused(&value, name));
        let accepted = table.get("accepted").map(|value| accepted(&value, name));
        let expect = table
            .get("expect")
            .map(|value| super::expect::expect(&value));
        if name.is_none() && expect.is_none() {
            let instead = "add a verb, such as `send`, or an `expect`";
            table.mistake("does nothing and expects nothing", instead);
        }
        let line = usize::try_from(table.line()).unwrap_or(usize::MAX);
        table.finish();
        Some(Step {
            number,
            line,
            at: at?,
            verb: whole(verb)?,
            refused: whole(refused)?,
            accepted: whole(accepted)?,
            expect: whole(expect)?,
        })
    }

    fn verb(&self, name: &str, value: &Value<'_>, at: Option<Timestamp>) -> Option<Verb> {
        Some(match name {
            "grant" => Verb::Grant(grant(value.table()?, at)?),
            "send" => Verb::Send(send(value.table()?)?),
            "send_many" => Verb::Send(send_many(value.table()?)?),
            "respond" => Verb::Respond(respond(value.table()?)?),
            "respond_many" => Verb::Respond(respond_many(value.table()?)?),
            "seen" => Verb::Seen(value.parsed()?),
            "report" => Verb::Report(value.parsed()?),
            "follow_up" => follow_up(value.table()?)?,
            "revoke" => Verb::Revoke(value.parsed::<AnyGrant>()?.0),
            "cancel" => cancel(value)?,
            "policy" => Verb::Policy((self.policy)(value)?),
            _ => {
                let table = value.table()?;
                let member = needed(&table, "member", "bo");
                Verb::Preferences(self.member(table, member)?)
            }
        })
    }
}

/// Turns "there, but wrong" into nothing: the mistake is recorded.
fn whole<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        None => Some(None),
        Some(None) => None,
        Some(Some(value)) => Some(Some(value)),
    }
}

fn refused(value: &Value<'_>, verb: Option<&str>) -> Option<&'static str> {
    if verb.is_none() {
        value.mistake(
            "stands without a verb",
            "add the verb that is to be refused",
        );
    }
    let text = value.string()?;
    let code = Refusal::CODES.into_iter().find(|code| *code == text);
    if code.is_none() {
        let instead = match nearest(text, Refusal::CODES) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the codes are `{}`", Refusal::CODES.join("`, `")),
        };
        value.mistake(&format!("`{text}` is no refusal code"), &instead);
    }
    code
}

fn accepted(value: &Value<'_>, verb: Option<&str>) -> Option<u32> {
    if !matches!(verb, Some("send_many" | "respond_many")) {
        let problem =
            "counts the messages of `send_many` or `respond_many`, and this step has neither";
        value.mistake(problem, "take it away");
    }
    value.whole(0..=COUNT_MOST)
}

/// Reads an id that has to be there.
fn needed<T: FromStr<Err: std::fmt::Display>>(
    table: &Table<'_>,
    key: &str,
    example: &str,
) -> Option<T> {
    table
        .need(key, &format!("name it, as in `{key} = \"{example}\"`"))?
        .parsed()
}

fn grant(table: Table<'_>, at: Option<Timestamp>) -> Option<Grant> {
    let id = needed::<CallersGrant>(&table, "id", "g1");
    let credits = table
        .need("credits", "say how many, as in `credits = 10`")
        .and_then(|value| value.whole(1..=CREDITS_MOST));
    let source = table.word("source", &Source::ALL.map(|source| (source.name(), source)));
    let effective_at = table.instant("effective_at");
    let expires_at = table.get("expires_at");
    let expires_at = expires_at.map(|value| end(&value, effective_at.max(at)));
    let priority = table.whole("priority", 0..=u32::MAX);
    table.finish();
    Some(Grant {
        id: id?.0,
        credits: Credits(credits?),
        source: source.unwrap_or(Source::Purchase),
        effective_at,
        expires_at: whole(expires_at)?,
        priority: priority.unwrap_or(PRIORITY),
    })
}

/// Reads a grant's end, which comes after its start.
fn end(value: &Value<'_>, start: Option<Timestamp>) -> Option<Timestamp> {
    let end = value.instant()?;
    if let Some(start) = start.filter(|start| end <= *start) {
        value.mistake(
            &format!("the grant ends at {end}, not after its start at {start}"),
            "write a later instant, or leave it out for credits that never end",
        );
        return None;
    }
    Some(end)
}

fn send(table: Table<'_>) -> Option<SendSpec> {
    let message = needed(&table, "id", "m1");
    let to = needed(&table, "to", "bo");
    let letters = message.zip(to).map(|letter| vec![letter]);
    send_of(table, letters, false)
}

fn send_many(table: Table<'_>) -> Option<SendSpec> {
    let letters = many(&table, |id| {
        Ok((MessageId::new(id)?, MemberId::new(format!("{id}-to"))?))
    });
    send_of(table, letters, true)
}

/// Reads what `send` and `send_many` have in common.
fn send_of(
    table: Table<'_>,
    letters: Option<Vec<(MessageId, MemberId)>>,
    many: bool,
) -> Option<SendSpec> {
    let seat = needed(&table, "seat", "ana");
    let campaign = table.get("campaign").map(|value| value.parsed());
    let subject = table.string("subject").unwrap_or_default();
    let body = table.string("body").unwrap_or_default();
    table.finish();
    Some(SendSpec {
        letters: letters?,
        many,
        seat: seat?,
        campaign: whole(campaign)?,
        subject: subject.to_owned(),
        body: body.to_owned(),
    })
}

/// Makes what `prefix` and `count` stand for: one of each `prefix1`, `prefix2`, ...
fn many<T>(table: &Table<'_>, make: impl Fn(&str) -> Result<T, IdError>) -> Option<Vec<T>> {
    let prefix = table.need(
        "prefix",
        "say what the ids begin with, as in `prefix = \"x\"`",
    );
    let count = table
        .need("count", "say how many, as in `count = 100`")
        .and_then(|value| value.whole(1..=COUNT_MOST));
    let prefix = prefix?;
    let text = prefix.string()?;
    let made = (1..=count?).map(|n| make(&format!("{text}{n}")));
    match made.collect() {
        Ok(made) => Some(made),
        Err(error) => {
            let error: IdError = error;
            let problem = format!("`{text}` begins ids that are none");
            prefix.mistake(&problem, &format!("write another prefix: {error}"));
            None
        }
    }
}

fn respond(table: Table<'_>) -> Option<RespondSpec> {
    let message = needed(&table, "message", "m1");
    respond_of(table, message.map(|message| vec![message]), false)
}

fn respond_many(table: Table<'_>) -> Option<RespondSpec> {
    let messages = many(&table, |id| MessageId::new(id));
    respond_of(table, messages, true)
}

/// Reads what `respond` and `respond_many` have in common.
fn respond_of(
    table: Table<'_>,
    messages: Option<Vec<MessageId>>,
    many: bool,
) -> Option<RespondSpec> {
    let kind = table
        .need("kind", "write `reply`, `accept` or `not_interested`")
        .and_then(|value| value.word(&ResponseKind::ALL.map(|kind| (kind.name(), kind))));
    let note = table.string("note");
    let auto = table.boolean("auto").unwrap_or(false);
    table.finish();
    Some(RespondSpec {
        messages: messages?,
        many,
        kind: kind?,
        note: note.map(str::to_owned),
        auto,
    })
}

fn follow_up(table: Table<'_>) -> Option<Verb> {
    let message = needed(&table, "message", "m1");
    let from = table
        .need("from", "write `seat` or `member`")
        .and_then(|value| value.word(&[("seat", Side::Seat), ("member", Side::Member)]));
    table.finish();
    Some(Verb::FollowUp {
        message: message?,
        from: from?,
    })
}

fn cancel(value: &Value<'_>) -> Option<Verb> {
    if !value.boolean()? {
        value.mistake(
            "`false` does nothing",
            "write `true`, or leave the step out",
        );
        return None;
    }
    Some(Verb::Cancel)
}

/// A lot's id as its maker writes it.
struct CallersGrant(GrantId);

impl FromStr for CallersGrant {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        GrantId::new(text).map(Self)
    }
}

/// The id of any lot, the engine's own included.
pub(super) struct AnyGrant(pub(super) GrantId);

impl FromStr for AnyGrant {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        GrantId::of_any(text).map(Self)
    }
}
