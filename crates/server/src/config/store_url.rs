//! Says where a store is: in a file, in memory, in a PostgreSQL database.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a store is.
///
/// What is printed has no password in it.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// In a file: `sqlite:PATH`.
    Sqlite(PathBuf),
    /// In memory, for trials: `memory:`. It is gone with the process.
    Memory,
    /// In a database: `postgres://...`.
    Postgres(String),
}

impl Default for StoreUrl {
    fn default() -> Self {
        Self::Sqlite(PathBuf::from("earnest.db"))
    }
}

/// Says why a text names no store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoStoreUrl {
    /// It has no kind that is known.
    #[error(
        "`{0}` does not say where the store is; write `sqlite:PATH`, such as `sqlite:earnest.db`, or `postgres://USER@HOST/DATABASE`"
    )]
    Kind(String),
    /// It names no file.
    #[error("`sqlite:` names no file; write `sqlite:PATH`, such as `sqlite:earnest.db`")]
    NoPath,
    /// It names something in memory, where there are no names.
    #[error("a store in memory has no name; write `memory:`")]
    MemoryName,
}

impl FromStr for StoreUrl {
    type Err = NoStoreUrl;

    fn from_str(text: &str) -> Result<Self, NoStoreUrl> {
        let kind = || NoStoreUrl::Kind(without_password(text));
        let (scheme, rest) = text.split_once(':').ok_or_else(kind)?;
        match scheme {
            "sqlite" => match rest.strip_prefix("//").unwrap_or(rest) {
                "" => Err(NoStoreUrl::NoPath),
                path => Ok(Self::Sqlite(PathBuf::from(path))),
            },
            "memory" if rest.is_empty() => Ok(Self::Memory),
            "memory" => Err(NoStoreUrl::MemoryName),
            "postgres" | "postgresql" => Ok(Self::Postgres(text.to_owned())),
            _ => Err(kind()),
        }
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Memory => f.write_str("memory:"),
            Self::Postgres(url) => f.write_str(&without_password(url)),
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Returns an address without the password in it, if there is one.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (rest, query) = match rest.split_once('?') {
        // A password may stand among the parameters, too.
        Some((rest, _)) => (rest, "?..."),
        None => (rest, ""),
    };
    let Some((who, place)) = rest.rsplit_once('@') else {
        return format!("{scheme}://{rest}{query}");
    };
    let name = who.split_once(':').map_or(who, |(name, _)| name);
    format!("{scheme}://{name}:***@{place}{query}")
}
