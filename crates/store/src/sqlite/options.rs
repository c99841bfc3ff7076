//! Says how a store is opened.

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether a file of an older schema is brought up to date; it is refused otherwise.
    pub migrate: bool,
    /// How many reads go on at once.
    pub readers: usize,
    /// How many commits may wait for the one writer; one more is answered with `Unavailable`.
    pub waiting: usize,
    /// Sizes that tests make small.
    #[doc(hidden)]
    pub tuning: Tuning,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            migrate: false,
            readers: 4,
            waiting: 8_192,
            tuning: Tuning::default(),
        }
    }
}

/// Sizes that tests make small.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct Tuning {
    /// After how many messages or batches, whichever are more, the newest entries become a run.
    pub run: usize,
    /// How many runs of one level become one of the next.
    pub fan_out: usize,
    /// How many bytes a block of a run has, about.
    pub block: usize,
    /// How many bytes of a run, a snapshot or a filter one transaction writes, about.
    pub slice: usize,
    /// How many bytes of the write-ahead log are copied into the file at once, about. Commits wait for the disk while
    /// it takes what was copied, so little is copied at once.
    pub pass: u64,
    /// From how many bytes on the write-ahead log is begun anew when it can be done at once.
    pub wal: u64,
    /// How many bytes the write-ahead log has at most, as long as no long read stands in the way.
    pub wal_most: u64,
    /// How many pages the file may have; 0 for no limit.
    pub pages: u32,
    /// How long a lock of another process is waited for, in milliseconds.
    pub patience: u32,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            run: 32_768,
            fan_out: 8,
            block: 16 << 10,
            slice: 256 << 10,
            pass: 512 << 10,
            wal: 64 << 20,
            wal_most: 256 << 20,
            pages: 0,
            patience: 5_000,
        }
    }
}
