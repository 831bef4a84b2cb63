-- Small things beside the record: 1 API keys, 2 users, 3 sessions. The body is JSON.
CREATE TABLE shelf (
    kind INTEGER NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
