//! Keeps endpoints: who asked for which events, where they go, and the secrets that sign them.
//!
//! Owns: making, changing and removing endpoints. Does not own: whether an address may be called (the server
//! looks), rights.
//! Invariants: a secret is shown once, when it is made; after a rotation the one before signs too, for a day;
//! an endpoint is sent what is recorded after it was made, nothing earlier.

use super::listed::EVENT_TYPES;
use super::sign::make_secret;
use super::{KIND, WAKE};
use crate::engine::Engine;
use crate::failure::Failure;
use crate::keys::json;
use earnest_core::units::{ContractId, Days, Timestamp};
use earnest_store::{Document, Position, Put, StoreError};
use serde::{Deserialize, Serialize};

/// How long a secret goes on signing after it was rotated away.
const OVERLAP: Days = Days(1);
/// The most endpoints of one owner.
const MOST: usize = 100;
/// The longest URL, in bytes.
const URL_MOST: usize = 2_048;

/// Whose an endpoint is: who may see and change it, beside the administrator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The administrator's.
    Admin,
    /// A contract's.
    Contract(ContractId),
}

/// Whether an endpoint is sent what is meant for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookState {
    /// It is.
    Active,
    /// What is meant for it waits until it is active again.
    Paused,
}

/// An endpoint, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookRecord {
    /// Its id.
    pub id: String,
    /// Where it is.
    pub url: String,
    /// Whose events it is sent; nothing means every contract's.
    pub contract: Option<ContractId>,
    /// The types of events that it is sent; nothing means all.
    pub types: Option<Vec<String>>,
    /// Whether it is sent what is meant for it.
    pub state: WebhookState,
    /// Why it is paused.
    pub reason: Option<String>,
    /// Whose it is.
    pub owner: Owner,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An endpoint to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWebhook {
    /// Where it is; whoever calls has looked whether it may be called.
    pub url: String,
    /// Whose events it is sent; nothing means every contract's.
    pub contract: Option<ContractId>,
    /// The types of events that it is sent; nothing means all.
    pub types: Option<Vec<String>>,
    /// Whose it is.
    pub owner: Owner,
}

/// What changes of an endpoint; nothing leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebhookChange {
    /// Whether it is sent what is meant for it, and why not.
    pub state: Option<(WebhookState, Option<String>)>,
    /// The types of events that it is sent from now on.
    pub types: Option<Option<Vec<String>>>,
}

/// An endpoint as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) url: String,
    pub(super) contract: Option<ContractId>,
    pub(super) types: Option<Vec<String>>,
    pub(super) state: WebhookState,
    pub(super) reason: Option<String>,
    owner: Owner,
    created_at: Timestamp,
    /// The newest place in the log when it was made.
    from: u64,
    /// The newest first.
    secrets: Vec<Secret>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Secret {
    secret: String,
    /// Until when it signs; nothing for the newest.
    until: Option<Timestamp>,
}

impl Kept {
    /// Returns the place in the log after which events are meant for this endpoint.
    pub(super) const fn from(&self) -> Position {
        Position(self.from)
    }

    /// Returns it with another place in the log.
    pub(super) fn moved_to(mut self, place: Position) -> Self {
        self.from = place.0;
        self
    }

    pub(super) fn wants(&self, event_type: &str) -> bool {
        let Some(types) = &self.types else {
            return true;
        };
        types.iter().any(|wanted| wanted == event_type)
    }

    pub(super) fn is_active(&self) -> bool {
        self.state == WebhookState::Active
    }

    /// Returns the secrets that sign at an instant.
    pub(super) fn secrets(&self, at: Timestamp) -> impl Iterator<Item = &str> {
        let valid = move |secret: &&Secret| secret.until.is_none_or(|until| at < until);
        self.secrets
            .iter()
            .filter(valid)
            .map(|it| it.secret.as_str())
    }

    fn rotate(&mut self, secret: String, now: Timestamp) {
        self.secrets
            .retain(|old| old.until.is_none_or(|until| now < until));
        for old in &mut self.secrets {
            old.until = old.until.or(Some(now.plus(OVERLAP)));
        }
        let newest = Secret {
            secret,
            until: None,
        };
        self.secrets.insert(0, newest);
        // Who rotates again and again within a day leaves old ones behind, not ever longer headers.
        self.secrets.truncate(8);
    }
}

/// Reads an endpoint.
pub(super) fn read(document: &Document) -> Result<Kept, Failure> {
    serde_json::from_slice(&document.body).map_err(|error| {
        Failure::Internal(format!("webhook `{}` cannot be read: {error}", document.id))
    })
}

fn record(id: &str, kept: Kept) -> WebhookRecord {
    WebhookRecord {
        id: id.to_owned(),
        url: kept.url,
        contract: kept.contract,
        types: kept.types,
        state: kept.state,
        reason: kept.reason,
        owner: kept.owner,
        created_at: kept.created_at,
    }
}

fn unknown(id: &str) -> Failure {
    Failure::Unknown {
        kind: "webhook",
        id: id.to_owned(),
    }
}

fn put(id: &str, expected: u64, kept: Option<&Kept>) -> Put {
    Put {
        kind: KIND.to_owned(),
        id: id.to_owned(),
        expected: Some(expected),
        body: kept.map(json),
    }
}

/// Asks the courier to look at an endpoint's deliveries again.
pub(super) fn wake(id: &str) -> Put {
    Put {
        kind: WAKE.to_owned(),
        id: id.to_owned(),
        expected: None,
        body: Some(Vec::new()),
    }
}

