//! Says what may have happened to a contract.
//!
//! Owns: the shape of events, in memory and in the log. Does not own: what they change
//! ([`State::apply`](crate::State::apply)).
//! Invariants: an event carries all that applying it needs; every accepted command leaves at least one;
//! event names and fields are never renamed, only added to.

use crate::command::{Side, Source};
use crate::policy::{ResponseKind, RuleRef, Standing, Terms};
use crate::units::{
    CampaignId, ContractId, Credits, GrantId, MemberId, MessageId, SeatId, SeatType, Timestamp,
};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

/// Something that happened to a contract at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub fact: Fact,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the fields are documented where the commands and docs/events.md name them"
)]
pub enum Fact {
    /// The contract began.
    ContractCreated {
        contract: ContractId,
        name: String,
        policy: SmolStr,
        allotments: bool,
        bulk_disabled: bool,
        terms: Terms,
    },
    /// A seat was added.
    SeatAdded {
        seat: SeatId,
        seat_type: SeatType,
        usage_limit: Option<u32>,
        bulk_disabled: bool,
    },
    /// A seat's limits changed.
    SeatChanged {
        seat: SeatId,
        usage_limit: Option<u32>,
        bulk_disabled: bool,
    },
    /// A caller's lot was made; it counts as granted from `effective_at`.
    GrantMade {
        grant: GrantId,
        credits: Credits,
        source: Source,
        effective_at: Timestamp,
        expires_at: Option<Timestamp>,
        priority: u32,
    },
    /// A lot that was made ahead became usable.
    GrantStarted { grant: GrantId, credits: Credits },
    /// A lot's unspent rest was taken back; `credits` is 0 for a lot that has not started.
    GrantRevoked { grant: GrantId, credits: Credits },
    /// The policy gave a seat its credits, as a lot of its own.
    AllotmentGranted {
        grant: GrantId,
        seat: SeatId,
        credits: Credits,
        source: Source,
        expires_at: Option<Timestamp>,
        /// The contract's month, counted from 0.
        month: u32,
    },
    /// A message was sent; its stake is held.
    MessageSent {
        message: MessageId,
        seat: SeatId,
        to: MemberId,
        campaign: Option<CampaignId>,
        bulk: bool,
        credits: Credits,
        deadline: Timestamp,
        /// The policy version that settles the message, counted from 0.
        version: u32,
        /// The lots that the stake was drawn from, in that order.
        stake: Pieces,
    },
    /// The recipient opened the message.
    MessageSeen { message: MessageId, seat: SeatId },
    /// The recipient answered in time, for the first time.
    MessageResponded {
        message: MessageId,
        seat: SeatId,
        response: ResponseKind,
        note: bool,
    },
    /// The recipient reported the message.
    MessageReported {
        message: MessageId,
        seat: SeatId,
        /// Whether it had been reported before, and so does not count again.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        again: bool,
    },
    /// The response window ended without a response.
    MessageLapsed { message: MessageId, seat: SeatId },
    /// A stake came back.
    StakeReturned {
        message: MessageId,
        seat: SeatId,
        credits: Credits,
        rule: RuleRef,
        /// The lots that it went back to, in the order in which they were drawn from.
        lots: SmallVec<[ReturnedLot; 1]>,
    },
    /// A stake was kept.
    StakeConsumed {
        message: MessageId,
        seat: SeatId,
        credits: Credits,
        rule: RuleRef,
    },
    /// Credits of a lot ended unspent.
    CreditsExpired {
        grant: GrantId,
        credits: Credits,
        reason: ExpiryReason,
    },
    /// Returned credits were taken back at once: their lot was revoked, or the contract cancelled.
    CreditsRevoked { grant: GrantId, credits: Credits },
    /// Where a seat stands with the gate changed, or its periods began afresh.
    StandingChanged {
        seat: SeatId,
        from: Standing,
        standing: Standing,
        /// The ladder's stage, counted from 0; nothing when the standing is good.
        stage: Option<u8>,
        /// When the stage or, for a good seat under a ladder, the assessment period ends.
        ends_at: Option<Timestamp>,
        /// Whether the figures of the stage before are what this one's end judges.
        judges_previous: bool,
        /// The figures that decided.
        sent: u32,
        responded: u32,
        reason: StandingReason,
    },
    /// A version of the policy was added.
    PolicyAdded {
        policy: SmolStr,
        /// Its number in the contract, counted from 0 (the one that the contract began with).
        version: u32,
        effective_at: Timestamp,
        /// Whether it was added ahead, and so rules all of its instant.
        ahead: bool,
        terms: Terms,
    },
    /// The contract ended; its available credits were revoked.
    ContractCancelled { credits: Credits },
    /// A conversation went on, or an answer came that settles nothing: late, automatic, or not the first.
    ConversationMessage {
        message: MessageId,
        seat: SeatId,
        from: Side,
        /// The kind of an answer; nothing for a follow-up.
        response: Option<ResponseKind>,
        note: bool,
        auto: bool,
    },
}

/// Credits of one lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// The lot.
    pub grant: GrantId,
    /// How many of its credits.
    pub credits: Credits,
}

/// Credits of several lots, usually of one.
pub type Pieces = SmallVec<[Piece; 1]>;

/// Where a returned stake, or a piece of it, went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedLot {
    /// The lot.
    pub grant: GrantId,
    /// How many credits.
    pub credits: Credits,
    /// What the new lot is; nothing where the credits went back to the lot they came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fresh: Option<FreshLot>,
}

/// A lot made by a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreshLot {
    /// When it ends; nothing means never.
    pub expires_at: Option<Timestamp>,
    /// Whether the rollover cap counts it: the credits once came from an allotment.
    pub counts_for_cap: bool,
}

/// Why credits ended unspent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiryReason {
    /// Their lot's end came.
    Ended,
    /// They were above the rollover cap.
    RolloverCap,
    /// They came back to a lot that had ended.
    ReturnedLate,
}

/// Why a standing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StandingReason {
    /// A period or a stage ended and was judged.
    Assessment,
    /// A policy version with another kind of gate took effect.
    Policy,
}
