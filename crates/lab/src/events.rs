//! The log that a store's events tell.
//!
//! Owns: which events are messages, answers and sights. Does not own: reading a store. Invariants: events of one contract
//! are taken in their order; a message is told once, whatever policies ruled when it was sent.
//!
//! What a store cannot tell: messages that were refused are not in it, so that a looser policy has nothing more to send.

use earnest_backtest::log::{Gathering, Log, LogError, Row, Unfit};
use earnest_core::command::Side;
use earnest_core::event::{Event, Fact};
use earnest_core::policy::ResponseKind;
use earnest_core::units::{ContractId, MemberId, MessageId, SeatId, Timestamp};
use std::borrow::Cow;
use std::collections::HashMap;

/// A store's messages, as far as its events were taken.
#[derive(Default)]
pub struct StoreLog {
    messages: Vec<Sent>,
    places: HashMap<ContractId, HashMap<MessageId, usize>>,
    free: u64,
}

struct Sent {
    contract: ContractId,
    seat: SeatId,
    to: MemberId,
    sent_at: Timestamp,
    bulk: bool,
    response: Option<(Timestamp, ResponseKind)>,
    seen_at: Option<Timestamp>,
}

/// Says why a store's events are no log.
#[derive(Debug, thiserror::Error)]
pub enum NoLog {
    /// A message cannot be taken.
    #[error("`{name}` has a message that no log can have: {why}")]
    Unfit {
        /// The store.
        name: String,
        /// Why.
        why: Unfit,
    },
    /// The log cannot be made.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl StoreLog {
    /// Takes the next event of a contract.
    pub fn take(&mut self, contract: &ContractId, event: &Event) {
        let at = event.at;
        match &event.fact {
            // A message to an open profile stakes nothing and counts for no gate, under any policy.
            Fact::MessageSent { credits, .. } if credits.is_zero() => self.free += 1,
            Fact::MessageSent {
                message,
                seat,
                to,
                bulk,
                ..
            } => {
                let places = self.places.entry(contract.clone()).or_default();
                places.insert(message.clone(), self.messages.len());
                self.messages.push(Sent {
                    contract: contract.clone(),
                    seat: seat.clone(),
                    to: to.clone(),
                    sent_at: at,
                    bulk: *bulk,
                    response: None,
                    seen_at: None,
                });
            }
            Fact::MessageResponded {
                message, response, ..
            } => self.answer(contract, message, *response, at),
            // A late answer settles nothing here, and may be in time under another policy.
            Fact::ConversationMessage {
                message,
                from: Side::Member,
                response: Some(response),
                auto: false,
                ..
            } => self.answer(contract, message, *response, at),
            Fact::MessageSeen { message, .. } => {
                if let Some(sent) = self.find(contract, message) {
                    sent.seen_at = sent.seen_at.or(Some(at));
                }
            }
            _ => {}
        }
    }

    /// Returns how many messages were taken.
    #[must_use]
    pub const fn messages(&self) -> usize {
        self.messages.len()
    }

    /// Returns how many messages were left out because they stake nothing.
    #[must_use]
    pub const fn free(&self) -> u64 {
        self.free
    }

    /// Returns the log; `name` names the store in errors.
    ///
    /// # Errors
    /// When the store has no messages, or more than a log may have.
    pub fn finish(self, name: &str) -> Result<Log, NoLog> {
        let mut gathering = Gathering::default();
        for sent in &self.messages {
            let row = Row {
                id: None,
                contract: Cow::Borrowed(sent.contract.as_str()),
                seat: Cow::Borrowed(sent.seat.as_str()),
                recipient: Cow::Borrowed(sent.to.as_str()),
                sent_at: sent.sent_at,
                campaign: sent.bulk.then_some(Cow::Borrowed("bulk")),
                response: sent.response,
                seen_at: sent.seen_at,
            };
            gathering.add(&row).map_err(|why| NoLog::Unfit {
                name: name.to_owned(),
                why,
            })?;
        }
        Ok(gathering.finish(name)?)
    }

    fn answer(
        &mut self,
        contract: &ContractId,
        message: &MessageId,
        response: ResponseKind,
        at: Timestamp,
    ) {
        if let Some(sent) = self.find(contract, message) {
            sent.response = sent.response.or(Some((at, response)));
            // Whoever answers has seen the message.
            sent.seen_at = sent.seen_at.or(Some(at));
        }
    }

    fn find(&mut self, contract: &ContractId, message: &MessageId) -> Option<&mut Sent> {
        let place = *self.places.get(contract)?.get(message)?;
        self.messages.get_mut(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_core::Contract;
    use earnest_core::command::{
        AddSeat, Command, CreateContract, Letter, Recipient, Respond, Send,
    };
    use earnest_core::policy::preset;

    fn day(days: i64) -> Timestamp {
        let start = Timestamp::parse("2015-01-01T00:00:00Z").unwrap();
        start.plus_millis(days * 86_400_000)
    }

    fn respond(id: &str) -> Command {
        Command::Respond(Respond {
            message: MessageId::new(id).unwrap(),
            kind: ResponseKind::Accept,
            note: false,
            auto: false,
        })
    }

    #[test]
    fn events_tell_messages_with_their_answers_also_late_ones() {
        let create = CreateContract {
            id: ContractId::new("acme").unwrap(),
            name: String::new(),
            policy: preset::get("inmail-2015").unwrap(),
            allotments: true,
            bulk_disabled: false,
        };
        let (mut contract, first) = Contract::create(&create, day(0));
        let seat = SeatId::new("ana").unwrap();
        let mut events = vec![first];
        let mut submit = |command: &Command, at| {
            events.extend(contract.submit(command, at).unwrap());
        };
        let add = AddSeat {
            id: seat.clone(),
            seat_type: create.policy.first_seat_type(),
            usage_limit: None,
            bulk_disabled: false,
        };
        submit(&Command::AddSeat(add), day(0));
        for id in ["m1", "m2", "m3"] {
            let send = Send {
                seat: seat.clone(),
                letters: [Letter {
                    message: MessageId::new(id).unwrap(),
                    to: MemberId::new(format!("{id}-to")).unwrap(),
                    recipient: Recipient::default(),
                }]
                .into_iter()
                .collect(),
                campaign: None,
                subject_length: 0,
                body_length: 0,
            };
            submit(&Command::Send(send), day(1));
        }
        submit(&Command::Seen(MessageId::new("m3").unwrap()), day(2));
        submit(&respond("m1"), day(3));
        submit(&respond("m2"), day(200));
        let mut log = StoreLog::default();
        for event in &events {
            log.take(&create.id, event);
        }
        let log = log.finish("store").unwrap();
        let history = log.history(0).unwrap();
        let told: Vec<_> = history
            .messages()
            .iter()
            .map(|message| (message.responded_at(), message.seen_at()))
            .collect();
        assert_eq!(
            told,
            [
                (Some(day(3)), Some(day(3))),
                (Some(day(200)), Some(day(200))),
                (None, Some(day(2))),
            ]
        );
        assert_eq!((history.name(), history.seat_name(0)), ("acme", "ana"));
    }
}
