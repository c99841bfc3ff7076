//! Says what an answer claims, and whether it is true of a state.
//!
//! Owns: refusals, replies and reads, each with the states of which one must bear it out. Does not own: the
//! states ([`super::walk`]).

use super::command;
use super::history::History;
use super::recipients::{self, Wished};
use crate::book::{Book, Read, Told, Try};
use crate::disk::Moment;
use crate::told::{told_done, told_failure, told_order};
use crate::world::World;
use earnest_core::event::{Event, Fact};
use earnest_core::policy::ResponseKind;
use earnest_core::refusal::Refusal;
use earnest_core::units::{ContractId, GrantId, Timestamp};
use earnest_core::{Balance, Contract, GrantView, MessageView, Rejection, decide, is_caught_up};
use earnest_engine::{
    Author, ContractRecord, Done, Failure, GrantRecord, MessageRecord, Order, Reply,
    ResponsesReport, SeatRecord, Tally, What,
};

/// What an answer claims, of a state between two events' numbers.
pub(super) struct Claim<'a> {
    pub(super) lo: u64,
    pub(super) hi: u64,
    process: usize,
    from: Moment,
    to: Moment,
    /// What the clocks showed meanwhile of those who may have decided.
    nows: Vec<Timestamp>,
    /// What the recipients of a refused order may have wished.
    wished: Vec<Wished>,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Refused(usize, &'a Order, &'a Failure),
    Reply(usize, &'a Order, &'a Done),
    Read(&'a Read),
    Message(&'a MessageRecord),
}

/// What an auditor knows beside the state.
pub(super) struct Around<'a> {
    pub(super) world: &'a World,
    pub(super) book: &'a Book,
    pub(super) history: &'a History,
}

impl Around<'_> {
    fn wished(&self, order: &Order, from: Moment, to: Moment) -> Vec<Wished> {
        recipients::options(self.world, self.book, self.history, order, from, to)
    }

    /// Returns up to which event an order may have been refused that is at the newest at `seq`: not for its own effect.
    fn refused_up_to(&self, order: &Order, seq: u64) -> u64 {
        let kept = order.key.as_ref().and_then(|key| self.world.disk.kept(key));
        kept.map_or(seq, |kept| seq.min(kept.after))
    }
}

/// What is summed up along a contract's events.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) tally: Tally,
    /// The balance after each event, with the event's instant and whether it is a lapse.
    pub(super) balances: Vec<(Timestamp, bool, Balance)>,
}

impl Sums {
    pub(super) fn add(&mut self, event: &Event, balance: Balance) {
        match &event.fact {
            Fact::MessageSent { .. } => self.tally.sent += 1,
            Fact::MessageResponded { response, .. } => match response {
                ResponseKind::Reply => self.tally.reply += 1,
                ResponseKind::Accept => self.tally.accept += 1,
                ResponseKind::NotInterested => self.tally.not_interested += 1,
            },
            _ => {}
        }
        let is_lapse = matches!(event.fact, Fact::MessageLapsed { .. });
        self.balances.push((event.at, is_lapse, balance));
    }

    fn past(&self, at: Timestamp) -> Balance {
        let is_after = |(when, is_lapse, _): &&(Timestamp, bool, Balance)| {
            *when > at || *when == at && *is_lapse
        };
        let count = self.balances.iter().position(|it| is_after(&it));
        let last = count.unwrap_or(self.balances.len()).checked_sub(1);
        last.and_then(|at| self.balances.get(at))
            .map_or_else(Balance::default, |it| it.2)
    }
}

