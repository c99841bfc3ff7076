//! Decides a send: one message, or a campaign that goes whole or not at all.
//!
//! The checks stand here in the order in which they are made, cheapest for the user to mend first; it is
//! the order of [`Refusal`]. A campaign is checked recipient by recipient, each as if those before had
//! been sent.

use super::{Context, Decided, Rejection};
use crate::command::{Accepts, Letter, Send};
use crate::policy::{Blocks, Gate, Policy, RuleRef, Settled};
use crate::refusal::{Malformed, Refusal};
use crate::state::change::{Change, Changes, Parts, Sent};
use crate::state::seats::{Figures, Seat};
use crate::units::{Credits, Timestamp};
use smallvec::smallvec;

pub(super) fn send<'a>(context: &Context<'_>, send: &'a Send) -> Decided<'a> {
    if send.letters.is_empty() {
        return Err(Malformed::NoRecipients.into());
    }
    let number = context
        .state
        .seats
        .find(&send.seat)
        .ok_or_else(|| Refusal::UnknownSeat(send.seat.clone()))?;
    let mut sending = Sending::new(context, send, number);
    let mut changes = Changes::new();
    for at in 0..send.letters.len() {
        let (earlier, rest) = send.letters.split_at(at);
        if let Some(letter) = rest.first() {
            sending.check(earlier, letter)?;
            changes.push(Change::Sent(sending.sent(letter)?));
        }
    }
    Ok(changes)
}

/// A send on its way: what the letters before have used up.
struct Sending<'a, 's> {
    context: &'a Context<'a>,
    send: &'s Send,
    policy: &'a Policy,
    version: u16,
    number: u32,
    seat: &'a Seat,
    /// The rolling window's figures, with the letters before.
    window: Option<Figures>,
    /// The credits that the letters before have drawn.
    drawn: Credits,
    on_send: Option<RuleRef>,
}

impl<'a, 's> Sending<'a, 's> {
    fn new(context: &'a Context<'a>, send: &'s Send, number: u32) -> Self {
        let version = context.version();
        let policy = context.policies.get(version);
        let seat = context.state.seats.get(number);
        let window = match &policy.gate {
            Gate::Thread(gate) => {
                Some(seat.window_figures(&context.state.messages, gate.window, context.at))
            }
            Gate::None | Gate::Ladder(_) => None,
        };
        Self {
            context,
            send,
            policy,
            version,
            number,
            seat,
            window,
            drawn: Credits::ZERO,
            on_send: policy.on_send(),
        }
    }

    fn check(&self, earlier: &[Letter], letter: &Letter) -> Result<(), Rejection> {
        if letter.recipient.price == Some(0) {
            return Err(Malformed::NoPrice.into());
        }
        self.check_shape(earlier, letter)?;
        self.context.refuse_if_cancelled()?;
        self.check_gate(letter)?;
        self.check_usage(earlier)?;
        self.check_recipient(earlier, letter)?;
        self.check_credits(letter)?;
        Ok(())
    }

    fn check_shape(&self, earlier: &[Letter], letter: &Letter) -> Result<(), Refusal> {
        let limits = &self.policy.message;
        let is_taken = self
            .context
            .state
            .messages
            .find(letter.message.as_str())
            .is_some();
        if is_taken || earlier.iter().any(|one| one.message == letter.message) {
            return Err(Refusal::DuplicateId(letter.message.to_string()));
        }
        if self.send.subject_length > limits.subject_most {
            return Err(Refusal::SubjectTooLong {
                length: self.send.subject_length,
                most: limits.subject_most,
            });
        }
        if self.send.body_length > limits.body_most {
            return Err(Refusal::BodyTooLong {
                length: self.send.body_length,
                most: limits.body_most,
            });
        }
        let count = self.send.letters.len();
        if u32::try_from(count).is_ok_and(|count| count <= limits.recipients_most) {
            Ok(())
        } else {
            Err(Refusal::TooManyRecipients {
                count,
                most: limits.recipients_most,
            })
        }
    }

    fn check_gate(&self, letter: &Letter) -> Result<(), Refusal> {
        let bulk = self.send.is_bulk();
        if bulk && (self.seat.bulk_disabled || self.context.state.bulk_disabled) {
            let seat = self.seat.bulk_disabled.then(|| self.seat.id.clone());
            return Err(Refusal::BulkDisabled(seat));
        }
        let blocks = self.blocks();
        if bulk && blocks != Blocks::Nothing {
            return Err(Refusal::BulkRestricted {
                seat: self.seat.id.clone(),
                until: self.seat.place.ends_at.unwrap_or(Timestamp::MAX),
            });
        }
        // A message to an open profile is neither checked nor counted.
        if letter.recipient.accepts == Accepts::Open {
            return Ok(());
        }
        let figures = match (&self.policy.gate, self.window) {
            (Gate::Thread(gate), Some(figures))
                if gate.check.fails(figures.sent, figures.responded) =>
            {
                figures
            }
            _ if blocks == Blocks::All => self.seat.place.figures,
            _ => return Ok(()),
        };
        Err(Refusal::ResponseRateTooLow {
            seat: self.seat.id.clone(),
            sent: figures.sent,
            responded: figures.responded,
        })
    }

