//! Says what is wrong with what is set, where it comes from, and what would be right.

use super::given::Given;
use std::fmt;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where it comes from: a file's line, a variable, a flag.
    pub origin: String,
    /// What is wrong.
    pub problem: String,
    /// What would be right; empty where the problem says it all.
    pub instead: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.origin, self.problem)?;
        match self.instead.is_empty() {
            true => Ok(()),
            false => write!(f, "; {}", self.instead),
        }
    }
}

/// All mistakes, in the order in which sources are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// Returns the mistakes.
    pub fn iter(&self) -> std::slice::Iter<'_, Mistake> {
        self.0.iter()
    }

    pub(super) fn add(&mut self, origin: &str, problem: &str, instead: &str) {
        self.0.push(Mistake {
            origin: origin.to_owned(),
            problem: problem.to_owned(),
            instead: instead.to_owned(),
        });
    }

    /// Adds what a file's reader found.
    pub(super) fn extend(&mut self, found: &earnest_core::document::Mistakes) {
        for mistake in found {
            let problem = match mistake.key.is_empty() {
                true => mistake.problem.clone(),
                false => format!("{}: {}", mistake.key, mistake.problem),
            };
            let origin = format!("{}:{}", mistake.file, mistake.line);
            self.add(&origin, &problem, &mistake.instead);
        }
    }

    /// Adds what is wrong with a variable or a flag, if anything.
    pub(super) fn take(&mut self, given: Given<'_>) {
        if let Some((origin, problem, instead)) = given.into_mistake() {
            self.add(origin, &problem, &instead);
        }
    }

    /// Returns the value where there are no mistakes.
    pub(super) fn or<T>(self, value: T) -> Result<T, Self> {
        match self.0.is_empty() {
            true => Ok(value),
            false => Err(self),
        }
    }
}

impl fmt::Display for Mistakes {
    /// Writes one mistake a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, mistake) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            mistake.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}
