//! Finds out what is set: the file, the variables and the flags that a call has.
//!
//! Owns: the only place that reads the environment, and where the file of settings is. Does not own: what can
//! be set, and which source wins ([`earnest_server::config`]). Invariant: what is set is checked as a whole
//! before anything is opened.

use crate::error::Error;
use earnest_server::config::{Config, Sources};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The file that is read where none is named.
const FILE: &str = "earnest.toml";
/// The variable that names the file.
const FILE_VARIABLE: &str = "EARNEST_CONFIG";

/// Which store a command works on.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct StoreArgs {
    /// The store: `sqlite:PATH` or `postgres://...` [default: what is set, else sqlite:earnest.db]
    #[arg(long, value_name = "URL")]
    pub(crate) store: Option<String>,
    /// The file of settings [default: earnest.toml, where there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

impl StoreArgs {
    /// Reads what is set, with this call's store.
    ///
    /// # Errors
    /// All mistakes, or why the file cannot be read.
    pub(crate) fn read(&self) -> Result<Config, Error> {
        self.read_with(Vec::new())
    }

    /// Reads what is set, with this call's store and more flags: each as it is typed, the setting's name, and
    /// the value.
    ///
    /// # Errors
    /// As [`StoreArgs::read`].
    pub(crate) fn read_with(&self, flags: Vec<(String, String, String)>) -> Result<Config, Error> {
        let mut sources = Sources {
            file: file(self.config.as_deref())?,
            variables: variables(),
            flags,
        };
        if let Some(store) = &self.store {
            let flag = ("--store".to_owned(), "store".to_owned(), store.clone());
            sources.flags.push(flag);
        }
        Config::read(&sources).map_err(Error::input)
    }
}

/// Returns the name and the text of the file of settings, if there is one.
fn file(named: Option<&Path>) -> Result<Option<(String, String)>, Error> {
    let variable = env::var_os(FILE_VARIABLE).filter(|it| !it.is_empty());
    let named = named.map(Path::to_owned).or(variable.map(PathBuf::from));
    let path = named.clone().unwrap_or_else(|| PathBuf::from(FILE));
    let shown = path.display().to_string();
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some((shown, text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => Ok(None),
        Err(error) => Err(Error::Input(match error.kind() {
            io::ErrorKind::NotFound => {
                format!("there is no file `{shown}`; name a file of settings that is there")
            }
            io::ErrorKind::InvalidData => format!("`{shown}` is no UTF-8 text; settings are TOML"),
            _ => format!("`{shown}` cannot be read: {error}"),
        })),
    }
}

/// Returns the variables that may be ours.
fn variables() -> Vec<(String, String)> {
    let all = env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        // What is no text is told apart by its replacement characters, which no setting takes.
        Some((name, value.to_string_lossy().into_owned()))
    });
    all.filter(|(name, _)| name.starts_with("EARNEST_") && name != FILE_VARIABLE)
        .collect()
}
