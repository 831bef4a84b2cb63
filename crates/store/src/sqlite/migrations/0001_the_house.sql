-- Instants are microseconds since 1970-01-01 UTC; money is minor units; event ids are 16 bytes;
-- digests are 32 bytes; names are slugs. STRICT: a column holds what it says.

-- The one row every writer locks.
CREATE TABLE head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    snapshot BLOB,
    price_epoch INTEGER NOT NULL,
    leads INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;
INSERT INTO head VALUES (1, 0, zeroblob(32), NULL, 0, 0, 0);

-- The record: one row per command, chained by hash. What the chain covers is said in log.rs.
CREATE TABLE log (
    seq INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    at INTEGER NOT NULL,
    command BLOB NOT NULL,
    lead BLOB,
    actor TEXT,
    changes BLOB NOT NULL,
    detail BLOB,
    facts BLOB,
    hash BLOB NOT NULL
) STRICT;

-- Detail of the kind 'decision': typed columns, at most 300 bytes a row. A snapshot is a number here.
CREATE TABLE decisions (
    seq INTEGER PRIMARY KEY REFERENCES log (seq),
    id BLOB NOT NULL UNIQUE,
    lead BLOB NOT NULL,
    engine INTEGER NOT NULL,
    snapshot INTEGER NOT NULL REFERENCES snapshots (number),
    policy TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    border INTEGER,
    seed INTEGER NOT NULL,
    state INTEGER NOT NULL,
    rep TEXT,
    sla_due INTEGER,
    hold INTEGER,
    until INTEGER,
    wake_at INTEGER,
    queue TEXT,
    alarm INTEGER,
    rule TEXT,
    priority INTEGER NOT NULL,
    experiment TEXT,
    variant TEXT,
    epoch INTEGER,
    p_variant REAL,
    p_choice REAL NOT NULL,
    price_epoch INTEGER NOT NULL,
    score REAL,
    value REAL NOT NULL,
    value_source INTEGER NOT NULL,
    price REAL,
    claims BLOB NOT NULL,
    trace BLOB NOT NULL
) STRICT;
CREATE INDEX decisions_of_lead ON decisions (lead, seq);

