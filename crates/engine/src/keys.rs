//! Knows who may call: API keys, each with a scope.
//!
//! Owns: making, finding and revoking keys. Does not own: what a scope may do (the server's one table).
//! Invariants: a secret is shown once and kept only as a hash; a hash is compared in constant time; a revoked
//! key is refused from the next call on, in every process.

use crate::engine::Engine;
use crate::failure::Failure;
use earnest_core::units::{ContractId, MemberId, SeatId, Timestamp};
use earnest_store::{Document, Put, StoreError};
use hashbrown::HashMap;
use parking_lot::Mutex;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use subtle::ConstantTimeEq;

pub(crate) const KIND: &str = "key";
const USED: &str = "key-used";
/// What every key begins with, so that it is known when it is found where it should not be.
const PREFIX: &str = "earnest";

/// Whom a key stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "scope", rename_all = "snake_case")]
pub enum Scope {
    /// Everything.
    Admin,
    /// Everything, and the instants of what is told.
    Import,
    /// One contract.
    Contract {
        /// The contract.
        contract: ContractId,
    },
    /// One seat.
    Seat {
        /// Its contract.
        contract: ContractId,
        /// The seat.
        seat: SeatId,
    },
    /// One recipient.
    Member {
        /// The member.
        member: MemberId,
    },
}

impl Scope {
    /// Returns the scope's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Import => "import",
            Self::Contract { .. } => "contract",
            Self::Seat { .. } => "seat",
            Self::Member { .. } => "member",
        }
    }

    /// Returns the contract that it is about, where there is but one.
    #[must_use]
    pub const fn contract(&self) -> Option<&ContractId> {
        match self {
            Self::Contract { contract } | Self::Seat { contract, .. } => Some(contract),
            Self::Admin | Self::Import | Self::Member { .. } => None,
        }
    }

    /// Returns the space in which the idempotency keys of this scope are one another's.
    #[must_use]
    pub fn space(&self) -> String {
        match self {
            Self::Admin | Self::Import => "admin".to_owned(),
            Self::Contract { contract } => format!("contract/{contract}"),
            Self::Seat { contract, seat } => format!("seat/{contract}/{seat}"),
            Self::Member { member } => format!("member/{member}"),
        }
    }
}

/// A key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its id, which is no secret.
    pub id: String,
    /// Whom it stands for.
    pub scope: Scope,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute or so.
    pub used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    scope: Scope,
    hash: Digest,
    created_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

/// What is kept of a secret: its SHA-256, written in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Digest([u8; 32]);

impl Digest {
    fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }

    fn read(text: &str) -> Option<Self> {
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
            return None;
        };
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? << 4 | digit(*low)?).ok();
        let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
        Some(Self(bytes?.try_into().ok()?))
    }

    /// Compares in constant time.
    fn is_of(&self, secret: &str) -> bool {
        self.0.ct_eq(&Self::of(secret).0).into()
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::read(&text).ok_or_else(|| de::Error::custom("a hash has 64 hexadecimal digits"))
    }
}

/// The keys that were looked up, and those used since that was last written down.
#[derive(Debug, Default)]
pub(crate) struct KeyCache {
    known: Mutex<HashMap<String, Option<Arc<Kept>>>>,
    /// Changes with each change: what was read before one is not remembered after it.
    changes: AtomicU64,
    used: Mutex<HashMap<String, Timestamp>>,
}

/// How many look-ups are remembered: those of keys that are none included.
const KNOWN_MOST: usize = 100_000;

impl KeyCache {
    pub(crate) fn forget(&self, id: &str) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.known.lock().remove(id);
    }

    fn note_use(&self, id: &str, at: Timestamp) {
        let mut used = self.used.lock();
        match used.get_mut(id) {
            Some(last) => *last = at,
            None => drop(used.insert(id.to_owned(), at)),
        }
    }
}

