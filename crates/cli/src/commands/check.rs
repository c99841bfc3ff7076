//! `earnest check`: plays scenario files and says what was not as stated.
//!
//! Owns: finding files, the lines and the summary, the exit code. Does not own: reading and playing a
//! scenario ([`earnest_scenario`]).
//! Invariant: every file that can be read is played, whatever is wrong with the others.

use crate::error::Error;
use crate::output::{self, Look, Out};
use earnest_core::policy::file::Source;
use earnest_scenario::Outcome;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fmt, fs};

/// Plays scenario files and compares what happens with what they state.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// Scenario files, and folders to search for them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print one JSON object instead of lines
    #[arg(long)]
    json: bool,
}

/// Checks, prints, and returns the exit code: 0 when all passed, 1 on a failure, 2 when something could
/// not be read or there was nothing to check.
pub(crate) fn run(args: &CheckArgs) -> ExitCode {
    match print(args, &mut Out::open()) {
        Ok(tally) => ExitCode::from(tally.exit_code()),
        Err(Error::Output(error)) => output::failed(&error),
        Err(error @ Error::Input(_)) => {
            // Where even this cannot be written, the exit code has to do.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::from(2)
        }
    }
}

fn print(args: &CheckArgs, out: &mut Out) -> Result<Tally, Error> {
    let tally = check(&args.paths, &mut |told| match told {
        Told::Played(_) if args.json => Ok(()),
        Told::Played(outcome) => out.line(painted(outcome, out)),
        Told::Unreadable(why) => {
            // What was printed so far comes first where both go to one terminal.
            out.flush()?;
            writeln!(io::stderr(), "{why}")?;
            Ok(())
        }
    })?;
    if args.json {
        out.json(&tally)?;
    } else {
        out.line(format_args!("\n{tally}"))?;
    }
    out.flush()?;
    Ok(tally)
}

/// Returns an outcome's lines, its first word in colour where there are colours.
fn painted(outcome: &Outcome, out: &Out) -> String {
    let lines = outcome.to_string();
    let (word, look) = if outcome.passed {
        ("ok", Look::Green)
    } else {
        ("FAIL", Look::Red)
    };
    match lines.strip_prefix(word) {
        Some(rest) => format!("{}{rest}", out.paint(look, format_args!("{word}"))),
        None => lines,
    }
}

/// What there is to tell while files are checked.
enum Told<'a> {
    /// A scenario was played.
    Played(&'a Outcome),
    /// Something could not be read; the text says why and what to do.
    Unreadable(&'a str),
}

/// How all of them went.
#[derive(Debug, Default, serde::Serialize)]
struct Tally {
    scenarios: Vec<Outcome>,
    passed: usize,
    failed: usize,
    /// Policy files that lay among scenarios.
    skipped: usize,
    unreadable: usize,
}

impl Tally {
    const fn exit_code(&self) -> u8 {
        match (self.unreadable, self.failed) {
            (0, 0) => 0,
            (0, _) => 1,
            _ => 2,
        }
    }

    const fn played(&self) -> usize {
        self.passed.saturating_add(self.failed)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.unreadable > 0 {
            write!(f, ", {} could not be read", self.unreadable)?;
        }
        match self.skipped {
            0 => Ok(()),
            1 => f.write_str("; 1 policy file skipped"),
            n => write!(f, "; {n} policy files skipped"),
        }
    }
}

/// Plays every scenario that the paths name.
fn check(
    paths: &[PathBuf],
    tell: &mut dyn FnMut(Told<'_>) -> Result<(), Error>,
) -> Result<Tally, Error> {
    let mut tally = Tally::default();
    for path in paths {
        let before = (tally.played(), tally.unreadable);
        for found in find(path) {
            match found.and_then(|file| play(&file)) {
                Ok(None) => tally.skipped += 1,
                Ok(Some(outcome)) => {
                    tell(Told::Played(&outcome))?;
                    if outcome.passed {
                        tally.passed += 1;
                    } else {
                        tally.failed += 1;
                    }
                    tally.scenarios.push(outcome);
                }
                Err(why) => {
                    tell(Told::Unreadable(&why))?;
                    tally.unreadable += 1;
                }
            }
        }
        // A check of nothing is no pass: the path is a slip, or the scenarios are gone.
        if before == (tally.played(), tally.unreadable) {
            let shown = path.display();
            let why =
                format!("`{shown}` has no scenario; one is a file ending in `.toml`, with steps");
            tell(Told::Unreadable(&why))?;
            tally.unreadable += 1;
        }
    }
    Ok(tally)
}

/// A file to be played.
struct Found {
    path: PathBuf,
    /// Whether it was found in a folder: then a policy file is passed over.
    searched: bool,
}

/// Reads and plays a file. Nothing is returned for a policy file that lies among scenarios.
fn play(file: &Found) -> Result<Option<Outcome>, String> {
    let shown = file.path.display().to_string();
    let text = fs::read_to_string(&file.path).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => format!("`{shown}` is no UTF-8 text; a scenario is TOML"),
        _ => format!("`{shown}` cannot be read: {error}"),
    })?;
    if file.searched && earnest_scenario::is_policy(&text) {
        return Ok(None);
    }
    let scenario = earnest_scenario::read(&shown, &text, &mut policy)
        .map_err(|mistakes| mistakes.to_string())?;
    Ok(Some(earnest_scenario::play(&scenario)))
}

