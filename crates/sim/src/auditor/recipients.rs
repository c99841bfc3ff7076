//! Says what recipients may have wished when they were written to.
//!
//! A wish that was answered rules every send that is asked for afterwards; one that landed before the send was
//! answered may rule it.

use super::command;
use super::history::{History, Told};
use crate::book::{Asked, Book};
use crate::disk::Moment;
use crate::world::World;
use earnest_core::Contract;
use earnest_core::command::{Accepts, Letter, Recipient};
use earnest_core::event::Fact;
use earnest_core::units::{ContractId, MemberId, MessageId, SeatId};
use earnest_engine::{Author, Order, What, Wishes};
use earnest_store::{MessageRow, Position};

/// After everything.
const END: Moment = Moment {
    tick: u64::MAX,
    head: Position(u64::MAX),
};

/// How many combinations of several recipients' wishes are tried.
const COMBINED_MOST: usize = 64;

/// What the recipients of an order wished.
#[derive(Debug, Clone, Default)]
pub(super) struct Wished(Vec<Recipient>);

impl Wished {
    pub(super) fn letter(&self, message: MessageId, to: &MemberId, at: usize) -> Letter {
        Letter {
            message,
            to: to.clone(),
            recipient: self.0.get(at).copied().unwrap_or_default(),
        }
    }

    pub(super) fn blocks(&self) -> bool {
        self.0.first().is_some_and(|recipient| recipient.blocks)
    }

    /// Sets how many messages each capped recipient had on the day.
    pub(super) fn with_received(&self, order: &Order, count: impl Fn(&MemberId) -> u32) -> Self {
        let members = command::recipients(order);
        let recipients = self
            .0
            .iter()
            .zip(&members)
            .map(|(recipient, member)| Recipient {
                received_today: recipient.daily_cap.map_or(0, |_| count(member)),
                ..*recipient
            });
        match members.is_empty() {
            true => self.clone(),
            false => Self(recipients.collect()),
        }
    }

    /// Returns whether a cap is among the wishes.
    pub(super) fn has_cap(&self) -> bool {
        self.0.iter().any(|recipient| recipient.daily_cap.is_some())
    }
}

/// Returns what may have been a member's wishes between two moments, oldest first.
pub(super) fn versions(
    world: &World,
    book: &Book,
    member: &MemberId,
    from: Moment,
    to: Moment,
) -> Vec<Wishes> {
    let landed = world.disk.wishes(member);
    let kept = book.wishes_kept.iter();
    let kept = kept.filter(|it| it.member == *member && it.tick <= from.tick);
    let ruled = kept
        .map(|it| landed.partition_point(|one| one.tick <= it.tick))
        .max();
    let known = landed.partition_point(|one| one.tick <= to.tick);
    let first = ruled.unwrap_or(0);
    let mut versions = Vec::new();
    if first == 0 {
        versions.push(Wishes::default());
    }
    let rest = landed
        .get(first.saturating_sub(1)..known)
        .unwrap_or_default();
    versions.extend(rest.iter().map(|one| one.wishes.clone()));
    versions
}

/// Returns what the recipients of an order may have wished between two moments.
pub(super) fn options(
    world: &World,
    book: &Book,
    history: &History,
    order: &Order,
    from: Moment,
    to: Moment,
) -> Vec<Wished> {
    let Some((seat, members)) = about(history, order) else {
        return vec![Wished::default()];
    };
    let mut combined = vec![Wished::default()];
    for member in &members {
        let mut more = Vec::new();
        for wishes in versions(world, book, member, from, to) {
            let recipient = recipient(&wishes, &order.contract, &seat);
            for one in combined.iter().take(COMBINED_MOST) {
                let mut one = one.clone();
                one.0.push(recipient);
                more.push(one);
            }
        }
        combined = more;
    }
    combined
}

