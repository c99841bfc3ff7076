//! Reads and writes webhook deliveries.

use super::Inner;
use super::documents::put_within;
use super::pipeline::{Open, Step};
use super::pool::{Lent, Value, read};
use super::row::{self, at_most, limit, to_delivery};
use super::statement::{
    ADD_DELIVERIES, DELIVERIES_DUE, DELIVERIES_OF, DELIVERIES_OF_STATE, DELIVERIES_WAITING,
    DELIVERY, UPDATE_DELIVERY,
};
use crate::code::Code;
use crate::delivery::{Delivery, DeliveryQuery};
use crate::document::Put;
use crate::error::StoreError;

pub(super) async fn list(
    inner: &Inner,
    query: &DeliveryQuery,
) -> Result<Vec<Delivery>, StoreError> {
    let pool = &inner.pool;
    let rows = match query {
        DeliveryQuery::Due { at, limit: most } => {
            read(pool, &DELIVERIES_DUE, &[&at.millis(), &limit(*most)]).await?
        }
        DeliveryQuery::Waiting {
            webhook,
            contract,
            limit: most,
        } => {
            let values: [Value<'_>; 3] = [&contract.as_str(), webhook, &limit(*most)];
            read(pool, &DELIVERIES_WAITING, &values).await?
        }
        DeliveryQuery::Of {
            webhook,
            state,
            after,
            limit: most,
        } => {
            // No instant and no id is as large.
            let (at, contract, seq) = after.as_ref().map_or((i64::MAX, "~", i64::MAX), |after| {
                (after.0.millis(), after.1.as_str(), at_most(after.2))
            });
            let state = state.map(|state| i16::try_from(state.code()).unwrap_or(-1));
            let most = limit(*most);
            let mut values: Vec<Value<'_>> = vec![webhook, &at, &contract, &seq, &most];
            match &state {
                None => read(pool, &DELIVERIES_OF, &values).await?,
                Some(state) => {
                    values.push(state);
                    read(pool, &DELIVERIES_OF_STATE, &values).await?
                }
            }
        }
        DeliveryQuery::One {
            webhook,
            contract,
            seq,
        } => {
            let values: [Value<'_>; 3] = [&contract.as_str(), webhook, &at_most(*seq)];
            read(pool, &DELIVERY, &values).await?
        }
    };
    rows.iter().map(to_delivery).collect()
}

/// Adds deliveries and writes documents, all or none.
pub(super) async fn fan_out(
    inner: &Inner,
    deliveries: &[Delivery],
    puts: &[Put],
) -> Result<(), StoreError> {
    if deliveries.is_empty() {
        return super::documents::put(inner, puts).await;
    }
    let mut sorted: Vec<&Delivery> = deliveries.iter().collect();
    sorted.sort_by(|a, b| (&a.contract, &a.webhook, a.seq).cmp(&(&b.contract, &b.webhook, b.seq)));
    let mut steps = Vec::new();
    inner
        .flow
        .steps(&mut steps, &ADD_DELIVERIES, &sorted, row::deliveries);
    let lent = Lent::of(&inner.pool).await?;
    let (open, _) = Open::begin(lent, &steps).await?;
    put_within(inner, open, puts).await?.commit(&[]).await?;
    Ok(())
}

/// Replaces deliveries, which must be there.
pub(super) async fn update(inner: &Inner, deliveries: &[Delivery]) -> Result<(), StoreError> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let step = |delivery| Step::new(&UPDATE_DELIVERY, row::delivery(delivery));
    let steps: Vec<Step> = deliveries.iter().map(step).collect();
    let lent = Lent::of(&inner.pool).await?;
    let (open, rows) = Open::begin(lent, &steps).await?;
    if rows.iter().any(Vec::is_empty) {
        open.roll_back().await;
        return Err(StoreError::Conflict);
    }
    open.commit(&[]).await?;
    Ok(())
}
