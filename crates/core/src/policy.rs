//! Says what the rules mean: a policy, checked, as the rest of the engine reads it.
//!
//! Owns: the meaning of a policy. Does not own: the file it was written in ([`mod@file`]), nor what a
//! contract remembers of it ([`Terms`] travels in events, so that applying one never asks a policy).
//! Invariants: every case that can end a stake has a rule, so no stake stays open for ever; a ladder
//! has at least one stage.

pub mod diff;
pub mod file;
pub mod preset;
pub mod render;

use crate::units::{Credits, Days, MonthOfYear, Ratio, SeatType};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::fmt;

/// The rates that are called good, shown beside a threshold: 20 to 30 % \[seed\].
pub const GOOD_RATE: (&str, &str) = ("20/100", "30/100");

/// What a message costs, when its credit comes back, and who may go on sending.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The policy's name: the preset's, or the file's.
    pub name: SmolStr,
    /// One line for people.
    pub title: String,
    /// Limits on messages.
    pub message: MessageRules,
    /// Whether an automatic reply (out of office) counts as a response.
    pub auto_counts: bool,
    /// When a stake ends, and how.
    pub settlement: Settlement,
    /// Where a returned credit goes.
    pub returned: ReturnedExpiry,
    /// How long an allotment or a fresh return lasts; nothing means for ever.
    pub expires_after: Option<Days>,
    /// How many monthly allotments of the contract may be available after a new one.
    pub rollover_cap: Option<u32>,
    /// The types of seat that are allotted credits, in the file's order.
    pub seat_types: Vec<SeatTypeRule>,
    /// Credits given once, with the allotment that falls in a named month.
    pub bonuses: Vec<Bonus>,
    /// Who may go on sending.
    pub gate: Gate,
}

/// Limits on messages, each a policy number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRules {
    /// The longest subject, in Unicode code points.
    pub subject_most: u32,
    /// The longest body, in Unicode code points.
    pub body_most: u32,
    /// The most recipients of one campaign.
    pub recipients_most: u32,
    /// The most pending messages from one seat to one member.
    pub pending_most: u32,
    /// What a message costs where the recipient sets no price, in credits, at least 1.
    pub price: u32,
    /// When reminders of an unseen message go out, in days after the send.
    pub reminders: Vec<Days>,
}

/// When a stake ends, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The response window: a response at `sent_at + window` is in time.
    pub window: Days,
    /// The rules in the file's order; the first that applies decides.
    pub rules: Vec<Rule>,
}

/// One rule of settlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What has to happen.
    pub on: Trigger,
    /// For a response: the kinds that the rule is about.
    pub kinds: ResponseKinds,
    /// For a response: only with a note, or only without; nothing means either.
    pub note: Option<bool>,
    /// For a response: only up to so many days after the send; nothing means the whole window.
    pub within: Option<Days>,
    /// For a lapse: only when the message was seen in the window, or only when it was not.
    pub seen: Option<bool>,
    /// What becomes of the stake.
    pub credit: Settled,
    /// A sentence that says where the rule comes from.
    pub why: String,
}

/// What can end a stake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The message is sent.
    Send,
    /// The recipient answers in time.
    Response,
    /// The recipient reports the message.
    Report,
    /// The response window ends without a response.
    Lapse,
}

/// How a stake ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// The credit goes back to the sender's contract.
    Returned,
    /// The credit is gone.
    Consumed,
}

/// What a recipient can answer. All of them are responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseKind {
    /// A written answer.
    Reply,
    /// The invitation is accepted.
    Accept,
    /// Declined; with a note it is declined still.
    NotInterested,
}

impl ResponseKind {
    /// Every kind, in the order in which people list them.
    pub const ALL: [Self; 3] = [Self::Reply, Self::Accept, Self::NotInterested];

    /// Returns the kind's name in files and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Accept => "accept",
            Self::NotInterested => "not_interested",
        }
    }

    /// Returns the kind that `name` names.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for ResponseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of response kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseKinds {
    /// Whether replies are among them.
    pub reply: bool,
    /// Whether acceptances are among them.
    pub accept: bool,
    /// Whether declines are among them.
    pub not_interested: bool,
}

impl ResponseKinds {
    /// All kinds.
    pub const ALL: Self = Self {
        reply: true,
        accept: true,
        not_interested: true,
    };
    /// No kind.
    pub const NONE: Self = Self {
        reply: false,
        accept: false,
        not_interested: false,
    };

    /// Returns whether `kind` is among them.
    #[must_use]
    pub const fn has(self, kind: ResponseKind) -> bool {
        match kind {
            ResponseKind::Reply => self.reply,
            ResponseKind::Accept => self.accept,
            ResponseKind::NotInterested => self.not_interested,
        }
    }
}

/// Where a returned credit goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnedExpiry {
    /// Into a new lot that lasts `expires_after` from the settlement.
    Fresh,
    /// Back into the lot it came from; where that has ended, the credit expires at once.
    Original,
}

