//! Tells a message's story: where its credit is and why, what can still become of it, who may write on.
//!
//! Owns: the order of the sentences. Does not own: the cases that are still open ([`super::future`]).

use super::future::Stake;
use super::words::{Stakes, Tense, answered, count, duration, landing, list, sentence};
use super::{
    AnswerKind, Cited, Explanation, Landing, Loss, Moment, Outcome, Told, caught_up, cite, settled,
};
use crate::command::Side;
use crate::contract::Contract;
use crate::event::{Event, Fact};
use crate::policy::{Policy, ReturnedExpiry, RuleRef, Settled};
use crate::state::messages::Message;
use crate::state::{Conversation, Credit, MessageView, SettledBy, State, Status};
use crate::units::{Credits, MessageId, Timestamp};

/// Explains a message at `at`: why its credit is where it is, and what can still become of it. Nothing is
/// returned for a message that the contract does not know.
///
/// The contract's newest event must not be after `at`; what is due by then need not be recorded.
#[must_use]
pub fn message(contract: &Contract, id: &MessageId, at: Timestamp) -> Option<Explanation> {
    message_with_history(contract, id, at, &[])
}

/// Explains a message as [`message`] does and adds what only its events tell: automatic replies, answers
/// after the first, the lots that a returned stake went to. Events of other messages are passed over.
#[must_use]
pub fn message_with_history(
    contract: &Contract,
    id: &MessageId,
    at: Timestamp,
    history: &[Event],
) -> Option<Explanation> {
    let contract = caught_up(contract, at);
    let state = contract.state();
    let view = state.message(id)?;
    let story = Story {
        policy: contract.policies().get(view.version),
        state,
        message: state.messages.find(id.as_str())?,
        at,
        history,
        view,
    };
    Some(story.tell())
}

struct Story<'a> {
    policy: &'a Policy,
    state: &'a State,
    message: Message<'a>,
    view: MessageView,
    at: Timestamp,
    history: &'a [Event],
}

