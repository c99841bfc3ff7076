-- The embedded store, first schema. A released migration is never changed: a new one follows it.
--
-- What a commit writes, it writes behind what is there: `log` by position, `messages` by place. No index with
-- keys in no order is kept beside them; the entries by which things are found (`runs`) are written later, in
-- bulk, and can be made anew from `log` and `messages`.

CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value ANY
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('schema', 1);

-- Everything that was committed, in order: a row for each batch and for each document that was written.
CREATE TABLE log (
  pos INTEGER PRIMARY KEY,
  contract INTEGER,          -- contracts.number; null for a document
  first INTEGER,             -- the number of the first event
  count INTEGER,             -- how many events; 0 for a batch without
  token BLOB,                -- 16 bytes
  events TEXT,               -- a JSON array
  sent BLOB,                 -- the places of the messages sent, 8 bytes each
  answers BLOB,              -- the answers to idempotency keys, packed
  kind TEXT,                 -- of the document
  id TEXT                    -- of the document
) STRICT;

CREATE TABLE contracts (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  seq INTEGER NOT NULL,      -- the number of its newest event
  token BLOB,                -- of the batch that brought it
  next_due INTEGER           -- milliseconds since 1970, as all instants
) STRICT;
CREATE INDEX contracts_due ON contracts (next_due) WHERE next_due IS NOT NULL;

-- The engine's own notes on contracts, apart so that the rows above stay close together.
CREATE TABLE details (
  contract INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;

-- Messages by place: the number that an id of the made form spells, doubled, less 2^63; one more where the id
-- is of another form.
CREATE TABLE messages (
  place INTEGER PRIMARY KEY,
  contract INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  seat TEXT NOT NULL,
  recipient TEXT NOT NULL,
  campaign TEXT,
  bulk INTEGER NOT NULL,
  sent_at INTEGER NOT NULL,
  deadline INTEGER NOT NULL,
  version INTEGER NOT NULL,
  price INTEGER NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  id TEXT                    -- where the place does not spell it
) STRICT;

-- What became of messages. One that is pending and was never touched has no row.
CREATE TABLE outcomes (
  place INTEGER PRIMARY KEY,
  status INTEGER NOT NULL,       -- 0 pending, 1 responded, 2 lapsed
  credit INTEGER NOT NULL,       -- 0 held, 1 returned, 2 consumed, 3 none
  settled_by INTEGER,            -- 0 send, 1 response, 2 report, 3 lapse
  settled_at INTEGER,
  settled_seq INTEGER,
  responded_at INTEGER,
  response INTEGER,              -- 0 reply, 1 accept, 2 not interested
  seen_at INTEGER,
  reported_at INTEGER,
  conversation INTEGER NOT NULL, -- 0 unanswered, 1 declined, 2 open
  note TEXT
) STRICT;

-- What was written in conversations.
CREATE TABLE writings (
  place INTEGER NOT NULL,
  seq INTEGER NOT NULL,          -- the event that brought it
  part INTEGER NOT NULL,         -- counts what came with one event
  at INTEGER NOT NULL,
  side INTEGER NOT NULL,         -- 0 seat, 1 member
  response INTEGER,              -- as in outcomes
  auto INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (place, seq, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE documents (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  body BLOB,                     -- null: removed, kept so that versions go on
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
  webhook TEXT NOT NULL,
  contract TEXT NOT NULL,        -- contracts.id, in whose order pages stand
  seq INTEGER NOT NULL,
  state INTEGER NOT NULL,        -- 0 waiting, 1 delivered, 2 dead
  attempts INTEGER NOT NULL,
  next_at INTEGER,
  created_at INTEGER NOT NULL,
  tried_at INTEGER,
  status INTEGER,
  error TEXT,
  PRIMARY KEY (webhook, contract, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE state = 0 AND next_at IS NOT NULL;
CREATE INDEX deliveries_waiting ON deliveries (webhook, contract, seq) WHERE state = 0;
CREATE INDEX deliveries_oldest ON deliveries (created_at) WHERE state = 0;
CREATE INDEX deliveries_listed ON deliveries (webhook, created_at, contract, seq);
CREATE INDEX deliveries_open ON deliveries (webhook, state, created_at, contract, seq) WHERE state <> 1;

-- Snapshots of contracts' states. They are written in pieces and count from the moment they are `live`.
CREATE TABLE snapshots (
  number INTEGER PRIMARY KEY,
  contract INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  state INTEGER NOT NULL,        -- 0 being written, 1 live, 2 to be removed
  touched INTEGER NOT NULL       -- when it was last written to, in seconds since 1970
) STRICT;
CREATE INDEX snapshots_live ON snapshots (contract) WHERE state = 1;
CREATE INDEX snapshots_rest ON snapshots (state) WHERE state <> 1;
CREATE TABLE pieces (
  snapshot INTEGER NOT NULL,
  piece INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (snapshot, piece)
) STRICT;

-- The index: sorted runs of entries in blocks, over all of the log up to `base`.
CREATE TABLE runs (
  number INTEGER PRIMARY KEY,
  level INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  state INTEGER NOT NULL,        -- as of snapshots
  touched INTEGER NOT NULL
) STRICT;
CREATE TABLE blocks (
  run INTEGER NOT NULL,
  first BLOB NOT NULL,           -- the block's first entry
  bytes BLOB NOT NULL,
  PRIMARY KEY (run, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE filters (
  run INTEGER NOT NULL,
  piece INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (run, piece)
) STRICT;
CREATE TABLE indexed (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  base INTEGER NOT NULL,         -- the runs say everything about the log up to here
  generation INTEGER NOT NULL    -- counts every change of base or of the set of live runs
) STRICT;
INSERT INTO indexed VALUES (1, 0, 0);