/// A type of seat and its monthly allotment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatTypeRule {
    /// The type's name.
    pub name: SeatType,
    /// Credits a month.
    pub monthly: Credits,
}

/// Credits given once, with the allotment that falls in a named month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bonus {
    /// The month, in UTC.
    pub month: MonthOfYear,
    /// Whose seats get it.
    pub seat_types: Vec<SeatType>,
    /// How many credits each seat gets.
    pub credits: Credits,
    /// How long they last; nothing means for ever.
    pub expires_after: Option<Days>,
    /// A sentence that says where the rule comes from.
    pub why: String,
}

/// Who may go on sending: a check on the response rate, and what follows when it fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// Nobody is ever stopped.
    None,
    /// Checked at each send over a rolling window; a send that fails is refused.
    Thread(ThreadGate),
    /// Checked at the end of each period; a seat that fails goes through stages.
    Ladder(Ladder),
}

/// A gate that is checked at each send over a rolling window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadGate {
    /// The window's length: messages sent in `(now - window, now]` count.
    pub window: Days,
    /// When a send is refused; the figures are those before it.
    pub check: Check,
    /// A sentence that says where the rule comes from.
    pub why: String,
}

/// A gate that is checked at the end of each period, with stages for seats that fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder {
    /// The assessment period's length; periods follow one another from the seat's start.
    pub period: Days,
    /// What fails at a period's end.
    pub check: Check,
    /// The stages that a seat goes through after a failed check, at least one. Failing the last repeats it.
    pub stages: Vec<Stage>,
    /// A sentence that says where the rule comes from.
    pub why: String,
}

/// A comparison of a seat's figures with a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// With fewer messages sent nothing is judged, and the check passes.
    pub sent_at_least: u32,
    /// The rate that fails.
    pub fails: FailingRate,
    /// Whether the check fails when no message was sent at all.
    pub none_sent_fails: bool,
}

/// The rates that fail a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailingRate {
    /// A rate below the threshold fails; the threshold itself passes.
    Below(Ratio),
    /// A rate at or below the threshold fails; only a rate above it passes.
    AtMost(Ratio),
}

impl FailingRate {
    /// Returns the threshold.
    #[must_use]
    pub const fn threshold(self) -> Ratio {
        match self {
            Self::Below(ratio) | Self::AtMost(ratio) => ratio,
        }
    }
}

impl Check {
    /// Returns whether these figures fail.
    #[must_use]
    pub fn fails(&self, sent: u32, responded: u32) -> bool {
        use std::cmp::Ordering::{Equal, Less};
        if sent == 0 {
            return self.none_sent_fails;
        }
        if sent < self.sent_at_least {
            return false;
        }
        match self.fails {
            FailingRate::Below(bar) => bar.compare_rate(responded, sent) == Less,
            FailingRate::AtMost(bar) => matches!(bar.compare_rate(responded, sent), Less | Equal),
        }
    }
}

/// A stage of a ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// How a seat in this stage stands.
    pub standing: Standing,
    /// How long the stage lasts.
    pub days: Days,
    /// Whether a seat enters it only once in its life: entering again it is skipped.
    pub once: bool,
    /// What is refused in this stage.
    pub blocks: Blocks,
    /// What is judged at the stage's end; nothing means that the next stage follows anyway.
    pub judge: Option<Judge>,
    /// A sentence that says where the rule comes from.
    pub why: String,
}

/// What is judged at a stage's end: a pass makes the seat good, a fail leads to the next stage, and at
/// the last stage to that stage again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judge {
    /// Whose messages are judged.
    pub of: Judged,
    /// What fails.
    pub check: Check,
}

/// Whose messages a stage's end judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judged {
    /// Those sent in this stage.
    This,
    /// Those sent in the stage before.
    Previous,
}

/// What a stage refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blocks {
    /// Nothing.
    Nothing,
    /// Bulk messages; one-to-one messages are the way out.
    Bulk,
    /// Bulk messages, and every message that stakes a credit.
    All,
}

/// Where a seat stands with the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nothing is held against the seat.
    Good,
    /// The seat failed a check and has been told.
    Warned,
    /// The warning has ended and recipients have time to answer.
    Grace,
    /// The seat is stopped from sending in bulk, or at all.
    Restricted,
}

impl Standing {
    /// Every standing, from best to worst.
    pub const ALL: [Self; 4] = [Self::Good, Self::Warned, Self::Grace, Self::Restricted];

    /// Returns the standing's name in files and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warned => "warned",
            Self::Grace => "grace",
            Self::Restricted => "restricted",
        }
    }

    /// Returns the standing that `name` names.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|standing| standing.name() == name)
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a contract remembers of a policy version. It travels in the event that brings the version, so
/// that applying events never asks a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The response window, in days.
    pub window_days: Days,
    /// The gate's kind and its lengths.
    pub gate: GateTerms,
}

