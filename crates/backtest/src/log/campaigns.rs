//! The names of campaigns, kept where somebody asks for them: a replay only has to know what is bulk.
//!
//! Owns: which message, by its line, belongs to which campaign. Does not own: lines.

use super::texts::{self, Interner, name};
use smol_str::SmolStr;

/// The campaigns of a log in the making.
#[derive(Default)]
pub(super) struct Campaigns {
    names: Interner,
    /// Lines with the number of their campaign, in the order of lines.
    of: Vec<(u32, u32)>,
}

impl Campaigns {
    /// Adds the campaign of the message on a line, after those of earlier lines; nothing when numbers are out.
    pub(super) fn add(&mut self, line: u32, campaign: &str) -> Option<()> {
        let number = self.names.number(campaign)?;
        self.of.push((line, number));
        Some(())
    }

    /// Returns the names by line.
    pub(super) fn into_names(self) -> CampaignNames {
        CampaignNames {
            names: self.names.into_names(),
            of: self.of,
        }
    }
}

/// The campaigns of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CampaignNames {
    names: Vec<SmolStr>,
    of: Vec<(u32, u32)>,
}

impl CampaignNames {
    /// Returns how many bytes the names take in memory.
    pub(super) fn bytes(&self) -> usize {
        self.names.iter().map(texts::bytes).sum::<usize>() + size_of_val(&*self.of)
    }

    /// Returns the campaign of the message on a line.
    pub(super) fn of(&self, line: u32) -> Option<&str> {
        let at = self
            .of
            .binary_search_by_key(&line, |(line, _)| *line)
            .ok()?;
        let (_, number) = self.of.get(at)?;
        Some(name(&self.names, *number))
    }
}
