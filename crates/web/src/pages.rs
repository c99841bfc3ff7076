//! The pages, one file each or two that belong together.

pub(crate) mod ask;
pub(crate) mod bulk;
pub(crate) mod compose;
pub(crate) mod contracts;
pub(crate) mod credits;
pub(crate) mod desk;
pub(crate) mod documents;
pub(crate) mod format;
pub(crate) mod grants;
pub(crate) mod inbox;
pub(crate) mod keys;
pub(crate) mod lab;
pub(crate) mod lab_run;
pub(crate) mod ledger;
pub(crate) mod letter;
pub(crate) mod message;
pub(crate) mod overview;
pub(crate) mod policies;
pub(crate) mod policy;
pub(crate) mod preferences;
pub(crate) mod seats;
pub(crate) mod sent;
pub(crate) mod standing;
pub(crate) mod webhooks;