impl Story<'_> {
    fn tell(&self) -> Explanation {
        let mut told = self.opening();
        let mut futures = Vec::new();
        let mut otherwise = Vec::new();
        let credits = Credits(u64::from(self.view.price));
        let outcome = match (self.view.credit, self.actual()) {
            (Credit::None, _) => {
                told.text.push(self.no_stake());
                Outcome::None
            }
            (Credit::Held, _) | (_, None) => {
                futures = self.stake().futures(self.at);
                told.text.push(self.held());
                told.text
                    .extend(futures.iter().map(|future| future.text.clone()));
                Outcome::Held { credits }
            }
            (_, Some(actual)) => {
                told = self.settled(told, actual);
                if self.view.settled_by != Some(SettledBy::Send) {
                    otherwise = self.stake().otherwise(actual);
                }
                told.text
                    .extend(otherwise.iter().map(|future| future.text.clone()));
                match actual {
                    Settled::Returned => Outcome::Returned { credits },
                    Settled::Consumed => Outcome::Consumed { credits },
                }
            }
        };
        self.reminders(&mut told);
        self.aside(&mut told);
        told.text.push(self.conversation());
        told.instants.sort_by_key(|moment| moment.at);
        Explanation {
            futures,
            otherwise,
            ..told.into_explanation(&self.policy.name, self.at, outcome)
        }
    }

    fn actual(&self) -> Option<Settled> {
        match self.view.credit {
            Credit::Returned => Some(Settled::Returned),
            Credit::Consumed => Some(Settled::Consumed),
            Credit::Held | Credit::None => None,
        }
    }

    fn stakes(&self) -> Stakes {
        Stakes::Credits(Credits(u64::from(self.view.price)))
    }

    fn who(&self) -> String {
        format!("`{}`", self.view.to)
    }

    fn stake(&self) -> Stake<'_> {
        let is_open = self.view.credit == Credit::Held;
        Stake {
            policy: self.policy,
            state: self.state,
            who: self.who(),
            stakes: self.stakes(),
            pieces: match is_open {
                true => self.message.stake().to_vec(),
                false => Vec::new(),
            },
            sent_at: self.view.sent_at,
            deadline: self.view.deadline,
            seen: self.seen_in_window(),
        }
    }

    fn seen_in_window(&self) -> bool {
        self.view
            .seen_at
            .is_some_and(|seen| seen <= self.view.deadline)
    }

    fn opening(&self) -> Told {
        let view = &self.view;
        let staked = match view.price {
            0 => "staked nothing".to_owned(),
            price => format!("staked {}", count(price, "credit")),
        };
        let mut told = Told::default()
            .figure("price", view.price)
            .instant("sent_at", view.sent_at)
            .instant("deadline", view.deadline)
            .say(format!(
                "Message `{}` from seat `{}` to `{}` was sent at {} under `{}` and {staked}.",
                view.id, view.seat, view.to, view.sent_at, self.policy.name
            ));
        for (name, at) in [
            ("seen_at", view.seen_at),
            ("responded_at", view.responded_at),
            ("reported_at", view.reported_at),
            ("settled_at", view.settled_at),
        ] {
            told.instants.extend(at.map(|at| Moment::new(name, at)));
        }
        told
    }

    fn no_stake(&self) -> String {
        format!(
            "{} has an open profile: there is no credit to lose or to get back, and the gate does not count the message.",
            self.who()
        )
    }

    /// Says that the stake is open, and since when.
    fn held(&self) -> String {
        let (view, who) = (&self.view, self.who());
        let verb = if view.price == 1 { "is" } else { "are" };
        let done = match (view.status, view.seen_at) {
            (Status::Responded, _) => format!("{who} has answered"),
            (_, Some(seen)) => format!("{who} saw the message at {seen} and has not answered"),
            (_, None) => format!("{who} has neither seen the message nor answered"),
        };
        format!(
            "{} {verb} held since then: {done}.",
            sentence(&self.stakes().subject())
        )
    }

    // --- what settled it

    fn settled(&self, mut told: Told, actual: Settled) -> Told {
        let rule = self.deciding().map(|rule| cite::rule(self.policy, rule));
        let at = self.view.settled_at.unwrap_or(self.view.sent_at);
        let after = at.millis_since(self.view.sent_at);
        told = told
            .say(self.cause(actual, at, rule.as_ref()))
            .figure("settled_after_ms", u64::try_from(after).unwrap_or(0));
        if let Some(rule) = &rule {
            told = told.say(rule.because());
        }
        if actual == Settled::Returned {
            told.text.push(self.landed(at));
        }
        told.rule = rule;
        told
    }

    /// Returns the rule that settled the stake, by asking the policy what the engine asked it.
    fn deciding(&self) -> Option<RuleRef> {
        let view = &self.view;
        match view.settled_by? {
            SettledBy::Send => self.policy.on_send(),
            SettledBy::Report => self.policy.on_report(),
            SettledBy::Lapse => self.policy.on_lapse(self.seen_in_window()),
            SettledBy::Response => {
                let after = view.responded_at?.millis_since(view.sent_at);
                self.policy
                    .on_response(view.response?, view.response_note, after)
            }
        }
    }

    fn cause(&self, actual: Settled, at: Timestamp, rule: Option<&Cited>) -> String {
        let (view, who) = (&self.view, self.who());
        let fate = self.stakes().did(actual);
        let path = rule.map_or_else(String::new, |rule| format!(" by {rule}"));
        let after = duration(at.millis_since(view.sent_at));
        let window = self.policy.settlement.window;
        match view.settled_by {
            Some(SettledBy::Send) => format!(
                "{} at the send itself{path}; nothing that {who} does can change that.",
                sentence(&fate)
            ),
            Some(SettledBy::Response) => {
                let answers: Vec<_> = self.first_answer().into_iter().collect();
                format!(
                    "{who} {} at {at}, {after} after the send and in time (the window is {window}): {fate} at once{path}.",
                    answered(&answers, Tense::Past)
                )
            }
            Some(SettledBy::Report) => {
                format!(
                    "{who} reported the message at {at}, {after} after the send: {fate} at once{path}."
                )
            }
            Some(SettledBy::Lapse) | None => {
                let seen = match view.seen_at.filter(|_| self.seen_in_window()) {
                    Some(seen) => format!("{who} saw the message at {seen} and had"),
                    None => format!("{who} had neither seen the message nor"),
                };
                let not = if self.seen_in_window() { " not" } else { "" };
                format!(
                    "{seen}{not} answered when the window of {window} ended at {at}: {fate} right after{path}."
                )
            }
        }
    }

    fn first_answer(&self) -> Option<AnswerKind> {
        self.view.response.map(|kind| AnswerKind {
            kind,
            note: self.view.response_note.then_some(true),
        })
    }

    /// Says where the returned credits went.
    fn landed(&self, at: Timestamp) -> String {
        let lands = self.landings(at);
        let ends = match lands.as_slice() {
            [
                Landing::Fresh {
                    lasts_days: Some(days),
                    ..
                },
            ] => {
                format!(", until {}", at.plus(*days))
            }
            _ => String::new(),
        };
        match lands.is_empty() {
            true => {
                let lost = self.message.lost_at_once();
                let part = if lost.ended || lost.revoked {
                    ", and some of them were lost at once"
                } else {
                    ""
                };
                format!("They went back to the lots that they came from{part}.")
            }
            false => format!(
                "{}{}{ends}.",
                sentence(&self.stakes().did(Settled::Returned)),
                landing(&lands)
            ),
        }
    }

    /// Returns where the returned credits went: as the events say, where they are given, else as the state
    /// remembers it; nothing where it does not.
    fn landings(&self, at: Timestamp) -> Vec<Landing> {
        let recorded = settled::find(self.history, &self.view.id, self.policy, self.state);
        if let Some(settlement) = recorded {
            return settlement.lands;
        }
        let credits = Credits(u64::from(self.view.price));
        let lost = self.message.lost_at_once();
        let is_lost = lost.ended || lost.revoked;
        if self.policy.returned == ReturnedExpiry::Fresh && !is_lost {
            let lasts_days = self.policy.expires_after;
            return vec![Landing::Fresh {
                credits,
                lasts_days,
            }];
        }
        let Some(number) = self.message.only_lot() else {
            return Vec::new();
        };
        let grant = self.state.pool.id_of(number);
        let reason = match (lost.revoked, self.was_cancelled(at)) {
            (true, true) => Loss::ContractCancelled,
            (true, false) => Loss::LotRevoked,
            (false, _) => Loss::LotEnded,
        };
        vec![match is_lost {
            true => Landing::Lost {
                credits,
                grant,
                reason,
            },
            false => Landing::Original {
                credits,
                ends_at: self.state.pool.lot(number).and_then(|lot| lot.expires_at),
                grant,
            },
        }]
    }

    fn was_cancelled(&self, at: Timestamp) -> bool {
        self.state
            .cancelled_at()
            .is_some_and(|cancelled| cancelled <= at)
    }

    // --- what else there is to say

    /// Says when reminders still go out.
    fn reminders(&self, told: &mut Told) {
        if self.view.status != Status::Pending || self.view.seen_at.is_some() {
            return;
        }
        let days = self.policy.message.reminders.iter();
        let to_come: Vec<_> = days
            .map(|days| self.view.sent_at.plus(*days))
            .filter(|reminder| *reminder > self.at)
            .collect();
        if to_come.is_empty() {
            return;
        }
        let instants: Vec<_> = to_come.iter().map(Timestamp::to_string).collect();
        told.instants
            .extend(to_come.into_iter().map(|at| Moment::new("reminder", at)));
        told.text.push(format!(
            "As long as {} has not seen it, reminders go out at {} (message.reminder_days).",
            self.who(),
            list(&instants, "and")
        ));
    }

    /// Says what happened beside and changed no credit.
    fn aside(&self, told: &mut Told) {
        let (view, who) = (&self.view, self.who());
        if let (Status::Lapsed, Some(late)) = (view.status, view.responded_at) {
            let answers: Vec<_> = self.first_answer().into_iter().collect();
            told.text.push(format!(
                "{who} {} at {late}, {} after the window had ended: that moves the conversation and changes no credit.",
                answered(&answers, Tense::Past),
                duration(late.millis_since(view.deadline))
            ));
        }
        if let Some(reported) = view.reported_at
            && view.settled_by != Some(SettledBy::Report)
        {
            told.text.push(format!(
                "{who} reported the message at {reported}; that changed no credit, and it is counted beside the response rate."
            ));
        }
        if view.status == Status::Responded
            && view.settled_by != Some(SettledBy::Response)
            && view.price > 0
        {
            let answers: Vec<_> = self.first_answer().into_iter().collect();
            let at = view.responded_at.unwrap_or(self.at);
            told.text.push(format!(
                "{who} {} at {at}, in time: that counts for the response rate and changes no credit.",
                answered(&answers, Tense::Past)
            ));
        }
        for event in self.history.iter().filter(|event| event.at <= self.at) {
            told.text.extend(self.beside(event));
        }
    }

    /// Says what an event of the conversation did not change.
    fn beside(&self, event: &Event) -> Option<String> {
        let Fact::ConversationMessage {
            message,
            from: Side::Member,
            response: Some(kind),
            note,
            auto,
            ..
        } = &event.fact
        else {
            return None;
        };
        if *message != self.view.id {
            return None;
        }
        let (who, at) = (self.who(), event.at);
        if *auto {
            return Some(format!(
                "An automatic reply came at {at}; it is no response and changed nothing (response.auto_counts)."
            ));
        }
        if self.view.responded_at == Some(at) && self.view.status == Status::Lapsed {
            return None;
        }
        let answer = AnswerKind {
            kind: *kind,
            note: note.then_some(true),
        };
        Some(format!(
            "{who} {} at {at}; only the first response settles, so that moved the conversation and no credit.",
            answered(&[answer], Tense::Past)
        ))
    }

    fn conversation(&self) -> String {
        let (view, who) = (&self.view, self.who());
        match view.conversation {
            Conversation::Unanswered => {
                format!("Nobody can write on before {who} answers.")
            }
            Conversation::Declined => format!(
                "{who} said \"not interested\" without a note: only {who} may write on, which opens the conversation; seat `{}` would have to send a new message.",
                view.seat
            ),
            Conversation::Open => {
                "The conversation is open: both sides write on without credits.".to_owned()
            }
        }
    }
}
