//! Finds the seat that a page is about, and what most pages of a seat show.

use crate::fault::Fault;
use crate::layout::Place;
use crate::visitor::Visitor;
use earnest_core::explain::Explanation;
use earnest_core::policy::Policy;
use earnest_core::units::{ContractId, SeatId};
use earnest_engine::SeatRecord;
use earnest_server::{App, Operation};
use std::sync::Arc;

/// A seat that the visitor reaches.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) contract: ContractId,
    pub(crate) seat: SeatId,
    pub(crate) record: SeatRecord,
    pub(crate) story: Option<Explanation>,
}

impl Desk {
    /// Finds the seat that a path names, for somebody who may do something there.
    ///
    /// # Errors
    /// 403 where the visitor never may, 404 where the seat is not there or is beyond reach.
    pub(crate) async fn find(
        app: &App,
        visitor: &Visitor,
        operation: Operation,
        (contract, seat): &(String, String),
    ) -> Result<Self, Fault> {
        visitor.may(operation)?;
        let contract = visitor.contract(contract)?;
        let id = visitor.seat(&contract, seat)?;
        let found = app.engine.seat(&contract, &id).await?;
        let (record, story) = found.ok_or_else(|| Fault::not_found("seat", seat))?;
        Ok(Self {
            contract,
            seat: id,
            record,
            story,
        })
    }

    /// Returns where a page of this seat stands.
    pub(crate) fn place(&self, here: &'static str) -> Place {
        Place::Seat(self.contract.clone(), self.seat.clone(), here)
    }

    /// Returns the path of a page of this seat.
    pub(crate) fn path(&self, page: &str) -> String {
        format!("/contracts/{}/seats/{}/{page}", self.contract, self.seat)
    }

    /// Returns the policy in force.
    pub(crate) async fn policy(&self, app: &App) -> Result<Arc<Policy>, Fault> {
        in_force(app, &self.contract).await
    }
}

/// Returns the policy that a contract follows now.
pub(crate) async fn in_force(app: &App, contract: &ContractId) -> Result<Arc<Policy>, Fault> {
    let (mut all, at) = app.engine.policies_of(contract).await?;
    match at < all.len() {
        true => Ok(all.swap_remove(at).1),
        false => Err(Fault::not_found("policy of contract", contract.as_str())),
    }
}
