//! The scenarios are the specification: none of its folders is empty, and every preset is played.

use super::{File, Finding};
use crate::repository::Repository;
use earnest_core::policy::preset;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Says which folders have no scenario, and which presets no scenario names.
pub(super) fn complete(here: &Repository, files: &[File]) -> Result<Vec<Finding>, String> {
    let root = Path::new("scenarios");
    let scenarios: Vec<&File> = files
        .iter()
        .filter(|file| file.path.starts_with(root) && file.is("toml"))
        .collect();
    let mut folders = BTreeMap::from([(root.to_owned(), 0_usize)]);
    search(here, root, &mut folders)?;
    for scenario in &scenarios {
        for folder in scenario.path.ancestors().skip(1) {
            folders
                .entry(folder.to_owned())
                .and_modify(|count| *count += 1);
        }
    }
    let empty = folders.iter().filter(|(_, count)| **count == 0);
    let empty = empty.map(|(folder, _)| Finding::new(folder, 0, "has no scenario"));
    let missing = preset::NAMES
        .into_iter()
        .filter(|name| !scenarios.iter().any(|scenario| plays(scenario, name)))
        .map(|name| Finding::new(root, 0, format!("no scenario plays the preset `{name}`")));
    Ok(empty.chain(missing).collect())
}

fn search(
    here: &Repository,
    folder: &Path,
    found: &mut BTreeMap<PathBuf, usize>,
) -> Result<(), String> {
    let failed =
        |error: std::io::Error| format!("`{}` cannot be searched: {error}", folder.display());
    for entry in std::fs::read_dir(here.path(folder)).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_dir() {
            let inner = folder.join(entry.file_name());
            found.insert(inner.clone(), 0);
            search(here, &inner, found)?;
        }
    }
    Ok(())
}

/// Returns whether a scenario is played under a preset from its beginning.
fn plays(scenario: &File, preset: &str) -> bool {
    scenario.text.lines().any(|line| {
        let value = line
            .strip_prefix("policy")
            .and_then(|rest| rest.trim_start().strip_prefix('='));
        let quoted = value.and_then(|rest| rest.trim_start().strip_prefix(['"', '\'']));
        quoted.is_some_and(|rest| {
            rest.starts_with(preset) && rest[preset.len()..].starts_with(['"', '\''])
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_folder_and_a_forgotten_preset_are_found() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["scenarios/a", "scenarios/b/c", "scenarios/b/d"] {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        let scenario = |path: &str, preset: &str| File {
            path: path.into(),
            text: format!("name = \"x\"\npolicy   = \"{preset}\"  # so\n"),
        };
        let mut files: Vec<File> = preset::NAMES
            .iter()
            .map(|name| scenario(&format!("scenarios/a/{name}.toml"), name))
            .collect();
        files.push(scenario("scenarios/b/c/x.toml", "inmail-2015"));
        files.remove(0);
        let found = complete(&Repository::at(root.path()), &files).unwrap();
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "scenarios/b/d: has no scenario",
                "scenarios: no scenario plays the preset `inmail-2013`"
            ]
        );
    }
}
