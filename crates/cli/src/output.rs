//! Writes to standard output.
//!
//! Owns: colours and when there are any, JSON as all commands print it, what a closed pipe means. Does not
//! own: what is written.

use crate::error::Error;
use serde::Serialize;
use std::fmt::Arguments;
use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write};
use std::process::ExitCode;

/// The width of a page, in characters: the same on every terminal and in every file.
pub(crate) const WIDTH: usize = 100;

/// Standard output, buffered, and whether it shows colours.
pub(crate) struct Out {
    to: BufWriter<StdoutLock<'static>>,
    coloured: bool,
}

/// How a text is to look, where there are colours.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Look {
    /// A heading.
    Bold,
    /// Something that frames what matters.
    Dim,
    /// All is well.
    Green,
    /// Something is wrong.
    Red,
}

impl Out {
    /// Opens standard output.
    pub(crate) fn open() -> Self {
        let stdout = io::stdout();
        let coloured = has_colours(&stdout);
        Self {
            to: BufWriter::new(stdout.lock()),
            coloured,
        }
    }

    /// Writes a line.
    pub(crate) fn line(&mut self, line: impl std::fmt::Display) -> Result<(), Error> {
        Ok(writeln!(self.to, "{line}")?)
    }

    /// Writes a value as indented JSON, with a line end.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Error> {
        serde_json::to_writer_pretty(&mut self.to, value)?;
        self.line("")
    }

    /// Writes a text over as many lines as it takes, each after `indent`.
    pub(crate) fn paragraph(&mut self, indent: &str, text: &str) -> Result<(), Error> {
        lines(text, WIDTH.saturating_sub(indent.len()))
            .into_iter()
            .try_for_each(|line| self.line(format_args!("{indent}{line}")))
    }

    /// Writes a remark about what stands above it, over as many lines as it takes.
    pub(crate) fn note(&mut self, text: &str) -> Result<(), Error> {
        for line in lines(text, WIDTH) {
            let line = self.paint(Look::Dim, format_args!("{line}"));
            self.line(line)?;
        }
        Ok(())
    }

    /// Returns a text as it is to look.
    pub(crate) fn paint(&self, look: Look, text: Arguments<'_>) -> String {
        let code = match look {
            Look::Bold => "1",
            Look::Dim => "2",
            Look::Green => "32",
            Look::Red => "1;31",
        };
        match self.coloured {
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            false => text.to_string(),
        }
    }

    /// Hands on what is still buffered.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        Ok(self.to.flush()?)
    }
}

/// Breaks a text into lines of at most so many characters, where no word is longer.
fn lines(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Returns whether standard output shows colours: on a terminal, unless `NO_COLOR` says no.
pub(crate) fn has_colours(stdout: &io::Stdout) -> bool {
    stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty())
}

/// Tells of a failed write, and returns the exit code: whoever reads may go away and want no more.
pub(crate) fn failed(error: &io::Error) -> ExitCode {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return ExitCode::SUCCESS;
    }
    // Where even this cannot be written, the exit code has to do.
    let _ = writeln!(io::stderr(), "cannot write the results: {error}");
    ExitCode::from(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_long_as_they_may_be() {
        assert_eq!(lines("ab cd efg", 5), ["ab cd", "efg"]);
        assert_eq!(lines("ab cd efg", 4), ["ab", "cd", "efg"]);
        assert_eq!(lines("abcdefg h", 3), ["abcdefg", "h"]);
        assert_eq!(lines("éé é", 4), ["éé é"]);
        assert_eq!(lines("", 4), [""]);
    }
}
