//! Says why: what became of a credit, what can still happen to it, why a command was refused, where a seat
//! stands; by which rule of the policy, with which figures and instants, and what would change it.
//!
//! Owns: the stories, as data and as plain sentences made from that data. Does not own: any rule. What a
//! policy does is found by asking the policy, the functions that settle and judge, or by playing it on a
//! [`Contract`], so a story and the engine cannot disagree.
//! Invariants: explaining changes nothing; every sentence can be had as data; of a recipient nothing is said
//! that the refusal itself does not say.

mod ask;
mod cite;
mod credits;
mod future;
mod gate;
mod ladder;
mod message;
mod preview;
mod refusal;
mod settled;
mod standing;
mod table;
mod thread;
mod words;

pub use ask::{Answer, Later, Question, ask};
pub use message::{message, message_with_history};
pub use preview::preview;
pub use refusal::refusal;
pub use standing::standing;
pub use table::{Cell, Column, Row, Table, ask_table};
pub use words::duration;

use crate::contract::Contract;
use crate::due::is_caught_up;
use crate::policy::{ResponseKind, Settled, Standing, Trigger};
use crate::units::{Credits, Days, GrantId, Timestamp};
use serde::Serialize;
use smol_str::SmolStr;
use std::borrow::Cow;
use std::fmt;

/// Why something is as it is, and what can still become of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The policy that rules it: for a message, the version in force at its send.
    pub policy: SmolStr,
    /// The instant that the story is told at.
    pub as_of: Timestamp,
    /// How it stands.
    pub outcome: Outcome,
    /// The rule or setting that decided; nothing while nothing is decided.
    pub rule: Option<Cited>,
    /// The figures that matter, in the order in which the sentences use them.
    pub figures: Vec<Figure>,
    /// The instants that matter, likewise.
    pub instants: Vec<Moment>,
    /// What can still become of the credit: every case, by the rule that decides it.
    pub futures: Vec<Future>,
    /// What would have given the credit another end.
    pub otherwise: Vec<Future>,
    /// What would change the outcome, cheapest for the user first.
    pub changes: Vec<Change>,
    /// All of it in plain sentences.
    pub text: Vec<String>,
}

impl fmt::Display for Explanation {
    /// Writes the sentences, a line each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text.join("\n"))
    }
}

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Outcome {
    /// The stake is open.
    Held {
        /// The stake.
        credits: Credits,
    },
    /// The stake came back.
    Returned {
        /// The stake.
        credits: Credits,
    },
    /// The stake is gone.
    Consumed {
        /// The stake.
        credits: Credits,
    },
    /// There is no stake.
    None,
    /// The command was, or would be, refused.
    Refused {
        /// The refusal's code.
        code: &'static str,
    },
    /// The send would be accepted.
    Allowed {
        /// What it would stake, over all recipients.
        credits: Credits,
    },
    /// Where a seat stands with the gate.
    Standing {
        /// The standing.
        standing: Standing,
    },
}

/// A rule or a setting, and why it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cited {
    /// Whose it is.
    pub of: Owner,
    /// Where it stands: in the policy file, such as `settlement.rule[0]` or `message.pending_most`, else a
    /// setting such as `seat.usage_limit`.
    pub path: String,
    /// The rule's own sentence; for a plain number, what it is for.
    pub why: String,
}

impl Cited {
    /// Returns the path and the reason, as a line of their own.
    fn because(&self) -> String {
        format!("{}: {}", self.path, self.why)
    }
}

impl fmt::Display for Cited {
    /// Writes the path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

/// Whose a rule or a setting is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The policy file's.
    Policy,
    /// The contract's, set by its administrator.
    Contract,
    /// The seat's, set by its administrator.
    Seat,
    /// The recipient's.
    Member,
    /// The engine's own: it holds under every policy.
    Engine,
}

/// A figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// Its name, such as `sent`; stable.
    pub name: &'static str,
    /// Its value.
    pub value: Value,
}

/// A figure's value: a whole number, or an exact ratio such as `13/100`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A whole number.
    Whole(u64),
    /// A ratio, or a word.
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl Figure {
    fn whole(name: &'static str, value: impl Into<u64>) -> Self {
        Self {
            name,
            value: Value::Whole(value.into()),
        }
    }

    fn text(name: &'static str, value: impl fmt::Display) -> Self {
        Self {
            name,
            value: Value::Text(value.to_string()),
        }
    }
}

/// An instant with its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// Its name, such as `deadline`; stable.
    pub name: &'static str,
    /// The instant.
    pub at: Timestamp,
}

