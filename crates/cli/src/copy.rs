//! Copies a store into another one, of whichever kind.
//!
//! Owns: the order of the parts, and where a copy goes on that was interrupted. Does not own: what is printed, the
//! audit. Invariants: the copy has the same batches with the same tokens, so that it is the same history; a part that
//! was copied is not copied twice; the source is only read. What is of one moment in one store, such as who delivers
//! webhooks just now, stays behind; snapshots are made anew.

mod documents;
mod log;
mod place;
mod rest;

use crate::error::Error;
use crate::store::failed;
use earnest_core::units::ContractId;
use earnest_store::{ContractRow, Store, StoreError};
use place::Places;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The kind of the document that says how far a copy is.
const KIND: &str = "copy";

/// A copy under way.
pub(crate) struct Copy {
    from: Arc<dyn Store>,
    to: Arc<dyn Store>,
    places: Places,
    /// The newest event of each contract in the copy, of those that were looked at.
    newest: BTreeMap<ContractId, u64>,
    /// Whether the copy was begun before.
    is_begun: bool,
}

/// How much was copied.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Copied {
    pub(crate) events: u64,
    pub(crate) messages: u64,
    pub(crate) answers: u64,
    pub(crate) documents: u64,
    pub(crate) deliveries: u64,
}

impl Copy {
    /// Begins a copy, or goes on with it.
    ///
    /// # Errors
    /// When something else is in the place of the copy.
    pub(crate) async fn begin(from: Arc<dyn Store>, to: Arc<dyn Store>) -> Result<Self, Error> {
        let places = Places::load(&*from, &*to).await?;
        let is_begun = places.is_begun();
        Ok(Self {
            from,
            to,
            places,
            newest: BTreeMap::new(),
            is_begun,
        })
    }

    /// Returns whether the copy was begun before.
    pub(crate) const fn is_begun(&self) -> bool {
        self.is_begun
    }

    /// Copies all there is. `progress` is told of events.
    ///
    /// # Errors
    /// When a store fails, or the two do not belong together.
    pub(crate) async fn run(
        mut self,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Copied, Error> {
        let mut copied = Copied::default();
        // Deliveries go first: what is fanned out again later finds them there.
        documents::look_for_places(&mut self).await?;
        log::copy(&mut self, &mut copied, progress).await?;
        rest::answers(&mut self, &mut copied).await?;
        rest::deliveries(&self, &mut copied).await?;
        documents::copy(&self, &mut copied).await?;
        rest::rows(&mut self).await?;
        Ok(copied)
    }

    /// Returns the newest event of a contract in the copy.
    async fn newest(&mut self, contract: &ContractId) -> Result<u64, Error> {
        if let Some(newest) = self.newest.get(contract) {
            return Ok(*newest);
        }
        let row = self.to.contract(contract).await.map_err(told)?;
        let newest = row.map_or(0, |row| row.seq);
        self.newest.insert(contract.clone(), newest);
        Ok(newest)
    }
}

/// Returns all contracts of a store.
///
/// # Errors
/// When the store fails.
pub(crate) async fn contracts(store: &dyn Store) -> Result<Vec<ContractRow>, Error> {
    const PAGE: usize = 1_000;
    let mut all: Vec<ContractRow> = Vec::new();
    loop {
        let after = all.last().map(|row| row.id.clone());
        let page = store.contracts(after.as_ref(), PAGE).await.map_err(told)?;
        let is_last = page.len() < PAGE;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "so that `map_err` takes it as it is"
)]
fn told(error: StoreError) -> Error {
    failed(&error)
}
