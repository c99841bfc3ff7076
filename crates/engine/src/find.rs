//! Finds: messages by words and dates, events by what they are about.
//!
//! Owns: how far one look goes, and where the next goes on. Does not own: the store's lists. Invariant: a look reads a
//! bounded number of rows, however long the history; where it stops early it says so, and the next goes on from there.

use crate::engine::Engine;
use crate::failure::Failure;
use crate::query::MessageFilter;
use crate::record::{MessageRecord, Page, SeatRecord};
use crate::webhooks::event_type;
use earnest_core::Status;
use earnest_core::event::{Event, Fact};
use earnest_core::policy::Standing;
use earnest_core::units::{CampaignId, ContractId, MemberId, MessageId, SeatId, Timestamp};
use earnest_store::StoredEvent;
use std::cmp::Ordering;

/// How many messages one look reads: what can be read in some 30 ms.
const MESSAGES_MOST: usize = 500;
/// How many events one look reads: what can be read in some 50 ms.
const EVENTS_MOST: usize = 2_000;
/// How many messages are read at once.
const MESSAGES_AT_ONCE: usize = 250;
/// How many events are read at once: many, since a store reads the whole of a batch for one event of it.
const EVENTS_AT_ONCE: usize = 1_000;

/// Which of a contract's messages are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// What lists can be narrowed by.
    pub filter: MessageFilter,
    /// Words that stand in the recipient, the subject, the body or the ids; empty means any.
    pub words: String,
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<T> {
    /// The items, newest first.
    pub items: Vec<T>,
    /// From where to look on; nothing at the end.
    pub next: Option<u64>,
    /// Up to when the look went, where it stopped before the page was full.
    pub looked_to: Option<Timestamp>,
}

/// Which of a contract's events are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Only of this type, as it is listed.
    pub event_type: Option<String>,
    /// Only those that concern this seat.
    pub seat: Option<SeatId>,
    /// Only those that concern this message.
    pub message: Option<MessageId>,
}

/// By what seats are put in order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SeatOrder {
    /// In the order in which they were added.
    #[default]
    Added,
    /// By id.
    Id,
    /// Worst standing first.
    Standing,
    /// Most messages counted by the gate first.
    Sent,
    /// By the rate that the gate counts, lowest first; those that sent nothing last.
    Rate,
    /// Most used of the month first.
    Used,
    /// Most reports first.
    Reports,
}

impl Engine {
    /// Looks for messages with words in them, newest first, from a place on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn search_sent(
        &self,
        contract: &ContractId,
        search: &Search,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Found<MessageRecord>, Failure> {
        let words: Vec<String> = lower(&search.words);
        let (mut items, mut after, mut looked_at) = (Vec::new(), after, 0);
        loop {
            let read = match words.is_empty() {
                true => limit,
                false => MESSAGES_AT_ONCE,
            };
            let page = self
                .sent(contract, search.filter.clone(), after, read)
                .await?;
            looked_at += page.items.len().max(MESSAGES_AT_ONCE / 4);
            let last = page.items.last().map(|it| it.sent_at);
            let matching = page.items.into_iter().filter(|it| has_words(it, &words));
            let mut matching: Vec<MessageRecord> = matching.collect();
            if words.is_empty() {
                return Ok(Found {
                    items: matching,
                    next: page.next,
                    looked_to: None,
                });
            }
            items.append(&mut matching);
            after = page.next;
            if after.is_none() || items.len() >= limit || looked_at >= MESSAGES_MOST {
                return Ok(Found {
                    looked_to: last.filter(|_| after.is_some()),
                    items,
                    next: after,
                });
            }
        }
    }

    /// Looks for events of a contract, newest first, before a number.
    ///
    /// # Errors
    /// When there is no such contract, or the store fails.
    pub async fn find_events(
        &self,
        contract: &ContractId,
        filter: &EventFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Found<StoredEvent>, Failure> {
        let newest = self.newest_event(contract).await?;
        let mut next = before.map_or(newest, |before| before.saturating_sub(1).min(newest));
        let is_any = *filter == EventFilter::default();
        let (mut items, mut looked_at, mut looked_to) = (Vec::new(), 0, None);
        while next > 0 && items.len() < limit && looked_at < EVENTS_MOST {
            let read = match is_any {
                true => limit - items.len(),
                false => EVENTS_AT_ONCE,
            };
            let events = self.events(contract, 1, next, true, read).await?;
            let Some(oldest) = events.last() else { break };
            looked_at += events.len();
            looked_to = Some(oldest.event.at);
            next = oldest.seq - 1;
            for event in events {
                if filter.has(&event.event) {
                    let seq = event.seq;
                    items.push(event);
                    if items.len() == limit {
                        next = seq - 1;
                        break;
                    }
                }
            }
        }
        Ok(Found {
            looked_to: looked_to.filter(|_| next > 0 && items.len() < limit),
            next: (next > 0).then_some(next + 1),
            items,
        })
    }

    /// Returns a contract's seats in an order, after so many of them.
    ///
    /// # Errors
    /// When there is no such contract, or the store fails.
    pub async fn seats_by(
        &self,
        contract: &ContractId,
        order: SeatOrder,
        after: u64,
        limit: usize,
    ) -> Result<(Page<SeatRecord>, usize), Failure> {
        self.refresh().await?;
        self.ask(contract, move |hot, at| {
            let ids = hot.contract.state().seat_ids();
            let mut seats: Vec<SeatRecord> = ids.filter_map(|id| hot.seat(id, at)).collect();
            if order != SeatOrder::Added {
                seats.sort_by(|a, b| order.compare(a, b).then_with(|| a.id.cmp(&b.id)));
            }
            let count = seats.len();
            (crate::query::page_of(&seats, after, limit), count)
        })
        .await
    }

    /// Returns a member's messages that wait for an answer, unread ones first, and whether there are more than
    /// `limit`. Newest first within each.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn waiting_for(
        &self,
        member: &MemberId,
        limit: usize,
    ) -> Result<Page<MessageRecord>, Failure> {
        let mut page = self
            .inbox(member, Some(Status::Pending), None, limit)
            .await?;
        page.items.sort_by_key(|it| it.seen_at.is_some());
        Ok(page)
    }

