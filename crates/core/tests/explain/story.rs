//! A contract with the seat `ana`, played step by step.

use earnest_core::command::{
    Accepts, AddSeat, ChangeSeat, Command, CreateContract, FollowUp, Grant, Letter, Recipient,
    Respond, Send, Side, Source,
};
use earnest_core::event::Event;
use earnest_core::explain::{self, Explanation};
use earnest_core::policy::{Policy, ResponseKind, preset};
use earnest_core::refusal::Refusal;
use earnest_core::units::{Credits, GrantId, SeatType, Timestamp};
use earnest_core::{Contract, Rejection};
use std::sync::Arc;

pub(crate) const DAY: i64 = 86_400_000;

pub(crate) fn t(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// The instant so many days after the contract's start, at nine.
pub(crate) fn day(days: i64) -> Timestamp {
    t("2015-01-01T09:00:00Z").plus_millis(days * DAY)
}

pub(crate) fn preset(name: &str) -> Arc<Policy> {
    preset::get(name).unwrap()
}

/// A preset with something changed.
pub(crate) fn changed(name: &str, change: impl FnOnce(&mut Policy)) -> Arc<Policy> {
    let mut policy = Policy::clone(&preset(name));
    policy.name = format!("{name}-changed").into();
    change(&mut policy);
    Arc::new(policy)
}

/// A contract and all its events.
#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) contract: Contract,
    pub(crate) events: Vec<Event>,
}

impl Story {
    /// Begins on 1 January 2015 at nine, without allotments, with 1,000 bought credits.
    pub(crate) fn new(policy: &Arc<Policy>) -> Self {
        let mut story = Self::bare(policy, false);
        story.grant("g1", 1_000, None, day(0));
        story
    }

    pub(crate) fn bare(policy: &Arc<Policy>, allotments: bool) -> Self {
        let create = CreateContract {
            id: "acme".parse().unwrap(),
            name: "Acme".to_owned(),
            policy: Arc::clone(policy),
            allotments,
            bulk_disabled: false,
        };
        let (contract, first) = Contract::create(&create, day(0));
        let mut story = Self {
            contract,
            events: vec![first],
        };
        let ana = AddSeat {
            id: "ana".parse().unwrap(),
            seat_type: SeatType::new("recruiter").unwrap(),
            usage_limit: None,
            bulk_disabled: false,
        };
        story.done(&Command::AddSeat(ana), day(0));
        story
    }

    pub(crate) fn done(&mut self, command: &Command, at: Timestamp) {
        let events = self.contract.submit(command, at).unwrap();
        self.events.extend(events);
    }

    pub(crate) fn grant(&mut self, id: &str, credits: u64, ends: Option<Timestamp>, at: Timestamp) {
        self.done(&grant(id, credits, ends), at);
    }

    pub(crate) fn limit(&mut self, usage_limit: Option<u32>, bulk_disabled: bool, at: Timestamp) {
        let change = ChangeSeat {
            id: "ana".parse().unwrap(),
            usage_limit,
            bulk_disabled,
        };
        self.done(&Command::ChangeSeat(change), at);
    }

    /// Sends `m1` to `bo`.
    pub(crate) fn send(&mut self, at: Timestamp) {
        self.done(&send_to(&[("m1", "bo")]), at);
    }

    /// Sends `PREFIX1` to `PREFIXcount`, each to a member of its own.
    pub(crate) fn send_many(&mut self, prefix: &str, count: u32, at: Timestamp) {
        for n in 1..=count {
            self.done(
                &send_to(&[(&format!("{prefix}{n}"), &format!("{prefix}{n}-to"))]),
                at,
            );
        }
    }

    pub(crate) fn answer(&mut self, message: &str, kind: ResponseKind, note: bool, at: Timestamp) {
        self.done(&respond(message, kind, note, false), at);
    }

    pub(crate) fn answer_many(&mut self, prefix: &str, count: u32, at: Timestamp) {
        for n in 1..=count {
            self.answer(&format!("{prefix}{n}"), ResponseKind::Reply, false, at);
        }
    }

