//! Reads messages, what became of them, and what was written in their conversations.
//!
//! Owns: pages, and what a place to go on from means: in the list of a contract, seat or campaign the number of the
//! event that sent the message; in an inbox the number that its id makes; among named ones how many were looked up.

use super::pipeline::{Step, apart, values};
use super::pool::{Lent, Value, read};
use super::row::{Columns, limit, number, to_message, to_writing};
use super::statement::{
    FIND_MESSAGE, FIND_MESSAGES, INBOX, INBOX_SENT_AT, MESSAGE_SENT_AT, MESSAGES_AT, RECEIVED,
    SENT_BY_CONTRACT, SENT_BY_SEAT, SENT_IN_CAMPAIGN, SENT_UP_TO, Statement, WRITINGS,
};
use super::{Flow, Inner};
use crate::batch::Writing;
use crate::error::StoreError;
use crate::message::{MessagePage, MessageQuery, MessageRow, Which};
use earnest_core::units::{ContractId, MemberId, MessageId, SeatId, Timestamp};
use std::collections::{BTreeMap, HashMap};

/// How many messages are looked at for one page at most.
const LOOKED_AT: usize = 4_096;
/// How many are read at once where not all of them may be wanted.
const FILTERED: usize = 256;

/// Where a list goes on: at an instant, and before a number there.
type Place = (i64, i64);
const START: Place = (i64::MAX, i64::MAX);

/// Some of a list, each with its place, and whether that is the end of it. What cannot be seen yet, since its worker
/// is a moment behind, has its place alone.
type Part = (Vec<(Place, Option<MessageRow>)>, bool);

pub(super) async fn page(inner: &Inner, query: &MessageQuery) -> Result<MessagePage, StoreError> {
    if query.limit == 0 {
        return Ok(MessagePage::default());
    }
    match &query.which {
        Which::Ids(ids) => named(inner, ids, query).await,
        Which::Inbox(member) => listed(inner, &List::Inbox(member), None, query).await,
        Which::Sent {
            contract,
            seat,
            campaign,
        } => {
            let (statement, of, only) = match (seat, campaign) {
                (None, None) => (&SENT_BY_CONTRACT, None, None),
                (Some(seat), None) => (&SENT_BY_SEAT, Some(seat.as_str()), None),
                (seat, Some(campaign)) => {
                    (&SENT_IN_CAMPAIGN, Some(campaign.as_str()), seat.as_ref())
                }
            };
            listed(inner, &List::Sent(contract, statement, of), only, query).await
        }
    }
}

