//! A slow and obvious second reading of the specification, to hold the engine against.
//!
//! Owns: what should happen. Does not own: speed, events, explanations. It keeps everything that ever
//! happened in plain vectors, looks through all of it whenever a question is asked, and tries each command
//! on a copy of itself. It shares the engine's input types and none of its code.
//! Invariant, checked at each reading: granted = available + held + consumed + expired + revoked.

pub(crate) mod credits;
pub(crate) mod due;
pub(crate) mod gate;
pub(crate) mod members;
pub(crate) mod messages;
pub(crate) mod observation;

use credits::{Lot, Moved};
use earnest_core::command::{AddPolicy, AddSeat, ChangeSeat, Command, CreateContract};
use earnest_core::policy::{Gate, Policy};
use earnest_core::units::{SeatId, SeatType, Timestamp};
use gate::Place;
use messages::Message;
use std::sync::Arc;

/// What a command that changes nothing is answered: a refusal's code, or `malformed`.
pub(crate) type Answer = Result<(), String>;

/// Everything about one contract.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) start: Timestamp,
    /// The instant of the last command that was taken; the start at first.
    pub(crate) clock: Timestamp,
    pub(crate) allotments: bool,
    pub(crate) bulk_disabled: bool,
    pub(crate) versions: Vec<Version>,
    /// The version in force, by its place among the versions.
    pub(crate) in_force: usize,
    pub(crate) seats: Vec<Seat>,
    pub(crate) lots: Vec<Lot>,
    pub(crate) messages: Vec<Message>,
    /// Every movement of credits out of or into the contract's pool, in order.
    pub(crate) moved: Vec<Moved>,
    /// The months whose start has been lived through.
    pub(crate) months: u32,
    pub(crate) cancelled: bool,
}

/// A version of the policy.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) policy: Arc<Policy>,
    pub(crate) from: Timestamp,
    /// Whether it has ever been in force.
    pub(crate) began: bool,
}

/// A seat.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    pub(crate) id: SeatId,
    pub(crate) seat_type: SeatType,
    pub(crate) usage_limit: Option<u32>,
    pub(crate) bulk_disabled: bool,
    /// Where it is on the ladder; nothing where the gate is none.
    pub(crate) place: Option<Place>,
}

impl Model {
    /// Begins a contract.
    pub(crate) fn new(create: &CreateContract, at: Timestamp) -> Self {
        Self {
            start: at,
            clock: at,
            allotments: create.allotments,
            bulk_disabled: create.bulk_disabled,
            versions: vec![Version {
                policy: create.policy.clone(),
                from: at,
                began: true,
            }],
            in_force: 0,
            seats: Vec::new(),
            lots: Vec::new(),
            messages: Vec::new(),
            moved: Vec::new(),
            months: 0,
            cancelled: false,
        }
    }

    /// Obeys a command, or changes nothing and says why.
    pub(crate) fn submit(&mut self, command: &Command, at: Timestamp) -> Answer {
        if at < self.clock {
            return refused("out_of_order");
        }
        let mut next = self.seen_at(at);
        next.obey(command, at)?;
        next.clock = at;
        *self = next;
        Ok(())
    }

    /// Returns a copy in which everything due by `at` has happened, as a command at `at` would find it.
    pub(crate) fn seen_at(&self, at: Timestamp) -> Self {
        let mut copy = self.clone();
        copy.run_to(at);
        copy
    }

    /// Returns the policy in force.
    pub(crate) fn policy(&self) -> Arc<Policy> {
        self.versions[self.in_force].policy.clone()
    }

    fn obey(&mut self, command: &Command, at: Timestamp) -> Answer {
        match command {
            Command::CreateContract(_) => refused("duplicate_id"),
            Command::AddSeat(seat) => self.add_seat(seat, at),
            Command::ChangeSeat(change) => self.change_seat(change),
            Command::Grant(grant) => self.grant(grant, at),
            Command::Revoke(grant) => self.revoke(grant),
            Command::Send(send) => self.send(send, at),
            Command::Respond(respond) => self.respond(respond, at),
            Command::Seen(message) => self.seen(message, at),
            Command::Report(message) => self.report(message, at),
            Command::FollowUp(follow_up) => self.follow_up(follow_up),
            Command::AddPolicy(add) => self.add_policy(add, at),
            Command::Cancel => self.cancel(),
        }
    }

    fn add_seat(&mut self, add: &AddSeat, at: Timestamp) -> Answer {
        if self.seat_at(&add.id).is_some() {
            return refused("duplicate_id");
        }
        self.seats.push(Seat {
            id: add.id.clone(),
            seat_type: add.seat_type.clone(),
            usage_limit: add.usage_limit,
            bulk_disabled: add.bulk_disabled,
            place: self.fresh_place(at),
        });
        let newcomer = self.seats.len() - 1;
        // "A seat added later ... brings its full allotment at once"; the extra credits come with the
        // contract's own allotment only, which for the seats it began with is the one at the start.
        self.allot(&[newcomer], at == self.start, at);
        Ok(())
    }

    fn change_seat(&mut self, change: &ChangeSeat) -> Answer {
        let Some(seat) = self.seat_at(&change.id) else {
            return refused("unknown_seat");
        };
        self.seats[seat].usage_limit = change.usage_limit;
        self.seats[seat].bulk_disabled = change.bulk_disabled;
        Ok(())
    }

    fn add_policy(&mut self, add: &AddPolicy, at: Timestamp) -> Answer {
        let from = add.effective_at.unwrap_or(at);
        if from < at {
            return refused("malformed");
        }
        self.versions.push(Version {
            policy: add.policy.clone(),
            from,
            began: false,
        });
        if from == at {
            self.begin_version(self.versions.len() - 1, at);
        }
        Ok(())
    }

    /// Lets a version take effect. One with another kind of gate starts every seat afresh.
    pub(crate) fn begin_version(&mut self, version: usize, at: Timestamp) {
        let before = self.policy();
        self.in_force = version;
        self.versions[version].began = true;
        if !same_kind(&before.gate, &self.policy().gate) {
            for seat in 0..self.seats.len() {
                self.seats[seat].place = self.fresh_place(at);
            }
        }
    }

    pub(crate) fn seat_at(&self, id: &SeatId) -> Option<usize> {
        self.seats.iter().position(|seat| seat.id == *id)
    }
}

/// Answers that nothing changes, and why.
pub(crate) fn refused(code: &str) -> Answer {
    Err(code.to_owned())
}

/// Whether two gates are of one kind: none, thread, or ladders with the same stages.
fn same_kind(a: &Gate, b: &Gate) -> bool {
    match (a, b) {
        (Gate::None, Gate::None) | (Gate::Thread(_), Gate::Thread(_)) => true,
        (Gate::Ladder(a), Gate::Ladder(b)) => {
            let kinds = |stages: &[earnest_core::policy::Stage]| -> Vec<_> {
                stages
                    .iter()
                    .map(|stage| (stage.standing, stage.once))
                    .collect()
            };
            kinds(&a.stages) == kinds(&b.stages)
        }
        _ => false,
    }
}
