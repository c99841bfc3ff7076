//! The keys of a policy file that a sweep varies, and the values that each takes.
//!
//! Owns: reading `KEY=FROM..TO:STEP` and `KEY=A,B,C`, and putting values into a policy. Does not own: which keys
//! there are and what they may hold, which is the list in [`earnest_core::policy::file::key`].
//! Invariants: a value is one that its key takes, and a ratio is exact; a policy that comes out of here is one that
//! the file would give, checks of keys against one another included.

mod error;
mod values;

pub use error::VaryError;
pub use values::ratio;

use crate::write;
use earnest_core::policy::Policy;
use earnest_core::policy::file::{self, Key, key, to_json};
use serde_json::Value;

/// The most values that one key may take.
pub const MOST_VALUES: usize = 10_000;

/// A key and the values that it takes in turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vary {
    /// The key's path, as it was typed: `gate.stage[0].days`, or `gate.stage[].days` for all stages at once.
    pub path: String,
    /// The values in the order in which they were given, as they stand in a policy file.
    pub values: Vec<Value>,
}

impl Vary {
    /// Reads `KEY=FROM..TO`, `KEY=FROM..TO:STEP` or `KEY=A,B,C`.
    ///
    /// # Errors
    /// When there is no such key, it can hold neither number nor word, or does not take these values.
    pub fn parse(text: &str) -> Result<Self, VaryError> {
        let (path, values) = text
            .split_once('=')
            .ok_or_else(|| VaryError::NoValues(text.to_owned()))?;
        let path = path.trim();
        let key = find(path)?;
        let values = values::read(path, key, values.trim())?;
        Ok(Self {
            path: path.to_owned(),
            values,
        })
    }

    /// Returns the key.
    #[must_use]
    pub fn key(&self) -> Option<&'static Key> {
        key::find(&self.path)
    }

    /// Returns how a value is shown: a word without its quotes.
    #[must_use]
    pub fn shown(value: &Value) -> String {
        match value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        }
    }
}

fn find(path: &str) -> Result<&'static Key, VaryError> {
    key::find(path).ok_or_else(|| VaryError::UnknownKey {
        path: path.to_owned(),
        near: near(path),
    })
}

/// Returns the key that was most likely meant: spelt nearly so, or of that last name.
fn near(path: &str) -> Option<&'static str> {
    let paths = || file::KEYS.iter().map(|key| key.path);
    let last = path.rsplit('.').next().unwrap_or(path);
    let same_name = || {
        let mut keys = file::KEYS.iter().filter(|key| key.name() == last);
        keys.next().map(|key| key.path)
    };
    same_name().or_else(|| earnest_core::document::nearest(path, paths()))
}

/// Returns the policy with these values at these keys, in order.
///
/// # Errors
/// When the policy has no place for a key, or the values do not go together.
pub fn varied(base: &Policy, settings: &[(&Vary, &Value)]) -> Result<Policy, VaryError> {
    let mut keys = to_json(base);
    for (vary, value) in settings {
        if !put(&mut keys, &vary.path, value) {
            return Err(VaryError::NoPlace {
                path: vary.path.clone(),
                policy: base.name.to_string(),
            });
        }
    }
    file::parse(&format!("{}.toml", base.name), &write::file(&keys)).map_err(|mistakes| {
        let told = settings
            .iter()
            .map(|(vary, value)| format!("{}={}", vary.path, Vary::shown(value)))
            .collect::<Vec<_>>()
            .join(", ");
        let why = mistakes.iter().map(|mistake| {
            let instead = match mistake.instead.as_str() {
                "" => String::new(),
                instead => format!("; {instead}"),
            };
            format!("{}: {}{instead}", mistake.key, mistake.problem)
        });
        VaryError::NoPolicy {
            settings: told,
            why: why.collect::<Vec<_>>().join("\n"),
        }
    })
}

