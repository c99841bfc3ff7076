//! Results as JSON: one shape, wherever they are asked for.
//!
//! Owns: the documents that `earnest backtest --json` and `earnest sweep --json` print. Does not own: the figures in them.
//! Invariant: a document has every row and every figure.

use crate::sweep::{Figure, Row, Sweep};
use earnest_backtest::report::Figures;
use earnest_core::units::Timestamp;
use serde_json::{Map, Value, json};

/// Returns what came of policies on a log.
#[must_use]
pub fn compared<'f>(figures: impl IntoIterator<Item = &'f Figures>) -> Value {
    let figures: Vec<&Figures> = figures.into_iter().collect();
    json!({ "policies": figures })
}

/// A sweep whose rows are ranked.
#[derive(Debug, Clone, Copy)]
pub struct Ranked<'r> {
    /// What the policy that was started from is called.
    pub base: &'r str,
    /// The keys and the combinations.
    pub sweep: &'r Sweep,
    /// The rows that were tried, the best first.
    pub rows: &'r [Row],
    /// What they are ranked by.
    pub rank: Figure,
    /// The log's cold messages.
    pub messages: u64,
    /// The instant at which the figures are read.
    pub until: Timestamp,
}

impl Ranked<'_> {
    /// Returns all of it.
    #[must_use]
    pub fn json(&self) -> Value {
        let varies = self.sweep.varies().iter();
        let vary: Vec<Value> = varies
            .map(|vary| json!({ "key": vary.path, "values": vary.values }))
            .collect();
        let rows: Vec<Value> = (1_u64..)
            .zip(self.rows)
            .map(|(rank, row)| self.row(rank, row))
            .collect();
        json!({
            "policy": self.base,
            "vary": vary,
            "messages": self.messages,
            "until": self.until.to_string(),
            "rank": self.rank.name(),
            "rows": rows,
        })
    }

    fn row(&self, rank: u64, row: &Row) -> Value {
        let paths = self.sweep.varies().iter().map(|vary| vary.path.clone());
        let values: Map<String, Value> = paths.zip(row.values.iter().cloned()).collect();
        let mut object = Map::new();
        object.insert("rank".to_owned(), rank.into());
        object.insert("values".to_owned(), values.into());
        object.insert("frontier".to_owned(), row.frontier.into());
        for figure in Figure::ALL {
            object.insert(figure.name().to_owned(), figure.of(row).json());
        }
        let refused = row.figures.refused.iter();
        let refused: Map<String, Value> = refused
            .map(|(code, count)| ((*code).to_owned(), (*count).into()))
            .collect();
        object.insert("refused_by_code".to_owned(), refused.into());
        object.into()
    }
}
