//! Remembers what members wish: preferences and blocks, apart from any contract and its clock.
//!
//! Owns: keeping and changing wishes, and what a send is told of them. Does not own: refusing.
//! Invariant: a wish that was answered is seen by every send that is asked for afterwards, in every process.

use crate::engine::Engine;
use crate::failure::Failure;
use crate::keys::json;
use earnest_core::command::{Accepts, Recipient};
use earnest_core::units::{ContractId, MemberId, SeatId, Timestamp};
use earnest_store::{Document, Put, StoreError};
use hashbrown::{HashMap, HashSet};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) const KIND: &str = "member";
/// How many members' wishes are kept in memory.
const KNOWN_MOST: usize = 50_000;
const DAY: i64 = 86_400_000;

/// What a member wishes of cold messages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Wishes {
    /// Whose messages the member accepts.
    pub accepts: Accepts,
    /// The price the member sets, in credits, at least 1; nothing leaves it to the policy.
    pub price: Option<u32>,
    /// The most cold messages a UTC day; nothing means no cap.
    pub daily_cap: Option<u32>,
    /// The senders that the member blocks.
    pub blocks: Vec<BlockRecord>,
}

/// A sender that a member blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockRecord {
    /// The block's id, by which it is lifted.
    pub id: String,
    /// The contract.
    pub contract: ContractId,
    /// The seat; nothing means the whole contract.
    pub seat: Option<SeatId>,
    /// Since when.
    pub created_at: Timestamp,
}

impl Wishes {
    /// Returns whether the seat or its contract is blocked.
    #[must_use]
    pub fn block(&self, contract: &ContractId, seat: &SeatId) -> bool {
        self.blocks.iter().any(|block| {
            block.contract == *contract && block.seat.as_ref().is_none_or(|one| one == seat)
        })
    }

    fn as_recipient(&self, contract: &ContractId, seat: &SeatId) -> Recipient {
        Recipient {
            accepts: self.accepts,
            price: self.price,
            daily_cap: self.daily_cap,
            received_today: 0,
            blocks: self.block(contract, seat),
        }
    }
}

/// The members of whom anything is known.
#[derive(Debug, Default)]
pub(crate) struct MemberCache {
    /// The hashes of the members that have wishes kept: most members have none, and need no look-up.
    any: Mutex<HashSet<u64>>,
    known: Mutex<HashMap<MemberId, Arc<Wishes>>>,
    /// The members of whom a change may come yet, since nobody knows what became of it: a store tells no process of what
    /// it has done itself, so their wishes are read each time.
    open: Mutex<HashSet<MemberId>>,
    /// Changes with each change: what was read before one is not remembered after it.
    changes: AtomicU64,
    hasher: foldhash::fast::FixedState,
}

impl MemberCache {
    fn hash(&self, member: &str) -> u64 {
        self.hasher.hash_one(member)
    }

    pub(crate) fn forget(&self, id: &str) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.any.lock().insert(self.hash(id));
        if let Ok(member) = MemberId::new(id) {
            self.known.lock().remove(&member);
        }
    }
}

