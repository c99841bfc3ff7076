//! Compares two policies key by key, in the words of their files.
//!
//! Owns: which keys differ. Does not own: how that is shown. Invariant: rules, stages, types and bonuses
//! are compared place by place, because their order has meaning.

use super::Policy;
use super::file::to_json;
use serde::Serialize;
use serde_json::{Map, Value};

/// A key in which two policies differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The key's path, such as `settlement.rule[0].credit`.
    pub key: String,
    /// The first policy's value as its file would have it, defaults included; nothing where there is none.
    pub a: Option<String>,
    /// The second policy's.
    pub b: Option<String>,
}

/// Returns the keys in which two policies differ, in the order of a file. Names and titles are left out:
/// they say which policy it is, not what it does.
#[must_use]
pub fn diff(a: &Policy, b: &Policy) -> Vec<Difference> {
    let meaning = |policy: &Policy| {
        let mut json = to_json(policy);
        if let Value::Object(keys) = &mut json {
            keys.retain(|key, _| !matches!(key.as_str(), "format" | "name" | "title"));
        }
        json
    };
    let mut found = Vec::new();
    compare("", Some(&meaning(a)), Some(&meaning(b)), &mut found);
    found
}

fn compare(path: &str, a: Option<&Value>, b: Option<&Value>, found: &mut Vec<Difference>) {
    if a == b {
        return;
    }
    let nothing = Map::new();
    match (a, b) {
        (Some(Value::Object(a)), other) => {
            let b = other.and_then(Value::as_object).unwrap_or(&nothing);
            objects(path, a, b, found);
        }
        (None, Some(Value::Object(b))) => objects(path, &nothing, b, found),
        _ if tables(a) || tables(b) => {
            let list = |value: Option<&Value>| {
                value.and_then(Value::as_array).cloned().unwrap_or_default()
            };
            let (a, b) = (list(a), list(b));
            for at in 0..a.len().max(b.len()) {
                compare(&format!("{path}[{at}]"), a.get(at), b.get(at), found);
            }
        }
        _ => found.push(Difference {
            key: path.to_owned(),
            a: a.map(Value::to_string),
            b: b.map(Value::to_string),
        }),
    }
}

fn objects(
    path: &str,
    a: &Map<String, Value>,
    b: &Map<String, Value>,
    found: &mut Vec<Difference>,
) {
    let more = b.keys().filter(|key| !a.contains_key(*key));
    for key in a.keys().chain(more) {
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        compare(&path, a.get(key), b.get(key), found);
    }
}

/// Returns whether a value is an array of tables.
fn tables(value: Option<&Value>) -> bool {
    value
        .and_then(Value::as_array)
        .is_some_and(|items| items.iter().any(Value::is_object))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::preset;

    fn differences(a: &str, b: &str) -> String {
        let (a, b) = (preset::get(a).unwrap(), preset::get(b).unwrap());
        let shown = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        let lines: Vec<_> = diff(&a, &b)
            .into_iter()
            .filter(|difference| !difference.key.ends_with("why"))
            .map(|it| format!("{}: {} | {}", it.key, shown(it.a), shown(it.b)))
            .collect();
        lines.join("\n")
    }

    #[test]
    fn a_policy_does_not_differ_from_itself() {
        for name in preset::NAMES {
            assert_eq!(differences(name, name), "");
        }
    }

    #[test]
    fn policies_differ_key_by_key_and_rule_by_rule() {
        insta::assert_snapshot!(differences("inmail-2015", "inmail-thread"), @r#"
    settlement.rule[0].credit: "returned" | "consumed"
    settlement.rule[1].credit: "consumed" | "returned"
    gate.kind: "ladder" | "thread"
    gate.period_days: 14 | -
    gate.check.rate_below: "13/100" | -
    gate.check.rate_at_most: - | "13/100"
    gate.stage[0].standing: "warned" | -
    gate.stage[0].days: 14 | -
    gate.stage[0].once: true | -
    gate.stage[0].blocks: "nothing" | -
    gate.stage[0].judge.of: "this" | -
    gate.stage[0].judge.sent_at_least: 100 | -
    gate.stage[0].judge.rate_below: "13/100" | -
    gate.stage[0].judge.none_sent_fails: false | -
    gate.stage[1].standing: "restricted" | -
    gate.stage[1].days: 14 | -
    gate.stage[1].once: false | -
    gate.stage[1].blocks: "bulk" | -
    gate.stage[1].judge.of: "this" | -
    gate.stage[1].judge.sent_at_least: 1 | -
    gate.stage[1].judge.rate_below: "13/100" | -
    gate.stage[1].judge.none_sent_fails: true | -
    gate.window_days: - | 14
    "#);
        insta::assert_snapshot!(differences("inmail-2013", "inmail-2015"), @r#"
    message.reminder_days: [] | [7,30,60]
    settlement.window_days: 7 | 90
    settlement.rule[0].credit: "consumed" | "returned"
    settlement.rule[1].credit: "returned" | "consumed"
    seat_type[0].monthly_credits: 50 | 150
    seat_type[1].monthly_credits: 50 | 100
    seat_type[2].monthly_credits: 25 | 30
    bonus[0].month: - | "2015-01"
    bonus[0].seat_types: - | ["recruiter","recruiter-professional-services"]
    bonus[0].credits: - | 100
    bonus[0].expires_after_days: - | 90
    gate.kind: "none" | "ladder"
    gate.period_days: - | 14
    gate.check.sent_at_least: - | 100
    gate.check.rate_below: - | "13/100"
    gate.check.none_sent_fails: - | false
    gate.stage[0].standing: - | "warned"
    gate.stage[0].days: - | 14
    gate.stage[0].once: - | true
    gate.stage[0].blocks: - | "nothing"
    gate.stage[0].judge.of: - | "this"
    gate.stage[0].judge.sent_at_least: - | 100
    gate.stage[0].judge.rate_below: - | "13/100"
    gate.stage[0].judge.none_sent_fails: - | false
    gate.stage[1].standing: - | "restricted"
    gate.stage[1].days: - | 14
    gate.stage[1].once: - | false
    gate.stage[1].blocks: - | "bulk"
    gate.stage[1].judge.of: - | "this"
    gate.stage[1].judge.sent_at_least: - | 1
    gate.stage[1].judge.rate_below: - | "13/100"
    gate.stage[1].judge.none_sent_fails: - | true
    "#);
        insta::assert_snapshot!(differences("attention-bond", "postage"), @r#"
    settlement.rule[0].on: "response" | "send"
    settlement.rule[0].kinds: ["reply","accept"] | -
    settlement.rule[0].credit: "returned" | "consumed"
    settlement.rule[1].on: "response" | -
    settlement.rule[1].kinds: ["not_interested"] | -
    settlement.rule[1].credit: "consumed" | -
    settlement.rule[2].on: "report" | -
    settlement.rule[2].credit: "consumed" | -
    settlement.rule[3].on: "lapse" | -
    settlement.rule[3].seen: true | -
    settlement.rule[3].credit: "consumed" | -
    settlement.rule[4].on: "lapse" | -
    settlement.rule[4].seen: false | -
    settlement.rule[4].credit: "returned" | -
    "#);
    }
}
