//! Lists every statement that the backend runs on rows.
//!
//! Owns: their texts, and which worker each goes to where tables are spread. Does not own: the schema, nor when a
//! statement runs. Invariants: what serves requests names one key and so touches one shard ([`Route::Key`]); a
//! statement that is not in [`ALL`] is not run; no time and no chance is asked of the database.
//!
//! Rows are handed over as one array for each column. Where all tables are in one place a statement takes all of
//! them at once ([`Rows::many`]); spread tables take one row at a time ([`Rows::one`]), which the planner of the
//! cluster sends straight to its shard.

/// Which shards a statement touches where tables are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// One: that of a key.
    Key,
    /// None: what it touches is not spread.
    Here,
    /// It is used where nothing is spread only.
    Together,
    /// Several, away from what serves requests.
    Many,
}

/// A statement.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for readers, and for the test of it")
    )]
    pub(super) route: Route,
}

/// A statement that writes rows, in its two forms.
#[derive(Debug)]
pub(super) struct Rows {
    /// Any number of rows, where tables are together.
    pub(super) many: Statement,
    /// One row: the first of each array.
    pub(super) one: Statement,
}

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident $route:expr, $sql:expr;)*) => {
        $(
            $(#[$doc])*
            pub(super) static $name: Statement = Statement {
                name: stringify!($name),
                sql: $sql,
                route: $route,
            };
        )*
        /// All of them but those that write rows.
        #[cfg(test)]
        pub(super) static PLAIN: &[&Statement] = &[$(&$name),*];
    };
}

/// Makes both forms: the columns that are one value for all rows, those that are arrays, and what follows.
macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident $table:literal
        one value [$($all:ident $all_at:literal),*]
        arrays [$($column:ident $at:literal $type:literal),*] $rest:expr;)*) => {
        $(
            $(#[$doc])*
            pub(super) static $name: Rows = Rows {
                many: Statement {
                    name: concat!(stringify!($name), " many"),
                    sql: concat!(
                        "INSERT INTO ", $table, " (", $(stringify!($all), ", ",)* "",
                        rows!(@list $($column)*), ") SELECT ", $($all_at, ", ",)* "u.* FROM unnest(",
                        rows!(@arrays $($at $type)*), ") AS u ", $rest
                    ),
                    route: Route::Together,
                },
                one: Statement {
                    name: concat!(stringify!($name), " one"),
                    sql: concat!(
                        "INSERT INTO ", $table, " (", $(stringify!($all), ", ",)* "",
                        rows!(@list $($column)*), ") VALUES (", $($all_at, ", ",)* "",
                        rows!(@firsts $($at $type)*), ") ", $rest
                    ),
                    route: Route::Key,
                },
            };
        )*
        /// All that write rows.
        #[cfg(test)]
        pub(super) static WRITING: &[&Rows] = &[$(&$name),*];
    };
    (@list $first:ident $($column:ident)*) => {
        concat!(stringify!($first), $(", ", stringify!($column)),*)
    };
    (@arrays $first:literal $type:literal $($at:literal $of:literal)*) => {
        concat!($first, "::", $type, "[]", $(", ", $at, "::", $of, "[]"),*)
    };
    (@firsts $first:literal $type:literal $($at:literal $of:literal)*) => {
        concat!("(", $first, "::", $type, "[])[1]", $(", (", $at, "::", $of, "[])[1]"),*)
    };
}

/// What becomes of an outcome that is there already.
macro_rules! newer_outcome {
    () => {
        "ON CONFLICT (contract_id, message_id) DO UPDATE SET status = excluded.status, \
         credit = excluded.credit, settled_by = excluded.settled_by, settled_at = excluded.settled_at, \
         settled_seq = coalesce(excluded.settled_seq, outcomes.settled_seq), \
         responded_at = excluded.responded_at, response = excluded.response, seen_at = excluded.seen_at, \
         reported_at = excluded.reported_at, conversation = excluded.conversation, \
         note = coalesce(excluded.note, outcomes.note)"
    };
}