/// Puts a value at a path; returns whether there was a place for it.
fn put(keys: &mut Value, path: &str, value: &Value) -> bool {
    let (step, rest) = match path.split_once('.') {
        Some((step, rest)) => (step, Some(rest)),
        None => (path, None),
    };
    let (name, element) = match step.split_once('[') {
        Some((name, element)) => (name, Some(element.trim_end_matches(']'))),
        None => (step, None),
    };
    let Value::Object(table) = keys else {
        return false;
    };
    let Some(rest) = rest else {
        // The key that can stand in this one's place makes way for it.
        if let Some(other) = or(name)
            && table.contains_key(other)
        {
            table.shift_remove(other);
        }
        table.insert(name.to_owned(), value.clone());
        return true;
    };
    let Some(below) = table.get_mut(name) else {
        return false;
    };
    match (element, below) {
        (None, below) => put(below, rest, value),
        (Some(""), Value::Array(items)) => {
            let mut all = !items.is_empty();
            for item in items {
                all &= put(item, rest, value);
            }
            all
        }
        (Some(number), Value::Array(items)) => {
            let number: Option<usize> = number.parse().ok();
            let item = number.and_then(|number| items.get_mut(number));
            item.is_some_and(|item| put(item, rest, value))
        }
        _ => false,
    }
}

/// Returns the key that a key of this name excludes.
fn or(name: &str) -> Option<&'static str> {
    file::KEYS.iter().find(|key| key.name() == name)?.or
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_core::policy::{FailingRate, Gate, preset};
    use earnest_core::units::{Days, Ratio};

    fn vary(text: &str, policy: &str) -> Result<Policy, VaryError> {
        let vary = Vary::parse(text)?;
        varied(&preset::get(policy).unwrap(), &[(&vary, &vary.values[0])])
    }

    #[test]
    fn a_value_takes_its_place() {
        let policy = vary("settlement.window_days=30", "inmail-2015").unwrap();
        assert_eq!(policy.settlement.window, Days(30));
        let policy = vary("gate.stage[].days=7", "recruiter-2024").unwrap();
        let Gate::Ladder(ladder) = policy.gate else {
            panic!("recruiter-2024 has a ladder")
        };
        assert!(ladder.stages.iter().all(|stage| stage.days == Days(7)));
        let policy = vary("gate.stage[1].days=3", "recruiter-2024").unwrap();
        let Gate::Ladder(ladder) = policy.gate else {
            panic!("recruiter-2024 has a ladder")
        };
        let days: Vec<u32> = ladder.stages.iter().map(|stage| stage.days.0).collect();
        assert_eq!(days, [14, 3, 14]);
    }

    #[test]
    fn a_key_that_stands_in_another_s_place_replaces_it() {
        let policy = vary("gate.check.rate_below=15/100", "inmail-thread").unwrap();
        let Gate::Thread(gate) = policy.gate else {
            panic!("inmail-thread has a thread gate")
        };
        let bar = Ratio::new(15, 100).unwrap();
        assert_eq!(gate.check.fails, FailingRate::Below(bar));
    }

    #[test]
    fn what_does_not_go_is_told() {
        let told = |text: &str, policy: &str| vary(text, policy).unwrap_err().to_string();
        for (text, policy, says) in [
            (
                "gate.stage[9].days=7",
                "recruiter-2024",
                "has no `gate.stage[9].days`",
            ),
            (
                "gate.stage[].days=7",
                "inmail-thread",
                "has no `gate.stage[].days`",
            ),
            ("gate.window_days=7", "recruiter-2024", "belongs to"),
            ("settlement.rule[0].within_days=100", "inmail-2015", "100"),
            (
                "gate.chek.rate_below=1/2",
                "inmail-2015",
                "did you mean `gate.check.rate_below`?",
            ),
            (
                "rate_below=1/2",
                "inmail-2015",
                "did you mean `gate.check.rate_below`?",
            ),
            ("gate.check.rate_below", "inmail-2015", "has no values"),
        ] {
            let told = told(text, policy);
            assert!(told.contains(says), "{text}: {told}");
        }
    }
}
