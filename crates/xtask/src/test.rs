//! The one test command: cargo's tests, the scenarios, and the tests that need a PostgreSQL, a
//! cluster, a real message log or a browser.
//!
//! Owns: running all of them on a machine that has nothing but Rust, and the last line, `N passed, N failed,
//! N skipped`. Invariant: a test that did not run is named, with the reason, and counted as skipped.

use crate::repository::Repository;
use crate::run::{cargo, shown};
use crate::{Done, say};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Why a test that needs the real log is not run by `cargo test` alone.
const NEEDS_LOG: &str = "needs the CollegeMsg log";

/// Why a test that needs a cluster is not run by `cargo test` alone, and what names one.
const NEEDS_CITUS: &str = "needs a Citus cluster";
const CITUS: &str = "EARNEST_TEST_CITUS";
/// What allows PostgreSQL to be installed where it is missing.
const INSTALL: &str = "EARNEST_INSTALL_POSTGRES";

/// Why a test that needs a browser is not run by `cargo test` alone.
const NEEDS_BROWSER: &str = "needs Chromium";
/// Likewise, with the package that looks for what keeps people out.
const NEEDS_AXE: &str = "needs Chromium and axe-core";
/// The version of axe-core that the pages are held to.
const AXE: &str = "axe-core@4.14.1";

/// How many tests ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// What cargo's tests printed.
#[derive(Debug, Default)]
struct Tests {
    tally: Tally,
    /// Why each of the tests that were passed over was.
    ignored: BTreeMap<String, String>,
}

impl Tests {
    /// Takes in a line that the test runner printed.
    fn read(&mut self, line: &str) {
        if let Some(tally) = result(line) {
            self.tally.add(tally);
        } else if let Some((test, why)) = ignored(line) {
            self.ignored.insert(test.to_owned(), why.to_owned());
        }
    }

    /// Counts a run that failed before, or beside, any test: the last line must not look well.
    fn ended(&mut self, well: bool) {
        if !well && self.tally.failed == 0 {
            self.tally.failed = 1;
        }
    }
}

/// Reads `test result: ok. 3 passed; 0 failed; 1 ignored; ...`.
fn result(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut tally = Tally::default();
    for count in counts.split("; ") {
        let Some((number, what)) = count.split_once(' ') else {
            continue;
        };
        let number = || number.parse().ok();
        match what {
            "passed" => tally.passed = number()?,
            "failed" => tally.failed = number()?,
            "ignored" => tally.skipped = number()?,
            _ => {}
        }
    }
    Some(tally)
}

/// Reads `test a::b ... ignored, needs the log`.
fn ignored(line: &str) -> Option<(&str, &str)> {
    let (test, end) = line.strip_prefix("test ")?.split_once(" ... ignored")?;
    Some((test, end.strip_prefix(", ").unwrap_or("marked `ignore`")))
}

/// Runs everything.
pub(crate) fn run(here: &Repository) -> Done {
    heading("cargo test")?;
    let mut tests = Tests::default();
    let all = ["test", "--workspace", "--locked", "--no-fail-fast"];
    let well = shown(tests_of(here, &all), &mut |line| tests.read(line))?;
    tests.ended(well);

    heading("scenarios")?;
    let scenarios = scenarios(here)?;

    let database = databases(here, &mut tests)?;
    let log = here.real_log();
    let real = match &log {
        Some(log) => real_log(here, log, &mut tests)?,
        None => None,
    };
    let browser = browser(here, &mut tests)?;
    summary(
        &tests,
        scenarios,
        &[database, real, browser],
        log.as_deref(),
    )
}

/// Returns a call of cargo that leaves nothing in the sources: no snapshot beside one that differs.
fn tests_of(here: &Repository, args: &[&str]) -> Command {
    let mut command = cargo(here, args);
    command.env("INSTA_UPDATE", "no");
    command
}

/// Plays the repository's scenarios, with the program that the tests have just been built with: another call of
/// cargo would build half of the house again, with other features.
fn scenarios(here: &Repository) -> Result<Tally, String> {
    let mut tally = Tally::default();
    let earnest = format!("debug/earnest{}", std::env::consts::EXE_SUFFIX);
    let mut command = Command::new(here.target().join(earnest));
    command
        .args(["check", "scenarios"])
        .current_dir(here.root());
    let well = shown(command, &mut |line| {
        // The last line that reads so is the summary.
        tally = checked(line).unwrap_or(tally);
    })?;
    if !well && tally.failed == 0 {
        tally.failed = 1;
    }
    Ok(tally)
}

