//! How a log is to be read, and what comes of it.

use super::{BadLine, Format, Log, LogError};

/// How a log is to be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reading {
    /// The format; nothing means the one that the file's name tells.
    pub format: Option<Format>,
    /// Whether the ids of messages and the names of campaigns are kept. A replay does without.
    pub names: bool,
    /// How many bad lines are left out; one more, and nothing of the log is kept.
    pub skip_bad: u32,
    /// The most messages; one more, and nothing of the log is kept. Nothing means as many as there are numbers for.
    pub most: Option<u32>,
}

/// A log that was read, and the lines of the file that are not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadLog {
    /// The log.
    pub log: Log,
    /// The bad lines that were left out, in the file's order.
    pub skipped: Vec<BadLine>,
}

/// Bad lines that were left out so far.
#[derive(Debug, Default)]
pub(super) struct Skipped {
    most: usize,
    lines: Vec<BadLine>,
}

impl Skipped {
    pub(super) fn new(reading: &Reading) -> Self {
        Self {
            most: usize::try_from(reading.skip_bad).unwrap_or(usize::MAX),
            lines: Vec::new(),
        }
    }

    /// Returns whether bad lines are left out at all.
    pub(super) const fn any(&self) -> bool {
        self.most > 0
    }

    /// Returns the most that are left out.
    pub(super) const fn most(&self) -> usize {
        self.most
    }

    /// Leaves out a bad line.
    ///
    /// # Errors
    /// When that is one too many.
    pub(super) fn skip(&mut self, line: BadLine) -> Result<(), LogError> {
        if self.most == 0 {
            return Err(line.into());
        }
        self.lines.push(line);
        if self.lines.len() <= self.most {
            return Ok(());
        }
        Err(LogError::TooManyBad {
            most: self.most,
            lines: self.finish(),
        })
    }

    /// Returns the lines, in order.
    pub(super) fn finish(&mut self) -> Vec<BadLine> {
        let mut lines = std::mem::take(&mut self.lines);
        lines.sort_by_key(|bad| bad.line);
        lines
    }
}
