//! Counts a contract's messages and their answers by day, seat and campaign.
//!
//! Owns: the fold over events that a report is read from. Does not own: the gate's figures, which are the
//! state's. Invariant: the counts are what the contract's events say, no more: they are rebuilt with the state.

use earnest_core::State;
use earnest_core::event::{Event, Fact};
use earnest_core::policy::ResponseKind;
use earnest_core::units::{CampaignId, MessageId, SeatId, Timestamp};
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash};

/// How many messages were sent, and how they were answered in time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Sent.
    pub sent: u64,
    /// Answered with a reply.
    pub reply: u64,
    /// Accepted.
    pub accept: u64,
    /// Declined.
    pub not_interested: u64,
}

impl Tally {
    /// Returns how many were answered in time, in whatever way.
    #[must_use]
    pub const fn responded(&self) -> u64 {
        self.reply + self.accept + self.not_interested
    }

    fn count(&mut self, kind: ResponseKind) {
        match kind {
            ResponseKind::Reply => self.reply += 1,
            ResponseKind::Accept => self.accept += 1,
            ResponseKind::NotInterested => self.not_interested += 1,
        }
    }

    /// Adds another tally to this one.
    pub fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.reply += other.reply;
        self.accept += other.accept;
        self.not_interested += other.not_interested;
    }
}

/// The counts of one contract.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Responses {
    /// By the UTC day of the send and the seat's number here.
    by_day: BTreeMap<(i64, u32), Tally>,
    seats: Vec<SeatId>,
    campaigns: Vec<(CampaignId, Tally)>,
    /// The campaigns of messages that wait for an answer, by the hash of the message's id.
    waiting: BTreeMap<u64, u32>,
    /// The credits at stake, by the UTC day of their deadline.
    open: BTreeMap<i64, u64>,
    #[serde(skip)]
    seat_numbers: Numbers<SeatId>,
    #[serde(skip)]
    campaign_numbers: Numbers<CampaignId>,
}

/// Finds the place of a name in a list that only grows. It is made of the list, and so no part of what is compared.
#[derive(Debug, Clone)]
struct Numbers<K>(HashMap<K, u32>);

impl<K> Default for Numbers<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K> PartialEq for Numbers<K> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<K> Eq for Numbers<K> {}

impl<K: Clone + Eq + Hash> Numbers<K> {
    /// Returns the place of a name; where the list does not have it, as an error, the one at the end to which it is to
    /// be added now, and at which it is found from now on.
    fn find<'l>(&mut self, list: impl ExactSizeIterator<Item = &'l K>, name: &K) -> Result<u32, u32>
    where
        K: 'l,
    {
        if self.0.len() != list.len() {
            self.0 = list.cloned().zip(0..).collect();
        }
        if let Some(place) = self.0.get(name) {
            return Ok(*place);
        }
        let end = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.insert(name.clone(), end);
        Err(end)
    }
}

/// A report on a contract's messages and their answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponsesReport {
    /// The instant that it is of.
    pub as_of: Timestamp,
    /// All messages.
    pub total: Tally,
    /// Messages whose stake came back.
    pub returned: u64,
    /// Messages whose stake is gone.
    pub consumed: u64,
    /// Messages whose stake is open.
    pub held: u64,
    /// Messages that lapsed.
    pub lapsed: u64,
    /// Credits that settlements kept.
    pub consumed_credits: u64,
    /// By the UTC day of the send, counted from 1970-01-01, oldest first.
    pub days: Vec<(i64, Tally)>,
    /// By seat, in the order in which they first sent.
    pub seats: Vec<(SeatId, Tally)>,
    /// By campaign, in the order in which they were sent.
    pub campaigns: Vec<(CampaignId, Tally)>,
}

impl Responses {
    /// Counts an event. `state` is the contract's after it.
    pub(crate) fn count(&mut self, event: &Event, state: &State) {
        match &event.fact {
            Fact::MessageSent {
                message,
                seat,
                campaign,
                credits,
                deadline,
                ..
            } => {
                if !credits.is_zero() {
                    *self.open.entry(deadline.utc_day()).or_default() += credits.0;
                }
                let seat = self.seat_number(seat);
                self.by_day
                    .entry((event.at.utc_day(), seat))
                    .or_default()
                    .sent += 1;
                if let Some(campaign) = campaign {
                    let number = self.campaign_number(campaign);
                    if let Some((_, tally)) = at_mut(&mut self.campaigns, number) {
                        tally.sent += 1;
                    }
                    self.waiting.insert(hash(message), number);
                }
            }
            Fact::MessageResponded {
                message,
                seat,
                response,
                ..
            } => {
                let Some(view) = state.message(message) else {
                    return;
                };
                let seat = self.seat_number(seat);
                let day = (view.sent_at.utc_day(), seat);
                self.by_day.entry(day).or_default().count(*response);
                if let Some(number) = self.waiting.remove(&hash(message))
                    && let Some((_, tally)) = at_mut(&mut self.campaigns, number)
                {
                    tally.count(*response);
                }
            }
            Fact::MessageLapsed { message, .. } => {
                self.waiting.remove(&hash(message));
            }
            Fact::StakeReturned {
                message, credits, ..
            }
            | Fact::StakeConsumed {
                message, credits, ..
            } => {
                if let Some(view) = state.message(message) {
                    self.close(view.deadline.utc_day(), credits.0);
                }
            }
            _ => {}
        }
    }

