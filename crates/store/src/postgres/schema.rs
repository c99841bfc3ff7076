//! Sets the tables up, brings them up to date, and spreads them over workers where there are any.
//!
//! Owns: the migrations, which table is spread by what, and the number that keeps places in the feed growing. Does
//! not own: what is in the tables. Invariants: a released migration never changes; each is one transaction; done
//! again, all of this changes nothing; servers of the version before go on while it is done.

use super::Flow;
use super::fault::{corrupt, meaning};
use super::pool::Lent;
use crate::error::StoreError;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;

/// All steps, the first one first.
pub(super) const MIGRATIONS: [&str; 2] = [
    include_str!("../../migrations/postgres/1.sql"),
    include_str!("../../migrations/postgres/2.sql"),
];

/// How far places stand apart from those before a restoration: no server hands out as many.
const BEYOND: i64 = 1_000_000_000_000;

/// The tables that are spread where there are workers, in an order in which that can be done, and by what.
pub(super) const SPREAD: [(&str, &str); 11] = [
    ("contracts", "contract_id"),
    ("batches", "contract_id"),
    ("messages", "contract_id"),
    ("outcomes", "contract_id"),
    ("writings", "contract_id"),
    ("snapshots", "contract_id"),
    ("outbox", "contract_id"),
    ("deliveries", "contract_id"),
    ("message_ids", "message_id"),
    ("answers", "name"),
    ("inbox", "member_id"),
];

/// The checks on which commits rest where tables are spread: that a contract is at the number that is expected, and that
/// it is there.
const CHECKS: [(&str, &str); 2] = [
    (
        "contracts_moved_on",
        "ALTER TABLE contracts ADD CONSTRAINT contracts_moved_on CHECK (seq >= 1)",
    ),
    (
        "batches_of_contract",
        "ALTER TABLE batches ADD CONSTRAINT batches_of_contract FOREIGN KEY (contract_id) \
         REFERENCES contracts (contract_id)",
    ),
];

/// What is found of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// Its number; 0 where there is none.
    pub(super) schema: usize,
    /// Whether tables can be spread here.
    pub(super) has_workers: bool,
}

/// What is to be done to a schema that is not the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum May {
    /// Nothing.
    Look,
    /// Set up an empty database.
    Begin,
    /// That, and bring an older one up to date.
    Migrate,
}

/// Makes the database ready, which takes these steps from the first schema to the newest. Returns whether anything was
/// done.
pub(super) async fn prepare(lent: &Lent, steps: &[&str], may: May) -> Result<bool, StoreError> {
    // Somebody else may be doing the same: then what is there is looked at again.
    for _ in 0..20 {
        let found = find(lent).await?;
        check(found.schema, steps.len(), may)?;
        let mut done = false;
        if found.schema < steps.len() {
            match migrate(lent, steps, found.schema).await {
                Ok(true) => done = true,
                Ok(false) => continue,
                Err(error) if is_race(&error) => {
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                    continue;
                }
                Err(error) => return Err(of_step(&error)),
            }
        }
        if found.has_workers && (done || may == May::Migrate) {
            done |= spread(lent).await?;
        }
        return Ok(done);
    }
    Err(StoreError::Unavailable(
        "somebody else is setting the database up; try again".to_owned(),
    ))
}

/// Finds out what is there.
pub(super) async fn find(lent: &Lent) -> Result<Found, StoreError> {
    let sql = "SELECT to_regclass('meta') IS NOT NULL, \
               EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'citus')";
    let row = one(lent, sql).await?;
    let (is_there, has_workers): (bool, bool) = (get(&row, 0)?, get(&row, 1)?);
    let schema = match is_there {
        false => 0,
        true => {
            let number: i32 = get(&one(lent, "SELECT schema FROM meta").await?, 0)?;
            usize::try_from(number).map_err(|_| corrupt(format!("{number} is no schema")))?
        }
    };
    Ok(Found {
        schema,
        has_workers,
    })
}

fn check(schema: usize, newest: usize, may: May) -> Result<(), StoreError> {
    if schema > newest {
        return Err(StoreError::Version(format!(
            "the database has schema {schema}, and this version knows {newest}: run a newer `earnest`"
        )));
    }
    if schema == 0 && may == May::Look {
        return Err(StoreError::Version(
            "there is no store in this database; name another with `--store`, or set it up with `earnest migrate`"
                .to_owned(),
        ));
    }
    if schema != 0 && schema < newest && may != May::Migrate {
        return Err(StoreError::Version(format!(
            "the database has schema {schema}, and this version needs {newest}: run `earnest migrate` with this \
             store; servers of the version before may go on meanwhile"
        )));
    }
    Ok(())
}

