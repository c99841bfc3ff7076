//! Writes the answers to orders down beside their idempotency keys, and reads them again.
//!
//! Owns: the kept form of an answer. Invariant: an answer that was kept reads the same for as long as its events
//! are kept: fields are added, never renamed.

use crate::engine::Engine;
use crate::failure::Failure;
use crate::keys::json;
use crate::message::record;
use crate::order::Key;
use crate::record::{CampaignRecord, Done, MessageRecord, Reply};
use earnest_core::units::{CampaignId, MessageId};
use earnest_core::{Credit, SettledBy};
use earnest_store::{Answer, MessageQuery, MessageRow, Outcome, Which};
use serde::{Deserialize, Serialize};

/// An answer as it is kept: messages that were just sent are kept by their ids, since the store has the rest.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    clippy::large_enum_variant,
    reason = "one lives at a time, for as long as it takes to read or write it"
)]
enum Kept {
    Sent {
        id: MessageId,
        /// Whether the send itself consumed the stake.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        consumed: bool,
    },
    Campaign {
        id: CampaignId,
        messages: Vec<MessageId>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        consumed: bool,
    },
    Full(Reply),
}

/// Writes an answer down. `just_sent` says that a message in it was sent by the order itself.
pub(crate) fn write(reply: &Reply, just_sent: bool) -> Vec<u8> {
    let consumed = |message: &MessageRecord| message.credit == Credit::Consumed;
    let kept = match reply {
        Reply::Message(message) if just_sent => Kept::Sent {
            id: message.id.clone(),
            consumed: consumed(message),
        },
        Reply::Campaign(campaign) => Kept::Campaign {
            id: campaign.id.clone(),
            messages: campaign.messages.iter().map(|it| it.id.clone()).collect(),
            consumed: campaign.messages.iter().any(consumed),
        },
        _ => Kept::Full(reply.clone()),
    };
    json(&kept)
}

impl Engine {
    /// Returns the answer that was given under the key.
    pub(crate) async fn replay(&self, key: &Key) -> Result<Option<Done>, Failure> {
        let Some(answer) = self.store().answer(&key.space, &key.key).await? else {
            return Ok(None);
        };
        if answer.body != key.body {
            return Err(Failure::KeyReused);
        }
        Box::pin(self.read_again(&answer)).await.map(Some)
    }

    async fn read_again(&self, answer: &Answer) -> Result<Done, Failure> {
        let kept: Kept = serde_json::from_slice(&answer.reply)
            .map_err(|error| Failure::Internal(format!("an answer cannot be read: {error}")))?;
        let reply = match kept {
            Kept::Full(reply) => reply,
            Kept::Sent { id, consumed } => {
                let mut messages = self.as_sent(vec![id], consumed).await?;
                Reply::Message(messages.pop().ok_or_else(lost)?)
            }
            Kept::Campaign {
                id,
                messages,
                consumed,
            } => Reply::Campaign(CampaignRecord {
                id,
                messages: self.as_sent(messages, consumed).await?,
            }),
        };
        Ok(Done {
            reply,
            replayed: true,
        })
    }

    /// Returns messages as they were when they had just been sent.
    async fn as_sent(
        &self,
        ids: Vec<MessageId>,
        consumed: bool,
    ) -> Result<Vec<MessageRecord>, Failure> {
        let limit = ids.len();
        let query = MessageQuery::new(Which::Ids(ids), limit);
        let page = self.store().messages(query).await?;
        if page.messages.len() != limit {
            return Err(lost());
        }
        Ok(page
            .messages
            .iter()
            .map(|row| fresh(row, consumed))
            .collect())
    }
}

fn fresh(row: &MessageRow, consumed: bool) -> MessageRecord {
    let mut outcome = Outcome::fresh(row.sent.id.clone(), row.sent.price);
    if consumed && row.sent.price > 0 {
        outcome.credit = Credit::Consumed;
        outcome.settled_by = Some(SettledBy::Send);
        outcome.settled_at = Some(row.sent.sent_at);
    }
    record(&row.contract, &row.sent, &outcome, false)
}

fn lost() -> Failure {
    Failure::Internal("a message that was answered for is not kept".to_owned())
}
