//! Draws the README's picture: what `earnest backtest` really prints.

use crate::Done;
use crate::repository::Repository;
use crate::run::{cargo, output};

const PICTURE: &str = "docs/pictures/backtest.svg";
const COMMAND: &str = "earnest backtest --generate 1000000";
/// The section after which the picture ends: the rest is lists of seats.
const END: &str = "\nWHO WOULD HAVE BEEN RESTRICTED";

/// Runs the command and draws its output.
pub(crate) fn draw(here: &Repository) -> Done {
    let printed = output(cargo(
        here,
        &[
            "run",
            "--quiet",
            "--release",
            "--locked",
            "--",
            "backtest",
            "--generate",
            "1000000",
        ],
    ))?;
    let shown = printed.split(END).next().unwrap_or(&printed);
    let bold = "\u{1b}[1m";
    let plain = "\u{1b}[0m";
    let mut text = format!("{bold}$ {COMMAND}{plain}\n\n");
    for line in shown.trim_end().lines() {
        let is_heading = !line.is_empty() && line.chars().all(|c| c.is_ascii_uppercase());
        if is_heading {
            text.push_str(&format!("{bold}{line}{plain}\n"));
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    let svg = anstyle_svg::Term::new().render_svg(&text);
    let path = here.root().join(PICTURE);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("`{PICTURE}` cannot be written: {error}"))?;
    }
    std::fs::write(&path, svg)
        .map_err(|error| format!("`{PICTURE}` cannot be written: {error}"))?;
    Ok(true)
}
