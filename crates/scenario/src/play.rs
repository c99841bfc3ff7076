//! Plays a scenario on the engine.
//!
//! Owns: turning steps into commands, what a refusal means for a step, and the audit of every event.
//! Does not own: how a figure is compared ([`crate::expect`]), any rule.
//! Invariants: steps are played in the file's order, all of them; credits are counted after every single
//! event on a second state that is made of the events alone, so a play is also a test of the ledger.

mod audit;
#[cfg(test)]
mod tests;

use crate::expect::{Difference, compare};
use crate::outcome::{Failure, Outcome};
use crate::scenario::{MemberSpec, RespondSpec, Scenario, SendSpec, Step, Verb};
use audit::Audit;
use earnest_core::command::{
    AddPolicy, AddSeat, Command, CreateContract, FollowUp, Letter, Respond, Send, is_note,
};
use earnest_core::event::{Event, Fact};
use earnest_core::units::{ContractId, GrantId, MemberId, MessageId, SeatId, Timestamp};
use earnest_core::{Block, Contract, Members, Rejection};
use std::collections::{BTreeMap, BTreeSet};

/// An event, and the step that brought it about.
#[derive(Debug, Clone, Copy)]
pub struct Happened<'a> {
    /// The step's number, counted from 1; 0 is the contract's start.
    pub step: usize,
    /// What happened.
    pub event: &'a Event,
}

/// Plays a scenario and returns how it went.
#[must_use]
pub fn play(scenario: &Scenario) -> Outcome {
    play_with(scenario, &mut |_| ())
}

/// Plays a scenario, tells `each` every event as it happens, and returns how it went.
pub fn play_with(scenario: &Scenario, each: &mut dyn FnMut(Happened<'_>)) -> Outcome {
    let mut player = Player::start(scenario, each);
    for step in &scenario.steps {
        player.step(step);
    }
    player.finish();
    Outcome {
        name: scenario.name.clone(),
        path: scenario.path.clone(),
        passed: player.failures.is_empty(),
        steps: scenario.steps.len(),
        failures: player.failures,
    }
}

/// A contract that is being played.
struct Player<'a> {
    scenario: &'a Scenario,
    contract: Contract,
    members: Members,
    /// Who sent each message to whom: what a block of a conversation is looked up by.
    letters: BTreeMap<MessageId, (SeatId, MemberId)>,
    /// The lots that the engine made. It forgets its own once they are spent, and then they hold nothing.
    made: BTreeSet<GrantId>,
    audit: Audit,
    each: &'a mut dyn FnMut(Happened<'_>),
    /// What differs in the step that is being played.
    found: Vec<Difference>,
    failures: Vec<Failure>,
}

/// What became of a step's verb.
#[derive(Default)]
struct Tried {
    /// How many tries were accepted.
    accepted: u32,
    /// How many were accepted before the first that was not.
    before: u32,
    /// The first try that was not accepted: what it was about, where there were several, and why.
    first: Option<(Option<MessageId>, Rejection)>,
}

impl Tried {
    fn accept(&mut self, tries: usize) {
        let tries = u32::try_from(tries).unwrap_or(u32::MAX);
        self.accepted = self.accepted.saturating_add(tries);
        if self.first.is_none() {
            self.before = self.accepted;
        }
    }

    fn reject(&mut self, about: Option<&MessageId>, why: Rejection) {
        self.first.get_or_insert_with(|| (about.cloned(), why));
    }
}