    /// Returns the campaigns of a contract that were sent last, newest first.
    ///
    /// # Errors
    /// When there is no such contract, or the store fails.
    pub async fn newest_campaigns(
        &self,
        contract: &ContractId,
        limit: usize,
    ) -> Result<Vec<(CampaignId, crate::Tally)>, Failure> {
        self.refresh().await?;
        self.ask(contract, move |hot, _| {
            hot.responses.newest_campaigns(limit)
        })
        .await
    }
}

impl EventFilter {
    fn has(&self, event: &Event) -> bool {
        let fact = &event.fact;
        let of_type = |wanted: &String| event_type(fact) == wanted;
        self.event_type.as_ref().is_none_or(of_type)
            && self
                .seat
                .as_ref()
                .is_none_or(|it| seat_of(fact) == Some(it))
            && self
                .message
                .as_ref()
                .is_none_or(|it| message_of(fact) == Some(it))
    }
}

/// Returns the message that an event is about.
#[must_use]
pub fn message_of(fact: &Fact) -> Option<&MessageId> {
    match fact {
        Fact::MessageSent { message, .. }
        | Fact::MessageSeen { message, .. }
        | Fact::MessageResponded { message, .. }
        | Fact::MessageReported { message, .. }
        | Fact::MessageLapsed { message, .. }
        | Fact::StakeReturned { message, .. }
        | Fact::StakeConsumed { message, .. }
        | Fact::ConversationMessage { message, .. } => Some(message),
        _ => None,
    }
}

/// Returns the seat that an event is about.
#[must_use]
pub fn seat_of(fact: &Fact) -> Option<&SeatId> {
    match fact {
        Fact::SeatAdded { seat, .. }
        | Fact::SeatChanged { seat, .. }
        | Fact::AllotmentGranted { seat, .. }
        | Fact::MessageSent { seat, .. }
        | Fact::MessageSeen { seat, .. }
        | Fact::MessageResponded { seat, .. }
        | Fact::MessageReported { seat, .. }
        | Fact::MessageLapsed { seat, .. }
        | Fact::StakeReturned { seat, .. }
        | Fact::StakeConsumed { seat, .. }
        | Fact::StandingChanged { seat, .. }
        | Fact::ConversationMessage { seat, .. } => Some(seat),
        _ => None,
    }
}

impl SeatOrder {
    fn compare(self, a: &SeatRecord, b: &SeatRecord) -> Ordering {
        let standing = |it: &SeatRecord| Standing::ALL.iter().position(|one| *one == it.standing);
        match self {
            Self::Added => Ordering::Equal,
            Self::Id => a.id.cmp(&b.id),
            Self::Standing => standing(b).cmp(&standing(a)),
            Self::Sent => b.sent.cmp(&a.sent),
            Self::Rate => (a.sent == 0).cmp(&(b.sent == 0)).then_with(|| {
                let left = u64::from(a.responded) * u64::from(b.sent);
                let right = u64::from(b.responded) * u64::from(a.sent);
                left.cmp(&right)
            }),
            Self::Used => b.used.cmp(&a.used),
            Self::Reports => b.reports.cmp(&a.reports),
        }
    }
}

fn lower(words: &str) -> Vec<String> {
    words.split_whitespace().map(str::to_lowercase).collect()
}

/// Returns whether every word stands somewhere in a message.
fn has_words(message: &MessageRecord, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let (subject, body) = match &message.text {
        Some(text) => (text.subject.to_lowercase(), text.body.to_lowercase()),
        None => (String::new(), String::new()),
    };
    let names = format!(
        "{} {} {}",
        message.to,
        message.id,
        message.campaign.as_ref().map_or("", CampaignId::as_str)
    );
    let names = names.to_lowercase();
    words.iter().all(|word| {
        [&subject, &body, &names]
            .iter()
            .any(|text| text.contains(word))
    })
}
