use super::*;
use crate::policy::file::key::{self, Absent, Kind};
use crate::policy::file::reference::{BEGIN, END};
use serde_json::{Value, json};

/// Writes JSON as a TOML value. Line breaks have no place in an inline table of TOML 1.0, so there are none.
fn toml_of(value: &Value) -> String {
    match value {
        Value::Object(keys) => {
            let keys: Vec<_> = keys
                .iter()
                .map(|(key, value)| format!("{key} = {}", toml_of(value)))
                .collect();
            format!("{{ {} }}", keys.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(toml_of).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

fn file_of(json: &Value) -> String {
    let keys = json.as_object().unwrap().iter();
    keys.map(|(key, value)| format!("{key} = {}\n", toml_of(value)))
        .collect()
}

const DOCS: &str = include_str!("../../../../../../docs/policy-format.md");

fn valid(text: &str) -> bool {
    let json: Value = toml::from_str(text).unwrap();
    let validator = jsonschema::draft202012::new(&schema()).unwrap();
    validator.is_valid(&json)
}

#[test]
fn a_policy_as_data_is_the_same_policy_again() {
    for name in preset::NAMES {
        let policy = preset::get(name).unwrap();
        let again = parse("again.toml", &file_of(&to_json(&policy)))
            .unwrap_or_else(|mistakes| panic!("{mistakes}"));
        assert_eq!(again, *policy);
    }
}

#[test]
fn the_schema_takes_what_reading_takes() {
    jsonschema::meta::validate(&schema()).unwrap();
    for name in preset::NAMES {
        assert!(valid(preset::text(name).unwrap()), "{name}");
        assert!(
            valid(&file_of(&to_json(&preset::get(name).unwrap()))),
            "{name}"
        );
    }
    assert!(valid(RULES));
    assert!(valid("extends = 'a.toml'\n[gate.check]\nsent_at_least = 3"));
}

#[test]
fn the_schema_refuses_what_one_key_gets_wrong() {
    let ladder = "kind = 'ladder'\nperiod_days = 1\nwhy = 'w'\ncheck = { rate_below = '1/2' }\n";
    for text in [
        String::new(),
        "[settlement]\nwindow_days = 90".to_owned(),
        format!("bogus = 1\n{RULES}"),
        format!("format = 2\n{RULES}"),
        format!("expires_after_days = 'nevr'\n{RULES}"),
        format!("{RULES}\n[message]\nprice = 0"),
        format!("{RULES}\nseen = true\nkinds = ['reply']"),
        format!(
            "{RULES}\n[gate]\nkind = 'thread'\nwindow_days = 91\nwhy = 'w'\ncheck = {{ rate_below = '1/2' }}"
        ),
        format!("{RULES}\n[gate]\nkind = 'thread'\nwindow_days = 14\nwhy = 'w'\ncheck = {{}}"),
        format!(
            "{RULES}\n[gate]\nkind = 'thread'\nwindow_days = 14\nwhy = 'w'\ncheck = {{ rate_below = '1/2', rate_at_most = '1/2' }}"
        ),
        format!("{RULES}\n[gate]\n{ladder}"),
        format!("{RULES}\n[gate]\n{ladder}stage = [{{ standing = 'good', days = 1, why = 'w' }}]"),
        format!(
            "{RULES}\n[gate]\n{ladder}stage = [{{ standing = 'warned', days = 1, why = 'w', judge = {{}} }}]"
        ),
        format!("{RULES}\n[gate]\nkind = 'none'\nwhy = 'w'"),
        "extends = 'a.toml'\n[[settlement.rule]]\non = 'send'".to_owned(),
        "extends = 'a.toml'\n[gate.check]\nrate_below = '1/2'\nrate_at_most = '1/2'".to_owned(),
    ] {
        assert!(!valid(&text), "{text}");
    }
}

#[test]
fn every_path_is_listed_once_after_its_table() {
    for (at, it) in KEYS.iter().enumerate() {
        let before = &KEYS[..at];
        assert!(
            !before.iter().any(|other| other.path == it.path),
            "{}",
            it.path
        );
        let table = it.table().trim_end_matches("[]");
        assert!(
            table.is_empty() || before.iter().any(|other| other.path == table),
            "{}",
            it.path
        );
        let only = it.only.map(|only| only.key);
        for beside in only.into_iter().chain(it.or) {
            assert!(
                key::of_table(it.table()).any(|other| other.name() == beside),
                "{}",
                it.path
            );
        }
        assert!(it.doc.ends_with('.') && it.since <= FORMAT, "{}", it.path);
        let numeric = matches!(
            it.kind,
            Kind::Whole(..) | Kind::WholeOr(..) | Kind::Wholes(..)
        );
        assert!(it.unit.is_none() || numeric, "{}", it.path);
        assert_eq!(
            numeric,
            it.unit.is_some() || it.path == "format",
            "{}",
            it.path
        );
    }
}

#[test]
fn every_listed_key_is_read_and_checked() {
    // A value that no key takes, put at each key in turn, has to be a mistake of that very key.
    let ladder = preset::get("inmail-2015").unwrap();
    let thread = preset::get("inmail-thread").unwrap();
    let mut found = 0;
    for it in KEYS {
        let path = it.path.replace("[]", "[0]");
        for policy in [&ladder, &thread] {
            let mut json = to_json(policy);
            if let Some(only) = it.only.filter(|only| only.key == "on") {
                json["settlement"]["rule"][0]["on"] = json!(only.words[0]);
            }
            if set(&mut json, &path, json!({ "wrong": 1 })) {
                let mistakes = parse("a.toml", &file_of(&json)).unwrap_err().to_string();
                assert!(
                    mistakes.contains(&format!(": {path}")),
                    "{path}: {mistakes}"
                );
                found += 1;
                break;
            }
        }
    }
    assert_eq!(found, KEYS.len());
}

/// Puts a value at a path; false where the table that it belongs to is not there.
fn set(json: &mut Value, path: &str, value: Value) -> bool {
    let pointer = format!("/{}", path.replace("[0]", "/0").replace('.', "/"));
    let (table, name) = pointer.rsplit_once('/').unwrap();
    let Some(table) = json.pointer_mut(table).and_then(Value::as_object_mut) else {
        return false;
    };
    let here = key::find(path).unwrap();
    let belongs = here.only.is_none_or(|only| {
        table
            .get(only.key)
            .and_then(Value::as_str)
            .is_some_and(|word| only.words.contains(&word))
    });
    if belongs {
        table.retain(|key, _| here.or != Some(key));
        table.insert(name.to_owned(), value);
    }
    belongs
}

#[test]
fn a_key_is_found_by_the_path_of_a_file() {
    let found = key::find("settlement.rule[3].within_days").unwrap();
    assert_eq!(
        (found.path, found.name(), found.table()),
        (
            "settlement.rule[].within_days",
            "within_days",
            "settlement.rule[]"
        )
    );
    assert_eq!(
        (found.kind, found.unit, found.absent),
        (
            Kind::Whole(1, 3_650),
            Some("days"),
            Absent::Means("the whole window")
        )
    );
    assert_eq!(key::find("settlement.rule.within_days"), None);
    assert_eq!(
        key::find("gate.stage[10].judge.of").unwrap().absent,
        Absent::Word("this")
    );
}

#[test]
fn the_defaults_of_the_list_are_those_of_an_absent_table() {
    let json = to_json(&parse("a.toml", RULES).unwrap());
    for it in KEYS
        .iter()
        .filter(|it| !it.path.contains("[]") && !it.path.starts_with("gate"))
    {
        let default = match it.absent {
            Absent::Whole(number) => json!(number),
            Absent::Word(word) => json!(word),
            Absent::Flag(flag) => json!(flag),
            Absent::Required | Absent::Means(_) => continue,
        };
        let pointer = format!("/{}", it.path.replace('.', "/"));
        assert_eq!(json.pointer(&pointer), Some(&default), "{}", it.path);
    }
}

#[test]
fn the_reference_is_in_step_with_the_list() {
    let part = DOCS.split_once(BEGIN).unwrap().1.split_once(END).unwrap().0;
    assert_eq!(
        part.trim(),
        reference().trim(),
        "write the part between the marks of docs/policy-format.md again"
    );
}

#[test]
fn the_examples_of_the_docs_are_policies() {
    let examples: Vec<_> = DOCS.split("```toml\n").skip(1).collect();
    assert!(!examples.is_empty());
    for example in examples {
        let text = example.split_once("```").unwrap().0;
        parse("example.toml", text).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        assert!(valid(text), "{text}");
    }
}
