//! Tells histories: contracts whose past is told in order, refused orders in between, and that then go live.

use crate::book::Heard;
use crate::client::give;
use crate::rng::Rng;
use crate::workload::{self, Writer, id};
use crate::world::World;
use earnest_core::command::Source;
use earnest_core::policy::ResponseKind;
use earnest_core::units::{ContractId, Credits, MessageId, Timestamp};
use earnest_engine::{
    Author, NewCampaign, NewContract, NewGrant, NewResponse, NewSeat, Order, What,
};
use std::sync::Arc;

const DAY: u64 = 86_400_000;

/// Tells a contract's history, one order after the other, and mostly sets it live in the end.
pub async fn tell(world: Arc<World>, contract: ContractId, mut rng: Rng) {
    let ago = rng.span(5 * DAY, 120 * DAY);
    let start = world.wall.now().plus_millis(-ago);
    let mut teller = Teller {
        world,
        contract,
        at: start,
        rng,
    };
    teller.begin().await;
    let count = teller.rng.between(8, 35);
    for _ in 0..count {
        teller.go_on();
        let what = teller.draw();
        teller.give(what).await;
    }
    if teller.rng.chance(70) {
        teller.give_live(What::GoLive).await;
    }
}

/// Tells a history of so many messages that the contract forgets the first of them, and of answers to those.
pub async fn tell_much(world: Arc<World>, contract: ContractId, mut rng: Rng) {
    let start = world
        .wall
        .now()
        .plus_millis(-rng.span(200 * DAY, 260 * DAY));
    let mut teller = Teller {
        world,
        contract,
        at: start,
        rng,
    };
    teller.begin_under("short-postage").await;
    let count = teller.rng.between(42, 46);
    for number in 0..count {
        teller.at = teller.at.plus_millis(teller.rng.span(0, 1_000));
        teller.send_many(number).await;
    }
    teller.at = teller.at.plus_millis(teller.rng.span(95 * DAY, 150 * DAY));
    teller.send_many(count).await;
    teller.give_live(What::GoLive).await;
    for _ in 0..20 {
        let answer = teller.answer_to_old();
        teller.give_live(answer).await;
    }
}

struct Teller {
    world: Arc<World>,
    contract: ContractId,
    /// How far the history is told.
    at: Timestamp,
    rng: Rng,
}

impl Teller {
    async fn begin(&mut self) {
        let policy = *self.rng.pick(&crate::policies::NAMES);
        self.begin_under(policy).await;
    }

    async fn begin_under(&mut self, policy: &str) {
        let (policy, starts_at) = (policy.to_owned(), self.at);
        let allotments = self.rng.chance(70);
        let create = move |number: usize| NewContract {
            name: format!("n{number}"),
            policy,
            starts_at: Some(starts_at),
            allotments,
            bulk_disabled: false,
        };
        self.give_told(|number| What::Create(create(number))).await;
        let seat = NewSeat {
            id: Some(id("ana")),
            seat_type: Some(id("recruiter")),
            usage_limit: None,
            bulk_disabled: false,
        };
        self.give_told(|_| What::AddSeat(seat)).await;
    }

    /// Moves on in the history, now and then back, which is refused.
    fn go_on(&mut self) {
        let on = match self.rng.below(12) {
            0..5 => 0,
            5..8 => self.rng.span(1, DAY / 2),
            8..11 => self.rng.span(DAY, 4 * DAY),
            _ => -self.rng.span(1, DAY),
        };
        self.at = self.at.plus_millis(on).min(self.world.wall.now());
    }

    fn heard(&self) -> Heard {
        let book = self.world.book.lock();
        let heard = book.heard.iter().find(|it| it.contract == self.contract);
        heard.cloned().unwrap_or_else(|| Heard {
            contract: self.contract.clone(),
            seats: Vec::new(),
            messages: Vec::new(),
            grants: Vec::new(),
        })
    }

    fn draw(&mut self) -> impl FnOnce(usize) -> What + use<> {
        let heard = self.heard();
        let mut rng = self.rng.fork();
        let now = self.at;
        move |number| {
            let mut writer = Writer {
                rng: &mut rng,
                heard: &heard,
                now,
            };
            match writer.what(number) {
                What::Create(_) | What::GoLive => What::Send(writer.letter(number)),
                what => what,
            }
        }
    }

    async fn give(&mut self, what: impl FnOnce(usize) -> What) {
        self.give_told(what).await;
    }

    async fn give_told(&mut self, what: impl FnOnce(usize) -> What) {
        let (contract, at) = (self.contract.clone(), self.at);
        let make = |number: usize| -> Order {
            let mut order = workload::order(number, &contract, what(number));
            order.author = Author::Import;
            order.at = Some(at);
            order
        };
        let number = self.world.enter(make);
        give(Arc::clone(&self.world), number, self.rng.fork()).await;
    }

    async fn give_live(&mut self, what: What) {
        let contract = self.contract.clone();
        let number = self
            .world
            .enter(|number| workload::order(number, &contract, what));
        give(Arc::clone(&self.world), number, self.rng.fork()).await;
    }

    async fn send_many(&mut self, campaign: u64) {
        let grant = NewGrant {
            id: None,
            credits: Credits(25),
            source: Source::Purchase,
            effective_at: None,
            expires_at: None,
            priority: 0,
        };
        self.give_told(|_| What::Grant(grant)).await;
        let to = (0..25).map(|at| id(&format!("y{campaign}-{at}")));
        let to = to.collect();
        self.give_told(|number| {
            What::Campaign(NewCampaign {
                id: None,
                seat: id("ana"),
                to,
                subject: format!("s{number}"),
                body: format!("b{number}"),
            })
        })
        .await;
    }

    fn answer_to_old(&mut self) -> What {
        let heard = self.heard();
        let message: MessageId = match self.rng.some(&heard.messages) {
            Some(message) => message.clone(),
            None => id("nowhere"),
        };
        match self.rng.below(4) {
            0 => What::Seen(message),
            1 => What::Report(message),
            // Words without a number, which others have said too.
            _ => What::Respond(NewResponse {
                message,
                kind: *self.rng.pick(&ResponseKind::ALL),
                note: self.rng.chance(50).then(|| "a late word".to_owned()),
                auto: self.rng.chance(10),
            }),
        }
    }
}