/// Gathers what was claimed of a contract.
pub(super) fn of_contract<'a>(around: &Around<'a>, contract: &ContractId) -> Vec<Claim<'a>> {
    let history = around.history;
    let mut claims = Vec::new();
    for (number, asked) in around.book.orders.iter().enumerate() {
        if asked.order.contract != *contract {
            continue;
        }
        let first = asked.tries.first().map(|it| it.from);
        for one in &asked.tries {
            let Some(to) = one.to else { continue };
            let (from, nows, kind) = match one.verdict() {
                // That there is no such contract is no claim about a state of it.
                None | Some(Err(Failure::UnknownContract(_))) => continue,
                Some(Ok(done)) => {
                    let from = first.unwrap_or(one.from);
                    let nows = asked.tries.iter().flat_map(|it| instants(around, it, to));
                    (
                        from,
                        nows.collect(),
                        Kind::Reply(number, &asked.order, done),
                    )
                }
                Some(Err(failure)) => {
                    let nows = instants(around, one, to);
                    (one.from, nows, Kind::Refused(number, &asked.order, failure))
                }
            };
            let hi = history.seq_at(contract, to.head);
            claims.push(Claim {
                lo: history.seq_at(contract, from.head),
                hi: match kind {
                    Kind::Refused(..) => around.refused_up_to(&asked.order, hi),
                    _ => hi,
                },
                process: one.process,
                from,
                to,
                nows,
                wished: match kind {
                    Kind::Refused(..) => around.wished(&asked.order, from, to),
                    _ => Vec::new(),
                },
                kind,
            });
        }
    }
    for read in around
        .book
        .reads
        .iter()
        .filter(|it| it.contract == *contract)
    {
        let claim = |kind| Claim {
            lo: history.seq_at(contract, read.from.head),
            hi: history.seq_at(contract, read.to.head),
            process: read.process,
            from: read.from,
            to: read.to,
            nows: around
                .book
                .instants(read.process, read.from.tick, read.to.tick),
            wished: Vec::new(),
            kind,
        };
        match &read.told {
            Told::Sent(messages) => {
                claims.extend(messages.iter().map(|it| claim(Kind::Message(it))));
            }
            Told::Message(_, Some(message)) => claims.push(claim(Kind::Message(message))),
            Told::NoContract | Told::Message(_, None) | Told::Conversation(..) => {}
            _ => claims.push(claim(Kind::Read(read))),
        }
    }
    claims
}

/// Returns what a process' clock showed while it may have decided an order: also after the client went away.
fn instants(around: &Around<'_>, one: &Try, to: Moment) -> Vec<Timestamp> {
    around.book.instants(one.process, one.from.tick, to.tick)
}

