//! Follows events as they are recorded, from a place on.
//!
//! Owns: places in the stream, and reading on from them. Does not own: the wire, rights, when to end.
//! Invariants: whoever goes on from the place of the last event that arrived misses none and gets none twice;
//! events are read from the store when there is room for them, never kept for those who are slow; of one
//! contract events come in their order.

use crate::engine::Engine;
use crate::failure::Failure;
use crate::webhooks::event_type;
use earnest_core::event::Event;
use earnest_core::units::ContractId;
use earnest_store::{LogRow, Position};
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;
use tokio::sync::watch;

/// How many events of a contract are read at once.
const EVENTS: usize = 256;
/// How many rows of the log are read at once.
const ROWS: usize = 32;
/// How often is looked for what other processes have recorded.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long events are let gather where the last look brought none.
const GATHER: Duration = Duration::from_millis(10);

/// Stands for the last event of a row of the log, whichever it is.
const WHOLE: u64 = u64::MAX;

/// Whose events are followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// One contract's.
    Contract(ContractId),
    /// Every contract's.
    All,
}

/// A place in a stream: that of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In one contract's: the event's number.
    Contract(u64),
    /// In every contract's: where in the log, and which event there, from 0.
    All(Position, u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contract(seq) => write!(f, "{seq}"),
            Self::All(position, index) => write!(f, "{}.{index}", position.0),
        }
    }
}

impl Whose {
    /// Reads a place in such a stream.
    #[must_use]
    pub fn place(&self, text: &str) -> Option<Place> {
        match self {
            Self::Contract(_) => number(text).map(Place::Contract),
            Self::All => {
                let (position, index) = text.split_once('.')?;
                Some(Place::All(Position(number(position)?), number(index)?))
            }
        }
    }
}

fn number(text: &str) -> Option<u64> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

/// An event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// Its place.
    pub place: Place,
    /// Its contract.
    pub contract: ContractId,
    /// Its number in the contract.
    pub seq: u64,
    /// The event.
    pub event: Event,
}

/// Follows events from a place on.
#[derive(Debug)]
pub struct Follow {
    engine: Engine,
    whose: Whose,
    types: Option<BTreeSet<String>>,
    after: Place,
    moved: watch::Receiver<u64>,
    is_behind: bool,
}

impl Engine {
    /// Follows events: those after a place, or those that are recorded from now on. Of `types` only, where they
    /// are named.
    ///
    /// # Errors
    /// When there is no such contract, the place is of another stream or still to come, or the store fails.
    pub async fn follow(
        &self,
        whose: Whose,
        after: Option<Place>,
        types: Option<BTreeSet<String>>,
    ) -> Result<Follow, Failure> {
        let moved = self.moved();
        let newest = self.newest_place(&whose).await?;
        let after = after.unwrap_or(newest);
        let is_of_this = matches!(
            (&whose, after),
            (Whose::Contract(_), Place::Contract(_)) | (Whose::All, Place::All(..))
        );
        if !is_of_this || after > newest {
            return Err(Failure::Invalid {
                field: "last_event_id",
                why: format!(
                    "`{after}` is the place of no event here; the newest is at `{newest}`"
                ),
            });
        }
        Ok(Follow {
            engine: self.clone(),
            whose,
            types,
            after,
            moved,
            is_behind: true,
        })
    }

