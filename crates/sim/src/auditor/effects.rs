//! Checks that every order that was answered has its effect once, and every other one whole or not at all.

use super::history::{History, Place, Told};
use crate::book::{Asked, Book, Told as Answer};
use crate::told::told_order;
use crate::world::World;
use earnest_core::event::{Event, Fact};
use earnest_core::units::{ContractId, GrantId, MessageId, SeatId};
use earnest_engine::{Author, Reply, What};
use earnest_store::Store;
use std::collections::BTreeMap;

/// How many orders may have brought something: those that were answered for certain, and those perhaps.
#[derive(Debug, Default)]
struct Count {
    surely: usize,
    perhaps: usize,
    found: usize,
}

/// Checks all orders.
pub(super) fn check(world: &World, book: &Book, history: &History) -> Vec<String> {
    let mut wrong = Vec::new();
    let texts = Texts::of(history);
    for (number, asked) in book.orders.iter().enumerate() {
        let found = check_order(history, &texts, number, asked)
            .into_iter()
            .chain(check_answers(world, asked));
        wrong.extend(found.map(|what| format!("#{number} ({}): {what}", told_order(&asked.order))));
    }
    wrong.extend(check_counts(book, history));
    wrong.extend(check_live(book));
    wrong.extend(check_lists(book, history));
    wrong
}

/// The numbers that orders left in texts.
struct Texts {
    /// The messages that carry an order's number.
    sent: BTreeMap<String, Vec<MessageId>>,
    /// The words that do.
    written: BTreeMap<String, usize>,
}

impl Texts {
    fn of(history: &History) -> Self {
        let mut texts = Self {
            sent: BTreeMap::new(),
            written: BTreeMap::new(),
        };
        for told in history.contracts.values() {
            for (id, row) in &told.rows {
                texts
                    .sent
                    .entry(row.sent.subject.clone())
                    .or_default()
                    .push(id.clone());
            }
            for writing in told.writings.values().flatten() {
                *texts.written.entry(writing.text.clone()).or_default() += 1;
            }
        }
        texts
    }
}

/// Checks how often something that carries the order's number is there.
fn check_order(history: &History, texts: &Texts, number: usize, asked: &Asked) -> Option<String> {
    let (found, whole) = match &asked.order.what {
        What::Send(_) => (texts.sent.get(&format!("s{number}")).map_or(0, Vec::len), 1),
        What::Campaign(campaign) => {
            let sent = texts.sent.get(&format!("s{number}"));
            if let Some(what) = sent.and_then(|sent| check_together(history, sent)) {
                return Some(what);
            }
            (sent.map_or(0, Vec::len), campaign.to.len())
        }
        What::Respond(response) => match &response.note {
            Some(note) if *note == format!("n{number}") => {
                (texts.written.get(note).copied().unwrap_or(0), 1)
            }
            _ => return None,
        },
        What::Write(writing) => (texts.written.get(&writing.body).copied().unwrap_or(0), 1),
        What::Create(new) => {
            let told = history.contracts.get(&asked.order.contract);
            let is_its = told.and_then(|told| told.events.first()).is_some_and(|first| {
                matches!(&first.fact, Fact::ContractCreated { name, .. } if *name == new.name)
            });
            (usize::from(is_its), 1)
        }
        _ => return None,
    };
    let is_right = match (asked.done().is_some(), asked.is_open()) {
        (true, _) => found == whole,
        (false, true) => found == 0 || found == whole,
        (false, false) => found == 0,
    };
    (!is_right).then(|| {
        let tries: Vec<String> = asked
            .tries
            .iter()
            .map(|it| crate::told::told_end(&it.ended))
            .collect();
        format!("found {found} of {whole}, after {tries:?}")
    })
}

/// A campaign's messages stand next to each other.
fn check_together(history: &History, sent: &[MessageId]) -> Option<String> {
    let mut places: Vec<&Place> = sent
        .iter()
        .filter_map(|id| history.messages.get(id))
        .collect();
    places.sort_unstable_by_key(|place| place.seq);
    let (first, last) = (places.first()?, places.last()?);
    let told = history.contracts.get(&first.contract)?;
    let between = usize::try_from(first.seq - 1).ok()?..usize::try_from(last.seq).ok()?;
    let others = told
        .events
        .get(between)?
        .iter()
        .filter(|event| match &event.fact {
            Fact::MessageSent { message, .. } | Fact::StakeConsumed { message, .. } => {
                !sent.contains(message)
            }
            _ => true,
        });
    (others.count() > 0).then(|| "its messages do not stand next to each other".to_owned())
}

