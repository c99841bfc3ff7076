//! Builds what cases commit: ids, events, messages, batches.

use crate::{
    Answer, Batch, ContractUpdate, Delivery, DeliveryState, NewMessage, Outcome, Put, Token,
    Writing,
};
use earnest_core::command::{Side, Source};
use earnest_core::event::{
    Event, ExpiryReason, Fact, FreshLot, Piece, ReturnedLot, StandingReason,
};
use earnest_core::policy::{GateTerms, ResponseKind, RuleRef, Standing, Terms};
use earnest_core::units::{
    CampaignId, ContractId, Credits, Days, GrantId, MemberId, MessageId, SeatId, SeatType,
    Timestamp,
};
use earnest_core::{Conversation, Credit, SettledBy, Status};
use std::sync::atomic::{AtomicU64, Ordering};

/// Returns a contract's id.
#[must_use]
pub fn contract(id: &str) -> ContractId {
    ContractId::new(id).unwrap()
}

/// Returns a seat's id.
#[must_use]
pub fn seat(id: &str) -> SeatId {
    SeatId::new(id).unwrap()
}

/// Returns a member's id.
#[must_use]
pub fn member(id: &str) -> MemberId {
    MemberId::new(id).unwrap()
}

/// Returns a campaign's id.
#[must_use]
pub fn campaign(id: &str) -> CampaignId {
    CampaignId::new(id).unwrap()
}

/// Returns a message's id.
#[must_use]
pub fn id(id: &str) -> MessageId {
    MessageId::new(id).unwrap()
}

/// Returns an instant, written as `2015-01-02T09:00:00Z`.
#[must_use]
pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// Returns the instant so many minutes after 2015-01-02T09:00:00Z; also before it.
#[must_use]
pub fn minute(minutes: i64) -> Timestamp {
    at("2015-01-02T09:00:00Z").plus_millis(minutes * 60_000)
}

/// Returns a token that was not given before.
#[must_use]
pub fn token() -> Token {
    static GIVEN: AtomicU64 = AtomicU64::new(0);
    // From the top down, so that all 128 bits are used.
    u128::MAX - u128::from(GIVEN.fetch_add(1, Ordering::Relaxed))
}

/// Returns the event by which a contract begins.
#[must_use]
pub fn created(contract: &ContractId, at: Timestamp) -> Event {
    Event {
        at,
        fact: Fact::ContractCreated {
            contract: contract.clone(),
            name: format!("the contract {contract}"),
            policy: "inmail-2015".into(),
            allotments: true,
            bulk_disabled: false,
            terms: terms(),
        },
    }
}

/// Returns an event that adds a seat.
#[must_use]
pub fn seat_added(id: &str, at: Timestamp) -> Event {
    Event {
        at,
        fact: Fact::SeatAdded {
            seat: seat(id),
            seat_type: SeatType::new("recruiter").unwrap(),
            usage_limit: Some(100),
            bulk_disabled: false,
        },
    }
}

/// Returns the event by which a message is sent.
#[must_use]
pub fn sent(message: &NewMessage) -> Event {
    Event {
        at: message.sent_at,
        fact: Fact::MessageSent {
            message: message.id.clone(),
            seat: message.seat.clone(),
            to: message.to.clone(),
            campaign: message.campaign.clone(),
            bulk: message.bulk,
            credits: Credits(u64::from(message.price)),
            deadline: message.deadline,
            version: u32::from(message.version),
            stake: [Piece {
                grant: GrantId::Made(1),
                credits: Credits(u64::from(message.price)),
            }]
            .into_iter()
            .collect(),
        },
    }
}

/// Returns a message from the seat `ana`; its event's number is set when it joins a [`Draft`].
#[must_use]
pub fn message(id: impl AsRef<str>, to: &str, sent_at: Timestamp) -> NewMessage {
    let id = MessageId::new(id).unwrap();
    NewMessage {
        seq: 0,
        seat: seat("ana"),
        to: member(to),
        campaign: None,
        bulk: false,
        sent_at,
        deadline: sent_at.plus(Days(90)),
        version: 0,
        price: 1,
        subject: format!("about {id}"),
        body: format!("Dear {to}, this is {id}."),
        id,
    }
}

/// Returns what became of a message that was answered in time.
#[must_use]
pub fn responded(message: &NewMessage, when: Timestamp, note: Option<&str>) -> Outcome {
    Outcome {
        status: Status::Responded,
        credit: Credit::Returned,
        settled_by: Some(SettledBy::Response),
        settled_at: Some(when),
        settled_seq: Some(message.seq + 2),
        responded_at: Some(when),
        response: Some(ResponseKind::Reply),
        note: note.map(str::to_owned),
        seen_at: Some(when),
        reported_at: None,
        conversation: Conversation::Open,
        ..Outcome::fresh(message.id.clone(), message.price)
    }
}

