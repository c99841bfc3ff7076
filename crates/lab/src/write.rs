//! Writes a policy as a policy file.
//!
//! Owns: TOML of what [`to_json`] returns. Does not own: which keys there are.
//! Invariant: what is written reads back as the same policy.

use earnest_core::policy::Policy;
use earnest_core::policy::file::to_json;
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// Returns the policy as a file that extends nothing, defaults written out.
#[must_use]
pub fn policy_file(policy: &Policy) -> String {
    file(&to_json(policy))
}

/// Returns a policy's keys as a file.
pub(crate) fn file(keys: &Value) -> String {
    let mut text = String::new();
    if let Value::Object(keys) = keys {
        table("", keys, &mut text);
    }
    text
}

/// Writes the keys of a table: values first, then the tables in it, as the format wants it.
fn table(path: &str, keys: &Map<String, Value>, text: &mut String) {
    for (key, value) in keys {
        if !is_table(value) && !is_tables(value) {
            line(text, format_args!("{key} = {}", inline(value)));
        }
    }
    for (key, value) in keys {
        let path = match path {
            "" => key.clone(),
            _ => format!("{path}.{key}"),
        };
        match value {
            Value::Object(keys) => {
                line(text, format_args!("\n[{path}]"));
                table(&path, keys, text);
            }
            Value::Array(items) if is_tables(value) => {
                for item in items {
                    line(text, format_args!("\n[[{path}]]"));
                    if let Value::Object(keys) = item {
                        table(&path, keys, text);
                    }
                }
            }
            _ => {}
        }
    }
}

fn is_table(value: &Value) -> bool {
    value.is_object()
}

fn is_tables(value: &Value) -> bool {
    let items = value.as_array();
    items.is_some_and(|items| items.first().is_some_and(Value::is_object))
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a text does not fail.
    let _ = writeln!(text, "{line}");
}

fn inline(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        // JSON escapes a string as TOML does, all but this one character.
        value => value.to_string().replace('\u{7f}', "\\u007f"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_core::policy::{file, preset};

    #[test]
    fn every_preset_reads_back_as_itself() {
        for name in preset::NAMES {
            let policy = preset::get(name).unwrap();
            let text = policy_file(&policy);
            assert_eq!(file::parse("again.toml", &text).unwrap(), *policy, "{text}");
        }
    }

    #[test]
    fn strange_texts_read_back() {
        let mut policy = Policy::clone(&preset::get("postage").unwrap());
        policy.title = "a \"quoted\" \\ one,\ttabbed, \u{7f} and é".to_owned();
        let again = file::parse("again.toml", &policy_file(&policy)).unwrap();
        assert_eq!(again, policy);
    }
}