/// Reads a policy file that the file `from` names, relative to it.
fn policy(path: &str, from: &str) -> Result<Source, String> {
    let beside = Path::new(from).parent().unwrap_or_else(|| Path::new(""));
    let path = beside.join(path);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Source::new(path.display().to_string(), text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(format!("there is no file `{}`", path.display()))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Returns the files that a path names: itself, or a folder's TOML files in the order of their names.
fn find(path: &Path) -> Vec<Result<Found, String>> {
    if !path.exists() {
        let shown = path.display();
        let why = format!("there is no `{shown}`; name a scenario file or a folder of them");
        return vec![Err(why)];
    }
    let mut found = Vec::new();
    if path.is_dir() {
        search(path, &mut found);
    } else {
        found.push(Ok(Found {
            path: path.to_owned(),
            searched: false,
        }));
    }
    found
}

fn search(folder: &Path, found: &mut Vec<Result<Found, String>>) {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(error) => {
            let shown = folder.display();
            return found.push(Err(format!("folder `{shown}` cannot be searched: {error}")));
        }
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // The entry's own type: a link to a folder is not followed, so no circle is walked.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            search(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "toml") && !path.is_dir() {
            found.push(Ok(Found {
                path,
                searched: true,
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    const PASSES: &str = "name = \"passes\"\n[[step]]\nat = 2015-01-02T10:00:00Z\nseen = \"m1\"\nrefused = \"unknown_message\"\n";
    const FAILS: &str = "name = \"fails\"\n[[step]]\nat = 2015-01-02T10:00:00Z\nseen = \"m1\"\n";
    const POLICY: &str = "extends = \"inmail-2015\"\nname = \"mine\"\n";

    fn folder(files: &[(&str, &str)]) -> TempDir {
        let folder = TempDir::new().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    /// Checks paths in a folder; returns what was told, without the folder's path, and the exit code.
    fn checked(folder: &TempDir, paths: &[&str]) -> (String, u8) {
        let root = format!("{}/", folder.path().display());
        let paths: Vec<PathBuf> = paths.iter().map(|path| folder.path().join(path)).collect();
        let mut lines = Vec::new();
        let tally = check(&paths, &mut |told| {
            lines.push(match told {
                Told::Played(outcome) => outcome.to_string(),
                Told::Unreadable(why) => why.to_owned(),
            });
            Ok(())
        })
        .unwrap();
        lines.push(tally.to_string());
        (lines.join("\n").replace(&root, ""), tally.exit_code())
    }

    #[test]
    fn a_folder_is_searched_in_the_order_of_names() {
        let folder = folder(&[
            ("b/x.toml", PASSES),
            ("a.toml", PASSES),
            ("b/c/y.toml", PASSES),
            ("z.txt", "no"),
        ]);
        let (told, code) = checked(&folder, &[""]);
        let files: Vec<_> = told
            .lines()
            .map(|line| line.split("  ").next().unwrap())
            .collect();
        assert_eq!(
            files,
            [
                "ok   a.toml",
                "ok   b/c/y.toml",
                "ok   b/x.toml",
                "3 passed, 0 failed"
            ]
            .map(|line| line.split("  ").next().unwrap())
        );
        assert_eq!(code, 0);
    }

    #[test]
    fn a_failure_is_1_and_the_others_are_played() {
        let folder = folder(&[("a.toml", FAILS), ("b.toml", PASSES)]);
        let (told, code) = checked(&folder, &["a.toml", "b.toml"]);
        insta::assert_snapshot!(told, @r#"
        FAIL a.toml  fails
             step 1, line 2, 2015-01-02T10:00:00Z: `m1` is seen
               result   expected accepted   got unknown_message
                 there is no message `m1`
        ok   b.toml  passes
        1 passed, 1 failed
        "#);
        assert_eq!(code, 1);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_2_and_the_others_are_played() {
        let folder = folder(&[
            ("a.toml", "name = 1\n"),
            ("b.toml", FAILS),
            ("c.toml", PASSES),
        ]);
        let (told, code) = checked(&folder, &["", "d"]);
        insta::assert_snapshot!(told, @r#"
        a.toml:1: name: `1` is a whole number; write a string in quotes
        a.toml:1: step: is missing; add a `[[step]]`: something that happens, or what is to be seen
        FAIL b.toml  fails
             step 1, line 2, 2015-01-02T10:00:00Z: `m1` is seen
               result   expected accepted   got unknown_message
                 there is no message `m1`
        ok   c.toml  passes
        there is no `d`; name a scenario file or a folder of them
        1 passed, 1 failed, 2 could not be read
        "#);
        assert_eq!(code, 2);
    }

    #[test]
    fn a_check_of_nothing_is_2() {
        let folder = folder(&[("none/a.txt", ""), ("policies/mine.toml", POLICY)]);
        let (told, code) = checked(&folder, &["none", "policies"]);
        insta::assert_snapshot!(told, @r#"
        `none` has no scenario; one is a file ending in `.toml`, with steps
        `policies` has no scenario; one is a file ending in `.toml`, with steps
        0 passed, 0 failed, 2 could not be read; 1 policy file skipped
        "#);
        assert_eq!(code, 2);
    }

    #[test]
    fn a_policy_beside_a_scenario_is_used_and_not_played() {
        let text = format!("policy = \"policies/mine.toml\"\n{PASSES}");
        let folder = folder(&[("a.toml", &text), ("policies/mine.toml", POLICY)]);
        let (told, code) = checked(&folder, &[""]);
        insta::assert_snapshot!(told, @r#"
        ok   a.toml  passes
        1 passed, 0 failed; 1 policy file skipped
        "#);
        assert_eq!(code, 0);
        // Named outright it is taken for the scenario that it is not.
        assert_eq!(checked(&folder, &["policies/mine.toml"]).1, 2);
    }

    #[test]
    fn what_is_no_text_is_named() {
        let folder = folder(&[]);
        fs::write(folder.path().join("a.toml"), [0xff, 0xfe]).unwrap();
        let (told, code) = checked(&folder, &["a.toml"]);
        insta::assert_snapshot!(told, @r#"
        `a.toml` is no UTF-8 text; a scenario is TOML
        0 passed, 0 failed, 1 could not be read
        "#);
        assert_eq!(code, 2);
    }

    #[test]
    fn json_has_the_counts_and_the_scenarios() {
        let folder = folder(&[("a.toml", FAILS), ("b.toml", PASSES)]);
        let tally = check(&[folder.path().to_owned()], &mut |_| Ok(())).unwrap();
        let json = serde_json::to_value(&tally).unwrap();
        assert_eq!((&json["passed"], &json["failed"]), (&1.into(), &1.into()));
        assert_eq!(
            (&json["unreadable"], &json["skipped"]),
            (&0.into(), &0.into())
        );
        assert_eq!(
            json["scenarios"][0]["failures"][0]["actual"],
            "unknown_message"
        );
        assert_eq!(json["scenarios"][1]["passed"], true);
    }
}
