-- Instants are microseconds since 1970-01-01 UTC; money is minor units; event ids are 16 bytes;
-- digests are 32 bytes; names are slugs. The columns are those of the SQLite store, in the same
-- order and of the same width, so that a backup moves between the two. What refers to what is not
-- checked again here: one batch at a time writes, under the head, and the contract suite looks.

-- The one row every writer locks.
CREATE TABLE head (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    snapshot BYTEA,
    price_epoch BIGINT NOT NULL,
    leads BIGINT NOT NULL,
    at BIGINT NOT NULL
);
INSERT INTO head VALUES (1, 0, decode(repeat('00', 32), 'hex'), NULL, 0, 0, 0);

-- The record: one row per command, chained by hash. What the chain covers is said in log.rs.
CREATE TABLE log (
    seq BIGINT PRIMARY KEY,
    kind BIGINT NOT NULL,
    at BIGINT NOT NULL,
    command BYTEA NOT NULL,
    lead BYTEA,
    actor TEXT,
    changes BYTEA NOT NULL,
    detail BYTEA,
    facts BYTEA,
    hash BYTEA NOT NULL
);

-- Detail of the kind 'decision': typed columns, at most 300 bytes a row. A snapshot is a number here.
CREATE TABLE decisions (
    seq BIGINT PRIMARY KEY,
    id BYTEA NOT NULL UNIQUE,
    lead BYTEA NOT NULL,
    engine BIGINT NOT NULL,
    snapshot BIGINT NOT NULL,
    policy TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    border BIGINT,
    seed BIGINT NOT NULL,
    state BIGINT NOT NULL,
    rep TEXT,
    sla_due BIGINT,
    hold BIGINT,
    until BIGINT,
    wake_at BIGINT,
    queue TEXT,
    alarm BIGINT,
    rule TEXT,
    priority BIGINT NOT NULL,
    experiment TEXT,
    variant TEXT,
    epoch BIGINT,
    p_variant DOUBLE PRECISION,
    p_choice DOUBLE PRECISION NOT NULL,
    price_epoch BIGINT NOT NULL,
    score DOUBLE PRECISION,
    value DOUBLE PRECISION NOT NULL,
    value_source BIGINT NOT NULL,
    price DOUBLE PRECISION,
    claims BYTEA NOT NULL,
    trace BYTEA NOT NULL
);
CREATE INDEX decisions_of_lead ON decisions (lead, seq);

-- What a decision was taken on: the personal part, erasable; and the load, as bytes.
CREATE TABLE facts (
    seq BIGINT PRIMARY KEY,
    salt BYTEA NOT NULL,
    body BYTEA NOT NULL
);
CREATE TABLE traces (
    seq BIGINT PRIMARY KEY,
    body BYTEA NOT NULL
);

