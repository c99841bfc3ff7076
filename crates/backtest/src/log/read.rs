//! Reads a log's lines, block by block and on all cores.
//!
//! Owns: what is skipped, and which fault comes first. Does not own: what a line says, nor how a file is cut into
//! lines ([`super::blocks`]). Invariant: of several bad lines the first is
//! reported, and nothing of the file is kept.

use super::Log;
use super::blocks::{BLOCK, Batch, Blocks, places, split};
use super::build::Builder;
use super::csv::Csv;
use super::error::{BadLine, Fault, LogError};
use super::format::Format;
use super::jsonl::Jsonl;
use super::parquet;
use super::reading::{ReadLog, Reading, Skipped};
use super::row::Row;
use super::sheet::{Sheet, Written};
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
    type Item<'l>;
    /// Reads a line that is neither blank nor a comment.
    fn read<'l>(&self, line: &'l str) -> Result<Self::Item<'l>, Fault>;
}

/// What the lines of a block say, together.
pub(super) trait Collect<T>: Send {
    /// Adds what a line says.
    fn collect(&mut self, line: u32, item: T);
}

impl<T: Send> Collect<T> for Vec<(u32, T)> {
    fn collect(&mut self, line: u32, item: T) {
        self.push((line, item));
    }
}

impl Collect<Row<'_>> for Sheet {
    fn collect(&mut self, line: u32, row: Row<'_>) {
        self.add(line, &row);
    }
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
                self.each(
                    &Snap,
                    |_| Vec::new(),
                    |blocks, _| {
                        let (said, spare): (Vec<_>, _) = blocks.into_iter().unzip();
                        lines.extend(said.into_iter().flatten());
                        Ok(spare)
                    },
                )?;
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
        let writing = builder.writing();
        self.each(
            lines,
            |block| Sheet::of(block, &writing),
            |sheets, skipped| take(sheets, builder, name, skipped),
        )
    }

    /// Gives the builder the rows of a Parquet file.
    fn parquet(&mut self, builder: &mut Builder) -> Result<(), LogError> {
        let bytes = self.blocks.whole()?;
        let size = self.blocks.read;
        if size == 0 {
            return Err(self.empty());
        }
        let (name, skipped) = (self.name, &mut self.skipped);
        parquet::read(bytes, name, &builder.writing(), &mut |said, done| {
            each_block(said, name, skipped, &mut |sheets, skipped| {
                take(sheets, builder, name, skipped)
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
                match text(line, None) {
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

    /// Reads every line, and hands what they say to `take` in the file's order, collected block by block in what `new`
    /// makes.
    fn each<L: Lines, C: for<'l> Collect<L::Item<'l>>>(
        &mut self,
        lines: &L,
        new: impl Fn(&[u8]) -> C + Sync,
        mut take: impl FnMut(Told<C>, &mut Skipped) -> Result<Spare, LogError> + Send,
    ) -> Result<(), LogError> {
        let (name, skip, most) = (self.name, self.skip, self.skipped.most());
        let (blocks, skipped) = (&mut self.blocks, &mut self.skipped);
        let mut fetched = blocks.batch();
        // What was read and not taken yet.
        let mut said = Vec::new();
        loop {
            let batch = match fetched {
                Ok(batch) if !batch.blocks.is_empty() => batch,
                end => {
                    each_block(said, name, skipped, &mut take)?;
                    // A fault in reading on comes after whatever stands before it.
                    return end.map(drop);
                }
            };
            let read = batch.read;
            // Three things go on at once: names get numbers, which takes one core; lines are read, on all that have
            // nothing else to do; and the next blocks are fetched.
            let (taken, (next, read_now)) = rayon::join(
                || each_block(said, name, skipped, &mut take),
                || {
                    rayon::join(
                        || blocks.batch(),
                        || read_batch(lines, batch, &new, skip, most),
                    )
                },
            );
            blocks.spare.extend(taken?);
            (self.progress)(read);
            (fetched, said) = (next, read_now);
        }
    }
}

fn bad(name: &str, line: u64, fault: Fault) -> BadLine {
    BadLine {
        file: name.to_owned(),
        line,
        fault,
    }
}

/// What blocks say, each with its block.
type Told<C> = Vec<(C, Vec<u8>)>;

/// The memory of blocks that are done with.
type Spare = Vec<Vec<u8>>;

/// Takes what blocks say.
type Take<'t, C> = dyn FnMut(Told<C>, &mut Skipped) -> Result<Spare, LogError> + 't;

/// Hands on what some blocks say, up to the first bad line that is not to be left out.
fn each_block<C>(
    said: Vec<Said<C>>,
    name: &str,
    skipped: &mut Skipped,
    take: &mut Take<'_, C>,
) -> Result<Spare, LogError> {
    let mut blocks = Vec::with_capacity(said.len());
    let mut faults = Vec::new();
    for said in said {
        blocks.push((said.items, said.block));
        faults.extend(said.faults);
        if faults.len() > skipped.most() {
            break;
        }
    }
    // What stands before a bad line is taken first: a repeated id among it is the first fault.
    let spare = take(blocks, skipped)?;
    for (line, fault) in faults {
        skipped.skip(bad(name, line, fault))?;
    }
    Ok(spare)
}

/// Gives the builder messages, without those whose id is an earlier one's where bad lines are left out.
fn take(
    sheets: Told<Sheet>,
    builder: &mut Builder,
    name: &str,
    skipped: &mut Skipped,
) -> Result<Spare, LogError> {
    let written = sheets.into_iter().map(|(sheet, block)| sheet.with(block));
    let mut sheets: Vec<Written> = written.collect();
    let mut repeated = Vec::new();
    if skipped.any() {
        for sheet in &mut sheets {
            sheet.retain(|line, id| {
                let fault = builder.is_repeated(line, id);
                let fits = fault.is_none();
                repeated.extend(fault.map(|fault| (line, fault)));
                fits
            });
        }
    }
    for (line, fault) in repeated {
        skipped.skip(bad(name, line.into(), fault))?;
    }
    builder.take(sheets).map_err(|full| full.in_log(name))
}

/// What a block's lines say, up to the first bad one that is not to be left out.
pub(super) struct Said<C> {
    pub(super) items: C,
    pub(super) block: Vec<u8>,
    pub(super) faults: Vec<(u64, Fault)>,
}

/// Reads blocks. After `most` bad lines and one more in a block it stops there.
fn read_batch<L: Lines, C: for<'l> Collect<L::Item<'l>>>(
    lines: &L,
    batch: Batch,
    new: &(impl Fn(&[u8]) -> C + Sync),
    skip: u64,
    most: usize,
) -> Vec<Said<C>> {
    let blocks = batch.blocks.into_par_iter().zip(batch.begins);
    let said = blocks.with_max_len(1).map(|(block, begin)| {
        let mut items = new(&block);
        let faults = read_block(lines, &block, begin, skip, most, &mut items);
        Said {
            items,
            block,
            faults,
        }
    });
    said.collect()
}

/// Reads a block's lines, and returns the bad ones.
fn read_block<L: Lines>(
    lines: &L,
    block: &[u8],
    begin: u64,
    skip: u64,
    most: usize,
    items: &mut impl for<'l> Collect<L::Item<'l>>,
) -> Vec<(u64, Fault)> {
    let mut faults = Vec::new();
    // One look at all of it is quicker than one at each line.
    let known = str::from_utf8(block).ok();
    for (place, number) in places(block).zip(begin + 1..) {
        let known = known.and_then(|block| block.get(place.clone()));
        let read = match text(block.get(place).unwrap_or_default(), known) {
            Ok("") => continue,
            Ok(_) if number <= skip => continue,
            Ok(text) => lines.read(text),
            Err(fault) => Err(fault),
        };
        match read {
            // INVARIANT: `batch` let no file through with more lines than fit.
            Ok(item) => items.collect(u32::try_from(number).unwrap_or(u32::MAX), item),
            Err(fault) => {
                faults.push((number, fault));
                if faults.len() > most {
                    break;
                }
            }
        }
    }
    faults
}

/// Returns a line's text, which may be known already: the empty one where it says nothing.
fn text<'l>(line: &'l [u8], known: Option<&'l str>) -> Result<&'l str, Fault> {
    if line.len() > LONGEST {
        return Err(Fault::TooLong(LONGEST));
    }
    // What ends a line stands for nothing else in any text.
    let text = known.map_or_else(|| str::from_utf8(line), Ok);
    let text = text.map_err(|_| Fault::NotUtf8)?;
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.starts_with('#') || text.bytes().all(|byte| byte.is_ascii_whitespace()) {
        return Ok("");
    }
    Ok(text)
}