    /// Returns what the seat's stage refuses.
    fn blocks(&self) -> Blocks {
        let (Gate::Ladder(ladder), Some(stage)) = (&self.policy.gate, self.seat.place.stage) else {
            return Blocks::Nothing;
        };
        ladder
            .stages
            .get(usize::from(stage))
            .map_or(Blocks::Nothing, |stage| stage.blocks)
    }

    fn check_usage(&self, earlier: &[Letter]) -> Result<(), Refusal> {
        let Some(limit) = self.seat.usage_limit else {
            return Ok(());
        };
        let (month, until) = self.context.state.month(self.context.at);
        let used = self.seat.used_in(month).saturating_add(count(earlier));
        if used < limit {
            return Ok(());
        }
        Err(Refusal::UsageLimitReached {
            seat: self.seat.id.clone(),
            used,
            limit,
            until,
        })
    }

    fn check_recipient(&self, earlier: &[Letter], letter: &Letter) -> Result<(), Refusal> {
        let wishes = &letter.recipient;
        if wishes.blocks {
            return Err(Refusal::RecipientBlocked(letter.to.clone()));
        }
        if wishes.accepts == Accepts::None {
            return Err(Refusal::RecipientClosed(letter.to.clone()));
        }
        let before = earlier.iter().filter(|one| one.to == letter.to).count();
        let before = u32::try_from(before).unwrap_or(u32::MAX);
        if let Some(cap) = wishes.daily_cap
            && wishes.received_today.saturating_add(before) >= cap
        {
            let to = letter.to.clone();
            return Err(Refusal::RecipientBusy { to, cap });
        }
        let pending = self
            .context
            .state
            .messages
            .pending(self.number, letter.to.as_str())
            .saturating_add(before);
        let most = self.policy.message.pending_most;
        if pending < most {
            return Ok(());
        }
        Err(Refusal::AlreadyPending {
            seat: self.seat.id.clone(),
            to: letter.to.clone(),
            pending,
            most,
        })
    }

    fn check_credits(&self, letter: &Letter) -> Result<(), Refusal> {
        let price = self.price(letter);
        let available = self.context.state.balance().available.minus(self.drawn);
        if available < price {
            return Err(Refusal::InsufficientCredits { price, available });
        }
        Ok(())
    }

    fn price(&self, letter: &Letter) -> Credits {
        let price = match letter.recipient.accepts {
            Accepts::Open => 0,
            Accepts::All | Accepts::None => {
                letter.recipient.price.unwrap_or(self.policy.message.price)
            }
        };
        Credits(u64::from(price))
    }

    fn sent(&mut self, letter: &'s Letter) -> Result<Sent<'s>, Rejection> {
        let credits = self.price(letter);
        let stake = self.draw(credits);
        let rule = self.on_send.filter(|_| !credits.is_zero());
        if let Some(rule) = rule {
            self.check_consumes(rule)?;
        }
        if let (Some(figures), false) = (&mut self.window, credits.is_zero()) {
            figures.sent = figures.sent.saturating_add(1);
        }
        Ok(Sent {
            send: self.send,
            letter,
            seat: self.number,
            version: self.version,
            credits: u32::try_from(credits.0).unwrap_or(u32::MAX),
            stake,
            rule,
        })
    }

    /// Draws credits, which must be there, from the contract's lots in burn order.
    fn draw(&mut self, credits: Credits) -> Parts {
        let pool = &self.context.state.pool;
        if let (true, Some((lot, has)), Ok(price)) = (
            self.drawn.is_zero(),
            pool.first_to_burn(),
            u32::try_from(credits.0),
        ) && has >= credits
            && price > 0
        {
            // Nearly every stake: all of it from the first lot.
            self.drawn = credits;
            return smallvec![(lot, price)];
        }
        let mut skip = self.drawn;
        let mut rest = credits;
        let mut parts = Parts::new();
        for (lot, has) in pool.in_burn_order() {
            if rest.is_zero() {
                break;
            }
            let skipped = has.min(skip);
            skip = skip.minus(skipped);
            let part = has.minus(skipped).min(rest);
            if !part.is_zero() {
                rest = rest.minus(part);
                // A price has 32 bits, so every part of one does.
                parts.push((lot, u32::try_from(part.0).unwrap_or(u32::MAX)));
            }
        }
        debug_assert!(
            rest.is_zero(),
            "INVARIANT: available is the sum of the lots"
        );
        self.drawn = self.drawn.plus(credits);
        parts
    }

    /// A rule that returned every stake at once would be no stake; policy files have no such rule.
    fn check_consumes(&self, rule: RuleRef) -> Result<(), Malformed> {
        match self.policy.rule(rule).map(|rule| rule.credit) {
            Some(Settled::Consumed) => Ok(()),
            Some(Settled::Returned) | None => Err(Malformed::ReturnedAtSend),
        }
    }
}

fn count(letters: &[Letter]) -> u32 {
    u32::try_from(letters.len()).unwrap_or(u32::MAX)
}