/// Reads `210 passed, 0 failed, 1 could not be read; 3 policy files skipped`.
fn checked(line: &str) -> Option<Tally> {
    let (counts, _) = line.split_once(';').unwrap_or((line, ""));
    let mut tally = Tally::default();
    for (at, count) in counts.split(", ").enumerate() {
        let (number, what) = count.split_once(' ')?;
        let number: u64 = number.parse().ok()?;
        match (at, what) {
            (0, "passed") => tally.passed = number,
            (1, "failed") | (_, "could not be read") => tally.failed += number,
            _ => return None,
        }
    }
    Some(tally)
}

/// Runs the tests that `cargo test` passed over because they need the real log, if there are any.
fn real_log(here: &Repository, log: &Path, tests: &mut Tests) -> Result<Option<Tally>, String> {
    let variable = ("EARNEST_REAL_LOG", log);
    needy(
        here,
        "tests on the real message log",
        NEEDS_LOG,
        Some(variable),
        tests,
    )
}

/// Runs the tests that need a PostgreSQL, on a private one, and those that need a cluster, where one is named.
fn databases(here: &Repository, tests: &mut Tests) -> Result<Option<Tally>, String> {
    let mut all = None;
    if has_postgres()? {
        let title = "tests on a private PostgreSQL";
        all = needy(here, title, earnest_pgtest::NEEDS, None, tests)?;
        if earnest_pgtest::has_openssl() {
            let title = "tests on a PostgreSQL that speaks TLS";
            let more = needy(here, title, earnest_pgtest::NEEDS_TLS, None, tests)?;
            if let Some(more) = more {
                all.get_or_insert_default().add(more);
            }
        }
    }
    if std::env::var_os(CITUS).is_some() {
        let more = needy(here, "tests on a cluster", NEEDS_CITUS, None, tests)?;
        if let Some(more) = more {
            all.get_or_insert_default().add(more);
        }
    }
    Ok(all)
}

/// Returns whether there is a PostgreSQL to be started. Where it is allowed, Debian's package is installed; what that
/// starts is left alone.
fn has_postgres() -> Result<bool, String> {
    let is_there = || earnest_pgtest::programs().is_some();
    let may_install = std::env::var_os(INSTALL).is_some_and(|it| it == "yes");
    if is_there() || !may_install {
        return Ok(is_there());
    }
    heading("installing PostgreSQL")?;
    for args in [
        &["update", "-qq"][..],
        &["install", "-y", "-qq", "postgresql"],
    ] {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(args);
        // What keeps it from being installed is shown; the tests are then named as not run.
        if !command.status().is_ok_and(|status| status.success()) {
            break;
        }
    }
    Ok(is_there())
}

/// Runs the tests that need a browser, where there is one: those with axe-core, where that can be had.
fn browser(here: &Repository, tests: &mut Tests) -> Result<Option<Tally>, String> {
    if !(answers("chromium") && answers("chromedriver")) {
        return Ok(None);
    }
    let title = "the pages in Chromium";
    let mut all = needy(here, title, NEEDS_BROWSER, None, tests)?;
    if let Some(axe) = axe(here)? {
        let variable = ("EARNEST_AXE", axe.as_path());
        let title = "the pages under axe-core";
        let more = needy(here, title, NEEDS_AXE, Some(variable), tests)?;
        if let Some(more) = more {
            all.get_or_insert_default().add(more);
        }
    }
    Ok(all)
}