impl Moment {
    const fn new(name: &'static str, at: Timestamp) -> Self {
        Self { name, at }
    }
}

/// A case that ends a stake, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Future {
    /// What has to happen.
    pub on: Trigger,
    /// For a response: the answers that the case is about.
    pub answers: Vec<AnswerKind>,
    /// For a lapse: whether the message has to be seen in the window; nothing means either way.
    pub seen: Option<bool>,
    /// It has to happen after this instant; nothing means at any time up to `by`.
    pub after: Option<Timestamp>,
    /// It has to happen at this instant or before. A lapse is recorded at it and takes effect right after.
    pub by: Timestamp,
    /// What becomes of the stake.
    pub credit: Settled,
    /// Where the credits go when they come back.
    pub lands: Vec<Landing>,
    /// The rule that decides.
    pub rule: Cited,
    /// The case in a sentence.
    pub text: String,
}

/// A kind of answer, with a note or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AnswerKind {
    /// The kind.
    pub kind: ResponseKind,
    /// Only with a note, or only without; nothing means either way.
    pub note: Option<bool>,
}

/// Where credits go that come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "lot", rename_all = "snake_case")]
pub enum Landing {
    /// Into a new lot.
    Fresh {
        /// How many.
        credits: Credits,
        /// How long the lot lasts from the settlement; nothing means for ever.
        lasts_days: Option<Days>,
    },
    /// Into the lot that they came from.
    Original {
        /// How many.
        credits: Credits,
        /// The lot.
        grant: GrantId,
        /// When it ends; nothing means never. Credits that come back then or later are lost at once.
        ends_at: Option<Timestamp>,
    },
    /// Nowhere: they are lost as they come back.
    Lost {
        /// How many.
        credits: Credits,
        /// The lot that they came from.
        grant: GrantId,
        /// Why.
        reason: Loss,
    },
}

/// Why credits are lost as they come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Their lot has ended.
    LotEnded,
    /// Their lot was revoked.
    LotRevoked,
    /// The contract was cancelled.
    ContractCancelled,
}

/// Something that would change an outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Who or what brings it about.
    pub by: By,
    /// What has to be done, such as `wait`; stable.
    pub action: &'static str,
    /// How many of it: characters, answers, credits.
    pub amount: Option<u64>,
    /// When, or from when on.
    pub at: Option<Timestamp>,
    /// The change in a sentence.
    pub text: String,
}

/// Who or what brings a change about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The sender.
    Sender,
    /// Time alone.
    Time,
    /// Recipients.
    Recipient,
    /// The contract's administrator.
    Admin,
}

impl Change {
    fn new(by: By, action: &'static str, text: impl Into<String>) -> Self {
        Self {
            by,
            action,
            amount: None,
            at: None,
            text: text.into(),
        }
    }

    fn amount(self, amount: impl Into<u64>) -> Self {
        Self {
            amount: Some(amount.into()),
            ..self
        }
    }

    fn at(self, at: Timestamp) -> Self {
        Self {
            at: Some(at),
            ..self
        }
    }
}

/// What a part of a story adds to it.
#[derive(Debug, Default)]
struct Told {
    rule: Option<Cited>,
    figures: Vec<Figure>,
    instants: Vec<Moment>,
    changes: Vec<Change>,
    text: Vec<String>,
}

impl Told {
    fn by(rule: Cited) -> Self {
        Self {
            rule: Some(rule),
            ..Self::default()
        }
    }

    fn figure(mut self, name: &'static str, value: impl Into<u64>) -> Self {
        self.figures.push(Figure::whole(name, value));
        self
    }

    fn instant(mut self, name: &'static str, at: Timestamp) -> Self {
        self.instants.push(Moment::new(name, at));
        self
    }

    fn change(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    fn say(mut self, text: impl Into<String>) -> Self {
        self.text.push(text.into());
        self
    }

    fn into_explanation(self, policy: &str, as_of: Timestamp, outcome: Outcome) -> Explanation {
        Explanation {
            policy: policy.into(),
            as_of,
            outcome,
            rule: self.rule,
            figures: self.figures,
            instants: self.instants,
            futures: Vec::new(),
            otherwise: Vec::new(),
            changes: self.changes,
            text: self.text,
        }
    }
}

/// Returns the contract as a reader at `at` sees it: itself, where it is caught up.
fn caught_up(contract: &Contract, at: Timestamp) -> Cow<'_, Contract> {
    let (policies, state) = (contract.policies(), contract.state());
    if at < state.clock() || is_caught_up(policies, state, at) {
        Cow::Borrowed(contract)
    } else {
        Cow::Owned(contract.seen_at(at))
    }
}
