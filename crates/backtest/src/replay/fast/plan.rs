//! Says what a policy makes of the messages of a log, in a form that is quick to ask.
//!
//! Owns: which policies can be replayed this way. Invariant: every outcome here is one that the policy gave.

use super::super::Credits;
use super::pool::Supply;
use crate::log::Message;
use earnest_core::policy::{Gate, Policy, ResponseKind, RuleRef, Settled};
use earnest_core::units::Timestamp;

/// A policy, made ready for replay.
pub(in super::super) struct Plan {
    /// What a message costs, at least 1.
    pub(super) price: u64,
    pub(super) pending_most: u32,
    pub(super) gate: Gate,
    /// Where credits come from.
    pub(super) supply: Supply,
    /// Whether any lapse brings credits back.
    pub(super) lapse_returns: bool,
    window_ms: i64,
    /// What the send itself does to the stake.
    on_send: Option<Settled>,
    /// For each kind of response, in the order of [`ResponseKind::ALL`].
    on_response: [Answers; ResponseKind::ALL.len()],
    on_lapse_unseen: Option<Settled>,
    on_lapse_seen: Option<Settled>,
}

/// What a response of one kind does to the stake, by how long after the send it comes.
struct Answers {
    /// Up to so many milliseconds, earliest first ...
    steps: Vec<(i64, Option<Settled>)>,
    /// ... and later than all of them.
    after: Option<Settled>,
}

impl Plan {
    /// Returns the plan of a policy, or nothing where only the engine knows what comes of it.
    pub(in super::super) fn new(policy: &Policy, credits: Credits) -> Option<Self> {
        let settled = |rule: Option<RuleRef>| Some(policy.rule(rule?)?.credit);
        let on_send = settled(policy.on_send());
        let limits = &policy.message;
        // A policy file can say none of these, a program that makes a policy can: messages that cost nothing
        // are no stakes, one that comes back at the send is malformed, and no recipients are too few for any.
        if limits.price == 0 || on_send == Some(Settled::Returned) || limits.recipients_most == 0 {
            return None;
        }
        if !can_follow(&policy.gate) {
            return None;
        }
        let (unseen, seen) = (
            settled(policy.on_lapse(false)),
            settled(policy.on_lapse(true)),
        );
        let lapse_returns = [unseen, seen].contains(&Some(Settled::Returned));
        Some(Self {
            price: u64::from(limits.price),
            pending_most: limits.pending_most,
            gate: policy.gate.clone(),
            supply: match credits {
                Credits::Granted if policy.allots() => Supply::new(policy)?,
                Credits::Granted | Credits::Unlimited => Supply::unlimited(policy),
            },
            window_ms: policy.settlement.window.millis(),
            on_send,
            on_response: ResponseKind::ALL.map(|kind| Answers::new(policy, kind)),
            on_lapse_unseen: unseen,
            on_lapse_seen: seen,
            lapse_returns: on_send.is_none() && lapse_returns,
        })
    }

    /// Returns the last instant at which a response is in time.
    pub(super) fn deadline(&self, message: &Message) -> Timestamp {
        message.sent_at().plus_millis(self.window_ms)
    }

    /// Returns when a message was answered, where that was in time.
    pub(super) fn answered_in_time(&self, message: &Message) -> Option<Timestamp> {
        let deadline = self.deadline(message);
        message.responded_at().filter(|at| *at <= deadline)
    }

    /// Returns what the send itself does to a stake.
    pub(super) const fn on_send(&self) -> Option<Settled> {
        self.on_send
    }

    /// Returns what a response to a message at `at`, in time, does to the stake.
    pub(super) fn on_response(&self, message: &Message, at: Timestamp) -> Option<Settled> {
        if self.on_send.is_some() {
            return self.on_send;
        }
        let [reply, accept, not_interested] = &self.on_response;
        let answers = match message.response() {
            Some(ResponseKind::Reply) | None => reply,
            Some(ResponseKind::Accept) => accept,
            Some(ResponseKind::NotInterested) => not_interested,
        };
        answers.find(at.millis_since(message.sent_at()))
    }

    /// Returns what the lapse of a message does to the stake.
    pub(super) fn on_lapse(&self, message: &Message) -> Option<Settled> {
        if self.on_send.is_some() {
            return self.on_send;
        }
        let deadline = self.deadline(message);
        match message.seen_at() {
            Some(seen_at) if seen_at <= deadline => self.on_lapse_seen,
            _ => self.on_lapse_unseen,
        }
    }
}

/// A period or stage without a length has no end to look for, and a stage is kept in 8 bits.
fn can_follow(gate: &Gate) -> bool {
    match gate {
        Gate::None | Gate::Thread(_) => true,
        Gate::Ladder(ladder) => {
            let lengths = ladder.stages.iter().map(|stage| stage.days);
            let mut lengths = lengths.chain([ladder.period]);
            (1..=255).contains(&ladder.stages.len()) && lengths.all(|days| days.0 > 0)
        }
    }
}

impl Answers {
    /// Asks the policy about each span in which its answer cannot change.
    fn new(policy: &Policy, kind: ResponseKind) -> Self {
        let ask = |after: i64| {
            let rule = policy.on_response(kind, false, after)?;
            Some(policy.rule(rule)?.credit)
        };
        let rules = policy.settlement.rules.iter();
        let mut ends: Vec<i64> = rules
            .filter_map(|rule| Some(rule.within?.millis()))
            .collect();
        ends.sort_unstable();
        ends.dedup();
        let after = ask(i64::MAX);
        let mut steps: Vec<_> = ends.into_iter().map(|end| (end, ask(end))).collect();
        while steps.pop_if(|(_, settled)| *settled == after).is_some() {}
        Self { steps, after }
    }

    fn find(&self, after: i64) -> Option<Settled> {
        let step = self.steps.iter().find(|(end, _)| after <= *end);
        step.map_or(self.after, |(_, settled)| *settled)
    }
}
