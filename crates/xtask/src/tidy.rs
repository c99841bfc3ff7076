//! Checks the house rules that no compiler and no lint checks.
//!
//! Owns: running the rules, and how a finding is told. Does not own: the rules, one file each under `tidy/`.
//! Invariant: all findings of all rules are told at once, each with its file and line.

mod crates;
mod links;
mod paths;
mod scenarios;
mod sources;

use crate::repository::Repository;
use crate::{Done, say};
use std::fmt;
use std::path::{Path, PathBuf};

/// Something that a rule found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    file: PathBuf,
    /// The line, or 0 for the file as a whole.
    line: usize,
    what: String,
}

impl Finding {
    fn new(file: impl AsRef<Path>, line: usize, what: impl Into<String>) -> Self {
        Self {
            file: file.as_ref().to_owned(),
            line,
            what: what.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if self.line > 0 {
            write!(f, "{}:", self.line)?;
        }
        write!(f, " {}", self.what)
    }
}

/// A file of the repository and its text.
struct File {
    path: PathBuf,
    text: String,
}

impl File {
    /// Returns the lines with their numbers.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line))
    }

    /// Returns whether the file's name ends so.
    fn is(&self, ending: &str) -> bool {
        self.path.extension().is_some_and(|it| it == ending)
    }
}

/// Checks every rule.
pub(crate) fn run(here: &Repository) -> Done {
    let files = texts(here)?;
    type Rule = fn(&Repository, &[File]) -> Result<Vec<Finding>, String>;
    let rules: [(&str, Rule); 7] = [
        ("nothing is left unfinished", |_, files| {
            Ok(sources::finished(files))
        }),
        ("no file is too long to read", |_, files| {
            Ok(sources::short(files))
        }),
        ("no path leads out of the repository", |here, files| {
            Ok(paths::inside(here, files))
        }),
        ("links in documents resolve", |here, files| {
            Ok(links::resolve(here, files))
        }),
        (
            "scenarios cover every preset, and no folder is empty",
            scenarios::complete,
        ),
        ("core has no clock, IO, randomness or driver", |here, _| {
            crates::core(here)
        }),
        ("crates depend downwards only", |here, files| {
            crates::arrows(here, files)
        }),
    ];
    let mut well = true;
    for (rule, check) in rules {
        let mut findings = check(here, &files)?;
        findings.sort();
        well &= findings.is_empty();
        let word = if findings.is_empty() { "ok  " } else { "FAIL" };
        say(&format!("{word} {rule}\n"))?;
        for finding in findings {
            say(&format!("       {finding}\n"))?;
        }
    }
    Ok(well)
}

/// Reads every text file. Lock files are cargo's, and what is not text has no lines.
fn texts(here: &Repository) -> Result<Vec<File>, String> {
    let mut files = Vec::new();
    for path in here.files()? {
        if path.extension().is_some_and(|it| it == "lock") {
            continue;
        }
        let bytes = std::fs::read(here.path(&path))
            .map_err(|error| format!("`{}` cannot be read: {error}", path.display()))?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(File { path, text });
        }
    }
    Ok(files)
}
