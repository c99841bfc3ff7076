//! Looks up, before a round is decided, what its orders need to know that the contract's memory does not have.

use crate::engine::Engine;
use crate::hot::Hot;
use crate::order::What;
use crate::slot::{Job, OrderJob, Prepared};
use earnest_core::command::Recipient;
use earnest_core::units::{MemberId, MessageId, Timestamp};
use earnest_store::{MessageQuery, MessageRow, StoreError, Which};
use hashbrown::HashMap;
use std::collections::{BTreeMap, VecDeque};

/// What a round's orders need to know.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The messages that are named and kept in the store.
    pub(crate) rows: HashMap<MessageId, MessageRow>,
    /// How many cold messages capped recipients were sent on a UTC day.
    pub(crate) received: HashMap<(MemberId, i64), u32>,
}

impl Known {
    /// Returns whether nothing had to be looked up.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.received.is_empty()
    }

    /// Adds the day's count to what a recipient wishes.
    pub(crate) fn recipient(&self, to: &MemberId, wishes: Recipient, at: Timestamp) -> Recipient {
        let received_today = match wishes.daily_cap {
            None => 0,
            Some(_) => {
                let day = (to.clone(), at.utc_day());
                self.received.get(&day).copied().unwrap_or_default()
            }
        };
        Recipient {
            received_today,
            ..wishes
        }
    }

    /// Counts a message that was just sent to a capped recipient.
    pub(crate) fn count_sent(&mut self, to: &MemberId, at: Timestamp) {
        if let Some(count) = self.received.get_mut(&(to.clone(), at.utc_day())) {
            *count = count.saturating_add(1);
        }
    }
}

/// Looks up what the jobs need that are decided as of `now`, and recalls into the contract's memory the messages that it
/// has forgotten.
pub(crate) async fn look_up(
    engine: &Engine,
    hot: &mut Hot,
    jobs: &VecDeque<Job>,
    now: Timestamp,
) -> Result<Known, StoreError> {
    let orders = || {
        jobs.iter().filter_map(|job| match job {
            Job::Order(job) => Some(&**job),
            Job::Read(_) => None,
        })
    };
    let mut known = Known::default();
    let ids: Vec<MessageId> = orders().filter_map(named).cloned().collect();
    if !ids.is_empty() {
        let limit = ids.len();
        let query = MessageQuery::new(Which::Ids(ids), limit);
        let page = engine.store().messages(query).await?;
        for row in page.messages {
            known.rows.insert(row.sent.id.clone(), row);
        }
        recall(hot, &known);
    }
    let mut caps: BTreeMap<(MemberId, i64), (Timestamp, u32)> = BTreeMap::new();
    for job in orders() {
        let at = hot.instant_of(&job.order, now, engine.options().skew);
        for (to, cap) in capped(job) {
            let day = caps.entry((to.clone(), at.utc_day())).or_insert((at, 0));
            // Two orders may have been told of two caps: the count has to do for both.
            day.1 = day.1.max(cap);
        }
    }
    for ((to, day), (at, cap)) in caps {
        let received = engine.received_on_day(&to, at, cap).await?;
        known.received.insert((to, day), received);
    }
    Ok(known)
}

/// Returns the message that an order names: the one it is about, or the one that it would make.
fn named(job: &OrderJob) -> Option<&MessageId> {
    match &job.order.what {
        What::Respond(response) => Some(&response.message),
        What::Seen(message) | What::Report(message) => Some(message),
        What::Write(writing) => Some(&writing.message),
        What::Send(letter) => letter.id.as_ref(),
        _ => None,
    }
}

fn recall(hot: &mut Hot, known: &Known) {
    let state = hot.contract.state();
    let forgotten: Vec<_> = known
        .rows
        .values()
        .filter(|row| row.contract == *state.id() && state.message(&row.sent.id).is_none())
        .map(crate::message::recalled)
        .collect();
    for message in forgotten {
        // One that cannot be recalled stays unknown.
        let _ = hot.contract.recall(&message);
    }
}

/// Returns the recipients of an order that cap their messages a day, each with the cap.
fn capped(job: &OrderJob) -> impl Iterator<Item = (&MemberId, u32)> {
    let to: &[MemberId] = match &job.order.what {
        What::Send(letter) => std::slice::from_ref(&letter.to),
        What::Campaign(campaign) => &campaign.to,
        _ => &[],
    };
    let recipients = match &job.prepared {
        Prepared::Recipients(recipients) => recipients.as_slice(),
        _ => &[],
    };
    let both = to.iter().zip(recipients);
    both.filter_map(|(to, recipient)| Some((to, recipient.daily_cap?)))
}
