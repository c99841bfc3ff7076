//! Answers questions: about contracts, seats, grants, balances, events, messages and their stories.
//!
//! Owns: what is asked of the contract in memory and what of the store. Does not own: rights. Invariant: an
//! answer is of what is recorded up to now, with everything that fell due recorded first; a contract whose
//! history is being told is as of its newest event.

use crate::carry::length;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::hot::Hot;
use crate::members::Wishes;
use crate::message::{full_record, recalled};
use crate::order::{NewCampaign, NewLetter};
use crate::record::{
    BalanceRecord, ContractRecord, GrantRecord, MessageRecord, Page, SeatRecord, VersionRecord,
    WritingRecord,
};
use crate::responses::{ResponsesReport, Tally};
use crate::slot::{Prepared, gave_up};
use earnest_core::command::{Letter, Send};
use earnest_core::event::Event;
use earnest_core::explain::{self, Explanation};
use earnest_core::policy::Policy;
use earnest_core::units::{
    CampaignId, ContractId, GrantId, MemberId, MessageId, SeatId, Timestamp,
};
use earnest_core::{Balance, Status};
use earnest_store::{
    EventQuery, LogRow, MessagePage, MessageQuery, MessageRow, Position, Span, StoredEvent, Which,
};
use smallvec::SmallVec;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What would become of a send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Whether it would be accepted.
    pub allowed: bool,
    /// The story of it.
    pub explanation: Explanation,
}

/// Which of a contract's messages are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageFilter {
    /// Only this seat's.
    pub seat: Option<SeatId>,
    /// Only this campaign's.
    pub campaign: Option<CampaignId>,
    /// Only those of this status.
    pub status: Option<Status>,
    /// Only those that were sent then.
    pub sent: Span,
}

/// How many events are read in one go rather than guessed among.
const CLOSE: u64 = 256;

/// Returns the number between two events at which one of an instant is to be expected, were they evenly spread.
fn between(low: (u64, Timestamp), high: (u64, Timestamp), at: Timestamp) -> u64 {
    let (past, whole) = (at.millis_since(low.1), high.1.millis_since(low.1));
    let part = i128::from(high.0 - low.0) * i128::from(past) / i128::from(whole.max(1));
    let guess = low.0.saturating_add(u64::try_from(part).unwrap_or(0));
    guess.clamp(low.0 + 1, high.0 - 1)
}

impl Engine {
    /// Returns a contract.
    ///
    /// # Errors
    /// When there is none, or the store fails.
    pub async fn contract(&self, id: &ContractId) -> Result<ContractRecord, Failure> {
        self.refresh().await?;
        self.ask(id, |hot, at| hot.record(at)).await
    }

