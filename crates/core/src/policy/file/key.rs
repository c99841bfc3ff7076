//! Lists the keys of a policy file: the one table from which types, ranges, defaults, unknown keys, the
//! JSON Schema and the reference all come.
//!
//! Owns: what each key is. Does not own: what keys mean together (`check.rs`).

/// The newest format of policy files; `format` names the one that a file is written in.
pub const FORMAT: u64 = 1;

/// A key of a policy file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Where it stands, such as `settlement.rule[].within_days`; `[]` is any element of an array.
    pub path: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// What its number counts, or nothing.
    pub unit: Option<&'static str>,
    /// What holds where the key is absent.
    pub absent: Absent,
    /// The words of another key of the same table beside which alone it stands.
    pub only: Option<Only>,
    /// A key of the same table that can stand in its place, and then excludes it.
    pub or: Option<&'static str>,
    /// The format since which it exists.
    pub since: u64,
    /// What it says, in a sentence.
    pub doc: &'static str,
}

/// What a key's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string, not blank.
    Text,
    /// A name, made as ids are.
    Name,
    /// Names in an array, at least one, none twice.
    Names,
    /// `true` or `false`.
    Flag,
    /// A whole number within a range, bounds included.
    Whole(u64, u64),
    /// A whole number within a range, or a word that stands for none.
    WholeOr(u64, u64, &'static str),
    /// Whole numbers within a range in an array, each larger than the one before.
    Wholes(u64, u64),
    /// One of these words.
    Word(&'static [&'static str]),
    /// Some of these words in an array, at least one, none twice.
    Words(&'static [&'static str]),
    /// An exact ratio between 0 and 1, such as `"13/100"`.
    Ratio,
    /// A month of the calendar, such as `"2015-01"`.
    Month,
    /// A table.
    Table,
    /// An array of tables, of at most so many.
    Tables(u16),
}

/// What holds where a key is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// Nothing: it has to be there, or in a file that this one extends. Where [`Key::only`](field@Key::only) is given
    /// that is so beside these words alone, where [`Key::or`](field@Key::or) is given one of the two.
    Required,
    /// What this clause says.
    Means(&'static str),
    /// This number.
    Whole(u64),
    /// This word.
    Word(&'static str),
    /// This flag.
    Flag(bool),
}

/// The words of a key beside which another stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Only {
    /// The key, in the same table.
    pub key: &'static str,
    /// Its words.
    pub words: &'static [&'static str],
}

impl Key {
    /// Returns the key's own name: the last part of its path.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.path
            .rsplit_once('.')
            .map_or(self.path, |(_, name)| name)
    }

    /// Returns the path of the table that it stands in; empty for the file's own.
    #[must_use]
    pub fn table(&self) -> &'static str {
        self.path.rsplit_once('.').map_or("", |(table, _)| table)
    }

    const fn unit(self, unit: &'static str) -> Self {
        Self {
            unit: Some(unit),
            ..self
        }
    }

    const fn only(self, key: &'static str, words: &'static [&'static str]) -> Self {
        Self {
            only: Some(Only { key, words }),
            ..self
        }
    }

    const fn or(self, key: &'static str) -> Self {
        Self {
            or: Some(key),
            ..self
        }
    }
}

/// Returns the key at a path; the elements of arrays may be numbered, as in `settlement.rule[0].on`.
#[must_use]
pub fn find(path: &str) -> Option<&'static Key> {
    let mut pattern = String::with_capacity(path.len());
    let mut inside = false;
    for c in path.chars() {
        inside = (inside || c == '[') && c != ']';
        if !inside || c == '[' {
            pattern.push(c);
        }
    }
    KEYS.iter().find(|key| key.path == pattern)
}

/// Returns the keys of a table, such as `settlement.rule[]`, in order.
pub fn of_table(table: &str) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.table() == table)
}

const fn key(path: &'static str, kind: Kind, absent: Absent, doc: &'static str) -> Key {
    Key {
        path,
        kind,
        unit: None,
        absent,
        only: None,
        or: None,
        since: 1,
        doc,
    }
}

use Absent::{Flag, Means, Required, Whole, Word};

const MANY: u16 = 1_000;
const DAYS: Kind = Kind::Whole(1, 3_650);
const GATED: &[&str] = &["thread", "ladder"];
const NEVER: Kind = Kind::WholeOr(1, 36_500, "never");

