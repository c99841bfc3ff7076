//! Writes orders: few senders, few recipients, few credits, so that limits, caps, blocks and prices matter.
//!
//! Owns: what is asked. Does not own: when, of whom, or what is done with the answer. Every text carries the
//! order's number, by which the auditor finds what became of it.

use crate::book::Heard;
use crate::policies;
use crate::rng::Rng;
use earnest_core::command::{Accepts, Side, Source};
use earnest_core::policy::ResponseKind;
use earnest_core::units::{
    CampaignId, ContractId, Credits, GrantId, MemberId, MessageId, SeatId, SeatType, Timestamp,
};
use earnest_engine::keys::Scope;
use earnest_engine::{
    Author, Key, NewCampaign, NewContract, NewGrant, NewLetter, NewResponse, NewSeat, NewVersion,
    NewWriting, Order, SeatChange, What,
};

const DAY: i64 = 86_400_000;
/// The members that are written to again and again.
const MEMBERS: [&str; 6] = ["bo", "cy", "di", "ed", "fay", "gil"];
const SEATS: [&str; 3] = ["ana", "ben", "cid"];

/// Writes orders to one contract at a time.
#[derive(Debug)]
pub struct Writer<'a> {
    /// The numbers that decide.
    pub rng: &'a mut Rng,
    /// What clients have heard of the contract.
    pub heard: &'a Heard,
    /// What the wall's clock shows.
    pub now: Timestamp,
}

/// Makes an id of a text that is one.
#[must_use]
#[expect(clippy::expect_used, reason = "the texts of the workload are ids")]
pub fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("an id of the workload is an id")
}

/// Makes a grant's id of a text that is one.
#[must_use]
#[expect(clippy::expect_used, reason = "the texts of the workload are ids")]
pub fn grant_id(text: &str) -> GrantId {
    GrantId::of_any(text).expect("an id of the workload is an id")
}

/// Makes an order of what is asked, under a key of its own.
#[must_use]
pub fn order(number: usize, contract: &ContractId, what: What) -> Order {
    let mut body = [0; 32];
    body[..8].copy_from_slice(&u64::try_from(number).unwrap_or(0).to_le_bytes());
    let scope = Scope::Contract {
        contract: contract.clone(),
    };
    Order {
        contract: contract.clone(),
        what,
        author: Author::Live,
        at: None,
        key: Some(Key {
            space: scope.space(),
            key: format!("k{number}"),
            body,
        }),
    }
}

/// Makes an order that begins a contract.
pub fn create(rng: &mut Rng, number: usize, contract: &ContractId) -> Order {
    let new = NewContract {
        name: format!("n{number}"),
        policy: (*rng.pick(&policies::NAMES)).to_owned(),
        starts_at: None,
        allotments: rng.chance(75),
        bulk_disabled: rng.chance(4),
    };
    order(number, contract, What::Create(new))
}

