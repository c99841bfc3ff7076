//! Gives seats numbers, each within its contract.
//!
//! Owns: which contract a seat belongs to. Does not own: where names stand. Invariant: numbers of seats and of
//! contracts run from 0 in the order in which they first came.
//!
//! A seat is looked up together with its contract, so that a line takes one look.

use super::Sender;
use super::build::Full;
use super::texts::{Hasher, Interner, Table, as_text, likely};
use smol_str::SmolStr;
use std::ops::Range;

/// The contracts and seats of a log in the making.
#[derive(Default)]
pub(super) struct Senders {
    contracts: Interner,
    /// By number: a seat's name and where it belongs. Both are looked at with every line.
    seats: Vec<(SmolStr, Place)>,
    /// By contract: how many seats it has.
    sizes: Vec<u32>,
    /// Seats, by the hash of contract and seat.
    table: Table,
}

/// Where a seat belongs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) contract: u32,
    /// Its number among the contract's seats.
    pub(super) seat: u32,
}

impl Senders {
    /// Returns what hashes a contract and a seat.
    pub(super) const fn hasher(&self) -> &Hasher {
        self.contracts.hasher()
    }

    /// Returns the number of the seat of a contract, a new one where it is new.
    pub(super) fn number(&mut self, hash: u32, contract: &[u8], seat: &[u8]) -> Result<u32, Full> {
        let found = self
            .table
            .find(hash, |number| self.is(number, contract, seat));
        match found {
            Some(number) => Ok(number),
            None => self.add(hash, contract, seat),
        }
    }

    /// Adds the place of each of these to `places`, one after the other; one that is new gets a number.
    pub(super) fn places<'t>(
        &mut self,
        senders: impl Iterator<Item = (u32, &'t [u8], &'t [u8])> + Clone,
        places: &mut Vec<Place>,
    ) -> Result<(), Full> {
        let likely = likely(&self.table, senders.clone().map(|(hash, ..)| hash));
        for (mut number, (hash, contract, seat)) in likely.into_iter().zip(senders) {
            if !self.is(number, contract, seat) {
                number = self.number(hash, contract, seat)?;
            }
            places.push(self.place(number));
        }
        Ok(())
    }

    fn is(&self, number: u32, contract: &[u8], seat: &[u8]) -> bool {
        let at = usize::try_from(number).ok();
        at.and_then(|at| self.seats.get(at))
            .is_some_and(|(name, place)| {
                name.as_bytes() == seat && self.contracts.is(place.contract, contract)
            })
    }

    #[cold]
    fn add(&mut self, hash: u32, contract: &[u8], seat: &[u8]) -> Result<u32, Full> {
        let contract = self.contracts.number(as_text(contract));
        let contract = contract.ok_or(Full::of("contracts"))?;
        let number = u32::try_from(self.seats.len())
            .ok()
            .filter(|seat| *seat < Sender::MOST_SEATS)
            .ok_or(Full::SEATS)?;
        let at = usize::try_from(contract).unwrap_or(usize::MAX);
        if at == self.sizes.len() {
            self.sizes.push(0);
        }
        // INVARIANT: contracts have the numbers of those before them, so that there is a size for each.
        let size = self.sizes.get_mut(at).ok_or(Full::of("contracts"))?;
        let place = Place {
            contract,
            seat: *size,
        };
        self.seats.push((SmolStr::new(as_text(seat)), place));
        *size += 1;
        self.table.insert(hash, number);
        Ok(number)
    }

    /// Returns where a seat belongs.
    pub(super) fn place(&self, seat: u32) -> Place {
        let place = usize::try_from(seat).ok().and_then(|at| self.seats.get(at));
        // INVARIANT: a number is given together with a place.
        place.map_or_else(Place::default, |(_, place)| *place)
    }

    /// Returns the seats in the order of their contracts, and which of them are each contract's.
    pub(super) fn by_contract(&self) -> (Vec<u32>, Vec<Range<usize>>) {
        let mut end = 0;
        let ranges = self.sizes.iter().map(|size| {
            let begin = end;
            end += usize::try_from(*size).unwrap_or_default();
            begin..end
        });
        let ranges: Vec<Range<usize>> = ranges.collect();
        let mut order = vec![0; self.seats.len()];
        for (number, (_, place)) in (0..).zip(&self.seats) {
            let range = usize::try_from(place.contract).ok();
            let begin = range.and_then(|at| ranges.get(at)).map(|range| range.start);
            let at = begin.zip(usize::try_from(place.seat).ok());
            if let Some(slot) = at.and_then(|(begin, seat)| order.get_mut(begin + seat)) {
                *slot = number;
            }
        }
        (order, ranges)
    }

    /// Returns the names of contracts, and those of seats.
    pub(super) fn into_names(self) -> (Vec<SmolStr>, Vec<SmolStr>) {
        let names = self.seats.into_iter().map(|(name, _)| name);
        (self.contracts.into_names(), names.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn every_seat_of_every_contract_has_one_number(
            batches in proptest::collection::vec(
                proptest::collection::vec(("[a-c]{1,2}", "[a-c]{0,2}"), 0..60), 0..6,
            ),
        ) {
            let mut senders = Senders::default();
            let mut model: HashMap<(String, String), u32> = HashMap::new();
            for batch in &batches {
                let hasher = senders.hasher().clone();
                let names = batch.iter().map(|(contract, seat)| {
                    let (contract, seat) = (contract.as_bytes(), seat.as_bytes());
                    // Hashes of which many agree.
                    (hasher.pair(contract, seat) & 7, contract, seat)
                });
                let mut places = Vec::new();
                let done = senders.places(names, &mut places);
                prop_assert!(done.is_ok());
                let expected = batch.iter().map(|pair| {
                    let next = u32::try_from(model.len()).unwrap();
                    let number = *model.entry(pair.clone()).or_insert(next);
                    senders.place(number)
                });
                prop_assert_eq!(places, expected.collect::<Vec<Place>>());
            }
            let (order, ranges) = senders.by_contract();
            let places: Vec<Place> = senders.seats.iter().map(|(_, place)| *place).collect();
            let (contracts, seats) = senders.into_names();
            prop_assert_eq!(ranges.len(), contracts.len());
            for ((contract, seat), number) in model {
                let at = usize::try_from(number).unwrap();
                let place = places[at];
                let range = ranges[usize::try_from(place.contract).unwrap()].clone();
                prop_assert_eq!(seats[at].as_str(), seat);
                prop_assert_eq!(contracts[usize::try_from(place.contract).unwrap()].as_str(), contract);
                prop_assert_eq!(order[range][usize::try_from(place.seat).unwrap()], number);
            }
            // A contract's seats are in the order in which they came.
            for range in ranges {
                prop_assert!(order[range].is_sorted());
            }
        }
    }
}
