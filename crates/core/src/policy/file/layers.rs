//! Puts a policy file on top of what it extends.

use super::build;
use crate::document::{Document, Mistakes, Overlap, nearest};
use crate::policy::{Policy, preset};
use std::fmt;
use std::sync::Arc;

/// The most files that may extend one another, so that a loop under ever new names ends.
const MOST: usize = 32;

/// A file's name, as mistakes show it, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name: a path, usually.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

impl Source {
    /// Returns the source of that name and text.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
        }
    }

    /// Returns the name without folders and `.toml`: what a policy is called that names itself nothing.
    fn stem(&self) -> &str {
        let file = self.name.rsplit(['/', '\\']).next().unwrap_or(&self.name);
        file.strip_suffix(".toml").unwrap_or(file)
    }
}

/// Where a policy is to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// The preset of this name.
    Preset(&'static str),
    /// The file at this path, relative to the file that names it.
    File(String),
}

/// A text that names neither a preset nor a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub instead: String,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.problem, self.instead)
    }
}

impl std::error::Error for Unknown {}

/// Returns where the policy is that `text` names: a preset, or a file by a path that ends in `.toml`.
///
/// # Errors
/// When it is neither.
pub fn base(text: &str) -> Result<Base, Unknown> {
    if text.ends_with(".toml") {
        return Ok(Base::File(text.to_owned()));
    }
    if let Some(name) = preset::NAMES.into_iter().find(|name| *name == text) {
        return Ok(Base::Preset(name));
    }
    let rest = "a path to a policy file ends in `.toml`";
    Err(Unknown {
        problem: format!("`{text}` is no preset"),
        instead: match nearest(text, preset::NAMES) {
            Some(near) => format!("did you mean `{near}`? {rest}"),
            None => format!("the presets are `{}`; {rest}", preset::NAMES.join("`, `")),
        },
    })
}

/// Reads a path as the file `from` names it. The name of what comes back identifies the file: a loop is
/// found when a name comes up again.
pub type Reader<'a> = dyn FnMut(&str, &str) -> Result<Source, String> + 'a;

/// Why a policy could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Open {
    /// Nothing has that name.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// The file could not be read.
    #[error("`{path}` cannot be read: {why}")]
    Unread {
        /// Its path, as it was named.
        path: String,
        /// Why.
        why: String,
    },
    /// The file, or one that it extends, has mistakes.
    #[error(transparent)]
    Mistakes(#[from] Mistakes),
}

/// Returns the policy that `text` names in the file `from`: a preset, or a file with all that it extends.
///
/// # Errors
/// When there is none, or it has mistakes.
pub fn open(text: &str, from: &str, read: &mut Reader<'_>) -> Result<Arc<Policy>, Open> {
    match base(text)? {
        Base::Preset(name) => preset::get(name).ok_or_else(|| {
            Unknown {
                problem: format!("the preset `{name}` has mistakes"),
                instead: "report this".to_owned(),
            }
            .into()
        }),
        Base::File(path) => {
            let source = read(&path, from).map_err(|why| Open::Unread { path, why })?;
            Ok(Arc::new(load(source, read)?.policy()?))
        }
    }
}

/// A policy file and all that it extends.
#[derive(Debug)]
pub struct Layers {
    /// The upper file's name for the policy, where it gives none itself.
    name: String,
    /// Every file, the upper one first.
    sources: Vec<Source>,
    document: Document,
    /// Whether all that is extended was found, so that a missing key is a mistake.
    complete: bool,
}

impl Layers {
    /// Returns the files, the upper one first.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Returns the policy.
    ///
    /// # Errors
    /// All mistakes in all layers, each with its file and line.
    pub fn policy(self) -> Result<Policy, Mistakes> {
        let policy = build::policy(&self.document, &self.name, self.complete);
        self.document.finish(policy)
    }
}

/// Collects a file and all that it extends; `read` is called for each file, core itself has the presets.
///
/// # Errors
/// When the file is no TOML. What is wrong with those below it comes with all other mistakes, from
/// [`Layers::policy`].
pub fn load(top: Source, read: &mut Reader<'_>) -> Result<Layers, Mistakes> {
    let name = top.stem().to_owned();
    let mut documents = vec![Document::parse(&top.name, &top.text)?];
    let mut sources = vec![top];
    let mut complete = true;
    while let Some(document) = documents.last() {
        match below(document, &sources, read) {
            Below::Nothing => break,
            Below::Lost => {
                complete = false;
                break;
            }
            Below::Source(source) => match Document::parse(&source.name, &source.text) {
                Ok(base) => {
                    documents.push(base);
                    sources.push(source);
                }
                Err(mistakes) => {
                    document.add(mistakes);
                    complete = false;
                    break;
                }
            },
        }
    }
    let document = documents
        .into_iter()
        .rev()
        .reduce(|base, top| top.over(base, &drops));
    let document = match document {
        Some(document) => document,
        None => Document::parse(&name, "")?,
    };
    Ok(Layers {
        name,
        sources,
        document,
        complete,
    })
}

/// What a document extends.
enum Below {
    Nothing,
    Source(Source),
    /// Something that cannot be had; why has been recorded.
    Lost,
}

fn below(document: &Document, above: &[Source], read: &mut Reader<'_>) -> Below {
    let Some(extends) = document.root().get("extends") else {
        return Below::Nothing;
    };
    // Where it is no text, the reading of all keys records that.
    let Some(text) = extends.is_text() else {
        return Below::Lost;
    };
    let from = above.last().map_or("", |source| source.name.as_str());
    let found = match base(text) {
        Ok(Base::Preset(name)) => preset::source(name).ok_or_else(|| {
            (
                format!("the preset `{name}` is not at hand"),
                "report this".to_owned(),
            )
        }),
        Ok(Base::File(path)) => read(&path, from).map_err(|why| {
            let instead = "name a file that is there, relative to this one".to_owned();
            (format!("`{path}` cannot be read: {why}"), instead)
        }),
        Err(unknown) => Err((unknown.problem, unknown.instead)),
    };
    let found = found.and_then(|source| unlooped(source, above));
    match found {
        Ok(source) => Below::Source(source),
        Err((problem, instead)) => {
            extends.mistake(&problem, &instead);
            Below::Lost
        }
    }
}

fn unlooped(source: Source, above: &[Source]) -> Result<Source, (String, String)> {
    let instead = || "let one of them stand alone".to_owned();
    if let Some(at) = above.iter().position(|above| above.name == source.name) {
        let round = above.iter().skip(at).chain([&source]);
        let round: Vec<_> = round.map(|source| format!("`{}`", source.name)).collect();
        let problem = format!("leads back to where it began: {}", round.join(" extends "));
        return Err((problem, instead()));
    }
    if above.len() >= MOST {
        return Err((
            format!("has {MOST} files above it that extend one another"),
            instead(),
        ));
    }
    Ok(source)
}

/// Returns the keys of a base that the file above makes void.
fn drops(overlap: &Overlap<'_>) -> Vec<String> {
    let owned = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
    match overlap.path() {
        // These say what the one file is, not what its policy does.
        "" => owned(&["format", "extends", "name", "title"]),
        "gate" => match (overlap.top_text("kind"), overlap.base_text("kind")) {
            (Some(top), Some(base)) if top != base => {
                overlap.base_keys().map(str::to_owned).collect()
            }
            _ => Vec::new(),
        },
        table => super::key::of_table(table)
            .filter_map(|key| key.or.filter(|_| overlap.top_has(key.name())))
            .map(str::to_owned)
            .collect(),
    }
}
