//! Keeps the answers to what is asked beside contracts: for keys, blocks, webhooks and the like.
//!
//! Owns: these answers, as documents. Does not own: the answers to orders, which are committed with their events.
//! Invariants: an answer is found by its space and key, whichever kind it is; only one body has it.

use crate::engine::Engine;
use crate::failure::Failure;
use crate::order::Key;
use earnest_core::units::ContractId;
use earnest_store::Put;
use sha2::{Digest, Sha256};

const KIND: &str = "answer";
/// How many bytes of an answer's document are the hash of the body that it answers.
const HASH: usize = 32;

impl Engine {
    /// Makes up an id for a contract.
    ///
    /// # Errors
    /// Never in practice: what is made up is an id.
    pub fn make_contract_id(&self) -> Result<ContractId, Failure> {
        ContractId::new(self.make_id("k-")).map_err(|error| Failure::Internal(error.to_string()))
    }

    /// Returns the answer that was kept under a key.
    ///
    /// # Errors
    /// When the key was used with another body or for an order, or the store fails.
    pub async fn kept_answer(&self, key: &Key) -> Result<Option<Vec<u8>>, Failure> {
        if self.was_answered(key).await? {
            // An order's answer is under another body's hash: the route is part of it.
            return Err(Failure::KeyReused);
        }
        let Some(document) = self.store().document(KIND, &Self::kept_id(key)).await? else {
            return Ok(None);
        };
        match document.body.split_at_checked(HASH) {
            Some((body, answer)) if body == key.body => Ok(Some(answer.to_vec())),
            _ => Err(Failure::KeyReused),
        }
    }

    /// Keeps an answer under a key.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn keep_answer(&self, key: &Key, answer: &[u8]) -> Result<(), Failure> {
        let put = Put {
            kind: KIND.to_owned(),
            id: Self::kept_id(key),
            expected: None,
            body: Some([&key.body, answer].concat()),
        };
        Ok(self.store().put(vec![put]).await?)
    }

    /// Returns the id under which a key's answer is kept.
    #[must_use]
    pub fn kept_id(key: &Key) -> String {
        use std::fmt::Write;
        let mut hash = Sha256::new();
        hash.update(key.space.as_bytes());
        hash.update([0]);
        hash.update(key.key.as_bytes());
        let mut id = String::with_capacity(64);
        for byte in hash.finalize() {
            let _ = write!(id, "{byte:02x}");
        }
        id
    }

    /// Returns the ids of all answers that are kept.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn kept_ids(&self) -> Result<Vec<String>, Failure> {
        let all = self.all_documents(KIND).await?;
        Ok(all.into_iter().map(|document| document.id).collect())
    }
}
