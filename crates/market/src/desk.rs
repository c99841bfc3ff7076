//! A sender's contract: where what people want meets the rules.
//!
//! Owns: putting sends and answers to core in order of time. Does not own: any rule, nor what people want.
//! Invariant: everything that happens to a sender's messages and credits is decided by a real contract.

use earnest_core::command::{
    AddSeat, Command, CreateContract, Grant, Letter, PRIORITY, Recipient, Respond, Send, Source,
};
use earnest_core::policy::{Policy, ResponseKind, Standing};
use earnest_core::units::{
    CampaignId, ContractId, Credits, GrantId, IdError, MemberId, MessageId, SeatId, Timestamp,
};
use earnest_core::{Contract, Rejection};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A contract with one seat, and what its recipients will still do.
pub(crate) struct Desk {
    contract: Contract,
    seat: SeatId,
    campaign: CampaignId,
    next: u32,
    coming: BTreeMap<(Timestamp, u32), Coming>,
    /// Standings that nobody has been told of yet.
    stood: Vec<(Timestamp, Standing)>,
    answers: u32,
}

/// What a recipient will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coming {
    /// Open the message.
    Seen,
    /// Answer it.
    Answer(ResponseKind),
}

/// Why a desk could not be set up: never, as its names are made of numbers and its commands are in order.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSetUp {
    #[error(transparent)]
    Id(#[from] IdError),
    #[error("a contract's first commands were rejected")]
    Rejected,
}

impl From<Rejection> for NotSetUp {
    fn from(_: Rejection) -> Self {
        Self::Rejected
    }
}

impl Desk {
    /// Begins a contract at `at`. A policy that allots nothing runs on unlimited credits.
    pub(crate) fn open(policy: &Arc<Policy>, number: u32, at: Timestamp) -> Result<Self, NotSetUp> {
        let create = CreateContract {
            id: ContractId::new(itoa::Buffer::new().format(number))?,
            name: String::new(),
            policy: Arc::clone(policy),
            allotments: policy.allots(),
            bulk_disabled: false,
        };
        let (mut contract, _) = Contract::create(&create, at);
        let seat = SeatId::new("seat")?;
        let add = AddSeat {
            id: seat.clone(),
            seat_type: policy.first_seat_type(),
            usage_limit: None,
            bulk_disabled: false,
        };
        contract.submit(&Command::AddSeat(add), at)?;
        if !policy.allots() {
            let grant = Grant {
                id: GrantId::new("unlimited")?,
                credits: Credits::MOST,
                source: Source::Purchase,
                effective_at: None,
                expires_at: None,
                priority: PRIORITY,
            };
            contract.submit(&Command::Grant(grant), at)?;
        }
        Ok(Self {
            contract,
            seat,
            campaign: CampaignId::new("campaign")?,
            next: 0,
            coming: BTreeMap::new(),
            stood: Vec::new(),
            answers: 0,
        })
    }

    /// Sends to these members at `at`, as one campaign or, with one member, alone. Returns the first message's
    /// number, or the code of the refusal.
    pub(crate) fn send(
        &mut self,
        to: &[u32],
        bulk: bool,
        at: Timestamp,
    ) -> Result<u32, &'static str> {
        self.run_to(at);
        let first = self.next;
        let mut letters = SmallVec::new();
        for (message, member) in (first..).zip(to) {
            let mut digits = itoa::Buffer::new();
            let Ok(to) = MemberId::new(digits.format(*member)) else {
                continue;
            };
            letters.extend(named(message).map(|message| Letter {
                message,
                to,
                recipient: Recipient::default(),
            }));
        }
        let send = Send {
            seat: self.seat.clone(),
            letters,
            campaign: bulk.then(|| self.campaign.clone()),
            subject_length: 0,
            body_length: 0,
        };
        self.submit(&Command::Send(send), at)?;
        self.next = self
            .next
            .saturating_add(u32::try_from(to.len()).unwrap_or(u32::MAX));
        Ok(first)
    }

    /// Lets a recipient do something later.
    pub(crate) fn expect(&mut self, message: u32, at: Timestamp, coming: Coming) {
        self.coming.insert((at, message), coming);
    }

    /// Lets everything happen up to `at`.
    pub(crate) fn run_to(&mut self, at: Timestamp) {
        while let Some(entry) = self.coming.first_entry() {
            let &(when, message) = entry.key();
            if when > at {
                break;
            }
            let coming = entry.remove();
            let Some(message) = named(message) else {
                continue;
            };
            let command = match coming {
                Coming::Seen => Command::Seen(message),
                Coming::Answer(kind) => {
                    self.answers = self.answers.saturating_add(1);
                    Command::Respond(Respond {
                        message,
                        kind,
                        note: false,
                        auto: false,
                    })
                }
            };
            // What comes to a message that lapsed long ago changes nothing that is counted.
            let _ = self.submit(&command, when);
        }
        let stood = &mut self.stood;
        self.contract
            .advance_to(at, &mut |_, standing, at| stood.push((at, standing)));
    }

    fn submit(&mut self, command: &Command, at: Timestamp) -> Result<(), &'static str> {
        let stood = &mut self.stood;
        let done = self.contract.advance(command, at, &mut |_, standing, at| {
            stood.push((at, standing));
        });
        done.map_err(|rejection| match rejection {
            Rejection::Refused(refusal) => refusal.code(),
            Rejection::Malformed(_) => "malformed",
        })
    }

    /// Lets go of what no rule looks back to.
    pub(crate) fn forget(&mut self) {
        self.contract.forget();
    }

    /// Returns how the seat stands at `at`; the contract must have run to it.
    pub(crate) fn standing(&self, at: Timestamp) -> Standing {
        let seat = self.contract.seat(&self.seat, at);
        seat.map_or(Standing::Good, |seat| seat.standing)
    }

    /// Returns the changes of standing since it was last asked.
    pub(crate) fn take_stood(&mut self) -> Vec<(Timestamp, Standing)> {
        std::mem::take(&mut self.stood)
    }

    /// Returns how many answers came since it was last asked.
    pub(crate) fn take_answers(&mut self) -> u32 {
        std::mem::take(&mut self.answers)
    }

    /// Returns the credits that are free.
    pub(crate) fn available(&self) -> u64 {
        self.contract.state().balance().available.0
    }

    /// Returns the credits that are gone with stakes so far, and the stakes that came back.
    pub(crate) fn settled(&self) -> (u64, u64) {
        let state = self.contract.state();
        (state.balance().consumed.0, state.counts().returned)
    }
}

fn named(message: u32) -> Option<MessageId> {
    MessageId::new(itoa::Buffer::new().format(message)).ok()
}
