//! Says why a log cannot be read.
//!
//! Owns: the wording of every mistake in a log. Does not own: finding them.
//! Invariant: each text names the place, what is wrong, and what would be right.

use super::row::Column;
use earnest_core::units::{IdError, Timestamp};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Says why a log cannot be read. Nothing of it is kept then.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file cannot be opened.
    #[error("cannot open `{}`: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file cannot be read to its end.
    #[error("cannot read `{name}`: {source}")]
    Read {
        /// The file.
        name: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file's name does not say what format it has.
    #[error("the name `{}` does not say which format the log has; end it in `.csv`, `.jsonl`, `.ndjson`, `.parquet` or, for snap, `.txt`, or say `--format`", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// The file has no messages.
    #[error("`{name}` {what}; a log has at least one message")]
    Empty {
        /// The file.
        name: String,
        /// Why there are none.
        what: &'static str,
    },
    /// A line is wrong.
    #[error(transparent)]
    BadLine(#[from] BadLine),
    /// More lines are wrong than were to be left out.
    #[error("{}\nmore than {most} lines are bad, and nothing of the log is kept", shown_lines(.lines))]
    TooManyBad {
        /// How many were to be left out.
        most: usize,
        /// Those found so far, in order.
        lines: Vec<BadLine>,
    },
    /// The file is no Parquet file that can be read.
    #[error("`{name}` cannot be read as Parquet: {why}")]
    Parquet {
        /// The file.
        name: String,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// The log is larger than this machine's numbers for its parts.
    #[error("`{name}` has more than {most} {what}; split it into several logs")]
    TooLarge {
        /// The file.
        name: String,
        /// The most.
        most: u32,
        /// Of what.
        what: &'static str,
    },
}

/// Names a bad line and says what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {fault}")]
pub struct BadLine {
    /// The file's name, as it was given.
    pub file: String,
    /// The line, counted from 1 over all lines of the file.
    pub line: u64,
    /// What is wrong with it.
    pub fault: Fault,
}

/// Says what is wrong with a line, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The line has bytes that are no text.
    #[error("the line is not UTF-8; save the file as UTF-8")]
    NotUtf8,
    /// The line is too long to be one.
    #[error("the line is longer than {0} bytes; a log has one message a line")]
    TooLong(usize),
    /// The header has a column that logs do not have.
    #[error("there is no column `{}`; {}", shown(.name), .near.map_or_else(|| format!("the columns are {}", Column::list()), |near| format!("did you mean `{near}`?")))]
    UnknownColumn {
        /// The column or key as written.
        name: String,
        /// The most similar column.
        near: Option<&'static str>,
    },
    /// A column or key comes twice.
    #[error("`{0}` comes twice; name each column once")]
    RepeatedColumn(Column),
    /// The header lacks a column that every log has.
    #[error(
        "the header has no column `{0}`; `recipient`, `sent_at` and one of `contract` and `seat` are required"
    )]
    MissingColumn(Column),
    /// The line does not have the header's number of columns.
    #[error("the line has {}, and the header names {expected}; write one cell for each, empty where there is nothing", count(*.found, "column"))]
    Columns {
        /// How many the header names.
        expected: usize,
        /// How many the line has.
        found: usize,
    },
    /// A quoted cell does not end.
    #[error("a quoted cell does not end on its line; close it with `\"`")]
    OpenQuote,
    /// The line is no JSON object.
    #[error(
        "the line is not one JSON object ({0}); write an object a line, such as `{{\"seat\": \"ana\", \"recipient\": \"bo\", \"sent_at\": \"2015-01-02T09:00:00Z\"}}`"
    )]
    Json(String),
    /// A JSON value is of the wrong type.
    #[error("`{column}` is {}, and not {}", shown(.text), .column.json_type())]
    JsonType {
        /// The key.
        column: Column,
        /// The value as written.
        text: String,
    },
    /// A required cell is empty.
    #[error("`{0}` is empty, and every message has one")]
    Missing(Column),
    /// The line does not say who sent the message.
    #[error(
        "`contract` and `seat` are both empty; give at least one, and it stands for the other too"
    )]
    NoSender,
    /// A cell is no id.
    #[error("`{column}` is `{}`, which is no id: {error}", shown(.text))]
    Id {
        /// The column.
        column: Column,
        /// The cell.
        text: String,
        /// Why not.
        error: IdError,
    },
    /// A cell is no instant.
    #[error("`{column}` is `{}`, which {}", shown(.text), .why.text())]
    Instant {
        /// The column.
        column: Column,
        /// The cell.
        text: String,
        /// Why not.
        why: NotInstant,
    },
    /// There is no such kind of response.
    #[error("there is no response `{}`; {}", shown(.text), .near.map_or_else(|| "it is reply, accept or not_interested, or empty".to_owned(), |near| format!("did you mean `{near}`?")))]
    UnknownResponse {
        /// The cell.
        text: String,
        /// The most similar kind.
        near: Option<&'static str>,
    },
    /// There is a response, but not when.
    #[error("there is a `response` but no `responded_at`; say when it came, or leave both empty")]
    ResponseWithoutInstant,
    /// The answer came before the message.
    #[error(
        "`responded_at` ({responded_at}) is before `sent_at` ({sent_at}); an answer comes at the send or later"
    )]
    AnsweredBeforeSent {
        /// When the message was sent.
        sent_at: Timestamp,
        /// When it was answered.
        responded_at: Timestamp,
    },
    /// The message was seen before it was sent.
    #[error(
        "`seen_at` ({seen_at}) is before `sent_at` ({sent_at}); a message is seen at the send or later"
    )]
    SeenBeforeSent {
        /// When the message was sent.
        sent_at: Timestamp,
        /// When it was seen.
        seen_at: Timestamp,
    },
    /// The id is another message's.
    #[error(
        "the id `{id}` is taken by the message of line {line}; each message has its own, or none"
    )]
    RepeatedId {
        /// The id.
        id: String,
        /// The line that has it first.
        line: u32,
    },
    /// A snap line has other than three fields.
    #[error("the line has {}; write three, `SRC DST UNIXTS`, apart by spaces or tabs", count(*.0, "field"))]
    SnapFields(usize),
    /// A field of a snap line is no whole number, or one that is too large.
    #[error("the field `{}` is no whole number from 0 to {most}; {of}", shown(.text), most = .of.most(), of = .of.right())]
    SnapNumber {
        /// The field.
        text: String,
        /// What the field is.
        of: SnapField,
    },
}

