//! Answers the questions of [`Store`](crate::Store), each within one transaction.

pub(super) mod contracts;
pub(super) mod deliveries;
pub(super) mod documents;
pub(super) mod events;
pub(super) mod messages;
