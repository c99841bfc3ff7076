//! Writes random scripts whose instants, credits and recipients collide more often than chance would have it.

use super::policies;
use super::rng::Rng;
use super::script::{Script, Step, id, t};
use earnest_core::command::{
    AddPolicy, AddSeat, ChangeSeat, Command, CreateContract, FollowUp, Grant, Letter, Recipient,
    Respond, Send, Side, Source,
};
use earnest_core::policy::{Policy, ResponseKind};
use earnest_core::units::{
    CampaignId, ContractId, Credits, Days, GrantId, MemberId, MessageId, SeatId, SeatType,
    Timestamp, add_months,
};
use earnest_core::{Block, Preferences};
use std::sync::Arc;

const STARTS: [&str; 6] = [
    "2015-01-01T00:00:00Z",
    "2015-01-01T00:00:00Z",
    "2014-12-31T10:00:00Z",
    "2015-01-31T09:00:00.001Z",
    "2016-01-30T23:59:59.999Z",
    "2014-12-29T00:00:00Z",
];

/// Makes the script that `seed` stands for, of about `length` steps.
pub(crate) fn generate(seed: u64, length: u32) -> Script {
    let mut rng = Rng::new(seed);
    // One script in eight keeps the numbers of the presets, and sends by the hundred to reach them.
    let as_shipped = rng.chance(12);
    let start = t(rng.pick::<&str>(&STARTS));
    let first = policies::any(&mut rng, as_shipped);
    let create = CreateContract {
        id: id("acme"),
        name: "Acme".to_owned(),
        policy: first.clone(),
        allotments: rng.chance(70),
        bulk_disabled: rng.chance(3),
    };
    let mut author = Author {
        start,
        now: start,
        as_shipped,
        versions: vec![first],
        marks: (1..8).map(|month| add_months(start, month)).collect(),
        seats: Vec::new(),
        messages: Vec::new(),
        grants: Vec::new(),
        many: 0,
        scheduled: None,
        steps: Vec::new(),
        rng,
    };
    author.write(length);
    Script {
        start,
        create,
        steps: author.steps,
    }
}

struct Author {
    start: Timestamp,
    now: Timestamp,
    as_shipped: bool,
    versions: Vec<Arc<Policy>>,
    /// Instants at which something may fall due.
    marks: Vec<Timestamp>,
    seats: Vec<SeatId>,
    messages: Vec<MessageId>,
    grants: Vec<GrantId>,
    many: u32,
    /// When the version added last takes effect, where it was told.
    scheduled: Option<Timestamp>,
    steps: Vec<Step>,
    rng: Rng,
}

impl Author {
    fn write(&mut self, length: u32) {
        // What begins so long before a month's start ends at it.
        for month in 1..8 {
            for length in self.lengths() {
                self.marks.push(add_months(self.start, month).minus(length));
            }
        }
        if self.rng.chance(95) {
            self.add_seat(self.start);
        }
        if self.rng.chance(40) {
            self.add_seat(self.start);
        }
        if self.rng.chance(85) || self.as_shipped {
            self.grant(self.start);
        }
        for _ in 0..length {
            let at = self.instant();
            self.step(at);
        }
    }

    /// Chooses an instant: the same again, or at, just before or just after one at which something is due.
    fn instant(&mut self) -> Timestamp {
        let at = match self.rng.below(100) {
            // A hundred messages take a while to write, so they are written at one instant.
            _ if self.as_shipped && self.rng.chance(60) => self.now,
            0..30 => self.now,
            30..36 => self.now.plus_millis(1),
            36..39 => {
                // Too early, so most likely out of order.
                let back = *self.rng.pick(&[1, 1, 3_600_000, 86_400_000]);
                return self.now.plus_millis(-back);
            }
            39..55 => self
                .now
                .plus_millis(3_600_000 * i64::from(self.rng.between(1, 30))),
            _ => {
                let now = self.now;
                let mut ahead: Vec<_> = self
                    .marks
                    .iter()
                    .copied()
                    .filter(|mark| *mark > now)
                    .collect();
                ahead.sort_unstable();
                ahead.dedup();
                ahead.truncate(if self.as_shipped { 3 } else { 6 });
                let mark = *self.rng.pick(&ahead);
                mark.plus_millis(*self.rng.pick(&[-1, 0, 0, 1, 1])).max(now)
            }
        };
        if at != self.now {
            self.now = at;
            for length in self.lengths() {
                self.marks.push(at.plus(length));
            }
        }
        at
    }

    fn lengths(&self) -> Vec<Days> {
        self.versions
            .iter()
            .flat_map(|policy| policies::lengths(policy))
            .collect()
    }