impl<'a> Player<'a> {
    /// Begins the contract with its seats and members.
    fn start(scenario: &'a Scenario, each: &'a mut dyn FnMut(Happened<'_>)) -> Self {
        let spec = &scenario.contract;
        let create = CreateContract {
            id: spec.id.clone(),
            name: scenario.name.clone(),
            policy: scenario.policy.clone(),
            allotments: spec.allotments,
            bulk_disabled: spec.bulk_disabled,
        };
        let (contract, first) = Contract::create(&create, spec.start);
        let mut player = Self {
            scenario,
            contract,
            members: Members::new(),
            letters: BTreeMap::new(),
            made: BTreeSet::new(),
            audit: Audit::new(),
            each,
            found: Vec::new(),
            failures: Vec::new(),
        };
        player.record(0, &[first]);
        for seat in &scenario.seats {
            let add = Command::AddSeat(AddSeat {
                id: seat.id.clone(),
                seat_type: seat.seat_type.clone(),
                usage_limit: seat.usage_limit,
                bulk_disabled: seat.bulk_disabled,
            });
            match player.contract.submit(&add, spec.start) {
                Ok(events) => player.record(0, &events),
                Err(why) => player.found.push(unexpected(None, &why)),
            }
        }
        player.fail(0, 0, spec.start, "its seats are added");
        for member in &scenario.members {
            player.prefer(member);
        }
        player
    }

    /// Plays one step.
    fn step(&mut self, step: &Step) {
        if let Some(verb) = &step.verb {
            let tried = self.act(step, verb);
            self.found.extend(judge(step, &tried));
        }
        if let Some(expect) = &step.expect {
            // What a command out of order leaves behind is seen at the clock that it did not move.
            let at = match step.refused {
                Some("out_of_order") => step.at.max(self.contract.state().clock()),
                _ => step.at,
            };
            self.found
                .extend(compare(&self.contract, &self.made, at, expect));
        }
        self.fail(step.number, step.line, step.at, &step.words());
    }

    /// Looks a last time whether the events alone make the same contract.
    fn finish(&mut self) {
        let Some(difference) = self.audit.compare(self.contract.state()) else {
            return;
        };
        let (number, line, at) = self
            .scenario
            .steps
            .last()
            .map_or((0, 0, self.scenario.contract.start), |step| {
                (step.number, step.line, step.at)
            });
        self.found.push(difference);
        self.fail(number, line, at, "all steps are played");
    }

    fn act(&mut self, step: &Step, verb: &Verb) -> Tried {
        let command = match verb {
            Verb::Send(send) => return self.send(step, send),
            Verb::Respond(respond) => return self.respond(step, respond),
            Verb::Preferences(member) => {
                self.prefer(member);
                return Tried {
                    accepted: 1,
                    before: 1,
                    first: None,
                };
            }
            Verb::Grant(grant) => Command::Grant(grant.clone()),
            Verb::Seen(message) => Command::Seen(message.clone()),
            Verb::Report(message) => Command::Report(message.clone()),
            Verb::Revoke(grant) => Command::Revoke(grant.clone()),
            Verb::Cancel => Command::Cancel,
            Verb::FollowUp { message, from } => Command::FollowUp(FollowUp {
                message: message.clone(),
                from: *from,
                blocked: self.is_blocked(message),
            }),
            Verb::Policy(policy) => Command::AddPolicy(AddPolicy {
                policy: policy.clone(),
                effective_at: None,
            }),
        };
        let mut tried = Tried::default();
        match self.submit(step, &command) {
            Ok(()) => tried.accept(1),
            Err(why) => tried.reject(None, why),
        }
        tried
    }

    /// Sends a campaign as one command, and everything else letter by letter.
    fn send(&mut self, step: &Step, send: &SendSpec) -> Tried {
        let mut tried = Tried::default();
        let at_once = match send.campaign {
            Some(_) => send.letters.len().max(1),
            None => 1,
        };
        for letters in send.letters.chunks(at_once) {
            let command = self.command_to_send(send, letters, step.at);
            match self.submit(step, &command) {
                Ok(()) => {
                    tried.accept(letters.len());
                    for (message, to) in letters {
                        self.members.received(to, step.at);
                        let ends = (send.seat.clone(), to.clone());
                        self.letters.insert(message.clone(), ends);
                    }
                }
                // A campaign is refused whole, so no letter of it is to be named.
                Err(why) => {
                    let one = send.many && send.campaign.is_none();
                    let about = letters.first().filter(|_| one);
                    tried.reject(about.map(|(message, _)| message), why);
                }
            }
        }
        tried
    }

    fn command_to_send(
        &self,
        send: &SendSpec,
        letters: &[(MessageId, MemberId)],
        at: Timestamp,
    ) -> Command {
        let contract = &self.scenario.contract.id;
        let letter = |(message, to): &(MessageId, MemberId)| Letter {
            message: message.clone(),
            to: to.clone(),
            recipient: self.members.recipient(to, contract, &send.seat, at),
        };
        Command::Send(Send {
            seat: send.seat.clone(),
            letters: letters.iter().map(letter).collect(),
            campaign: send.campaign.clone(),
            subject_length: length(&send.subject),
            body_length: length(&send.body),
        })
    }

    fn respond(&mut self, step: &Step, respond: &RespondSpec) -> Tried {
        let mut tried = Tried::default();
        for message in &respond.messages {
            let command = Command::Respond(Respond {
                message: message.clone(),
                kind: respond.kind,
                note: respond.note.as_deref().is_some_and(is_note),
                auto: respond.auto,
            });
            match self.submit(step, &command) {
                Ok(()) => tried.accept(1),
                Err(why) => tried.reject(Some(message).filter(|_| respond.many), why),
            }
        }
        tried
    }

    /// Gives a command to the contract and records what happens.
    fn submit(&mut self, step: &Step, command: &Command) -> Result<(), Rejection> {
        let events = self.contract.submit(command, step.at)?;
        self.record(step.number, &events);
        Ok(())
    }

    /// Tells and audits events.
    fn record(&mut self, step: usize, events: &[Event]) {
        for event in events {
            (self.each)(Happened { step, event });
            note_lots(event, &mut self.made);
            self.found.extend(self.audit.apply(event));
        }
    }

    /// Members keep their own wishes: no contract's clock is asked.
    fn prefer(&mut self, member: &MemberSpec) {
        self.members.prefer(&member.id, &member.wishes);
        let Some(blocks) = &member.blocks else {
            return;
        };
        for block in self.every_block() {
            if blocks.contains(&block) {
                self.members.block(&member.id, block);
            } else {
                self.members.unblock(&member.id, &block);
            }
        }
    }

    /// Returns whom a member can block here: the contract, or a seat of it.
    fn every_block(&self) -> Vec<Block> {
        let contract = &self.scenario.contract.id;
        let seats = self.scenario.seats.iter().map(|seat| Some(&seat.id));
        std::iter::once(None)
            .chain(seats)
            .map(|seat| block(contract, seat))
            .collect()
    }

    fn is_blocked(&self, message: &MessageId) -> bool {
        let contract = &self.scenario.contract.id;
        self.letters
            .get(message)
            .is_some_and(|(seat, to)| self.members.blocks(to, contract, seat))
    }

    /// Turns what was found into failures of a step.
    fn fail(&mut self, step: usize, line: usize, at: Timestamp, verb: &str) {
        let failure = |difference: Difference| Failure {
            step,
            line,
            at: at.to_string(),
            verb: verb.to_owned(),
            what: difference.what,
            expected: difference.expected,
            actual: difference.actual,
            detail: difference.detail,
        };
        self.failures.extend(self.found.drain(..).map(failure));
    }
}

/// Remembers the lots that the engine makes in an event.
pub(crate) fn note_lots(event: &Event, made: &mut BTreeSet<GrantId>) {
    match &event.fact {
        Fact::AllotmentGranted { grant, .. } => {
            made.insert(grant.clone());
        }
        Fact::StakeReturned { lots, .. } => {
            let fresh = lots.iter().filter(|lot| lot.fresh.is_some());
            made.extend(fresh.map(|lot| lot.grant.clone()));
        }
        _ => {}
    }
}

/// Makes a block of a seat, or of the whole contract.
fn block(contract: &ContractId, seat: Option<&SeatId>) -> Block {
    Block {
        contract: contract.clone(),
        seat: seat.cloned(),
    }
}

fn length(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

/// Compares what became of a verb with what the step states of it.
fn judge(step: &Step, tried: &Tried) -> Vec<Difference> {
    let mut differences = Vec::new();
    match (step.refused, &tried.first) {
        (Some(code), None) => differences.push(Difference::of("result", code, "accepted")),
        (Some(code), Some((about, why))) if code != name(why) => {
            differences
                .push(Difference::of("result", code, name(why)).because(tell(about.as_ref(), why)));
        }
        (None, Some((about, why))) if step.accepted.is_none() => {
            differences.push(unexpected(about.as_ref(), why));
        }
        _ => {}
    }
    // With a refusal stated it is the tries before the first one that count.
    let accepted = if step.refused.is_some() {
        tried.before
    } else {
        tried.accepted
    };
    if let Some(stated) = step.accepted.filter(|stated| *stated != accepted) {
        let mut difference = Difference::of("accepted", stated, accepted);
        if let (None, Some((about, why))) = (step.refused, &tried.first) {
            difference = difference.because(tell(about.as_ref(), why));
        }
        differences.push(difference);
    }
    differences
}

fn unexpected(about: Option<&MessageId>, why: &Rejection) -> Difference {
    Difference::of("result", "accepted", name(why)).because(tell(about, why))
}

/// Returns the code that a rejection goes by in a difference.
fn name(why: &Rejection) -> &'static str {
    match why {
        Rejection::Refused(refusal) => refusal.code(),
        Rejection::Malformed(_) => "malformed",
    }
}

fn tell(about: Option<&MessageId>, why: &Rejection) -> String {
    match about {
        Some(message) => format!("`{message}`: {why}"),
        None => why.to_string(),
    }
}
