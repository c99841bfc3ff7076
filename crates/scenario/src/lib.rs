//! Scenario files: the tests of a policy, read and played.
//!
//! A scenario is a short story in TOML: a contract, its seats, a few members, and steps that each do
//! something at an instant or state what a reader would see then. [`read`](read()) turns a file into a
//! [`Scenario`], plain data; [`play`] lives it on the engine and compares; an [`Outcome`] says what was
//! not as stated. Reading and playing are apart, so that the same files can be played against anything
//! that takes the same commands.
//!
//! Owns: the scenario format, the player, the differences in words. Does not own: any rule of the
//! engine, files on disk (the caller reads them), colours.
//! Invariants: a file with a mistake is not played, and all its mistakes are told at once; a failing
//! step never keeps the later ones from being played.

mod expect;
mod outcome;
mod play;
mod read;
mod scenario;

pub use earnest_core::document::{Mistake, Mistakes};
pub use outcome::{Failure, Outcome, Value};
pub use play::{Happened, play, play_with};
pub use read::{is_policy, read};
pub use scenario::{
    ContractSpec, Expect, ExpectCredits, ExpectMessage, ExpectSeat, MemberSpec, RespondSpec,
    Scenario, SeatSpec, SendSpec, Step, Verb,
};