/// Returns what became of a message that nobody answered.
#[must_use]
pub fn lapsed(message: &NewMessage) -> Outcome {
    Outcome {
        status: Status::Lapsed,
        credit: Credit::Consumed,
        settled_by: Some(SettledBy::Lapse),
        settled_at: Some(message.deadline),
        settled_seq: Some(message.seq + 1),
        ..Outcome::fresh(message.id.clone(), message.price)
    }
}

/// Returns what a member wrote in a conversation.
#[must_use]
pub fn writing(message: &NewMessage, seq: u64, text: &str) -> Writing {
    Writing {
        message: message.id.clone(),
        seq,
        at: message.sent_at,
        from: Side::Member,
        response: None,
        auto: false,
        text: text.to_owned(),
    }
}

/// Returns the answer to a key.
#[must_use]
pub fn answer(space: &str, key: &str) -> Answer {
    let mut body = [0xff; 32];
    for (byte, of_key) in body.iter_mut().zip(key.bytes()) {
        *byte = of_key;
    }
    Answer {
        space: space.to_owned(),
        key: key.to_owned(),
        body,
        reply: format!("answered {key} of {space}").into_bytes(),
    }
}

/// Returns what writes a document.
#[must_use]
pub fn put(kind: &str, id: &str, expected: Option<u64>, body: &str) -> Put {
    Put {
        kind: kind.to_owned(),
        id: id.to_owned(),
        expected,
        body: Some(body.as_bytes().to_vec()),
    }
}

/// Returns what removes a document.
#[must_use]
pub fn removal(kind: &str, id: &str, expected: Option<u64>) -> Put {
    Put {
        body: None,
        ..put(kind, id, expected, "")
    }
}

/// Returns a delivery that waits: made at `made`, tried at `next_at`.
#[must_use]
pub fn delivery(
    webhook: &str,
    contract: &ContractId,
    seq: u64,
    made: Timestamp,
    next_at: Option<Timestamp>,
) -> Delivery {
    Delivery {
        webhook: webhook.to_owned(),
        contract: contract.clone(),
        seq,
        state: DeliveryState::Waiting,
        attempts: 0,
        next_at,
        created_at: made,
        tried_at: None,
        status: None,
        error: None,
    }
}

/// A batch that is being put together.
#[derive(Debug, Clone)]
#[must_use]
pub struct Draft(Batch);

impl Draft {
    /// Begins a contract, with one event.
    pub fn begin(id: &str) -> Self {
        Self::after(id, 0).event(created(&contract(id), minute(0)))
    }

    /// Goes on with a contract after its event of that number, still without events.
    pub fn after(id: &str, expected: u64) -> Self {
        Self(Batch {
            contract: contract(id),
            expected,
            token: token(),
            events: Vec::new(),
            messages: Vec::new(),
            outcomes: Vec::new(),
            writings: Vec::new(),
            answers: Vec::new(),
            update: ContractUpdate::default(),
        })
    }

    /// Adds an event.
    pub fn event(mut self, event: Event) -> Self {
        self.0.events.push(event);
        self
    }

    /// Adds an event that says nothing of interest.
    pub fn any_event(self) -> Self {
        let seq = self.newest() + 1;
        self.event(seat_added(&format!("seat-{seq}"), minute(0)))
    }

    /// Adds a message and the event that sends it.
    pub fn send(self, mut message: NewMessage) -> Self {
        message.seq = self.newest() + 1;
        let mut this = self.event(sent(&message));
        this.0.messages.push(message);
        this
    }

    /// Adds messages and the events that send them.
    pub fn send_all(self, messages: impl IntoIterator<Item = NewMessage>) -> Self {
        messages.into_iter().fold(self, Self::send)
    }

    /// Adds what became of a message.
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.0.outcomes.push(outcome);
        self
    }

    /// Adds what was written.
    pub fn write(mut self, writing: Writing) -> Self {
        self.0.writings.push(writing);
        self
    }

    /// Adds an answer to a key.
    pub fn answer(mut self, answer: Answer) -> Self {
        self.0.answers.push(answer);
        self
    }

    /// Sets when something falls due next.
    pub fn due(mut self, at: Timestamp) -> Self {
        self.0.update.next_due = Some(at);
        self
    }

    /// Sets the engine's notes.
    pub fn details(mut self, details: &[u8]) -> Self {
        self.0.update.details = Some(details.to_vec());
        self
    }

    /// Returns the number of the newest event.
    #[must_use]
    pub fn newest(&self) -> u64 {
        self.0.expected + self.0.events.len() as u64
    }

    /// Returns the batch.
    #[must_use]
    pub fn batch(self) -> Batch {
        self.0
    }
}

