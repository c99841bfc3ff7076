//! Fetches a file block by block, and cuts blocks into lines.
//!
//! Owns: whole lines, their numbers, and the memory of blocks, which is used again. Does not own: what a line says.
//! Invariant: at most a few blocks of the file are in memory at a time.

use super::build::Full;
use super::error::LogError;
use std::io::Read;
use std::ops::Range;

/// How much of the file one core takes at a time.
pub(super) const BLOCK: usize = 96 * 1024;

/// How many blocks there are for each core in a batch: enough that waiting for the last one costs little.
const SHARES: usize = 16;

/// A file's blocks, each of whole lines.
pub(super) struct Blocks<R> {
    from: R,
    name: String,
    /// How many bytes are fetched at a time: more than a line that is none too long.
    size: usize,
    /// Bytes read.
    pub(super) read: u64,
    /// Whether the file's end was reached.
    ended: bool,
    /// The beginning of a line whose end is not read yet.
    rest: Vec<u8>,
    /// Blocks that were read ahead.
    pub(super) ahead: Vec<Vec<u8>>,
    /// Blocks that are done with.
    pub(super) spare: Vec<Vec<u8>>,
    /// Lines in the batches so far.
    lines: u64,
}

/// As many blocks as keep all cores busy.
pub(super) struct Batch {
    pub(super) blocks: Vec<Vec<u8>>,
    /// For each block, how many lines stand before it.
    pub(super) begins: Vec<u64>,
    /// Bytes of the file read so far.
    pub(super) read: u64,
}

impl<R: Read> Blocks<R> {
    pub(super) fn new(from: R, name: &str, size: usize) -> Self {
        Self {
            from,
            name: name.to_owned(),
            size,
            read: 0,
            ended: false,
            rest: Vec::new(),
            ahead: Vec::new(),
            spare: Vec::new(),
            lines: 0,
        }
    }

    /// Returns the next lines of the file, whole ones, about `size` bytes of them.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, LogError> {
        if self.ended {
            return Ok(None);
        }
        let mut block = self.spare.pop().unwrap_or_default();
        block.clear();
        block.append(&mut self.rest);
        let limit = u64::try_from(self.size).unwrap_or(u64::MAX);
        block.reserve(self.size);
        let got = (&mut self.from).take(limit).read_to_end(&mut block);
        let got = got.map_err(|source| LogError::Read {
            name: self.name.clone(),
            source,
        })?;
        let got = u64::try_from(got).unwrap_or(u64::MAX);
        self.read = self.read.saturating_add(got);
        if got < limit {
            self.ended = true;
            return Ok((!block.is_empty()).then_some(block));
        }
        // A block without any line's end goes on as it is: its line is longer than lines may be.
        if let Some(end) = memchr::memrchr(b'\n', &block) {
            self.rest.extend(block.drain(end + 1..));
        }
        Ok(Some(block))
    }

    /// Returns the next blocks; none at the file's end.
    pub(super) fn batch(&mut self) -> Result<Batch, LogError> {
        let mut blocks = std::mem::take(&mut self.ahead);
        while blocks.len() < SHARES * rayon::current_num_threads() {
            match self.next()? {
                Some(block) => blocks.push(block),
                None => break,
            }
        }
        // Numbers are wanted before the lines are read, and counting line ends costs next to nothing.
        let mut begins = Vec::with_capacity(blocks.len());
        for block in &blocks {
            begins.push(self.lines);
            self.lines += lines_in(block);
        }
        if self.lines >= u64::from(u32::MAX) {
            return Err(Full::LINES.in_log(&self.name));
        }
        Ok(Batch {
            blocks,
            begins,
            read: self.read,
        })
    }

    /// Returns the whole file.
    pub(super) fn whole(&mut self) -> Result<Vec<u8>, LogError> {
        let mut bytes = Vec::new();
        let got = self.from.read_to_end(&mut bytes);
        got.map_err(|source| LogError::Read {
            name: self.name.clone(),
            source,
        })?;
        self.read = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(bytes)
    }
}

/// Cuts a block into lines; the last one may lack its end.
pub(super) fn split(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    places(block).filter_map(|place| block.get(place))
}

/// Returns where the lines stand that [`split`] gives.
pub(super) fn places(block: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let size = block.strip_suffix(b"\n").unwrap_or(block).len();
    let mut next = Some(0);
    std::iter::from_fn(move || {
        let begin = next?;
        let rest = block.get(begin..size)?;
        let end = memchr::memchr(b'\n', rest).map(|end| begin + end);
        next = end.map(|end| end + 1);
        Some(begin..end.unwrap_or(size))
    })
}

/// Returns how many lines [`split`] gives.
fn lines_in(block: &[u8]) -> u64 {
    let whole = block.strip_suffix(b"\n").unwrap_or(block);
    let ends = memchr::memchr_iter(b'\n', whole).count();
    u64::try_from(ends).unwrap_or(u64::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_as_they_are_cut() {
        for (block, lines) in [
            ("", vec![""]),
            ("\n", vec![""]),
            ("a", vec!["a"]),
            ("a\n", vec!["a"]),
            ("a\n\nb", vec!["a", "", "b"]),
            ("a\nb\n\n", vec!["a", "b", ""]),
        ] {
            let cut: Vec<&[u8]> = split(block.as_bytes()).collect();
            let expected: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
            assert_eq!(cut, expected, "{block:?}");
            assert_eq!(
                lines_in(block.as_bytes()),
                u64::try_from(cut.len()).unwrap()
            );
        }
    }
}
