//! Says what is wrong in a file, where, and what to write instead.

use serde::Serialize;
use std::fmt;

/// One mistake in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Mistake {
    /// The file's name, as the caller gave it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
    /// The key's path, such as `settlement.rule[1].credit`; empty for the file as a whole.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// What to do; empty where the problem says it all.
    pub instead: String,
}

impl fmt::Display for Mistake {
    /// Writes `file:line: key: problem; what to do`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.problem)?;
        if !self.instead.is_empty() {
            write!(f, "; {}", self.instead)?;
        }
        Ok(())
    }
}

/// All mistakes of a file and its layers, by file and line; at least one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// Puts mistakes in order.
    #[must_use]
    pub fn new(mut mistakes: Vec<Mistake>) -> Self {
        // Stable, so that mistakes of one place keep the order in which they were found.
        mistakes.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        mistakes.dedup();
        Self(mistakes)
    }

    /// Returns the mistakes in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Mistake> {
        self.0.iter()
    }

    /// Returns these and those, in order.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        let mut all = self.0;
        all.extend(others.0);
        Self::new(all)
    }
}

impl From<Mistake> for Mistakes {
    fn from(mistake: Mistake) -> Self {
        Self(vec![mistake])
    }
}

impl<'a> IntoIterator for &'a Mistakes {
    type Item = &'a Mistake;
    type IntoIter = std::slice::Iter<'a, Mistake>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Mistakes {
    type Item = Mistake;
    type IntoIter = std::vec::IntoIter<Mistake>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
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

/// Returns the word that `wrong` was probably meant to be: the nearest of `known`, if one is near.
#[must_use]
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    // A third of the letters may differ: enough for a slip, too little for another word.
    let most = (wrong.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|word| {
            // Half a name, such as `within` for `within_days`, is as near as can be.
            let half = wrong.len() > 2 && word.starts_with(&wrong);
            let distance = if half {
                0
            } else {
                strsim::osa_distance(&wrong, word)
            };
            (distance, word)
        })
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}