/// The words of `settlement.rule[].on`.
pub const TRIGGERS: [&str; 4] = ["send", "response", "report", "lapse"];
/// The words of `settlement.rule[].credit`.
pub const SETTLED: [&str; 2] = ["returned", "consumed"];
/// The words of `settlement.rule[].kinds`.
pub const RESPONSES: [&str; 3] = ["reply", "accept", "not_interested"];
/// The words of `returned.expires`.
pub const RETURNED: [&str; 2] = ["fresh", "original"];
/// The words of `gate.kind`.
pub const GATES: [&str; 3] = ["none", "thread", "ladder"];
/// The words of `gate.stage[].standing`.
pub const STANDINGS: [&str; 3] = ["warned", "grace", "restricted"];
/// The words of `gate.stage[].blocks`.
pub const BLOCKS: [&str; 3] = ["nothing", "bulk", "all"];
/// The words of `gate.stage[].judge.of`.
pub const JUDGED: [&str; 2] = ["this", "previous"];

/// Every key of a policy file, each table before its keys.
pub const KEYS: &[Key] = &[
    key("format", Kind::Whole(1, FORMAT), Whole(FORMAT), "The format that the file is written in, so that an old file keeps its old meaning."),
    key("extends", Kind::Text, Means("the file stands alone"), "The preset that this file starts from, by name, or another file, by a path that ends in `.toml` and is relative to this one. Tables merge key by key; arrays and single values are replaced. `name` and `title` are not taken over."),
    key("name", Kind::Name, Means("the file's name without `.toml`"), "The policy's name."),
    key("title", Kind::Text, Means("the name"), "One line for people."),
    key("expires_after_days", NEVER, Means("never"), "How long an allotment lasts from the day it is granted, and a fresh return from its settlement. `\"never\"` lifts what an extended file says.").unit("days"),
    key("rollover_cap", Kind::WholeOr(1, 1_000, "none"), Means("none"), "How many monthly allotments of the contract may be available once a new one has come; what is above expires. `\"none\"` lifts what an extended file says.").unit("monthly allotments"),
    key("message", Kind::Table, Means("the defaults of its keys"), "Limits on messages."),
    key("message.subject_most", Kind::Whole(1, 100_000), Whole(200), "The longest subject.").unit("Unicode code points"),
    key("message.body_most", Kind::Whole(1, 1_000_000), Whole(2_000), "The longest body.").unit("Unicode code points"),
    key("message.recipients_most", Kind::Whole(1, 10_000), Whole(25), "The most recipients of one campaign.").unit("recipients"),
    key("message.pending_most", Kind::Whole(1, 1_000), Whole(2), "The most unanswered messages from one seat to one member.").unit("messages"),
    key("message.price", Kind::Whole(1, 1_000_000), Whole(1), "What a message stakes where its recipient sets no price.").unit("credits"),
    key("message.reminder_days", Kind::Wholes(1, 3_650), Means("no reminders"), "When reminders of an unseen message go out, counted from the send; none goes out when the window has ended.").unit("days"),
    key("response", Kind::Table, Means("the defaults of its keys"), "What counts as a response."),
    key("response.auto_counts", Kind::Flag, Flag(false), "Whether an automatic reply, such as an out-of-office note, is a response."),
    key("returned", Kind::Table, Means("the defaults of its keys"), "What becomes of a returned credit."),
    key("returned.expires", Kind::Word(&RETURNED), Word("fresh"), "`fresh`: it is a new lot that lasts `expires_after_days` from the settlement. `original`: it goes back to the lot it came from, and where that has ended meanwhile, it expires at once."),
    key("settlement", Kind::Table, Required, "When a stake ends, and how."),
    key("settlement.window_days", DAYS, Required, "The response window: a response exactly so long after the send is in time.").unit("days"),
    key("settlement.rule", Kind::Tables(MANY), Required, "The rules in order: the first that applies decides. Together they settle every case: each kind of response with a note and without, and the window's end with the message seen and unseen; or one rule settles all of them at the send."),
    key("settlement.rule[].on", Kind::Word(&TRIGGERS), Required, "What has to happen: the message is sent, answered in time, reported, or the window ends without a response."),
    key("settlement.rule[].kinds", Kind::Words(&RESPONSES), Means("all kinds"), "The kinds of response that the rule is about.").only("on", &["response"]),
    key("settlement.rule[].note", Kind::Flag, Means("either"), "`true`: only a response with a note; `false`: only one without.").only("on", &["response"]),
    key("settlement.rule[].within_days", DAYS, Means("the whole window"), "Only a response at most so long after the send.").unit("days").only("on", &["response"]),
    key("settlement.rule[].seen", Kind::Flag, Means("either"), "`true`: only a message that was seen within the window; `false`: only one that was not.").only("on", &["lapse"]),
    key("settlement.rule[].credit", Kind::Word(&SETTLED), Required, "What becomes of the stake."),
    key("settlement.rule[].why", Kind::Text, Required, "A sentence that says where the rule comes from."),
    key("seat_type", Kind::Tables(MANY), Means("no seat is allotted anything"), "The types of seat and their allotments. A seat for which no type is named is of the first; one of a type that is not here is allotted nothing."),
    key("seat_type[].name", Kind::Name, Required, "The type's name."),
    key("seat_type[].monthly_credits", Kind::Whole(0, 1_000_000_000), Required, "What a seat of this type is allotted at the contract's start and at each of its months.").unit("credits"),
    key("bonus", Kind::Tables(MANY), Means("none"), "Credits given once, with the contract's allotment that falls in a named month, to the seats that exist then."),
    key("bonus[].month", Kind::Month, Required, "The month, in UTC."),
    key("bonus[].seat_types", Kind::Names, Required, "Whose seats get it, by the names of `seat_type`."),
    key("bonus[].credits", Kind::Whole(1, 1_000_000_000), Required, "What each of these seats gets.").unit("credits"),
    key("bonus[].expires_after_days", NEVER, Means("never"), "How long they last.").unit("days"),
    key("bonus[].why", Kind::Text, Required, "A sentence that says where the rule comes from."),
    key("gate", Kind::Table, Means("no gate"), "Who may go on sending, by the response rate. A gate that names another kind than the extended file's replaces it whole."),
    key("gate.kind", Kind::Word(&GATES), Required, "`none`: nobody is stopped. `thread`: checked at each send over a rolling window, and a send that fails is refused. `ladder`: checked at the end of each period, and a seat that fails goes through the stages."),
    key("gate.window_days", Kind::Whole(1, crate::state::LOOK_BACK.0 as u64), Required, "The rolling window: messages sent in it count, the one at its very beginning excepted.").unit("days").only("kind", &["thread"]),
    key("gate.period_days", Kind::Whole(1, 365), Required, "The assessment period; periods follow one another from the seat's start.").unit("days").only("kind", &["ladder"]),
    key("gate.why", Kind::Text, Required, "A sentence that says where the gate comes from.").only("kind", GATED),
    key("gate.check", Kind::Table, Required, "What fails: `thread` checks the figures before the new message, `ladder` those of the period.").only("kind", GATED),
    key("gate.check.sent_at_least", Kind::Whole(1, 1_000_000), Whole(1), "With fewer messages sent nothing is judged.").unit("messages"),
    key("gate.check.rate_below", Kind::Ratio, Required, "A rate below this fails; the threshold itself passes.").or("rate_at_most"),
    key("gate.check.rate_at_most", Kind::Ratio, Required, "A rate of this or less fails; only a rate above it passes.").or("rate_below"),
    key("gate.check.none_sent_fails", Kind::Flag, Flag(false), "Whether it is a fail when no message was sent at all."),
    key("gate.stage", Kind::Tables(255), Required, "The stages that a seat goes through after a failed check, in order. A pass at a stage's end makes the seat good, a fail leads to the next stage, at the last one to that again.").only("kind", &["ladder"]),
    key("gate.stage[].standing", Kind::Word(&STANDINGS), Required, "How a seat in this stage stands."),
    key("gate.stage[].days", Kind::Whole(1, 365), Required, "How long the stage lasts.").unit("days"),
    key("gate.stage[].once", Kind::Flag, Flag(false), "Whether a seat goes through it only once in its life; from then on it is skipped."),
    key("gate.stage[].blocks", Kind::Word(&BLOCKS), Word("nothing"), "What is refused meanwhile; `bulk` leaves one-to-one messages as the way out, `all` is bulk messages and every message that stakes a credit."),
    key("gate.stage[].judge", Kind::Table, Means("nothing is judged, the next stage follows"), "What is judged at the stage's end."),
    key("gate.stage[].judge.of", Kind::Word(&JUDGED), Word("this"), "Whose messages are judged: those sent in this stage, or those sent in the one before, whose recipients have had time to answer."),
    key("gate.stage[].judge.sent_at_least", Kind::Whole(1, 1_000_000), Whole(1), "With fewer messages sent nothing is judged, and the seat passes.").unit("messages"),
    key("gate.stage[].judge.rate_below", Kind::Ratio, Required, "A rate below this fails; the threshold itself passes.").or("rate_at_most"),
    key("gate.stage[].judge.rate_at_most", Kind::Ratio, Required, "A rate of this or less fails; only a rate above it passes.").or("rate_below"),
    key("gate.stage[].judge.none_sent_fails", Kind::Flag, Flag(false), "Whether it is a fail when no message was sent at all."),
    key("gate.stage[].why", Kind::Text, Required, "A sentence that says where the stage comes from."),
];
