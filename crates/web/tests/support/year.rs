//! Tells an engine a made-up year, so that pages have something to show.

use earnest_core::command::{Side, Source};
use earnest_core::policy::ResponseKind;
use earnest_core::units::{
    CampaignId, ContractId, Credits, GrantId, MemberId, MessageId, SeatId, SeatType, Timestamp,
};
use earnest_engine::{
    Author, Engine, NewContract, NewGrant, NewLetter, NewResponse, NewSeat, NewWriting, Order, What,
};

const DAY: i64 = 86_400_000;
const SUBJECTS: [&str; 6] = [
    "A role in platform engineering",
    "Your talk on storage engines",
    "Would you review our design?",
    "A question about your library",
    "An opening in Lisbon, or remote",
    "Short call about your next step?",
];
const NOTES: [&str; 4] = [
    "Yes, tell me more. Thursday afternoon suits me.",
    "Thank you, not this year.",
    "Interesting. Who would I work with?",
    "I have just begun somewhere else.",
];

/// A made-up year.
#[derive(Debug)]
pub struct Year<'e> {
    engine: &'e Engine,
    contract: ContractId,
    now: Timestamp,
    number: u64,
}

impl<'e> Year<'e> {
    /// Begins the contract `acme` with the seats `ana`, `ben` and `cleo`, a good year ago.
    pub async fn begin(engine: &'e Engine, policy: &str) -> Self {
        let now = engine.now();
        let year = Self {
            engine,
            contract: ContractId::new("acme").unwrap(),
            now,
            number: 0,
        };
        let start = now.plus_millis(-400 * DAY);
        let new = NewContract {
            name: "Acme Search".to_owned(),
            policy: policy.to_owned(),
            starts_at: None,
            allotments: true,
            bulk_disabled: false,
        };
        year.give(What::Create(new), start).await;
        for (id, usage_limit) in [("ana", None), ("ben", Some(120)), ("cleo", None)] {
            let seat = NewSeat {
                id: Some(SeatId::new(id).unwrap()),
                seat_type: Some(SeatType::new("recruiter").unwrap()),
                usage_limit,
                bulk_disabled: id == "cleo",
            };
            year.give(What::AddSeat(seat), start).await;
        }
        let grant = NewGrant {
            id: Some(GrantId::new("start").unwrap()),
            credits: Credits(500),
            source: Source::Purchase,
            effective_at: None,
            expires_at: None,
            priority: 5,
        };
        year.give(What::Grant(grant), start).await;
        year
    }

    async fn give(&self, what: What, at: Timestamp) {
        let order = Order {
            contract: self.contract.clone(),
            what,
            author: Author::Import,
            at: Some(at),
            key: None,
        };
        self.engine.submit(order).await.unwrap();
    }

    fn random(&mut self, below: u64) -> u64 {
        self.number += 1;
        let mixed = self.number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 27)) % below
    }

    /// Tells of so many messages up to an hour ago, a good quarter of them answered.
    pub async fn tell(&mut self, messages: u64) {
        // What happens, with its instant, put in order before it is told.
        let mut happens: Vec<(i64, u64, What)> = Vec::new();
        for number in 0..messages {
            let ago = i64::try_from((messages - number) * 390 / messages).unwrap();
            let sent = -ago * DAY - 3_600_000 - i64::try_from(self.random(20_000_000)).unwrap();
            let id = MessageId::new(format!("m{number:05}")).unwrap();
            let seat = ["ana", "ana", "ben", "cleo"][usize::try_from(self.random(4)).unwrap()];
            let is_to_bo = number % 40 == 7 || number + 6 > messages;
            let to = match is_to_bo {
                true => "bo".to_owned(),
                false => format!("member-{}", self.random(5_000)),
            };
            let in_campaign = seat == "ben" && number % 3 == 0;
            let campaign = in_campaign.then(|| CampaignId::new(format!("spring-{}", number / 60)));
            let subject = SUBJECTS[usize::try_from(self.random(6)).unwrap()];
            let body = format!(
                "Hello {to},\n\nI read what you wrote about engines that keep their promises, and we are building one. \
                 Would you talk to us for twenty minutes? Number {number}.\n\n{seat}"
            );
            let letter = NewLetter {
                id: Some(id.clone()),
                seat: SeatId::new(seat).unwrap(),
                to: MemberId::new(&to).unwrap(),
                campaign: campaign.map(Result::unwrap),
                subject: subject.to_owned(),
                body,
            };
            happens.push((sent, number * 4, What::Send(letter)));
            let is_young = number + 6 > messages;
            if self.random(100) < 26 && !is_young {
                let after = i64::try_from(self.random(20)).unwrap() * DAY + 7_200_000;
                let kind = [
                    ResponseKind::Reply,
                    ResponseKind::Accept,
                    ResponseKind::NotInterested,
                ][usize::try_from(self.random(3)).unwrap()];
                let note = NOTES[usize::try_from(self.random(4)).unwrap()].to_owned();
                let at = sent + after;
                if at < -3_600_000 {
                    happens.push((at - 60_000, number * 4 + 1, What::Seen(id.clone())));
                    let respond = NewResponse {
                        message: id.clone(),
                        kind,
                        note: (kind != ResponseKind::Accept).then_some(note),
                        auto: false,
                    };
                    happens.push((at, number * 4 + 2, What::Respond(respond)));
                    if kind == ResponseKind::Reply && at + DAY < -3_600_000 {
                        let writing = NewWriting {
                            message: id,
                            from: Side::Seat,
                            body: "Wonderful, I will call you on Thursday at three.".to_owned(),
                        };
                        happens.push((at + DAY, number * 4 + 3, What::Write(writing)));
                    }
                }
            }
        }
        happens.sort_by_key(|(at, order, _)| (*at, *order));
        for (at, _, what) in happens {
            let order = Order {
                contract: self.contract.clone(),
                what,
                author: Author::Import,
                at: Some(self.now.plus_millis(at)),
                key: None,
            };
            // A message that the policy refuses was never sent, nor answered.
            drop(self.engine.submit(order).await);
        }
    }

    /// From here on it is now.
    pub async fn live(self) {
        let order = Order {
            contract: self.contract.clone(),
            what: What::GoLive,
            author: Author::Live,
            at: None,
            key: None,
        };
        self.engine.submit(order).await.unwrap();
    }
}
