//! Reads a log's lines, block by block and on all cores.
//!
//! Owns: lines and their numbers, what is skipped, and which fault comes first. Does not own: what a line says.
//! Invariants: at most a few blocks of the file are in memory at a time. Of several bad lines the first is
//! reported, and nothing of the file is kept.

use super::Log;
use super::build::{Builder, Full};
use super::csv::Csv;
use super::error::{BadLine, Fault, LogError};
use super::format::Format;
use super::jsonl::Jsonl;
use super::snap::{self, Snap};
use rayon::prelude::*;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// How much of the file one core takes at a time.
const BLOCK: usize = 128 * 1024;
/// The longest line, in bytes; an honest one has some hundred.
const LONGEST: usize = 64 * 1024;

/// Reads the lines of one format. Each line gives a result of its own, so that a caller may go on after a bad one.
pub(super) trait Lines: Sync {
    /// What a line says.
    type Item<'l>: Send;
    /// Reads a line that is neither blank nor a comment.
    fn read<'l>(&self, line: &'l str) -> Result<Self::Item<'l>, Fault>;
}

impl Log {
    /// Reads the log in a file. The format is told by the file's name where it is not given; `progress` is called
    /// now and then with the number of bytes read so far.
    ///
    /// # Errors
    /// When the file cannot be read, has no messages or has a bad line: nothing of it is kept then.
    pub fn open(
        path: &Path,
        format: Option<Format>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Self, LogError> {
        let format = format.map_or_else(|| Format::of(path), Ok)?;
        let file = File::open(path).map_err(|source| LogError::Open {
            path: path.to_owned(),
            source,
        })?;
        Self::read(file, &path.display().to_string(), format, progress)
    }

    /// Reads a log; `name` names it in errors. For the rest as [`Log::open`].
    ///
    /// # Errors
    /// As [`Log::open`].
    pub fn read(
        from: impl Read,
        name: &str,
        format: Format,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Self, LogError> {
        Self::build(from, name, format, Builder::default(), progress)
    }

    /// Reads a log as [`Log::read`] does, with the names of campaigns.
    ///
    /// # Errors
    /// As [`Log::open`].
    pub fn read_with_campaigns(
        from: impl Read,
        name: &str,
        format: Format,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Self, LogError> {
        let mut builder = Builder::default();
        builder.keep_campaigns();
        Self::build(from, name, format, builder, progress)
    }

    fn build(
        from: impl Read,
        name: &str,
        format: Format,
        mut builder: Builder,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Self, LogError> {
        let mut source = Source::new(from, name, progress);
        let Some(first) = source.first()? else {
            return Err(source.empty());
        };
        let read = source.fill(format, &first, &mut builder);
        if matches!(read, Ok(()) | Err(LogError::BadLine(_))) {
            // A repeated id shows last, and stands before any line at which the reading stopped.
            if let Some((line, fault)) = builder.repeated_id() {
                return Err(source.bad(line.into(), fault));
            }
        }
        read?;
        let log = builder.finish().map_err(|full| full.in_log(name))?;
        log.ok_or_else(|| source.empty())
    }
}

/// The first line that says something.
struct First {
    number: u64,
    text: String,
}

/// A file that is being read.
struct Source<'s, R> {
    from: R,
    name: &'s str,
    progress: &'s mut dyn FnMut(u64),
    /// Bytes read.
    read: u64,
    /// Whether the file's end was reached.
    ended: bool,
    /// The beginning of a line whose end is not read yet.
    rest: Vec<u8>,
    /// Blocks that were read ahead.
    ahead: Vec<Vec<u8>>,
    /// Lines up to this one say nothing more.
    skip: u64,
}

impl<'s, R: Read> Source<'s, R> {
    fn new(from: R, name: &'s str, progress: &'s mut dyn FnMut(u64)) -> Self {
        Self {
            from,
            name,
            progress,
            read: 0,
            ended: false,
            rest: Vec::new(),
            ahead: Vec::new(),
            skip: 0,
        }
    }

    /// Gives the builder what the file says.
    fn fill(
        &mut self,
        format: Format,
        first: &First,
        builder: &mut Builder,
    ) -> Result<(), LogError> {
        match format {
            Format::Csv => {
                let csv = Csv::of_header(&first.text);
                let csv = csv.map_err(|fault| self.bad(first.number, fault))?;
                self.skip = first.number;
                self.each(&csv, |rows| builder.take(rows))
            }
            Format::Jsonl => self.each(&Jsonl, |rows| builder.take(rows)),
            Format::Snap => {
                if Snap::is_header(&first.text) {
                    self.skip = first.number;
                }
                let mut lines = Vec::new();
                self.each(&Snap, |block| {
                    lines.extend_from_slice(block);
                    Ok(())
                })?;
                snap::pair(lines, builder).map_err(|full| full.in_log(self.name))
            }
        }
    }

    fn bad(&self, line: u64, fault: Fault) -> LogError {
        LogError::BadLine(BadLine {
            file: self.name.to_owned(),
            line,
            fault,
        })
    }

    fn empty(&self) -> LogError {
        LogError::Empty {
            name: self.name.to_owned(),
            what: if self.read == 0 {
                "is empty"
            } else {
                "has no messages"
            },
        }
    }

    /// Returns the first line that says something, and leaves all lines to be read.
    fn first(&mut self) -> Result<Option<First>, LogError> {
        let mut before = 0;
        while let Some(mut block) = self.block()? {
            if before == 0 && block.starts_with(b"\xef\xbb\xbf") {
                // A byte-order mark, as some spreadsheets write, is no part of the first line.
                block.drain(..3);
            }
            let mut found = None;
            let mut lines = 0;
            for line in split(&block) {
                lines += 1;
                match text(line) {
                    Ok("") => {}
                    Ok(text) => {
                        found = Some(First {
                            number: before + lines,
                            text: text.to_owned(),
                        });
                        break;
                    }
                    Err(fault) => return Err(self.bad(before + lines, fault)),
                }
            }
            self.ahead.push(block);
            if found.is_some() {
                return Ok(found);
            }
            before += lines;
        }
        Ok(None)
    }

    /// Returns the next lines of the file, whole ones, about [`BLOCK`] bytes of them.
    fn block(&mut self) -> Result<Option<Vec<u8>>, LogError> {
        if self.ended {
            return Ok(None);
        }
        let mut block = std::mem::take(&mut self.rest);
        let limit = u64::try_from(BLOCK).unwrap_or(u64::MAX);
        block.reserve(BLOCK);
        let got = (&mut self.from)
            .take(limit)
            .read_to_end(&mut block)
            .map_err(|source| LogError::Read {
                name: self.name.to_owned(),
                source,
            })?;
        let got = u64::try_from(got).unwrap_or(u64::MAX);
        self.read = self.read.saturating_add(got);
        if got < limit {
            self.ended = true;
            return Ok((!block.is_empty()).then_some(block));
        }
        // A block without any line's end goes on as it is: its line is longer than lines may be.
        if let Some(end) = block.iter().rposition(|byte| *byte == b'\n') {
            self.rest = block.split_off(end + 1);
        }
        Ok(Some(block))
    }

    /// Returns as many blocks as keep all cores busy.
    fn blocks(&mut self) -> Result<Vec<Vec<u8>>, LogError> {
        let mut blocks = std::mem::take(&mut self.ahead);
        while blocks.len() < 4 * rayon::current_num_threads() {
            match self.block()? {
                Some(block) => blocks.push(block),
                None => break,
            }
        }
        Ok(blocks)
    }

    /// Reads every line, and hands what they say to `take` in the file's order, each with its line's number.
    fn each<L: Lines>(
        &mut self,
        lines: &L,
        mut take: impl FnMut(&[(u32, L::Item<'_>)]) -> Result<(), Full>,
    ) -> Result<(), LogError> {
        let mut before = 0;
        loop {
            let blocks = self.blocks()?;
            if blocks.is_empty() {
                return Ok(());
            }
            // Numbers are wanted before the lines are read, and counting line ends costs next to nothing.
            let begins: Vec<u64> = blocks
                .iter()
                .map(|block| {
                    let begin = before;
                    before += lines_in(block);
                    begin
                })
                .collect();
            if before >= u64::from(u32::MAX) {
                return Err(Full::LINES.in_log(self.name));
            }
            let skip = self.skip;
            let read: Vec<Said<L::Item<'_>>> = blocks
                .par_iter()
                .zip(begins)
                .map(|(block, begin)| read_block(lines, block, begin, skip))
                .collect();
            for said in read {
                // What stands before a bad line is taken first: a repeated id among it is the first fault.
                take(&said.items).map_err(|full| full.in_log(self.name))?;
                if let Some((line, fault)) = said.fault {
                    return Err(self.bad(line, fault));
                }
            }
            (self.progress)(self.read);
        }
    }
}

/// What a block's lines say, up to the first bad one.
struct Said<T> {
    items: Vec<(u32, T)>,
    fault: Option<(u64, Fault)>,
}

fn read_block<'l, L: Lines>(
    lines: &L,
    block: &'l [u8],
    begin: u64,
    skip: u64,
) -> Said<L::Item<'l>> {
    let mut items = Vec::with_capacity(block.len() / 64);
    for (line, number) in split(block).zip(begin + 1..) {
        let read = match text(line) {
            Ok("") => continue,
            Ok(_) if number <= skip => continue,
            Ok(text) => lines.read(text),
            Err(fault) => Err(fault),
        };
        // INVARIANT: `each` let no file through with more lines than fit.
        let short = u32::try_from(number).unwrap_or(u32::MAX);
        match read {
            Ok(item) => items.push((short, item)),
            Err(fault) => {
                let fault = Some((number, fault));
                return Said { items, fault };
            }
        }
    }
    Said { items, fault: None }
}

/// Cuts a block into lines; the last one may lack its end.
fn split(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    let whole = block.strip_suffix(b"\n").unwrap_or(block);
    whole.split(|byte| *byte == b'\n')
}

/// Returns how many lines [`split`] gives.
fn lines_in(block: &[u8]) -> u64 {
    let whole = block.strip_suffix(b"\n").unwrap_or(block);
    let ends = whole.iter().filter(|byte| **byte == b'\n').count();
    u64::try_from(ends).unwrap_or(u64::MAX).saturating_add(1)
}

/// Returns a line's text: the empty one where it says nothing.
fn text(line: &[u8]) -> Result<&str, Fault> {
    if line.len() > LONGEST {
        return Err(Fault::TooLong(LONGEST));
    }
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = std::str::from_utf8(line).map_err(|_| Fault::NotUtf8)?;
    if text.starts_with('#') || text.bytes().all(|byte| byte.is_ascii_whitespace()) {
        return Ok("");
    }
    Ok(text)
}