    /// Tries a command that is refused, and explains why.
    pub(crate) fn refused(&self, command: &Command, at: Timestamp) -> Explanation {
        let refusal = self.refusal(command, at);
        explain::refusal(&self.contract, command, &refusal, at)
    }

    pub(crate) fn refusal(&self, command: &Command, at: Timestamp) -> Refusal {
        match self.contract.clone().submit(command, at) {
            Err(Rejection::Refused(refusal)) => refusal,
            other => panic!("not refused: {other:?}"),
        }
    }

    pub(crate) fn accepts(&self, command: &Command, at: Timestamp) -> bool {
        self.contract.clone().submit(command, at).is_ok()
    }

    /// Explains `m1`, with the contract's events at hand.
    pub(crate) fn m1(&self, at: Timestamp) -> Explanation {
        let id = "m1".parse().unwrap();
        explain::message_with_history(&self.contract, &id, at, &self.events).unwrap()
    }

    pub(crate) fn standing(&self, at: Timestamp) -> Explanation {
        explain::standing(&self.contract, &"ana".parse().unwrap(), at).unwrap()
    }
}

pub(crate) fn grant(id: &str, credits: u64, ends: Option<Timestamp>) -> Command {
    Command::Grant(Grant {
        id: GrantId::new(id).unwrap(),
        credits: Credits(credits),
        source: Source::Purchase,
        effective_at: None,
        expires_at: ends,
        priority: 1,
    })
}

pub(crate) fn send_to(letters: &[(&str, &str)]) -> Command {
    send_as(letters, |_| {})
}

pub(crate) fn send_as(letters: &[(&str, &str)], change: impl FnOnce(&mut Send)) -> Command {
    let letters = letters.iter().map(|(message, to)| Letter {
        message: message.parse().unwrap(),
        to: to.parse().unwrap(),
        recipient: Recipient::default(),
    });
    let mut send = Send {
        seat: "ana".parse().unwrap(),
        letters: letters.collect(),
        campaign: None,
        subject_length: 10,
        body_length: 300,
    };
    change(&mut send);
    Command::Send(send)
}

/// A send of `m1` to `bo`, with what `bo` wishes.
pub(crate) fn send_wishing(recipient: Recipient) -> Command {
    send_as(&[("m1", "bo")], |send| {
        send.letters[0].recipient = recipient;
    })
}

/// A campaign to so many members.
pub(crate) fn campaign(prefix: &str, count: u32) -> Command {
    let names: Vec<_> = (1..=count)
        .map(|n| (format!("{prefix}{n}"), format!("{prefix}{n}-to")))
        .collect();
    let letters: Vec<_> = names
        .iter()
        .map(|(id, to)| (id.as_str(), to.as_str()))
        .collect();
    send_to(&letters)
}

pub(crate) fn as_send(command: &Command) -> &Send {
    match command {
        Command::Send(send) => send,
        other => panic!("no send: {other:?}"),
    }
}

pub(crate) fn respond(message: &str, kind: ResponseKind, note: bool, auto: bool) -> Command {
    Command::Respond(Respond {
        message: message.parse().unwrap(),
        kind,
        note,
        auto,
    })
}

pub(crate) fn follow_up(message: &str, from: Side, blocked: bool) -> Command {
    Command::FollowUp(FollowUp {
        message: message.parse().unwrap(),
        from,
        blocked,
    })
}

pub(crate) fn open_profile() -> Recipient {
    Recipient {
        accepts: Accepts::Open,
        ..Recipient::default()
    }
}

/// The instant of that name.
pub(crate) fn instant(explanation: &Explanation, name: &str) -> Timestamp {
    let found = explanation
        .instants
        .iter()
        .find(|moment| moment.name == name);
    found
        .unwrap_or_else(|| panic!("no `{name}` in {explanation:#?}"))
        .at
}

/// The figure of that name.
pub(crate) fn figure(explanation: &Explanation, name: &str) -> String {
    let found = explanation
        .figures
        .iter()
        .find(|figure| figure.name == name);
    found
        .unwrap_or_else(|| panic!("no `{name}` in {explanation:#?}"))
        .value
        .to_string()
}

/// The rule's path.
pub(crate) fn path(explanation: &Explanation) -> &str {
    &explanation.rule.as_ref().unwrap().path
}
