//! Reads messages, what became of them, and what was written in their conversations.
//!
//! Owns: pages: what a place to go on from means, and when a store stops looking.

use super::contracts;
use crate::batch::{Answer, NewMessage, Writing};
use crate::code::Code;
use crate::message::{MessagePage, MessageQuery, MessageRow, Outcome, Which};
use crate::sqlite::answers;
use crate::sqlite::columns::Columns;
use crate::sqlite::entry;
use crate::sqlite::fault::{Step, corrupt};
use crate::sqlite::index::Range;
use crate::sqlite::place::Place;
use crate::sqlite::reader::Reader;
use crate::sqlite::scan::{self, Scan};
use earnest_core::Status;
use earnest_core::units::{MemberId, MessageId, SeatId, Timestamp};
use rusqlite::{OptionalExtension, Row};

/// How many messages are looked at for one page.
const LOOKED_AT: usize = 4_096;
/// How many of the entries in memory may lead to nothing.
const AHEAD: usize = 1_024;

/// Returns a page of messages.
pub(in crate::sqlite) fn page(reader: &Reader<'_>, query: &MessageQuery) -> Step<MessagePage> {
    let (list, seat) = match &query.which {
        Which::Ids(ids) => return named(reader, ids, query),
        Which::Inbox(member) => (entry::inbox_of(member), None),
        Which::Sent {
            contract,
            seat,
            campaign,
        } => {
            let Some(contract) = contracts::number(reader, contract)? else {
                return Ok(MessagePage::default());
            };
            match (seat, campaign) {
                (None, None) => (entry::sent_by(contract), None),
                (Some(seat), None) => (entry::seat_of(contract, seat), None),
                (seat, Some(campaign)) => (entry::campaign_of(contract, campaign), seat.as_ref()),
            }
        }
    };
    listed(reader, &list, seat, query)
}

/// Returns messages by their ids; one goes on from how many ids have been looked up.
fn named(reader: &Reader<'_>, ids: &[MessageId], query: &MessageQuery) -> Step<MessagePage> {
    let skipped = usize::try_from(query.after.unwrap_or(0)).unwrap_or(usize::MAX);
    let mut page = MessagePage::default();
    for (at, id) in ids.iter().enumerate().skip(skipped) {
        if page.messages.len() >= query.limit {
            page.next = Some(at as u64);
            break;
        }
        let place = place_of(reader, id)?;
        let row = place
            .map(|place| at_place(reader, place))
            .transpose()?
            .flatten();
        page.messages.extend(row.filter(|row| query.has(row)));
    }
    Ok(page)
}

/// Returns where a message is kept, if it is.
fn place_of(reader: &Reader<'_>, id: &MessageId) -> Step<Option<Place>> {
    match Place::of(id) {
        Some(place) => Ok(Some(place)),
        None => scan::place_of_other(reader.connection, &reader.shared.index, &reader.sight, id),
    }
}

fn listed(
    reader: &Reader<'_>,
    list: &[u8],
    seat: Option<&SeatId>,
    query: &MessageQuery,
) -> Step<MessagePage> {
    let mut page = MessagePage::default();
    let behind_place = match query.after {
        None => entry::end_of(list),
        // A place that nothing is kept at was never handed out.
        Some(after) => match sent_at(reader, Place(after))? {
            Some(at) => entry::before_message(list, at, Place(after)),
            None => return Ok(page),
        },
    };
    let from_instant = |at| entry::from_instant(list, at);
    let from = query.sent.from.map_or_else(|| list.to_vec(), from_instant);
    let to = match query.sent.to {
        Some(to) => behind_place.min(from_instant(to)),
        None => behind_place,
    };
    if from >= to {
        return Ok(page);
    }
    let behind = list.len();
    let range = Range::new(list, from, to, true);
    let index = &reader.shared.index;
    let most = LOOKED_AT + AHEAD;
    let mut scan = Scan::begin(reader.connection, index, &reader.sight, range, most)?;
    let mut before = query.after;
    for looked_at in 0.. {
        let Some(entry) = scan.next()? else {
            break;
        };
        if page.messages.len() >= query.limit || looked_at == LOOKED_AT {
            page.next = before;
            break;
        }
        let place = entry::place_of(&entry, behind)?;
        if let Some(status) = query.status
            && status_of(reader, place)? != status
        {
            before = Some(place.0);
            continue;
        }
        // Where there is no row, its transaction is about to be committed.
        if let Some(row) = at_place(reader, place)? {
            before = Some(place.0);
            page.messages
                .extend(Some(row).filter(|row| seat.is_none_or(|seat| row.sent.seat == *seat)));
        }
    }
    Ok(page)
}

fn sent_at(reader: &Reader<'_>, place: Place) -> Step<Option<Timestamp>> {
    let sql = "SELECT sent_at FROM messages WHERE place = ?1";
    let mut select = reader.connection.prepare_cached(sql)?;
    let mut rows = select.query([place.to_row()])?;
    rows.next()?.map(|row| row.instant(0)).transpose()
}

