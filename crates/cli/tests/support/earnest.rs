//! Runs the real binary in a folder of its own.

#![allow(dead_code, reason = "not every command's tests need every helper")]
#![expect(clippy::unwrap_used, reason = "a helper of tests")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// What a run printed, and its exit code.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Returns standard output of a run that did what it was asked.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{self:?}");
        self.out
    }

    /// Returns standard error of a run whose call or input was wrong, and which printed nothing else.
    #[track_caller]
    pub(crate) fn refused(self) -> String {
        assert_eq!((self.code, self.out.as_str()), (Some(2), ""), "{self:?}");
        self.err
    }

    /// Returns all of it, for a snapshot.
    pub(crate) fn all(&self) -> String {
        format!(
            "exit code {}\n--- standard output\n{}--- standard error\n{}",
            self.code
                .map_or_else(|| "none".to_owned(), |code| code.to_string()),
            self.out,
            self.err
        )
    }
}

/// A folder for one test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    /// Writes a file, with the folders that it is in.
    pub(crate) fn with(self, file: &str, text: &str) -> Self {
        let path = self.path(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).unwrap()
    }

    /// Returns the names of the files in it.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Makes up a log in it.
    #[track_caller]
    pub(crate) fn generate(&self, messages: u32, seed: u32, file: &str) {
        let (messages, seed) = (messages.to_string(), seed.to_string());
        let call = [
            "generate",
            "--messages",
            &messages,
            "--seed",
            &seed,
            "--out",
            file,
        ];
        self.earnest(&call).done();
    }

    /// Runs `earnest` in it.
    pub(crate) fn earnest(&self, args: &[&str]) -> Ran {
        earnest_in(self.0.path(), args)
    }
}

/// Returns a call of the binary, far from any terminal.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_earnest"));
    command
        .args(args)
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env("COLUMNS", "100")
        .stdin(Stdio::null());
    command
}

fn earnest_in(folder: &Path, args: &[&str]) -> Ran {
    let output = command(args).current_dir(folder).output().unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Reads JSON.
pub(crate) fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

/// Runs `earnest` where it needs no files.
pub(crate) fn earnest(args: &[&str]) -> Ran {
    Folder::new().earnest(args)
}
