//! Writes down what happens in a run, for reading, where that was asked for.

use parking_lot::Mutex;

/// The lines that were written down.
#[derive(Debug, Default)]
pub struct Trace(Option<Mutex<Vec<String>>>);

impl Trace {
    /// Begins one that is kept, or one that is not.
    #[must_use]
    pub fn new(is_kept: bool) -> Self {
        Self(is_kept.then(Mutex::default))
    }

    /// Writes a line down, where lines are kept.
    pub fn note(&self, line: impl FnOnce() -> String) {
        if let Some(lines) = &self.0 {
            let line = line();
            lines.lock().push(line);
        }
    }

    /// Returns the lines.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0
            .as_ref()
            .map(|lines| lines.lock().clone())
            .unwrap_or_default()
    }
}
