//! Lists the cases that end a stake, grouped by the rule that decides them.
//!
//! Owns: the grouping, and its sentences. Does not own: which rule applies (the policy is asked at each
//! point where its answer can change) nor where credits go (the function that settles is asked).
//! Invariant: the cases cover every instant of the window and none twice.

use super::words::{Stakes, Tense, answered, landing};
use super::{AnswerKind, Cited, Future, Landing, Loss, cite, settled};
use crate::decide::settle::give_back;
use crate::event::Fact;
use crate::policy::{Policy, ResponseKind, RuleRef, Settled, Trigger};
use crate::state::State;
use crate::units::{Credits, Timestamp};

/// An open stake, or one that was open.
pub(super) struct Stake<'a> {
    pub(super) policy: &'a Policy,
    pub(super) state: &'a State,
    /// The recipient, as the subject of a sentence.
    pub(super) who: String,
    pub(super) stakes: Stakes,
    /// The lots that it was drawn from.
    pub(super) pieces: Vec<(u32, u32)>,
    pub(super) sent_at: Timestamp,
    pub(super) deadline: Timestamp,
    /// Whether the message was seen in the window.
    pub(super) seen: bool,
}

/// The cases that one rule decides.
struct Group {
    on: Trigger,
    cases: Vec<(ResponseKind, bool)>,
    seen: Option<bool>,
    after: Option<Timestamp>,
    by: Timestamp,
    rule: RuleRef,
}

impl Group {
    /// Returns whether the two differ in their answers at most.
    fn is_beside(&self, other: &Self) -> bool {
        let key = |group: &Self| (group.on, group.seen, group.after, group.by, group.rule);
        self.on == Trigger::Response && key(self) == key(other)
    }
}

/// A stretch of the window in which one answer has one rule, in milliseconds after the send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    after: Option<i64>,
    by: i64,
    rule: RuleRef,
}

