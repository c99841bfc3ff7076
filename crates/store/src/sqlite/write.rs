//! Writes a batch.
//!
//! Owns: the checks of a commit, and what it writes where. Does not own: the transaction around it.
//! Invariant: all checks come before the first change, save one: whether a message's place is free is found by
//! inserting it, and what was inserted before it of the same batch is taken back.

use super::answers;
use super::commit::Prepared;
use super::entry::{self, Item};
use super::fault::Step;
use super::follow::Listed;
use super::place::Place;
use super::scan;
use super::writer::Writer;
use crate::batch::{Answer, NewMessage, Writing};
use crate::code::Code;
use crate::error::StoreError;
use crate::message::Outcome;
use crate::read::Position;
use earnest_core::units::{CampaignId, ContractId, MessageId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Statement, params};
use std::collections::HashMap;

/// What is known of a contract.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    number: u32,
    seq: u64,
    next_due: Option<Timestamp>,
}

/// The statements that every commit needs.
pub(super) struct Statements<'c> {
    pub(super) begin: Statement<'c>,
    pub(super) commit: Statement<'c>,
    pub(super) roll_back: Statement<'c>,
    log: Statement<'c>,
    message: Statement<'c>,
    head: Statement<'c>,
}

impl<'c> Statements<'c> {
    pub(super) fn prepare(connection: &'c Connection) -> Step<Self> {
        Ok(Self {
            begin: connection.prepare("BEGIN IMMEDIATE")?,
            commit: connection.prepare("COMMIT")?,
            roll_back: connection.prepare("ROLLBACK")?,
            log: connection.prepare(
                "INSERT INTO log (pos, contract, first, count, token, events, sent, answers) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?,
            message: connection.prepare(
                "INSERT INTO messages VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) \
                 ON CONFLICT DO NOTHING",
            )?,
            head: connection
                .prepare("UPDATE contracts SET seq = ?2, token = ?3 WHERE number = ?1")?,
        })
    }
}

/// The places of messages that a batch names.
type Places = HashMap<MessageId, Place>;

impl Writer<'_> {
    /// Writes a batch, unless it conflicts.
    pub(super) fn write(&mut self, batch: &Prepared) -> Step<Position> {
        let head = self.head(&batch.contract)?;
        if head.map_or(0, |head| head.seq) != batch.expected || self.is_taken(batch)? {
            return Err(StoreError::Conflict.into());
        }
        let mut places = self.places_of_earlier(batch)?;
        let contract = match head {
            Some(head) => head.number,
            None => self.next_contract()?,
        };
        let sent = self.insert_messages(batch, contract)?;
        for ((message, _), place) in batch.messages.iter().zip(&sent) {
            if place.is_other() {
                places.insert(message.id.clone(), *place);
            }
        }
        self.write_outcomes(&batch.outcomes, &places)?;
        self.write_writings(&batch.writings, &places)?;
        self.newest += 1;
        self.insert_log(batch, contract, &sent)?;
        self.move_head(batch, head, contract)?;
        let items = self.items_of(batch, contract, &sent);
        let weight = sent.len().max(1);
        self.shared
            .index
            .write()
            .add_own(self.newest, items, weight);
        Ok(Position(self.newest))
    }

    pub(super) fn head(&mut self, contract: &ContractId) -> Step<Option<Head>> {
        if let Some(head) = self.heads.get(contract) {
            return Ok(Some(*head));
        }
        let sql = "SELECT number, seq, next_due FROM contracts WHERE id = ?1";
        let mut select = self.connection.prepare_cached(sql)?;
        let head = select.query_row([contract.as_str()], |row| {
            Ok(Head {
                number: row.get(0)?,
                seq: row.get::<_, i64>(1)?.cast_unsigned(),
                next_due: row
                    .get::<_, Option<i64>>(2)?
                    .and_then(Timestamp::from_millis),
            })
        });
        let head = head.optional()?;
        if let Some(head) = head {
            self.heads.insert(contract.clone(), head);
        }
        Ok(head)
    }

    fn next_contract(&self) -> Step<u32> {
        let sql = "SELECT coalesce(max(number), 0) + 1 FROM contracts";
        Ok(self
            .connection
            .prepare_cached(sql)?
            .query_row([], |row| row.get(0))?)
    }