    fn step(&mut self, at: Timestamp) {
        match self.rng.below(100) {
            _ if self.as_shipped && self.rng.chance(30) => self.campaign(at),
            0..28 => self.send(at),
            28..38 => self.campaign(at),
            38..58 => self.respond(at),
            58..62 => {
                let message = self.message();
                self.push(at, Command::Seen(message));
            }
            62..65 => {
                let message = self.message();
                self.push(at, Command::Report(message));
            }
            65..70 => self.follow_up(at),
            70..78 => self.grant(at),
            78..82 => {
                let grant = self.some_grant();
                self.push(at, Command::Revoke(grant));
            }
            82..84 => self.add_seat(at),
            84..86 => self.change_seat(at),
            86..90 if !self.as_shipped || self.rng.chance(30) => self.add_policy(at),
            90..91 => self.rare(at),
            91..94 => {
                let ahead = *self
                    .rng
                    .pick(&[0, 1, 86_400_000, 3 * 86_400_000, 40 * 86_400_000]);
                self.steps.push(Step::Look(at.plus_millis(ahead)));
            }
            86..90 => self.campaign(at),
            _ => self.member(),
        }
    }

    fn push(&mut self, at: Timestamp, command: Command) {
        self.steps.push(Step::Command(at, command));
    }

    fn rare(&mut self, at: Timestamp) {
        if self.rng.chance(40) {
            return self.push(at, Command::Cancel);
        }
        let again = CreateContract {
            id: id("acme"),
            name: String::new(),
            policy: self.versions[0].clone(),
            allotments: true,
            bulk_disabled: false,
        };
        self.push(at, Command::CreateContract(again));
    }

    /// One of the seats, more often the first; now and then one that there is not.
    fn seat(&mut self) -> SeatId {
        if self.seats.is_empty() || self.rng.chance(2) {
            return id("nobody");
        }
        match self.rng.chance(60) {
            true => self.seats[0].clone(),
            false => self.rng.pick(&self.seats).clone(),
        }
    }

    fn to(&mut self) -> MemberId {
        id(self.rng.pick::<&str>(&["bo", "bo", "cy", "di", "ed"]))
    }

    /// One of the messages, more often a late one; now and then one that there is not.
    fn message(&mut self) -> MessageId {
        if self.messages.is_empty() || self.rng.chance(2) {
            return id("nowhere");
        }
        let recent = if self.as_shipped { 100 } else { 6 };
        let from = self.messages.len().saturating_sub(recent);
        match self.rng.chance(70) {
            true => self.rng.pick(&self.messages[from..]).clone(),
            false => self.rng.pick(&self.messages).clone(),
        }
    }

    fn some_grant(&mut self) -> GrantId {
        match self.rng.below(10) {
            0 => id_of_grant("nothing"),
            _ if self.grants.is_empty() => id_of_grant("g0"),
            _ => self.rng.pick(&self.grants).clone(),
        }
    }

    fn new_message(&mut self) -> MessageId {
        if !self.messages.is_empty() && self.rng.chance(2) {
            return self.rng.pick(&self.messages).clone();
        }
        let message: MessageId = id(&format!("m{}", self.messages.len()));
        self.messages.push(message.clone());
        message
    }

    fn letters(&mut self, to: Vec<MemberId>) -> Vec<Letter> {
        to.into_iter()
            .map(|to| Letter {
                message: self.new_message(),
                to,
                recipient: Recipient::default(),
            })
            .collect()
    }

    fn send_to(&mut self, at: Timestamp, to: Vec<MemberId>, campaign: Option<CampaignId>) {
        // Now and then too long for a policy that scripts shorten, or for those that are shipped.
        let (subject_length, body_length) = match self.rng.below(40) {
            0 => (11, 20),
            1 => (10, 21),
            2 => (201, 2001),
            _ => (10, 20),
        };
        let send = Send {
            seat: self.seat(),
            letters: self.letters(to).into(),
            campaign,
            subject_length,
            body_length,
        };
        self.push(at, Command::Send(send));
    }

    fn send(&mut self, at: Timestamp) {
        let to = self.to();
        let campaign = self.rng.chance(15).then(|| id("alone"));
        self.send_to(at, vec![to], campaign);
    }

    fn campaign(&mut self, at: Timestamp) {
        let count = match self.rng.below(20) {
            0 => 0,
            1 => 26,
            _ if self.as_shipped => 25,
            2..5 => self.rng.between(3, 4),
            _ => 2,
        };
        let to = (0..count)
            .map(|_| match self.as_shipped || self.rng.chance(40) {
                true => {
                    self.many += 1;
                    id(&format!("x{}", self.many))
                }
                false => self.to(),
            })
            .collect();
        let campaign = self.rng.chance(70).then(|| id("many"));
        self.send_to(at, to, campaign);
    }

    fn respond(&mut self, at: Timestamp) {
        let times = if self.as_shipped {
            self.rng.between(1, 8)
        } else {
            1
        };
        for _ in 0..times {
            let respond = Respond {
                message: self.message(),
                kind: *self.rng.pick(&ResponseKind::ALL),
                note: self.rng.chance(40),
                auto: self.rng.chance(12),
            };
            self.push(at, Command::Respond(respond));
        }
    }

    fn follow_up(&mut self, at: Timestamp) {
        let follow_up = FollowUp {
            message: self.message(),
            from: *self.rng.pick(&[Side::Seat, Side::Member]),
            blocked: self.rng.chance(15),
        };
        self.push(at, Command::FollowUp(follow_up));
    }