-- What a decision was taken on: the personal part, erasable; and the load, as bytes.
CREATE TABLE facts (
    seq INTEGER PRIMARY KEY REFERENCES decisions (seq),
    salt BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE TABLE traces (
    seq INTEGER PRIMARY KEY REFERENCES decisions (seq),
    body BLOB NOT NULL
) STRICT;

CREATE TABLE exposures (
    seq INTEGER PRIMARY KEY REFERENCES decisions (seq),
    unit TEXT NOT NULL,
    experiment TEXT NOT NULL,
    variant TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    p REAL NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX exposures_of_experiment ON exposures (experiment, epoch, seq);

-- Who and what.
CREATE TABLE leads (
    id BLOB PRIMARY KEY,
    source TEXT NOT NULL,
    external_id TEXT,
    at INTEGER NOT NULL,
    known_at INTEGER NOT NULL,
    contact BLOB REFERENCES contacts (id),
    account BLOB REFERENCES accounts (id),
    attributes TEXT NOT NULL,
    value INTEGER,
    originator TEXT,
    completeness REAL NOT NULL,
    origin TEXT NOT NULL DEFAULT 'door'
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX leads_by_source ON leads (source, external_id) WHERE external_id IS NOT NULL;

CREATE TABLE contacts (
    id BLOB PRIMARY KEY,
    external_id TEXT,
    known_at INTEGER NOT NULL,
    name TEXT,
    email TEXT,
    phone TEXT,
    account BLOB,
    owner TEXT,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    id BLOB PRIMARY KEY,
    external_id TEXT,
    known_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    domain TEXT,
    parent BLOB,
    owner TEXT,
    attributes TEXT NOT NULL DEFAULT '[]',
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX accounts_by_domain ON accounts (domain) WHERE domain IS NOT NULL;
CREATE INDEX accounts_by_parent ON accounts (parent) WHERE parent IS NOT NULL;
CREATE INDEX accounts_by_name ON accounts (name_key) WHERE name_key <> '';

CREATE TABLE opportunities (
    id BLOB PRIMARY KEY,
    external_id TEXT,
    at INTEGER NOT NULL,
    known_at INTEGER NOT NULL,
    account BLOB,
    owner TEXT,
    stage INTEGER NOT NULL,
    amount INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX opportunities_of_account ON opportunities (account, at);

CREATE TABLE reps (
    id TEXT PRIMARY KEY,
    external_id TEXT NOT NULL,
    name TEXT NOT NULL,
    team TEXT,
    active INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE absences (
    rep TEXT NOT NULL,
    starts INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    known_at INTEGER NOT NULL,
    backup TEXT,
    PRIMARY KEY (rep, starts, known_at)
) STRICT, WITHOUT ROWID;

-- Where a lead stands now: custody and stage. A projection of the record.
CREATE TABLE lead_state (
    lead BLOB PRIMARY KEY REFERENCES leads (id),
    custody INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    rep TEXT,
    since INTEGER NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX leads_by_custody ON lead_state (custody, lead);

-- Custody and stage as history: rows, never overwritten columns.
CREATE TABLE assignments (
    seq INTEGER PRIMARY KEY REFERENCES log (seq),
    lead BLOB NOT NULL,
    rep TEXT NOT NULL,
    at INTEGER NOT NULL,
    hop INTEGER NOT NULL,
    propensity REAL,
    actor TEXT,
    reason TEXT
) STRICT;
CREATE INDEX assignments_of_lead ON assignments (lead, seq);

CREATE TABLE stage_changes (
    seq INTEGER PRIMARY KEY REFERENCES log (seq),
    lead BLOB NOT NULL,
    at INTEGER NOT NULL,
    known_at INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    source_rank INTEGER NOT NULL,
    external_id TEXT NOT NULL,
    reopen INTEGER NOT NULL,
    value INTEGER,
    reason TEXT,
    actor TEXT
) STRICT;
CREATE INDEX stage_changes_of_lead ON stage_changes (lead, seq);

CREATE TABLE responses (
    seq INTEGER PRIMARY KEY,
    lead BLOB NOT NULL,
    rep TEXT NOT NULL,
    offered_at INTEGER NOT NULL,
    at INTEGER NOT NULL,
    response INTEGER NOT NULL,
    reason TEXT
) STRICT;
CREATE INDEX responses_of_lead ON responses (lead, seq);

CREATE TABLE activities (
    id BLOB PRIMARY KEY,
    lead BLOB NOT NULL,
    rep TEXT,
    at INTEGER NOT NULL,
    known_at INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    label TEXT NOT NULL,
    human INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX activities_of_lead ON activities (lead, at);

CREATE TABLE outcomes (
    seq INTEGER PRIMARY KEY REFERENCES log (seq),
    lead BLOB NOT NULL,
    at INTEGER NOT NULL,
    known_at INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    value INTEGER
) STRICT;
CREATE INDEX outcomes_of_lead ON outcomes (lead, seq);

CREATE TABLE feedback (
    id BLOB PRIMARY KEY,
    lead BLOB NOT NULL,
    rep TEXT NOT NULL,
    at INTEGER NOT NULL,
    known_at INTEGER NOT NULL,
    score INTEGER NOT NULL,
    reason TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE checklist_ticks (
    lead BLOB NOT NULL,
    step TEXT NOT NULL,
    at INTEGER NOT NULL,
    known_at INTEGER NOT NULL,
    by TEXT NOT NULL,
    PRIMARY KEY (lead, step, at)
) STRICT, WITHOUT ROWID;

-- The same request and the same person.
CREATE TABLE idempotency (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    body BLOB NOT NULL,
    at INTEGER NOT NULL,
    receipt TEXT NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (at);

CREATE TABLE duplicate_keys (
    key TEXT NOT NULL,
    at INTEGER NOT NULL,
    lead BLOB NOT NULL,
    contact BLOB,
    seq INTEGER NOT NULL,
    PRIMARY KEY (key, at, lead)
) STRICT, WITHOUT ROWID;

-- What decides: documents by content, and the sets of them that went live together.
CREATE TABLE documents (
    digest BLOB PRIMARY KEY,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE snapshots (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE
) STRICT;
CREATE TABLE snapshot_documents (
    snapshot INTEGER NOT NULL REFERENCES snapshots (number),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    digest BLOB NOT NULL REFERENCES documents (digest),
    PRIMARY KEY (snapshot, kind, name)
) STRICT, WITHOUT ROWID;
-- One row each time a set went live: who, why. The live one is the head's.
CREATE TABLE switches (
    seq INTEGER PRIMARY KEY REFERENCES log (seq),
    snapshot INTEGER NOT NULL REFERENCES snapshots (number),
    at INTEGER NOT NULL,
    author TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;

-- Erasures on request: what verify names where facts are gone.
CREATE TABLE erasures (
    seq INTEGER PRIMARY KEY REFERENCES log (seq),
    request TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE TABLE erased_facts (
    seq INTEGER PRIMARY KEY,
    erasure INTEGER NOT NULL REFERENCES erasures (seq)
) STRICT;

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL REFERENCES log (seq),
    sink TEXT NOT NULL,
    message BLOB NOT NULL,
    due INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    done_at INTEGER
) STRICT;
CREATE INDEX outbox_due ON outbox (due) WHERE done_at IS NULL;

CREATE TABLE leases (
    job TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