/// Checks the answers of one order against each other, and what is kept under its key.
fn check_answers(world: &World, asked: &Asked) -> Vec<String> {
    let mut wrong = Vec::new();
    let done = || asked.tries.iter().filter_map(|it| it.verdict()?.ok());
    if done().filter(|it| !it.replayed).count() > 1 {
        wrong.push("it was carried out more than once".to_owned());
    }
    if let Some(first) = done().next() {
        for other in done().filter(|it| it.reply != first.reply) {
            wrong.push(format!(
                "it was answered with {:?}, and with {:?}",
                first.reply, other.reply
            ));
        }
        wrong.extend(check_reply(asked, &first.reply));
    }
    wrong.extend(check_own_refusal(world, asked));
    if let Some(key) = &asked.order.key {
        let kept = crate::disk::at_once(world.disk.data().answer(&key.space, &key.key));
        let is_kept = matches!(kept, Ok(Some(_)));
        let is_done = done().next().is_some();
        if is_done && !is_kept {
            wrong.push("it was answered, and no answer is kept under its key".to_owned());
        }
        if is_kept && !is_done && !asked.is_open() {
            wrong.push("it was refused, and an answer is kept under its key".to_owned());
        }
    }
    wrong
}

/// An order that was carried out is not turned away when it is given again.
fn check_own_refusal(world: &World, asked: &Asked) -> Option<String> {
    let kept = world.disk.kept(asked.order.key.as_ref()?)?;
    let refused = asked
        .tries
        .iter()
        .find(|it| it.from.tick > kept.tick && matches!(it.verdict(), Some(Err(_))))?;
    Some(format!(
        "it was carried out, and given again {}",
        crate::told::told_end(&refused.ended)
    ))
}

/// Checks that an answer is about what was asked.
fn check_reply(asked: &Asked, reply: &Reply) -> Option<String> {
    let is_about = match (&asked.order.what, reply) {
        (What::Create(new), Reply::Contract(contract)) => contract.name == new.name,
        (What::AddPolicy(_) | What::Cancel | What::GoLive, Reply::Contract(_)) => true,
        (What::AddSeat(new), Reply::Seat(seat)) => {
            new.id.as_ref().is_none_or(|id| *id == seat.id)
                && (new.usage_limit, new.bulk_disabled) == (seat.usage_limit, seat.bulk_disabled)
        }
        (What::ChangeSeat(change), Reply::Seat(seat)) => {
            change.seat == seat.id
                && change
                    .usage_limit
                    .is_none_or(|limit| limit == seat.usage_limit)
                && change
                    .bulk_disabled
                    .is_none_or(|off| off == seat.bulk_disabled)
        }
        (What::Grant(new), Reply::Grant(grant)) => {
            new.id.as_ref().is_none_or(|id| *id == grant.id)
                && (new.credits, new.source) == (grant.credits, grant.source)
        }
        (What::Revoke(id), Reply::Grant(grant)) => grant.id == *id && grant.revoked,
        (What::Send(letter), Reply::Message(message)) => {
            letter.id.as_ref().is_none_or(|id| *id == message.id)
                && (&letter.seat, &letter.to) == (&message.seat, &message.to)
                && letter.campaign == message.campaign
        }
        (What::Campaign(campaign), Reply::Campaign(sent)) => {
            campaign.id.as_ref().is_none_or(|id| *id == sent.id)
                && campaign.to.iter().eq(sent.messages.iter().map(|it| &it.to))
        }
        (What::Respond(response), Reply::Message(message)) => message.id == response.message,
        (What::Seen(id), Reply::Message(message)) => message.id == *id && message.seen_at.is_some(),
        (What::Report(id), Reply::Message(message)) => {
            message.id == *id && message.reported_at.is_some()
        }
        (What::Write(new), Reply::Writing(writing)) => {
            (&new.message, &new.body, new.from) == (&writing.message, &writing.text, writing.from)
        }
        _ => false,
    };
    (!is_about).then(|| format!("it was answered with {reply:?}"))
}

