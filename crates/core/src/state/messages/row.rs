//! Lays one message out in 48 bytes, and a thousand of them in a chunk with their ids' text.

use super::outcome::{Conversation, Credit, SettledBy, Status};
use crate::invariant::known;
use crate::policy::ResponseKind;

/// How many messages a chunk holds.
pub(super) const CHUNK: usize = 1024;
/// Stands for an instant that has not come.
pub(super) const NEVER: i64 = i64::MIN;

/// One message, 48 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) sent_at: i64,
    pub(super) seen_at: i64,
    pub(super) answered_at: i64,
    pub(super) text: u32,
    pub(super) seat: u32,
    /// The lot of a stake from one lot; see `stakes` for the others.
    pub(super) lot: u32,
    pub(super) credits: u32,
    pub(super) version: u16,
    pub(super) id_length: u8,
    pub(super) to_length: u8,
    pub(super) status: Status,
    /// What became of the credit, in the low two bits, and what settled it above them.
    pub(super) stake: u8,
    /// Who may write on, in the low two bits, and the first answer's kind above them.
    pub(super) talk: u8,
    pub(super) flags: u8,
}

impl Row {
    pub(super) const BULK: u8 = 1;
    pub(super) const NOTE: u8 = 2;
    pub(super) const REPORTED: u8 = 4;
    /// The stake was drawn from several lots.
    pub(super) const SPREAD: u8 = 8;
    /// Returned credits were lost at once: their lot had ended.
    pub(super) const ENDED: u8 = 16;
    /// Returned credits were lost at once: their lot had been revoked.
    pub(super) const REVOKED: u8 = 32;
    /// The stake had been drawn from several lots and has ended.
    pub(super) const WAS_SPREAD: u8 = 64;

    pub(super) const fn is(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub(super) const fn credit(&self) -> Credit {
        match self.stake & 3 {
            0 => Credit::None,
            1 => Credit::Held,
            2 => Credit::Returned,
            _ => Credit::Consumed,
        }
    }

    pub(super) const fn settled_by(&self) -> Option<SettledBy> {
        match self.stake >> 2 {
            0 => None,
            1 => Some(SettledBy::Send),
            2 => Some(SettledBy::Response),
            3 => Some(SettledBy::Report),
            _ => Some(SettledBy::Lapse),
        }
    }

    pub(super) const fn set_credit(&mut self, credit: Credit, by: Option<SettledBy>) {
        let credit = match credit {
            Credit::None => 0,
            Credit::Held => 1,
            Credit::Returned => 2,
            Credit::Consumed => 3,
        };
        let by = match by {
            None => 0,
            Some(SettledBy::Send) => 1,
            Some(SettledBy::Response) => 2,
            Some(SettledBy::Report) => 3,
            Some(SettledBy::Lapse) => 4,
        };
        self.stake = by << 2 | credit;
    }

    pub(super) const fn conversation(&self) -> Conversation {
        match self.talk & 3 {
            0 => Conversation::Unanswered,
            1 => Conversation::Declined,
            _ => Conversation::Open,
        }
    }

    pub(super) const fn set_conversation(&mut self, conversation: Conversation) {
        let bits = match conversation {
            Conversation::Unanswered => 0,
            Conversation::Declined => 1,
            Conversation::Open => 2,
        };
        self.talk = self.talk & !3 | bits;
    }

    pub(super) const fn answer(&self) -> Option<ResponseKind> {
        match self.talk >> 2 {
            0 => None,
            1 => Some(ResponseKind::Reply),
            2 => Some(ResponseKind::Accept),
            _ => Some(ResponseKind::NotInterested),
        }
    }

    pub(super) const fn set_answer(&mut self, kind: ResponseKind) {
        let bits: u8 = match kind {
            ResponseKind::Reply => 1,
            ResponseKind::Accept => 2,
            ResponseKind::NotInterested => 3,
        };
        self.talk = bits << 2 | self.talk & 3;
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) rows: Vec<Row>,
    pub(super) text: Vec<u8>,
}

/// A copy has room for as many messages as the original: the next may follow at once.
impl Clone for Chunk {
    fn clone(&self) -> Self {
        let mut copy = Self {
            rows: Vec::with_capacity(self.rows.capacity()),
            text: Vec::with_capacity(self.text.capacity()),
        };
        copy.rows.extend_from_slice(&self.rows);
        copy.text.extend_from_slice(&self.text);
        copy
    }
}

impl Chunk {
    /// Returns about how many bytes are held.
    pub(super) fn weight(&self) -> usize {
        let rows = self.rows.capacity().saturating_mul(size_of::<Row>());
        rows.saturating_add(self.text.capacity())
    }
}

pub(super) fn text_of<'a>(chunk: &'a Chunk, row: &Row, skip: u8, length: u8) -> &'a [u8] {
    let from = usize::try_from(row.text)
        .unwrap_or(usize::MAX)
        .saturating_add(usize::from(skip));
    let to = from.saturating_add(usize::from(length));
    known(chunk.text.get(from..to), "a row's text is in its chunk")
}
