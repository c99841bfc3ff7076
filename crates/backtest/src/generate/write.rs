//! Writes made-up messages as `csv` or `jsonl`.
//!
//! Owns: the bytes. Does not own: the messages.
//! Invariant: whatever is written is read back without a fault.

use super::{Generator, Made, calendar};
use crate::log::{Column, Format, LogError};
use std::io::{self, Read};
use std::path::Path;

/// How many bytes are made at a time.
const PART: usize = 64 * 1024;

/// How a made-up log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// A header and a line a message.
    Csv,
    /// A JSON object a line.
    Jsonl,
}

impl Output {
    /// Returns what a file's name ends in: `.csv`, `.jsonl` or `.ndjson`.
    ///
    /// # Errors
    /// When it ends in something else.
    pub fn of(path: &Path) -> Result<Self, NoOutput> {
        match Format::of(path) {
            Ok(Format::Csv) => Ok(Self::Csv),
            Ok(Format::Jsonl) => Ok(Self::Jsonl),
            Ok(Format::Snap | Format::Parquet) | Err(LogError::UnknownFormat { .. }) | Err(_) => {
                Err(NoOutput(path.display().to_string()))
            }
        }
    }
}

/// Says that a file's name does not tell how to write a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the name `{0}` does not say how to write the log; end it in `.csv` or `.jsonl`")]
pub struct NoOutput(String);

/// The bytes of a made-up log, made as they are read.
pub(super) struct Bytes {
    from: Generator,
    output: Output,
    part: Vec<u8>,
    /// How much of the part was read.
    taken: usize,
    begun: bool,
}

impl Bytes {
    pub(super) fn new(from: Generator, output: Output) -> Self {
        Self {
            from,
            output,
            part: Vec::with_capacity(PART + 1_024),
            taken: 0,
            begun: false,
        }
    }

    /// Returns how many messages were made so far.
    pub(super) const fn messages(&self) -> u64 {
        self.from.messages
    }

    /// Returns the next part; nothing at the end.
    pub(super) fn part(&mut self) -> Option<&[u8]> {
        self.part.clear();
        self.taken = 0;
        if !std::mem::replace(&mut self.begun, true) && self.output == Output::Csv {
            let header = Column::ALL.map(Column::name).join(",");
            self.part.extend_from_slice(header.as_bytes());
            self.part.push(b'\n');
        }
        while self.part.len() < PART {
            let Some(made) = self.from.next() else { break };
            match self.output {
                Output::Csv => csv(&made, &mut self.part),
                Output::Jsonl => jsonl(&made, &mut self.part),
            }
        }
        (!self.part.is_empty()).then_some(&self.part)
    }
}

impl Read for Bytes {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.part.len() && self.part().is_none() {
            return Ok(0);
        }
        let mut rest = self.part.get(self.taken..).unwrap_or_default();
        let count = rest.read(into)?;
        self.taken += count;
        Ok(count)
    }
}

fn csv(made: &Made, to: &mut Vec<u8>) {
    name(b'm', made.message, to);
    to.push(b',');
    name(b'c', made.contract.into(), to);
    to.push(b',');
    name(b's', made.seat.into(), to);
    to.push(b',');
    name(b'u', made.recipient.into(), to);
    to.push(b',');
    calendar::write(made.sent, to);
    to.push(b',');
    if let Some(campaign) = made.campaign {
        name(b'b', campaign, to);
    }
    to.push(b',');
    if let Some((second, kind)) = made.response {
        calendar::write(second, to);
        to.push(b',');
        to.extend_from_slice(kind.name().as_bytes());
    } else {
        to.push(b',');
    }
    to.push(b',');
    if let Some(second) = made.seen {
        calendar::write(second, to);
    }
    to.push(b'\n');
}

fn jsonl(made: &Made, to: &mut Vec<u8>) {
    to.extend_from_slice(b"{\"id\":\"");
    name(b'm', made.message, to);
    to.extend_from_slice(b"\",\"contract\":\"");
    name(b'c', made.contract.into(), to);
    to.extend_from_slice(b"\",\"seat\":\"");
    name(b's', made.seat.into(), to);
    to.extend_from_slice(b"\",\"recipient\":\"");
    name(b'u', made.recipient.into(), to);
    to.extend_from_slice(b"\",\"sent_at\":\"");
    calendar::write(made.sent, to);
    if let Some(campaign) = made.campaign {
        to.extend_from_slice(b"\",\"campaign\":\"");
        name(b'b', campaign, to);
    }
    if let Some((second, kind)) = made.response {
        to.extend_from_slice(b"\",\"responded_at\":\"");
        calendar::write(second, to);
        to.extend_from_slice(b"\",\"response\":\"");
        to.extend_from_slice(kind.name().as_bytes());
    }
    if let Some(second) = made.seen {
        to.extend_from_slice(b"\",\"seen_at\":\"");
        calendar::write(second, to);
    }
    to.extend_from_slice(b"\"}\n");
}

/// Writes an id: a letter for what it names, and a number from 1.
fn name(letter: u8, number: u64, to: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut first = digits.len();
    let mut rest = number.saturating_add(1);
    while rest > 0 && first > 0 {
        first -= 1;
        digits[first] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
    }
    to.push(letter);
    to.extend_from_slice(&digits[first..]);
}