impl Engine {
    /// Makes a key and returns it with the text that is given to its holder, once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn create_key(&self, scope: Scope) -> Result<(KeyRecord, String), Failure> {
        let mut bytes = [0; 42];
        self.random().fill(&mut bytes);
        let (id, secret) = bytes.split_at(10);
        let (id, secret) = (hex(id), base64_of(secret));
        let kept = Kept {
            scope,
            hash: Digest::of(&secret),
            created_at: self.now(),
            revoked_at: None,
        };
        self.store()
            .put(vec![Put {
                kind: KIND.to_owned(),
                id: id.clone(),
                expected: Some(0),
                body: Some(json(&kept)),
            }])
            .await?;
        let text = format!("{PREFIX}_{id}_{secret}");
        Ok((record(id, &kept, None), text))
    }

    /// Returns the key that a text is, unless it is none or was revoked. Notes that it was used.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn authenticate(&self, text: &str) -> Result<Option<KeyRecord>, Failure> {
        let Some((id, secret)) = parts(text) else {
            return Ok(None);
        };
        let Some(kept) = self.kept_key(id).await? else {
            return Ok(None);
        };
        if !kept.hash.is_of(secret) || kept.revoked_at.is_some() {
            return Ok(None);
        }
        let now = self.now();
        self.keys().note_use(id, now);
        Ok(Some(record(id.to_owned(), &kept, Some(now))))
    }

    async fn kept_key(&self, id: &str) -> Result<Option<Arc<Kept>>, Failure> {
        self.refresh().await?;
        if let Some(known) = self.keys().known.lock().get(id) {
            return Ok(known.clone());
        }
        let before = self.keys().changes.load(Ordering::Acquire);
        let document = self.store().document(KIND, id).await?;
        let kept = document.map(|it| read(&it)).transpose()?.map(Arc::new);
        let mut known = self.keys().known.lock();
        if known.len() >= KNOWN_MOST {
            known.clear();
        }
        if self.keys().changes.load(Ordering::Acquire) == before {
            known.insert(id.to_owned(), kept.clone());
        }
        Ok(kept)
    }

    /// Returns whether a key is there and was not revoked.
    pub(crate) async fn key_is_good(&self, id: &str) -> Result<bool, Failure> {
        let kept = self.kept_key(id).await?;
        Ok(kept.is_some_and(|kept| kept.revoked_at.is_none()))
    }

    /// Returns all keys, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_keys(&self) -> Result<Vec<KeyRecord>, Failure> {
        let used = self.all_documents(USED).await?;
        let used: HashMap<String, Timestamp> = used
            .into_iter()
            .filter_map(|it| Some((it.id.clone(), serde_json::from_slice(&it.body).ok()?)))
            .collect();
        let mut keys = Vec::new();
        for document in self.all_documents(KIND).await? {
            let kept: Kept = read(&document)?;
            let used = used.get(&document.id).copied();
            keys.push(record(document.id, &kept, used));
        }
        keys.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(keys)
    }

    /// Revokes a key; one that was revoked before stays as it is.
    ///
    /// # Errors
    /// When there is no such key, or the store fails.
    pub async fn revoke_key(&self, id: &str) -> Result<KeyRecord, Failure> {
        loop {
            let Some(document) = self.store().document(KIND, id).await? else {
                let id = id.to_owned();
                return Err(Failure::Unknown { kind: "key", id });
            };
            let mut kept: Kept = read(&document)?;
            if kept.revoked_at.is_some() {
                return Ok(record(document.id, &kept, None));
            }
            kept.revoked_at = Some(self.now());
            let put = Put {
                kind: KIND.to_owned(),
                id: id.to_owned(),
                expected: Some(document.version),
                body: Some(json(&kept)),
            };
            let put = self.store().put(vec![put]).await;
            // Whatever became of it: what was known before is not to be trusted after.
            self.keys().forget(id);
            match put {
                Ok(()) => return Ok(record(document.id, &kept, None)),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Writes down when keys were last used.
    ///
    /// # Errors
    /// When the store fails; the instants are lost then.
    pub async fn note_used_keys(&self) -> Result<(), Failure> {
        let used = std::mem::take(&mut *self.keys().used.lock());
        let puts = used.into_iter().map(|(id, at)| Put {
            kind: USED.to_owned(),
            id,
            expected: None,
            body: Some(json(&at)),
        });
        let puts: Vec<Put> = puts.collect();
        if !puts.is_empty() {
            self.store().put(puts).await?;
        }
        Ok(())
    }
}

fn parts(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix(PREFIX)?
        .strip_prefix('_')?
        .split_once('_')
}

fn record(id: String, kept: &Kept, used_at: Option<Timestamp>) -> KeyRecord {
    KeyRecord {
        id,
        scope: kept.scope.clone(),
        created_at: kept.created_at,
        used_at,
        revoked_at: kept.revoked_at,
    }
}

fn read(document: &Document) -> Result<Kept, Failure> {
    serde_json::from_slice(&document.body).map_err(|error| {
        Failure::Internal(format!("key `{}` cannot be read: {error}", document.id))
    })
}

pub(crate) fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

pub(crate) fn hash(secret: &str) -> String {
    hex(&Digest::of(secret).0)
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = digits.filter_map(|digit| char::from_digit(digit.into(), 16));
    digits.collect()
}

pub(crate) fn base64_of(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
