//! Names the formats of logs.

use super::error::{LogError, nearest};
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// A format of logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Lines `SRC DST UNIXTS`, conversation included, as SNAP distributes temporal networks.
    Snap,
    /// A header and a line a message, its cells apart by commas.
    Csv,
    /// A JSON object a message, each on a line of its own.
    Jsonl,
    /// A Parquet file with a row a message.
    Parquet,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Snap, Self::Csv, Self::Jsonl, Self::Parquet];

    /// Returns the format's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Snap => "snap",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
        }
    }

    /// Returns the format that a file's name ends in.
    ///
    /// # Errors
    /// When the name ends in none of `.csv`, `.jsonl`, `.ndjson`, `.parquet`, `.txt` and `.snap`.
    pub fn of(path: &Path) -> Result<Self, LogError> {
        let ending = path
            .extension()
            .and_then(|ending| ending.to_str())
            .map(str::to_ascii_lowercase);
        match ending.as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("jsonl" | "ndjson") => Ok(Self::Jsonl),
            Some("parquet") => Ok(Self::Parquet),
            Some("txt" | "snap") => Ok(Self::Snap),
            _ => Err(LogError::UnknownFormat {
                path: path.to_owned(),
            }),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Says that a text names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no format `{text}`; {}", .near.map_or_else(|| "it is snap, csv, jsonl or parquet".to_owned(), |near| format!("did you mean `{near}`?")))]
pub struct NoFormat {
    text: String,
    near: Option<&'static str>,
}

impl FromStr for Format {
    type Err = NoFormat;
    fn from_str(text: &str) -> Result<Self, NoFormat> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| NoFormat {
                text: text.to_owned(),
                near: nearest(text, Self::ALL.map(Self::name)),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_s_ending_says_the_format() {
        let of = |path: &str| Format::of(Path::new(path)).ok();
        assert_eq!(of("a/b.csv"), Some(Format::Csv));
        assert_eq!(of("b.JSONL"), Some(Format::Jsonl));
        assert_eq!(of("b.ndjson"), Some(Format::Jsonl));
        assert_eq!(of("b.parquet"), Some(Format::Parquet));
        assert_eq!(of("b.csv.txt"), Some(Format::Snap));
        for path in ["b", "csv", ".csv", "b.json", "b.csv.gz", ""] {
            assert_eq!(of(path), None, "{path}");
        }
    }

    #[test]
    fn a_format_is_read_as_it_is_printed() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        let error = "cvs".parse::<Format>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no format `cvs`; did you mean `csv`?"
        );
    }
}
