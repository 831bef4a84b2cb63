-- Messages to other systems. The record itself is the outbox: what a batch wrote is what there is
-- to tell. A sink remembers how far in the record it is, and only messages that did not arrive at
-- the first try have a row here. (The table 'outbox' of the first format was never written to.)
CREATE TABLE delivery_cursors (
    sink TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    last_at INTEGER,
    failures INTEGER NOT NULL,
    resume_at INTEGER NOT NULL,
    error TEXT
) STRICT, WITHOUT ROWID;

-- State 1 waits for its next attempt, 2 was given up.
CREATE TABLE deliveries (
    sink TEXT NOT NULL,
    seq INTEGER NOT NULL REFERENCES log (seq),
    lead BLOB,
    event TEXT NOT NULL,
    at INTEGER NOT NULL,
    state INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due INTEGER NOT NULL,
    failed_at INTEGER,
    error TEXT,
    PRIMARY KEY (sink, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_by_state ON deliveries (state, sink, due);

-- When an offer ends: few rows have one, and those are looked for every second.
ALTER TABLE lead_state ADD COLUMN offer_until INTEGER;
CREATE INDEX offers_by_end ON lead_state (offer_until) WHERE offer_until IS NOT NULL;

-- Whose data an erasure removed.
ALTER TABLE erasures ADD COLUMN contact BLOB;

-- Persons and companies by their names in the systems they come from.
CREATE INDEX accounts_by_external_id ON accounts (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX contacts_by_external_id ON contacts (external_id) WHERE external_id IS NOT NULL;