    /// Returns the contract's number. One that is not there is given a row that nobody sees.
    pub(super) fn number_of(&mut self, contract: &ContractId) -> Step<u32> {
        if let Some(head) = self.head(contract)? {
            return Ok(head.number);
        }
        let number = self.next_contract()?;
        let sql = "INSERT INTO contracts (number, id, seq) VALUES (?1, ?2, 0)";
        self.connection
            .prepare_cached(sql)?
            .execute(params![number, contract.as_str()])?;
        Ok(number)
    }

    /// Returns whether a key or an id of another than the made form is taken.
    fn is_taken(&self, batch: &Prepared) -> Step<bool> {
        for (hash, answer) in &batch.answers {
            if self.is_answered(*hash, answer)? {
                return Ok(true);
            }
        }
        for (message, place) in &batch.messages {
            if place.is_none() && self.place_of_other(&message.id)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_answered(&self, hash: u64, answer: &Answer) -> Step<bool> {
        let prefix = entry::answers(hash);
        for found in scan::find(
            self.connection,
            &self.shared.index,
            &self.sight,
            &prefix,
            hash,
        )? {
            let pos = entry::number_at_end(&found, prefix.len())?;
            if answers::at(self.connection, pos, &answer.space, &answer.key)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn place_of_other(&self, id: &MessageId) -> Step<Option<Place>> {
        scan::place_of_other(self.connection, &self.shared.index, &self.sight, id)
    }

    /// Finds the messages of earlier batches that outcomes and writings are about, where ids do not spell them.
    fn places_of_earlier(&self, batch: &Prepared) -> Step<Places> {
        let mut places = Places::new();
        let outcomes = batch.outcomes.iter().map(|outcome| &outcome.message);
        let writings = batch.writings.iter().map(|writing| &writing.message);
        for id in outcomes.chain(writings) {
            if Place::of(id).is_none()
                && !places.contains_key(id)
                && let Some(place) = self.place_of_other(id)?
            {
                places.insert(id.clone(), place);
            }
        }
        Ok(places)
    }

    fn insert_messages(&mut self, batch: &Prepared, contract: u32) -> Step<Vec<Place>> {
        let mut sent = Vec::with_capacity(batch.messages.len());
        for (message, place) in &batch.messages {
            let inserted = match place {
                Some(place) => self
                    .insert_message(message, *place, contract)?
                    .then_some(*place),
                None => Some(self.insert_other(message, contract)?),
            };
            let Some(place) = inserted else {
                for place in sent {
                    self.take_back(place)?;
                }
                return Err(StoreError::Conflict.into());
            };
            sent.push(place);
        }
        Ok(sent)
    }

    /// Inserts a message whose id is not of the made form at the next free place of its instant.
    fn insert_other(&mut self, message: &NewMessage, contract: u32) -> Step<Place> {
        loop {
            self.low = self.low.wrapping_add(1);
            let place = Place::other(message.sent_at, self.low);
            if self.insert_message(message, place, contract)? {
                return Ok(place);
            }
        }
    }

    fn insert_message(&mut self, message: &NewMessage, place: Place, contract: u32) -> Step<bool> {
        let inserted = self.sql.message.execute(params![
            place.to_row(),
            contract,
            message.seq.cast_signed(),
            message.seat.as_str(),
            message.to.as_str(),
            message.campaign.as_ref().map(CampaignId::as_str),
            message.bulk,
            message.sent_at.millis(),
            message.deadline.millis(),
            message.version,
            message.price,
            message.subject,
            message.body,
            place.is_other().then_some(message.id.as_str()),
        ])?;
        Ok(inserted == 1)
    }

    fn take_back(&self, place: Place) -> Step<()> {
        let sql = "DELETE FROM messages WHERE place = ?1";
        self.connection
            .prepare_cached(sql)?
            .execute([place.to_row()])?;
        Ok(())
    }

    fn write_outcomes(&self, outcomes: &[Outcome], places: &Places) -> Step<()> {
        for outcome in outcomes {
            let Some(place) = place_in(places, &outcome.message) else {
                continue;
            };
            self.connection
                .prepare_cached(WRITE_OUTCOME)?
                .execute(params![
                    place.to_row(),
                    outcome.status.code(),
                    outcome.credit.code(),
                    outcome.settled_by.map(Code::code),
                    outcome.settled_at.map(Timestamp::millis),
                    outcome.settled_seq.map(u64::cast_signed),
                    outcome.responded_at.map(Timestamp::millis),
                    outcome.response.map(Code::code),
                    outcome.seen_at.map(Timestamp::millis),
                    outcome.reported_at.map(Timestamp::millis),
                    outcome.conversation.code(),
                    outcome.note,
                ])?;
        }
        Ok(())
    }

    fn write_writings(&self, writings: &[Writing], places: &Places) -> Step<()> {
        for writing in writings {
            let Some(place) = place_in(places, &writing.message) else {
                continue;
            };
            let sql = "INSERT INTO writings SELECT ?1, ?2, count(*), ?3, ?4, ?5, ?6, ?7 \
                       FROM writings WHERE place = ?1 AND seq = ?2";
            self.connection.prepare_cached(sql)?.execute(params![
                place.to_row(),
                writing.seq.cast_signed(),
                writing.at.millis(),
                writing.from.code(),
                writing.response.map(Code::code),
                writing.auto,
                writing.text,
            ])?;
        }
        Ok(())
    }

    fn insert_log(&mut self, batch: &Prepared, contract: u32, sent: &[Place]) -> Step<()> {
        let places: Vec<u8> = sent
            .iter()
            .flat_map(|place| place.0.to_be_bytes())
            .collect();
        self.sql.log.execute(params![
            self.newest.cast_signed(),
            contract,
            (batch.expected + 1).cast_signed(),
            batch.count.cast_signed(),
            batch.token,
            batch.events,
            (!places.is_empty()).then_some(places),
            batch.packed,
        ])?;
        Ok(())
    }

    fn move_head(&mut self, batch: &Prepared, before: Option<Head>, number: u32) -> Step<()> {
        let seq = batch.expected + batch.count;
        // A contract begins with an event: before, nobody sees its row.
        let next_due = batch.update.next_due.filter(|_| seq > 0);
        let due = next_due.map(Timestamp::millis);
        let moves_on = batch.count > 0;
        let token = moves_on.then_some(batch.token);
        match before {
            None => {
                let sql = "INSERT INTO contracts VALUES (?1, ?2, ?3, ?4, ?5)";
                let id = batch.contract.as_str();
                let row = params![number, id, seq.cast_signed(), token, due];
                self.connection.prepare_cached(sql)?.execute(row)?;
            }
            Some(before) => {
                if moves_on {
                    self.sql
                        .head
                        .execute(params![number, seq.cast_signed(), batch.token])?;
                }
                if before.next_due != next_due {
                    let sql = "UPDATE contracts SET next_due = ?2 WHERE number = ?1";
                    self.connection
                        .prepare_cached(sql)?
                        .execute(params![number, due])?;
                }
            }
        }
        if let Some(details) = batch.update.details.as_ref().filter(|_| seq > 0) {
            let sql = "INSERT OR REPLACE INTO details VALUES (?1, ?2)";
            self.connection
                .prepare_cached(sql)?
                .execute(params![number, details])?;
        }
        let head = Head {
            number,
            seq,
            next_due,
        };
        match self.heads.get_mut(&batch.contract) {
            Some(there) => *there = head,
            None => drop(self.heads.insert(batch.contract.clone(), head)),
        }
        Ok(())
    }

    fn items_of(&self, batch: &Prepared, contract: u32, sent: &[Place]) -> Vec<Item> {
        let pos = self.newest;
        let mut items = Vec::with_capacity(1 + batch.answers.len() + sent.len() * 4);
        if batch.count > 0 {
            items.push(entry::events(contract, batch.expected + 1, pos));
        }
        items.extend(
            batch
                .answers
                .iter()
                .map(|(hash, _)| Item::Answer { hash: *hash, pos }),
        );
        for ((message, _), place) in batch.messages.iter().zip(sent) {
            let listed = Listed {
                contract,
                to: &message.to,
                seat: &message.seat,
                campaign: message.campaign.as_ref(),
                sent_at: message.sent_at,
                other_id: place.is_other().then_some(&message.id),
            };
            listed.push(*place, &mut items);
        }
        items
    }
}

const WRITE_OUTCOME: &str = "INSERT INTO outcomes \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) \
    ON CONFLICT DO UPDATE SET status = excluded.status, credit = excluded.credit, \
    settled_by = excluded.settled_by, settled_at = excluded.settled_at, \
    settled_seq = coalesce(excluded.settled_seq, settled_seq), responded_at = excluded.responded_at, \
    response = excluded.response, seen_at = excluded.seen_at, reported_at = excluded.reported_at, \
    conversation = excluded.conversation, note = coalesce(excluded.note, note)";

/// Returns where a message is kept that an outcome or a writing names; nothing for one that never was.
fn place_in(places: &Places, id: &MessageId) -> Option<Place> {
    Place::of(id).or_else(|| places.get(id).copied())
}