impl Writer<'_> {
    /// Writes an order.
    #[must_use]
    pub fn order(&mut self, number: usize) -> Order {
        let what = self.what(number);
        let mut order = order(number, &self.heard.contract, what);
        if self.rng.chance(3) {
            order.author = Author::Import;
            order.at = self
                .rng
                .chance(70)
                .then(|| self.now.plus_millis(-self.rng.span(0, 3_000)));
        }
        order
    }

    /// Draws what is asked.
    pub fn what(&mut self, number: usize) -> What {
        match self.rng.below(1_000) {
            0..290 => What::Send(self.letter(number)),
            290..400 => What::Campaign(self.campaign(number)),
            400..590 => What::Respond(self.response(number)),
            590..635 => What::Seen(self.message()),
            635..670 => What::Report(self.message()),
            670..740 => What::Write(self.writing(number)),
            740..820 => What::Grant(self.new_grant(number)),
            820..860 => What::Revoke(self.grant()),
            860..905 => What::AddSeat(self.new_seat(number)),
            905..940 => What::ChangeSeat(self.seat_change()),
            940..970 => What::AddPolicy(self.version()),
            970..976 => What::Cancel,
            976..982 => What::GoLive,
            982..990 => create(self.rng, number, &self.heard.contract).what,
            _ => What::Send(self.letter(number)),
        }
    }

    fn seat(&mut self) -> SeatId {
        match self.rng.some(&self.heard.seats) {
            Some(seat) if !self.rng.chance(3) => seat.clone(),
            _ => id(self.rng.pick::<&str>(&SEATS)),
        }
    }

    /// Draws one of the messages that clients have heard of, more often a late one; now and then one that is not.
    fn message(&mut self) -> MessageId {
        let all = &self.heard.messages;
        let late = &all[all.len().saturating_sub(8)..];
        let from = if self.rng.chance(60) { late } else { all };
        match self.rng.some(from) {
            Some(message) if !self.rng.chance(2) => message.clone(),
            _ => id("nowhere"),
        }
    }

    fn grant(&mut self) -> GrantId {
        let made = format!("lot~{}", self.rng.below(4));
        match self.rng.some(&self.heard.grants) {
            Some(grant) if self.rng.chance(80) => grant.clone(),
            _ => grant_id(&made),
        }
    }

    /// Writes a letter.
    pub fn letter(&mut self, number: usize) -> NewLetter {
        let named = match self.rng.below(20) {
            0..12 => None,
            12..19 => Some(format!("m{number}")),
            // One that perhaps another letter has, of whatever contract.
            _ => Some(format!("m{}", self.rng.place(number.max(1)))),
        };
        NewLetter {
            id: named.map(|named| id(&named)),
            seat: self.seat(),
            to: member(self.rng),
            campaign: self.rng.chance(10).then(|| id("alone")),
            subject: format!("s{number}"),
            body: format!("b{number}"),
        }
    }

    fn campaign(&mut self, number: usize) -> NewCampaign {
        let first = self.rng.place(MEMBERS.len());
        let count = self.rng.place(5);
        let to = (0..=count).map(|at| id(MEMBERS[(first + at) % MEMBERS.len()]));
        NewCampaign {
            id: self
                .rng
                .chance(60)
                .then(|| id::<CampaignId>(&format!("c{number}"))),
            seat: self.seat(),
            to: to.collect(),
            subject: format!("s{number}"),
            body: format!("b{number}"),
        }
    }

    fn response(&mut self, number: usize) -> NewResponse {
        NewResponse {
            message: self.message(),
            kind: *self.rng.pick(&ResponseKind::ALL),
            note: match self.rng.below(10) {
                0..5 => Some(format!("n{number}")),
                5 => Some("  ".to_owned()),
                _ => None,
            },
            auto: self.rng.chance(12),
        }
    }

    fn writing(&mut self, number: usize) -> NewWriting {
        NewWriting {
            message: self.message(),
            from: *self.rng.pick(&[Side::Seat, Side::Member]),
            body: format!("w{number}"),
        }
    }

    fn new_grant(&mut self, number: usize) -> NewGrant {
        let named = match self.rng.below(20) {
            0..8 => None,
            8..18 => Some(format!("g{number}")),
            _ => Some("g".to_owned()),
        };
        let effective_at = self.rng.chance(25).then(|| self.some_day(-1));
        let expires_at = self.rng.chance(40).then(|| self.some_day(0));
        NewGrant {
            id: named.map(|named| grant_id(&named)),
            credits: Credits(self.rng.between(1, 9)),
            source: *self
                .rng
                .pick(&[Source::Purchase, Source::Promotion, Source::Adjustment]),
            effective_at,
            expires_at,
            priority: u32::try_from(self.rng.below(3)).unwrap_or(1),
        }
    }

    fn some_day(&mut self, from: i64) -> Timestamp {
        let days = self.rng.span(0, 6) + from;
        self.now.plus_millis(days * DAY + self.rng.span(0, 2))
    }

    fn new_seat(&mut self, number: usize) -> NewSeat {
        let named = match self.rng.below(10) {
            0..7 => Some((*self.rng.pick(&SEATS)).to_owned()),
            7..9 => Some(format!("seat{number}")),
            _ => None,
        };
        NewSeat {
            id: named.map(|named| id(&named)),
            seat_type: self.rng.chance(80).then(|| {
                id::<SeatType>(
                    self.rng
                        .pick::<&str>(&["recruiter", "recruiter-lite", "nobody"]),
                )
            }),
            usage_limit: self.usage_limit(),
            bulk_disabled: self.rng.chance(5),
        }
    }

    fn usage_limit(&mut self) -> Option<u32> {
        let limit = u32::try_from(self.rng.below(8)).unwrap_or(0);
        self.rng.chance(20).then_some(limit)
    }

    fn seat_change(&mut self) -> SeatChange {
        SeatChange {
            seat: self.seat(),
            usage_limit: self.rng.chance(50).then(|| self.usage_limit()),
            bulk_disabled: self.rng.chance(40).then(|| self.rng.chance(30)),
        }
    }

    fn version(&mut self) -> NewVersion {
        NewVersion {
            policy: (*self.rng.pick(&policies::NAMES)).to_owned(),
            effective_at: self.rng.chance(40).then(|| self.some_day(0)),
        }
    }
}

/// Draws a member.
pub fn member(rng: &mut Rng) -> MemberId {
    match rng.chance(85) {
        true => id(rng.pick::<&str>(&MEMBERS)),
        false => id(&format!("x{}", rng.below(200))),
    }
}

/// What a member does with their wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Sets preferences.
    Prefer {
        /// Whose messages are accepted.
        accepts: Accepts,
        /// The price.
        price: Option<u32>,
        /// The daily cap.
        daily_cap: Option<u32>,
    },
    /// Blocks a contract, or a seat of it.
    Block(ContractId, Option<SeatId>),
    /// Lifts all blocks, one by one.
    Unblock,
}

/// Draws a wish.
pub fn wish(rng: &mut Rng, heard: &Heard) -> Wish {
    match rng.below(10) {
        0..6 => Wish::Prefer {
            accepts: *rng.pick(&[
                Accepts::All,
                Accepts::All,
                Accepts::All,
                Accepts::None,
                Accepts::Open,
            ]),
            price: rng.chance(40).then(|| small(rng, 3)),
            daily_cap: rng.chance(50).then(|| small(rng, 3)),
        },
        6..8 => {
            let seat = rng.some(&heard.seats).cloned();
            Wish::Block(heard.contract.clone(), seat.filter(|_| rng.chance(60)))
        }
        _ => Wish::Unblock,
    }
}

fn small(rng: &mut Rng, most: u64) -> u32 {
    u32::try_from(rng.between(1, most)).unwrap_or(1)
}

/// Adds a seat that can send.
#[must_use]
pub fn first_seat(rng: &mut Rng) -> What {
    What::AddSeat(NewSeat {
        id: Some(id(rng.pick::<&str>(&SEATS))),
        seat_type: Some(id("recruiter")),
        usage_limit: None,
        bulk_disabled: false,
    })
}

/// Adds a seat, and mostly gives credits for it.
#[must_use]
pub fn beginnings(rng: &mut Rng) -> Vec<What> {
    let grant = NewGrant {
        id: Some(grant_id("first")),
        credits: Credits(rng.between(1, 30)),
        source: Source::Purchase,
        effective_at: None,
        expires_at: None,
        priority: 1,
    };
    let seat = first_seat(rng);
    match rng.chance(70) {
        true => vec![seat, What::Grant(grant)],
        false => vec![seat],
    }
}
