-- The same as the SQLite store's fourth: history that another system kept.
ALTER TABLE leads ADD COLUMN loaded BIGINT;
CREATE INDEX leads_by_load ON leads (loaded) WHERE loaded IS NOT NULL;

CREATE TABLE loaded_assignments (
    lead BYTEA NOT NULL,
    at BIGINT NOT NULL,
    rep TEXT NOT NULL,
    known_at BIGINT NOT NULL,
    hop BIGINT NOT NULL,
    propensity DOUBLE PRECISION,
    PRIMARY KEY (lead, at, rep)
);

CREATE TABLE loaded_stages (
    lead BYTEA NOT NULL,
    at BIGINT NOT NULL,
    stage BIGINT NOT NULL,
    known_at BIGINT NOT NULL,
    value BIGINT,
    PRIMARY KEY (lead, at, stage)
);
