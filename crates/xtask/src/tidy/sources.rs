//! Rules about what stands in a file.

use super::{File, Finding};

/// The most lines of a file that people write.
const MOST_LINES: usize = 700;

/// Says which files have unfinished parts.
pub(super) fn finished(files: &[File]) -> Vec<Finding> {
    // Put together here, so that this file does not find itself.
    let marks = [
        ["to", "do!("],
        ["unimple", "mented!("],
        ["FIX", "ME"],
        ["XX", "X"],
        ["TO", "DO"],
    ];
    let marks = marks.map(|[a, b]| format!("{a}{b}"));
    let mut findings = Vec::new();
    for file in files {
        for (number, line) in file.lines() {
            if let Some(mark) = marks.iter().find(|mark| holds_word(line, mark)) {
                let what = format!("`{mark}`: finish it, or open an issue");
                findings.push(Finding::new(&file.path, number, what));
            }
        }
    }
    findings
}

/// Returns whether a line holds a word that is not part of a longer one.
fn holds_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line
            .get(at + word.len()..)
            .and_then(|text| text.chars().next());
        let part = |c: char| c.is_ascii_alphanumeric();
        !before.is_some_and(part) && (word.ends_with('(') || !after.is_some_and(part))
    })
}

/// Says which files are too long. Generated ones are nobody's to read.
pub(super) fn short(files: &[File]) -> Vec<Finding> {
    let generated = |file: &&File| !file.is("json") && !file.is("snap");
    let long = |file: &File| {
        let lines = file.text.lines().count();
        let what = format!("{lines} lines, and at most {MOST_LINES} are allowed; split it");
        (lines > MOST_LINES).then(|| Finding::new(&file.path, 0, what))
    };
    files.iter().filter(generated).filter_map(long).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File {
            path: path.into(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn an_unfinished_part_is_found_by_its_line() {
        let text = format!("fn a() {{\n    {}{}()\n}}\n", "to", "do!");
        let findings = finished(&[file("a.rs", &text)]);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].line, 2);
        let text = format!("a prefi{}ME\n\"x{}\"\n", "X", "xxXXXXx");
        assert_eq!(finished(&[file("a.rs", &text)]), []);
    }

    #[test]
    fn a_long_file_is_found() {
        let lines = |n: usize| "line\n".repeat(n);
        assert_eq!(short(&[file("a.rs", &lines(MOST_LINES))]), []);
        assert_eq!(short(&[file("a.rs", &lines(MOST_LINES + 1))]).len(), 1);
        assert_eq!(short(&[file("a.json", &lines(MOST_LINES + 1))]), []);
    }
}
