//! Writes a report to a file, as a page.
//!
//! Owns: the file. Does not own: what stands on the page. Invariant: a page is there whole or not at all: it is written
//! beside its place and moved there.

use crate::error::Error;
use earnest_report::Report;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

/// Writes the page, and says on standard error where it is.
pub(crate) fn write(path: &Path, report: &Report) -> Result<(), Error> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let html = earnest_report::page(report);
    let done = fs::write(&beside, html).and_then(|()| fs::rename(&beside, path));
    if done.is_err() {
        // What is left of a page that could not be written is nobody's.
        let _ = fs::remove_file(&beside);
    }
    done.map_err(|error| {
        Error::Input(format!(
            "the page `{}` cannot be written: {error}",
            path.display()
        ))
    })?;
    // Whoever cannot be told finds the page anyway.
    let _ = writeln!(io::stderr(), "the page is in `{}`", path.display());
    Ok(())
}
