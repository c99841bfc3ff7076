//! Says why a key cannot be varied so.
//!
//! Invariant: each text names the key, what is wrong, what would be right, and what the key means.

use earnest_core::policy::file::Key;
use earnest_core::policy::file::key::Kind;

/// Says why a key cannot be varied so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaryError {
    /// There are no values.
    #[error("`{0}` has no values; write `KEY=FROM..TO:STEP` or `KEY=A,B,C`")]
    NoValues(String),
    /// There is no such key.
    #[error("there is no key `{path}`; {}", .near.map_or_else(|| "`docs/policy-format.md` lists them".to_owned(), |near| format!("did you mean `{near}`?")))]
    UnknownKey {
        /// As it was typed.
        path: String,
        /// The most similar key.
        near: Option<&'static str>,
    },
    /// The key holds neither number nor word.
    #[error("`{path}` is no key to vary: it holds neither a number nor one of some words\n{}", about(.key))]
    NotVariable {
        /// The key's path, as it was typed.
        path: String,
        /// The key.
        key: &'static Key,
    },
    /// A value is not one that the key takes.
    #[error("`{path}` does not take `{value}`; it is {}\n{}", shape(.key), about(.key))]
    Value {
        /// The key's path, as it was typed.
        path: String,
        /// The value, as it was typed.
        value: String,
        /// The key.
        key: &'static Key,
    },
    /// A range leads nowhere.
    #[error("the range `{range}` of `{path}` {why}; write `FROM..TO:STEP`, upwards\n{}", about(.key))]
    Range {
        /// The key's path, as it was typed.
        path: String,
        /// The range, as it was typed.
        range: String,
        /// What is wrong with it.
        why: &'static str,
        /// The key.
        key: &'static Key,
    },
    /// A key has too many values.
    #[error("`{path}` has more than {most} values; take a larger step")]
    TooManyValues {
        /// The key's path.
        path: String,
        /// The most.
        most: usize,
    },
    /// A key is varied twice.
    #[error("`{0}` is varied twice; put all its values into one `--vary`")]
    Twice(String),
    /// There are too many combinations.
    #[error(
        "these keys have {combinations} combinations, and a sweep tries at most {most}; take larger steps"
    )]
    TooMany {
        /// How many there are.
        combinations: u128,
        /// The most.
        most: usize,
    },
    /// The policy has no place for the key.
    #[error(
        "`{policy}` has no `{path}`; `earnest policy show {policy} --json` shows the keys that it has"
    )]
    NoPlace {
        /// The key's path.
        path: String,
        /// The policy's name.
        policy: String,
    },
    /// Values do not go together.
    #[error("{settings} makes no policy:\n{why}")]
    NoPolicy {
        /// The values.
        settings: String,
        /// What is wrong, a line each.
        why: String,
    },
}

/// Says what a key's value is.
fn shape(key: &Key) -> String {
    let unit = key
        .unit
        .map_or_else(String::new, |unit| format!(" ({unit})"));
    let listed = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        words.join(", ")
    };
    match key.kind {
        Kind::Whole(least, most) => format!("a whole number from {least} to {most}{unit}"),
        Kind::WholeOr(least, most, word) => {
            format!("a whole number from {least} to {most}{unit}, or `{word}`")
        }
        Kind::Ratio => "a ratio from 0 to 1, such as `13/100`, `13%` or `0.13`".to_owned(),
        Kind::Flag => "`true` or `false`".to_owned(),
        Kind::Word(words) => format!("one of {}", listed(words)),
        _ => "neither a number nor one of some words".to_owned(),
    }
}

/// Says what a key means.
fn about(key: &Key) -> String {
    format!("{}: {}", key.path, key.doc)
}
