//! Reads the TOML files that people write, and collects all of their mistakes.
//!
//! Owns: syntax, places (file, line, column), the types of values, unknown keys, and laying one file
//! over another. Does not own: which keys a kind of file has, nor reading from a disk: callers bring
//! the text. Invariants: a getter that returns nothing for a key that is there has recorded why; every
//! mistake names the file that it stands in, layered or not.
//!
//! ```
//! use earnest_core::document::Document;
//!
//! let document = Document::parse("a.toml", "name = 'Ana'\nsize = 0\nnane = 1\n")?;
//! let root = document.root();
//! let name = root.string("name");
//! let size = root.whole("size", 1..=9_u32);
//! root.finish();
//! let mistakes = document.finish(name.zip(size)).unwrap_err();
//! assert_eq!(
//!     mistakes.to_string(),
//!     "a.toml:2: size: `0` is out of range; write a whole number from 1 to 9\n\
//!      a.toml:3: nane: is no key here; did you mean `name`?"
//! );
//! # Ok::<(), earnest_core::document::Mistakes>(())
//! ```

mod mistake;
mod node;
mod table;
#[cfg(test)]
mod tests;
mod value;

pub use mistake::{Mistake, Mistakes, nearest};
pub use node::Overlap;
pub use table::Table;
pub use value::{Value, Whole};

use node::{Node, Place};
use std::cell::RefCell;

/// A file that was read, one layer or several, and the mistakes found in it so far.
#[derive(Debug)]
pub struct Document {
    root: Node,
    mistakes: RefCell<Vec<Mistake>>,
}

impl Document {
    /// Reads `text`; `name` is the file's name as mistakes show it.
    ///
    /// # Errors
    /// When the text is no TOML: one mistake, with its line.
    pub fn parse(name: &str, text: &str) -> Result<Self, Mistakes> {
        Ok(Self {
            root: node::parse(name, text)?,
            mistakes: RefCell::default(),
        })
    }

    /// Lays this document over `base`: tables merge key by key, everything else is replaced.
    ///
    /// Where both have a table, `drops` says which keys of the base's table the upper one makes void.
    #[must_use]
    pub fn over(self, base: Self, drops: &dyn Fn(&Overlap<'_>) -> Vec<String>) -> Self {
        let mut mistakes = base.mistakes.into_inner();
        mistakes.extend(self.mistakes.into_inner());
        Self {
            root: node::merge(self.root, base.root, "", drops),
            mistakes: RefCell::new(mistakes),
        }
    }

    /// Returns the document's own table. Ask it once: what it was asked for is what is known.
    #[must_use]
    pub fn root(&self) -> Table<'_> {
        Table::new(self, &self.root, String::new())
    }

    /// Returns the line of a key or table, such as `step[3].send.to`.
    #[must_use]
    pub fn line_of(&self, path: &str) -> Option<u32> {
        self.root.at(path).map(|node| node.place.line)
    }

    /// Returns the name of the file that a key or table stands in.
    #[must_use]
    pub fn file_of(&self, path: &str) -> Option<&str> {
        self.root.at(path).map(|node| &*node.place.file)
    }

    /// Records mistakes that were found elsewhere, such as in a file that this one starts from.
    pub fn add(&self, mistakes: Mistakes) {
        self.mistakes.borrow_mut().extend(mistakes);
    }

    /// Returns what was read, or all mistakes so far.
    ///
    /// # Errors
    /// When any mistake was recorded.
    pub fn finish<T>(&self, read: Option<T>) -> Result<T, Mistakes> {
        let mut mistakes = self.mistakes.borrow().clone();
        match read {
            Some(read) if mistakes.is_empty() => Ok(read),
            _ => {
                if mistakes.is_empty() {
                    // A reader gave up without a word. Saying so beats a silent failure.
                    mistakes.push(self.root.place.mistake("", "cannot be read", ""));
                }
                Err(Mistakes::new(mistakes))
            }
        }
    }

    fn record(&self, place: &Place, key: &str, problem: &str, instead: &str) {
        self.mistakes
            .borrow_mut()
            .push(place.mistake(key, problem, instead));
    }
}