/// Says which field of a snap line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapField {
    /// The sender or the recipient.
    Node,
    /// The instant.
    Instant,
}

impl SnapField {
    const fn most(self) -> u64 {
        match self {
            Self::Node => u64::MAX,
            // The last second of year 9999.
            Self::Instant => 253_402_300_799,
        }
    }

    const fn right(self) -> &'static str {
        match self {
            Self::Node => "sender and recipient are numbers",
            Self::Instant => "an instant is in Unix seconds, such as `1082040961`",
        }
    }
}

/// Says why a text is no instant of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotInstant {
    /// It is neither RFC 3339 nor Unix seconds.
    Malformed,
    /// It lacks the offset.
    NoOffset,
    /// It is finer than a millisecond.
    TooFine,
    /// It is not in years 1 to 9999.
    OutOfRange,
}

impl NotInstant {
    const fn text(self) -> &'static str {
        match self {
            Self::Malformed => {
                "is no instant; write RFC 3339 such as `2015-01-02T09:00:00Z`, or Unix seconds such as `1420189200`"
            }
            Self::NoOffset => "has no offset; add a `Z` for UTC, as in `2015-01-02T09:00:00Z`",
            Self::TooFine => "is finer than a millisecond; write at most three decimals",
            Self::OutOfRange => {
                "is not in years 1 to 9999; write seconds since 1970, not milliseconds"
            }
        }
    }
}

fn shown_lines(lines: &[BadLine]) -> String {
    /// So many are enough to see what is wrong with a file.
    const MOST: usize = 20;
    let mut shown: Vec<String> = lines.iter().take(MOST).map(ToString::to_string).collect();
    if let Some(more @ 1..) = lines.len().checked_sub(MOST) {
        shown.push(format!("and {}", count(more, "more bad line")));
    }
    shown.join("\n")
}

/// Returns a text of the user's, cut where it is long and with what does not print escaped.
fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let mut out = String::new();
    for (n, c) in text.chars().enumerate() {
        if n == MOST {
            out.push('…');
            break;
        }
        if c.is_control() {
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

fn count(n: usize, noun: &str) -> String {
    match n {
        1 => format!("1 {noun}"),
        n => format!("{n} {noun}s"),
    }
}

/// Returns the name that was most likely meant, if one is near enough.
pub(super) fn nearest(
    text: &str,
    names: impl IntoIterator<Item = &'static str>,
) -> Option<&'static str> {
    // A long text is no misspelling, and comparing it would be slow.
    if text.len() > 40 {
        return None;
    }
    let typed = text.trim().to_ascii_lowercase().replace([' ', '-'], "_");
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&typed, name), name))
        .filter(|(distance, name)| distance * 3 <= name.len().max(typed.len()))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}
