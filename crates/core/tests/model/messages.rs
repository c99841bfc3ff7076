//! Messages: the checks of a send in their order, answers, reports, lapses, conversations.

use super::{Answer, Model, refused};
use earnest_core::command::{Accepts, FollowUp, Letter, Respond, Send, Side};
use earnest_core::policy::{Blocks, Policy, ResponseKind, Rule, Settled, Trigger};
use earnest_core::units::{MemberId, MessageId, SeatId, Timestamp, add_months};
use std::sync::Arc;

/// One message.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) id: MessageId,
    pub(crate) seat: SeatId,
    pub(crate) to: MemberId,
    pub(crate) sent_at: Timestamp,
    pub(crate) deadline: Timestamp,
    /// The policy in force at the send: it settles the message.
    pub(crate) policy: Arc<Policy>,
    pub(crate) price: u64,
    /// The lots that the stake came from, in the order drawn.
    pub(crate) pieces: Vec<(usize, u64)>,
    pub(crate) status: Status,
    pub(crate) credit: Credit,
    pub(crate) seen_at: Option<Timestamp>,
    pub(crate) conversation: Conversation,
    pub(crate) reported_at: Option<Timestamp>,
    /// The first answer: when, of what kind, whether with a note.
    pub(crate) answer: Option<(Timestamp, ResponseKind, bool)>,
    pub(crate) settled_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Pending,
    Responded,
    Lapsed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credit {
    Held,
    Returned,
    Consumed,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conversation {
    /// Nobody has answered.
    Unanswered,
    /// The recipient declined without a note; only they may write.
    Closed,
    Open,
}

impl Message {
    pub(crate) fn is_pending(&self) -> bool {
        self.status == Status::Pending
    }

    fn seen_in_window(&self) -> bool {
        self.seen_at.is_some_and(|at| at <= self.deadline)
    }
}

impl Model {
    pub(crate) fn send(&mut self, send: &Send, at: Timestamp) -> Answer {
        if send.letters.is_empty() {
            return refused("malformed");
        }
        let Some(seat) = self.seat_at(&send.seat) else {
            return refused("unknown_seat");
        };
        // "Checked recipient by recipient as if those before had been sent, and goes whole or not at all."
        let mut after = self.clone();
        for n in 0..send.letters.len() {
            after.send_one(seat, send, n, at)?;
        }
        *self = after;
        Ok(())
    }

    /// Makes every check for the recipient `n` in the documented order, and sends.
    fn send_one(&mut self, seat: usize, send: &Send, n: usize, at: Timestamp) -> Answer {
        let letter = &send.letters[n];
        let policy = self.policy();
        let rules = &policy.message;
        if self.message_at(&letter.message).is_some() {
            return refused("duplicate_id");
        }
        if send.subject_length > rules.subject_most {
            return refused("subject_too_long");
        }
        if send.body_length > rules.body_most {
            return refused("body_too_long");
        }
        if send.letters.len() > usize::try_from(rules.recipients_most).unwrap() {
            return refused("too_many_recipients");
        }
        if self.cancelled {
            return refused("contract_cancelled");
        }
        // "A send with a campaign is bulk even alone"; two or more recipients are bulk in any case.
        if send.campaign.is_some() || send.letters.len() > 1 {
            if self.bulk_disabled || self.seats[seat].bulk_disabled {
                return refused("bulk_disabled");
            }
            if self.stage_blocks(seat) != Blocks::Nothing {
                return refused("bulk_restricted");
            }
        }
        self.send_letter(seat, letter, &send.letters[..n], at)
    }

    /// Makes the checks that depend on the recipient, and sends.
    fn send_letter(
        &mut self,
        seat: usize,
        letter: &Letter,
        before: &[Letter],
        at: Timestamp,
    ) -> Answer {
        let policy = self.policy();
        let id = self.seats[seat].id.clone();
        let wishes = &letter.recipient;
        let earlier_today = before.iter().filter(|other| other.to == letter.to).count();
        let today = wishes.received_today + u32::try_from(earlier_today).unwrap();
        let price = match wishes.accepts {
            Accepts::Open => 0,
            Accepts::All | Accepts::None => u64::from(wishes.price.unwrap_or(policy.message.price)),
        };
        if price > 0 && (self.thread_refuses(&id, at) || self.stage_blocks(seat) == Blocks::All) {
            return refused("response_rate_too_low");
        }
        if self.seats[seat]
            .usage_limit
            .is_some_and(|limit| self.sent_this_month(&id, at) >= limit)
        {
            return refused("usage_limit_reached");
        }
        if wishes.blocks {
            return refused("recipient_blocked");
        }
        if wishes.accepts == Accepts::None {
            return refused("recipient_closed");
        }
        if wishes.daily_cap.is_some_and(|cap| today >= cap) {
            return refused("recipient_busy");
        }
        let pending = self.messages.iter().filter(|message| {
            message.seat == id && message.to == letter.to && message.is_pending()
        });
        if pending.count() >= usize::try_from(policy.message.pending_most).unwrap() {
            return refused("already_pending");
        }
        if price > self.available() {
            return refused("insufficient_credits");
        }
        let pieces = self.draw(price);
        self.messages.push(Message {
            id: letter.message.clone(),
            seat: id,
            to: letter.to.clone(),
            sent_at: at,
            deadline: at.plus(policy.settlement.window),
            policy,
            price,
            pieces,
            status: Status::Pending,
            credit: if price > 0 {
                Credit::Held
            } else {
                Credit::None
            },
            seen_at: None,
            conversation: Conversation::Unanswered,
            reported_at: None,
            answer: None,
            settled_at: None,
        });
        self.settle(self.messages.len() - 1, at, |rule| rule.on == Trigger::Send);
        Ok(())
    }

    /// Counts the seat's sends since the contract's month began.
    pub(crate) fn sent_this_month(&self, seat: &SeatId, at: Timestamp) -> u32 {
        let month = (0..)
            .map(|n| add_months(self.start, n))
            .take_while(|start| *start <= at)
            .last();
        let sent =
            |message: &&super::Message| message.seat == *seat && Some(message.sent_at) >= month;
        u32::try_from(self.messages.iter().filter(sent).count()).unwrap()
    }

    pub(crate) fn respond(&mut self, respond: &Respond, at: Timestamp) -> Answer {
        let Some(m) = self.message_at(&respond.message) else {
            return refused("unknown_message");
        };
        if respond.auto && !self.messages[m].policy.auto_counts {
            return Ok(());
        }
        self.mark_seen(m, at);
        let message = &mut self.messages[m];
        message
            .answer
            .get_or_insert((at, respond.kind, respond.note));
        message.conversation = match (respond.kind, respond.note) {
            (ResponseKind::NotInterested, false) => Conversation::Closed,
            (ResponseKind::NotInterested, true)
            | (ResponseKind::Reply | ResponseKind::Accept, _) => Conversation::Open,
        };
        if message.is_pending() {
            message.status = Status::Responded;
            let after = at.millis() - message.sent_at.millis();
            self.settle(m, at, |rule| {
                rule.on == Trigger::Response
                    && rule.kinds.has(respond.kind)
                    && rule.note.is_none_or(|note| note == respond.note)
                    && rule.within.is_none_or(|days| after <= days.millis())
            });
        }
        Ok(())
    }

    pub(crate) fn seen(&mut self, id: &MessageId, at: Timestamp) -> Answer {
        let Some(m) = self.message_at(id) else {
            return refused("unknown_message");
        };
        self.mark_seen(m, at);
        Ok(())
    }

    pub(crate) fn report(&mut self, id: &MessageId, at: Timestamp) -> Answer {
        let Some(m) = self.message_at(id) else {
            return refused("unknown_message");
        };
        self.mark_seen(m, at);
        self.messages[m].reported_at.get_or_insert(at);
        self.settle(m, at, |rule| rule.on == Trigger::Report);
        Ok(())
    }

    pub(crate) fn follow_up(&mut self, follow_up: &FollowUp) -> Answer {
        let Some(m) = self.message_at(&follow_up.message) else {
            return refused("unknown_message");
        };
        match (follow_up.from, self.messages[m].conversation) {
            (_, Conversation::Unanswered) | (Side::Seat, Conversation::Closed) => {
                refused("not_open")
            }
            (Side::Seat, Conversation::Open) if follow_up.blocked => refused("recipient_blocked"),
            (Side::Member, _) | (Side::Seat, Conversation::Open) => {
                self.messages[m].conversation = Conversation::Open;
                Ok(())
            }
        }
    }

    /// The window has ended and nobody answered: recorded at the deadline.
    pub(crate) fn lapse(&mut self, m: usize) {
        self.messages[m].status = Status::Lapsed;
        let seen = self.messages[m].seen_in_window();
        let at = self.messages[m].deadline;
        self.settle(m, at, |rule| {
            rule.on == Trigger::Lapse && rule.seen.is_none_or(|wanted| wanted == seen)
        });
    }

    /// Ends the stake by the first rule that applies, where one does and the stake has not ended.
    fn settle(&mut self, m: usize, at: Timestamp, applies: impl Fn(&Rule) -> bool) {
        let message = self.messages[m].clone();
        if message.credit != Credit::Held {
            return;
        }
        let rule = message
            .policy
            .settlement
            .rules
            .iter()
            .find(|rule| applies(rule));
        match rule.map(|rule| rule.credit) {
            None => {}
            Some(Settled::Consumed) => {
                self.messages[m].credit = Credit::Consumed;
                self.messages[m].settled_at = Some(at);
                self.moved.push(super::Moved::Consumed(message.price));
            }
            Some(Settled::Returned) => {
                self.messages[m].credit = Credit::Returned;
                self.messages[m].settled_at = Some(at);
                let policy = &message.policy;
                self.give_back(&message.pieces, policy.returned, policy.expires_after, at);
            }
        }
    }

    fn mark_seen(&mut self, m: usize, at: Timestamp) {
        self.messages[m].seen_at.get_or_insert(at);
    }

    fn message_at(&self, id: &MessageId) -> Option<usize> {
        self.messages.iter().position(|message| message.id == *id)
    }
}