impl Claim<'_> {
    /// Tells the claim, for one who reads that it is false.
    pub(super) fn tell(&self) -> String {
        let what = match &self.kind {
            Kind::Refused(number, order, failure) => {
                let code = told_failure(failure);
                format!(
                    "#{number} ({}) was answered with {code}: {failure}",
                    told_order(order)
                )
            }
            Kind::Reply(number, order, done) => {
                let told = told_done(done);
                format!(
                    "#{number} ({}) was answered with {told}: {:?}",
                    told_order(order),
                    done.reply
                )
            }
            Kind::Read(read) => format!("{:?}", read.told),
            Kind::Message(message) => format!("{message:?}"),
        };
        format!(
            "p{} at {}..{}: {what}: true of no state from event {} to {}",
            self.process, self.from.tick, self.to.tick, self.lo, self.hi
        )
    }

    /// Returns whether the claim is true of a contract after an event.
    pub(super) fn holds(
        &self,
        around: &Around<'_>,
        contract: &Contract,
        seq: u64,
        sums: &Sums,
    ) -> bool {
        match &self.kind {
            Kind::Refused(_, order, failure) => {
                self.is_refused(around, contract, seq, order, failure)
            }
            Kind::Reply(_, order, done) => {
                let places = self.places(around, contract, order);
                is_reply(contract, &places, &done.reply)
                    || is_reply_ahead(contract, &places, order, &done.reply)
            }
            Kind::Read(read) => self.is_read(contract, seq, sums, &read.told),
            Kind::Message(message) => is_message(contract, message),
        }
    }

    /// Returns the instants at which an order may have been decided.
    fn places(&self, around: &Around<'_>, contract: &Contract, order: &Order) -> Vec<Timestamp> {
        if let (Author::Import, Some(at)) = (order.author, order.at) {
            return vec![at];
        }
        let clock = contract.state().clock();
        let skew = i64::try_from(around.world.shape.engine.skew.as_millis()).unwrap_or(i64::MAX);
        let place = |now: Timestamp| {
            let ahead = clock.millis_since(now);
            if ahead > 0 && ahead <= skew {
                clock
            } else {
                now
            }
        };
        let mut places: Vec<Timestamp> = self.nows.iter().copied().map(place).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    fn is_refused(
        &self,
        around: &Around<'_>,
        contract: &Contract,
        seq: u64,
        order: &Order,
        failure: &Failure,
    ) -> bool {
        match failure {
            Failure::DuplicateId(_) => matches!(order.what, What::Create(_)),
            Failure::Invalid { field: "at", .. } => order
                .at
                .is_some_and(|at| self.nows.iter().any(|now| at > *now)),
            Failure::UnknownMessage(id) => contract.state().message(id).is_none(),
            Failure::Refused(refused) => {
                if let Refusal::DuplicateId(id) = &refused.refusal
                    && self.is_elsewhere(around, contract, id)
                {
                    return true;
                }
                if let Refusal::UnknownGrant(id) = &refused.refusal
                    && self.is_gone(around, contract, order, id)
                {
                    return true;
                }
                let code = refused.refusal.code();
                self.is_rejected(around, contract, seq, order, |rejection| {
                    matches!(rejection, Rejection::Refused(refusal) if refusal.code() == code)
                })
            }
            Failure::Malformed(_) => self.is_rejected(around, contract, seq, order, |rejection| {
                matches!(rejection, Rejection::Malformed(_))
            }),
            _ => false,
        }
    }

    fn is_elsewhere(&self, around: &Around<'_>, contract: &Contract, id: &str) -> bool {
        let place = around
            .history
            .messages
            .iter()
            .find(|(message, _)| message.as_str() == id);
        place.is_some_and(|(_, place)| {
            let position = around.history.position(&place.contract, place.seq);
            place.contract != *contract.state().id() && position <= self.to.head
        })
    }

    /// Returns whether a lot was not there: one that the engine made goes when it is drained.
    fn is_gone(
        &self,
        around: &Around<'_>,
        contract: &Contract,
        order: &Order,
        id: &GrantId,
    ) -> bool {
        let places = self.places(around, contract, order).into_iter();
        let mut reached = places.filter(|at| *at >= contract.state().clock());
        reached.any(|at| contract.seen_at(at).state().grant(id).is_none())
    }

    fn is_rejected(
        &self,
        around: &Around<'_>,
        contract: &Contract,
        seq: u64,
        order: &Order,
        is_it: impl Fn(&Rejection) -> bool,
    ) -> bool {
        for at in self.places(around, contract, order) {
            let mut trial = contract.clone();
            if at >= trial.state().clock() {
                trial.catch_up(at, &mut |_| {});
            }
            let wished = self.wished.iter();
            let options =
                wished.flat_map(|it| self.with_counts(around.history, order, it, at, seq));
            for wished in options {
                let command = command::of_order(order, trial.state(), &trial, at, &wished);
                let decided = command.map(|it| decide(trial.policies(), trial.state(), &it, at));
                if let Some(Err(rejection)) = decided
                    && is_it(&rejection)
                {
                    return true;
                }
            }
        }
        false
    }

    /// Returns the wishes with the counts of the day that may have been seen.
    fn with_counts(
        &self,
        history: &History,
        order: &Order,
        wished: &Wished,
        at: Timestamp,
        seq: u64,
    ) -> Vec<Wished> {
        if !wished.has_cap() {
            return vec![wished.clone()];
        }
        let contract = command::contract(order);
        [self.from.head, self.to.head]
            .into_iter()
            .map(|head| {
                wished.with_received(order, |member| {
                    history.received(member, at.utc_day(), head, (contract, seq))
                })
            })
            .collect()
    }

    fn is_read(&self, contract: &Contract, seq: u64, sums: &Sums, told: &Told) -> bool {
        let state = contract.state();
        match told {
            Told::Contract(record) => is_contract(contract, record),
            Told::Balance(balance) => {
                let as_of = balance.as_of;
                let is_recorded = as_of == state.clock()
                    || as_of > state.clock() && is_caught_up(contract.policies(), state, as_of);
                balance.balance == state.balance() && is_recorded
            }
            Told::Past(balance) => balance.balance == sums.past(balance.as_of),
            Told::Seats(seats) => self.is_seats(contract, seats),
            Told::Grants(grants) => {
                let views = state.grants();
                views.len() == grants.len() && views.iter().zip(grants).all(|(a, b)| is_grant(a, b))
            }
            Told::Grant(id, grant) => match (state.grant(id), grant) {
                (Some(view), Some(grant)) => is_grant(&view, grant),
                (view, grant) => view.is_none() && grant.is_none(),
            },
            Told::Newest(newest) => *newest == seq,
            Told::Responses(report) => is_report(contract, sums, report),
            _ => true,
        }
    }

    fn is_seats(&self, contract: &Contract, seats: &[SeatRecord]) -> bool {
        let clock = contract.state().clock();
        let mut nows = self.nows.clone();
        nows.push(clock);
        nows.into_iter().any(|now| {
            let at = now.max(clock);
            contract.state().seat_ids().count() == seats.len()
                && seats.iter().all(|seat| is_seat(contract, &[at], seat))
        })
    }
}

