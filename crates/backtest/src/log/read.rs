//! Reads a log's lines, block by block and on all cores.
//!
//! Owns: what is skipped, and which fault comes first. Does not own: what a line says, nor how a file is cut into
//! lines ([`super::blocks`]). Invariant: of several bad lines the first is
//! reported, and nothing of the file is kept.

use super::Log;
use super::blocks::{BLOCK, Blocks, split};
use super::build::Builder;
use super::csv::Csv;
use super::error::{BadLine, Fault, LogError};
use super::format::Format;
use super::jsonl::Jsonl;
use super::parquet;
use super::reading::{ReadLog, Reading, Skipped};
use super::row::Row;
use super::snap::{self, Snap};
use rayon::prelude::*;
use std::fs::File;
use std::io::Read;
use std::path::Path;

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
        let reading = Reading {
            format,
            ..Reading::default()
        };
        Ok(Self::open_as(path, &reading, progress)?.log)
    }

    /// Reads the log in a file as [`Log::open`] does, the way that `reading` says.
    ///
    /// # Errors
    /// As [`Log::open`]; of bad lines, when there are more than are to be left out.
    pub fn open_as(
        path: &Path,
        reading: &Reading,
        progress: &mut dyn FnMut(u64),
    ) -> Result<ReadLog, LogError> {
        let format = reading.format.map_or_else(|| Format::of(path), Ok)?;
        let file = File::open(path).map_err(|source| LogError::Open {
            path: path.to_owned(),
            source,
        })?;
        Self::read_as(file, &path.display().to_string(), format, reading, progress)
    }

    /// Reads a log; `name` names it in errors. For the rest as [`Log::open`].
    ///
    /// # Errors
    /// As [`Log::open`].
    pub fn read(
        from: impl Read + Send,
        name: &str,
        format: Format,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Self, LogError> {
        Ok(Self::read_as(from, name, format, &Reading::default(), progress)?.log)
    }

    /// Reads a log as [`Log::read`] does, with the ids of messages and the names of campaigns.
    ///
    /// # Errors
    /// As [`Log::open`].
    pub fn read_with_campaigns(
        from: impl Read + Send,
        name: &str,
        format: Format,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Self, LogError> {
        let reading = Reading {
            names: true,
            ..Reading::default()
        };
        Ok(Self::read_as(from, name, format, &reading, progress)?.log)
    }

    /// Reads a log of this format as [`Log::read`] does, the way that `reading` says for the rest.
    ///
    /// # Errors
    /// As [`Log::open_as`].
    pub fn read_as(
        from: impl Read + Send,
        name: &str,
        format: Format,
        reading: &Reading,
        progress: &mut dyn FnMut(u64),
    ) -> Result<ReadLog, LogError> {
        Self::read_in_blocks(from, name, format, reading, progress, BLOCK)
    }

    /// Reads a log as [`Log::read_as`] does, so many bytes at a time.
    pub(super) fn read_in_blocks(
        from: impl Read + Send,
        name: &str,
        format: Format,
        reading: &Reading,
        progress: &mut dyn FnMut(u64),
        block: usize,
    ) -> Result<ReadLog, LogError> {
        let mut builder = Builder::default();
        if let Some(most) = reading.most {
            builder.take_at_most(most);
        }
        if reading.names {
            builder.keep_names();
        }
        if reading.skip_bad > 0 {
            builder.look_for_repeated();
        }
        let blocks = Blocks::new(from, name, block);
        let mut source = Source::new(blocks, name, reading, progress);
        let read = match format {
            Format::Parquet => source.parquet(&mut builder),
            _ => {
                let Some(first) = source.first(format)? else {
                    return Err(source.empty());
                };
                source.fill(format, &first, &mut builder)
            }
        };
        if reading.skip_bad == 0
            && matches!(read, Ok(()) | Err(LogError::BadLine(_)))
            // A repeated id shows last, and stands before any line at which the reading stopped.
            && let Some((line, fault)) = builder.repeated_id()
        {
            return Err(source.bad(line.into(), fault).into());
        }
        read?;
        let log = builder.finish().map_err(|full| full.in_log(name))?;
        Ok(ReadLog {
            log: log.ok_or_else(|| source.empty())?,
            skipped: source.skipped.finish(),
        })
    }
}

/// The first line that says something.
struct First {
    number: u64,
    text: String,
}

/// A file that is being read.
struct Source<'s, R> {
    blocks: Blocks<R>,
    name: &'s str,
    progress: &'s mut dyn FnMut(u64),
    /// Lines up to this one say nothing more.
    skip: u64,
    /// Bad lines that were left out.
    skipped: Skipped,
}

