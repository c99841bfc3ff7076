//! Gives orders for a page, and takes the answers.
//!
//! Owns: nothing but the passing on. Invariant: an order is given only after the one table of rights was asked.

use crate::fault::Fault;
use crate::visitor::Visitor;
use earnest_core::units::{ContractId, MessageId};
use earnest_engine::{Done, Failure, Key, MessageRecord, Order, What};
use earnest_server::{App, message_id};

/// Gives an order, as of now.
///
/// # Errors
/// Why it was not carried out.
pub(crate) async fn give(
    app: &App,
    visitor: &Visitor,
    contract: &ContractId,
    what: What,
    key: Option<Key>,
) -> Result<Done, Failure> {
    let order = Order {
        contract: contract.clone(),
        what,
        author: visitor.author(),
        at: None,
        key,
    };
    app.engine.submit_asked(order, visitor.asked).await
}

/// Finds a message that the visitor reaches.
///
/// # Errors
/// 404 where there is none, or it is another's.
pub(crate) async fn message(
    app: &App,
    visitor: &Visitor,
    text: &str,
) -> Result<MessageRecord, Fault> {
    let id: MessageId = message_id(text)?;
    let record = app.engine.message(&id).await?;
    match visitor.reaches_message(&record.contract, &record.seat, &record.to) {
        true => Ok(record),
        false => Err(Fault::not_found("message", text)),
    }
}