/// What a contract remembers of a gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum GateTerms {
    /// No gate.
    None,
    /// A rolling window.
    Thread {
        /// The window's length.
        window_days: Days,
    },
    /// Periods and stages.
    Ladder {
        /// The assessment period's length.
        period_days: Days,
        /// The stages' standings, with `once` behind those that are entered once: the ladder's kind.
        stages: SmolStr,
    },
}

impl GateTerms {
    /// Returns whether a seat's standing carries over from this gate to `next`: they are of one kind.
    #[must_use]
    pub fn same_kind(&self, next: &Self) -> bool {
        match (self, next) {
            (Self::None, Self::None) | (Self::Thread { .. }, Self::Thread { .. }) => true,
            (Self::Ladder { stages: a, .. }, Self::Ladder { stages: b, .. }) => a == b,
            _ => false,
        }
    }

    /// Returns whether `next` after this gate begins new periods for the seats: the kinds differ, and one of
    /// them has periods. A rolling window and the figures without a gate look back over such a change.
    #[must_use]
    pub fn starts_afresh(&self, next: &Self) -> bool {
        let has_periods = |gate: &Self| matches!(gate, Self::Ladder { .. });
        !self.same_kind(next) && (has_periods(self) || has_periods(next))
    }
}

impl Policy {
    /// Returns what a contract has to remember of this policy.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            window_days: self.settlement.window,
            gate: match &self.gate {
                Gate::None => GateTerms::None,
                Gate::Thread(gate) => GateTerms::Thread {
                    window_days: gate.window,
                },
                Gate::Ladder(ladder) => GateTerms::Ladder {
                    period_days: ladder.period,
                    stages: ladder
                        .stages
                        .iter()
                        .map(|stage| match stage.once {
                            true => format!("{} once", stage.standing),
                            false => stage.standing.to_string(),
                        })
                        .collect::<Vec<_>>()
                        .join(", ")
                        .into(),
                },
            },
        }
    }

    /// Returns the type that a seat has where none is named: the policy's first, or `seat` where the
    /// policy names no types.
    #[must_use]
    pub fn first_seat_type(&self) -> SeatType {
        self.seat_types
            .first()
            .map_or_else(|| SeatType::stored("seat"), |first| first.name.clone())
    }

    /// Returns what a seat of this type is allotted each month: nothing for a type that is not named.
    #[must_use]
    pub fn monthly(&self, seat_type: &SeatType) -> Credits {
        self.seat_types
            .iter()
            .find(|rule| rule.name == *seat_type)
            .map_or(Credits::ZERO, |rule| rule.monthly)
    }

    /// Returns whether any seat is ever allotted anything.
    #[must_use]
    pub fn allots(&self) -> bool {
        self.seat_types.iter().any(|rule| !rule.monthly.is_zero()) || !self.bonuses.is_empty()
    }

    /// Returns the first rule that applies when the message is sent.
    #[must_use]
    pub fn on_send(&self) -> Option<RuleRef> {
        self.find(|rule| rule.on == Trigger::Send)
    }

    /// Returns the first rule that applies to a response so many milliseconds after the send.
    #[must_use]
    pub fn on_response(&self, kind: ResponseKind, note: bool, after: i64) -> Option<RuleRef> {
        self.find(|rule| {
            rule.on == Trigger::Response
                && rule.kinds.has(kind)
                && rule.note.is_none_or(|wanted| wanted == note)
                && rule.within.is_none_or(|within| after <= within.millis())
        })
    }

    /// Returns the first rule that applies to a report.
    #[must_use]
    pub fn on_report(&self) -> Option<RuleRef> {
        self.find(|rule| rule.on == Trigger::Report)
    }

    /// Returns the first rule that applies when the window ends without a response.
    #[must_use]
    pub fn on_lapse(&self, seen: bool) -> Option<RuleRef> {
        self.find(|rule| rule.on == Trigger::Lapse && rule.seen.is_none_or(|wanted| wanted == seen))
    }

    /// Returns the rule that `at` points to.
    #[must_use]
    pub fn rule(&self, at: RuleRef) -> Option<&Rule> {
        self.settlement.rules.get(usize::from(at.0))
    }

    fn find(&self, applies: impl Fn(&Rule) -> bool) -> Option<RuleRef> {
        let at = self.settlement.rules.iter().position(applies)?;
        u16::try_from(at).ok().map(RuleRef)
    }
}

/// Points to a settlement rule by its place in the policy file, counted from 0; written as the path
/// `settlement.rule[0]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleRef(pub u16);

impl fmt::Display for RuleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "settlement.rule[{}]", self.0)
    }
}

impl Serialize for RuleRef {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RuleRef {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = SmolStr::deserialize(from)?;
        text.strip_prefix("settlement.rule[")
            .and_then(|rest| rest.strip_suffix(']'))
            .and_then(|number| number.parse().ok())
            .map(Self)
            .ok_or_else(|| {
                serde::de::Error::custom(format!("`{text}` is no path of a settlement rule"))
            })
    }
}
