//! Reads what is set of a server: defaults, then a file, then variables, then flags.
//!
//! Owns: which settings there are, their names, and which source wins. Does not own: finding the file or reading
//! the environment: callers hand in texts. Invariants: every value that is given is checked, also one that
//! another source overrides; all mistakes are told at once, each with the place that it comes from; what stands
//! in `config.default.toml` is what is set where nothing is given.

mod entry;
mod given;
mod mistake;
mod store_url;

pub use mistake::{Mistake, Mistakes};
pub use store_url::{NoStoreUrl, StoreUrl};

use crate::settings::Settings;
use earnest_core::document::{Document, nearest};
use entry::{ENTRIES, Entry};
use given::Given;
use std::collections::BTreeMap;
use std::fmt;

/// The commented manual: every setting with its default.
pub const MANUAL: &str = include_str!("../config.default.toml");
/// What every variable begins with.
const VARIABLE: &str = "EARNEST_";

/// What is set.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where everything is kept.
    pub store: StoreUrl,
    /// How the log is written.
    pub log: Log,
    /// How many reads of an embedded store go on at once.
    pub readers: usize,
    /// How many connections to a PostgreSQL database are opened at most.
    pub connections: usize,
    /// What is set of the server.
    pub server: Settings,
    /// What is set of the engine.
    pub engine: earnest_engine::Options,
    origins: BTreeMap<&'static str, Origin>,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// In which form.
    pub format: LogFormat,
    /// What is worth a line.
    pub level: LogLevel,
}

/// In which form the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// A JSON object a line.
    Json,
}

/// What is worth a line in the log: each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What failed.
    Error,
    /// What may fail soon.
    Warn,
    /// What an operator wants to know.
    Info,
    /// What a developer wants to know.
    Debug,
    /// Everything.
    Trace,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody gave one.
    Default,
    /// A line of a file.
    File(String, u32),
    /// A variable.
    Variable(String),
    /// A flag.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the default"),
            Self::File(name, line) => write!(f, "{name}:{line}"),
            Self::Variable(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// What is given beside the defaults.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// A file's name and text.
    pub file: Option<(String, String)>,
    /// Variables with their values; those that do not begin with `EARNEST_` are passed over.
    pub variables: Vec<(String, String)>,
    /// Flags: the flag as it is typed, the setting's name and the value.
    pub flags: Vec<(String, String, String)>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            store: StoreUrl::default(),
            log: Log {
                format: LogFormat::Text,
                level: LogLevel::Info,
            },
            readers: 4,
            connections: 16,
            server: Settings::default(),
            engine: earnest_engine::Options::default(),
            origins: BTreeMap::new(),
        }
    }
}

impl Config {
    /// Reads what is set.
    ///
    /// # Errors
    /// All mistakes of all sources.
    pub fn read(sources: &Sources) -> Result<Self, Mistakes> {
        let mut config = Self::default();
        let mut mistakes = Mistakes::default();
        if let Some((name, text)) = &sources.file {
            config.take_file(name, text, &mut mistakes);
        }
        for (name, value) in &sources.variables {
            config.take_variable(name, value, &mut mistakes);
        }
        for (flag, key, value) in &sources.flags {
            config.take_flag(flag, key, value, &mut mistakes);
        }
        config.check(&mut mistakes);
        mistakes.or(config)
    }

    fn take_file(&mut self, name: &str, text: &str, mistakes: &mut Mistakes) {
        let document = match Document::parse(name, text) {
            Ok(document) => document,
            Err(wrong) => return mistakes.extend(&wrong),
        };
        let root = document.root();
        let mut tables = BTreeMap::new();
        for entry in &ENTRIES {
            let Some((table, key)) = entry.key.split_once('.') else {
                if let Some(value) = root.get(entry.key) {
                    let line = value.line();
                    let origin = Origin::File(name.to_owned(), line);
                    self.take(entry, &Given::File(value), origin);
                }
                continue;
            };
            let table = tables.entry(table).or_insert_with(|| root.table(table));
            let value = table.as_ref().and_then(|table| table.get(key));
            if let Some(value) = value {
                let origin = Origin::File(name.to_owned(), value.line());
                self.take(entry, &Given::File(value), origin);
            }
        }
        for table in tables.into_values().flatten() {
            table.finish();
        }
        root.finish();
        if let Err(wrong) = document.finish(Some(())) {
            mistakes.extend(&wrong);
        }
    }

    fn take_variable(&mut self, name: &str, value: &str, mistakes: &mut Mistakes) {
        if !name.starts_with(VARIABLE) {
            return;
        }
        if let Some(entry) = ENTRIES.iter().find(|entry| entry.variable() == name) {
            let given = Given::text(name, value);
            self.take(entry, &given, Origin::Variable(name.to_owned()));
            mistakes.take(given);
            return;
        }
        // A variable may be somebody else's; one that is nearly ours is a slip.
        let rest = name.strip_prefix(VARIABLE).unwrap_or(name);
        let known: Vec<String> = ENTRIES.iter().map(Entry::flat).collect();
        if let Some(near) = nearest(rest, known.iter().map(String::as_str)) {
            let instead = format!("did you mean `{VARIABLE}{}`?", near.to_ascii_uppercase());
            mistakes.add(name, "is no variable of earnest", &instead);
        }
    }

    fn take_flag(&mut self, flag: &str, key: &str, value: &str, mistakes: &mut Mistakes) {
        let Some(entry) = ENTRIES.iter().find(|entry| entry.key == key) else {
            let keys = ENTRIES.iter().map(|entry| entry.key);
            let instead = match nearest(key, keys) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`earnest serve --print-config` lists the settings".to_owned(),
            };
            return mistakes.add(flag, &format!("there is no setting `{key}`"), &instead);
        };
        let given = Given::text(flag, value);
        self.take(entry, &given, Origin::Flag(flag.to_owned()));
        mistakes.take(given);
    }

    fn take(&mut self, entry: &Entry, given: &Given<'_>, origin: Origin) {
        if (entry.set)(self, given).is_some() {
            self.origins.insert(entry.key, origin);
        }
    }

    /// Looks at what no value shows by itself.
    fn check(&self, mistakes: &mut Mistakes) {
        if self.server.batch_body_most < self.server.body_most {
            let origin = self.origin("limits.batch_body_bytes").to_string();
            let problem = format!(
                "limits.batch_body_bytes: `{}` is less than limits.body_bytes",
                self.server.batch_body_most
            );
            let instead = format!("write at least {}", self.server.body_most);
            mistakes.add(&origin, &problem, &instead);
        }
    }

    /// Returns where a setting's value comes from.
    #[must_use]
    pub fn origin(&self, key: &str) -> &Origin {
        self.origins.get(key).unwrap_or(&Origin::Default)
    }

    /// Returns everything that is set as a file, each value with the place that it comes from. Secrets are not
    /// in it.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let mut table = "";
        for entry in &ENTRIES {
            let (of, key) = entry.key.split_once('.').unwrap_or(("", entry.key));
            if of != table {
                text.push_str(&format!("\n[{of}]\n"));
                table = of;
            }
            let value = (entry.show)(self);
            let origin = self.origin(entry.key);
            text.push_str(&format!("{key} = {value}  # {origin}\n"));
        }
        text
    }

    /// Returns the names of all settings, in the order of the manual.
    pub fn keys() -> impl Iterator<Item = &'static str> {
        ENTRIES.iter().map(|entry| entry.key)
    }
}

#[cfg(test)]
mod tests;