/// A list of messages.
enum List<'a> {
    Inbox(&'a MemberId),
    Sent(&'a ContractId, &'static Statement, Option<&'a str>),
}

async fn listed(
    inner: &Inner,
    list: &List<'_>,
    seat: Option<&SeatId>,
    query: &MessageQuery,
) -> Result<MessagePage, StoreError> {
    let mut page = MessagePage::default();
    let Some(mut place) = start(inner, list, query.after).await? else {
        return Ok(page);
    };
    if let Some(to) = query.sent.to {
        place = match list {
            // By number, which no index has by time.
            List::Sent(contract, _, None) => {
                let first = first_from(inner, contract, to).await?;
                (place.0, place.1.min(first))
            }
            _ => place.min((to.millis(), i64::MIN)),
        };
    }
    let is_filtered = query.status.is_some() || seat.is_some();
    let mut looked_at = 0;
    let mut last = query.after;
    loop {
        let left = query.limit - page.messages.len();
        // One more tells whether there is a next page.
        let at_once = if is_filtered {
            FILTERED.max(left + 1)
        } else {
            left + 1
        };
        let (rows, is_end) = part(inner, list, place, at_once).await?;
        for (at, row) in rows {
            if query.sent.from.is_some_and(|from| at.0 < from.millis()) {
                return Ok(page);
            }
            if page.messages.len() == query.limit || looked_at >= LOOKED_AT {
                page.next = last;
                return Ok(page);
            }
            looked_at += 1;
            place = at;
            last = u64::try_from(at.1).ok();
            let fits =
                |row: &MessageRow| query.has(row) && seat.is_none_or(|seat| row.sent.seat == *seat);
            page.messages.extend(row.filter(fits));
        }
        if is_end {
            return Ok(page);
        }
    }
}

/// Returns where a list begins after a place; nothing where there is no such place.
async fn start(
    inner: &Inner,
    list: &List<'_>,
    after: Option<u64>,
) -> Result<Option<Place>, StoreError> {
    let Some(after) = after else {
        return Ok(Some(START));
    };
    let Some(after) = number(after) else {
        return Ok(None);
    };
    let (statement, of) = match list {
        List::Inbox(member) => (&INBOX_SENT_AT, member.as_str()),
        List::Sent(contract, ..) => (&MESSAGE_SENT_AT, contract.as_str()),
    };
    let rows = read(&inner.pool, statement, &[&of, &after]).await?;
    let sent_at = rows.first().map(|row| row.read::<i64>(0)).transpose()?;
    Ok(sent_at.map(|sent_at| (sent_at, after)))
}

/// Returns the number of the first of a contract's messages that was sent at an instant or later, or one above all.
async fn first_from(
    inner: &Inner,
    contract: &ContractId,
    at: Timestamp,
) -> Result<i64, StoreError> {
    // What has the lower number, if anything, was sent before, and what has the upper one was not: a contract's clock
    // never goes back.
    let (mut low, mut high) = (0, i64::MAX);
    let mut middle = i64::MAX - 1;
    while high - low > 1 {
        let values: [Value<'_>; 2] = [&contract.as_str(), &middle];
        let rows = read(&inner.pool, &SENT_UP_TO, &values).await?;
        match rows.first() {
            Some(row) if row.read::<i64>(1)? >= at.millis() => high = row.read(0)?,
            _ => low = middle,
        }
        middle = low.midpoint(high);
    }
    Ok(high)
}

/// Reads some of a list.
async fn part(
    inner: &Inner,
    list: &List<'_>,
    place: Place,
    most: usize,
) -> Result<Part, StoreError> {
    let limit = limit(most);
    match list {
        List::Sent(contract, statement, of) => {
            let contract = contract.as_str();
            let mut values: Vec<Value<'_>> = vec![&contract, &place.0, &place.1, &limit];
            if let Some(of) = of {
                values.push(of);
            }
            let rows = read(&inner.pool, statement, &values).await?;
            let is_end = rows.len() < most;
            let numbered = rows
                .iter()
                .map(|row| Ok(((row.read(7)?, row.read(1)?), Some(to_message(row)?))));
            Ok((numbered.collect::<Result<_, StoreError>>()?, is_end))
        }
        List::Inbox(member) => {
            let values: [Value<'_>; 4] = [&member.as_str(), &place.0, &place.1, &limit];
            let rows = read(&inner.pool, &INBOX, &values).await?;
            let mut entries: Vec<(Place, ContractId, i64)> = Vec::with_capacity(rows.len());
            for row in &rows {
                entries.push(((row.read(1)?, row.read(0)?), row.id(2)?, row.read(3)?));
            }
            let places = entries.iter().map(|(_, contract, seq)| (contract, *seq));
            let mut found = gather(inner, places).await?;
            let placed = entries
                .into_iter()
                .map(|(place, contract, seq)| (place, found.remove(&(contract, seq))));
            Ok((placed.collect(), rows.len() < most))
        }
    }
}

/// Reads messages of several contracts, a statement for each contract.
async fn gather<'a>(
    inner: &Inner,
    places: impl Iterator<Item = (&'a ContractId, i64)>,
) -> Result<HashMap<(ContractId, i64), MessageRow>, StoreError> {
    let mut by_contract: BTreeMap<&ContractId, Vec<i64>> = BTreeMap::new();
    for (contract, seq) in places {
        by_contract.entry(contract).or_default().push(seq);
    }
    if by_contract.is_empty() {
        return Ok(HashMap::new());
    }
    let steps: Vec<Step> = by_contract
        .into_iter()
        .map(|(contract, seqs)| {
            Step::new(&MESSAGES_AT, values![contract.as_str().to_owned(), seqs])
        })
        .collect();
    let lent = Lent::of(&inner.pool).await?;
    let mut found = HashMap::new();
    for row in apart(lent, &steps).await?.iter().flatten() {
        let message = to_message(row)?;
        found.insert((message.contract.clone(), row.read(1)?), message);
    }
    Ok(found)
}

/// Reads messages of one contract.
pub(super) async fn at(
    inner: &Inner,
    contract: &ContractId,
    seqs: &[i64],
) -> Result<Vec<MessageRow>, StoreError> {
    let rows = read(&inner.pool, &MESSAGES_AT, &[&contract.as_str(), &seqs]).await?;
    rows.iter().map(to_message).collect()
}

/// Returns messages by their ids; one goes on from how many ids have been looked up.
async fn named(
    inner: &Inner,
    ids: &[MessageId],
    query: &MessageQuery,
) -> Result<MessagePage, StoreError> {
    let mut page = MessagePage::default();
    let mut at = usize::try_from(query.after.unwrap_or(0)).unwrap_or(usize::MAX);
    while let Some(rest) = ids.get(at..).filter(|rest| !rest.is_empty()) {
        if page.messages.len() >= query.limit {
            page.next = Some(at as u64);
            break;
        }
        let some = rest
            .get(..(query.limit - page.messages.len()))
            .unwrap_or(rest);
        let places = places_of(inner, some).await?;
        let mut found = gather(
            inner,
            places.values().map(|(contract, seq)| (contract, *seq)),
        )
        .await?;
        let rows = some
            .iter()
            .filter_map(|id| found.get_mut(places.get(id)?).cloned());
        page.messages.extend(rows.filter(|row| query.has(row)));
        at += some.len();
    }
    Ok(page)
}

/// Returns where messages are kept.
async fn places_of(
    inner: &Inner,
    ids: &[MessageId],
) -> Result<HashMap<MessageId, (ContractId, i64)>, StoreError> {
    let texts: Vec<&str> = ids.iter().map(MessageId::as_str).collect();
    let rows = match inner.flow {
        Flow::Together => read(&inner.pool, &FIND_MESSAGES, &[&texts]).await?,
        Flow::Spread => {
            let step = |id: &str| Step::new(&FIND_MESSAGE, values![id.to_owned()]);
            let steps: Vec<Step> = texts.into_iter().map(step).collect();
            let lent = Lent::of(&inner.pool).await?;
            apart(lent, &steps).await?.into_iter().flatten().collect()
        }
    };
    let place = |row: &tokio_postgres::Row| Ok((row.id(0)?, (row.id(1)?, row.read(2)?)));
    rows.iter().map(place).collect()
}

pub(super) async fn received(
    inner: &Inner,
    member: &MemberId,
    (from, to): (Timestamp, Timestamp),
    most: u32,
) -> Result<u32, StoreError> {
    let values: [Value<'_>; 4] = [
        &member.as_str(),
        &from.millis(),
        &to.millis(),
        &i64::from(most),
    ];
    let rows = read(&inner.pool, &RECEIVED, &values).await?;
    let count: i64 = rows.first().map_or(Ok(0), |row| row.read(0))?;
    Ok(u32::try_from(count).unwrap_or(most))
}

pub(super) async fn writings(
    inner: &Inner,
    message: &MessageId,
) -> Result<Vec<Writing>, StoreError> {
    let places = places_of(inner, std::slice::from_ref(message)).await?;
    let Some((contract, _)) = places.get(message) else {
        return Ok(Vec::new());
    };
    let rows = read(
        &inner.pool,
        &WRITINGS,
        &[&contract.as_str(), &message.as_str()],
    )
    .await?;
    rows.iter().map(|row| to_writing(row, message)).collect()
}
