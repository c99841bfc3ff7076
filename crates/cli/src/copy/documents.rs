//! Copies documents: keys, preferences, policies, endpoints of webhooks, and how far those are.

use super::{Copied, Copy, KIND, told};
use crate::error::Error;
use crate::store::refused;
use earnest_engine::webhooks::{NOT_COPIED, place_in, with_place};
use earnest_store::{Document, Put, Store};

/// How many are read and written at once.
const PAGE: usize = 200;

/// Notes the places in the source's log that documents name.
pub(super) async fn look_for_places(copy: &mut Copy) -> Result<(), Error> {
    for kind in kinds(&*copy.from).await? {
        let mut after: Option<String> = None;
        loop {
            let page = page(&*copy.from, &kind, after.as_deref()).await?;
            for document in &page {
                if let Some(place) = place_in(&kind, document).map_err(refused)? {
                    copy.places.wanted.push(place.0);
                } else {
                    break;
                }
            }
            match page.last() {
                Some(last) if page.len() == PAGE && copy_has_places(&kind, last) => {
                    after = Some(last.id.clone());
                }
                _ => break,
            }
        }
    }
    Ok(())
}

/// Returns whether documents of a kind name places.
fn copy_has_places(kind: &str, example: &Document) -> bool {
    matches!(place_in(kind, example), Ok(Some(_)))
}

/// Copies all, and removes from an earlier copy what is gone.
pub(super) async fn copy(copy: &Copy, copied: &mut Copied) -> Result<(), Error> {
    for kind in kinds(&*copy.from).await? {
        let mut after: Option<String> = None;
        loop {
            let documents = page(&*copy.from, &kind, after.as_deref()).await?;
            let is_last = documents.len() < PAGE;
            after = documents.last().map(|last| last.id.clone());
            let mut puts = Vec::with_capacity(documents.len());
            for document in documents {
                let id = document.id.clone();
                let body = match place_in(&kind, &document).map_err(refused)? {
                    None => document.body,
                    Some(place) => {
                        with_place(&kind, document, copy.places.of(place)).map_err(refused)?
                    }
                };
                puts.push(put(&kind, id, Some(body)));
            }
            copied.documents += puts.len() as u64;
            copy.to.put(puts).await.map_err(told)?;
            if is_last {
                break;
            }
        }
    }
    if copy.is_begun {
        remove_what_is_gone(copy).await?;
    }
    Ok(())
}

async fn remove_what_is_gone(copy: &Copy) -> Result<(), Error> {
    for kind in kinds(&*copy.to).await? {
        let mut after: Option<String> = None;
        loop {
            let documents = page(&*copy.to, &kind, after.as_deref()).await?;
            let is_last = documents.len() < PAGE;
            after = documents.last().map(|last| last.id.clone());
            for document in documents {
                let kept = copy
                    .from
                    .document(&kind, &document.id)
                    .await
                    .map_err(told)?;
                if kept.is_none() {
                    let removal = put(&kind, document.id, None);
                    copy.to.put(vec![removal]).await.map_err(told)?;
                }
            }
            if is_last {
                break;
            }
        }
    }
    Ok(())
}

fn put(kind: &str, id: String, body: Option<Vec<u8>>) -> Put {
    Put {
        kind: kind.to_owned(),
        id,
        expected: None,
        body,
    }
}

async fn kinds(store: &dyn Store) -> Result<Vec<String>, Error> {
    let kinds = store.kinds().await.map_err(told)?;
    let is_copied = |kind: &String| kind != KIND && !NOT_COPIED.contains(&kind.as_str());
    Ok(kinds.into_iter().filter(is_copied).collect())
}

async fn page(store: &dyn Store, kind: &str, after: Option<&str>) -> Result<Vec<Document>, Error> {
    store.documents(kind, after, PAGE).await.map_err(told)
}
