-- Messages to other systems. The record itself is the outbox: what a batch wrote is what there is
-- to tell. A sink remembers how far in the record it is, and only messages that did not arrive at
-- the first try have a row here. (The table 'outbox' of the first format was never written to.)
CREATE TABLE delivery_cursors (
    sink TEXT PRIMARY KEY,
    seq BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    last_at BIGINT,
    failures BIGINT NOT NULL,
    resume_at BIGINT NOT NULL,
    error TEXT
);

-- State 1 waits for its next attempt, 2 was given up.
CREATE TABLE deliveries (
    sink TEXT NOT NULL,
    seq BIGINT NOT NULL,
    lead BYTEA,
    event TEXT NOT NULL,
    at BIGINT NOT NULL,
    state BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    due BIGINT NOT NULL,
    failed_at BIGINT,
    error TEXT,
    PRIMARY KEY (sink, seq)
);
CREATE INDEX deliveries_by_state ON deliveries (state, sink, due);

-- When an offer ends: few rows have one, and those are looked for every second.
ALTER TABLE lead_state ADD COLUMN offer_until BIGINT;
CREATE INDEX offers_by_end ON lead_state (offer_until) WHERE offer_until IS NOT NULL;

-- Whose data an erasure removed.
ALTER TABLE erasures ADD COLUMN contact BYTEA;

-- Persons and companies by their names in the systems they come from.
CREATE INDEX accounts_by_external_id ON accounts (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX contacts_by_external_id ON contacts (external_id) WHERE external_id IS NOT NULL;