/// What events bring that carry no number of an order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Seat(ContractId, SeatId),
    Grant(ContractId, GrantId),
    Seats(ContractId),
    Grants(ContractId),
    Answers(ContractId, MessageId),
    Versions(ContractId, String),
    Cancelled(ContractId),
    /// These are at most as many as were asked for: an order that changes nothing brings no event.
    Changes(ContractId, SeatId),
    Revokes(ContractId, GrantId),
    Seen(ContractId, MessageId),
    Reports(ContractId, MessageId),
}

impl Thing {
    const fn is_at_most(&self) -> bool {
        matches!(
            self,
            Self::Changes(..) | Self::Revokes(..) | Self::Seen(..) | Self::Reports(..)
        )
    }

    /// Returns the most that there may ever be.
    const fn most(&self) -> Option<usize> {
        match self {
            Self::Seat(..) | Self::Grant(..) | Self::Cancelled(_) => Some(1),
            Self::Revokes(..) | Self::Seen(..) | Self::Reports(..) => Some(1),
            _ => None,
        }
    }
}

fn things_of_order(asked: &Asked) -> Vec<Thing> {
    let contract = || asked.order.contract.clone();
    let reply = asked.done().map(|(_, done)| &done.reply);
    match &asked.order.what {
        What::AddSeat(seat) => {
            let made = match reply {
                Some(Reply::Seat(seat)) => Some(&seat.id),
                _ => None,
            };
            let named = seat.id.as_ref().or(made);
            let one = named.map(|id| Thing::Seat(contract(), id.clone()));
            one.into_iter().chain([Thing::Seats(contract())]).collect()
        }
        What::Grant(grant) => {
            let made = match reply {
                Some(Reply::Grant(grant)) => Some(&grant.id),
                _ => None,
            };
            let named = grant.id.as_ref().or(made);
            let one = named.map(|id| Thing::Grant(contract(), id.clone()));
            one.into_iter().chain([Thing::Grants(contract())]).collect()
        }
        What::Respond(response) => vec![Thing::Answers(contract(), response.message.clone())],
        What::AddPolicy(version) => vec![Thing::Versions(contract(), version.policy.clone())],
        What::Cancel => vec![Thing::Cancelled(contract())],
        What::ChangeSeat(change) => vec![Thing::Changes(contract(), change.seat.clone())],
        What::Revoke(grant) => vec![Thing::Revokes(contract(), grant.clone())],
        What::Seen(message) => vec![Thing::Seen(contract(), message.clone())],
        What::Report(message) => vec![Thing::Reports(contract(), message.clone())],
        _ => Vec::new(),
    }
}

fn things_of_event(contract: &ContractId, event: &Event) -> Vec<Thing> {
    let contract = || contract.clone();
    match &event.fact {
        Fact::SeatAdded { seat, .. } => {
            vec![
                Thing::Seat(contract(), seat.clone()),
                Thing::Seats(contract()),
            ]
        }
        Fact::GrantMade { grant, .. } => {
            vec![
                Thing::Grant(contract(), grant.clone()),
                Thing::Grants(contract()),
            ]
        }
        Fact::MessageResponded { message, .. }
        | Fact::ConversationMessage {
            message,
            response: Some(_),
            ..
        } => vec![Thing::Answers(contract(), message.clone())],
        Fact::PolicyAdded { policy, .. } => vec![Thing::Versions(contract(), policy.to_string())],
        Fact::ContractCancelled { .. } => vec![Thing::Cancelled(contract())],
        Fact::SeatChanged { seat, .. } => vec![Thing::Changes(contract(), seat.clone())],
        Fact::GrantRevoked { grant, .. } => vec![Thing::Revokes(contract(), grant.clone())],
        Fact::MessageSeen { message, .. } => vec![Thing::Seen(contract(), message.clone())],
        Fact::MessageReported { message, .. } => vec![Thing::Reports(contract(), message.clone())],
        _ => Vec::new(),
    }
}

