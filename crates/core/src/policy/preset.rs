//! Holds the presets: eight policies that ship as policy files.
//!
//! Owns: their names and texts. Does not own: how a file is read ([`super::file`]). Invariant: every
//! preset reads without a mistake; a test holds that.

use super::Policy;
use super::file::{self, Source};
use std::sync::{Arc, OnceLock};

/// The presets' names, oldest first; then those that are no vendor's.
pub const NAMES: [&str; 8] = [
    "inmail-2013",
    "inmail-2014",
    "inmail-2015",
    "inmail-thread",
    "recruiter-2024",
    "premium-2024",
    "attention-bond",
    "postage",
];

/// The preset where none is named.
pub const DEFAULT: &str = "inmail-2015";

struct Preset {
    text: &'static str,
    policy: OnceLock<Option<Arc<Policy>>>,
}

impl Preset {
    const fn new(text: &'static str) -> Self {
        Self {
            text,
            policy: OnceLock::new(),
        }
    }
}

/// In the order of [`NAMES`].
static PRESETS: [Preset; 8] = [
    Preset::new(include_str!("../../presets/inmail-2013.toml")),
    Preset::new(include_str!("../../presets/inmail-2014.toml")),
    Preset::new(include_str!("../../presets/inmail-2015.toml")),
    Preset::new(include_str!("../../presets/inmail-thread.toml")),
    Preset::new(include_str!("../../presets/recruiter-2024.toml")),
    Preset::new(include_str!("../../presets/premium-2024.toml")),
    Preset::new(include_str!("../../presets/attention-bond.toml")),
    Preset::new(include_str!("../../presets/postage.toml")),
];

fn find(name: &str) -> Option<&'static Preset> {
    let at = NAMES.iter().position(|known| *known == name)?;
    PRESETS.get(at)
}

/// Returns the preset of that name.
#[must_use]
pub fn get(name: &str) -> Option<Arc<Policy>> {
    let preset = find(name)?;
    preset
        .policy
        .get_or_init(|| {
            file::parse(&file_name(name), preset.text)
                .ok()
                .map(Arc::new)
        })
        .clone()
}

/// Returns the preset's policy file.
#[must_use]
pub fn text(name: &str) -> Option<&'static str> {
    find(name).map(|preset| preset.text)
}

/// Returns the preset's policy file, to start another from.
#[must_use]
pub fn source(name: &str) -> Option<Source> {
    Some(Source::new(file_name(name), text(name)?))
}

/// Returns the name under which a preset's file is shown; no path looks like it, so that a caller's file
/// of the same name is another.
#[must_use]
pub fn file_name(name: &str) -> String {
    format!("preset {name}")
}
