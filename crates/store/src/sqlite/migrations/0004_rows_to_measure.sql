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

-- What is reported: projections of the record, made by a job that follows it by seq. Rebuilt by
-- emptying them and setting `projection.seq` to 0. Nothing decides by them.
CREATE TABLE projection (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL
) STRICT;
INSERT INTO projection VALUES (1, 0);

-- Words as numbers: a number keeps its word for ever.
CREATE TABLE names (
    number INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;

-- When each day of the workspace's zone begins; its currency.
CREATE TABLE local_days (
    day INTEGER PRIMARY KEY,
    starts_at INTEGER NOT NULL
) STRICT;
CREATE INDEX local_days_by_start ON local_days (starts_at, day);
CREATE TABLE report_settings (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    zone TEXT NOT NULL,
    currency TEXT NOT NULL
) STRICT;

-- How a rule of a set of documents hands out: its pick and its pool.
CREATE TABLE rule_targets (
    snapshot INTEGER NOT NULL,
    policy TEXT NOT NULL,
    rule TEXT NOT NULL,
    path TEXT,
    pool TEXT,
    PRIMARY KEY (snapshot, policy, rule)
) STRICT, WITHOUT ROWID;

ALTER TABLE reps ADD COLUMN zone TEXT;
ALTER TABLE reps ADD COLUMN calendar TEXT;

-- One narrow row a lead. `seq` is where the record stood when it was written. Words are numbers of
-- `names`, lengths microseconds, parts of a whole millionths.
CREATE TABLE lead_fact (
    lead BLOB PRIMARY KEY,
    seq INTEGER NOT NULL,
    lead_id TEXT NOT NULL,
    origin INTEGER,
    source INTEGER,
    channel INTEGER,
    campaign INTEGER,
    country INTEGER,
    industry INTEGER,
    size INTEGER,
    language INTEGER,
    product INTEGER,
    direction INTEGER,
    segment INTEGER,
    completeness INTEGER,
    policy INTEGER,
    policy_version INTEGER,
    rule INTEGER,
    path INTEGER,
    pool INTEGER,
    experiment INTEGER,
    variant INTEGER,
    rep INTEGER,
    team INTEGER,
    owner INTEGER,
    score INTEGER,
    expected_value INTEGER,
    arrived_at INTEGER,
    arrived_day INTEGER,
    decided_at INTEGER,
    assigned_at INTEGER,
    notified_at INTEGER,
    offered_at INTEGER,
    accepted_at INTEGER,
    touched_at INTEGER,
    reached_at INTEGER,
    qualified_at INTEGER,
    opportunity_at INTEGER,
    won_at INTEGER,
    lost_at INTEGER,
    closed_at INTEGER,
    calendar INTEGER,
    accept_service INTEGER,
    touch_service INTEGER,
    reach_service INTEGER,
    close_service INTEGER,
    sla_due_at INTEGER,
    owner_absent_at_due INTEGER,
    touches INTEGER,
    hops INTEGER,
    first_hop_at INTEGER,
    ping_pong INTEGER,
    misrouted INTEGER,
    requested INTEGER,
    declined INTEGER,
    expired INTEGER,
    reopened INTEGER,
    parked_at INTEGER,
    parked_time INTEGER,
    checklist_done INTEGER,
    checklist_of INTEGER,
    custody INTEGER,
    custody_since INTEGER,
    unassigned_since INTEGER,
    stage INTEGER,
    value INTEGER,
    feedback INTEGER,
    feedback_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX lead_fact_by_seq ON lead_fact (seq);
CREATE INDEX lead_fact_by_day ON lead_fact (arrived_day);

CREATE TABLE rep_days (
    rep TEXT NOT NULL,
    day INTEGER NOT NULL,
    work INTEGER,
    absent INTEGER,
    busy INTEGER,
    room INTEGER,
    received INTEGER,
    entitled INTEGER,
    offered INTEGER,
    accepted INTEGER,
    declined INTEGER,
    expired INTEGER,
    touches INTEGER,
    won INTEGER,
    lost INTEGER,
    won_value INTEGER,
    open INTEGER,
    PRIMARY KEY (rep, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE kpi_days (
    day INTEGER NOT NULL,
    kpi TEXT NOT NULL,
    dimension TEXT NOT NULL,
    member TEXT NOT NULL,
    n INTEGER NOT NULL,
    pending INTEGER NOT NULL,
    hits INTEGER,
    value REAL,
    low REAL,
    high REAL,
    not_measured TEXT,
    PRIMARY KEY (day, kpi, dimension, member)
) STRICT, WITHOUT ROWID;

CREATE TABLE experiment_figures (
    experiment TEXT NOT NULL,
    metric TEXT NOT NULL,
    variant TEXT NOT NULL,
    is_primary INTEGER NOT NULL,
    control TEXT NOT NULL,
    design TEXT NOT NULL,
    state TEXT NOT NULL,
    started_at INTEGER,
    decided_at INTEGER,
    verdict TEXT,
    n_control INTEGER NOT NULL,
    n_variant INTEGER NOT NULL,
    effect REAL,
    low REAL,
    high REAL,
    PRIMARY KEY (experiment, metric, variant)
) STRICT, WITHOUT ROWID;

CREATE TABLE roi_quarters (
    quarter TEXT NOT NULL,
    component TEXT NOT NULL,
    value INTEGER,
    low INTEGER,
    high INTEGER,
    design TEXT,
    baseline TEXT,
    PRIMARY KEY (quarter, component)
) STRICT, WITHOUT ROWID;

-- What analysts read: docs/views.md, column by column. A view only ever grows at its end.
CREATE VIEW rpt_lead_v1 AS SELECT
    f.lead_id AS lead_id,
    CASE f.origin WHEN 0 THEN 'door' WHEN 1 THEN 'import' END AS origin,
    n_source.text AS source,
    n_channel.text AS channel,
    n_campaign.text AS campaign,
    n_country.text AS country,
    n_industry.text AS industry,
    n_size.text AS size,
    n_language.text AS language,
    n_product.text AS product,
    n_direction.text AS direction,
    n_segment.text AS segment,
    f.completeness AS completeness,
    n_policy.text AS policy,
    n_policy_version.text AS policy_version,
    n_rule.text AS rule,
    n_path.text AS path,
    n_pool.text AS pool,
    n_experiment.text AS experiment,
    n_variant.text AS variant,
    n_rep.text AS rep,
    n_team.text AS team,
    n_owner.text AS owner,
    f.score AS score,
    f.expected_value AS expected_value,
    f.arrived_at AS arrived_at,
    strftime('%Y-%m-%d %H:%M:%f', (f.arrived_at) / 1e6, 'unixepoch') AS arrived_utc,
    date((f.arrived_day) * 86400, 'unixepoch') AS arrived_day,
    f.decided_at AS decided_at,
    strftime('%Y-%m-%d %H:%M:%f', (f.decided_at) / 1e6, 'unixepoch') AS decided_utc,
    f.assigned_at AS assigned_at,
    strftime('%Y-%m-%d %H:%M:%f', (f.assigned_at) / 1e6, 'unixepoch') AS assigned_utc,
    f.notified_at AS notified_at,
    strftime('%Y-%m-%d %H:%M:%f', (f.notified_at) / 1e6, 'unixepoch') AS notified_utc,
    f.offered_at AS offered_at,
    strftime('%Y-%m-%d %H:%M:%f', (f.offered_at) / 1e6, 'unixepoch') AS offered_utc,
    f.accepted_at AS accepted_at,
    strftime('%Y-%m-%d %H:%M:%f', (f.accepted_at) / 1e6, 'unixepoch') AS accepted_utc,
    f.touched_at AS touched_at,
    strftime('%Y-%m-%d %H:%M:%f', (f.touched_at) / 1e6, 'unixepoch') AS touched_utc,
    f.reached_at AS reached_at,
    strftime('%Y-%m-%d %H:%M:%f', (f.reached_at) / 1e6, 'unixepoch') AS reached_utc,
    f.qualified_at AS qualified_at,
    strftime('%Y-%m-%d %H:%M:%f', (f.qualified_at) / 1e6, 'unixepoch') AS qualified_utc,
    f.opportunity_at AS opportunity_at,
    strftime('%Y-%m-%d %H:%M:%f', (f.opportunity_at) / 1e6, 'unixepoch') AS opportunity_utc,
    f.won_at AS won_at,
    strftime('%Y-%m-%d %H:%M:%f', (f.won_at) / 1e6, 'unixepoch') AS won_utc,
    f.lost_at AS lost_at,
    strftime('%Y-%m-%d %H:%M:%f', (f.lost_at) / 1e6, 'unixepoch') AS lost_utc,
    f.closed_at AS closed_at,
    strftime('%Y-%m-%d %H:%M:%f', (f.closed_at) / 1e6, 'unixepoch') AS closed_utc,
    n_calendar.text AS calendar,
    f.accept_service AS accept_service,
    f.touch_service AS touch_service,
    f.reach_service AS reach_service,
    f.close_service AS close_service,
    f.sla_due_at AS sla_due_at,
    strftime('%Y-%m-%d %H:%M:%f', (f.sla_due_at) / 1e6, 'unixepoch') AS sla_due_utc,
    f.owner_absent_at_due AS owner_absent_at_due,
    f.touches AS touches,
    f.hops AS hops,
    f.first_hop_at AS first_hop_at,
    strftime('%Y-%m-%d %H:%M:%f', (f.first_hop_at) / 1e6, 'unixepoch') AS first_hop_utc,
    f.ping_pong AS ping_pong,
    f.misrouted AS misrouted,
    f.requested AS requested,
    f.declined AS declined,
    f.expired AS expired,
    f.reopened AS reopened,
    f.parked_at AS parked_at,
    strftime('%Y-%m-%d %H:%M:%f', (f.parked_at) / 1e6, 'unixepoch') AS parked_utc,
    f.parked_time AS parked_time,
    f.checklist_done AS checklist_done,
    f.checklist_of AS checklist_of,
    CASE f.custody WHEN 0 THEN 'held' WHEN 1 THEN 'parked' WHEN 2 THEN 'offered' WHEN 3 THEN 'owned' WHEN 4 THEN 'closed' END AS custody,
    f.custody_since AS custody_since,
    strftime('%Y-%m-%d %H:%M:%f', (f.custody_since) / 1e6, 'unixepoch') AS custody_since_utc,
    f.unassigned_since AS unassigned_since,
    strftime('%Y-%m-%d %H:%M:%f', (f.unassigned_since) / 1e6, 'unixepoch') AS unassigned_since_utc,
    CASE f.stage WHEN 0 THEN 'open' WHEN 1 THEN 'attempted' WHEN 2 THEN 'contacted' WHEN 3 THEN 'qualified' WHEN 4 THEN 'opportunity' WHEN 5 THEN 'won' WHEN 6 THEN 'lost' WHEN 7 THEN 'unqualified' WHEN 8 THEN 'nurture' WHEN 9 THEN 'merged' WHEN 10 THEN 'erased' END AS stage,
    f.value AS value,
    f.feedback AS feedback,
    f.feedback_at AS feedback_at,
    strftime('%Y-%m-%d %H:%M:%f', (f.feedback_at) / 1e6, 'unixepoch') AS feedback_utc,
    (SELECT currency FROM report_settings) AS currency
FROM lead_fact f
    LEFT JOIN names n_source ON n_source.number = f.source
    LEFT JOIN names n_channel ON n_channel.number = f.channel
    LEFT JOIN names n_campaign ON n_campaign.number = f.campaign
    LEFT JOIN names n_country ON n_country.number = f.country
    LEFT JOIN names n_industry ON n_industry.number = f.industry
    LEFT JOIN names n_size ON n_size.number = f.size
    LEFT JOIN names n_language ON n_language.number = f.language
    LEFT JOIN names n_product ON n_product.number = f.product
    LEFT JOIN names n_direction ON n_direction.number = f.direction
    LEFT JOIN names n_segment ON n_segment.number = f.segment
    LEFT JOIN names n_policy ON n_policy.number = f.policy
    LEFT JOIN names n_policy_version ON n_policy_version.number = f.policy_version
    LEFT JOIN names n_rule ON n_rule.number = f.rule
    LEFT JOIN names n_path ON n_path.number = f.path
    LEFT JOIN names n_pool ON n_pool.number = f.pool
    LEFT JOIN names n_experiment ON n_experiment.number = f.experiment
    LEFT JOIN names n_variant ON n_variant.number = f.variant
    LEFT JOIN names n_rep ON n_rep.number = f.rep
    LEFT JOIN names n_team ON n_team.number = f.team
    LEFT JOIN names n_owner ON n_owner.number = f.owner
    LEFT JOIN names n_calendar ON n_calendar.number = f.calendar;

CREATE VIEW rpt_decision_v1 AS SELECT
    d.seq AS seq,
    f.lead_id AS lead_id,
    lower(hex(d.id)) AS decision_uuid,
    d.decided_at AS decided_at,
    strftime('%Y-%m-%d %H:%M:%f', (d.decided_at) / 1e6, 'unixepoch') AS decided_utc,
    date(((SELECT day FROM local_days WHERE starts_at <= d.decided_at ORDER BY starts_at DESC LIMIT 1)) * 86400, 'unixepoch') AS decided_day,
    l.at AS committed_at,
    strftime('%Y-%m-%d %H:%M:%f', (l.at) / 1e6, 'unixepoch') AS committed_utc,
    (d.seq = (SELECT min(x.seq) FROM decisions x WHERE x.lead = d.lead)) AS "first",
    CASE d.state WHEN 1 THEN 'owned' WHEN 2 THEN 'held' WHEN 3 THEN 'parked' WHEN 5 THEN 'offered' END AS state,
    d.rep AS rep,
    d.policy AS policy,
    substr(lower(hex(p.digest)), 1, 12) AS policy_version,
    d.rule AS rule,
    t.path AS path,
    t.pool AS pool,
    d.queue AS queue,
    d.priority AS priority,
    d.experiment AS experiment,
    d.variant AS variant,
    d.epoch AS epoch,
    d.p_variant AS variant_propensity,
    d.p_choice AS choice_propensity,
    CAST(round(d.score * 1000000) AS INTEGER) AS score,
    CASE WHEN d.value_source <> 3 THEN CAST(round(d.value) AS INTEGER) END AS value,
    CASE WHEN d.value_source <> 3 THEN CAST(round(d.price) AS INTEGER) END AS price,
    d.until AS hold_until,
    strftime('%Y-%m-%d %H:%M:%f', (d.until) / 1e6, 'unixepoch') AS hold_until_utc,
    d.sla_due AS sla_due_at,
    strftime('%Y-%m-%d %H:%M:%f', (d.sla_due) / 1e6, 'unixepoch') AS sla_due_utc,
    substr(lower(hex(m.digest)), 1, 12) AS model_version,
    (SELECT currency FROM report_settings) AS currency
FROM decisions d JOIN lead_fact f ON f.lead = d.lead JOIN log l ON l.seq = d.seq
    LEFT JOIN rule_targets t ON t.snapshot = d.snapshot AND t.policy = d.policy AND t.rule = d.rule
    LEFT JOIN snapshot_documents p ON p.snapshot = d.snapshot AND p.kind = 'policy' AND p.name = d.policy
    LEFT JOIN snapshot_documents m ON m.snapshot = d.snapshot AND m.kind = 'model' AND m.name = '';

CREATE VIEW rpt_assignment_v1 AS SELECT
    a.seq AS seq,
    f.lead_id AS lead_id,
    a.rep AS rep,
    r.team AS team,
    a.at AS at,
    strftime('%Y-%m-%d %H:%M:%f', (a.at) / 1e6, 'unixepoch') AS utc,
    a.known_at AS known_at,
    strftime('%Y-%m-%d %H:%M:%f', (a.known_at) / 1e6, 'unixepoch') AS known_utc,
    date(((SELECT day FROM local_days WHERE starts_at <= a.at ORDER BY starts_at DESC LIMIT 1)) * 86400, 'unixepoch') AS day,
    (row_number() OVER (PARTITION BY a.lead ORDER BY a.seq, a.at) = 1) AS "first",
    lag(a.rep) OVER (PARTITION BY a.lead ORDER BY a.seq, a.at) AS from_rep,
    (SELECT CASE x.reason WHEN 1 THEN 'misrouted' WHEN 2 THEN 'absent' WHEN 3 THEN 'overload' WHEN 4 THEN 'requested' WHEN 5 THEN 'escalated' WHEN 6 THEN 're_routed' ELSE 'unknown' END FROM reassignments x WHERE x.seq = a.seq) AS reason,
    CASE WHEN a.loaded = 1 THEN 'import' WHEN a.named THEN 'named' ELSE 'decision' END AS "by",
    coalesce(lead(a.at) OVER (PARTITION BY a.lead ORDER BY a.seq, a.at), f.closed_at) AS until_at,
    strftime('%Y-%m-%d %H:%M:%f', (coalesce(lead(a.at) OVER (PARTITION BY a.lead ORDER BY a.seq, a.at), f.closed_at)) / 1e6, 'unixepoch') AS until_utc,
    a.propensity AS choice_propensity
FROM (
        SELECT seq, lead, rep, at, at AS known_at, hop, propensity, actor IS NOT NULL AS named, 0 AS loaded FROM assignments
        UNION ALL
        SELECT 0, lead, rep, at, known_at, hop, propensity, NULL IS NOT NULL, 1 FROM loaded_assignments) a
    JOIN lead_fact f ON f.lead = a.lead LEFT JOIN reps r ON r.id = a.rep;

CREATE VIEW rpt_offer_v1 AS SELECT
    o.seq AS seq,
    f.lead_id AS lead_id,
    o.rep AS rep,
    r.team AS team,
    o.at AS at,
    strftime('%Y-%m-%d %H:%M:%f', (o.at) / 1e6, 'unixepoch') AS utc,
    date(((SELECT day FROM local_days WHERE starts_at <= o.at ORDER BY starts_at DESC LIMIT 1)) * 86400, 'unixepoch') AS day,
    o.until AS until_at,
    strftime('%Y-%m-%d %H:%M:%f', (o.until) / 1e6, 'unixepoch') AS until_utc,
    row_number() OVER (PARTITION BY o.lead ORDER BY o.seq) AS nth,
    x.at AS answered_at,
    strftime('%Y-%m-%d %H:%M:%f', (x.at) / 1e6, 'unixepoch') AS answered_utc,
    CASE x.response WHEN 1 THEN 'accepted' WHEN 2 THEN 'declined' WHEN 3 THEN 'expired' WHEN 4 THEN 'withdrawn' END AS answer
FROM (
        SELECT seq, lead, rep, at, until FROM offers
        UNION ALL
        SELECT d.seq, d.lead, d.rep, l.at, d.until FROM decisions d JOIN log l ON l.seq = d.seq WHERE d.state = 5) o
    JOIN lead_fact f ON f.lead = o.lead LEFT JOIN reps r ON r.id = o.rep
    LEFT JOIN responses x ON x.lead = o.lead AND x.rep = o.rep AND x.offered_at = o.at;

CREATE VIEW rpt_activity_v1 AS SELECT
    f.lead_id AS lead_id,
    a.rep AS rep,
    r.team AS team,
    a.at AS at,
    strftime('%Y-%m-%d %H:%M:%f', (a.at) / 1e6, 'unixepoch') AS utc,
    a.known_at AS known_at,
    strftime('%Y-%m-%d %H:%M:%f', (a.known_at) / 1e6, 'unixepoch') AS known_utc,
    date(((SELECT day FROM local_days WHERE starts_at <= a.at ORDER BY starts_at DESC LIMIT 1)) * 86400, 'unixepoch') AS day,
    CASE a.kind WHEN 0 THEN 'call' WHEN 1 THEN 'mail' WHEN 2 THEN 'meeting' WHEN 3 THEN 'page_view' WHEN 4 THEN 'task' WHEN 5 THEN 'state' WHEN 6 THEN 'other' END AS kind,
    a.label AS label,
    (a.human = 1) AS human
FROM (
        SELECT lead, rep, at, known_at, kind, label, human FROM activities
        UNION ALL
        SELECT lead, (SELECT id FROM reps WHERE id = actor), at, known_at, CASE reason WHEN 'call' THEN 0 WHEN 'mail' THEN 1 WHEN 'meeting' THEN 2 WHEN 'task' THEN 4 ELSE 6 END,
            coalesce(reason, 'other'), 1 FROM stage_changes WHERE external_id LIKE 'activity:%') a
    JOIN lead_fact f ON f.lead = a.lead LEFT JOIN reps r ON r.id = a.rep;

CREATE VIEW rpt_outcome_v1 AS SELECT
    a.seq AS seq,
    f.lead_id AS lead_id,
    n.text AS rep,
    r.team AS team,
    a.at AS at,
    strftime('%Y-%m-%d %H:%M:%f', (a.at) / 1e6, 'unixepoch') AS utc,
    a.known_at AS known_at,
    strftime('%Y-%m-%d %H:%M:%f', (a.known_at) / 1e6, 'unixepoch') AS known_utc,
    date(((SELECT day FROM local_days WHERE starts_at <= a.at ORDER BY starts_at DESC LIMIT 1)) * 86400, 'unixepoch') AS day,
    CASE a.stage WHEN 0 THEN 'open' WHEN 1 THEN 'attempted' WHEN 2 THEN 'contacted' WHEN 3 THEN 'qualified' WHEN 4 THEN 'opportunity' WHEN 5 THEN 'won' WHEN 6 THEN 'lost' WHEN 7 THEN 'unqualified' WHEN 8 THEN 'nurture' WHEN 9 THEN 'merged' WHEN 10 THEN 'erased' END AS stage,
    a.value AS value,
    (SELECT currency FROM report_settings) AS currency
FROM (
        SELECT seq, lead, CASE WHEN at > known_at + 300000000 THEN known_at ELSE at END AS at, known_at, stage, value
        FROM stage_changes WHERE external_id NOT LIKE 'activity:%'
        UNION ALL
        SELECT 0, lead, at, known_at, stage, value FROM loaded_stages) a
    JOIN lead_fact f ON f.lead = a.lead LEFT JOIN names n ON n.number = f.owner LEFT JOIN reps r ON r.id = n.text;

CREATE VIEW rpt_feedback_v1 AS SELECT
    f.lead_id AS lead_id,
    a.rep AS rep,
    r.team AS team,
    a.at AS at,
    strftime('%Y-%m-%d %H:%M:%f', (a.at) / 1e6, 'unixepoch') AS utc,
    a.known_at AS known_at,
    strftime('%Y-%m-%d %H:%M:%f', (a.known_at) / 1e6, 'unixepoch') AS known_utc,
    date(((SELECT day FROM local_days WHERE starts_at <= a.at ORDER BY starts_at DESC LIMIT 1)) * 86400, 'unixepoch') AS day,
    a.score AS score
FROM feedback a JOIN lead_fact f ON f.lead = a.lead LEFT JOIN reps r ON r.id = a.rep;

CREATE VIEW rpt_checklist_v1 AS SELECT
    f.lead_id AS lead_id,
    a.step AS step,
    a.at AS at,
    strftime('%Y-%m-%d %H:%M:%f', (a.at) / 1e6, 'unixepoch') AS utc,
    a.known_at AS known_at,
    strftime('%Y-%m-%d %H:%M:%f', (a.known_at) / 1e6, 'unixepoch') AS known_utc,
    date(((SELECT day FROM local_days WHERE starts_at <= a.at ORDER BY starts_at DESC LIMIT 1)) * 86400, 'unixepoch') AS day
FROM checklist_ticks a JOIN lead_fact f ON f.lead = a.lead;

CREATE VIEW rpt_rep_day_v1 AS SELECT
    a.rep AS rep,
    r.team AS team,
    date((a.day) * 86400, 'unixepoch') AS day,
    a.work AS work,
    a.absent AS absent,
    a.busy AS busy,
    a.room AS room,
    a.received AS received,
    a.entitled AS entitled,
    a.offered AS offered,
    a.accepted AS accepted,
    a.declined AS declined,
    a.expired AS expired,
    a.touches AS touches,
    a.won AS won,
    a.lost AS lost,
    a.won_value AS won_value,
    a.open AS open,
    (SELECT currency FROM report_settings) AS currency
FROM rep_days a LEFT JOIN reps r ON r.id = a.rep;

CREATE VIEW rpt_kpi_day_v1 AS SELECT
    date((a.day) * 86400, 'unixepoch') AS day,
    a.kpi AS kpi,
    a.dimension AS "by",
    a.member AS "group",
    a.n AS n,
    a.pending AS pending,
    a.hits AS hits,
    a.value AS value,
    a.low AS low,
    a.high AS high,
    a.not_measured AS not_measured
FROM kpi_days a;

CREATE VIEW rpt_experiment_v1 AS SELECT
    a.experiment AS experiment,
    a.metric AS metric,
    a.is_primary AS is_primary,
    a.control AS control,
    a.variant AS variant,
    a.design AS design,
    a.state AS state,
    a.started_at AS started_at,
    strftime('%Y-%m-%d %H:%M:%f', (a.started_at) / 1e6, 'unixepoch') AS started_utc,
    a.decided_at AS decided_at,
    strftime('%Y-%m-%d %H:%M:%f', (a.decided_at) / 1e6, 'unixepoch') AS decided_utc,
    a.verdict AS verdict,
    a.n_control AS n_control,
    a.n_variant AS n_variant,
    a.effect AS effect,
    a.low AS low,
    a.high AS high
FROM experiment_figures a;

CREATE VIEW rpt_roi_quarter_v1 AS SELECT
    a.quarter AS quarter,
    a.component AS component,
    a.value AS value,
    a.low AS low,
    a.high AS high,
    a.design AS design,
    a.baseline AS baseline,
    (SELECT currency FROM report_settings) AS currency
FROM roi_quarters a;

CREATE VIEW rpt_rep_v1 AS SELECT
    r.id AS rep,
    r.team AS team,
    (r.active = 1) AS active,
    r.zone AS zone,
    r.calendar AS calendar
FROM reps r;

CREATE VIEW rpt_team_v1 AS SELECT
    r.team AS team,
    sum(r.active) AS reps
FROM reps r WHERE r.team IS NOT NULL GROUP BY r.team;

CREATE VIEW rpt_name_v1 AS SELECT
    n.number AS name,
    n.text AS text
FROM names n;
