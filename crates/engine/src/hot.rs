//! Holds a contract in memory as it was after its newest event, with what is counted beside it.

use crate::details::Details;
use crate::order::{Author, Order};
use crate::record::{ContractRecord, GrantRecord, SeatRecord, VersionRecord};
use crate::responses::Responses;
use earnest_core::event::{Event, Fact};
use earnest_core::policy::Policy;
use earnest_core::units::{GrantId, SeatId, Timestamp};
use earnest_core::{Balance, Contract, GrantView, SeatView, look_again_at};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// A contract in memory.
#[derive(Debug, Clone)]
pub(crate) struct Hot {
    pub(crate) contract: Contract,
    pub(crate) responses: Responses,
    pub(crate) details: Details,
    /// The number of its newest recorded event.
    pub(crate) seq: u64,
    /// The balance after the events that were gathered so far, for marks.
    pub(crate) ledger: Balance,
    /// What fell due before a refused order of a history that is being told: applied here, not recorded, since
    /// a refused order moves nothing. It is recorded with the next accepted order, or forgotten.
    pub(crate) ahead: Vec<Event>,
    /// The number of the newest event in a snapshot.
    pub(crate) snapshot_seq: u64,
    /// Whether a snapshot is being taken.
    pub(crate) snapshotting: Arc<AtomicBool>,
    /// The contract as it is recorded, beside this one on which orders are decided: there while others are at work on
    /// it too, to go on from when they were faster. Its own is nothing.
    pub(crate) recorded: Option<Box<Self>>,
}

/// Up to which weight in bytes a contract is kept twice.
const TWICE_MOST: usize = 1 << 24;

impl Hot {
    /// Keeps the contract as it is now, and as it will be recorded, or no more. Nothing may have been done to it that
    /// is not recorded.
    pub(crate) fn keep_recorded(&mut self, keep: bool) {
        if !keep || !self.ahead.is_empty() || self.contract.state().weight() > TWICE_MOST {
            self.recorded = None;
        } else if self.recorded.is_none() {
            self.recorded = Some(Box::new(self.clone()));
        }
    }

    /// Notes that what was decided here has been recorded.
    pub(crate) fn was_recorded(&mut self, events: &[Event]) {
        let Some(mut recorded) = self.recorded.take() else {
            return;
        };
        if events
            .iter()
            .any(|event| matches!(event.fact, Fact::PolicyAdded { .. }))
        {
            // It would need the policy too, which is rare.
            return;
        }
        for event in events {
            recorded.follow(event, None);
        }
        recorded.sum_up(&self.details);
        self.recorded = Some(recorded);
    }

    /// Applies the next event that is recorded.
    pub(crate) fn follow(&mut self, event: &Event, policy: Option<&Arc<Policy>>) {
        self.contract.follow(event, policy);
        self.responses.count(event, self.contract.state());
        self.seq += 1;
        if let Some(recorded) = &mut self.recorded {
            recorded.follow(event, policy);
        }
    }

    /// Sums up after events were followed, with the notes that are recorded beside them.
    pub(crate) fn sum_up(&mut self, details: &Details) {
        self.details = details.clone();
        self.ledger = self.contract.state().balance();
        if let Some(recorded) = &mut self.recorded {
            recorded.sum_up(details);
        }
    }

    /// Returns about how many bytes it takes, with what is kept beside it.
    pub(crate) fn weight(&self) -> usize {
        let beside = self.recorded.as_ref().map_or(0, |it| it.weight());
        self.contract.state().weight().saturating_add(beside)
    }

    pub(crate) fn is_live(&self) -> bool {
        self.details.live_at.is_some()
    }

    /// Returns the instant as of which a reader at `now` sees the contract.
    pub(crate) fn seen_at(&self, now: Timestamp) -> Timestamp {
        match self.is_live() {
            true => now.max(self.contract.state().clock()),
            false => self.contract.state().clock(),
        }
    }

    /// Returns the instant of an order for which it is `now`: a clock that is a little behind the contract's does not
    /// stop it.
    pub(crate) fn live_now(&self, now: Timestamp, skew: Duration) -> Timestamp {
        let clock = self.contract.state().clock();
        let skew = i64::try_from(skew.as_millis()).unwrap_or(i64::MAX);
        let ahead = clock.millis_since(now);
        if ahead > 0 && ahead <= skew {
            clock
        } else {
            now
        }
    }

    /// Returns the instant of an order, by which its day is counted too: its own, or else as it is `now`.
    pub(crate) fn instant_of(&self, order: &Order, now: Timestamp, skew: Duration) -> Timestamp {
        let told = order.at.filter(|_| order.author == Author::Import);
        told.unwrap_or_else(|| self.live_now(now, skew))
    }

    /// Returns when the contract is to be looked at next, at the latest; never while its history is being told.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.is_live()
            .then(|| look_again_at(self.contract.policies(), self.contract.state()))?
    }

    pub(crate) fn record(&self, at: Timestamp) -> ContractRecord {
        let state = self.contract.state();
        ContractRecord {
            id: state.id().clone(),
            name: state.name().to_owned(),
            policy: self.contract.policy(at).name.to_string(),
            starts_at: state.starts_at(),
            allotments: state.allotments(),
            bulk_disabled: state.bulk_disabled(),
            cancelled_at: state.cancelled_at(),
            live_at: self.details.live_at,
            versions: state
                .versions()
                .map(|(version, policy, effective_at)| VersionRecord {
                    version,
                    policy: policy.to_owned(),
                    effective_at,
                })
                .collect(),
        }
    }

    pub(crate) fn seat(&self, id: &SeatId, at: Timestamp) -> Option<SeatRecord> {
        let view = self.contract.seat(id, at)?;
        Some(self.seat_record(view))
    }

    fn seat_record(&self, view: SeatView) -> SeatRecord {
        SeatRecord {
            id: view.id,
            contract: self.contract.state().id().clone(),
            seat_type: view.seat_type,
            usage_limit: view.usage_limit,
            used: view.used,
            bulk_disabled: view.bulk_disabled,
            added_at: view.added_at,
            standing: view.standing,
            until: view.until,
            sent: view.sent,
            responded: view.responded,
            reports: view.reports,
        }
    }

    pub(crate) fn grant(&self, id: &GrantId) -> Option<GrantRecord> {
        let view = self.contract.state().grant(id)?;
        Some(self.grant_record(view))
    }

    pub(crate) fn grant_record(&self, view: GrantView) -> GrantRecord {
        GrantRecord {
            id: view.id,
            contract: self.contract.state().id().clone(),
            credits: view.credits,
            available: view.available,
            held: view.held,
            source: view.source,
            effective_at: view.effective_at,
            expires_at: view.expires_at,
            priority: view.priority,
            revoked: view.revoked,
        }
    }
}