/// Takes the steps that are missing, in one transaction. Returns whether they were missing still: who comes second
/// waits here for who came first.
async fn migrate(lent: &Lent, steps: &[&str], from: usize) -> Result<bool, tokio_postgres::Error> {
    lent.batch_execute("BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
        .await?;
    let done = take_steps(lent, steps, from).await;
    let end = match done {
        Ok(true) => "COMMIT",
        Ok(false) | Err(_) => "ROLLBACK",
    };
    lent.batch_execute(end).await?;
    done
}

async fn take_steps(
    lent: &Lent,
    steps: &[&str],
    from: usize,
) -> Result<bool, tokio_postgres::Error> {
    if from > 0 {
        let row = lent.query_one("SELECT schema FROM meta FOR UPDATE", &[]);
        let schema: i32 = row.await?.try_get(0)?;
        if usize::try_from(schema) != Ok(from) {
            return Ok(false);
        }
    }
    let missing = steps.get(from..).unwrap_or_default().concat();
    // A step that waited for longer would keep all servers waiting behind it.
    let sql = format!(
        "SET LOCAL lock_timeout = '10s'; {missing} UPDATE meta SET schema = {}",
        steps.len()
    );
    lent.batch_execute(&sql).await?;
    Ok(true)
}

/// Returns what the failure of a step means.
fn of_step(error: &tokio_postgres::Error) -> StoreError {
    match error.code() {
        Some(&SqlState::LOCK_NOT_AVAILABLE) => StoreError::Unavailable(
            "the schema could not be changed, since a transaction has used a table of it for more than 10 seconds; \
             nothing was done; look for it in pg_stat_activity, and try again"
                .to_owned(),
        ),
        _ => meaning(error),
    }
}

fn is_race(error: &tokio_postgres::Error) -> bool {
    let races = [
        // With servers that work meanwhile.
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::UNIQUE_VIOLATION,
        SqlState::DUPLICATE_TABLE,
        SqlState::DUPLICATE_OBJECT,
    ];
    error.code().is_some_and(|code| races.contains(code))
}

/// Adds the checks that spread tables need, and spreads the tables that are not spread yet. Returns whether anything was
/// left to do.
async fn spread(lent: &Lent) -> Result<bool, StoreError> {
    let sql = "SELECT c.relname::text FROM pg_dist_partition p JOIN pg_class c ON c.oid = p.logicalrelid \
               WHERE pg_table_is_visible(c.oid) UNION ALL \
               SELECT conname::text FROM pg_constraint WHERE conrelid IN ('contracts'::regclass, 'batches'::regclass)";
    let rows = lent
        .query(sql, &[])
        .await
        .map_err(|error| meaning(&error))?;
    let mut already = Vec::with_capacity(rows.len());
    for row in &rows {
        already.push(get::<String>(row, 0)?);
    }
    let left = left_to_spread(&already);
    for sql in &left {
        lent.batch_execute("SET statement_timeout = 0")
            .await
            .map_err(|error| meaning(&error))?;
        lent.batch_execute(sql)
            .await
            .map_err(|error| meaning(&error))?;
    }
    Ok(!left.is_empty())
}

/// Returns what adds the checks that are not there, and spreads the tables that are not yet: in this order, so that no
/// server finds a table spread without them.
fn left_to_spread(already: &[String]) -> Vec<String> {
    let is_left = |it: &&(&str, &str)| !already.iter().any(|other| other == it.0);
    let sql = |(table, by): &(&str, &str)| {
        let beside = match *by {
            _ if *table == "contracts" => "none",
            "contract_id" => "contracts",
            _ => "none",
        };
        format!("SELECT create_distributed_table('{table}', '{by}', colocate_with => '{beside}')")
    };
    let checks = CHECKS.iter().filter(is_left);
    let checks = checks.map(|(_, sql)| (*sql).to_owned());
    checks
        .chain(SPREAD.iter().filter(is_left).map(sql))
        .collect()
}

/// Finds out how statements have to be put.
pub(super) async fn flow(lent: &Lent) -> Result<Flow, StoreError> {
    if !find(lent).await?.has_workers {
        return Ok(Flow::Together);
    }
    let sql = "SELECT count(*) FROM pg_dist_partition p JOIN pg_class c ON c.oid = p.logicalrelid \
               WHERE c.oid = 'contracts'::regclass";
    let spread: i64 = get(&one(lent, sql).await?, 0)?;
    Ok(if spread > 0 {
        Flow::Spread
    } else {
        Flow::Together
    })
}

/// Returns what is added to a transaction's number to make a place. In a database that was restored into another
/// server, transactions count from anew: then it is raised, so that what comes stands after what was; also after all
/// that was told of what came after the moment to which the database was brought back.
pub(super) async fn shift(lent: &Lent) -> Result<i64, StoreError> {
    let sql = format!(
        "UPDATE meta SET shift = (SELECT max(place) FROM feed) + {BEYOND} \
         WHERE shift + (pg_snapshot_xmax(pg_current_snapshot())::text)::bigint <= (SELECT max(place) FROM feed)"
    );
    let behind = "SELECT 1 FROM meta WHERE shift + (pg_snapshot_xmax(pg_current_snapshot())::text)::bigint \
                  <= (SELECT max(place) FROM feed)";
    let rows = lent
        .query(behind, &[])
        .await
        .map_err(|error| meaning(&error))?;
    if !rows.is_empty() {
        lent.batch_execute(&sql)
            .await
            .map_err(|error| meaning(&error))?;
    }
    get(&one(lent, "SELECT shift FROM meta").await?, 0)
}

/// Says what an operator should know of how the server keeps what it is told.
pub(super) async fn warn_of_settings(lent: &Lent) -> Result<(), StoreError> {
    for (name, danger) in [
        ("fsync", "off"),
        ("synchronous_commit", "off"),
        ("full_page_writes", "off"),
    ] {
        let row = one(lent, &format!("SELECT current_setting('{name}')")).await?;
        let value: String = get(&row, 0)?;
        if value == danger {
            tracing::warn!(
                setting = name,
                "the database has {name} = {value}: what is answered may be lost when it crashes; set it to on"
            );
        }
    }
    Ok(())
}

async fn one(lent: &Lent, sql: &str) -> Result<Row, StoreError> {
    lent.query_one(sql, &[])
        .await
        .map_err(|error| meaning(&error))
}

fn get<'a, T: tokio_postgres::types::FromSql<'a>>(
    row: &'a Row,
    at: usize,
) -> Result<T, StoreError> {
    row.try_get(at).map_err(|error| corrupt(error.to_string()))
}

/// Returns the schema with the spread tables cut into partitions by the same columns, so that the planner of a
/// single server shows which of them a statement touches.
#[cfg(any(test, feature = "conformance"))]
pub(super) fn partitioned(parts: u32) -> String {
    let mut sql = MIGRATIONS.concat();
    for (table, by) in SPREAD {
        let begin = sql
            .find(&format!("CREATE TABLE {table} ("))
            .unwrap_or_default();
        let end = begin
            + sql
                .get(begin..)
                .and_then(|rest| rest.find(";\n"))
                .unwrap_or_default();
        let definition = sql.get(begin..end).unwrap_or_default().to_owned();
        // Only a table that holds rows itself can be filled in part.
        let plain = definition.replace(" WITH (fillfactor = 70)", "");
        let mut cut = format!("{plain} PARTITION BY HASH ({by})");
        for part in 0..parts {
            cut.push_str(&format!(
                ";\nCREATE TABLE {table}_{part} PARTITION OF {table} FOR VALUES WITH (MODULUS {parts}, REMAINDER {part})"
            ));
        }
        sql = sql.replacen(&definition, &cut, 1);
    }
    format!("{sql} UPDATE meta SET schema = {}", MIGRATIONS.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreading_is_done_once_and_goes_on_where_it_stopped() {
        let all = left_to_spread(&[]);
        let (checks, tables) = all.split_at(CHECKS.len());
        assert_eq!(checks, CHECKS.map(|(_, sql)| sql));
        assert_eq!(tables.len(), SPREAD.len());
        assert!(tables[0].contains("'contracts', 'contract_id', colocate_with => 'none'"));
        assert!(tables[1].contains("'batches', 'contract_id', colocate_with => 'contracts'"));
        let some = ["contracts".to_owned(), "batches".to_owned()];
        assert_eq!(left_to_spread(&some), [checks, &tables[2..]].concat());
        let mut names = SPREAD.map(|(table, _)| table.to_owned()).to_vec();
        assert_eq!(left_to_spread(&names), CHECKS.map(|(_, sql)| sql));
        names.extend(CHECKS.map(|(name, _)| name.to_owned()));
        assert_eq!(left_to_spread(&names), Vec::<String>::new());
    }

    #[test]
    fn every_table_is_spread_by_a_column_of_its_key() {
        let sql = MIGRATIONS.concat();
        let tables = sql.matches("CREATE TABLE").count();
        // `meta`, `feed` and `documents` stay where they are.
        assert_eq!(tables, SPREAD.len() + 3);
        for (table, by) in SPREAD {
            let begin = sql.find(&format!("CREATE TABLE {table} (")).unwrap();
            let definition = &sql[begin..begin + sql[begin..].find(";\n").unwrap()];
            let is_key = definition.contains(&format!("PRIMARY KEY ({by}"))
                || definition
                    .lines()
                    .any(|line| line.trim().starts_with(by) && line.contains("PRIMARY KEY"));
            assert!(is_key, "{table}");
        }
    }
}