impl Engine {
    /// Makes an endpoint and returns it with its secret, which is not shown again. It is sent what is recorded
    /// from now on.
    ///
    /// # Errors
    /// When there is no such contract, a type is none, the owner has too many endpoints, or the store fails.
    pub async fn create_webhook(
        &self,
        new: NewWebhook,
    ) -> Result<(WebhookRecord, String), Failure> {
        check_url(&new.url)?;
        let types = new.types.as_deref().map(checked_types).transpose()?;
        if let Some(contract) = &new.contract
            && self.store().contract(contract).await?.is_none()
        {
            return Err(Failure::UnknownContract(contract.clone()));
        }
        self.check_count(&new.owner).await?;
        let secret = make_secret(self.random());
        let kept = Kept {
            url: new.url,
            contract: new.contract,
            types,
            state: WebhookState::Active,
            reason: None,
            owner: new.owner,
            created_at: self.now(),
            from: self.store().head().await?.0,
            secrets: vec![Secret {
                secret: secret.clone(),
                until: None,
            }],
        };
        let id = self.make_id("wh-");
        self.store().put(vec![put(&id, 0, Some(&kept))]).await?;
        self.outlet().touch();
        Ok((record(&id, kept), secret))
    }

    async fn check_count(&self, owner: &Owner) -> Result<(), Failure> {
        let all = self.webhooks().await?;
        let theirs = all.iter().filter(|webhook| webhook.owner == *owner);
        if theirs.count() < MOST {
            return Ok(());
        }
        Err(Failure::Invalid {
            field: "url",
            why: format!("there are {MOST} webhooks already; remove one that is not needed"),
        })
    }

    /// Returns all endpoints, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn webhooks(&self) -> Result<Vec<WebhookRecord>, Failure> {
        let mut all = Vec::new();
        for document in self.all_documents(KIND).await? {
            all.push(record(&document.id, read(&document)?));
        }
        all.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(all)
    }

    /// Returns an endpoint.
    ///
    /// # Errors
    /// When there is none, or the store fails.
    pub async fn webhook(&self, id: &str) -> Result<WebhookRecord, Failure> {
        let document = self.store().document(KIND, id).await?;
        let document = document.ok_or_else(|| unknown(id))?;
        Ok(record(id, read(&document)?))
    }

    /// Changes an endpoint.
    ///
    /// # Errors
    /// When there is none, a type is none, or the store fails.
    pub async fn change_webhook(
        &self,
        id: &str,
        change: WebhookChange,
    ) -> Result<WebhookRecord, Failure> {
        let types = match change.types {
            Some(Some(types)) => Some(Some(checked_types(&types)?)),
            other => other,
        };
        self.edit_webhook(id, |kept| {
            if let Some((state, reason)) = &change.state {
                kept.state = *state;
                kept.reason = reason.clone().filter(|_| *state == WebhookState::Paused);
            }
            if let Some(types) = &types {
                kept.types.clone_from(types);
            }
        })
        .await
    }

    /// Gives an endpoint another secret and returns it; the one before signs beside it for a day.
    ///
    /// # Errors
    /// When there is no such endpoint, or the store fails.
    pub async fn rotate_webhook(&self, id: &str) -> Result<(WebhookRecord, String), Failure> {
        let (secret, now) = (make_secret(self.random()), self.now());
        let record = self
            .edit_webhook(id, |kept| kept.rotate(secret.clone(), now))
            .await?;
        Ok((record, secret))
    }

    /// Removes an endpoint. What was waiting for it is given up.
    ///
    /// # Errors
    /// When there is no such endpoint, or the store fails.
    pub async fn delete_webhook(&self, id: &str) -> Result<(), Failure> {
        loop {
            let document = self.store().document(KIND, id).await?;
            let document = document.ok_or_else(|| unknown(id))?;
            let puts = vec![put(id, document.version, None), wake(id)];
            match self.store().put(puts).await {
                Ok(()) => {
                    self.outlet().touch();
                    return Ok(());
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Changes an endpoint, and sees that what waits for it is looked at again.
    async fn edit_webhook(
        &self,
        id: &str,
        mut edit: impl FnMut(&mut Kept) + Send,
    ) -> Result<WebhookRecord, Failure> {
        loop {
            let document = self.store().document(KIND, id).await?;
            let document = document.ok_or_else(|| unknown(id))?;
            let before = read(&document)?;
            let mut kept = before.clone();
            edit(&mut kept);
            if kept == before {
                return Ok(record(id, kept));
            }
            let mut puts = vec![put(id, document.version, Some(&kept))];
            if kept.is_active() && !before.is_active() {
                puts.push(wake(id));
            }
            match self.store().put(puts).await {
                Ok(()) => {
                    self.outlet().touch();
                    return Ok(record(id, kept));
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn check_url(url: &str) -> Result<(), Failure> {
    let is_web = url.starts_with("http://") || url.starts_with("https://");
    if is_web && url.len() <= URL_MOST {
        return Ok(());
    }
    Err(Failure::Invalid {
        field: "url",
        why: format!(
            "a webhook's URL begins with `https://` or `http://` and has at most {URL_MOST} characters"
        ),
    })
}

/// Returns types in their order, each once.
fn checked_types(types: &[String]) -> Result<Vec<String>, Failure> {
    let invalid = |why| Failure::Invalid {
        field: "types",
        why,
    };
    if types.is_empty() {
        let why = "name at least one type of events, or leave `types` out for all of them";
        return Err(invalid(why.to_owned()));
    }
    if let Some(wrong) = types.iter().find(|it| !EVENT_TYPES.contains(&it.as_str())) {
        let all = EVENT_TYPES.join("`, `");
        return Err(invalid(format!(
            "`{wrong}` is no type of events; there are `{all}`"
        )));
    }
    let named = |it: &&str| types.iter().any(|named| named == it);
    let once = EVENT_TYPES.iter().copied().filter(named);
    Ok(once.map(str::to_owned).collect())
}