/// Checks that there is of everything as much as was asked for.
fn check_counts(book: &Book, history: &History) -> Vec<String> {
    let mut counts: BTreeMap<Thing, Count> = BTreeMap::new();
    for asked in &book.orders {
        for thing in things_of_order(asked) {
            let count = counts.entry(thing).or_default();
            match (asked.done().is_some(), asked.is_open()) {
                (true, _) => count.surely += 1,
                (false, true) => count.perhaps += 1,
                (false, false) => {}
            }
        }
    }
    for (contract, told) in &history.contracts {
        for thing in told
            .events
            .iter()
            .flat_map(|event| things_of_event(contract, event))
        {
            counts.entry(thing).or_default().found += 1;
        }
    }
    let is_wrong = |(thing, count): &(Thing, Count)| {
        // A made-up id of an order that was never answered cannot be told from any other.
        let open_id = matches!(thing, Thing::Seat(..) | Thing::Grant(..)) && count.surely == 0;
        let too_few = !thing.is_at_most() && count.found < count.surely;
        let too_many = count.found > count.surely + count.perhaps && !open_id;
        let most = thing.most().is_some_and(|most| count.found > most);
        too_few || too_many || most
    };
    let wrong = counts.into_iter().filter(is_wrong);
    wrong
        .map(|(thing, count)| format!("{thing:?}: {count:?}"))
        .collect()
}

/// Checks that a contract that was set live is read as live from then on, and as of the moment.
fn check_live(book: &Book) -> Vec<String> {
    let mut live: BTreeMap<&ContractId, u64> = BTreeMap::new();
    for asked in book
        .orders
        .iter()
        .filter(|it| it.order.author == Author::Live)
    {
        let answered = asked
            .tries
            .iter()
            .filter(|it| matches!(it.verdict(), Some(Ok(_))));
        for tick in answered.filter_map(|it| Some(it.to?.tick)) {
            let since = live.entry(&asked.order.contract).or_insert(tick);
            *since = tick.min(*since);
        }
    }
    let mut wrong = Vec::new();
    for read in &book.reads {
        let since = live.get(&read.contract);
        let Some(since) = since.filter(|since| **since < read.from.tick) else {
            continue;
        };
        let nows = book.instants(read.process, read.from.tick, read.to.tick);
        let is_old = match &read.told {
            Answer::Contract(contract) => contract.live_at.is_none(),
            Answer::Balance(balance) => nows.iter().all(|now| balance.as_of < *now),
            _ => false,
        };
        if is_old {
            wrong.push(format!(
                "{} was live at {since}, and p{} told at {}..{} as if it were not: {:?}",
                read.contract, read.process, read.from.tick, read.to.tick, read.told
            ));
        }
    }
    wrong
}

/// Checks that lists have everything that was there when they were asked for.
fn check_lists(book: &Book, history: &History) -> Vec<String> {
    let mut wrong = Vec::new();
    for read in &book.reads {
        let lo = history.seq_at(&read.contract, read.from.head);
        let told = history.contracts.get(&read.contract);
        let missing = match &read.told {
            Answer::Sent(messages) => told.is_some_and(|told| {
                let sent = told.rows.values().filter(|row| row.sent.seq <= lo);
                sent.count() > messages.len()
            }),
            Answer::Message(id, None) => {
                let place = history.messages.get(id);
                place.is_some_and(|place| {
                    place.seq <= history.seq_at(&place.contract, read.from.head)
                })
            }
            Answer::Conversation(id, words) => {
                told.is_some_and(|told| !is_prefix(told, id, words, lo))
            }
            _ => false,
        };
        if missing {
            wrong.push(format!(
                "{}: {:?} is not all that was there",
                read.contract, read.told
            ));
        }
    }
    wrong
}

fn is_prefix(
    told: &Told,
    id: &MessageId,
    words: &[earnest_engine::WritingRecord],
    lo: u64,
) -> bool {
    let writings = told.writings.get(id).map_or(&[][..], Vec::as_slice);
    let least = writings.iter().filter(|it| it.seq <= lo).count();
    words.len() >= least
        && words.len() <= writings.len()
        && words
            .iter()
            .zip(writings)
            .all(|(a, b)| (a.seq, &a.text) == (b.seq, &b.text))
}