rows! {
    ADD_MESSAGES "messages" one value [contract_id "$1"]
        arrays [seq "$2" "bigint", message_id "$3" "text", seat "$4" "text", member_id "$5" "text",
            campaign "$6" "text", bulk "$7" "boolean", sent_at "$8" "bigint", deadline "$9" "bigint",
            version "$10" "int", price "$11" "bigint", subject "$12" "bytea", body "$13" "bytea"] "";
    ADD_WRITINGS "writings" one value [contract_id "$1"]
        arrays [message_id "$2" "text", seq "$3" "bigint", part "$4" "int", at "$5" "bigint",
            side "$6" "smallint", response "$7" "smallint", auto "$8" "boolean", text "$9" "bytea"] "";
    ADD_OUTBOX "outbox" one value [contract_id "$1"] arrays [seq "$2" "bigint"] "";
    /// A note, and the number of the event that settled, stay where the new outcome has none.
    PUT_OUTCOMES "outcomes" one value [contract_id "$1"]
        arrays [message_id "$2" "text", status "$3" "smallint", credit "$4" "smallint",
            settled_by "$5" "smallint", settled_at "$6" "bigint", settled_seq "$7" "bigint",
            responded_at "$8" "bigint", response "$9" "smallint", seen_at "$10" "bigint",
            reported_at "$11" "bigint", conversation "$12" "smallint", note "$13" "bytea"]
        newer_outcome!();
    ADD_MESSAGE_IDS "message_ids" one value []
        arrays [message_id "$1" "text", contract_id "$2" "text", seq "$3" "bigint"] "";
    ADD_ANSWERS "answers" one value [contract_id "$1"]
        arrays [name "$2" "bytea", space "$3" "bytea", key "$4" "bytea", body "$5" "bytea", reply "$6" "bytea"] "";
    /// Done again it changes nothing.
    ADD_INBOX "inbox" one value []
        arrays [member_id "$1" "text", number "$2" "bigint", sent_at "$3" "bigint",
            contract_id "$4" "text", seq "$5" "bigint"] "ON CONFLICT (member_id, sent_at, number) DO NOTHING";
    ADD_DELIVERIES "deliveries" one value []
        arrays [contract_id "$1" "text", webhook "$2" "text", seq "$3" "bigint", state "$4" "smallint",
            attempts "$5" "bigint", next_at "$6" "bigint", created_at "$7" "bigint",
            tried_at "$8" "bigint", status "$9" "int", error "$10" "bytea"]
        "ON CONFLICT (contract_id, webhook, seq) DO NOTHING";
}

/// A message beside what became of it.
macro_rules! message_rows {
    () => {
        "SELECT m.contract_id, m.seq, m.message_id, m.seat, m.member_id, m.campaign, m.bulk, m.sent_at, \
         m.deadline, m.version, m.price, m.subject, m.body, o.status, o.credit, o.settled_by, \
         o.settled_at, o.settled_seq, o.responded_at, o.response, o.seen_at, o.reported_at, \
         o.conversation, o.note FROM messages m LEFT JOIN outcomes o \
         ON o.contract_id = m.contract_id AND o.message_id = m.message_id WHERE m.contract_id = $1 AND "
    };
}

macro_rules! newest_first {
    () => {
        "(m.sent_at, m.seq) < ($2, $3) ORDER BY m.sent_at DESC, m.seq DESC LIMIT $4"
    };
}

macro_rules! delivery_rows {
    () => {
        "SELECT contract_id, webhook, seq, state, attempts, next_at, created_at, tried_at, status, error \
         FROM deliveries WHERE "
    };
}

/// The oldest transaction that has not ended: whatever has a lower number is over, and seen if it was committed.
macro_rules! open_from {
    () => {
        "(pg_snapshot_xmin(pg_current_snapshot())::text)::bigint"
    };
}

macro_rules! own_number {
    () => {
        "(pg_current_xact_id()::text)::bigint"
    };
}

/// What a commit on a contract that is there begins with. Where the contract is not at the number that is expected
/// nothing is moved, and all that follows comes from what was moved.
macro_rules! moved {
    () => {
        "WITH moved AS (UPDATE contracts SET seq = $2, token = $3, next_due = $4, details = coalesce($5, details) \
         WHERE contract_id = $1 AND seq = $11 RETURNING contract_id), "
    };
}

/// What the first commit on a contract begins with.
macro_rules! begun {
    () => {
        "WITH moved AS (INSERT INTO contracts (contract_id, seq, token, next_due, details) \
         SELECT $1::text, $2::bigint, $3::bytea, $4::bigint, $5::bytea WHERE $11::bigint = 0 RETURNING contract_id), "
    };
}

