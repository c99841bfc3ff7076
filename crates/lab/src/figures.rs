//! What a policy would have done with a log, day by day and seat by seat.
//!
//! Owns: these figures. Does not own: the sums that every replay has ([`Figures`]), nor pictures and pages.
//! Invariants: figures are whole numbers; sums over days and over seats are the policy's figures; nothing depends on
//! how many threads there are.

mod collect;

mod day;
mod seat;

pub use day::{Day, DayFigures, by_week};
pub use seat::{SeatFigures, Spread, spread};

use collect::Collector;
pub(crate) use collect::answered_in_log;
use earnest_backtest::log::Log;
use earnest_backtest::replay::{Options, run_watched};
use earnest_backtest::report::Figures;
use earnest_core::Balance;
use earnest_core::policy::{Policy, Standing};
use earnest_core::units::Timestamp;
use serde::Serialize;
use std::sync::Arc;

/// What one policy would have done with a log, in detail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// The sums, as `earnest backtest` prints them.
    pub figures: Figures,
    /// Refused messages that were answered in the log, within the policy's window and by the end: answers lost.
    pub lost: u64,
    /// Refused messages that nobody answered: attention spared.
    pub avoided: u64,
    /// Each day on which something happened, in order.
    pub days: Vec<DayFigures>,
    /// Every seat of the log, in the log's order: contract by contract, each in the order in which its seats came.
    pub seats: Vec<SeatFigures>,
    /// Every change of a seat's standing, in the order (instant, seat).
    pub changes: Vec<Change>,
    /// The credits of all contracts together, at the end.
    pub balance: Balance,
}

/// A seat's standing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// The seat's place in [`Detail::seats`].
    pub seat: usize,
    /// How it stands from then on. Under a rolling window: restricted while its next send would be refused.
    pub standing: Standing,
}

impl Detail {
    /// Returns the days summed by week, each under its Monday.
    #[must_use]
    pub fn weeks(&self) -> Vec<DayFigures> {
        by_week(&self.days)
    }

    /// Returns how many seats stood as `standing` at the end of each day on which a seat changed, in order.
    #[must_use]
    pub fn standing_over_time(&self, standing: Standing) -> Vec<(Day, u64)> {
        let mut stand = vec![Standing::Good; self.seats.len()];
        let mut many = 0_u64;
        let mut over: Vec<(Day, u64)> = Vec::new();
        for change in &self.changes {
            let Some(before) = stand.get_mut(change.seat) else {
                continue;
            };
            // INVARIANT: a seat is counted while it stands so, and is taken off only after it was counted.
            many += u64::from(change.standing == standing);
            many -= u64::from(*before == standing);
            *before = change.standing;
            let day = Day::of(change.at);
            match over.last_mut() {
                Some((last, count)) if *last == day => *count = many,
                _ => over.push((day, many)),
            }
        }
        over
    }
}

/// Replays the log under each policy and returns each one's figures in detail, in their order.
///
/// `progress` is told, from any thread, how many messages more have been replayed under one policy.
///
/// # Errors
/// When the threads cannot be started.
pub fn details(
    log: &Log,
    policies: &[Arc<Policy>],
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Detail>, rayon::ThreadPoolBuildError> {
    let watched = run_watched::<Collector>(log, policies, options, progress)?;
    Ok(watched
        .into_iter()
        .map(|(figures, collector)| collector.finish(log, figures))
        .collect())
}
