-- When a rep was first told of a lead: when the first message about it arrived. Shown: the row that
-- is reported has it.
CREATE TABLE notifications (
    lead BYTEA PRIMARY KEY,
    at BIGINT NOT NULL,
    shown BIGINT NOT NULL
);
CREATE INDEX notifications_to_show ON notifications (lead) WHERE shown = 0;

-- What a quarter brought in, as it was told: the files that it is computed from.
CREATE TABLE roi_reports (
    quarter TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    kept_by TEXT NOT NULL,
    seed BIGINT NOT NULL,
    spec TEXT NOT NULL,
    frozen TEXT NOT NULL
);
