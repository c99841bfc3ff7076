//! Finds the policies that a call names.
//!
//! Owns: reading policy files from the disk. Does not own: their format. Invariant: a name is a preset, or a
//! path: whatever has a slash or ends in `.toml`.

use crate::error::Error;
use earnest_core::document::{Mistakes, nearest};
use earnest_core::policy::file::{Layers, Source, load};
use earnest_core::policy::{Policy, preset};
use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

/// Returns the policy of that name.
pub(crate) fn find(name: &str) -> Result<Arc<Policy>, Error> {
    match is_path(name) {
        true => Ok(Arc::new(open(name)?.policy().map_err(Error::input)?)),
        false => preset::get(name).ok_or_else(|| unknown(name)),
    }
}

/// Returns the policies of these names, each once; without names every preset.
pub(crate) fn named(names: &[String]) -> Result<Vec<Arc<Policy>>, Error> {
    if names.is_empty() {
        return preset::NAMES.into_iter().map(find).collect();
    }
    let first =
        |(at, name): &(usize, &String)| names.iter().position(|it| it == *name) == Some(*at);
    names
        .iter()
        .enumerate()
        .filter(first)
        .map(|(_, name)| find(name))
        .collect()
}

/// Returns the file, or the preset's file, with all that it extends.
pub(crate) fn layers(name: &str) -> Result<Layers, Error> {
    if is_path(name) {
        return open(name);
    }
    let source = preset::source(name).ok_or_else(|| unknown(name))?;
    load(source, &mut relative).map_err(Error::input)
}

/// Reads the policy file at a path.
///
/// # Errors
/// Why the file cannot be had, or all of its mistakes.
pub(crate) fn read(path: &str) -> Result<Result<Policy, Mistakes>, String> {
    let source = Source::new(path, text(path)?);
    Ok(load(source, &mut relative).and_then(Layers::policy))
}

fn open(path: &str) -> Result<Layers, Error> {
    let source = Source::new(path, text(path).map_err(Error::Input)?);
    load(source, &mut relative).map_err(Error::input)
}

/// Returns whether a name is a path.
pub(crate) fn is_path(name: &str) -> bool {
    name.ends_with(".toml") || name.contains(['/', std::path::MAIN_SEPARATOR])
}

/// Tells that there is no policy of that name.
pub(crate) fn unknown(name: &str) -> Error {
    let hint = match nearest(name, preset::NAMES) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    };
    Error::Input(format!(
        "there is no preset `{name}`{hint}\nthe presets are {}; a policy file is named by its path, which ends in `.toml`",
        preset::NAMES.join(", ")
    ))
}

fn text(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            format!("there is no file `{path}`; name a policy file that is there")
        }
        io::ErrorKind::InvalidData => format!("`{path}` is no UTF-8 text; a policy file is TOML"),
        io::ErrorKind::IsADirectory => format!("`{path}` is a folder; name a policy file in it"),
        _ => format!("`{path}` cannot be read: {error}"),
    })
}

/// Reads a file that the file `from` names, relative to it.
fn relative(path: &str, from: &str) -> Result<Source, String> {
    let beside = Path::new(from).parent().unwrap_or_else(|| Path::new(""));
    let path = beside.join(path);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Source::new(path.display().to_string(), text)),
        Err(error) => Err(match error.kind() {
            io::ErrorKind::NotFound => format!("there is no file `{}`", path.display()),
            _ => error.to_string(),
        }),
    }
}
