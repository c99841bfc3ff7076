//! Reads from the log what the index has to say about it.
//!
//! Owns: deriving entries and changes from rows of the log and from messages. Does not own: who asks, and when.
//! Invariant: what is derived from a row is what its writer put into the index when it wrote it.

use super::answers;
use super::entry::{self, Item};
use super::fault::{Step, corrupt};
use super::index::{Brought, Index};
use super::place::Place;
use crate::Change;
use earnest_core::units::{CampaignId, ContractId, MemberId, MessageId, SeatId, Timestamp};
use parking_lot::RwLock;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// How many rows are taken in at once.
const ROWS: usize = 1_000;

/// Takes in the rows of the log after `from` up to `to`.
pub(super) fn take_in(
    connection: &Connection,
    index: &RwLock<Index>,
    from: u64,
    to: u64,
) -> Step<()> {
    let sql = "SELECT pos, contract, first, count, sent, answers, kind, id FROM log \
               WHERE pos > ?1 AND pos <= ?2 ORDER BY pos";
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query(params![from.cast_signed(), to.cast_signed()])?;
    let mut brought = Vec::new();
    while let Some(row) = rows.next()? {
        brought.push(brought_by(connection, row)?);
        if brought.len() == ROWS {
            index.write().add_others(std::mem::take(&mut brought));
        }
    }
    index.write().add_others(brought);
    Ok(())
}

fn brought_by(connection: &Connection, row: &Row<'_>) -> Step<Brought> {
    let pos = row.get::<_, i64>(0)?.cast_unsigned();
    let Some(contract) = row.get::<_, Option<u32>>(1)? else {
        let change = Change::Document {
            kind: row.get(6)?,
            id: row.get(7)?,
        };
        return Ok(Brought {
            pos,
            items: Vec::new(),
            weight: 1,
            change: Some(change),
        });
    };
    let first = row.get::<_, i64>(2)?.cast_unsigned();
    let count = row.get::<_, i64>(3)?.cast_unsigned();
    let mut items = Vec::new();
    let mut seq = 0;
    if count > 0 {
        items.push(entry::events(contract, first, pos));
        seq = first + count - 1;
    }
    let change = Some(Change::Contract {
        contract: id_of(connection, contract)?,
        seq,
    });
    if let Some(packed) = row
        .get_ref(5)?
        .as_blob_or_null()
        .map_err(rusqlite::Error::from)?
    {
        for answer in answers::unpack(packed)? {
            items.push(Item::Answer {
                hash: entry::hash_of(answer.space, answer.key),
                pos,
            });
        }
    }
    let sent = row
        .get_ref(4)?
        .as_blob_or_null()
        .map_err(rusqlite::Error::from)?;
    let (places, _) = sent.unwrap_or_default().as_chunks::<8>();
    for place in places {
        let place = Place(u64::from_be_bytes(*place));
        push_message(connection, place, &mut items)?;
    }
    Ok(Brought {
        pos,
        items,
        weight: places.len().max(1),
        change,
    })
}

fn id_of(connection: &Connection, contract: u32) -> Step<ContractId> {
    let mut select = connection.prepare_cached("SELECT id FROM contracts WHERE number = ?1")?;
    let id: String = select.query_row([contract], |row| row.get(0))?;
    ContractId::new(id).map_err(|error| corrupt(error.to_string()))
}

fn push_message(connection: &Connection, place: Place, items: &mut Vec<Item>) -> Step<()> {
    let sql =
        "SELECT contract, recipient, seat, campaign, sent_at, id FROM messages WHERE place = ?1";
    let mut select = connection.prepare_cached(sql)?;
    let found = select.query_row([place.to_row()], |row| Ok(push_found(place, row, items)));
    match found.optional()? {
        Some(done) => done,
        None => Err(corrupt("a message that the log names is not there")),
    }
}

fn push_found(place: Place, row: &Row<'_>, items: &mut Vec<Item>) -> Step<()> {
    let bad = |error: earnest_core::units::IdError| corrupt(error.to_string());
    let text = |column| row.get_ref(column).and_then(|value| Ok(value.as_str()?));
    let optional = |column| {
        row.get_ref(column)
            .and_then(|value| Ok(value.as_str_or_null()?))
    };
    let campaign = optional(3)?.map(CampaignId::new).transpose().map_err(bad)?;
    let id = optional(5)?.map(MessageId::new).transpose().map_err(bad)?;
    let listed = Listed {
        contract: row.get(0)?,
        to: &MemberId::new(text(1)?).map_err(bad)?,
        seat: &SeatId::new(text(2)?).map_err(bad)?,
        campaign: campaign.as_ref(),
        sent_at: Timestamp::from_millis(row.get(4)?)
            .ok_or_else(|| corrupt("a message was sent at no instant"))?,
        other_id: id.as_ref(),
    };
    listed.push(place, items);
    Ok(())
}

/// What a message is found by.
pub(super) struct Listed<'a> {
    pub(super) contract: u32,
    pub(super) to: &'a MemberId,
    pub(super) seat: &'a SeatId,
    pub(super) campaign: Option<&'a CampaignId>,
    pub(super) sent_at: Timestamp,
    /// The id, where its place does not spell it.
    pub(super) other_id: Option<&'a MessageId>,
}

impl Listed<'_> {
    /// Adds the message's entries.
    pub(super) fn push(&self, place: Place, items: &mut Vec<Item>) {
        let contract = self.contract;
        let mut list = |list| items.push(entry::listed(list, self.sent_at, place));
        list(entry::inbox_of(self.to));
        list(entry::sent_by(contract));
        list(entry::seat_of(contract, self.seat));
        if let Some(campaign) = self.campaign {
            list(entry::campaign_of(contract, campaign));
        }
        if let Some(id) = self.other_id {
            items.push(entry::named(id, place));
        }
    }
}
