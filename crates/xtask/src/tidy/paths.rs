//! The repository stands alone: nothing in it names a place of the machine that it was written on.

use super::{File, Finding};
use crate::repository::Repository;
use std::path::{Component, Path, PathBuf};

/// Folders that every system has, or that any system may have.
const EVERYWHERE: [&str; 12] = [
    "bin", "boot", "dev", "etc", "lib", "opt", "proc", "run", "sys", "tmp", "usr", "var",
];

/// Says where a text names a path that is outside of the repository, and really there.
pub(super) fn inside(here: &Repository, files: &[File]) -> Vec<Finding> {
    judge(here, &EVERYWHERE, files)
}

fn judge(here: &Repository, everywhere: &[&str], files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        // `env!("CARGO_MANIFEST_DIR")` and what is put behind it count from the crate.
        let of_crate: PathBuf = file.path.components().take(2).collect();
        for (number, line) in file.lines() {
            for word in line.split(|c: char| !is_of_path(c)) {
                let word = word.trim_end_matches(['.', '/', '-']);
                let out = match word.strip_prefix("/..") {
                    Some(_) => climbs_out(here, &of_crate, word.trim_start_matches('/')),
                    None if word.starts_with("../") => climbs_out(here, Path::new(""), word),
                    None => is_of_this_machine(everywhere, Path::new(word)),
                };
                if out {
                    let what = format!("`{word}` is outside of the repository; say it without");
                    findings.push(Finding::new(&file.path, number, what));
                }
            }
        }
    }
    findings
}

const fn is_of_path(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '_' | '-')
}

/// Returns whether a relative path leads above the root, to something that is there.
///
/// In a source file `../../presets/a.toml` counts from that file and stays inside; from the root it leads to
/// nothing, so it is no finding.
fn climbs_out(here: &Repository, from: &Path, path: &str) -> bool {
    let path = from.join(path);
    let mut depth = 0_i32;
    let mut lowest = 0;
    let mut is_named = false;
    for part in path.components() {
        match part {
            Component::ParentDir => depth -= 1,
            Component::Normal(_) => depth += 1,
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
        lowest = lowest.min(depth);
        is_named = matches!(part, Component::Normal(_));
    }
    lowest < 0 && is_named && here.path(path).exists()
}

/// Returns whether an absolute path names a folder of this very machine. A route such as `/v1/messages` does
/// not, and neither does a lone `/name`.
fn is_of_this_machine(everywhere: &[&str], path: &Path) -> bool {
    let mut names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name),
        _ => None,
    });
    let (Some(first), Some(second)) = (names.next(), names.next()) else {
        return false;
    };
    path.is_absolute()
        && !everywhere.iter().any(|it| *it == first)
        && Path::new("/").join(first).join(second).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_beside_the_repository_is_found_and_one_within_is_not() {
        let machine = tempfile::tempdir().unwrap();
        let root = machine.path().join("repository");
        std::fs::create_dir_all(root.join("crates/core")).unwrap();
        std::fs::create_dir_all(root.join("scenarios/a")).unwrap();
        std::fs::create_dir_all(machine.path().join("secrets/data")).unwrap();
        let here = Repository::at(&root);
        let found = |everywhere: &[&str], text: &str| {
            let file = File {
                path: "crates/core/a.rs".into(),
                text: text.to_owned(),
            };
            judge(&here, everywhere, &[file]).len()
        };
        let relative = |text: &str| found(&EVERYWHERE, text);
        assert_eq!(relative("see `../secrets/data`, or ../secrets."), 2);
        assert_eq!(relative("see `../README.md`, `..`, ../.. and ../../x"), 0);
        assert_eq!(relative("\"/../../../secrets/data\""), 1);
        assert_eq!(relative("\"/../../scenarios/a\""), 0);
        assert_eq!(
            relative("#!/usr/bin/env > /dev/null, /v1/messages, and/or, //a/b"),
            0
        );
        let absolute = machine.path().join("secrets").display().to_string();
        assert_eq!(found(&[], &format!("cd {absolute}/data")), 1);
        assert_eq!(found(&["tmp", "var"], "cd /tmp/x"), 0);
    }
}
