//! Answers a repeated POST as it was answered first, where the order is not to a contract.
//!
//! Owns: POSTs that make keys, blocks, webhooks and the like. Does not own: orders to contracts, whose answers
//! are committed with their events ([`earnest_engine`]). Invariants: rights are looked at before; of requests
//! under one key one works and the others wait; only what was accepted is remembered; a secret is not.

use crate::app::App;
use crate::problem::Problem;
use earnest_engine::{Failure, Key};
use serde::Serialize;
use serde_json::Value;
use std::future::Future;

/// What was answered, and whether that was before.
#[derive(Debug)]
pub(crate) struct Once {
    /// The answer's body.
    pub(crate) body: Value,
    /// Whether it was given before, to the same request.
    pub(crate) replayed: bool,
}

/// What is answered, and what of that is remembered for repetitions.
#[derive(Debug)]
pub(crate) struct Made {
    /// What is answered.
    pub(crate) answer: Value,
    /// What a repetition is answered with.
    pub(crate) again: Value,
}

impl Made {
    /// Answers, now and again, with a body.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn of(body: &impl Serialize) -> Result<Self, Problem> {
        let answer = serde_json::to_value(body)
            .map_err(|error| Failure::Internal(format!("an answer cannot be written: {error}")))?;
        Ok(Self {
            again: answer.clone(),
            answer,
        })
    }
}

/// Does something once: under the same key and with the same body it is answered as it was.
///
/// # Errors
/// When the key was used with another body, or what is done fails.
pub(crate) async fn once<F>(app: &App, key: Option<Key>, make: F) -> Result<Once, Problem>
where
    F: Future<Output = Result<Made, Problem>>,
{
    let Some(key) = key else {
        let made = make.await?;
        return Ok(Once {
            body: made.answer,
            replayed: false,
        });
    };
    let engine = &app.engine;
    let _claim = engine.claim(&key.space, &key.key).await;
    if let Some(answer) = engine.kept_answer(&key).await? {
        let body = serde_json::from_slice(&answer)
            .map_err(|error| Failure::Internal(format!("an answer cannot be read: {error}")))?;
        return Ok(Once {
            body,
            replayed: true,
        });
    }
    let made = make.await?;
    let again = made.again.to_string();
    engine.keep_answer(&key, again.as_bytes()).await?;
    app.note_kept(&key).await?;
    Ok(Once {
        body: made.answer,
        replayed: false,
    })
}
