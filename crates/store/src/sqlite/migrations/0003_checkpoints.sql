-- Which migrations ran, and when.
CREATE TABLE migrations (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    step TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

-- The ledger as of a row of the log, so that a start folds only what came after. `hash` is that
-- row's, `digest` the body's; what the log says is what holds.
CREATE TABLE ledger_checkpoints (
    seq INTEGER PRIMARY KEY REFERENCES log (seq),
    hash BLOB NOT NULL,
    digest BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT;

-- Documents that will go live in a moment: replicas compile them ahead.
CREATE TABLE announcements (
    snapshot BLOB PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The rest of a lead's life, as rows.
CREATE TABLE offers (
    seq INTEGER PRIMARY KEY REFERENCES log (seq),
    lead BLOB NOT NULL,
    rep TEXT NOT NULL,
    at INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT;
CREATE INDEX offers_of_lead ON offers (lead, seq);

CREATE TABLE reassignments (
    seq INTEGER PRIMARY KEY REFERENCES log (seq),
    lead BLOB NOT NULL,
    from_rep TEXT,
    to_rep TEXT,
    at INTEGER NOT NULL,
    known_at INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    by TEXT,
    note TEXT
) STRICT;
CREATE INDEX reassignments_of_lead ON reassignments (lead, seq);

CREATE TABLE escalations (
    seq INTEGER PRIMARY KEY REFERENCES log (seq),
    lead BLOB NOT NULL,
    rep TEXT,
    step INTEGER NOT NULL,
    due INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX escalations_of_lead ON escalations (lead, seq);