    /// Takes credits out of those at stake.
    fn close(&mut self, day: i64, credits: u64) {
        if let Some(open) = self.open.get_mut(&day) {
            *open = open.saturating_sub(credits);
            if *open == 0 {
                self.open.remove(&day);
            }
        }
    }

    /// Returns the credits at stake, by the UTC day of their deadline.
    pub(crate) const fn open(&self) -> &BTreeMap<i64, u64> {
        &self.open
    }

    /// Returns a seat's counts by the UTC day of the send, oldest first.
    pub(crate) fn days_of(&self, seat: &SeatId) -> Vec<(i64, Tally)> {
        let Some(number) = self.seats.iter().position(|it| it == seat) else {
            return Vec::new();
        };
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let mut days = Vec::new();
        let mut from = i64::MIN;
        // From one day of the seat's or of another's to the next: a day is looked up once, however many seats.
        while let Some(((day, _), _)) = self.by_day.range((from, 0)..).next() {
            if let Some(tally) = self.by_day.get(&(*day, number)) {
                days.push((*day, *tally));
            }
            from = *day + 1;
        }
        days
    }

    /// Returns the campaigns that were sent last, newest first.
    pub(crate) fn newest_campaigns(&self, limit: usize) -> Vec<(CampaignId, Tally)> {
        self.campaigns.iter().rev().take(limit).cloned().collect()
    }

    fn seat_number(&mut self, seat: &SeatId) -> u32 {
        let place = self.seat_numbers.find(self.seats.iter(), seat);
        place.unwrap_or_else(|end| {
            self.seats.push(seat.clone());
            end
        })
    }

    fn campaign_number(&mut self, campaign: &CampaignId) -> u32 {
        let list = self.campaigns.iter().map(|(id, _)| id);
        let place = self.campaign_numbers.find(list, campaign);
        place.unwrap_or_else(|end| {
            self.campaigns.push((campaign.clone(), Tally::default()));
            end
        })
    }

    /// Returns the report.
    pub(crate) fn report(&self, state: &State, as_of: Timestamp) -> ResponsesReport {
        let mut total = Tally::default();
        let mut days: BTreeMap<i64, Tally> = BTreeMap::new();
        let mut seats: Vec<Tally> = vec![Tally::default(); self.seats.len()];
        for ((day, seat), tally) in &self.by_day {
            total.add(tally);
            days.entry(*day).or_default().add(tally);
            if let Some(seat) = at_mut(&mut seats, *seat) {
                seat.add(tally);
            }
        }
        let counts = state.counts();
        ResponsesReport {
            as_of,
            total,
            returned: counts.returned,
            consumed: counts.consumed,
            held: state.open_stakes(),
            lapsed: counts.lapsed,
            consumed_credits: state.balance().consumed.0,
            days: days.into_iter().collect(),
            seats: self.seats.iter().cloned().zip(seats).collect(),
            campaigns: self.campaigns.clone(),
        }
    }
}

fn at_mut<T>(all: &mut [T], number: u32) -> Option<&mut T> {
    all.get_mut(usize::try_from(number).ok()?)
}

fn hash(message: &MessageId) -> u64 {
    foldhash::fast::FixedState::with_seed(0x6d65_7373).hash_one(message.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_keeps_its_place_also_in_counts_that_were_read_again() {
        let seat = |number: u32| SeatId::new(format!("seat-{number}")).unwrap();
        let mut counts = Responses::default();
        for number in 0..1_000 {
            assert_eq!(counts.seat_number(&seat(number)), number);
            assert_eq!(counts.seat_number(&seat(number / 2)), number / 2);
        }
        let text = serde_json::to_string(&counts.seats).unwrap();
        let mut again = Responses {
            seats: serde_json::from_str(&text).unwrap(),
            ..Responses::default()
        };
        assert_eq!(again, counts);
        assert_eq!(again.seat_number(&seat(1_000)), 1_000);
        for number in 0..1_001 {
            assert_eq!(again.seat_number(&seat(number)), number);
        }
    }
}