impl Engine {
    /// Learns which members have wishes kept.
    pub(crate) async fn load_members(&self) -> Result<(), Failure> {
        const PAGE: usize = 5_000;
        let mut after: Option<String> = None;
        loop {
            let page = self.store().documents(KIND, after.as_deref(), PAGE).await?;
            let cache = self.members();
            let hashes = page.iter().map(|it| cache.hash(&it.id));
            cache.any.lock().extend(hashes);
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.id.clone()),
                _ => return Ok(()),
            }
        }
    }

    /// Returns what a member wishes.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn wishes(&self, member: &MemberId) -> Result<Arc<Wishes>, Failure> {
        let cache = self.members();
        if !cache.any.lock().contains(&cache.hash(member.as_str())) {
            return Ok(Arc::default());
        }
        if let Some(known) = cache.known.lock().get(member) {
            return Ok(Arc::clone(known));
        }
        let before = cache.changes.load(Ordering::Acquire);
        let document = self.store().document(KIND, member.as_str()).await?;
        let wishes = match document {
            Some(document) => Arc::new(read(&document)?),
            None => Arc::default(),
        };
        let mut known = cache.known.lock();
        if known.len() >= KNOWN_MOST {
            known.clear();
        }
        let is_certain = !cache.open.lock().contains(member);
        if is_certain && cache.changes.load(Ordering::Acquire) == before {
            known.insert(member.clone(), Arc::clone(&wishes));
        }
        Ok(wishes)
    }

    /// Returns what a send from the seat is told of a member. The day's messages are not counted here.
    pub(crate) async fn recipient(
        &self,
        member: &MemberId,
        contract: &ContractId,
        seat: &SeatId,
    ) -> Result<Recipient, Failure> {
        let wishes = self.wishes(member).await?;
        Ok(wishes.as_recipient(contract, seat))
    }

    /// Counts the cold messages that a member was sent on the UTC day of `at`, up to the member's cap.
    pub(crate) async fn received_on_day(
        &self,
        member: &MemberId,
        at: Timestamp,
        cap: u32,
    ) -> Result<u32, StoreError> {
        let start = at.utc_day().saturating_mul(DAY);
        let from = Timestamp::from_millis(start).unwrap_or(Timestamp::MIN);
        let to = from.plus_millis(DAY);
        self.store().received(member, from, to, cap).await
    }

    /// Replaces a member's preferences; the blocks stay.
    ///
    /// # Errors
    /// When the price or the cap is none, or the store fails.
    pub async fn set_preferences(
        &self,
        member: &MemberId,
        accepts: Accepts,
        price: Option<u32>,
        daily_cap: Option<u32>,
    ) -> Result<Wishes, Failure> {
        if price == Some(0) {
            return Err(Failure::Invalid {
                field: "price",
                why: "a price is a whole number of credits, at least 1; for no price at all set `accepts` to `open`".to_owned(),
            });
        }
        let (wishes, ()) = self
            .change_wishes(member, |wishes| {
                wishes.accepts = accepts;
                wishes.price = price;
                wishes.daily_cap = daily_cap;
                Ok(())
            })
            .await?;
        Ok(wishes)
    }

    /// Blocks a seat, or a whole contract. A sender that is blocked already stays so, under the same id.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn block(
        &self,
        member: &MemberId,
        contract: &ContractId,
        seat: Option<&SeatId>,
    ) -> Result<BlockRecord, Failure> {
        const BLOCKS_MOST: usize = 10_000;
        let new = BlockRecord {
            id: self.make_id("b-"),
            contract: contract.clone(),
            seat: seat.cloned(),
            created_at: self.now(),
        };
        let (_, block) = self
            .change_wishes(member, |wishes| {
                let same = |it: &&BlockRecord| it.contract == new.contract && it.seat == new.seat;
                if let Some(old) = wishes.blocks.iter().find(same) {
                    return Ok(old.clone());
                }
                if wishes.blocks.len() >= BLOCKS_MOST {
                    return Err(Failure::Invalid {
                        field: "seat",
                        why: format!("a member has at most {BLOCKS_MOST} blocks; block a contract as a whole, or lift some"),
                    });
                }
                wishes.blocks.push(new.clone());
                Ok(new.clone())
            })
            .await?;
        Ok(block)
    }

    /// Lifts a block.
    ///
    /// # Errors
    /// When there is no such block, or the store fails.
    pub async fn unblock(&self, member: &MemberId, block: &str) -> Result<(), Failure> {
        self.change_wishes(member, |wishes| {
            let before = wishes.blocks.len();
            wishes.blocks.retain(|it| it.id != block);
            match wishes.blocks.len() == before {
                true => Err(Failure::Unknown {
                    kind: "block",
                    id: block.to_owned(),
                }),
                false => Ok(()),
            }
        })
        .await?;
        Ok(())
    }

    async fn change_wishes<T>(
        &self,
        member: &MemberId,
        change: impl Fn(&mut Wishes) -> Result<T, Failure>,
    ) -> Result<(Wishes, T), Failure> {
        loop {
            let document = self.store().document(KIND, member.as_str()).await?;
            let before = document.as_ref().map(read).transpose()?.unwrap_or_default();
            let mut wishes = before.clone();
            let result = change(&mut wishes)?;
            if wishes == before {
                return Ok((wishes, result));
            }
            let put = Put {
                kind: KIND.to_owned(),
                id: member.to_string(),
                expected: Some(document.map_or(0, |it| it.version)),
                body: Some(json(&wishes)),
            };
            // Whatever becomes of it, and of whoever asked: what was known before is not to be trusted after.
            let mut changing = Changing {
                cache: self.members(),
                member,
                is_open: true,
            };
            let put = self.store().put(vec![put]).await;
            changing.is_open = matches!(put, Err(StoreError::Unknown(_)));
            match put {
                Ok(()) => {
                    // It stands in the place of all that might have come.
                    changing.cache.open.lock().remove(member);
                    return Ok((wishes, result));
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// A change of a member's wishes. When it is dropped, what is known of the member is forgotten.
struct Changing<'a> {
    cache: &'a MemberCache,
    member: &'a MemberId,
    /// Whether it may come yet.
    is_open: bool,
}

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        if self.is_open {
            self.cache.open.lock().insert(self.member.clone());
        }
        self.cache.forget(self.member.as_str());
    }
}

fn read(document: &Document) -> Result<Wishes, Failure> {
    serde_json::from_slice(&document.body).map_err(|error| {
        Failure::Internal(format!(
            "the wishes of member `{}` cannot be read: {error}",
            document.id
        ))
    })
}
