//! Scripts: what happens to a contract and its members, step by step.
//!
//! A script knows nothing of what its steps will be answered, so steps can be left out of it.

use super::policies;
use earnest_core::command::{Command, CreateContract};
use earnest_core::units::{MemberId, Timestamp};
use earnest_core::{Block, Preferences};
use std::fmt;

/// A contract's beginning and what comes after.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) start: Timestamp,
    pub(crate) create: CreateContract,
    pub(crate) steps: Vec<Step>,
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A command to the contract. The wishes that its letters carry are filled in when it is played.
    Command(Timestamp, Command),
    /// Somebody looks, perhaps ahead; nothing changes.
    Look(Timestamp),
    Prefer(MemberId, Preferences),
    Block(MemberId, Block),
    Unblock(MemberId, Block),
}

impl fmt::Display for Script {
    /// Writes what a person needs to follow the script, a line a step.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let create = &self.create;
        write!(f, "{} start, allotments {}", self.start, create.allotments)?;
        writeln!(
            f,
            ", bulk disabled {}, {}",
            create.bulk_disabled,
            policies::described(&create.policy)
        )?;
        self.steps.iter().try_for_each(|step| writeln!(f, "{step}"))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(at, Command::Send(send)) => {
                let seat = &send.seat;
                let lengths = (send.subject_length, send.body_length);
                write!(f, "{at} {seat} sends {lengths:?}")?;
                for letter in &send.letters {
                    write!(f, " {} to {},", letter.message, letter.to)?;
                }
                match &send.campaign {
                    Some(campaign) => write!(f, " campaign {campaign}"),
                    None => Ok(()),
                }
            }
            Self::Command(at, Command::AddPolicy(add)) => {
                write!(
                    f,
                    "{at} policy from {:?}: {}",
                    add.effective_at,
                    policies::described(&add.policy)
                )
            }
            Self::Command(at, command) => write!(f, "{at} {command:?}"),
            Self::Look(at) => write!(f, "{at} look"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// Parses an id that a test spells.
pub(crate) fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: fmt::Debug,
{
    text.parse().unwrap()
}

/// Parses an instant that a test spells.
pub(crate) fn t(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}
