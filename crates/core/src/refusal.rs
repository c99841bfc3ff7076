//! Says why a well-formed command changes nothing.
//!
//! Owns: the refusals, their codes and the order in which they are looked for. Does not own: the
//! longer story of one ([`crate::explain`]).

use crate::units::{Credits, GrantId, MemberId, MessageId, SeatId, Timestamp};

/// Why a well-formed command changes nothing.
///
/// Variants stand in the order in which a send is checked, cheapest to mend first; the first that
/// applies is the answer. Those of other commands follow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The command is older than the contract's newest event.
    #[error("the contract's newest event is of {newest}, and the command of {at}")]
    OutOfOrder {
        /// The newest event's instant, or the contract's start.
        newest: Timestamp,
        /// The command's instant.
        at: Timestamp,
    },
    /// The contract has no such seat.
    #[error("the contract has no seat `{0}`")]
    UnknownSeat(SeatId),
    /// The id is taken.
    #[error("the id `{0}` is taken")]
    DuplicateId(String),
    /// The subject is too long.
    #[error("the subject has {length} characters, and at most {most} are allowed")]
    SubjectTooLong {
        /// Its length in Unicode code points.
        length: u32,
        /// The most.
        most: u32,
    },
    /// The body is too long.
    #[error("the body has {length} characters, and at most {most} are allowed")]
    BodyTooLong {
        /// Its length in Unicode code points.
        length: u32,
        /// The most.
        most: u32,
    },
    /// The campaign has too many recipients.
    #[error("the campaign has {count} recipients, and at most {most} are allowed")]
    TooManyRecipients {
        /// How many there are.
        count: usize,
        /// The most.
        most: u32,
    },
    /// The contract was cancelled.
    #[error("the contract was cancelled at {0}")]
    ContractCancelled(Timestamp),
    /// An administrator switched bulk sending off.
    #[error("bulk sending is switched off for {}", match .0 { Some(seat) => format!("seat `{seat}`"), None => "all seats of the contract".to_owned() })]
    BulkDisabled(
        /// The seat, or nothing where it is off for all seats.
        Option<SeatId>,
    ),
    /// The gate restricts the seat to one-to-one messages.
    #[error("bulk sending is off for seat `{seat}` until {until}, when it is judged again")]
    BulkRestricted {
        /// The seat.
        seat: SeatId,
        /// When the restriction is judged.
        until: Timestamp,
    },
    /// Too few of the seat's messages were answered.
    #[error("seat `{seat}` has {responded} of {sent} messages answered, too few to go on")]
    ResponseRateTooLow {
        /// The seat.
        seat: SeatId,
        /// The messages that count.
        sent: u32,
        /// Those of them that were answered in time.
        responded: u32,
    },
    /// The seat has sent its month's messages.
    #[error("seat `{seat}` has sent {used} messages this month, and its limit is {limit}")]
    UsageLimitReached {
        /// The seat.
        seat: SeatId,
        /// Sent since the month's start.
        used: u32,
        /// The limit.
        limit: u32,
        /// The next month's start.
        until: Timestamp,
    },
    /// The recipient blocks the seat or its contract.
    #[error("member `{0}` blocks the sender")]
    RecipientBlocked(MemberId),
    /// The recipient accepts no cold messages.
    #[error("member `{0}` accepts no cold messages")]
    RecipientClosed(MemberId),
    /// The recipient has had the day's cold messages.
    #[error("member `{to}` takes {cap} cold messages a day and has had them")]
    RecipientBusy {
        /// The recipient.
        to: MemberId,
        /// The cap.
        cap: u32,
    },
    /// Earlier messages to the recipient are still unanswered.
    #[error(
        "{pending} messages from seat `{seat}` to member `{to}` are pending, and at most {most} may be"
    )]
    AlreadyPending {
        /// The seat.
        seat: SeatId,
        /// The recipient.
        to: MemberId,
        /// How many are pending.
        pending: u32,
        /// The most.
        most: u32,
    },
    /// The contract has too few credits.
    #[error("the message stakes {price} and the contract has {available} available")]
    InsufficientCredits {
        /// What the message stakes.
        price: Credits,
        /// What the contract has left for it.
        available: Credits,
    },
    /// The contract has no such message.
    #[error("there is no message `{0}`")]
    UnknownMessage(MessageId),
    /// The contract has no such grant.
    #[error("there is no grant `{0}`")]
    UnknownGrant(GrantId),
    /// The conversation is not open to the writer.
    #[error("the conversation of message `{message}` is not open: {}", .why.text())]
    NotOpen {
        /// The message that began it.
        message: MessageId,
        /// Why.
        why: NotOpen,
    },
    /// The contract would hold more credits than any may.
    #[error(
        "the contract would have been granted more than {} credits",
        Credits::MOST
    )]
    TooManyCredits,
}

