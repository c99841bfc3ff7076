//! Remembers how far a copy is, and at which places of the copy stand the places of the source that matter.
//!
//! Owns: the document that is kept in the copy.

use super::{KIND, told};
use crate::error::Error;
use earnest_store::{Position, Put, Store, Token};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const ID: &str = "place";

/// How far a copy is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Places {
    /// By which the source is known: the token of the first batch in its log.
    source: Option<String>,
    /// Up to which place the source's log is copied.
    pub(super) up_to: u64,
    /// Places of the source, and where in the copy stands all that stands at or before them.
    found: BTreeMap<u64, u64>,
    /// Places that are still to be found.
    #[serde(skip)]
    pub(super) wanted: Vec<u64>,
}

impl Places {
    pub(super) async fn load(from: &dyn Store, to: &dyn Store) -> Result<Self, Error> {
        let first = from.log(Position(0), 1).await.map_err(told)?;
        let source = first.first().map(|row| spelled(row.token));
        let Some(kept) = to.document(KIND, ID).await.map_err(told)? else {
            let there = to.contracts(None, 1).await.map_err(told)?;
            if !there.is_empty() {
                return Err(Error::Input(
                    "there are contracts already where the copy is to be, and no copy that was begun; copy into an empty store"
                        .to_owned(),
                ));
            }
            return Ok(Self {
                source,
                ..Self::default()
            });
        };
        let kept: Self = serde_json::from_slice(&kept.body).map_err(|error| {
            Error::Input(format!("how far the copy is cannot be read: {error}"))
        })?;
        if kept.source.is_some() && kept.source != source {
            return Err(Error::Input(
                "a copy of another store was begun there; copy into an empty store".to_owned(),
            ));
        }
        Ok(Self { source, ..kept })
    }

    pub(super) const fn is_begun(&self) -> bool {
        self.up_to > 0
    }

    /// Notes that the log is copied up to a place, which is at the end of the copy.
    pub(super) fn note(&mut self, up_to: u64, in_copy: Position) {
        self.up_to = self.up_to.max(up_to);
        self.found.insert(up_to, in_copy.0);
    }

    /// Notes that all up to a place is copied that somebody asks for.
    pub(super) fn is_wanted(&self, before: u64, place: u64) -> bool {
        self.wanted
            .iter()
            .any(|wanted| (before..place).contains(wanted))
    }

    /// Returns where in the copy stands what is at or before a place of the source.
    pub(super) fn of(&self, place: Position) -> Position {
        let found = self.found.range(..=place.0).next_back();
        Position(found.map_or(0, |(_, in_copy)| *in_copy))
    }

    /// Keeps it, without what nobody will ask for.
    pub(super) async fn save(&mut self, to: &dyn Store) -> Result<(), Error> {
        let newest = self.found.last_key_value().map(|(place, _)| *place);
        let wanted: Vec<u64> = self
            .wanted
            .iter()
            .filter_map(|place| {
                self.found
                    .range(..=place)
                    .next_back()
                    .map(|(place, _)| *place)
            })
            .collect();
        self.found
            .retain(|place, _| Some(*place) == newest || wanted.contains(place));
        let put = Put {
            kind: KIND.to_owned(),
            id: ID.to_owned(),
            expected: None,
            body: Some(serde_json::to_vec(self)?),
        };
        to.put(vec![put]).await.map_err(told)
    }
}

fn spelled(token: Token) -> String {
    format!("{token:032x}")
}
