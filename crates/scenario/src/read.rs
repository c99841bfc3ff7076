//! Reads a scenario file, and collects all of its mistakes.
//!
//! Owns: the keys of a scenario file and what is a mistake in one. Does not own: TOML
//! ([`earnest_core::document`]), policy files ([`earnest_core::policy::file`]), the disk.
//! Invariant: what is read can be played: only a refusal can come of it, no malformed command.

mod expect;
mod policy;
mod step;
#[cfg(test)]
mod tests;

use crate::scenario::{ContractSpec, MemberSpec, Scenario, SeatSpec, Step};
use earnest_core::command::Accepts;
use earnest_core::document::{Document, Mistakes, Table, Value, nearest};
use earnest_core::policy::file::{self, KEYS};
use earnest_core::policy::{Policy, preset};
use earnest_core::units::{ContractId, MemberId, SeatId, Timestamp};
use earnest_core::{Block, Preferences};
use policy::Policies;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The keys of a scenario file.
const ROOT: [&str; 7] = [
    "name", "policy", "source", "contract", "seat", "member", "step",
];

/// Reads a scenario.
///
/// `path` is the file's, as mistakes and outcomes show it; `policy` is asked for a policy file by its
/// path and the path of the file that names it.
///
/// # Errors
/// All mistakes of the file and of the policy files that it names.
pub fn read(path: &str, text: &str, policy: &mut file::Reader<'_>) -> Result<Scenario, Mistakes> {
    let document = Document::parse(path, text)?;
    let policies = Policies::new(&document, path, policy);
    let scenario = scenario(path, document.root(), &policies);
    document.finish(scenario)
}

/// Returns whether a text is a policy file, which may lie among scenarios: it has a key that only policy
/// files have, and none that only scenarios have.
#[must_use]
pub fn is_policy(text: &str) -> bool {
    let Ok(document) = Document::parse("", text) else {
        return false;
    };
    let root = document.root();
    let of_policy = |name: &str| KEYS.iter().any(|key| key.path == name);
    let mut found = false;
    for (name, _) in root.all() {
        if ROOT.contains(&name) && !of_policy(name) {
            return false;
        }
        found |= of_policy(name) && !ROOT.contains(&name);
    }
    found
}

fn scenario(path: &str, root: Table<'_>, policies: &Policies<'_, '_>) -> Option<Scenario> {
    let name = root
        .need("name", "say in a sentence what the scenario shows")
        .and_then(|value| value.string());
    let policy = match root.get("policy") {
        Some(value) => policies.named(&value),
        None => preset::get(preset::DEFAULT),
    };
    let source = root.string("source");
    let contract = root.table("contract");
    let seats = seats(&root, policy.as_deref());
    let seat_ids: Option<Vec<&SeatId>> = seats
        .as_ref()
        .map(|seats| seats.iter().map(|seat| &seat.id).collect());
    let reader = Reader {
        contract: ContractId::new("contract").ok()?,
        seats: seat_ids.as_deref(),
        policy: &|value| policies.named(value),
    };
    let members = reader.members(&root);
    let steps = reader.steps(&root);
    let first = steps.as_ref().and_then(|steps| Some(steps.first()?.at));
    let contract = contract_of(contract, reader.contract, first);
    root.know(ROOT);
    root.finish();
    Some(Scenario {
        path: path.to_owned(),
        name: name?.to_owned(),
        source: source.map(str::to_owned),
        policy: policy?,
        contract: contract?,
        seats: seats?,
        members: members?,
        steps: steps?,
    })
}

fn contract_of(
    table: Option<Table<'_>>,
    id: ContractId,
    first: Option<Timestamp>,
) -> Option<ContractSpec> {
    let Some(table) = table else {
        return Some(ContractSpec {
            id,
            start: first?,
            allotments: true,
            bulk_disabled: false,
        });
    };
    let start = table.instant("start").or(first);
    let allotments = table.boolean("allotments").unwrap_or(true);
    let bulk_disabled = table.boolean("bulk_disabled").unwrap_or(false);
    table.finish();
    Some(ContractSpec {
        id,
        start: start?,
        allotments,
        bulk_disabled,
    })
}

/// Reads the seats; a file without any has one, `ana`.
fn seats(root: &Table<'_>, policy: Option<&Policy>) -> Option<Vec<SeatSpec>> {
    if !root.has("seat") {
        return Some(vec![SeatSpec {
            id: SeatId::new("ana").ok()?,
            seat_type: policy?.first_seat_type(),
            usage_limit: None,
            bulk_disabled: false,
        }]);
    }
    let mut ids = BTreeMap::new();
    all(root.tables("seat"), |table| {
        let id = id_of(&table, "seat", "ana", &mut ids);
        let seat_type = match table.get("type") {
            Some(value) => value.parsed(),
            None => policy.map(Policy::first_seat_type),
        };
        let usage_limit = table.whole("usage_limit", 0..=u32::MAX);
        let bulk_disabled = table.boolean("bulk_disabled").unwrap_or(false);
        table.finish();
        Some(SeatSpec {
            id: id?,
            seat_type: seat_type?,
            usage_limit,
            bulk_disabled,
        })
    })
}

