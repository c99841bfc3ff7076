-- The store in PostgreSQL, first schema. A released migration is never changed: a new one follows it.
--
-- Every table but `meta`, `feed` and `documents` is spread over workers where there are any (Citus), by the first
-- column of its primary key: what belongs to a contract by `contract_id`, so that a commit and what is read of a
-- contract stay on one worker; what is found by another name by that name. Texts that people write are bytea
-- in UTF-8 (`convert_from(body, 'UTF8')` shows them): text has no U+0000. Instants are milliseconds since 1970.

CREATE TABLE meta (
  one int PRIMARY KEY CHECK (one = 1),
  schema int NOT NULL,
  -- Added to a transaction's number to make a place in the feed; raised where the database was restored into a
  -- server that counts from anew.
  shift bigint NOT NULL
);
INSERT INTO meta VALUES (1, 1, 0);

CREATE TABLE contracts (
  contract_id text COLLATE "C" PRIMARY KEY,
  -- The number of its newest event. A commit that expects another one writes -1, and so comes to nothing.
  seq bigint NOT NULL CONSTRAINT contracts_moved_on CHECK (seq >= 1),
  token bytea NOT NULL,          -- of the batch that brought it
  next_due bigint,
  details bytea NOT NULL         -- the engine's own notes
) WITH (fillfactor = 70);
CREATE INDEX contracts_due ON contracts (next_due) WHERE next_due IS NOT NULL;

-- The events, a row for each batch.
CREATE TABLE batches (
  contract_id text COLLATE "C" NOT NULL,
  first bigint NOT NULL,         -- the number of the first event
  count int NOT NULL,
  token bytea NOT NULL,
  events text NOT NULL,          -- a JSON array
  PRIMARY KEY (contract_id, first),
  CONSTRAINT batches_of_contract FOREIGN KEY (contract_id) REFERENCES contracts (contract_id)
);

CREATE TABLE messages (
  contract_id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,           -- of the event that sends it
  message_id text COLLATE "C" NOT NULL,
  seat text COLLATE "C" NOT NULL,
  member_id text COLLATE "C" NOT NULL,
  campaign text COLLATE "C",
  bulk boolean NOT NULL,
  sent_at bigint NOT NULL,
  deadline bigint NOT NULL,
  version int NOT NULL,
  price bigint NOT NULL,
  subject bytea NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (contract_id, seq)
);
CREATE INDEX messages_of_seat ON messages (contract_id, seat, sent_at, seq);
CREATE INDEX messages_of_campaign ON messages (contract_id, campaign, sent_at, seq) WHERE campaign IS NOT NULL;

-- What became of messages. One that is pending and was never touched has no row.
CREATE TABLE outcomes (
  contract_id text COLLATE "C" NOT NULL,
  message_id text COLLATE "C" NOT NULL,
  status smallint NOT NULL,      -- 0 pending, 1 responded, 2 lapsed
  credit smallint NOT NULL,      -- 0 held, 1 returned, 2 consumed, 3 none
  settled_by smallint,           -- 0 send, 1 response, 2 report, 3 lapse
  settled_at bigint,
  settled_seq bigint,
  responded_at bigint,
  response smallint,             -- 0 reply, 1 accept, 2 not interested
  seen_at bigint,
  reported_at bigint,
  conversation smallint NOT NULL, -- 0 unanswered, 1 declined, 2 open
  note bytea,
  PRIMARY KEY (contract_id, message_id)
);

-- What was written in conversations.
CREATE TABLE writings (
  contract_id text COLLATE "C" NOT NULL,
  message_id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,           -- of the event that brought it
  part int NOT NULL,             -- counts what came with one event
  at bigint NOT NULL,
  side smallint NOT NULL,        -- 0 seat, 1 member
  response smallint,             -- as in outcomes
  auto boolean NOT NULL,
  text bytea NOT NULL,
  PRIMARY KEY (contract_id, message_id, seq, part)
);

CREATE TABLE snapshots (
  contract_id text COLLATE "C" PRIMARY KEY,
  seq bigint NOT NULL,
  bytes bytea NOT NULL
);
-- They are compressed already where that is worth it.
ALTER TABLE snapshots ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Messages whose recipients' inboxes do not have them yet; used only where inboxes are on other workers.
CREATE TABLE outbox (
  contract_id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  PRIMARY KEY (contract_id, seq)
);

CREATE TABLE deliveries (
  contract_id text COLLATE "C" NOT NULL,
  webhook text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  state smallint NOT NULL,       -- 0 waiting, 1 delivered, 2 dead
  attempts bigint NOT NULL,
  next_at bigint,
  created_at bigint NOT NULL,
  tried_at bigint,
  status int,
  error bytea,
  PRIMARY KEY (contract_id, webhook, seq)
);
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE state = 0 AND next_at IS NOT NULL;
CREATE INDEX deliveries_waiting ON deliveries (contract_id, webhook, seq) WHERE state = 0;
CREATE INDEX deliveries_oldest ON deliveries (created_at) WHERE state = 0;
CREATE INDEX deliveries_listed ON deliveries (webhook, created_at, contract_id, seq);
CREATE INDEX deliveries_open ON deliveries (webhook, state, created_at, contract_id, seq) WHERE state <> 1;

-- Which contract a message is of: an id is taken once in the whole store.
CREATE TABLE message_ids (
  message_id text COLLATE "C" PRIMARY KEY,
  contract_id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL
);

-- The answers to idempotency keys; a key is taken once in its space.
CREATE TABLE answers (
  name bytea PRIMARY KEY,        -- the hash of space and key
  space bytea NOT NULL,
  key bytea NOT NULL,
  contract_id text COLLATE "C" NOT NULL,
  body bytea NOT NULL,
  reply bytea NOT NULL
);

-- Who was sent what.
CREATE TABLE inbox (
  member_id text COLLATE "C" NOT NULL,
  number bigint NOT NULL,        -- made of the message's id: a place in a list
  sent_at bigint NOT NULL,
  contract_id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  PRIMARY KEY (member_id, sent_at, number)
);

-- What was committed, in order: a row for each batch with events and for each document that was written. It
-- stands whole in one place, so that there is one order.
CREATE TABLE feed (
  place bigint NOT NULL,         -- meta.shift + the number of the transaction
  part int NOT NULL,
  writer bigint NOT NULL,        -- the handle that wrote it
  contract_id text COLLATE "C",  -- and its batch, if an event came
  first bigint,
  count int,
  kind text COLLATE "C",         -- or the document
  id bytea,
  PRIMARY KEY (place, part)
);

CREATE TABLE documents (
  kind text COLLATE "C" NOT NULL,
  id bytea NOT NULL,             -- a text that anybody may have made up
  version bigint NOT NULL,
  body bytea,                    -- null: removed, kept so that versions go on
  PRIMARY KEY (kind, id)
);
