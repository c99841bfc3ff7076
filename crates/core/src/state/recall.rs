//! Speaks again of messages that were forgotten, for as long as a caller needs it.
//!
//! Owns: what may be recalled. Does not own: where forgotten messages are kept.
//! Invariant: recalling changes nothing but what can be found: no count, no credit, no equality.

use super::State;
use super::messages::{RecallError, Recalled, has_ended};
use crate::units::{GrantId, MessageId};

impl State {
    /// Returns whether any message was ever forgotten: an unknown id may then be an old one.
    #[must_use]
    pub const fn forgets(&self) -> bool {
        self.messages.forgets()
    }

    /// Returns what to keep of a message so that it can be recalled once it is forgotten.
    #[must_use]
    pub fn to_keep(&self, id: &MessageId) -> Option<Recalled> {
        let message = self.messages.find(id.as_str())?;
        Some(Recalled {
            message: self.message(id)?,
            lot: message.only_lot().map(|lot| self.pool.id_of(lot)),
            lost: message.lost_at_once(),
        })
    }

    /// Brings a forgotten message back, until [`State::drop_recalled`]: it is then found by its id, takes late
    /// answers, sights, reports and follow-ups, and can be explained, as if it had been kept. What these change
    /// is read with [`State::message`] before it is dropped, and is the caller's to keep.
    ///
    /// # Errors
    /// When the message is not forgotten, has not ended, or is not of this contract; nothing has changed then.
    pub fn recall(&mut self, recalled: &Recalled) -> Result<(), RecallError> {
        let message = &recalled.message;
        let id = || message.id.clone();
        if !has_ended(message) {
            return Err(RecallError::NotEnded(id()));
        }
        if !self.forgets() || self.messages.find(message.id.as_str()).is_some() {
            return Err(RecallError::NotForgotten(id()));
        }
        if usize::from(message.version) >= self.versions.len() {
            return Err(RecallError::UnknownVersion(id(), message.version));
        }
        let seat = self.seats.find(&message.seat);
        let seat = seat.ok_or_else(|| RecallError::UnknownSeat(id(), message.seat.clone()))?;
        let number = |lot: &GrantId| self.pool.number_of(lot);
        let lot = recalled.lot.as_ref().and_then(number);
        self.messages.recall(recalled, seat, lot);
        Ok(())
    }

    /// Drops what was recalled.
    pub fn drop_recalled(&mut self) {
        self.messages.drop_recalled();
    }
}