/// Why a conversation is not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotOpen {
    /// The recipient has not answered; answering is what responds.
    Unanswered,
    /// The recipient declined without a note, and only they may write.
    Declined,
}

impl NotOpen {
    const fn text(self) -> &'static str {
        match self {
            Self::Unanswered => "the recipient has not answered",
            Self::Declined => "the recipient said \"not interested\" without a note",
        }
    }
}

impl Refusal {
    /// Every code, in the order of the checks.
    pub const CODES: [&'static str; 20] = [
        "out_of_order",
        "unknown_seat",
        "duplicate_id",
        "subject_too_long",
        "body_too_long",
        "too_many_recipients",
        "contract_cancelled",
        "bulk_disabled",
        "bulk_restricted",
        "response_rate_too_low",
        "usage_limit_reached",
        "recipient_blocked",
        "recipient_closed",
        "recipient_busy",
        "already_pending",
        "insufficient_credits",
        "unknown_message",
        "unknown_grant",
        "not_open",
        "too_many_credits",
    ];

    /// Returns the stable code: what programs rely on. The wording may improve.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OutOfOrder { .. } => "out_of_order",
            Self::UnknownSeat(_) => "unknown_seat",
            Self::DuplicateId(_) => "duplicate_id",
            Self::SubjectTooLong { .. } => "subject_too_long",
            Self::BodyTooLong { .. } => "body_too_long",
            Self::TooManyRecipients { .. } => "too_many_recipients",
            Self::ContractCancelled(_) => "contract_cancelled",
            Self::BulkDisabled(_) => "bulk_disabled",
            Self::BulkRestricted { .. } => "bulk_restricted",
            Self::ResponseRateTooLow { .. } => "response_rate_too_low",
            Self::UsageLimitReached { .. } => "usage_limit_reached",
            Self::RecipientBlocked(_) => "recipient_blocked",
            Self::RecipientClosed(_) => "recipient_closed",
            Self::RecipientBusy { .. } => "recipient_busy",
            Self::AlreadyPending { .. } => "already_pending",
            Self::InsufficientCredits { .. } => "insufficient_credits",
            Self::UnknownMessage(_) => "unknown_message",
            Self::UnknownGrant(_) => "unknown_grant",
            Self::NotOpen { .. } => "not_open",
            Self::TooManyCredits => "too_many_credits",
        }
    }
}

/// Says why a command has no sense, whatever the contract: the caller's mistake, not a refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A grant of nothing.
    #[error("a grant has at least 1 credit")]
    NoCredits,
    /// A grant that ends before it starts, or as it does.
    #[error("the grant ends at {expires_at}, not after its start at {effective_at}")]
    EndsBeforeStart {
        /// Its end.
        expires_at: Timestamp,
        /// Its start: the command's instant where that is later.
        effective_at: Timestamp,
    },
    /// A policy version that would take effect in the past.
    #[error(
        "the version would take effect at {effective_at}, before the command at {at}; what is past is not judged again"
    )]
    VersionInThePast {
        /// Its instant.
        effective_at: Timestamp,
        /// The command's instant.
        at: Timestamp,
    },
    /// A contract with as many policy versions as one may have.
    #[error("a contract has at most 65,536 policy versions")]
    TooManyVersions,
    /// A policy that returns a stake as it is made.
    #[error("the policy returns every stake at the send; a `send` rule says `consumed`")]
    ReturnedAtSend,
    /// A send without recipients.
    #[error("a send has at least one recipient")]
    NoRecipients,
    /// A price of nothing: a member who asks for none has an open profile.
    #[error("a price is a whole number of credits, at least 1")]
    NoPrice,
}
