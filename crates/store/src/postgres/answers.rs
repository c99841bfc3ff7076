//! Reads the answers to idempotency keys.

use super::fault::corrupt;
use super::pipeline::{Step, apart, values};
use super::pool::{Lent, read};
use super::row::{self, Columns, limit};
use super::statement::{ALL_ANSWERS, ANSWER, ANSWERS};
use super::{Flow, Inner};
use crate::batch::{Answer, AnswerPage};
use crate::error::StoreError;
use std::collections::HashMap;
use tokio_postgres::Row;

/// Returns the answers that were given under keys, in their order.
pub(super) async fn find(
    inner: &Inner,
    keys: Vec<(String, String)>,
) -> Result<Vec<Option<Answer>>, StoreError> {
    let names: Vec<Vec<u8>> = keys
        .iter()
        .map(|(space, key)| row::name_of(space, key))
        .collect();
    let rows = match inner.flow {
        Flow::Together => read(&inner.pool, &ANSWERS, &[&names]).await?,
        Flow::Spread => {
            let step = |name: &Vec<u8>| Step::new(&ANSWER, values![name.clone()]);
            let steps: Vec<Step> = names.iter().map(step).collect();
            let lent = Lent::of(&inner.pool).await?;
            apart(lent, &steps).await?.into_iter().flatten().collect()
        }
    };
    let mut found = HashMap::with_capacity(rows.len());
    for row in &rows {
        found.insert(row.read::<&[u8]>(0)?, row);
    }
    let answer = |((space, key), name): ((String, String), &Vec<u8>)| {
        let row = found.get(name.as_slice());
        row.map(|row| to_answer(row, space, key)).transpose()
    };
    keys.into_iter().zip(&names).map(answer).collect()
}

/// Returns some of all answers, in the order of their names.
pub(super) async fn list(
    inner: &Inner,
    after: Option<Vec<u8>>,
    most: usize,
) -> Result<AnswerPage, StoreError> {
    let after = after.unwrap_or_default();
    let rows = read(&inner.pool, &ALL_ANSWERS, &[&after, &limit(most)]).await?;
    let answers = rows
        .iter()
        .map(|row| Ok((row.id(5)?, to_answer(row, row.text(3)?, row.text(4)?)?)));
    let last = rows.last().filter(|_| rows.len() >= most);
    Ok(AnswerPage {
        answers: answers.collect::<Result<_, StoreError>>()?,
        next: last.map(|row| row.read(0)).transpose()?,
    })
}

fn to_answer(row: &Row, space: String, key: String) -> Result<Answer, StoreError> {
    let body: &[u8] = row.read(1)?;
    Ok(Answer {
        space,
        key,
        body: body
            .try_into()
            .map_err(|_| corrupt("a hash has not 32 bytes"))?,
        reply: row.read(2)?,
    })
}