fn is_reply(contract: &Contract, places: &[Timestamp], reply: &Reply) -> bool {
    match reply {
        Reply::Contract(record) => is_contract(contract, record),
        Reply::Seat(seat) => {
            let clock = contract.state().clock();
            let places: Vec<Timestamp> = places.iter().map(|at| (*at).max(clock)).collect();
            is_seat(contract, &places, seat)
        }
        Reply::Grant(grant) => match contract.state().grant(&grant.id) {
            Some(view) => is_grant(&view, grant),
            // A lot that the engine made goes when it is drained.
            None => grant.revoked && grant.available.is_zero(),
        },
        Reply::Message(message) => is_message(contract, message),
        Reply::Campaign(campaign) => campaign.messages.iter().all(|it| is_message(contract, it)),
        Reply::Writing(_) => true,
    }
}

/// An order that changes nothing is answered as of its instant, also where what falls due up to it is not
/// recorded: of a history that is being told.
fn is_reply_ahead(contract: &Contract, places: &[Timestamp], order: &Order, reply: &Reply) -> bool {
    let clock = contract.state().clock();
    let mut ahead = places.iter().filter(|at| **at >= clock);
    order.author == Author::Import
        && ahead.any(|at| is_reply(&contract.seen_at(*at), &[*at], reply))
}

fn is_contract(contract: &Contract, record: &ContractRecord) -> bool {
    let state = contract.state();
    let versions = state.versions();
    let recorded = record.versions.iter();
    let recorded = recorded.map(|it| (it.version, it.policy.as_str(), it.effective_at));
    record.name == state.name()
        && record.starts_at == state.starts_at()
        && record.allotments == state.allotments()
        && record.bulk_disabled == state.bulk_disabled()
        && record.cancelled_at == state.cancelled_at()
        && versions.eq(recorded)
}

fn is_seat(contract: &Contract, places: &[Timestamp], seat: &SeatRecord) -> bool {
    places.iter().any(|at| {
        contract.seat(&seat.id, *at).is_some_and(|view| {
            let told = (
                &view.seat_type,
                view.usage_limit,
                view.used,
                view.bulk_disabled,
            );
            let figures = (
                view.standing,
                view.until,
                view.sent,
                view.responded,
                view.reports,
            );
            told == (
                &seat.seat_type,
                seat.usage_limit,
                seat.used,
                seat.bulk_disabled,
            ) && figures
                == (
                    seat.standing,
                    seat.until,
                    seat.sent,
                    seat.responded,
                    seat.reports,
                )
                && view.added_at == seat.added_at
        })
    })
}