/// Returns the sender and the members of an order that depends on wishes.
fn about(history: &History, order: &Order) -> Option<(SeatId, Vec<MemberId>)> {
    match &order.what {
        What::Send(letter) => Some((letter.seat.clone(), vec![letter.to.clone()])),
        What::Campaign(campaign) => Some((campaign.seat.clone(), campaign.to.clone())),
        What::Write(writing) => {
            let place = history.messages.get(&writing.message)?;
            let told = history.contracts.get(&place.contract)?;
            let at = usize::try_from(place.seq - 1).ok()?;
            match &told.events.get(at)?.fact {
                Fact::MessageSent { seat, to, .. } => Some((seat.clone(), vec![to.clone()])),
                _ => None,
            }
        }
        _ => None,
    }
}

fn recipient(wishes: &Wishes, contract: &ContractId, seat: &SeatId) -> Recipient {
    Recipient {
        accepts: wishes.accepts,
        price: wishes.price,
        daily_cap: wishes.daily_cap,
        received_today: 0,
        blocks: wishes.block(contract, seat),
    }
}

/// Checks that every message of a contract was sent as its recipient may have wished.
pub(super) fn check_sent(
    world: &World,
    book: &Book,
    history: &History,
    told: &Told,
    reference: &Contract,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for row in told.rows.values() {
        let number = row
            .sent
            .subject
            .strip_prefix('s')
            .and_then(|it| it.parse::<usize>().ok());
        let Some(asked) = number.and_then(|number| book.orders.get(number)) else {
            wrong.push(format!("{} is nobody's", row.sent.id));
            continue;
        };
        let from = asked
            .tries
            .first()
            .map_or_else(Moment::default, |it| it.from);
        let to = asked.done().and_then(|(one, _)| one.to).unwrap_or(END);
        let versions = versions(world, book, &row.sent.to, from, to);
        let price = reference.policies().get(row.sent.version).message.price;
        let fits = |wishes: &&Wishes| is_wished(wishes, row, price);
        if !versions.iter().any(|it| fits(&it)) {
            wrong.push(format!(
                "{:?} was sent, and its recipient wished {versions:?}",
                row.sent
            ));
            continue;
        }
        let least_cap = versions
            .iter()
            .filter(fits)
            .map(|it| it.daily_cap.unwrap_or(u32::MAX))
            .max();
        wrong.extend(check_cap(
            history,
            row,
            asked,
            least_cap.unwrap_or(u32::MAX),
        ));
    }
    wrong
}

fn is_wished(wishes: &Wishes, row: &MessageRow, price: u32) -> bool {
    let price = match wishes.accepts {
        Accepts::All => wishes.price.unwrap_or(price),
        Accepts::Open => 0,
        Accepts::None => return false,
    };
    price == row.sent.price && !wishes.block(&row.contract, &row.sent.seat)
}

/// Checks that a member's daily cap was held: over what the contract itself had sent before, and over all that others
/// had when the order was first given. Contracts that send at the same time do not see each other's messages.
fn check_cap(history: &History, row: &MessageRow, asked: &Asked, cap: u32) -> Option<String> {
    let is_told = asked.order.author == Author::Import;
    if cap == u32::MAX || is_told {
        return None;
    }
    let (to, day) = (&row.sent.to, row.sent.sent_at.utc_day());
    let before = (&row.contract, row.sent.seq - 1);
    let given = asked.tries.first().map_or(Position(0), |it| it.from.head);
    let received = history.received(to, day, given, before);
    (received >= cap).then(|| {
        format!(
            "{:?} was sent to a member who had had {received} that day, and took {cap}",
            row.sent
        )
    })
}

/// Checks that wishes were read as they may have been.
pub(super) fn check_reads(world: &World, book: &Book) -> Vec<String> {
    let mut wrong = Vec::new();
    for read in &book.wishes_read {
        let versions = versions(world, book, &read.member, read.from, read.to);
        if !versions.contains(&read.wishes) {
            wrong.push(format!(
                "{}: the wishes {:?} were read at {}..{}, and were {versions:?}",
                read.member, read.wishes, read.from.tick, read.to.tick
            ));
        }
    }
    wrong
}
