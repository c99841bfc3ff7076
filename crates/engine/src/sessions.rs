//! Lets people in: sessions on the pages, login links that are used once, and tokens of another host.
//!
//! Owns: making, finding and ending them. Does not own: cookies, forms, what a scope may do.
//! Invariants: what lets somebody in is kept only as a hash; a login link and a host's token are used once, in
//! whichever process; a session ends at its instant, with its key, or with the secret that its host signs by.

use crate::engine::Engine;
use crate::failure::Failure;
use crate::keys::{Scope, base64_of, hash, json};
use earnest_core::units::Timestamp;
use earnest_store::{Put, StoreError};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const SESSION: &str = "session";
const LINK: &str = "login-link";
const SPENT: &str = "spent-token";
/// How long a login link can be used.
pub const LINK_LASTS: Duration = Duration::from_secs(600);

/// Who vouches for a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// A key, by its id: the session ends with it.
    Key(String),
    /// Another host, by what tells its secret from others: the session ends when the secret is another.
    Host(String),
}

/// A session on the pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Who vouches for it.
    pub holder: Holder,
    /// Whom it stands for.
    pub scope: Scope,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

#[derive(Debug, Serialize, Deserialize)]
struct Link {
    key: String,
    scope: Scope,
    expires_at: Timestamp,
}

impl Engine {
    /// Begins a session and returns the secret that its cookie holds.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn begin_session(
        &self,
        holder: Holder,
        scope: Scope,
        lasts: Duration,
    ) -> Result<(SessionRecord, String), Failure> {
        let secret = self.make_secret();
        let now = self.now();
        let session = SessionRecord {
            holder,
            scope,
            created_at: now,
            expires_at: now.plus_millis(millis(lasts)),
        };
        self.keep_new(SESSION, &hash(&secret), &session).await?;
        Ok((session, secret))
    }

    /// Returns the session that a secret is of, unless there is none, it has ended, or its key was revoked.
    /// `host` tells the secret that a host signs by now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn session(
        &self,
        secret: &str,
        host: Option<&str>,
    ) -> Result<Option<SessionRecord>, Failure> {
        let Some(document) = self.store().document(SESSION, &hash(secret)).await? else {
            return Ok(None);
        };
        let session: SessionRecord = read(SESSION, &document.body)?;
        if session.expires_at <= self.now() {
            return Ok(None);
        }
        let vouched = match &session.holder {
            Holder::Key(id) => self.key_is_good(id).await?,
            Holder::Host(stamp) => host == Some(stamp),
        };
        Ok(vouched.then_some(session))
    }

    /// Ends a session; one that is not there has ended.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end_session(&self, secret: &str) -> Result<(), Failure> {
        let put = Put {
            kind: SESSION.to_owned(),
            id: hash(secret),
            expected: None,
            body: None,
        };
        Ok(self.store().put(vec![put]).await?)
    }

    /// Makes a link by which the holder of a key is let in once, and returns the token in it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn make_login_link(&self, key: &str, scope: Scope) -> Result<String, Failure> {
        let token = self.make_secret();
        let link = Link {
            key: key.to_owned(),
            scope,
            expires_at: self.now().plus_millis(millis(LINK_LASTS)),
        };
        self.keep_new(LINK, &hash(&token), &link).await?;
        Ok(token)
    }

    /// Returns whom a login link lets in, without using it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn login_link(&self, token: &str) -> Result<Option<Scope>, Failure> {
        Ok(self.link(token).await?.map(|(link, _)| link.scope))
    }

    /// Uses a login link; nothing where it was used, has expired, or its key was revoked.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn use_login_link(&self, token: &str) -> Result<Option<(Holder, Scope)>, Failure> {
        let Some((link, version)) = self.link(token).await? else {
            return Ok(None);
        };
        let put = Put {
            kind: LINK.to_owned(),
            id: hash(token),
            expected: Some(version),
            body: None,
        };
        match self.store().put(vec![put]).await {
            Ok(()) => Ok(Some((Holder::Key(link.key), link.scope))),
            // Somebody else was faster.
            Err(StoreError::Conflict) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn link(&self, token: &str) -> Result<Option<(Link, u64)>, Failure> {
        let Some(document) = self.store().document(LINK, &hash(token)).await? else {
            return Ok(None);
        };
        let link: Link = read(LINK, &document.body)?;
        let is_good = link.expires_at > self.now() && self.key_is_good(&link.key).await?;
        Ok(is_good.then_some((link, document.version)))
    }

    /// Notes that a token was used, until it expires by itself; returns whether this is the first time.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn spend_token(&self, token: &str, until: Timestamp) -> Result<bool, Failure> {
        match self.keep_new(SPENT, &hash(token), &until).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Forgets sessions, links and tokens that have expired.
    ///
    /// # Errors
    /// When the store fails; what is left is good for nothing, and goes the next time.
    pub async fn forget_expired_sessions(&self) -> Result<(), Failure> {
        let now = self.now();
        for kind in [SESSION, LINK, SPENT] {
            let mut gone = Vec::new();
            for document in self.all_documents(kind).await? {
                let until = expiry(kind, &document.body);
                if until.is_none_or(|until| until <= now) {
                    gone.push(Put {
                        kind: kind.to_owned(),
                        id: document.id,
                        expected: None,
                        body: None,
                    });
                }
            }
            if !gone.is_empty() {
                self.store().put(gone).await?;
            }
        }
        Ok(())
    }

    /// Makes up what a form is known by when it is sent again.
    #[must_use]
    pub fn make_form_key(&self) -> String {
        self.make_id("")
    }

    fn make_secret(&self) -> String {
        let mut bytes = [0; 32];
        self.random().fill(&mut bytes);
        base64_of(&bytes)
    }

    async fn keep_new(
        &self,
        kind: &str,
        id: &str,
        what: &impl Serialize,
    ) -> Result<(), StoreError> {
        let put = Put {
            kind: kind.to_owned(),
            id: id.to_owned(),
            expected: Some(0),
            body: Some(json(what)),
        };
        self.store().put(vec![put]).await
    }
}

fn read<'a, T: Deserialize<'a>>(kind: &str, body: &'a [u8]) -> Result<T, Failure> {
    serde_json::from_slice(body)
        .map_err(|error| Failure::Internal(format!("a {kind} cannot be read: {error}")))
}

fn expiry(kind: &str, body: &[u8]) -> Option<Timestamp> {
    match kind {
        SESSION => Some(
            serde_json::from_slice::<SessionRecord>(body)
                .ok()?
                .expires_at,
        ),
        LINK => Some(serde_json::from_slice::<Link>(body).ok()?.expires_at),
        _ => serde_json::from_slice(body).ok(),
    }
}

fn millis(lasts: Duration) -> i64 {
    i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX)
}
