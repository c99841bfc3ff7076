//! Links in documents lead somewhere.

use super::{File, Finding};
use crate::repository::Repository;
use std::path::{Component, Path, PathBuf};

/// Says which links lead nowhere: to no file, to no heading, or out of the repository.
pub(super) fn resolve(here: &Repository, files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is("md")) {
        for (number, line) in prose(file) {
            for target in targets(line) {
                if let Err(why) = follow(here, files, file, target) {
                    let what = format!("the link to `{target}` {why}");
                    findings.push(Finding::new(&file.path, number, what));
                }
            }
        }
    }
    findings
}

/// Returns the lines that stand in no code block.
fn prose(file: &File) -> impl Iterator<Item = (usize, &str)> {
    let mut code = false;
    file.lines().filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    })
}

/// Returns what a line links to: `[text](target)`.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("](").filter_map(move |(at, mark)| {
        let rest = line.get(at + mark.len()..)?;
        rest.get(..rest.find(')')?)
    })
}

fn follow(
    here: &Repository,
    files: &[File],
    from: &File,
    target: &str,
) -> Result<(), &'static str> {
    // Other people's pages are not ours to check, and a check that needs a network would fail without one.
    if target.contains("://") || target.starts_with("mailto:") {
        return Ok(());
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let to = match path {
        "" => from.path.clone(),
        path => {
            let folder = from.path.parent().unwrap_or_else(|| Path::new(""));
            normal(&folder.join(path)).ok_or("leads out of the repository")?
        }
    };
    if !here.path(&to).exists() {
        return Err("leads nowhere");
    }
    if anchor.is_empty() {
        return Ok(());
    }
    let there = files.iter().find(|file| file.path == to);
    let found = there.is_some_and(|file| headings(file).any(|heading| heading == anchor));
    found.then_some(()).ok_or("names no heading")
}

/// Returns a path without `.` and `..`; nothing where it leads above the root.
fn normal(path: &Path) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => normal.push(name),
            Component::CurDir => {}
            Component::ParentDir => normal.pop().then_some(())?,
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(normal)
}

/// Returns the names by which a document's headings are linked to.
fn headings(file: &File) -> impl Iterator<Item = String> {
    prose(file).filter_map(|(_, line)| {
        let heading = line
            .strip_prefix('#')?
            .trim_start_matches('#')
            .strip_prefix(' ')?;
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let name: String = heading.trim().chars().filter(kept).collect();
        Some(name.to_lowercase().replace(' ', "-"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_a_file_and_a_heading() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("docs")).unwrap();
        let write = |path: &str, text: &str| {
            std::fs::write(root.path().join(path), text).unwrap();
            File {
                path: path.into(),
                text: text.to_owned(),
            }
        };
        let files = [
            write(
                "README.md",
                "# A title, `code` & more\n[a](docs/b.md#the-part) [b](#a-title-code--more)\n",
            ),
            write(
                "docs/b.md",
                "## The part\n[ok](../README.md) [web](https://example.org/x)\n```\n[no](gone.md)\n```\n",
            ),
            write("docs/c.md", "[a](gone.md)\n[b](b.md#no) and [c](../../x)\n"),
        ];
        let found: Vec<String> = resolve(&Repository::at(root.path()), &files)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            found,
            [
                "docs/c.md:1: the link to `gone.md` leads nowhere",
                "docs/c.md:2: the link to `b.md#no` names no heading",
                "docs/c.md:2: the link to `../../x` leads out of the repository",
            ]
        );
    }
}