/// Its batch.
macro_rules! kept_of_moved {
    () => {
        "kept AS (INSERT INTO batches (contract_id, first, count, token, events) \
         SELECT contract_id, $6::bigint, $7::int, $3::bytea, $8::text FROM moved), "
    };
}

/// The answers to its keys.
macro_rules! answers_of_moved {
    () => {
        "answered AS (INSERT INTO answers (contract_id, name, space, key, body, reply) SELECT * FROM moved, \
         unnest($12::bytea[], $13::bytea[], $14::bytea[], $15::bytea[], $16::bytea[])), "
    };
}

/// One answer and one message, whose values are no arrays.
macro_rules! one_of_moved {
    () => {
        "answered AS (INSERT INTO answers (contract_id, name, space, key, body, reply) SELECT contract_id, \
         $12::bytea, $13::bytea, $14::bytea, $15::bytea, $16::bytea FROM moved), \
         named AS (INSERT INTO message_ids (message_id, contract_id, seq) \
         SELECT $18::text, contract_id, $17::bigint FROM moved), \
         delivered AS (INSERT INTO inbox (member_id, number, sent_at, contract_id, seq) \
         SELECT $20::text, $29::bigint, $23::bigint, contract_id, $17::bigint FROM moved), \
         stored AS (INSERT INTO messages (contract_id, seq, message_id, seat, member_id, campaign, bulk, sent_at, \
         deadline, version, price, subject, body) SELECT contract_id, $17::bigint, $18::text, $19::text, $20::text, \
         $21::text, $22::boolean, $23::bigint, $24::bigint, $25::int, $26::bigint, $27::bytea, $28::bytea FROM moved) "
    };
}

/// Its messages, the names by which they are found, and their places in inboxes.
macro_rules! messages_of_moved {
    () => {
        "sent AS MATERIALIZED (SELECT * FROM moved, unnest($17::bigint[], $18::text[], $19::text[], $20::text[], \
         $21::text[], $22::boolean[], $23::bigint[], $24::bigint[], $25::int[], $26::bigint[], $27::bytea[], \
         $28::bytea[], $29::bigint[]) AS s (seq, message_id, seat, member_id, campaign, bulk, sent_at, deadline, \
         version, price, subject, body, number)), \
         named AS (INSERT INTO message_ids (message_id, contract_id, seq) \
         SELECT message_id, contract_id, seq FROM sent), \
         delivered AS (INSERT INTO inbox (member_id, number, sent_at, contract_id, seq) \
         SELECT member_id, number, sent_at, contract_id, seq FROM sent), \
         stored AS (INSERT INTO messages (contract_id, seq, message_id, seat, member_id, campaign, bulk, sent_at, \
         deadline, version, price, subject, body) SELECT contract_id, seq, message_id, seat, member_id, campaign, \
         bulk, sent_at, deadline, version, price, subject, body FROM sent) "
    };
}

/// What becomes of its messages, and what was written on them.
macro_rules! outcomes_of_moved {
    () => {
        concat!(
            "became AS (INSERT INTO outcomes (contract_id, message_id, status, credit, settled_by, settled_at, \
             settled_seq, responded_at, response, seen_at, reported_at, conversation, note) \
             SELECT * FROM moved, unnest($30::text[], $31::smallint[], $32::smallint[], $33::smallint[], \
             $34::bigint[], $35::bigint[], $36::bigint[], $37::smallint[], $38::bigint[], $39::bigint[], \
             $40::smallint[], $41::bytea[]) ",
            newer_outcome!(),
            "), written AS (INSERT INTO writings (contract_id, message_id, seq, part, at, side, response, auto, text) \
             SELECT * FROM moved, unnest($42::text[], $43::bigint[], $44::int[], $45::bigint[], $46::smallint[], \
             $47::smallint[], $48::boolean[], $49::bytea[])) "
        )
    };
}

/// Its row in the feed.
macro_rules! told_of_moved {
    () => {
        concat!(
            "INSERT INTO feed (place, part, writer, contract_id, first, count) \
         SELECT $9::bigint + ",
            own_number!(),
            ", 0, $10::bigint, contract_id, $6::bigint, $7::int FROM moved \
         RETURNING place"
        )
    };
}

