//! Copies what is kept beside events and documents: answers to idempotency keys, deliveries, and when contracts are
//! looked at next.

use super::{Copied, Copy, contracts, told};
use crate::error::Error;
use earnest_core::units::ContractId;
use earnest_store::{
    Answer, Batch, ContractUpdate, Delivery, DeliveryQuery, Document, StoreError, Token,
};
use std::collections::BTreeMap;

/// How many are read and written at once.
const PAGE: usize = 1_000;

/// Copies the answers, so that whoever repeats an order after the move is answered as before.
pub(super) async fn answers(copy: &mut Copy, copied: &mut Copied) -> Result<(), Error> {
    let mut after = None;
    loop {
        let page = copy.from.answers(after, PAGE).await.map_err(told)?;
        let mut by_contract: BTreeMap<ContractId, Vec<Answer>> = BTreeMap::new();
        for (contract, answer) in page.answers {
            by_contract.entry(contract).or_default().push(answer);
        }
        for (contract, answers) in by_contract {
            copied.answers += answers_of(copy, contract, answers).await?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

async fn answers_of(
    copy: &mut Copy,
    contract: ContractId,
    answers: Vec<Answer>,
) -> Result<u64, Error> {
    let newest = copy.newest(&contract).await?;
    let batch = |answers: Vec<Answer>| Batch {
        answers,
        ..beside(contract.clone(), newest, ContractUpdate::default())
    };
    let count = answers.len() as u64;
    if !copy.is_begun {
        match copy.to.commit(batch(answers.clone())).await {
            Ok(_) => return Ok(count),
            Err(StoreError::Conflict | StoreError::Unknown(_)) => {}
            Err(error) => return Err(told(error)),
        }
    }
    // Some are there from an earlier copy.
    let mut left = Vec::with_capacity(answers.len());
    for answer in answers {
        let kept = copy
            .to
            .answer(&answer.space, &answer.key)
            .await
            .map_err(told)?;
        if kept.is_none() {
            left.push(answer);
        }
    }
    let count = left.len() as u64;
    if count > 0 {
        copy.to.commit(batch(left)).await.map_err(told)?;
    }
    Ok(count)
}

/// Copies deliveries, done ones too: what is fanned out again finds them there.
pub(super) async fn deliveries(copy: &Copy, copied: &mut Copied) -> Result<(), Error> {
    let mut endpoint: Option<String> = None;
    loop {
        let kind = "webhook";
        let page: Vec<Document> = copy
            .from
            .documents(kind, endpoint.as_deref(), PAGE)
            .await
            .map_err(told)?;
        for document in &page {
            deliveries_of(copy, &document.id, copied).await?;
        }
        match page.last() {
            Some(last) if page.len() == PAGE => endpoint = Some(last.id.clone()),
            _ => return Ok(()),
        }
    }
}

async fn deliveries_of(copy: &Copy, webhook: &str, copied: &mut Copied) -> Result<(), Error> {
    let mut after = None;
    loop {
        let query = DeliveryQuery::Of {
            webhook: webhook.to_owned(),
            state: None,
            after,
            limit: PAGE,
        };
        let page: Vec<Delivery> = copy.from.deliveries(query).await.map_err(told)?;
        let last = page
            .last()
            .map(|it| (it.created_at, it.contract.clone(), it.seq));
        let is_last = page.len() < PAGE;
        copied.deliveries += page.len() as u64;
        if !page.is_empty() {
            copy.to
                .fan_out(page.clone(), Vec::new())
                .await
                .map_err(told)?;
            copy.to.update_deliveries(page).await.map_err(told)?;
        }
        if is_last {
            return Ok(());
        }
        after = last;
    }
}

/// Notes of each contract what the source notes: from now on the copy can be worked on.
pub(super) async fn rows(copy: &mut Copy) -> Result<(), Error> {
    for row in contracts(&*copy.from).await? {
        let newest = copy.newest(&row.id).await?;
        let update = ContractUpdate {
            next_due: row.next_due,
            details: Some(row.details),
        };
        let batch = beside(row.id, newest, update);
        copy.to.commit(batch).await.map_err(told)?;
    }
    Ok(())
}

/// Returns a batch that brings no event. It is known by no token: done twice it changes nothing.
const fn beside(contract: ContractId, expected: u64, update: ContractUpdate) -> Batch {
    const NONE: Token = 0;
    Batch {
        contract,
        expected,
        token: NONE,
        events: Vec::new(),
        messages: Vec::new(),
        outcomes: Vec::new(),
        writings: Vec::new(),
        answers: Vec::new(),
        update,
    }
}
