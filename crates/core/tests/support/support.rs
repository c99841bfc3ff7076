//! What the random tests share: numbers from a seed, policies, scripts, and ways to play, run and shrink them.

pub(crate) mod author;
pub(crate) mod play;
pub(crate) mod policies;
pub(crate) mod rng;
pub(crate) mod run;
pub(crate) mod script;