    fn grant(&mut self, at: Timestamp) {
        let grant = match self.rng.chance(4) && !self.grants.is_empty() {
            true => self.rng.pick(&self.grants).clone(),
            false => id_of_grant(&format!("g{}", self.grants.len())),
        };
        self.grants.push(grant.clone());
        let effective_at = self.rng.chance(30).then(|| self.some_day(at, -1));
        let expires_at = self.rng.chance(50).then(|| self.some_day(at, 0));
        self.marks.extend(effective_at);
        self.marks.extend(expires_at);
        let credits = match self.rng.below(40) {
            0 => 0,
            1 => Credits::MOST.0 + 1,
            // So many that the next grant of a few is too much.
            2 if self.rng.chance(20) => Credits::MOST.0 - u64::from(self.rng.below(8)),
            _ if self.as_shipped => 500,
            2..7 => u64::from(self.rng.between(10, 20)),
            _ => u64::from(self.rng.between(1, 6)),
        };
        let grant = Grant {
            id: grant,
            credits: Credits(credits),
            source: *self.rng.pick(&Source::ALL),
            effective_at,
            expires_at,
            priority: *self.rng.pick(&[1, 1, 1, 0, 2]),
        };
        self.push(at, Command::Grant(grant));
    }

    /// An instant within the next days, or one at which something may fall due.
    fn some_day(&mut self, at: Timestamp, from: i64) -> Timestamp {
        if self.rng.chance(35) {
            let ahead: Vec<_> = self
                .marks
                .iter()
                .copied()
                .filter(|mark| *mark > at)
                .collect();
            return *self.rng.pick(&ahead);
        }
        let day = i64::from(self.rng.between(0, 8)) + from;
        at.plus_millis(day * 86_400_000 + *self.rng.pick(&[0, 0, -1, 1]))
    }

    fn add_seat(&mut self, at: Timestamp) {
        let types = [
            "recruiter",
            "recruiter",
            "recruiter-lite",
            "business",
            "nobody",
        ];
        let seat: SeatId = id(self.rng.pick::<&str>(&["ana", "ben", "cid"]));
        if !self.seats.contains(&seat) {
            self.seats.push(seat.clone());
        }
        let seat = AddSeat {
            id: seat,
            seat_type: SeatType::new(self.rng.pick::<&str>(&types)).unwrap(),
            usage_limit: self.usage_limit(),
            bulk_disabled: self.rng.chance(4),
        };
        self.push(at, Command::AddSeat(seat));
    }

    fn change_seat(&mut self, at: Timestamp) {
        let change = ChangeSeat {
            id: self.seat(),
            usage_limit: self.usage_limit(),
            bulk_disabled: self.rng.chance(10),
        };
        self.push(at, Command::ChangeSeat(change));
    }

    fn usage_limit(&mut self) -> Option<u32> {
        self.rng.chance(15).then(|| self.rng.between(0, 6))
    }

    fn add_policy(&mut self, at: Timestamp) {
        // Often the policy before with one number changed, so that the kind of gate stays.
        let as_shipped = self.as_shipped;
        let policy = match self.rng.chance(25) {
            true => {
                let mut same = Policy::clone(self.rng.pick::<Arc<Policy>>(&self.versions));
                same.settlement.window = Days(self.rng.between(1, 4));
                Arc::new(same)
            }
            false => policies::any(&mut self.rng, as_shipped),
        };
        self.versions.push(policy.clone());
        let effective_at = match self.rng.below(10) {
            0..4 => None,
            4 => Some(at),
            5 => Some(at.plus_millis(-1)),
            // Perhaps the very instant of another version.
            6 if self.scheduled.is_some_and(|then| then > at) => self.scheduled,
            _ => {
                let mark = *self.rng.pick(&self.marks);
                Some(mark.max(at.plus_millis(1)))
            }
        };
        self.marks.extend(effective_at);
        self.scheduled = effective_at;
        self.push(
            at,
            Command::AddPolicy(AddPolicy {
                policy,
                effective_at,
            }),
        );
    }

    fn member(&mut self) {
        use earnest_core::command::Accepts;
        let member = self.to();
        let contract: ContractId = id(self.rng.pick::<&str>(&["acme", "acme", "acme", "other"]));
        let block = Block {
            contract,
            seat: self.rng.chance(60).then(|| self.seat()),
        };
        let step = match self.rng.below(10) {
            0 => Step::Block(member, block),
            1 | 2 => Step::Unblock(member, block),
            _ => {
                let price = match self.rng.below(20) {
                    0..7 => Some(Some(self.rng.between(1, 5))),
                    7..10 => Some(None),
                    _ => None,
                };
                let accepts = [Accepts::All, Accepts::All, Accepts::Open, Accepts::None];
                let caps = [None, Some(0), Some(1), Some(2), Some(3)];
                let change = Preferences {
                    accepts: self.rng.chance(50).then(|| *self.rng.pick(&accepts)),
                    price,
                    daily_cap: self.rng.chance(20).then(|| *self.rng.pick(&caps)),
                };
                Step::Prefer(member, change)
            }
        };
        self.steps.push(step);
    }
}

fn id_of_grant(text: &str) -> GrantId {
    GrantId::new(text).unwrap()
}
