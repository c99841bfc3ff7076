//! Keeps the policies that contracts may follow: the presets, and those that were uploaded.
//!
//! Owns: uploading, naming and finding policies. Does not own: their format. Invariants: a text, once a
//! contract follows it, is kept under its hash and never changes; a preset's name is no upload's.

use crate::engine::Engine;
use crate::failure::Failure;
use crate::keys::json;
use earnest_core::policy::{Policy, file, preset};
use earnest_core::units::Timestamp;
use earnest_store::{Document, Put, StoreError};
use hashbrown::HashMap;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The names, each with its newest text.
pub(crate) const KIND: &str = "policy";
/// The texts that were ever uploaded, by their hash.
const TEXT: &str = "policy-text";

/// A policy that contracts may follow.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyRecord {
    /// What it means.
    pub policy: Arc<Policy>,
    /// Its file.
    pub text: String,
    /// Whether it ships with Earnest.
    pub preset: bool,
    /// How often a text was uploaded under the name; 1 for a preset.
    pub version: u64,
    /// When it was uploaded.
    pub uploaded_at: Option<Timestamp>,
}

/// Which text a contract's policy version is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PolicyText {
    /// A preset: their texts never change.
    Preset(String),
    /// An uploaded text, by its hash.
    Uploaded(String),
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    hash: String,
    version: u64,
    uploaded_at: Timestamp,
}

/// The policies that were read.
#[derive(Debug, Default)]
pub(crate) struct PolicyCache {
    by_hash: Mutex<HashMap<String, Arc<Policy>>>,
}

impl PolicyCache {
    /// Names are read anew each time, and a hash's text never changes.
    #[expect(clippy::unused_self, reason = "beside the other caches")]
    pub(crate) fn forget(&self, _name: &str) {}
}

impl Engine {
    /// Finds a policy by name, and how a contract keeps it.
    pub(crate) async fn find_policy(
        &self,
        name: &str,
    ) -> Result<(Arc<Policy>, PolicyText), Failure> {
        if let Some(policy) = preset::get(name) {
            return Ok((policy, PolicyText::Preset(name.to_owned())));
        }
        let Some(document) = self.store().document(KIND, name).await? else {
            return Err(Failure::UnknownPolicy(name.to_owned()));
        };
        let text = PolicyText::Uploaded(read(&document)?.hash);
        Ok((self.policy_of(&text).await?, text))
    }

    /// Returns the policy that a contract keeps.
    pub(crate) async fn policy_of(&self, text: &PolicyText) -> Result<Arc<Policy>, Failure> {
        let hash = match text {
            PolicyText::Preset(name) => {
                return preset::get(name).ok_or_else(|| {
                    Failure::Internal(format!(
                        "a contract follows `{name}`, which this version does not know"
                    ))
                });
            }
            PolicyText::Uploaded(hash) => hash,
        };
        if let Some(known) = self.policy_cache().by_hash.lock().get(hash) {
            return Ok(Arc::clone(known));
        }
        let policy = Arc::new(parse(&self.text_of(hash).await?)?);
        let mut known = self.policy_cache().by_hash.lock();
        known.insert(hash.clone(), Arc::clone(&policy));
        Ok(policy)
    }

    async fn text_of(&self, hash: &str) -> Result<String, Failure> {
        let document = self.store().document(TEXT, hash).await?;
        let text = document.and_then(|it| String::from_utf8(it.body).ok());
        text.ok_or_else(|| Failure::Internal(format!("the text of policy {hash} is not kept")))
    }

    /// Uploads a policy file under the name that stands in it. The same text again changes nothing; another
    /// text is the name's next version, for contracts that take it from now on.
    ///
    /// # Errors
    /// When the text has mistakes or takes a preset's name, or the store fails.
    pub async fn upload_policy(&self, text: &str) -> Result<PolicyRecord, Failure> {
        let policy = Arc::new(parse(text)?);
        let name = policy.name.to_string();
        if preset::get(&name).is_some() {
            return Err(Failure::Invalid {
                field: "text",
                why: format!("`{name}` ships with Earnest; give your policy a `name` of its own"),
            });
        }
        let hash = hash(text);
        loop {
            let document = self.store().document(KIND, &name).await?;
            let before = document.as_ref().map(read).transpose()?;
            if let Some(kept) = before.as_ref().filter(|kept| kept.hash == hash) {
                return Ok(record(policy, text.to_owned(), kept));
            }
            let kept = Kept {
                hash: hash.clone(),
                version: before.map_or(0, |kept| kept.version) + 1,
                uploaded_at: self.now(),
            };
            let puts = vec![
                put(TEXT, &hash, None, text.as_bytes().to_vec()),
                put(
                    KIND,
                    &name,
                    Some(document.map_or(0, |it| it.version)),
                    json(&kept),
                ),
            ];
            match self.store().put(puts).await {
                Ok(()) => return Ok(record(policy, text.to_owned(), &kept)),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Returns a policy by name.
    ///
    /// # Errors
    /// When there is none of the name, or the store fails.
    pub async fn policy(&self, name: &str) -> Result<PolicyRecord, Failure> {
        if let (Some(policy), Some(text)) = (preset::get(name), preset::text(name)) {
            return Ok(shipped(policy, text));
        }
        match self.store().document(KIND, name).await? {
            Some(document) => self.uploaded(&document).await,
            None => Err(Failure::UnknownPolicy(name.to_owned())),
        }
    }

    /// Returns all policies: the presets, then the uploaded ones by name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn policies(&self) -> Result<Vec<PolicyRecord>, Failure> {
        let presets = preset::NAMES.iter();
        let mut all: Vec<PolicyRecord> = presets
            .filter_map(|name| Some(shipped(preset::get(name)?, preset::text(name)?)))
            .collect();
        for document in self.all_documents(KIND).await? {
            all.push(self.uploaded(&document).await?);
        }
        Ok(all)
    }

    async fn uploaded(&self, document: &Document) -> Result<PolicyRecord, Failure> {
        let kept = read(document)?;
        let policy = self
            .policy_of(&PolicyText::Uploaded(kept.hash.clone()))
            .await?;
        let text = self.text_of(&kept.hash).await?;
        Ok(record(policy, text, &kept))
    }
}

fn parse(text: &str) -> Result<Policy, Failure> {
    file::parse("policy", text).map_err(|mistakes| Failure::PolicyMistakes(mistakes.to_string()))
}

fn shipped(policy: Arc<Policy>, text: &str) -> PolicyRecord {
    PolicyRecord {
        policy,
        text: text.to_owned(),
        preset: true,
        version: 1,
        uploaded_at: None,
    }
}

fn record(policy: Arc<Policy>, text: String, kept: &Kept) -> PolicyRecord {
    PolicyRecord {
        policy,
        text,
        preset: false,
        version: kept.version,
        uploaded_at: Some(kept.uploaded_at),
    }
}

fn put(kind: &str, id: &str, expected: Option<u64>, body: Vec<u8>) -> Put {
    Put {
        kind: kind.to_owned(),
        id: id.to_owned(),
        expected,
        body: Some(body),
    }
}

fn read(document: &Document) -> Result<Kept, Failure> {
    serde_json::from_slice(&document.body).map_err(|error| {
        Failure::Internal(format!("policy `{}` cannot be read: {error}", document.id))
    })
}

fn hash(text: &str) -> String {
    use std::fmt::Write;
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
