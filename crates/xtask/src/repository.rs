//! Knows where things are in the repository.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The repository that this chore belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Repository {
    root: PathBuf,
}

/// The folders that hold no sources.
const PASSED_OVER: [&str; 2] = ["target", ".git"];

impl Repository {
    /// Returns the repository that the chore was started for.
    pub(crate) fn here() -> Self {
        // Cargo says it to what it runs; the one at build time serves where the binary is started by hand.
        let package = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package.ancestors().nth(2).unwrap_or(&package);
        Self::at(root)
    }

    /// Returns the repository at a folder.
    pub(crate) fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    /// Returns the root's path.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the path of a file, given from the root.
    pub(crate) fn path(&self, file: impl AsRef<Path>) -> PathBuf {
        self.root.join(file)
    }

    /// Returns the folder that cargo builds into.
    pub(crate) fn target(&self) -> PathBuf {
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.path("target"), PathBuf::from)
    }

    /// Reads a text file, given from the root.
    pub(crate) fn read(&self, file: impl AsRef<Path>) -> Result<String, String> {
        let file = file.as_ref();
        fs::read_to_string(self.path(file))
            .map_err(|error| format!("`{}` cannot be read: {error}", file.display()))
    }

    /// Returns every file, given from the root, in the order of their names.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>, String> {
        let mut found = Vec::new();
        self.search(Path::new(""), &mut found)
            .map_err(|error| format!("the repository cannot be searched: {error}"))?;
        found.sort();
        Ok(found)
    }

    fn search(&self, folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
        for entry in fs::read_dir(self.path(folder))? {
            let entry = entry?;
            let name = entry.file_name();
            let path = folder.join(&name);
            if !entry.file_type()?.is_dir() {
                found.push(path);
            } else if !PASSED_OVER.iter().any(|it| *it == name) {
                self.search(&path, found)?;
            }
        }
        Ok(())
    }

    /// Returns the real message log that some tests need, where it is at hand: the file that
    /// `EARNEST_REAL_LOG` names, or `data/CollegeMsg.txt` here or in a folder beside the repository.
    pub(crate) fn real_log(&self) -> Option<PathBuf> {
        const FILE: &str = "data/CollegeMsg.txt";
        if let Some(named) = env::var_os("EARNEST_REAL_LOG") {
            let named = PathBuf::from(named);
            return named.is_file().then_some(named);
        }
        let beside = self
            .root
            .parent()
            .and_then(|parent| fs::read_dir(parent).ok());
        let mut folders: Vec<PathBuf> = beside
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        folders.sort();
        std::iter::once(self.root.clone())
            .chain(folders)
            .map(|folder| folder.join(FILE))
            .find(|file| file.is_file())
    }
}
