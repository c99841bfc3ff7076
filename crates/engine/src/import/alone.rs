//! Lets one process at a time tell histories.
//!
//! Two that told one contract's history would each take what the other has told for refused, and leave out what
//! follows from it. Invariant: a part of a history is told only by who was seen to be alone before it.

use crate::engine::Engine;
use crate::failure::Failure;
use crate::lease::{IMPORT, Lease};
use earnest_core::units::Timestamp;
use tokio::sync::Mutex;

/// The right to tell histories.
#[derive(Debug)]
pub struct Alone {
    name: String,
    lease: Mutex<Lease>,
}

/// What came of asking for the right to tell histories.
#[derive(Debug)]
pub enum MayTell {
    /// It was given.
    Alone(Alone),
    /// Another process has it, and has said so up to this instant.
    Another(Option<Timestamp>),
}

impl Engine {
    /// Asks for the right to tell histories, which one process at a time has.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn may_tell(&self) -> Result<MayTell, Failure> {
        let name = self.make_id("import/");
        Ok(match IMPORT.hold(self, &name, None).await? {
            Some(lease) => MayTell::Alone(Alone {
                name,
                lease: Mutex::new(lease),
            }),
            None => MayTell::Another(IMPORT.ends_at(self).await?),
        })
    }

    /// Returns whether no other process has had the right since it was given, and holds on to it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn still_alone(&self, alone: &Alone) -> Result<bool, Failure> {
        let mut lease = alone.lease.lock().await;
        let held = IMPORT.hold(self, &alone.name, Some(*lease)).await?;
        let Some(held) = held.filter(|held| held.follows(*lease)) else {
            return Ok(false);
        };
        *lease = held;
        IMPORT.is_held(self, held).await
    }

    /// Gives the right back, so that another process can have it at once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn leave(&self, alone: Alone) -> Result<(), Failure> {
        let lease = alone.lease.into_inner();
        IMPORT.give_back(self, &alone.name, lease).await
    }
}
