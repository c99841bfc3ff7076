//! Sends several statements at once, and hears of them in their order.
//!
//! Owns: that they are sent in order and in one go. Invariant: a transaction that is sent so is committed whole, or
//! one of its statements has failed and nothing of it is.

use super::fault::{ends_connection, meaning, of_commit};
use super::pool::{Lent, Value};
use super::statement::Statement;
use crate::error::StoreError;
use futures_util::future::BoxFuture;
use std::future::poll_fn;
use std::task::Poll;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// A value for a statement.
pub(super) type Owned = Box<dyn ToSql + Sync + Send>;

type Heard = Result<Vec<Row>, tokio_postgres::Error>;

/// How many statements are under way at once at most: whoever hears of one looks at all of them.
const AT_ONCE: usize = 64;

/// A statement with its values.
pub(super) struct Step {
    statement: &'static Statement,
    values: Vec<Owned>,
}

impl Step {
    /// Puts a statement and its values together.
    pub(super) fn new(statement: &'static Statement, values: Vec<Owned>) -> Self {
        Self { statement, values }
    }
}

/// Makes values.
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        vec![$(Box::new($value) as $crate::postgres::pipeline::Owned),*]
    };
}
pub(super) use values;

/// Carries out a transaction, sent in one go where it is not long, and returns each step's rows.
pub(super) async fn transaction(lent: Lent, steps: &[Step]) -> Result<Vec<Vec<Row>>, StoreError> {
    let mut all = Vec::with_capacity(steps.len());
    let mut parts = steps.chunks(AT_ONCE).peekable();
    let mut begins = true;
    while let Some(part) = parts.next() {
        let ends = parts.peek().is_none();
        let heard = send(&lent, part, begins, ends).await;
        begins = false;
        match heard {
            Ok(rows) => all.extend(rows),
            Err(error) => {
                let meant = if ends {
                    of_commit(&error)
                } else {
                    meaning(&error)
                };
                give_back(lent, &error).await;
                return Err(meant);
            }
        }
    }
    lent.done();
    Ok(all)
}

/// Carries out a transaction of one step, and returns its rows.
pub(super) async fn alone(lent: Lent, step: &Step) -> Result<Vec<Row>, StoreError> {
    match send(&lent, std::slice::from_ref(step), false, false).await {
        Ok(rows) => {
            lent.done();
            Ok(rows.into_iter().flatten().collect())
        }
        Err(error) => {
            let meant = of_commit(&error);
            give_back(lent, &error).await;
            Err(meant)
        }
    }
}

/// Runs steps that stand each by itself.
pub(super) async fn apart(lent: Lent, steps: &[Step]) -> Result<Vec<Vec<Row>>, StoreError> {
    let mut all = Vec::with_capacity(steps.len());
    for part in steps.chunks(AT_ONCE) {
        match send(&lent, part, false, false).await {
            Ok(rows) => all.extend(rows),
            Err(error) => {
                give_back(lent, &error).await;
                return Err(meaning(&error));
            }
        }
    }
    lent.done();
    Ok(all)
}

/// A transaction that is looked at before it is committed.
pub(super) struct Open(Lent);

impl Open {
    /// Begins one with its first steps.
    pub(super) async fn begin(
        lent: Lent,
        steps: &[Step],
    ) -> Result<(Self, Vec<Vec<Row>>), StoreError> {
        let this = Self(lent);
        let (this, rows) = this.run(steps, true).await?;
        Ok((this, rows))
    }

    /// Goes on.
    pub(super) async fn go_on(self, steps: &[Step]) -> Result<(Self, Vec<Vec<Row>>), StoreError> {
        self.run(steps, false).await
    }

    async fn run(
        self,
        steps: &[Step],
        mut begins: bool,
    ) -> Result<(Self, Vec<Vec<Row>>), StoreError> {
        let mut all = Vec::with_capacity(steps.len());
        let parts = steps.chunks(AT_ONCE);
        for part in parts {
            match send(&self.0, part, begins, false).await {
                Ok(rows) => all.extend(rows),
                Err(error) => {
                    give_back(self.0, &error).await;
                    return Err(meaning(&error));
                }
            }
            begins = false;
        }
        Ok((self, all))
    }

    /// Commits it.
    pub(super) async fn commit(self, steps: &[Step]) -> Result<Vec<Vec<Row>>, StoreError> {
        match send(&self.0, steps, false, true).await {
            Ok(rows) => {
                self.0.done();
                Ok(rows)
            }
            Err(error) => {
                let meant = of_commit(&error);
                give_back(self.0, &error).await;
                Err(meant)
            }
        }
    }

    /// Takes it back.
    pub(super) async fn roll_back(self) {
        if self.0.batch_execute("ROLLBACK").await.is_ok() {
            self.0.done();
        }
    }
}