/// Reads an id that no other of its kind may have.
fn id_of<T>(table: &Table<'_>, noun: &str, example: &str, known: &mut BTreeMap<T, u32>) -> Option<T>
where
    T: Ord + Clone + std::fmt::Display + std::str::FromStr<Err: std::fmt::Display>,
{
    let value = table.need(
        "id",
        &format!("name the {noun}, as in `id = \"{example}\"`"),
    )?;
    let id: T = value.parsed()?;
    if let Some(line) = known.get(&id) {
        let problem = format!("`{id}` is the {noun} of line {line} already");
        value.mistake(&problem, &format!("give each {noun} an id of its own"));
        return None;
    }
    known.insert(id.clone(), value.line());
    Some(id)
}

/// Reads each of them, all of them, and returns nothing when one could not be read.
fn all<T, U>(items: Vec<T>, mut read: impl FnMut(T) -> Option<U>) -> Option<Vec<U>> {
    let read: Vec<Option<U>> = items.into_iter().map(&mut read).collect();
    read.into_iter().collect()
}

/// What the parts of a file are read with.
struct Reader<'a> {
    contract: ContractId,
    /// The seats' ids; nothing where they could not be read, and then they are not missed.
    seats: Option<&'a [&'a SeatId]>,
    /// Finds the policy that a value names.
    policy: &'a dyn Fn(&Value<'_>) -> Option<Arc<Policy>>,
}

impl Reader<'_> {
    fn members(&self, root: &Table<'_>) -> Option<Vec<MemberSpec>> {
        let mut ids = BTreeMap::new();
        all(root.tables("member"), |table| {
            let id = id_of(&table, "member", "bo", &mut ids);
            self.member(table, id)
        })
    }

    /// Reads what a member wishes, in `[[member]]` and in `preferences`.
    fn member(&self, table: Table<'_>, id: Option<MemberId>) -> Option<MemberSpec> {
        let accepts = table.word(
            "accepts",
            &[
                ("all", Accepts::All),
                ("none", Accepts::None),
                ("open", Accepts::Open),
            ],
        );
        // An open profile is a price of 0, and may say so.
        let least = u32::from(accepts != Some(Accepts::Open));
        let price = table.get("price").and_then(|price| limit(&price, least));
        let wishes = Preferences {
            accepts,
            price: price.map(|price| price.filter(|price| *price > 0)),
            daily_cap: table.get("daily_cap").and_then(|cap| limit(&cap, 0)),
        };
        let blocks = table.get("blocks").map(|blocks| self.blocks(&blocks));
        table.finish();
        Some(MemberSpec {
            id: id?,
            wishes,
            blocks,
        })
    }

    fn blocks(&self, value: &Value<'_>) -> Vec<Block> {
        let items = value.array().unwrap_or_default();
        items
            .iter()
            .filter_map(|item| {
                let seat = match item.string()? {
                    "contract" => None,
                    _ => Some(self.seat(item)?),
                };
                Some(Block {
                    contract: self.contract.clone(),
                    seat,
                })
            })
            .collect()
    }

    /// Reads the id of a seat that the file has: no step can add one, so another is a slip.
    fn seat(&self, value: &Value<'_>) -> Option<SeatId> {
        let id: SeatId = value.parsed()?;
        let Some(seats) = self.seats else {
            return Some(id);
        };
        if seats.contains(&&id) {
            return Some(id);
        }
        let names = || seats.iter().map(|seat| seat.as_str());
        let instead = match nearest(id.as_str(), names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name a seat of the file, or `\"contract\"` for all of them".to_owned(),
        };
        value.mistake(&format!("the file has no seat `{id}`"), &instead);
        None
    }

    fn steps(&self, root: &Table<'_>) -> Option<Vec<Step>> {
        let instead = "add a `[[step]]`: something that happens, or what is to be seen";
        let value = root.need("step", instead)?;
        let items = value.array()?;
        if items.is_empty() {
            value.mistake("is empty", instead);
            return None;
        }
        let mut number = 0;
        all(items, |item| {
            number += 1;
            self.step(item.table()?, number)
        })
    }
}

/// Reads a number that `"none"` lifts.
fn limit(value: &Value<'_>, least: u32) -> Option<Option<u32>> {
    match value.is_text() {
        Some("none") => Some(None),
        Some(text) => {
            let instead = "write a whole number, or `\"none\"` to lift it";
            value.mistake(&format!("`{text}` is no number"), instead);
            None
        }
        None => value.whole(least..=u32::MAX).map(Some),
    }
}
