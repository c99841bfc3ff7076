//! Holds the handlers, a file per resource: each translates a request for the engine, and the answer back.

pub(crate) mod answers;
pub(crate) mod batches;
pub(crate) mod campaigns;
pub(crate) mod contracts;
pub(crate) mod events;
pub(crate) mod grants;
pub(crate) mod health;
pub(crate) mod keys;
pub(crate) mod members;
pub(crate) mod messages;
pub(crate) mod policies;
pub(crate) mod reports;
pub(crate) mod seats;
pub(crate) mod stream;
pub(crate) mod webhooks;