/// Gives a connection back with nothing open, unless it is of no more use.
async fn give_back(lent: Lent, error: &tokio_postgres::Error) {
    if !ends_connection(error) && lent.batch_execute("ROLLBACK").await.is_ok() {
        lent.done();
    }
}

/// Sends steps and hears of all of them; returns the first failure.
async fn send(
    lent: &Lent,
    steps: &[Step],
    begins: bool,
    ends: bool,
) -> Result<Vec<Vec<Row>>, tokio_postgres::Error> {
    let mut ready = Vec::with_capacity(steps.len());
    for step in steps {
        let values: Vec<Value<'_>> = step
            .values
            .iter()
            .map(|value| &**value as Value<'_>)
            .collect();
        ready.push((lent.prepared(step.statement).await?, values));
    }
    let mut waiting: Vec<BoxFuture<'_, Heard>> = Vec::with_capacity(steps.len() + 2);
    if begins {
        waiting.push(Box::pin(plain(lent, "BEGIN")));
    }
    for (statement, values) in &ready {
        waiting.push(Box::pin(lent.query(statement, values)));
    }
    if ends {
        waiting.push(Box::pin(plain(lent, "COMMIT")));
    }
    let mut heard = in_order(waiting, |error| error.as_db_error().is_some()).await?;
    if begins {
        heard.remove(0);
    }
    if ends {
        heard.pop();
    }
    Ok(heard)
}

async fn plain(lent: &Lent, sql: &str) -> Heard {
    lent.batch_execute(sql).await.map(|()| Vec::new())
}

/// Polls all from the first to the last, so that they are sent in this order, until all have been heard of; returns
/// the first failure. Where one cannot be sent, those after it are not: no commit follows on half a transaction. One
/// that the server has refused was sent, however soon that is heard: what it was refused for may be the failure of one
/// before it, still to be heard of.
async fn in_order<T, E>(
    mut waiting: Vec<BoxFuture<'_, Result<T, E>>>,
    was_sent: impl Fn(&E) -> bool,
) -> Result<Vec<T>, E> {
    let mut heard: Vec<Option<Result<T, E>>> = waiting.iter().map(|_| None).collect();
    let mut all_sent = false;
    poll_fn(|context| {
        let mut all = true;
        for (future, slot) in waiting.iter_mut().zip(&mut heard) {
            if slot.is_some() {
                continue;
            }
            match future.as_mut().poll(context) {
                Poll::Ready(done) => {
                    let failed = done.as_ref().err();
                    let could_not_be_sent =
                        !all_sent && failed.is_some_and(|error| !was_sent(error));
                    *slot = Some(done);
                    if could_not_be_sent {
                        return Poll::Ready(());
                    }
                }
                Poll::Pending => all = false,
            }
        }
        all_sent = true;
        if all { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    let failed = heard.iter().position(|done| matches!(done, Some(Err(_))));
    match failed.and_then(|at| heard.swap_remove(at)) {
        Some(Err(error)) => Err(error),
        _ => heard.into_iter().flatten().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[derive(Debug, PartialEq)]
    enum Failed {
        Refused(&'static str),
        NotSent,
    }

    /// Is heard of with the second poll.
    async fn later(done: Result<u8, Failed>) -> Result<u8, Failed> {
        tokio::task::yield_now().await;
        done
    }

    async fn at_once(done: Result<u8, Failed>) -> Result<u8, Failed> {
        done
    }

    async fn run(waiting: Vec<BoxFuture<'_, Result<u8, Failed>>>) -> Result<Vec<u8>, Failed> {
        in_order(waiting, |error| *error != Failed::NotSent).await
    }

    #[tokio::test]
    async fn what_a_refusal_follows_on_is_told_however_soon_the_refusal_is_heard() {
        let done = run(vec![
            later(Ok(1)).boxed(),
            later(Err(Failed::Refused("a duplicate"))).boxed(),
            at_once(Err(Failed::Refused("the transaction is aborted"))).boxed(),
            later(Err(Failed::Refused("the transaction is aborted"))).boxed(),
        ])
        .await;
        assert_eq!(done, Err(Failed::Refused("a duplicate")));
    }

    #[tokio::test]
    async fn nothing_follows_on_what_could_not_be_sent() {
        let is_sent = AtomicBool::new(false);
        let done = run(vec![
            later(Ok(1)).boxed(),
            at_once(Err(Failed::NotSent)).boxed(),
            async {
                is_sent.store(true, Ordering::Relaxed);
                Ok(3)
            }
            .boxed(),
        ])
        .await;
        assert_eq!(done, Err(Failed::NotSent));
        assert!(!is_sent.load(Ordering::Relaxed));
    }

    #[tokio::test]
    async fn answers_are_in_the_order_of_what_was_asked() {
        let done = run(vec![
            later(Ok(1)).boxed(),
            at_once(Ok(2)).boxed(),
            later(Ok(3)).boxed(),
        ])
        .await;
        assert_eq!(done, Ok(vec![1, 2, 3]));
    }
}
