-- History that another system kept, as `pointsman load` copied it: no row of the log stands behind
-- it one by one, so it lies beside the tables that the record writes. `leads.loaded` is the row of
-- the log of the batch that brought a lead.
ALTER TABLE leads ADD COLUMN loaded INTEGER;
CREATE INDEX leads_by_load ON leads (loaded) WHERE loaded IS NOT NULL;

CREATE TABLE loaded_assignments (
    lead BLOB NOT NULL,
    at INTEGER NOT NULL,
    rep TEXT NOT NULL,
    known_at INTEGER NOT NULL,
    hop INTEGER NOT NULL,
    propensity REAL,
    PRIMARY KEY (lead, at, rep)
) STRICT, WITHOUT ROWID;

CREATE TABLE loaded_stages (
    lead BLOB NOT NULL,
    at INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    known_at INTEGER NOT NULL,
    value INTEGER,
    PRIMARY KEY (lead, at, stage)
) STRICT, WITHOUT ROWID;
