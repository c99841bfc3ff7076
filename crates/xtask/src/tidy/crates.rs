//! Dependencies prove what the architecture claims.

use super::{File, Finding};
use crate::repository::Repository;
use crate::run::{cargo, output};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// All that core may link, itself included. Each has been looked at: none has a clock, IO, randomness, threads
/// or async in the features that core uses. Another one needs a reason in the commit that adds it here.
const OF_CORE: [&str; 31] = [
    "earnest-core",
    "equivalent",
    "foldhash",
    "hashbrown",
    "indexmap",
    "itoa",
    "jiff",
    "jiff-core",
    "jiff-static",
    "memchr",
    "portable-atomic",
    "portable-atomic-util",
    "proc-macro2",
    "quote",
    "serde",
    "serde_core",
    "serde_derive",
    "serde_json",
    "serde_spanned",
    "smallvec",
    "smol_str",
    "strsim",
    "syn",
    "thiserror",
    "thiserror-impl",
    "toml",
    "toml_datetime",
    "toml_parser",
    "unicode-ident",
    "winnow",
    "zmij",
];

/// Features that would bring a clock or files into core, by the crate that has them.
const NOT_IN_CORE: [(&str, &[&str]); 1] = [("jiff", &["std", "tz-system", "tzdb-zoneinfo"])];

/// The crates of the workspace, and what each may use of the others in what it ships.
const ARROWS: [(&str, &[&str]); 16] = [
    ("earnest-core", &[]),
    ("earnest-chart", &[]),
    ("earnest-scenario", &["earnest-core"]),
    ("earnest-backtest", &["earnest-core"]),
    ("earnest-lab", &["earnest-core", "earnest-backtest"]),
    ("earnest-market", &["earnest-core", "earnest-backtest"]),
    (
        "earnest-report",
        &[
            "earnest-core",
            "earnest-chart",
            "earnest-backtest",
            "earnest-lab",
            "earnest-market",
        ],
    ),
    ("earnest-store", &["earnest-core"]),
    ("earnest-engine", &["earnest-core", "earnest-store"]),
    (
        "earnest-server",
        &["earnest-core", "earnest-store", "earnest-engine"],
    ),
    (
        "earnest-web",
        &[
            "earnest-core",
            "earnest-chart",
            "earnest-backtest",
            "earnest-lab",
            "earnest-report",
            "earnest-store",
            "earnest-engine",
            "earnest-server",
        ],
    ),
    (
        "earnest-cli",
        &[
            "earnest-core",
            "earnest-scenario",
            "earnest-backtest",
            "earnest-lab",
            "earnest-market",
            "earnest-report",
            "earnest-store",
            "earnest-engine",
            "earnest-server",
            "earnest-web",
        ],
    ),
    (
        "earnest-sim",
        &["earnest-core", "earnest-store", "earnest-engine"],
    ),
    ("earnest-bench", &["earnest-core", "earnest-pgtest"]),
    ("earnest-pgtest", &[]),
    ("earnest-xtask", &["earnest-core", "earnest-pgtest"]),
];

/// Says what core links that it may not.
pub(super) fn core(here: &Repository) -> Result<Vec<Finding>, String> {
    let tree = [
        "tree",
        "--locked",
        "--package",
        "earnest-core",
        "--edges",
        "normal",
        "--target",
        "all",
    ];
    let format = ["--prefix", "none", "--no-dedupe", "--format", "{p}|{f}"];
    let tree = output(cargo(here, &[&tree[..], &format[..]].concat()))?;
    Ok(judge(&tree)
        .into_iter()
        .map(|what| Finding::new("crates/core/Cargo.toml", 0, what))
        .collect())
}

/// Reads lines `name v1.0.0 (proc-macro)|feature,feature`.
fn judge(tree: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in tree.lines() {
        let (package, features) = line.split_once('|').unwrap_or((line, ""));
        let name = package.split(' ').next().unwrap_or_default();
        if !OF_CORE.contains(&name) {
            found.insert(format!(
                "core links `{name}`, which is not on the list in `crates/xtask/src/tidy/crates.rs`"
            ));
        }
        for (_, banned) in NOT_IN_CORE.iter().filter(|(of, _)| *of == name) {
            for feature in features
                .split(',')
                .filter(|feature| banned.contains(feature))
            {
                found.insert(format!("core uses the feature `{feature}` of `{name}`"));
            }
        }
    }
    found
}

/// Says which crate of the workspace uses another that is not below it, or does without the shared lints.
pub(super) fn arrows(here: &Repository, files: &[File]) -> Result<Vec<Finding>, String> {
    let call = ["metadata", "--locked", "--no-deps", "--format-version", "1"];
    let metadata: Value = serde_json::from_str(&output(cargo(here, &call))?)
        .map_err(|error| format!("cargo's metadata cannot be read: {error}"))?;
    let packages = metadata["packages"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let mut findings = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let folder = Path::new("crates").join(name.trim_start_matches("earnest-"));
        let manifest = folder.join("Cargo.toml");
        let mut found = |what: String| findings.push(Finding::new(&manifest, 0, what));
        let Some((_, below)) = ARROWS.iter().find(|(of, _)| *of == name) else {
            found(format!(
                "`{name}` is not among the arrows in `crates/xtask/src/tidy/crates.rs`"
            ));
            continue;
        };
        for other in used(package).filter(|other| !below.contains(other)) {
            found(format!("`{name}` may not use `{other}`"));
        }
        let text = files.iter().find(|file| file.path == manifest);
        if !text.is_some_and(|file| file.text.contains("[lints]\nworkspace = true")) {
            found("has no `[lints]` with `workspace = true`".to_owned());
        }
    }
    Ok(findings)
}

/// Returns the crates of the workspace that a package uses in what it ships.
fn used(package: &Value) -> impl Iterator<Item = &str> {
    let dependencies = package["dependencies"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    dependencies
        .iter()
        .filter(|it| it["path"].is_string() && it["kind"].is_null())
        .filter_map(|it| it["name"].as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_or_a_clock_in_core_is_found() {
        let tree = "earnest-core v0.1.0 (somewhere)|\njiff v0.2.0|alloc\nserde_derive v1.0.0 (proc-macro)|default\n";
        assert!(judge(tree).is_empty());
        let tree = "tokio v1.0.0|rt\njiff v0.2.0|alloc,std\ntokio v1.0.0|rt\n";
        assert_eq!(judge(tree).len(), 2);
    }
}
