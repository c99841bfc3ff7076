//! Writes the JSON Schema of the format from the list of keys, for editors and other programs.

use super::key::{Absent, Key, Kind, of_table};
use serde_json::{Map, Value, json};

/// Returns the JSON Schema (draft 2020-12) of a policy file.
///
/// It knows types, ranges, words, which keys belong beside which, and that a file which extends another
/// may leave out what that one has. What keys mean together it cannot say: only reading a file does.
#[must_use]
pub fn schema() -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A policy file of Earnest",
    });
    let extending = json!({ "not": { "required": ["extends"] } });
    let rest = [
        ("if".to_owned(), extending),
        ("then".to_owned(), Value::Object(complete(""))),
    ];
    if let Value::Object(keys) = &mut schema {
        keys.extend(table("", false));
        keys.extend(rest);
    }
    schema
}

/// Returns what holds of a table: its keys and what they are, and what has to be there where `strict`.
fn table(path: &str, strict: bool) -> Map<String, Value> {
    let keys = of_table(path).map(|key| (key.name().to_owned(), described(key, strict)));
    let mut map = Map::new();
    map.insert("type".to_owned(), json!("object"));
    map.insert("properties".to_owned(), Value::Object(keys.collect()));
    map.insert("additionalProperties".to_owned(), json!(false));
    let mut all: Vec<Value> = of_table(path).filter_map(out_of_place).collect();
    if strict {
        let mut needed = complete(path);
        if let Some(Value::Array(more)) = needed.remove("allOf") {
            all.extend(more);
        }
        // The tables within are strict already, so what is left is this one's own.
        needed.remove("properties");
        map.extend(needed);
    } else {
        all.extend(pairs(path).map(|(a, b)| json!({ "not": { "required": [a, b] } })));
    }
    if !all.is_empty() {
        map.insert("allOf".to_owned(), Value::Array(all));
    }
    map
}

/// Returns what has to be there in a table that starts from nothing, and in the tables within.
fn complete(path: &str) -> Map<String, Value> {
    let required = |key: &&Key| key.absent == Absent::Required && key.or.is_none();
    let always: Vec<&str> = of_table(path)
        .filter(required)
        .filter(|key| key.only.is_none())
        .map(Key::name)
        .collect();
    let sometimes = of_table(path).filter(required).filter_map(|key| {
        let only = key.only?;
        Some(json!({ "if": beside(only.key, only.words), "then": { "required": [key.name()] } }))
    });
    let either =
        pairs(path).map(|(a, b)| json!({ "oneOf": [{ "required": [a] }, { "required": [b] }] }));
    let within: Map<String, Value> = of_table(path)
        .filter(|key| key.kind == Kind::Table)
        .map(|key| (key.name().to_owned(), Value::Object(complete(key.path))))
        .filter(|(_, table)| table.as_object().is_some_and(|table| !table.is_empty()))
        .collect();

    let all: Vec<Value> = sometimes.chain(either).collect();
    let mut map = Map::new();
    if !always.is_empty() {
        map.insert("required".to_owned(), json!(always));
    }
    if !within.is_empty() {
        map.insert("properties".to_owned(), Value::Object(within));
    }
    if !all.is_empty() {
        map.insert("allOf".to_owned(), Value::Array(all));
    }
    map
}

/// Returns the keys of a table that stand in each other's place, each pair once.
fn pairs(path: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    of_table(path)
        .filter_map(|key| key.or.map(|or| (key.name(), or)))
        .filter(|(a, b)| a > b)
}

fn beside(key: &str, words: &[&str]) -> Value {
    json!({ "required": [key], "properties": { key: { "enum": words } } })
}

/// Says that a key is wrong beside other words than its own.
fn out_of_place(key: &Key) -> Option<Value> {
    let only = key.only?;
    let mut others = Map::new();
    others.insert(key.name().to_owned(), json!(false));
    Some(json!({
        "if": { "required": [only.key], "properties": { only.key: { "not": { "enum": only.words } } } },
        "then": { "properties": others },
    }))
}

fn described(key: &Key, strict: bool) -> Value {
    let mut value = value(key, strict);
    if let Value::Object(keys) = &mut value {
        let unit = key
            .unit
            .map_or_else(String::new, |unit| format!(" In {unit}."));
        keys.insert(
            "description".to_owned(),
            json!(format!("{}{unit}", key.doc)),
        );
        let default = match key.absent {
            Absent::Whole(number) => Some(json!(number)),
            Absent::Word(word) => Some(json!(word)),
            Absent::Flag(flag) => Some(json!(flag)),
            Absent::Required | Absent::Means(_) => None,
        };
        if let Some(default) = default {
            keys.insert("default".to_owned(), default);
        }
    }
    value
}

fn value(key: &Key, strict: bool) -> Value {
    let whole =
        |least: u64, most: u64| json!({ "type": "integer", "minimum": least, "maximum": most });
    let name = || json!({ "type": "string", "pattern": "^[A-Za-z0-9._:@-]{1,128}$" });
    match key.kind {
        Kind::Text => json!({ "type": "string", "pattern": "\\S" }),
        Kind::Name => name(),
        Kind::Names => {
            json!({ "type": "array", "items": name(), "minItems": 1, "uniqueItems": true })
        }
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Whole(least, most) => whole(least, most),
        Kind::WholeOr(least, most, word) => {
            json!({ "anyOf": [whole(least, most), { "const": word }] })
        }
        Kind::Wholes(least, most) => {
            json!({ "type": "array", "items": whole(least, most), "uniqueItems": true })
        }
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Words(words) => {
            json!({ "type": "array", "items": { "enum": words }, "minItems": 1, "uniqueItems": true })
        }
        Kind::Ratio => json!({ "type": "string", "pattern": "^[0-9]+/0*[1-9][0-9]*$" }),
        Kind::Month => json!({ "type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$" }),
        Kind::Table => Value::Object(table(key.path, strict)),
        // An array is replaced whole, so each of its tables has to have all that it needs.
        Kind::Tables(most) => json!({
            "type": "array",
            "items": table(&format!("{}[]", key.path), true),
            "maxItems": most,
        }),
    }
}
