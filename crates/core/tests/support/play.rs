//! Plays a script on the engine, and reads from it what the model is asked too.

use super::script::{Script, Step, id};
use crate::model::observation::{MessageSeen, Observation, SeatSeen};
use earnest_core::command::{Command, FollowUp, Side};
use earnest_core::event::Event;

use earnest_core::units::{Days, GrantId, MessageId, SeatId, Timestamp};
use earnest_core::{Contract, Members, Rejection, decide};
use std::collections::BTreeSet;

/// The ids that a script names, so that the engine can be asked about each.
#[derive(Debug, Default)]
pub(crate) struct Names {
    seats: BTreeSet<SeatId>,
    messages: BTreeSet<MessageId>,
    grants: BTreeSet<GrantId>,
}

impl Names {
    pub(crate) fn of(script: &Script) -> Self {
        let mut names = Self::default();
        for step in &script.steps {
            let Step::Command(_, command) = step else {
                continue;
            };
            match command {
                Command::AddSeat(seat) => drop(names.seats.insert(seat.id.clone())),
                Command::Grant(grant) => drop(names.grants.insert(grant.id.clone())),
                Command::Send(send) => {
                    names
                        .messages
                        .extend(send.letters.iter().map(|letter| letter.message.clone()));
                }
                _ => {}
            }
        }
        names
    }

    /// Reads what the engine shows at `at`.
    pub(crate) fn observe(&self, contract: &Contract, at: Timestamp) -> Observation {
        let contract = contract.seen_at(at);
        let state = contract.state();
        let balance = state.balance();
        let seat = |seat: &SeatId| {
            let view = contract.seat(seat, at)?;
            let seen = SeatSeen {
                standing: view.standing.name(),
                until: view.until,
                used: view.used,
                sent: view.sent,
                responded: view.responded,
                reports: view.reports,
            };
            Some((seat.clone(), seen))
        };
        let message = |message: &MessageId| {
            let view = state.message(message)?;
            let seen = MessageSeen {
                status: view.status.name(),
                credit: view.credit.name(),
                price: u64::from(view.price),
                deadline: view.deadline,
                seen_at: view.seen_at,
                reported_at: view.reported_at,
                answer: view
                    .responded_at
                    .zip(view.response)
                    .map(|(at, kind)| (at, kind, view.response_note)),
                settled_at: view.settled_at,
                open: is_open(&contract, message, at),
            };
            Some((message.clone(), seen))
        };
        let grant = |grant: &GrantId| {
            let view = state.grant(grant)?;
            Some((grant.clone(), (view.available.0, view.held.0)))
        };
        Observation {
            granted: balance.granted.0,
            available: balance.available.0,
            held: balance.held.0,
            consumed: balance.consumed.0,
            expired: balance.expired.0,
            revoked: balance.revoked.0,
            grants: self.grants.iter().filter_map(grant).collect(),
            seats: self.seats.iter().filter_map(seat).collect(),
            messages: self.messages.iter().filter_map(message).collect(),
        }
    }
}

/// Whether the seat may write on: asked of the engine as a command, on a contract caught up to `at`.
fn is_open(contract: &Contract, message: &MessageId, at: Timestamp) -> bool {
    let ask = FollowUp {
        message: message.clone(),
        from: Side::Seat,
        blocked: false,
    };
    decide(
        contract.policies(),
        contract.state(),
        &Command::FollowUp(ask),
        at,
    )
    .is_ok()
}

/// A refusal's code, or `malformed`.
pub(crate) fn code(rejection: &Rejection) -> &'static str {
    match rejection {
        Rejection::Refused(refusal) => refusal.code(),
        Rejection::Malformed(_) => "malformed",
    }
}

/// A contract and the members around it, living through a script.
#[derive(Clone)]
pub(crate) struct Played {
    pub(crate) contract: Contract,
    pub(crate) members: Members,
    /// Every event so far.
    pub(crate) events: Vec<Event>,
}

/// What became of a step.
pub(crate) enum Outcome {
    /// A command was taken and left these events.
    Taken(Vec<Event>),
    /// A command was refused with this code.
    Refused(&'static str),
    /// It was no command.
    Nothing,
}

impl Played {
    pub(crate) fn begin(script: &Script) -> Self {
        let (contract, first) = Contract::create(&script.create, script.start);
        Self {
            contract,
            members: Members::new(),
            events: vec![first],
        }
    }

    /// Lives through a whole script, and then as long again as it takes for every window to end.
    pub(crate) fn lived(script: &Script) -> Self {
        let mut played = Self::begin(script);
        for step in &script.steps {
            played.step(step);
        }
        let end = played.contract.state().clock().plus(Days(200));
        let events = &mut played.events;
        played
            .contract
            .catch_up(end, &mut |event| events.push(event.clone()));
        played
    }

    /// Fills the wishes in that a send's letters carry.
    pub(crate) fn addressed(&self, command: &Command, at: Timestamp) -> Command {
        let mut command = command.clone();
        if let Command::Send(send) = &mut command {
            for letter in &mut send.letters {
                letter.recipient = self
                    .members
                    .recipient(&letter.to, &id("acme"), &send.seat, at);
            }
        }
        command
    }

    pub(crate) fn step(&mut self, step: &Step) -> Outcome {
        match step {
            Step::Command(at, command) => {
                let command = self.addressed(command, *at);
                match self.contract.submit(&command, *at) {
                    Ok(events) => {
                        if let Command::Send(send) = &command {
                            for letter in &send.letters {
                                self.members.received(&letter.to, *at);
                            }
                        }
                        self.events.extend(events.iter().cloned());
                        return Outcome::Taken(events);
                    }
                    Err(rejection) => return Outcome::Refused(code(&rejection)),
                }
            }
            Step::Look(at) => drop(self.contract.seen_at(*at)),
            Step::Prefer(member, change) => self.members.prefer(member, change),
            Step::Block(member, block) => self.members.block(member, block.clone()),
            Step::Unblock(member, block) => self.members.unblock(member, block),
        }
        Outcome::Nothing
    }
}
