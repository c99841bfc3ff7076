//! Keeps messages, what became of them and what was written in their conversations.
//!
//! Owns: that an id is taken once in the whole store, and the order of listings: by the instant of sending, then
//! by the order of commit. Does not own: what decides an outcome.
//! Invariant: a message keeps its place for ever, so a place that was handed out as a cursor stays one while
//! others are inserted before and after it.

use crate::{MessagePage, MessageQuery, MessageRow, NewMessage, Outcome, Which, Writing};
use earnest_core::units::{CampaignId, ContractId, MemberId, MessageId, SeatId, Timestamp};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Bound;

/// How many messages are looked at for one page: others wait meanwhile.
const LOOKED_AT_MOST: usize = 10_000;

/// A list of messages that can be asked for without looking at others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Listing {
    Inbox(MemberId),
    Contract(ContractId),
    Seat(ContractId, SeatId),
    Campaign(ContractId, CampaignId),
}

/// The messages.
#[derive(Default)]
pub(super) struct Messages {
    /// In the order of commit.
    rows: Vec<(ContractId, NewMessage)>,
    places: HashMap<MessageId, usize>,
    listings: HashMap<Listing, BTreeSet<(Timestamp, usize)>>,
    outcomes: HashMap<MessageId, Outcome>,
    writings: HashMap<MessageId, Vec<Writing>>,
}

impl Messages {
    /// Returns whether none of the ids is taken, also not by another one of these.
    pub(super) fn are_new(&self, messages: &[NewMessage]) -> bool {
        let mut seen = HashSet::with_capacity(messages.len());
        messages
            .iter()
            .all(|message| !self.places.contains_key(&message.id) && seen.insert(&message.id))
    }

    pub(super) fn add(&mut self, contract: &ContractId, messages: Vec<NewMessage>) {
        for message in messages {
            let place = self.rows.len();
            self.places.insert(message.id.clone(), place);
            for listing in listings(contract, &message) {
                let listed = self.listings.entry(listing).or_default();
                listed.insert((message.sent_at, place));
            }
            self.rows.push((contract.clone(), message));
        }
    }

    /// Keeps outcomes in the place of earlier ones. A note, or the number of the event that settled, stays where
    /// the new one has none.
    pub(super) fn settle(&mut self, outcomes: Vec<Outcome>) {
        for mut outcome in outcomes {
            if let Some(before) = self.outcomes.remove(&outcome.message) {
                outcome.note = outcome.note.or(before.note);
                outcome.settled_seq = outcome.settled_seq.or(before.settled_seq);
            }
            self.outcomes.insert(outcome.message.clone(), outcome);
        }
    }

    pub(super) fn write(&mut self, writings: Vec<Writing>) {
        for writing in writings {
            let kept = self.writings.entry(writing.message.clone()).or_default();
            kept.push(writing);
        }
    }

    pub(super) fn writings(&self, message: &MessageId) -> Vec<Writing> {
        self.writings.get(message).cloned().unwrap_or_default()
    }

    pub(super) fn received(
        &self,
        member: &MemberId,
        from: Timestamp,
        to: Timestamp,
        most: u32,
    ) -> u32 {
        let Some(inbox) = self.listings.get(&Listing::Inbox(member.clone())) else {
            return 0;
        };
        if from >= to {
            return 0;
        }
        // Counting up to `most` cannot pass it.
        let received = inbox.range((from, 0)..(to, 0));
        (0..most).zip(received).fold(0, |count, _| count + 1)
    }

    pub(super) fn page(&self, query: &MessageQuery) -> MessagePage {
        match &query.which {
            Which::Ids(ids) => self.named(ids, query),
            Which::Inbox(member) => self.listed(&Listing::Inbox(member.clone()), None, query),
            Which::Sent {
                contract,
                seat,
                campaign,
            } => self.sent(contract, seat.as_ref(), campaign.as_ref(), query),
        }
    }

    fn sent(
        &self,
        contract: &ContractId,
        seat: Option<&SeatId>,
        campaign: Option<&CampaignId>,
        query: &MessageQuery,
    ) -> MessagePage {
        let contract = contract.clone();
        let (listing, filter) = match (seat, campaign) {
            (None, None) => (Listing::Contract(contract), None),
            (Some(seat), None) => (Listing::Seat(contract, seat.clone()), None),
            (seat, Some(campaign)) => (Listing::Campaign(contract, campaign.clone()), seat),
        };
        self.listed(&listing, filter, query)
    }

    /// Returns messages by their ids; a cursor is how many of the ids have been looked up.
    fn named(&self, ids: &[MessageId], query: &MessageQuery) -> MessagePage {
        let after = query.after.unwrap_or(0);
        let mut page = MessagePage::default();
        let skipped = usize::try_from(after).unwrap_or(usize::MAX);
        for (id, place) in ids.iter().skip(skipped).zip(after..) {
            if page.messages.len() == query.limit {
                page.next = Some(place);
                break;
            }
            let row = self.places.get(id).and_then(|place| self.row(*place));
            page.messages.extend(row.filter(|row| query.has(row)));
        }
        page
    }

    fn listed(
        &self,
        listing: &Listing,
        seat: Option<&SeatId>,
        query: &MessageQuery,
    ) -> MessagePage {
        let mut page = MessagePage::default();
        let (Some(listed), Some(end)) = (self.listings.get(listing), self.end(query.after)) else {
            return page;
        };
        let mut before = query.after;
        let span = query.sent;
        let newest_first = listed.range((Bound::Unbounded, end)).rev();
        let newest_first = newest_first
            .skip_while(|(at, _)| span.to.is_some_and(|to| *at >= to))
            .take_while(|(at, _)| span.from.is_none_or(|from| *at >= from));
        for (looked_at, (_, place)) in newest_first.enumerate() {
            if page.messages.len() == query.limit || looked_at == LOOKED_AT_MOST {
                page.next = before;
                break;
            }
            before = Some(*place as u64);
            let row = self.row(*place).filter(|row| query.has(row));
            let row = row.filter(|row| seat.is_none_or(|seat| row.sent.seat == *seat));
            page.messages.extend(row);
        }
        page
    }

    /// Returns where the messages after a cursor begin, newest first; nothing where the cursor is none.
    fn end(&self, after: Option<u64>) -> Option<Bound<(Timestamp, usize)>> {
        let Some(after) = after else {
            return Some(Bound::Unbounded);
        };
        let place = usize::try_from(after).ok()?;
        let (_, sent) = self.rows.get(place)?;
        Some(Bound::Excluded((sent.sent_at, place)))
    }

    fn row(&self, place: usize) -> Option<MessageRow> {
        let (contract, sent) = self.rows.get(place)?;
        let outcome = self.outcomes.get(&sent.id).cloned();
        Some(MessageRow {
            contract: contract.clone(),
            sent: sent.clone(),
            outcome: outcome.unwrap_or_else(|| Outcome::fresh(sent.id.clone(), sent.price)),
        })
    }
}

fn listings(contract: &ContractId, message: &NewMessage) -> impl Iterator<Item = Listing> {
    let campaign = message.campaign.clone();
    [
        Listing::Inbox(message.to.clone()),
        Listing::Contract(contract.clone()),
        Listing::Seat(contract.clone(), message.seat.clone()),
    ]
    .into_iter()
    .chain(campaign.map(|campaign| Listing::Campaign(contract.clone(), campaign)))
}