impl Stake<'_> {
    /// Returns what can still become of the stake from `now` on.
    pub(super) fn futures(&self, now: Timestamp) -> Vec<Future> {
        let mut open: Vec<Group> = Vec::new();
        for mut group in self.groups(self.seen) {
            group.after = group.after.filter(|after| *after >= now);
            if group.by < now {
                continue;
            }
            // Stretches that began apart are one once both have begun.
            match open.iter_mut().find(|same| same.is_beside(&group)) {
                Some(same) => same.cases.extend(group.cases),
                None => open.push(group),
            }
        }
        open.into_iter()
            .map(|group| self.future(&group, now))
            .collect()
    }

    /// Returns what would have given the stake another end than `actual`.
    pub(super) fn otherwise(&self, actual: Settled) -> Vec<Future> {
        self.groups(false)
            .into_iter()
            .filter(|group| self.credit(group.rule) != actual)
            .map(|group| {
                let credit = self.credit(group.rule);
                let cited = cite::rule(self.policy, group.rule);
                let text = self.would_have(&group, credit, &cited);
                told(&group, credit, Vec::new(), cited, text)
            })
            .collect()
    }

    fn future(&self, group: &Group, now: Timestamp) -> Future {
        let credit = self.credit(group.rule);
        let earliest = match (group.on, group.after) {
            (Trigger::Lapse, _) => group.by,
            (_, Some(after)) => after.plus_millis(1),
            (_, None) => now,
        };
        let lands = match credit {
            Settled::Returned => self.lands(earliest),
            Settled::Consumed => Vec::new(),
        };
        let cited = cite::rule(self.policy, group.rule);
        let text = self.will(group, credit, &lands, &cited);
        told(group, credit, lands, cited, text)
    }

    fn credit(&self, rule: RuleRef) -> Settled {
        self.policy
            .rule(rule)
            .map_or(Settled::Consumed, |rule| rule.credit)
    }

    fn groups(&self, seen: bool) -> Vec<Group> {
        let mut groups = self.responses();
        let one = |on, seen, rule| Group {
            on,
            cases: Vec::new(),
            seen,
            after: None,
            by: self.deadline,
            rule,
        };
        groups.extend(
            self.policy
                .on_report()
                .map(|rule| one(Trigger::Report, None, rule)),
        );
        match (self.policy.on_lapse(false), self.policy.on_lapse(true)) {
            (Some(unseen), Some(when_seen)) if unseen != when_seen && !seen => {
                groups.push(one(Trigger::Lapse, Some(false), unseen));
                groups.push(one(Trigger::Lapse, Some(true), when_seen));
            }
            (unseen, when_seen) => {
                let depends = (unseen != when_seen).then_some(true);
                let rule = if seen {
                    when_seen
                } else {
                    unseen.or(when_seen)
                };
                groups.extend(rule.map(|rule| one(Trigger::Lapse, depends, rule)));
            }
        }
        groups
    }

    /// Asks for the rule of every answer at the end of every stretch of the window in which it cannot
    /// change, and gathers the answers that have the same rule over the same stretch.
    fn responses(&self) -> Vec<Group> {
        let window = self.policy.settlement.window.millis();
        let mut ends: Vec<i64> = stretches(self.policy);
        ends.retain(|end| *end < window);
        ends.push(window);
        let mut groups: Vec<(Run, Vec<(ResponseKind, bool)>)> = Vec::new();
        for kind in ResponseKind::ALL {
            for note in [true, false] {
                for run in self.runs(kind, note, &ends) {
                    match groups.iter_mut().find(|(same, _)| *same == run) {
                        Some((_, cases)) => cases.push((kind, note)),
                        None => groups.push((run, vec![(kind, note)])),
                    }
                }
            }
        }
        groups.sort_by_key(|(run, _)| (run.after, run.rule, run.by));
        groups
            .into_iter()
            .map(|(Run { after, by, rule }, cases)| Group {
                on: Trigger::Response,
                cases,
                seen: None,
                after: after.map(|after| self.sent_at.plus_millis(after)),
                by: self.sent_at.plus_millis(by).min(self.deadline),
                rule,
            })
            .collect()
    }

    /// Returns the stretches over which one answer has one rule.
    fn runs(&self, kind: ResponseKind, note: bool, ends: &[i64]) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let mut before = None;
        for end in ends.iter().copied() {
            if let Some(rule) = self.policy.on_response(kind, note, end) {
                match runs.last_mut() {
                    Some(last) if last.rule == rule && Some(last.by) == before => last.by = end,
                    _ => runs.push(Run {
                        after: before,
                        by: end,
                        rule,
                    }),
                }
            }
            before = Some(end);
        }
        runs
    }

    /// Returns where the credits would go if they came back at `at`.
    pub(super) fn lands(&self, at: Timestamp) -> Vec<Landing> {
        let (lots, lost) = give_back(self.policy, self.state, &self.pieces, at);
        let reason = |lot: &crate::event::ReturnedLot| {
            lost.iter().find_map(|fact| match fact {
                Fact::CreditsRevoked { grant, .. } if *grant == lot.grant => {
                    Some(match self.state.cancelled_at() {
                        Some(_) => Loss::ContractCancelled,
                        None => Loss::LotRevoked,
                    })
                }
                Fact::CreditsExpired { grant, .. } if *grant == lot.grant => Some(Loss::LotEnded),
                _ => None,
            })
        };
        lots.iter()
            .map(|lot| settled::landing(lot, reason(lot), self.policy, self.state))
            .collect()
    }

    fn will(&self, group: &Group, credit: Settled, lands: &[Landing], rule: &Cited) -> String {
        let (who, deadline) = (&self.who, self.deadline);
        let case = match (group.on, group.seen) {
            (Trigger::Response, _) => {
                let does = answered(&by_kind(&group.cases), Tense::Present);
                format!("If {who} {does} {}", range(group))
            }
            (Trigger::Report, _) => format!("If {who} reports the message before it is settled"),
            (_, Some(false)) => {
                format!("If {who} neither sees the message nor answers by {deadline}")
            }
            (_, Some(true)) if !self.seen => {
                format!("If {who} sees the message and does not answer by {deadline}")
            }
            _ => format!("If {who} does not answer by {deadline}"),
        };
        let fate = self.stakes.will(credit);
        let when = match group.on {
            Trigger::Lapse => " right after",
            _ => "",
        };
        let ends_meanwhile = lands.iter().any(|landing| match landing {
            Landing::Original {
                ends_at: Some(end), ..
            } => *end <= group.by,
            _ => false,
        });
        let unless = match ends_meanwhile {
            true => "; what is returned to a lot that has ended is lost at once",
            false => "",
        };
        format!("{case}, {fate}{when}{}{unless} ({rule}).", landing(lands))
    }

    fn would_have(&self, group: &Group, credit: Settled, rule: &Cited) -> String {
        let (who, deadline) = (&self.who, self.deadline);
        let case = match (group.on, group.seen) {
            (Trigger::Response, _) => {
                let done = answered(&by_kind(&group.cases), Tense::Past);
                format!("Had {who} {done} {}", range(group))
            }
            (Trigger::Report, _) => format!("Had {who} reported the message before it was settled"),
            (_, Some(false)) => {
                format!("Had {who} neither seen the message nor answered by {deadline}")
            }
            (_, Some(true)) => format!("Had {who} seen the message and not answered by {deadline}"),
            _ => format!("Had {who} not answered by {deadline}"),
        };
        format!("{case}, {} ({rule}).", self.stakes.would_have(credit))
    }
}

/// Returns the instants after the send, in milliseconds, at which a rule for responses stops to apply.
pub(super) fn stretches(policy: &Policy) -> Vec<i64> {
    let rules = policy.settlement.rules.iter();
    let mut ends: Vec<i64> = rules
        .filter(|rule| rule.on == Trigger::Response)
        .filter_map(|rule| rule.within)
        .map(crate::units::Days::millis)
        .collect();
    ends.sort_unstable();
    ends.dedup();
    ends
}

fn told(group: &Group, credit: Settled, lands: Vec<Landing>, rule: Cited, text: String) -> Future {
    Future {
        on: group.on,
        answers: by_kind(&group.cases),
        seen: group.seen,
        after: group.after,
        by: group.by,
        credit,
        lands,
        rule,
        text,
    }
}

fn range(group: &Group) -> String {
    match group.after {
        Some(after) => format!("after {after} and by {}", group.by),
        None => format!("by {}", group.by),
    }
}

/// Joins the cases of one kind: with a note and without is either way.
fn by_kind(cases: &[(ResponseKind, bool)]) -> Vec<AnswerKind> {
    ResponseKind::ALL
        .into_iter()
        .filter_map(|kind| {
            let has = |note| cases.contains(&(kind, note));
            let note = match (has(true), has(false)) {
                (false, false) => return None,
                (true, true) => None,
                (with, _) => Some(with),
            };
            Some(AnswerKind { kind, note })
        })
        .collect()
}

/// Returns the credits of a stake's pieces.
pub(super) fn sum(pieces: &[(u32, u32)]) -> Credits {
    Credits(pieces.iter().map(|(_, part)| u64::from(*part)).sum())
}