/// Tells others of a document that the statement before has written, if it has.
macro_rules! tell_of_document {
    () => {
        ") INSERT INTO feed (place, part, writer, kind, id) SELECT $1::bigint + (pg_current_xact_id()::text)::bigint, \
         $2::int, $3::bigint, $4::text, $5::bytea FROM written RETURNING place"
    };
}

statements! {
    BEGIN_CONTRACT Route::Key,
        "INSERT INTO contracts (contract_id, seq, token, next_due, details) VALUES ($1, $2, $3, $4, $5)";
    /// Writes -1, which is refused, where the contract is not at the number that is expected.
    MOVE_CONTRACT Route::Key,
        "UPDATE contracts SET seq = CASE WHEN seq = $2 THEN $3::bigint ELSE -1 END, token = $4, next_due = $5, \
         details = coalesce($6, details) WHERE contract_id = $1";
    /// A commit on a contract that is there, whole: one that only sends one message.
    MOVE_WITH_ONE Route::Together,
        concat!(moved!(), kept_of_moved!(), one_of_moved!(), told_of_moved!());
    /// One that sends any number.
    MOVE_WITH_MESSAGES Route::Together,
        concat!(moved!(), kept_of_moved!(), answers_of_moved!(), messages_of_moved!(), told_of_moved!());
    /// One that answers, settles or notes as well.
    MOVE_WITH_ALL Route::Together,
        concat!(moved!(), kept_of_moved!(), answers_of_moved!(), messages_of_moved!(), ", ", outcomes_of_moved!(),
         told_of_moved!());
    /// The first commit on a contract, whole.
    BEGIN_WITH_ALL Route::Together,
        concat!(begun!(), kept_of_moved!(), answers_of_moved!(), messages_of_moved!(), ", ", outcomes_of_moved!(),
         told_of_moved!());
    TOUCH_CONTRACT Route::Key,
        "UPDATE contracts SET next_due = $3, details = coalesce($4, details) \
         WHERE contract_id = $1 AND seq = $2 RETURNING seq";
    ADD_BATCH Route::Key,
        "INSERT INTO batches (contract_id, first, count, token, events) VALUES ($1, $2, $3, $4, $5)";
    TELL_OF_BATCH Route::Here,
        concat!("INSERT INTO feed (place, part, writer, contract_id, first, count) \
         VALUES ($1::bigint + ", own_number!(), ", 0, $2, $3, $4, $5) RETURNING place");

    /// Tells others of notes on a contract that changed without an event.
    TELL_OF_NOTES Route::Here,
        concat!("INSERT INTO feed (place, part, writer, contract_id) VALUES ($1::bigint + ", own_number!(), ", 0, $2, $3)");

    CONTRACT Route::Key,
        "SELECT contract_id, seq, token, next_due, details FROM contracts WHERE contract_id = $1";
    /// A contract with its batches that begin after a number.
    NEWS Route::Key,
        "SELECT c.contract_id, c.seq, c.token, c.next_due, c.details, b.first, b.events FROM contracts c \
         LEFT JOIN batches b ON b.contract_id = c.contract_id AND b.first > $2 \
         WHERE c.contract_id = $1 ORDER BY b.first LIMIT $3";
    CONTRACTS Route::Many,
        "SELECT contract_id, seq, token, next_due, details FROM contracts WHERE contract_id > $1 \
         ORDER BY contract_id LIMIT $2";
    DUE Route::Many,
        "SELECT contract_id FROM contracts WHERE next_due <= $1 ORDER BY next_due, contract_id LIMIT $2";
    /// From the batch that holds the first number asked for.
    EVENTS_UP Route::Key,
        "SELECT first, events FROM batches WHERE contract_id = $1 AND first >= coalesce((SELECT max(b.first) \
         FROM batches b WHERE b.contract_id = $1 AND b.first <= $2), 0) AND first <= $3 \
         ORDER BY first LIMIT $4";
    EVENTS_DOWN Route::Key,
        "SELECT first, events FROM batches WHERE contract_id = $1 AND first >= coalesce((SELECT max(b.first) \
         FROM batches b WHERE b.contract_id = $1 AND b.first <= $2), 0) AND first <= $3 \
         ORDER BY first DESC LIMIT $4";
    BATCH Route::Key,
        "SELECT token, events FROM batches WHERE contract_id = $1 AND first = $2";
    SNAPSHOT Route::Key,
        "SELECT seq, bytes FROM snapshots WHERE contract_id = $1";
    SAVE_SNAPSHOT Route::Key,
        "INSERT INTO snapshots (contract_id, seq, bytes) VALUES ($1, $2, $3) ON CONFLICT (contract_id) \
         DO UPDATE SET seq = excluded.seq, bytes = excluded.bytes WHERE snapshots.seq <= excluded.seq";

    FIND_MESSAGE Route::Key,
        "SELECT message_id, contract_id, seq FROM message_ids WHERE message_id = $1";
    FIND_MESSAGES Route::Together,
        "SELECT message_id, contract_id, seq FROM message_ids WHERE message_id = ANY($1)";
    MESSAGES_AT Route::Key,
        concat!(message_rows!(), "m.seq = ANY($2)");
    MESSAGE_SENT_AT Route::Key,
        "SELECT sent_at FROM messages WHERE contract_id = $1 AND seq = $2";
    /// The newest of a contract's messages up to a number.
    SENT_UP_TO Route::Key,
        "SELECT seq, sent_at FROM messages WHERE contract_id = $1 AND seq <= $2 ORDER BY seq DESC LIMIT 1";
    /// A contract's clock never goes back: what has a higher number was not sent earlier.
    SENT_BY_CONTRACT Route::Key,
        concat!(message_rows!(), "m.seq < $3 AND m.sent_at <= $2 ORDER BY m.seq DESC LIMIT $4");
    SENT_BY_SEAT Route::Key,
        concat!(message_rows!(), "m.seat = $5 AND ", newest_first!());
    SENT_IN_CAMPAIGN Route::Key,
        concat!(message_rows!(), "m.campaign = $5 AND ", newest_first!());
    WRITINGS Route::Key,
        "SELECT seq, at, side, response, auto, text FROM writings \
         WHERE contract_id = $1 AND message_id = $2 ORDER BY seq, part";
    INBOX_SENT_AT Route::Key,
        "SELECT sent_at FROM inbox WHERE member_id = $1 AND number = $2";
    INBOX Route::Key,
        "SELECT number, sent_at, contract_id, seq FROM inbox WHERE member_id = $1 AND (sent_at, number) < ($2, $3) \
         ORDER BY sent_at DESC, number DESC LIMIT $4";
    RECEIVED Route::Key,
        "SELECT count(*) FROM (SELECT 1 FROM inbox WHERE member_id = $1 AND sent_at >= $2 AND sent_at < $3 \
         LIMIT $4) AS received";
    OUTBOX Route::Many,
        "SELECT contract_id, seq FROM outbox LIMIT $1";
    LEAVE_OUTBOX Route::Key,
        "DELETE FROM outbox WHERE contract_id = $1 AND seq = ANY($2)";

    ANSWER Route::Key,
        "SELECT name, body, reply FROM answers WHERE name = $1";
    ANSWERS Route::Together,
        "SELECT name, body, reply FROM answers WHERE name = ANY($1)";
    ALL_ANSWERS Route::Many,
        "SELECT name, body, reply, space, key, contract_id FROM answers WHERE name > $1 ORDER BY name LIMIT $2";

    /// Where nothing is new, one row without a place.
    FOREIGN Route::Here,
        concat!("SELECT ", open_from!(), ", f.place, f.contract_id, coalesce(f.first + f.count - 1, 0), f.kind, f.id, f.part \
         FROM (SELECT 1) AS one LEFT JOIN LATERAL (SELECT * FROM feed WHERE (place, part) > ($1, $2) \
         AND writer <> $3 ORDER BY place, part LIMIT $4) AS f ON true ORDER BY f.place, f.part");
    LOG Route::Here,
        concat!("SELECT ", open_from!(), ", place, contract_id, first FROM feed \
         WHERE place > $1 AND first IS NOT NULL ORDER BY place, part LIMIT $2");
    HEAD Route::Here,
        concat!("SELECT ", open_from!(), ", coalesce((SELECT max(place) FROM feed), 0)");

    /// The oldest transaction of this database that has not ended. One that nobody is known to have begun counts: it
    /// has only just begun, or ended.
    OPEN Route::Here,
        "SELECT least((pg_snapshot_xmax(pg_current_snapshot())::text)::bigint, min((open.id::text)::bigint)) \
         FROM pg_snapshot_xip(pg_current_snapshot()) AS open (id) \
         LEFT JOIN pg_locks l ON l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted \
         AND l.transactionid = open.id::xid \
         LEFT JOIN pg_stat_activity a ON a.pid = l.pid LEFT JOIN pg_prepared_xacts p ON p.transaction = open.id::xid \
         WHERE coalesce(a.datname, p.database, current_database()) = current_database()";

    DOCUMENT Route::Here,
        "SELECT id, version, body FROM documents WHERE kind = $1 AND id = $2 AND body IS NOT NULL";
    DOCUMENTS Route::Here,
        "SELECT id, version, body FROM documents WHERE kind = $1 AND id > $2 AND body IS NOT NULL \
         ORDER BY id LIMIT $3";
    FIRST_DOCUMENTS Route::Here,
        "SELECT id, version, body FROM documents WHERE kind = $1 AND body IS NOT NULL ORDER BY id LIMIT $2";
    KINDS Route::Here,
        "SELECT DISTINCT kind FROM documents WHERE body IS NOT NULL ORDER BY kind";
    /// Writes it whatever is there, or (a sixth value of 0) only where nothing is.
    WRITE_DOCUMENT Route::Here,
        concat!("WITH written AS (INSERT INTO documents AS d (kind, id, version, body) VALUES ($4, $5, 1, $7) \
         ON CONFLICT (kind, id) DO UPDATE SET version = d.version + 1, body = excluded.body \
         WHERE $6::bigint IS NULL OR d.body IS NULL RETURNING 1", tell_of_document!());
    CHANGE_DOCUMENT Route::Here,
        concat!("WITH written AS (UPDATE documents SET version = version + 1, body = $7 \
         WHERE kind = $4 AND id = $5 AND version = $6 AND body IS NOT NULL RETURNING 1", tell_of_document!());
    REMOVE_DOCUMENT Route::Here,
        concat!("WITH written AS (UPDATE documents SET body = NULL WHERE kind = $4 AND id = $5 \
         AND ($6::bigint IS NULL OR version = $6) AND body IS NOT NULL RETURNING 1", tell_of_document!());

    DELIVERIES_DUE Route::Many,
        concat!(delivery_rows!(), "state = 0 AND next_at <= $1 \
         ORDER BY next_at, webhook, contract_id, seq LIMIT $2");
    DELIVERIES_WAITING Route::Key,
        concat!(delivery_rows!(), "contract_id = $1 AND webhook = $2 AND state = 0 ORDER BY seq LIMIT $3");
    DELIVERIES_OF Route::Many,
        concat!(delivery_rows!(), "webhook = $1 AND (created_at, contract_id, seq) < ($2, $3, $4) \
         ORDER BY created_at DESC, contract_id DESC, seq DESC LIMIT $5");
    DELIVERIES_OF_STATE Route::Many,
        concat!(delivery_rows!(), "webhook = $1 AND (created_at, contract_id, seq) < ($2, $3, $4) \
         AND state = $6 ORDER BY created_at DESC, contract_id DESC, seq DESC LIMIT $5");
    DELIVERY Route::Key,
        concat!(delivery_rows!(), "contract_id = $1 AND webhook = $2 AND seq = $3");
    UPDATE_DELIVERY Route::Key,
        "UPDATE deliveries SET state = $4, attempts = $5, next_at = $6, created_at = $7, tried_at = $8, \
         status = $9, error = $10 WHERE contract_id = $1 AND webhook = $2 AND seq = $3 RETURNING seq";

    COUNT_CONTRACTS Route::Many,
        "SELECT count(*) FROM (SELECT 1 FROM contracts LIMIT 100001) AS few";
    GUESS_CONTRACTS Route::Here,
        "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'contracts'::regclass";
    SIZE Route::Here,
        "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class \
         WHERE relkind = 'r' AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'meta'::regclass)";
    OLDEST_DUE Route::Many,
        "SELECT min(next_due) FROM contracts WHERE next_due IS NOT NULL";
    COUNT_DELIVERIES Route::Many,
        "SELECT count(*), min(created_at) FROM (SELECT created_at FROM deliveries WHERE state = 0 \
         ORDER BY created_at LIMIT 100000) AS waiting";
}