/// Returns whether a program is there.
fn answers(program: &str) -> bool {
    let mut command = Command::new(program);
    let quiet = command
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Returns where axe-core is, a package for tests alone: fetched into the target folder where it is not there yet.
fn axe(here: &Repository) -> Result<Option<PathBuf>, String> {
    let folder = here.target().join("axe-core");
    let file = folder.join("node_modules/axe-core/axe.min.js");
    if file.exists() {
        return Ok(Some(file));
    }
    let mut npm = Command::new("npm");
    npm.args([
        "install",
        "--no-save",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--prefix",
    ]);
    npm.arg(&folder).arg(AXE);
    let fetched = npm.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let is_there = fetched.is_ok_and(|status| status.success()) && file.exists();
    if !is_there {
        say("axe-core cannot be fetched: npm is not there, or reaches no registry\n")?;
    }
    Ok(is_there.then_some(file))
}

/// Runs the tests that `cargo test` passed over for a reason that does not hold here, if there are any.
fn needy(
    here: &Repository,
    title: &str,
    reason: &str,
    variable: Option<(&str, &Path)>,
    tests: &mut Tests,
) -> Result<Option<Tally>, String> {
    let needy: Vec<String> = tests
        .ignored
        .iter()
        .filter(|(_, why)| *why == reason)
        .map(|(test, _)| test.clone())
        .collect();
    if needy.is_empty() {
        return Ok(None);
    }
    heading(title)?;
    let mut args = vec![
        "test",
        "--workspace",
        "--locked",
        "--no-fail-fast",
        "--lib",
        "--bins",
        "--tests",
    ];
    args.extend(["--", "--ignored", "--exact"]);
    args.extend(needy.iter().map(String::as_str));
    let mut command = tests_of(here, &args);
    if let Some((name, path)) = variable {
        say(&format!("{name}={}\n", path.display()))?;
        command.env(name, path);
    }
    let mut ran = Tests::default();
    let well = shown(command, &mut |line| ran.read(line))?;
    ran.ended(well);
    // They were counted as skipped, and have run now.
    let run = ran.tally.passed + ran.tally.failed;
    tests.tally.skipped = tests.tally.skipped.saturating_sub(run);
    tests.ignored.retain(|_, why| why != reason);
    Ok(Some(ran.tally))
}

fn summary(
    tests: &Tests,
    scenarios: Tally,
    [database, real, browser]: &[Option<Tally>; 3],
    log: Option<&Path>,
) -> Done {
    heading("summary")?;
    let mut all = tests.tally;
    all.add(scenarios);
    say(&format!(
        "cargo test  {}\nscenarios   {scenarios}\n",
        tests.tally
    ))?;
    if let Some(database) = database {
        all.add(*database);
        say(&format!("PostgreSQL  {database}\n"))?;
    }
    if let Some(real) = real {
        all.add(*real);
        say(&format!("real log    {real}\n"))?;
    }
    if let Some(browser) = browser {
        all.add(*browser);
        say(&format!(
            "browser     {browser}; pictures of every page are in target/screenshots\n"
        ))?;
    }
    for (test, why) in &tests.ignored {
        if how_to_run(why).is_none() {
            say(&format!("NOT RUN: {test}: {why}\n"))?;
        }
    }
    for reason in [earnest_pgtest::NEEDS, NEEDS_CITUS] {
        // There are hundreds: they are told by their number.
        let count = tests.ignored.values().filter(|why| *why == reason).count();
        if let (1.., Some(how)) = (count, how_to_run(reason)) {
            say(&format!("NOT RUN: {count} tests: {reason}; {how}\n"))?;
        }
    }
    if log.is_none() {
        say(
            "NOT RUN: the tests on a real message log; set EARNEST_REAL_LOG to the path of CollegeMsg.txt, which SNAP distributes\n",
        )?;
    }
    // The very last line, plain, for people and programs.
    say(&format!("{all}\n"))?;
    Ok(all.failed == 0)
}

/// Returns how the tests on databases that are passed over for a reason can be run.
fn how_to_run(reason: &str) -> Option<String> {
    match reason {
        earnest_pgtest::NEEDS => Some(format!(
            "install it (Debian: apt-get install postgresql), set {INSTALL}=yes, or set {} to the folder with initdb",
            earnest_pgtest::PROGRAMS
        )),
        NEEDS_CITUS => Some(format!(
            "set {CITUS} to the address of a database of one, postgres://..."
        )),
        _ => None,
    }
}

fn heading(title: &str) -> Result<(), String> {
    say(&format!("\n== {title}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn tally(passed: u64, failed: u64, skipped: u64) -> Tally {
        Tally {
            passed,
            failed,
            skipped,
        }
    }

    #[test]
    fn cargo_s_result_lines_are_read() {
        let line = "test result: ok. 12 passed; 0 failed; 3 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(result(line), Some(tally(12, 0, 3)));
        let line = "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 9 filtered out; finished in 1.00s";
        assert_eq!(result(line), Some(tally(1, 2, 0)));
        assert_eq!(result("test a ... ok"), None);
    }

    #[test]
    fn an_ignored_test_is_kept_with_its_reason() {
        let line = "test real::it_reads ... ignored, needs the CollegeMsg log";
        assert_eq!(ignored(line), Some(("real::it_reads", NEEDS_LOG)));
        assert_eq!(
            ignored("test a ... ignored"),
            Some(("a", "marked `ignore`"))
        );
        assert_eq!(ignored("test a ... ok"), None);
    }

    #[test]
    fn the_summary_of_earnest_check_is_read() {
        assert_eq!(checked("210 passed, 0 failed"), Some(tally(210, 0, 0)));
        let line = "9 passed, 1 failed, 2 could not be read; 3 policy files skipped";
        assert_eq!(checked(line), Some(tally(9, 3, 0)));
        assert_eq!(checked("ok  a.toml"), None);
        assert_eq!(checked(""), None);
    }

    #[test]
    fn a_run_that_fails_without_a_test_counts_as_failed() {
        let mut tests = Tests::default();
        tests.ended(false);
        assert_eq!(tests.tally, tally(0, 1, 0));
    }
}