fn terms() -> Terms {
    Terms {
        window_days: Days(90),
        gate: GateTerms::Ladder {
            period_days: Days(30),
            stages: "warned,grace once,restricted".into(),
        },
    }
}

/// Returns an event of every kind, for a contract `c`, the largest credits and numbers among them.
#[must_use]
pub fn every_kind() -> Vec<Event> {
    let facts = [
        of_contracts(),
        of_grants(),
        of_messages(),
        of_stakes(),
        of_conversations(),
    ];
    (0..)
        .zip(facts.into_iter().flatten())
        .map(|(minutes, fact)| Event {
            at: minute(minutes).plus_millis(1),
            fact,
        })
        .collect()
}

fn of_contracts() -> Vec<Fact> {
    vec![
        created(&contract("c"), minute(0)).fact,
        seat_added("ana", minute(0)).fact,
        Fact::SeatChanged {
            seat: seat("ana"),
            usage_limit: None,
            bulk_disabled: true,
        },
        Fact::StandingChanged {
            seat: seat("ana"),
            from: Standing::Good,
            standing: Standing::Restricted,
            stage: Some(2),
            ends_at: Some(Timestamp::MAX),
            judges_previous: true,
            sent: u32::MAX,
            responded: 0,
            reason: StandingReason::Assessment,
        },
        Fact::PolicyAdded {
            policy: "thread-2020".into(),
            version: u32::MAX,
            effective_at: Timestamp::MIN,
            ahead: true,
            terms: Terms {
                window_days: Days(u32::MAX),
                gate: GateTerms::Thread {
                    window_days: Days(0),
                },
            },
        },
        Fact::ContractCancelled {
            credits: Credits::MOST,
        },
    ]
}

fn of_grants() -> Vec<Fact> {
    let grant = GrantId::new("g-1").unwrap();
    vec![
        Fact::GrantMade {
            grant: grant.clone(),
            credits: Credits::MOST,
            source: Source::Purchase,
            effective_at: minute(1),
            expires_at: None,
            priority: u32::MAX,
        },
        Fact::GrantStarted {
            grant: grant.clone(),
            credits: Credits::MOST,
        },
        Fact::GrantRevoked {
            grant: grant.clone(),
            credits: Credits::ZERO,
        },
        Fact::AllotmentGranted {
            grant: GrantId::Made(u32::MAX),
            seat: seat("ana"),
            credits: Credits(30),
            source: Source::Allotment,
            expires_at: Some(Timestamp::MAX),
            month: 7,
        },
        Fact::CreditsExpired {
            grant: grant.clone(),
            credits: Credits(1),
            reason: ExpiryReason::RolloverCap,
        },
        Fact::CreditsRevoked {
            grant,
            credits: Credits(2),
        },
    ]
}

fn of_messages() -> Vec<Fact> {
    let (message, seat) = (id("m"), seat("ana"));
    let bulk = NewMessage {
        campaign: Some(campaign("spring")),
        bulk: true,
        price: u32::MAX,
        version: u16::MAX,
        ..self::message("m", "bo", minute(0))
    };
    vec![
        sent(&bulk).fact,
        Fact::MessageSeen {
            message: message.clone(),
            seat: seat.clone(),
        },
        Fact::MessageResponded {
            message: message.clone(),
            seat: seat.clone(),
            response: ResponseKind::NotInterested,
            note: true,
        },
        Fact::MessageReported {
            message: message.clone(),
            seat: seat.clone(),
            again: true,
        },
        Fact::MessageLapsed { message, seat },
    ]
}

fn of_stakes() -> Vec<Fact> {
    let lot = |grant, fresh| ReturnedLot {
        grant,
        credits: Credits(1),
        fresh,
    };
    let fresh = FreshLot {
        expires_at: Some(minute(9)),
        counts_for_cap: true,
    };
    vec![
        Fact::StakeReturned {
            message: id("m"),
            seat: seat("ana"),
            credits: Credits(2),
            rule: RuleRef(u16::MAX),
            lots: [
                lot(GrantId::Made(2), Some(fresh)),
                lot(GrantId::new("g-1").unwrap(), None),
            ]
            .into_iter()
            .collect(),
        },
        Fact::StakeConsumed {
            message: id("m"),
            seat: seat("ana"),
            credits: Credits(1),
            rule: RuleRef(0),
        },
    ]
}

fn of_conversations() -> Vec<Fact> {
    let said = |from, response| Fact::ConversationMessage {
        message: id("m"),
        seat: seat("ana"),
        from,
        response,
        note: true,
        auto: true,
    };
    vec![
        said(Side::Member, Some(ResponseKind::Accept)),
        said(Side::Seat, None),
    ]
}