    /// Returns rows of the log after a place, and up to where that is all there is: where only documents were
    /// written since, the next look need not pass over them again.
    pub(crate) async fn log_or_head(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<(Vec<LogRow>, Position), Failure> {
        let mut rows = self.log(after, limit).await?;
        let mut up_to = after;
        if rows.is_empty() {
            let head = self.store().head().await?;
            if head > after {
                // What is at the head or before is seen now, if it is there at all.
                rows = self.log(after, limit).await?;
                up_to = head;
            }
        }
        let last = rows.last().map_or(up_to, |row| row.position);
        Ok((rows, last))
    }

    async fn newest_place(&self, whose: &Whose) -> Result<Place, Failure> {
        match whose {
            Whose::Contract(contract) => Ok(Place::Contract(self.newest_event(contract).await?)),
            // All events of the newest row are at or before this.
            Whose::All => Ok(Place::All(self.store().head().await?, WHOLE)),
        }
    }
}

impl Follow {
    /// Returns what follows, once there is something. At most a few hundred events, or one commit's, at once.
    ///
    /// # Errors
    /// When the store fails. The place has not moved then.
    pub async fn next(&mut self) -> Result<Vec<Followed>, Failure> {
        loop {
            if !self.is_behind {
                self.wait().await?;
            }
            let (mut read, up_to) = self.read().await?;
            self.after = up_to;
            self.is_behind = !read.is_empty();
            if let Some(types) = &self.types {
                read.retain(|it| types.contains(event_type(&it.event.fact)));
            }
            if !read.is_empty() {
                return Ok(read);
            }
            // Nothing of a long history may be wanted: others are let in between.
            tokio::task::yield_now().await;
        }
    }

    /// Waits until there may be something new.
    async fn wait(&mut self) -> Result<(), Failure> {
        let moved = tokio::time::timeout(LOOK_EVERY, self.moved.changed()).await;
        match moved {
            Ok(_) => tokio::time::sleep(GATHER).await,
            Err(_) => self.engine.refresh().await?,
        }
        // What moves from here on is seen at the next look.
        self.moved.mark_unchanged();
        Ok(())
    }

    /// Reads what follows, and returns it with the place up to which that is all.
    async fn read(&self) -> Result<(Vec<Followed>, Place), Failure> {
        match (&self.whose, self.after) {
            (Whose::Contract(contract), Place::Contract(seq)) => {
                let from = seq.saturating_add(1);
                let events = self.engine.events(contract, from, u64::MAX, false, EVENTS);
                let events = events.await?.into_iter().map(|it| Followed {
                    place: Place::Contract(it.seq),
                    contract: contract.clone(),
                    seq: it.seq,
                    event: it.event,
                });
                let events: Vec<Followed> = events.collect();
                let last = events.last().map_or(self.after, |last| last.place);
                Ok((events, last))
            }
            (_, Place::All(position, index)) => self.read_log(position, index).await,
            (Whose::All, Place::Contract(_)) => Ok((Vec::new(), self.after)),
        }
    }

    async fn read_log(
        &self,
        position: Position,
        index: u64,
    ) -> Result<(Vec<Followed>, Place), Failure> {
        let before = match index {
            WHOLE => position,
            // The row itself may have events after this one.
            _ => Position(position.0.saturating_sub(1)),
        };
        let (rows, up_to) = self.engine.log_or_head(before, ROWS).await?;
        let after = Place::All(position, index);
        let all = rows.into_iter().flat_map(followed);
        let following = all.filter(|it| it.place > after).collect();
        // Rows are read whole.
        Ok((following, Place::All(up_to, WHOLE).max(after)))
    }
}

fn followed(row: LogRow) -> impl Iterator<Item = Followed> {
    let (position, contract, first) = (row.position, row.contract, row.first);
    (0..).zip(row.events).map(move |(index, event)| Followed {
        place: Place::All(position, index),
        contract: contract.clone(),
        seq: first + index,
        event,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written() {
        let one = Whose::Contract(ContractId::new("acme").unwrap());
        let places = [
            (&one, Place::Contract(17), "17"),
            (&Whose::All, Place::All(Position(9), 3), "9.3"),
        ];
        for (whose, place, text) in places {
            assert_eq!(place.to_string(), text);
            assert_eq!(whose.place(text), Some(place));
        }
        for wrong in ["", "9.3", "-1", "+1", "1x", "99999999999999999999"] {
            assert_eq!(one.place(wrong), None, "{wrong}");
        }
        for wrong in ["", "9", "9.", ".3", "9.3.1", "9.+3"] {
            assert_eq!(Whose::All.place(wrong), None, "{wrong}");
        }
    }
}