fn status_of(reader: &Reader<'_>, place: Place) -> Step<Status> {
    let sql = "SELECT status FROM outcomes WHERE place = ?1";
    let mut select = reader.connection.prepare_cached(sql)?;
    let status = select
        .query_row([place.to_row()], |row| row.get(0))
        .optional()?;
    Ok(status.map_or(Ok(Status::Pending), Code::of_code)?)
}

fn at_place(reader: &Reader<'_>, place: Place) -> Step<Option<MessageRow>> {
    let sql = "SELECT c.id, m.seq, m.seat, m.recipient, m.campaign, m.bulk, m.sent_at, m.deadline, \
               m.version, m.price, m.subject, m.body, m.id, o.status, o.credit, o.settled_by, \
               o.settled_at, o.settled_seq, o.responded_at, o.response, o.seen_at, o.reported_at, \
               o.conversation, o.note FROM messages m JOIN contracts c ON c.number = m.contract \
               LEFT JOIN outcomes o ON o.place = m.place WHERE m.place = ?1";
    let mut select = reader.connection.prepare_cached(sql)?;
    let mut rows = select.query([place.to_row()])?;
    rows.next()?.map(|row| from_row(row, place)).transpose()
}

fn from_row(row: &Row<'_>, place: Place) -> Step<MessageRow> {
    let id = match row.id_or_null(12)? {
        Some(id) => id,
        None => MessageId::new(place.spell()).map_err(|error| corrupt(error.to_string()))?,
    };
    let sent = NewMessage {
        id: id.clone(),
        seq: row.number(1)?,
        seat: row.id(2)?,
        to: row.id(3)?,
        campaign: row.id_or_null(4)?,
        bulk: row.read(5)?,
        sent_at: row.instant(6)?,
        deadline: row.instant(7)?,
        version: row.read(8)?,
        price: row.read(9)?,
        subject: row.read(10)?,
        body: row.read(11)?,
    };
    let outcome = match row.coded_or_null(13)? {
        None => Outcome::fresh(id, sent.price),
        Some(status) => outcome_from_row(row, id, status)?,
    };
    Ok(MessageRow {
        contract: row.id(0)?,
        sent,
        outcome,
    })
}

fn outcome_from_row(row: &Row<'_>, message: MessageId, status: Status) -> Step<Outcome> {
    Ok(Outcome {
        message,
        status,
        credit: row.coded(14)?,
        settled_by: row.coded_or_null(15)?,
        settled_at: row.instant_or_null(16)?,
        settled_seq: row.read::<Option<i64>>(17)?.map(i64::cast_unsigned),
        responded_at: row.instant_or_null(18)?,
        response: row.coded_or_null(19)?,
        seen_at: row.instant_or_null(20)?,
        reported_at: row.instant_or_null(21)?,
        conversation: row.coded(22)?,
        note: row.read(23)?,
    })
}

/// Counts the messages that were sent to a member.
pub(in crate::sqlite) fn received(
    reader: &Reader<'_>,
    member: &MemberId,
    (from, to): (Timestamp, Timestamp),
    most: u32,
) -> Step<u32> {
    let list = entry::inbox_of(member);
    let (first, end) = (
        entry::from_instant(&list, from),
        entry::from_instant(&list, to),
    );
    let range = Range::new(&list, first, end, false);
    if range.from >= range.to {
        return Ok(0);
    }
    let index = &reader.shared.index;
    let at_most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut scan = Scan::begin(reader.connection, index, &reader.sight, range, at_most)?;
    let mut received = 0;
    while received < most && scan.next()?.is_some() {
        received += 1;
    }
    Ok(received)
}

/// Returns what was written in a message's conversation.
pub(in crate::sqlite) fn writings(reader: &Reader<'_>, message: &MessageId) -> Step<Vec<Writing>> {
    let Some(place) = place_of(reader, message)? else {
        return Ok(Vec::new());
    };
    let sql = "SELECT seq, at, side, response, auto, text FROM writings WHERE place = ?1 ORDER BY seq, part";
    let mut select = reader.connection.prepare_cached(sql)?;
    let mut rows = select.query([place.to_row()])?;
    let mut writings = Vec::new();
    while let Some(row) = rows.next()? {
        writings.push(Writing {
            message: message.clone(),
            seq: row.number(0)?,
            at: row.instant(1)?,
            from: row.coded(2)?,
            response: row.coded_or_null(3)?,
            auto: row.read(4)?,
            text: row.read(5)?,
        });
    }
    Ok(writings)
}

/// Returns the answer that was given under a key.
pub(in crate::sqlite) fn answer(
    reader: &Reader<'_>,
    space: &str,
    key: &str,
    hash: u64,
) -> Step<Option<Answer>> {
    let prefix = entry::answers(hash);
    let index = &reader.shared.index;
    for found in scan::find(reader.connection, index, &reader.sight, &prefix, hash)? {
        let pos = entry::number_at_end(&found, prefix.len())?;
        // A row that is not there yet is about to be committed.
        if let Some(answer) = answers::at(reader.connection, pos, space, key)? {
            return Ok(Some(answer));
        }
    }
    Ok(None)
}