fn is_grant(view: &GrantView, grant: &GrantRecord) -> bool {
    let sums = (view.credits, view.available, view.held);
    let term = (view.effective_at, view.expires_at, view.priority);
    view.id == grant.id
        && sums == (grant.credits, grant.available, grant.held)
        && term == (grant.effective_at, grant.expires_at, grant.priority)
        && (view.source, view.revoked) == (grant.source, grant.revoked)
}

fn is_message(contract: &Contract, record: &MessageRecord) -> bool {
    let view = contract.state().message(&record.id);
    view.is_some_and(|view| is_view(&view, record))
}

fn is_view(view: &MessageView, record: &MessageRecord) -> bool {
    let sent = (
        &view.seat,
        &view.to,
        view.bulk,
        view.price,
        view.sent_at,
        view.deadline,
    );
    let became = (view.status, view.credit, view.settled_by, view.settled_at);
    let answered = (view.responded_at, view.response, view.response_note);
    let looked = (view.seen_at, view.reported_at, view.conversation);
    sent == (
        &record.seat,
        &record.to,
        record.bulk,
        record.price,
        record.sent_at,
        record.deadline,
    ) && became
        == (
            record.status,
            record.credit,
            record.settled_by,
            record.settled_at,
        )
        && answered
            == (
                record.responded_at,
                record.response,
                record.response_note.is_some(),
            )
        && looked == (record.seen_at, record.reported_at, record.conversation)
}

fn is_report(contract: &Contract, sums: &Sums, report: &ResponsesReport) -> bool {
    let state = contract.state();
    let counts = state.counts();
    let mut by_day = Tally::default();
    report.days.iter().for_each(|(_, tally)| by_day.add(tally));
    let mut by_seat = Tally::default();
    report
        .seats
        .iter()
        .for_each(|(_, tally)| by_seat.add(tally));
    let became = (
        counts.returned,
        counts.consumed,
        counts.lapsed,
        state.open_stakes(),
    );
    report.total == sums.tally
        && by_day == sums.tally
        && by_seat == sums.tally
        && became == (report.returned, report.consumed, report.lapsed, report.held)
        && report.consumed_credits == state.balance().consumed.0
}

/// Checks what was said of contracts that are not there.
pub(super) fn check_nowhere(book: &Book, history: &History) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, asked) in book.orders.iter().enumerate() {
        let contract = &asked.order.contract;
        let was_there = |one: &Try| history.seq_at(contract, one.from.head) > 0;
        for one in &asked.tries {
            match one.verdict() {
                Some(Err(Failure::UnknownContract(_))) if was_there(one) => {
                    wrong.push(format!(
                        "#{number} was told that there is no contract {contract}"
                    ));
                }
                Some(Ok(_)) if !history.contracts.contains_key(contract) => {
                    wrong.push(format!(
                        "#{number} was carried out on {contract}, which is not there"
                    ));
                }
                _ => {}
            }
        }
    }
    for read in &book.reads {
        let was_there = history.seq_at(&read.contract, read.from.head) > 0;
        let is_there = history.contracts.contains_key(&read.contract);
        match &read.told {
            Told::NoContract if was_there => {
                wrong.push(format!(
                    "a reader was told that there is no contract {}",
                    read.contract
                ));
            }
            Told::NoContract | Told::Message(_, None) => {}
            Told::Conversation(..) | Told::Sent(_) => {}
            _ if !is_there => {
                wrong.push(format!(
                    "a reader was told of {}, which is not there",
                    read.contract
                ));
            }
            _ => {}
        }
    }
    wrong
}
