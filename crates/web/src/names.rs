//! Calls contracts by their names.
//!
//! Owns: what stands on a page for a contract's id. Does not own: who may know of a contract; whoever asks for a name
//! reaches the contract, or holds a message of it. Invariant: a name is read once a page for each contract, by the number
//! of its first event, however long its history is.

use crate::plain;
use earnest_core::event::Fact;
use earnest_core::units::ContractId;
use earnest_server::App;
use futures_util::future::join_all;
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

/// The names of some contracts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(BTreeMap<ContractId, String>);

impl Names {
    /// Reads the names of contracts; one that cannot be read is called by its id.
    pub(crate) async fn of<'c>(app: &App, ids: impl IntoIterator<Item = &'c ContractId>) -> Self {
        let ids: BTreeSet<&ContractId> = ids.into_iter().collect();
        let named = join_all(ids.into_iter().map(async |id| {
            let first = app.engine.events(id, 1, 1, false, 1).await.ok()?.pop()?;
            match first.event.fact {
                Fact::ContractCreated { name, .. } if !name.trim().is_empty() => {
                    Some((id.clone(), name))
                }
                _ => None,
            }
        }));
        Self(named.await.into_iter().flatten().collect())
    }

    /// Returns a contract's name, or its id.
    pub(crate) fn text<'a>(&'a self, id: &'a ContractId) -> &'a str {
        self.0.get(id).map_or(id.as_str(), String::as_str)
    }

    /// Shows a contract's name, its id on hover.
    pub(crate) fn show(&self, id: &ContractId) -> Markup {
        match self.0.get(id) {
            Some(name) => html! { span.id title=(id) { (name) } },
            None => plain::name(id.as_str()),
        }
    }
}
