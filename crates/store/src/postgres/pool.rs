//! Lends connections.
//!
//! Owns: the pool, what is set of a connection, and that one which was left in the middle of something is never
//! lent again. Does not own: what is done on one.

use super::address::Address;
use super::fault::{ends_connection, meaning, no_connection};
use super::statement::Statement;
use crate::error::StoreError;
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts};
use std::ops::Deref;
use std::time::Duration;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// How long is waited for a connection that others use.
const WAIT: Duration = Duration::from_secs(10);

/// A value for a statement, as it is lent.
pub(super) type Value<'a> = &'a (dyn ToSql + Sync);

/// Makes a pool. Connections come about when they are needed.
pub(super) fn pool(address: &Address, connections: usize) -> Result<Pool, StoreError> {
    let recycling_method = RecyclingMethod::Fast;
    let manager = Manager::from_config(
        address.config.clone(),
        address.tls()?,
        ManagerConfig { recycling_method },
    );
    let timeouts = Timeouts {
        wait: Some(WAIT),
        create: Some(CONNECT),
        recycle: Some(CONNECT),
    };
    Pool::builder(manager)
        .max_size(connections.max(2))
        .timeouts(timeouts)
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| StoreError::Unavailable(error.to_string()))
}

/// A connection that is lent. Dropped before [`Lent::done`], it is closed: something may still be under way on it.
pub(super) struct Lent(Option<Object>);

impl Lent {
    /// Borrows one.
    pub(super) async fn of(pool: &Pool) -> Result<Self, StoreError> {
        let object = pool.get().await.map_err(|error| no_connection(&error))?;
        Ok(Self(Some(object)))
    }

    /// Gives it back, with nothing under way.
    pub(super) fn done(mut self) {
        drop(self.0.take());
    }

    /// Runs a statement.
    pub(super) async fn rows(
        &self,
        statement: &'static Statement,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        let prepared = self.prepared(statement).await?;
        self.query(&prepared, values).await
    }

    /// Returns a statement as this connection knows it.
    pub(super) async fn prepared(
        &self,
        statement: &'static Statement,
    ) -> Result<tokio_postgres::Statement, tokio_postgres::Error> {
        self.prepare_cached(statement.sql).await
    }
}

impl Deref for Lent {
    type Target = Object;

    #[expect(clippy::expect_used, reason = "it is there until it is given back")]
    fn deref(&self) -> &Object {
        self.0.as_ref().expect("a lent connection is there")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(object) = self.0.take() {
            drop(Object::take(object));
        }
    }
}

/// Runs one statement that stands by itself and changes nothing, once more where the connection turns out to have
/// gone.
pub(super) async fn read(
    pool: &Pool,
    statement: &'static Statement,
    values: &[Value<'_>],
) -> Result<Vec<Row>, StoreError> {
    let mut again = true;
    loop {
        let lent = Lent::of(pool).await?;
        match lent.rows(statement, values).await {
            Ok(rows) => {
                lent.done();
                return Ok(rows);
            }
            Err(error) if again && ends_connection(&error) => again = false,
            Err(error) => {
                if !ends_connection(&error) {
                    lent.done();
                }
                tracing::debug!(statement = statement.name, "{} failed", statement.name);
                return Err(meaning(&error));
            }
        }
    }
}
