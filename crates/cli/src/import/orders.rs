//! Turns a contract's part of a log into orders.

use super::names::{self, Names};
use super::{Import, Shared};
use crate::error::Error;
use earnest_backtest::log::{Action, ActionKind, History, Message};
use earnest_core::command::{PRIORITY, Source};
use earnest_core::policy::ResponseKind;
use earnest_core::units::{
    CampaignId, ContractId, Credits, GrantId, MemberId, MessageId, SeatId, Timestamp,
};
use earnest_engine::{
    Author, NewContract, NewGrant, NewLetter, NewResponse, NewSeat, Order, Reply, What,
};

/// The lot that messages are paid from where credits are unlimited.
pub(super) const UNLIMITED: &str = "unlimited";

/// What an order is about, by which its answer is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// The contract itself.
    Contract,
    /// A seat, or the credits.
    SetUp,
    /// A message, by its place.
    Send(usize),
    /// A sight of a message, at an instant.
    Seen(Timestamp),
    /// An answer to a message.
    Answer,
}

impl About {
    /// Returns whether an order that was accepted has added something: a sight of what was seen before adds
    /// nothing.
    pub(super) fn adds(self, reply: &Reply) -> bool {
        match (self, reply) {
            (Self::Seen(at), Reply::Message(message)) => message.seen_at == Some(at),
            _ => true,
        }
    }
}

/// Makes the orders of one contract.
pub(super) struct Teller<'i> {
    import: &'i Import,
    names: &'i Names,
    history: History<'i>,
    contract: ContractId,
    seats: Vec<SeatId>,
}

impl<'i> Teller<'i> {
    pub(super) fn new(shared: &'i Shared, number: usize) -> Result<Self, Error> {
        let import = &*shared.import;
        let history = import.log.history(number);
        let history = history.ok_or_else(|| Error::Input("the log has no such contract".into()))?;
        Ok(Self {
            contract: names::contract(&history)?,
            seats: names::seats(&history)?,
            names: &shared.names,
            history,
            import,
        })
    }

    pub(super) fn contract(&self) -> &ContractId {
        &self.contract
    }

    fn order(&self, what: What, at: Timestamp) -> Order {
        Order {
            contract: self.contract.clone(),
            what,
            author: Author::Import,
            at: Some(self.import.moved(at)),
            key: None,
        }
    }

    /// Returns how many orders begin the contract.
    pub(super) fn set_up_count(&self) -> usize {
        1 + self.seats.len() + usize::from(!self.import.is_granted())
    }

    /// Returns the orders that begin the contract: itself, its seats, and its credits.
    pub(super) fn set_up(&self) -> Result<Vec<(About, Order)>, Error> {
        let start = self.history.start();
        let granted = self.import.is_granted();
        let create = What::Create(NewContract {
            name: self.import.words.contract(self.history.name()),
            policy: self.import.policy.name.to_string(),
            starts_at: None,
            allotments: granted,
            bulk_disabled: false,
        });
        let mut orders = vec![(About::Contract, self.order(create, start))];
        for seat in &self.seats {
            let seat = What::AddSeat(NewSeat {
                id: Some(seat.clone()),
                seat_type: None,
                usage_limit: None,
                bulk_disabled: false,
            });
            orders.push((About::SetUp, self.order(seat, start)));
        }
        if !granted {
            let grant = What::Grant(NewGrant {
                id: Some(names::of(UNLIMITED, GrantId::new(UNLIMITED))?),
                credits: Credits::MOST,
                source: Source::Purchase,
                effective_at: None,
                expires_at: None,
                priority: PRIORITY,
            });
            orders.push((About::SetUp, self.order(grant, start)));
        }
        Ok(orders)
    }

    /// Returns what happened, up to the end of what is told.
    pub(super) fn actions(&self) -> &'i [Action] {
        let all = self.history.actions();
        let Some(until) = self.import.until else {
            return all;
        };
        let told = |action: &Action| {
            self.at(*action)
                .is_some_and(|at| self.import.moved(at) <= until)
        };
        let count = all.partition_point(told);
        all.get(..count).unwrap_or_default()
    }

    fn message(&self, action: Action) -> Option<&'i Message> {
        self.history.messages().get(action.message())
    }

    fn at(&self, action: Action) -> Option<Timestamp> {
        let message = self.message(action)?;
        match action.kind() {
            ActionKind::Send => Some(message.sent_at()),
            ActionKind::Seen => message.seen_at(),
            ActionKind::Respond => message.responded_at(),
        }
    }

    /// Returns the order that tells of an action.
    pub(super) fn tell(&self, action: Action) -> Result<Option<(About, Order)>, Error> {
        let (Some(message), Some(at)) = (self.message(action), self.at(action)) else {
            return Ok(None);
        };
        let place = action.message();
        let id = self
            .names
            .message(&self.import.log, &self.history, place, message)?;
        let (about, what) = match action.kind() {
            ActionKind::Send => (About::Send(place), self.send(message, id)?),
            ActionKind::Seen => (About::Seen(self.import.moved(at)), What::Seen(id)),
            ActionKind::Respond => {
                let response = NewResponse {
                    message: id,
                    kind: message.response().unwrap_or(ResponseKind::Reply),
                    note: self.import.words.note(message),
                    auto: false,
                };
                (About::Answer, What::Respond(response))
            }
        };
        Ok(Some((about, self.order(what, at))))
    }

    fn send(&self, message: &Message, id: MessageId) -> Result<What, Error> {
        let named = || self.import.log.recipient_name(message.recipient());
        let to = self.import.words.recipient(message).unwrap_or_else(named);
        let seat = usize::try_from(message.seat()).ok();
        let seat = seat.and_then(|seat| self.seats.get(seat));
        let seat = seat.ok_or_else(|| Error::Input("the log has no such seat".to_owned()))?;
        let campaign = match self.import.log.campaign(message) {
            Some(name) => Some(names::of(name, CampaignId::new(name))?),
            None => None,
        };
        let (subject, body) = self.import.words.message(message);
        Ok(What::Send(NewLetter {
            id: Some(id),
            seat: seat.clone(),
            to: names::of(to, MemberId::new(to))?,
            campaign,
            subject,
            body,
        }))
    }
}
