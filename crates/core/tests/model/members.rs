//! Members: what they wish, whom they block, what they were sent each day.

use earnest_core::command::{Accepts, Recipient};
use earnest_core::units::{ContractId, MemberId, SeatId, Timestamp};

/// Everything that members ever said or were sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct ModelMembers {
    pub(crate) said: Vec<(MemberId, Said)>,
    pub(crate) received: Vec<(MemberId, Timestamp)>,
}

/// Something that a member said.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Said {
    Accepts(Accepts),
    Price(Option<u32>),
    DailyCap(Option<u32>),
    Blocks(ContractId, Option<SeatId>),
    Unblocks(ContractId, Option<SeatId>),
}

impl ModelMembers {
    /// Returns what a letter to the member carries.
    pub(crate) fn recipient(
        &self,
        member: &MemberId,
        contract: &ContractId,
        seat: &SeatId,
        at: Timestamp,
    ) -> Recipient {
        let mut recipient = Recipient::default();
        for said in self.said_by(member) {
            match said {
                Said::Accepts(accepts) => recipient.accepts = *accepts,
                Said::Price(price) => recipient.price = *price,
                Said::DailyCap(cap) => recipient.daily_cap = *cap,
                Said::Blocks(..) | Said::Unblocks(..) => {}
            }
        }
        let today = |(to, when): &&(MemberId, Timestamp)| {
            to == member
                && when.millis().div_euclid(86_400_000) == at.millis().div_euclid(86_400_000)
        };
        recipient.received_today =
            u32::try_from(self.received.iter().filter(today).count()).unwrap();
        recipient.blocks = self.blocks(member, contract, seat);
        recipient
    }

    /// Returns whether the member blocks the seat or its contract.
    pub(crate) fn blocks(&self, member: &MemberId, contract: &ContractId, seat: &SeatId) -> bool {
        [None, Some(seat.clone())].iter().any(|whom| {
            let last = self.said_by(member).rfind(|said| {
                matches!(said, Said::Blocks(c, s) | Said::Unblocks(c, s) if c == contract && s == whom)
            });
            matches!(last, Some(Said::Blocks(..)))
        })
    }

    fn said_by<'a>(&'a self, member: &'a MemberId) -> impl DoubleEndedIterator<Item = &'a Said> {
        self.said
            .iter()
            .filter(move |(who, _)| who == member)
            .map(|(_, said)| said)
    }
}