CREATE TABLE exposures (
    seq BIGINT PRIMARY KEY,
    unit TEXT NOT NULL,
    experiment TEXT NOT NULL,
    variant TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    p DOUBLE PRECISION NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX exposures_of_experiment ON exposures (experiment, epoch, seq);

-- Who and what.
CREATE TABLE leads (
    id BYTEA PRIMARY KEY,
    source TEXT NOT NULL,
    external_id TEXT,
    at BIGINT NOT NULL,
    known_at BIGINT NOT NULL,
    contact BYTEA,
    account BYTEA,
    attributes TEXT NOT NULL,
    value BIGINT,
    originator TEXT,
    completeness DOUBLE PRECISION NOT NULL,
    origin TEXT NOT NULL DEFAULT 'door'
);
CREATE UNIQUE INDEX leads_by_source ON leads (source, external_id) WHERE external_id IS NOT NULL;

CREATE TABLE contacts (
    id BYTEA PRIMARY KEY,
    external_id TEXT,
    known_at BIGINT NOT NULL,
    name TEXT,
    email TEXT,
    phone TEXT,
    account BYTEA,
    owner TEXT,
    version BIGINT NOT NULL
);

CREATE TABLE accounts (
    id BYTEA PRIMARY KEY,
    external_id TEXT,
    known_at BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    domain TEXT,
    parent BYTEA,
    owner TEXT,
    attributes TEXT NOT NULL DEFAULT '[]',
    version BIGINT NOT NULL
);
CREATE INDEX accounts_by_domain ON accounts (domain) WHERE domain IS NOT NULL;
CREATE INDEX accounts_by_parent ON accounts (parent) WHERE parent IS NOT NULL;
CREATE INDEX accounts_by_name ON accounts (name_key) WHERE name_key <> '';

CREATE TABLE opportunities (
    id BYTEA PRIMARY KEY,
    external_id TEXT,
    at BIGINT NOT NULL,
    known_at BIGINT NOT NULL,
    account BYTEA,
    owner TEXT,
    stage BIGINT NOT NULL,
    amount BIGINT
);
CREATE INDEX opportunities_of_account ON opportunities (account, at);

CREATE TABLE reps (
    id TEXT PRIMARY KEY,
    external_id TEXT NOT NULL,
    name TEXT NOT NULL,
    team TEXT,
    active BIGINT NOT NULL
);

CREATE TABLE absences (
    rep TEXT NOT NULL,
    starts BIGINT NOT NULL,
    ends BIGINT NOT NULL,
    known_at BIGINT NOT NULL,
    backup TEXT,
    PRIMARY KEY (rep, starts, known_at)
);

-- Where a lead stands now: custody and stage. A projection of the record.
CREATE TABLE lead_state (
    lead BYTEA PRIMARY KEY,
    custody BIGINT NOT NULL,
    stage BIGINT NOT NULL,
    rep TEXT,
    since BIGINT NOT NULL,
    state TEXT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX leads_by_custody ON lead_state (custody, lead);

-- Custody and stage as history: rows, never overwritten columns.
CREATE TABLE assignments (
    seq BIGINT PRIMARY KEY,
    lead BYTEA NOT NULL,
    rep TEXT NOT NULL,
    at BIGINT NOT NULL,
    hop BIGINT NOT NULL,
    propensity DOUBLE PRECISION,
    actor TEXT,
    reason TEXT
);
CREATE INDEX assignments_of_lead ON assignments (lead, seq);

CREATE TABLE stage_changes (
    seq BIGINT PRIMARY KEY,
    lead BYTEA NOT NULL,
    at BIGINT NOT NULL,
    known_at BIGINT NOT NULL,
    stage BIGINT NOT NULL,
    source_rank BIGINT NOT NULL,
    external_id TEXT NOT NULL,
    reopen BIGINT NOT NULL,
    value BIGINT,
    reason TEXT,
    actor TEXT
);
CREATE INDEX stage_changes_of_lead ON stage_changes (lead, seq);

CREATE TABLE responses (
    seq BIGINT PRIMARY KEY,
    lead BYTEA NOT NULL,
    rep TEXT NOT NULL,
    offered_at BIGINT NOT NULL,
    at BIGINT NOT NULL,
    response BIGINT NOT NULL,
    reason TEXT
);
CREATE INDEX responses_of_lead ON responses (lead, seq);

CREATE TABLE activities (
    id BYTEA PRIMARY KEY,
    lead BYTEA NOT NULL,
    rep TEXT,
    at BIGINT NOT NULL,
    known_at BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    label TEXT NOT NULL,
    human BIGINT NOT NULL
);
CREATE INDEX activities_of_lead ON activities (lead, at);

CREATE TABLE outcomes (
    seq BIGINT PRIMARY KEY,
    lead BYTEA NOT NULL,
    at BIGINT NOT NULL,
    known_at BIGINT NOT NULL,
    stage BIGINT NOT NULL,
    value BIGINT
);
CREATE INDEX outcomes_of_lead ON outcomes (lead, seq);

CREATE TABLE feedback (
    id BYTEA PRIMARY KEY,
    lead BYTEA NOT NULL,
    rep TEXT NOT NULL,
    at BIGINT NOT NULL,
    known_at BIGINT NOT NULL,
    score BIGINT NOT NULL,
    reason TEXT
);

CREATE TABLE checklist_ticks (
    lead BYTEA NOT NULL,
    step TEXT NOT NULL,
    at BIGINT NOT NULL,
    known_at BIGINT NOT NULL,
    by TEXT NOT NULL,
    PRIMARY KEY (lead, step, at)
);

-- The same request and the same person.
CREATE TABLE idempotency (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    body BYTEA NOT NULL,
    at BIGINT NOT NULL,
    receipt TEXT NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_by_age ON idempotency (at);

CREATE TABLE duplicate_keys (
    key TEXT NOT NULL,
    at BIGINT NOT NULL,
    lead BYTEA NOT NULL,
    contact BYTEA,
    seq BIGINT NOT NULL,
    PRIMARY KEY (key, at, lead)
);

-- What decides: documents by content, and the sets of them that went live together.
CREATE TABLE documents (
    digest BYTEA PRIMARY KEY,
    body BYTEA NOT NULL
);
CREATE TABLE snapshots (
    number BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    id BYTEA NOT NULL UNIQUE
);
CREATE TABLE snapshot_documents (
    snapshot BIGINT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    digest BYTEA NOT NULL,
    PRIMARY KEY (snapshot, kind, name)
);
-- One row each time a set went live: who, why. The live one is the head's.
CREATE TABLE switches (
    seq BIGINT PRIMARY KEY,
    snapshot BIGINT NOT NULL,
    at BIGINT NOT NULL,
    author TEXT NOT NULL,
    reason TEXT NOT NULL
);

-- Erasures on request: what verify names where facts are gone.
CREATE TABLE erasures (
    seq BIGINT PRIMARY KEY,
    request TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE TABLE erased_facts (
    seq BIGINT PRIMARY KEY,
    erasure BIGINT NOT NULL
);

CREATE TABLE outbox (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    seq BIGINT NOT NULL,
    sink TEXT NOT NULL,
    message BYTEA NOT NULL,
    due BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    done_at BIGINT
);
CREATE INDEX outbox_due ON outbox (due) WHERE done_at IS NULL;

CREATE TABLE leases (
    job TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until BIGINT NOT NULL
);

-- Small things beside the record: 1 API keys, 2 users, 3 sessions. The body is JSON.
CREATE TABLE shelf (
    kind BIGINT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id)
);

-- Which migrations ran, and when.
CREATE TABLE migrations (
    number BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    step TEXT NOT NULL,
    at BIGINT NOT NULL
);

-- The ledger as of a row of the log, so that a start folds only what came after. `hash` is that
-- row's, `digest` the body's; what the log says is what holds.
CREATE TABLE ledger_checkpoints (
    seq BIGINT PRIMARY KEY,
    hash BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    body BYTEA NOT NULL
);

-- Documents that will go live in a moment: replicas compile them ahead.
CREATE TABLE announcements (
    snapshot BYTEA PRIMARY KEY,
    at BIGINT NOT NULL
);

-- The rest of a lead's life, as rows.
CREATE TABLE offers (
    seq BIGINT PRIMARY KEY,
    lead BYTEA NOT NULL,
    rep TEXT NOT NULL,
    at BIGINT NOT NULL,
    until BIGINT NOT NULL
);
CREATE INDEX offers_of_lead ON offers (lead, seq);

CREATE TABLE reassignments (
    seq BIGINT PRIMARY KEY,
    lead BYTEA NOT NULL,
    from_rep TEXT,
    to_rep TEXT,
    at BIGINT NOT NULL,
    known_at BIGINT NOT NULL,
    reason BIGINT NOT NULL,
    by TEXT,
    note TEXT
);
CREATE INDEX reassignments_of_lead ON reassignments (lead, seq);

CREATE TABLE escalations (
    seq BIGINT PRIMARY KEY,
    lead BYTEA NOT NULL,
    rep TEXT,
    step BIGINT NOT NULL,
    due BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX escalations_of_lead ON escalations (lead, seq);