impl<'s, R: Read + Send> Source<'s, R> {
    fn new(
        blocks: Blocks<R>,
        name: &'s str,
        reading: &Reading,
        progress: &'s mut dyn FnMut(u64),
    ) -> Self {
        Self {
            blocks,
            name,
            progress,
            skip: 0,
            skipped: Skipped::new(reading),
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
                self.messages(&csv, builder)
            }
            Format::Jsonl => self.messages(&Jsonl, builder),
            Format::Parquet => self.parquet(builder),
            Format::Snap => {
                if Snap::is_header(&first.text) {
                    self.skip = first.number;
                }
                let mut lines = Vec::new();
                self.each(&Snap, |blocks, _| {
                    lines.extend(blocks.into_iter().flatten());
                    Ok(())
                })?;
                snap::pair(lines, builder).map_err(|full| full.in_log(self.name))
            }
        }
    }

    /// Gives the builder messages, a line each.
    fn messages<L>(&mut self, lines: &L, builder: &mut Builder) -> Result<(), LogError>
    where
        L: for<'l> Lines<Item<'l> = Row<'l>>,
    {
        let name = self.name;
        self.each(lines, |rows, skipped| take(rows, builder, name, skipped))
    }

    /// Gives the builder the rows of a Parquet file.
    fn parquet(&mut self, builder: &mut Builder) -> Result<(), LogError> {
        let bytes = self.blocks.whole()?;
        let size = self.blocks.read;
        if size == 0 {
            return Err(self.empty());
        }
        let (name, skipped) = (self.name, &mut self.skipped);
        parquet::read(bytes, name, &mut |said, done| {
            each_block(said, name, skipped, &mut |rows, skipped| {
                take(rows, builder, name, skipped)
            })?;
            (self.progress)(done);
            Ok(())
        })?;
        (self.progress)(size);
        Ok(())
    }

    fn bad(&self, line: u64, fault: Fault) -> BadLine {
        bad(self.name, line, fault)
    }

    fn empty(&self) -> LogError {
        LogError::Empty {
            name: self.name.to_owned(),
            what: if self.blocks.read == 0 {
                "is empty"
            } else {
                "has no messages"
            },
        }
    }

    /// Returns the first line that says something, and leaves all lines to be read.
    fn first(&mut self, format: Format) -> Result<Option<First>, LogError> {
        let mut before = 0;
        while let Some(mut block) = self.blocks.next()? {
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
                    // Without a header it is a line like any other, and its turn comes.
                    Err(_) if format != Format::Csv && self.skipped.any() => {
                        found = Some(First {
                            number: before + lines,
                            text: "0 0 0".to_owned(),
                        });
                        break;
                    }
                    Err(fault) => return Err(self.bad(before + lines, fault).into()),
                }
            }
            self.blocks.ahead.push(block);
            if found.is_some() {
                return Ok(found);
            }
            before += lines;
        }
        Ok(None)
    }

    /// Reads every line, and hands what they say to `take` in the file's order, each with its line's number.
    fn each<L: Lines>(
        &mut self,
        lines: &L,
        mut take: impl FnMut(Told<L::Item<'_>>, &mut Skipped) -> Result<(), LogError>,
    ) -> Result<(), LogError> {
        let mut batch = self.blocks.batch()?;
        while !batch.blocks.is_empty() {
            let (skip, most) = (self.skip, self.skipped.most());
            let blocks = &mut self.blocks;
            // The next blocks are fetched while these are looked at.
            let (next, read) = rayon::join(
                || blocks.batch(),
                || -> Vec<Said<L::Item<'_>>> {
                    let blocks = batch.blocks.par_iter().zip(&batch.begins);
                    let said =
                        blocks.map(|(block, begin)| read_block(lines, block, *begin, skip, most));
                    said.collect()
                },
            );
            each_block(read, self.name, &mut self.skipped, &mut take)?;
            (self.progress)(batch.read);
            self.blocks.spare.extend(std::mem::take(&mut batch.blocks));
            // A fault in reading on comes after whatever stands before it.
            batch = next?;
        }
        Ok(())
    }
}

fn bad(name: &str, line: u64, fault: Fault) -> BadLine {
    BadLine {
        file: name.to_owned(),
        line,
        fault,
    }
}

/// What blocks say, each line with its number.
type Told<T> = Vec<Vec<(u32, T)>>;

/// Takes what blocks say.
type Take<'t, T> = dyn FnMut(Told<T>, &mut Skipped) -> Result<(), LogError> + 't;

/// Hands on what some blocks say, up to the first bad line that is not to be left out.
fn each_block<T>(
    said: Vec<Said<T>>,
    name: &str,
    skipped: &mut Skipped,
    take: &mut Take<'_, T>,
) -> Result<(), LogError> {
    let mut blocks = Vec::with_capacity(said.len());
    let mut faults = Vec::new();
    for said in said {
        blocks.push(said.items);
        faults.extend(said.faults);
        if faults.len() > skipped.most() {
            break;
        }
    }
    // What stands before a bad line is taken first: a repeated id among it is the first fault.
    take(blocks, skipped)?;
    faults
        .into_iter()
        .try_for_each(|(line, fault)| skipped.skip(bad(name, line, fault)))
}

/// Gives the builder rows, without those whose id is an earlier one's where bad lines are left out.
fn take(
    mut blocks: Told<Row<'_>>,
    builder: &mut Builder,
    name: &str,
    skipped: &mut Skipped,
) -> Result<(), LogError> {
    let mut repeated = Vec::new();
    if skipped.any() {
        for rows in &mut blocks {
            rows.retain(|(line, row)| {
                let fault = builder.is_repeated(*line, row);
                let fits = fault.is_none();
                repeated.extend(fault.map(|fault| (*line, fault)));
                fits
            });
        }
    }
    for (line, fault) in repeated {
        skipped.skip(bad(name, line.into(), fault))?;
    }
    builder.take(blocks).map_err(|full| full.in_log(name))
}

/// What a block's lines say, up to the first bad one that is not to be left out.
pub(super) struct Said<T> {
    pub(super) items: Vec<(u32, T)>,
    pub(super) faults: Vec<(u64, Fault)>,
}

/// Reads a block. After `most` bad lines and one more it stops.
fn read_block<'l, L: Lines>(
    lines: &L,
    block: &'l [u8],
    begin: u64,
    skip: u64,
    most: usize,
) -> Said<L::Item<'l>> {
    let mut said = Said {
        items: Vec::with_capacity(block.len() / 64),
        faults: Vec::new(),
    };
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
            Ok(item) => said.items.push((short, item)),
            Err(fault) => {
                said.faults.push((number, fault));
                if said.faults.len() > most {
                    break;
                }
            }
        }
    }
    said
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
