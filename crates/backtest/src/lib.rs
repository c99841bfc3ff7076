//! Replays message logs under policies, and makes logs up.

pub mod generate;
pub mod log;
pub mod replay;
pub mod report;
