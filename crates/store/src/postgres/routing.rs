//! Tests that a statement goes where it says.
//!
//! The schema is cut into native partitions by the columns by which it is spread over workers; the planner then shows
//! which of them a statement touches. A statement that serves requests and does not name its key fails here.

use super::address::Address;
use super::pool::{Lent, pool};
use super::schema;
use super::statement::{ADD_BATCH, PLAIN, Route, Statement, WRITING};
use serde_json::Value;
use std::collections::BTreeSet;
use tokio_postgres::types::{Kind, Type};

/// Enough that different keys do not all fall into one.
const PARTS: u32 = 16;

async fn lent() -> Lent {
    let server = earnest_pgtest::shared().unwrap();
    let url = server.database().unwrap();
    server.sql(&url, &schema::partitioned(PARTS)).unwrap();
    let lent = Lent::of(&pool(&Address::read(&url).unwrap(), 2).unwrap())
        .await
        .unwrap();
    let plan_for_values = "SET plan_cache_mode = force_custom_plan";
    lent.batch_execute(plan_for_values).await.unwrap();
    lent
}

/// Writes a value of a type for a parameter; of an array, several that differ. Those of later parameters are larger, so
/// that a range from one to the next is not empty.
fn sample((at, kind): (u32, &Type)) -> String {
    let some = |of: &Type, n: u32| match *of {
        Type::TEXT => format!("'key-{n}'"),
        Type::BYTEA => format!("'\\x{n:04x}'"),
        Type::BOOL => "true".to_owned(),
        _ => n.to_string(),
    };
    match kind.kind() {
        Kind::Array(of) => {
            let all: Vec<String> = (1..=40).map(|n| some(of, n)).collect();
            format!("ARRAY[{}]::{}[]", all.join(", "), of.name())
        }
        _ => some(kind, 7 + at),
    }
}

/// Prepares a statement in SQL, and returns the call of it with made-up values.
async fn call(lent: &Lent, statement: &Statement) -> String {
    let types = lent.prepare(statement.sql).await;
    let types = types.unwrap_or_else(|error| panic!("{}: {error:?}", statement.name));
    let values: Vec<String> = (0..).zip(types.params()).map(sample).collect();
    let names: Vec<&str> = types.params().iter().map(Type::name).collect();
    let declared = if names.is_empty() {
        String::new()
    } else {
        format!("({})", names.join(", "))
    };
    let prepare = format!("DEALLOCATE ALL; PREPARE it {declared} AS {}", statement.sql);
    lent.batch_execute(&prepare).await.unwrap();
    if values.is_empty() {
        "it".to_owned()
    } else {
        format!("it({})", values.join(", "))
    }
}

fn relations(plan: &Value, found: &mut BTreeSet<String>) {
    match plan {
        Value::Object(fields) => {
            if let Some(name) = fields.get("Relation Name").and_then(Value::as_str) {
                found.insert(name.to_owned());
            }
            fields.values().for_each(|value| relations(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| relations(item, found)),
        _ => {}
    }
}

/// Returns the numbers of the partitions that a statement reads or changes, and whether it touches any spread table.
async fn touched(lent: &Lent, statement: &Statement) -> (BTreeSet<u32>, bool) {
    let call = call(lent, statement).await;
    let explain = format!("EXPLAIN (FORMAT JSON, COSTS OFF) EXECUTE {call}");
    let row = lent.simple_query(&explain).await.unwrap();
    let text = row.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    let mut names = BTreeSet::new();
    relations(&serde_json::from_str(&text.unwrap()).unwrap(), &mut names);
    let mut numbers = BTreeSet::new();
    let mut is_spread = false;
    for name in names {
        for (table, _) in schema::SPREAD {
            is_spread |= name == table || name.starts_with(&format!("{table}_"));
            if let Some(number) = name.strip_prefix(&format!("{table}_")) {
                numbers.extend(number.parse::<u32>());
            }
        }
    }
    (numbers, is_spread)
}

/// Returns into how many partitions an INSERT writes.
async fn written(lent: &Lent, statement: &Statement) -> usize {
    let table = statement.sql.split(' ').nth(2).unwrap();
    lent.batch_execute("BEGIN").await.unwrap();
    if statement.name == ADD_BATCH.name {
        let begin = "INSERT INTO contracts VALUES ('key-7', 1, '', NULL, '')";
        lent.batch_execute(begin).await.unwrap();
    }
    let call = call(lent, statement).await;
    lent.batch_execute(&format!("EXECUTE {call}"))
        .await
        .unwrap();
    let count = format!("SELECT count(DISTINCT tableoid), count(*) FROM {table}");
    let row = lent.query_one(&count, &[]).await.unwrap();
    lent.batch_execute("ROLLBACK").await.unwrap();
    assert!(
        row.get::<_, i64>(1) > 0,
        "{} writes nothing",
        statement.name
    );
    usize::try_from(row.get::<_, i64>(0)).unwrap()
}

fn inserts(statement: &Statement) -> bool {
    statement.sql.starts_with("INSERT")
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn what_serves_requests_touches_one_shard() {
    let lent = lent().await;
    let all = PLAIN
        .iter()
        .copied()
        .chain(WRITING.iter().map(|rows| &rows.one));
    for statement in all.filter(|statement| statement.route == Route::Key) {
        if inserts(statement) {
            assert_eq!(written(&lent, statement).await, 1, "{}", statement.name);
        } else {
            let (partitions, _) = touched(&lent, statement).await;
            assert_eq!(partitions.len(), 1, "{}: {partitions:?}", statement.name);
        }
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn what_is_said_to_be_here_touches_nothing_that_is_spread() {
    let lent = lent().await;
    for statement in PLAIN
        .iter()
        .filter(|statement| statement.route == Route::Here)
    {
        let (_, is_spread) = touched(&lent, statement).await;
        assert!(!is_spread, "{}", statement.name);
    }
}

/// The two tests above would not be worth much if they could not fail.
#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_statement_without_its_key_is_found() {
    let lent = lent().await;
    let without = |sql| Statement {
        name: "WITHOUT",
        sql,
        route: Route::Key,
    };
    let reads = without("SELECT body FROM messages WHERE message_id = $1");
    assert_eq!(touched(&lent, &reads).await.0.len(), PARTS as usize);
    let several = without("SELECT body FROM messages WHERE contract_id = ANY($1)");
    assert!(touched(&lent, &several).await.0.len() > 1);
    let changes = without("UPDATE contracts SET next_due = $1 WHERE seq = $2");
    assert_eq!(touched(&lent, &changes).await.0.len(), PARTS as usize);
    let writes = without("INSERT INTO message_ids SELECT u, $2, 1 FROM unnest($1::text[]) AS u");
    assert!(written(&lent, &writes).await > 1);
    // What is written together where nothing is spread would be found, too.
    let kept_apart = WRITING
        .iter()
        .filter(|rows| rows.many.sql.contains("SELECT u.*"));
    for rows in kept_apart {
        assert!(written(&lent, &rows.many).await > 1, "{}", rows.many.name);
    }
}