    /// Returns contracts' ids in their order, after one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn contract_ids(
        &self,
        after: Option<&ContractId>,
        limit: usize,
    ) -> Result<Vec<ContractId>, Failure> {
        let rows = self.store().contracts(after, limit).await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    /// Returns a contract's seats in the order in which they were added, after so many, and how many follow.
    ///
    /// # Errors
    /// When there is no such contract, or the store fails.
    pub async fn seats(
        &self,
        contract: &ContractId,
        after: u64,
        limit: usize,
    ) -> Result<Page<SeatRecord>, Failure> {
        self.refresh().await?;
        self.ask(contract, move |hot, at| {
            let ids: Vec<SeatId> = hot.contract.state().seat_ids().cloned().collect();
            let page = page_of(&ids, after, limit);
            let seats = page.items.iter().filter_map(|id| hot.seat(id, at));
            Page {
                items: seats.collect(),
                next: page.next,
            }
        })
        .await
    }

    /// Returns a seat, with the story of its standing.
    ///
    /// # Errors
    /// When there is no such contract, or the store fails.
    pub async fn seat(
        &self,
        contract: &ContractId,
        seat: &SeatId,
    ) -> Result<Option<(SeatRecord, Option<Explanation>)>, Failure> {
        self.refresh().await?;
        let seat = seat.clone();
        self.ask(contract, move |hot, at| {
            let record = hot.seat(&seat, at)?;
            Some((record, explain::standing(&hot.contract, &seat, at)))
        })
        .await
    }

    /// Returns a contract's grants in the order of creation: from the first, which is at 0, or from where an earlier
    /// page ended.
    ///
    /// # Errors
    /// When there is no such contract, or the store fails.
    pub async fn grants(
        &self,
        contract: &ContractId,
        from: u64,
        limit: usize,
    ) -> Result<Page<GrantRecord>, Failure> {
        self.refresh().await?;
        self.ask(contract, move |hot, _| {
            let state = hot.contract.state();
            let mut lots = state.grants_from(from, limit.saturating_add(1));
            let is_last = lots.len() <= limit;
            lots.truncate(limit);
            // Not by how many there were: lots that are drained go.
            let last = lots.last().map(|(number, _)| u64::from(*number) + 1);
            let items = lots.into_iter().map(|(_, lot)| hot.grant_record(lot));
            Page {
                items: items.collect(),
                next: last.filter(|_| !is_last),
            }
        })
        .await
    }

    /// Returns a grant.
    ///
    /// # Errors
    /// When there is no such contract, or the store fails.
    pub async fn grant(
        &self,
        contract: &ContractId,
        grant: &GrantId,
    ) -> Result<Option<GrantRecord>, Failure> {
        self.refresh().await?;
        let grant = grant.clone();
        self.ask(contract, move |hot, _| hot.grant(&grant)).await
    }

    /// Returns a contract's credits: now, or at a past instant.
    ///
    /// # Errors
    /// When there is no such contract, the instant is before its start or still to come, or the store fails.
    pub async fn balance(
        &self,
        contract: &ContractId,
        at: Option<Timestamp>,
    ) -> Result<BalanceRecord, Failure> {
        self.refresh().await?;
        let now = self.now();
        let (balance, start, seq, as_of) = self
            .ask(contract, |hot, at| {
                let state = hot.contract.state();
                (state.balance(), state.starts_at(), hot.seq, at)
            })
            .await?;
        let Some(at) = at else {
            return Ok(BalanceRecord { balance, as_of });
        };
        if at < start || at > now {
            let why = match at < start {
                true => format!("the contract started at {start}, after {at}"),
                false => format!("{at} has not come yet"),
            };
            return Err(Failure::Invalid { field: "at", why });
        }
        let balance = self.past_balance(contract, seq, at).await?;
        Ok(BalanceRecord { balance, as_of: at })
    }

    async fn past_balance(
        &self,
        contract: &ContractId,
        newest: u64,
        at: Timestamp,
    ) -> Result<Balance, Failure> {
        let last = self.last_event_at(contract, newest, at).await?;
        crate::past::balance(self, contract, last, at).await
    }

    /// Returns the number of the last event at or before an instant, by halving.
    async fn last_event_at(
        &self,
        contract: &ContractId,
        newest: u64,
        at: Timestamp,
    ) -> Result<u64, Failure> {
        let (Some(first), Some(last)) = (
            self.event_instant(contract, 1).await?,
            self.event_instant(contract, newest).await?,
        ) else {
            return Ok(0);
        };
        if first > at {
            return Ok(0);
        }
        if last <= at {
            return Ok(newest);
        }
        // The event of the lower end is not after `at`, that of the upper one is. Most histories are even, so that a
        // guess by their instants is near; every other step halves what is left, for those that are not.
        let (mut low, mut high) = ((1, first), (newest, last));
        let mut halves = false;
        while high.0 - low.0 > CLOSE {
            let middle = if halves {
                low.0.midpoint(high.0)
            } else {
                between(low, high, at)
            };
            halves = !halves;
            match self.event_instant(contract, middle).await? {
                Some(found) if found <= at => low = (middle, found),
                Some(found) => high = (middle, found),
                None => high.0 = middle,
            }
        }
        let left = usize::try_from(high.0 - low.0).unwrap_or(usize::MAX);
        let events = self
            .events(contract, low.0, high.0 - 1, false, left)
            .await?;
        let before = events.iter().rfind(|found| found.event.at <= at);
        Ok(before.map_or(low.0, |found| found.seq))
    }

    async fn event_instant(
        &self,
        contract: &ContractId,
        number: u64,
    ) -> Result<Option<Timestamp>, Failure> {
        let events = self.events(contract, number, number, false, 1).await?;
        Ok(events.first().map(|found| found.event.at))
    }

    /// Returns a contract's events of the numbers from one to another, both included.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn events(
        &self,
        contract: &ContractId,
        from: u64,
        to: u64,
        newest_first: bool,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, Failure> {
        let query = EventQuery {
            contract: contract.clone(),
            from,
            to,
            newest_first,
            limit,
        };
        Ok(self.store().events(query).await?)
    }

    /// Returns the number of a contract's newest event, with everything recorded that fell due.
    ///
    /// # Errors
    /// When there is no such contract, or the store fails.
    pub async fn newest_event(&self, contract: &ContractId) -> Result<u64, Failure> {
        self.refresh().await?;
        self.ask(contract, |hot, _| hot.seq).await
    }

    /// Returns what was committed to any contract after a place in the log.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn log(&self, after: Position, limit: usize) -> Result<Vec<LogRow>, Failure> {
        Ok(self.store().log(after, limit).await?)
    }

    /// Returns a message, with its texts.
    ///
    /// # Errors
    /// When there is none, or the store fails.
    pub async fn message(&self, id: &MessageId) -> Result<MessageRecord, Failure> {
        self.refresh().await?;
        let unknown = || Failure::UnknownMessage(id.clone());
        let row = self.find_message(id).await?.ok_or_else(unknown)?;
        let rows = self.up_to_date(vec![row]).await?;
        rows.first().map(full_record).ok_or_else(unknown)
    }

    /// Sees that no message is told as pending that has lapsed.
    async fn up_to_date(&self, rows: Vec<MessageRow>) -> Result<Vec<MessageRow>, Failure> {
        let now = self.now();
        let overdue: BTreeSet<ContractId> = rows
            .iter()
            .filter(|row| row.outcome.status == Status::Pending && row.sent.deadline < now)
            .map(|row| row.contract.clone())
            .collect();
        if overdue.is_empty() {
            return Ok(rows);
        }
        for contract in &overdue {
            self.ask(contract, |_, _| ()).await?;
        }
        let ids = rows.iter().map(|row| row.sent.id.clone()).collect();
        let mut again = self.find_messages(ids).await?;
        let rows = rows.into_iter();
        Ok(rows
            .map(|row| again.remove(&row.sent.id).unwrap_or(row))
            .collect())
    }

    /// Returns a member's messages, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn inbox(
        &self,
        member: &MemberId,
        status: Option<Status>,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page<MessageRecord>, Failure> {
        let which = Which::Inbox(member.clone());
        let query = MessageQuery {
            status,
            after,
            ..MessageQuery::new(which, limit)
        };
        self.list(query).await
    }

    /// Returns a contract's messages, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sent(
        &self,
        contract: &ContractId,
        filter: MessageFilter,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page<MessageRecord>, Failure> {
        let which = Which::Sent {
            contract: contract.clone(),
            seat: filter.seat,
            campaign: filter.campaign,
        };
        let query = MessageQuery {
            status: filter.status,
            sent: filter.sent,
            after,
            ..MessageQuery::new(which, limit)
        };
        self.list(query).await
    }

    async fn list(&self, query: MessageQuery) -> Result<Page<MessageRecord>, Failure> {
        self.refresh().await?;
        let status = query.status;
        let MessagePage { messages, next } = self.store().messages(query).await?;
        let mut rows = self.up_to_date(messages).await?;
        if let Some(status) = status {
            rows.retain(|row| row.outcome.status == status);
        }
        Ok(Page {
            items: rows.iter().map(full_record).collect(),
            next,
        })
    }

    /// Returns what was written in a message's conversation, responses included, in order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn conversation(&self, message: &MessageId) -> Result<Vec<WritingRecord>, Failure> {
        let writings = self.store().writings(message).await?;
        Ok(writings.into_iter().map(WritingRecord::from).collect())
    }

    /// Tells a message's story: why its credit is where it is, and what can still happen.
    ///
    /// # Errors
    /// When there is no such message, or the store fails.
    pub async fn explanation(&self, id: &MessageId) -> Result<Explanation, Failure> {
        self.refresh().await?;
        let unknown = || Failure::UnknownMessage(id.clone());
        let row = self.find_message(id).await?.ok_or_else(unknown)?;
        let row = self
            .up_to_date(vec![row])
            .await?
            .pop()
            .ok_or_else(gave_up)?;
        let history = self.history(&row).await?;
        let contract = row.contract.clone();
        let told = self
            .ask(&contract, move |hot, at| tell(hot, &row, &history, at))
            .await?;
        told.ok_or_else(unknown)
    }

    /// Returns the events that a message's story is told from.
    async fn history(&self, row: &MessageRow) -> Result<Vec<Event>, Failure> {
        // A settlement is told by the event before it, itself, and what was lost at once after it.
        const AROUND: u64 = 1;
        const AFTER: u64 = 8;
        let mut numbers = BTreeSet::from([row.sent.seq]);
        if let Some(settled) = row.outcome.settled_seq {
            numbers.extend(settled.saturating_sub(AROUND).max(1)..=settled + AFTER);
        }
        for writing in self.store().writings(&row.sent.id).await? {
            numbers.insert(writing.seq);
        }
        let mut history = Vec::new();
        let mut runs: Vec<(u64, u64)> = Vec::new();
        for number in numbers {
            match runs.last_mut() {
                Some((_, to)) if *to + 1 == number => *to = number,
                _ => runs.push((number, number)),
            }
        }
        for (from, to) in runs {
            let events = self.events(&row.contract, from, to, false, 256).await?;
            history.extend(events.into_iter().map(|it| it.event));
        }
        Ok(history)
    }

    /// Says what would become of a message, without sending it.
    ///
    /// # Errors
    /// When there is no such contract, the send has no sense, or the store fails.
    pub async fn preview(
        &self,
        contract: &ContractId,
        letter: &NewLetter,
    ) -> Result<Preview, Failure> {
        let to = std::slice::from_ref(&letter.to);
        let prepared = self.recipients(contract, &letter.seat, to).await?;
        let recipients = self.with_counts(contract, to, prepared).await?;
        let send = Send {
            seat: letter.seat.clone(),
            letters: self.letters(to, recipients, letter.id.as_ref()),
            campaign: letter.campaign.clone(),
            subject_length: length(&letter.subject),
            body_length: length(&letter.body),
        };
        self.preview_send(contract, send).await
    }

    /// Says what would become of a campaign, without sending it.
    ///
    /// # Errors
    /// As [`Engine::preview`].
    pub async fn preview_campaign(
        &self,
        contract: &ContractId,
        campaign: &NewCampaign,
    ) -> Result<Preview, Failure> {
        let prepared = self
            .recipients(contract, &campaign.seat, &campaign.to)
            .await?;
        let recipients = self.with_counts(contract, &campaign.to, prepared).await?;
        let id = campaign.id.clone();
        let id = id.or_else(|| CampaignId::new("preview").ok());
        let send = Send {
            seat: campaign.seat.clone(),
            letters: self.letters(&campaign.to, recipients, None),
            campaign: id,
            subject_length: length(&campaign.subject),
            body_length: length(&campaign.body),
        };
        self.preview_send(contract, send).await
    }

    fn letters(
        &self,
        to: &[MemberId],
        recipients: Vec<earnest_core::command::Recipient>,
        id: Option<&MessageId>,
    ) -> SmallVec<[Letter; 1]> {
        let now = self.now();
        let letter = |(to, recipient): (&MemberId, _)| Letter {
            message: id.cloned().unwrap_or_else(|| self.make_message_id(now)),
            to: to.clone(),
            recipient,
        };
        to.iter().zip(recipients).map(letter).collect()
    }

    /// Adds to what recipients wish how many messages they had on the day that it is for the contract.
    async fn with_counts(
        &self,
        contract: &ContractId,
        to: &[MemberId],
        prepared: Prepared,
    ) -> Result<Vec<earnest_core::command::Recipient>, Failure> {
        let Prepared::Recipients(recipients) = prepared else {
            return Err(gave_up());
        };
        let mut counted = recipients.into_vec();
        if counted
            .iter()
            .all(|recipient| recipient.daily_cap.is_none())
        {
            return Ok(counted);
        }
        let now = self.ask(contract, |_, at| at).await?;
        for (to, recipient) in to.iter().zip(&mut counted) {
            if let Some(cap) = recipient.daily_cap {
                recipient.received_today = self.received_on_day(to, now, cap).await?;
            }
        }
        Ok(counted)
    }

    async fn preview_send(&self, contract: &ContractId, send: Send) -> Result<Preview, Failure> {
        self.refresh().await?;
        let now = self.now();
        let told = self
            .ask(contract, move |hot, at| {
                explain::preview(&hot.contract, &send, at.max(now))
            })
            .await?;
        let explanation = told?;
        let allowed = matches!(explanation.outcome, explain::Outcome::Allowed { .. });
        Ok(Preview {
            allowed,
            explanation,
        })
    }

    /// Returns the report on a contract's messages and their answers.
    ///
    /// # Errors
    /// When there is no such contract, or the store fails.
    pub async fn responses(&self, contract: &ContractId) -> Result<ResponsesReport, Failure> {
        self.refresh().await?;
        self.ask(contract, |hot, at| {
            hot.responses.report(hot.contract.state(), at)
        })
        .await
    }

    /// Returns a seat's messages and answers by the UTC day of the send, oldest first.
    ///
    /// # Errors
    /// When there is no such contract, or the store fails.
    pub async fn seat_days(
        &self,
        contract: &ContractId,
        seat: &SeatId,
    ) -> Result<Vec<(i64, Tally)>, Failure> {
        self.refresh().await?;
        let seat = seat.clone();
        self.ask(contract, move |hot, _| hot.responses.days_of(&seat))
            .await
    }

    /// Returns the policies that a contract follows, by the number of their version, and which of them is in force.
    ///
    /// # Errors
    /// When there is no such contract, or the store fails.
    pub async fn policies_of(
        &self,
        contract: &ContractId,
    ) -> Result<(Vec<(VersionRecord, Arc<Policy>)>, usize), Failure> {
        self.refresh().await?;
        self.ask(contract, |hot, at| {
            let versions = hot.record(at).versions.into_iter();
            let policies = hot.contract.policies();
            let numbered = versions.filter_map(|version| {
                let number = u16::try_from(version.version).ok()?;
                Some((version, Arc::clone(policies.get(number))))
            });
            let all: Vec<(VersionRecord, Arc<Policy>)> = numbered.collect();
            let now = hot.contract.policy(at);
            let in_force = all.iter().rposition(|(_, it)| Arc::ptr_eq(it, now));
            (all, in_force.unwrap_or(0))
        })
        .await
    }

    /// Returns the policy that settles a message: the one that was in force at its send.
    ///
    /// # Errors
    /// When there is no such message, or the store fails.
    pub async fn policy_of_message(&self, id: &MessageId) -> Result<Arc<Policy>, Failure> {
        let unknown = || Failure::UnknownMessage(id.clone());
        let row = self.find_message(id).await?.ok_or_else(unknown)?;
        let version = row.sent.version;
        let policies = self.ask(&row.contract, move |hot, _| {
            Arc::clone(hot.contract.policies().get(version))
        });
        policies.await
    }

    /// Returns what a member wishes, as last told by any process.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn preferences(&self, member: &MemberId) -> Result<Wishes, Failure> {
        self.refresh().await?;
        Ok((*self.wishes(member).await?).clone())
    }
}

fn tell(hot: &mut Hot, row: &MessageRow, history: &[Event], at: Timestamp) -> Option<Explanation> {
    // One that the contract knows cannot be recalled, and need not be.
    let _ = hot.contract.recall(&recalled(row));
    let told = explain::message_with_history(&hot.contract, &row.sent.id, at, history);
    hot.contract.drop_recalled();
    told
}

/// Returns the items after so many.
pub(crate) fn page_of<T: Clone>(all: &[T], after: u64, limit: usize) -> Page<T> {
    let from = usize::try_from(after).unwrap_or(usize::MAX).min(all.len());
    let rest = all.get(from..).unwrap_or_default();
    let items: Vec<T> = rest.iter().take(limit).cloned().collect();
    let to = after.saturating_add(u64::try_from(items.len()).unwrap_or(u64::MAX));
    Page {
        next: (rest.len() > items.len()).then_some(to),
        items,
    }
}
